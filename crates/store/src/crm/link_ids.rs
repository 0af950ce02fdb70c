//! Which ids in a CRM are ours.

use std::collections::BTreeSet;

use domain::{
    crm::{CrmId, Entity},
    ids::{ContactId, PortalId},
};

use super::links::entity;
use crate::{Result, TenantTx};

impl TenantTx {
    /// Which of these are linked with anybody of ours. Locks all those links at once and in their order,
    /// so that one who goes through them meets no one who holds the next and waits for this.
    pub async fn lock_crm_linked(
        &mut self,
        portal: PortalId,
        asked: &[(Entity, CrmId)],
    ) -> Result<BTreeSet<(Entity, CrmId)>> {
        let account = self.account().0;
        let entities: Vec<&str> = asked.iter().map(|(entity, _)| entity.as_str()).collect();
        let ids: Vec<&str> = asked.iter().map(|(_, id)| id.as_str()).collect();
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select l.entity, l.external_id
             from unnest($3::text[], $4::text[]) a(entity, id)
             join crm_links l
                on l.account_id = $1 and l.portal_id = $2 and l.entity = a.entity
                and l.external_id = a.id
             order by l.link_id for update of l",
        )
        .bind(account)
        .bind(portal.0)
        .bind(&entities)
        .bind(&ids)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(|(of, id)| Ok((entity(&of)?, CrmId(id)))).collect()
    }

    /// Ids of one kind that are ours in a portal and belong to this person.
    pub async fn crm_ids_of(
        &mut self,
        portal: PortalId,
        contact: ContactId,
        entity: Entity,
    ) -> Result<Vec<CrmId>> {
        let account = self.account().0;
        let ids: Vec<String> = sqlx::query_scalar(
            "select external_id from crm_links
             where account_id = $1 and contact_id = $2 and portal_id = $3 and entity = $4",
        )
        .bind(account)
        .bind(contact.0)
        .bind(portal.0)
        .bind(entity.as_str())
        .fetch_all(self.conn())
        .await?;
        Ok(ids.into_iter().map(CrmId).collect())
    }

    /// Ids of one kind that are ours in a portal, whoever they belong to; the newest 10,000.
    pub async fn crm_ids_in(&mut self, portal: PortalId, entity: Entity) -> Result<Vec<CrmId>> {
        let account = self.account().0;
        let ids: Vec<String> = sqlx::query_scalar(
            "select external_id from crm_links
             where account_id = $1 and portal_id = $2 and entity = $3
             order by created_at desc limit 10000",
        )
        .bind(account)
        .bind(portal.0)
        .bind(entity.as_str())
        .fetch_all(self.conn())
        .await?;
        Ok(ids.into_iter().map(CrmId).collect())
    }
}
