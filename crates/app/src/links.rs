//! Signed links to files: whoever has one may fetch the file until it expires, without logging in,
//! because pages of visitors and pictures in browsers carry no token of ours.

use std::pin::Pin;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use domain::{
    clock::Instant,
    ids::{AccountId, AttachmentId},
    view::{AttachmentState, AttachmentView},
};
use futures::Stream;
use store::AttachmentRow;
use url::Url;
use uuid::Uuid;

use crate::{Actor, App, Error, LINK_KEPT, Result};

/// Links of the same stretch of time are the same text, so that browsers keep the picture.
const STRETCH: i64 = 600;
const SIGNATURE: usize = 32;

/// A file that is being read.
pub struct OpenFile {
    pub view: AttachmentView,
    pub bytes: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>,
}

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link {
    account: AccountId,
    attachment: AttachmentId,
    /// Unix seconds.
    until: i64,
}

impl Link {
    fn bytes(&self) -> Vec<u8> {
        [self.account.0.as_bytes(), self.attachment.0.as_bytes(), &self.until.to_be_bytes()[..]]
            .concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (account, rest) = bytes.split_first_chunk::<16>()?;
        let (attachment, rest) = rest.split_first_chunk::<16>()?;
        Some(Self {
            account: AccountId(Uuid::from_bytes(*account)),
            attachment: AttachmentId(Uuid::from_bytes(*attachment)),
            until: i64::from_be_bytes(rest.try_into().ok()?),
        })
    }
}

/// When a link made now expires: [`LINK_KEPT`] at least.
fn until(now: Instant) -> i64 {
    let kept = i64::try_from(LINK_KEPT.as_secs()).unwrap_or(i64::MAX / 2);
    (now.timestamp() + kept).div_euclid(STRETCH) * STRETCH + STRETCH
}

impl App {
    /// The path of a file for whoever is given it.
    pub fn link(&self, account: AccountId, attachment: AttachmentId) -> Result<String> {
        let link = Link { account, attachment, until: until(self.clock.now()) }.bytes();
        let signature = self.store.sign_text(&link)?;
        let token = BASE64_URL_SAFE_NO_PAD.encode([link.as_slice(), &signature].concat());
        Ok(format!("/files/{token}"))
    }

    /// An address of a stored file for a service that fetches it by itself; its last part is the
    /// file's name, because services judge by the extension. `None` without a public address.
    pub(crate) fn named_link(&self, account: AccountId, row: &AttachmentRow) -> Option<Url> {
        row.storage_key.as_ref()?;
        let mut url = self.public_file(account, &row.view)?;
        let name = if row.view.name.is_empty() { "file" } else { &row.view.name };
        url.path_segments_mut().ok()?.push(name);
        Some(url)
    }

    /// A link to a stored file that whoever is given it can fetch from outside, while it is valid.
    pub(crate) fn public_file(&self, account: AccountId, file: &AttachmentView) -> Option<Url> {
        let base = self.settings.public_url.as_ref()?;
        if file.state != AttachmentState::Stored {
            return None;
        }
        let path = self.link(account, file.attachment_id).ok()?;
        Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))).ok()
    }

    /// An attachment's view with its link, when its bytes are here.
    pub async fn attachment_link(&self, actor: &Actor, id: AttachmentId) -> Result<AttachmentView> {
        let row = self.attachment(actor, id).await?;
        let mut view = row.view;
        if row.storage_key.is_some() {
            view.url = Some(self.link(actor.account, id)?);
        }
        Ok(view)
    }

    /// Opens the file of a link. A link that is forged, too old or of a file that is gone is told
    /// alike.
    pub async fn open_link(&self, token: &str) -> Result<OpenFile> {
        let none = || Error::NotFound { what: "file" };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| none())?;
        let at = bytes.len().checked_sub(SIGNATURE).ok_or_else(none)?;
        let (text, signature) = bytes.split_at(at);
        if !self.store.signed_text(text, signature) {
            return Err(none());
        }
        let link = Link::read(text).ok_or_else(none)?;
        if link.until <= self.clock.now().timestamp() {
            return Err(none());
        }
        let row = self.signed_attachment(link.account, link.attachment).await?;
        let key = row.storage_key.ok_or_else(none)?;
        let bytes = self.objects.open(&key).await.map_err(|e| match e {
            object_store::Error::NotFound { .. } => none(),
            other => Error::Unavailable(other.to_string()),
        })?;
        Ok(OpenFile { view: row.view, bytes: Box::pin(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_link_round_trips_and_lives_an_hour_at_least() {
        let link = Link {
            account: AccountId(Uuid::from_u128(1)),
            attachment: AttachmentId(Uuid::from_u128(2)),
            until: 77,
        };
        assert_eq!(Link::read(&link.bytes()), Some(link));
        assert_eq!(Link::read(b"short"), None);
        let now = DateTime::from_timestamp(1_795_000_123, 0).expect("a time");
        let left = until(now) - now.timestamp();
        assert!((3600..=3600 + STRETCH).contains(&left), "{left}");
    }
}
