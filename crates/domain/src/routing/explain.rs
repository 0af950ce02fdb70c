//! A scenario tried on an example (RT-1): the same walk as of a real conversation, step by step in
//! words. Nothing here decides.

use std::collections::BTreeMap;

use super::{Crowd, Decision, Event, Facts, Progress, Standing, explained};
use crate::{
    ids::{ChannelId, EmployeeId, GroupId, ScheduleId, TagId},
    scenario::{
        Answer, Condition, EnquiryOrder, Fallback, Hours, Known, Scenario, Strategy, Target,
        Unanswered,
    },
    text::Words,
};

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// JSON Pointer (RFC 6901) into the scenario: `/steps/0/then/1`.
    pub path: String,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Condition {
        condition: Condition,
        holds: bool,
    },
    Replied {
        text: String,
    },
    Asked {
        seconds: u32,
    },
    /// The channel cannot show a form.
    FormSkipped,
    /// The example goes on as if the form were filled.
    FormFilled,
    Tagged {
        tags: Vec<TagId>,
    },
    Paused {
        seconds: u32,
    },
    Closed,
    Offered {
        employee: EmployeeId,
        by: Strategy,
        answer: Option<Answer>,
    },
    Shown {
        of: Crowd,
        answer: Option<Answer>,
    },
    NobodyThere {
        to: Target,
    },
    EveryoneAsked {
        of: Crowd,
    },
    /// The scenario ended without a distribution: everybody sees it (CH-2).
    Ended,
}

/// What the company calls what a scenario names by id.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub channels: BTreeMap<ChannelId, String>,
    pub employees: BTreeMap<EmployeeId, String>,
    pub groups: BTreeMap<GroupId, String>,
    pub schedules: BTreeMap<ScheduleId, String>,
    pub tags: BTreeMap<TagId, String>,
}

/// A scenario tried to its first rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub steps: Vec<Told>,
    /// The last decision on the way.
    pub decision: Decision,
}

/// Pauses and forms of one example; a sound scenario has fewer.
const MOST_RESTS: usize = 100;

/// Walks a new conversation through the scenario. Pauses are passed by putting the clock on, and a
/// form by taking it as filled.
pub fn try_out(scenario: &Scenario, mut facts: Facts) -> Tried {
    let (mut decision, mut steps) =
        explained(Some(scenario), &Progress::default(), Event::Opened, &facts);
    for _ in 0..MOST_RESTS {
        let event = match &decision.progress.standing {
            Standing::WaitsForForm { .. } => {
                let path = steps.last().map(|told| told.path.clone()).unwrap_or_default();
                steps.push(Told { path, outcome: Outcome::FormFilled });
                Event::FormDone
            }
            Standing::Pauses { until } => {
                facts.now = *until;
                Event::TimeCame
            }
            Standing::NotStarted
            | Standing::Offered { .. }
            | Standing::InSight { .. }
            | Standing::WaitsForSomebody { .. }
            | Standing::Closed => break,
        };
        let (next, told) = explained(Some(scenario), &decision.progress, event, &facts);
        decision = next;
        steps.extend(told);
    }
    Tried { steps, decision }
}

impl Outcome {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Condition { holds: true, .. } => "yes",
            Self::Condition { holds: false, .. } => "no",
            Self::Replied { .. } | Self::Tagged { .. } | Self::FormFilled => "done",
            Self::FormSkipped => "skipped",
            Self::Asked { .. } | Self::Paused { .. } => "waits",
            Self::Offered { .. } => "offered",
            Self::Shown { .. } | Self::EveryoneAsked { .. } => "shown",
            Self::NobodyThere { .. } => "nobody",
            Self::Closed => "closed",
            Self::Ended => "ended",
        }
    }
}

