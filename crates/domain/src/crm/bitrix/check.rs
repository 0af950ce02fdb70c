//! Whether settings make sense, against what the portal has.

use super::{
    super::{
        BitrixSettings, CommentPriority, CrmId, Directory, Entity, EntityRules, Funnel,
        FunnelTarget, LeadMode, RepeatEntity, Settings, StageKind, StageRef, check::Found, funnel,
    },
    stage,
};
use crate::problem::Problems;

/// An activity is due between a minute and 90 days from its enquiry.
const DUE_MINUTES: std::ops::RangeInclusive<u32> = 1..=90 * 24 * 60;

/// See [`super::super::check`].
pub fn check(settings: &BitrixSettings, directory: &Directory) -> (Problems, Problems) {
    let mut found = Found::new(directory, ("Битрикс24", "Bitrix24"));
    if settings.version != BitrixSettings::default().version {
        found.refuse(
            "/version",
            "unknown_version",
            "Настройки записаны другой версией программы. Обновите страницу.",
            "The settings were written by another version. Reload the page.",
        );
    }
    if settings.open_lines && !settings.chats.channels.is_empty() {
        found.refuse(
            "/open_lines",
            "open_lines_and_chats",
            "Открытые линии сами создают лиды и сделки. Выключите их или уберите каналы чатов.",
            "Open Lines make leads and deals themselves. Switch them off or take the chat channels away.",
        );
    }
    if settings.chats.channels.is_empty()
        && settings.requests.channels.is_empty()
        && !settings.open_lines
    {
        found.warn(
            "/chats/channels",
            "no_channels",
            "Не выбран ни один канал: в Битрикс24 ничего не передаётся.",
            "No channel is chosen: nothing is passed to Bitrix24.",
        );
    }
    found.skip_phones("/skip_phones", &settings.skip_phones);
    found.whole(&Settings::Bitrix(settings.clone()));
    section(&mut found, "/chats", &settings.chats);
    section(&mut found, "/requests", &settings.requests);
    found.done()
}

/// Chats or requests (B24-2).
fn section(found: &mut Found<'_>, base: &str, rules: &EntityRules) {
    found.channels(&format!("{base}/channels"), &rules.channels);
    if !rules.channels.is_empty() {
        entities(found, base, rules);
    }
    if !DUE_MINUTES.contains(&rules.activity_due_minutes) {
        found.refuse(
            format!("{base}/activity_due_minutes"),
            "out_of_range",
            "Срок дела — от одной минуты до 90 дней.",
            "An activity is due between one minute and 90 days.",
        );
    }
    found.people(&format!("{base}/responsible"), &rules.responsible);
    funnel_targets(found, &format!("{base}/funnel_first"), &rules.funnel_first);
    funnel_targets(found, &format!("{base}/funnel_repeat"), &rules.funnel_repeat);
    found.tags(&format!("{base}/tags"), &rules.tags);
    let names = &rules.names;
    let templates = [
        ("contact", &names.contact),
        ("deal", &names.deal),
        ("lead", &names.lead),
        ("task", &names.task),
    ];
    for (name, template) in templates {
        found.template(&format!("{base}/names/{name}"), template.as_deref());
    }
    let fields = &rules.fields;
    found.pairs(&format!("{base}/fields/contact"), Entity::Contact, &fields.contact);
    found.pairs(&format!("{base}/fields/deal"), Entity::Deal, &fields.deal);
    found.pairs(&format!("{base}/fields/lead"), Entity::Lead, &fields.lead);
}

