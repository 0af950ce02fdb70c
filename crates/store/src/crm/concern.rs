//! Which integrations a conversation concerns: those that are on, pass its channel and have a portal that
//! is not disconnected.

use chrono::{DateTime, Utc};
use domain::ids::{ContactId, ConversationId, IntegrationId, PortalId};
use uuid::Uuid;

use crate::{Result, TenantTx};

/// A conversation that an integration passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concerned {
    pub integration: IntegrationId,
    pub portal: PortalId,
    pub conversation: ConversationId,
    pub contact: ContactId,
    /// The chat inside the CRM is on (AMO-13).
    pub chats: bool,
    /// The CRM makes its record of what is shown in the chat (AMO-4): that comes first.
    pub chats_first: bool,
}

/// Of what was missed: a conversation that an integration passes on, at its place in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// When somebody spoke last.
    pub at: DateTime<Utc>,
    pub of: Concerned,
}

#[derive(sqlx::FromRow)]
struct MissedRow {
    last_message_at: DateTime<Utc>,
    #[sqlx(flatten)]
    of: Row,
}

#[derive(sqlx::FromRow)]
struct Row {
    integration_id: Uuid,
    portal_id: Uuid,
    conversation_id: Uuid,
    contact_id: Uuid,
    chats: bool,
    chats_first: bool,
}

impl From<Row> for Concerned {
    fn from(row: Row) -> Self {
        Self {
            integration: IntegrationId(row.integration_id),
            portal: PortalId(row.portal_id),
            conversation: ConversationId(row.conversation_id),
            contact: ContactId(row.contact_id),
            chats: row.chats,
            chats_first: row.chats_first,
        }
    }
}

/// The columns of an integration `i` with a conversation `c`.
macro_rules! columns {
    () => {
        "i.integration_id, i.portal_id, c.conversation_id, c.contact_id,
            coalesce(jsonb_typeof(i.settings -> 'chats') = 'object', false) as chats,
            coalesce(i.settings -> 'method' ->> 'method' = 'unsorted', false) as chats_first"
    };
}

/// An integration that passes on `ic` has decided about a conversation before.
macro_rules! is_known {
    ($conversation:literal) => {
        concat!(
            "(exists (
                select 1 from crm_enquiries e
                where e.account_id = $1 and e.integration_id = ic.integration_id
                  and e.conversation_id = ",
            $conversation,
            " and e.contact_stamp <> '')
              or exists (
                select 1 from crm_runs r
                where r.account_id = $1 and r.integration_id = ic.integration_id
                  and r.conversation_id = ",
            $conversation,
            "))"
        )
    };
}

impl TenantTx {
    /// Integrations of these conversations; and of each of these contacts, for each integration the
    /// newest conversation that it knows: one by a channel that it does not pass on may be newer.
    ///
    /// What was closed before an integration passed its channel on is none of its concern, whatever
    /// becomes of it: a tag on a conversation of last year makes no deal.
    pub async fn crm_concerned(
        &mut self,
        conversations: &[ConversationId],
        contacts: &[ContactId],
    ) -> Result<Vec<Concerned>> {
        if conversations.is_empty() && contacts.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account().0;
        let conversations: Vec<Uuid> = conversations.iter().map(|c| c.0).collect();
        let contacts: Vec<Uuid> = contacts.iter().map(|c| c.0).collect();
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "with named as (
                select c.conversation_id, c.contact_id, ic.integration_id
                from conversations c
                join integration_channels ic
                    on ic.account_id = $1 and ic.channel_id = c.channel_id
                where c.account_id = $1 and c.conversation_id = any($2)
                  and (c.closed_at is null or c.closed_at >= ic.since or ",
            is_known!("c.conversation_id"),
            ")
                union
                select n.conversation_id, k.contact_id, n.integration_id
                from unnest($3::uuid[]) k(contact_id)
                cross join lateral (
                    select distinct on (ic.integration_id) ic.integration_id, x.conversation_id
                    from conversations x
                    join integration_channels ic
                        on ic.account_id = $1 and ic.channel_id = x.channel_id
                    where x.account_id = $1 and x.contact_id = k.contact_id and ",
            is_known!("x.conversation_id"),
            "
                    order by ic.integration_id, x.opened_at desc) n
             )
             select ",
            columns!(),
            " from named c
             join integrations i
                on i.account_id = $1 and i.integration_id = c.integration_id and i.enabled
             join portals p
                on p.account_id = $1 and p.portal_id = i.portal_id and p.state <> 'disconnected'
             order by c.conversation_id, i.integration_id",
        ))
        .bind(account)
        .bind(&conversations)
        .bind(&contacts)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(Concerned::from).collect())
    }

    /// What integrations of a portal would have passed on since then, the oldest first: conversations in
    /// which somebody spoke or that were closed. `after`: the last one of the page before.
    pub async fn crm_missed(
        &mut self,
        portal: PortalId,
        since: DateTime<Utc>,
        after: Option<Missed>,
        most: i64,
    ) -> Result<Vec<Missed>> {
        let account = self.account().0;
        let rows: Vec<MissedRow> = sqlx::query_as(concat!(
            "select c.last_message_at, ",
            columns!(),
            " from integrations i
             join integration_channels ic
                on ic.account_id = $1 and ic.integration_id = i.integration_id
             join conversations c on c.account_id = $1 and c.channel_id = ic.channel_id
             where i.account_id = $1 and i.portal_id = $2 and i.enabled and i.parted_at is null
               and (c.last_message_at >= $3 or c.closed_at >= $3)
               and ($4::timestamptz is null
                    or (c.last_message_at, c.conversation_id, i.integration_id) > ($4, $5, $6))
             order by c.last_message_at, c.conversation_id, i.integration_id limit $7",
        ))
        .bind(account)
        .bind(portal.0)
        .bind(since)
        .bind(after.map(|last| last.at))
        .bind(after.map(|last| last.of.conversation.0))
        .bind(after.map(|last| last.of.integration.0))
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        let missed = |row: MissedRow| Missed { at: row.last_message_at, of: row.of.into() };
        Ok(rows.into_iter().map(missed).collect())
    }
}
