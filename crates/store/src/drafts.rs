//! What employees have begun to write and not sent (OW-6).

use chrono::{DateTime, Utc};
use domain::{
    draft::{DraftMode, DraftView},
    ids::{ConversationId, EmployeeId},
    visibility::Viewer,
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{Error, Result, TenantTx, visible};

#[derive(sqlx::FromRow)]
struct Row {
    conversation_id: Uuid,
    mode: String,
    text: String,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for DraftView {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            conversation_id: ConversationId(row.conversation_id),
            mode: DraftMode::parse(&row.mode)
                .ok_or_else(|| Error::bad("drafts", "mode", &row.mode))?,
            text: row.text,
            updated_at: row.updated_at,
        })
    }
}

impl TenantTx {
    /// The viewer's own drafts in conversations that they still see, the latest first.
    pub async fn drafts(&mut self, viewer: &Viewer, most: i64) -> Result<Vec<DraftView>> {
        let mut query = QueryBuilder::new(
            "select d.conversation_id, d.mode, d.text, d.updated_at from drafts d
             join conversations c using (account_id, conversation_id)
             where d.account_id = ",
        );
        query.push_bind(self.account().0);
        query.push(" and d.employee_id = ").push_bind(viewer.employee.0).push(" and ");
        visible::push_visible(&mut query, viewer, "c");
        query.push(" order by d.updated_at desc, d.conversation_id, d.mode limit ").push_bind(most);
        let rows: Vec<Row> = query.build_query_as().fetch_all(self.conn()).await?;
        rows.into_iter().map(DraftView::try_from).collect()
    }

    /// Keeps a draft. Returns since when it says this, and whether it said something else before.
    pub async fn put_draft(
        &mut self,
        employee: EmployeeId,
        conversation: ConversationId,
        mode: DraftMode,
        text: &str,
        at: DateTime<Utc>,
    ) -> Result<(DateTime<Utc>, bool)> {
        let account = self.account().0;
        let written: Option<DateTime<Utc>> = sqlx::query_scalar(
            "insert into drafts (account_id, employee_id, conversation_id, mode, text, updated_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (account_id, employee_id, conversation_id, mode) do update
                set text = excluded.text, updated_at = excluded.updated_at
                where drafts.text <> excluded.text
             returning updated_at",
        )
        .bind(account)
        .bind(employee.0)
        .bind(conversation.0)
        .bind(mode.as_str())
        .bind(text)
        .bind(at)
        .fetch_optional(self.conn())
        .await?;
        if let Some(at) = written {
            return Ok((at, true));
        }
        let since: Option<DateTime<Utc>> = sqlx::query_scalar(
            "select updated_at from drafts
             where account_id = $1 and employee_id = $2 and conversation_id = $3 and mode = $4",
        )
        .bind(account)
        .bind(employee.0)
        .bind(conversation.0)
        .bind(mode.as_str())
        .fetch_optional(self.conn())
        .await?;
        Ok((since.unwrap_or(at), false))
    }

    /// Whether there was one.
    pub async fn delete_draft(
        &mut self,
        employee: EmployeeId,
        conversation: ConversationId,
        mode: DraftMode,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from drafts
             where account_id = $1 and employee_id = $2 and conversation_id = $3 and mode = $4",
        )
        .bind(account)
        .bind(employee.0)
        .bind(conversation.0)
        .bind(mode.as_str())
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
