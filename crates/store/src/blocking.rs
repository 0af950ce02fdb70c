//! Whom a black list's entry concerns, for services with a black list of their own (WA-5).

use domain::{
    attribution::Attribution,
    channel::ChannelKind,
    ids::{ChannelId, IdentityId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, TenantTx};

/// Somebody to be put on a service's list.
#[derive(Debug, Clone)]
pub struct ToBlock {
    pub channel_id: ChannelId,
    pub external_id: String,
    pub person_key: Option<String>,
    /// Of their latest conversation.
    pub attribution: Attribution,
}

impl TenantTx {
    /// The people of every channel whom an entry names, by the service's id, a phone or an address.
    pub async fn people_of_entry(
        &mut self,
        entry: &str,
        most: i64,
    ) -> Result<Vec<(IdentityId, ChannelKind)>> {
        let account = self.account().0;
        let found: Vec<(Uuid, String)> = sqlx::query_as(
            "with here as (
                select channel_id, kind from channels where account_id = $1 and deleted_at is null
             )
             select i.identity_id, h.kind from here h
             join identities i on i.channel_id = h.channel_id and i.external_id = $2
             where i.account_id = $1
             union
             select i.identity_id, h.kind from here h
             join identities i on i.channel_id = h.channel_id and i.person_key = $2
             where i.account_id = $1
             union
             select i.identity_id, h.kind
             from (select contact_id from contact_phones where account_id = $1 and phone = $2
                   union all
                   select contact_id from contact_emails where account_id = $1 and email = $2) k
             join identities i on i.account_id = $1 and i.contact_id = k.contact_id
             join here h on h.channel_id = i.channel_id
             limit $3",
        )
        .bind(account)
        .bind(entry)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(found.into_iter().map(|(id, kind)| (IdentityId(id), ChannelKind(kind))).collect())
    }

    pub async fn to_block(&mut self, id: IdentityId) -> Result<Option<ToBlock>> {
        type Row = (Uuid, String, Option<String>, Option<Json<Attribution>>);
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(
            "select i.channel_id, i.external_id, i.person_key, c.attribution
             from identities i
             left join lateral (
                select attribution from conversations c
                where c.account_id = i.account_id and c.identity_id = i.identity_id
                order by number desc limit 1) c on true
             where i.account_id = $1 and i.identity_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|(channel, external_id, person_key, attribution)| ToBlock {
            channel_id: ChannelId(channel),
            external_id,
            person_key,
            attribution: attribution.map(|a| a.0).unwrap_or_default(),
        }))
    }
}
