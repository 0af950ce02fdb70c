//! Whether settings make sense, against what the CRM has.
//!
//! What can never work is a problem and is refused; what works otherwise than a person may think, or was
//! taken away in the CRM since, is a warning: the decision goes round it and says so.

use std::collections::HashSet;

use super::{
    super::{
        AmoMethod, AmoSettings, ChatSettings, CrmId, Directory, Entity, FieldKind, FieldPair,
        StageKind, StageRef, filter, funnel, names, people,
    },
    faults::funnel_gone,
};
use crate::{
    ids::ChannelId,
    phone::Phone,
    problem::{Problem, Problems},
};

/// A task is due between a minute and 90 days from its message.
const DUE_MINUTES: std::ops::RangeInclusive<u32> = 1..=90 * 24 * 60;
const LONGEST_SIGNATURE: usize = 500;

/// See [`super::super::check`].
pub fn check(settings: &AmoSettings, directory: &Directory) -> (Problems, Problems) {
    let mut found = Found { settings, directory, problems: Vec::new(), warnings: Vec::new() };
    found.version();
    found.channels();
    found.method();
    found.tasks();
    found.filters();
    found.tags();
    found.fields();
    found.names();
    found.funnel();
    found.people();
    found.skip_phones();
    if let Some(chats) = &settings.chats {
        found.chats(chats);
    }
    (Problems(found.problems), Problems(found.warnings))
}

