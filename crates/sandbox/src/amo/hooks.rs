//! Webhook subscriptions of an account. Admins only; on an address there is one, with many events.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use axum::{Router, body::Bytes, extract::State, routing::get};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    answer::{Answer, Refusal, Reply},
    check::{Check, object},
    events,
    gate::Caller,
    outbox,
    php::Query,
    world::{AccountState, Event, Shared},
};

type App = State<Arc<Shared>>;

const MOST: usize = 100;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Webhook {
    pub id: i64,
    pub destination: String,
    pub settings: Vec<String>,
    pub sort: i64,
    pub disabled: bool,
    pub created_by: i64,
    pub created_at: i64,
    pub updated_at: i64,
    /// Events that have not left yet, in their order.
    #[serde(skip)]
    pub waiting: VecDeque<Event>,
    /// Moments of the answers that were no good.
    #[serde(skip)]
    pub failures: VecDeque<i64>,
    /// Ends what sends to this address.
    #[serde(skip)]
    pub stop: CancellationToken,
}

/// One POST of an account to an address, and what was answered.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub account: String,
    pub destination: String,
    pub event: String,
    /// As it was sent: brackets, form-encoded.
    pub body: String,
    pub attempt: u32,
    /// 0: no answer within two seconds, or no connection.
    pub status: u16,
    pub at_ms: i64,
}

impl Delivery {
    /// The body by the names in brackets.
    #[must_use]
    pub fn fields(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/v4/webhooks", get(list).post(add).delete(delete))
}

fn shown(account: &AccountState, hook: &Webhook) -> Value {
    json!({
        "id": hook.id, "destination": hook.destination, "created_at": hook.created_at,
        "updated_at": hook.updated_at, "account_id": account.id, "created_by": hook.created_by,
        "sort": hook.sort, "disabled": hook.disabled, "settings": hook.settings,
    })
}

async fn list(State(shared): App, caller: Caller, query: Query) -> Answer {
    caller.admin()?;
    shared.look(&caller, |account| {
        let wanted = query.one("filter[destination]");
        let found: Vec<Value> = account
            .webhooks
            .values()
            .filter(|hook| wanted.is_none_or(|wanted| wanted == hook.destination))
            .map(|hook| shown(account, hook))
            .collect();
        if found.is_empty() {
            return Ok(Reply::Nothing);
        }
        Ok(Reply::Hal(json!({"_total_items": found.len(), "_embedded": {"webhooks": found}})))
    })
}

async fn add(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    caller.admin()?;
    let item = object(&body)?;
    let (answer, fresh) = shared.serve(&caller, |acting| {
        let mut check = Check::default();
        let destination = check.filled(&item, "destination").unwrap_or_default();
        let address = url::Url::parse(&destination).ok();
        // Cyrillic domains are not supported.
        let web = address.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
        let good = web && destination.is_ascii();
        if !destination.is_empty() && !good {
            check.find("InvalidUrl", "destination", "This value is not a valid URL.");
        }
        let mut settings = Vec::new();
        let unsorted = acting.account.switches.unsorted_events;
        for (at, setting) in check.list(&item, "settings").iter().enumerate() {
            let name = setting.as_str().unwrap_or_default();
            let known =
                events::SETTINGS.contains(&name) || (unsorted && events::UNSORTED.contains(&name));
            if known {
                settings.push(name.to_owned());
            } else {
                check.no_choice(&format!("settings.{at}"));
            }
        }
        if settings.is_empty() && check.findings.is_empty() {
            check.find("NotBlank", "settings", "This value should not be blank.");
        }
        let sort = check.integer(&item, "sort");
        check.verdict()?;
        let (now, by) = (acting.now, acting.by);
        let known = acting.account.webhooks.values_mut().find(|h| h.destination == destination);
        let (id, fresh) = if let Some(hook) = known {
            hook.settings = settings;
            hook.updated_at = now;
            hook.disabled = false;
            hook.failures.clear();
            (hook.id, false)
        } else {
            if acting.account.webhooks.len() >= MOST {
                return Err(Refusal::new(422, "At most 100 webhooks"));
            }
            let id = acting.ids.made();
            let hook = Webhook {
                id,
                destination,
                settings,
                sort: sort.unwrap_or(1),
                disabled: false,
                created_by: by,
                created_at: now,
                updated_at: now,
                waiting: VecDeque::new(),
                failures: VecDeque::new(),
                stop: CancellationToken::new(),
            };
            acting.account.webhooks.insert(id, hook);
            (id, true)
        };
        let hook = acting.account.webhooks.get(&id).ok_or_else(Refusal::not_found)?;
        Ok((Reply::Created(shown(acting.account, hook)), fresh.then_some((id, hook.stop.clone()))))
    })?;
    if let Some((id, stop)) = fresh {
        outbox::open(&shared, caller.account_id, id, stop);
    }
    Ok(answer)
}

async fn delete(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    caller.admin()?;
    let item = object(&body)?;
    shared.serve(&caller, |acting| {
        let destination = item.get("destination").and_then(Value::as_str).unwrap_or_default();
        let hooks = &mut acting.account.webhooks;
        let id = hooks.values().find(|hook| hook.destination == destination).map(|hook| hook.id);
        let hook = id.and_then(|id| hooks.remove(&id)).ok_or_else(Refusal::not_found)?;
        hook.stop.cancel();
        Ok(Reply::Nothing)
    })
}
