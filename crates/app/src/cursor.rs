//! Cursors of lists that go by time: opaque to clients, checked when they come back.

use chrono::{DateTime, Utc};
use domain::text::Words;
use uuid::Uuid;

use crate::{Error, Result};

/// Names a row by its moment and id.
pub(crate) fn write(at: DateTime<Utc>, id: Uuid) -> String {
    format!("{:x}.{}", at.timestamp_micros(), id.simple())
}

/// Reads a cursor of [`write`].
pub(crate) fn read(text: Option<&str>) -> Result<Option<(DateTime<Utc>, Uuid)>> {
    text.map(|text| parse(text).ok_or_else(bad)).transpose()
}

fn parse(text: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let (at, id) = text.split_once('.')?;
    let at = DateTime::from_timestamp_micros(i64::from_str_radix(at, 16).ok()?)?;
    Some((at, Uuid::try_parse(id).ok()?))
}

pub(crate) fn bad() -> Error {
    Error::invalid(
        "cursor",
        "bad_cursor",
        Words::new(
            "Курсор не от этого списка. Начните список сначала, без cursor.",
            "Not a cursor of this list. Start the list anew, without a cursor.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_round_trips_and_others_are_refused() {
        let at = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap();
        let id = Uuid::from_u128(7);
        assert_eq!(read(Some(&write(at, id))).unwrap(), Some((at, id)));
        assert_eq!(read(None).unwrap(), None);
        for text in ["", ".", "1", "zz.00", "1.x", "ffffffffffffffff.00"] {
            assert!(read(Some(text)).is_err(), "{text}");
        }
    }
}
