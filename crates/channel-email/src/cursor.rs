//! How far a mailbox was read, and what to do when the server numbers its letters anew. Pure.

use chrono::{Days, NaiveDate};
use domain::clock::Instant;
use serde::{Deserialize, Serialize};

use crate::imap::{Listed, Opened};

/// How many days before the last read letter a new numbering is read again: clocks differ, and
/// servers deliver late.
const BACK: Days = Days::new(2);

/// Kept in the channel's state, written in the transaction of the letter that it points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The mailbox's name: another mailbox is another numbering.
    pub mailbox: String,
    pub uid_validity: u32,
    /// Everything up to it is stored.
    pub last_uid: u32,
    /// When it was written.
    pub at: Instant,
    /// After a new numbering: letters up to this UID are wanted only if they arrived on this day
    /// or later; the others were there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    pub since: NaiveDate,
    pub up_to: u32,
}

/// What an opened mailbox means for what was read before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Never read: begin with what arrives from now on. Old mail is not imported.
    Begin(Cursor),
    /// Go on.
    Resume(Cursor),
    /// UIDVALIDITY changed: UIDs mean other letters now (RFC 3501, 2.3.1.1). Look for letters since
    /// this day; those known already are dropped by their external ids.
    Renumbered { since: NaiveDate },
}

/// Decides how to read an opened mailbox.
pub fn plan(stored: Option<Cursor>, mailbox: &str, opened: Opened, now: Instant) -> Plan {
    let begin = || {
        Plan::Begin(Cursor {
            mailbox: mailbox.to_owned(),
            uid_validity: opened.uid_validity,
            last_uid: opened.uid_next.saturating_sub(1),
            at: now,
            again: None,
        })
    };
    match stored {
        None => begin(),
        Some(cursor) if cursor.mailbox != mailbox => begin(),
        Some(cursor) if cursor.uid_validity != opened.uid_validity => {
            Plan::Renumbered { since: back(cursor.at) }
        }
        // A server that loses letters may count back without saying so; its UIDs cannot be trusted.
        Some(cursor) if cursor.last_uid >= opened.uid_next => {
            Plan::Renumbered { since: back(cursor.at) }
        }
        Some(cursor) => Plan::Resume(cursor),
    }
}

fn back(at: Instant) -> NaiveDate {
    let day = at.date_naive();
    day.checked_sub_days(BACK).unwrap_or(day)
}

/// The cursor from which a renumbered mailbox is read: before the first letter of the days in
/// question.
pub fn renumbered(
    mailbox: &str,
    opened: Opened,
    since: NaiveDate,
    found: &[u32],
    now: Instant,
) -> Cursor {
    let up_to = opened.uid_next.saturating_sub(1);
    let first = found.iter().min().copied();
    Cursor {
        mailbox: mailbox.to_owned(),
        uid_validity: opened.uid_validity,
        last_uid: first.map_or(up_to, |first| first.saturating_sub(1)),
        at: now,
        again: first.map(|_| Again { since, up_to }),
    }
}

impl Cursor {
    /// Whether a listed letter is to be read.
    pub fn wants(&self, listed: &Listed) -> bool {
        match self.again {
            Some(again) if listed.uid <= again.up_to => {
                listed.received.is_none_or(|received| received.date_naive() >= again.since)
            }
            Some(_) | None => true,
        }
    }

    /// After a letter was read.
    pub fn past(&self, uid: u32, now: Instant) -> Self {
        let again = self.again.filter(|again| uid < again.up_to);
        Self { last_uid: uid.max(self.last_uid), at: now, again, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn now() -> Instant {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap_or_default()
    }

    fn opened(uid_validity: u32, uid_next: u32) -> Opened {
        Opened { uid_validity, uid_next }
    }

    fn cursor(last_uid: u32) -> Cursor {
        Cursor { mailbox: "INBOX".into(), uid_validity: 1, last_uid, at: now(), again: None }
    }

    fn letter(uid: u32, days_ago: i64) -> Listed {
        Listed { uid, size: 1, received: Some(now() - TimeDelta::days(days_ago)) }
    }

    #[test]
    fn ch_10_old_mail_is_not_imported_at_first() {
        assert_eq!(plan(None, "INBOX", opened(1, 41), now()), Plan::Begin(cursor(40)));
        assert_eq!(plan(None, "INBOX", opened(1, 1), now()), Plan::Begin(cursor(0)));
    }

    #[test]
    fn reading_goes_on_where_it_ended() {
        let known = Some(cursor(40));
        assert_eq!(plan(known.clone(), "INBOX", opened(1, 41), now()), Plan::Resume(cursor(40)));
        assert!(matches!(plan(known, "Sent", opened(1, 9), now()), Plan::Begin(_)));
    }

    #[test]
    fn s18_a_new_numbering_is_read_again_by_date() {
        let since = now().date_naive().checked_sub_days(BACK).unwrap_or_default();
        let known = Some(cursor(40));
        assert_eq!(plan(known.clone(), "INBOX", opened(2, 9), now()), Plan::Renumbered { since });
        assert_eq!(plan(known, "INBOX", opened(1, 9), now()), Plan::Renumbered { since });

        let fresh = renumbered("INBOX", opened(2, 9), since, &[5, 7], now());
        assert_eq!((fresh.last_uid, fresh.uid_validity), (4, 2));
        assert!(fresh.wants(&letter(5, 1)) && !fresh.wants(&letter(6, 30)));
        assert!(fresh.wants(&letter(9, 30)), "it arrived after the new numbering");
        assert_eq!(fresh.past(7, now()).again, fresh.again);
        assert_eq!(fresh.past(8, now()).again, None);

        let nothing = renumbered("INBOX", opened(2, 9), since, &[], now());
        assert_eq!((nothing.last_uid, nothing.again), (8, None));
    }
}
