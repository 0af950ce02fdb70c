//! Contacts and companies.

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
    answer::{Answer, Reply},
    check::{BATCH, Batch, Check, items, request_id},
    draft::ContactDraft,
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    sift,
    world::{AccountState, Contact, Kind, Shared},
    write::{self, Changed, written},
};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/api/v4/contacts",
            get(|app: App, caller: Caller, query: Query| list(app, caller, query, Kind::Contacts))
                .post(|app: App, caller: Caller, body: Bytes| {
                    add(app, caller, body, Kind::Contacts)
                })
                .patch(|app: App, caller: Caller, body: Bytes| {
                    change(app, caller, body, Kind::Contacts)
                }),
        )
        .route(
            "/api/v4/contacts/{id}",
            get(|app: App, caller: Caller, id: Path<i64>, query: Query| {
                one(app, caller, id, query, Kind::Contacts)
            })
            .patch(|app: App, caller: Caller, id: Path<i64>, body: Bytes| {
                change_one(app, caller, id, body, Kind::Contacts)
            }),
        )
        .route(
            "/api/v4/companies",
            get(|app: App, caller: Caller, query: Query| list(app, caller, query, Kind::Companies))
                .post(|app: App, caller: Caller, body: Bytes| {
                    add(app, caller, body, Kind::Companies)
                }),
        )
        .route(
            "/api/v4/companies/{id}",
            get(|app: App, caller: Caller, id: Path<i64>, query: Query| {
                one(app, caller, id, query, Kind::Companies)
            })
            .patch(|app: App, caller: Caller, id: Path<i64>, body: Bytes| {
                change_one(app, caller, id, body, Kind::Companies)
            }),
        )
}

fn all(account: &AccountState, kind: Kind) -> &std::collections::BTreeMap<i64, Contact> {
    if kind == Kind::Companies { &account.companies } else { &account.contacts }
}

async fn list(State(shared): App, caller: Caller, query: Query, kind: Kind) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let visible = all(account, kind).values().filter(|c| !c.hidden && !c.deleted);
        let mut found: Vec<&Contact> = visible
            .filter(|contact| sift::contact(account, &query, contact, caller.now_ms))
            .collect();
        sift::sort(&query, &mut found, |contact| (contact.id, contact.trail));
        page.answer(&shape, kind.name(), &query, kind.name(), &found, |contact| {
            shape.contact(kind, contact, &query)
        })
    })
}

async fn one(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
    query: Query,
    kind: Kind,
) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let visible = all(account, kind).get(&id).filter(|c| !c.hidden && !c.deleted);
        Ok(visible.map_or(Reply::Nothing, |c| Reply::Hal(shape.contact(kind, c, &query))))
    })
}

async fn add(State(shared): App, caller: Caller, body: Bytes, kind: Kind) -> Answer {
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut drafts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let draft = acting.account.contact_draft(&mut check, item, kind);
            if kind == Kind::Companies {
                check.filled(item, "name");
            }
            batch.add(&request_id(item, at), check.findings);
            drafts.push((request_id(item, at), draft));
        }
        batch.verdict()?;
        let made: Vec<Value> = drafts
            .iter()
            .map(|(request_id, draft)| {
                let id = acting.add_contact(kind, draft);
                json!({"id": id, "request_id": request_id, "_links": {"self": {
                    "href": format!("{}/{}/{id}", caller.base, kind.name())}}})
            })
            .collect();
        Ok(written(&caller, kind.name(), made))
    })
}

async fn change(State(shared): App, caller: Caller, body: Bytes, kind: Kind) -> Answer {
    let all = |acting: &mut Acting<'_>, items: &[_]| change_all(acting, &caller, kind, items);
    write::change(&shared, &caller, kind.name(), &body, all)
}

async fn change_one(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
    body: Bytes,
    kind: Kind,
) -> Answer {
    let all = |acting: &mut Acting<'_>, items: &[_]| change_all(acting, &caller, kind, items);
    write::change_one(&shared, &caller, id, &body, all)
}

fn change_all(
    acting: &mut Acting<'_>,
    caller: &Caller,
    kind: Kind,
    items: &[Map<String, Value>],
) -> Changed {
    let mut batch = Batch::default();
    let mut drafts: Vec<(i64, ContactDraft)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut check = Check::default();
        let id = check.given_integer(item, "id").unwrap_or_default();
        // One that waits in Unsorted is not in its section, and cannot be written there either.
        let there = all(acting.account, kind).get(&id).is_some_and(|c| !c.deleted && !c.hidden);
        if !there && check.findings.is_empty() {
            check.no_choice("id");
        }
        let draft = acting.account.contact_draft(&mut check, item, kind);
        batch.add(&request_id(item, at), check.findings);
        drafts.push((id, draft));
    }
    batch.verdict()?;
    let now = acting.now;
    let changed = drafts.iter().map(|(id, draft)| {
        acting.change_contact(kind, *id, draft);
        let name = all(acting.account, kind).get(id).map_or("", |contact| &contact.name);
        json!({"id": id, "name": name, "updated_at": now, "_links": {"self": {
            "href": format!("{}/{}/{id}", caller.base, kind.name())}}})
    });
    Ok(changed.collect())
}
