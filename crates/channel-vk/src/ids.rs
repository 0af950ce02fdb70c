//! Names of people and messages within a channel.
//!
//! A community and a person number the messages of their dialogue from 1
//! (`conversation_message_id`), so the pair with the person is unique; VK's message id of all
//! dialogues is 0 in some events and is not used.

use std::{fmt, str::FromStr};

use domain::ids::MessageId;

const PRESS: &str = "press:";
/// Ids from here on are chats of many people.
const CHATS: i64 = 2_000_000_000;

/// A dialogue with one person, or with another community (below zero).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) i64);

impl Peer {
    /// The peer, if it is one that we talk to.
    pub(crate) fn of(id: i64) -> Option<Self> {
        (id != 0 && -CHATS < id && id < CHATS).then_some(Self(id))
    }

    pub(crate) fn message(self, number: i64) -> MessageName {
        MessageName { peer: self, number }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Peer {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().ok().and_then(Self::of).ok_or(())
    }
}

/// `peer:conversation_message_id`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageName {
    pub(crate) peer: Peer,
    pub(crate) number: i64,
}

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.peer, self.number)
    }
}

impl FromStr for MessageName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (peer, number) = text.split_once(':').ok_or(())?;
        let number = number.parse().map_err(|_| ())?;
        Ok(Self { peer: peer.parse()?, number })
    }
}

/// VK takes a second message with the same number to the same person for the first one. It is an
/// int32 (a larger one is refused), and 0 means that there is none. Half of our id is chance, so the
/// fold is chance too.
pub(crate) fn random_id(message: MessageId) -> i32 {
    let folded = message.0.as_bytes().chunks_exact(4).fold(0_u32, |sum, four| {
        sum ^ four.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte))
    });
    i32::try_from(folded & 0x7fff_ffff).unwrap_or(1).max(1)
}

/// When our row was made, in seconds: UUID version 7 begins with the milliseconds.
pub(crate) fn made_at(message: MessageId) -> i64 {
    i64::try_from(message.0.as_u128() >> 80).unwrap_or(0) / 1000
}

/// By which our own message is known when VK tells of it before it has answered. The number is one of
/// a dialogue: a program that writes to many people at once gives all of these messages the same.
pub(crate) fn echo(peer: Peer, random_id: i64) -> String {
    format!("random:{peer}:{random_id}")
}

/// A press of a button is a message of the customer without a number.
pub(crate) fn press(event: &str) -> String {
    format!("{PRESS}{event}")
}

pub(crate) fn is_press(name: &str) -> bool {
    name.starts_with(PRESS)
}

/// A place that came together with words is a message of its own.
pub(crate) fn place(message: MessageName) -> String {
    format!("{message}:place")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ch_7_chats_of_many_people_are_no_conversations() {
        assert_eq!(Peer::of(2_000_000_001), None);
        assert_eq!(Peer::of(0), None);
        assert_eq!(Peer::of(i64::MIN), None);
        assert_eq!(Peer::of(-12), Some(Peer(-12)));
    }

    proptest! {
        #[test]
        fn ch_7_names_of_messages_are_read_back(peer in -1_999_999_999_i64..2_000_000_000, number in 0_i64..) {
            prop_assume!(peer != 0);
            let name = Peer(peer).message(number);
            prop_assert_eq!(name.to_string().parse(), Ok(name));
        }

        #[test]
        fn cv_7_a_random_id_is_an_int32_above_zero(id in any::<u128>()) {
            let id = MessageId(uuid::Uuid::from_u128(id));
            prop_assert!(random_id(id) > 0);
            prop_assert_eq!(random_id(id), random_id(id));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = text.parse::<MessageName>();
            let _ = text.parse::<Peer>();
        }
    }
}
