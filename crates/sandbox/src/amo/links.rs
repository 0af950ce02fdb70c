//! Which contacts and companies belong to a lead. Links are made from the lead's side.

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
    answer::{Answer, Refusal, Reply},
    check::{BATCH, Batch, Check, items, request_id},
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    world::{AccountState, Kind, Shared},
};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v4/leads/links", get(list_mass))
        .route("/api/v4/leads/{id}/links", get(list))
        .route("/api/v4/leads/{id}/link", post(link))
        .route("/api/v4/leads/{id}/unlink", post(unlink))
        .route("/api/v4/leads/link", post(link_mass))
        .route("/api/v4/leads/unlink", post(unlink_mass))
}

fn of_lead(account: &AccountState, id: i64) -> Vec<Value> {
    let Some(lead) = account.leads.get(&id).filter(|lead| !lead.deleted) else {
        return Vec::new();
    };
    let contacts = lead.contacts.iter().enumerate().map(|(at, contact)| {
        json!({"entity_id": id, "entity_type": "leads", "to_entity_id": contact,
            "to_entity_type": "contacts", "metadata": {"main_contact": at == 0}})
    });
    let company = lead.company_id.map(|company| {
        json!({"entity_id": id, "entity_type": "leads", "to_entity_id": company,
            "to_entity_type": "companies", "metadata": null})
    });
    contacts.chain(company).collect()
}

async fn list(State(shared): App, caller: Caller, Path(id): Path<i64>, query: Query) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let links = of_lead(account, id);
        let path = format!("leads/{id}/links");
        Page::asked(&query, 250)?.answer(&shape, &path, &query, "links", &links, |link| {
            let mut link = link.clone();
            if let Some(link) = link.as_object_mut() {
                link.remove("entity_id");
                link.remove("entity_type");
            }
            link
        })
    })
}

async fn list_mass(State(shared): App, caller: Caller, query: Query) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let ids = query.integers("filter[entity_id]");
        let links: Vec<Value> = ids.iter().flat_map(|id| of_lead(account, *id)).collect();
        Page::asked(&query, 250)?.answer(
            &shape,
            "leads/links",
            &query,
            "links",
            &links,
            Value::clone,
        )
    })
}

struct Wanted {
    lead: i64,
    kind: Kind,
    id: i64,
    main: bool,
}

fn read(
    acting: &Acting<'_>,
    items: &[Map<String, Value>],
    lead: Option<i64>,
) -> Result<Vec<Wanted>, Refusal> {
    let mut batch = Batch::default();
    let mut all = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut check = Check::default();
        let lead = lead.or_else(|| check.given_integer(item, "entity_id")).unwrap_or_default();
        if !acting.account.has(Kind::Leads, lead) {
            check.no_choice("entity_id");
        }
        let id = check.given_integer(item, "to_entity_id").unwrap_or_default();
        let name = check.filled(item, "to_entity_type").unwrap_or_default();
        let kind = Kind::named(&name).filter(|kind| *kind != Kind::Leads);
        match kind {
            Some(kind) if acting.account.has(kind, id) => {}
            Some(_) => check.no_choice("to_entity_id"),
            None if name.is_empty() => {}
            None => check.no_choice("to_entity_type"),
        }
        let metadata = check.object(item, "metadata").cloned().unwrap_or_default();
        let mut inner = Check::within("metadata.");
        let main = inner.boolean(&metadata, "is_main").unwrap_or_default();
        check.findings.append(&mut inner.findings);
        batch.add(&request_id(item, at), check.findings);
        all.push(Wanted { lead, kind: kind.unwrap_or(Kind::Contacts), id, main });
    }
    batch.verdict()?;
    Ok(all)
}

async fn link(State(shared): App, caller: Caller, Path(id): Path<i64>, body: Bytes) -> Answer {
    tie(&shared, &caller, Some(id), &body)
}

async fn link_mass(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    tie(&shared, &caller, None, &body)
}

fn tie(shared: &Shared, caller: &Caller, lead: Option<i64>, body: &Bytes) -> Answer {
    let items = items(body, BATCH)?;
    shared.serve(caller, |acting| {
        let wanted = read(acting, &items, lead)?;
        let links: Vec<Value> = wanted
            .iter()
            .map(|link| {
                acting.link(link.lead, link.kind, link.id, link.main);
                let main = acting.account.leads.get(&link.lead).and_then(|l| l.contacts.first());
                let metadata = match link.kind {
                    Kind::Contacts => json!({"main_contact": main == Some(&link.id)}),
                    _ => Value::Null,
                };
                json!({"entity_id": link.lead, "entity_type": "leads", "to_entity_id": link.id,
                    "to_entity_type": link.kind.name(), "metadata": metadata})
            })
            .collect();
        Ok(Reply::Hal(json!({
            "_total_items": links.len(),
            "_links": {"self": {"href": format!("{}/leads/links", caller.base)}},
            "_embedded": {"links": links},
        })))
    })
}

async fn unlink(State(shared): App, caller: Caller, Path(id): Path<i64>, body: Bytes) -> Answer {
    untie(&shared, &caller, Some(id), &body)
}

async fn unlink_mass(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    untie(&shared, &caller, None, &body)
}

fn untie(shared: &Shared, caller: &Caller, lead: Option<i64>, body: &Bytes) -> Answer {
    let items = items(body, BATCH)?;
    shared.serve(caller, |acting| {
        for link in read(acting, &items, lead)? {
            acting.unlink(link.lead, link.kind, link.id);
        }
        Ok(Reply::Nothing)
    })
}
