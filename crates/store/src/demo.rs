//! Sample data: written in bulk at the first start, and taken away as a whole. `demo_rows` says what
//! belongs to it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{
    ids::{ChannelId, EmployeeId},
    people::{Presence, Role},
};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, StoredBody, TenantTx};

/// Rows of everything that a sample company has. Names are those of the tables' columns: each list
/// goes to its table as one JSON text.
#[derive(Debug, Default)]
pub struct DemoRows {
    pub employees: Vec<DemoEmployee>,
    pub members: Vec<DemoMember>,
    pub contacts: Vec<DemoContact>,
    pub phones: Vec<DemoPhone>,
    pub emails: Vec<DemoEmail>,
    pub contact_tags: Vec<DemoContactTag>,
    pub identities: Vec<DemoIdentity>,
    /// In the order of their numbers.
    pub conversations: Vec<DemoConversation>,
    pub conversation_tags: Vec<DemoConversationTag>,
    pub messages: Vec<DemoMessage>,
    pub attachments: Vec<DemoAttachment>,
    pub reads: Vec<DemoRead>,
    /// Kind and key of everything above that is marked, and of what was written otherwise.
    pub marks: Vec<DemoMark>,
}

#[derive(Debug, Serialize)]
pub struct DemoEmployee {
    pub employee_id: Uuid,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub capacity: Option<i32>,
    pub presence: Presence,
    pub presence_at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
pub struct DemoMember {
    pub group_id: Uuid,
    pub employee_id: Uuid,
}

#[derive(Debug, Serialize)]
pub struct DemoContact {
    pub contact_id: Uuid,
    pub name: String,
    pub fields: Map<String, Value>,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
pub struct DemoPhone {
    pub contact_id: Uuid,
    pub phone: String,
}

#[derive(Debug, Serialize)]
pub struct DemoEmail {
    pub contact_id: Uuid,
    pub email: String,
}

#[derive(Debug, Serialize)]
pub struct DemoContactTag {
    pub contact_id: Uuid,
    pub tag_id: Uuid,
}

#[derive(Debug, Serialize)]
pub struct DemoIdentity {
    pub identity_id: Uuid,
    pub channel_id: Uuid,
    pub external_id: String,
    pub contact_id: Uuid,
    pub name: String,
    pub username: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
pub struct DemoConversation {
    pub conversation_id: Uuid,
    pub channel_id: Uuid,
    pub identity_id: Uuid,
    pub contact_id: Uuid,
    pub kind: &'static str,
    pub state: &'static str,
    pub is_first: bool,
    pub assignee_id: Option<Uuid>,
    pub group_id: Option<Uuid>,
    pub attribution: Value,
    pub subject: String,
    pub last_position: i64,
    pub last_message_at: DateTime<Utc>,
    pub preview: String,
    pub preview_direction: &'static str,
    pub waiting_since: Option<DateTime<Utc>>,
    pub opened_at: DateTime<Utc>,
    pub taken_at: Option<DateTime<Utc>>,
    pub first_answer_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub close_cause: Option<&'static str>,
    pub closed_by: Option<Uuid>,
}

#[derive(Debug, Serialize)]
pub struct DemoConversationTag {
    pub conversation_id: Uuid,
    pub tag_id: Uuid,
}

#[derive(Debug, Serialize)]
pub struct DemoMessage {
    pub conversation_id: Uuid,
    pub position: i64,
    pub message_id: Uuid,
    pub channel_id: Uuid,
    pub direction: &'static str,
    pub author_id: Option<Uuid>,
    pub content: StoredBody,
    pub words: String,
    pub external_id: Option<String>,
    pub status: Option<&'static str>,
    pub failure: Option<String>,
    pub at: DateTime<Utc>,
    pub raw: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct DemoAttachment {
    pub attachment_id: Uuid,
    pub message_id: Uuid,
    pub channel_id: Uuid,
    pub kind: &'static str,
    pub name: String,
    pub mime: String,
    pub size: i64,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub duration: Option<i32>,
    pub storage_key: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
pub struct DemoRead {
    pub employee_id: Uuid,
    pub conversation_id: Uuid,
    pub position: i64,
}

#[derive(Debug, Serialize)]
pub struct DemoMark {
    pub kind: &'static str,
    pub row_key: String,
}

macro_rules! bulk {
    ($self:ident, $rows:expr, $statement:literal) => {
        if !$rows.is_empty() {
            let account = $self.account().0;
            sqlx::query($statement).bind(account).bind(Json(&$rows)).execute($self.conn()).await?;
        }
    };
}

impl TenantTx {
    /// Whether the company has sample data.
    pub async fn has_demo_rows(&mut self) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar("select exists (select 1 from demo_rows where account_id = $1)")
            .bind(account)
            .fetch_one(self.conn())
            .await?)
    }

