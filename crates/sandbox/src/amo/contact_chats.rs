//! To whom a chat of the chats API belongs. Admins only, and only chats of a channel that names the
//! integration of the caller.

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::State, routing::get};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Reply},
    check::{BATCH, Batch, Check, items, request_id},
    gate::Caller,
    php::Query,
    world::{ChatLink, Kind, Shared},
};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/v4/contacts/chats", get(list).post(bind))
}

async fn list(State(shared): App, caller: Caller, query: Query) -> Answer {
    caller.admin()?;
    shared.look(&caller, |account| {
        let (contacts, chats) = (query.integers("contact_id"), query.all("chat_id"));
        let asked = |link: &&ChatLink| {
            contacts.contains(&link.contact_id) || chats.contains(&link.chat_id.as_str())
        };
        let found: Vec<&ChatLink> = account.chat_links.iter().filter(asked).collect();
        if found.is_empty() {
            return Ok(Reply::Nothing);
        }
        Ok(Reply::Hal(json!({"_total_items": found.len(), "_embedded": {"chats": found}})))
    })
}

async fn bind(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    caller.admin()?;
    let items = items(&body, BATCH)?;
    let has_channel = {
        let world = shared.world();
        world.integrations.get(&caller.client_id).is_some_and(|own| own.channel.is_some())
    };
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut links = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let contact_id = check.given_integer(item, "contact_id").unwrap_or_default();
            let chat_id = check.filled(item, "chat_id").unwrap_or_default();
            if contact_id != 0 && !acting.account.has(Kind::Contacts, contact_id) {
                check.no_choice("contact_id");
            }
            let known = has_channel && acting.account.chats.knows(&chat_id);
            if !chat_id.is_empty() && !known {
                check.no_choice("chat_id");
            }
            batch.add(&request_id(item, at), check.findings);
            links.push((request_id(item, at), contact_id, chat_id));
        }
        batch.verdict()?;
        let bound: Vec<Value> = links
            .into_iter()
            .map(|(request_id, contact_id, chat_id)| {
                acting.account.chat_links.retain(|link| link.chat_id != chat_id);
                let id = acting.ids.made();
                let link = ChatLink { id, chat_id: chat_id.clone(), contact_id };
                acting.account.chat_links.push(link);
                json!({"id": id, "chat_id": chat_id, "contact_id": contact_id,
                    "request_id": request_id})
            })
            .collect();
        Ok(Reply::Hal(json!({"_total_items": bound.len(), "_embedded": {"chats": bound}})))
    })
}
