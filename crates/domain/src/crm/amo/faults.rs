//! The faults of CRM-6 as far as settings show them: why nothing is created, why clients are doubled, why
//! nobody becomes responsible.

use super::super::{
    AmoMethod, AmoSettings, ChannelName, CrmId, Directory, Entity, Fault, FieldPair, StageRef,
    funnel, people,
};
use crate::{ids::ChannelId, text::Words};

/// All faults of an integration, those that lose enquiries first.
pub fn faults(
    settings: &AmoSettings,
    directory: &Directory,
    channels: &[ChannelName],
) -> Vec<Fault> {
    let mut found = of_channels(settings, channels);
    found.extend(of_funnels(settings, directory));
    found.extend(of_people(settings, directory));
    found.extend(of_fields(settings, directory));
    found
}

fn of_channels(settings: &AmoSettings, channels: &[ChannelName]) -> Vec<Fault> {
    let of = |channel: &ChannelName| settings.channels.iter().find(|r| r.channel == channel.id);
    let forgotten: Vec<&ChannelName> = channels.iter().filter(|c| of(c).is_none()).collect();
    let mut found = Vec::from_iter(not_passed(&forgotten));
    for channel in channels {
        let name = &channel.name;
        let Some(rule) = of(channel) else { continue };
        if !rule.create_deal {
            let words = Words::new(
                format!("Обращения канала «{name}» не создают сделок."),
                format!("Enquiries of the channel “{name}” make no deals."),
            );
            let remedy = Words::new(
                "Включите «Создавать сделку» для этого канала.",
                "Switch “Create a deal” on for this channel.",
            );
            found.push(Fault::new("channels", "deal_creation_off", words, remedy).of(channel.id));
        }
        if rule.create_contact && !rule.find_existing {
            let words = Words::new(
                format!("Канал «{name}» не ищет клиента в amoCRM: контакты могут удваиваться."),
                format!("The channel “{name}” does not look clients up: contacts may be doubled."),
            );
            let remedy = Words::new(
                "Включите «Искать существующего клиента».",
                "Switch “Look for an existing customer” on.",
            );
            found.push(Fault::new("channels", "search_off", words, remedy).of(channel.id));
        }
    }
    found
}

/// Channels that nothing passes on, in one line: a company has dozens of them.
fn not_passed(channels: &[&ChannelName]) -> Option<Fault> {
    const NAMED: usize = 10;
    let ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id).collect();
    let fault = |words, remedy| Fault::new("channels", "channel_not_passed", words, remedy);
    if let [channel] = channels {
        let name = &channel.name;
        let words = Words::new(
            format!("Обращения канала «{name}» не передаются в amoCRM."),
            format!("Enquiries of the channel “{name}” are not passed to amoCRM."),
        );
        let remedy = Words::new(
            "Отметьте канал на вкладке «Основные».",
            "Tick the channel on the tab “General”.",
        );
        return Some(fault(words, remedy).of(channel.id).of_all(ids));
    }
    let (count, more) = (channels.len(), channels.len().saturating_sub(NAMED));
    let list = |open: &str, close: &str, rest: &str| {
        let named = channels.iter().take(NAMED).map(|c| format!("{open}{}{close}", c.name));
        let named = named.collect::<Vec<_>>().join(", ");
        if more == 0 { named } else { format!("{named} {rest} {more}") }
    };
    let (ru, en) = (list("«", "»", "и ещё"), list("“", "”", "and others:"));
    let words = Words::new(
        format!("Обращения этих каналов не передаются в amoCRM ({count}): {ru}."),
        format!("Enquiries of these channels are not passed to amoCRM ({count}): {en}."),
    );
    let remedy = Words::new(
        "Отметьте нужные каналы на вкладке «Основные».",
        "Tick those that are wanted on the tab “General”.",
    );
    (count > 0).then(|| fault(words, remedy).of_all(ids))
}

