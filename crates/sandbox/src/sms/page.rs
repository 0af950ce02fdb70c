//! The page where a person holds the phone, and the JSON calls beneath it, which serve tests of
//! another process and people with curl as well:
//!
//! | call | what it does |
//! | ---- | ------------ |
//! | `GET /sandbox/state` | accounts with credentials, balances, callbacks and faults; phones |
//! | `GET /sandbox/events` | server-sent events, one for each change |
//! | `POST /sandbox/accounts` `{name, number}` | a company: `{id}` |
//! | `POST /sandbox/accounts/{id}/renew`, `/balance` `{roubles}`, `/sender` `{name}`, `/callback` `{provider, url}`, `/faults` [`Faults`] | what its owner does |
//! | `GET /sandbox/accounts/{id}/calls?last=n` | the sandbox's half of a ledger |
//! | `POST /sandbox/phones` `{number}` | a person |
//! | `GET /sandbox/chats/{account}/{phone}` | everything between the two |
//! | `POST /sandbox/chats/{account}/{phone}/text` `{text}` | and `repeat` `{key}`, `on`, `off`, `stop`, `gone`, `there`, `settle` `{key, status}` |

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Account, Credentials, Faults, Provider, Status, account, callbacks, phone,
    world::{Shared, roubles},
};
use crate::page::{self, Problem, Said, missing, wrong};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    page::routes(include_str!("page.html"))
        .route("/sandbox/state", get(state))
        .route("/sandbox/accounts", post(new_account))
        .route("/sandbox/accounts/{account}/calls", get(calls))
        .route("/sandbox/accounts/{account}/{act}", post(act_of_account))
        .route("/sandbox/phones", post(new_phone))
        .route("/sandbox/chats/{account}/{phone}", get(chat))
        .route("/sandbox/chats/{account}/{phone}/{act}", post(act_of_phone))
}

fn account_of(shared: &Arc<Shared>, id: u64) -> Result<Account, Problem> {
    let world = shared.world();
    let state = world.accounts.get(&id).ok_or_else(|| missing("нет такой компании"))?;
    Ok(Account {
        id,
        name: state.name.clone(),
        number: state.number.clone(),
        shared: Arc::clone(shared),
    })
}

async fn state(State(shared): App) -> Json<Value> {
    let bases: serde_json::Map<String, Value> = Provider::ALL
        .into_iter()
        .filter_map(|p| Some((json!(p).as_str()?.to_owned(), json!(shared.base(p)))))
        .collect();
    let world = shared.world();
    let accounts: Vec<Value> = world
        .accounts
        .iter()
        .map(|(id, a)| {
            json!({
                "id": id, "name": a.name, "number": a.number, "senders": a.senders,
                "balance": roubles(a.balance), "credentials": a.credentials,
                "callbacks": a.callbacks, "faults": a.faults,
            })
        })
        .collect();
    let phones: Vec<Value> = world
        .phones
        .iter()
        .map(|(number, p)| {
            json!({"number": number, "off": p.off, "stop_list": p.stop_list,
                "missing": p.missing})
        })
        .collect();
    Json(json!({
        "url": shared.url, "bases": bases, "accounts": accounts, "phones": phones,
        "violations": world.violations,
    }))
}

#[derive(Deserialize)]
struct NewAccount {
    name: String,
    number: String,
}

async fn new_account(State(shared): App, Json(new): Json<NewAccount>) -> Said {
    let number: String = new.number.chars().filter(char::is_ascii_digit).collect();
    if new.name.trim().is_empty() || number.len() < 7 {
        return Err(wrong("у компании должны быть имя и номер"));
    }
    let name = new.name.trim();
    let made = account::add(&shared, name, &number, Credentials::random(name));
    Ok(Json(json!({"id": made.id})))
}

#[derive(Deserialize)]
struct Last {
    last: Option<usize>,
}

async fn calls(State(shared): App, Path(id): Path<u64>, Query(Last { last }): Query<Last>) -> Said {
    let calls = account_of(&shared, id)?.calls();
    let from = calls.len().saturating_sub(last.unwrap_or(usize::MAX));
    Ok(Json(json!(calls.get(from..))))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Act {
    roubles: i64,
    name: String,
    provider: Option<Provider>,
    url: String,
    text: String,
    key: u64,
    status: Option<Status>,
}

async fn act_of_account(
    State(shared): App,
    Path((id, name)): Path<(u64, String)>,
    Json(body): Json<Value>,
) -> Said {
    let account = account_of(&shared, id)?;
    if name == "faults" {
        let faults: Faults = serde_json::from_value(body).map_err(wrong)?;
        account.set_faults(faults);
        return Ok(Json(json!({})));
    }
    let act: Act = serde_json::from_value(body).map_err(wrong)?;
    match (name.as_str(), act.provider) {
        ("renew", _) => return Ok(Json(json!(account.renew_keys()))),
        ("balance", _) => account.set_balance(act.roubles),
        ("sender", _) => account.register_sender(act.name.trim()),
        ("callback", Some(provider)) => account.set_callback(provider, act.url.trim()),
        _ => return Err(missing("нет такого действия")),
    }
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct NewPhone {
    number: String,
}

async fn new_phone(State(shared): App, Json(new): Json<NewPhone>) -> Said {
    if new.number.chars().filter(char::is_ascii_digit).count() < 7 {
        return Err(wrong("это не номер телефона"));
    }
    Ok(Json(json!({"number": phone::of(&shared, &new.number).number})))
}

async fn chat(State(shared): App, Path((account, number)): Path<(u64, String)>) -> Said {
    let world = shared.world();
    Ok(Json(json!({"messages": phone::between(&world, account, &number)})))
}

async fn act_of_phone(
    State(shared): App,
    Path((account, number, name)): Path<(u64, String, String)>,
    Json(act): Json<Act>,
) -> Said {
    let account = account_of(&shared, account)?;
    let phone = phone::of(&shared, &number);
    match (name.as_str(), act.status) {
        ("text", _) if act.text.trim().is_empty() => return Err(wrong("пустой текст")),
        ("text", _) => return Ok(Json(json!({"key": phone.writes(&account, &act.text)}))),
        ("repeat", _) => phone.repeats(act.key),
        ("on", _) => phone.switch_on(),
        ("off", _) => phone.switch_off(),
        ("stop", _) => phone.joins_stop_list(),
        ("gone", _) => phone.is_gone(),
        ("there", _) => phone.is_there(),
        ("settle", Some(status)) => callbacks::settle(&shared, act.key, status),
        _ => return Err(missing("нет такого действия")),
    }
    Ok(Json(json!({})))
}
