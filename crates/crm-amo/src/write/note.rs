//! Notes. Source: <https://www.amocrm.ru/developers/content/crm_platform/events-and-notes>.

use crm::CrmError;
use domain::crm::{CrmId, Effect, NoteBody};
use net::http::Method;
use serde_json::{Value, json};

use super::{
    contact::made,
    parse,
    save::{Save, save},
};
use crate::api::Api;

/// Under whose name a folded note stands.
const SERVICE: &str = "Беседа";

pub(super) async fn add(
    api: &Api<'_>,
    section: &str,
    id: i64,
    body: &NoteBody,
) -> Result<Effect, CrmError> {
    let mut item = note(body);
    item["request_id"] = json!("0");
    let about = format!("{section}/{id}");
    made(api, &format!("{about}/notes"), "notes", item, Some(about)).await
}

pub(super) async fn edit(
    api: &Api<'_>,
    section: &str,
    id: i64,
    note_id: &CrmId,
    body: &NoteBody,
) -> Result<Effect, CrmError> {
    let path = format!("{section}/{id}/notes/{}", parse(note_id)?);
    let mut effect = Effect::default();
    // What may be gone is the note itself, or the deal with it.
    let change = Save { method: Method::PATCH, path: &path, in_list: false, about: None };
    if save::<Value>(api, &change, note(body), &mut effect).await?.is_some() {
        effect.id = Some(note_id.clone());
    }
    Ok(effect)
}

fn note(body: &NoteBody) -> Value {
    let params = match body {
        NoteBody::Text { text } => json!({ "text": text }),
        NoteBody::Transcript { text } => json!({ "service": SERVICE, "text": text }),
    };
    json!({ "note_type": kind(body), "params": params })
}

/// A folded note has more room and stays small in the feed.
pub(crate) fn kind(body: &NoteBody) -> &'static str {
    match body {
        NoteBody::Text { .. } => "common",
        NoteBody::Transcript { .. } => "extended_service_message",
    }
}

pub(crate) fn text(body: &NoteBody) -> &str {
    match body {
        NoteBody::Text { text } | NoteBody::Transcript { text } => text,
    }
}