fn of_funnels(settings: &AmoSettings, directory: &Directory) -> Vec<Fault> {
    let remedy = || {
        Words::new(
            "Выберите действующие воронку и этап на вкладке «Воронки и этапы».",
            "Choose a working funnel and stage on the tab “Funnels and stages”.",
        )
    };
    match &settings.method {
        AmoMethod::ContactAndDeal {} => {
            let mut set: Vec<&StageRef> = settings
                .funnel
                .default
                .iter()
                .chain(settings.funnel.rules.iter().map(|rule| &rule.to))
                .filter_map(|to| to.deal.as_ref())
                .collect();
            set.sort_by_key(|at| (&at.pipeline, &at.stage));
            set.dedup();
            set.into_iter()
                .filter_map(|at| {
                    let trouble = funnel::trouble(directory, at)?;
                    let name = funnel::name_of(directory, at);
                    let words = Words::new(
                        format!("{} Этап: {name}.", trouble.ru),
                        format!("{} Stage: {name}.", trouble.en),
                    );
                    Some(Fault::new("funnels", "stage_gone", words, remedy()))
                })
                .collect()
        }
        AmoMethod::Unsorted { pipeline } => pipeline
            .iter()
            .filter(|id| funnel_gone(directory, id))
            .map(|_| {
                let words = Words::new(
                    "Воронки для «Неразобранного» нет в amoCRM или она в архиве.",
                    "The funnel for unsorted records is gone from amoCRM or archived.",
                );
                Fault::new("funnels", "unsorted_funnel_gone", words, remedy())
            })
            .collect(),
    }
}

/// Of a funnel list that was pulled.
pub fn funnel_gone(directory: &Directory, id: &CrmId) -> bool {
    !directory.pipelines.is_empty() && directory.pipeline(id).is_none_or(|p| p.archived)
}

fn of_people(settings: &AmoSettings, directory: &Directory) -> Vec<Fault> {
    let mut found = Vec::new();
    let people = &settings.responsible;
    let mut set: Vec<&CrmId> =
        people.default.iter().chain(people.rules.iter().map(|rule| &rule.user)).collect();
    set.sort();
    set.dedup();
    for id in set.into_iter().filter(|id| !people::can_be_responsible(directory, id)) {
        let name = people::name_of(directory, id);
        let words = Words::new(
            format!("Ответственный «{name}» в amoCRM отключён или удалён."),
            format!("The responsible “{name}” is inactive or removed in amoCRM."),
        );
        let remedy = Words::new(
            "Выберите другого на вкладке «Сотрудники».",
            "Choose another on the tab “Employees”.",
        );
        found.push(Fault::new("employees", "responsible_inactive", words, remedy));
    }
    if people.default.is_none() {
        let words = Words::new(
            "Ответственный по умолчанию не выбран: amoCRM назначает того, кто её подключил.",
            "No default responsible is chosen: amoCRM takes whoever connected it.",
        );
        let remedy = Words::new(
            "Выберите ответственного на вкладке «Сотрудники».",
            "Choose the responsible on the tab “Employees”.",
        );
        found.push(Fault::new("employees", "responsible_not_set", words, remedy));
    }
    if !settings.transfer_responsible {
        let words = Words::new(
            "Сотрудник, который ответил в чате, не становится ответственным в amoCRM.",
            "An employee who answers in the chat does not become responsible in amoCRM.",
        );
        let remedy = Words::new(
            "Включите передачу ответственности на вкладке «Сотрудники».",
            "Switch passing responsibility on at the tab “Employees”.",
        );
        found.push(Fault::new("employees", "transfer_off", words, remedy));
    }
    found
}

fn of_fields(settings: &AmoSettings, directory: &Directory) -> Vec<Fault> {
    let of = |of: Entity, pairs: &[FieldPair]| -> Vec<Fault> {
        if directory.fields.is_empty() {
            return Vec::new();
        }
        let gone = pairs.iter().filter(|pair| directory.field(of, &pair.field).is_none());
        gone.map(|pair| {
            let title = pair.from.title();
            let words = Words::new(
                format!("Поля для параметра «{}» больше нет в amoCRM.", title.ru),
                format!("The field for the parameter “{}” is no longer in amoCRM.", title.en),
            );
            let remedy = Words::new(
                "Выберите другое поле на вкладке «Дополнительные поля».",
                "Choose another field on the tab “Custom fields”.",
            );
            Fault::new("fields", "field_gone", words, remedy)
        })
        .collect()
    };
    let mut found = of(Entity::Contact, &settings.fields.contact);
    found.extend(of(Entity::Deal, &settings.fields.deal));
    found
}
