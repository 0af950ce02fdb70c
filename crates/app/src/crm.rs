//! The company's CRMs (CRM-1 to CRM-7, AMO): connecting an account, keeping its access, what is passed
//! on and how, and the passing on itself.
//!
//! Start reading at `relay.rs`: events of the feed become jobs, one lane per contact and portal; then
//! `sync.rs`: gather, decide, store the decision, carry it out. `portals.rs` and `integrations.rs` are
//! what admins set; `tokens.rs` keeps access with one refresher over all nodes.

mod advice;
mod changes;
mod chat_answer;
mod chat_calls;
mod chat_hook;
mod chat_log;
mod chat_named;
mod chat_open;
mod chat_record;
mod chat_refusal;
mod chat_typing;
mod chat_words;
mod deal_block;
mod decide;
mod directory;
mod door;
mod dry_run;
mod files;
mod following;
mod gate;
mod gather;
mod heard;
mod integrations;
mod links;
mod log;
mod mirror;
mod moving;
mod own_app;
mod parting;
mod portal_chats;
mod portal_views;
mod portals;
mod quarantine;
pub(crate) mod relay;
mod returning;
mod steps;
mod switched_off;
mod sync;
mod tell;
mod tokens;
mod upkeep;
pub(crate) mod visit;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crm::{AppKeys, ChatChannel, Crm};
use domain::{
    crm::{CrmKind, PortalState, PortalTrouble},
    event::{EventKind, NewEvent},
    ids::{AccountId, PortalId},
};
use serde_json::json;
use store::{OwnApp, PortalRow, TenantTx};
use url::Url;

pub use dry_run::{CrmExample, ImaginedEnquiry};
pub use gate::Crowd;
pub use integrations::IntegrationForm;
pub use own_app::PortalApp;
pub use portals::PortalToken;
pub use returning::ReturnFault;

use crate::{App, Error, Result, Settings};

/// Whose runners talk to CRMs.
pub(crate) const QUEUE: &str = "crm";

/// What this installation is set to for CRMs.
#[derive(Debug, Clone)]
pub struct CrmSettings {
    /// How our apps are known to the CRMs. A kind that has none can be connected by a token alone.
    pub apps: BTreeMap<CrmKind, AppKeys>,
    /// How long a portal that does not answer is left alone at most.
    pub longest_pause: Duration,
    /// How long a change of tokens may take before its answer counts as lost. Longer than the
    /// adapters' own time-outs.
    pub refresh_lease: Duration,
}

impl Default for CrmSettings {
    fn default() -> Self {
        Self {
            apps: BTreeMap::new(),
            longest_pause: Duration::from_secs(300),
            refresh_lease: Duration::from_secs(60),
        }
    }
}

impl Settings {
    /// Where a CRM sends people back after consent; registered with it letter by letter.
    pub fn crm_redirect(&self, kind: CrmKind) -> Option<Url> {
        let path = format!("api/v1/crm/oauth/{}", kind.as_str());
        self.public_url.as_ref().and_then(|base| base.join(&path).ok())
    }

    /// The same for an app of the company's own: the installation's apps are registered with it as well.
    fn crm_redirect_of_own(&self, kind: CrmKind) -> Option<Url> {
        let ours = self.crm.apps.get(&kind).map(|app| app.redirect_uri.clone());
        ours.or_else(|| self.crm_redirect(kind))
    }

    /// Where a CRM tells that its admin switched us off.
    pub fn crm_off_hook(&self, kind: CrmKind) -> Option<Url> {
        let path = format!("hooks/crm-off/{}", kind.as_str());
        self.public_url.as_ref().and_then(|base| base.join(&path).ok())
    }

    /// Where a CRM sends what was written in its chats; it puts the id of the connection in itself.
    fn crm_chats_hook(&self) -> Option<String> {
        let base = self.public_url.as_ref()?.join("hooks/crm-chats/").ok()?;
        Some(format!("{base}:scope_id"))
    }

    /// Where a portal's webhooks come in.
    fn crm_hook(&self, row: &PortalRow) -> Option<Url> {
        let path = format!("hooks/crm/{}", row.hook_key);
        self.public_url.as_ref().and_then(|base| base.join(&path).ok())
    }
}

/// What the names of all lanes of a portal begin with.
pub(crate) fn lanes_of(portal: PortalId) -> String {
    format!("crm:{portal}:")
}

