//! The live board (RP-2): what goes on in a company right now. docs/metrics.md says what each figure
//! counts and what it leaves out (RP-3).

use chrono::{DateTime, Days, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    channel::ChannelState,
    clock::Instant,
    ids::{ChannelId, EmployeeId, GroupId},
    people::Presence,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardView {
    /// The moment of the figures.
    pub at: DateTime<Utc>,
    /// IANA name: whose midnight the day begins with.
    pub time_zone: String,
    pub waiting: WaitingView,
    /// Conversations that somebody has taken.
    pub in_work: i64,
    pub today: TodayView,
    /// The 24 hours of the company's clock.
    pub hours: Vec<HourView>,
    pub employees: Vec<BoardEmployee>,
    pub channels: Vec<BoardChannel>,
    pub groups: Vec<BoardGroup>,
}

/// Open conversations whose customer waits for an answer, taken or not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WaitingView {
    pub count: i64,
    /// Since when the one who waits longest does.
    pub oldest_since: Option<DateTime<Utc>>,
}

/// Since midnight of the company's time zone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TodayView {
    /// Conversations opened.
    pub new: i64,
    pub closed: i64,
    /// Of the closed ones: the customer wrote, and no person ever answered.
    pub missed: i64,
    pub messages_in: i64,
    pub messages_out: i64,
    pub first_answer: FirstAnswerView,
}

/// Seconds from a conversation's opening to the first answer of a person, of those that were answered
/// today. `null`: none was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FirstAnswerView {
    pub median_s: Option<i64>,
    pub p90_s: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HourView {
    /// 0 to 23, by the company's clock.
    #[schema(minimum = 0, maximum = 23)]
    pub hour: i32,
    pub new: i64,
    pub closed: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardEmployee {
    pub employee_id: EmployeeId,
    pub name: String,
    pub presence: Presence,
    /// Since when.
    pub presence_at: DateTime<Utc>,
    /// Conversations in work.
    pub open: i64,
    /// The most at once; `null`: no limit.
    pub capacity: Option<i32>,
    /// Conversations in which they answered today.
    pub answered_today: i64,
    pub closed_today: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardChannel {
    pub channel_id: ChannelId,
    pub name: String,
    pub kind: String,
    /// The kind whose sign is shown instead of its own (a demo channel).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
    pub state: ChannelState,
    pub waiting: i64,
    pub in_work: i64,
    /// Conversations opened today.
    pub today: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardGroup {
    pub group_id: GroupId,
    pub name: String,
    pub waiting: i64,
    pub in_work: i64,
}

/// The midnight with which the day of this moment began.
pub fn day_start(now: Instant, zone: Tz) -> Instant {
    let day = now.with_timezone(&zone).date_naive();
    // Where the clock is put forward at midnight, the day begins at one o'clock; no zone skips more.
    (0..=3)
        .filter_map(|hour| day.and_hms_opt(hour, 0, 0))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or_else(|| now - Days::new(1), |start| start.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RP-2: "today" begins at the company's midnight, also where that hour does not exist.
    #[test]
    fn rp_2_the_day_begins_at_local_midnight() {
        let cases = [
            ("2026-11-21T20:59:00Z", "Europe/Moscow", "2026-11-20T21:00:00Z"),
            ("2026-11-21T21:00:00Z", "Europe/Moscow", "2026-11-21T21:00:00Z"),
            ("2026-11-21T21:00:00Z", "Asia/Vladivostok", "2026-11-21T14:00:00Z"),
            ("2026-11-21T21:00:00Z", "Etc/UTC", "2026-11-21T00:00:00Z"),
            // Beirut put its clock forward at midnight of that day.
            ("2021-03-28T12:00:00Z", "Asia/Beirut", "2021-03-27T22:00:00Z"),
        ];
        for (now, zone, start) in cases {
            let now: Instant = now.parse().unwrap();
            let expected: Instant = start.parse().unwrap();
            assert_eq!(day_start(now, zone.parse().unwrap()), expected, "{now} {zone}");
        }
    }
}
