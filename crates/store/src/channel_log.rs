//! The log of a channel: its messages and quarantined bodies where they lie, and its own events.
//! Three sources, each by an index on channel and time, merged in one order.

use chrono::{DateTime, Utc};
use domain::{
    channel_log::{ChannelEventKind, ChannelLogLine},
    delivery::DeliveryStatus,
    ids::{ChannelId, ConversationId, MessageId, QuarantineId},
    text::Words,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// A channel keeps so many events of its own.
const KEPT: i64 = 200;

/// A line with the id that orders lines of one moment.
#[derive(Debug, Clone)]
pub struct LoggedLine {
    pub id: Uuid,
    pub line: ChannelLogLine,
}

#[derive(sqlx::FromRow)]
struct MessageLine {
    message_id: Uuid,
    conversation_id: Uuid,
    inbound: bool,
    status: Option<String>,
    failure: Option<String>,
    created_at: DateTime<Utc>,
    has_raw: bool,
    contact: String,
}

impl MessageLine {
    fn line(self) -> Result<LoggedLine> {
        let status = self.status.as_deref().map(|text| {
            DeliveryStatus::parse(text).ok_or_else(|| Error::bad("messages", "status", text))
        });
        let status = status.transpose()?;
        let who = &self.contact;
        let why = self.failure.as_deref().unwrap_or("—");
        let (what, text) = match (self.inbound, status) {
            (true, _) => (
                ChannelEventKind::MessageIn,
                Words::new(
                    format!("Пришло сообщение. Клиент: {who}."),
                    format!("A message came. Client: {who}."),
                ),
            ),
            (false, Some(DeliveryStatus::Failed)) => (
                ChannelEventKind::Refused,
                Words::new(
                    format!("Сервис не принял сообщение. Клиент: {who}. Причина: {why}"),
                    format!("The service refused a message. Client: {who}. Reason: {why}"),
                ),
            ),
            (false, Some(DeliveryStatus::Uncertain)) => (
                ChannelEventKind::Refused,
                Words::new(
                    format!("Неизвестно, дошло ли сообщение. Клиент: {who}. Причина: {why}"),
                    format!("Unknown whether a message arrived. Client: {who}. Reason: {why}"),
                ),
            ),
            (false, _) => (
                ChannelEventKind::MessageOut,
                Words::new(
                    format!("Исходящее сообщение. Клиент: {who}."),
                    format!("A message of ours. Client: {who}."),
                ),
            ),
        };
        Ok(LoggedLine {
            id: self.message_id,
            line: ChannelLogLine {
                at: self.created_at,
                what,
                text,
                conversation_id: Some(ConversationId(self.conversation_id)),
                message_id: Some(MessageId(self.message_id)),
                quarantine_id: None,
                status,
                has_raw: self.has_raw,
            },
        })
    }
}

/// An event's number in the place of an id, so that one cursor serves all sources.
fn number(id: Uuid) -> i64 {
    i64::try_from(id.as_u128()).unwrap_or(i64::MAX)
}

impl TenantTx {
    /// Adds an event of the channel's own and forgets the oldest beyond those that are kept.
    pub async fn log_channel(
        &mut self,
        id: ChannelId,
        what: ChannelEventKind,
        text: &Words,
    ) -> Result<()> {
        let account = self.account().0;
        let what = match what {
            ChannelEventKind::Setting => "setting",
            ChannelEventKind::State
            | ChannelEventKind::MessageIn
            | ChannelEventKind::MessageOut
            | ChannelEventKind::Refused
            | ChannelEventKind::Quarantined => "state",
        };
        sqlx::query(
            "insert into channel_events (account_id, channel_id, what, text)
             values ($1, $2, $3, $4)",
        )
        .bind(account)
        .bind(id.0)
        .bind(what)
        .bind(Json(text))
        .execute(self.conn())
        .await?;
        sqlx::query(
            "delete from channel_events
             where account_id = $1 and channel_id = $2 and event_id <=
                (select event_id from channel_events
                 where account_id = $1 and channel_id = $2
                 order by event_id desc offset $3 limit 1)",
        )
        .bind(account)
        .bind(id.0)
        .bind(KEPT)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Up to `limit` lines before `before`, the newest first.
    pub async fn channel_log(
        &mut self,
        channel: ChannelId,
        (at, id): (DateTime<Utc>, Uuid),
        limit: i64,
    ) -> Result<Vec<LoggedLine>> {
        let mut lines = self.logged_messages(channel, at, id, limit).await?;
        lines.extend(self.logged_quarantine(channel, at, id, limit).await?);
        lines.extend(self.logged_events(channel, at, id, limit).await?);
        lines.sort_by_key(|l| std::cmp::Reverse((l.line.at, l.id)));
        lines.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(lines)
    }

    async fn logged_messages(
        &mut self,
        channel: ChannelId,
        at: DateTime<Utc>,
        id: Uuid,
        limit: i64,
    ) -> Result<Vec<LoggedLine>> {
        let account = self.account().0;
        let rows: Vec<MessageLine> = sqlx::query_as(
            "select m.message_id, m.conversation_id, m.direction = 'inbound' as inbound, m.status,
                m.failure, m.created_at, m.raw is not null as has_raw, k.name as contact
             from (
                select message_id, conversation_id, direction, status, failure, created_at, raw
                from messages
                where account_id = $1 and channel_id = $2 and (created_at, message_id) < ($3, $4)
                  and direction in ('inbound', 'outbound')
                order by created_at desc, message_id desc limit $5) m
             join conversations c on c.account_id = $1 and c.conversation_id = m.conversation_id
             join contacts k on k.account_id = $1 and k.contact_id = c.contact_id",
        )
        .bind(account)
        .bind(channel.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(MessageLine::line).collect()
    }

    async fn logged_quarantine(
        &mut self,
        channel: ChannelId,
        at: DateTime<Utc>,
        id: Uuid,
        limit: i64,
    ) -> Result<Vec<LoggedLine>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Json<Words>, DateTime<Utc>)> = sqlx::query_as(
            "select quarantine_id, reason, created_at from quarantine
             where account_id = $1 and channel_id = $2 and (created_at, quarantine_id) < ($3, $4)
             order by created_at desc, quarantine_id desc limit $5",
        )
        .bind(account)
        .bind(channel.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, reason, at)| LoggedLine {
                id,
                line: ChannelLogLine {
                    at,
                    what: ChannelEventKind::Quarantined,
                    text: reason.0,
                    conversation_id: None,
                    message_id: None,
                    quarantine_id: Some(QuarantineId(id)),
                    status: None,
                    has_raw: true,
                },
            })
            .collect())
    }

    async fn logged_events(
        &mut self,
        channel: ChannelId,
        at: DateTime<Utc>,
        id: Uuid,
        limit: i64,
    ) -> Result<Vec<LoggedLine>> {
        let account = self.account().0;
        let rows: Vec<(i64, String, Json<Words>, DateTime<Utc>)> = sqlx::query_as(
            "select event_id, what, text, at from channel_events
             where account_id = $1 and channel_id = $2 and (at, event_id) < ($3, $4)
             order by at desc, event_id desc limit $5",
        )
        .bind(account)
        .bind(channel.0)
        .bind(at)
        .bind(number(id))
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, what, text, at)| LoggedLine {
                id: Uuid::from_u128(u128::try_from(id).unwrap_or_default()),
                line: ChannelLogLine {
                    at,
                    what: match what.as_str() {
                        "setting" => ChannelEventKind::Setting,
                        _ => ChannelEventKind::State,
                    },
                    text: text.0,
                    conversation_id: None,
                    message_id: None,
                    quarantine_id: None,
                    status: None,
                    has_raw: false,
                },
            })
            .collect())
    }
}
