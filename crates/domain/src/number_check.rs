//! Whether a phone can be written to through a channel (WA-1): not checked, exists, does not exist.
//!
//! A check may cost money, so it is asked for by a person alone, an answer is kept, and a flood of
//! clicks is one question.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Instant,
    ids::{ChannelId, EmployeeId},
    text::Words,
};

/// So long an answer is good for whoever did not ask for a new one: numbers change hands, but within
/// months.
const GOOD_FOR: Duration = Duration::days(30);
/// Clicks of one hand, and of colleagues who look at the same card.
const AT_ONCE: Duration = Duration::seconds(10);
/// Networks answer within seconds or minutes; what is not answered by then never is.
const GIVEN_UP_AFTER: Duration = Duration::minutes(30);
/// A question whose job died with its queue is over after this.
const DEAD_AFTER: Duration = Duration::minutes(90);

/// What a service says of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reachable {
    Exists,
    DoesNotExist,
}

impl Reachable {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::DoesNotExist => "does_not_exist",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Exists, Self::DoesNotExist].into_iter().find(|r| r.as_str() == text)
    }
}

/// What a check costs the company at its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    Free,
    Paid,
}

/// How far a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The service surely has not got it.
    ToAsk,
    /// The service may have got it.
    Asked,
    /// The service has it, and answers later.
    Taken,
    Over,
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::ToAsk, Self::Asked, Self::Taken, Self::Over];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToAsk => "to_ask",
            Self::Asked => "asked",
            Self::Taken => "taken",
            Self::Over => "over",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

/// What a person wants of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// To know: an answer that is kept will do.
    #[default]
    Answer,
    /// The service is to be asked anew.
    FreshAnswer,
}

/// The latest question about a phone, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestQuestion {
    pub stage: Stage,
    pub asked_at: Instant,
    /// When it was over, with an answer or without.
    pub ended_at: Option<Instant>,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    /// It brought nothing, or has brought nothing yet.
    Nothing,
}

impl LatestQuestion {
    /// Whether somebody still works on it.
    pub fn is_under_way(&self, now: Instant) -> bool {
        self.stage != Stage::Over && now - self.asked_at < DEAD_AFTER
    }

    /// Whether it is no longer worth asking for the answer.
    pub fn is_given_up(&self, now: Instant) -> bool {
        now - self.asked_at >= GIVEN_UP_AFTER
    }
}

/// Whether the service is asked now.
pub fn asks(latest: Option<LatestQuestion>, wanted: Wanted, now: Instant) -> bool {
    let Some(latest) = latest else { return true };
    if latest.is_under_way(now) {
        return false;
    }
    let Some(ended) = latest.ended_at else { return true };
    let age = now - ended;
    match (latest.outcome, wanted) {
        _ if age < AT_ONCE => false,
        (Outcome::Answered, Wanted::Answer) => age >= GOOD_FOR,
        (Outcome::Answered, Wanted::FreshAnswer) | (Outcome::Nothing, _) => true,
    }
}

/// What is shown beside a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberState {
    NotChecked,
    /// The service was asked; the state changes by itself.
    Checking,
    Exists,
    DoesNotExist,
    /// The latest question brought nothing; `reason` and `remedy` say why.
    Failed,
}

/// One phone as one channel knows it (WA-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberCheckView {
    pub channel_id: ChannelId,
    /// In E.164 form.
    pub phone: String,
    pub state: NumberState,
    /// The last answer: it stays while a new one is asked for, and when that brings nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Reachable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
    /// The latest question, and whose it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_id: Option<EmployeeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Words>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Words>,
    /// What a check costs; absent: this channel cannot check (any more).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

impl NumberCheckView {
    /// Nobody asked yet.
    pub fn not_checked(channel: ChannelId, phone: &str, price: Price) -> Self {
        Self {
            channel_id: channel,
            phone: phone.to_owned(),
            state: NumberState::NotChecked,
            answer: None,
            answered_at: None,
            asked_at: None,
            employee_id: None,
            reason: None,
            remedy: None,
            price: Some(price),
        }
    }
}

/// What is shown of a question and the last answer.
pub fn state(latest: LatestQuestion, answer: Option<Reachable>, now: Instant) -> NumberState {
    match (latest.outcome, answer) {
        _ if latest.is_under_way(now) => NumberState::Checking,
        (Outcome::Answered, Some(Reachable::Exists)) => NumberState::Exists,
        (Outcome::Answered, Some(Reachable::DoesNotExist)) => NumberState::DoesNotExist,
        (Outcome::Nothing, _) | (Outcome::Answered, None) => NumberState::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).expect("a time")
    }

    fn over(outcome: Outcome, ended: i64) -> Option<LatestQuestion> {
        let ended_at = Some(at(ended));
        Some(LatestQuestion { stage: Stage::Over, asked_at: at(0), ended_at, outcome })
    }

    fn open(stage: Stage) -> Option<LatestQuestion> {
        let outcome = Outcome::Nothing;
        Some(LatestQuestion { stage, asked_at: at(0), ended_at: None, outcome })
    }

    /// WA-1: a click checks; a flood of clicks is one question, and an answer is kept.
    #[test]
    fn wa_1_the_service_is_asked_once_and_again_only_when_a_person_wants_it() {
        use {Outcome::*, Wanted::*};
        const DAY: i64 = 86_400;
        for (latest, wanted, now, expected) in [
            (None, Answer, 0, true),
            (open(Stage::ToAsk), Answer, 5, false),
            (open(Stage::Asked), FreshAnswer, 60, false),
            (open(Stage::Taken), FreshAnswer, 3600, false),
            // Its job is dead.
            (open(Stage::Taken), Answer, 2 * 3600, true),
            (over(Answered, 1), Answer, 2, false),
            (over(Answered, 1), FreshAnswer, 2, false),
            (over(Answered, 1), FreshAnswer, 20, true),
            (over(Answered, 1), Answer, 29 * DAY, false),
            (over(Answered, 1), Answer, 31 * DAY, true),
            (over(Nothing, 1), Answer, 2, false),
            (over(Nothing, 1), Answer, 20, true),
        ] {
            assert_eq!(asks(latest, wanted, at(now)), expected, "{latest:?} {wanted:?} {now}");
        }
    }

    #[test]
    fn wa_1_what_is_shown_beside_a_phone() {
        use {NumberState::*, Outcome::*};
        let exists = Some(Reachable::Exists);
        let missing = Some(Reachable::DoesNotExist);
        for (latest, answer, now, expected) in [
            (open(Stage::ToAsk), None, 1, Checking),
            // A new question hides the old answer from nobody: it stands in `answer`.
            (open(Stage::Taken), missing, 1, Checking),
            (open(Stage::Taken), None, 2 * 3600, Failed),
            (over(Answered, 1), exists, 2, Exists),
            (over(Answered, 1), missing, 2, DoesNotExist),
            (over(Nothing, 1), exists, 2, Failed),
            (over(Nothing, 1), None, 2, Failed),
        ] {
            let latest = latest.expect("a question");
            assert_eq!(state(latest, answer, at(now)), expected, "{latest:?} {answer:?} {now}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.as_str()), Some(stage));
        }
        for answer in [Reachable::Exists, Reachable::DoesNotExist] {
            assert_eq!(Reachable::parse(answer.as_str()), Some(answer));
        }
        assert_eq!(Reachable::parse("perhaps"), None);
    }
}
