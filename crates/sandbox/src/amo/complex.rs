//! `leads/complex`: a lead with its contact and company in one call, which the account's duplicate
//! control may join with what is there.

use std::sync::Arc;

use axum::{body::Bytes, extract::State};
use serde_json::{Map, Value, json};

use super::{
    acts::{Acting, MOST_ALIKE, UnsortedDraft},
    answer::{Answer, Refusal, Reply},
    check::{Batch, Check, items, request_id},
    draft::{ContactDraft, LeadDraft},
    gate::Caller,
    unsorted,
    world::{Kind, LOST, Shared, WON},
};

/// Hard; a longer list is refused.
const MOST: usize = 50;
const MOST_VALUES: usize = 40;

enum Party {
    New(Box<ContactDraft>),
    Known(i64),
}

struct Wanted {
    request_id: String,
    lead: LeadDraft,
    contact: Option<Party>,
    company: Option<Party>,
    /// `forms` or `sip`: it goes to Unsorted, and the status is ignored.
    category: Option<(String, Value)>,
}

pub(super) async fn add(State(shared): State<Arc<Shared>>, caller: Caller, body: Bytes) -> Answer {
    let items = items(&body, MOST)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut all = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let wanted = read(acting, &mut check, item, request_id(item, at));
            batch.add(&wanted.request_id, check.findings);
            all.push(wanted);
        }
        batch.verdict()?;
        let made: Result<Vec<Value>, Refusal> =
            all.into_iter().map(|wanted| make(acting, wanted)).collect();
        Ok(Reply::Hal(Value::Array(made?)))
    })
}

fn read(
    acting: &Acting<'_>,
    check: &mut Check,
    item: &Map<String, Value>,
    request_id: String,
) -> Wanted {
    let lead = acting.account.lead_draft(check, item, None);
    if lead.common.values.len() > MOST_VALUES {
        check.find("TooMuch", "custom_fields_values", "At most 40 values.");
    }
    let mut wanted = Wanted { request_id, lead, contact: None, company: None, category: None };
    let Some(embedded) = check.object(item, "_embedded") else { return wanted };
    wanted.contact = party(acting, check, embedded, Kind::Contacts);
    wanted.company = party(acting, check, embedded, Kind::Companies);
    if let Some(metadata) = check.object(embedded, "metadata") {
        let category = metadata.get("category").and_then(Value::as_str).unwrap_or_default();
        if unsorted::CREATED.contains(&category) {
            let mut inner = Check::within("_embedded.metadata.");
            unsorted::check_metadata(&mut inner, category, metadata);
            check.findings.append(&mut inner.findings);
            let metadata = Value::Object(metadata.clone());
            wanted.category = Some((category.to_owned(), metadata));
        } else {
            check.no_choice("_embedded.metadata.category");
        }
    }
    wanted
}

fn party(
    acting: &Acting<'_>,
    check: &mut Check,
    embedded: &Map<String, Value>,
    kind: Kind,
) -> Option<Party> {
    let mut inner = Check::within("_embedded.");
    let list = inner.list(embedded, kind.name());
    if list.len() > 1 {
        inner.find("TooMuch", kind.name(), "Only one is allowed.");
    }
    check.findings.append(&mut inner.findings);
    let first = list.first()?.as_object();
    let path = format!("_embedded.{}.0.", kind.name());
    let mut inner = Check::within(&path);
    let party = match first {
        None => {
            inner.wrong_type("", "object");
            None
        }
        Some(item) if item.contains_key("id") => {
            let id = inner.integer(item, "id").unwrap_or_default();
            let all = match kind {
                Kind::Companies => &acting.account.companies,
                _ => &acting.account.contacts,
            };
            if all.get(&id).is_none_or(|known| known.deleted || known.hidden) {
                inner.no_choice("id");
            }
            Some(Party::Known(id))
        }
        Some(item) => {
            let draft = acting.account.contact_draft(&mut inner, item, kind);
            if draft.common.values.len() > MOST_VALUES {
                inner.find("TooMuch", "custom_fields_values", "At most 40 values.");
            }
            Some(Party::New(Box::new(draft)))
        }
    };
    check.findings.append(&mut inner.findings);
    party
}

fn make(acting: &mut Acting<'_>, wanted: Wanted) -> Result<Value, Refusal> {
    let Wanted { request_id, mut lead, contact, company, category } = wanted;
    let answer = |id: i64, contact: Option<i64>, company: Option<i64>, merged: bool| {
        json!({"id": id, "contact_id": contact, "company_id": company,
            "request_id": [request_id], "merged": merged})
    };
    if let Some((lead_id, contact_id)) = alike(acting, contact.as_ref(), lead.pipeline_id) {
        // The status of what is there stays.
        lead.status_id = None;
        lead.pipeline_id = None;
        lead.name = None;
        acting.change_lead(lead_id, &lead);
        if let Some(Party::New(mut draft)) = contact {
            draft.name = None;
            draft.first_name = None;
            draft.last_name = None;
            draft.common.responsible_user_id = None;
            acting.change_contact(Kind::Contacts, contact_id, &draft);
        }
        let company = acting.account.leads.get(&lead_id).and_then(|lead| lead.company_id);
        return Ok(answer(lead_id, Some(contact_id), company, true));
    }
    if let Some((category, metadata)) = category {
        let drafted = |party: Option<Party>| match party {
            Some(Party::New(draft)) => vec![*draft],
            _ => Vec::new(),
        };
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
        let draft = UnsortedDraft {
            category,
            source_uid: text("source_uid"),
            source_name: text("form_name"),
            pipeline_id: lead.pipeline_id,
            created_at: lead.common.created_at,
            metadata: metadata.clone(),
            lead,
            contacts: drafted(contact),
            companies: drafted(company),
        };
        let entry = acting.put_unsorted(&draft);
        let (contact, company) = (entry.contact_ids.first(), entry.company_ids.first());
        return Ok(answer(entry.lead_id, contact.copied(), company.copied(), false));
    }
    let company_id = company.map(|company| match company {
        Party::Known(id) => id,
        Party::New(draft) => acting.add_contact(Kind::Companies, &draft),
    });
    let contact_id = contact.map(|contact| match contact {
        Party::Known(id) => id,
        Party::New(mut draft) => {
            draft.company_id = company_id;
            acting.add_contact(Kind::Contacts, &draft)
        }
    });
    lead.contacts = contact_id.into_iter().collect();
    lead.company_id = company_id;
    let id = acting.add_lead(&lead);
    Ok(answer(id, contact_id, company_id, false))
}

/// The open lead and the contact that the duplicate control joins this one with.
fn alike(
    acting: &Acting<'_>,
    contact: Option<&Party>,
    pipeline_id: Option<i64>,
) -> Option<(i64, i64)> {
    let Some(Party::New(draft)) = contact else { return None };
    if !acting.account.switches.duplicate_control {
        return None;
    }
    let pipeline = pipeline_id.or_else(|| acting.account.main_pipeline());
    let alike = acting.account.contacts_like(&draft.common.values);
    if alike.is_empty() || alike.len() > MOST_ALIKE {
        return None;
    }
    let open = acting.account.leads.values().rev().filter(|lead| {
        !lead.deleted && !matches!(lead.status_id, WON | LOST) && Some(lead.pipeline_id) == pipeline
    });
    let mut pairs = open.filter_map(|lead| {
        let contact = lead.contacts.iter().find(|id| alike.contains(id))?;
        Some((lead.id, *contact))
    });
    pairs.next()
}
