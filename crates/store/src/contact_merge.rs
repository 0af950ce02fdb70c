//! Merging contacts by hand, and taking a merge back (CV-9, BY-9).
//!
//! A merge moves rows from one contact to the other and writes down which. Taking it back returns
//! what it moved and is still there; what came to the kept contact later stays, except that a
//! conversation always goes with the identity that it is held with.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ids::{ContactId, EmployeeId, MergeId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, TenantTx};

/// A merge that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    pub merge_id: MergeId,
    pub kept_id: ContactId,
    pub merged_id: ContactId,
    pub employee_id: EmployeeId,
    pub created_at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
}

/// The row of `contact_merges` is kept for as long as the contacts are, so its form only grows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Moved {
    #[serde(default)]
    identities: Vec<Uuid>,
    #[serde(default)]
    conversations: Vec<Uuid>,
    #[serde(default)]
    phones: Vec<String>,
    #[serde(default)]
    emails: Vec<String>,
    /// All tags of the merged contact.
    #[serde(default)]
    tags: Vec<Uuid>,
    /// Those of them that the kept contact did not have.
    #[serde(default)]
    new_tags: Vec<Uuid>,
    /// The kept contact had no name and got this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Fields that the kept contact did not have.
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    /// What was linked in the CRMs.
    #[serde(default)]
    crm_links: Vec<Uuid>,
}

#[derive(sqlx::FromRow)]
struct Row {
    merge_id: Uuid,
    kept_id: Uuid,
    merged_id: Uuid,
    employee_id: Uuid,
    created_at: DateTime<Utc>,
    undone_at: Option<DateTime<Utc>>,
}

impl From<Row> for Merge {
    fn from(row: Row) -> Self {
        Self {
            merge_id: MergeId(row.merge_id),
            kept_id: ContactId(row.kept_id),
            merged_id: ContactId(row.merged_id),
            employee_id: EmployeeId(row.employee_id),
            created_at: row.created_at,
            undone_at: row.undone_at,
        }
    }
}

/// A contact whose row is locked for a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedContact {
    pub contact_id: ContactId,
    pub merged_into: Option<ContactId>,
}

type Facts = (Uuid, String, Json<BTreeMap<String, Value>>);

