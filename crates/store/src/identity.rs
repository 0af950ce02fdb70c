//! Identities: a contact as one channel knows it.

use domain::{
    attribution::Attribution,
    ids::{ChannelId, ContactId, ConversationId, IdentityId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, TenantTx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    pub identity_id: IdentityId,
    pub channel_id: ChannelId,
    pub external_id: String,
    /// The person behind several chats of one channel.
    pub person_key: Option<String>,
    pub contact_id: ContactId,
    pub name: String,
    pub reachable: bool,
}

/// What a service tells of a person; what is empty is not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub name: String,
    pub username: String,
    pub key: Option<String>,
    pub language: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    identity_id: Uuid,
    channel_id: Uuid,
    external_id: String,
    person_key: Option<String>,
    contact_id: Uuid,
    name: String,
    reachable: bool,
}

impl From<Row> for IdentityRow {
    fn from(row: Row) -> Self {
        Self {
            identity_id: IdentityId(row.identity_id),
            channel_id: ChannelId(row.channel_id),
            external_id: row.external_id,
            person_key: row.person_key,
            contact_id: ContactId(row.contact_id),
            name: row.name,
            reachable: row.reachable,
        }
    }
}

impl TenantTx {
    pub async fn identity(&mut self, id: IdentityId) -> Result<Option<IdentityRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(
            "select identity_id, channel_id, external_id, person_key, contact_id, name, reachable
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
            "select identity_id, channel_id, external_id, person_key, contact_id, name, reachable
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

    /// Takes away a contact who turned out to be somebody else's double before anything hung on it.
    pub async fn remove_plain_contact(&mut self, id: ContactId) -> Result<()> {
        let account = self.account().0;
        sqlx::query("delete from contacts where account_id = $1 and contact_id = $2")
            .bind(account)
            .bind(id.0)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Keeps where a person came from until their next conversation.
    pub async fn keep_came_from(
        &mut self,
        id: IdentityId,
        attribution: &Attribution,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update identities set came_from = $3 where account_id = $1 and identity_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(attribution))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Takes over what the service told of a person. The contact's name follows as long as it is
    /// empty or came from this identity; it is answered when it changed.
    pub async fn person_told(&mut self, identity: &IdentityRow, told: &Told) -> Result<bool> {
        if *told == Told::default() {
            return Ok(false);
        }
        let account = self.account().0;
        sqlx::query(
            "update identities set name = coalesce(nullif($3, ''), name),
                username = coalesce(nullif($4, ''), username),
                person_key = coalesce(person_key, $5), language = coalesce($6, language)
             where account_id = $1 and identity_id = $2",
        )
        .bind(account)
        .bind(identity.identity_id.0)
        .bind(&told.name)
        .bind(&told.username)
        .bind(&told.key)
        .bind(&told.language)
        .execute(self.conn())
        .await?;
        let name = &told.name;
        if name.is_empty() {
            return Ok(false);
        }
        let named = sqlx::query(
            "update contacts set name = $3, updated_at = now()
             where account_id = $1 and contact_id = $2 and not name_fixed and name <> $3
               and (name = '' or name = $4)",
        )
        .bind(account)
        .bind(identity.contact_id.0)
        .bind(name)
        .bind(&identity.name)
        .execute(self.conn())
        .await?;
        Ok(named.rows_affected() == 1)
    }

    /// The service was asked who this is and gave no answer.
    pub async fn forget_asked(&mut self, id: IdentityId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update identities set asked_at = null where account_id = $1 and identity_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The contact behind several chats of one channel, held until COMMIT: whoever makes the first of
    /// these chats now comes before or after, never beside.
    pub async fn contact_of_person(
        &mut self,
        channel: ChannelId,
        key: &str,
    ) -> Result<Option<ContactId>> {
        let account = self.account().0;
        sqlx::query(
            "select pg_advisory_xact_lock(hashtextextended('person:' || $1::text || $2, 0))",
        )
        .bind(channel.0)
        .bind(key)
        .execute(self.conn())
        .await?;
        let found: Option<Uuid> = sqlx::query_scalar(
            "select contact_id from identities
             where account_id = $1 and channel_id = $2 and person_key = $3
             order by created_at limit 1",
        )
        .bind(account)
        .bind(channel.0)
        .bind(key)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(ContactId))
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
