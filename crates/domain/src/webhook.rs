//! Outgoing webhooks (AD-2): what clients read about them, and when a failed delivery is tried again.
//!
//! The schedule is the one that receivers know from other services: eight tries over a day and a
//! bit, so that a receiver may be down overnight.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Instant,
    ids::{DeliveryId, EndpointId},
    text::Words,
};

/// Pauses after the first, second … failed try.
const PAUSES: [u64; 7] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
/// A receiver that is slow or says 'too many' is left alone at least so long.
const LEAST_WHEN_BUSY: Duration = Duration::from_secs(60);
/// Each pause is made longer or shorter by up to this part.
const JITTER: f64 = 0.2;
/// An endpoint that did nothing but fail for so long is switched off.
pub const FAILING_KEPT: TimeDelta = TimeDelta::hours(120);

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx.
    Delivered,
    /// Another answer, with its Retry-After if it was understood.
    Answered { status: u16, retry_after: Option<Duration> },
    /// No answer in time.
    TimedOut,
    /// Never reached, or broken off.
    Unreachable,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Done,
    Again(Duration),
    /// That was the last try.
    GiveUp,
    /// The receiver says that it is gone for good (410): switched off.
    Gone,
}

/// What follows a try. `tries_before`: those before this one. `chance`: from -1 to 1.
pub fn verdict(outcome: &Outcome, tries_before: i32, chance: f64) -> Verdict {
    let (busy, asked) = match outcome {
        Outcome::Delivered => return Verdict::Done,
        Outcome::Answered { status: 410, .. } => return Verdict::Gone,
        Outcome::Answered { status, retry_after } => (*status == 429, *retry_after),
        Outcome::TimedOut => (true, None),
        Outcome::Unreachable => (false, None),
    };
    let pause = usize::try_from(tries_before).ok().and_then(|n| PAUSES.get(n));
    let Some(pause) = pause.copied().map(Duration::from_secs) else { return Verdict::GiveUp };
    let spread = pause.mul_f64(1.0 + JITTER * chance.clamp(-1.0, 1.0));
    let wanted = match asked {
        // Heard, but it can neither hurry the schedule nor hold it up for days.
        Some(asked) => asked.clamp(spread, spread * 2),
        None => spread,
    };
    Verdict::Again(if busy { wanted.max(LEAST_WHEN_BUSY) } else { wanted })
}

/// Reads `Retry-After`: seconds, also with a fraction, or an HTTP date (RFC 9110, 10.2.3).
pub fn retry_after(value: &str, now: Instant) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?;
    Some((at.with_timezone(&Utc) - now).to_std().unwrap_or(Duration::ZERO))
}

/// Whether an endpoint that just failed is switched off.
pub fn has_failed_too_long(failing_since: Instant, now: Instant) -> bool {
    now - failing_since >= FAILING_KEPT
}

/// Why an endpoint is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disabled {
    /// Nothing but failures for five days.
    Failing,
    /// It answered 410 Gone.
    Gone,
    ByHand,
}

