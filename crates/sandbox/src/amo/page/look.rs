//! What the page shows of an account. Lists are cut to what a person can look through.

use serde_json::{Value, json};

use crate::amo::{
    chats::linked_contact,
    world::{AccountState, Contact, Integration, Kind, Lead, Note, Task, World},
};

const SHOWN: usize = 300;
/// Of what was told and refused lately.
const LOOKED_BACK: usize = 20;

pub(super) fn account(world: &World, id: i64, now_ms: i64) -> Option<Value> {
    let account = world.accounts.get(&id)?;
    let integrations =
        world.integrations.values().map(|one| integration(world, account, one, now_ms / 1_000));
    let alive: Vec<&Lead> = account.leads.values().filter(|lead| !lead.deleted).collect();
    let people: Vec<&Contact> = account.contacts.values().filter(|one| !one.deleted).collect();
    Some(json!({
        "id": account.id, "subdomain": account.subdomain, "name": account.name,
        "amojo_id": account.amojo_id, "timezone": account.timezone,
        "users": account.users.values().collect::<Vec<_>>(),
        "pipelines": pipelines(account),
        "leads": newest(&alive, |lead| lead.trail.updated_at, |lead| lead_row(account, lead)),
        "leads_total": alive.len(),
        "contacts": newest(&people, |one| one.trail.updated_at, |one| contact_row(account, one)),
        "contacts_total": people.len(),
        "tasks": tasks(account),
        "unsorted": unsorted(account),
        "chats": chats(account, now_ms),
        "fields": account.fields.values().collect::<Vec<_>>(),
        "sources": account.sources.values().collect::<Vec<_>>(),
        "webhooks": account.webhooks.values().map(|hook| json!({
            "id": hook.id, "destination": hook.destination, "settings": hook.settings,
            "disabled": hook.disabled,
        })).collect::<Vec<_>>(),
        "deliveries": deliveries(world, account),
        "integrations": integrations.collect::<Vec<_>>(),
        "refusals": account.chats.refusals.iter().rev().take(LOOKED_BACK).collect::<Vec<_>>(),
        "switches": account.switches,
        "faults": account.faults,
        "blocked": account.blocked,
    }))
}

/// What went to the webhooks, the newest first, without what was in it.
fn deliveries(world: &World, account: &AccountState) -> Vec<Value> {
    let own = world.deliveries.iter().rev().filter(|one| one.account == account.subdomain);
    own.take(LOOKED_BACK)
        .map(|one| {
            json!({
                "event": one.event, "destination": one.destination, "status": one.status,
                "attempt": one.attempt, "at_ms": one.at_ms,
            })
        })
        .collect()
}

/// Whoever wrote last comes first.
fn chats(account: &AccountState, now_ms: i64) -> Vec<Value> {
    let mut all: Vec<_> = account
        .chats
        .chats
        .values()
        .filter_map(|chat| chat.messages.last().map(|last| (chat, last)))
        .collect();
    all.sort_by_key(|(_, last)| std::cmp::Reverse(last.at));
    let rows = all.into_iter().take(SHOWN).map(|(chat, last)| {
        json!({
            "id": chat.id, "name": chat.client.name, "lead_id": chat.lead,
            "contact_id": linked_contact(account, &chat.id), "source": chat.source,
            "typing": chat.typing_till > now_ms, "last": last.text, "last_kind": last.kind,
            "last_author": last.author, "at": last.at, "messages": chat.messages.len(),
        })
    });
    rows.collect()
}

fn newest<T>(all: &[&T], when: impl Fn(&T) -> i64, show: impl Fn(&T) -> Value) -> Vec<Value> {
    let mut all = all.to_vec();
    all.sort_by_key(|one| std::cmp::Reverse(when(one)));
    all.into_iter().take(SHOWN).map(show).collect()
}

fn pipelines(account: &AccountState) -> Vec<Value> {
    let mut all: Vec<_> = account.pipelines.values().collect();
    all.sort_by_key(|pipeline| (pipeline.sort, pipeline.id));
    all.into_iter().map(|pipeline| json!(pipeline)).collect()
}

fn tags(account: &AccountState, tags: &[i64]) -> Vec<String> {
    tags.iter().filter_map(|id| account.tags.get(id)).map(|tag| tag.name.clone()).collect()
}

fn person(account: &AccountState, id: i64) -> Option<String> {
    account.users.get(&id).map(|user| user.name.clone())
}

fn lead_row(account: &AccountState, lead: &Lead) -> Value {
    let contacts = lead.contacts.iter().filter_map(|id| account.contacts.get(id));
    let contacts: Vec<Value> =
        contacts.map(|one| json!({"id": one.id, "name": one.name})).collect();
    let own = Some((Kind::Leads, lead.id));
    let mut waiting = account.unsorted.values();
    json!({
        "id": lead.id, "name": lead.name, "price": lead.price,
        "pipeline_id": lead.pipeline_id, "status_id": lead.status_id,
        "responsible": person(account, lead.responsible_user_id),
        "responsible_user_id": lead.responsible_user_id,
        "contacts": contacts, "tags": tags(account, &lead.tags),
        "created_at": lead.trail.created_at, "updated_at": lead.trail.updated_at,
        "tasks": account.tasks.values().filter(|task| task.entity == own)
            .filter(|task| !task.deleted && !task.is_completed).count(),
        "notes": account.notes.values().filter(|note| Some(note.entity) == own).count(),
        "unsorted": waiting.find(|entry| entry.lead_id == lead.id).map(|entry| &entry.uid),
    })
}

