//! The webhook v2 of a channel: signed, answered within 5 s or given up, sent once.

use std::{sync::Arc, time::Duration};

use axum::http::header;
use serde_json::Value;
use tokio::sync::oneshot;

use super::{signature::sign_body, state::Hook};
use crate::amo::world::{Channel, Shared};

const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Sends `body` to the channel's address. Hooks of one chat leave one after another.
pub(super) fn send(
    shared: &Arc<Shared>,
    account_id: i64,
    channel: &Channel,
    chat_id: &str,
    body: Value,
) {
    let raw = body.to_string();
    let signature = sign_body(&channel.secret, raw.as_bytes());
    let now = shared.clock().now_ms();
    let (done, ends) = oneshot::channel();
    let queued = shared.change(|world| {
        let account = world.accounts.get_mut(&account_id)?;
        let scope = format!("{}_{}", channel.id, account.amojo_id);
        let url = channel.hook_url.replace(":scope_id", &scope);
        let hook = Hook::new(url.clone(), body, signature.clone(), now);
        let number = account.chats.note_hook(hook);
        let before = account.chats.leaving.insert(chat_id.to_owned(), ends);
        Some((url, number, before))
    });
    let Some((url, number, before)) = queued else { return };
    let shared = Arc::clone(shared);
    shared.clone().tasks.spawn(async move {
        if let Some(before) = before {
            let _ = before.await;
        }
        let sending = shared
            .client
            .post(&url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-Signature", signature)
            .timeout(ANSWER_WITHIN)
            .body(raw)
            .send();
        let answer = tokio::select! {
            answer = sending => match answer {
                Ok(answer) => Ok(answer.status().as_u16()),
                Err(error) if error.is_timeout() => Err("no answer within 5 s".to_owned()),
                Err(error) => Err(error.without_url().to_string()),
            },
            () = shared.stop.cancelled() => Err("the sandbox stopped".to_owned()),
        };
        shared.change(|world| {
            if let Some(account) = world.accounts.get_mut(&account_id) {
                account.chats.note_answer(number, answer);
            }
        });
        drop(done);
    });
}