struct Found<'a> {
    settings: &'a AmoSettings,
    directory: &'a Directory,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Found<'_> {
    fn refuse(&mut self, path: impl Into<String>, code: &'static str, ru: &str, en: &str) {
        self.problems.push(Problem::new(path, code, ru, en));
    }

    fn warn(&mut self, path: impl Into<String>, code: &'static str, ru: &str, en: &str) {
        self.warnings.push(Problem::new(path, code, ru, en));
    }

    fn version(&mut self) {
        if self.settings.version != AmoSettings::VERSION {
            self.refuse(
                "/version",
                "unknown_version",
                "Настройки записаны другой версией программы. Обновите страницу.",
                "The settings were written by another version. Reload the page.",
            );
        }
    }

    fn channels(&mut self) {
        let settings = self.settings;
        if settings.channels.is_empty() {
            self.warn(
                "/channels",
                "no_channels",
                "Не выбран ни один канал: в amoCRM ничего не передаётся.",
                "No channel is chosen: nothing is passed to amoCRM.",
            );
        }
        let mut seen = HashSet::new();
        for (n, rule) in settings.channels.iter().enumerate() {
            if !seen.insert(rule.channel) {
                self.refuse(
                    format!("/channels/{n}/channel"),
                    "duplicate_channel",
                    "Этот канал уже есть в списке.",
                    "This channel is on the list already.",
                );
            }
            if rule.create_contact && !rule.find_existing {
                self.warn(
                    format!("/channels/{n}/find_existing"),
                    "search_off",
                    "Без поиска существующего клиента контакты могут удваиваться.",
                    "Without the search for existing clients contacts may be doubled.",
                );
            }
            if rule.create_deal && !rule.create_contact {
                self.warn(
                    format!("/channels/{n}/create_contact"),
                    "deal_without_contact",
                    "Сделки новых клиентов будут без контакта.",
                    "Deals of new clients will have no contact.",
                );
            }
        }
    }

    /// AMO-4: what has no effect with «Неразобранное».
    fn method(&mut self) {
        let AmoMethod::Unsorted { pipeline } = &self.settings.method else { return };
        if pipeline.as_ref().is_some_and(|id| funnel_gone(self.directory, id)) {
            self.warn(
                "/method/pipeline",
                "unsorted_funnel_gone",
                "Этой воронки нет в amoCRM или она в архиве. Пока берётся главная.",
                "This funnel is gone from amoCRM or archived. The main one is used meanwhile.",
            );
        }
        let funnel = &self.settings.funnel;
        if !funnel.rules.is_empty() || funnel.default.is_some() {
            self.warn(
                "/funnel",
                "funnels_do_not_apply",
                "Распределение по воронкам не работает с «Неразобранным».",
                "Distribution to funnels has no effect with unsorted records.",
            );
        }
        let names = &self.settings.names;
        if names.contact.is_some() || names.deal.is_some() {
            self.warn(
                "/names",
                "names_do_not_apply",
                "Шаблоны названий контактов и сделок не применяются к «Неразобранному».",
                "Name templates of contacts and deals do not apply to unsorted records.",
            );
        }
    }

    fn tasks(&mut self) {
        let Some(rule) = &self.settings.tasks else { return };
        if !DUE_MINUTES.contains(&rule.due_minutes) {
            self.refuse(
                "/tasks/due_minutes",
                "out_of_range",
                "Срок задачи — от одной минуты до 90 дней.",
                "A task is due between one minute and 90 days.",
            );
        }
        let types = &self.directory.task_types;
        let known = |kind: &CrmId| types.is_empty() || types.iter().any(|t| t.id == *kind);
        if rule.kind.as_ref().is_some_and(|kind| !known(kind)) {
            self.warn(
                "/tasks/kind",
                "task_kind_gone",
                "Этого типа задач нет в amoCRM. Пока берётся тип по умолчанию.",
                "This kind of task is not in amoCRM. The default kind is used meanwhile.",
            );
        }
    }

    fn filters(&mut self) {
        let settings = super::super::Settings::Amo(self.settings.clone());
        for (path, when) in settings.filters() {
            let (problems, warnings) = filter::check(&path, when);
            self.problems.extend(problems);
            self.warnings.extend(warnings);
        }
    }

    fn tags(&mut self) {
        for (n, tag) in self.settings.tags.own.iter().enumerate() {
            let path = format!("/tags/own/{n}");
            if tag.trim().is_empty() {
                self.refuse(
                    &path,
                    "empty_tag",
                    "Тег пуст. Впишите его или удалите.",
                    "The tag is empty. Fill it in or remove it.",
                );
            }
            if tag.chars().count() > names::LONGEST {
                self.refuse(
                    &path,
                    "too_long",
                    "Тег длиннее 255 знаков. Сократите его.",
                    "The tag is longer than 255 characters. Shorten it.",
                );
            }
            self.problems.extend(names::check(&path, tag));
        }
    }

    fn fields(&mut self) {
        let fields = &self.settings.fields;
        self.pairs("contact", Entity::Contact, &fields.contact);
        self.pairs("deal", Entity::Deal, &fields.deal);
        if !fields.lead.is_empty() {
            self.not_for_amo("/fields/lead");
        }
    }

    fn pairs(&mut self, name: &str, of: Entity, pairs: &[FieldPair]) {
        let mut seen = HashSet::new();
        for (n, pair) in pairs.iter().enumerate() {
            let path = format!("/fields/{name}/{n}/field");
            if !seen.insert(&pair.field) {
                self.refuse(
                    &path,
                    "duplicate_field",
                    "Это поле уже заполняется другим параметром.",
                    "This field is filled with another parameter already.",
                );
            }
            let field = self.directory.field(of, &pair.field);
            match field {
                None if self.directory.fields.is_empty() => {}
                None => self.warn(
                    &path,
                    "field_gone",
                    "Этого поля нет в amoCRM: оно не заполняется. Выберите другое.",
                    "This field is not in amoCRM and is not filled. Choose another.",
                ),
                Some(field) if field.read_only || field.kind == FieldKind::Other => self.refuse(
                    &path,
                    "field_not_writable",
                    "Это поле нельзя заполнять из интеграции. Выберите другое.",
                    "An integration cannot fill this field. Choose another.",
                ),
                Some(_) => {}
            }
        }
    }

    fn names(&mut self) {
        let names = &self.settings.names;
        let templates = [("contact", &names.contact), ("deal", &names.deal), ("task", &names.task)];
        for (name, template) in templates {
            let Some(template) = template else { continue };
            let path = format!("/names/{name}");
            if template.trim().is_empty() {
                self.warn(
                    &path,
                    "empty_template",
                    "Шаблон пуст: берётся шаблон по умолчанию.",
                    "The template is empty: the default one is used.",
                );
            }
            self.problems.extend(names::check(&path, template));
        }
        if names.lead.is_some() {
            self.not_for_amo("/names/lead");
        }
    }

    fn funnel(&mut self) {
        let funnel = &self.settings.funnel;
        if let Some(to) = &funnel.default {
            self.target("/funnel/default", to.deal.as_ref(), to.lead.as_ref());
        }
        for (n, rule) in funnel.rules.iter().enumerate() {
            let path = format!("/funnel/rules/{n}/to");
            if rule.to.deal.is_none() {
                self.refuse(
                    format!("{path}/deal"),
                    "no_stage",
                    "Выберите воронку и этап для этого условия.",
                    "Choose a funnel and a stage for this rule.",
                );
            }
            self.target(&path, rule.to.deal.as_ref(), rule.to.lead.as_ref());
        }
    }

    fn target(&mut self, path: &str, deal: Option<&StageRef>, lead: Option<&CrmId>) {
        if lead.is_some() {
            self.not_for_amo(&format!("{path}/lead"));
        }
        let Some(at) = deal else { return };
        let Some(trouble) = funnel::trouble(self.directory, at) else { return };
        let path = format!("{path}/deal");
        match self.directory.stage(at).map(|stage| stage.kind) {
            Some(StageKind::Unsorted | StageKind::Won | StageKind::Lost) => {
                self.refuse(path, "stage_takes_no_deals", &trouble.ru, &trouble.en);
            }
            Some(StageKind::Open) | None => {
                self.warn(path, "stage_gone", &trouble.ru, &trouble.en);
            }
        }
    }

    fn people(&mut self) {
        let people = &self.settings.responsible;
        let mut set: Vec<(String, &CrmId)> = Vec::new();
        set.extend(people.default.iter().map(|id| ("/responsible/default".to_owned(), id)));
        let rules = people.rules.iter().enumerate();
        set.extend(rules.map(|(n, rule)| (format!("/responsible/rules/{n}/user"), &rule.user)));
        let lines = people.people.iter().enumerate();
        set.extend(lines.map(|(n, line)| (format!("/responsible/people/{n}/user"), &line.user)));
        for (path, id) in set {
            self.user(path, id);
        }
        let mut seen = HashSet::new();
        for (n, line) in people.people.iter().enumerate() {
            if !seen.insert(line.employee) {
                self.refuse(
                    format!("/responsible/people/{n}/employee"),
                    "duplicate_employee",
                    "Этот сотрудник уже сопоставлен.",
                    "This employee is matched already.",
                );
            }
        }
    }

    fn user(&mut self, path: String, id: &CrmId) {
        if !people::can_be_responsible(self.directory, id) {
            self.warn(
                path,
                "responsible_inactive",
                "Этот пользователь amoCRM отключён или удалён и ответственным не станет.",
                "This amoCRM user is inactive or removed and will not become responsible.",
            );
        }
    }

    fn skip_phones(&mut self) {
        for (n, phone) in self.settings.skip_phones.iter().enumerate() {
            if Phone::try_from(phone.clone()).is_err() {
                self.refuse(
                    format!("/skip_phones/{n}"),
                    "bad_phone",
                    "Впишите номер с кодом страны: +79161234567.",
                    "Write the number with its country: +79161234567.",
                );
            }
        }
    }

    fn chats(&mut self, chats: &ChatSettings) {
        let passed: HashSet<ChannelId> =
            self.settings.channels.iter().map(|rule| rule.channel).collect();
        let default =
            chats.default_channel.iter().map(|c| ("/chats/default_channel".to_owned(), c));
        let named = chats.named_channels.iter().enumerate();
        let named = named.map(|(n, c)| (format!("/chats/named_channels/{n}"), c));
        let of_users = chats.users.iter().enumerate().flat_map(|(n, user)| {
            let path = move |m| format!("/chats/users/{n}/channels/{m}");
            user.channels.iter().enumerate().map(move |(m, c)| (path(m), c))
        });
        let foreign: Vec<String> = default
            .chain(named)
            .chain(of_users)
            .filter(|(_, channel)| !passed.contains(channel))
            .map(|(path, _)| path)
            .collect();
        for path in foreign {
            self.warn(
                path,
                "channel_not_passed",
                "Этот канал не передаётся в amoCRM: отметьте его на вкладке «Каналы».",
                "This channel is not passed to amoCRM: tick it on the tab “Channels”.",
            );
        }
        let mut seen = HashSet::new();
        for (n, user) in chats.users.iter().enumerate() {
            if !seen.insert(&user.user) {
                self.refuse(
                    format!("/chats/users/{n}/user"),
                    "duplicate_user",
                    "Этот пользователь amoCRM уже есть в списке.",
                    "This amoCRM user is on the list already.",
                );
            }
            if !people::can_be_responsible(self.directory, &user.user) {
                self.warn(
                    format!("/chats/users/{n}/user"),
                    "user_unknown",
                    "Этот пользователь amoCRM отключён или удалён.",
                    "This amoCRM user is inactive or removed.",
                );
            }
            if user.signature.chars().count() > LONGEST_SIGNATURE {
                self.refuse(
                    format!("/chats/users/{n}/signature"),
                    "too_long",
                    "Подпись длиннее 500 знаков. Сократите её.",
                    "The signature is longer than 500 characters. Shorten it.",
                );
            }
        }
    }

    fn not_for_amo(&mut self, path: &str) {
        self.refuse(
            path,
            "not_for_amo",
            "Лидов в amoCRM нет: эта настройка — для Битрикс24.",
            "amoCRM has no leads: this setting is for Bitrix24.",
        );
    }
}
