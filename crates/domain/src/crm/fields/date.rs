//! Days and moments as people and forms write them: `22.11.2026`, `2026-11-22 14:05`.

use chrono::{
    DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone,
};
use chrono_tz::Tz;

/// A moment in the company's time zone; of a day its beginning.
#[derive(Debug, PartialEq, Eq)]
pub struct When(DateTime<Tz>);

/// A year before this is a misprint and no birthday.
const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2200;

const DAYS: [&str; 4] = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"];
const TIMES: [&str; 2] = ["%H:%M:%S%.f", "%H:%M"];

impl When {
    /// Unix seconds.
    pub fn seconds(&self) -> i64 {
        self.0.timestamp()
    }

    /// Unix seconds of the middle of its day. amoCRM cuts them to the day in its account's own time zone
    /// (<https://github.com/amocrm/amocrm-api-php/issues/402>): midnight of a company to the east of it
    /// would be the day before.
    pub fn noon(&self) -> i64 {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or(NaiveTime::MIN);
        first_of(self.0.timezone(), self.0.date_naive().and_time(noon))
            .map_or_else(|| self.seconds(), |noon| noon.timestamp())
    }

    pub fn iso_day(&self) -> String {
        self.0.format("%Y-%m-%d").to_string()
    }

    /// RFC 3339 with the zone's offset.
    pub fn iso(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, false)
    }
}

/// A day, or a day with its time; a time with an offset is turned into the zone.
pub fn read(text: &str, zone: Tz) -> Option<When> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return sound(moment.with_timezone(&zone));
    }
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day.trim_end_matches(','), read_time(time.trim())?),
        None => (text, NaiveTime::MIN),
    };
    sound(first_of(zone, read_day(day)?.and_time(time))?)
}

fn sound(moment: DateTime<Tz>) -> Option<When> {
    use chrono::Datelike;
    (FIRST_YEAR..=LAST_YEAR).contains(&moment.year()).then_some(When(moment))
}

fn read_day(text: &str) -> Option<NaiveDate> {
    DAYS.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

fn read_time(text: &str) -> Option<NaiveTime> {
    TIMES.iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok())
}

/// The earlier of two equal local times; where the clock jumps over it, an hour later.
fn first_of(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Tz>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Some(moment),
        LocalResult::None => zone.from_local_datetime(&(local + Duration::hours(1))).earliest(),
    }
}
