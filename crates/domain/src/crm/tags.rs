//! Tags of contacts and deals (AMO-7, BY-3).

use super::{Facts, FixedTag, Param, TagRule, names};

/// The fixed list, in its order.
pub const FIXED_TAGS: [FixedTag; 7] = [
    FixedTag::ChannelKind,
    FixedTag::ChannelName,
    FixedTag::Order,
    FixedTag::EnquiryKind,
    FixedTag::Site,
    FixedTag::Source,
    FixedTag::Campaign,
];

/// The text of a tag of the fixed list; `None`: the enquiry has nothing to say there.
pub fn fixed_tag(tag: FixedTag, facts: &Facts) -> Option<String> {
    let template = match tag {
        FixedTag::ChannelKind => Param::ChannelKind,
        FixedTag::ChannelName => Param::ChannelName,
        FixedTag::Order => Param::EnquiryOrder,
        FixedTag::EnquiryKind => Param::EnquiryKind,
        FixedTag::Site => Param::Site,
        FixedTag::Source => Param::Source,
        FixedTag::Campaign => Param::Campaign,
    };
    names::render(&format!("{{{template}}}"), facts)
}

/// All tags of an enquiry: the fixed list, then own ones; each once, whatever its case.
pub fn tags(rule: &TagRule, facts: &Facts) -> Vec<String> {
    let fixed = FIXED_TAGS.iter().filter(|_| rule.fixed).filter_map(|tag| fixed_tag(*tag, facts));
    let own = rule.own.iter().filter_map(|template| names::render(template, facts));
    let mut all: Vec<String> = Vec::new();
    for tag in fixed.chain(own) {
        if !all.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
            all.push(tag);
        }
    }
    all
}
