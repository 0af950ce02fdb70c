//! Making a portal ready, and keeping it so: what it says of itself, a living token, our webhook, its
//! chats, its lists. After access was given; when a person wants to know; and daily, because a refresh
//! token that nobody uses dies in three months, and a CRM that met our silence for two hours does not
//! call our webhook any more.

use std::time::Duration;

use chrono::TimeDelta;
use crm::CrmError;
use domain::{
    crm::{PortalMode, PortalState, PortalTrouble},
    crm_view::PortalView,
    ids::{AccountId, PortalId},
    people::Right,
};
use store::PortalRow;

use super::{
    changed,
    door::{Door, at_portal},
    portal_chats::lacks_chats,
    portals::{NOT_FOUND, about, disconnected},
    set_state,
};
use crate::{Actor, App, Error, JobError, Result, work::back_off};

/// Portals are looked after so often.
const DAILY: TimeDelta = TimeDelta::days(1);
/// One that could not be looked after, or whose chats the CRM does not take, comes again.
pub(super) const AGAIN: TimeDelta = TimeDelta::hours(1);

impl App {
    /// Looks whether a portal answers, writes what it says, and lets waiting work go on.
    pub async fn check_portal(&self, actor: &Actor, id: PortalId) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let row = self.portal_row(actor.account, id).await?.ok_or(NOT_FOUND)?;
        if row.state == PortalState::Disconnected {
            return Err(disconnected());
        }
        let seen = async {
            let door = self.see_to(row).await?;
            self.rejoin_chats(&door.row).await
        };
        match seen.await {
            Ok(()) => self.portal_connected(actor.account, id).await?,
            Err(error) => self.portal_failed_by_hand(actor.account, id, error).await,
        }
        self.portal(actor, id).await
    }

    /// Makes a portal ready after its access was given. Safe to repeat.
    pub(crate) async fn connect_portal(
        &self,
        account: AccountId,
        id: PortalId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |e: Error| JobError::of(&e, attempts);
        let row = self.portal_row(account, id).await.map_err(fault)?;
        let Some(row) = row.filter(|row| row.state != PortalState::Disconnected) else {
            return Ok(());
        };
        let done = async {
            let door = self.see_to(row).await?;
            self.rejoin_chats(&door.row).await?;
            self.pull_directory(door).await
        };
        match done.await {
            Ok(_) => self.portal_connected(account, id).await.map_err(fault),
            Err(CrmError::Disconnected { trouble }) => {
                self.portal_is(account, id, PortalState::Stopped, Some(trouble)).await;
                Ok(())
            }
            Err(CrmError::TokenExpired) => {
                let trouble = Some(PortalTrouble::ConnectAgain);
                self.portal_is(account, id, PortalState::Stopped, trouble).await;
                Ok(())
            }
            // Our own limits say nothing about the CRM.
            Err(CrmError::Busy(after)) => {
                Err(JobError::Wait { after, why: "the portal's limit is used up".to_owned() })
            }
            Err(error) => {
                tracing::warn!(portal.id = %id, %error, "a portal cannot be connected yet");
                self.portal_is(account, id, PortalState::Interrupted, None).await;
                let after = back_off(attempts).max(Duration::from_secs(2));
                Err(JobError::Retry { after, why: error.to_string() })
            }
        }
    }

    /// Looks after portals that are due. Returns how many it took on.
    pub async fn look_after_portals(&self, most: i64) -> Result<usize> {
        let now = self.clock.now();
        let due = self.store.take_due_upkeep(now, now + AGAIN, most).await?;
        for (account, id) in &due {
            let Some(row) = self.portal_row(*account, *id).await? else { continue };
            let was = row.state;
            match self.see_to(row).await {
                Ok(door) => {
                    if was != PortalState::Connected {
                        tracing::info!(portal.id = %id, "a portal is well again");
                        self.portal_connected(*account, *id).await?;
                    }
                    self.offer_chats_again(&door.row).await;
                }
                Err(CrmError::Disconnected { trouble }) => {
                    self.portal_is(*account, *id, PortalState::Stopped, Some(trouble)).await;
                }
                Err(CrmError::TokenExpired) => {
                    let trouble = Some(PortalTrouble::ConnectAgain);
                    self.portal_is(*account, *id, PortalState::Stopped, trouble).await;
                }
                Err(error) => {
                    tracing::warn!(%error, portal.id = %id, "a portal was not looked after");
                }
            }
        }
        Ok(due.len())
    }

    /// A living token, what the portal says of itself, our webhook.
    async fn see_to(&self, row: PortalRow) -> Result<Door, CrmError> {
        let door = match self.look_again(row.clone()).await {
            Err(CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain })
                if self.follow(&row).await =>
            {
                let there = self.portal_row(row.account, row.portal_id).await;
                let there =
                    there.map_err(|e| CrmError::Retry { after: None, why: e.to_string() })?;
                self.look_again(there.unwrap_or(row)).await?
            }
            other => other?,
        };
        let door = self.subscribe_portal(door).await?;
        let (account, id) = (door.row.account, door.row.portal_id);
        let noted = async {
            let mut tx = self.store.tenant(account).await?;
            let next = if lacks_chats(&door.row) { AGAIN } else { DAILY };
            tx.set_upkeep(id, self.clock.now() + next).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, portal.id = %id, "the next look at a portal was not noted");
        }
        Ok(door)
    }

    /// A living token, and what the portal says of itself now.
    async fn look_again(&self, row: PortalRow) -> Result<Door, CrmError> {
        let mut door = self.open_door(row).await?;
        let info = at_portal!(self, door, adapter, caller => adapter.connect().about(&caller))?;
        if info.external_id != door.row.external_id {
            // Another account behind the same address: nothing is to be written there.
            return Err(CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain });
        }
        let noted = async {
            let mut tx = self.store.tenant(door.row.account).await?;
            tx.set_portal_about(door.row.portal_id, &about(info)).await?;
            let fresh = tx.portal(door.row.portal_id).await?;
            tx.commit().await?;
            Ok::<_, store::Error>(fresh)
        };
        match noted.await {
            Ok(Some(fresh)) => self.behind(fresh),
            Ok(None) => Err(CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain }),
            Err(error) => Err(CrmError::Retry { after: None, why: error.to_string() }),
        }
    }

    /// A long-lived token takes no webhooks (CRM-7), and an installation that nobody reaches none. A CRM
    /// that refuses ours is connected all the same, and the screen says what does not come back.
    async fn subscribe_portal(&self, mut door: Door) -> Result<Door, CrmError> {
        let hook = self.settings.crm_hook(&door.row);
        let refused = match hook.filter(|_| door.row.mode == PortalMode::Full) {
            Some(hook) => {
                let done = at_portal!(self, door, adapter, caller => {
                    adapter.connect().subscribe(&caller, &hook)
                });
                match done {
                    Ok(()) => None,
                    Err(CrmError::Rejected { words }) => Some(words),
                    // It is there or it is not: the next look asks for it again.
                    Err(CrmError::Unknown { why }) => {
                        return Err(CrmError::Retry { after: None, why });
                    }
                    Err(error) => return Err(error),
                }
            }
            None => None,
        };
        let (account, id) = (door.row.account, door.row.portal_id);
        let noted = async {
            let mut tx = self.store.tenant(account).await?;
            if tx.set_hook_trouble(id, refused.as_ref()).await? {
                changed(&mut tx, id);
            }
            tx.commit().await
        };
        match noted.await {
            Ok(_) => Ok(door),
            Err(error) => Err(CrmError::Retry { after: None, why: error.to_string() }),
        }
    }

    /// Well again: its work goes on now.
    pub(super) async fn portal_connected(&self, account: AccountId, id: PortalId) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.portal_answered(id).await?;
        set_state(&mut tx, id, PortalState::Connected, None).await?;
        tx.commit().await?;
        self.let_go_on(account, id).await?;
        Ok(())
    }

    async fn portal_failed_by_hand(&self, account: AccountId, id: PortalId, error: CrmError) {
        let (state, trouble) = match error {
            CrmError::Disconnected { trouble } => (PortalState::Stopped, Some(trouble)),
            CrmError::TokenExpired => (PortalState::Stopped, Some(PortalTrouble::ConnectAgain)),
            // Our own limits say nothing about the CRM.
            CrmError::Busy(_) => return,
            CrmError::Retry { .. } | CrmError::Unknown { .. } | CrmError::Rejected { .. } => {
                (PortalState::Interrupted, None)
            }
        };
        self.portal_is(account, id, state, trouble).await;
    }
}
