//! Carrying out a plan: files are put up one by one, then one call sends the message. Until that
//! call nothing was handed over, so whatever fails before it is simply tried again.

use std::time::Duration;

use channel::{OutFile, Outbound, RetryScope, SendError, Sent};
use domain::clock::Instant;
use net::{
    Broken, PartOf,
    http::{Url, multipart::Form},
};
use serde_json::Value;

use crate::{
    api::{Api, CallError, Params, Refusal},
    errors,
    ids::{self, Peer},
    json::Json,
    missed::history,
    outbound::{Door, Plan, door, params, plan, rejected},
    rights::{Cause, cause},
};

/// An upload may be as slow as this many bytes a second.
const SLOWEST_UPLOAD: u64 = 128 << 10;
const UPLOAD: Duration = Duration::from_secs(60);

/// VK knows a `random_id` again for an hour, and among the last hundred messages of a dialogue. An
/// older message may have been handed over before (the channel was down meanwhile, the program was
/// killed): then the dialogue itself is looked at. Seconds.
const OLD: i64 = 1800;

/// Sends a message.
pub(crate) async fn send(api: &Api, message: &Outbound, now: Instant) -> Result<Sent, SendError> {
    let plan = plan(message)?;
    if now.timestamp() - ids::made_at(message.id) > OLD
        && let Some(sent) = handed_over(api, &plan).await?
    {
        return Ok(sent);
    }
    let mut attachments = Vec::with_capacity(plan.files.len());
    for file in &plan.files {
        attachments.push(put(api, plan.peer, file).await?);
    }
    match api.call("messages.send", params(&plan, &attachments)).await {
        Ok(answer) => sent(&plan, &answer),
        Err(error) => Err(outcome(api, error).await),
    }
}

/// The message, if the dialogue has it. An answer that was lost leaves its fate as open as before.
async fn handed_over(api: &Api, plan: &Plan) -> Result<Option<Sent>, SendError> {
    let messages = match history(api, plan.peer).await {
        Ok(messages) => messages,
        Err(error) => {
            return match outcome(api, error).await {
                // There is no such dialogue to look at.
                SendError::Rejected { .. } => Ok(None),
                error => Err(error),
            };
        }
    };
    let ours = |m: &&Value| {
        m.int("random_id") == Some(i64::from(plan.random_id))
            && m.int("from_id") != Some(plan.peer.0)
    };
    let number = messages.iter().find(ours).and_then(|m| m.int("conversation_message_id"));
    Ok(number.map(|number| Sent::new(plan.peer.message(number).to_string())))
}

async fn outcome(api: &Api, error: CallError) -> SendError {
    match cause(api, error).await {
        Cause::Call(error) => errors::send_error(error),
        Cause::Channel(report) => SendError::Disconnected(report),
    }
}

/// `[{"peer_id":…,"message_id":…,"conversation_message_id":…,"error":{…}}]`
fn sent(plan: &Plan, answer: &Value) -> Result<Sent, SendError> {
    let item = answer.as_array().and_then(|items| items.first());
    if let Some(error) = item.and_then(|item| item.object("error")) {
        let code = error.int("code").unwrap_or_default();
        let text = error.text("description").unwrap_or_default().to_owned();
        return Err(errors::send_error(CallError::Refused(Refusal { code, text })));
    }
    let number = item.and_then(|item| item.int("conversation_message_id"));
    match number {
        Some(number) => Ok(Sent::new(plan.peer.message(number).to_string())),
        None => Err(SendError::Unknown("VK named no message".to_owned())),
    }
}

/// Puts a file up and answers with the name by which a message has it.
async fn put(api: &Api, peer: Peer, file: &OutFile) -> Result<String, SendError> {
    match door(file) {
        Door::Photo => match put_photo(api, peer, file).await? {
            Some(name) => Ok(name),
            // VK could not make a photo of it; as a document it goes.
            None => put_doc(api, peer, file, "doc").await,
        },
        Door::Doc => put_doc(api, peer, file, "doc").await,
        Door::Voice => put_doc(api, peer, file, "audio_message").await,
    }
}

