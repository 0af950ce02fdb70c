//! Closing of conversations that have gone silent (CH-12).

use std::num::NonZeroU32;

use chrono::Duration;

use crate::clock::Instant;

/// When a conversation of a channel closes by itself. Any message of either side restarts the clock;
/// a note or a system line is no message to the customer and does not.
pub fn due_at(minutes: NonZeroU32, last_message_at: Instant) -> Instant {
    last_message_at + Duration::minutes(minutes.get().into())
}

/// Whether it closes now. Asked again, with the row locked, by whoever is about to close it: a message
/// may have come since it was found due. Without minutes only people close.
pub fn is_due(minutes: Option<NonZeroU32>, last_message_at: Instant, now: Instant) -> bool {
    minutes.is_some_and(|minutes| due_at(minutes, last_message_at) <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn ch_12_so_many_minutes_after_the_last_message() {
        let ten = NonZeroU32::new(10);
        let last = at("2026-11-22T10:00:00Z");
        for (minutes, now, due) in [
            (ten, "2026-11-22T10:09:59Z", false),
            (ten, "2026-11-22T10:10:00Z", true),
            (ten, "2026-11-22T09:00:00Z", false),
            (None, "2036-11-22T10:00:00Z", false),
        ] {
            assert_eq!(is_due(minutes, last, at(now)), due, "{now}");
        }
        let restarted = at("2026-11-22T10:09:00Z");
        assert!(!is_due(ten, restarted, at("2026-11-22T10:10:00Z")));
        assert_eq!(
            due_at(NonZeroU32::MAX, last).timestamp() - last.timestamp(),
            60 * i64::from(u32::MAX)
        );
    }
}