impl Disabled {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
            Self::ByHand => "by_hand",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "failing" => Self::Failing,
            "gone" => Self::Gone,
            "by_hand" => Self::ByHand,
            _ => return None,
        })
    }

    /// What happened and what to do.
    pub fn words(self) -> Words {
        match self {
            Self::Failing => Words::new(
                "Пять дней ни одна отправка не удалась. Почините приёмник и включите снова.",
                "No delivery succeeded for five days. Mend the receiver and enable it again.",
            ),
            Self::Gone => Words::new(
                "Приёмник ответил 410: адреса больше нет. Укажите новый и включите снова.",
                "The receiver answered 410: the address is gone. Set a new one and enable it again.",
            ),
            Self::ByHand => Words::new("Выключен вручную.", "Switched off by hand."),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its turn or for the next try.
    Waiting,
    Delivered,
    /// Given up; can be replayed.
    Failed,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "waiting" => Self::Waiting,
            "delivered" => Self::Delivered,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

/// A receiver of outgoing webhooks. Its secret is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndpointView {
    pub endpoint_id: EndpointId,
    pub url: String,
    /// Event kinds; empty = all.
    pub kinds: Vec<String>,
    pub enabled: bool,
    /// Since when nothing was delivered.
    pub failing_since: Option<DateTime<Utc>>,
    pub disabled: Option<Disabled>,
    pub disabled_reason: Option<Words>,
    pub created_at: DateTime<Utc>,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    pub delivery_id: DeliveryId,
    pub endpoint_id: EndpointId,
    /// The event's number in the feed; 0: a ping.
    pub seq: i64,
    pub kind: String,
    pub state: DeliveryState,
    pub attempts: i32,
    pub http_status: Option<i32>,
    /// The beginning of what the receiver answered.
    pub answer: Option<String>,
    pub error: Option<String>,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
    /// The delivery that this one repeats.
    pub replay_of: Option<DeliveryId>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// What is sent; only where one delivery is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub body: Option<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, retry_after: None }
    }

    fn again(seconds: u64) -> Verdict {
        Verdict::Again(Duration::from_secs(seconds))
    }

    #[test]
    fn ad_2_a_day_of_tries_and_then_no_more() {
        let pauses = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
        for (tries, pause) in (0..).zip(pauses) {
            assert_eq!(verdict(&answered(500), tries, 0.0), again(pause));
            assert_eq!(verdict(&Outcome::Unreachable, tries, 0.0), again(pause));
        }
        assert_eq!(verdict(&answered(500), 7, 0.0), Verdict::GiveUp);
        assert_eq!(verdict(&Outcome::TimedOut, 99, 0.0), Verdict::GiveUp);
        assert!(pauses.iter().sum::<u64>() > 24 * 3600, "over a day");
    }

    #[test]
    fn ad_2_success_ends_and_gone_switches_off() {
        assert_eq!(verdict(&Outcome::Delivered, 3, 0.0), Verdict::Done);
        assert_eq!(verdict(&answered(410), 0, 0.0), Verdict::Gone);
        assert_eq!(verdict(&answered(301), 0, 0.0), again(5), "a redirect is a failure");
    }

    #[test]
    fn ad_2_pauses_are_spread_by_a_fifth() {
        assert_eq!(verdict(&answered(500), 1, 1.0), again(360));
        assert_eq!(verdict(&answered(500), 1, -1.0), again(240));
        assert_eq!(verdict(&answered(500), 1, 9.0), again(360));
    }

    #[test]
    fn ad_2_retry_after_is_heard_within_bounds() {
        let asked = |seconds| Outcome::Answered {
            status: 503,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(verdict(&asked(400), 1, 0.0), again(400));
        assert_eq!(verdict(&asked(1), 1, 0.0), again(300), "not sooner than planned");
        assert_eq!(verdict(&asked(86_400), 1, 0.0), again(600), "not later than twice that");
    }

    #[test]
    fn ad_2_a_busy_receiver_gets_a_minute() {
        assert_eq!(verdict(&answered(429), 0, 0.0), again(60));
        assert_eq!(verdict(&Outcome::TimedOut, 0, 0.0), again(60));
        assert_eq!(verdict(&answered(429), 1, 0.0), again(300));
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = DateTime::from_timestamp(1_792_000_000, 0).unwrap();
        let date = (now + TimeDelta::seconds(90)).to_rfc2822();
        for (text, expect) in [
            ("120", Some(Duration::from_secs(120))),
            (" 1.5 ", Some(Duration::from_millis(1500))),
            (date.as_str(), Some(Duration::from_secs(90))),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(Duration::ZERO)),
            ("-1", None),
            ("NaN", None),
            ("1e300", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), expect, "{text}");
        }
    }

    #[test]
    fn ad_2_five_days_of_nothing_but_failures() {
        let since = DateTime::from_timestamp(1_792_000_000, 0).unwrap();
        assert!(!has_failed_too_long(since, since + TimeDelta::hours(119)));
        assert!(has_failed_too_long(since, since + TimeDelta::hours(120)));
    }
}
