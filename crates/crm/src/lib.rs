//! The interface between a CRM's adapter and the rest of Beseda.
//!
//! An adapter translates: [`domain::crm::Question`] and [`domain::crm::Action`] into calls, webhooks
//! into [`domain::crm::Change`]. It decides nothing, knows no tenant rows, no SQL and no queue.
//! [`Crm`] is the place to start; what a CRM cannot do is a role that its adapter does not fill.
#![warn(missing_docs)]

mod call;
mod chats;
mod connect;
mod error;
mod files;
mod hook;
mod registry;

use async_trait::async_trait;
use domain::crm::{Action, Answer, CrmKind, Directory, Effect, Question};

pub use call::{Call, Caller, Gate, Portal};
pub use chats::{
    ChatBody, ChatChannel, ChatEvent, ChatFile, ChatHook, ChatMedia, ChatMessage, ChatMessageRef,
    ChatPerson, ChatPlace, ChatReceiver, ChatRecord, ChatStatus, ChatWriter, Chats, OpenedChat,
    Posted,
};
pub use connect::{
    AppKeys, Connect, ConnectHints, Grant, GrantError, PortalInfo, Returned, TokenSays, Whereabouts,
};
pub use error::CrmError;
pub use files::{FileSource, NoFiles, OpenedFile};
pub use hook::{Hook, HookError};
pub use registry::Registry;

/// One value per CRM, without state per portal: everything about a portal is in the [`Caller`] that
/// each call is given.
#[async_trait]
pub trait Crm: Send + Sync + 'static {
    /// Which CRM.
    fn kind(&self) -> CrmKind;

    /// Getting and keeping access.
    fn connect(&self) -> &dyn Connect;

    /// Users, funnels, fields: everything a person chooses from.
    async fn directory(&self, caller: &Caller<'_>) -> Result<Directory, CrmError>;

    /// Answers one question about what the CRM has. Never changes anything.
    async fn ask(&self, caller: &Caller<'_>, question: &Question) -> Result<Answer, CrmError>;

    /// Carries one action out, whose references are resolved ([`domain::crm::Ref::Id`]). What the CRM
    /// no longer has (a field, a user, a stage) is left out, said in the effect, and the rest is saved.
    async fn perform(&self, caller: &Caller<'_>, action: &Action) -> Result<Effect, CrmError>;

    /// Whether an action, of which it is not known whether it was carried out, was: the CRM has no
    /// idempotency, so it is looked for. `None`: it was not, and may be repeated. Called no sooner than
    /// [`Crm::settles_after`] after the try. `mine` are ids of this kind that other actions made.
    async fn find_done(
        &self,
        caller: &Caller<'_>,
        action: &Action,
        mine: &[domain::crm::CrmId],
    ) -> Result<Option<Effect>, CrmError>;

    /// How long a change may take to be found by the CRM's searches.
    fn settles_after(&self) -> std::time::Duration;

    /// The address of an entity's card, for people.
    fn card_url(
        &self,
        portal: &Portal,
        of: domain::crm::Entity,
        id: &domain::crm::CrmId,
    ) -> Option<url::Url>;

    /// The CRM tells us of changes.
    fn hook(&self) -> Option<&dyn Hook> {
        None
    }

    /// Chats inside the CRM (AMO-13).
    fn chats(&self) -> Option<&dyn Chats> {
        None
    }
}
