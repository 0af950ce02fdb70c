//! Files: up to amoCRM's file service in parts, then onto the card, then as a note that shows it.
//! Source: <https://www.amocrm.ru/developers/content/files/files-api>.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use crm::{CrmError, OpenedFile};
use domain::{crm::Effect, ids::AttachmentId, text::Words};
use futures::StreamExt;
use net::http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::{contact::made, save::is_there};
use crate::{
    api::{Api, Failure, no_files, rejected, unreadable},
    find::there,
    list,
    options::below,
    wire::{Hung, Note, StoredFile, Upload, Uploaded},
};

/// Of the documentation's sample; the answer names the present one.
const PART: usize = 512 << 10;
/// A part is held in memory, however large a one the service would take.
const MAX_PART: usize = 8 << 20;

/// When a file that breaks off while it is read is read again.
const UNREAD_AGAIN: Duration = Duration::from_secs(5);

/// What is needed to hang a file somewhere.
struct Stored {
    uuid: String,
    version: String,
}

/// Bytes may go up twice when an answer is lost: nobody sees them until they are on a card.
pub(super) async fn attach(
    api: &Api<'_>,
    section: &str,
    id: i64,
    file: &AttachmentId,
    name: &str,
) -> Result<Effect, CrmError> {
    let drive = api.caller.portal.drive.as_ref().ok_or_else(no_files)?;
    let opened = api.caller.files.open(file).await?;
    let stored = upload(api, drive, name, opened).await?;
    let hung = json!([{ "file_uuid": stored.uuid }]);
    let card = format!("{section}/{id}");
    match api.change::<Value>(Method::PUT, &format!("{card}/files"), &hung).await {
        Ok(_) => {}
        Err(Failure::Absent) if is_there(api, Some(&card)).await? => return Err(not_hung()),
        Err(Failure::Absent) => return Ok(Effect { target_gone: true, ..Effect::default() }),
        Err(failure) => return Err(failure.into_error()),
    }
    show(api, section, id, name, &stored).await.map_err(|error| match error {
        // Half of it is done: a try from the beginning would hang a second file beside the first.
        CrmError::Busy(_)
        | CrmError::Retry { .. }
        | CrmError::Disconnected { .. }
        | CrmError::TokenExpired => CrmError::Unknown { why: error.to_string() },
        CrmError::Unknown { .. } | CrmError::Rejected { .. } => error,
    })
}

/// The card is there, and takes no file.
fn not_hung() -> CrmError {
    rejected(
        "amoCRM не прикрепляет файл к этой карточке, хотя она есть: возможно, она ждёт в \
         «Неразобранном». Файл остался в переписке.",
        "amoCRM attaches no file to this card, though it is there: perhaps it waits among the \
         unsorted. The file is in the conversation.",
    )
}

/// The note that shows in the feed a file that hangs on the card.
async fn show(
    api: &Api<'_>,
    section: &str,
    id: i64,
    name: &str,
    stored: &Stored,
) -> Result<Effect, CrmError> {
    let note = json!({
        "note_type": "attachment",
        "params": {
            "file_uuid": stored.uuid,
            "version_uuid": stored.version,
            "file_name": name,
            "original_name": name,
            "is_drive_attachment": true,
        },
        "request_id": "0",
    });
    let about = format!("{section}/{id}");
    made(api, &format!("{about}/notes"), "notes", note, Some(about)).await
}

/// A file of this name that hangs on the card and that no note shows gets its note; `None`: there is no
/// such file, so nothing of it is on the card.
pub(crate) async fn finish(
    api: &Api<'_>,
    section: &str,
    id: i64,
    name: &str,
    shown: &[Note],
) -> Result<Option<Effect>, CrmError> {
    let Some(drive) = &api.caller.portal.drive else { return Ok(None) };
    let path = format!("{section}/{id}/files");
    let hung: Vec<Hung> = match list::all(api, &path, &[], "files").await {
        Ok(hung) => hung,
        Err(Failure::Absent) => return Ok(None),
        Err(failure) => return Err(failure.into_error()),
    };
    let is_shown = |uuid: &str| {
        shown.iter().any(|note| note.params.get("file_uuid").and_then(Value::as_str) == Some(uuid))
    };
    for Hung { file_uuid } in hung.iter().filter(|hung| !is_shown(&hung.file_uuid)) {
        let url = below(drive, &format!("v1.0/files/{file_uuid}"));
        let Some(file) = there(api.get_url::<StoredFile>(url).await)? else { continue };
        if file.full_name() == name {
            let stored = Stored { uuid: file.uuid, version: file.version_uuid };
            return show(api, section, id, name, &stored).await.map(Some);
        }
    }
    Ok(None)
}

