//! Tags of contacts and deals (AMO-7, BY-3).

use super::{Facts, FixedTag};

/// The text of a tag of the fixed list; `None`: the enquiry has nothing to say there.
pub fn fixed_tag(_tag: FixedTag, _facts: &Facts) -> Option<String> {
    None
}