async fn put_photo(api: &Api, peer: Peer, file: &OutFile) -> Result<Option<String>, SendError> {
    let ask = vec![("peer_id", peer.to_string())];
    let uploaded = put_bytes(api, "photos.getMessagesUploadServer", ask, "photo", file).await?;
    let photo = uploaded.text("photo").filter(|photo| *photo != "[]");
    let (Some(photo), Some(hash)) = (photo, uploaded.text("hash")) else { return Ok(None) };
    let server = uploaded.int("server").unwrap_or_default();
    let save = vec![
        ("photo", photo.to_owned()),
        ("server", server.to_string()),
        ("hash", hash.to_owned()),
    ];
    let saved = match api.call("photos.saveMessagesPhoto", save).await {
        Ok(saved) => saved,
        Err(CallError::Refused(Refusal { code: 22 | 100 | 118 | 121 | 129, .. })) => {
            return Ok(None);
        }
        Err(error) => return Err(prepared(api, error).await),
    };
    Ok(saved.as_array().and_then(|photos| photos.first()).and_then(|p| name("photo", p)))
}

async fn put_doc(
    api: &Api,
    peer: Peer,
    file: &OutFile,
    kind: &'static str,
) -> Result<String, SendError> {
    let ask = vec![("type", kind.to_owned()), ("peer_id", peer.to_string())];
    let uploaded = put_bytes(api, "docs.getMessagesUploadServer", ask, "file", file).await?;
    let Some(handle) = uploaded.text("file") else {
        let why = uploaded.text("error_descr").or_else(|| uploaded.text("error"));
        let why = why.unwrap_or("VK does not take this file");
        return Err(rejected("file_refused", &format!("{}: {why}", file.name)));
    };
    let save = vec![("file", handle.to_owned()), ("title", file.name.clone())];
    let saved = match api.call("docs.save", save).await {
        Ok(saved) => saved,
        Err(error) => return Err(prepared(api, error).await),
    };
    let kind = saved.text("type").unwrap_or(kind);
    let object = saved.object(kind).or_else(|| saved.as_array()?.first());
    object.and_then(|object| name(kind, object)).ok_or_else(|| SendError::Retry {
        after: Duration::from_secs(5),
        scope: RetryScope::Conversation,
        why: "VK named no document".to_owned(),
    })
}

/// `photo-1_2_key`
pub(crate) fn name(kind: &str, object: &Value) -> Option<String> {
    let (owner, id) = (object.int("owner_id")?, object.int("id")?);
    let key = object.text("access_key").map(|key| format!("_{key}")).unwrap_or_default();
    Some(format!("{kind}{owner}_{id}{key}"))
}

async fn prepared(api: &Api, error: CallError) -> SendError {
    match cause(api, error).await {
        Cause::Call(error) => errors::prepare_error(error),
        Cause::Channel(report) => SendError::Disconnected(report),
    }
}

/// Asks where a file goes and puts it there.
async fn put_bytes(
    api: &Api,
    method: &str,
    ask: Params,
    field: &'static str,
    file: &OutFile,
) -> Result<Value, SendError> {
    let place = match api.call(method, ask).await {
        Ok(place) => place,
        Err(error) => return Err(prepared(api, error).await),
    };
    let url = place.text("upload_url").and_then(|url| Url::parse(url).ok());
    let Some(url) = url else {
        return Err(errors::prepare_error(CallError::Lost("VK gave no upload address".to_owned())));
    };
    let broken = Broken::default();
    let of = PartOf { name: &file.name, mime: &file.mime, size: file.size };
    let form = Form::new().part(field, net::part(of, (file.open)(), &broken));
    let timeout = UPLOAD + Duration::from_secs(file.size / SLOWEST_UPLOAD);
    api.upload(url, form, timeout).await.map_err(|error| {
        if broken.is_so() {
            return SendError::Retry {
                after: Duration::from_secs(5),
                scope: RetryScope::Conversation,
                why: "the stored file could not be read".to_owned(),
            };
        }
        match errors::prepare_error(error) {
            // It is another server than that of messages, and it is about this file: other
            // conversations go on.
            SendError::Retry { after, why, .. } => {
                SendError::Retry { after, scope: RetryScope::Conversation, why }
            }
            other => other,
        }
    })
}
