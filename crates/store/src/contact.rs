//! Contacts: the client persons of a company, what is known of them, and the list.

use chrono::{DateTime, Utc};
use domain::{
    ids::{AccountId, ChannelId, ContactId, IdentityId, TagId},
    view::{ContactView, IdentityView},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use sqlx::{PgConnection, Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use crate::{Error, PlatformTx, Result, TenantTx};

/// Which contacts a list shows.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    pub tag: Option<TagId>,
    /// Older than this one: the last row of the former page.
    pub before: Option<(DateTime<Utc>, ContactId)>,
}

/// Whether a phone or an address could be given to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    Added,
    /// It was this contact's already.
    Had,
    /// Another contact has it.
    BelongsTo(ContactId),
}

/// What became known of a person before there is a contact.
#[derive(Debug, Clone, Default)]
pub struct NewContact {
    pub name: String,
    pub fields: Map<String, Value>,
}

#[derive(sqlx::FromRow)]
struct Row {
    contact_id: Uuid,
    name: String,
    fields: Value,
    merged_into: Option<Uuid>,
    created_at: DateTime<Utc>,
    phones: Vec<String>,
    emails: Vec<String>,
    tags: Vec<Uuid>,
    identities: Json<Vec<IdentityRow>>,
}

#[derive(Deserialize)]
struct IdentityRow {
    identity_id: Uuid,
    channel_id: Uuid,
    external_id: String,
    name: String,
    username: String,
    reachable: bool,
}

impl TryFrom<Row> for ContactView {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let Value::Object(fields) = row.fields else {
            return Err(Error::bad("contacts", "fields", "not an object"));
        };
        Ok(Self {
            contact_id: ContactId(row.contact_id),
            name: row.name,
            phones: row.phones,
            emails: row.emails,
            fields,
            tags: row.tags.into_iter().map(TagId).collect(),
            identities: row
                .identities
                .0
                .into_iter()
                .map(|i| IdentityView {
                    identity_id: IdentityId(i.identity_id),
                    channel_id: ChannelId(i.channel_id),
                    external_id: i.external_id,
                    name: i.name,
                    username: i.username,
                    reachable: i.reachable,
                })
                .collect(),
            merged_into: row.merged_into.map(ContactId),
            created_at: row.created_at,
        })
    }
}

async fn present_contact(
    conn: &mut PgConnection,
    account: Uuid,
    contact: Uuid,
) -> Result<Option<Uuid>> {
    let mut at = contact;
    loop {
        let found: Option<(Option<Uuid>,)> = sqlx::query_as(
            "select merged_into from contacts where account_id = $1 and contact_id = $2 for share",
        )
        .bind(account)
        .bind(at)
        .fetch_optional(&mut *conn)
        .await?;
        match found {
            None => return Ok(None),
            Some((None,)) => return Ok(Some(at)),
            Some((Some(next),)) => at = next,
        }
    }
}

impl PlatformTx {
    /// The contact that `contact` is by now, after merges; locked against further ones until the
    /// transaction ends, so that what is hung on it does not stay behind.
    pub async fn present_contact(
        &mut self,
        account: AccountId,
        contact: ContactId,
    ) -> Result<Option<ContactId>> {
        Ok(present_contact(self.conn(), account.0, contact.0).await?.map(ContactId))
    }
}

impl TenantTx {
    /// The same within the account: [`PlatformTx::present_contact`].
    pub async fn present_contact(&mut self, contact: ContactId) -> Result<Option<ContactId>> {
        let account = self.account().0;
        Ok(present_contact(self.conn(), account, contact.0).await?.map(ContactId))
    }

