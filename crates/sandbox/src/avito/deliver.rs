//! Webhooks: each message goes once to each registered address, with two seconds to answer. How
//! Avito repeats them is not documented, so nothing repeats by itself here.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use url::{Host, Url};

use super::{
    answer::Refusal,
    world::{Message, Shared},
};
use crate::counter::count_down;

/// One try to hand a message to a webhook.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub message_id: String,
    pub url: String,
    /// The HTTP status, or why there was none.
    pub answer: Result<u16, String>,
    pub took_ms: u128,
}

/// Tells of a message, now and in the background.
pub(super) fn message(shared: &Arc<Shared>, chat: &str, message: &Message) {
    let told = shared.change(|world| {
        let seller_id = world.chats.get(chat)?.seller;
        let body = world.hook_json(chat, message);
        let seller = world.sellers.get_mut(&seller_id)?;
        seller.last_hook = Some(body.clone());
        if count_down(&mut seller.faults.lost_hooks) {
            return None;
        }
        let urls: Vec<String> = seller.hooks.iter().map(|hook| hook.url.clone()).collect();
        Some((seller_id, body, urls, 1 + seller.faults.copies))
    });
    let Some((seller, body, urls, copies)) = told else { return };
    for url in urls {
        for _ in 0..copies {
            spawn(shared, seller, url.clone(), body.clone());
        }
    }
}

/// The same body once more, to every address: what a repeat would look like.
pub(super) fn again(shared: &Arc<Shared>, seller: i64) {
    let told = {
        let world = shared.world();
        world.sellers.get(&seller).and_then(|state| {
            let urls: Vec<String> = state.hooks.iter().map(|hook| hook.url.clone()).collect();
            Some((state.last_hook.clone()?, urls))
        })
    };
    let Some((body, urls)) = told else { return };
    for url in urls {
        spawn(shared, seller, url, body.clone());
    }
}

fn spawn(shared: &Arc<Shared>, seller: i64, url: String, body: Value) {
    let by = Arc::clone(shared);
    shared.tasks.spawn(async move {
        let started = std::time::Instant::now();
        let answer = tokio::select! {
            answer = post(&by, &url, &body) => answer,
            () = by.stop.cancelled() => return,
        };
        let id = body["payload"]["value"]["id"].as_str().unwrap_or_default().to_owned();
        let took_ms = started.elapsed().as_millis();
        let delivery = Delivery { message_id: id, url, answer, took_ms };
        by.change(|world| world.note_delivery(seller, delivery));
    });
}

async fn post(shared: &Shared, url: &str, body: &Value) -> Result<u16, String> {
    let local = Url::parse(url).ok().is_some_and(|url| match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    });
    if !local {
        // Never beyond this machine.
        return Err("no way there".to_owned());
    }
    // Its algorithm is not published, so nobody can check it.
    let signature = hex::encode(rand::random::<[u8; 32]>());
    let request = shared.client.post(url).timeout(shared.options.webhook_timeout);
    let request = request.header("x-avito-messenger-signature", signature).json(body);
    match request.send().await {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) if error.is_timeout() => Err("no answer in time".to_owned()),
        Err(error) if error.is_connect() => Err("no connection".to_owned()),
        Err(_) => Err("the connection broke".to_owned()),
    }
}

/// An address is taken if it answers `{}` with 200 in time.
pub(super) async fn probe(shared: &Shared, url: &str) -> Result<(), Refusal> {
    let refused = |what: String| Refusal::new(422, format!("webhook url is not available: {what}"));
    match post(shared, url, &serde_json::json!({})).await {
        Ok(200) => Ok(()),
        Ok(status) => Err(refused(format!("status {status}"))),
        Err(why) => Err(refused(why)),
    }
}
