//! What a person does on the page. The name of the act is the last part of the path; `by` is the
//! user of amoCRM who does it, and nobody is a robot.
//!
//! `move_lead` `{lead, pipeline, status}`, `hand_lead` `{lead, user}`, `delete_lead` `{lead}`,
//! `merge_leads` `{lead, gone}`, `add_lead` `{text, contact?}`, `hand_contact` `{contact, user}`,
//! `rename_contact` `{contact, text}`, `delete_contact` `{contact}`, `note` `{lead, text}`, `close_task` `{task, text?}`, `accept` `{uid, status?}`, `decline` `{uid}`,
//! `write` `{chat, text?, media?, kind?, file_name?, file_size?, message?}`,
//! `write_first` `{contact, source?, text}`, `react` `{message, text?}`, `type` `{chat}`,
//! `user` `{user, on}`, `archive` `{pipeline, on}`, `delete_field` `{field}`, `revoke` `{client}`,
//! `integration` `{client, on}`, `block`, `unblock`, `switches` and `faults` with all their names.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::json;

use super::App;
use crate::{
    amo::{
        Account, Faults, Switches,
        acts::{self, Acting, TaskDraft},
        chats::{self, Draft},
        draft::{Common, ContactDraft, LeadDraft},
        world::Kind,
    },
    page::{Said, missing, wrong},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Act {
    by: i64,
    lead: i64,
    gone: i64,
    contact: i64,
    task: i64,
    user: i64,
    field: i64,
    pipeline: i64,
    status: Option<i64>,
    uid: String,
    chat: String,
    message: Option<String>,
    text: String,
    media: Option<String>,
    kind: Option<chats::Kind>,
    file_name: String,
    file_size: u64,
    source: Option<String>,
    client: String,
    on: bool,
}

pub(super) async fn act(
    State(shared): App,
    Path((id, name)): Path<(i64, String)>,
    body: Bytes,
) -> Said {
    let account = Account::of(&shared, id).ok_or_else(|| missing("нет такого аккаунта"))?;
    match name.as_str() {
        "faults" => {
            let faults: Faults = serde_json::from_slice(&body).map_err(wrong)?;
            account.set_faults(faults);
            return Ok(Json(json!({})));
        }
        "switches" => {
            let switches: Switches = serde_json::from_slice(&body).map_err(wrong)?;
            account.set_switches(switches);
            return Ok(Json(json!({})));
        }
        _ => {}
    }
    let act: Act = match body.is_empty() {
        true => Act::default(),
        false => serde_json::from_slice(&body).map_err(wrong)?,
    };
    let account = Account::of(&shared, id).ok_or_else(|| missing("нет такого аккаунта"))?;
    match name.as_str() {
        "write" => {
            let sent = chats::writes(&shared, id, act.by, &act.chat, draft(&act));
            return Ok(Json(json!({"message": sent.map_err(wrong)?})));
        }
        "write_first" => {
            let source = act.source.as_deref().filter(|source| !source.is_empty());
            let sent = chats::writes_first(&shared, id, act.by, act.contact, source, draft(&act));
            let (chat, message) = sent.map_err(wrong)?;
            return Ok(Json(json!({"chat": chat, "message": message})));
        }
        "react" => {
            let emoji = Some(act.text.as_str()).filter(|emoji| !emoji.is_empty());
            let message = act.message.unwrap_or_default();
            account.reacts_in_chat(act.by, &message, emoji).map_err(wrong)?;
            return Ok(Json(json!({})));
        }
        "type" => {
            account.types_in_chat(act.by, &act.chat).map_err(wrong)?;
            return Ok(Json(json!({})));
        }
        "revoke" => {
            account.revoke_tokens(&act.client);
            return Ok(Json(json!({})));
        }
        "integration" if !act.on => {
            account.disable_integration(&act.client);
            return Ok(Json(json!({})));
        }
        "block" => {
            account.block();
            return Ok(Json(json!({})));
        }
        "unblock" => {
            account.lift_block();
            return Ok(Json(json!({})));
        }
        _ => {}
    }
    let done = shared.act(id, act.by, |acting| in_account(acting, &name, &act));
    match done {
        Some(Some(true)) => Ok(Json(json!({}))),
        Some(Some(false)) | None => Err(missing("этого здесь уже нет")),
        Some(None) => Err(missing("нет такого действия")),
    }
}

fn draft(act: &Act) -> Draft {
    let draft = match act.media.as_deref().filter(|media| !media.is_empty()) {
        Some(media) => {
            let kind = act.kind.unwrap_or(chats::Kind::Picture);
            Draft::media(kind, media, &act.file_name, act.file_size).caption(&act.text)
        }
        None => Draft::text(&act.text),
    };
    match &act.message {
        Some(quoted) => draft.quoting(quoted),
        None => draft,
    }
}

/// None: no such act. False: what it is about is not there.
fn in_account(acting: &mut Acting<'_>, name: &str, act: &Act) -> Option<bool> {
    let there = match name {
        "move_lead" => {
            let to = acts::moved(act.pipeline, act.status.unwrap_or_default());
            acting.change_lead(act.lead, &to)
        }
        "hand_lead" => {
            let common = Common { responsible_user_id: Some(act.user), ..Common::default() };
            acting.change_lead(act.lead, &LeadDraft { common, ..LeadDraft::default() })
        }
        "add_lead" => {
            let contacts = Some(act.contact).filter(|contact| *contact != 0);
            acting.add_lead(&LeadDraft {
                name: Some(act.text.clone()),
                contacts: contacts.into_iter().collect(),
                ..LeadDraft::default()
            });
            true
        }
        "delete_lead" => {
            acting.delete_lead(act.lead);
            true
        }
        "merge_leads" => acting.merge_leads(act.lead, act.gone),
        "hand_contact" => {
            let common = Common { responsible_user_id: Some(act.user), ..Common::default() };
            let handed = ContactDraft { common, ..ContactDraft::default() };
            acting.change_contact(Kind::Contacts, act.contact, &handed)
        }
        "rename_contact" => {
            let named = ContactDraft { name: Some(act.text.clone()), ..ContactDraft::default() };
            acting.change_contact(Kind::Contacts, act.contact, &named)
        }
        "delete_contact" => {
            acting.delete_contact(Kind::Contacts, act.contact);
            true
        }
        "note" => {
            let params = acts::plain(&act.text);
            acting.add_note((Kind::Leads, act.lead), "common", params, None, None);
            true
        }
        "close_task" => {
            let result = Some(act.text.clone()).filter(|text| !text.is_empty());
            let closed = TaskDraft { is_completed: Some(true), result, ..TaskDraft::default() };
            acting.change_task(act.task, &closed)
        }
        "accept" => acting.accept(&act.uid, Some(act.by), act.status).is_some(),
        "decline" => acting.decline(&act.uid).is_some(),
        "user" => {
            let user = acting.account.users.get_mut(&act.user);
            user.map(|user| user.is_active = act.on).is_some()
        }
        "archive" => {
            let pipeline = acting.account.pipelines.get_mut(&act.pipeline);
            pipeline.map(|pipeline| pipeline.is_archive = act.on).is_some()
        }
        "delete_field" => {
            acting.account.drop_field(act.field);
            true
        }
        // Its tokens stay dead: somebody has to connect it again.
        "integration" => {
            let install = acting.account.installs.get_mut(&act.client);
            install.map(|install| install.active = true).is_some()
        }
        _ => return None,
    };
    Some(there)
}
