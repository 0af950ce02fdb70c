//! The log of a channel (CH-13): what came, what went, what was refused, what state it was in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    channel::{ChannelState, StateReport},
    delivery::DeliveryStatus,
    ids::{ConversationId, MessageId, QuarantineId},
    text::Words,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelEventKind {
    MessageIn,
    MessageOut,
    /// An outbound message that failed or whose outcome is not known.
    Refused,
    /// Something came that could not be understood.
    Quarantined,
    State,
    /// People changed the channel.
    Setting,
}

/// One line of the log. The words of messages are not in it: whoever may read them opens the message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChannelLogLine {
    pub at: DateTime<Utc>,
    pub what: ChannelEventKind,
    pub text: Words,
    pub conversation_id: Option<ConversationId>,
    pub message_id: Option<MessageId>,
    pub quarantine_id: Option<QuarantineId>,
    /// Of an outbound message.
    pub status: Option<DeliveryStatus>,
    /// What the service sent is kept: ask for the message's raw or the quarantine's body.
    pub has_raw: bool,
}

/// A state as the log tells it.
pub fn state_words(report: &StateReport) -> Words {
    let (ru, en) = match report.state {
        ChannelState::Connecting => ("Канал подключается.", "The channel is being connected."),
        ChannelState::Connected => ("Канал подключён и работает.", "The channel works."),
        ChannelState::Interrupted => {
            ("Связь прервалась, восстанавливаем её.", "Interrupted; we are restoring it.")
        }
        ChannelState::BadCredentials => {
            ("Нужны новые токен или пароль.", "A new token or password is needed.")
        }
        ChannelState::LoggedOut => ("Сервис завершил вход.", "The service ended the log-in."),
        ChannelState::Failed => {
            ("Канал не работает, нужно участие человека.", "It does not work; a person is needed.")
        }
        ChannelState::Disabled => ("Канал выключен.", "The channel is switched off."),
    };
    let Some(reason) = &report.reason else { return Words::new(ru, en) };
    Words::new(format!("{ru} {}", reason.ru), format!("{en} {}", reason.en))
}
