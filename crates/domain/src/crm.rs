//! What to do in a company's CRM (CRM-1 to CRM-7, AMO, B24): one decision for both CRMs.
//!
//! Settings and facts go in, an ordered [`Plan`] comes out; each step carries the rule and the facts
//! that led to it, and each thing that was *not* done says why (CRM-6, BY-6). Nothing is fetched here:
//! [`next_question`] says which fact of the CRM is still needed, one at a time and only if the answer
//! can change the plan, so that a plan costs the fewest calls. The caller asks the CRM, puts the answer
//! into [`Facts`], and asks again, until there is no question; then it calls [`plan`].
//!
//! The same two functions serve the worker, the dry run and the replay.

mod action;
pub mod amo;
mod answered;
pub mod bitrix;
mod change;
mod chat_route;
mod check;
mod directory;
mod entry;
mod facts;
mod fault;
mod fields;
pub mod filter;
pub mod funnel;
mod id;
pub mod mapping;
pub mod names;
mod param;
pub mod people;
mod plan;
mod portal;
mod question;
mod settings;
pub mod sizes;
mod tags;
pub mod transcript;
mod written;

pub use action::{Action, ContactDraft, DealDraft, Effect, FieldValue, NoteBody, UnsortedDraft};
pub use change::{Change, Happening};
pub use chat_route::{ChatWay, WrittenIn, chat_way, signed, unsigned};
pub use directory::{
    CrmField, CrmUser, Directory, FieldChoice, FieldKind, LeadMode, Pipeline, Stage, StageKind,
    StageRef, TaskType,
};
pub use facts::{
    Asked, ChannelFacts, Company, ContactFacts, DealFact, EmployeeFacts, Enquiry, EntityState,
    Facts, FoundContact, Known, Line, LineFile, LinkedContact, LinkedDeal, LinkedTask,
    LinkedUnsorted, Links, Occasion, UnsortedState, Written,
};
pub use fault::{ChannelName, Fault};
pub use fields::{Converted, convert};
pub use filter::{Filter, Gate, Judgement, Operator, Verdict};
pub use id::{CrmId, CrmKind, Entity, Ref};
pub use names::{preview, render};
pub use param::{Param, UnknownParam};
pub use people::{crm_user_of, responsible};
pub use plan::{Because, FactLine, Plan, Rule, Step, outcome_words};
pub use portal::{PortalMode, PortalState, PortalTrouble};
pub use question::{Answer, Question};
pub use settings::{
    AmoMethod, AmoSettings, BitrixSettings, ChannelRule, ChatSettings, ChatUser, CommentPriority,
    DealChoice, EntityRules, FieldPair, Fields, FixedTag, Funnel, FunnelRule, FunnelTarget, Names,
    PersonLink, RepeatEntity, ResponsibleRule, Responsibles, Settings, TagRule, TaskOwner,
    TaskRule, Transcript,
};
pub use tags::{FIXED_TAGS, fixed_tag, tags};

use crate::problem::Problems;

/// The fact that must be asked of the CRM before [`plan`] can be called; `None`: all is known.
pub fn next_question(settings: &Settings, facts: &Facts) -> Option<Question> {
    match settings {
        Settings::Amo(settings) => amo::next_question(settings, facts),
        Settings::Bitrix(settings) => bitrix::next_question(settings, facts),
    }
}

/// What to do, in order, and why.
pub fn plan(settings: &Settings, facts: &Facts) -> Plan {
    match settings {
        Settings::Amo(settings) => amo::plan(settings, facts),
        Settings::Bitrix(settings) => bitrix::plan(settings, facts),
    }
}

/// What is wrong with settings, against what the CRM has now: contradictions, stages and fields that
/// are gone, parameters that do not exist. Warnings, which do not stop saving, come second.
pub fn check(settings: &Settings, directory: &Directory) -> (Problems, Problems) {
    match settings {
        Settings::Amo(settings) => amo::check(settings, directory),
        Settings::Bitrix(settings) => bitrix::check(settings, directory),
    }
}
