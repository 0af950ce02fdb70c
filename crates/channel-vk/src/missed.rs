//! What did we miss? (BY-8) Events that VK could not deliver, or that its long poll forgot, are found
//! among the unread dialogues; what came already is known by its id and comes in once.

use channel::{Batch, Inbox, ListenError};
use serde_json::Value;

use crate::{
    api::{Api, CallError},
    errors::listen_error,
    ids::Peer,
    inbound,
    json::Json,
};

/// The last message, of all dialogues, that was there when we looked.
const LOOKED: &str = "looked_up_to";
/// Dialogues and messages in one answer.
const PAGE: i64 = 200;
/// Pages of dialogues in one look.
const MAX_PAGES: i64 = 10;

/// Looks for messages since the last look. The very first look only remembers where the dialogues
/// stand: what was written before connecting is not ours to open.
pub(crate) async fn look(api: &Api, inbox: &dyn Inbox) -> Result<(), ListenError> {
    let since = inbox.state(LOOKED).await?.as_ref().and_then(Value::as_i64);
    let newest = dialogues(api, "all", 0, 1).await.map_err(listen_error)?;
    let newest = newest.iter().filter_map(last_message).max().unwrap_or(0);
    let Some(since) = since else { return remember(inbox, Batch::default(), newest).await };
    if newest <= since {
        return Ok(());
    }
    let mut batch = Batch::default();
    'pages: for page in 0..MAX_PAGES {
        let found = dialogues(api, "unread", page * PAGE, PAGE).await.map_err(listen_error)?;
        for item in &found {
            // The newest stand first.
            if last_message(item).is_none_or(|last| last <= since) {
                break 'pages;
            }
            let conversation = item.get("conversation").unwrap_or(&Value::Null);
            let peer = conversation.object("peer").and_then(|p| p.int("id")).and_then(Peer::of);
            let Some(peer) = peer else { continue };
            let unread = conversation.int("unread_count").unwrap_or(1).clamp(1, PAGE);
            let messages = history(api, peer, unread).await.map_err(listen_error)?;
            let new = messages.iter().rev().filter(|m| m.int("id").is_none_or(|id| id > since));
            batch.events.extend(new.flat_map(|m| inbound::listed(m, inbox.now())));
        }
        if i64::try_from(found.len()).is_ok_and(|n| n < PAGE) {
            break;
        }
    }
    remember(inbox, batch, newest).await
}

async fn remember(inbox: &dyn Inbox, mut batch: Batch, newest: i64) -> Result<(), ListenError> {
    batch.state.push((LOOKED.to_owned(), newest.into()));
    Ok(inbox.accept(batch).await?)
}

fn last_message(item: &Value) -> Option<i64> {
    item.object("last_message")
        .and_then(|message| message.int("id"))
        .or_else(|| item.object("conversation")?.int("last_message_id"))
}

async fn dialogues(
    api: &Api,
    filter: &str,
    offset: i64,
    count: i64,
) -> Result<Vec<Value>, CallError> {
    let params = vec![
        ("filter", filter.to_owned()),
        ("offset", offset.to_string()),
        ("count", count.to_string()),
    ];
    let answer = api.call("messages.getConversations", params).await?;
    Ok(answer.list("items").to_vec())
}

async fn history(api: &Api, peer: Peer, count: i64) -> Result<Vec<Value>, CallError> {
    let params = vec![("peer_id", peer.to_string()), ("count", count.to_string())];
    let answer = api.call("messages.getHistory", params).await?;
    Ok(answer.list("items").to_vec())
}
