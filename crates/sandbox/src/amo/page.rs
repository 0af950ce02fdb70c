//! The page where a person looks into the accounts and acts as a user of amoCRM, and the JSON calls
//! beneath it, which serve people with curl as well:
//!
//! | call | what it does |
//! | ---- | ------------ |
//! | `GET /sandbox/state` | accounts, integrations, the clock |
//! | `GET /sandbox/events` | server-sent events, one for each change |
//! | `GET /sandbox/accounts/{id}` | all of one account, the newest of each kind |
//! | `GET /sandbox/accounts/{id}/leads/{lead}`, `contacts/{contact}`, `chats/{chat}` | one thing with all that belongs to it |
//! | `POST /sandbox/accounts/{id}/{act}` | what a person does; see [`acts`] |
//! | `GET /sandbox/journal?account={id}&last=n` | requests, the newest first |
//! | `POST /sandbox/advance` `{seconds}` | skips time |

mod acts;
mod look;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::world::{AccountState, Shared};
use crate::page::{self, Said, missing};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    page::routes(&whole())
        .route("/sandbox/state", get(state))
        .route("/sandbox/journal", get(journal))
        .route("/sandbox/advance", post(advance))
        .route("/sandbox/accounts/{id}", get(account))
        .route("/sandbox/accounts/{id}/leads/{lead}", get(lead))
        .route("/sandbox/accounts/{id}/contacts/{contact}", get(contact))
        .route("/sandbox/accounts/{id}/chats/{chat}", get(chat))
        .route("/sandbox/accounts/{id}/{act}", post(acts::act))
}

/// Of one file for the look and one for each section; the last one begins to draw.
const LOOK: &str = include_str!("page/look.css");
const SCRIPT: [&str; 9] = [
    include_str!("page/frame.js"),
    include_str!("page/leads.js"),
    include_str!("page/contacts.js"),
    include_str!("page/cards.js"),
    include_str!("page/chats.js"),
    include_str!("page/setup.js"),
    include_str!("page/faults.js"),
    include_str!("page/journal.js"),
    include_str!("page/main.js"),
];

/// The page as one file, but for what all pages share.
fn whole() -> String {
    let page = include_str!("page.html");
    page.replace("/* look.css */", LOOK).replace("// script.js", &SCRIPT.concat())
}

async fn state(State(shared): App) -> Json<Value> {
    let world = shared.world();
    let accounts: Vec<Value> = world
        .accounts
        .values()
        .map(|one| json!({"id": one.id, "subdomain": one.subdomain, "name": one.name}))
        .collect();
    Json(json!({"url": shared.url, "now": shared.clock().now(), "accounts": accounts}))
}

#[derive(Deserialize)]
struct Last {
    account: Option<i64>,
    last: Option<usize>,
}

async fn journal(State(shared): App, Query(asked): Query<Last>) -> Said {
    let world = shared.world();
    let account = asked.account.and_then(|id| world.accounts.get(&id));
    let subdomain = account.map(|account| account.subdomain.as_str());
    let entries = world.journal.entries().rev();
    let of_account = entries.filter(|entry| subdomain.is_none_or(|name| name == entry.account));
    let shown: Vec<_> = of_account.take(asked.last.unwrap_or(100)).collect();
    Ok(Json(json!(shown)))
}

#[derive(Deserialize)]
struct Advance {
    seconds: u64,
}

async fn advance(State(shared): App, Json(by): Json<Advance>) -> Json<Value> {
    shared.advance(std::time::Duration::from_secs(by.seconds));
    Json(json!({"now": shared.clock().now()}))
}

fn of_account(shared: &Shared, id: i64, look: impl FnOnce(&AccountState) -> Option<Value>) -> Said {
    let world = shared.world();
    let account = world.accounts.get(&id).ok_or_else(|| missing("нет такого аккаунта"))?;
    look(account).map(Json).ok_or_else(|| missing("этого здесь нет"))
}

async fn account(State(shared): App, Path(id): Path<i64>) -> Said {
    let world = shared.world();
    look::account(&world, id, shared.clock().now_ms())
        .map(Json)
        .ok_or_else(|| missing("нет такого аккаунта"))
}

async fn lead(State(shared): App, Path((id, lead)): Path<(i64, i64)>) -> Said {
    of_account(&shared, id, |account| look::lead(account, lead))
}

async fn contact(State(shared): App, Path((id, contact)): Path<(i64, i64)>) -> Said {
    of_account(&shared, id, |account| look::contact(account, contact))
}

async fn chat(State(shared): App, Path((id, chat)): Path<(i64, String)>) -> Said {
    let world = shared.world();
    let now_ms = shared.clock().now_ms();
    let found = super::chats::shown_one(&world, id, now_ms, |one| one.id == chat);
    Ok(Json(json!(found.ok_or_else(|| missing("нет такого чата"))?)))
}

#[cfg(test)]
mod tests {
    /// A tab whose section were left out would show nothing.
    #[test]
    fn every_tab_of_the_page_has_its_section_in_it() {
        let page = super::whole();
        for left in ["look.css", "script.js"] {
            assert!(!page.contains(left), "{left}");
        }
        let (_, tabs) = page.split_once("const TABS = [").expect("the tabs");
        let (tabs, _) = tabs.split_once("];").expect("their end");
        let names: Vec<&str> =
            tabs.split("[\"").skip(1).filter_map(|t| t.split('"').next()).collect();
        assert_eq!(names.len(), 8);
        for name in names {
            assert_eq!(page.matches(&format!("views.{name} = ")).count(), 1, "{name}");
        }
    }
}
