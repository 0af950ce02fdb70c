//! What a merge of people means for their CRMs: links go along with the person, and a decision may be
//! carried out in the lane of who they were.

use chrono::{DateTime, Utc};
use domain::ids::{ContactId, ConversationId, PortalId};
use uuid::Uuid;

use crate::{Result, TenantTx};

impl TenantTx {
    /// Whom a conversation is with now, held so until the transaction ends: a merge of two people waits,
    /// and takes what is linked here along.
    pub async fn hold_crm_person(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Option<ContactId>> {
        let account = self.account().0;
        let id: Option<Uuid> = sqlx::query_scalar(
            "select contact_id from conversations
             where account_id = $1 and conversation_id = $2 for share",
        )
        .bind(account)
        .bind(conversation.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(id.map(ContactId))
    }

    /// Whether somebody was merged into this person since then.
    pub async fn merged_since(&mut self, contact: ContactId, at: DateTime<Utc>) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (
                select 1 from contact_merges
                where account_id = $1 and kept_id = $2 and created_at >= $3)",
        )
        .bind(account)
        .bind(contact.0)
        .bind(at)
        .fetch_one(self.conn())
        .await?)
    }

    /// Since when a decision about a conversation of this person is being carried out in the lane of
    /// somebody else, who they were before a merge or before one was undone; `None`: none is.
    pub async fn crm_run_of_former(
        &mut self,
        portal: PortalId,
        contact: ContactId,
    ) -> Result<Option<DateTime<Utc>>> {
        let account = self.account().0;
        // As a lane is named: with ids as they are outside.
        let lanes = format!("crm:{portal}:{}_", ContactId::PREFIX);
        // By way of the integrations, because unfinished decisions are found by those.
        Ok(sqlx::query_scalar(
            "select min(r.created_at)
             from conversations c
             join integrations i on i.account_id = $1 and i.portal_id = $3
             join crm_runs r
                on r.account_id = $1 and r.integration_id = i.integration_id
                and r.conversation_id = c.conversation_id
                and r.state in ('planned', 'working', 'waiting')
             join lanes l on l.lane = $4 || replace(r.contact_id::text, '-', '')
             where c.account_id = $1 and c.contact_id = $2 and r.portal_id = $3
               and r.contact_id <> $2",
        )
        .bind(account)
        .bind(contact.0)
        .bind(portal.0)
        .bind(lanes)
        .fetch_one(self.conn())
        .await?)
    }

    /// Locks what these people have in the CRMs. Before their own rows and those of their conversations: a
    /// webhook takes them in this order.
    pub(crate) async fn lock_crm_links_of(&mut self, contacts: [ContactId; 2]) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "select 1 from crm_links
             where account_id = $1 and contact_id = any($2) order by link_id for update",
        )
        .bind(account)
        .bind(contacts.map(|contact| contact.0))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What a person has in the CRMs goes over to another, all of it or these links: after a merge, and
    /// after a merge was undone. What the other has already stays where it is. The links that went.
    ///
    /// A conversation that goes back with an undone merge takes what was made for it meanwhile along:
    /// without its deal and its notes they would be made a second time. Both have those then.
    pub(crate) async fn move_crm_links(
        &mut self,
        to: Uuid,
        from: Uuid,
        only: Option<&[Uuid]>,
    ) -> Result<Vec<Uuid>> {
        let account = self.account().0;
        if only.is_some() {
            sqlx::query(
                "insert into crm_links (account_id, link_id, portal_id, entity, external_id,
                    contact_id, conversation_id, data, state, written, created_at, updated_at)
                 select l.account_id, gen_random_uuid(), l.portal_id, l.entity, l.external_id, $2,
                    l.conversation_id, l.data, l.state, l.written, l.created_at, now()
                 from crm_links l
                 join conversations c
                    on c.account_id = $1 and c.conversation_id = l.conversation_id
                 where l.account_id = $1 and l.contact_id = $3 and c.contact_id = $2
                   and not l.link_id = any($4)
                 on conflict on constraint crm_links_once do nothing",
            )
            .bind(account)
            .bind(to)
            .bind(from)
            .bind(only)
            .execute(self.conn())
            .await?;
        }
        Ok(sqlx::query_scalar(
            "update crm_links l set contact_id = $2, updated_at = now()
             where l.account_id = $1 and l.contact_id = $3
               and ($4::uuid[] is null or l.link_id = any($4))
               and not exists (
                select 1 from crm_links o
                where o.account_id = $1 and o.contact_id = $2 and o.portal_id = l.portal_id
                  and o.entity = l.entity and o.external_id = l.external_id)
             returning l.link_id",
        )
        .bind(account)
        .bind(to)
        .bind(from)
        .bind(only)
        .fetch_all(self.conn())
        .await?)
    }
}
