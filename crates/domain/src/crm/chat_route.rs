//! Through which of our channels a message goes that a user of the CRM wrote (WA-3, WA-7).
//!
//! Readings of what the product's rules leave open:
//!
//! - A person with a line of their own writes through their channels alone: through the chat's own one
//!   when it is theirs, else through their first one, to the client's number.
//! - Whoever has no line (a robot too) answers in a chat through that chat's channel, because the
//!   client wrote there, and through no other one: a channel that is passed on no more is told, not
//!   replaced by one that may cost. They begin a chat through the one that they chose, else the default.
//! - A line without channels means: may not send.

use super::{ChatSettings, ChatUser, CrmId};
use crate::{ids::ChannelId, text::Words};

/// The way of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatWay {
    pub channel: ChannelId,
    /// Added to what the customer reads; the CRM does not show it. May be empty.
    pub signature: String,
}

/// In which chat it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenIn {
    /// One that is there, through this channel.
    Chat(ChannelId),
    /// One that begins with it, through the channel that was chosen.
    New(Option<ChannelId>),
}

impl WrittenIn {
    /// Of the chat, or chosen for it.
    pub fn channel(self) -> Option<ChannelId> {
        match self {
            Self::Chat(channel) => Some(channel),
            Self::New(chosen) => chosen,
        }
    }
}

/// Finds the way. `passed`: the channels of the integration, the only ones that can be used. `user`:
/// who wrote it, `None` for robots and people whom the CRM's list does not have.
pub fn chat_way(
    settings: &ChatSettings,
    passed: &[ChannelId],
    user: Option<&CrmId>,
    written: WrittenIn,
) -> Result<ChatWay, Words> {
    let is_passed = |channel: &ChannelId| passed.contains(channel);
    let line = user.and_then(|user| settings.users.iter().find(|line| line.user == *user));
    let asked = written.channel().filter(is_passed);
    let channel = match (line, written) {
        (Some(line), _) => own(line, passed, asked).ok_or_else(no_channel)?,
        // A robot has no line to be missed.
        (None, _) if settings.listed_only && user.is_some() => return Err(no_channel()),
        (None, WrittenIn::Chat(_)) => asked.ok_or_else(not_passed)?,
        (None, WrittenIn::New(_)) => {
            asked.or(settings.default_channel.filter(is_passed)).ok_or_else(no_channel)?
        }
    };
    let signature = line.map(|line| line.signature.trim().to_owned()).unwrap_or_default();
    Ok(ChatWay { channel, signature })
}

fn own(line: &ChatUser, passed: &[ChannelId], asked: Option<ChannelId>) -> Option<ChannelId> {
    let mut theirs = line.channels.iter().copied().filter(|channel| passed.contains(channel));
    match asked.filter(|channel| line.channels.contains(channel)) {
        Some(asked) => Some(asked),
        None => theirs.next(),
    }
}

fn no_channel() -> Words {
    Words::new(
        "Канал не назначен: этому сотруднику не выбран канал в настройках чатов интеграции.",
        "No channel: none is set for this person in the chat settings of the integration.",
    )
}

fn not_passed() -> Words {
    Words::new(
        "Канал этого чата больше не передаётся в CRM, поэтому ответить в нём отсюда нельзя. Отметьте \
         канал в настройках интеграции или ответьте в рабочем месте.",
        "This chat's channel is no longer passed to the CRM, so it cannot be answered from here. Tick \
         the channel in the integration's settings, or answer in the workstation.",
    )
}

/// What the customer reads: the text with the signature below it.
pub fn signed(text: &str, signature: &str) -> String {
    match (text.trim().is_empty(), signature.is_empty()) {
        (_, true) => text.to_owned(),
        (true, false) => signature.to_owned(),
        (false, false) => format!("{text}\n\n{signature}"),
    }
}

