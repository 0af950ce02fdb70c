//! `query`, `filter` and `order` of contacts and leads. Without the paid add-on `filter` is not
//! refused but ignored: the whole list comes back.

use super::{
    php::Query,
    world::{AccountState, Contact, Lead, Trail, Values},
};

fn told(account: &AccountState, query: &Query, name: &str) -> bool {
    account.switches.paid_filter && query.has(&format!("filter[{name}]"))
}

fn of_list(account: &AccountState, query: &Query, name: &str, value: i64) -> bool {
    !told(account, query, name) || query.integers(&format!("filter[{name}]")).contains(&value)
}

fn between(account: &AccountState, query: &Query, name: &str, value: Option<i64>) -> bool {
    if !told(account, query, name) {
        return true;
    }
    let Some(value) = value else { return false };
    let from = query.integer(&format!("filter[{name}][from]"));
    let to = query.integer(&format!("filter[{name}][to]"));
    from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to)
}

fn common(account: &AccountState, query: &Query, id: i64, trail: Trail, responsible: i64) -> bool {
    of_list(account, query, "id", id)
        && of_list(account, query, "responsible_user_id", responsible)
        && of_list(account, query, "created_by", trail.created_by)
        && of_list(account, query, "updated_by", trail.updated_by)
        && between(account, query, "created_at", Some(trail.created_at))
        && between(account, query, "updated_at", Some(trail.updated_at))
}

/// `filter[custom_fields_values][id][]=value`; multitext is not among the types it takes.
fn of_values(account: &AccountState, query: &Query, values: &Values) -> bool {
    if !account.switches.paid_filter {
        return true;
    }
    account.fields.values().filter(|field| field.field_type != "multitext").all(|field| {
        let wanted = query.all(&format!("filter[custom_fields_values][{}]", field.id));
        wanted.is_empty()
            || values.get(&field.id).into_iter().flatten().any(|value| {
                let text =
                    value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned);
                let choice = value.enum_id.map(|id| id.to_string());
                wanted.iter().any(|w| *w == text || choice.as_deref() == Some(w))
            })
    })
}

fn named(account: &AccountState, query: &Query, name: &str) -> bool {
    !told(account, query, "name") || query.all("filter[name]").contains(&name)
}

fn words(query: &Query) -> Option<String> {
    query.one("query").map(str::trim).filter(|words| !words.is_empty()).map(str::to_lowercase)
}

pub(super) fn contact(
    account: &AccountState,
    query: &Query,
    contact: &Contact,
    now_ms: i64,
) -> bool {
    common(account, query, contact.id, contact.trail, contact.responsible_user_id)
        && named(account, query, &contact.name)
        && of_values(account, query, &contact.values)
        && words(query).is_none_or(|words| contact.indexed.holds(&words, now_ms))
}

pub(super) fn lead(account: &AccountState, query: &Query, lead: &Lead, now_ms: i64) -> bool {
    let statuses = query.nested("filter[statuses]");
    let of_status = !account.switches.paid_filter || statuses.is_empty() || {
        let named = |at: &str, name: &str| {
            let found = statuses.iter().find(|(number, key, _)| *number == at && *key == name);
            found.and_then(|(_, _, value)| value.parse::<i64>().ok())
        };
        statuses.iter().any(|(at, ..)| {
            let fits =
                |name: &str, value: i64| named(at, name).is_none_or(|wanted| wanted == value);
            fits("pipeline_id", lead.pipeline_id) && fits("status_id", lead.status_id)
        })
    };
    of_status
        && common(account, query, lead.id, lead.trail, lead.responsible_user_id)
        && named(account, query, &lead.name)
        && of_list(account, query, "pipeline_id", lead.pipeline_id)
        && of_list(account, query, "price", lead.price)
        && between(account, query, "closed_at", lead.closed_at)
        && of_values(account, query, &lead.values)
        && words(query).is_none_or(|words| lead.indexed.holds(&words, now_ms))
}

/// `order[updated_at]=desc`; by id without it.
pub(super) fn sort<T>(query: &Query, found: &mut [T], key: impl Fn(&T) -> (i64, Trail)) {
    for (name, of) in [
        ("id", (|(id, _)| id) as fn((i64, Trail)) -> i64),
        ("created_at", |(_, trail)| trail.created_at),
        ("updated_at", |(_, trail)| trail.updated_at),
    ] {
        if let Some(direction) = query.one(&format!("order[{name}]")) {
            found.sort_by_key(|item| of(key(item)));
            if direction.eq_ignore_ascii_case("desc") {
                found.reverse();
            }
        }
    }
}
