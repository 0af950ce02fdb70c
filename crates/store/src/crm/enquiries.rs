//! What of a conversation was passed on by an integration.

use std::collections::BTreeMap;

use domain::{
    crm::{CrmId, Entity},
    ids::{ContactId, ConversationId, EmployeeId, IntegrationId, PortalId},
};
use serde_json::Value;
use sqlx::{Encode, Postgres, Type, types::Json};
use uuid::Uuid;

use crate::{Result, TenantTx};

#[derive(Debug, Clone, PartialEq)]
pub struct EnquiryRow {
    pub integration_id: IntegrationId,
    pub conversation_id: ConversationId,
    /// Of its messages, the last that was passed on; 0: none was.
    pub passed_position: i64,
    pub passed_closed: bool,
    /// Whom we made responsible (CRM-3).
    pub answered_by: Option<EmployeeId>,
    /// What of the contact was passed on; empty: nothing yet.
    pub contact_stamp: String,
    /// What in the CRM this conversation belongs to.
    pub uses: BTreeMap<Entity, CrmId>,
    /// The deal that an operator chose (BY-5) and that no run has taken up yet.
    pub chosen_deal: Option<CrmId>,
    /// Of its messages, the last that was shown in the CRM's chat (AMO-13).
    pub chat_position: i64,
    pub chat: Option<Value>,
}

#[derive(sqlx::FromRow)]
struct Row {
    integration_id: Uuid,
    conversation_id: Uuid,
    passed_position: i64,
    passed_closed: bool,
    answered_by: Option<Uuid>,
    contact_stamp: String,
    uses: Json<BTreeMap<Entity, CrmId>>,
    chosen_deal: Option<String>,
    chat_position: i64,
    chat: Option<Value>,
}

impl From<Row> for EnquiryRow {
    fn from(row: Row) -> Self {
        Self {
            integration_id: IntegrationId(row.integration_id),
            conversation_id: ConversationId(row.conversation_id),
            passed_position: row.passed_position,
            passed_closed: row.passed_closed,
            answered_by: row.answered_by.map(EmployeeId),
            contact_stamp: row.contact_stamp,
            uses: row.uses.0,
            chosen_deal: row.chosen_deal.map(CrmId),
            chat_position: row.chat_position,
            chat: row.chat,
        }
    }
}

macro_rules! columns {
    () => {
        "integration_id, conversation_id, passed_position, passed_closed, answered_by,
         contact_stamp, uses, chosen_deal, chat_position, chat"
    };
}

/// The text that writes one column of an enquiry's row and makes the row if there is none; `$new`: what
/// the column holds then, of what was `excluded`.
macro_rules! put {
    ($column:literal, $new:literal) => {
        concat!(
            "insert into crm_enquiries (account_id, integration_id, conversation_id, ",
            $column,
            ")
             values ($1, $2, $3, $4)
             on conflict (account_id, integration_id, conversation_id) do update set ",
            $column,
            " = ",
            $new,
            ", updated_at = now()"
        )
    };
}

