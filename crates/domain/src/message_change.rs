//! Changing and taking back what an employee has sent (CV-6): may they, and what has become of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{conversation::Direction, delivery::DeliveryStatus, ids::EmployeeId, text::Words};

/// A change that is not done yet, or was refused. What is done shows in the message itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageChange {
    pub what: ChangeKind,
    /// Of an edit: the words to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub state: ChangeState,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Words>,
    pub by: EmployeeId,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New words in the place of the old ones; files stay.
    Edit,
    /// Taken back for both sides.
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// On its way to the service.
    Pending,
    /// The service would not do it: the customer sees the message as it was.
    Refused,
}

/// What is known of a message that somebody wants to change.
#[derive(Debug, Clone, Copy)]
pub struct Changing {
    pub direction: Direction,
    /// The one who asks wrote it.
    pub own: bool,
    pub status: Option<DeliveryStatus>,
    pub removed: bool,
    /// Another change is on its way.
    pub pending: bool,
    pub age: Duration,
    /// How long the channel lets us; `None`: never.
    pub within: Option<Duration>,
}

/// Why a message is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChanged {
    NotYours,
    Removed,
    NotSent,
    Pending,
    NotOffered,
    TooLate(Duration),
}

/// Whether a message may be changed now.
pub fn may_change(facts: &Changing) -> Result<(), NotChanged> {
    let sent = matches!(
        facts.status,
        Some(DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Read)
    );
    match facts.within {
        _ if facts.direction != Direction::Outbound || !facts.own => Err(NotChanged::NotYours),
        _ if facts.removed => Err(NotChanged::Removed),
        None => Err(NotChanged::NotOffered),
        _ if !sent => Err(NotChanged::NotSent),
        _ if facts.pending => Err(NotChanged::Pending),
        Some(within) if facts.age > within => Err(NotChanged::TooLate(within)),
        Some(_) => Ok(()),
    }
}

impl NotChanged {
    /// Stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotYours => "not_yours",
            Self::Removed => "removed",
            Self::NotSent => "not_sent",
            Self::Pending => "change_pending",
            Self::NotOffered => "not_offered",
            Self::TooLate(_) => "too_late",
        }
    }

    /// For the operator.
    pub fn words(self) -> Words {
        match self {
            Self::NotYours => Words::new(
                "Изменить или удалить сообщение может только тот, кто его отправил.",
                "Only whoever sent a message can change or delete it.",
            ),
            Self::Removed => {
                Words::new("Это сообщение уже удалено.", "This message is deleted already.")
            }
            Self::NotSent => Words::new(
                "Сообщение ещё не отправлено. Подождите отправки и попробуйте снова.",
                "The message is not sent yet. Wait until it is, and try again.",
            ),
            Self::Pending => Words::new(
                "Прошлое изменение этого сообщения ещё передаётся. Подождите немного.",
                "The last change of this message is still on its way. Wait a little.",
            ),
            Self::NotOffered => Words::new(
                "Этот канал не позволяет менять отправленное. Напишите ещё одно сообщение.",
                "This channel does not let sent messages be changed. Write another message.",
            ),
            Self::TooLate(within) => {
                let (ru, en) = spoken(within);
                Words::new(
                    format!(
                        "Поздно: этот канал позволяет это только {ru} после отправки. Напишите ещё одно сообщение."
                    ),
                    format!(
                        "Too late: this channel lets you only within {en} of sending. Write another message."
                    ),
                )
            }
        }
    }
}

/// A time in whole units, without the grammar of numbers.
fn spoken(time: Duration) -> (String, String) {
    match time.as_secs() {
        s if s >= 3600 && s % 3600 == 0 => {
            let hours = s / 3600;
            (format!("{hours} ч"), format!("{hours} h"))
        }
        s if s >= 60 => {
            let minutes = s / 60;
            (format!("{minutes} мин"), format!("{minutes} min"))
        }
        s => (format!("{s} с"), format!("{s} s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Changing = Changing {
        direction: Direction::Outbound,
        own: true,
        status: Some(DeliveryStatus::Delivered),
        removed: false,
        pending: false,
        age: Duration::from_secs(60),
        within: Some(Duration::from_secs(3600)),
    };

    #[test]
    fn cv_6_only_ones_own_message_that_was_sent_in_time_is_changed() {
        let hour = Duration::from_secs(3600);
        for (facts, expected) in [
            (GOOD, Ok(())),
            (Changing { age: hour, ..GOOD }, Ok(())),
            (
                Changing { age: hour + Duration::from_secs(1), ..GOOD },
                Err(NotChanged::TooLate(hour)),
            ),
            (Changing { own: false, ..GOOD }, Err(NotChanged::NotYours)),
            (Changing { direction: Direction::Inbound, ..GOOD }, Err(NotChanged::NotYours)),
            (Changing { direction: Direction::Note, ..GOOD }, Err(NotChanged::NotYours)),
            (Changing { removed: true, ..GOOD }, Err(NotChanged::Removed)),
            (Changing { status: Some(DeliveryStatus::Queued), ..GOOD }, Err(NotChanged::NotSent)),
            (Changing { status: Some(DeliveryStatus::Failed), ..GOOD }, Err(NotChanged::NotSent)),
            (Changing { pending: true, ..GOOD }, Err(NotChanged::Pending)),
            (Changing { within: None, ..GOOD }, Err(NotChanged::NotOffered)),
        ] {
            assert_eq!(may_change(&facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn cv_6_the_operator_reads_until_when_it_was_possible() {
        let words = NotChanged::TooLate(Duration::from_secs(48 * 3600)).words();
        assert!(words.ru.contains("48 ч") && words.en.contains("48 h"), "{words:?}");
        let words = NotChanged::TooLate(Duration::from_secs(900)).words();
        assert!(words.ru.contains("15 мин"), "{words:?}");
    }
}
