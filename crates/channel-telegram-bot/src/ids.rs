//! External ids: made and read only here.

use std::{fmt, str::FromStr};

/// A private chat. It is the person's external id, because a bot sees a person only through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    /// The business connection through which our bot reads and writes in the chat of its owner.
    /// The same two people have another chat there, with its own numbering of messages.
    pub(crate) business: Option<String>,
}

impl Chat {
    /// The id of a message: `message_id` is unique only within its chat
    /// (<https://core.telegram.org/bots/api#message>).
    pub(crate) fn message(&self, message_id: i64) -> String {
        format!("{self}:{message_id}")
    }

    /// The `message_id` of a message of this chat.
    pub(crate) fn message_id(&self, external_id: &str) -> Option<i64> {
        let (chat, message) = external_id.rsplit_once(':')?;
        if chat != self.to_string() {
            return None;
        }
        message.parse().ok()
    }
}

impl fmt::Display for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.business {
            None => write!(f, "{}", self.id),
            Some(connection) => write!(f, "b:{connection}:{}", self.id),
        }
    }
}

/// The text is not a chat's external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadChat;

impl FromStr for Chat {
    type Err = BadChat;

    fn from_str(text: &str) -> Result<Self, BadChat> {
        let (business, id) = match text.strip_prefix("b:") {
            None => (None, text),
            Some(rest) => {
                let (connection, id) = rest.rsplit_once(':').ok_or(BadChat)?;
                (Some(connection.to_owned()), id)
            }
        };
        Ok(Self { id: id.parse().map_err(|_| BadChat)?, business })
    }
}

const CALLBACK: &str = "callback:";

/// The press of a button has no message of its own.
pub(crate) fn callback(id: &str) -> String {
    format!("{CALLBACK}{id}")
}

pub(crate) fn callback_of(name: &str) -> Option<&str> {
    name.strip_prefix(CALLBACK)
}

/// An update without a message.
pub(crate) fn update(update_id: i64) -> String {
    format!("update:{update_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_ids_round_trip() {
        for (text, chat) in [
            ("1000001", Chat { id: 1_000_001, business: None }),
            ("-5", Chat { id: -5, business: None }),
            ("b:conn_9:77", Chat { id: 77, business: Some("conn_9".to_owned()) }),
        ] {
            assert_eq!(chat.to_string(), text);
            assert_eq!(text.parse(), Ok(chat.clone()));
            assert_eq!(chat.message_id(&chat.message(42)), Some(42));
        }
        assert_eq!("ivan".parse::<Chat>(), Err(BadChat));
        assert_eq!("b:77".parse::<Chat>(), Err(BadChat));
    }

    #[test]
    fn a_message_of_another_chat_is_not_ours_to_reply_to() {
        let chat = Chat { id: 1, business: None };
        assert_eq!(chat.message_id("2:42"), None);
        assert_eq!(chat.message_id("callback:42"), None);
    }
}
