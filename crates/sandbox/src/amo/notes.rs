//! Notes of leads, contacts and companies.

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
    check::{BATCH, Batch, Check, items, request_id},
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    world::{AccountState, Kind, Note, Shared},
    write::{self, Changed},
};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    let mut router = Router::new();
    for kind in [Kind::Leads, Kind::Contacts, Kind::Companies] {
        let name = kind.name();
        router = router
            .route(
                &format!("/api/v4/{name}/notes"),
                get(move |app: App, caller: Caller, query: Query| {
                    list(app, caller, query, kind, None)
                })
                .post(move |app: App, caller: Caller, body: Bytes| {
                    add(app, caller, body, kind, None)
                })
                .patch(move |app: App, caller: Caller, body: Bytes| {
                    change(app, caller, body, kind)
                }),
            )
            .route(
                &format!("/api/v4/{name}/{{id}}/notes"),
                get(move |app: App, caller: Caller, query: Query, Path(id): Path<i64>| {
                    list(app, caller, query, kind, Some(id))
                })
                .post(
                    move |app: App, caller: Caller, Path(id): Path<i64>, body: Bytes| {
                        add(app, caller, body, kind, Some(id))
                    },
                ),
            )
            .route(
                &format!("/api/v4/{name}/{{id}}/notes/{{note}}"),
                get(move |app: App, caller: Caller, path: Path<(i64, i64)>| {
                    one(app, caller, path, kind)
                })
                .patch(
                    move |app: App, caller: Caller, path: Path<(i64, i64)>, body: Bytes| {
                        change_one(app, caller, path, body, kind)
                    },
                ),
            );
    }
    router
}

async fn list(
    State(shared): App,
    caller: Caller,
    query: Query,
    kind: Kind,
    entity: Option<i64>,
) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let (ids, types) = (query.integers("filter[id]"), query.all("filter[note_type]"));
        let entities = query.integers("filter[entity_id]");
        let mut found: Vec<&Note> = account
            .notes
            .values()
            .filter(|note| note.entity.0 == kind)
            .filter(|note| entity.is_none_or(|id| note.entity.1 == id))
            .filter(|note| entities.is_empty() || entities.contains(&note.entity.1))
            .filter(|note| ids.is_empty() || ids.contains(&note.id))
            .filter(|note| types.is_empty() || types.contains(&note.note_type.as_str()))
            .collect();
        super::sift::sort(&query, &mut found, |note| (note.id, note.trail));
        let path = match entity {
            Some(id) => format!("{}/{id}/notes", kind.name()),
            None => format!("{}/notes", kind.name()),
        };
        page.answer(&shape, &path, &query, "notes", &found, |note| shape.note(note))
    })
}

async fn one(
    State(shared): App,
    caller: Caller,
    Path((entity, id)): Path<(i64, i64)>,
    kind: Kind,
) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let note = account.notes.get(&id).filter(|note| note.entity == (kind, entity));
        Ok(note.map_or(Reply::Nothing, |note| Reply::Hal(shape.note(note))))
    })
}

/// What `params` of each type must hold, and of which type.
fn check_params(check: &mut Check, note_type: &str, params: &Map<String, Value>) {
    let (texts, numbers): (&[&str], &[&str]) = match note_type {
        "common" => (&["text"], &[]),
        "service_message" | "extended_service_message" => (&["service", "text"], &[]),
        "call_in" | "call_out" => (&["uniq", "source", "phone"], &["duration"]),
        "sms_in" | "sms_out" => (&["text", "phone"], &[]),
        "message_cashier" => (&["status", "text", "shop"], &[]),
        "geolocation" => (&["text", "address", "longitude", "latitude"], &[]),
        "attachment" => (&["file_uuid", "version_uuid", "file_name"], &[]),
        _ => {
            check.no_choice("note_type");
            return;
        }
    };
    let mut inner = Check::within("params.");
    for name in texts {
        inner.filled(params, name);
    }
    for name in numbers {
        inner.given_integer(params, name);
    }
    check.findings.append(&mut inner.findings);
}

fn check_note(
    account: &AccountState,
    check: &mut Check,
    note_type: &str,
    item: &Map<String, Value>,
) -> Value {
    let Some(params) = check.object(item, "params") else {
        check.missing("params");
        return json!({});
    };
    check_params(check, note_type, params);
    if note_type == "attachment"
        && let Some(uuid) = params.get("file_uuid").and_then(Value::as_str)
        && !account.drive.holds(uuid)
    {
        check.no_choice("params.file_uuid");
    }
    Value::Object(params.clone())
}

