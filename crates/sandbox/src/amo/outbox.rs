//! Sends the account's events to its webhooks: one at a time to an address, two seconds for an
//! answer, and later tries that hold nothing else up.

use std::sync::Arc;

use reqwest::header;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    hooks::Delivery,
    php,
    world::{AccountState, Event, Shared},
};

const MINUTE: i64 = 60_000;
/// Before the second, third, fourth and fifth try. The last two only after 499 and 5xx.
const LADDER: [i64; 4] = [5 * MINUTE, 15 * MINUTE, 15 * MINUTE, 60 * MINUTE];
/// More bad answers than this within two hours, and the subscription is switched off.
const BAD_ANSWERS: usize = 100;
const BAD_WINDOW: i64 = 120 * MINUTE;
const WAITING_KEPT: usize = 50_000;
const DELIVERIES_KEPT: usize = 50_000;

/// Starts what sends to one address.
pub(super) fn open(shared: &Arc<Shared>, account_id: i64, hook_id: i64, stop: CancellationToken) {
    let sending = Arc::clone(shared);
    shared.tasks.spawn(async move {
        let all_stop = sending.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = all_stop.cancelled() => {}
            () = send_all(&sending, account_id, hook_id) => {}
        }
    });
}

async fn send_all(shared: &Arc<Shared>, account_id: i64, hook_id: i64) {
    let mut bell = shared.bell.subscribe();
    loop {
        let due = {
            let world = shared.world();
            let account = world.accounts.get(&account_id);
            account.is_some_and(|account| {
                let waits = account.webhooks.get(&hook_id).is_some_and(|h| !h.waiting.is_empty());
                waits || !account.happened.is_empty()
            })
        };
        if !due {
            if bell.changed().await.is_err() {
                return;
            }
            continue;
        }
        let delay = {
            let world = shared.world();
            let account = world.accounts.get(&account_id);
            account.map_or(0, |account| account.switches.webhook_delay_ms)
        };
        if delay > 0 {
            let delay = i64::try_from(delay).unwrap_or(i64::MAX / 4);
            shared.sleep_until(shared.clock().now_ms() + delay).await;
        }
        let (address, events, account) = {
            let mut world = shared.world();
            let Some(account) = world.accounts.get_mut(&account_id) else { return };
            account.hand_out();
            let about = about(account);
            let switches = account.switches;
            let Some(hook) = account.webhooks.get_mut(&hook_id) else { return };
            let mut events: Vec<Event> = hook.waiting.drain(..).collect();
            if switches.coalesce_webhooks {
                events = coalesced(events);
            }
            if switches.reorder_webhooks {
                events.reverse();
            }
            (hook.destination.clone(), events, about)
        };
        for event in events {
            let body = php::form(&json!({
                event.section: {event.action: [event.body]}, "account": account,
            }));
            let delivery = Delivery {
                account: account["subdomain"].as_str().unwrap_or_default().to_owned(),
                destination: address.clone(),
                event: event.setting.to_owned(),
                body,
                attempt: 1,
                status: 0,
                at_ms: 0,
            };
            attempt(shared, account_id, hook_id, delivery).await;
        }
    }
}

/// Of several events with one name about one thing the last stays, in the place of the first.
fn coalesced(events: Vec<Event>) -> Vec<Event> {
    let mut kept: Vec<Event> = Vec::new();
    for event in events {
        let same =
            |other: &&mut Event| other.setting == event.setting && other.about == event.about;
        match kept.iter_mut().find(same) {
            Some(other) => *other = event,
            None => kept.push(event),
        }
    }
    kept
}

fn about(account: &AccountState) -> Value {
    json!({
        "subdomain": account.subdomain, "id": account.id,
        "_links": {"self": format!("https://{}.amocrm.ru", account.subdomain)},
    })
}

impl AccountState {
    /// What happened goes to the addresses that want it.
    fn hand_out(&mut self) {
        let lose = self.switches.lose_webhooks;
        while let Some(event) = self.happened.pop_front() {
            self.events_told = self.events_told.wrapping_add(1);
            if lose > 0 && self.events_told.is_multiple_of(lose) {
                continue;
            }
            let interested = self.webhooks.values_mut().filter(|hook| {
                !hook.disabled && hook.settings.iter().any(|name| name == event.setting)
            });
            for hook in interested {
                if hook.waiting.len() >= WAITING_KEPT {
                    hook.waiting.pop_front();
                }
                hook.waiting.push_back(event.clone());
            }
        }
    }
}

async fn attempt(shared: &Arc<Shared>, account_id: i64, hook_id: i64, mut delivery: Delivery) {
    let sending = shared
        .client
        .post(&delivery.destination)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .timeout(shared.options.webhook_timeout)
        .body(delivery.body.clone())
        .send();
    delivery.status = sending.await.map_or(0, |response| response.status().as_u16());
    delivery.at_ms = shared.clock().now_ms();
    let good = (100..300).contains(&delivery.status);
    let disabled = shared.change(|world| {
        world.note_delivery(delivery.clone());
        let account = world.accounts.get_mut(&account_id);
        let Some(hook) = account.and_then(|account| account.webhooks.get_mut(&hook_id)) else {
            return true;
        };
        if !good {
            hook.failures.push_back(delivery.at_ms);
            hook.failures.retain(|at| delivery.at_ms - at < BAD_WINDOW);
            if hook.failures.len() > BAD_ANSWERS {
                hook.disabled = true;
                hook.waiting.clear();
            }
        }
        hook.disabled
    });
    if !good && !disabled {
        try_later(shared, account_id, hook_id, delivery);
    }
}

/// A later try waits by itself: what happened since does not wait for it.
fn try_later(shared: &Arc<Shared>, account_id: i64, hook_id: i64, mut delivery: Delivery) {
    let step = usize::try_from(delivery.attempt).unwrap_or(usize::MAX) - 1;
    let Some(pause) = LADDER.get(step).copied() else { return };
    // No answer in time is what the service itself writes down as 499.
    let lasting = matches!(delivery.status, 0 | 499 | 500..);
    if step >= 2 && !lasting {
        return;
    }
    // From the answer on: whoever skips time after it was noted skips the pause.
    let at = delivery.at_ms + pause;
    let later = Arc::clone(shared);
    shared.tasks.spawn(async move {
        let stop = later.stop.clone();
        tokio::select! {
            () = stop.cancelled() => return,
            () = later.sleep_until(at) => {}
        }
        let alive = {
            let world = later.world();
            let account = world.accounts.get(&account_id);
            account.and_then(|a| a.webhooks.get(&hook_id)).is_some_and(|hook| !hook.disabled)
        };
        if alive {
            delivery.attempt += 1;
            Box::pin(attempt(&later, account_id, hook_id, delivery)).await;
        }
    });
}

impl super::world::World {
    fn note_delivery(&mut self, delivery: Delivery) {
        if self.deliveries.len() >= DELIVERIES_KEPT {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(delivery);
    }
}
