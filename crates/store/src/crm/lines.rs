//! A conversation's words as a CRM gets them.

use chrono::{DateTime, Utc};
use domain::{
    content::{Content, FileKind},
    conversation::Direction,
    crm::{Line, LineFile, unsigned},
    ids::{AttachmentId, ConversationId, EmployeeId, MessageId},
    view::AttachmentView,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result, StoredBody, TenantTx, events::decode};

/// A line with who wrote it.
#[derive(Debug, Clone)]
pub struct WrittenLine {
    pub line: Line,
    /// The employee, of outbound ones that no rule wrote.
    pub author: Option<EmployeeId>,
}

macro_rules! select_lines {
    ($rest:literal) => {
        concat!(
            "select m.message_id, m.position, m.direction, m.author_id,
                coalesce(e.name, r.author) as author, r.signature, m.content, m.occurred_at
             from messages m
             left join employees e
                on e.account_id = m.account_id and e.employee_id = m.author_id
             left join crm_chat_received r
                on r.account_id = m.account_id and r.conversation_id = m.conversation_id
                and m.message_id in (r.message_id, r.caption_id)
             where m.account_id = $1 and m.conversation_id = $2
               and m.direction in ('inbound', 'outbound') and m.removed_at is null ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    message_id: Uuid,
    position: i64,
    direction: String,
    author_id: Option<Uuid>,
    /// The employee, or the user of a CRM whose chat it was written in.
    author: Option<String>,
    /// WA-7: what of it is the customer's alone.
    signature: Option<String>,
    content: Value,
    occurred_at: DateTime<Utc>,
}

impl TenantTx {
    /// Inbound and outbound messages after a position, oldest first. Messages that were taken back
    /// are left out.
    pub async fn crm_lines(
        &mut self,
        conversation: ConversationId,
        after: i64,
        most: i64,
    ) -> Result<Vec<WrittenLine>> {
        let account = self.account().0;
        let rows: Vec<Row> =
            sqlx::query_as(select_lines!("and m.position > $3 order by m.position limit $4"))
                .bind(account)
                .bind(conversation.0)
                .bind(after)
                .bind(most)
                .fetch_all(self.conn())
                .await?;
        self.written_lines(rows).await
    }

    /// The last ones, oldest first.
    pub async fn crm_last_lines(
        &mut self,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<WrittenLine>> {
        let account = self.account().0;
        let mut rows: Vec<Row> = sqlx::query_as(select_lines!("order by m.position desc limit $3"))
            .bind(account)
            .bind(conversation.0)
            .bind(most)
            .fetch_all(self.conn())
            .await?;
        rows.reverse();
        self.written_lines(rows).await
    }

    /// Whether the customer wrote anything up to a position.
    pub async fn crm_wrote_up_to(
        &mut self,
        conversation: ConversationId,
        position: i64,
    ) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select 1 from messages
                where account_id = $1 and conversation_id = $2 and direction = 'inbound'
                  and position <= $3)",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(position)
        .fetch_one(self.conn())
        .await?)
    }

    /// What the customer wrote first.
    pub async fn crm_first_words(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Option<String>> {
        let account = self.account().0;
        let content: Option<Value> = sqlx::query_scalar(
            "select content from messages
             where account_id = $1 and conversation_id = $2 and direction = 'inbound'
             order by position limit 1",
        )
        .bind(account)
        .bind(conversation.0)
        .fetch_optional(self.conn())
        .await?;
        let body = content.map(|c| decode::<StoredBody>("messages", "content", c)).transpose()?;
        Ok(body.and_then(|body| match body {
            StoredBody::Said(content) => Some(words(&content)),
            StoredBody::Happened(_) => None,
        }))
    }

    async fn written_lines(&mut self, rows: Vec<Row>) -> Result<Vec<WrittenLine>> {
        let mut contents = Vec::with_capacity(rows.len());
        let mut files: Vec<AttachmentId> = Vec::new();
        for row in rows {
            let body: StoredBody = decode("messages", "content", row.content.clone())?;
            let StoredBody::Said(content) = body else { continue };
            files.extend(content.files());
            contents.push((row, content));
        }
        let views = self.attachment_views(&files).await?;
        contents
            .into_iter()
            .map(|(row, content)| {
                let direction = Direction::parse(&row.direction)
                    .ok_or_else(|| Error::bad("messages", "direction", row.direction.clone()))?;
                let files = content
                    .files()
                    .iter()
                    .filter_map(|id| views.get(id))
                    .map(|v| LineFile { attachment: v.attachment_id, name: file_name(v) })
                    .collect();
                Ok(WrittenLine {
                    line: Line {
                        message: MessageId(row.message_id),
                        position: row.position,
                        direction,
                        author: row.author.unwrap_or_default(),
                        text: unsigned(&words(&content), &row.signature.unwrap_or_default())
                            .to_owned(),
                        files,
                        at: row.occurred_at,
                    },
                    author: row.author_id.map(EmployeeId),
                })
            })
            .collect()
    }
}

/// A messenger's photo or voice message has no name, and a CRM takes no file without one.
fn file_name(file: &AttachmentView) -> String {
    if !file.name.trim().is_empty() {
        return file.name.clone();
    }
    let kind = match file.kind {
        FileKind::Image => "photo",
        FileKind::Video | FileKind::VideoNote => "video",
        FileKind::Voice => "voice",
        FileKind::Audio => "audio",
        FileKind::Sticker => "sticker",
        FileKind::File => "file",
    };
    // `image/jpeg; …`: what follows the slash is mostly what files of the kind end with.
    let of = file.mime.split(';').next().unwrap_or_default().trim();
    match of.split_once('/').map(|(_, subtype)| subtype) {
        Some("jpeg") => format!("{kind}.jpg"),
        Some("mpeg") => format!("{kind}.mp3"),
        Some(subtype) if (2..=4).contains(&subtype.len()) => format!("{kind}.{subtype}"),
        _ => kind.to_owned(),
    }
}

/// What a message says, as plain text. A place is written out and a thing that is not understood is
/// named, because a CRM shows nothing else of them.
fn words(content: &Content<AttachmentId>) -> String {
    match content {
        Content::Location { latitude, longitude, title } => {
            let place = title.as_deref().unwrap_or("");
            format!("{place} {latitude:.6}, {longitude:.6}").trim().to_owned()
        }
        Content::Unsupported { label, text } => format!("[{label}] {text}").trim().to_owned(),
        other => other.words(),
    }
}