fn contact_row(account: &AccountState, contact: &Contact) -> Value {
    let texts = |code| account.texts(&contact.values, Kind::Contacts, code).join(", ");
    let leads = account.leads.values().filter(|lead| !lead.deleted);
    json!({
        "id": contact.id, "name": contact.name, "hidden": contact.hidden,
        "phone": texts("PHONE"), "email": texts("EMAIL"), "tags": tags(account, &contact.tags),
        "responsible": person(account, contact.responsible_user_id),
        "responsible_user_id": contact.responsible_user_id,
        "created_at": contact.trail.created_at, "updated_at": contact.trail.updated_at,
        "leads": leads.filter(|lead| lead.contacts.contains(&contact.id)).count(),
    })
}

fn task(account: &AccountState, task: &Task) -> Value {
    let entity = task.entity.map(|(kind, id)| {
        let name = match kind {
            Kind::Leads => account.leads.get(&id).map(|lead| lead.name.clone()),
            Kind::Contacts => account.contacts.get(&id).map(|contact| contact.name.clone()),
            Kind::Companies => account.companies.get(&id).map(|company| company.name.clone()),
        };
        json!({"kind": kind, "id": id, "name": name})
    });
    json!({
        "id": task.id, "text": task.text, "complete_till": task.complete_till,
        "type": task.task_type_id, "responsible": person(account, task.responsible_user_id),
        "entity": entity, "is_completed": task.is_completed, "result": task.result,
        "created_at": task.trail.created_at,
    })
}

fn tasks(account: &AccountState) -> Vec<Value> {
    let mut all: Vec<&Task> = account.tasks.values().filter(|task| !task.deleted).collect();
    all.sort_by_key(|task| (task.is_completed, task.complete_till));
    all.into_iter().take(SHOWN).map(|one| task(account, one)).collect()
}

fn unsorted(account: &AccountState) -> Vec<Value> {
    let mut all: Vec<_> = account.unsorted.values().collect();
    all.sort_by_key(|entry| std::cmp::Reverse(entry.created_at));
    let shown = all.into_iter().take(SHOWN).map(|entry| {
        let contacts = entry.contact_ids.iter().filter_map(|id| account.contacts.get(id));
        json!({
            "uid": entry.uid, "category": entry.category, "source_name": entry.source_name,
            "pipeline_id": entry.pipeline_id, "created_at": entry.created_at,
            "lead_id": entry.lead_id, "metadata": entry.metadata,
            "lead": account.leads.get(&entry.lead_id).map(|lead| &lead.name),
            "contacts": contacts.map(|one| contact_row(account, one)).collect::<Vec<_>>(),
        })
    });
    shown.collect()
}

fn integration(world: &World, account: &AccountState, one: &Integration, now: i64) -> Value {
    let install = account.installs.get(&one.client_id);
    let access = world.access.values().filter(|token| {
        token.client_id == one.client_id
            && token.account_id == account.id
            && !token.revoked
            && token.expires_at > now
    });
    let refresh = world.refresh.values().filter(|token| {
        token.client_id == one.client_id
            && token.account_id == account.id
            && !token.spent
            && token.expires_at > now
    });
    json!({
        "client_id": one.client_id, "client_secret": one.client_secret, "name": one.name,
        "redirect_uri": one.redirect_uri,
        "installed": install.is_some(), "active": install.is_some_and(|install| install.active),
        "access": access.count(), "refresh": refresh.count(),
        "channel": one.channel.as_ref().map(|channel| json!({
            "id": channel.id, "secret": channel.secret, "code": channel.code,
            "name": channel.name, "bot_id": channel.bot_id, "hook_url": channel.hook_url,
            "scope_id": format!("{}_{}", channel.id, account.amojo_id),
            "connected": account.chats.connections.get(&channel.id),
        })),
    })
}

fn notes(account: &AccountState, entity: (Kind, i64)) -> Vec<Value> {
    let own: Vec<&Note> = account.notes.values().filter(|note| note.entity == entity).collect();
    newest(
        &own,
        |note| note.trail.created_at,
        |note| {
            json!({
                "id": note.id, "type": note.note_type, "params": note.params,
                "created_at": note.trail.created_at, "by": person(account, note.trail.created_by),
            })
        },
    )
}

fn tasks_of(account: &AccountState, entity: (Kind, i64)) -> Vec<Value> {
    let own = account.tasks.values().filter(|one| one.entity == Some(entity) && !one.deleted);
    own.map(|one| task(account, one)).collect()
}

pub(super) fn lead(account: &AccountState, id: i64) -> Option<Value> {
    let lead = account.leads.get(&id).filter(|lead| !lead.deleted)?;
    let mut shown = lead_row(account, lead);
    let contacts = lead.contacts.iter().filter_map(|id| account.contacts.get(id));
    shown["contacts"] = contacts.map(|one| contact_row(account, one)).collect();
    shown["values"] = account.values_json(&lead.values);
    shown["note_list"] = json!(notes(account, (Kind::Leads, id)));
    shown["task_list"] = json!(tasks_of(account, (Kind::Leads, id)));
    Some(shown)
}

pub(super) fn contact(account: &AccountState, id: i64) -> Option<Value> {
    let contact = account.contacts.get(&id).filter(|contact| !contact.deleted)?;
    let mut shown = contact_row(account, contact);
    let leads = account.leads.values().filter(|lead| !lead.deleted);
    let own = leads.filter(|lead| lead.contacts.contains(&id));
    shown["lead_list"] = own.map(|lead| lead_row(account, lead)).collect();
    shown["values"] = account.values_json(&contact.values);
    shown["note_list"] = json!(notes(account, (Kind::Contacts, id)));
    shown["task_list"] = json!(tasks_of(account, (Kind::Contacts, id)));
    Some(shown)
}