    /// Employees, and who is in which group. Before everything that names them.
    pub async fn insert_demo_people(&mut self, rows: &DemoRows) -> Result<()> {
        bulk!(
            self,
            rows.employees,
            "insert into employees (account_id, employee_id, email, name, role, capacity, presence,
                presence_at)
             select $1, employee_id, email, name, role, capacity, presence, presence_at
             from jsonb_to_recordset($2) r(employee_id uuid, email text, name text, role text,
                capacity int, presence text, presence_at timestamptz)"
        );
        bulk!(
            self,
            rows.members,
            "insert into group_members (account_id, group_id, employee_id)
             select $1, group_id, employee_id
             from jsonb_to_recordset($2) r(group_id uuid, employee_id uuid)"
        );
        Ok(())
    }

    /// Contacts with their conversations, and the marks of all. Numbers are given as of the
    /// account's counter.
    pub async fn insert_demo_talks(&mut self, rows: &DemoRows) -> Result<()> {
        bulk!(
            self,
            rows.contacts,
            "insert into contacts (account_id, contact_id, name, fields, created_at, updated_at)
             select $1, contact_id, name, fields, created_at, created_at
             from jsonb_to_recordset($2)
                r(contact_id uuid, name text, fields jsonb, created_at timestamptz)"
        );
        bulk!(
            self,
            rows.phones,
            "insert into contact_phones (account_id, phone, contact_id)
             select $1, phone, contact_id from jsonb_to_recordset($2) r(phone text, contact_id uuid)
             on conflict do nothing"
        );
        bulk!(
            self,
            rows.emails,
            "insert into contact_emails (account_id, email, contact_id)
             select $1, email, contact_id from jsonb_to_recordset($2) r(email text, contact_id uuid)
             on conflict do nothing"
        );
        bulk!(
            self,
            rows.contact_tags,
            "insert into contact_tags (account_id, contact_id, tag_id)
             select $1, contact_id, tag_id
             from jsonb_to_recordset($2) r(contact_id uuid, tag_id uuid) on conflict do nothing"
        );
        bulk!(
            self,
            rows.identities,
            "insert into identities (account_id, identity_id, channel_id, external_id, contact_id,
                name, username, created_at)
             select $1, identity_id, channel_id, external_id, contact_id, name, username, created_at
             from jsonb_to_recordset($2) r(identity_id uuid, channel_id uuid, external_id text,
                contact_id uuid, name text, username text, created_at timestamptz)"
        );
        self.insert_demo_conversations(rows).await?;
        bulk!(
            self,
            rows.marks,
            "insert into demo_rows (account_id, kind, row_key)
             select $1, kind, row_key from jsonb_to_recordset($2) r(kind text, row_key text)"
        );
        Ok(())
    }

