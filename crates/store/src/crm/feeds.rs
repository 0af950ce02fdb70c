//! How far the account's feed was read for its CRMs: one cursor for all of them. Its row stands while
//! an integration is on, and its lock lets readers go one by one.

use domain::ids::{AccountId, ConversationId};
use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Store, TenantTx};

/// An event as the CRM sync reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct CrmFeedEvent {
    pub seq: i64,
    pub kind: String,
    pub conversation_id: Option<ConversationId>,
    pub payload: Value,
}

impl TenantTx {
    /// Begins to read the feed from here on; without effect while it is read.
    pub async fn open_crm_feed(&mut self) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_feeds (account_id, cursor_seq)
             select account_id, event_seq from account_counters where account_id = $1
             on conflict (account_id) do nothing",
        )
        .bind(account)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Stops reading it, unless an integration is on.
    pub async fn close_crm_feed(&mut self) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "delete from crm_feeds where account_id = $1 and not exists (
                select 1 from integrations i where i.account_id = $1 and i.enabled)",
        )
        .bind(account)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Waits for whoever reads it, and lets nobody read it until the end of the transaction.
    pub async fn hold_crm_feed(&mut self) -> Result<()> {
        let account = self.account().0;
        sqlx::query("select cursor_seq from crm_feeds where account_id = $1 for update")
            .bind(account)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Locks the cursor, if it is behind the feed and no other process reads it.
    pub async fn lock_lagging_crm_feed(&mut self) -> Result<Option<i64>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select cursor_seq from crm_feeds
             where account_id = $1
               and cursor_seq < (select event_seq from account_counters where account_id = $1)
             for update skip locked",
        )
        .bind(account)
        .fetch_optional(self.conn())
        .await?)
    }

    /// Up to `most` events after `after` that are still kept, in order.
    pub async fn crm_feed_after(&mut self, after: i64, most: i64) -> Result<Vec<CrmFeedEvent>> {
        let account = self.account().0;
        let rows: Vec<(i64, String, Option<Uuid>, Value)> = sqlx::query_as(
            "select seq, kind, conversation_id, payload from events
             where account_id = $1 and seq > $2 order by seq limit $3",
        )
        .bind(account)
        .bind(after)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(seq, kind, conversation, payload)| CrmFeedEvent {
                seq,
                kind,
                conversation_id: conversation.map(ConversationId),
                payload,
            })
            .collect())
    }

    pub async fn advance_crm_feed(&mut self, cursor: i64) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_feeds set cursor_seq = $2 where account_id = $1 and cursor_seq < $2",
        )
        .bind(account)
        .bind(cursor)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Store {
    /// Accounts whose CRMs are behind their feed, those first that are the least: one company's flood
    /// is no reason for another's single message to wait. The last of `most` is the one that is the
    /// most behind, so that it gets its turn however many others are a little.
    pub async fn accounts_behind_crm(&self, most: i64) -> Result<Vec<AccountId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "with behind as (
                select f.account_id, row_number() over by_lag as place, count(*) over () as all_of
                from crm_feeds f
                join account_counters c on c.account_id = f.account_id
                where f.cursor_seq < c.event_seq
                window by_lag as (order by c.event_seq - f.cursor_seq, f.account_id)
             )
             select account_id from behind
             where place < $1 or place = all_of order by place",
        )
        .bind(most)
        .fetch_all(&self.platform)
        .await?;
        Ok(ids.into_iter().map(AccountId).collect())
    }
}
