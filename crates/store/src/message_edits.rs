//! What a message says after it was stored: other words, the whole of a beginning, nothing any more
//! (CV-6).

use chrono::{DateTime, Utc};
use domain::{ids::MessageId, message_change::MessageChange};
use sqlx::types::Json;

use crate::{Error, Result, StoredBody, TenantTx, message::searchable};

impl TenantTx {
    /// Puts the whole content in the place of a beginning. Nobody edited anything.
    pub async fn put_content(
        &mut self,
        id: MessageId,
        body: &StoredBody,
        words: &str,
    ) -> Result<()> {
        let account = self.account().0;
        let content =
            serde_json::to_value(body).map_err(|e| Error::bad("messages", "content", e))?;
        sqlx::query(
            "update messages set content = $3, words = $4
             where account_id = $1 and message_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(content)
        .bind(searchable(words))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps a change that is on its way or was refused; `None`: there is none any more.
    pub async fn set_change(
        &mut self,
        id: MessageId,
        change: Option<&MessageChange>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query("update messages set change = $3 where account_id = $1 and message_id = $2")
            .bind(account)
            .bind(id.0)
            .bind(change.map(Json))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// A message was changed: its words are replaced, the raw of both is kept.
    pub async fn edit_message(
        &mut self,
        id: MessageId,
        body: &StoredBody,
        words: &str,
        raw: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        let content =
            serde_json::to_value(body).map_err(|e| Error::bad("messages", "content", e))?;
        sqlx::query(
            "update messages set content = $3, words = $4, edited_at = $5,
                raw = case when $6::text is null then raw
                           else concat_ws(E'\n', raw, $6) end
             where account_id = $1 and message_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(content)
        .bind(searchable(words))
        .bind(at)
        .bind(raw)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn mark_removed(&mut self, id: MessageId, at: DateTime<Utc>) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update messages set removed_at = coalesce(removed_at, $3)
             where account_id = $1 and message_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
