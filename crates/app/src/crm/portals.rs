//! Portals as admins handle them: connecting by a token (CRM-7 LITE), looking, checking, taking away;
//! and the job that makes a portal ready after its access was given.

use std::time::Duration;

use chrono::{DateTime, Utc};
use crm::{CrmError, PortalInfo};
use domain::{
    clock::Instant,
    crm::{CrmKind, PortalMode, PortalState, PortalTrouble},
    crm_view::{CrmKindView, IntegrationName, PortalChatsView, PortalView},
    ids::{AccountId, PortalId},
    people::Right,
    text::Words,
};
use secrecy::SecretString;
use serde_json::json;
use store::{
    IntegrationRow, NewJob, NewPortal, PORTAL_TAKEN, PortalAbout, PortalRow, PortalSecrets,
    TenantTx,
};
use url::Url;

use super::{
    QUEUE, changed,
    door::{Door, at_portal},
    lanes_of, set_state,
};
use crate::{Actor, App, Error, JobError, Result, Work, secret_token, work::back_off};

pub(super) const NOT_FOUND: Error = Error::NotFound { what: "portal" };
/// A CRM that is being taken away is not waited for any longer.
const FAREWELL: Duration = Duration::from_secs(10);

/// Access that was given, before it is a portal of ours.
pub(super) struct Access {
    pub kind: CrmKind,
    pub mode: PortalMode,
    pub base: Url,
    pub site: Url,
    pub secrets: PortalSecrets,
    pub expires_at: Option<DateTime<Utc>>,
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
    /// The CRMs that this installation can connect.
    pub fn crm_kinds(&self, actor: &Actor) -> Result<Vec<CrmKindView>> {
        actor.require(Right::ManageAccount)?;
        let kinds = self.crms.kinds().filter_map(|kind| {
            let hints = self.crms.get(kind)?.connect().hints();
            Some(CrmKindView {
                kind,
                title: title(kind),
                hosts: hints.hosts,
                can_oauth: self.settings.crm.apps.contains_key(&kind),
                has_chats: hints.chats.is_some(),
                redirect_uri: self.settings.crm_redirect(kind).map(String::from),
                hook_off_url: self.settings.crm_off_hook(kind).map(String::from),
            })
        });
        Ok(kinds.collect())
    }

