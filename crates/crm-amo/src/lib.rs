//! amoCRM (Kommo): its account API v4, OAuth, webhooks and chats service, behind [`crm::Crm`].
//!
//! Its own documentation is <https://www.amocrm.ru/developers/content/crm_platform/api-reference>.
//! What shapes this code:
//! - 7 calls a second for an integration and 50 for an account; who breaks that often is blocked (403)
//!   until support lifts it. The limit is kept by [`crm::Gate`], before each call.
//! - No idempotency: what may have been done is looked for before it is repeated ([`Amo`], `done.rs`).
//! - A write is refused whole because of one dead field, user or stage: the dead part is taken out, the
//!   rest is saved, and the effect says what was left out (`repair.rs`).
//! - Searches are fuzzy and lag behind: hits are compared with the contact's own fields (`find.rs`).
//! - Lists ignore `filter` in silence where the account has not paid for it.
//!
//! Not supported: customers, catalogs, calls and mail, Salesbot, digital pipeline, widgets.
//! Start reading at [`Amo`].
#![warn(missing_docs)]

mod about;
mod amo;
mod api;
mod chats;
mod directory;
mod done;
mod find;
mod form;
mod hook;
mod http;
mod list;
mod oauth;
mod options;
mod refusal;
mod repair;
mod same;
mod whereabouts;
mod wire;
mod write;

pub use amo::Amo;
pub use chats::AmoChats;
pub use options::Options;
