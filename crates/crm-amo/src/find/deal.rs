//! Deals of a contact. The links API does not list them: the contact's answer names their ids.

use crm::CrmError;
use domain::crm::{CrmId, DealFact, EntityState, StageRef};

use super::{contact, there};
use crate::{
    api::{Api, Failure},
    directory::{LOST, WON},
    list::{self, MOST},
    wire::{Lead, moment},
};

/// Ids grow with time, and no rule looks further back than this: a contact of an agency may have a
/// thousand deals. More of them make an address of a call that servers refuse.
const LOOKED_AT: usize = 150;
/// The same where each costs a call.
const LOOKED_AT_SINGLY: usize = 50;

pub(super) async fn of(
    api: &Api<'_>,
    contact: &CrmId,
    ids: Option<&[CrmId]>,
) -> Result<Vec<DealFact>, CrmError> {
    let ids = match ids {
        Some(ids) => ids.iter().filter_map(|id| id.as_str().parse().ok()).collect(),
        None => leads_of(api, contact).await?,
    };
    Ok(leads(api, ids).await?.into_iter().map(fact).collect())
}

/// Ids of a contact's deals.
pub(crate) async fn leads_of(api: &Api<'_>, contact: &CrmId) -> Result<Vec<i64>, CrmError> {
    let found = contact::one(api, contact).await?;
    Ok(found.map(|c| c.embedded.leads.iter().map(|lead| lead.id).collect()).unwrap_or_default())
}

/// Deals by their ids, the newest first; those that are gone are left out.
pub(crate) async fn leads(api: &Api<'_>, mut ids: Vec<i64>) -> Result<Vec<Lead>, CrmError> {
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    ids.truncate(LOOKED_AT);
    let mut leads = match filtered(api, &ids).await? {
        Some(leads) => leads,
        None => one_by_one(api, ids.iter().take(LOOKED_AT_SINGLY)).await?,
    };
    leads.retain(|lead| !lead.is_deleted);
    leads.sort_by_key(|lead| std::cmp::Reverse((lead.created_at, lead.id)));
    Ok(leads)
}

/// One call for all. `None`: the account has not paid for the filter, or did not heed it: then amoCRM
/// answers with strangers' deals in silence (<https://github.com/amocrm/amocrm-api-php/issues/348>).
async fn filtered(api: &Api<'_>, ids: &[i64]) -> Result<Option<Vec<Lead>>, CrmError> {
    if ids.len() < 2 || !api.caller.portal.filters {
        return Ok(None);
    }
    let texts: Vec<String> = ids.iter().map(i64::to_string).collect();
    let mut query: Vec<(&str, &str)> = vec![("limit", MOST)];
    query.extend(texts.iter().map(|id| ("filter[id][]", id.as_str())));
    let leads: Vec<Lead> =
        list::first(api, "leads", &query, "leads").await.map_err(Failure::into_error)?;
    let heeded = leads.iter().all(|lead| ids.contains(&lead.id));
    Ok(heeded.then_some(leads))
}

async fn one_by_one(api: &Api<'_>, ids: impl Iterator<Item = &i64>) -> Result<Vec<Lead>, CrmError> {
    let mut leads = Vec::new();
    for id in ids {
        leads.extend(there(api.get::<Lead>(&format!("leads/{id}"), &[]).await)?);
    }
    Ok(leads)
}

fn fact(lead: Lead) -> DealFact {
    let closed = matches!(lead.status_id, WON | LOST);
    DealFact {
        id: lead.id.into(),
        name: lead.name,
        at: StageRef { pipeline: lead.pipeline_id.into(), stage: lead.status_id.into() },
        state: if closed { EntityState::Closed } else { EntityState::Open },
        responsible: lead.responsible_user_id.map(CrmId::from),
        created_at: moment(lead.created_at).unwrap_or_default(),
        changed_at: moment(lead.updated_at).unwrap_or_default(),
    }
}
