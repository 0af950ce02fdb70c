//! Chats that Avito cannot give out: the others go on without them, and people are told which (BY-8).
//! Kept with the process; a chat that was not told of yet holds the cursor back, so that nothing of it
//! is passed over when the process is another. Times are in seconds of the house's clock.

use std::collections::HashMap;

use bytes::Bytes;
use channel::Quarantined;
use domain::text::Words;

use crate::{
    call::{CallError, Refusal},
    inbound::address_of,
    wire::Chat,
};

/// So often, and for so long, a chat is tried before people are told of it.
const TRIES: u32 = 4;
const TRIED_FOR: i64 = 600;
/// From then on it is tried so far apart.
const AGAIN: i64 = 600;
/// Chats that people were told of and that are tried again.
const MOST: usize = 200;
/// So many that fail in one walk, and none that does not, are a fault of Avito's and of no chat.
const ALL_OF_THEM: usize = 3;

/// What an answer says of the one chat that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is not there.
    Gone,
    /// It cannot be read.
    Broken(String),
    /// It says nothing of this chat: Avito cannot be reached, is busy, or lets us in nowhere.
    NotOfTheChat,
}

/// The list of chats was read just now, so whoever may not read at all is told otherwise.
pub(crate) fn verdict(error: &CallError) -> Verdict {
    match error {
        CallError::Refused(Refusal { status: 401, .. }) => Verdict::NotOfTheChat,
        CallError::Refused(Refusal { status: 404, .. }) => Verdict::Gone,
        CallError::Refused(refusal) => {
            Verdict::Broken(format!("{} (HTTP {})", refusal.message, refusal.status))
        }
        CallError::Fault(what) => Verdict::Broken(what.clone()),
        CallError::NoAccess(_)
        | CallError::Busy(_)
        | CallError::NotSent(_)
        | CallError::Lost(_) => Verdict::NotOfTheChat,
    }
}

/// The chats that are set aside.
#[derive(Default)]
pub(crate) struct Aside {
    chats: HashMap<String, Broken>,
}

struct Broken {
    chat: Chat,
    why: String,
    /// What came after this second is missing.
    after: i64,
    tries: u32,
    first: i64,
    again: i64,
    told: bool,
}

/// How the chats of a walk did. Those that people were told of are not counted when they fail again.
#[derive(Default)]
pub(crate) struct Tally {
    read: usize,
    broken: Vec<String>,
}

impl Tally {
    pub(crate) fn read(&mut self) {
        self.read += 1;
    }

    pub(crate) fn broken(&mut self, chat: &str) {
        self.broken.push(chat.to_owned());
    }

    /// Whether it may be Avito that fails, and not these chats.
    pub(crate) fn may_be_avitos_fault(&self) -> bool {
        self.read == 0 && self.broken.len() >= ALL_OF_THEM
    }

    pub(crate) fn broken_chats(&self) -> &[String] {
        &self.broken
    }
}

impl Aside {
    /// Notes that a chat could not be read.
    pub(crate) fn put(&mut self, chat: &Chat, why: String, after: i64, now: i64) {
        let Some(id) = chat.id.clone() else { return };
        if self.chats.len() >= MOST && !self.chats.contains_key(&id) {
            self.chats.retain(|_, broken| !broken.told);
        }
        let broken = self.chats.entry(id).or_insert_with(|| Broken {
            chat: chat.clone(),
            why: String::new(),
            after,
            tries: 0,
            first: now,
            again: now,
            told: false,
        });
        broken.chat = chat.clone();
        broken.why = why;
        broken.tries += 1;
        if broken.told {
            broken.again = now + AGAIN;
        }
    }

    /// What to tell people of a chat, once.
    pub(crate) fn tell(&mut self, chat: &str, now: i64) -> Option<Quarantined> {
        let broken = self.chats.get_mut(chat)?;
        if broken.told || broken.tries < TRIES || now - broken.first < TRIED_FOR {
            return None;
        }
        broken.told = true;
        broken.again = now + AGAIN;
        Some(told(chat, &broken.why, broken.first))
    }

    /// The chat was read, or is gone.
    pub(crate) fn take_back(&mut self, chat: &str) {
        self.chats.remove(chat);
    }

    /// It was Avito that failed: the time after which people are told begins anew.
    pub(crate) fn acquit(&mut self, now: i64) {
        for broken in self.chats.values_mut().filter(|broken| !broken.told) {
            (broken.tries, broken.first) = (0, now);
        }
    }

    pub(crate) fn is_told(&self, chat: &str) -> bool {
        self.chats.get(chat).is_some_and(|broken| broken.told)
    }

    /// From which second on a chat is to be read, if it is set aside.
    pub(crate) fn after(&self, chat: &str) -> Option<i64> {
        self.chats.get(chat).map(|broken| broken.after)
    }

    pub(crate) fn rests(&self, chat: &str, now: i64) -> bool {
        self.chats.get(chat).is_some_and(|broken| now < broken.again)
    }

