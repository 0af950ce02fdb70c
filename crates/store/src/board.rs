//! The figures of the live board (RP-2), each by an index: open conversations by `conversations_list`,
//! today's by their last message, closings by `conversations_closed`, messages by `messages_channel`.

use chrono::{DateTime, Utc};
use domain::{
    board::{BoardChannel, BoardEmployee, BoardGroup, FirstAnswerView},
    channel::ChannelState,
    ids::{ChannelId, EmployeeId, GroupId},
    people::Presence,
};
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// Open conversations of one channel, group and assignee.
#[derive(Debug, Clone, sqlx::FromRow)]
struct OpenRow {
    channel_id: Uuid,
    group_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    state: String,
    count: i64,
    waiting: i64,
    oldest: Option<DateTime<Utc>>,
}

/// Open conversations that have these in common.
#[derive(Debug, Clone)]
pub struct OpenCount {
    pub channel: ChannelId,
    pub group: Option<GroupId>,
    pub assignee: Option<EmployeeId>,
    pub in_work: i64,
    pub waiting: i64,
    pub oldest: Option<DateTime<Utc>>,
}

/// Conversations opened in an hour of today.
#[derive(Debug, Clone)]
pub struct OpenedCount {
    pub hour: i32,
    pub channel: ChannelId,
    pub count: i64,
}

/// Conversations closed in an hour of today.
#[derive(Debug, Clone)]
pub struct ClosedCount {
    pub hour: i32,
    /// `None`: by a rule.
    pub by: Option<EmployeeId>,
    pub count: i64,
    pub missed: i64,
}

/// Messages of today by who wrote them.
#[derive(Debug, Clone)]
pub struct SaidCount {
    pub inbound: bool,
    pub author: Option<EmployeeId>,
    pub messages: i64,
    pub conversations: i64,
}

type EmployeeColumns = (Uuid, String, String, DateTime<Utc>, Option<i32>);

/// Id, name, kind, state and whose sign is shown.
type ChannelColumns = (Uuid, String, String, String, Option<String>);

