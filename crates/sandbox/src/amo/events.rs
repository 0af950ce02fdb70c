//! Bodies of the webhooks, as the account was when it happened. They become brackets and text on
//! the way out.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::world::{AccountState, Event, Kind, Unsorted, Values};

/// `add_lead` of `add` and a lead.
fn setting(kind: Kind, action: &str) -> &'static str {
    const NAMES: [&str; 19] = [
        "add_lead",
        "update_lead",
        "delete_lead",
        "status_lead",
        "responsible_lead",
        "note_lead",
        "add_contact",
        "update_contact",
        "delete_contact",
        "responsible_contact",
        "note_contact",
        "add_company",
        "update_company",
        "delete_company",
        "responsible_company",
        "note_company",
        "restore_lead",
        "restore_contact",
        "restore_company",
    ];
    let wanted = format!("{action}_{}", kind.singular());
    NAMES.into_iter().find(|name| *name == wanted).unwrap_or("")
}

/// Companies come under `contacts`, with their type told.
fn section(kind: Kind) -> &'static str {
    if kind == Kind::Leads { "leads" } else { "contacts" }
}

/// Events that any account can be asked for.
pub(super) const SETTINGS: [&str; 32] = [
    "add_lead",
    "update_lead",
    "delete_lead",
    "restore_lead",
    "status_lead",
    "responsible_lead",
    "note_lead",
    "add_contact",
    "update_contact",
    "delete_contact",
    "restore_contact",
    "responsible_contact",
    "note_contact",
    "add_company",
    "update_company",
    "delete_company",
    "restore_company",
    "responsible_company",
    "note_company",
    "add_customer",
    "update_customer",
    "delete_customer",
    "responsible_customer",
    "note_customer",
    "add_task",
    "update_task",
    "delete_task",
    "responsible_task",
    "add_talk",
    "update_talk",
    "add_chat_template_review",
    "add_message",
];

/// Told apart from the table of documented names: [`Switches::unsorted_events`](super::Switches).
pub(super) const UNSORTED: [&str; 3] = ["add_unsorted", "update_unsorted", "delete_unsorted"];

fn custom_fields(account: &AccountState, values: &Values) -> Vec<Value> {
    let filled = values.iter().filter(|(_, values)| !values.is_empty());
    filled
        .filter_map(|(id, values)| {
            let field = account.fields.get(id)?;
            let of_choice = |value: &super::world::FieldValue| match value.enum_id {
                Some(choice) => json!({"value": value.value, "enum": choice}),
                None => value.value.clone(),
            };
            let mut shown = json!({
                "id": field.id, "name": field.name,
                "values": values.iter().map(of_choice).collect::<Vec<_>>(),
            });
            if let Some(code) = &field.code {
                shown["code"] = json!(code);
            }
            Some(shown)
        })
        .collect()
}

fn tags(account: &AccountState, tags: &[i64]) -> Vec<Value> {
    let known = tags.iter().filter_map(|id| account.tags.get(id));
    known.map(|tag| json!({"id": tag.id, "name": tag.name})).collect()
}

pub(super) fn of_lead(
    account: &AccountState,
    id: i64,
    action: &'static str,
    old: Option<(i64, i64)>,
) -> Option<Event> {
    let lead = account.leads.get(&id)?;
    let mut body = json!({
        "id": lead.id, "name": lead.name, "status_id": lead.status_id, "price": lead.price,
        "responsible_user_id": lead.responsible_user_id,
        "last_modified": lead.trail.updated_at, "modified_user_id": lead.trail.updated_by,
        "created_user_id": lead.trail.created_by, "date_create": lead.trail.created_at,
        "pipeline_id": lead.pipeline_id, "account_id": account.id,
        "created_at": lead.trail.created_at, "updated_at": lead.trail.updated_at,
    });
    if let Some((pipeline, status)) = old {
        body["old_status_id"] = json!(status);
        // Only a move between pipelines names the old one.
        if pipeline != lead.pipeline_id {
            body["old_pipeline_id"] = json!(pipeline);
        }
    }
    add_lists(account, &mut body, &lead.values, &lead.tags);
    let about = format!("lead {id}");
    Some(Event { setting: setting(Kind::Leads, action), section: "leads", action, about, body })
}

/// Empty lists are not sent at all: brackets cannot say them.
fn add_lists(account: &AccountState, body: &mut Value, values: &Values, of: &[i64]) {
    let (fields, tags) = (custom_fields(account, values), tags(account, of));
    if !fields.is_empty() {
        body["custom_fields"] = Value::Array(fields);
    }
    if !tags.is_empty() {
        body["tags"] = Value::Array(tags);
    }
}

pub(super) fn of_contact(
    account: &AccountState,
    kind: Kind,
    id: i64,
    action: &'static str,
) -> Option<Event> {
    let all = if kind == Kind::Companies { &account.companies } else { &account.contacts };
    let contact = all.get(&id)?;
    let mut body = json!({
        "id": contact.id, "name": contact.name,
        "responsible_user_id": contact.responsible_user_id,
        "date_create": contact.trail.created_at, "last_modified": contact.trail.updated_at,
        "created_user_id": contact.trail.created_by, "modified_user_id": contact.trail.updated_by,
        "account_id": account.id, "created_at": contact.trail.created_at,
        "updated_at": contact.trail.updated_at, "type": kind.singular(),
    });
    let leads = account.leads.values().filter(|lead| !lead.deleted && lead.contacts.contains(&id));
    let leads: Map<String, Value> =
        leads.map(|lead| (lead.id.to_string(), json!({"ID": lead.id}))).collect();
    if !leads.is_empty() {
        body["linked_leads_id"] = Value::Object(leads);
    }
    add_lists(account, &mut body, &contact.values, &contact.tags);
    let about = format!("{} {id}", kind.singular());
    Some(Event { setting: setting(kind, action), section: section(kind), action, about, body })
}

