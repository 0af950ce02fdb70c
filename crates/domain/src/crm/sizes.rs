//! How much settings may hold. A list of this length was no person's wish, and every message would pay
//! for it.

use super::{
    ChatSettings, EntityRules, Fields, Filter, Funnel, Param, Responsibles, Settings, TagRule,
};
use crate::problem::Problem;

const MOST_CHANNELS: usize = 500;
/// Of a funnel, of responsibles.
const MOST_RULES: usize = 50;
const MOST_TAGS: usize = 20;
/// Of one kind of entity.
const MOST_FIELDS: usize = 100;
const MOST_PEOPLE: usize = 2_000;
const MOST_PHONES: usize = 10_000;
/// Values to compare with, keys of marks and of the company's own fields, ids of the CRM.
const LONGEST: usize = 255;

/// Everything that is too long, at its place.
pub fn too_large(settings: &Settings) -> Vec<Problem> {
    let mut found = Found::default();
    match settings {
        Settings::Amo(s) => {
            found.most("/channels", s.channels.len(), MOST_CHANNELS);
            found.most("/skip_phones", s.skip_phones.len(), MOST_PHONES);
            found.tags("/tags", &s.tags);
            found.fields("/fields", &s.fields);
            found.funnel("/funnel", &s.funnel);
            found.people("/responsible", &s.responsible);
            if let Some(chats) = &s.chats {
                found.chats("/chats", chats);
            }
        }
        Settings::Bitrix(s) => {
            found.most("/skip_phones", s.skip_phones.len(), MOST_PHONES);
            found.section("/chats", &s.chats);
            found.section("/requests", &s.requests);
        }
    }
    for (path, when) in settings.filters() {
        found.values(&path, when);
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn most(&mut self, path: &str, count: usize, most: usize) {
        if count > most {
            self.0.push(Problem::new(
                path,
                "too_many",
                format!("Здесь {count}, а может быть не больше {most}. Удалите лишнее."),
                format!("There are {count} here and at most {most} may be. Remove some."),
            ));
        }
    }

    fn longest(&mut self, path: &str, text: &str) {
        if text.chars().count() > LONGEST {
            self.0.push(Problem::new(
                path,
                "too_long",
                format!("Длиннее {LONGEST} знаков. Сократите."),
                format!("Longer than {LONGEST} characters. Shorten it."),
            ));
        }
    }

    fn section(&mut self, base: &str, rules: &EntityRules) {
        self.most(&format!("{base}/channels"), rules.channels.len(), MOST_CHANNELS);
        self.tags(&format!("{base}/tags"), &rules.tags);
        self.fields(&format!("{base}/fields"), &rules.fields);
        self.funnel(&format!("{base}/funnel_first"), &rules.funnel_first);
        self.funnel(&format!("{base}/funnel_repeat"), &rules.funnel_repeat);
        self.people(&format!("{base}/responsible"), &rules.responsible);
    }

    fn tags(&mut self, base: &str, tags: &TagRule) {
        self.most(&format!("{base}/own"), tags.own.len(), MOST_TAGS);
    }

    fn fields(&mut self, base: &str, fields: &Fields) {
        for (of, pairs) in
            [("contact", &fields.contact), ("deal", &fields.deal), ("lead", &fields.lead)]
        {
            self.most(&format!("{base}/{of}"), pairs.len(), MOST_FIELDS);
            for (n, pair) in pairs.iter().enumerate().take(MOST_FIELDS) {
                self.longest(&format!("{base}/{of}/{n}/field"), pair.field.as_str());
                self.key(&format!("{base}/{of}/{n}/from"), &pair.from);
            }
        }
    }

    fn funnel(&mut self, base: &str, funnel: &Funnel) {
        self.most(&format!("{base}/rules"), funnel.rules.len(), MOST_RULES);
    }

    fn people(&mut self, base: &str, people: &Responsibles) {
        self.most(&format!("{base}/rules"), people.rules.len(), MOST_RULES);
        self.most(&format!("{base}/people"), people.people.len(), MOST_PEOPLE);
    }

    fn chats(&mut self, base: &str, chats: &ChatSettings) {
        self.most(&format!("{base}/named_channels"), chats.named_channels.len(), MOST_CHANNELS);
        self.most(&format!("{base}/users"), chats.users.len(), MOST_PEOPLE);
        for (n, user) in chats.users.iter().enumerate().take(MOST_PEOPLE) {
            let path = format!("{base}/users/{n}");
            self.most(&format!("{path}/channels"), user.channels.len(), MOST_CHANNELS);
            self.most(&format!("{path}/sections"), user.sections.len(), MOST_RULES);
        }
    }

    fn values(&mut self, path: &str, filter: &Filter) {
        if let Filter::Param { param, values, .. } = filter {
            self.key(&format!("{path}/param"), param);
            for (n, value) in values.iter().enumerate() {
                self.longest(&format!("{path}/values/{n}"), value);
            }
        }
        for (n, part) in filter.parts().iter().enumerate() {
            self.values(&format!("{path}/of/{n}"), part);
        }
    }

    fn key(&mut self, path: &str, param: &Param) {
        if let Param::Utm(key) | Param::ContactField(key) = param {
            self.longest(path, key);
        }
    }
}
