//! Consent (AMO-1): the browser goes to the CRM with a state that is good once, and comes back with a
//! code and the name of a host. Both are a request that anybody can make, so neither is taken before it
//! is checked: the state belongs to the person whose browser it is, the host stands on the adapter's
//! list.

use std::{collections::BTreeMap, time::Duration};

use crm::{Caller, CrmError, GrantError, NoFiles, PortalInfo, Returned};
use domain::{
    crm::{CrmKind, Directory, PortalMode, PortalTrouble},
    ids::PortalId,
    people::Right,
    text::Words,
};
use store::{Consent, NewConsent, PortalSecrets};
use url::Url;

use super::{
    gate::PortalGate,
    keys,
    own_app::PortalApp,
    portals::{Access, sentence},
    tokens,
};
use crate::{Actor, App, Error, Result, secret_token};

/// How long a browser waits for the first look at an account that was just allowed.
const PATIENCE: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Why a return from a consent page came to nothing. The code goes back to the settings screen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", .words.en)]
pub struct ReturnFault {
    /// Stable, for programs.
    pub code: &'static str,
    pub words: Words,
}

impl ReturnFault {
    fn new(code: &'static str, ru: &str, en: &str) -> Self {
        Self { code, words: Words::new(ru, en) }
    }

    /// The state was never given to this person, was used, or is too old.
    fn state() -> Self {
        Self::new(
            "state",
            "Ссылка возврата из CRM устарела или уже использована. Начните подключение заново.",
            "The return link of the CRM is too old or was used. Begin connecting anew.",
        )
    }

    fn denied() -> Self {
        Self::new(
            "denied",
            "Доступ не был разрешён. Подключите CRM ещё раз и нажмите «Разрешить».",
            "Access was not granted. Connect the CRM once more and press “Allow”.",
        )
    }

    fn host() -> Self {
        Self::new(
            "host",
            "CRM назвала адрес, которому нельзя доверять. Начните подключение заново.",
            "The CRM named an address that cannot be trusted. Begin connecting anew.",
        )
    }

    fn code() -> Self {
        Self::new(
            "code",
            "CRM не приняла разрешение. Подключите её ещё раз.",
            "The CRM did not take the consent. Connect it once more.",
        )
    }

    fn unreachable() -> Self {
        Self::new(
            "unreachable",
            "CRM не отвечает. Подключите её ещё раз через несколько минут.",
            "The CRM does not answer. Connect it once more in a few minutes.",
        )
    }

    /// The account is blocked, not paid for, lets our address not in …
    fn refused(trouble: PortalTrouble) -> Self {
        Self { code: trouble.as_str(), words: sentence(trouble) }
    }

    fn other_account() -> Self {
        Self::new(
            "other_account",
            "Вы разрешили доступ к другому аккаунту CRM. Войдите в нужный и подключите заново.",
            "You granted access to another CRM account. Log in to the right one and connect again.",
        )
    }

    fn ours(error: impl Into<Error>) -> Self {
        let error = error.into();
        tracing::error!(%error, "a return from a CRM's consent page was not taken");
        Self::new(
            "internal",
            "Не удалось сохранить подключение. Попробуйте ещё раз.",
            "The connection could not be saved. Try again.",
        )
    }
}

impl App {
    /// Where the browser goes to ask for consent. `portal`: one that is connected again. The state that it
    /// carries stands for this app alone.
    pub async fn portal_consent(
        &self,
        actor: &Actor,
        kind: CrmKind,
        portal: Option<PortalId>,
        app: PortalApp,
    ) -> Result<Url> {
        actor.require(Right::ManageAccount)?;
        let adapter = self.crm_adapter_of(kind)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let app = self.own_app(&mut tx, kind, portal, app).await?;
        let no_keys = || Error::Internal("an app without an address of return".to_owned());
        let keys = keys(&self.settings, kind, app.clone()).ok_or_else(no_keys)?;
        let (state, hash) = secret_token::fresh("")?;
        let new = NewConsent { state_hash: hash, employee: actor.employee, kind, portal, app };
        tx.insert_consent(&new).await?;
        tx.commit().await?;
        Ok(adapter.connect().consent(&keys, &state))
    }

