//! Channel kinds, states and powers, as data that every part of the product can read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{content::FileKind, text::Words};

/// The type of a service (`telegram_bot`, `email`, `widget` …). Open on purpose:
/// a new driver brings its own name, and no central list changes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ChannelKind(pub String);

impl ChannelKind {
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a channel stands (CH-13). A channel that is not `Connected` loses nothing:
/// its outbound messages wait, and what the service still keeps is fetched later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    /// Saved, and being connected.
    Connecting,
    Connected,
    /// A passing fault: tried again without a person.
    Interrupted,
    /// Needs a new token or password.
    BadCredentials,
    LoggedOut,
    /// Something a person must mend (a webhook taken by another product, a missing right).
    Failed,
    /// Switched off by a person.
    Disabled,
}

impl ChannelState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Interrupted => "interrupted",
            Self::BadCredentials => "bad_credentials",
            Self::LoggedOut => "logged_out",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "connecting" => Self::Connecting,
            "connected" => Self::Connected,
            "interrupted" => Self::Interrupted,
            "bad_credentials" => Self::BadCredentials,
            "logged_out" => Self::LoggedOut,
            "failed" => Self::Failed,
            "disabled" => Self::Disabled,
            _ => return None,
        })
    }

    /// Whether messages may be sent now; otherwise they wait in order.
    pub fn sends(self) -> bool {
        match self {
            Self::Connected | Self::Interrupted | Self::Connecting => true,
            Self::BadCredentials | Self::LoggedOut | Self::Failed | Self::Disabled => false,
        }
    }
}

/// A state with its plain reason and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StateReport {
    pub state: ChannelState,
    /// Why, in plain words. `None` when all is well.
    pub reason: Option<Words>,
    /// What a person should do. `None` when nothing.
    pub remedy: Option<Words>,
}

impl StateReport {
    pub fn connected() -> Self {
        Self { state: ChannelState::Connected, reason: None, remedy: None }
    }

    pub fn new(state: ChannelState, reason: Words, remedy: Words) -> Self {
        Self { state, reason: Some(reason), remedy: Some(remedy) }
    }
}

/// What a channel kind can do. Checked before a message is accepted for sending (CV-6, CV-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Capabilities {
    /// Longest text of one message, in the unit of `text_unit`; 0 = no text.
    pub max_text: usize,
    pub text_unit: TextUnit,
    /// Longest caption under files; 0 = captions go as a text of their own.
    pub max_caption: usize,
    /// File kinds with their largest size in bytes.
    pub files: Vec<FileLimit>,
    /// Most files in one message.
    pub max_files: usize,
    /// Messages carry a subject (e-mail).
    pub subject: bool,
    pub replies: bool,
    /// The service tells when a message reached the person.
    pub delivery_receipts: bool,
    pub read_receipts: bool,
    /// A repeated send with our id is recognised by the service, so an uncertain one may be repeated.
    pub idempotent_send: bool,
    pub write_first: bool,
    /// May be offered in the site widget (CH-2).
    pub in_widget: bool,
    /// Seconds after sending in which our message can be changed; `None`: never.
    pub edit_within: Option<u32>,
    /// Seconds after sending in which our message can be taken back; `None`: never.
    pub remove_within: Option<u32>,
    /// Emoji that we can put on messages; empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextUnit {
    Characters,
    Utf16,
    Bytes,
    /// Parts of an SMS: [`crate::sms::parts`].
    SmsParts,
}

impl TextUnit {
    pub fn length(self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::Bytes => text.len(),
            Self::SmsParts => crate::sms::parts(text),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FileLimit {
    pub kind: FileKind,
    pub max_bytes: u64,
}
