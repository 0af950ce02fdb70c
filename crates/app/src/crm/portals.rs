//! Access to a portal becomes a portal of the company (AMO-1), or gives one back what it had: the same
//! account of the CRM again is the same portal, with its links and its integrations, even if it was
//! disconnected meanwhile. Here also the entrance by a token (CRM-7 LITE).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm::{CrmError, PortalInfo};
use domain::{
    clock::Instant,
    crm::{CrmKind, PortalMode, PortalState, PortalTrouble},
    crm_view::PortalView,
    ids::{AccountId, PortalId},
    people::Right,
    text::Words,
};
use secrecy::SecretString;
use serde_json::json;
use store::{
    Missed, NewJob, NewPortal, PORTAL_TAKEN, PortalAbout, PortalRow, PortalSecrets, TenantTx,
};
use url::Url;

use super::{QUEUE, changed, relay, set_state};
use crate::{Actor, App, Error, Result, Work, secret_token};

pub(super) const NOT_FOUND: Error = Error::NotFound { what: "portal" };

/// Access that was given, before it is a portal of ours.
pub(super) struct Access {
    pub kind: CrmKind,
    pub mode: PortalMode,
    pub base: Url,
    pub site: Url,
    pub secrets: PortalSecrets,
    pub expires_at: Option<DateTime<Utc>>,
    /// Of a long-lived token, where it tells.
    pub ends_at: Option<DateTime<Utc>>,
}

/// A token entered by hand.
#[derive(Debug)]
pub struct PortalToken {
    pub kind: CrmKind,
    /// `ecoles` or `https://ecoles.amocrm.ru`.
    pub address: String,
    pub token: SecretString,
}

impl App {
    /// CRM-7 LITE: a long-lived token, which is tried at once.
    pub async fn connect_portal_by_token(
        &self,
        actor: &Actor,
        given: PortalToken,
    ) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let adapter = self.crm_adapter_of(given.kind)?;
        let Some((base, site)) = adapter.connect().portal(given.address.trim()) else {
            let hosts = adapter.connect().hints().hosts.join(", ");
            return Err(Error::invalid(
                "address",
                "not_a_portal",
                Words::new(
                    format!(
                        "Это не адрес CRM. Укажите адрес аккаунта на одном из доменов: {hosts}."
                    ),
                    format!("This is not a CRM's address. Give the account's address at {hosts}."),
                ),
            ));
        };
        let says = adapter.connect().token_says(&given.token);
        let secrets = PortalSecrets {
            access: given.token,
            client_id: says.client_id,
            ..PortalSecrets::default()
        };
        let access = Access {
            kind: given.kind,
            mode: PortalMode::Lite,
            base,
            site,
            secrets,
            expires_at: None,
            ends_at: says.ends_at,
        };
        let info = self.look_at(&access).await.map_err(not_looked_at)?;
        let id = self.save_access(actor, None, access, info).await?;
        self.portal(actor, id).await
    }

    pub(super) async fn portal_row(
        &self,
        account: AccountId,
        id: PortalId,
    ) -> Result<Option<PortalRow>> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.portal(id).await?)
    }

    /// The adapter of a kind that a request names.
    pub(super) fn crm_adapter_of(&self, kind: CrmKind) -> Result<std::sync::Arc<dyn crm::Crm>> {
        self.crms.get(kind).cloned().ok_or_else(|| {
            Error::invalid(
                "kind",
                "unknown_kind",
                Words::new("Эта CRM не подключается.", "This CRM cannot be connected."),
            )
        })
    }

    /// Keeps access that was given: a new portal, or the same account of the CRM again.
    pub(super) async fn save_access(
        &self,
        actor: &Actor,
        expected: Option<PortalId>,
        access: Access,
        info: PortalInfo,
    ) -> Result<PortalId> {
        let mut tx = self.store.tenant(actor.account).await?;
        let known = tx.lock_portal_of(access.kind, &info.external_id).await?;
        if expected.is_some() && expected != known.as_ref().map(|row| row.portal_id) {
            return Err(other_account());
        }
        let own = access.secrets.client_secret.is_some();
        let details = json!({
            "external_id": &info.external_id, "mode": access.mode.as_str(), "own_app": own,
        });
        let (id, action) = match known {
            Some(row) => (readmit(&mut tx, row, &access, info).await?, "crm.portal_reconnected"),
            None => (self.admit_portal(&mut tx, &access, info).await?, "crm.portal_connected"),
        };
        tx.set_token_end(id, access.ends_at).await?;
        tx.push(connect_job(id, self.clock.now()));
        changed(&mut tx, id);
        self.note(&mut tx, actor, action, id.to_string(), details).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Queues what was said while a portal was disconnected. Run twice, the second finds nothing new to
    /// pass on.
    pub(crate) async fn pass_missed(
        &self,
        account: AccountId,
        portal: PortalId,
        since: Instant,
    ) -> Result<()> {
        let (mut last, mut conversations) = (None, 0);
        loop {
            let mut tx = self.store.tenant(account).await?;
            let missed = tx.crm_missed(portal, since, last, MISSED_AT_ONCE).await?;
            for Missed { of, .. } in &missed {
                relay::pass_all_on(&mut tx, of);
            }
            tx.commit().await?;
            conversations += missed.len();
            // What comes behind the last page came after the commit, and the feed has it.
            if i64::try_from(missed.len()).is_ok_and(|n| n < MISSED_AT_ONCE) {
                break;
            }
            last = missed.last().copied();
        }
        tracing::info!(portal.id = %portal, conversations, "what was missed is passed on");
        Ok(())
    }

    async fn admit_portal(
        &self,
        tx: &mut TenantTx,
        access: &Access,
        info: PortalInfo,
    ) -> Result<PortalId> {
        let (hook_key, _) = secret_token::fresh("")?;
        let id = PortalId::new(&*self.ids);
        let new = NewPortal {
            portal_id: id,
            kind: access.kind,
            mode: access.mode,
            external_id: info.external_id.clone(),
            base: access.base.to_string(),
            site: access.site.to_string(),
            secrets: access.secrets.clone(),
            token_expires_at: access.expires_at,
            about: about(info),
            hook_key,
            created_at: self.clock.now(),
        };
        match tx.insert_portal(&new).await {
            Ok(()) => Ok(id),
            // Of two who come back at once, one is first.
            Err(store::Error::Constraint(name)) if name == PORTAL_TAKEN => Err(Error::conflict(
                "connected_meanwhile",
                Words::new(
                    "Этот аккаунт CRM уже подключён.",
                    "This CRM account is connected already.",
                ),
            )),
            Err(error) => Err(error.into()),
        }
    }
}

