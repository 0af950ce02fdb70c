//! The object store: bytes of attachments, under names that we make. A local folder by default, any
//! S3 by setting. Reading and writing stream; a running limit stops what claims to be smaller.

use std::sync::Arc;

use bytes::Bytes;
use domain::ids::{AccountId, AttachmentId};
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, path::Path};

/// Where attachments' bytes lie.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub key: String,
    pub size: u64,
    /// By the bytes themselves; `None` when they do not tell.
    pub sniffed: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// More bytes than allowed came.
    #[error("larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// The source broke off.
    #[error("the source broke off: {0}")]
    Source(std::io::Error),
    #[error("the object store: {0}")]
    Store(#[from] object_store::Error),
}

/// Bytes looked at to tell a file's type.
const SNIFFED: usize = 512;

impl Objects {
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    fn path(key: &str) -> Path {
        Path::from(key)
    }

    /// The name of an attachment's object. Made of ids alone: a file's own name is never a path.
    pub fn key(account: AccountId, attachment: AttachmentId) -> String {
        format!("{}/{}", account.0.simple(), attachment.0.simple())
    }

    /// Writes bytes that are at hand.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<Written, WriteError> {
        let written =
            Written { key: key.to_owned(), size: bytes.len() as u64, sniffed: sniff(&bytes) };
        self.store.put(&Self::path(key), PutPayload::from_bytes(bytes)).await?;
        Ok(written)
    }

    /// Writes a stream up to `limit` bytes; nothing is left behind when it fails.
    pub async fn put_stream<E: Into<std::io::Error>>(
        &self,
        key: &str,
        limit: u64,
        mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<Written, WriteError> {
        let upload = self.store.put_multipart(&Self::path(key)).await?;
        let mut writer = WriteMultipart::new(upload);
        let mut head: Vec<u8> = Vec::with_capacity(SNIFFED);
        let mut size = 0;
        while let Some(chunk) = bytes.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    writer.abort().await?;
                    return Err(WriteError::Source(error.into()));
                }
            };
            size += chunk.len() as u64;
            if size > limit {
                writer.abort().await?;
                return Err(WriteError::TooLarge { limit });
            }
            let room = SNIFFED.saturating_sub(head.len());
            head.extend(chunk.iter().take(room));
            writer.wait_for_capacity(4).await?;
            writer.put(chunk);
        }
        writer.finish().await?;
        Ok(Written { key: key.to_owned(), size, sniffed: sniff(&head) })
    }

    /// Opens an object.
    pub async fn open(
        &self,
        key: &str,
    ) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send + use<>, object_store::Error>
    {
        let object = self.store.get(&Self::path(key)).await?;
        Ok(object.into_stream().map_err(std::io::Error::other))
    }

    /// Forgets an object.
    pub async fn delete(&self, key: &str) -> Result<(), object_store::Error> {
        self.store.delete(&Self::path(key)).await
    }

    /// Whether the store can be written to.
    pub async fn check(&self) -> Result<(), object_store::Error> {
        self.store.put(&Self::path(".check"), PutPayload::from_static(b"ok")).await?;
        Ok(())
    }
}

fn sniff(head: &[u8]) -> Option<String> {
    infer::get(head).map(|t| t.mime_type().to_owned())
}

/// The content type under which a file may be served: what the bytes are, else what was declared if
/// it is harmless. Anything that a browser could run (HTML, SVG, scripts) is served as plain bytes.
pub fn safe_mime(declared: Option<&str>, sniffed: Option<&str>) -> String {
    const HARMLESS: [&str; 6] = ["image/", "audio/", "video/", "font/", "text/plain", "text/csv"];
    let candidate = sniffed.or(declared).unwrap_or("application/octet-stream");
    let bare = candidate.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let runs = bare.contains("svg")
        || bare.contains("html")
        || bare.contains("xml")
        || bare.contains("javascript");
    let known = HARMLESS.iter().any(|h| bare.starts_with(h))
        || matches!(
            bare.as_str(),
            "application/pdf" | "application/zip" | "application/json" | "application/msword"
        )
        || bare.starts_with("application/vnd.");
    if !runs && known { bare } else { "application/octet-stream".to_owned() }
}

/// Whether a browser may show the file in place; everything else is downloaded.
pub fn shown_in_place(mime: &str) -> bool {
    matches!(mime, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
        || mime.starts_with("audio/")
        || mime.starts_with("video/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_is_served_as_plain_bytes() {
        for (declared, sniffed, served) in [
            (Some("image/svg+xml"), None, "application/octet-stream"),
            (Some("text/html"), None, "application/octet-stream"),
            (Some("image/png"), Some("text/html"), "application/octet-stream"),
            (Some("text/html"), Some("image/png"), "image/png"),
            (Some("application/pdf"), Some("application/pdf"), "application/pdf"),
            (None, None, "application/octet-stream"),
            (Some("application/x-msdownload"), None, "application/octet-stream"),
        ] {
            assert_eq!(safe_mime(declared, sniffed), served, "{declared:?} {sniffed:?}");
        }
    }
}
