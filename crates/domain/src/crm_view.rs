//! The connected CRMs as admins see them: portals, integrations, and the log of decisions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    crm::{
        Because, CrmId, CrmKind, FactLine, Fault, Pipeline, PortalMode, PortalState, Settings,
        StageRef,
    },
    ids::{ChannelId, ConversationId, CrmRunId, IntegrationId, PortalId, QuarantineId},
    problem::Problem,
    text::Words,
};

/// A CRM that can be connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CrmKindView {
    pub kind: CrmKind,
    pub title: Words,
    /// Domains of its accounts.
    pub hosts: Vec<String>,
    /// By consent in the browser with the server's app; else by an app of the company's own, or by a
    /// token.
    pub can_oauth: bool,
    /// Whether conversations can be shown inside it (AMO-13).
    pub has_chats: bool,
    /// To be registered with the CRM's app, the server's or the company's own; absent: this server has
    /// no public address, and consent is not possible with an app of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The same for the hook of switching off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_off_url: Option<String>,
    /// Where chats inside it are answered (AMO-13), as its support registers it; absent: it has no chats,
    /// or this server has no public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chats_hook_url: Option<String>,
}

/// A connected CRM account, without secrets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PortalView {
    pub portal_id: PortalId,
    pub kind: CrmKind,
    pub mode: PortalMode,
    /// As its people call it.
    pub title: String,
    /// Where people open it.
    pub address: String,
    pub state: PortalState,
    /// What is wrong; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Words>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Words>,
    pub state_at: DateTime<Utc>,
    /// The user whose access it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The id of the company's own app by which it is connected; absent: by the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_app: Option<String>,
    /// When a long-lived token ends (LITE); absent: it is renewed by itself, or does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ends_at: Option<DateTime<Utc>>,
    /// Enquiries that wait to be passed on.
    pub waiting: i64,
    /// Decisions that failed and were not made anew.
    pub failed: i64,
    /// Webhooks of the CRM that were not understood and wait for a person; of more than a hundred the
    /// newest are kept.
    pub not_understood: i64,
    /// Whether lists can be filtered: a paid option of amoCRM.
    pub filters: bool,
    /// Whether «Неразобранное» is on in the account.
    pub unsorted_on: bool,
    /// The chats channel; absent: none is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chats: Option<PortalChatsView>,
    /// When users, funnels and fields were pulled; absent: not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_at: Option<DateTime<Utc>>,
    pub integrations: Vec<IntegrationName>,
}

/// A webhook of a portal that was not understood and waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CrmQuarantineView {
    pub quarantine_id: QuarantineId,
    pub reason: Words,
    pub created_at: DateTime<Utc>,
    /// Of what came, in bytes.
    pub size: i64,
    /// Of its beginning, which is kept.
    pub kept: i64,
}

/// AMO-13.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PortalChatsView {
    /// The CRM took it.
    pub connected: bool,
    pub channel_id: String,
    pub bot_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntegrationName {
    pub integration_id: IntegrationId,
    pub name: String,
    pub enabled: bool,
}

/// What is passed to a portal, and how.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct IntegrationView {
    pub integration_id: IntegrationId,
    pub portal_id: PortalId,
    pub name: String,
    pub enabled: bool,
    pub settings: Settings,
    /// To be sent back with a change: what somebody else saved meanwhile is not overwritten.
    pub revision: i64,
    /// What is not right and does not stop it: stages and fields that the CRM no longer has …
    pub warnings: Vec<Problem>,
    /// Whose enquiries it passes on.
    pub channels: Vec<ChannelId>,
    pub updated_at: DateTime<Utc>,
}

