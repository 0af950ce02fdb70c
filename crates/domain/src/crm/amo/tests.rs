//! Rules of amoCRM, each by its number. A story is a new client's first message through a channel that is
//! passed on; a test says what is different.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    super::{
        Action, AmoMethod, AmoSettings, Answer, Because, ChannelFacts, ChannelRule, Company,
        ContactFacts, CrmField, CrmId, CrmUser, DealFact, Directory, EmployeeFacts, Enquiry,
        Entity, EntityState, Facts, FieldKind, Filter, FoundContact, Gate, Known, Line, LineFile,
        LinkedContact, LinkedDeal, LinkedTask, LinkedUnsorted, Links, Occasion, Operator, Param,
        Pipeline, Plan, Question, Ref, Stage, StageKind, StageRef, TaskOwner, TaskRule, TaskType,
        UnsortedState, Verdict, Written,
    },
    next_question, plan,
};
use crate::{
    attribution::Attribution,
    clock::Instant,
    conversation::{ConversationKind, Direction},
    ids::{AttachmentId, ChannelId, ContactId, ConversationId, EmployeeId, MessageId},
    scenario::EnquiryOrder,
    text::{Language, Words},
};

mod again;
mod check;
mod contact;
mod deal;
mod entry;
mod faults;
mod note;
mod questions;
mod random;
mod responsible;
mod task;
mod unsorted;
mod values;

/// The channel that is passed on, and one that is not.
const CHANNEL: ChannelId = ChannelId(Uuid::from_u128(1));
const OTHER_CHANNEL: ChannelId = ChannelId(Uuid::from_u128(2));
const PHONE: &str = "+79161234567";

struct Story {
    settings: AmoSettings,
    facts: Facts,
}

fn story() -> Story {
    Story { settings: settings(), facts: facts() }
}