impl TenantTx {
    pub async fn board_open(&mut self) -> Result<Vec<OpenCount>> {
        let account = self.account().0;
        let rows: Vec<OpenRow> = sqlx::query_as(
            "select channel_id, group_id, assignee_id, state, count(*) as count,
                count(waiting_since) as waiting, min(waiting_since) as oldest
             from conversations
             where account_id = $1 and state in ('new', 'in_work')
             group by channel_id, group_id, assignee_id, state",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| OpenCount {
                channel: ChannelId(row.channel_id),
                group: row.group_id.map(GroupId),
                assignee: row.assignee_id.map(EmployeeId),
                in_work: if row.state == "in_work" { row.count } else { 0 },
                waiting: row.waiting,
                oldest: row.oldest,
            })
            .collect())
    }

    /// What was opened since `start`, by the hour of the zone's clock. A conversation's last message
    /// is never older than its opening, and there is an index on that.
    pub async fn board_opened(
        &mut self,
        start: DateTime<Utc>,
        zone: &str,
    ) -> Result<Vec<OpenedCount>> {
        let account = self.account().0;
        let rows: Vec<(i32, Uuid, i64)> = sqlx::query_as(
            "select extract(hour from opened_at at time zone $3)::int, channel_id, count(*)
             from conversations
             where account_id = $1 and state in ('new', 'in_work', 'closed')
               and last_message_at >= $2 and opened_at >= $2
             group by 1, 2",
        )
        .bind(account)
        .bind(start)
        .bind(zone)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(hour, channel, count)| OpenedCount { hour, channel: ChannelId(channel), count })
            .collect())
    }

    /// What was closed since `start`. One that we began (it was taken as it opened) is not missed.
    pub async fn board_closed(
        &mut self,
        start: DateTime<Utc>,
        zone: &str,
    ) -> Result<Vec<ClosedCount>> {
        let account = self.account().0;
        let rows: Vec<(i32, Option<Uuid>, i64, i64)> = sqlx::query_as(
            "select extract(hour from closed_at at time zone $3)::int, closed_by, count(*),
                count(*) filter (where first_answer_at is null
                                   and taken_at is distinct from opened_at)
             from conversations
             where account_id = $1 and closed_at >= $2
             group by 1, 2",
        )
        .bind(account)
        .bind(start)
        .bind(zone)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(hour, by, count, missed)| ClosedCount {
                hour,
                by: by.map(EmployeeId),
                count,
                missed,
            })
            .collect())
    }

    /// How long the customers waited whose conversation was answered first since `start`.
    pub async fn board_first_answer(&mut self, start: DateTime<Utc>) -> Result<FirstAnswerView> {
        let account = self.account().0;
        let (median, p90): (Option<i64>, Option<i64>) = sqlx::query_as(
            "select round(percentile_cont(0.5) within group (order by s))::bigint,
                round(percentile_cont(0.9) within group (order by s))::bigint
             from (
                select extract(epoch from first_answer_at - opened_at)::float8 as s
                from conversations
                where account_id = $1 and state in ('new', 'in_work', 'closed')
                  and last_message_at >= $2 and first_answer_at >= $2
                  and taken_at is distinct from opened_at) answered",
        )
        .bind(account)
        .bind(start)
        .fetch_one(self.conn())
        .await?;
        Ok(FirstAnswerView { median_s: median, p90_s: p90 })
    }

    /// Messages since `start`: of customers, and of ours by author.
    pub async fn board_said(&mut self, start: DateTime<Utc>) -> Result<Vec<SaidCount>> {
        let account = self.account().0;
        let rows: Vec<(bool, Option<Uuid>, i64, i64)> = sqlx::query_as(
            "select m.direction = 'inbound', m.author_id, count(*),
                count(distinct m.conversation_id)
             from channels c
             cross join lateral (
                select direction, author_id, conversation_id from messages
                where account_id = $1 and channel_id = c.channel_id and created_at >= $2
                  and direction in ('inbound', 'outbound')) m
             where c.account_id = $1
             group by 1, 2",
        )
        .bind(account)
        .bind(start)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(inbound, author, messages, conversations)| SaidCount {
                inbound,
                author: author.map(EmployeeId),
                messages,
                conversations,
            })
            .collect())
    }

    /// Everyone who may work with conversations, without figures.
    pub async fn board_employees(&mut self) -> Result<Vec<BoardEmployee>> {
        let account = self.account().0;
        let rows: Vec<EmployeeColumns> = sqlx::query_as(
            "select employee_id, name, presence, presence_at, capacity from employees
             where account_id = $1 and disabled_at is null and role <> 'analyst'
             order by name, employee_id limit 1000",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter()
            .map(|(id, name, presence, presence_at, capacity)| {
                Ok(BoardEmployee {
                    employee_id: EmployeeId(id),
                    name,
                    presence: Presence::parse(&presence)
                        .ok_or_else(|| Error::bad("employees", "presence", &presence))?,
                    presence_at,
                    open: 0,
                    capacity,
                    answered_today: 0,
                    closed_today: 0,
                })
            })
            .collect()
    }

    /// The channels, without figures; their secrets stay sealed.
    pub async fn board_channels(&mut self) -> Result<Vec<BoardChannel>> {
        let account = self.account().0;
        let rows: Vec<ChannelColumns> = sqlx::query_as(
            "select channel_id, name, kind, state, nullif(settings ->> 'looks_like', '')
             from channels
             where account_id = $1 and deleted_at is null
             order by created_at, channel_id limit 1000",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter()
            .map(|(id, name, kind, state, looks_like)| {
                Ok(BoardChannel {
                    channel_id: ChannelId(id),
                    name,
                    kind,
                    looks_like,
                    state: ChannelState::parse(&state)
                        .ok_or_else(|| Error::bad("channels", "state", &state))?,
                    waiting: 0,
                    in_work: 0,
                    today: 0,
                })
            })
            .collect()
    }

    /// The groups, without figures.
    pub async fn board_groups(&mut self) -> Result<Vec<BoardGroup>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "select group_id, name from groups where account_id = $1
             order by name, group_id limit 1000",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, name)| BoardGroup { group_id: GroupId(id), name, waiting: 0, in_work: 0 })
            .collect())
    }
}
