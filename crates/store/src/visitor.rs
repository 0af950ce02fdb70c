//! Visitors of a company's site: bearers of a widget token.

use domain::{
    attribution::Attribution,
    ids::{AccountId, ChannelId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, Store, TenantTx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorRow {
    pub account: AccountId,
    pub channel: ChannelId,
    /// The visitor's external id within the channel.
    pub visitor: Uuid,
    pub attribution: Attribution,
    /// The contact form was filled (RT-3).
    pub known: bool,
}

#[derive(Debug, Clone)]
pub struct NewVisitor {
    pub channel: ChannelId,
    pub visitor: Uuid,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    pub attribution: Attribution,
}

impl Store {
    /// The visitor who bears this token, if it is one of this channel.
    pub async fn visitor_by_token(
        &self,
        channel: ChannelId,
        token_hash: &[u8; 32],
    ) -> Result<Option<VisitorRow>> {
        let row: Option<(Uuid, Uuid, Uuid, Json<Attribution>, bool)> = sqlx::query_as(
            "update visitors set last_seen_at = now()
             where token_hash = $1 and channel_id = $2
             returning account_id, channel_id, visitor_id, attribution, known",
        )
        .bind(token_hash.as_slice())
        .bind(channel.0)
        .fetch_optional(&self.platform)
        .await?;
        Ok(row.map(|(account, channel, visitor, attribution, known)| VisitorRow {
            account: AccountId(account),
            channel: ChannelId(channel),
            visitor,
            attribution: attribution.0,
            known,
        }))
    }
}

impl TenantTx {
    pub async fn insert_visitor(&mut self, new: &NewVisitor) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into visitors (account_id, channel_id, visitor_id, token_hash, attribution)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(account)
        .bind(new.channel.0)
        .bind(new.visitor)
        .bind(new.token_hash.as_slice())
        .bind(Json(&new.attribution))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn visitor_known(&mut self, visitor: Uuid) -> Result<()> {
        let account = self.account().0;
        sqlx::query("update visitors set known = true where account_id = $1 and visitor_id = $2")
            .bind(account)
            .bind(visitor)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Whether any employee is on line.
    pub async fn anybody_online(&mut self) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select from employees
                where account_id = $1 and presence = 'online' and disabled_at is null)",
        )
        .bind(account)
        .fetch_one(self.conn())
        .await?)
    }
}