async fn upload(
    api: &Api<'_>,
    drive: &Url,
    name: &str,
    file: OpenedFile,
) -> Result<Stored, CrmError> {
    if file.size == 0 {
        return Err(CrmError::Rejected {
            words: Words::new(
                format!("Файл «{name}» пуст, amoCRM таких не принимает."),
                format!("The file “{name}” is empty, amoCRM does not take such."),
            ),
        });
    }
    let session = json!({ "file_name": name, "file_size": file.size, "content_type": file.mime });
    let body = (Bytes::from(session.to_string()), "application/json");
    let upload: Upload = sent(api, below(drive, "v1.0/sessions"), body).await?;
    if upload.max_file_size.is_some_and(|most| file.size > most) {
        return Err(CrmError::Rejected {
            words: Words::new(
                format!("Файл «{name}» больше, чем принимает amoCRM."),
                format!("The file “{name}” is larger than amoCRM takes."),
            ),
        });
    }
    let part = upload.max_part_size.filter(|size| *size > 0).unwrap_or(PART).min(MAX_PART);
    let mut parts = Parts { file, part, kept: BytesMut::new() };
    let mut next = trusted(api, &upload.upload_url)?;
    while let Some(bytes) = parts.next().await? {
        let told: Uploaded = sent(api, next, (bytes, "application/octet-stream")).await?;
        match told {
            Uploaded { uuid: Some(uuid), version_uuid: Some(version), .. } => {
                return Ok(Stored { uuid, version });
            }
            Uploaded { next_url: Some(url), .. } => next = trusted(api, &url)?,
            Uploaded { .. } => break,
        }
    }
    // Nothing is on the card yet, so it may be tried again.
    Err(CrmError::Retry { after: None, why: "the upload has not ended with a file".to_owned() })
}

/// The token goes along, so it goes to amoCRM alone.
fn trusted(api: &Api<'_>, url: &str) -> Result<Url, CrmError> {
    Url::parse(url).ok().filter(|url| api.options.trusts(&api.caller.portal.base, url)).ok_or_else(
        || {
            rejected(
                "amoCRM назвала чужой адрес для файла.",
                "amoCRM named a foreign address for a file.",
            )
        },
    )
}

/// Uploading is no change of the CRM: whatever became of it, it may be repeated.
async fn sent<T: DeserializeOwned>(
    api: &Api<'_>,
    url: Url,
    body: (Bytes, &'static str),
) -> Result<T, CrmError> {
    let answer = match api.call_bytes(Method::POST, url, Some(body)).await {
        Ok(answer) => answer,
        Err(failure) => {
            return Err(match failure.into_error() {
                CrmError::Unknown { why } => CrmError::Retry { after: None, why },
                error => error,
            });
        }
    };
    serde_json::from_slice(&answer.body)
        .map_err(|error| unreadable(&Method::GET, &error.to_string()))
}

/// A stream cut into parts of one size.
struct Parts {
    file: OpenedFile,
    part: usize,
    kept: BytesMut,
}

impl Parts {
    async fn next(&mut self) -> Result<Option<Bytes>, CrmError> {
        while self.kept.len() < self.part {
            match self.file.bytes.next().await {
                Some(Ok(bytes)) => self.kept.extend_from_slice(&bytes),
                // Our own file breaks off, and amoCRM has no part in it.
                Some(Err(_)) => return Err(CrmError::Busy(UNREAD_AGAIN)),
                None => break,
            }
        }
        let size = self.kept.len().min(self.part);
        Ok((size > 0).then(|| self.kept.split_to(size).freeze()))
    }
}
