//! Files of conversations, for adapters that put them into the CRM (CRM-4).

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{ids::AttachmentId, text::Words};
use futures::stream::BoxStream;

use crate::CrmError;

/// Where an adapter gets the bytes of an attachment from. It never learns where they lie.
#[async_trait]
pub trait FileSource: Send + Sync {
    /// Opens an attachment; one that is no longer there is [`CrmError::Rejected`], and
    /// one that cannot be read now [`CrmError::Busy`].
    async fn open(&self, file: &AttachmentId) -> Result<OpenedFile, CrmError>;
}

/// A file, open to be read once.
pub struct OpenedFile {
    /// In bytes; `bytes` yields exactly so many.
    pub size: u64,
    /// `image/jpeg`.
    pub mime: String,
    /// From the beginning.
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
}

/// For callers that have no files to give: connecting, questions, dry runs.
pub struct NoFiles;

#[async_trait]
impl FileSource for NoFiles {
    async fn open(&self, _: &AttachmentId) -> Result<OpenedFile, CrmError> {
        let words = Words::new("Файла больше нет.", "The file is no longer there.");
        Err(CrmError::Rejected { words })
    }
}
