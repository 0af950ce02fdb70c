//! The file of a message of the CRM's chat, fetched before the message is said.

use std::time::Duration;

use bytes::Bytes;
use crm::ChatMedia;
use domain::{
    content::FileKind,
    ids::{AccountId, AttachmentId, PortalId},
    text::{Words, shortened, without_nul},
    view::AttachmentState,
};
use net::SendError;
use sha2::{Digest, Sha256};
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
    /// Fetches the file of a message of the CRM. The inner error: it will not come. Fetched again, it lies
    /// where it lay.
    pub(super) async fn chat_file(
        &self,
        account: AccountId,
        (portal, external_id): (PortalId, &str),
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
        let id = file_of(portal, external_id);
        let key = file_key(account, portal, external_id);
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

/// Where the file of a message lies.
pub(super) fn file_key(account: AccountId, portal: PortalId, external_id: &str) -> String {
    Objects::key(account, file_of(portal, external_id))
}

/// One message has one file, however often it is fetched. Not the service's own id: what comes from outside
/// names no object.
fn file_of(portal: PortalId, external_id: &str) -> AttachmentId {
    let digest = Sha256::new().chain_update(portal.0).chain_update(external_id).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    AttachmentId(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

fn file_name(media: &ChatMedia, url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let name = if media.name.is_empty() { last } else { media.name.as_str() };
    shortened(&without_nul(name), LONGEST_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_13_a_file_that_is_fetched_again_is_the_same_object() {
        let [one, other] = [1, 2].map(|n| PortalId(uuid::Uuid::from_u128(n)));
        assert_eq!(file_of(one, "m-1"), file_of(one, "m-1"));
        assert_ne!(file_of(one, "m-1"), file_of(one, "m-2"));
        assert_ne!(file_of(one, "m-1"), file_of(other, "m-1"), "another company's is another");
    }
}
