//! Keeping access to a portal. The refresh token is single-use: whoever spends it and loses the answer
//! has lost the portal until a person connects it again. So one process at a time changes the tokens,
//! over all nodes, by a lease in the portal's row; that a change is under way is committed before the
//! call, the new pair before it is used; and a lease that ran out unanswered stops the portal with its
//! reason instead of guessing.

use std::time::Duration;

use chrono::TimeDelta;
use crm::{CrmError, Grant, GrantError};
use domain::{
    clock::Instant,
    crm::{PortalState, PortalTrouble},
};
use secrecy::{ExposeSecret, SecretString};
use store::{PortalRow, PortalTokens, Refreshing};

use super::{keys_of, set_state};
use crate::App;

/// How long before its end a token is changed: longer than the calls that may be under way with it.
const EARLY: TimeDelta = TimeDelta::minutes(5);
/// Those who wait for another one's change look this often.
const LOOK: Duration = Duration::from_millis(150);
/// Tries to write a new pair: it exists nowhere else.
const MOST_WRITES: usize = 40;

const CUT_OFF: CrmError = CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain };

/// Whose turn it is.
enum Turn {
    /// Somebody changed the tokens meanwhile; these are they.
    Changed(Box<PortalRow>),
    Mine(Box<PortalRow>),
    /// Somebody is at it.
    Others,
}

