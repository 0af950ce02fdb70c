//! The talks, as the account API knows them. To whom a chat belongs is in the contacts' part of it.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::shown::linked_contact;
use crate::amo::{
    answer::{Answer, Refusal, Reply},
    gate::Caller,
    world::Shared,
};

pub(in crate::amo) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v4/talks/{id}", get(talk))
        .route("/api/v4/talks/{id}/close", post(close))
}

async fn talk(State(shared): State<Arc<Shared>>, caller: Caller, Path(id): Path<i64>) -> Answer {
    let world = shared.world();
    let account = world.accounts.get(&caller.account_id).ok_or_else(Refusal::not_found)?;
    let mut chats = account.chats.chats.values();
    let found = chats.find_map(|chat| Some((chat, chat.talk.filter(|talk| talk.id == id)?)));
    let (chat, talk) = found.ok_or_else(Refusal::not_found)?;
    let contact = linked_contact(account, &chat.id);
    let base = &caller.base;
    let linked = |kind: &str, id: Option<i64>| -> Vec<Value> {
        let one =
            |id| json!({"id": id, "_links": {"self": {"href": format!("{base}/{kind}/{id}")}}});
        id.map(one).into_iter().collect()
    };
    let mut channels = world.integrations.values().filter_map(|one| one.channel.as_ref());
    let channel = channels.find(|channel| channel.id == chat.channel);
    Ok(Reply::Hal(json!({
        "talk_id": talk.id, "created_at": talk.created_at, "updated_at": talk.updated_at,
        "rate": 0, "contact_id": contact, "chat_id": chat.id, "entity_id": chat.lead,
        "entity_type": chat.lead.map(|_| "lead"), "is_in_work": talk.is_in_work,
        "is_read": talk.is_read, "origin": channel.map(|channel| &channel.code),
        "missed_at": null, "account_id": account.id,
        "_links": {"self": {"href": format!("{base}/talks/{id}")}},
        "_embedded": {
            "contacts": linked("contacts", contact), "leads": linked("leads", chat.lead),
            "customers": [],
        },
    })))
}

async fn close(State(shared): State<Arc<Shared>>, caller: Caller, Path(id): Path<i64>) -> Answer {
    shared.change(|world| {
        let account = world.accounts.get_mut(&caller.account_id);
        let account = account.ok_or_else(Refusal::not_found)?;
        let mut talks = account.chats.chats.values_mut().filter_map(|chat| chat.talk.as_mut());
        let talk = talks.find(|talk| talk.id == id).ok_or_else(Refusal::not_found)?;
        talk.is_in_work = false;
        talk.updated_at = caller.now;
        Ok(Reply::Accepted)
    })
}