impl Story {
    fn set(mut self, change: impl FnOnce(&mut AmoSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    fn given(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(&mut self.facts);
        self
    }

    /// The CRM's answer.
    fn told(mut self, answer: Answer) -> Self {
        self.facts.known.learn(answer);
        self
    }

    fn phone(self) -> Self {
        self.given(|f| f.contact.phones = vec![PHONE.to_owned()])
    }

    /// The client is linked to contact 501.
    fn linked(self) -> Self {
        self.given(|f| {
            f.links.contact = Some(LinkedContact {
                id: "501".into(),
                responsible: Some("11".into()),
                responsible_by_hand: false,
                gone: false,
            });
        })
    }

    /// The conversation has deal 901 in this state, and was passed on before.
    fn in_deal(self, state: EntityState) -> Self {
        self.linked().given(|f| {
            f.occasion.opened = false;
            f.links.deals = vec![linked_deal("901", state)];
        })
    }

    fn rule(self, change: impl FnOnce(&mut ChannelRule)) -> Self {
        self.set(|s| change(&mut s.channels[0]))
    }

    fn tasks(self, owner: TaskOwner) -> Self {
        self.set(|s| s.tasks = Some(TaskRule { due_minutes: 30, owner, kind: None }))
    }

    /// The company's language is English, its time that of London.
    fn english(self) -> Self {
        self.given(|f| {
            f.company.language = Language::En;
            f.company.time_zone = chrono_tz::Europe::London;
        })
    }

    fn unsorted(self) -> Self {
        self.set(|s| s.method = AmoMethod::Unsorted { pipeline: None })
    }

    fn question(&self) -> Option<Question> {
        next_question(&self.settings, &self.facts)
    }

    fn plan(&self) -> Plan {
        assert_eq!(self.question(), None, "a question is open");
        plan(&self.settings, &self.facts)
    }

    /// What is done, in order: `create_contact`, `create_deal` …
    fn does(&self) -> Vec<String> {
        self.plan().steps.iter().map(|step| verb(&step.action)).collect()
    }

    fn reasons(&self) -> Vec<String> {
        self.plan().steps.iter().map(|step| step.because.code.clone()).collect()
    }

    fn left_out(&self) -> Vec<String> {
        self.plan().left_out.iter().map(|because| because.code.clone()).collect()
    }

    fn why_not(&self, code: &str) -> Because {
        let found = self.plan().left_out.into_iter().find(|because| because.code == code);
        found.unwrap_or_else(|| panic!("{code} is not in {:?}", self.left_out()))
    }

    fn action(&self, wanted: &str) -> Action {
        let found = self.plan().steps.into_iter().find(|step| verb(&step.action) == wanted);
        found.unwrap_or_else(|| panic!("{wanted} is not in {:?}", self.does())).action
    }
}

fn verb(action: &Action) -> String {
    let json = serde_json::to_value(action).unwrap();
    json["do"].as_str().unwrap().to_owned()
}

fn settings() -> AmoSettings {
    AmoSettings { channels: vec![ChannelRule::recommended(CHANNEL)], ..AmoSettings::default() }
}

/// 14 March 2026, 12:30 in Moscow.
fn noon() -> Instant {
    "2026-03-14T09:30:00Z".parse().unwrap()
}

fn facts() -> Facts {
    Facts {
        now: noon(),
        company: Company {
            name: "Ромашка".to_owned(),
            language: Language::Ru,
            time_zone: chrono_tz::Europe::Moscow,
        },
        enquiry: Enquiry {
            conversation: ConversationId(Uuid::from_u128(10)),
            number: 1204,
            kind: ConversationKind::Chat,
            order: EnquiryOrder::First,
            channel: ChannelFacts {
                id: CHANNEL,
                kind: "telegram_bot".to_owned(),
                kind_title: Words::new("Telegram-бот", "Telegram bot"),
                name: "Бот продаж".to_owned(),
            },
            attribution: Attribution {
                site: Some("shop.example.ru".to_owned()),
                campaign: Some("Весна".to_owned()),
                utm: BTreeMap::from([("source".to_owned(), "direct".to_owned())]),
                ..Attribution::default()
            },
            first_text: "Сколько стоит доставка?".to_owned(),
            opened_at: noon(),
            closed_at: None,
            employee: None,
            tags: Vec::new(),
            link: "https://beseda.example.ru/desk/1204".to_owned(),
        },
        contact: ContactFacts {
            contact: ContactId(Uuid::from_u128(20)),
            name: "Анна".to_owned(),
            phones: Vec::new(),
            emails: Vec::new(),
            username: "@anna".to_owned(),
            fields: BTreeMap::new(),
        },
        occasion: Occasion {
            opened: true,
            lines: vec![inbound(1)],
            first_inbound: true,
            ..Occasion::default()
        },
        links: Links::default(),
        known: Known::default(),
        directory: directory(),
        mirrored: true,
        chats_connected: false,
    }
}

fn line(position: i64, direction: Direction, author: &str, text: &str) -> Line {
    Line {
        message: MessageId(Uuid::from_u128(u128::from(position.unsigned_abs()))),
        position,
        direction,
        author: author.to_owned(),
        text: text.to_owned(),
        files: Vec::new(),
        at: noon() + chrono::TimeDelta::minutes(position),
    }
}

fn inbound(position: i64) -> Line {
    line(position, Direction::Inbound, "Анна", "Сколько стоит доставка?")
}

fn outbound(position: i64) -> Line {
    line(position, Direction::Outbound, "Олег", "Двести рублей.")
}

fn with_file(mut line: Line) -> Line {
    let attachment = AttachmentId(Uuid::from_u128(77));
    line.files = vec![LineFile { attachment, name: "счёт.pdf".to_owned() }];
    line
}

fn oleg() -> EmployeeFacts {
    EmployeeFacts {
        id: EmployeeId(Uuid::from_u128(30)),
        name: "Олег".to_owned(),
        email: "oleg@example.ru".to_owned(),
    }
}

/// Users 11 (Ирина), 12 (Олег) and 13, who was dismissed; funnels 1 «Продажи» and 2 «Опт», and 3 in the
/// archive; a field of each kind that matters.
fn directory() -> Directory {
    let user = |id: &str, name: &str, email: &str, active| CrmUser {
        id: id.into(),
        name: name.to_owned(),
        email: email.to_owned(),
        active,
        admin: false,
        chat_id: None,
    };
    let field = |id: &str, of, kind, read_only| CrmField {
        id: id.into(),
        of,
        name: format!("Поле {id}"),
        code: None,
        kind,
        choices: Vec::new(),
        read_only,
    };
    Directory {
        users: vec![
            user("11", "Ирина", "irina@example.ru", true),
            user("12", "Олег", "Oleg@Example.ru", true),
            user("13", "Пётр", "petr@example.ru", false),
        ],
        pipelines: vec![
            funnel("1", "Продажи", 10, false),
            funnel("2", "Опт", 20, false),
            funnel("3", "Старая", 5, true),
        ],
        fields: vec![
            field("71", Entity::Contact, FieldKind::Text, false),
            field("81", Entity::Deal, FieldKind::Text, false),
            field("82", Entity::Deal, FieldKind::Text, true),
            field("83", Entity::Deal, FieldKind::Other, false),
            field("84", Entity::Deal, FieldKind::Text, false),
        ],
        task_types: vec![TaskType { id: "1".into(), name: "Звонок".to_owned() }],
        ..Directory::default()
    }
}

/// Stages x0 unsorted, x1 and x2 open, 142 won, 143 lost.
fn funnel(id: &str, name: &str, sort: i64, archived: bool) -> Pipeline {
    let stage = |stage: String, sort, kind| Stage {
        name: format!("Этап {stage}"),
        id: CrmId(stage),
        sort,
        color: String::new(),
        kind,
    };
    Pipeline {
        id: id.into(),
        name: name.to_owned(),
        sort,
        main: sort == 10,
        archived,
        stages: vec![
            stage(format!("{id}0"), 10, StageKind::Unsorted),
            stage(format!("{id}2"), 30, StageKind::Open),
            stage(format!("{id}1"), 20, StageKind::Open),
            stage("142".to_owned(), 40, StageKind::Won),
            stage("143".to_owned(), 50, StageKind::Lost),
        ],
    }
}

fn at(pipeline: &str, stage: &str) -> StageRef {
    StageRef { pipeline: pipeline.into(), stage: stage.into() }
}

fn linked_deal(id: &str, state: EntityState) -> LinkedDeal {
    LinkedDeal {
        id: id.into(),
        at: Some(at("1", "11")),
        state,
        responsible: Some("11".into()),
        responsible_by_hand: false,
        of_this: true,
        created_at: noon(),
    }
}

fn deal(id: &str, pipeline: &str, state: EntityState) -> DealFact {
    DealFact {
        id: id.into(),
        name: format!("Сделка {id}"),
        at: at(pipeline, &format!("{pipeline}1")),
        state,
        responsible: Some("11".into()),
        created_at: noon() - chrono::TimeDelta::days(3),
        changed_at: noon() - chrono::TimeDelta::days(1),
    }
}

fn found(id: &str, deals: &[&str]) -> FoundContact {
    FoundContact {
        id: id.into(),
        name: "Анна С.".to_owned(),
        phones: vec!["8 (916) 123-45-67".to_owned()],
        emails: Vec::new(),
        responsible: Some("11".into()),
        matched_by: format!("phone {PHONE}"),
        created_at: None,
        deals: deals.iter().map(|id| (*id).into()).collect(),
    }
}

fn nobody() -> Answer {
    Answer::Contacts(Vec::new())
}

/// The site is one of these.
fn site(values: &[&str]) -> Filter {
    Filter::Param {
        param: Param::Site,
        by: Operator::Equals,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

fn allow(when: Filter) -> Gate {
    Gate { verdict: Verdict::Allow, when }
}

fn unsorted(state: UnsortedState) -> LinkedUnsorted {
    LinkedUnsorted {
        uid: "u-1".into(),
        deal: Some("902".into()),
        contact: Some("502".into()),
        state,
        of_this: true,
    }
}

fn task(done: bool) -> LinkedTask {
    LinkedTask { id: "701".into(), deal: Some("901".into()), done }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// Links as they are after a plan was carried out: what the worker does with the effects.
fn carried_out(links: &Links, plan: &Plan) -> Links {
    let mut links = links.clone();
    let mut made: Vec<CrmId> = Vec::new();
    for (n, step) in plan.steps.iter().enumerate() {
        let new = CrmId(format!("9{n:03}"));
        let id = |at: &Ref| match at {
            Ref::Id(id) => id.clone(),
            Ref::Step(step) => made[*step].clone(),
        };
        let take = |links: &mut Links, deal: LinkedDeal| {
            links.deals.iter_mut().for_each(|deal| deal.of_this = false);
            links.deals.retain(|known| known.id != deal.id);
            links.deals.insert(0, deal);
        };
        match &step.action {
            Action::CreateContact(draft) => {
                let responsible = draft.responsible.clone();
                links.contact = Some(LinkedContact {
                    id: new.clone(),
                    responsible,
                    responsible_by_hand: false,
                    gone: false,
                });
            }
            Action::UseContact { contact, responsible } => {
                links.contact = Some(LinkedContact {
                    id: contact.clone(),
                    responsible: responsible.clone(),
                    responsible_by_hand: false,
                    gone: false,
                });
            }
            Action::CreateDeal(draft) => {
                let responsible = draft.responsible.clone();
                let mut deal = linked_deal("", EntityState::Open);
                (deal.id, deal.at, deal.responsible) = (new.clone(), draft.at.clone(), responsible);
                take(&mut links, deal);
            }
            Action::UseDeal { deal } => {
                let known = links.deals.iter().find(|known| known.id == *deal).cloned();
                let mut deal_link =
                    known.unwrap_or_else(|| linked_deal(deal.as_str(), EntityState::Open));
                deal_link.of_this = true;
                take(&mut links, deal_link);
            }
            Action::CreateUnsorted(_) => {
                let mut record = unsorted(UnsortedState::Waiting);
                (record.uid, record.deal) = (CrmId(format!("u{n}")), Some(new.clone()));
                links.unsorted = Some(record);
            }
            Action::SetResponsible { of: Entity::Contact, user, .. } => {
                if let Some(contact) = &mut links.contact {
                    contact.responsible = Some(user.clone());
                }
            }
            Action::SetResponsible { id: deal, user, .. } => {
                let deal = id(deal);
                let known = links.deals.iter().find(|known| known.id == deal).cloned();
                let mut deal_link =
                    known.unwrap_or_else(|| linked_deal(deal.as_str(), EntityState::Open));
                deal_link.responsible = Some(user.clone());
                take(&mut links, deal_link);
                links.deals[0].of_this = true;
            }
            Action::CreateTask { deal, .. } => {
                let deal = Some(id(deal));
                links.task = Some(LinkedTask { id: new.clone(), deal, done: false });
            }
            Action::AddNote { to, id: of, body, up_to } => {
                let text = body_text(body);
                links.written.push(Written {
                    note: new.clone(),
                    to: *to,
                    of: id(of),
                    text,
                    up_to: *up_to,
                });
            }
            Action::EditNote { note, body, up_to, .. } => {
                let written = links.written.iter_mut().find(|written| written.note == *note);
                let written = written.expect("a note of ours");
                (written.text, written.up_to) = (body_text(body), *up_to);
            }
            Action::OpenChat { .. } => links.chat = Some(new.clone()),
            Action::AttachFile { file, .. } => links.attached.push(*file),
            Action::UpdateContact { .. } | Action::UpdateDeal { .. } => {}
            other => panic!("amoCRM does not {}", verb(other)),
        }
        made.push(match &step.action {
            Action::UseContact { contact, .. } => contact.clone(),
            Action::UseDeal { deal } => deal.clone(),
            _ => new,
        });
    }
    links
}

fn body_text(body: &super::super::NoteBody) -> String {
    use super::super::NoteBody::{Text, Transcript};
    match body {
        Text { text } | Transcript { text } => text.clone(),
    }
}
