//! One walk over the chats that changed. Calls are bounded, and end early where Avito says that few
//! are left in this minute.

use std::time::Duration;

use channel::Inbound;
use chrono::DateTime;
use serde_json::value::RawValue;

use crate::{
    account::Account,
    aside::{Aside, Tally, Verdict, verdict},
    call::{Ask, CallError},
    inbound::{self, About},
    listener::{Done, Fault, Keeper},
    wire::{Chat, Chats, Message},
};

/// In seconds of Avito's clock: chats of the same second as the cursor, and a little more, are looked
/// at again.
const OVERLAP: i64 = 60;
/// Avito's clock and ours differ by so many seconds at most.
const SKEW: i64 = 300;
/// Calls for single chats in one walk.
const MOST_CHATS: usize = 40;
/// Of them, only to see whether the buyer has read.
const MOST_READINGS: usize = 10;
/// Calls to see whether Avito gives out any chat at all.
const MOST_PROBES: usize = 3;
/// Answers that nobody has read for so long are not asked about any more.
const READING_FOR: i64 = 2 * 86_400;
const PAGE: usize = 100;
const MOST_OFFSET: usize = 1_000;
/// Pages of one chat's messages: 300 messages between two walks.
const MOST_PAGES: usize = 3;
/// So few calls left in a minute are for people who answer.
const RESERVE: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);
const REMEMBERED: usize = 5_000;

/// How often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Between two walks.
    pub(crate) between: Duration,
    /// Between two looks at who has read.
    pub(crate) reading: Duration,
}

pub(crate) struct Round<'a> {
    account: &'a Account<'a>,
    pace: Pace,
    done: Done,
    aside: Aside,
    /// The last answer of each chat that is known to be read.
    read: Done,
    readings: Option<tokio::time::Instant>,
    /// Avito said that few calls for single chats are left.
    scarce: bool,
    /// Of some calls few are left: the next walk waits for the next minute.
    rests: bool,
    /// The list of chats was not read to its end: the cursor stays, or the rest would be passed over.
    cut_short: bool,
}

impl<'a> Round<'a> {
    pub(crate) fn new(account: &'a Account<'a>, pace: Pace) -> Self {
        let (done, read) = (Done::new(), Done::new());
        Self {
            account,
            pace,
            done,
            aside: Aside::default(),
            read,
            readings: None,
            scarce: false,
            rests: false,
            cut_short: false,
        }
    }

    /// Stores what is new in all chats; answers with how long to wait then.
    pub(crate) async fn walk(&mut self, keeper: &mut Keeper<'_>) -> Result<Duration, Fault> {
        (self.scarce, self.rests, self.cut_short) = (false, false, false);
        let since = keeper.since();
        let chats = self.changed(since - OVERLAP).await?;
        let now = keeper.now().timestamp();
        let rests = |chat: &Chat| chat.id.as_ref().is_some_and(|id| self.aside.rests(id, now));
        let fresh: Vec<&Chat> = chats
            .iter()
            .filter(|chat| is_news(chat, since, &self.done) && !rests(chat))
            .take(MOST_CHATS)
            .collect();
        let due = self.aside.due(now);
        let listed = |chat: &&Chat| !fresh.iter().any(|fresh| fresh.id == chat.id);
        let again: Vec<&Chat> = due.iter().filter(listed).take(MOST_READINGS).collect();
        let mut tally = Tally::default();
        for chat in fresh.iter().chain(&again) {
            if self.scarce {
                return Ok(MINUTE);
            }
            self.try_chat(keeper, chat, since - OVERLAP, &mut tally).await?;
        }
        if tally.may_be_avitos_fault() && !self.gives_any(&chats).await? {
            self.aside.acquit(keeper.now().timestamp());
            return Err(Fault::Chats);
        }
        for chat in tally.broken_chats() {
            if let Some(told) = self.aside.tell(chat, keeper.now().timestamp()) {
                keeper.show(told).await?;
            }
        }
        let due = self.readings.is_none_or(|last| last.elapsed() >= self.pace.reading);
        if due && fresh.len() < MOST_CHATS {
            self.readings = Some(tokio::time::Instant::now());
            self.look_who_read(keeper, &chats, &fresh).await?;
        }
        Ok(if self.rests { MINUTE } else { self.pace.between })
    }

    /// Chats that changed after a second, the longest unchanged first. How Avito sorts its list is not
    /// documented (it is by change, newest first), so unread chats are asked for on their own too.
    async fn changed(&mut self, after: i64) -> Result<Vec<Chat>, CallError> {
        let mut chats: Vec<Chat> = Vec::new();
        for unread in [false, true] {
            for offset in (0..=MOST_OFFSET).step_by(PAGE) {
                let page = self.page(unread, offset).await?;
                let full = page.len() >= PAGE;
                let more = full && page.iter().all(|c| c.updated.is_none_or(|at| at >= after));
                chats.extend(page);
                if !more || self.rests {
                    self.cut_short |= more;
                    break;
                }
            }
        }
        chats.retain(|chat| chat.id.is_some());
        chats.sort_by(|a, b| (a.updated, &a.id).cmp(&(b.updated, &b.id)));
        chats.dedup_by(|a, b| a.id == b.id);
        Ok(chats)
    }

