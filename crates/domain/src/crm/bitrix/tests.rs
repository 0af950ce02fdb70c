//! Rules of Bitrix24, each by its number, and each row of the decision table.
//!
//! A [`Portal`] stands for the CRM: it answers what the decision asks, so that a test also says which
//! questions an enquiry costs. Steps are compared in a short form: `deal C5:NEW < #0` is a deal made in
//! that stage with the contact of step 0, `comment deal 12` a comment in deal 12.

mod checks;
mod comments;
mod entities;
mod entry;
mod people;
mod random;

use chrono::{TimeZone, Utc};
use chrono_tz::Europe::Moscow;
use uuid::Uuid;

use super::{
    super::{
        Action, Answer, Asked, BitrixSettings, ChannelFacts, ChannelRule, Company, ContactFacts,
        CrmField, CrmId, CrmUser, DealFact, Directory, EmployeeFacts, Enquiry, Entity, EntityRules,
        EntityState, Facts, FieldKind, FoundContact, Known, LeadMode, Line, LinkedContact,
        LinkedDeal, Links, NoteBody, Occasion, Pipeline, Plan, Question, Ref, Stage, StageKind,
        StageRef, Transcript, Written,
    },
    next_question, plan,
};
use crate::{
    attribution::Attribution,
    clock::Instant,
    conversation::{ConversationKind, Direction},
    ids::{ChannelId, ContactId, ConversationId, EmployeeId, MessageId},
    scenario::EnquiryOrder,
    text::{Language, Words},
};

pub(super) const CHANNEL: ChannelId = ChannelId(Uuid::from_u128(1));

/// The CRM's side.
#[derive(Default)]
pub(super) struct Portal {
    pub contacts: Vec<FoundContact>,
    pub companies: Vec<CrmId>,
    pub leads: Vec<DealFact>,
    pub deals: Vec<DealFact>,
    pub activity_done: bool,
    pub contact_gone: bool,
}

impl Portal {
    fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::FindContact { .. } => Answer::Contacts(self.contacts.clone()),
            Question::Contact { .. } => {
                let now = self.contacts.first().cloned();
                Answer::Contact(now.filter(|_| !self.contact_gone))
            }
            Question::DealsOf { .. } => Answer::Deals(self.deals.clone()),
            Question::LeadsOf { .. } => Answer::Leads(self.leads.clone()),
            Question::FindCompany { .. } => Answer::Companies(self.companies.clone()),
            Question::ActivityDone { .. } => Answer::ActivityDone(self.activity_done),
            Question::TaskDone { .. } | Question::Unsorted { .. } => {
                panic!("Bitrix24 has neither tasks of ours nor unsorted: {question:?}")
            }
        }
    }
}

/// A plan in short form.
#[derive(Debug)]
pub(super) struct Done {
    pub steps: Vec<String>,
    pub left_out: Vec<String>,
    pub asked: Vec<&'static str>,
    pub plan: Plan,
}

/// Asks until everything is known, then decides.
pub(super) fn decide(settings: &BitrixSettings, mut facts: Facts, portal: &Portal) -> Done {
    let mut asked = Vec::new();
    while let Some(question) = next_question(settings, &facts) {
        asked.push(match question {
            Question::FindContact { .. } => "contacts",
            Question::Contact { .. } => "contact",
            Question::DealsOf { .. } => "deals",
            Question::LeadsOf { .. } => "leads",
            Question::FindCompany { .. } => "companies",
            Question::ActivityDone { .. } => "activity",
            Question::TaskDone { .. } | Question::Unsorted { .. } => "?",
        });
        assert!(asked.len() < 10, "the decision never has enough: {asked:?}");
        facts.known.learn(portal.answer(&question));
    }
    let plan = plan(settings, &facts);
    for because in plan.steps.iter().map(|step| &step.because).chain(&plan.left_out) {
        assert!(!because.words.ru.is_empty() && !because.words.en.is_empty(), "{because:?}");
    }
    Done {
        steps: plan.steps.iter().map(|step| short(&step.action)).collect(),
        left_out: plan.left_out.iter().map(|because| because.code.clone()).collect(),
        asked,
        plan,
    }
}