/// The words without the signature that [`signed`] put below them.
pub fn unsigned<'t>(text: &'t str, signature: &str) -> &'t str {
    match text.strip_suffix(signature) {
        Some(before) if !signature.is_empty() => before.strip_suffix("\n\n").unwrap_or(before),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn channel(n: u128) -> ChannelId {
        ChannelId(Uuid::from_u128(n))
    }

    fn settings(
        default: Option<u128>,
        users: &[(&str, &[u128])],
        listed_only: bool,
    ) -> ChatSettings {
        ChatSettings {
            default_channel: default.map(channel),
            users: users
                .iter()
                .map(|(user, channels)| ChatUser {
                    user: CrmId::from(*user),
                    channels: channels.iter().map(|n| channel(*n)).collect(),
                    signature: format!("— {user} "),
                    sections: Vec::new(),
                })
                .collect(),
            listed_only,
            ..ChatSettings::default()
        }
    }

    /// The integration passes channels 1, 2 and 3.
    fn way(settings: &ChatSettings, user: Option<&str>, written: WrittenIn) -> Option<u128> {
        let passed = [1, 2, 3].map(channel);
        let user = user.map(CrmId::from);
        let way = chat_way(settings, &passed, user.as_ref(), written);
        way.ok().map(|way| way.channel.0.as_u128())
    }

    /// In a chat of this channel.
    fn there(n: u128) -> WrittenIn {
        WrittenIn::Chat(channel(n))
    }

    fn new(chosen: Option<u128>) -> WrittenIn {
        WrittenIn::New(chosen.map(channel))
    }

    #[test]
    fn wa_3_the_default_channel_is_for_whoever_has_none_of_their_own() {
        let with = settings(Some(2), &[("7", &[3])], false);
        let without = settings(None, &[], false);
        for (settings, user, written, expect) in [
            (&with, None, new(None), Some(2)),
            (&with, Some("9"), new(None), Some(2)),
            (&with, Some("9"), new(Some(1)), Some(1)),
            (&with, Some("9"), there(1), Some(1)),
            (&with, None, there(1), Some(1)),
            (&with, Some("7"), new(None), Some(3)),
            // Chosen, but not passed on by this integration.
            (&with, None, new(Some(8)), Some(2)),
            (&without, None, new(None), None),
            (&without, Some("9"), new(None), None),
            (&without, Some("9"), there(1), Some(1)),
            (&settings(Some(8), &[], false), None, new(None), None),
        ] {
            assert_eq!(way(settings, user, written), expect, "{user:?} {written:?}");
        }
    }

    #[test]
    fn wa_3_a_chat_whose_channel_is_passed_on_no_more_is_answered_through_no_other_one() {
        let with = settings(Some(2), &[("7", &[3])], false);
        assert_eq!(way(&with, None, there(8)), None, "not by the default one, which may cost");
        assert_eq!(way(&with, Some("9"), there(8)), None);
        assert_eq!(way(&with, Some("7"), there(8)), Some(3), "a line of one's own says how");
        let passed = [1, 2, 3].map(channel);
        let words = chat_way(&with, &passed, None, there(8)).expect_err("not passed on");
        assert!(words.ru.starts_with("Канал этого чата больше не передаётся"), "{}", words.ru);
    }

    #[test]
    fn wa_7_a_user_writes_through_their_channels_or_not_at_all() {
        let users: &[(&str, &[u128])] =
            &[("one", &[2]), ("two", &[3, 1]), ("none", &[]), ("off", &[8])];
        let open = settings(Some(1), users, false);
        let strict = settings(Some(1), users, true);
        for (user, written, expect) in [
            ("one", new(None), Some(2)),
            ("one", there(2), Some(2)),
            ("one", there(1), Some(2)),
            ("two", new(None), Some(3)),
            ("two", there(1), Some(1)),
            ("two", there(2), Some(3)),
            ("none", new(None), None),
            ("none", there(1), None),
            ("off", there(1), None),
        ] {
            for settings in [&open, &strict] {
                assert_eq!(way(settings, Some(user), written), expect, "{user} {written:?}");
            }
        }
        assert_eq!(way(&strict, Some("stranger"), there(1)), None, "listed only");
        assert_eq!(way(&strict, None, there(1)), Some(1), "a robot is nobody who could be listed");
    }

    #[test]
    fn wa_7_the_signature_is_below_what_the_customer_reads() {
        let settings = settings(None, &[("one", &[2])], false);
        let passed = [channel(2)];
        let way = chat_way(&settings, &passed, Some(&CrmId::from("one")), new(None));
        let signature = way.map(|way| way.signature).unwrap_or_default();
        assert_eq!(signature, "— one");
        assert_eq!(signed("Добрый день", &signature), "Добрый день\n\n— one");
        assert_eq!(signed("", &signature), "— one");
        assert_eq!(signed("Добрый день", ""), "Добрый день");
        for text in ["Добрый день", "", "Добрый\n\nдень"] {
            assert_eq!(unsigned(&signed(text, &signature), &signature), text);
        }
        assert_eq!(unsigned("Добрый день", ""), "Добрый день");
    }
}
