//! Conversations: one enquiry each, from opening to closing. Every change of a conversation happens
//! under its row's lock ([`TenantTx::lock_conversation`]).

use chrono::{DateTime, Utc};
use domain::{
    attribution::Attribution,
    conversation::{Cause, ConversationKind, ConversationState, Direction},
    ids::{ChannelId, ContactId, ConversationId, EmployeeId, GroupId, IdentityId, TagId},
    view::ConversationView,
    visibility::Viewer,
};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use crate::{Error, Result, TenantTx, visible};

/// The columns of [`Row`], of conversations `c` joined with contacts `k`.
macro_rules! columns {
    () => {
        "c.conversation_id, c.number, c.channel_id, c.identity_id, c.contact_id,
         k.name as contact_name,
         case when k.name = ''
              then (select p.phone from contact_phones p
                    where p.account_id = c.account_id and p.contact_id = c.contact_id
                    order by p.created_at limit 1) end as contact_phone, c.kind, c.state, c.is_first, c.pinned_id, c.assignee_id,
         c.offered_id, c.group_id, c.attribution, c.subject, c.last_position, c.last_message_at,
         c.preview, c.preview_direction, c.waiting_since, c.auto_close_at, c.opened_at, c.taken_at,
         c.first_answer_at, c.closed_at, c.close_cause, c.closed_by,
         array(select t.tag_id from conversation_tags t where t.account_id = c.account_id
               and t.conversation_id = c.conversation_id) as tags"
    };
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    conversation_id: Uuid,
    number: i64,
    channel_id: Uuid,
    identity_id: Uuid,
    contact_id: Uuid,
    contact_name: String,
    contact_phone: Option<String>,
    kind: String,
    state: String,
    is_first: bool,
    pinned_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    offered_id: Option<Uuid>,
    group_id: Option<Uuid>,
    attribution: Json<Attribution>,
    subject: String,
    last_position: i64,
    last_message_at: DateTime<Utc>,
    preview: String,
    preview_direction: String,
    waiting_since: Option<DateTime<Utc>>,
    auto_close_at: Option<DateTime<Utc>>,
    opened_at: DateTime<Utc>,
    taken_at: Option<DateTime<Utc>>,
    first_answer_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    close_cause: Option<String>,
    closed_by: Option<Uuid>,
    tags: Vec<Uuid>,
}

impl TryFrom<Row> for ConversationView {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let bad = |column, value: &str| Error::bad("conversations", column, value);
        Ok(Self {
            conversation_id: ConversationId(row.conversation_id),
            number: row.number,
            channel_id: ChannelId(row.channel_id),
            identity_id: IdentityId(row.identity_id),
            contact_id: ContactId(row.contact_id),
            contact_name: row.contact_name,
            contact_phone: row.contact_phone,
            kind: ConversationKind::parse(&row.kind).ok_or_else(|| bad("kind", &row.kind))?,
            state: ConversationState::parse(&row.state).ok_or_else(|| bad("state", &row.state))?,
            is_first: row.is_first,
            pinned_id: row.pinned_id.map(EmployeeId),
            assignee_id: row.assignee_id.map(EmployeeId),
            offered_id: row.offered_id.map(EmployeeId),
            group_id: row.group_id.map(GroupId),
            attribution: row.attribution.0,
            subject: row.subject,
            last_position: row.last_position,
            last_message_at: row.last_message_at,
            preview: row.preview,
            preview_direction: Direction::parse(&row.preview_direction)
                .ok_or_else(|| bad("preview_direction", &row.preview_direction))?,
            waiting_since: row.waiting_since,
            auto_close_at: row.auto_close_at,
            opened_at: row.opened_at,
            taken_at: row.taken_at,
            first_answer_at: row.first_answer_at,
            closed_at: row.closed_at,
            close_cause: row
                .close_cause
                .map(|c| Cause::parse(&c).ok_or_else(|| bad("close_cause", &c)))
                .transpose()?,
            closed_by: row.closed_by.map(EmployeeId),
            tags: row.tags.into_iter().map(TagId).collect(),
        })
    }
}

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct ConversationFilter {
    pub state: Option<ConversationState>,
    pub channel: Option<ChannelId>,
    pub assignee: Option<EmployeeId>,
    pub group: Option<GroupId>,
    pub contact: Option<ContactId>,
    pub tag: Option<TagId>,
    pub kind: Option<ConversationKind>,
    /// Only those whose customer waits for an answer.
    pub waiting: Option<Waiting>,
    /// Older than this one: the last row of the former page.
    pub before: Option<(DateTime<Utc>, ConversationId)>,
}

