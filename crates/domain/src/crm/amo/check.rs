//! Whether the settings of amoCRM make sense, against what the account has.

use std::collections::HashSet;

use super::{
    super::{
        AmoMethod, AmoSettings, ChatSettings, CrmId, Directory, Entity, Funnel, Settings,
        StageKind, StageRef, TaskRule, check::Found, funnel, people,
    },
    faults::funnel_gone,
};
use crate::{ids::ChannelId, problem::Problems};

/// A task is due between a minute and 90 days from its message.
const DUE_MINUTES: std::ops::RangeInclusive<u32> = 1..=90 * 24 * 60;
const LONGEST_SIGNATURE: usize = 500;

/// See [`super::super::check`].
pub fn check(settings: &AmoSettings, directory: &Directory) -> (Problems, Problems) {
    let mut found = Found::new(directory, ("amoCRM", "amoCRM"));
    if settings.version != AmoSettings::VERSION {
        found.refuse(
            "/version",
            "unknown_version",
            "Настройки записаны другой версией программы. Обновите страницу.",
            "The settings were written by another version. Reload the page.",
        );
    }
    if settings.channels.is_empty() {
        found.warn(
            "/channels",
            "no_channels",
            "Не выбран ни один канал: в amoCRM ничего не передаётся.",
            "No channel is chosen: nothing is passed to amoCRM.",
        );
    }
    found.channels("/channels", &settings.channels);
    method(&mut found, settings);
    if let Some(rule) = &settings.tasks {
        tasks(&mut found, rule);
        if !settings.channels.is_empty() && settings.channels.iter().all(|c| !c.create_deal) {
            found.warn(
                "/tasks",
                "tasks_without_deals",
                "Ни один канал не создаёт сделок, поэтому задачи ставить некуда.",
                "No channel makes deals, so there is nothing to make tasks on.",
            );
        }
    }
    found.whole(&Settings::Amo(settings.clone()));
    found.tags("/tags", &settings.tags);
    found.pairs("/fields/contact", Entity::Contact, &settings.fields.contact);
    found.pairs("/fields/deal", Entity::Deal, &settings.fields.deal);
    for (name, template) in [
        ("contact", &settings.names.contact),
        ("deal", &settings.names.deal),
        ("task", &settings.names.task),
    ] {
        found.template(&format!("/names/{name}"), template.as_deref());
    }
    stages(&mut found, &settings.funnel);
    without_leads(&mut found, settings);
    found.people("/responsible", &settings.responsible);
    found.skip_phones("/skip_phones", &settings.skip_phones);
    if let Some(chats) = &settings.chats {
        let passed = settings.channels.iter().map(|rule| rule.channel).collect();
        channels_of_chats(&mut found, chats, &passed);
        users_of_chats(&mut found, chats);
    }
    found.done()
}

/// AMO-4: what has no effect with «Неразобранное».
fn method(found: &mut Found<'_>, settings: &AmoSettings) {
    let AmoMethod::Unsorted { pipeline } = &settings.method else { return };
    if pipeline.as_ref().is_some_and(|id| funnel_gone(found.directory, id)) {
        found.warn(
            "/method/pipeline",
            "unsorted_funnel_gone",
            "Этой воронки нет в amoCRM или она в архиве. Пока берётся главная.",
            "This funnel is gone from amoCRM or archived. The main one is used meanwhile.",
        );
    }
    if pipeline.is_some() && settings.chats.is_some() {
        found.warn(
            "/method/pipeline",
            "unsorted_funnel_of_source",
            "С чатами amoCRM сама создаёт «Неразобранное» в воронке источника: эта не действует.",
            "With chats amoCRM makes unsorted records itself in its source's funnel, not in this one.",
        );
    }
    if !settings.funnel.rules.is_empty() || settings.funnel.default.is_some() {
        found.warn(
            "/funnel",
            "funnels_do_not_apply",
            "Распределение по воронкам не работает с «Неразобранным».",
            "Distribution to funnels has no effect with unsorted records.",
        );
    }
    if settings.names.contact.is_some() || settings.names.deal.is_some() {
        found.warn(
            "/names",
            "names_do_not_apply",
            "Шаблоны названий контактов и сделок не применяются к «Неразобранному».",
            "Name templates of contacts and deals do not apply to unsorted records.",
        );
    }
}

/// AMO-5.
fn tasks(found: &mut Found<'_>, rule: &TaskRule) {
    if !DUE_MINUTES.contains(&rule.due_minutes) {
        found.refuse(
            "/tasks/due_minutes",
            "out_of_range",
            "Срок задачи — от одной минуты до 90 дней.",
            "A task is due between one minute and 90 days.",
        );
    }
    let types = &found.directory.task_types;
    let known = |kind: &CrmId| types.is_empty() || types.iter().any(|t| t.id == *kind);
    if rule.kind.as_ref().is_some_and(|kind| !known(kind)) {
        found.warn(
            "/tasks/kind",
            "task_kind_gone",
            "Этого типа задач нет в amoCRM. Пока берётся тип по умолчанию.",
            "This kind of task is not in amoCRM. The default kind is used meanwhile.",
        );
    }
}

