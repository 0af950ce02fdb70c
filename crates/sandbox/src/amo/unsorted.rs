//! Unsorted: what came by itself and waits for a person. Only forms and calls can be put in here;
//! chats and mail come through amoCRM's own channels.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    routing::{delete, get, post},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    acts::{Acting, UnsortedDraft},
    answer::{Answer, Refusal, Reply},
    check::{Batch, Check, items, object, request_id},
    draft::{ContactDraft, LeadDraft},
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    world::{AccountState, Kind, Shared, Unsorted},
};

type App = State<Arc<Shared>>;

/// The categories that can be created through the API.
pub(super) const CREATED: [&str; 2] = ["forms", "sip"];
const MOST: usize = 100;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v4/leads/unsorted", get(list))
        .route("/api/v4/leads/unsorted/summary", get(summary))
        .route("/api/v4/leads/unsorted/{uid}", get(one))
        .route(
            "/api/v4/leads/unsorted/forms",
            post(|a: App, c: Caller, b: Bytes| add(a, c, b, "forms")),
        )
        .route(
            "/api/v4/leads/unsorted/sip",
            post(|a: App, c: Caller, b: Bytes| add(a, c, b, "sip")),
        )
        .route("/api/v4/leads/unsorted/{uid}/accept", post(accept))
        .route("/api/v4/leads/unsorted/{uid}/decline", delete(decline))
        .route("/api/v4/leads/unsorted/{uid}/link", post(link))
}

async fn list(State(shared): App, caller: Caller, query: Query) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let (uids, categories) = (query.all("filter[uid]"), query.all("filter[category]"));
        let pipelines = query.integers("filter[pipeline_id]");
        let mut found: Vec<&Unsorted> = account
            .unsorted
            .values()
            .filter(|entry| uids.is_empty() || uids.contains(&entry.uid.as_str()))
            .filter(|entry| categories.is_empty() || categories.contains(&entry.category.as_str()))
            .filter(|entry| pipelines.is_empty() || pipelines.contains(&entry.pipeline_id))
            .collect();
        found.sort_by_key(|entry| entry.lead_id);
        if query.one("order[created_at]") == Some("desc") {
            found.reverse();
        }
        page.answer(&shape, "leads/unsorted", &query, "unsorted", &found, |e| shape.unsorted(e))
    })
}

async fn one(State(shared): App, caller: Caller, Path(uid): Path<String>) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let entry = account.unsorted.get(&uid).ok_or_else(Refusal::not_found)?;
        Ok(Reply::Hal(shape.unsorted(entry)))
    })
}

async fn summary(State(shared): App, caller: Caller) -> Answer {
    shared.look(&caller, |account| {
        let of = |category: &str| {
            let total = account.unsorted.values().filter(|e| e.category == category).count();
            json!({"total": total})
        };
        let sorted = &account.sorted;
        let done = i64::try_from(sorted.accepted + sorted.declined).unwrap_or(1).max(1);
        Ok(Reply::Hal(json!({
            "total": account.unsorted.len(), "accepted": sorted.accepted,
            "declined": sorted.declined, "average_sort_time": sorted.seconds / done,
            "categories": {"sip": of("sip"), "mail": of("mail"), "forms": of("forms"),
                "chats": of("chats")},
            "_links": {"self": {"href": format!("{}/leads/unsorted/summary", caller.base)}},
        })))
    })
}

async fn add(State(shared): App, caller: Caller, body: Bytes, category: &'static str) -> Answer {
    let items = items(&body, MOST)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut drafts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let draft = read(acting, &mut check, item, category);
            let print = fingerprint(&draft);
            let again = |(_, _, other): &(String, UnsortedDraft, String)| *other == print;
            if acting.account.sorted.seen.contains(&print) || drafts.iter().any(again) {
                check.find("NotUnique", "metadata", "Such an unsorted entry already exists.");
            }
            batch.add(&request_id(item, at), check.findings);
            drafts.push((request_id(item, at), draft, print));
        }
        batch.verdict()?;
        let mut made = Vec::new();
        for (request_id, draft, print) in drafts {
            let entry = acting.put_unsorted(&draft);
            acting.account.sorted.seen.insert(print);
            let shape = Shape { account: acting.account, base: &caller.base };
            made.push(json!({
                "uid": entry.uid, "account_id": acting.account.id, "request_id": request_id,
                "_links": shape.link(&format!("leads/unsorted/{}", entry.uid)),
                "_embedded": shape.unsorted_parts(&entry),
            }));
        }
        Ok(Reply::Hal(json!({"_total_items": made.len(), "_embedded": {"unsorted": made}})))
    })
}