    /// Chats whose turn has come, as they were listed last: Avito may list them no more.
    pub(crate) fn due(&self, now: i64) -> Vec<Chat> {
        let due = self.chats.values().filter(|broken| now >= broken.again);
        due.map(|broken| broken.chat.clone()).collect()
    }

    /// The cursor does not pass this second.
    pub(crate) fn holds(&self) -> Option<i64> {
        self.chats.values().filter(|broken| !broken.told).map(|broken| broken.after).min()
    }
}

fn told(chat: &str, why: &str, since: i64) -> Quarantined {
    let url = address_of(chat);
    Quarantined {
        external_id: format!("chat:{chat}:{since}"),
        reason: Words::new(
            format!(
                "Авито не отдаёт один чат: {why}. Его сообщения могут не прийти в Беседу, остальные \
                 чаты работают. Откройте его в Авито: {url}"
            ),
            format!(
                "Avito does not give out one chat: {why}. Its messages may not come to Beseda; the \
                 other chats work. Open it in Avito: {url}"
            ),
        ),
        body: Bytes::copy_from_slice(chat.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(id: &str) -> Chat {
        Chat { id: Some(id.to_owned()), ..Chat::default() }
    }

    #[test]
    fn by_8_people_are_told_of_a_broken_chat_once_and_late() {
        let mut aside = Aside::default();
        let put = |aside: &mut Aside, now| {
            aside.put(&chat("a"), "HTTP 500".to_owned(), now - 50, now);
            aside.tell("a", now)
        };
        for n in 0..10 {
            assert_eq!(put(&mut aside, 100 + n), None, "not for so long");
        }
        assert_eq!(aside.holds(), Some(50), "the cursor waits for it");
        let told = put(&mut aside, 100 + TRIED_FOR).expect("told");
        assert!(told.reason.ru.contains("HTTP 500") && told.reason.en.contains("channel/a"));
        assert_eq!(aside.holds(), None, "and no longer");
        assert_eq!(aside.after("a"), Some(50), "what is missing is not forgotten");
        assert!(aside.rests("a", 101 + TRIED_FOR) && aside.due(101 + TRIED_FOR).is_empty());
        let later = 100 + TRIED_FOR + AGAIN;
        assert_eq!(aside.due(later).len(), 1);
        assert_eq!(put(&mut aside, later), None, "told already");
        aside.take_back("a");
        assert_eq!((aside.after("a"), aside.holds()), (None, None));
    }

    #[test]
    fn by_8_a_fault_of_all_chats_is_none_of_a_chat() {
        let mut tally = Tally::default();
        for (chat, is_avitos) in [("a", false), ("b", false), ("c", true), ("d", true)] {
            tally.broken(chat);
            assert_eq!(tally.may_be_avitos_fault(), is_avitos, "{chat}");
        }
        tally.read();
        assert!(!tally.may_be_avitos_fault(), "one can be read");
        let mut aside = Aside::default();
        for n in 0..10 {
            aside.put(&chat("a"), "HTTP 500".to_owned(), 50, 100 + n * TRIED_FOR);
            aside.acquit(101 + n * TRIED_FOR);
            assert_eq!(aside.tell("a", 101 + n * TRIED_FOR), None, "its time began anew");
        }
        assert_eq!(aside.holds(), Some(50), "the cursor waits for it");
    }

    #[test]
    fn by_8_a_broken_chat_that_left_the_list_is_tried_on_and_lets_the_cursor_go() {
        let mut aside = Aside::default();
        let mut now = 100;
        while !aside.is_told("a") {
            aside.put(&chat("a"), "HTTP 500".to_owned(), 50, now);
            aside.tell("a", now);
            let due = aside.due(now).len();
            assert_eq!(due, usize::from(!aside.is_told("a")), "tried on until people are told");
            now += 100;
        }
        assert_eq!(aside.holds(), None);
        aside.put(&chat("b"), "HTTP 500".to_owned(), 50, now);
        assert_eq!(aside.due(now).len(), 1);
        aside.take_back("b");
        assert_eq!((aside.due(now).len(), aside.holds()), (0, None), "it is gone");
    }

    #[test]
    fn by_8_only_some_answers_are_of_the_chat() {
        let refused =
            |status| verdict(&CallError::Refused(Refusal { status, message: "нет".to_owned() }));
        assert_eq!(refused(401), Verdict::NotOfTheChat);
        assert_eq!(refused(404), Verdict::Gone);
        for status in [400, 402, 403] {
            assert_eq!(refused(status), Verdict::Broken(format!("нет (HTTP {status})")));
        }
        let fault = CallError::Fault("HTTP 500".to_owned());
        assert_eq!(verdict(&fault), Verdict::Broken("HTTP 500".to_owned()));
        let lost = CallError::Lost("no answer in time".to_owned());
        assert_eq!(verdict(&lost), Verdict::NotOfTheChat);
    }
}
