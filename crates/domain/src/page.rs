//! Lists are read in pages, by a cursor. What a cursor's text holds is the matter of who makes it.

use serde::{Deserialize, Serialize};

/// How many items a page has: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Limit(u32);

/// More or fewer items than a page can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a limit from 1 to {}", Limit::MOST)]
pub struct BadLimit;

impl Limit {
    pub const MOST: u32 = 100;

    pub fn get(self) -> usize {
        self.0 as usize
    }

    /// How many rows to read: one more than shown tells whether there is a next page.
    pub fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u32> for Limit {
    type Error = BadLimit;

    fn try_from(count: u32) -> Result<Self, BadLimit> {
        if (1..=Self::MOST).contains(&count) { Ok(Self(count)) } else { Err(BadLimit) }
    }
}

impl From<Limit> for u32 {
    fn from(limit: Limit) -> Self {
        limit.0
    }
}

/// One page of a list. `next` asks for the page after it; `None`: this is the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// From up to [`Limit::rows`] rows in order. `cursor` names the last item shown.
    pub fn of_rows(mut rows: Vec<T>, limit: Limit, cursor: impl FnOnce(&T) -> String) -> Self {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next }
    }

    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_next_one_only_if_there_is_more() {
        let limit = Limit::try_from(2).unwrap();
        let page = |rows: Vec<u8>| Page::of_rows(rows, limit, u8::to_string);
        assert_eq!(page(vec![1, 2, 3]), Page { items: vec![1, 2], next: Some("2".to_owned()) });
        assert_eq!(page(vec![1, 2]).next, None);
        assert_eq!(page(vec![]).next, None);
    }

    #[test]
    fn a_limit_is_bounded() {
        for (count, sound) in [(0, false), (1, true), (100, true), (101, false)] {
            assert_eq!(Limit::try_from(count).is_ok(), sound, "{count}");
            assert_eq!(serde_json::from_str::<Limit>(&count.to_string()).is_ok(), sound);
        }
    }
}
