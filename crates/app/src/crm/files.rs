//! Files of conversations for CRM adapters (CRM-4): whether one has come from its messenger yet, and its
//! bytes from our object store.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use crm::{CrmError, FileSource, OpenedFile};
use domain::{
    clock::Instant,
    ids::{AccountId, AttachmentId},
    text::Words,
    view::{AttachmentState, AttachmentView},
};
use futures::{StreamExt, TryStreamExt};

use crate::{App, Error, Result};

/// A file that is still on its way from the messenger is waited for so long after its message.
const AWAITED: TimeDelta = TimeDelta::minutes(15);
/// When to come again while our object store does not answer.
const STORE_AGAIN: Duration = Duration::from_secs(5);

/// Where a file stands that is to be passed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Here,
    /// On its way; to be looked for after this.
    Comes(Duration),
    Gone(Words),
}

impl App {
    /// A customer's message is told the moment it is here, and its files a little later.
    pub(super) async fn where_file_stands(
        &self,
        account: AccountId,
        file: AttachmentId,
    ) -> Result<Stands> {
        let mut tx = self.store.tenant(account).await?;
        let Some(row) = tx.attachment(file).await? else { return Ok(Stands::Gone(gone())) };
        let message = match row.message_id {
            Some(message) => tx.message(message).await?,
            None => None,
        };
        let now = self.clock.now();
        Ok(stands(&row.view, message.map_or(Instant::MIN_UTC, |m| m.created_at), now))
    }
}

/// The longer it takes the later it is looked for.
fn stands(file: &AttachmentView, said_at: Instant, now: Instant) -> Stands {
    match file.state {
        AttachmentState::Stored => Stands::Here,
        AttachmentState::Failed => Stands::Gone(file.failure.clone().unwrap_or_else(gone)),
        AttachmentState::Pending => {
            let age = now.signed_duration_since(said_at);
            if age >= AWAITED {
                return Stands::Gone(not_come());
            }
            let age = age.to_std().unwrap_or_default();
            Stands::Comes((age / 4).clamp(Duration::from_secs(1), Duration::from_secs(30)))
        }
    }
}

/// For the log, while it is waited for.
pub(super) fn on_its_way() -> Words {
    Words::new(
        "Файл ещё в пути из мессенджера: будет прикреплён, как только придёт.",
        "The file is still on its way from the messenger: it is attached as soon as it is here.",
    )
}

fn not_come() -> Words {
    Words::new(
        "Файл так и не пришёл из мессенджера. Если он появился в переписке позже, повторите.",
        "The file has not come from the messenger. If it is in the conversation by now, try again.",
    )
}

fn gone() -> Words {
    Words::new("Файла больше нет.", "The file is no longer there.")
}

/// The attachments of one company.
pub(crate) struct StoredFiles {
    app: App,
    account: AccountId,
    unread: Arc<AtomicBool>,
}

impl StoredFiles {
    pub fn new(app: &App, account: AccountId) -> Self {
        Self { app: app.clone(), account, unread: Arc::default() }
    }

    /// Our store has not given one of them out, or not to its end.
    pub fn are_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl FileSource for StoredFiles {
    async fn open(&self, file: &AttachmentId) -> Result<OpenedFile, CrmError> {
        let gone = || CrmError::Rejected { words: gone() };
        let row = match self.app.signed_attachment(self.account, *file).await {
            Ok(row) => row,
            Err(Error::NotFound { .. }) => return Err(gone()),
            Err(error) => return Err(ours(&error)),
        };
        let (Some(key), Some(size)) = (row.storage_key, row.view.size) else { return Err(gone()) };
        let bytes = match self.app.objects.open(&key).await {
            Ok(bytes) => bytes,
            Err(object_store::Error::NotFound { .. }) => return Err(gone()),
            Err(error) => {
                self.unread.store(true, Ordering::Relaxed);
                return Err(ours(&error));
            }
        };
        let unread = Arc::clone(&self.unread);
        let bytes = bytes.inspect_err(move |error| {
            tracing::warn!(%error, "a file for a CRM breaks off");
            unread.store(true, Ordering::Relaxed);
        });
        Ok(OpenedFile {
            size: u64::try_from(size).unwrap_or(0),
            mime: row.view.mime,
            bytes: bytes.boxed(),
        })
    }
}

/// Our database or our store, which is no fault of the CRM's.
fn ours(error: &dyn std::fmt::Display) -> CrmError {
    tracing::warn!(%error, "a file for a CRM cannot be opened");
    CrmError::Busy(STORE_AGAIN)
}

#[cfg(test)]
mod tests {
    use domain::content::FileKind;
    use uuid::Uuid;

    use super::*;

    fn file(state: AttachmentState, failure: Option<Words>) -> AttachmentView {
        AttachmentView {
            attachment_id: AttachmentId(Uuid::nil()),
            kind: FileKind::Image,
            name: String::new(),
            mime: "image/png".to_owned(),
            size: None,
            width: None,
            height: None,
            duration: None,
            content_id: None,
            state,
            failure,
            url: None,
        }
    }

    /// CRM-4: what became of a file says the file; one that is on its way is waited for, and not for ever.
    #[test]
    fn crm_4_a_file_on_its_way_is_waited_for_a_quarter_of_an_hour() {
        let said: Instant = "2031-05-01T12:00:00Z".parse().expect("a time");
        let at =
            |state, seconds| stands(&file(state, None), said, said + TimeDelta::seconds(seconds));
        let comes = |seconds| Stands::Comes(Duration::from_secs(seconds));
        for (seconds, stand) in [
            (-5, comes(1)),
            (1, comes(1)),
            (40, comes(10)),
            (899, comes(30)),
            (900, Stands::Gone(not_come())),
        ] {
            assert_eq!(at(AttachmentState::Pending, seconds), stand, "{seconds}");
        }
        assert_eq!(at(AttachmentState::Stored, 9000), Stands::Here);
        let why = Words::new("Мессенджер не отдал файл", "The messenger did not give it out");
        let failed = file(AttachmentState::Failed, Some(why.clone()));
        assert_eq!(stands(&failed, said, said), Stands::Gone(why));
    }
}