    async fn page(&mut self, unread: bool, offset: usize) -> Result<Vec<Chat>, CallError> {
        let user = self.account.user()?;
        let mut ask = Ask::get(["messenger", "v2", "accounts", user, "chats"])
            .with("chat_types", "u2i,u2u,a2u")
            .with("limit", PAGE.to_string());
        if unread {
            ask = ask.with("unread_only", "true");
        }
        if offset > 0 {
            ask = ask.with("offset", offset.to_string());
        }
        let answer = self.account.call(&ask).await?;
        self.rests |= is_scarce(answer.left);
        Ok(answer.read::<Chats>()?.chats)
    }

    /// Stores what is new in a chat. One that cannot be read must not keep the others from coming in.
    async fn try_chat(
        &mut self,
        keeper: &mut Keeper<'_>,
        chat: &Chat,
        after: i64,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let Some(id) = chat.id.as_deref() else { return Ok(()) };
        let after = self.aside.after(id).unwrap_or(after);
        let error = match self.take_in(keeper, chat, after).await {
            Ok(()) => {
                tally.read();
                return Ok(());
            }
            Err(Fault::Call(error)) => error,
            Err(fault) => return Err(fault),
        };
        let channel = self.account.channel.id;
        match verdict(&error) {
            Verdict::NotOfTheChat => return Err(error.into()),
            Verdict::Gone => {
                tracing::warn!(channel.id = %channel, "a chat is gone and is left until it changes");
                self.aside.take_back(id);
                if let Some(last) = last_id(chat) {
                    remember(&mut self.done, id, last);
                }
            }
            Verdict::Broken(why) => {
                tracing::warn!(channel.id = %channel, %why, "a chat cannot be read, others go on");
                self.aside.put(chat, why, after, keeper.now().timestamp());
                if !self.aside.is_told(id) {
                    tally.broken(id);
                }
            }
        }
        Ok(())
    }

    /// Whether any chat can be read: some are asked for that are not set aside, though they hold
    /// nothing new.
    async fn gives_any(&mut self, chats: &[Chat]) -> Result<bool, CallError> {
        let ids = chats.iter().rev().filter_map(|chat| chat.id.as_deref());
        let ids: Vec<&str> =
            ids.filter(|id| self.aside.after(id).is_none()).take(MOST_PROBES).collect();
        for id in ids {
            match self.messages(id, 1, 0).await {
                Ok(_) => return Ok(true),
                Err(error) if verdict(&error) == Verdict::NotOfTheChat => return Err(error),
                Err(_) => {}
            }
        }
        Ok(false)
    }

    /// Stores what a chat holds since a second, oldest first.
    async fn take_in(
        &mut self,
        keeper: &mut Keeper<'_>,
        chat: &Chat,
        after: i64,
    ) -> Result<(), Fault> {
        let Some(id) = chat.id.as_deref() else { return Ok(()) };
        let mut messages: Vec<(Message, String)> = Vec::new();
        for page in 0..MOST_PAGES {
            let found = self.messages(id, PAGE, page * PAGE).await?;
            let is_recent = |m: &Message| m.created.is_none_or(|at| at >= after);
            let more = found.len() >= PAGE && found.iter().all(|(m, _)| is_recent(m));
            messages.extend(found);
            if !more {
                break;
            }
        }
        let us = self.account.user()?.parse().unwrap_or_default();
        let about = About::of(us, chat);
        let seen = read_up_to(&messages, us, id);
        messages.retain(|(message, _)| message.created.is_none_or(|at| at >= after));
        // The newest come first, and many share a second.
        messages.reverse();
        messages.sort_by_key(|(message, _)| message.created);
        let now = keeper.now();
        let read = messages.iter().filter_map(|(m, raw)| inbound::event(m, &about, raw, now));
        let mut events: Vec<Inbound> = read.collect();
        events.extend(seen);
        // A time in the future would hide what comes until then.
        let latest = now.timestamp() + SKEW;
        self.aside.take_back(id);
        let reached = chat.updated.filter(|_| !self.cut_short).unwrap_or(after);
        let held = self.aside.holds().unwrap_or(i64::MAX);
        keeper.store(events, reached.min(latest).min(held)).await?;
        if let Some(last) = last_id(chat) {
            remember(&mut self.done, id, last);
        }
        Ok(())
    }