    /// The contacts with these ids, in the order of the ids. Those that do not exist are left out.
    pub async fn contacts(&mut self, ids: &[ContactId]) -> Result<Vec<ContactView>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "select c.contact_id, c.name, c.fields, c.merged_into, c.created_at,
                array(select p.phone from contact_phones p
                      where p.account_id = c.account_id and p.contact_id = c.contact_id
                      order by p.created_at, p.phone) as phones,
                array(select e.email from contact_emails e
                      where e.account_id = c.account_id and e.contact_id = c.contact_id
                      order by e.created_at, e.email) as emails,
                array(select t.tag_id from contact_tags t
                      where t.account_id = c.account_id and t.contact_id = c.contact_id
                      order by t.tag_id) as tags,
                (select coalesce(jsonb_agg(jsonb_build_object(
                        'identity_id', i.identity_id, 'channel_id', i.channel_id,
                        'external_id', i.external_id, 'name', i.name, 'username', i.username,
                        'reachable', i.reachable)
                        order by i.created_at, i.identity_id), '[]')
                 from identities i
                 where i.account_id = c.account_id and i.contact_id = c.contact_id) as identities
             from unnest($2::uuid[]) with ordinality n(contact_id, ord)
             join contacts c on c.account_id = $1 and c.contact_id = n.contact_id
             order by n.ord",
        )
        .bind(account)
        .bind(&ids)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(ContactView::try_from).collect()
    }

    pub async fn contact(&mut self, id: ContactId) -> Result<Option<ContactView>> {
        Ok(self.contacts(&[id]).await?.pop())
    }

    /// Contacts that were not merged away, newest first.
    pub async fn list_contacts(
        &mut self,
        filter: &ContactFilter,
        most: i64,
    ) -> Result<Vec<ContactView>> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select c.contact_id from contacts c where c.merged_into is null and c.account_id = ",
        );
        query.push_bind(self.account().0);
        if let Some((at, id)) = filter.before {
            query.push(" and (c.created_at, c.contact_id) < (").push_bind(at);
            query.push(", ").push_bind(id.0).push(")");
        }
        if let Some(tag) = filter.tag {
            query.push(
                " and exists (select from contact_tags t where t.account_id = c.account_id
                  and t.contact_id = c.contact_id and t.tag_id = ",
            );
            query.push_bind(tag.0).push(")");
        }
        query.push(" order by c.created_at desc, c.contact_id desc limit ").push_bind(most);
        let ids: Vec<Uuid> = query.build_query_scalar().fetch_all(self.conn()).await?;
        let ids: Vec<ContactId> = ids.into_iter().map(ContactId).collect();
        self.contacts(&ids).await
    }

    /// Makes a contact whose name was given by hand.
    pub async fn insert_contact(
        &mut self,
        id: ContactId,
        new: &NewContact,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into contacts
                (account_id, contact_id, name, name_fixed, fields, created_at, updated_at)
             values ($1, $2, $3, $3 <> '', $4, $5, $5)",
        )
        .bind(account)
        .bind(id.0)
        .bind(&new.name)
        .bind(Json(&new.fields))
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Locks a contact for a change by hand. `None`: no such contact, or it was merged away.
    pub async fn lock_contact(&mut self, id: ContactId) -> Result<Option<ContactId>> {
        let account = self.account().0;
        let found: Option<Uuid> = sqlx::query_scalar(
            "select contact_id from contacts
             where account_id = $1 and contact_id = $2 and merged_into is null
             for no key update",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(ContactId))
    }

    /// Gives the name by hand: services do not overwrite it any more.
    pub async fn rename_contact(&mut self, id: ContactId, name: &str) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update contacts set name = $3, name_fixed = true, updated_at = now()
             where account_id = $1 and contact_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(name)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn set_contact_fields(
        &mut self,
        id: ContactId,
        fields: &Map<String, Value>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update contacts set fields = $3, updated_at = now()
             where account_id = $1 and contact_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(fields))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Gives the contact a phone in E.164 form.
    pub async fn add_contact_phone(&mut self, id: ContactId, phone: &str) -> Result<Given> {
        let account = self.account().0;
        let added: Option<Uuid> = sqlx::query_scalar(
            "insert into contact_phones (account_id, phone, contact_id) values ($1, $2, $3)
             on conflict do nothing returning contact_id",
        )
        .bind(account)
        .bind(phone)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        if added.is_some() {
            return Ok(Given::Added);
        }
        let owner: Option<Uuid> = sqlx::query_scalar(
            "select contact_id from contact_phones where account_id = $1 and phone = $2",
        )
        .bind(account)
        .bind(phone)
        .fetch_optional(self.conn())
        .await?;
        Ok(given(owner, id))
    }

    /// Gives the contact an address in lower case.
    pub async fn add_contact_email(&mut self, id: ContactId, email: &str) -> Result<Given> {
        let account = self.account().0;
        let added: Option<Uuid> = sqlx::query_scalar(
            "insert into contact_emails (account_id, email, contact_id) values ($1, $2, $3)
             on conflict do nothing returning contact_id",
        )
        .bind(account)
        .bind(email)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        if added.is_some() {
            return Ok(Given::Added);
        }
        let owner: Option<Uuid> = sqlx::query_scalar(
            "select contact_id from contact_emails where account_id = $1 and email = $2",
        )
        .bind(account)
        .bind(email)
        .fetch_optional(self.conn())
        .await?;
        Ok(given(owner, id))
    }

    /// Takes a phone away. `false`: the contact does not have it.
    pub async fn remove_contact_phone(&mut self, id: ContactId, phone: &str) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from contact_phones where account_id = $1 and phone = $2 and contact_id = $3",
        )
        .bind(account)
        .bind(phone)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes an address away. `false`: the contact does not have it.
    pub async fn remove_contact_email(&mut self, id: ContactId, email: &str) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from contact_emails where account_id = $1 and email = $2 and contact_id = $3",
        )
        .bind(account)
        .bind(email)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Whose it is, after an insert that met a row. One that vanished in between counts as taken by
/// nobody we could name: the caller is told it was there and tries again.
fn given(owner: Option<Uuid>, id: ContactId) -> Given {
    match owner {
        Some(owner) if owner != id.0 => Given::BelongsTo(ContactId(owner)),
        Some(_) | None => Given::Had,
    }
}