impl App {
    /// The portal with an access token that is good for the next minutes. `refused`: the token that
    /// the CRM did not take. Waits while another process changes the tokens.
    pub(crate) async fn living_token(
        &self,
        row: PortalRow,
        refused: Option<&SecretString>,
    ) -> Result<PortalRow, CrmError> {
        if row.state == PortalState::Disconnected {
            return Err(CUT_OFF);
        }
        if !is_due(&row, refused, self.clock.now()) {
            return Ok(row);
        }
        loop {
            match self.take_turn(&row, refused).await? {
                Turn::Changed(row) => return Ok(*row),
                Turn::Mine(row) => return self.change_tokens(*row).await,
                Turn::Others => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Decides under the row's lock. The lease is committed when this returns [`Turn::Mine`].
    async fn take_turn(
        &self,
        known: &PortalRow,
        refused: Option<&SecretString>,
    ) -> Result<Turn, CrmError> {
        let mut tx = self.store.tenant(known.account).await.map_err(later)?;
        let Some(row) = tx.lock_portal(known.portal_id).await.map_err(later)? else {
            return Err(CUT_OFF);
        };
        let cut_off = match row.state {
            PortalState::Disconnected => true,
            PortalState::Stopped => row.trouble == Some(PortalTrouble::ConnectAgain),
            PortalState::Connecting | PortalState::Connected | PortalState::Interrupted => false,
        };
        if cut_off {
            return Err(CUT_OFF);
        }
        if !is_due(&row, refused, self.clock.now()) {
            return Ok(Turn::Changed(Box::new(row)));
        }
        match row.refreshing {
            Refreshing::Running => Ok(Turn::Others),
            Refreshing::No if row.secrets.refresh.is_some() => {
                let lease = self.settings.crm.refresh_lease;
                tx.begin_refresh(row.portal_id, lease).await.map_err(later)?;
                tx.commit().await.map_err(later)?;
                Ok(Turn::Mine(Box::new(row)))
            }
            // A long-lived token that is not taken any more, or a change whose answer was lost.
            Refreshing::No | Refreshing::Stale => {
                let trouble = Some(PortalTrouble::ConnectAgain);
                let id = row.portal_id;
                set_state(&mut tx, id, PortalState::Stopped, trouble).await.map_err(later)?;
                tx.commit().await.map_err(later)?;
                Err(CUT_OFF)
            }
        }
    }

    /// Spends the refresh token. In a task of its own: a caller that goes away (a browser that closes)
    /// must not take the answer along.
    #[expect(
        clippy::disallowed_methods,
        reason = "the answer holds the only copy of the next token: it is written whether or not \
                  anybody waits for it, within the adapter's time-outs"
    )]
    async fn change_tokens(&self, row: PortalRow) -> Result<PortalRow, CrmError> {
        let app = self.clone();
        let task = tokio::spawn(async move { app.spend(row).await });
        task.await.unwrap_or_else(|_| Err(CUT_OFF))
    }

    async fn spend(&self, row: PortalRow) -> Result<PortalRow, CrmError> {
        let refused = |why: String| CrmError::Retry { after: None, why };
        let keys = keys_of(&self.settings, &row);
        let adapter = self.crm_adapter(row.kind).map_err(|e| refused(e.to_string()))?;
        let base = self.crm_portal(&row).map_err(|e| refused(e.to_string()))?.base;
        let (Some(keys), Some(spent)) = (keys, row.secrets.refresh.clone()) else {
            self.give_back(&row).await?;
            return Err(refused("this installation has no keys for the CRM".to_owned()));
        };
        metrics::counter!("beseda_crm_refreshes_total", "kind" => row.kind.as_str()).increment(1);
        let answer = adapter.connect().refresh(&keys, &base, &spent).await;
        match answer {
            Ok(grant) => self.keep(&row, &spent, tokens(grant, self.clock.now())).await,
            Err(GrantError::NotReached(why)) => {
                self.give_back(&row).await?;
                // Its next try goes to where the account is now.
                self.follow(&row).await;
                Err(refused(why))
            }
            Err(GrantError::Keys(why)) => {
                tracing::error!(portal.id = %row.portal_id, why, "a CRM does not take the keys of an app");
                self.give_back(&row).await?;
                Err(CrmError::Disconnected { trouble: PortalTrouble::KeysRefused })
            }
            Err(GrantError::Stopped(trouble)) => {
                self.give_back(&row).await?;
                Err(CrmError::Disconnected { trouble })
            }
            Err(GrantError::Elsewhere(why)) if self.follow(&row).await => {
                self.give_back(&row).await?;
                Err(refused(why))
            }
            Err(
                error @ (GrantError::Lost(_) | GrantError::Refused(_) | GrantError::Elsewhere(_)),
            ) => {
                tracing::error!(portal.id = %row.portal_id, %error, "access to a CRM is lost");
                self.stop_unless_changed(&row, &spent).await?;
                Err(CUT_OFF)
            }
        }
    }

    /// Writes the new pair, as long as it takes, unless a person connected anew meanwhile.
    async fn keep(
        &self,
        row: &PortalRow,
        spent: &SecretString,
        tokens: PortalTokens,
    ) -> Result<PortalRow, CrmError> {
        let mut last = None;
        for _ in 0..MOST_WRITES {
            match self.write_tokens(row, spent, &tokens).await {
                Ok(Some(row)) => return Ok(row),
                Ok(None) => return Err(CUT_OFF),
                Err(error) => {
                    tracing::warn!(%error, portal.id = %row.portal_id, "a new token is not written yet");
                    last = Some(error);
                    tokio::time::sleep(LOOK * 5).await;
                }
            }
        }
        Err(last.map_or(CUT_OFF, later))
    }

    async fn write_tokens(
        &self,
        row: &PortalRow,
        spent: &SecretString,
        tokens: &PortalTokens,
    ) -> Result<Option<PortalRow>, store::Error> {
        let mut tx = self.store.tenant(row.account).await?;
        let Some(locked) = tx.lock_portal(row.portal_id).await? else { return Ok(None) };
        if locked.state == PortalState::Disconnected {
            return Ok(None);
        }
        if !same(locked.secrets.refresh.as_ref(), Some(spent)) {
            return Ok(Some(locked));
        }
        tx.write_portal_tokens(&locked, tokens).await?;
        if locked.trouble == Some(PortalTrouble::ConnectAgain) {
            // Somebody took this change for lost; it was only slow.
            set_state(&mut tx, row.portal_id, PortalState::Connected, None).await?;
        }
        let fresh = tx.portal(row.portal_id).await?;
        tx.commit().await?;
        Ok(fresh)
    }

    /// Nothing was spent: the next one may try.
    async fn give_back(&self, row: &PortalRow) -> Result<(), CrmError> {
        let mut tx = self.store.tenant(row.account).await.map_err(later)?;
        tx.end_refresh(row.portal_id).await.map_err(later)?;
        tx.commit().await.map_err(later)?;
        Ok(())
    }

    async fn stop_unless_changed(
        &self,
        row: &PortalRow,
        spent: &SecretString,
    ) -> Result<(), CrmError> {
        let mut tx = self.store.tenant(row.account).await.map_err(later)?;
        let Some(locked) = tx.lock_portal(row.portal_id).await.map_err(later)? else {
            return Ok(());
        };
        if same(locked.secrets.refresh.as_ref(), Some(spent)) {
            let trouble = Some(PortalTrouble::ConnectAgain);
            let id = row.portal_id;
            set_state(&mut tx, id, PortalState::Stopped, trouble).await.map_err(later)?;
            tx.commit().await.map_err(later)?;
        }
        Ok(())
    }
}

pub(super) fn tokens(grant: Grant, now: Instant) -> PortalTokens {
    let expires_in = TimeDelta::from_std(grant.expires_in).unwrap_or(TimeDelta::days(1));
    PortalTokens {
        expires_at: grant.refresh.is_some().then(|| now + expires_in),
        access: grant.access,
        refresh: grant.refresh,
    }
}

/// Whether a token must be changed before the next call.
fn is_due(row: &PortalRow, refused: Option<&SecretString>, now: Instant) -> bool {
    if refused.is_some() && same(refused, Some(&row.secrets.access)) {
        return true;
    }
    row.token_expires_at.is_some_and(|end| end - now <= EARLY)
}

fn same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.expose_secret() == other.expose_secret(),
        (None, None) => true,
        _ => false,
    }
}

fn later(error: store::Error) -> CrmError {
    CrmError::Retry { after: None, why: error.to_string() }
}
