//! Ready texts for answers (OW-6).

use chrono::{DateTime, Utc};
use domain::{
    canned_reply::CannedReplyView,
    ids::{CannedReplyId, GroupId},
};
use uuid::Uuid;

use crate::{Result, TenantTx};

/// What people set of a canned reply.
#[derive(Debug, Clone)]
pub struct CannedReplyForm {
    pub shortcut: String,
    pub title: String,
    pub text: String,
    pub section: String,
    pub group_id: Option<GroupId>,
}

/// The unique index that says no to a second reply of the same shortcut.
pub const SHORTCUT_TAKEN: &str = "canned_replies_shortcut";

#[derive(sqlx::FromRow)]
struct Row {
    canned_reply_id: Uuid,
    shortcut: String,
    title: String,
    text: String,
    section: String,
    group_id: Option<Uuid>,
    used_count: i64,
    updated_at: DateTime<Utc>,
}

impl From<Row> for CannedReplyView {
    fn from(row: Row) -> Self {
        Self {
            canned_reply_id: CannedReplyId(row.canned_reply_id),
            shortcut: row.shortcut,
            title: row.title,
            text: row.text,
            section: row.section,
            group_id: row.group_id.map(GroupId),
            used_count: row.used_count,
            updated_at: row.updated_at,
        }
    }
}

impl TenantTx {
    /// Everybody's and those of these groups (`None`: of all groups), by section and title. The
    /// caller bounds how many there can be.
    pub async fn canned_replies(
        &mut self,
        groups: Option<&[GroupId]>,
    ) -> Result<Vec<CannedReplyView>> {
        let account = self.account().0;
        let groups: Option<Vec<Uuid>> = groups.map(|groups| groups.iter().map(|g| g.0).collect());
        let rows: Vec<Row> = sqlx::query_as(
            "select canned_reply_id, shortcut, title, text, section, group_id, used_count, updated_at
             from canned_replies
             where account_id = $1 and (group_id is null or $2::uuid[] is null or group_id = any($2))
             order by lower(section), lower(title), canned_reply_id",
        )
        .bind(account)
        .bind(groups)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(CannedReplyView::from).collect())
    }

    pub async fn count_canned_replies(&mut self) -> Result<i64> {
        let account = self.account().0;
        Ok(sqlx::query_scalar("select count(*) from canned_replies where account_id = $1")
            .bind(account)
            .fetch_one(self.conn())
            .await?)
    }

    /// Fails with the constraint [`SHORTCUT_TAKEN`].
    pub async fn insert_canned_reply(
        &mut self,
        id: CannedReplyId,
        form: &CannedReplyForm,
        at: DateTime<Utc>,
    ) -> Result<CannedReplyView> {
        let account = self.account().0;
        let row: Row = sqlx::query_as(
            "insert into canned_replies
                (account_id, canned_reply_id, shortcut, title, text, section, group_id, created_at,
                 updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
             returning canned_reply_id, shortcut, title, text, section, group_id, used_count,
                updated_at",
        )
        .bind(account)
        .bind(id.0)
        .bind(&form.shortcut)
        .bind(&form.title)
        .bind(&form.text)
        .bind(&form.section)
        .bind(form.group_id.map(|g| g.0))
        .bind(at)
        .fetch_one(self.conn())
        .await?;
        Ok(row.into())
    }

    /// Replaces what people set. `None`: no such reply. Fails with the constraint [`SHORTCUT_TAKEN`].
    pub async fn update_canned_reply(
        &mut self,
        id: CannedReplyId,
        form: &CannedReplyForm,
        at: DateTime<Utc>,
    ) -> Result<Option<CannedReplyView>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(
            "update canned_replies
             set shortcut = $3, title = $4, text = $5, section = $6, group_id = $7, updated_at = $8
             where account_id = $1 and canned_reply_id = $2
             returning canned_reply_id, shortcut, title, text, section, group_id, used_count,
                updated_at",
        )
        .bind(account)
        .bind(id.0)
        .bind(&form.shortcut)
        .bind(&form.title)
        .bind(&form.text)
        .bind(&form.section)
        .bind(form.group_id.map(|g| g.0))
        .bind(at)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(CannedReplyView::from))
    }

    pub async fn delete_canned_reply(&mut self, id: CannedReplyId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from canned_replies where account_id = $1 and canned_reply_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Counts one use. False when there is none that a member of these groups (`None`: of all) sees.
    pub async fn use_canned_reply(
        &mut self,
        id: CannedReplyId,
        groups: Option<&[GroupId]>,
    ) -> Result<bool> {
        let account = self.account().0;
        let groups: Option<Vec<Uuid>> = groups.map(|groups| groups.iter().map(|g| g.0).collect());
        let done = sqlx::query(
            "update canned_replies set used_count = used_count + 1
             where account_id = $1 and canned_reply_id = $2
               and (group_id is null or $3::uuid[] is null or group_id = any($3))",
        )
        .bind(account)
        .bind(id.0)
        .bind(groups)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives the replies of a group to everybody. Whether there were any.
    pub async fn free_canned_replies(&mut self, group: GroupId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update canned_replies set group_id = null where account_id = $1 and group_id = $2",
        )
        .bind(account)
        .bind(group.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() > 0)
    }
}
