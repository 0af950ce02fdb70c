//! How an employee has set the workstation. The faces alone know what it says; here it is an object
//! of bounded size.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// How large it may be as JSON text.
pub const MOST_BYTES: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreferencesView {
    #[schema(value_type = Object)]
    pub preferences: Map<String, Value>,
    /// `null`: nothing was ever set.
    pub updated_at: Option<DateTime<Utc>>,
}

/// Whether it is small enough to keep.
pub fn is_bounded(preferences: &Map<String, Value>) -> bool {
    serde_json::to_vec(preferences).is_ok_and(|text| text.len() <= MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_bound_counts_bytes_of_the_text() {
        let of = |letters: usize| {
            let mut map = Map::new();
            map.insert("a".to_owned(), json!("x".repeat(letters)));
            map
        };
        let frame = r#"{"a":""}"#.len();
        assert!(is_bounded(&Map::new()));
        assert!(is_bounded(&of(MOST_BYTES - frame)));
        assert!(!is_bounded(&of(MOST_BYTES - frame + 1)));
    }
}