    /// What the browser brought back becomes a portal, or gives a portal its access again. `browser`:
    /// who is logged in there; consent that somebody else began is not theirs to give, and whoever
    /// lures a person to a prepared link would otherwise get that person's CRM.
    pub async fn portal_returned(
        &self,
        browser: Option<&Actor>,
        kind: CrmKind,
        query: &BTreeMap<String, String>,
    ) -> Result<PortalId, ReturnFault> {
        let state = query.get("state").ok_or_else(ReturnFault::state)?;
        let hash = secret_token::hash(state);
        let consent = self.store.use_consent(kind, &hash).await.map_err(ReturnFault::ours)?;
        let consent = consent.ok_or_else(ReturnFault::state)?;
        let actor = browser
            .filter(|a| a.account == consent.account && a.employee == consent.employee)
            .filter(|a| a.require(Right::ManageAccount).is_ok())
            .ok_or_else(ReturnFault::state)?;
        let adapter = self.crm_adapter_of(kind).map_err(ReturnFault::ours)?;
        let (code, base, site) = match adapter.connect().returned(query) {
            Ok(Returned::Code { code, base, site }) => (code, base, site),
            Ok(Returned::Denied) => return Err(ReturnFault::denied()),
            Err(error) => {
                tracing::warn!(%error, crm.kind = kind.as_str(), "a return of consent was refused");
                return Err(ReturnFault::host());
            }
        };
        let own = consent.app.clone();
        let keys = keys(&self.settings, kind, own.clone()).ok_or_else(ReturnFault::code)?;
        let grant = adapter.connect().exchange(&keys, &base, &code).await.map_err(|error| {
            tracing::warn!(%error, crm.kind = kind.as_str(), "a code was not exchanged");
            match error {
                GrantError::Keys(_) => ReturnFault::refused(PortalTrouble::KeysRefused),
                GrantError::Stopped(trouble) => ReturnFault::refused(trouble),
                GrantError::Refused(_) | GrantError::Elsewhere(_) => ReturnFault::code(),
                GrantError::NotReached(_) | GrantError::Lost(_) => ReturnFault::unreachable(),
            }
        })?;
        let tokens = tokens::tokens(grant, self.clock.now());
        let secrets = PortalSecrets {
            access: tokens.access,
            refresh: tokens.refresh,
            client_id: own.as_ref().map(|app| app.client_id.clone()),
            client_secret: own.map(|app| app.client_secret),
            chat_secret: None,
        };
        let access = Access {
            kind,
            mode: PortalMode::Full,
            base,
            site,
            secrets,
            expires_at: tokens.expires_at,
            ends_at: None,
        };
        let info = self.look_with_patience(&access).await.map_err(|error| {
            tracing::warn!(%error, crm.kind = kind.as_str(), "a new portal cannot be looked at");
            not_looked_at(&error)
        })?;
        self.take_in(actor, &consent, access, info).await
    }

    async fn take_in(
        &self,
        actor: &Actor,
        consent: &Consent,
        access: Access,
        info: PortalInfo,
    ) -> Result<PortalId, ReturnFault> {
        match self.save_access(actor, consent.portal, access, info).await {
            Ok(id) => Ok(id),
            Err(Error::Conflict { code: "other_account", .. }) => Err(ReturnFault::other_account()),
            Err(error) => Err(ReturnFault::ours(error)),
        }
    }

    /// The code is spent: a CRM that stumbles now would cost the person another consent.
    async fn look_with_patience(&self, access: &Access) -> Result<PortalInfo, CrmError> {
        let looks = async {
            loop {
                match self.look_at(access).await {
                    Err(CrmError::Retry { .. } | CrmError::Busy(_)) => {
                        tokio::time::sleep(BETWEEN_LOOKS).await;
                    }
                    other => return other,
                }
            }
        };
        let silent = || CrmError::Retry { after: None, why: "no answer in time".to_owned() };
        tokio::time::timeout(PATIENCE, looks).await.unwrap_or_else(|_| Err(silent()))
    }

    /// Asks a CRM account what it is, before it is a portal of ours.
    pub(super) async fn look_at(&self, access: &Access) -> Result<PortalInfo, CrmError> {
        let ours = |e: Error| CrmError::Retry { after: None, why: e.to_string() };
        let adapter = self.crm_adapter(access.kind).map_err(ours)?;
        // Its own id is not known yet: its host stands for it in the limits.
        let external_id = access.site.host_str().unwrap_or_default().to_owned();
        let gate = PortalGate::new(self, access.kind, "connecting", &external_id);
        let portal = crm::Portal {
            id: PortalId::new(&*self.ids),
            base: access.base.clone(),
            site: access.site.clone(),
            external_id,
            token: access.secrets.access.clone(),
            drive: None,
            filters: false,
            chats: None,
        };
        let caller = Caller {
            portal: &portal,
            directory: &Directory::default(),
            gate: &gate,
            files: &NoFiles,
        };
        adapter.connect().about(&caller).await
    }
}

fn not_looked_at(error: &CrmError) -> ReturnFault {
    match error {
        CrmError::Disconnected { trouble } => ReturnFault::refused(*trouble),
        CrmError::TokenExpired => ReturnFault::code(),
        CrmError::Busy(_)
        | CrmError::Retry { .. }
        | CrmError::Unknown { .. }
        | CrmError::Rejected { .. } => ReturnFault::unreachable(),
    }
}