    pub async fn portals(&self, actor: &Actor) -> Result<Vec<PortalView>> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let rows = tx.portals().await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            views.push(view(&mut tx, row).await?);
        }
        Ok(views)
    }

    pub async fn portal(&self, actor: &Actor, id: PortalId) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.portal(id).await?.ok_or(NOT_FOUND)?;
        view(&mut tx, row).await
    }

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
        let secrets = PortalSecrets { access: given.token, ..PortalSecrets::default() };
        let access = Access {
            kind: given.kind,
            mode: PortalMode::Lite,
            base,
            site,
            secrets,
            expires_at: None,
        };
        let info = self.look_at(&access).await.map_err(not_looked_at)?;
        let id = self.save_access(actor, None, access, info).await?;
        self.portal(actor, id).await
    }

    /// Looks whether a portal answers, writes what it says, and lets waiting work go on.
    pub async fn check_portal(&self, actor: &Actor, id: PortalId) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.portal(id).await?.ok_or(NOT_FOUND)?;
        tx.commit().await?;
        match self.look_again(row).await {
            Ok(door) => self.portal_connected(door.row.account, id).await?,
            Err(error) => self.portal_failed_by_hand(actor.account, id, error).await,
        }
        self.portal(actor, id).await
    }

    /// Takes a portal away, with its integrations and all that waits for it. Our webhook is taken away
    /// there as well, if the CRM answers.
    pub async fn delete_portal(&self, actor: &Actor, id: PortalId) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.portal(id).await?.ok_or(NOT_FOUND)?;
        tx.commit().await?;
        if row.state == PortalState::Connected {
            let farewell = tokio::time::timeout(FAREWELL, self.unsubscribe_portal(row)).await;
            if !matches!(farewell, Ok(Ok(()))) {
                tracing::warn!(portal.id = %id, "a portal was not told that we go");
            }
        }
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.delete_portal(id, self.clock.now()).await? {
            return Err(NOT_FOUND);
        }
        tx.close_crm_feed().await?;
        changed(&mut tx, id);
        self.note(&mut tx, actor, "crm.portal_deleted", id.to_string(), json!({})).await?;
        tx.commit().await?;
        // Its jobs find it gone at once, instead of in their own time.
        self.store.wake_lanes(actor.account, &lanes_of(id)).await?;
        Ok(())
    }

    /// The CRM says that its admin switched our app off, with a signature that the adapter checks.
    pub async fn portal_switched_off(
        &self,
        kind: CrmKind,
        query: &std::collections::BTreeMap<String, String>,
    ) -> Result<()> {
        let adapter = self.crm_adapter_of(kind)?;
        let keys = self.settings.crm.apps.get(&kind).ok_or(NOT_FOUND)?;
        let Ok(external_id) = adapter.connect().switched_off(keys, query) else {
            return Err(Error::Unauthenticated);
        };
        for (account, id) in self.store.portals_by_external(kind, &external_id).await? {
            let mut tx = self.store.tenant(account).await?;
            // A long-lived token is not our app's.
            let ours = tx.lock_portal(id).await?.filter(|row| row.mode == PortalMode::Full);
            if ours.is_some() {
                let trouble = Some(PortalTrouble::SwitchedOff);
                set_state(&mut tx, id, PortalState::Stopped, trouble).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Makes a portal ready: what it says of itself, our webhook, its lists. Safe to repeat.
    pub(crate) async fn connect_portal(
        &self,
        account: AccountId,
        id: PortalId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |e: Error| JobError::of(&e, attempts);
        let row = self.portal_row(account, id).await.map_err(fault)?;
        let Some(row) = row else { return Ok(()) };
        let done = async {
            let door = self.look_again(row).await?;
            let door = self.subscribe_portal(door).await?;
            self.pull_directory(door).await
        };
        match done.await {
            Ok(_) => self.portal_connected(account, id).await.map_err(fault),
            Err(CrmError::Disconnected { trouble }) => {
                self.portal_is(account, id, PortalState::Stopped, Some(trouble)).await;
                Ok(())
            }
            Err(CrmError::Rejected { words }) => Err(JobError::Fail { why: words.en }),
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
        let details = json!({ "external_id": &info.external_id, "mode": access.mode.as_str() });
        let (id, action) = match known {
            Some(row) => (readmit(&mut tx, row, &access, info).await?, "crm.portal_reconnected"),
            None => (self.admit_portal(&mut tx, &access, info).await?, "crm.portal_connected"),
        };
        tx.push(connect_job(id, self.clock.now()));
        changed(&mut tx, id);
        self.note(&mut tx, actor, action, id.to_string(), details).await?;
        tx.commit().await?;
        Ok(id)
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

    /// A long-lived token takes no webhooks (CRM-7), and an installation that nobody reaches none.
    async fn subscribe_portal(&self, mut door: Door) -> Result<Door, CrmError> {
        let hook = self.settings.crm_hook(&door.row);
        if let Some(hook) = hook.filter(|_| door.row.mode == PortalMode::Full) {
            at_portal!(self, door, adapter, caller => adapter.connect().subscribe(&caller, &hook))?;
        }
        Ok(door)
    }

    async fn unsubscribe_portal(&self, row: PortalRow) -> Result<(), CrmError> {
        let Some(hook) = self.settings.crm_hook(&row) else { return Ok(()) };
        let mut door = self.open_door(row).await?;
        if door.row.mode == PortalMode::Full {
            at_portal!(self, door, adapter, caller => adapter.connect().unsubscribe(&caller, &hook))?;
        }
        Ok(())
    }

    /// Well again: its work goes on now.
    pub(super) async fn portal_connected(&self, account: AccountId, id: PortalId) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.portal_answered(id).await?;
        set_state(&mut tx, id, PortalState::Connected, None).await?;
        tx.commit().await?;
        self.store.wake_lanes(account, &lanes_of(id)).await?;
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

/// Gives a portal its access again. Its hook's address, its integrations and what waits for it stay.
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
    Ok(id)
}

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

fn about(info: PortalInfo) -> PortalAbout {
    PortalAbout {
        title: info.title,
        user_id: info.user_id,
        chats_id: info.chats_id,
        drive: info.drive.map(String::from),
        filters: info.filters,
        unsorted_on: info.unsorted_on,
    }
}

fn title(kind: CrmKind) -> Words {
    match kind {
        CrmKind::Amo => Words::new("amoCRM", "amoCRM (Kommo)"),
        CrmKind::Bitrix => Words::new("Битрикс24", "Bitrix24"),
    }
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
fn sentence(trouble: PortalTrouble) -> Words {
    let (reason, remedy) = (trouble.reason(), trouble.remedy());
    Words::new(format!("{} {}", reason.ru, remedy.ru), format!("{} {}", reason.en, remedy.en))
}

/// Why a portal does not work, in words: of a person's trouble, or of a CRM that is silent.
fn troubles(row: &PortalRow) -> (Option<Words>, Option<Words>) {
    match (row.state, row.trouble) {
        (_, Some(trouble)) => (Some(trouble.reason()), Some(trouble.remedy())),
        (PortalState::Interrupted, None) => (
            Some(Words::new("CRM не отвечает.", "The CRM does not answer.")),
            Some(Words::new(
                "Ничего делать не нужно: мы повторяем попытки, и всё накопленное будет передано.",
                "Nothing to do: we keep trying, and what has gathered will be passed on.",
            )),
        ),
        _ => (None, None),
    }
}

async fn view(tx: &mut TenantTx, row: PortalRow) -> Result<PortalView> {
    let id = row.portal_id;
    let (reason, remedy) = troubles(&row);
    let directory = tx.portal_directory(id).await?.unwrap_or_default();
    let user = row.user_id.as_deref().and_then(|id| directory.user(&id.into()));
    let integrations = tx.integrations().await?.into_iter().filter(|i| i.portal_id == id);
    let (failed, _) = tx.crm_run_counts().await?.get(&id).copied().unwrap_or_default();
    Ok(PortalView {
        portal_id: id,
        kind: row.kind,
        mode: row.mode,
        title: row.title,
        address: row.site,
        state: row.state,
        reason,
        remedy,
        state_at: row.state_at,
        user_name: user.map(|user| user.name.clone()),
        waiting: tx.jobs_waiting(&lanes_of(id)).await?,
        failed,
        filters: row.filters,
        unsorted_on: row.unsorted_on,
        chats: row.chat.map(|chat| PortalChatsView {
            connected: chat.scope_id.is_some(),
            channel_id: chat.channel_id,
            bot_id: chat.bot_id,
        }),
        directory_at: row.directory_at,
        integrations: integrations.map(named).collect(),
    })
}

fn named(row: IntegrationRow) -> IntegrationName {
    IntegrationName { integration_id: row.integration_id, name: row.name, enabled: row.enabled }
}
