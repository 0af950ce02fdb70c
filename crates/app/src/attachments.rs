//! Files: uploads of operators, taking over customers' files, and signed links to both.

use std::time::Duration;

use bytes::Bytes;
use channel::FetchError;
use domain::{
    content::FileKind,
    ids::{AccountId, AttachmentId},
    people::Right,
    text::{Words, shortened, without_nul},
    view::{AttachmentState, AttachmentView},
};
use futures::Stream;
use store::{AttachmentRow, NewAttachment};

use crate::{
    Actor, App, Error, Result,
    inbound::{LARGEST_FILE, append_changed},
    objects::{Objects, WriteError, safe_mime},
    work::{JobError, back_off},
};

/// How long a signed link works.
pub const LINK_KEPT: Duration = Duration::from_secs(60 * 60);
const LONGEST_NAME: usize = 200;
const FETCH_TRIES: i32 = 12;

impl App {
    /// Stores an operator's file for a message to come.
    pub async fn upload(
        &self,
        actor: &Actor,
        name: &str,
        declared: Option<&str>,
        bytes: impl Stream<Item = std::io::Result<Bytes>> + Unpin,
    ) -> Result<AttachmentView> {
        actor.require(Right::WorkConversations)?;
        let id = AttachmentId::new(&*self.ids);
        let key = Objects::key(actor.account, id);
        let written =
            self.objects.put_stream(&key, LARGEST_FILE, bytes).await.map_err(|e| match e {
                WriteError::TooLarge { limit } => Error::invalid(
                    "file",
                    "file_too_large",
                    Words::new(
                        format!("Файл больше {} МБ.", limit >> 20),
                        format!("The file is over {} MB.", limit >> 20),
                    ),
                ),
                WriteError::Source(why) => Error::invalid(
                    "file",
                    "upload_broken_off",
                    Words::new(
                        format!("Загрузка оборвалась: {why}. Повторите."),
                        format!("The upload broke off: {why}. Try again."),
                    ),
                ),
                WriteError::Store(why) => Error::Unavailable(why.to_string()),
            })?;
        let mime = safe_mime(declared, written.sniffed.as_deref());
        let new = NewAttachment {
            attachment_id: id,
            message_id: None,
            channel_id: None,
            uploaded_by: Some(actor.employee),
            kind: kind_of(&mime),
            name: shortened(&without_nul(name), LONGEST_NAME),
            mime,
            size: i64::try_from(written.size).ok(),
            width: None,
            height: None,
            duration: None,
            content_id: None,
            state: AttachmentState::Stored,
            failure: None,
            handle: None,
            storage_key: Some(key),
        };
        let mut tx = self.store.tenant(actor.account).await?;
        tx.insert_attachment(&new).await?;
        tx.commit().await?;
        Ok(new.view())
    }

    /// A file that the actor may see: their own upload, or part of a visible conversation.
    pub async fn attachment(&self, actor: &Actor, id: AttachmentId) -> Result<AttachmentRow> {
        actor.require(Right::ReadConversations)?;
        let none = || Error::NotFound { what: "attachment" };
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.attachment(id).await?.ok_or_else(none)?;
        let Some(message) = row.message_id else {
            return if row.uploaded_by == Some(actor.employee) { Ok(row) } else { Err(none()) };
        };
        let message = tx.message(message).await?.ok_or_else(none)?;
        let c = tx.conversation(message.conversation_id).await?.ok_or_else(none)?;
        if actor.viewer.sees(&c.audience()) { Ok(row) } else { Err(none()) }
    }

    /// A file of an account, for a link that was signed for it.
    pub async fn signed_attachment(
        &self,
        account: AccountId,
        id: AttachmentId,
    ) -> Result<AttachmentRow> {
        let mut tx = self.store.tenant(account).await?;
        tx.attachment(id)
            .await?
            .filter(|row| row.storage_key.is_some())
            .ok_or(Error::NotFound { what: "attachment" })
    }

