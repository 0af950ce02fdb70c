//! Sources of an integration: in which pipeline what comes by chat lands.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{
    acts::Acting,
    answer::{Answer, Refusal, Reply},
    check::{Batch, Check, items, request_id},
    gate::Caller,
    php::Query,
    world::{Shared, Source},
    write::{self, Changed},
};

type App = State<Arc<Shared>>;

const PER_CALL: usize = 50;
const PER_INTEGRATION: usize = 100;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v4/sources", get(list).post(add).patch(change).delete(delete))
        .route("/api/v4/sources/{id}", get(one).patch(change_one).delete(delete_one))
}

fn shown(caller: &Caller, source: &Source) -> Value {
    json!({
        "id": source.id, "name": source.name, "pipeline_id": source.pipeline_id,
        "external_id": source.external_id, "default": source.default,
        "origin_code": source.origin_code, "services": source.services,
        "_links": {"self": {"href": format!("{}/sources/{}", caller.base, source.id)}},
    })
}

fn framed(caller: &Caller, sources: Vec<Value>) -> Reply {
    Reply::Hal(json!({
        "_total_items": sources.len(),
        "_links": {"self": {"href": format!("{}/sources", caller.base)}},
        "_embedded": {"sources": sources},
    }))
}

async fn list(State(shared): App, caller: Caller, query: Query) -> Answer {
    caller.admin()?;
    shared.look(&caller, |account| {
        let external = query.all("filter[external_id]");
        let own = account.sources.values().filter(|s| s.client_id == caller.client_id);
        let found: Vec<Value> = own
            .filter(|s| external.is_empty() || external.contains(&s.external_id.as_str()))
            .map(|source| shown(&caller, source))
            .collect();
        Ok(if found.is_empty() { Reply::Nothing } else { framed(&caller, found) })
    })
}

async fn one(State(shared): App, caller: Caller, Path(id): Path<i64>) -> Answer {
    caller.admin()?;
    shared.look(&caller, |account| {
        let own = account.sources.get(&id).filter(|s| s.client_id == caller.client_id);
        own.map(|s| Reply::Hal(shown(&caller, s))).ok_or_else(Refusal::not_found)
    })
}

fn fill(acting: &Acting<'_>, check: &mut Check, item: &Map<String, Value>, source: &mut Source) {
    if let Some(name) = check.text(item, "name") {
        source.name = name;
    }
    if let Some(external_id) = check.text(item, "external_id") {
        source.external_id = external_id;
    }
    if let Some(id) = check.integer(item, "pipeline_id") {
        if acting.account.pipelines.get(&id).is_none_or(|pipeline| pipeline.is_archive) {
            check.no_choice("pipeline_id");
        }
        source.pipeline_id = id;
    }
    if let Some(default) = check.boolean(item, "default") {
        source.default = default;
    }
    if let Some(code) = check.text(item, "origin_code") {
        source.origin_code = Some(code);
    }
    if item.contains_key("services") {
        source.services = Value::Array(check.list(item, "services").to_vec());
    }
}

async fn add(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    caller.admin()?;
    let items = items(&body, PER_CALL)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut made: Vec<(String, Source)> = Vec::new();
        let mine = |source: &&Source| source.client_id == caller.client_id;
        let present = acting.account.sources.values().filter(mine).count();
        if present + items.len() > PER_INTEGRATION {
            return Err(Refusal::new(400, "At most 100 sources for an integration"));
        }
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            check.filled(item, "name");
            let external = check.filled(item, "external_id");
            let taken = acting.account.sources.values().filter(mine);
            if taken.into_iter().any(|s| Some(&s.external_id) == external.as_ref()) {
                check.find("NotUnique", "external_id", "This value is already used.");
            }
            let mut source = Source {
                id: acting.ids.made(),
                client_id: caller.client_id.clone(),
                name: String::new(),
                external_id: String::new(),
                pipeline_id: acting.account.main_pipeline().unwrap_or_default(),
                default: false,
                origin_code: None,
                services: json!([]),
            };
            fill(acting, &mut check, item, &mut source);
            batch.add(&request_id(item, at), check.findings);
            made.push((request_id(item, at), source));
        }
        batch.verdict()?;
        let answer = made.iter().map(|(request_id, source)| {
            let mut answer = shown(&caller, source);
            answer["request_id"] = json!(request_id);
            answer
        });
        let answer = framed(&caller, answer.collect());
        acting.account.sources.extend(made.into_iter().map(|(_, source)| (source.id, source)));
        Ok(answer)
    })
}

fn change_all(acting: &mut Acting<'_>, caller: &Caller, items: &[Map<String, Value>]) -> Changed {
    let mut batch = Batch::default();
    let mut changed = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut check = Check::default();
        let id = check.given_integer(item, "id").unwrap_or_default();
        let own = acting.account.sources.get(&id).filter(|s| s.client_id == caller.client_id);
        match own.cloned() {
            None => check.no_choice("id"),
            Some(mut source) => {
                fill(acting, &mut check, item, &mut source);
                changed.push(source);
            }
        }
        batch.add(&request_id(item, at), check.findings);
    }
    batch.verdict()?;
    let answer = changed.iter().map(|source| shown(caller, source)).collect();
    acting.account.sources.extend(changed.into_iter().map(|source| (source.id, source)));
    Ok(answer)
}

async fn change(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    caller.admin()?;
    let items = items(&body, PER_CALL)?;
    shared.serve(&caller, |acting| {
        let changed = change_all(acting, &caller, &items)?;
        Ok(framed(&caller, changed))
    })
}

async fn change_one(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
    body: Bytes,
) -> Answer {
    caller.admin()?;
    let all = |acting: &mut Acting<'_>, items: &[_]| change_all(acting, &caller, items);
    write::change_one(&shared, &caller, id, &body, all)
}

async fn delete(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    caller.admin()?;
    let items = items(&body, PER_CALL)?;
    shared.serve(&caller, |acting| {
        for item in &items {
            let id = item.get("id").and_then(Value::as_i64).unwrap_or_default();
            acting
                .account
                .sources
                .retain(|known, source| *known != id || source.client_id != caller.client_id);
        }
        Ok(Reply::Nothing)
    })
}

async fn delete_one(State(shared): App, caller: Caller, Path(id): Path<i64>) -> Answer {
    caller.admin()?;
    shared.serve(&caller, |acting| {
        let own = acting.account.sources.get(&id).filter(|s| s.client_id == caller.client_id);
        if own.is_none() {
            return Err(Refusal::not_found());
        }
        acting.account.sources.remove(&id);
        Ok(Reply::Nothing)
    })
}
