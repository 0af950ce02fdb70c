//! The file of a message of the CRM's chat, fetched before the message is said.

use std::time::Duration;

use bytes::Bytes;
use crm::ChatMedia;
use domain::{
    content::FileKind,
    ids::{AccountId, AttachmentId},
    text::{Words, shortened, without_nul},
    view::AttachmentState,
};
use net::SendError;
use store::NewAttachment;
use url::Url;

use super::LONGEST_NAME;
use crate::{
    App, Error, JobError,
    inbound::LARGEST_FILE,
    objects::{Objects, safe_mime},
    work::back_off,
};

const FILE_TIMEOUT: Duration = Duration::from_secs(60);
/// Tries to fetch a file of the CRM before its message is given up.
const FILE_TRIES: i32 = 6;

impl App {
    /// Fetches a file of the CRM. The inner error: it will not come.
    pub(super) async fn chat_file(
        &self,
        account: AccountId,
        media: &ChatMedia,
        attempts: i32,
    ) -> Result<Result<NewAttachment, Words>, JobError> {
        let gone = || {
            Words::new(
                "Файл не удалось забрать из CRM.",
                "The file could not be fetched from the CRM.",
            )
        };
        let Ok(url) = Url::parse(&media.url) else { return Ok(Err(gone())) };
        let most = usize::try_from(LARGEST_FILE).unwrap_or(usize::MAX);
        let fetched = match self.outgoing.fetch(&url, FILE_TIMEOUT, most).await {
            Ok(fetched) if fetched.status == 200 => fetched,
            Err(SendError::Refused(_)) => return Ok(Err(gone())),
            failed if attempts < FILE_TRIES => {
                let why = match failed {
                    Ok(fetched) => format!("HTTP {}", fetched.status),
                    Err(error) => error.to_string(),
                };
                return Err(JobError::Retry { after: back_off(attempts), why });
            }
            Ok(_) | Err(_) => return Ok(Err(gone())),
        };
        let Some(body) = fetched.body else {
            return Ok(Err(Words::new(
                format!("Файл больше {} МБ.", LARGEST_FILE >> 20),
                format!("The file is over {} MB.", LARGEST_FILE >> 20),
            )));
        };
        let id = AttachmentId::new(&*self.ids);
        let key = Objects::key(account, id);
        let written = self
            .objects
            .put(&key, Bytes::from(body))
            .await
            .map_err(|e| JobError::of(&Error::Unavailable(e.to_string()), attempts))?;
        Ok(Ok(NewAttachment {
            attachment_id: id,
            message_id: None,
            channel_id: None,
            uploaded_by: None,
            kind: match media.kind {
                FileKind::Sticker => FileKind::Image,
                kind => kind,
            },
            name: file_name(media, &url),
            mime: safe_mime(fetched.content_type.as_deref(), written.sniffed.as_deref()),
            size: i64::try_from(written.size).ok(),
            width: None,
            height: None,
            duration: None,
            content_id: None,
            state: AttachmentState::Stored,
            failure: None,
            handle: None,
            storage_key: Some(key),
        }))
    }

    /// Of a message that does not go nothing is left.
    pub(super) async fn forget_chat_file(&self, key: Option<String>) {
        let Some(key) = key else { return };
        if let Err(error) = self.objects.delete(&key).await {
            tracing::warn!(%error, %key, "the file of a message that does not go is left behind");
        }
    }
}

fn file_name(media: &ChatMedia, url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let name = if media.name.is_empty() { last } else { media.name.as_str() };
    shortened(&without_nul(name), LONGEST_NAME)
}