macro_rules! texts {
    ($of:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $of {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Decided, nothing done yet.
    Planned,
    Working,
    Done,
    /// There was nothing to do; the reasons stand in what was left out.
    Nothing,
    /// Refused by the CRM for good; may be made anew by hand.
    Failed,
    /// The CRM is not to be reached; goes on by itself.
    Waiting,
    /// The CRM had changed meanwhile; another decision took its place.
    Replanned,
}

texts!(RunState {
    Planned = "planned",
    Working = "working",
    Done = "done",
    Nothing = "nothing",
    Failed = "failed",
    Waiting = "waiting",
    Replanned = "replanned",
});

impl RunState {
    /// Whether the same decision is still to be carried out.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Planned | Self::Working | Self::Waiting)
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    /// The call may be under way.
    Sending,
    /// It is not known whether it was done; it is looked for before it is repeated.
    Uncertain,
    Done,
    /// Not needed any more.
    Skipped,
    Failed,
}

texts!(StepState {
    Waiting = "waiting",
    Sending = "sending",
    Uncertain = "uncertain",
    Done = "done",
    Skipped = "skipped",
    Failed = "failed",
});

/// One decision in the CRM log (CRM-6, BY-6).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RunView {
    pub run_id: CrmRunId,
    pub integration_id: IntegrationId,
    pub portal_id: PortalId,
    pub conversation_id: ConversationId,
    /// Of the conversation.
    pub number: i64,
    pub contact_name: String,
    /// What set it off.
    pub cause: Words,
    pub state: RunState,
    /// What came of it, in one line.
    pub words: Words,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Words>,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    pub steps: Vec<StepView>,
    /// What was decided against.
    pub left_out: Vec<Because>,
    /// Looked up before the decision. Empty in lists.
    pub calls: Vec<CallView>,
    /// What was known. Absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub facts: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StepView {
    /// From 0.
    pub step: i32,
    /// The action as it is kept.
    #[schema(value_type = Object)]
    pub action: Value,
    /// It in one line.
    pub words: Words,
    pub because: Because,
    /// The data that it writes: phones, tags, fields by their names.
    pub written: Vec<FactLine>,
    pub state: StepState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Words>,
    /// Empty in lists.
    pub calls: Vec<CallView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// What came of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct EffectView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CrmId>,
    /// Its card in the CRM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The CRM put it into an existing one.
    pub merged: bool,
    /// What the CRM did not take, in words.
    pub dropped: Vec<Words>,
}

/// One call to the CRM, without secrets; bodies are cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallView {
    pub method: String,
    /// Path and query.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub request: Option<Value>,
    /// Absent: no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answer: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub at: DateTime<Utc>,
    pub took_ms: u64,
}

/// What settings would do with an example (BY-6). Nothing was written.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TriedCrm {
    /// In one or two sentences.
    pub words: Words,
    pub would: Vec<TriedCrmStep>,
    /// What would be decided against, and why.
    pub left_out: Vec<Because>,
    /// What the CRM was asked.
    pub asked: Vec<CallView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TriedCrmStep {
    #[schema(value_type = Object)]
    pub action: Value,
    pub words: Words,
    pub because: Because,
    /// The data that it would write: phones, tags, fields by their names.
    pub written: Vec<FactLine>,
}

/// What the CRMs have of a conversation, for the card beside it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversationCrmView {
    /// Those that the conversation's channel is passed to, or was.
    pub portals: Vec<CrmCardView>,
    /// Why nothing was made, when nothing was (CRM-6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_nothing: Option<Words>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CrmCardView {
    pub portal_id: PortalId,
    pub integration_id: IntegrationId,
    pub kind: CrmKind,
    pub title: String,
    pub state: PortalState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<CrmLinkView>,
    /// Deals of the person, the conversation's own first, then the newest.
    pub deals: Vec<CrmDealView>,
    /// «Неразобранное» that waits to be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsorted: Option<CrmLinkView>,
    /// Our task that is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<CrmLinkView>,
    /// Funnels to which a deal can be moved, with their stages.
    pub pipelines: Vec<Pipeline>,
    /// Work for this conversation that waits for the CRM.
    pub waiting: bool,
    /// The deal that an employee chose for the conversation (BY-5), until it is its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choosing: Option<CrmId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CrmLinkView {
    pub id: CrmId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CrmDealView {
    pub id: CrmId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<StageRef>,
    pub responsible_name: String,
    /// Won or lost.
    pub closed: bool,
    /// The conversation belongs to it.
    pub current: bool,
    /// A move to another stage that an employee ordered here and that the CRM has not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moving: Option<CrmMoveView>,
}

/// A move of a deal that was ordered (CRM-5): it waits, or it was refused.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CrmMoveView {
    /// Its entry in the CRM log.
    pub run_id: CrmRunId,
    pub to: StageRef,
    /// It was tried, and the CRM did not answer: it goes by itself when the CRM does.
    pub waits: bool,
    /// Why the CRM refused it; absent: it is still to be carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Words>,
}

/// A fault of the settings that the product found itself (CRM-6).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CrmFaultView {
    pub integration_id: IntegrationId,
    pub integration: String,
    #[serde(flatten)]
    pub fault: Fault,
}

/// A parameter of enquiries for filters, templates and fields.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CrmParamView {
    /// `utm.source`
    pub param: String,
    pub title: Words,
    pub example: String,
}

/// Name templates filled (AMO-9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CrmNamesView {
    pub contact: String,
    pub deal: String,
    pub task: String,
}
