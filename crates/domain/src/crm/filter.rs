//! Conditions over an enquiry (AMO-6, AMO-11, B24-4, B24-7, B24-10): and/or groups over any parameter,
//! with Allow or Denied above them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Param;

/// A condition. An empty group holds (`all`) or does not (`any`), as in logic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[schema(no_recursion)]
pub enum Filter {
    All {
        of: Vec<Filter>,
    },
    Any {
        of: Vec<Filter>,
    },
    /// None of these holds.
    Not {
        of: Vec<Filter>,
    },
    /// The parameter's value stands in this relation to one of `values`; compared without regard to
    /// case, `ё` being `е`, spaces at the ends left out.
    Param {
        param: Param,
        by: Operator,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        values: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    StartsWith,
    /// Has any value; `values` must be empty.
    Filled,
    Empty,
}

/// What becomes of those that match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    #[default]
    Allow,
    Denied,
}

/// A filter with its verdict: `allow` lets pass what matches and nothing else, `denied` lets pass
/// everything that does not match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    #[serde(default)]
    pub verdict: Verdict,
    pub when: Filter,
}