struct Wanted {
    request_id: String,
    entity: i64,
    note_type: String,
    params: Value,
    created_by: Option<i64>,
    created_at: Option<i64>,
}

async fn add(
    State(shared): App,
    caller: Caller,
    body: Bytes,
    kind: Kind,
    entity: Option<i64>,
) -> Answer {
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut all = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let id = entity.or_else(|| check.given_integer(item, "entity_id")).unwrap_or_default();
            if (id != 0 && !acting.account.has(kind, id)) || waits(acting.account, kind, id) {
                check.no_choice("entity_id");
            }
            let note_type = check.filled(item, "note_type").unwrap_or_default();
            let params = check_note(acting.account, &mut check, &note_type, item);
            let created_by = check.integer(item, "created_by");
            if created_by.is_some_and(|id| id != 0 && !acting.account.is_active_user(id)) {
                check.no_choice("created_by");
            }
            check.boolean(item, "is_need_to_trigger_digital_pipeline");
            let created_at = check.integer(item, "created_at");
            let request_id = request_id(item, at);
            batch.add(&request_id, check.findings);
            all.push(Wanted { request_id, entity: id, note_type, params, created_by, created_at });
        }
        batch.verdict()?;
        let made: Vec<Value> = all
            .into_iter()
            .map(|note| {
                let of = (kind, note.entity);
                let params = note.params;
                let id =
                    acting.add_note(of, &note.note_type, params, note.created_by, note.created_at);
                json!({"id": id, "entity_id": note.entity, "request_id": note.request_id,
                    "_links": {"self": {"href": format!(
                        "{}/{}/{}/notes/{id}", caller.base, kind.name(), note.entity)}}})
            })
            .collect();
        Ok(framed(&caller, kind, made))
    })
}

/// A lead in Unsorted, when the account takes no notes there.
fn waits(account: &AccountState, kind: Kind, id: i64) -> bool {
    kind == Kind::Leads
        && !account.switches.notes_on_unsorted
        && account.unsorted.values().any(|entry| entry.lead_id == id)
}

fn framed(caller: &Caller, kind: Kind, notes: Vec<Value>) -> Reply {
    Reply::Hal(json!({
        "_links": {"self": {"href": format!("{}/{}/notes", caller.base, kind.name())}},
        "_embedded": {"notes": notes},
    }))
}

async fn change(State(shared): App, caller: Caller, body: Bytes, kind: Kind) -> Answer {
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        let changed = change_all(acting, &caller, kind, &items)?;
        Ok(framed(&caller, kind, changed))
    })
}

async fn change_one(
    State(shared): App,
    caller: Caller,
    Path((entity, id)): Path<(i64, i64)>,
    body: Bytes,
    kind: Kind,
) -> Answer {
    write::change_one(&shared, &caller, id, &body, |acting, items| {
        let of_entity = acting.account.notes.get(&id).map(|note| note.entity);
        if of_entity.is_some_and(|of| of != (kind, entity)) {
            return Err(Refusal::not_found());
        }
        change_all(acting, &caller, kind, items)
    })
}

fn change_all(
    acting: &mut Acting<'_>,
    caller: &Caller,
    kind: Kind,
    items: &[Map<String, Value>],
) -> Changed {
    let mut batch = Batch::default();
    let mut all = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut check = Check::default();
        let id = check.given_integer(item, "id").unwrap_or_default();
        match acting.account.notes.get(&id).filter(|note| note.entity.0 == kind) {
            None => check.no_choice("id"),
            Some(note) => {
                // The type cannot be changed, and is not asked for again.
                let given = check.text(item, "note_type");
                let note_type = given.unwrap_or_else(|| note.note_type.clone());
                let params = check_note(acting.account, &mut check, &note_type, item);
                all.push((id, note.entity.1, params));
            }
        }
        batch.add(&request_id(item, at), check.findings);
    }
    batch.verdict()?;
    let (now, by) = (acting.now, acting.by);
    let changed = all.into_iter().map(|(id, entity, params)| {
        if let Some(note) = acting.account.notes.get_mut(&id) {
            note.params = params;
            note.trail.updated_at = now;
            note.trail.updated_by = by;
        }
        json!({"id": id, "entity_id": entity, "updated_at": now, "_links": {"self": {
            "href": format!("{}/{}/{entity}/notes/{id}", caller.base, kind.name())}}})
    });
    Ok(changed.collect())
}
