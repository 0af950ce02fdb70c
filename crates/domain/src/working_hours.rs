//! When the company works (RT-3a): a week, holidays and a time zone.
//!
//! The form that people send and that is stored as JSON:
//!
//! ```json
//! {
//!   "time_zone": "Europe/Moscow",
//!   "week": { "mon": ["09:00-13:00", "14:00-18:00"], "sat": ["10:00-24:00"] },
//!   "holidays": { "2026-12-31": ["10:00-15:00"], "2027-01-01": [] }
//! }
//! ```
//!
//! A day without intervals is closed; a holiday's intervals stand in place of the weekday's.
//! An interval ends on its own day (`24:00` at the latest): work across midnight is two intervals.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{Datelike, Duration, NaiveDate, Offset, TimeZone, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Instant,
    problem::{Problem, Problems},
    text::Words,
};

/// The farthest day on which [`Schedule::next_opening`] looks for an opening.
const HORIZON_DAYS: u64 = 400;
const MAX_INTERVALS: usize = 10;
const MAX_HOLIDAYS: usize = 400;
const DAY: u16 = 24 * 60;

/// Working hours that are known to be sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ScheduleForm", into = "ScheduleForm")]
pub struct Schedule {
    time_zone: Tz,
    /// From Monday on.
    week: [Vec<Interval>; 7],
    holidays: BTreeMap<NaiveDate, Vec<Interval>>,
}

/// Working hours as a person sends them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleForm {
    /// A name of the IANA time zone database.
    pub time_zone: String,
    #[serde(default)]
    pub week: WeekForm,
    /// Days (`YYYY-MM-DD`) with other hours; none of them: closed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub holidays: BTreeMap<String, Vec<String>>,
}

/// Intervals `HH:MM-HH:MM` of each weekday.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeekForm {
    pub mon: Vec<String>,
    pub tue: Vec<String>,
    pub wed: Vec<String>,
    pub thu: Vec<String>,
    pub fri: Vec<String>,
    pub sat: Vec<String>,
    pub sun: Vec<String>,
}

/// Minutes from local midnight, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Interval {
    from: u16,
    to: u16,
}

impl Schedule {
    pub fn time_zone(&self) -> Tz {
        self.time_zone
    }

    pub fn open_at(&self, instant: Instant) -> bool {
        let local = instant.with_timezone(&self.time_zone);
        let minute = local.hour() * 60 + local.minute();
        self.hours_of(local.date_naive())
            .iter()
            .any(|i| u32::from(i.from) <= minute && minute < u32::from(i.to))
    }

    /// The first moment from `instant` on at which it is open: `instant` itself when it is open
    /// already. `None` when nothing opens within 400 days.
    pub fn next_opening(&self, instant: Instant) -> Option<Instant> {
        if self.open_at(instant) {
            return Some(instant);
        }
        let today = instant.with_timezone(&self.time_zone).date_naive();
        (0..=HORIZON_DAYS)
            .filter_map(|n| today.checked_add_days(chrono::Days::new(n)))
            .find_map(|day| self.opening_on(day, instant))
    }

    /// When it opens next, as a reply says it: `завтра в 09:00`. `None` when it is open or never opens.
    pub fn next_opening_words(&self, now: Instant) -> Option<Words> {
        if self.open_at(now) {
            return None;
        }
        let opening = self.next_opening(now)?.with_timezone(&self.time_zone);
        let today = now.with_timezone(&self.time_zone).date_naive();
        let time = opening.format("%H:%M");
        Some(match (opening.date_naive() - today).num_days() {
            0 => Words::new(format!("сегодня в {time}"), format!("today at {time}")),
            1 => Words::new(format!("завтра в {time}"), format!("tomorrow at {time}")),
            _ => Words::new(
                format!("{} в {time}", opening.format("%d.%m.%Y")),
                format!("on {} at {time}", opening.format("%Y-%m-%d")),
            ),
        })
    }

    fn hours_of(&self, day: NaiveDate) -> &[Interval] {
        match self.holidays.get(&day) {
            Some(hours) => hours,
            None => self
                .week
                .get(day.weekday().num_days_from_monday() as usize)
                .map_or(&[], Vec::as_slice),
        }
    }