/// A filter that has one value: those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting;

/// How far an employee has read a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    pub id: ConversationId,
    /// 0: nothing of it.
    pub position: i64,
    /// The customer's messages behind it, counted up to [`MOST_UNREAD`]; none when the last words are
    /// ours: somebody answered.
    pub unread: i64,
}

/// Counting stops here: a face shows '99+'.
const MOST_UNREAD: i64 = 100;

/// How many conversations of each state a viewer sees, counted up to a bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub new: i64,
    pub in_work: i64,
    pub mine: i64,
    pub waiting: i64,
    /// Among the latest [`CLOSED_LOOKED_AT`].
    pub closed: i64,
}

/// Counting stops here: a face shows '999+'.
pub const COUNT_BOUND: i64 = 1000;

/// So many closed conversations are looked at: there is no end to them, and whoever sees few of them
/// would have all of them read at each count.
const CLOSED_LOOKED_AT: i64 = 10_000;

/// A conversation that is opened by us ('write to a new client') and not by an inbound message.
#[derive(Debug, Clone)]
pub struct NewConversation {
    pub conversation_id: ConversationId,
    pub channel_id: ChannelId,
    pub identity_id: IdentityId,
    pub contact_id: ContactId,
    pub kind: ConversationKind,
    pub pinned_id: Option<EmployeeId>,
    /// Whose it is at once; `None`: it waits among the new ones.
    pub assignee_id: Option<EmployeeId>,
    pub subject: String,
    pub at: DateTime<Utc>,
}