pub(super) fn deleted(account: &AccountState, kind: Kind, id: i64) -> Event {
    let mut body = json!({"id": id});
    if let (Kind::Leads, Some(lead)) = (kind, account.leads.get(&id)) {
        body["status_id"] = json!(lead.status_id);
        body["pipeline_id"] = json!(lead.pipeline_id);
    } else {
        body["type"] = json!(kind.singular());
    }
    let about = format!("{} {id}", kind.singular());
    let setting = setting(kind, "delete");
    Event { setting, section: section(kind), action: "delete", about, body }
}

pub(super) fn of_task(
    account: &AccountState,
    id: i64,
    action: &'static str,
    closes: bool,
) -> Option<Event> {
    let task = account.tasks.get(&id)?;
    let setting = match action {
        "add" => "add_task",
        "update" => "update_task",
        "delete" => "delete_task",
        _ => "responsible_task",
    };
    let mut body = json!({
        "id": task.id, "text": task.text, "task_type": task.task_type_id,
        "date_create": moment(task.trail.created_at), "status": i64::from(task.is_completed),
        "account_id": account.id, "created_user_id": task.trail.created_by,
        "last_modified": moment(task.trail.updated_at),
        "responsible_user_id": task.responsible_user_id,
        "complete_till": moment(task.complete_till),
    });
    if let Some((kind, id)) = task.entity {
        body["element_id"] = json!(id);
        body["element_type"] = json!(kind.number());
    }
    if action == "update" {
        body["action_close"] = json!(i64::from(closes));
    }
    if let Some(result) = &task.result {
        body["result"] = json!({"id": task.id + 1_000_000_000, "text": result});
    }
    // The sample nests one more list in updates.
    let body = if action == "update" { json!([body]) } else { body };
    Some(Event { setting, section: "task", action, about: format!("task {id}"), body })
}

pub(super) fn of_note(account: &AccountState, id: i64) -> Option<Event> {
    let note = account.notes.get(&id)?;
    let (kind, entity_id) = note.entity;
    let body = json!({"note": {
        "id": note.id, "element_id": entity_id, "element_type": kind.number(),
        "note_type": note.note_type, "created_by": note.trail.created_by,
        "modified_by": note.trail.updated_by, "date_create": moment(note.trail.created_at),
        "main_user_id": note.responsible_user_id, "account_id": account.id,
        "text": note.params.get("text").cloned().unwrap_or_default(),
    }});
    let setting = setting(kind, "note");
    Some(Event {
        setting,
        section: section(kind),
        action: "note",
        about: format!("note {id}"),
        body,
    })
}

pub(super) fn of_unsorted(
    account: &AccountState,
    entry: &Unsorted,
    action: &'static str,
    by: i64,
) -> Event {
    let about = format!("unsorted {}", entry.uid);
    if action != "add" {
        let mut result = json!({"leads": [entry.lead_id]});
        if action == "accept" && !entry.contact_ids.is_empty() {
            result["contacts"] = json!(entry.contact_ids);
        }
        let mut body = json!({
            "action": action, "uid": entry.uid, "category": entry.category,
            "created_at": entry.created_at,
        });
        body[format!("{action}_result")] = result;
        let setting = "delete_unsorted";
        return Event { setting, section: "unsorted", action: "delete", about, body };
    }
    let lead = account.leads.get(&entry.lead_id);
    let mut data = json!({"leads": [{
        "id": entry.lead_id, "name": lead.map_or("", |lead| &lead.name),
        "date_create": entry.created_at, "created_user_id": 0, "modified_user_id": 0,
    }]});
    let contacts: Vec<Value> = entry
        .contact_ids
        .iter()
        .filter_map(|id| account.contacts.get(id))
        .map(|contact| {
            let mut shown = json!({"id": contact.id, "name": contact.name, "main_user_id": 0});
            add_lists(account, &mut shown, &contact.values, &contact.tags);
            shown
        })
        .collect();
    if !contacts.is_empty() {
        data["contacts"] = Value::Array(contacts);
    }
    let body = json!({
        "uid": entry.uid, "category": entry.category, "account_id": account.id, "user_id": by,
        "source": entry.source_name, "pipeline_id": entry.pipeline_id,
        "source_data": entry.metadata, "data": data,
    });
    Event { setting: "add_unsorted", section: "unsorted", action: "add", about, body }
}

/// `2017-07-20 15:00:00`, in Moscow, where the accounts of this sandbox live.
fn moment(unix: i64) -> String {
    let local = DateTime::from_timestamp(unix + 3 * 3_600, 0).unwrap_or_default();
    local.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(moment(0), "1970-01-01 03:00:00");
        assert_eq!(moment(1_709_164_800), "2024-02-29 03:00:00");
        assert_eq!(moment(1_500_552_000), "2017-07-20 15:00:00");
    }
}