    fn opening_on(&self, day: NaiveDate, after: Instant) -> Option<Instant> {
        let midnight = day.and_hms_opt(0, 0, 0)?;
        let mut moments: Vec<Instant> = Vec::new();
        for interval in self.hours_of(day) {
            let start = midnight + Duration::minutes(i64::from(interval.from));
            let local = self.time_zone.from_local_datetime(&start);
            moments.extend(local.earliest().into_iter().chain(local.latest()).map(|t| t.to_utc()));
        }
        // On a day whose clock is moved, an opening may fall on the move itself (the start lies in the
        // skipped hour, or the repeated hour opens again). Zones move on quarters of an hour.
        let noon_before = (midnight - Duration::hours(12)).and_utc();
        let offset = |t: Instant| self.time_zone.offset_from_utc_datetime(&t.naive_utc()).fix();
        if offset(noon_before) != offset(noon_before + Duration::hours(48)) {
            moments.extend(
                (0..48 * 4)
                    .map(|n| noon_before + Duration::minutes(15 * n))
                    .filter(|t| t.with_timezone(&self.time_zone).date_naive() == day),
            );
        }
        moments.into_iter().filter(|t| *t > after && self.open_at(*t)).min()
    }
}

impl TryFrom<ScheduleForm> for Schedule {
    type Error = Problems;

    fn try_from(form: ScheduleForm) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let time_zone = form.time_zone.parse::<Tz>();
        if time_zone.is_err() {
            problems.push(Problem::new(
                "/time_zone",
                "unknown_time_zone",
                "Такого часового пояса нет. Укажите название вида Europe/Moscow.",
                "No such time zone. Give a name like Europe/Moscow.",
            ));
        }
        let mut week: [Vec<Interval>; 7] = Default::default();
        for ((name, texts), hours) in form.week.days().into_iter().zip(&mut week) {
            *hours = intervals(&format!("/week/{name}"), texts, &mut problems);
        }
        if form.holidays.len() > MAX_HOLIDAYS {
            problems.push(Problem::new(
                "/holidays",
                "too_many",
                format!("Не больше {MAX_HOLIDAYS} особых дней."),
                format!("At most {MAX_HOLIDAYS} special days."),
            ));
        }
        let mut holidays = BTreeMap::new();
        for (day, texts) in form.holidays.iter().take(MAX_HOLIDAYS) {
            let path = format!("/holidays/{day}");
            let hours = intervals(&path, texts, &mut problems);
            match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
                Ok(date) => drop(holidays.insert(date, hours)),
                Err(_) => problems.push(Problem::new(
                    path,
                    "bad_date",
                    "Дата должна быть вида 2026-12-31.",
                    "A date must look like 2026-12-31.",
                )),
            }
        }
        if problems.is_empty() && week.iter().all(Vec::is_empty) {
            problems.push(Problem::new(
                "/week",
                "never_open",
                "Не задано ни одного рабочего часа на неделе.",
                "The week has no working hour.",
            ));
        }
        match time_zone {
            Ok(time_zone) if problems.is_empty() => Ok(Self { time_zone, week, holidays }),
            _ => Err(Problems(problems)),
        }
    }
}

impl From<Schedule> for ScheduleForm {
    fn from(schedule: Schedule) -> Self {
        let texts = |hours: &Vec<Interval>| hours.iter().map(ToString::to_string).collect();
        let [mon, tue, wed, thu, fri, sat, sun] = schedule.week.each_ref().map(texts);
        Self {
            time_zone: schedule.time_zone.name().to_owned(),
            week: WeekForm { mon, tue, wed, thu, fri, sat, sun },
            holidays: schedule.holidays.iter().map(|(d, h)| (d.to_string(), texts(h))).collect(),
        }
    }
}