    /// Takes a customer's file over from its service. Run twice, the second finds it stored.
    pub(crate) async fn fetch(
        &self,
        account: AccountId,
        id: AttachmentId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |e: Error| JobError::of(&e, attempts);
        let Some((row, channel)) = self.pending(account, id).await.map_err(fault)? else {
            return Ok(());
        };
        let driver = self.driver(&channel).map_err(fault)?;
        let Some((media, handle)) = driver.media().zip(row.handle.as_ref()) else {
            let why =
                Words::new("Канал не умеет отдавать файлы.", "The channel cannot give out files.");
            return self.not_fetched(account, &row, why).await.map_err(fault);
        };
        let fetched = match media.fetch(&self.driver_channel(&channel), handle).await {
            Ok(fetched) => fetched,
            Err(FetchError::Retry { after, why }) if attempts < FETCH_TRIES => {
                return Err(JobError::Retry { after: after.max(back_off(attempts)), why });
            }
            Err(FetchError::Retry { why, .. } | FetchError::Gone(why)) => {
                let words = Words::new(
                    format!("Мессенджер не отдал файл: {why}"),
                    format!("The messenger did not give out the file: {why}"),
                );
                return self.not_fetched(account, &row, words).await.map_err(fault);
            }
            Err(FetchError::TooLarge) => {
                return self.not_fetched(account, &row, too_large()).await.map_err(fault);
            }
        };
        let key = Objects::key(account, id);
        match self.objects.put_stream(&key, LARGEST_FILE, fetched.bytes).await {
            Ok(written) => {
                let declared = fetched.mime.as_deref().or(Some(row.view.mime.as_str()));
                let mime = safe_mime(declared, written.sniffed.as_deref());
                self.fetched(account, &row, &key, &mime, written.size).await.map_err(fault)
            }
            Err(WriteError::TooLarge { .. }) => {
                self.not_fetched(account, &row, too_large()).await.map_err(fault)
            }
            Err(error) if attempts < FETCH_TRIES => {
                Err(JobError::Retry { after: back_off(attempts), why: error.to_string() })
            }
            Err(error) => {
                let words = Words::new(
                    format!("Файл не удалось забрать: {error}"),
                    format!("The file could not be fetched: {error}"),
                );
                self.not_fetched(account, &row, words).await.map_err(fault)
            }
        }
    }

    async fn pending(
        &self,
        account: AccountId,
        id: AttachmentId,
    ) -> Result<Option<(AttachmentRow, store::ChannelRow)>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(row) = tx.attachment(id).await? else { return Ok(None) };
        if row.view.state != AttachmentState::Pending {
            return Ok(None);
        }
        let Some(channel) = row.channel_id else { return Ok(None) };
        Ok(tx.channel(channel).await?.map(|channel| (row, channel)))
    }

    async fn fetched(
        &self,
        account: AccountId,
        row: &AttachmentRow,
        key: &str,
        mime: &str,
        size: u64,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        tx.attachment_stored(row.view.attachment_id, key, mime, size).await?;
        tell(&mut tx, row).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn not_fetched(&self, account: AccountId, row: &AttachmentRow, why: Words) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.attachment_failed(row.view.attachment_id, &why).await?;
        tell(&mut tx, row).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn tell(tx: &mut store::TenantTx, row: &AttachmentRow) -> Result<()> {
    let Some(id) = row.message_id else { return Ok(()) };
    let Some(message) = tx.message(id).await? else { return Ok(()) };
    let Some(c) = tx.conversation(message.conversation_id).await? else { return Ok(()) };
    append_changed(tx, id, &c.audience()).await
}

fn too_large() -> Words {
    Words::new(
        "Файл слишком велик: мессенджер не отдаёт такие. Попросите прислать его иначе.",
        "The file is too large for the messenger to give out. Ask for it in another way.",
    )
}

/// How a file of this content type is shown.
fn kind_of(mime: &str) -> FileKind {
    if mime.starts_with("image/") {
        FileKind::Image
    } else if mime.starts_with("video/") {
        FileKind::Video
    } else if mime.starts_with("audio/") {
        FileKind::Audio
    } else {
        FileKind::File
    }
}
