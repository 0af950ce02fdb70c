//! Leads.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use super::{
    acts::Acting,
    answer::{Answer, Reply},
    check::{BATCH, Batch, Check, items, request_id},
    complex,
    draft::LeadDraft,
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    sift,
    world::{Lead, Shared},
    write::{self, Changed, written},
};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v4/leads", get(list).post(add).patch(change))
        .route("/api/v4/leads/{id}", get(one).patch(change_one))
        .route("/api/v4/leads/complex", post(complex::add))
        .route("/api/v4/leads/loss_reasons", get(loss_reasons))
}

async fn list(State(shared): App, caller: Caller, query: Query) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let alive = account.leads.values().filter(|lead| !lead.deleted);
        let mut found: Vec<&Lead> =
            alive.filter(|lead| sift::lead(account, &query, lead, caller.now_ms)).collect();
        sift::sort(&query, &mut found, |lead| (lead.id, lead.trail));
        page.answer(&shape, "leads", &query, "leads", &found, |lead| shape.lead(lead, &query))
    })
}

async fn one(State(shared): App, caller: Caller, Path(id): Path<i64>, query: Query) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let lead = account.leads.get(&id).filter(|lead| !lead.deleted);
        Ok(lead.map_or(Reply::Nothing, |lead| Reply::Hal(shape.lead(lead, &query))))
    })
}

async fn loss_reasons(State(shared): App, caller: Caller, query: Query) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let all: Vec<(&i64, &String)> = account.loss_reasons.iter().collect();
        page.answer(
            &shape,
            "leads/loss_reasons",
            &query,
            "loss_reasons",
            &all,
            |(id, name)| json!({"id": id, "name": name, "sort": 100_000}),
        )
    })
}

async fn add(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut drafts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let mut draft = acting.account.lead_draft(&mut check, item, None);
            relations(acting, &caller, &mut check, item, &mut draft);
            batch.add(&request_id(item, at), check.findings);
            drafts.push((request_id(item, at), draft));
        }
        batch.verdict()?;
        let made = drafts.iter().map(|(request_id, draft)| {
            let id = acting.add_lead(draft);
            json!({"id": id, "request_id": request_id, "_links": {"self": {
                "href": format!("{}/leads/{id}", caller.base)}}})
        });
        let made: Vec<Value> = made.collect();
        Ok(written(&caller, "leads", made))
    })
}

/// Contacts, company and source that a new lead is born with; they must be there already.
fn relations(
    acting: &Acting<'_>,
    caller: &Caller,
    check: &mut Check,
    item: &Map<String, Value>,
    draft: &mut LeadDraft,
) {
    let Some(embedded) = check.object(item, "_embedded") else { return };
    let mut inner = Check::within("_embedded.");
    let mut contacts = Vec::new();
    for (at, contact) in inner.list(embedded, "contacts").iter().enumerate() {
        let path = format!("contacts.{at}.id");
        match contact.get("id").and_then(Value::as_i64) {
            None => inner.missing(&path),
            Some(id) => {
                let known = acting.account.contacts.get(&id);
                // One that waits in Unsorted cannot be used yet.
                if known.is_none_or(|contact| contact.deleted || contact.hidden) {
                    inner.no_choice(&path);
                }
                contacts.push((contact.get("is_main") != Some(&json!(true)), id));
            }
        }
    }
    contacts.sort_by_key(|(other, _)| *other);
    draft.contacts = contacts.into_iter().map(|(_, id)| id).collect();
    for (at, company) in inner.list(embedded, "companies").iter().enumerate() {
        let id = company.get("id").and_then(Value::as_i64);
        let known = id.and_then(|id| acting.account.companies.get(&id));
        if known.is_none_or(|company| company.deleted || company.hidden) || at > 0 {
            inner.no_choice(&format!("companies.{at}.id"));
        }
        draft.company_id = id;
    }
    if let Some(source) = inner.object(embedded, "source") {
        let external = source.get("external_id").and_then(Value::as_str).unwrap_or_default();
        let found =
            acting.account.sources.values().find(|source| {
                source.external_id == external && source.client_id == caller.client_id
            });
        match found {
            Some(source) => draft.source_id = Some(source.id),
            None => inner.no_choice("source.external_id"),
        }
    }
    check.findings.append(&mut inner.findings);
}

async fn change(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    let all = |acting: &mut Acting<'_>, items: &[_]| change_all(acting, &caller, items);
    write::change(&shared, &caller, "leads", &body, all)
}

async fn change_one(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
    body: Bytes,
) -> Answer {
    let all = |acting: &mut Acting<'_>, items: &[_]| change_all(acting, &caller, items);
    write::change_one(&shared, &caller, id, &body, all)
}

fn change_all(acting: &mut Acting<'_>, caller: &Caller, items: &[Map<String, Value>]) -> Changed {
    let mut batch = Batch::default();
    let mut drafts: Vec<(i64, LeadDraft)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut check = Check::default();
        let id = check.given_integer(item, "id").unwrap_or_default();
        let present = acting.account.leads.get(&id).filter(|lead| !lead.deleted);
        if present.is_none() && check.findings.is_empty() {
            check.no_choice("id");
        }
        let place = present.map(|lead| (lead.pipeline_id, lead.status_id));
        let draft = acting.account.lead_draft(&mut check, item, place);
        batch.add(&request_id(item, at), check.findings);
        drafts.push((id, draft));
    }
    batch.verdict()?;
    let now = acting.now;
    let changed = drafts.iter().map(|(id, draft)| {
        acting.change_lead(*id, draft);
        json!({"id": id, "updated_at": now, "_links": {"self": {
            "href": format!("{}/leads/{id}", caller.base)}}})
    });
    Ok(changed.collect())
}
