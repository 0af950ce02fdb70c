//! Identities: a contact as one channel knows it.

use domain::ids::{ChannelId, ContactId, ConversationId, IdentityId};
use uuid::Uuid;

use crate::{Result, TenantTx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    pub identity_id: IdentityId,
    pub channel_id: ChannelId,
    pub external_id: String,
    pub contact_id: ContactId,
    pub reachable: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    identity_id: Uuid,
    channel_id: Uuid,
    external_id: String,
    contact_id: Uuid,
    reachable: bool,
}

impl From<Row> for IdentityRow {
    fn from(row: Row) -> Self {
        Self {
            identity_id: IdentityId(row.identity_id),
            channel_id: ChannelId(row.channel_id),
            external_id: row.external_id,
            contact_id: ContactId(row.contact_id),
            reachable: row.reachable,
        }
    }
}

impl TenantTx {
    pub async fn identity(&mut self, id: IdentityId) -> Result<Option<IdentityRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(
            "select identity_id, channel_id, external_id, contact_id, reachable
             from identities where account_id = $1 and identity_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(IdentityRow::from))
    }

    /// Finds a person of a channel and holds the row: the door to opening a conversation.
    pub async fn lock_identity(
        &mut self,
        channel: ChannelId,
        external_id: &str,
    ) -> Result<Option<IdentityRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(
            "select identity_id, channel_id, external_id, contact_id, reachable
             from identities where account_id = $1 and channel_id = $2 and external_id = $3
             for no key update",
        )
        .bind(account)
        .bind(channel.0)
        .bind(external_id)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(IdentityRow::from))
    }

    /// Makes an identity for a person whom we write first; a person already known stands.
    pub async fn insert_identity(
        &mut self,
        id: IdentityId,
        channel: ChannelId,
        external_id: &str,
        contact: ContactId,
        name: &str,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into identities
                (account_id, identity_id, channel_id, external_id, contact_id, name)
             values ($1, $2, $3, $4, $5, $6) on conflict (channel_id, external_id) do nothing",
        )
        .bind(account)
        .bind(id.0)
        .bind(channel.0)
        .bind(external_id)
        .bind(contact.0)
        .bind(name)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn set_reachable(&mut self, id: IdentityId, reachable: bool) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update identities set reachable = $3 where account_id = $1 and identity_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(reachable)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The identity's open conversation, if there is one.
    pub async fn open_conversation_of(&mut self, id: IdentityId) -> Result<Option<ConversationId>> {
        let account = self.account().0;
        let found: Option<Uuid> = sqlx::query_scalar(
            "select conversation_id from conversations
             where account_id = $1 and identity_id = $2 and state <> 'closed'",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(ConversationId))
    }

    /// Conversations of an identity, the latest first (a site visitor's history).
    pub async fn conversations_of(
        &mut self,
        id: IdentityId,
        most: i64,
    ) -> Result<Vec<ConversationId>> {
        let account = self.account().0;
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select conversation_id from conversations
             where account_id = $1 and identity_id = $2 order by opened_at desc limit $3",
        )
        .bind(account)
        .bind(id.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(found.into_iter().map(ConversationId).collect())
    }
}

impl TenantTx {
    /// The contact who has this phone or address.
    pub async fn contact_by_address(
        &mut self,
        phone: &Option<String>,
        email: &Option<String>,
    ) -> Result<Option<ContactId>> {
        let account = self.account().0;
        let found: Option<Uuid> = sqlx::query_scalar(
            "(select contact_id from contact_phones where account_id = $1 and phone = $2)
             union all
             (select contact_id from contact_emails where account_id = $1 and email = $3)
             limit 1",
        )
        .bind(account)
        .bind(phone)
        .bind(email)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(ContactId))
    }

    pub async fn insert_plain_contact(&mut self, id: ContactId, name: &str) -> Result<()> {
        let account = self.account().0;
        sqlx::query("insert into contacts (account_id, contact_id, name) values ($1, $2, $3)")
            .bind(account)
            .bind(id.0)
            .bind(name)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}
