//! Definitions of contacts' own fields (CV-9). Their values are `contacts.fields`.

use domain::contact_field::{ContactFieldKind, ContactFieldView};

use crate::{Error, Result, TenantTx};

/// The constraint that says no to a second definition of the same key.
pub const CONTACT_FIELD_TAKEN: &str = "contact_fields_pkey";

#[derive(sqlx::FromRow)]
struct Row {
    key: String,
    name: String,
    kind: String,
    choices: Vec<String>,
    position: i32,
}

impl TryFrom<Row> for ContactFieldView {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            kind: ContactFieldKind::parse(&row.kind)
                .ok_or_else(|| Error::bad("contact_fields", "kind", &row.kind))?,
            key: row.key,
            name: row.name,
            choices: row.choices,
            position: row.position,
        })
    }
}

impl TenantTx {
    /// All in the order of the card. The caller bounds how many there can be.
    pub async fn contact_fields(&mut self) -> Result<Vec<ContactFieldView>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "select key, name, kind, choices, position from contact_fields where account_id = $1
             order by position, lower(name), key",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(ContactFieldView::try_from).collect()
    }

    /// Fails with the constraint [`CONTACT_FIELD_TAKEN`].
    pub async fn insert_contact_field(&mut self, field: &ContactFieldView) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into contact_fields (account_id, key, name, kind, choices, position)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(account)
        .bind(&field.key)
        .bind(&field.name)
        .bind(field.kind.as_str())
        .bind(&field.choices)
        .bind(field.position)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// False: no definition of this key.
    pub async fn update_contact_field(&mut self, field: &ContactFieldView) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update contact_fields set name = $3, kind = $4, choices = $5, position = $6
             where account_id = $1 and key = $2",
        )
        .bind(account)
        .bind(&field.key)
        .bind(&field.name)
        .bind(field.kind.as_str())
        .bind(&field.choices)
        .bind(field.position)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Contacts keep their values.
    pub async fn delete_contact_field(&mut self, key: &str) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query("delete from contact_fields where account_id = $1 and key = $2")
            .bind(account)
            .bind(key)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
