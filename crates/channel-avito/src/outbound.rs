//! Ours into theirs, and their answer into an outcome.
//!
//! A message is one text or one picture, so that it is surely there or surely not. A picture takes
//! two calls; the first, its upload, shows the buyer nothing and may be repeated.

use std::{collections::BTreeMap, time::Duration};

use channel::{OutFile, Outbound, RetryScope, SendError, Sent};
use domain::content::{Content, FileKind};
use serde_json::{Value, json};

use crate::{
    account::Account,
    call::{Ask, CallError, Refusal},
    driver::{MAX_IMAGE, MAX_TEXT},
    errors, reports,
    wire::SentMessage,
};

/// JPEG, HEIC, GIF, BMP or PNG (`uploadImages`).
const TYPES: [&str; 7] =
    ["image/jpeg", "image/jpg", "image/heic", "image/heif", "image/gif", "image/bmp", "image/png"];
const AGAIN: Duration = Duration::from_secs(5);

/// What to send.
#[derive(Debug)]
pub(crate) enum Plan {
    Text(String),
    Picture(OutFile),
}

pub(crate) async fn send(account: &Account<'_>, message: &Outbound) -> Result<Sent, SendError> {
    let chat = message.recipient.as_str();
    let ask = match plan(&message.content)? {
        Plan::Text(text) => {
            let path = account.chat("v1", chat, &["messages"]).map_err(errors::send_error)?;
            Ask::post(path).json(json!({ "type": "text", "message": { "text": text } }))
        }
        Plan::Picture(file) => {
            let image = upload(account, file).await?;
            let path = account.chat("v1", chat, &["messages", "image"]);
            Ask::post(path.map_err(errors::send_error)?).json(json!({ "image_id": image }))
        }
    };
    let answer = match account.call(&ask).await {
        Ok(answer) => answer,
        Err(CallError::Refused(refusal @ Refusal { status: 402 | 403, .. })) => {
            return Err(forbidden(account, refusal).await);
        }
        Err(error) => return Err(errors::send_error(error)),
    };
    let sent: Result<SentMessage, CallError> = answer.read();
    match sent.ok().and_then(|sent| sent.id) {
        Some(id) => Ok(Sent::new(id)),
        None => Err(SendError::Unknown("Avito named no message".to_owned())),
    }
}

/// Pure.
pub(crate) fn plan(content: &Content<OutFile>) -> Result<Plan, SendError> {
    match content {
        Content::Text { text, .. } => words(text.clone()),
        Content::Letter { subject, text, files, .. } if files.is_empty() => {
            let parts = [subject.as_str(), text.as_str()].into_iter().filter(|p| !p.is_empty());
            words(parts.collect::<Vec<_>>().join("\n\n"))
        }
        Content::Files { files, caption } => match files.as_slice() {
            [] => Err(rejected("empty", "Нет файла.")),
            [_] if !caption.is_empty() => Err(rejected(
                "no_caption",
                "Авито не принимает подпись к картинке. Отправьте текст отдельным сообщением.",
            )),
            [file] => picture(file),
            [_, _, ..] => Err(rejected("too_many_files", "Авито принимает по одной картинке.")),
        },
        Content::Location { latitude, longitude, title } => {
            let place = format!("{latitude:.6}, {longitude:.6}");
            words(match title {
                Some(title) => format!("{title}\n{place}"),
                None => place,
            })
        }
        Content::Contact { name, phone } => words(match phone {
            Some(phone) => format!("{name} {phone}"),
            None => name.clone(),
        }),
        Content::Letter { .. } | Content::Form { .. } | Content::Unsupported { .. } => {
            Err(rejected("unsupported", "Авито принимает только текст и картинки."))
        }
    }
}

fn rejected(code: &'static str, text: &str) -> SendError {
    SendError::Rejected { code, text: text.to_owned() }
}

fn words(text: String) -> Result<Plan, SendError> {
    if text.trim().is_empty() {
        return Err(rejected("empty", "Пустое сообщение."));
    }
    if text.chars().count() > MAX_TEXT {
        return Err(rejected("too_long", "Авито принимает не больше 1000 знаков."));
    }
    Ok(Plan::Text(text))
}

fn picture(file: &OutFile) -> Result<Plan, SendError> {
    let mime = file.mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if file.kind != FileKind::Image || !TYPES.contains(&mime.as_str()) {
        return Err(rejected(
            "kind_not_carried",
            "Авито принимает только картинки JPEG, HEIC, GIF, BMP и PNG.",
        ));
    }
    if file.size > MAX_IMAGE {
        return Err(rejected("file_too_large", "Авито принимает картинки не больше 24 МБ."));
    }
    Ok(Plan::Picture(file.clone()))
}

/// The picture's id at Avito. Whatever becomes of this call, the buyer has seen nothing.
async fn upload(account: &Account<'_>, file: OutFile) -> Result<String, SendError> {
    let user = account.user().map_err(errors::send_error)?;
    let ask = Ask::post(["messenger", "v1", "accounts", user, "uploadImages"]).picture(file);
    let again = |why: String| SendError::Retry {
        after: AGAIN,
        scope: RetryScope::Conversation,
        why: format!("the picture's upload: {why}"),
    };
    let answer = match account.call(&ask).await {
        Ok(answer) => answer,
        Err(CallError::Lost(why) | CallError::Fault(why)) => return Err(again(why)),
        Err(CallError::Refused(refusal @ Refusal { status: 402 | 403, .. })) => {
            return Err(forbidden(account, refusal).await);
        }
        Err(error) => return Err(errors::send_error(error)),
    };
    let images: BTreeMap<String, Value> =
        answer.read().map_err(|_| again("the answer cannot be read".to_owned()))?;
    images.into_keys().next().ok_or_else(|| again("no picture was named".to_owned()))
}

/// 402 and 403 are said of a chat, of a right and of the subscription alike; whether chats can be
/// read tells which.
pub(crate) async fn forbidden(account: &Account<'_>, refusal: Refusal) -> SendError {
    let Ok(user) = account.user() else { return errors::refused_message(refusal) };
    let ask = Ask::get(["messenger", "v2", "accounts", user, "chats"]).with("limit", "1");
    match account.call(&ask).await {
        Err(CallError::Refused(of_all @ Refusal { status: 402 | 403, .. })) => {
            SendError::Disconnected(reports::not_allowed(&of_all))
        }
        _ => errors::refused_message(refusal),
    }
}