/// «Two identical entities cannot be in Unsorted»: the criterion is not documented. Taken here: the
/// same source and the same metadata.
fn fingerprint(draft: &UnsortedDraft) -> String {
    let text = format!("{}|{:?}|{}", draft.category, draft.source_uid, draft.metadata);
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn read(
    acting: &Acting<'_>,
    check: &mut Check,
    item: &Map<String, Value>,
    category: &str,
) -> UnsortedDraft {
    let account: &AccountState = acting.account;
    let source_uid = check.filled(item, "source_uid");
    let source_name = check.filled(item, "source_name");
    let pipeline_id = check.integer(item, "pipeline_id");
    if let Some(id) = pipeline_id
        && account.pipelines.get(&id).is_none_or(|pipeline| pipeline.is_archive)
    {
        check.no_choice("pipeline_id");
    }
    let metadata = match check.object(item, "metadata") {
        None => {
            if check.findings.iter().all(|finding| finding.path != "metadata") {
                check.missing("metadata");
            }
            json!({})
        }
        Some(metadata) => {
            let mut inner = Check::within("metadata.");
            check_metadata(&mut inner, category, metadata);
            check.findings.append(&mut inner.findings);
            Value::Object(metadata.clone())
        }
    };
    let embedded = check.object(item, "_embedded").cloned().unwrap_or_default();
    if category == "sip" && embedded.is_empty() {
        check.missing("_embedded");
    }
    let lead = lead_of(account, check, &embedded);
    UnsortedDraft {
        category: category.to_owned(),
        source_uid,
        source_name,
        pipeline_id,
        created_at: check.integer(item, "created_at"),
        metadata,
        lead,
        contacts: people_of(account, check, &embedded, Kind::Contacts),
        companies: people_of(account, check, &embedded, Kind::Companies),
    }
}

fn lead_of(account: &AccountState, check: &mut Check, embedded: &Map<String, Value>) -> LeadDraft {
    let mut inner = Check::within("_embedded.leads.0.");
    let first = embedded.get("leads").and_then(|leads| leads.get(0)).and_then(Value::as_object);
    let Some(item) = first else { return LeadDraft::default() };
    // The place is given by Unsorted itself.
    let mut item = item.clone();
    item.remove("status_id");
    item.remove("pipeline_id");
    let draft = account.lead_draft(&mut inner, &item, None);
    check.findings.append(&mut inner.findings);
    draft
}

fn people_of(
    account: &AccountState,
    check: &mut Check,
    embedded: &Map<String, Value>,
    kind: Kind,
) -> Vec<ContactDraft> {
    let mut drafts = Vec::new();
    let list = embedded.get(kind.name()).and_then(Value::as_array);
    for (at, item) in list.into_iter().flatten().enumerate() {
        let Some(item) = item.as_object() else { continue };
        // The documentation's own sample sends numbers as names here.
        let mut item = item.clone();
        for name in ["name", "first_name", "last_name"] {
            if let Some(Value::Number(number)) = item.get(name) {
                let text = number.to_string();
                item.insert(name.to_owned(), json!(text));
            }
        }
        let mut inner = Check::within(&format!("_embedded.{}.{at}.", kind.name()));
        drafts.push(account.contact_draft(&mut inner, &item, kind));
        check.findings.append(&mut inner.findings);
    }
    drafts
}

pub(super) fn check_metadata(check: &mut Check, category: &str, metadata: &Map<String, Value>) {
    let (required, text): (&[&str], &[&str]) = if category == "forms" {
        (
            &["form_id", "form_name", "form_page", "form_sent_at"],
            &["form_name", "form_page", "ip", "referer"],
        )
    } else {
        (
            &["from", "phone", "called_at", "duration", "link", "service_code", "uniq"],
            &["from", "link", "service_code", "uniq"],
        )
    };
    for name in required {
        match metadata.get(*name) {
            None | Some(Value::Null) => check.missing(name),
            Some(Value::String(text)) if text.trim().is_empty() => {
                check.find("NotBlank", name, "This value should not be blank.");
            }
            Some(_) => {}
        }
    }
    for name in text {
        check.text(metadata, name);
    }
    for name in ["form_sent_at", "called_at", "duration"] {
        check.integer(metadata, name);
    }
}

async fn accept(
    State(shared): App,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Answer {
    let item = if body.is_empty() { Map::new() } else { object(&body)? };
    shared.serve(&caller, |acting| {
        let mut check = Check::default();
        let user_id = check.integer(&item, "user_id");
        let status_id = check.integer(&item, "status_id");
        if let Some(id) = user_id
            && id != 0
            && !acting.account.is_active_user(id)
        {
            check.no_choice("user_id");
        }
        if let Some(id) = status_id {
            let mut open = acting.account.pipelines.values().filter(|p| !p.is_archive);
            if !open.any(|p| p.statuses.iter().any(|s| s.id == id && s.kind == 0)) {
                check.no_choice("status_id");
            }
        }
        check.verdict()?;
        let entry = acting.accept(&uid, user_id, status_id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::Hal(sorted(acting.account, &caller, &entry)))
    })
}

async fn decline(
    State(shared): App,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Answer {
    let item = if body.is_empty() { Map::new() } else { object(&body)? };
    shared.serve(&caller, |acting| {
        let mut check = Check::default();
        check.integer(&item, "user_id");
        check.verdict()?;
        let entry = acting.decline(&uid).ok_or_else(Refusal::not_found)?;
        Ok(Reply::Hal(sorted(acting.account, &caller, &entry)))
    })
}

fn sorted(account: &AccountState, caller: &Caller, entry: &Unsorted) -> Value {
    let shape = Shape { account, base: &caller.base };
    json!({
        "uid": entry.uid, "pipeline_id": entry.pipeline_id, "category": entry.category,
        "created_at": entry.created_at, "_embedded": shape.unsorted_parts(entry),
    })
}

async fn link(State(shared): App, caller: Caller, Path(uid): Path<String>, body: Bytes) -> Answer {
    let item = object(&body)?;
    shared.serve(&caller, |acting| {
        let entry = acting.account.unsorted.get(&uid).ok_or_else(Refusal::not_found)?.clone();
        let mut check = Check::default();
        check.integer(&item, "user_id");
        let mut lead_id = 0;
        match check.object(&item, "link") {
            None => check.missing("link"),
            Some(link) => {
                let mut inner = Check::within("link.");
                lead_id = inner.given_integer(link, "entity_id").unwrap_or_default();
                let kind = inner.filled(link, "entity_type").unwrap_or_default();
                if kind != "leads" {
                    inner.no_choice("entity_type");
                }
                if acting.account.leads.get(&lead_id).is_none_or(|lead| lead.deleted) {
                    inner.no_choice("entity_id");
                }
                check.findings.append(&mut inner.findings);
            }
        }
        // Calls and forms are accepted; only what was written can be bound.
        if !["chats", "mail"].contains(&entry.category.as_str()) {
            check.no_choice("category");
        }
        check.verdict()?;
        acting.bind_unsorted(&uid, lead_id);
        let shape = Shape { account: acting.account, base: &caller.base };
        let link = shape.link(&format!("leads/{lead_id}"));
        Ok(Reply::Hal(json!({
            "uid": uid, "_embedded": {"leads": [{"id": lead_id, "_links": link}]},
        })))
    })
}
