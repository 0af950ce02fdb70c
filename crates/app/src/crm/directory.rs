//! The copy of a portal's lists: users, funnels, fields (AMO-12). Pulled when somebody asks, when a
//! write showed that it is out of date, and daily at 00:00 of Moscow. When it is due stands in the
//! portal's row, so that nodes share the work and a pull that failed is tried again.

use chrono::{Days, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Europe::Moscow;
use crm::CrmError;
use domain::{
    clock::Instant,
    crm::{Directory, PortalState, Settings},
    ids::{AccountId, PortalId},
    people::Right,
    text::Words,
};
use store::{PortalRow, TenantTx};

use super::{
    changed,
    door::{Door, at_portal},
    portals::{NOT_FOUND, disconnected},
};
use crate::{Actor, App, Error, Result};

/// A pull that failed comes again after so long.
const AGAIN: TimeDelta = TimeDelta::minutes(15);
/// Lists that a write showed to be old are pulled no more often.
const NOT_SOONER: TimeDelta = TimeDelta::minutes(1);

impl App {
    /// The lists as they were pulled last.
    pub async fn portal_directory(&self, actor: &Actor, id: PortalId) -> Result<Directory> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.portal_directory(id).await?.ok_or(NOT_FOUND)
    }

    /// Pulls them now (AMO-12, «Синхронизировать»).
    pub async fn refresh_portal_directory(&self, actor: &Actor, id: PortalId) -> Result<Directory> {
        actor.require(Right::ManageAccount)?;
        let row = self.portal_row(actor.account, id).await?.ok_or(NOT_FOUND)?;
        if row.state == PortalState::Disconnected {
            return Err(disconnected());
        }
        self.refresh_directory(row).await.map_err(not_pulled)
    }

    /// Pulls lists that are due. Returns how many it took on.
    pub async fn pull_due_directories(&self, most: i64) -> Result<usize> {
        let now = self.clock.now();
        let due = self.store.take_due_directories(now, now + AGAIN, most).await?;
        for (account, id) in &due {
            let Some(row) = self.portal_row(*account, *id).await? else { continue };
            // A person must mend it first, and an account that blocks us is not to be called at all.
            // Connecting it again pulls its lists.
            if matches!(row.state, PortalState::Stopped | PortalState::Disconnected) {
                continue;
            }
            if let Err(error) = self.refresh_directory(row).await {
                tracing::warn!(%error, portal.id = %id, "a CRM's lists were not pulled");
            }
        }
        Ok(due.len())
    }

    /// A write showed that the lists are out of date: the next sweep pulls them, unless it was done a
    /// moment ago. A value that the CRM refuses for another reason would have them pulled for ever.
    pub(crate) async fn refresh_directory_soon(&self, account: AccountId, id: PortalId) {
        let written = async {
            let mut tx = self.store.tenant(account).await?;
            let pulled = tx.portal(id).await?.and_then(|row| row.directory_at);
            let now = self.clock.now();
            let due = pulled.map_or(now, |pulled| now.max(pulled + NOT_SOONER));
            tx.set_directory_due(id, Some(due)).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, portal.id = %id, "old lists of a CRM were not noted");
        }
    }

    pub(super) async fn refresh_directory(&self, row: PortalRow) -> Result<Directory, CrmError> {
        let door = self.open_door(row).await?;
        self.pull_directory(door).await
    }

    pub(super) async fn pull_directory(&self, door: Door) -> Result<Directory, CrmError> {
        let known = self.known_lists(&door.row).await.map_err(ours)?;
        let mut door = door.knowing(known);
        let mut directory = at_portal!(self, door, adapter, caller => adapter.directory(&caller))?;
        let now = self.clock.now();
        directory.fetched_at = Some(now);
        let written = async {
            let id = door.row.portal_id;
            let mut tx = self.store.tenant(door.row.account).await?;
            tx.set_portal_directory(id, &directory, now).await?;
            plan_pull(&mut tx, id, now).await?;
            changed(&mut tx, id);
            tx.commit().await
        };
        written.await.map_err(ours)?;
        Ok(directory)
    }

    async fn known_lists(&self, portal: &PortalRow) -> Result<Directory, store::Error> {
        let mut tx = self.store.tenant(portal.account).await?;
        Ok(tx.portal_directory(portal.portal_id).await?.unwrap_or_default())
    }
}

fn ours(error: store::Error) -> CrmError {
    CrmError::Retry { after: None, why: error.to_string() }
}

/// Says when a portal's lists are due next: daily while an integration that is on wants it.
pub(super) async fn plan_pull(
    tx: &mut TenantTx,
    portal: PortalId,
    now: Instant,
) -> Result<(), store::Error> {
    let mut of_portal = tx.integrations().await?.into_iter().filter(|i| i.portal_id == portal);
    let wanted = of_portal.any(|i| i.enabled && is_daily(&i.settings));
    tx.set_directory_due(portal, wanted.then(|| next_midnight(now))).await
}

fn is_daily(settings: &Settings) -> bool {
    match settings {
        Settings::Amo(settings) => settings.directory_daily,
        Settings::Bitrix(settings) => settings.directory_daily,
    }
}

/// The next 00:00 of Moscow, whatever the clocks there do.
fn next_midnight(now: Instant) -> Instant {
    let today = now.with_timezone(&Moscow).date_naive();
    let day = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let midnight = Moscow.from_local_datetime(&day.and_time(NaiveTime::MIN));
    midnight.earliest().map_or(now + TimeDelta::days(1), |at| at.to_utc())
}

fn not_pulled(error: CrmError) -> Error {
    match error {
        CrmError::Disconnected { trouble } => Error::conflict(trouble.as_str(), trouble.reason()),
        CrmError::Rejected { words } => Error::conflict("refused", words),
        CrmError::TokenExpired => Error::conflict(
            "connect_again",
            Words::new("Подключите CRM заново.", "Connect the CRM again."),
        ),
        CrmError::Busy(_) | CrmError::Retry { .. } | CrmError::Unknown { .. } => {
            Error::Unavailable("the CRM does not answer".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_12_lists_are_due_at_midnight_of_moscow() {
        let at = |text: &str| text.parse::<Instant>().expect("a time");
        // Moscow is three hours ahead, all year.
        for (now, due) in [
            ("2026-11-22T20:59:59Z", "2026-11-22T21:00:00Z"),
            ("2026-11-22T21:00:00Z", "2026-11-23T21:00:00Z"),
            ("2026-07-01T12:00:00Z", "2026-07-01T21:00:00Z"),
            ("2026-12-31T22:00:00Z", "2027-01-01T21:00:00Z"),
        ] {
            assert_eq!(next_midnight(at(now)), at(due), "{now}");
        }
    }
}
