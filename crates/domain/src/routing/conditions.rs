//! Whether a condition holds (RT-1).

use super::{Crowd, Facts};
use crate::scenario::{Condition, Hours};

/// A group without conditions: `all` and `not` hold, `any` does not.
pub fn holds(condition: &Condition, facts: &Facts) -> bool {
    match condition {
        Condition::All { of } => of.iter().all(|c| holds(c, facts)),
        Condition::Any { of } => of.iter().any(|c| holds(c, facts)),
        Condition::Not { of } => !of.iter().any(|c| holds(c, facts)),
        Condition::Channel { channels } => channels.contains(&facts.channel.id),
        Condition::Kind { kinds } => kinds.contains(&facts.channel.kind),
        Condition::Site { any_of } => {
            let host = |text: &str| folded(text).trim_start_matches("www.").to_owned();
            let site = facts.attribution.site.as_deref().map(host);
            site.is_some_and(|site| any_of.iter().any(|s| host(s) == site))
        }
        Condition::Campaign { any_of } => is_one_of(facts.attribution.campaign.as_deref(), any_of),
        Condition::Source { any_of } => is_one_of(facts.attribution.source.as_deref(), any_of),
        Condition::Utm { key, any_of } => {
            let key = folded(key);
            let key = key.strip_prefix("utm_").unwrap_or(&key);
            is_one_of(facts.attribution.utm.get(key).map(String::as_str), any_of)
        }
        Condition::Page { any_of } => {
            contains_one_of(facts.attribution.page.as_deref().unwrap_or_default(), any_of)
        }
        Condition::WorkingHours { schedule, state } => {
            let open = facts.schedules.get(schedule).is_none_or(|s| s.open_at(facts.now));
            open == (*state == Hours::Open)
        }
        Condition::Enquiry { order } => facts.enquiry == *order,
        Condition::Contact { state } => facts.contact == *state,
        Condition::LastAssigneeOnline {} => {
            facts.last_assignee.is_some_and(|employee| facts.is_online(employee))
        }
        Condition::Text { any_of } => contains_one_of(&facts.text, any_of),
        Condition::Language { any_of } => {
            let primary = |tag: &str| folded(tag).split(['-', '_']).next().map(str::to_owned);
            let language = facts.language.as_deref().and_then(primary);
            language.is_some() && any_of.iter().any(|tag| primary(tag) == language)
        }
        Condition::AnyoneOnline { group } => {
            facts.anyone_online(group.map_or(Crowd::Everybody, Crowd::Group))
        }
    }
}

fn is_one_of(value: Option<&str>, any_of: &[String]) -> bool {
    value.map(folded).is_some_and(|value| any_of.iter().any(|one| folded(one) == value))
}

fn contains_one_of(text: &str, any_of: &[String]) -> bool {
    let text = folded(text);
    any_of.iter().map(|word| folded(word)).any(|word| !word.is_empty() && text.contains(&word))
}

/// The form in which words are compared: people write `е` for `ё` and do not mind case.
fn folded(text: &str) -> String {
    text.trim().to_lowercase().replace('ё', "е")
}