/// What a step came to, in words.
pub fn told_words(outcome: &Outcome, names: &Names) -> Words {
    match outcome {
        Outcome::Condition { condition, holds } => {
            let words = names.condition(condition);
            match holds {
                true => join(&words, ": да.", ": yes."),
                false => join(&words, ": нет.", ": no."),
            }
        }
        Outcome::Replied { text } => Words::new(
            format!("Клиенту отправляется автоответ: «{text}»"),
            format!("The customer is sent a reply: “{text}”"),
        ),
        Outcome::Asked { seconds } => {
            let time = duration(*seconds);
            Words::new(
                format!("Клиенту показывается форма контактов; ждём её {}.", time.ru),
                format!("The customer is shown the contact form; it is waited for {}.", time.en),
            )
        }
        Outcome::FormSkipped => Words::new(
            "Форма пропущена: в этом канале её показать нельзя.",
            "The form is skipped: this channel cannot show one.",
        ),
        Outcome::FormFilled => Words::new(
            "Пример идёт дальше так, будто форма заполнена.",
            "The example goes on as if the form were filled.",
        ),
        Outcome::Tagged { tags } => {
            let list = list(tags, &names.tags);
            Words::new(format!("Ставятся теги: {list}."), format!("Tags are set: {list}."))
        }
        Outcome::Paused { seconds } => {
            let time = duration(*seconds);
            Words::new(format!("Пауза: {}.", time.ru), format!("A pause: {}.", time.en))
        }
        Outcome::Closed => Words::new("Диалог закрывается.", "The conversation is closed."),
        Outcome::Offered { employee, by, answer } => {
            let who = name(employee, &names.employees);
            let by = strategy(*by);
            let then = unanswered(answer.as_ref(), names);
            Words::new(
                format!("Предлагается сотруднику {who} ({}).{}", by.ru, then.ru),
                format!("It is offered to {who} ({}).{}", by.en, then.en),
            )
        }
        Outcome::Shown { of, answer } => {
            let who = names.crowd(*of);
            let then = unanswered(answer.as_ref(), names);
            Words::new(
                format!("Предлагается сразу всем: {}.{}", who.ru, then.ru),
                format!("It is offered to all at once: {}.{}", who.en, then.en),
            )
        }
        Outcome::NobodyThere { to } => {
            let who = names.target(to);
            Words::new(
                format!("Сейчас никто не может взять ({}): нет на линии или нет места.", who.ru),
                format!("Nobody can take it now ({}): not on line, or no room.", who.en),
            )
        }
        Outcome::EveryoneAsked { of } => {
            let who = names.crowd(*of);
            Words::new(
                format!("Все уже спрошены; диалог видят: {}.", who.ru),
                format!("All were asked; it is seen by: {}.", who.en),
            )
        }
        Outcome::Ended => Words::new(
            "Сценарий закончился без распределения.",
            "The scenario ended without a distribution.",
        ),
    }
}

/// What becomes of the conversation, in words.
pub fn result_words(decision: &Decision, names: &Names) -> Words {
    match &decision.progress.standing {
        Standing::Offered { employee, .. } => {
            let who = name(employee, &names.employees);
            Words::new(
                format!("Диалог предложен сотруднику {who}."),
                format!("The conversation is offered to {who}."),
            )
        }
        Standing::InSight { of, .. } => {
            let who = names.crowd(*of);
            Words::new(
                format!("Диалог появится в «Новых»: {}.", who.ru),
                format!("The conversation is new to: {}.", who.en),
            )
        }
        Standing::WaitsForSomebody { of } => {
            let who = names.crowd(*of);
            Words::new(
                format!("Диалог ждёт в «Новых», пока кто-то не выйдет на линию: {}.", who.ru),
                format!("The conversation waits until somebody comes on line: {}.", who.en),
            )
        }
        Standing::Closed => Words::new("Диалог закрыт.", "The conversation is closed."),
        Standing::NotStarted | Standing::WaitsForForm { .. } | Standing::Pauses { .. } => {
            Words::new("Диалог ждёт.", "The conversation waits.")
        }
    }
}

impl Names {
    fn crowd(&self, of: Crowd) -> Words {
        match of {
            Crowd::Everybody => Words::new("все сотрудники", "all employees"),
            Crowd::Group(group) => {
                let name = name(&group, &self.groups);
                Words::new(format!("группа «{name}»"), format!("the group “{name}”"))
            }
        }
    }

    fn target(&self, to: &Target) -> Words {
        match to {
            Target::Everybody => self.crowd(Crowd::Everybody),
            Target::Group(group) => self.crowd(Crowd::Group(*group)),
            Target::Employees(employees) => {
                let list = list(employees, &self.employees);
                Words::new(list.clone(), list)
            }
        }
    }