fn short(action: &Action) -> String {
    let at = |at: &Option<StageRef>| at.as_ref().map_or("-", |at| at.stage.as_str()).to_owned();
    let by =
        |contact: &Option<Ref>| contact.as_ref().map_or(String::new(), |c| format!(" < {}", id(c)));
    match action {
        Action::CreateContact(_) => "contact".to_owned(),
        Action::CreateLead(draft) => format!("lead {}{}", at(&draft.at), by(&draft.contact)),
        Action::CreateDeal(draft) => format!("deal {}{}", at(&draft.at), by(&draft.contact)),
        Action::UseContact { contact, .. } => format!("use contact {contact}"),
        Action::UseDeal { deal } => format!("use deal {deal}"),
        Action::UseLead { lead } => format!("use lead {lead}"),
        Action::UpdateContact { contact, .. } => format!("update contact {}", id(contact)),
        Action::SetResponsible { of, id: at, user } => {
            format!("responsible {} {} = {user}", of.as_str(), id(at))
        }
        Action::CreateActivity { of, id: at, .. } => format!("activity {} {}", of.as_str(), id(at)),
        Action::AddNote { to, id: at, .. } => format!("comment {} {}", to.as_str(), id(at)),
        Action::EditNote { note, to, id: at, .. } => {
            format!("grow {note} {} {}", to.as_str(), id(at))
        }
        other => format!("{other:?}"),
    }
}

fn id(at: &Ref) -> String {
    match at {
        Ref::Id(id) => id.to_string(),
        Ref::Step(step) => format!("#{step}"),
    }
}

/// The words of a comment.
pub(super) fn text(action: &Action) -> &str {
    match action {
        Action::AddNote { body, .. } | Action::EditNote { body, .. } => match body {
            NoteBody::Text { text } | NoteBody::Transcript { text } => text,
        },
        other => panic!("{other:?} is no comment"),
    }
}

pub(super) fn at(minute: u32) -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 11, minute, 0).unwrap()
}

/// Chats of one channel make a deal, repeat ones nothing, words are not written.
pub(super) fn settings() -> BitrixSettings {
    let rules = EntityRules {
        channels: vec![ChannelRule::recommended(CHANNEL)],
        transcript: Transcript::Off,
        ..EntityRules::default()
    };
    BitrixSettings { chats: rules, ..BitrixSettings::default() }
}

/// The first message of a chat of a person with a phone, of whom the CRM was never asked.
pub(super) fn facts() -> Facts {
    Facts {
        now: at(5),
        company: Company {
            name: "Ромашка".into(), language: Language::Ru, time_zone: Moscow
        },
        enquiry: Enquiry {
            conversation: ConversationId(Uuid::from_u128(2)),
            number: 1204,
            kind: ConversationKind::Chat,
            order: EnquiryOrder::Repeat,
            channel: ChannelFacts {
                id: CHANNEL,
                kind: "telegram_bot".into(),
                kind_title: Words::new("Telegram-бот", "Telegram bot"),
                name: "Бот продаж".into(),
            },
            attribution: Attribution { site: Some("shop.example".into()), ..Default::default() },
            first_text: "Здравствуйте".into(),
            opened_at: at(0),
            closed_at: None,
            employee: None,
            tags: Vec::new(),
            link: "https://desk.example/1204".into(),
        },
        contact: ContactFacts {
            contact: ContactId(Uuid::from_u128(3)),
            name: "Анна".into(),
            phones: vec!["+79161234567".into()],
            emails: Vec::new(),
            username: String::new(),
            fields: Default::default(),
        },
        occasion: Occasion {
            opened: true,
            lines: vec![line(1, Direction::Inbound, "", "Здравствуйте")],
            ..Occasion::default()
        },
        links: Links::default(),
        known: Known::default(),
        directory: directory(),
        mirrored: true,
        chats_connected: false,
    }
}

pub(super) fn line(position: i64, direction: Direction, author: &str, text: &str) -> Line {
    Line {
        message: MessageId(Uuid::from_u128(100 + u128::try_from(position).unwrap())),
        position,
        direction,
        author: author.into(),
        text: text.into(),
        files: Vec::new(),
        at: at(u32::try_from(position).unwrap()),
    }
}

pub(super) fn oleg() -> EmployeeFacts {
    EmployeeFacts {
        id: EmployeeId(Uuid::from_u128(4)),
        name: "Олег".into(),
        email: "oleg@shop.example".into(),
    }
}