    async fn insert_demo_conversations(&mut self, rows: &DemoRows) -> Result<()> {
        let account = self.account().0;
        let count = i64::try_from(rows.conversations.len()).unwrap_or_default();
        let last: i64 = sqlx::query_scalar(
            "update account_counters set conversation_number = conversation_number + $2
             where account_id = $1 returning conversation_number",
        )
        .bind(account)
        .bind(count)
        .fetch_one(self.conn())
        .await?;
        sqlx::query(
            "insert into conversations (account_id, conversation_id, number, channel_id,
                identity_id, contact_id, kind, state, is_first, assignee_id, group_id, attribution,
                subject, last_position, last_message_at, preview, preview_direction, waiting_since,
                opened_at, taken_at, first_answer_at, closed_at, close_cause, closed_by)
             select $1, (v ->> 'conversation_id')::uuid, $3 + n, r.channel_id, r.identity_id,
                r.contact_id, r.kind, r.state, r.is_first, r.assignee_id, r.group_id,
                r.attribution, r.subject, r.last_position, r.last_message_at, r.preview,
                r.preview_direction, r.waiting_since, r.opened_at, r.taken_at, r.first_answer_at,
                r.closed_at, r.close_cause, r.closed_by
             from jsonb_array_elements($2) with ordinality a(v, n),
                jsonb_to_record(v) r(channel_id uuid, identity_id uuid, contact_id uuid, kind text,
                    state text, is_first boolean, assignee_id uuid, group_id uuid,
                    attribution jsonb, subject text, last_position bigint,
                    last_message_at timestamptz, preview text, preview_direction text,
                    waiting_since timestamptz, opened_at timestamptz, taken_at timestamptz,
                    first_answer_at timestamptz, closed_at timestamptz, close_cause text,
                    closed_by uuid)",
        )
        .bind(account)
        .bind(Json(&rows.conversations))
        .bind(last - count)
        .execute(self.conn())
        .await?;
        bulk!(
            self,
            rows.conversation_tags,
            "insert into conversation_tags (account_id, conversation_id, tag_id)
             select $1, conversation_id, tag_id
             from jsonb_to_recordset($2) r(conversation_id uuid, tag_id uuid)
             on conflict do nothing"
        );
        bulk!(
            self,
            rows.messages,
            "insert into messages (account_id, conversation_id, position, message_id, channel_id,
                direction, author_id, content, words, external_id, status, failure, occurred_at,
                created_at, raw)
             select $1, conversation_id, position, message_id, channel_id, direction, author_id,
                content, words, external_id, status, failure, at, at, raw
             from jsonb_to_recordset($2) r(conversation_id uuid, position bigint, message_id uuid,
                channel_id uuid, direction text, author_id uuid, content jsonb, words text,
                external_id text, status text, failure text, at timestamptz, raw text)"
        );
        bulk!(
            self,
            rows.attachments,
            "insert into attachments (account_id, attachment_id, message_id, channel_id, kind, name,
                mime, size, width, height, duration, state, storage_key, created_at)
             select $1, attachment_id, message_id, channel_id, kind, name, mime, size, width,
                height, duration, 'stored', storage_key, created_at
             from jsonb_to_recordset($2) r(attachment_id uuid, message_id uuid, channel_id uuid,
                kind text, name text, mime text, size bigint, width int, height int, duration int,
                storage_key text, created_at timestamptz)"
        );
        bulk!(
            self,
            rows.reads,
            "insert into reads (account_id, employee_id, conversation_id, position)
             select $1, employee_id, conversation_id, position
             from jsonb_to_recordset($2)
                r(employee_id uuid, conversation_id uuid, position bigint)"
        );
        Ok(())
    }

    /// Takes the sample data away: what is marked, what came into its channels since, and nothing
    /// that people made. Work of people's own that a sample employee holds goes to `heir`. Returns
    /// the names of the objects that nobody needs any more.
    pub async fn remove_demo_rows(&mut self, heir: EmployeeId) -> Result<Vec<String>> {
        let channels = self.demo_ids("channel").await?;
        let conversations = self.demo_conversations(&channels).await?;
        let objects = self.drop_demo_conversations(&conversations).await?;
        self.drop_demo_contacts(&channels).await?;
        let account = self.account().0;
        sqlx::query("delete from channels where account_id = $1 and channel_id = any($2)")
            .bind(account)
            .bind(&channels)
            .execute(self.conn())
            .await?;
        self.drop_demo_people(heir).await?;
        self.drop_demo_lists().await?;
        sqlx::query("delete from demo_rows where account_id = $1")
            .bind(account)
            .execute(self.conn())
            .await?;
        Ok(objects)
    }

    async fn demo_ids(&mut self, kind: &'static str) -> Result<Vec<Uuid>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select row_key::uuid from demo_rows where account_id = $1 and kind = $2",
        )
        .bind(account)
        .bind(kind)
        .fetch_all(self.conn())
        .await?)
    }

    async fn demo_conversations(&mut self, channels: &[Uuid]) -> Result<Vec<Uuid>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select row_key::uuid from demo_rows where account_id = $1 and kind = 'conversation'
             union
             select conversation_id from conversations
             where account_id = $1 and channel_id = any($2)",
        )
        .bind(account)
        .bind(channels)
        .fetch_all(self.conn())
        .await?)
    }

    async fn drop_demo_conversations(&mut self, conversations: &[Uuid]) -> Result<Vec<String>> {
        let account = self.account().0;
        let objects: Vec<Option<String>> = sqlx::query_scalar(
            "delete from attachments a
             where a.account_id = $1 and a.message_id in
                (select m.message_id from messages m
                 where m.account_id = $1 and m.conversation_id = any($2))
             returning a.storage_key",
        )
        .bind(account)
        .bind(conversations)
        .fetch_all(self.conn())
        .await?;
        sqlx::query(
            "delete from conversations where account_id = $1 and conversation_id = any($2)",
        )
        .bind(account)
        .bind(conversations)
        .execute(self.conn())
        .await?;
        // Messages may share one.
        let objects: BTreeSet<String> = objects.into_iter().flatten().collect();
        Ok(objects.into_iter().collect())
    }

    /// A sample contact that got conversations of people's own (by a merge, say) stays.
    async fn drop_demo_contacts(&mut self, channels: &[Uuid]) -> Result<()> {
        let account = self.account().0;
        let orphans: Vec<Uuid> = sqlx::query_scalar(
            "delete from identities i
             where i.account_id = $1
               and (i.channel_id = any($2) or i.identity_id in
                    (select row_key::uuid from demo_rows
                     where account_id = $1 and kind = 'identity'))
               and not exists (select 1 from conversations c
                               where c.account_id = $1 and c.identity_id = i.identity_id)
             returning i.contact_id",
        )
        .bind(account)
        .bind(channels)
        .fetch_all(self.conn())
        .await?;
        sqlx::query(
            "delete from contacts k
             where k.account_id = $1
               and (k.contact_id = any($2) or k.contact_id in
                    (select row_key::uuid from demo_rows
                     where account_id = $1 and kind = 'contact'))
               and not exists (select 1 from identities i
                               where i.account_id = $1 and i.contact_id = k.contact_id)
               and not exists (select 1 from conversations c
                               where c.account_id = $1 and c.contact_id = k.contact_id)",
        )
        .bind(account)
        .bind(&orphans)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    async fn drop_demo_people(&mut self, heir: EmployeeId) -> Result<()> {
        let employees = self.demo_ids("employee").await?;
        let account = self.account().0;
        for statement in [
            "update conversations set assignee_id = $3
             where account_id = $1 and assignee_id = any($2)",
            "update conversations set offered_id = null
             where account_id = $1 and offered_id = any($2) and $3::uuid is not null",
            "update channels set pinned_employee_id = null
             where account_id = $1 and pinned_employee_id = any($2) and $3::uuid is not null",
            "delete from employees
             where account_id = $1 and employee_id = any($2) and $3::uuid is not null",
        ] {
            sqlx::query(statement)
                .bind(account)
                .bind(&employees)
                .bind(heir.0)
                .execute(self.conn())
                .await?;
        }
        Ok(())
    }

    /// What people's own rows use by now stays with them: a tag, a group, a scenario.
    async fn drop_demo_lists(&mut self) -> Result<()> {
        let account = self.account().0;
        for statement in [
            "delete from canned_replies where account_id = $1 and canned_reply_id in
                (select row_key::uuid from demo_rows
                 where account_id = $1 and kind = 'canned_reply')",
            "delete from contact_fields where account_id = $1 and key in
                (select row_key from demo_rows
                 where account_id = $1 and kind = 'contact_field')",
            "delete from tags t where t.account_id = $1 and t.tag_id in
                (select row_key::uuid from demo_rows where account_id = $1 and kind = 'tag')
                and not exists (select 1 from conversation_tags u
                                where u.account_id = $1 and u.tag_id = t.tag_id)
                and not exists (select 1 from contact_tags u
                                where u.account_id = $1 and u.tag_id = t.tag_id)",
            "delete from scenarios s where s.account_id = $1 and s.scenario_id in
                (select row_key::uuid from demo_rows where account_id = $1 and kind = 'scenario')
                and not exists (select 1 from channels c
                                where c.account_id = $1 and c.scenario_id = s.scenario_id)",
            "delete from schedules h where h.account_id = $1 and h.schedule_id in
                (select row_key::uuid from demo_rows where account_id = $1 and kind = 'schedule')
                and not exists (select 1 from scenarios s where s.account_id = $1
                    and s.tree::text like '%shd_' || replace(h.schedule_id::text, '-', '') || '%')",
            "delete from groups g where g.account_id = $1 and g.group_id in
                (select row_key::uuid from demo_rows where account_id = $1 and kind = 'group')
                and not exists (select 1 from group_members m
                                where m.account_id = $1 and m.group_id = g.group_id)
                and not exists (select 1 from conversations c
                                where c.account_id = $1 and c.group_id = g.group_id)
                and not exists (select 1 from canned_replies r
                                where r.account_id = $1 and r.group_id = g.group_id)",
        ] {
            sqlx::query(statement).bind(account).execute(self.conn()).await?;
        }
        Ok(())
    }

    /// A sample channel is connected, or off, from the start: there is nothing to connect to.
    pub async fn settle_demo_channel(
        &mut self,
        id: ChannelId,
        title: &str,
        state: domain::channel::ChannelState,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update channels set external_id = $3, title = $4, receive = 'listener', state = $5
             where account_id = $1 and channel_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(id.to_string())
        .bind(title)
        .bind(state.as_str())
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