/// The keys of the company's own app, or of the installation's.
fn keys(settings: &Settings, kind: CrmKind, own: Option<OwnApp>) -> Option<AppKeys> {
    let Some(own) = own else { return settings.crm.apps.get(&kind).cloned() };
    Some(AppKeys {
        client_id: own.client_id,
        client_secret: own.client_secret,
        redirect_uri: settings.crm_redirect_of_own(kind)?,
    })
}

/// A portal's keys.
fn keys_of(settings: &Settings, row: &PortalRow) -> Option<AppKeys> {
    keys(settings, row.kind, row.secrets.own_app())
}

impl App {
    pub(crate) fn crm_adapter(&self, kind: CrmKind) -> Result<Arc<dyn Crm>> {
        self.crms
            .get(kind)
            .cloned()
            .ok_or_else(|| Error::Internal(format!("this process has no adapter of {kind:?}")))
    }

    /// A portal as its adapter sees it.
    pub(crate) fn crm_portal(&self, row: &PortalRow) -> Result<crm::Portal> {
        let url = |text: &str| {
            Url::parse(text).map_err(|e| Error::Internal(format!("a portal's address: {e}")))
        };
        let base = url(&row.base)?;
        Ok(crm::Portal {
            id: row.portal_id,
            chats: self.crm_chats(row, &base)?,
            base,
            site: url(&row.site)?,
            external_id: row.external_id.clone(),
            token: row.secrets.access.clone(),
            drive: row.drive.as_deref().map(url).transpose()?,
            filters: row.filters,
        })
    }

    fn crm_chats(&self, row: &PortalRow, portal: &Url) -> Result<Option<ChatChannel>> {
        let (Some(chat), Some(secret)) = (&row.chat, &row.secrets.chat_secret) else {
            return Ok(None);
        };
        let base = self.crm_adapter(row.kind)?.chats().and_then(|chats| chats.base(portal));
        let Some(base) = base else { return Ok(None) };
        Ok(Some(ChatChannel {
            base,
            channel_id: chat.channel_id.clone(),
            secret: secret.clone(),
            bot_id: chat.bot_id.clone(),
            scope_id: chat.scope_id.clone(),
            account_id: row.chats_id.clone().unwrap_or_default(),
        }))
    }

    /// The limits and the journal that calls to a portal go through.
    pub(crate) fn portal_gate(&self, row: &PortalRow) -> gate::PortalGate {
        let client = match (&row.secrets.client_id, self.settings.crm.apps.get(&row.kind)) {
            (Some(own), _) => own.as_str(),
            (None, Some(ours)) => ours.client_id.as_str(),
            (None, None) => "token",
        };
        gate::PortalGate::new(self, row.kind, client, &row.external_id)
    }

    /// Says where a portal stands, tells admins who look at it, and lets its work go on at once when
    /// it is well. What cannot be written now is found again by the next call.
    pub(crate) async fn portal_is(
        &self,
        account: AccountId,
        id: PortalId,
        state: PortalState,
        trouble: Option<PortalTrouble>,
    ) {
        let written = async {
            let mut tx = self.store.tenant(account).await?;
            set_state(&mut tx, id, state, trouble).await?;
            tx.commit().await?;
            if state == PortalState::Connected {
                self.let_go_on(account, id).await?;
            }
            Ok::<_, store::Error>(())
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, portal.id = %id, "a portal's state was not written");
        }
    }

    /// What waits for a portal comes now, as fast as its limit takes it.
    pub(crate) async fn let_go_on(&self, account: AccountId, id: PortalId) -> store::Result<()> {
        let woken =
            self.store.wake_lanes_in_turns(account, &lanes_of(id), gate::JOB_SPACING).await?;
        tracing::debug!(portal.id = %id, lanes = woken, "what waited for a portal goes on");
        Ok(())
    }
}

/// In a transaction of the caller.
pub(crate) async fn set_state(
    tx: &mut TenantTx,
    id: PortalId,
    state: PortalState,
    trouble: Option<PortalTrouble>,
) -> Result<(), store::Error> {
    if tx.set_portal_state(id, state, trouble).await? {
        let trouble = trouble.map_or("", PortalTrouble::as_str);
        tracing::info!(portal.id = %id, state = state.as_str(), trouble, "portal state changed");
        changed(tx, id);
    }
    Ok(())
}

/// The portal itself is to be read anew.
pub(crate) fn changed(tx: &mut TenantTx, id: PortalId) {
    tx.append(NewEvent {
        kind: EventKind::CrmChanged,
        conversation: None,
        audience: None,
        was: None,
        payload: json!({ "portal_id": id }),
    });
}