impl TenantTx {
    pub async fn conversation(&mut self, id: ConversationId) -> Result<Option<ConversationView>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from conversations c join contacts k using (account_id, contact_id)
              where c.account_id = $1 and c.conversation_id = $2"
        ))
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(ConversationView::try_from).transpose()
    }

    /// Reads a conversation and holds its row until commit.
    pub async fn lock_conversation(
        &mut self,
        id: ConversationId,
    ) -> Result<Option<ConversationView>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from conversations c join contacts k using (account_id, contact_id)
              where c.account_id = $1 and c.conversation_id = $2 for no key update of c"
        ))
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(ConversationView::try_from).transpose()
    }

    /// A page of what the viewer may see, the latest first.
    pub async fn conversations(
        &mut self,
        viewer: &Viewer,
        filter: &ConversationFilter,
        limit: i64,
    ) -> Result<Vec<ConversationView>> {
        let account = self.account().0;
        let mut query: QueryBuilder<Postgres> = QueryBuilder::new(concat!(
            "select ",
            columns!(),
            " from conversations c join contacts k using (account_id, contact_id)
              where c.account_id = "
        ));
        query.push_bind(account);
        if let Some(state) = filter.state {
            query.push(" and c.state = ").push_bind(state.as_str());
        }
        if let Some(channel) = filter.channel {
            query.push(" and c.channel_id = ").push_bind(channel.0);
        }
        if let Some(assignee) = filter.assignee {
            query.push(" and c.assignee_id = ").push_bind(assignee.0);
        }
        if let Some(group) = filter.group {
            query.push(" and c.group_id = ").push_bind(group.0);
        }
        if let Some(contact) = filter.contact {
            query.push(" and c.contact_id = ").push_bind(contact.0);
        }
        if let Some(kind) = filter.kind {
            query.push(" and c.kind = ").push_bind(kind.as_str());
        }
        if let Some(tag) = filter.tag {
            query
                .push(
                    " and exists (select 1 from conversation_tags t
                       where t.account_id = c.account_id
                         and t.conversation_id = c.conversation_id and t.tag_id = ",
                )
                .push_bind(tag.0)
                .push(")");
        }
        if filter.waiting.is_some() {
            query.push(" and c.waiting_since is not null");
        }
        if let Some((at, id)) = filter.before {
            query
                .push(" and (c.last_message_at, c.conversation_id) < (")
                .push_bind(at)
                .push(", ")
                .push_bind(id.0)
                .push(")");
        }
        query.push(" and ");
        visible::push_visible(&mut query, viewer, "c");
        query
            .push(" order by c.last_message_at desc, c.conversation_id desc limit ")
            .push_bind(limit);
        let rows: Vec<Row> = query.build_query_as().fetch_all(self.conn()).await?;
        rows.into_iter().map(ConversationView::try_from).collect()
    }

    /// Counts of the states, each up to [`COUNT_BOUND`].
    pub async fn conversation_counts(&mut self, viewer: &Viewer) -> Result<Counts> {
        let account = self.account().0;
        let mut one = async |and: &'static str, mine: bool| -> Result<i64> {
            let mut query: QueryBuilder<Postgres> = QueryBuilder::new(
                "select count(*) from (select 1 from conversations c where c.account_id = ",
            );
            query.push_bind(account).push(and);
            if mine {
                query.push(" and c.assignee_id = ").push_bind(viewer.employee.0);
            }
            query.push(" and ");
            visible::push_visible(&mut query, viewer, "c");
            query.push(" limit ").push_bind(COUNT_BOUND).push(") bounded");
            Ok(query.build_query_scalar().fetch_one(self.conn()).await?)
        };
        Ok(Counts {
            new: one(" and c.state = 'new'", false).await?,
            in_work: one(" and c.state = 'in_work'", false).await?,
            mine: one(" and c.state = 'in_work'", true).await?,
            waiting: one(" and c.state = 'in_work' and c.waiting_since is not null", true).await?,
            closed: self.count_closed(viewer).await?,
        })
    }

    async fn count_closed(&mut self, viewer: &Viewer) -> Result<i64> {
        let mut query: QueryBuilder<Postgres> = QueryBuilder::new(
            "select count(*) from (select 1 from (
                select pinned_id, assignee_id, offered_id, group_id from conversations
                where state = 'closed' and account_id = ",
        );
        query.push_bind(self.account().0);
        query
            .push(" order by last_message_at desc, conversation_id desc limit ")
            .push_bind(CLOSED_LOOKED_AT)
            .push(") c where ");
        visible::push_visible(&mut query, viewer, "c");
        query.push(" limit ").push_bind(COUNT_BOUND).push(") bounded");
        Ok(query.build_query_scalar().fetch_one(self.conn()).await?)
    }

    /// Writes the changeable part of a locked conversation back.
    pub async fn save_conversation(&mut self, c: &ConversationView) -> Result<()> {
        let account = self.account().0;
        let hit = sqlx::query(
            "update conversations set state = $3, assignee_id = $4, offered_id = $5, group_id = $6,
                subject = $7, last_position = $8, last_message_at = $9, preview = $10,
                preview_direction = $11, waiting_since = $12, auto_close_at = $13, taken_at = $14,
                first_answer_at = $15, closed_at = $16, close_cause = $17, closed_by = $18
             where account_id = $1 and conversation_id = $2",
        )
        .bind(account)
        .bind(c.conversation_id.0)
        .bind(c.state.as_str())
        .bind(c.assignee_id.map(|e| e.0))
        .bind(c.offered_id.map(|e| e.0))
        .bind(c.group_id.map(|g| g.0))
        .bind(&c.subject)
        .bind(c.last_position)
        .bind(c.last_message_at)
        .bind(&c.preview)
        .bind(c.preview_direction.as_str())
        .bind(c.waiting_since)
        .bind(c.auto_close_at)
        .bind(c.taken_at)
        .bind(c.first_answer_at)
        .bind(c.closed_at)
        .bind(c.close_cause.map(Cause::as_str))
        .bind(c.closed_by.map(|e| e.0))
        .execute(self.conn())
        .await?
        .rows_affected();
        if hit == 1 { Ok(()) } else { Err(Error::RowsAffected { what: "save_conversation", hit }) }
    }

    /// Keeps where a conversation came from, or what it is about.
    pub async fn set_attribution(
        &mut self,
        id: ConversationId,
        attribution: &Attribution,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update conversations set attribution = $3
             where account_id = $1 and conversation_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(attribution))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Opens a conversation that we begin. The caller holds the identity's lock
    /// ([`TenantTx::lock_identity`]) and has looked that none is open.
    pub async fn open_conversation(&mut self, new: &NewConversation) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "with n as (
                update account_counters set conversation_number = conversation_number + 1
                where account_id = $1 returning conversation_number)
             insert into conversations (account_id, conversation_id, number, channel_id,
                identity_id, contact_id, kind, state, is_first, pinned_id, assignee_id, subject,
                opened_at, last_message_at, taken_at, preview_direction)
             select $1, $2, n.conversation_number, $3, $4, $5, $6,
                case when $8::uuid is null then 'new' else 'in_work' end,
                not exists (select 1 from conversations c
                            where c.account_id = $1 and c.contact_id = $5),
                $7, $8, $9, $10, $10, case when $8::uuid is not null then $10 end, 'outbound'
             from n",
        )
        .bind(account)
        .bind(new.conversation_id.0)
        .bind(new.channel_id.0)
        .bind(new.identity_id.0)
        .bind(new.contact_id.0)
        .bind(new.kind.as_str())
        .bind(new.pinned_id.map(|e| e.0))
        .bind(new.assignee_id.map(|e| e.0))
        .bind(&new.subject)
        .bind(new.at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Where the scenario stands in this conversation.
    pub async fn routing_progress(&mut self, id: ConversationId) -> Result<Option<Value>> {
        let account = self.account().0;
        let row: Option<(Option<Value>,)> = sqlx::query_as(
            "select routing from conversations where account_id = $1 and conversation_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.and_then(|r| r.0))
    }

    pub async fn save_routing(
        &mut self,
        id: ConversationId,
        progress: Option<&Value>,
        route_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update conversations set routing = $3, route_at = $4
             where account_id = $1 and conversation_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(progress)
        .bind(route_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Marks how far an employee has read. Only forward.
    pub async fn mark_read(
        &mut self,
        employee: EmployeeId,
        conversation: ConversationId,
        position: i64,
    ) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query(
            "insert into reads (account_id, employee_id, conversation_id, position)
             values ($1, $2, $3, $4)
             on conflict (account_id, employee_id, conversation_id) do update
                set position = excluded.position where reads.position < excluded.position",
        )
        .bind(account)
        .bind(employee.0)
        .bind(conversation.0)
        .bind(position)
        .execute(self.conn())
        .await?
        .rows_affected()
            > 0)
    }

    /// How far the employee has read each of these.
    pub async fn reads(
        &mut self,
        employee: EmployeeId,
        conversations: &[ConversationId],
    ) -> Result<Vec<Read>> {
        let account = self.account().0;
        let ids: Vec<Uuid> = conversations.iter().map(|c| c.0).collect();
        let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(
            "select c.conversation_id, coalesce(r.position, 0), u.unread
             from conversations c
             left join reads r on r.account_id = c.account_id and r.employee_id = $2
                and r.conversation_id = c.conversation_id
             cross join lateral (
                select count(*) as unread from (
                    select 1 from messages m
                    where m.account_id = c.account_id and m.conversation_id = c.conversation_id
                      and m.position > coalesce(r.position, 0) and m.direction = 'inbound'
                      and c.preview_direction = 'inbound'
                    limit $4) counted) u
             where c.account_id = $1 and c.conversation_id = any($3)",
        )
        .bind(account)
        .bind(employee.0)
        .bind(&ids)
        .bind(MOST_UNREAD)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, position, unread)| Read { id: ConversationId(id), position, unread })
            .collect())
    }

    /// Employees who joined.
    pub async fn participants(&mut self, id: ConversationId) -> Result<Vec<EmployeeId>> {
        let account = self.account().0;
        let rows: Vec<Uuid> = sqlx::query_scalar(
            "select employee_id from participants
             where account_id = $1 and conversation_id = $2 order by joined_at",
        )
        .bind(account)
        .bind(id.0)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(EmployeeId).collect())
    }

    /// Adds a participant; false when they were there.
    pub async fn add_participant(
        &mut self,
        id: ConversationId,
        employee: EmployeeId,
    ) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query(
            "insert into participants (account_id, conversation_id, employee_id)
             values ($1, $2, $3) on conflict do nothing",
        )
        .bind(account)
        .bind(id.0)
        .bind(employee.0)
        .execute(self.conn())
        .await?
        .rows_affected()
            == 1)
    }
}

impl crate::Store {
    /// Conversations whose silence is over, with their accounts, at most `most` (CH-12).
    pub async fn due_auto_close(
        &self,
        now: DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<(domain::ids::AccountId, ConversationId)>> {
        self.due(
            "select account_id, conversation_id from conversations
             where auto_close_at <= $1 order by auto_close_at limit $2",
            now,
            most,
        )
        .await
    }

    /// Conversations whose scenario wants to go on.
    pub async fn due_routing(
        &self,
        now: DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<(domain::ids::AccountId, ConversationId)>> {
        self.due(
            "select account_id, conversation_id from conversations
             where route_at <= $1 order by route_at limit $2",
            now,
            most,
        )
        .await
    }

    async fn due(
        &self,
        sql: &'static str,
        now: DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<(domain::ids::AccountId, ConversationId)>> {
        let rows: Vec<(Uuid, Uuid)> =
            sqlx::query_as(sql).bind(now).bind(most).fetch_all(&self.platform).await?;
        Ok(rows.into_iter().map(|(a, c)| (domain::ids::AccountId(a), ConversationId(c))).collect())
    }
}
