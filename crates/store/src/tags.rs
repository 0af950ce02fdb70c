//! Tags of conversations and contacts (CV-8).

use chrono::{DateTime, Utc};
use domain::ids::{ContactId, ConversationId, TagId};
use uuid::Uuid;

use crate::{Result, TenantTx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub tag_id: TagId,
    pub name: String,
    /// `#rrggbb`
    pub color: String,
    pub created_at: DateTime<Utc>,
}

/// The unique index that says no to a second tag of the same name.
pub const TAG_NAME_TAKEN: &str = "tags_name";

impl TenantTx {
    /// All tags by name. A company has tens of them; the bound is against abuse.
    pub async fn tags(&mut self) -> Result<Vec<Tag>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, String, String, DateTime<Utc>)> = sqlx::query_as(
            "select tag_id, name, color, created_at from tags where account_id = $1
             order by lower(name) limit 1000",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, name, color, created_at)| Tag { tag_id: TagId(id), name, color, created_at })
            .collect())
    }

    /// Fails with the constraint [`TAG_NAME_TAKEN`].
    pub async fn insert_tag(&mut self, tag: &Tag) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into tags (account_id, tag_id, name, color, created_at)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(account)
        .bind(tag.tag_id.0)
        .bind(&tag.name)
        .bind(&tag.color)
        .bind(tag.created_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Changes what is given. `None`: no such tag. Fails with the constraint [`TAG_NAME_TAKEN`].
    pub async fn update_tag(
        &mut self,
        tag: TagId,
        name: Option<&str>,
        color: Option<&str>,
    ) -> Result<Option<Tag>> {
        let account = self.account().0;
        let row: Option<(String, String, DateTime<Utc>)> = sqlx::query_as(
            "update tags set name = coalesce($3, name), color = coalesce($4, color)
             where account_id = $1 and tag_id = $2 returning name, color, created_at",
        )
        .bind(account)
        .bind(tag.0)
        .bind(name)
        .bind(color)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|(name, color, created_at)| Tag { tag_id: tag, name, color, created_at }))
    }

    /// Deletes a tag; it vanishes from conversations and contacts.
    pub async fn delete_tag(&mut self, tag: TagId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query("delete from tags where account_id = $1 and tag_id = $2")
            .bind(account)
            .bind(tag.0)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn tag_exists(&mut self, tag: TagId) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select from tags where account_id = $1 and tag_id = $2)",
        )
        .bind(account)
        .bind(tag.0)
        .fetch_one(self.conn())
        .await?)
    }

    /// `false`: it had the tag.
    pub async fn tag_contact(&mut self, contact: ContactId, tag: TagId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "insert into contact_tags (account_id, contact_id, tag_id) values ($1, $2, $3)
             on conflict do nothing",
        )
        .bind(account)
        .bind(contact.0)
        .bind(tag.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// `false`: it did not have the tag.
    pub async fn untag_contact(&mut self, contact: ContactId, tag: TagId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from contact_tags where account_id = $1 and contact_id = $2 and tag_id = $3",
        )
        .bind(account)
        .bind(contact.0)
        .bind(tag.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// `false`: it had the tag.
    pub async fn tag_conversation(
        &mut self,
        conversation: ConversationId,
        tag: TagId,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "insert into conversation_tags (account_id, conversation_id, tag_id)
             values ($1, $2, $3) on conflict do nothing",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(tag.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// `false`: it did not have the tag.
    pub async fn untag_conversation(
        &mut self,
        conversation: ConversationId,
        tag: TagId,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from conversation_tags
             where account_id = $1 and conversation_id = $2 and tag_id = $3",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(tag.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