/// B24-5: of lead and deal one is required; leads only where the portal has them.
fn entities(found: &mut Found<'_>, base: &str, rules: &EntityRules) {
    if !rules.first_lead && !rules.first_deal {
        found.refuse(
            format!("{base}/first_deal"),
            "entity_required",
            "Для первичных обращений выберите лид или сделку: без них чату некуда привязаться.",
            "Choose a lead or a deal for primary enquiries: without one a chat belongs nowhere.",
        );
    }
    let makes = matches!(rules.repeat, RepeatEntity::Lead | RepeatEntity::Deal);
    if makes && rules.comments != CommentPriority::Deals {
        found.warn(
            format!("{base}/comments"),
            "comments_do_not_apply",
            "Приоритет комментариев не действует: повторные обращения создают своё.",
            "The priority of comments has no effect: repeat enquiries make something of their own.",
        );
    }
    if !makes && (rules.funnel_repeat.default.is_some() || !rules.funnel_repeat.rules.is_empty()) {
        found.warn(
            format!("{base}/funnel_repeat"),
            "funnels_do_not_apply",
            "Воронки повторных обращений не действуют: те не создают ни лида, ни сделки.",
            "Funnels of repeat enquiries have no effect: those make neither a lead nor a deal.",
        );
    }
    if found.directory.lead_mode != LeadMode::Simple {
        return;
    }
    let leads = [(rules.first_lead, "first_lead"), (rules.repeat == RepeatEntity::Lead, "repeat")];
    for (_, name) in leads.into_iter().filter(|(set, _)| *set) {
        found.refuse(
            format!("{base}/{name}"),
            "no_leads_in_simple_mode",
            "Портал работает без лидов (простой режим CRM). Выберите сделку.",
            "The portal works without leads (the simple mode). Choose a deal.",
        );
    }
    if rules.comments != CommentPriority::Deals {
        found.warn(
            format!("{base}/comments"),
            "no_leads_in_simple_mode",
            "Портал работает без лидов (простой режим CRM): комментарии пойдут в сделки.",
            "The portal works without leads (the simple mode): comments go to deals.",
        );
    }
}

fn funnel_targets(found: &mut Found<'_>, path: &str, funnel: &Funnel) {
    if let Some(to) = &funnel.default {
        stages(found, &format!("{path}/default"), to);
    }
    for (n, rule) in funnel.rules.iter().enumerate() {
        let path = format!("{path}/rules/{n}/to");
        if rule.to.deal.is_none() && rule.to.lead.is_none() {
            found.refuse(
                &*path,
                "no_stage",
                "Выберите этап лида или воронку и этап сделки для этого условия.",
                "Choose a lead stage, or a funnel and a deal stage, for this rule.",
            );
        }
        stages(found, &path, &rule.to);
    }
}

fn stages(found: &mut Found<'_>, path: &str, to: &FunnelTarget) {
    let directory = found.directory;
    if let Some(at) = &to.deal {
        let path = format!("{path}/deal");
        if funnel_of(&at.stage) != at.pipeline.as_str() {
            found.refuse(
                path,
                "stage_of_other_funnel",
                "Этот этап — из другой воронки. Выберите этап заново.",
                "This stage is of another funnel. Choose the stage anew.",
            );
        } else if let Some(trouble) = funnel::trouble(directory, at) {
            match kind(directory, at) {
                Some(StageKind::Unsorted | StageKind::Won | StageKind::Lost) => {
                    found.refuse(path, "stage_takes_no_deals", &trouble.ru, &trouble.en);
                }
                Some(StageKind::Open) | None => {
                    found.warn(path, "stage_gone", &trouble.ru, &trouble.en);
                }
            }
        }
    }
    if let Some(lead) = &to.lead
        && let Some(trouble) = stage::trouble(directory, lead)
    {
        let path = format!("{path}/lead");
        match directory.lead_stages.iter().any(|known| known.id == *lead) {
            true => found.refuse(path, "stage_takes_no_leads", &trouble.ru, &trouble.en),
            false => found.warn(path, "stage_gone", &trouble.ru, &trouble.en),
        }
    }
}

fn kind(directory: &Directory, at: &StageRef) -> Option<StageKind> {
    directory.stage(at).map(|stage| stage.kind)
}

/// `C5:NEW` stands in category 5 alone; stages of the general funnel, 0, have no prefix.
fn funnel_of(stage: &CrmId) -> &str {
    let category = stage.as_str().strip_prefix('C').and_then(|rest| rest.split_once(':'));
    let number = category.map(|(number, _)| number);
    let digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    number.filter(digits).unwrap_or("0")
}
