//! Files of conversations for CRM adapters (CRM-4): the bytes from our object store.

use async_trait::async_trait;
use crm::{CrmError, FileSource, OpenedFile};
use domain::{
    ids::{AccountId, AttachmentId},
    text::Words,
};
use futures::StreamExt;

use crate::{App, Error};

/// The attachments of one company.
pub(crate) struct StoredFiles {
    app: App,
    account: AccountId,
}

impl StoredFiles {
    pub fn new(app: &App, account: AccountId) -> Self {
        Self { app: app.clone(), account }
    }
}

#[async_trait]
impl FileSource for StoredFiles {
    async fn open(&self, file: &AttachmentId) -> Result<OpenedFile, CrmError> {
        let gone = || CrmError::Rejected {
            words: Words::new("Файла больше нет.", "The file is no longer there."),
        };
        let later = |why: String| CrmError::Retry { after: None, why };
        let row = match self.app.signed_attachment(self.account, *file).await {
            Ok(row) => row,
            Err(Error::NotFound { .. }) => return Err(gone()),
            Err(error) => return Err(later(error.to_string())),
        };
        let (Some(key), Some(size)) = (row.storage_key, row.view.size) else { return Err(gone()) };
        let bytes = self.app.objects.open(&key).await.map_err(|e| later(e.to_string()))?;
        Ok(OpenedFile {
            size: u64::try_from(size).unwrap_or(0),
            mime: row.view.mime,
            bytes: bytes.boxed(),
        })
    }
}
