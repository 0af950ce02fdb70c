//! What did we miss? (BY-8) Events that VK could not deliver, or that its long poll forgot, are found
//! among the dialogues that changed since the last look, also those that somebody has read or answered in
//! VK itself meanwhile; what came already is known by its id and comes in once.

use std::time::Duration;

use channel::{Batch, Channel, ConnectError, Inbox, ListenError};
use serde_json::Value;

use crate::{
    api::{Api, CallError},
    errors::listen_error,
    ids::Peer,
    inbound,
    json::Json,
};

/// Dialogues and messages in one answer.
const PAGE: i64 = 200;
/// Pages of dialogues in one look.
const MAX_PAGES: i64 = 10;
/// Between two calls, so that half of VK's twenty in a second are left for answers.
const PACE: Duration = Duration::from_millis(100);

/// The key of the last message, of all dialogues, that was there when we looked. With the
/// community's name: another key may be another community's.
pub(crate) fn looked(group_id: i64) -> String {
    format!("looked_up_to:{group_id}")
}

/// Where the dialogues stood when the channel was connected for the first time: what was written
/// before is not ours to open, what is written from now on is, before the listener begins as well.
pub(crate) async fn begin(
    api: &Api,
    channel: &Channel,
    group_id: i64,
    refused: impl Fn(CallError) -> ConnectError,
) -> Result<(), ConnectError> {
    let key = looked(group_id);
    if channel.memory.recall(&key).await?.is_none() {
        let newest = newest(&dialogues(api, 0, PAGE).await.map_err(refused)?);
        channel.memory.remember(&key, newest.into()).await?;
    }
    Ok(())
}

/// Looks for messages since the last look.
pub(crate) async fn look(
    api: &Api,
    channel: &Channel,
    group_id: i64,
    inbox: &dyn Inbox,
) -> Result<(), ListenError> {
    let key = looked(group_id);
    let since = match inbox.state(&key).await? {
        Some(since) => Some(since),
        None => channel.memory.recall(&key).await.map_err(|e| ListenError::Interrupted(e.0))?,
    };
    let mut found = dialogues(api, 0, PAGE).await.map_err(listen_error)?;
    let newest = newest(&found);
    let since = since.as_ref().and_then(Value::as_i64).unwrap_or(newest);
    if newest <= since {
        return Ok(());
    }
    let mut batch = Batch::default();
    for page in 1..=MAX_PAGES {
        let news: Vec<&Value> = found
            .iter()
            .filter(|item| last_message(item).is_some_and(|last| last > since))
            .collect();
        for item in &news {
            let conversation = item.get("conversation").unwrap_or(&Value::Null);
            let peer = conversation.object("peer").and_then(|p| p.int("id")).and_then(Peer::of);
            let Some(peer) = peer else { continue };
            tokio::time::sleep(PACE).await;
            let messages = history(api, peer).await.map_err(listen_error)?;
            let new = messages.iter().rev().filter(|m| m.int("id").is_none_or(|id| id > since));
            batch.events.extend(new.flat_map(|m| inbound::listed(m, inbox.now())));
        }
        // The newest stand first, but for dialogues that somebody pinned.
        let is_last = page == MAX_PAGES || i64::try_from(found.len()).is_ok_and(|n| n < PAGE);
        if news.is_empty() || is_last {
            break;
        }
        found = dialogues(api, page * PAGE, PAGE).await.map_err(listen_error)?;
    }
    batch.state.push((key, newest.into()));
    Ok(inbox.accept(batch).await?)
}

/// Whether dialogues can be read; refused where community messages are off.
pub(crate) async fn try_reading(api: &Api) -> Result<(), CallError> {
    dialogues(api, 0, 1).await.map(|_| ())
}

/// The last message of all dialogues: among those of the first page, because pinned ones, however old,
/// stand before the newest.
fn newest(found: &[Value]) -> i64 {
    found.iter().filter_map(last_message).max().unwrap_or(0)
}

fn last_message(item: &Value) -> Option<i64> {
    item.object("last_message")
        .and_then(|message| message.int("id"))
        .or_else(|| item.object("conversation")?.int("last_message_id"))
}

async fn dialogues(api: &Api, offset: i64, count: i64) -> Result<Vec<Value>, CallError> {
    let params = vec![
        ("filter", "all".to_owned()),
        ("offset", offset.to_string()),
        ("count", count.to_string()),
    ];
    let answer = api.call("messages.getConversations", params).await?;
    Ok(answer.list("items").to_vec())
}

/// The last messages, the newest first.
pub(crate) async fn history(api: &Api, peer: Peer) -> Result<Vec<Value>, CallError> {
    let params = vec![("peer_id", peer.to_string()), ("count", PAGE.to_string())];
    let answer = api.call("messages.getHistory", params).await?;
    Ok(answer.list("items").to_vec())
}
