//! Our words into their JSON, and their answer into an outcome. Pure.

use std::time::Duration;

use channel::{Outbound, RetryScope, SendError, Sent};
use domain::{
    channel::{ChannelState, StateReport},
    content::Content,
    delivery::DeliveryStatus,
    text::Words,
};

use crate::wire::{Accepted, NewMessage};

/// After an answer that means "not now" and names no time.
const PAUSE: Duration = Duration::from_secs(5);

pub(crate) fn request(message: &Outbound) -> Result<NewMessage<'_>, SendError> {
    match &message.content {
        Content::Text { text, .. } => {
            Ok(NewMessage { to: &message.recipient, text, key: message.id.to_string() })
        }
        Content::Files { .. }
        | Content::Letter { .. }
        | Content::Location { .. }
        | Content::Contact { .. }
        | Content::Form { .. }
        | Content::Unsupported { .. } => Err(SendError::Rejected {
            code: "unsupported",
            text: "the service takes text only".to_owned(),
        }),
    }
}

pub(crate) fn outcome(
    status: u16,
    retry_after: Option<Duration>,
    body: &[u8],
) -> Result<Sent, SendError> {
    match status {
        200..=299 => {
            let accepted: Accepted = serde_json::from_slice(body).map_err(|error| {
                // It said yes, and we do not know to what.
                SendError::Unknown(format!("an answer that cannot be read: {error}"))
            })?;
            Ok(Sent {
                external_id: accepted.message_id,
                aliases: Vec::new(),
                status: DeliveryStatus::Sent,
            })
        }
        401 => Err(SendError::Disconnected(needs_a_new_token())),
        429 => Err(SendError::Retry {
            after: retry_after.unwrap_or(PAUSE),
            scope: RetryScope::Channel,
            why: "429".to_owned(),
        }),
        400..=499 => Err(SendError::Rejected {
            code: "refused",
            text: String::from_utf8_lossy(body).chars().take(500).collect(),
        }),
        // A gateway may answer so after the service took the message.
        _ => Err(SendError::Unknown(format!("HTTP {status}"))),
    }
}

pub(crate) fn needs_a_new_token() -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        Words::new("Сервис больше не принимает токен.", "The service no longer takes the token."),
        Words::new("Вставьте новый токен.", "Put in a new token."),
    )
}
