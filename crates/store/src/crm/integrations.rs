//! What is passed to a portal, and how. The channels of an enabled integration have rows of their own:
//! their constraint keeps a channel from going to one CRM account twice (AMO-1).

use chrono::{DateTime, Utc};
use domain::{
    clock::Instant,
    crm::{CrmKind, Settings},
    ids::{ChannelId, IntegrationId, PortalId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// The constraint that a channel breaks which another integration of the portal passes on.
pub const INTEGRATION_CHANNEL_TAKEN: &str = "integration_channels_once";

#[derive(Debug, Clone)]
pub struct NewIntegration {
    pub integration_id: IntegrationId,
    pub portal_id: PortalId,
    pub kind: CrmKind,
    pub name: String,
    pub enabled: bool,
    pub settings: Settings,
}

#[derive(Debug, Clone, PartialEq)]
pub struct IntegrationRow {
    pub integration_id: IntegrationId,
    pub portal_id: PortalId,
    pub kind: CrmKind,
    pub name: String,
    pub enabled: bool,
    pub settings: Settings,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    integration_id: Uuid,
    portal_id: Uuid,
    kind: String,
    name: String,
    enabled: bool,
    settings: Json<Settings>,
    revision: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for IntegrationRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            integration_id: IntegrationId(row.integration_id),
            portal_id: PortalId(row.portal_id),
            kind: CrmKind::parse(&row.kind)
                .ok_or_else(|| Error::bad("integrations", "kind", &row.kind))?,
            name: row.name,
            enabled: row.enabled,
            settings: row.settings.0,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select i.integration_id, i.portal_id, i.kind, i.name, i.enabled, i.settings,
                i.revision, i.created_at, i.updated_at
             from integrations i ",
            $rest
        )
    };
}

impl TenantTx {
    pub async fn insert_integration(&mut self, new: &NewIntegration) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into integrations
                (account_id, integration_id, portal_id, kind, name, enabled, settings)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(account)
        .bind(new.integration_id.0)
        .bind(new.portal_id.0)
        .bind(new.kind.as_str())
        .bind(&new.name)
        .bind(new.enabled)
        .bind(Json(&new.settings))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// All integrations, the oldest first. A company has a handful.
    pub async fn integrations(&mut self) -> Result<Vec<IntegrationRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(select!(
            "where i.account_id = $1 and i.parted_at is null
             order by i.created_at, i.integration_id"
        ))
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(IntegrationRow::try_from).collect()
    }

    /// Those that pass this channel's enquiries on now.
    pub async fn integrations_of_channel(
        &mut self,
        channel: ChannelId,
    ) -> Result<Vec<IntegrationRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(select!(
            "join integration_channels c
                on c.account_id = i.account_id and c.integration_id = i.integration_id
             where i.account_id = $1 and c.channel_id = $2 and i.enabled and i.parted_at is null
             order by i.created_at, i.integration_id"
        ))
        .bind(account)
        .bind(channel.0)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(IntegrationRow::try_from).collect()
    }

    /// Which integrations pass which channels on now.
    pub async fn integration_channels(
        &mut self,
    ) -> Result<Vec<(IntegrationId, PortalId, ChannelId)>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
            "select integration_id, portal_id, channel_id from integration_channels
             where account_id = $1 order by integration_id, channel_id",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(i, p, c)| (IntegrationId(i), PortalId(p), ChannelId(c)))
            .collect())
    }

    /// In which portal an integration works and whether it is on; `None`: one of the two is gone.
    pub async fn integration_works(
        &mut self,
        id: IntegrationId,
    ) -> Result<Option<(PortalId, bool)>> {
        let account = self.account().0;
        let found: Option<(Uuid, bool)> = sqlx::query_as(
            "select i.portal_id, i.enabled from integrations i
             join portals p on p.account_id = i.account_id and p.portal_id = i.portal_id
             where i.account_id = $1 and i.integration_id = $2 and i.parted_at is null
               and p.deleted_at is null",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(|(portal, enabled)| (PortalId(portal), enabled)))
    }

    pub async fn integration(&mut self, id: IntegrationId) -> Result<Option<IntegrationRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(select!(
            "where i.account_id = $1 and i.integration_id = $2 and i.parted_at is null"
        ))
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(IntegrationRow::try_from).transpose()
    }

    /// Replaces what is set. The new revision; `None`: no such integration.
    pub async fn update_integration(
        &mut self,
        id: IntegrationId,
        name: &str,
        enabled: bool,
        settings: &Settings,
    ) -> Result<Option<i64>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "update integrations set name = $3, enabled = $4, settings = $5,
                revision = revision + 1, updated_at = now()
             where account_id = $1 and integration_id = $2 returning revision",
        )
        .bind(account)
        .bind(id.0)
        .bind(name)
        .bind(enabled)
        .bind(Json(settings))
        .fetch_optional(self.conn())
        .await?)
    }

    /// Says which channels an integration passes on: none while it is off. Those that are new to it are
    /// passed on from `now` on. Breaks
    /// [`INTEGRATION_CHANNEL_TAKEN`] when another one of the portal has one of them.
    pub async fn set_integration_channels(
        &mut self,
        id: IntegrationId,
        portal: PortalId,
        channels: &[ChannelId],
        now: Instant,
    ) -> Result<()> {
        let account = self.account().0;
        let ids: Vec<Uuid> = channels.iter().map(|c| c.0).collect();
        sqlx::query(
            "delete from integration_channels
             where account_id = $1 and integration_id = $2 and channel_id <> all($3)",
        )
        .bind(account)
        .bind(id.0)
        .bind(&ids)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "insert into integration_channels
                (account_id, integration_id, portal_id, channel_id, since)
             select $1, $2, $3, c, $5 from (select distinct unnest($4::uuid[]) as c) u
             on conflict (account_id, integration_id, channel_id) do nothing",
        )
        .bind(account)
        .bind(id.0)
        .bind(portal.0)
        .bind(&ids)
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// With the rows that it left behind at other portals.
    pub async fn delete_integration(&mut self, id: IntegrationId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from integrations i
             using integrations gone
             where gone.account_id = $1 and gone.integration_id = $2 and gone.parted_at is null
               and i.account_id = $1
               and (i.integration_id = $2
                    or coalesce(i.origin_id, i.integration_id)
                        = coalesce(gone.origin_id, gone.integration_id))",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() > 0)
    }
}