impl TenantTx {
    /// Locks both contacts in the order of their ids and returns those that exist; what they have in
    /// the CRMs first. Not against foreign keys: a message for one of them may come in meanwhile.
    pub async fn lock_contacts(&mut self, ids: [ContactId; 2]) -> Result<Vec<LockedContact>> {
        self.lock_crm_links_of(ids).await?;
        let account = self.account().0;
        let rows: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(
            "select contact_id, merged_into from contacts
             where account_id = $1 and contact_id = any($2)
             order by contact_id for no key update",
        )
        .bind(account)
        .bind(ids.map(|id| id.0))
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, into)| LockedContact {
                contact_id: ContactId(id),
                merged_into: into.map(ContactId),
            })
            .collect())
    }

    /// Moves everything of `merged` to `kept`. Both are locked and neither was merged away.
    pub async fn merge_contacts(
        &mut self,
        merge: MergeId,
        kept: ContactId,
        merged: ContactId,
        by: EmployeeId,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        let (kept, merged) = (kept.0, merged.0);
        // Identities first: their row locks are the door of intake, so a conversation that is being
        // opened is waited for here and seen by the next statement.
        let identities = sqlx::query_scalar(
            "update identities set contact_id = $2
             where account_id = $1 and contact_id = $3 returning identity_id",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .fetch_all(self.conn())
        .await?;
        let mut moved = Moved { identities, ..Moved::default() };
        moved.conversations = sqlx::query_scalar(
            "update conversations set contact_id = $2
             where account_id = $1 and contact_id = $3 returning conversation_id",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .fetch_all(self.conn())
        .await?;
        moved.phones = sqlx::query_scalar(
            "update contact_phones set contact_id = $2
             where account_id = $1 and contact_id = $3 returning phone",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .fetch_all(self.conn())
        .await?;
        moved.emails = sqlx::query_scalar(
            "update contact_emails set contact_id = $2
             where account_id = $1 and contact_id = $3 returning email",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .fetch_all(self.conn())
        .await?;
        moved.crm_links = self.move_crm_links(kept, merged, None).await?;
        self.move_tags(kept, merged, &mut moved).await?;
        self.move_facts(kept, merged, &mut moved).await?;
        sqlx::query(
            "update contacts set merged_into = $2, updated_at = now()
             where account_id = $1 and contact_id = $3",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "insert into contact_merges
                (account_id, merge_id, kept_id, merged_id, moved, employee_id, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(account)
        .bind(merge.0)
        .bind(kept)
        .bind(merged)
        .bind(Json(&moved))
        .bind(by.0)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    async fn move_tags(&mut self, kept: Uuid, merged: Uuid, moved: &mut Moved) -> Result<()> {
        let account = self.account().0;
        moved.tags = sqlx::query_scalar(
            "delete from contact_tags where account_id = $1 and contact_id = $2 returning tag_id",
        )
        .bind(account)
        .bind(merged)
        .fetch_all(self.conn())
        .await?;
        moved.new_tags = sqlx::query_scalar(
            "insert into contact_tags (account_id, contact_id, tag_id)
             select $1, $2, unnest($3::uuid[]) on conflict do nothing returning tag_id",
        )
        .bind(account)
        .bind(kept)
        .bind(&moved.tags)
        .fetch_all(self.conn())
        .await?;
        Ok(())
    }

    /// Name and fields that only the merged contact has. Its own row keeps them too.
    async fn move_facts(&mut self, kept: Uuid, merged: Uuid, moved: &mut Moved) -> Result<()> {
        let account = self.account().0;
        let rows: Vec<Facts> = sqlx::query_as(
            "select contact_id, name, fields from contacts
             where account_id = $1 and contact_id = any($2)",
        )
        .bind(account)
        .bind([kept, merged])
        .fetch_all(self.conn())
        .await?;
        let facts = |id: Uuid| rows.iter().find(|row| row.0 == id);
        let (Some(ours), Some(theirs)) = (facts(kept), facts(merged)) else { return Ok(()) };
        moved.name = (ours.1.is_empty() && !theirs.1.is_empty()).then(|| theirs.1.clone());
        moved.fields = theirs.2.0.clone();
        moved.fields.retain(|key, _| !ours.2.0.contains_key(key));
        sqlx::query(
            "update contacts set name = coalesce($3, name), fields = fields || $4,
                updated_at = now()
             where account_id = $1 and contact_id = $2",
        )
        .bind(account)
        .bind(kept)
        .bind(&moved.name)
        .bind(Json(&moved.fields))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn merge(&mut self, merge: MergeId) -> Result<Option<Merge>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(
            "select merge_id, kept_id, merged_id, employee_id, created_at, undone_at
             from contact_merges where account_id = $1 and merge_id = $2",
        )
        .bind(account)
        .bind(merge.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(Merge::from))
    }

    /// The last merges in which a contact took part, newest first.
    pub async fn merges_of(&mut self, contact: ContactId, most: i64) -> Result<Vec<Merge>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "select merge_id, kept_id, merged_id, employee_id, created_at, undone_at
             from contact_merges
             where account_id = $1 and (kept_id = $2 or merged_id = $2)
             order by created_at desc, merge_id desc limit $3",
        )
        .bind(account)
        .bind(contact.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(Merge::from).collect())
    }

    /// Returns what a merge moved and is still with the kept contact. Both contacts are locked and
    /// the merged one still points to the kept one. `false`: it was undone already.
    pub async fn undo_merge(&mut self, merge: &Merge, at: DateTime<Utc>) -> Result<bool> {
        let account = self.account().0;
        let (kept, merged) = (merge.kept_id.0, merge.merged_id.0);
        let moved: Option<Json<Moved>> = sqlx::query_scalar(
            "update contact_merges set undone_at = $3
             where account_id = $1 and merge_id = $2 and undone_at is null returning moved",
        )
        .bind(account)
        .bind(merge.merge_id.0)
        .bind(at)
        .fetch_optional(self.conn())
        .await?;
        let Some(Json(moved)) = moved else { return Ok(false) };
        let identities: Vec<Uuid> = sqlx::query_scalar(
            "update identities set contact_id = $3
             where account_id = $1 and contact_id = $2 and identity_id = any($4)
             returning identity_id",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .bind(&moved.identities)
        .fetch_all(self.conn())
        .await?;
        sqlx::query(
            "update conversations set contact_id = $3
             where account_id = $1 and contact_id = $2
               and (conversation_id = any($4) or identity_id = any($5))",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .bind(&moved.conversations)
        .bind(&identities)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "update contact_phones set contact_id = $3
             where account_id = $1 and contact_id = $2 and phone = any($4)",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .bind(&moved.phones)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "update contact_emails set contact_id = $3
             where account_id = $1 and contact_id = $2 and email = any($4)",
        )
        .bind(account)
        .bind(kept)
        .bind(merged)
        .bind(&moved.emails)
        .execute(self.conn())
        .await?;
        self.move_crm_links(merged, kept, Some(&moved.crm_links)).await?;
        self.return_tags(kept, merged, &moved).await?;
        self.return_facts(kept, &moved).await?;
        sqlx::query(
            "update contacts set merged_into = null, updated_at = now()
             where account_id = $1 and contact_id = $2",
        )
        .bind(account)
        .bind(merged)
        .execute(self.conn())
        .await?;
        Ok(true)
    }

    async fn return_tags(&mut self, kept: Uuid, merged: Uuid, moved: &Moved) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "delete from contact_tags
             where account_id = $1 and contact_id = $2 and tag_id = any($3)",
        )
        .bind(account)
        .bind(kept)
        .bind(&moved.new_tags)
        .execute(self.conn())
        .await?;
        // A tag may have been deleted since.
        sqlx::query(
            "insert into contact_tags (account_id, contact_id, tag_id)
             select $1, $2, t.tag_id from tags t where t.account_id = $1 and t.tag_id = any($3)
             on conflict do nothing",
        )
        .bind(account)
        .bind(merged)
        .bind(&moved.tags)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Takes back name and fields that nobody has changed since.
    async fn return_facts(&mut self, kept: Uuid, moved: &Moved) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update contacts set
                name = case when name = $3 and not name_fixed then '' else name end,
                fields = coalesce((
                    select jsonb_object_agg(f.key, f.value) from jsonb_each(fields) f
                    where not ($4::jsonb -> f.key is not distinct from f.value)), '{}'),
                updated_at = now()
             where account_id = $1 and contact_id = $2",
        )
        .bind(account)
        .bind(kept)
        .bind(&moved.name)
        .bind(Json(&moved.fields))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