/// AMO-10, AMO-11.
fn stages(found: &mut Found<'_>, funnel: &Funnel) {
    if let Some(at) = funnel.default.as_ref().and_then(|to| to.deal.as_ref()) {
        stage(found, "/funnel/default/deal", at);
    }
    for (n, rule) in funnel.rules.iter().enumerate() {
        let path = format!("/funnel/rules/{n}/to/deal");
        match &rule.to.deal {
            Some(at) => stage(found, &path, at),
            None => found.refuse(
                path,
                "no_stage",
                "Выберите воронку и этап для этого условия.",
                "Choose a funnel and a stage for this rule.",
            ),
        }
    }
}

fn stage(found: &mut Found<'_>, path: &str, at: &StageRef) {
    let Some(trouble) = funnel::trouble(found.directory, at) else { return };
    match found.directory.stage(at).map(|stage| stage.kind) {
        Some(StageKind::Unsorted | StageKind::Won | StageKind::Lost) => {
            found.refuse(path, "stage_takes_no_deals", &trouble.ru, &trouble.en);
        }
        Some(StageKind::Open) | None => found.warn(path, "stage_gone", &trouble.ru, &trouble.en),
    }
}

/// What Bitrix24 alone has.
fn without_leads(found: &mut Found<'_>, settings: &AmoSettings) {
    let mut set: Vec<String> = Vec::new();
    set.extend((!settings.fields.lead.is_empty()).then(|| "/fields/lead".to_owned()));
    set.extend(settings.names.lead.as_ref().map(|_| "/names/lead".to_owned()));
    let default = settings.funnel.default.iter().filter(|to| to.lead.is_some());
    set.extend(default.map(|_| "/funnel/default/lead".to_owned()));
    let rules = settings.funnel.rules.iter().enumerate().filter(|(_, rule)| rule.to.lead.is_some());
    set.extend(rules.map(|(n, _)| format!("/funnel/rules/{n}/to/lead")));
    for path in set {
        found.refuse(
            path,
            "not_for_amo",
            "Лидов в amoCRM нет: эта настройка — для Битрикс24.",
            "amoCRM has no leads: this setting is for Bitrix24.",
        );
    }
}

/// WA-3, WA-4, WA-7: channels that are not passed on have no chat in the CRM.
fn channels_of_chats(found: &mut Found<'_>, chats: &ChatSettings, passed: &HashSet<ChannelId>) {
    let mut named: Vec<(String, ChannelId)> = Vec::new();
    named.extend(chats.default_channel.map(|id| ("/chats/default_channel".to_owned(), id)));
    for (n, id) in chats.named_channels.iter().enumerate() {
        named.push((format!("/chats/named_channels/{n}"), *id));
    }
    for (n, user) in chats.users.iter().enumerate() {
        for (m, id) in user.channels.iter().enumerate() {
            named.push((format!("/chats/users/{n}/channels/{m}"), *id));
        }
    }
    for (path, _) in named.into_iter().filter(|(_, id)| !passed.contains(id)) {
        found.warn(
            path,
            "channel_not_passed",
            "Этот канал не передаётся в amoCRM: отметьте его на вкладке «Основные».",
            "This channel is not passed to amoCRM: tick it on the tab “General”.",
        );
    }
}

/// WA-7.
fn users_of_chats(found: &mut Found<'_>, chats: &ChatSettings) {
    let mut seen = HashSet::new();
    if chats.listed_only && chats.users.iter().all(|user| user.channels.is_empty()) {
        found.warn(
            "/chats/listed_only",
            "nobody_may_write",
            "Из amoCRM не может писать никто: добавьте пользователей и их каналы.",
            "Nobody may write from amoCRM: add users and their channels.",
        );
    }
    for (n, user) in chats.users.iter().enumerate() {
        let path = format!("/chats/users/{n}");
        if !seen.insert(&user.user) {
            found.refuse(
                format!("{path}/user"),
                "duplicate_user",
                "Этот пользователь amoCRM уже есть в списке.",
                "This amoCRM user is on the list already.",
            );
        }
        if !people::can_be_responsible(found.directory, &user.user) {
            found.warn(
                format!("{path}/user"),
                "user_unknown",
                "Этот пользователь amoCRM отключён или удалён.",
                "This amoCRM user is inactive or removed.",
            );
        }
        if user.signature.chars().count() > LONGEST_SIGNATURE {
            found.refuse(
                format!("{path}/signature"),
                "too_long",
                "Подпись длиннее 500 знаков. Сократите её.",
                "The signature is longer than 500 characters. Shorten it.",
            );
        }
    }
}