    /// Avito tells that a buyer has read nowhere but in the chat itself.
    async fn look_who_read(
        &mut self,
        keeper: &mut Keeper<'_>,
        chats: &[Chat],
        looked_at: &[&Chat],
    ) -> Result<(), Fault> {
        let us: i64 = self.account.user()?.parse().unwrap_or_default();
        let oldest = keeper.now().timestamp() - READING_FOR;
        // The newest first.
        let mut waiting: Vec<&Chat> = chats.iter().rev().collect();
        waiting.retain(|chat| {
            let last = chat.last_message.as_ref();
            let is_ours = last.is_some_and(|m| m.author_id == Some(us) && m.kind.is_some());
            let fresh = looked_at.iter().any(|seen| seen.id == chat.id);
            let known = chat.id.as_ref().and_then(|id| self.read.get(id));
            is_ours
                && !fresh
                && chat.updated.is_some_and(|at| at >= oldest)
                && (known.is_none() || known.map(String::as_str) != last_id(chat))
        });
        for chat in waiting.into_iter().take(MOST_READINGS) {
            if self.scarce {
                return Ok(());
            }
            let Some(id) = chat.id.as_deref() else { continue };
            let messages = match self.messages(id, 20, 0).await {
                Err(error) if verdict(&error) != Verdict::NotOfTheChat => {
                    if let Some(last) = last_id(chat) {
                        remember(&mut self.read, id, last);
                    }
                    continue;
                }
                messages => messages?,
            };
            let Some(seen) = read_up_to(&messages, us, id) else { continue };
            let Inbound::Seen { up_to, .. } = &seen else { continue };
            if up_to.as_deref() == last_id(chat)
                && let Some(last) = last_id(chat)
            {
                remember(&mut self.read, id, last);
            }
            let since = keeper.since();
            keeper.store(vec![seen], since).await?;
        }
        Ok(())
    }

    async fn messages(
        &mut self,
        chat: &str,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<(Message, String)>, CallError> {
        // The document writes this path with a slash at its end.
        let path = self.account.chat("v3", chat, &["messages", ""])?;
        let mut ask = Ask::get(path).with("limit", limit.to_string());
        if offset > 0 {
            ask = ask.with("offset", offset.to_string());
        }
        let answer = self.account.call(&ask).await?;
        self.scarce |= is_scarce(answer.left);
        self.rests |= self.scarce;
        let raw: Vec<Box<RawValue>> = answer.read()?;
        let read = raw.iter().filter_map(|raw| {
            let message: Message = serde_json::from_str(raw.get()).ok()?;
            Some((message, raw.get().to_owned()))
        });
        Ok(read.collect())
    }
}

fn is_scarce(left: Option<u32>) -> bool {
    left.is_some_and(|left| left <= RESERVE)
}

fn last_id(chat: &Chat) -> Option<&str> {
    chat.last_message.as_ref()?.id.as_deref()
}

/// Whether a chat holds something that is not known to be stored.
fn is_news(chat: &Chat, since: i64, done: &Done) -> bool {
    let recent = chat.updated.is_none_or(|at| at >= since - OVERLAP);
    let stored = chat.id.as_ref().and_then(|id| done.get(id)).map(String::as_str);
    recent && (stored.is_none() || stored != last_id(chat))
}

/// The last message of ours that the buyer has read.
fn read_up_to(messages: &[(Message, String)], us: i64, chat: &str) -> Option<Inbound> {
    let ours = messages.iter().filter(|(m, _)| m.author_id == Some(us) && m.read.is_some());
    let (last, _) = ours.max_by_key(|(message, _)| message.created)?;
    Some(Inbound::Seen {
        person: chat.to_owned(),
        up_to: last.id.clone(),
        at: DateTime::from_timestamp(last.read?, 0)?,
    })
}

fn remember(done: &mut Done, chat: &str, last: &str) {
    if done.len() >= REMEMBERED {
        done.clear();
    }
    done.insert(chat.to_owned(), last.to_owned());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chat(id: &str, updated: i64, last: &str) -> Chat {
        serde_json::from_value(json!({
            "id": id, "updated": updated, "last_message": { "id": last }
        }))
        .expect("a chat")
    }

    #[test]
    fn by_8_a_chat_is_news_until_its_last_message_is_stored() {
        let mut done = Done::new();
        assert!(is_news(&chat("a", 1_000, "m1"), 900, &done));
        remember(&mut done, "a", "m1");
        assert!(!is_news(&chat("a", 1_000, "m1"), 900, &done));
        assert!(is_news(&chat("a", 1_000, "m2"), 900, &done), "another message");
        assert!(is_news(&chat("a", 1_000, "m2"), 1_000 + OVERLAP, &done), "the same seconds");
        assert!(!is_news(&chat("a", 1_000, "m2"), 1_001 + OVERLAP, &done), "long ago");
        assert!(is_news(&chat("b", 1_000, "m1"), 900, &done), "another chat");
    }
}
