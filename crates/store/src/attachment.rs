//! Files of messages: rows only; their bytes lie in the object store.

use std::collections::HashMap;

use domain::{
    content::FileKind,
    ids::{AttachmentId, ChannelId, EmployeeId, MessageId},
    text::Words,
    view::{AttachmentState, AttachmentView},
};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// A file to insert.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    pub attachment_id: AttachmentId,
    pub message_id: Option<MessageId>,
    pub channel_id: Option<ChannelId>,
    pub uploaded_by: Option<EmployeeId>,
    pub kind: FileKind,
    pub name: String,
    pub mime: String,
    pub size: Option<i64>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub duration: Option<i32>,
    pub content_id: Option<String>,
    pub state: AttachmentState,
    pub failure: Option<Words>,
    /// The driver's handle while pending.
    pub handle: Option<Value>,
    /// The object's name once stored.
    pub storage_key: Option<String>,
}

impl NewAttachment {
    pub fn view(&self) -> AttachmentView {
        AttachmentView {
            attachment_id: self.attachment_id,
            kind: self.kind,
            name: self.name.clone(),
            mime: self.mime.clone(),
            size: self.size,
            width: self.width,
            height: self.height,
            duration: self.duration,
            content_id: self.content_id.clone(),
            state: self.state,
            failure: self.failure.clone(),
            url: None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    attachment_id: Uuid,
    message_id: Option<Uuid>,
    channel_id: Option<Uuid>,
    uploaded_by: Option<Uuid>,
    kind: String,
    name: String,
    mime: String,
    size: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    duration: Option<i32>,
    content_id: Option<String>,
    state: String,
    failure: Option<Json<Words>>,
    handle: Option<Value>,
    storage_key: Option<String>,
}

/// A file as it is stored.
#[derive(Debug, Clone)]
pub struct AttachmentRow {
    pub message_id: Option<MessageId>,
    pub channel_id: Option<ChannelId>,
    pub uploaded_by: Option<EmployeeId>,
    pub handle: Option<Value>,
    pub storage_key: Option<String>,
    pub view: AttachmentView,
}

impl TryFrom<Row> for AttachmentRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            message_id: row.message_id.map(MessageId),
            channel_id: row.channel_id.map(ChannelId),
            uploaded_by: row.uploaded_by.map(EmployeeId),
            handle: row.handle,
            storage_key: row.storage_key,
            view: AttachmentView {
                attachment_id: AttachmentId(row.attachment_id),
                kind: FileKind::parse(&row.kind)
                    .ok_or_else(|| Error::bad("attachments", "kind", &row.kind))?,
                name: row.name,
                mime: row.mime,
                size: row.size,
                width: row.width,
                height: row.height,
                duration: row.duration,
                content_id: row.content_id,
                state: AttachmentState::parse(&row.state)
                    .ok_or_else(|| Error::bad("attachments", "state", &row.state))?,
                failure: row.failure.map(|f| f.0),
                url: None,
            },
        })
    }
}

pub(crate) async fn insert(
    conn: &mut PgConnection,
    account: Uuid,
    new: &NewAttachment,
) -> Result<()> {
    sqlx::query(
        "insert into attachments (account_id, attachment_id, message_id, channel_id, uploaded_by,
            kind, name, mime, size, width, height, duration, content_id, state, failure, handle,
            storage_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(account)
    .bind(new.attachment_id.0)
    .bind(new.message_id.map(|m| m.0))
    .bind(new.channel_id.map(|c| c.0))
    .bind(new.uploaded_by.map(|e| e.0))
    .bind(new.kind.as_str())
    .bind(&new.name)
    .bind(&new.mime)
    .bind(new.size)
    .bind(new.width)
    .bind(new.height)
    .bind(new.duration)
    .bind(&new.content_id)
    .bind(new.state.as_str())
    .bind(new.failure.as_ref().map(Json))
    .bind(&new.handle)
    .bind(&new.storage_key)
    .execute(conn)
    .await?;
    Ok(())
}

impl TenantTx {
    pub async fn insert_attachment(&mut self, new: &NewAttachment) -> Result<()> {
        let account = self.account().0;
        insert(self.conn(), account, new).await
    }

    pub async fn attachment(&mut self, id: AttachmentId) -> Result<Option<AttachmentRow>> {
        Ok(self.attachments(&[id]).await?.into_iter().next())
    }

    pub async fn attachments(&mut self, ids: &[AttachmentId]) -> Result<Vec<AttachmentRow>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account().0;
        let ids: Vec<Uuid> = ids.iter().map(|a| a.0).collect();
        let rows: Vec<Row> = sqlx::query_as(
            "select attachment_id, message_id, channel_id, uploaded_by, kind, name, mime, size,
                width, height, duration, content_id, state, failure, handle, storage_key
             from attachments where account_id = $1 and attachment_id = any($2)",
        )
        .bind(account)
        .bind(&ids)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(AttachmentRow::try_from).collect()
    }

    pub(crate) async fn attachment_views(
        &mut self,
        ids: &[AttachmentId],
    ) -> Result<HashMap<AttachmentId, AttachmentView>> {
        let rows = self.attachments(ids).await?;
        Ok(rows.into_iter().map(|r| (r.view.attachment_id, r.view)).collect())
    }

    /// Ties uploads of this employee to a message; false when one is not theirs, not stored, or
    /// already used.
    pub async fn attach_uploads(
        &mut self,
        employee: EmployeeId,
        message: MessageId,
        ids: &[AttachmentId],
    ) -> Result<bool> {
        let account = self.account().0;
        let ids: Vec<Uuid> = ids.iter().map(|a| a.0).collect();
        let hit = sqlx::query(
            "update attachments set message_id = $3
             where account_id = $1 and uploaded_by = $2 and attachment_id = any($4)
               and message_id is null and state = 'stored'",
        )
        .bind(account)
        .bind(employee.0)
        .bind(message.0)
        .bind(&ids)
        .execute(self.conn())
        .await?
        .rows_affected();
        Ok(hit == ids.len() as u64)
    }

    /// Says whose files these are that belong to no message yet.
    pub async fn attach(&mut self, message: MessageId, ids: &[AttachmentId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let account = self.account().0;
        let ids: Vec<Uuid> = ids.iter().map(|a| a.0).collect();
        sqlx::query(
            "update attachments set message_id = $2
             where account_id = $1 and attachment_id = any($3) and message_id is null",
        )
        .bind(account)
        .bind(message.0)
        .bind(&ids)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The bytes of a pending file lie in the object store now.
    pub async fn attachment_stored(
        &mut self,
        id: AttachmentId,
        storage_key: &str,
        mime: &str,
        size: i64,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update attachments set state = 'stored', storage_key = $3, mime = $4, size = $5,
                handle = null, failure = null
             where account_id = $1 and attachment_id = $2 and state = 'pending'",
        )
        .bind(account)
        .bind(id.0)
        .bind(storage_key)
        .bind(mime)
        .bind(size)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn attachment_failed(&mut self, id: AttachmentId, why: &Words) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update attachments set state = 'failed', failure = $3
             where account_id = $1 and attachment_id = $2 and state = 'pending'",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(why))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
