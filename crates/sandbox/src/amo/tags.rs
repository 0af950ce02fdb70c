//! Dictionaries of tags: each kind of entity has its own.

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::State, routing::get};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Reply},
    check::{BATCH, Batch, Check, items, request_id},
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    world::{Kind, Shared, Tag},
};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    let mut router = Router::new();
    for kind in [Kind::Leads, Kind::Contacts, Kind::Companies] {
        router = router.route(
            &format!("/api/v4/{}/tags", kind.name()),
            get(move |app: App, caller: Caller, query: Query| list(app, caller, query, kind))
                .post(move |app: App, caller: Caller, body: Bytes| add(app, caller, body, kind)),
        );
    }
    router
}

async fn list(State(shared): App, caller: Caller, query: Query, kind: Kind) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let words = query.one("query").map(str::to_lowercase);
        let (names, ids) = (query.all("filter[name]"), query.integers("filter[id]"));
        let found: Vec<&Tag> = account
            .tags
            .values()
            .filter(|tag| tag.kind == kind)
            .filter(|tag| words.as_ref().is_none_or(|w| tag.name.to_lowercase().contains(w)))
            .filter(|tag| names.is_empty() || names.contains(&tag.name.as_str()))
            .filter(|tag| ids.is_empty() || ids.contains(&tag.id))
            .collect();
        let path = format!("{}/tags", kind.name());
        page.answer(
            &shape,
            &path,
            &query,
            "tags",
            &found,
            |tag| json!({"id": tag.id, "name": tag.name, "color": tag.color}),
        )
    })
}

async fn add(State(shared): App, caller: Caller, body: Bytes, kind: Kind) -> Answer {
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut names = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let name = check.filled(item, "name").unwrap_or_default();
            let color = check.text(item, "color");
            batch.add(&request_id(item, at), check.findings);
            names.push((request_id(item, at), name, color));
        }
        batch.verdict()?;
        let mut made: Vec<Value> = Vec::new();
        for (request_id, name, color) in names {
            let id = acting.tag(kind, &name);
            if let Some(tag) = acting.account.tags.get_mut(&id) {
                tag.color = color.or_else(|| tag.color.take());
                made.push(json!({"id": id, "name": tag.name, "color": tag.color,
                    "request_id": request_id}));
            }
        }
        Ok(Reply::Hal(json!({"_total_items": made.len(), "_embedded": {"tags": made}})))
    })
}
