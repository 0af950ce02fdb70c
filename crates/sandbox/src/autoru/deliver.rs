//! Handing buyers' messages to the dealer's system. Each goes its own way: the document promises no
//! order.

use std::{sync::Arc, time::SystemTime};

use futures::future::join_all;
use serde_json::Value;
use url::Url;

use super::{
    Delivery, Faults,
    world::{Shared, push},
};

/// The longest pause between two tries, in first pauses.
const LONGEST_PAUSE: u32 = 64;

/// Delivers a message in the background, with repeats until it is answered with 200.
pub(super) fn start(shared: &Arc<Shared>, dealer: u64, request: Value) {
    let shared = Arc::clone(shared);
    shared.clone().tasks.spawn(async move { deliver(&shared, dealer, &request).await });
}

async fn deliver(shared: &Shared, dealer: u64, request: &Value) {
    for attempt in 1..=shared.options.tries {
        let Some((hook, chat_id, faults)) = target(shared, dealer) else { return };
        if hook.is_empty() {
            note(shared, dealer, request, attempt, Err("в кабинете не введён адрес".to_owned()));
            return;
        }
        let copies = 1 + faults.copies_parallel;
        let tries = (0..copies).map(|_| post(shared, &hook, Some(&chat_id), request));
        let answers = join_all(tries).await;
        let taken = answers.iter().all(|answer| *answer == Ok(200));
        for answer in answers {
            note(shared, dealer, request, attempt, answer);
        }
        if taken {
            for _ in 0..faults.copies_later {
                let answer = post(shared, &hook, Some(&chat_id), request).await;
                note(shared, dealer, request, attempt, answer);
            }
            return;
        }
        let pauses = 2_u32.saturating_pow(attempt - 1).min(LONGEST_PAUSE);
        tokio::select! {
            () = tokio::time::sleep(shared.options.retry_base * pauses) => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

fn target(shared: &Shared, dealer: u64) -> Option<(String, String, Faults)> {
    let world = shared.world();
    let dealer = world.dealers.get(&dealer)?;
    Some((dealer.hook.clone(), dealer.chat_id.clone(), dealer.faults))
}

/// One request, and the status it was answered with.
pub(super) async fn post(
    shared: &Shared,
    hook: &str,
    chat_id: Option<&str>,
    request: &Value,
) -> Result<u16, String> {
    let mut url = Url::parse(hook).map_err(|_| "это не адрес".to_owned())?;
    if let Some(chat_id) = chat_id {
        url.query_pairs_mut().append_pair("chat_id", chat_id);
    }
    let sending = shared.client.post(url).timeout(shared.options.webhook_timeout).json(request);
    tokio::select! {
        answer = sending.send() => match answer {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(error.without_url().to_string()),
        },
        () = shared.stop.cancelled() => Err("песочница остановлена".to_owned()),
    }
}

fn note(shared: &Shared, dealer: u64, request: &Value, attempt: u32, answer: Result<u16, String>) {
    let message_id = request.pointer("/message/id").and_then(Value::as_str).unwrap_or_default();
    let delivery =
        Delivery { message_id: message_id.to_owned(), attempt, at: SystemTime::now(), answer };
    shared.change(|world| {
        if let Some(dealer) = world.dealers.get_mut(&dealer) {
            push(&mut dealer.deliveries, delivery, shared.options.kept);
        }
    });
}