impl WeekForm {
    fn days(&self) -> [(&'static str, &[String]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}

fn intervals(path: &str, texts: &[String], problems: &mut Vec<Problem>) -> Vec<Interval> {
    if texts.len() > MAX_INTERVALS {
        problems.push(Problem::new(
            path,
            "too_many",
            format!("Не больше {MAX_INTERVALS} промежутков в день."),
            format!("At most {MAX_INTERVALS} intervals a day."),
        ));
        return Vec::new();
    }
    let mut found: Vec<Interval> = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        match text.parse::<Interval>() {
            Ok(interval) => found.push(interval),
            Err(fault) => problems.push(fault.at(format!("{path}/{n}"))),
        }
    }
    found.sort_unstable();
    if found.windows(2).any(|pair| matches!(pair, [a, b] if b.from < a.to)) {
        problems.push(Problem::new(
            path,
            "overlap",
            "Промежутки пересекаются.",
            "The intervals overlap.",
        ));
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BadInterval {
    Shape,
    /// Ends before or when it begins.
    Backwards,
}

impl BadInterval {
    fn at(self, path: String) -> Problem {
        match self {
            Self::Shape => Problem::new(
                path,
                "bad_interval",
                "Промежуток должен быть вида 09:00-18:00 (конец не позже 24:00).",
                "An interval must look like 09:00-18:00 (24:00 at the latest).",
            ),
            Self::Backwards => Problem::new(
                path,
                "backwards",
                "Конец раньше начала. Работу через полночь задайте двумя промежутками: до 24:00 и на \
                 следующий день с 00:00.",
                "It ends before it begins. Give work across midnight as two intervals: until 24:00, \
                 and from 00:00 on the next day.",
            ),
        }
    }
}

impl FromStr for Interval {
    type Err = BadInterval;

    fn from_str(text: &str) -> Result<Self, BadInterval> {
        let (from, to) = text.split_once(['-', '–']).ok_or(BadInterval::Shape)?;
        let from = minute_of_day(from.trim()).ok_or(BadInterval::Shape)?;
        let to = minute_of_day(to.trim()).ok_or(BadInterval::Shape)?;
        if from < to { Ok(Self { from, to }) } else { Err(BadInterval::Backwards) }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str, most: usize| {
        let sound = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY).then_some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule(json: &str) -> Schedule {
        serde_json::from_str(json).unwrap()
    }

    fn problems(json: &str) -> Vec<(String, &'static str)> {
        let form: ScheduleForm = serde_json::from_str(json).unwrap();
        let found = Schedule::try_from(form).unwrap_err();
        found.0.into_iter().map(|p| (p.path, p.code)).collect()
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn moscow() -> Schedule {
        schedule(
            r#"{"time_zone":"Europe/Moscow",
                "week":{"mon":["09:00-13:00","14:00-18:00"],"tue":["09:00-18:00"],
                        "wed":["09:00-18:00"],"thu":["09:00-18:00"],"fri":["09:00-24:00"]},
                "holidays":{"2026-11-24":[],"2026-11-28":["10:00-12:00"]}}"#,
        )
    }

    #[test]
    fn rt_3a_the_hours_are_those_of_the_time_zone() {
        // Moscow is UTC+3 all year. 2026-11-23 is a Monday.
        for (moment, open) in [
            ("2026-11-23T05:59:59Z", false),
            ("2026-11-23T06:00:00Z", true),
            ("2026-11-23T09:59:59Z", true),
            ("2026-11-23T10:00:00Z", false),
            ("2026-11-23T11:00:00Z", true),
            ("2026-11-23T15:00:00Z", false),
            // a holiday
            ("2026-11-24T09:00:00Z", false),
            // Friday until midnight of Moscow
            ("2026-11-27T20:59:59Z", true),
            ("2026-11-27T21:00:00Z", false),
            // a Saturday with hours of its own
            ("2026-11-28T07:30:00Z", true),
            ("2026-11-29T07:30:00Z", false),
        ] {
            assert_eq!(moscow().open_at(at(moment)), open, "{moment}");
        }
    }

    #[test]
    fn rt_3a_next_opening_passes_lunch_holidays_and_the_weekend() {
        for (now, opening) in [
            ("2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"),
            ("2026-11-23T10:30:00Z", "2026-11-23T11:00:00Z"),
            ("2026-11-23T15:00:00Z", "2026-11-25T06:00:00Z"),
            ("2026-11-27T21:00:00Z", "2026-11-28T07:00:00Z"),
            ("2026-11-28T09:00:00Z", "2026-11-30T06:00:00Z"),
        ] {
            assert_eq!(moscow().next_opening(at(now)), Some(at(opening)), "{now}");
        }
        let words = |now| moscow().next_opening_words(at(now)).map(|w| w.ru);
        assert_eq!(words("2026-11-23T10:30:00Z").as_deref(), Some("сегодня в 14:00"));
        assert_eq!(words("2026-11-27T20:30:00Z"), None);
        assert_eq!(words("2026-11-24T12:00:00Z").as_deref(), Some("завтра в 09:00"));
        assert_eq!(words("2026-11-28T09:00:00Z").as_deref(), Some("30.11.2026 в 09:00"));
    }

    fn berlin_sunday(hours: &str) -> Schedule {
        schedule(&format!(r#"{{"time_zone":"Europe/Berlin","week":{{"sun":["{hours}"]}}}}"#))
    }

    #[test]
    fn rt_3a_the_clock_goes_forward() {
        // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC.
        let day = berlin_sunday("09:00-17:00");
        assert_eq!(day.next_opening(at("2026-03-28T12:00:00Z")), Some(at("2026-03-29T07:00:00Z")));
        assert_eq!(day.next_opening(at("2026-03-22T17:00:00Z")), Some(at("2026-03-29T07:00:00Z")));
        // the start lies in the hour that is skipped
        let night = berlin_sunday("02:30-04:00");
        assert_eq!(
            night.next_opening(at("2026-03-29T00:00:00Z")),
            Some(at("2026-03-29T01:00:00Z"))
        );
        // the whole interval is skipped
        let gone = berlin_sunday("02:10-02:50");
        assert_eq!(gone.next_opening(at("2026-03-29T00:00:00Z")), Some(at("2026-04-05T00:10:00Z")));
    }

    #[test]
    fn rt_3a_the_clock_goes_back() {
        // 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC; 02:00-03:00 happens twice.
        let day = berlin_sunday("01:00-02:30");
        assert!(day.open_at(at("2026-10-25T00:29:00Z")));
        assert!(!day.open_at(at("2026-10-25T00:45:00Z")));
        assert!(day.open_at(at("2026-10-25T01:15:00Z")));
        assert_eq!(day.next_opening(at("2026-10-25T00:45:00Z")), Some(at("2026-10-25T01:00:00Z")));
        assert_eq!(day.next_opening(at("2026-10-25T02:00:00Z")), Some(at("2026-11-01T00:00:00Z")));
    }

    #[test]
    fn rt_3a_unsound_hours_are_refused_with_the_place() {
        for (json, path, code) in [
            (
                r#"{"time_zone":"Mars/Base","week":{"mon":["09:00-18:00"]}}"#,
                "/time_zone",
                "unknown_time_zone",
            ),
            (r#"{"time_zone":"UTC","week":{"mon":["9-18"]}}"#, "/week/mon/0", "bad_interval"),
            (
                r#"{"time_zone":"UTC","week":{"mon":["09:00-24:01"]}}"#,
                "/week/mon/0",
                "bad_interval",
            ),
            (r#"{"time_zone":"UTC","week":{"mon":["22:00-06:00"]}}"#, "/week/mon/0", "backwards"),
            (
                r#"{"time_zone":"UTC","week":{"tue":["09:00-12:00","11:00-13:00"]}}"#,
                "/week/tue",
                "overlap",
            ),
            (
                r#"{"time_zone":"UTC","week":{"tue":["09:00-12:00"]},"holidays":{"1.1.2027":[]}}"#,
                "/holidays/1.1.2027",
                "bad_date",
            ),
            (r#"{"time_zone":"UTC"}"#, "/week", "never_open"),
        ] {
            assert_eq!(problems(json), [(path.to_owned(), code)], "{json}");
        }
        assert!(serde_json::from_str::<Schedule>(r#"{"time_zone":"UTC","weeks":{}}"#).is_err());
    }

    #[test]
    fn stored_form_round_trips() {
        let stored = serde_json::to_string(&moscow()).unwrap();
        assert_eq!(schedule(&stored), moscow());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        /// Around the nights when clocks move, the opening is the first open minute.
        #[test]
        fn rt_3a_next_opening_is_the_first_open_minute(
            zone in prop_oneof![
                Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"),
                Just("Europe/Moscow"), Just("Asia/Kathmandu"), Just("America/Santiago"),
            ],
            start in prop_oneof![
                Just("2026-03-07T12:00:00Z"), Just("2026-03-28T12:00:00Z"), Just("2026-04-04T06:00:00Z"),
                Just("2026-09-05T18:00:00Z"), Just("2026-10-24T12:00:00Z"), Just("2026-10-31T20:00:00Z"),
            ],
            later in 0..1800_i64,
            from in 0..1439_u16,
            length in 1..300_u16,
        ) {
            let hours = Interval { from, to: (from + length).min(DAY) }.to_string();
            let schedule: Schedule = serde_json::from_value(serde_json::json!({
                "time_zone": zone, "week": { "sat": [hours], "sun": [hours], "mon": [hours] } }))
            .unwrap();
            let now = at(start) + Duration::minutes(later);
            let stepped = (0..5 * 1440)
                .map(|n| now + Duration::minutes(n))
                .find(|t| schedule.open_at(*t));
            let found = schedule.next_opening(now);
            match stepped {
                Some(expect) => prop_assert_eq!(found, Some(expect)),
                None => prop_assert!(found.is_some_and(|t| t >= now + Duration::days(5))),
            }
        }
    }
}
