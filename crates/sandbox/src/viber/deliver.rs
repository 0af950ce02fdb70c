//! Callbacks to the webhook of a bot: signed, tried several times within an hour until HTTP 200
//! (<https://developers.viber.com/docs/api/rest-bot-api/#webhooks>), in no promised order.

use std::sync::Arc;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    Delivery, phone,
    shape::{self, To},
    world::{Shared, unix_millis},
};

/// The document says how long it is tried and not when; so much after each failure, in seconds.
const PAUSES: [u32; 5] = [10, 60, 300, 900, 1800];

/// What is read of an answer.
const ANSWER_READ: usize = 64 << 10;

/// Something to tell a bot.
#[derive(Clone, Debug)]
pub(super) struct Callback {
    event: String,
    token: String,
    body: String,
}

/// Tells the bot, if it has a webhook that wants to hear of such things. `fields` are added to the
/// callback's head.
pub(super) fn tell(
    shared: &Arc<Shared>,
    bot: u64,
    person: u64,
    event: &str,
    token: u64,
    fields: Value,
) {
    let mut body = json!({
        "event": event,
        "timestamp": unix_millis(),
        "chat_hostname": "SN-CHAT-SANDBOX_",
        "message_token": token,
    });
    if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
        body.extend(fields);
    }
    let callback =
        Callback { event: event.to_owned(), token: token.to_string(), body: body.to_string() };
    shared.change(|world| {
        let hook = world.bots.get(&bot).and_then(|bot| bot.hook.as_ref());
        // Messages come in any case, the rest where it was asked for.
        let wanted = |events: &[String]| event == "message" || events.iter().any(|e| e == event);
        if !hook.is_some_and(|hook| wanted(&hook.events)) {
            return;
        }
        let lane = world.lanes.entry((bot, person)).or_insert_with(|| {
            let (lane, coming) = unbounded_channel();
            let shared_too = Arc::clone(shared);
            shared.tasks.spawn_on(run(shared_too, bot, person, coming), shared.runtime());
            lane
        });
        let _ = lane.send(callback);
    });
}

/// First tries of one chat go one after another; what failed is tried again beside them.
async fn run(shared: Arc<Shared>, bot: u64, person: u64, mut coming: UnboundedReceiver<Callback>) {
    loop {
        let callback = tokio::select! {
            () = shared.stop.cancelled() => return,
            callback = coming.recv() => callback,
        };
        let Some(callback) = callback else { return };
        if attempt(&shared, bot, person, &callback, 1).await {
            continue;
        }
        let again = Arc::clone(&shared);
        shared.tasks.spawn(async move {
            for (pause, number) in PAUSES.into_iter().zip(2..) {
                tokio::select! {
                    () = again.stop.cancelled() => return,
                    () = tokio::time::sleep(again.options.retry_base * pause) => {}
                }
                if attempt(&again, bot, person, &callback, number).await {
                    return;
                }
            }
        });
    }
}

/// Whether it was taken. Copies of a fault are only noted.
async fn attempt(
    shared: &Arc<Shared>,
    bot: u64,
    person: u64,
    callback: &Callback,
    number: u32,
) -> bool {
    let Some((hook, copies)) = shared.change(|world| {
        let bot = world.bots.get_mut(&bot)?;
        bot.last_sent = Some(callback.body.clone());
        Some((bot.hook.clone()?, bot.faults.copies))
    }) else {
        return true;
    };
    if hook.stolen {
        return true;
    }
    let mut taken = false;
    for copy in 0..=copies {
        let answer = signed(shared, bot, &hook.url, &callback.body).await;
        let status = answer.as_ref().map(|(status, _)| *status).map_err(Clone::clone);
        let kept = shared.options.kept;
        let delivery = Delivery {
            bot,
            event: callback.event.clone(),
            token: callback.token.clone(),
            attempt: number,
            answer: status.clone(),
        };
        shared.change(|world| world.note_delivery(delivery, kept));
        if copy == 0 {
            taken = status == Ok(200);
            if let Ok((200, body)) = answer {
                answered(shared, bot, person, callback, &body);
            }
        }
        if !taken {
            break;
        }
    }
    taken
}

/// Viber reads the answer to `conversation_started` alone: it may be one message to the person.
fn answered(shared: &Arc<Shared>, bot: u64, person: u64, callback: &Callback, body: &[u8]) {
    if body.trim_ascii().is_empty() {
        return;
    }
    if callback.event != "conversation_started" {
        shared.violated(format!("{} was answered with a body", callback.event));
        return;
    }
    let message = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(message)) => message,
        _ => return shared.violated("a welcome message is no JSON object".to_owned()),
    };
    match shape::check(&message, To::Opener) {
        Ok(()) => {
            phone::show(shared, bot, person, Value::Object(message));
        }
        Err((_, what)) => shared.violated(format!("a welcome message: {what}")),
    }
}

/// Posts a callback with the signature that the bot's present token makes.
pub(super) async fn signed(
    shared: &Shared,
    bot: u64,
    url: &str,
    body: &str,
) -> Result<(u16, Bytes), String> {
    let token = shared.world().bots.get(&bot).and_then(|bot| bot.token.clone());
    let signature = signature(&token.unwrap_or_default(), body.as_bytes());
    post(shared, url, &signature, body).await
}

pub(super) async fn post(
    shared: &Shared,
    url: &str,
    signature: &str,
    body: &str,
) -> Result<(u16, Bytes), String> {
    if !is_loopback(url) {
        // Never beyond this machine.
        return Err("timeout".to_owned());
    }
    let request = shared
        .client
        .post(url)
        .timeout(shared.options.webhook_timeout)
        .header("Content-Type", "application/json")
        .header("X-Viber-Content-Signature", signature)
        .body(body.to_owned());
    let mut response = request.send().await.map_err(|error| describe(&error))?;
    let status = response.status().as_u16();
    let mut read = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        if read.len() + chunk.len() > ANSWER_READ {
            break;
        }
        read.extend_from_slice(&chunk);
    }
    Ok((status, read.into()))
}

/// HMAC-SHA256 of the body, with the token for a key, in hexadecimal digits.
pub(super) fn signature(token: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

fn describe(error: &reqwest::Error) -> String {
    let what = match (error.is_timeout(), error.is_connect()) {
        (true, _) => "timeout",
        (_, true) => "connection refused",
        _ => "connection closed",
    };
    what.to_owned()
}

pub(super) fn is_loopback(url: &str) -> bool {
    match url::Url::parse(url).ok().as_ref().and_then(url::Url::host) {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart, by `openssl dgst -sha256 -hmac`.
    #[test]
    fn ch_7_a_signature_is_lower_case_hexadecimal() {
        let signature = signature("key", b"The quick brown fox jumps over the lazy dog");
        assert_eq!(signature, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    }

    #[test]
    fn callbacks_are_tried_within_an_hour() {
        assert!(PAUSES.iter().sum::<u32>() <= 3600);
    }
}