    fn condition(&self, condition: &Condition) -> Words {
        let one_of = |ru: &str, en: &str, what: &[String]| {
            let list = what.join(", ");
            Words::new(format!("{ru}: {list}"), format!("{en}: {list}"))
        };
        match condition {
            Condition::All { .. } => Words::new("Все условия группы", "All of the group"),
            Condition::Any { .. } => {
                Words::new("Хотя бы одно условие группы", "At least one of the group")
            }
            Condition::Not { .. } => Words::new("Ни одно условие группы", "None of the group"),
            Condition::Channel { channels } => {
                let list = list(channels, &self.channels);
                Words::new(format!("Канал — {list}"), format!("The channel is {list}"))
            }
            Condition::Kind { kinds } => {
                let kinds: Vec<String> = kinds.iter().map(|k| k.0.clone()).collect();
                one_of("Тип канала", "The kind of channel", &kinds)
            }
            Condition::Site { any_of } => one_of("Сайт", "The site", any_of),
            Condition::Campaign { any_of } => one_of("Рекламная кампания", "The campaign", any_of),
            Condition::Source { any_of } => one_of("Источник", "The source", any_of),
            Condition::Utm { key, any_of } => {
                let key = key.trim_start_matches("utm_");
                one_of(&format!("Метка utm_{key}"), &format!("The mark utm_{key}"), any_of)
            }
            Condition::Page { any_of } => {
                one_of("В адресе страницы есть", "The page's address has", any_of)
            }
            Condition::WorkingHours { schedule, state } => {
                let name = name(schedule, &self.schedules);
                match state {
                    Hours::Open => Words::new(
                        format!("Сейчас рабочее время «{name}»"),
                        format!("It is within the hours “{name}”"),
                    ),
                    Hours::Closed => Words::new(
                        format!("Сейчас нерабочее время «{name}»"),
                        format!("It is outside of the hours “{name}”"),
                    ),
                }
            }
            Condition::Enquiry { order: EnquiryOrder::First } => {
                Words::new("Первое обращение", "The first enquiry")
            }
            Condition::Enquiry { order: EnquiryOrder::Repeat } => {
                Words::new("Повторное обращение", "A repeat enquiry")
            }
            Condition::Contact { state: Known::Known } => {
                Words::new("Телефон или почта известны", "A phone or an e-mail is known")
            }
            Condition::Contact { state: Known::Unknown } => {
                Words::new("Телефон и почта неизвестны", "No phone and no e-mail is known")
            }
            Condition::LastAssigneeOnline {} => Words::new(
                "Последний ответственный на линии",
                "The one who had the contact last is on line",
            ),
            Condition::Text { any_of } => one_of("В сообщении есть", "The message has", any_of),
            Condition::Language { any_of } => one_of("Язык", "The language", any_of),
            Condition::AnyoneOnline { group } => {
                let who = self.crowd(group.map_or(Crowd::Everybody, Crowd::Group));
                Words::new(
                    format!("Кто-то на линии ({})", who.ru),
                    format!("Somebody is on line ({})", who.en),
                )
            }
        }
    }
}

fn join(words: &Words, ru: &str, en: &str) -> Words {
    Words::new(format!("{}{ru}", words.ru), format!("{}{en}", words.en))
}

/// What is gone has no name.
fn name<K: Ord>(id: &K, names: &BTreeMap<K, String>) -> String {
    names.get(id).cloned().unwrap_or_else(|| "—".to_owned())
}

fn list<K: Ord>(ids: &[K], names: &BTreeMap<K, String>) -> String {
    ids.iter().map(|id| name(id, names)).collect::<Vec<_>>().join(", ")
}

fn strategy(by: Strategy) -> Words {
    match by {
        Strategy::Everyone {} => Words::new("сразу всем", "all at once"),
        Strategy::RoundRobin {} => Words::new("по очереди", "in turn"),
        Strategy::LeastBusy {} => Words::new("наименее занятому", "the least busy"),
        Strategy::LastAssignee { otherwise } => {
            let rest = match otherwise {
                Fallback::Everyone => Words::new("всем", "all"),
                Fallback::RoundRobin => Words::new("по очереди", "in turn"),
                Fallback::LeastBusy => Words::new("наименее занятому", "the least busy"),
            };
            Words::new(
                format!("последнему ответственному, иначе {}", rest.ru),
                format!("who had the contact last, else {}", rest.en),
            )
        }
    }
}

/// What happens when it is not taken in time, as a sentence of its own.
fn unanswered(answer: Option<&Answer>, names: &Names) -> Words {
    let Some(answer) = answer else { return Words::new("", "") };
    let time = duration(answer.within_seconds);
    let then = match &answer.then {
        Unanswered::NextPerson { .. } => Words::new("следующему сотруднику", "to the next person"),
        Unanswered::Group { group } => names.crowd(Crowd::Group(*group)),
        Unanswered::Everybody {} => names.crowd(Crowd::Everybody),
        Unanswered::Steps { .. } => Words::new("шаги ветки «нет ответа»", "the steps for that"),
    };
    Words::new(
        format!(" Если не взять за {} — дальше: {}.", time.ru, then.ru),
        format!(" If it is not taken in {}: {}.", time.en, then.en),
    )
}

fn duration(seconds: u32) -> Words {
    match seconds {
        s if s >= 3600 && s % 3600 == 0 => {
            Words::new(format!("{} ч", s / 3600), format!("{} h", s / 3600))
        }
        s if s >= 60 && s % 60 == 0 => {
            Words::new(format!("{} мин", s / 60), format!("{} min", s / 60))
        }
        s => Words::new(format!("{s} с"), format!("{s} s")),
    }
}