/// Gives a portal its access again. Its hook's address, its chats' keys, its integrations and what waits
/// for it stay.
async fn readmit(
    tx: &mut TenantTx,
    row: PortalRow,
    access: &Access,
    info: PortalInfo,
) -> Result<PortalId> {
    let id = row.portal_id;
    let secrets =
        PortalSecrets { chat_secret: row.secrets.chat_secret.clone(), ..access.secrets.clone() };
    tx.write_portal_secrets(id, &secrets, access.expires_at).await?;
    tx.readdress_portal(id, access.mode, access.base.as_str(), access.site.as_str()).await?;
    tx.set_portal_about(id, &about(info)).await?;
    set_state(tx, id, PortalState::Connecting, None).await?;
    if row.state == PortalState::Disconnected {
        // Nothing was queued for it meanwhile. When this is committed the feed queues what comes, so a
        // look after that leaves no gap.
        let since = row.state_at - FEED_LAGS;
        tx.push(NewJob {
            lane: format!("crm-missed:{id}"),
            queue: QUEUE,
            payload: json!(Work::PassMissed { portal: id, since }),
            run_at: None,
        });
    }
    Ok(id)
}

/// Of what was missed, so much is queued in one transaction: it locks as many lanes.
const MISSED_AT_ONCE: i64 = 500;
/// When a portal was disconnected, what was said so long before it may not have been queued yet: the feed
/// lags. And the moment is told by the database's clock, those of messages by their nodes'.
const FEED_LAGS: TimeDelta = TimeDelta::minutes(10);

/// The calls that found out whose account it is went past its limit, which is not known before: the
/// next ones come when that second is over.
const AFTER_FIRST_CALLS: Duration = Duration::from_secs(1);

pub(super) fn connect_job(id: PortalId, now: Instant) -> NewJob {
    NewJob {
        lane: format!("crm-connect:{id}"),
        queue: QUEUE,
        payload: json!(Work::ConnectPortal { portal: id }),
        run_at: Some(now + AFTER_FIRST_CALLS),
    }
}

pub(super) fn about(info: PortalInfo) -> PortalAbout {
    PortalAbout {
        title: info.title,
        user_id: info.user_id,
        chats_id: info.chats_id,
        drive: info.drive.map(String::from),
        filters: info.filters,
        unsorted_on: info.unsorted_on,
    }
}

/// It must be connected again first.
pub(super) fn disconnected() -> Error {
    Error::conflict(
        "disconnected",
        Words::new(
            "Портал отключён. Нажмите «Подключить заново».",
            "The portal is disconnected. Press “Connect again”.",
        ),
    )
}

fn other_account() -> Error {
    Error::conflict(
        "other_account",
        Words::new(
            "Вы разрешили доступ к другому аккаунту CRM. Войдите в нужный и подключите заново.",
            "You granted access to another CRM account. Log in to the right one and connect again.",
        ),
    )
}

/// Why a token that was entered by hand is not taken.
fn not_looked_at(error: CrmError) -> Error {
    match error {
        CrmError::TokenExpired => Error::invalid(
            "token",
            "refused",
            Words::new(
                "CRM не приняла токен. Создайте новый долгосрочный токен и вставьте его целиком.",
                "The CRM does not take the token. Make a new long-lived one and paste all of it.",
            ),
        ),
        CrmError::Disconnected { trouble } => {
            Error::invalid("token", trouble.as_str(), sentence(trouble))
        }
        CrmError::Rejected { words } => Error::invalid("address", "refused", words),
        CrmError::Busy(_) | CrmError::Retry { .. } | CrmError::Unknown { .. } => {
            Error::Unavailable("the CRM does not answer".to_owned())
        }
    }
}

/// What is wrong and what to do.
pub(super) fn sentence(trouble: PortalTrouble) -> Words {
    let (reason, remedy) = (trouble.reason(), trouble.remedy());
    Words::new(format!("{} {}", reason.ru, remedy.ru), format!("{} {}", reason.en, remedy.en))
}
