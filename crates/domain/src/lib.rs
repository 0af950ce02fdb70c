//! What Beseda decides, without doing anything: ids, entities, state machines and pure decisions.
//!
//! This crate knows no IO, no clock and no randomness: time and ids come as arguments.
//! Start reading at [`content`] (what a message is), [`conversation`] (its life) and [`routing`].

pub mod attribution;
pub mod auto_close;
pub mod blacklist;
pub mod board;
pub mod canned_reply;
pub mod channel;
pub mod channel_log;
pub mod clock;
pub mod contact_field;
pub mod contact_view;
pub mod content;
pub mod conversation;
pub mod crm;
pub mod crm_view;
pub mod delivery;
pub mod draft;
pub mod email_address;
pub mod event;
pub mod ids;
pub mod listing;
pub mod message_change;
pub mod number_check;
pub mod page;
pub mod passing;
pub mod people;
pub mod people_view;
pub mod phone;
pub mod preferences;
pub mod problem;
pub mod reaction;
pub mod refusal;
pub mod routing;
pub mod scenario;
pub mod search;
pub mod sight;
pub mod sms;
pub mod template;
pub mod text;
pub mod view;
pub mod visibility;
pub mod webhook;
pub mod working_hours;
