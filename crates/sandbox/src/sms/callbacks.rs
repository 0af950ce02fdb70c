//! What the providers tell by themselves: that a message arrived, and what people write.
//!
//! Form and repeats of callbacks are documented by SMSC.ru only in part and by the others not at
//! all: JSON for SMS Aero (as `sms/status` answers it) and Exolve (as `GetList` answers it).

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{
    Delivery, Provider, Status, aero, exolve, smsc,
    world::{Incoming, Outgoing, Shared, now},
};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A message that was taken is on its way to the phone.
pub(super) fn travel(shared: &Arc<Shared>, key: u64) {
    let (ours, stop) = (Arc::clone(shared), shared.stop.clone());
    shared.tasks.spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(ours.options.travel) => {}
            () = stop.cancelled() => return,
        }
        let fate = {
            let world = ours.world();
            let Some(message) = world.outgoing.get(&key) else { return };
            let phone = world.phones.get(&message.to);
            match phone {
                _ if message.test => Some(Status::Delivered),
                Some(phone) if phone.stop_list => Some(Status::Undelivered),
                Some(phone) if phone.off => None,
                _ => Some(Status::Delivered),
            }
        };
        if let Some(fate) = fate {
            settle(&ours, key, fate);
        }
    });
}

/// The message's fate, and the callback that tells it.
pub(super) fn settle(shared: &Arc<Shared>, key: u64, status: Status) {
    let told = shared.change(|world| {
        let message = world.outgoing.get_mut(&key)?;
        if message.status == Status::Sent {
            message.status = status;
            message.changed = now();
        }
        let message = message.clone();
        let account = world.accounts.get(&message.account)?;
        let url = match message.provider {
            Provider::SmsAero => message.callback.clone(),
            other => account.callbacks.get(&other).cloned(),
        };
        Some((url?, message))
    });
    if let Some((url, message)) = told {
        let (kind, body) = status_body(&message);
        tell(shared, message.account, url, kind, body);
    }
}

fn status_body(message: &Outgoing) -> (&'static str, String) {
    match message.provider {
        Provider::SmsAero => (JSON, aero::shown(message).to_string()),
        Provider::SmscRu => (FORM, smsc::status_form(message)),
        Provider::Exolve => (JSON, exolve::sent_event(message).to_string()),
    }
}

/// Every provider to whom the company gave an address hears of it.
pub(super) fn tell_incoming(shared: &Arc<Shared>, id: u64) {
    let told = {
        let world = shared.world();
        let Some(message) = world.incoming.get(&id).cloned() else { return };
        let addresses =
            world.accounts.get(&message.account).map(|a| a.callbacks.clone()).unwrap_or_default();
        (message, addresses)
    };
    let (message, addresses) = told;
    for (provider, url) in addresses {
        let (kind, body) = incoming_body(provider, id, &message);
        tell(shared, message.account, url, kind, body);
    }
}

fn incoming_body(provider: Provider, id: u64, message: &Incoming) -> (&'static str, String) {
    match provider {
        Provider::SmsAero => {
            let body = json!({
                "id": id, "from": message.phone, "to": message.to, "text": message.text,
                "dateCreate": message.at.timestamp(),
            });
            (JSON, body.to_string())
        }
        Provider::SmscRu => (FORM, smsc::incoming_form(id, message)),
        Provider::Exolve => (JSON, exolve::received(id, message).to_string()),
    }
}

fn tell(shared: &Arc<Shared>, account: u64, url: String, kind: &'static str, body: String) {
    let faults = shared.world().accounts.get(&account).map(|a| a.faults).unwrap_or_default();
    let url = if faults.wrong_key { wrong_key(&url) } else { url };
    for _ in 0..=faults.copies {
        let (ours, url, body) = (Arc::clone(shared), url.clone(), body.clone());
        shared.tasks.spawn(async move { deliver(&ours, &url, kind, &body).await });
    }
}

/// The address with another value in its last parameter.
fn wrong_key(url: &str) -> String {
    match url.rsplit_once('=') {
        Some((address, _)) => format!("{address}=wrong"),
        None => format!("{url}?key=wrong"),
    }
}

async fn deliver(shared: &Shared, url: &str, kind: &'static str, body: &str) {
    let mut pause = shared.options.retry_base;
    for attempt in 1..=shared.options.tries {
        let asked = shared.client.post(url).header("content-type", kind).body(body.to_owned());
        let asked = asked.timeout(shared.options.callback_timeout).send();
        let answer = tokio::select! {
            answer = asked => answer,
            () = shared.stop.cancelled() => return,
        };
        let answer =
            answer.map(|a| a.status().as_u16()).map_err(|error| error.without_url().to_string());
        let taken = answer.as_ref().is_ok_and(|status| (200..300).contains(status));
        let delivery = Delivery { url: url.to_owned(), body: body.to_owned(), attempt, answer };
        shared.change(|world| world.note_delivery(delivery));
        if taken {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.stop.cancelled() => return,
        }
        pause = pause.saturating_mul(2).min(Duration::from_secs(600));
    }
}
