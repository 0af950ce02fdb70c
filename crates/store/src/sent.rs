//! What a service called a message of ours, and reports that come before we know that name (CV-7).

use domain::{
    delivery::DeliveryStatus,
    ids::{ChannelId, MessageId},
};

use crate::{Error, Result, StatusChange, TenantTx};

impl TenantTx {
    /// Keeps what a failure means, beside what was said of it.
    pub async fn set_failure_code(&mut self, id: MessageId, code: &str) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update messages set failure_code = $3 where account_id = $1 and message_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(code)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps ids by which the service may name a message of ours.
    pub async fn add_aliases(
        &mut self,
        channel: ChannelId,
        id: MessageId,
        aliases: &[String],
    ) -> Result<()> {
        if aliases.is_empty() {
            return Ok(());
        }
        let account = self.account().0;
        sqlx::query(
            "insert into message_aliases (account_id, channel_id, alias, message_id)
             select $1, $2, alias, $4 from unnest($3::text[]) alias on conflict do nothing",
        )
        .bind(account)
        .bind(channel.0)
        .bind(aliases)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Records what the service called a message that it accepted, and returns the furthest status
    /// that early reports already gave.
    pub async fn record_sent(
        &mut self,
        channel: ChannelId,
        id: MessageId,
        external_id: &str,
        aliases: &[String],
    ) -> Result<Vec<StatusChange>> {
        let mut names = aliases.to_vec();
        names.push(external_id.to_owned());
        self.hold_names(channel, &names).await?;
        let account = self.account().0;
        sqlx::query(
            "update messages set external_id = $3 where account_id = $1 and message_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(external_id)
        .execute(self.conn())
        .await?;
        self.add_aliases(channel, id, aliases).await?;
        let early: Vec<(String, Option<String>)> = sqlx::query_as(
            "delete from early_reports
             where account_id = $1 and channel_id = $2 and external_id = any($3)
             returning status, reason",
        )
        .bind(account)
        .bind(channel.0)
        .bind(&names)
        .fetch_all(self.conn())
        .await?;
        early
            .into_iter()
            .map(|(status, failure)| {
                let status = DeliveryStatus::parse(&status)
                    .ok_or_else(|| Error::bad("early_reports", "status", &status))?;
                Ok(StatusChange { status, failure })
            })
            .collect()
    }

    /// Holds these names of a service until COMMIT: a send is recorded before or after the look for a
    /// report's message, never beside it, so that none of the two misses the other.
    pub async fn hold_names(&mut self, channel: ChannelId, names: &[String]) -> Result<()> {
        sqlx::query(
            "select pg_advisory_xact_lock(hashtextextended($1::text || n, 0))
             from (select n from unnest($2::text[]) n order by n) sorted",
        )
        .bind(channel.0)
        .bind(names)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps a report whose message is not known yet. The caller holds its name.
    pub async fn keep_early_report(
        &mut self,
        channel: ChannelId,
        external_id: &str,
        change: &StatusChange,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into early_reports (account_id, channel_id, external_id, status, reason)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(account)
        .bind(channel.0)
        .bind(external_id)
        .bind(change.status.as_str())
        .bind(&change.failure)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl crate::Store {
    /// Forgets reports whose message never came within a day.
    pub async fn prune_early_reports(&self) -> Result<u64> {
        Ok(sqlx::query("delete from early_reports where created_at < now() - interval '1 day'")
            .execute(&self.platform)
            .await?
            .rows_affected())
    }
}