/// Users 1 and 2 (Олег) are active, 9 is not; the general funnel and funnel 5.
fn directory() -> Directory {
    let user = |id: &str, email: &str, active| CrmUser {
        id: id.into(),
        name: format!("Пользователь {id}"),
        email: email.into(),
        active,
        admin: false,
        chat_id: None,
    };
    let stage = |id: &str, sort, kind| Stage {
        id: id.into(),
        name: id.into(),
        sort,
        color: String::new(),
        kind,
    };
    let pipeline = |id: &str, sort, stages| Pipeline {
        id: id.into(),
        name: format!("Воронка {id}"),
        sort,
        main: id == "0",
        archived: false,
        stages,
    };
    let field = |id: &str, of, kind| CrmField {
        id: id.into(),
        of,
        name: format!("Поле {id}"),
        code: None,
        kind,
        choices: Vec::new(),
        read_only: false,
    };
    Directory {
        users: vec![
            user("1", "admin@shop.example", true),
            user("2", "Oleg@shop.example", true),
            user("9", "gone@shop.example", false),
        ],
        pipelines: vec![
            pipeline(
                "0",
                1,
                vec![
                    stage("NEW", 10, StageKind::Open),
                    stage("PREPARATION", 20, StageKind::Open),
                    stage("WON", 30, StageKind::Won),
                ],
            ),
            pipeline(
                "5",
                2,
                vec![stage("C5:NEW", 10, StageKind::Open), stage("C5:WON", 20, StageKind::Won)],
            ),
        ],
        lead_stages: vec![
            stage("NEW", 10, StageKind::Open),
            stage("IN_PROCESS", 20, StageKind::Open),
            stage("CONVERTED", 30, StageKind::Won),
        ],
        fields: vec![
            field("ufCrm_site", Entity::Deal, FieldKind::Text),
            field("ufCrm_budget", Entity::Deal, FieldKind::Numeric),
            field("ufCrm_lead", Entity::Lead, FieldKind::Text),
            field("ufCrm_file", Entity::Contact, FieldKind::Other),
        ],
        task_types: Vec::new(),
        lead_mode: LeadMode::Classic,
        fetched_at: None,
    }
}

pub(super) fn found(id: &str) -> FoundContact {
    FoundContact {
        id: id.into(),
        name: "Анна П.".into(),
        phones: vec!["8 916 123-45-67".into()],
        emails: Vec::new(),
        responsible: Some("1".into()),
        matched_by: "phone +79161234567".into(),
        created_at: None,
        deals: Vec::new(),
    }
}

pub(super) fn open(id: &str) -> DealFact {
    DealFact {
        id: id.into(),
        name: format!("Запись {id}"),
        at: StageRef { pipeline: "0".into(), stage: "NEW".into() },
        state: EntityState::Open,
        responsible: Some("1".into()),
        created_at: at(0),
        changed_at: at(0),
    }
}

pub(super) fn closed(id: &str) -> DealFact {
    DealFact { state: EntityState::Closed, ..open(id) }
}

pub(super) fn linked(id: &str) -> LinkedDeal {
    LinkedDeal {
        id: id.into(),
        at: None,
        state: EntityState::Open,
        responsible: Some("1".into()),
        responsible_by_hand: false,
        of_this: true,
        created_at: at(0),
    }
}

pub(super) fn linked_contact(id: &str) -> LinkedContact {
    LinkedContact {
        id: id.into(),
        responsible: Some("1".into()),
        responsible_by_hand: false,
        gone: false,
    }
}

pub(super) fn written(note: &str, to: Entity, of: &str, up_to: i64) -> Written {
    Written { note: note.into(), to, of: of.into(), text: "Чат №1204".into(), up_to }
}

/// Later messages of a conversation that was passed on already.
pub(super) fn later(lines: Vec<Line>) -> Facts {
    let mut facts = facts();
    facts.occasion = Occasion { lines, ..Occasion::default() };
    facts
}

#[test]
fn by_6_an_unanswered_question_makes_no_plan() {
    let (settings, facts) = (settings(), facts());
    assert!(next_question(&settings, &facts).is_some());
    let plan = plan(&settings, &facts);
    assert!(plan.steps.is_empty());
    assert_eq!(plan.left_out.first().unwrap().code, "not_asked");
}

#[test]
fn crm_2_an_occasion_without_anything_in_it_does_nothing() {
    let mut facts = facts();
    facts.occasion = Occasion::default();
    let done = decide(&settings(), facts, &Portal::default());
    assert!(done.steps.is_empty() && done.left_out.is_empty() && done.asked.is_empty());
}

#[test]
fn crm_2_an_answer_is_kept_and_not_asked_again() {
    let mut facts = facts();
    facts.known.contacts = Asked::Is(Vec::new());
    let done = decide(&settings(), facts, &Portal::default());
    assert_eq!(done.asked, ["leads", "companies"]);
}
