//! Deliveries that come again. A `deliver_sm` has no id: an SMSC that did not get our answer sends
//! the same octets once more, and a person who writes "Yes" twice sends the same octets too.
//!
//! The rule: a delivery is a repetition only while it is not proved that the SMSC read our answer to
//! the former one. Soon after answers the SMSC is asked whether it is there (`enquire_link`); its
//! answer over the same connection is the proof, and it is kept. So two equal texts are one message
//! only if
//!
//! - the session ended before the proof, and the second came within an hour of a later session; or
//! - the second came in the same session before our answer to the first, and at least five seconds
//!   after it: no SMSC loses its patience sooner, and people's messages that have queued up come
//!   at once.

use std::time::Duration;

use domain::clock::Instant as Moment;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::pdu::Deliver;

/// How long a new session is suspected of repeating what the former one left unproved.
const SUSPECTED: Duration = Duration::from_secs(3600);
/// An SMSC waits longer than this for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Kept at most; without a proof for so many the connection is sick anyway.
const MOST_KEPT: usize = 1000;

/// What was accepted and whose answer is not proved to have been read.
#[derive(Debug)]
pub(crate) struct Doubles {
    opened: Instant,
    unproved: Vec<Unproved>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Unproved {
    fingerprint: String,
    session: Session,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Session {
    Former,
    This { came: Instant, answered: Option<Instant> },
}

/// What is kept in the channel's state.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept(Vec<String>);

impl Doubles {
    /// At the beginning of a session.
    pub(crate) fn new(kept: Kept, opened: Instant) -> Self {
        let unproved = kept
            .0
            .into_iter()
            .map(|fingerprint| Unproved { fingerprint, session: Session::Former })
            .collect();
        Self { opened, unproved }
    }

    /// Whether this delivery repeats one that was accepted. It counts as accepted now either way.
    pub(crate) fn repeats(&mut self, fingerprint: &str, came: Instant) -> bool {
        let suspected = came.saturating_duration_since(self.opened) < SUSPECTED;
        let repeated = self.unproved.iter_mut().find(|u| {
            u.fingerprint == fingerprint
                && match u.session {
                    Session::Former => suspected,
                    Session::This { came: first, answered } => {
                        let patient = came.saturating_duration_since(first) >= PATIENCE;
                        patient && answered.is_none_or(|at| came < at)
                    }
                }
        });
        let this = Session::This { came, answered: None };
        match repeated {
            Some(former) => {
                former.session = this;
                true
            }
            None => {
                let fingerprint = fingerprint.to_owned();
                self.unproved.push(Unproved { fingerprint, session: this });
                if self.unproved.len() > MOST_KEPT {
                    self.unproved.remove(0);
                }
                false
            }
        }
    }

    /// Everything of this session is answered.
    pub(crate) fn answered(&mut self, now: Instant) {
        for unproved in &mut self.unproved {
            if let Session::This { answered: answered @ None, .. } = &mut unproved.session {
                *answered = Some(now);
            }
        }
    }

    /// The SMSC has read every answer. What former sessions left stays suspected for its hour.
    pub(crate) fn proved(&mut self, now: Instant) {
        let suspected = now.saturating_duration_since(self.opened) < SUSPECTED;
        self.unproved.retain(|u| u.session == Session::Former && suspected);
    }

    pub(crate) fn kept(&self) -> Kept {
        Kept(self.unproved.iter().map(|u| u.fingerprint.clone()).collect())
    }

    /// Whether a proof is wanted.
    pub(crate) fn wants_proof(&self) -> bool {
        self.unproved.iter().any(|u| u.session != Session::Former)
    }
}

/// Source, destination, coding, octets with their header, and the part's number: all that two sends of
/// one delivery have in common.
pub(crate) fn fingerprint(deliver: &Deliver) -> String {
    let mut digest = Sha256::new();
    for field in [deliver.source.value.as_bytes(), deliver.destination.as_bytes(), &deliver.text] {
        digest.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(field);
    }
    digest.update([deliver.esm_class, deliver.data_coding]);
    if let Some(part) = deliver.sar {
        digest.update(part.reference.to_be_bytes());
        digest.update([part.total, part.number]);
    }
    hex::encode(digest.finalize().get(..16).unwrap_or_default())
}

/// The id of a message that comes without one: what it is, when it came, and which of its session.
pub(crate) fn id(fingerprint: &str, at: Moment, sequence: u32) -> String {
    format!("{fingerprint}-{}-{sequence}", at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: &str = "yes";

    fn session(kept: Kept) -> (Doubles, impl Fn(u64) -> Instant) {
        let opened = Instant::now();
        (Doubles::new(kept, opened), move |seconds| opened + Duration::from_secs(seconds))
    }

    #[test]
    fn ch_11_a_person_may_say_the_same_twice() {
        let (mut doubles, after) = session(Kept::default());
        assert!(!doubles.repeats(YES, after(1)));
        doubles.answered(after(1));
        assert!(!doubles.repeats(YES, after(3)), "after our answer");
        doubles.answered(after(3));
        doubles.proved(after(4));
        assert!(!doubles.repeats(YES, after(60)), "after the proof");
    }

    #[test]
    fn ch_11_equal_messages_that_queued_up_are_two() {
        let (mut doubles, after) = session(Kept::default());
        assert!(!doubles.repeats(YES, after(1)));
        assert!(!doubles.repeats(YES, after(2)), "before our answer, but at once");
    }

    #[test]
    fn ch_11_an_impatient_smsc_repeats_within_a_session() {
        let (mut doubles, after) = session(Kept::default());
        assert!(!doubles.repeats(YES, after(1)));
        doubles.answered(after(40));
        assert!(doubles.repeats(YES, after(31)), "it came before our answer went");
    }

    #[test]
    fn ch_11_what_was_not_proved_comes_again_in_the_next_session() {
        let (mut first, after) = session(Kept::default());
        assert!(!first.repeats(YES, after(1)));
        first.answered(after(1));
        let kept = serde_json::to_value(first.kept()).expect("it is kept");
        let kept: Kept = serde_json::from_value(kept).expect("it is read");

        let (mut second, after) = session(kept.clone());
        assert!(second.repeats(YES, after(2)), "the repetition");
        second.answered(after(2));
        assert!(!second.repeats(YES, after(9)), "and then the person again");

        let (mut later, after) = session(kept);
        assert!(!later.repeats(YES, after(3601)), "an hour is enough");
    }

    #[test]
    fn ch_11_what_was_proved_is_not_suspected() {
        let (mut first, after) = session(Kept::default());
        assert!(!first.repeats(YES, after(1)));
        first.answered(after(1));
        assert!(first.wants_proof());
        first.proved(after(2));
        assert!(!first.wants_proof());
        assert_eq!(first.kept(), Kept::default());
    }
}