impl TenantTx {
    pub async fn crm_enquiry(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<Option<EnquiryRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from crm_enquiries
             where account_id = $1 and integration_id = $2 and conversation_id = $3"
        ))
        .bind(account)
        .bind(integration.0)
        .bind(conversation.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(EnquiryRow::from))
    }

    /// Locks the row; makes it, with nothing passed on, if there is none.
    pub async fn lock_crm_enquiry(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<EnquiryRow> {
        let account = self.account().0;
        let row: Row = sqlx::query_as(concat!(
            "insert into crm_enquiries (account_id, integration_id, conversation_id)
             values ($1, $2, $3)
             on conflict (account_id, integration_id, conversation_id)
             do update set updated_at = now()
             returning ",
            columns!()
        ))
        .bind(account)
        .bind(integration.0)
        .bind(conversation.0)
        .fetch_one(self.conn())
        .await?;
        Ok(row.into())
    }

    /// What the sync of this conversation did: all but the chat and an operator's choice that came
    /// meanwhile.
    pub async fn save_crm_enquiry(&mut self, row: &EnquiryRow) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_enquiries (account_id, integration_id, conversation_id,
                passed_position, passed_closed, answered_by, contact_stamp, uses)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (account_id, integration_id, conversation_id) do update set
                passed_position = excluded.passed_position, passed_closed = excluded.passed_closed,
                answered_by = excluded.answered_by, contact_stamp = excluded.contact_stamp,
                uses = excluded.uses, updated_at = now()",
        )
        .bind(account)
        .bind(row.integration_id.0)
        .bind(row.conversation_id.0)
        .bind(row.passed_position)
        .bind(row.passed_closed)
        .bind(row.answered_by.map(|e| e.0))
        .bind(&row.contact_stamp)
        .bind(Json(&row.uses))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// BY-5: an operator chose the deal; the next run takes it up.
    pub async fn choose_crm_deal(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        deal: &CrmId,
    ) -> Result<()> {
        let text = put!("chosen_deal", "excluded.chosen_deal");
        self.write_enquiry(text, integration, conversation, deal.as_str()).await
    }

    /// A run took the choice up; another one made meanwhile stays.
    pub async fn took_chosen_crm_deal(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        deal: &CrmId,
    ) -> Result<()> {
        let text = "update crm_enquiries set chosen_deal = null, updated_at = now()
             where account_id = $1 and integration_id = $2 and conversation_id = $3
               and chosen_deal = $4";
        self.write_enquiry(text, integration, conversation, deal.as_str()).await
    }

    /// How far the chat inside the CRM was brought (AMO-13).
    pub async fn save_crm_chat(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        position: i64,
    ) -> Result<()> {
        let text = put!("chat_position", "excluded.chat_position");
        self.write_enquiry(text, integration, conversation, position).await
    }

    /// What became known of the chat inside the CRM, beside what is known already.
    pub async fn note_crm_chat(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        known: &Value,
    ) -> Result<()> {
        let text = put!("chat", "coalesce(crm_enquiries.chat, '{}') || excluded.chat");
        self.write_enquiry(text, integration, conversation, known).await
    }

    async fn write_enquiry<'q>(
        &mut self,
        text: &'static str,
        integration: IntegrationId,
        conversation: ConversationId,
        value: impl Encode<'q, Postgres> + Type<Postgres> + 'q,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(text)
            .bind(account)
            .bind(integration.0)
            .bind(conversation.0)
            .bind(value)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Of one conversation, by integration.
    pub async fn crm_enquiries_of(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Vec<EnquiryRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from crm_enquiries where account_id = $1 and conversation_id = $2
             order by integration_id"
        ))
        .bind(account)
        .bind(conversation.0)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(EnquiryRow::from).collect())
    }

    /// A person's newest conversation that belongs to this entity of a portal: it is told when that
    /// changes, older ones are history.
    pub async fn conversation_using(
        &mut self,
        portal: PortalId,
        contact: ContactId,
        entity: Entity,
        id: &CrmId,
    ) -> Result<Option<ConversationId>> {
        let account = self.account().0;
        let found: Option<Uuid> = sqlx::query_scalar(
            "select c.conversation_id
             from conversations c
             join crm_enquiries e
                on e.account_id = c.account_id and e.conversation_id = c.conversation_id
             join integrations i
                on i.account_id = e.account_id and i.integration_id = e.integration_id
             where c.account_id = $1 and c.contact_id = $2 and i.portal_id = $3
               and e.uses ->> $4 = $5
             order by c.conversation_id desc limit 1",
        )
        .bind(account)
        .bind(contact.0)
        .bind(portal.0)
        .bind(entity.as_str())
        .bind(id.as_str())
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(ConversationId))
    }

    /// A person's conversations that belonged to one entity of a portal belong to another from now on.
    pub async fn repoint_crm_uses(
        &mut self,
        portal: PortalId,
        contact: ContactId,
        entity: Entity,
        from: &CrmId,
        to: &CrmId,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_enquiries e
             set uses = jsonb_set(e.uses, array[$4::text], to_jsonb($6::text)), updated_at = now()
             from conversations c, integrations i
             where e.account_id = $1 and c.account_id = $1 and i.account_id = $1
               and c.conversation_id = e.conversation_id and c.contact_id = $2
               and i.integration_id = e.integration_id and i.portal_id = $3
               and e.uses ->> $4 = $5",
        )
        .bind(account)
        .bind(contact.0)
        .bind(portal.0)
        .bind(entity.as_str())
        .bind(from.as_str())
        .bind(to.as_str())
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
