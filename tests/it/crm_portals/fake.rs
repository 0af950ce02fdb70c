//! A CRM that counts what it is asked.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use crm::{
    AppKeys, Caller, Connect, ConnectHints, Crm, CrmError, Grant, GrantError, PortalInfo, Returned,
    TokenSays, Whereabouts,
};
use domain::crm::{
    Action, Answer, CrmId, CrmKind, CrmUser, Directory, Effect, Entity, PortalTrouble, Question,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A CRM with one account and single-use refresh tokens.
#[derive(Default)]
pub struct Fake {
    /// The pair of this number is the good one.
    pub pair: AtomicUsize,
    pub refreshes: AtomicUsize,
    pub exchanges: AtomicUsize,
    pub hooks: Mutex<Vec<String>>,
    /// What the next refresh comes to instead of a pair.
    pub trouble: Mutex<Option<GrantError>>,
    pub silent: Mutex<bool>,
    /// By which app it was asked for tokens, in order.
    pub asked_by: Mutex<Vec<String>>,
    /// What looking at an account comes to instead, the next ones first.
    pub looks: Mutex<Vec<CrmError>>,
    /// The only host at which the account answers, if it has moved.
    pub home: Mutex<Option<String>>,
    /// What registering a webhook comes to instead.
    pub no_hooks: Mutex<Option<CrmError>>,
}

impl Fake {
    fn grant(&self) -> Grant {
        let n = self.pair.fetch_add(1, Ordering::SeqCst) + 1;
        Grant {
            access: format!("access-{n}").into(),
            refresh: Some(format!("refresh-{n}").into()),
            expires_in: Duration::from_secs(86_400),
        }
    }

    fn is_elsewhere(&self, base: &Url) -> bool {
        let home = self.home.lock().unwrap();
        home.as_ref().is_some_and(|home| base.host_str() != Some(home))
    }

    fn good(&self, what: &str) -> String {
        format!("{what}-{}", self.pair.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Connect for Fake {
    fn hints(&self) -> ConnectHints {
        ConnectHints { hosts: vec!["crm.test".to_owned()] }
    }

    fn consent(&self, app: &AppKeys, state: &str) -> Url {
        let url = format!("https://crm.test/oauth?client_id={}&state={state}", app.client_id);
        Url::parse(&url).unwrap()
    }

    fn returned(&self, query: &BTreeMap<String, String>) -> Result<Returned, CrmError> {
        if query.contains_key("error") {
            return Ok(Returned::Denied);
        }
        let host = query.get("referer").map(String::as_str).unwrap_or_default();
        let Some((base, site)) = self.portal(host) else {
            let words = domain::text::Words::new("чужой адрес", "a foreign host");
            return Err(CrmError::Rejected { words });
        };
        Ok(Returned::Code { code: query.get("code").unwrap().clone(), base, site })
    }

    fn portal(&self, address: &str) -> Option<(Url, Url)> {
        let url = Url::parse(&format!("https://{address}/")).ok()?;
        url.host_str()?.ends_with(".crm.test").then(|| (url.clone(), url))
    }

    async fn exchange(&self, app: &AppKeys, _: &Url, code: &str) -> Result<Grant, GrantError> {
        self.exchanges.fetch_add(1, Ordering::SeqCst);
        self.asked_by.lock().unwrap().push(app.client_id.clone());
        if app.client_secret.expose_secret() == "wrong" {
            return Err(GrantError::Keys("HTTP 401".to_owned()));
        }
        match code {
            "good" => Ok(self.grant()),
            _ => Err(GrantError::Refused("code".to_owned())),
        }
    }

    async fn refresh(
        &self,
        app: &AppKeys,
        base: &Url,
        refresh: &SecretString,
    ) -> Result<Grant, GrantError> {
        if self.is_elsewhere(base) {
            return Err(GrantError::Elsewhere("HTTP 302".to_owned()));
        }
        self.refreshes.fetch_add(1, Ordering::SeqCst);
        self.asked_by.lock().unwrap().push(app.client_id.clone());
        tokio::time::sleep(Duration::from_millis(300)).await;
        if let Some(trouble) = self.trouble.lock().unwrap().take() {
            return Err(trouble);
        }
        if refresh.expose_secret() != self.good("refresh") {
            return Err(GrantError::Refused("Token has been revoked".to_owned()));
        }
        Ok(self.grant())
    }

    async fn about(&self, caller: &Caller<'_>) -> Result<PortalInfo, CrmError> {
        caller.gate.admit().await?;
        let trouble = self.looks.lock().unwrap().pop();
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        if self.is_elsewhere(&caller.portal.base) {
            return Err(CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain });
        }
        if *self.silent.lock().unwrap() {
            return Err(CrmError::Retry { after: None, why: "down".to_owned() });
        }
        let token = caller.portal.token.expose_secret();
        if token != self.good("access") && token != "long-lived" {
            return Err(CrmError::TokenExpired);
        }
        let host = caller.portal.site.host_str().unwrap_or_default();
        let has_moved = self.home.lock().unwrap().is_some();
        Ok(PortalInfo {
            external_id: if has_moved { "ecoles.crm.test" } else { host }.to_owned(),
            title: "Школа".to_owned(),
            user_id: Some("1".to_owned()),
            chats_id: None,
            drive: None,
            filters: true,
            unsorted_on: true,
        })
    }

    async fn subscribe(&self, _: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        if let Some(trouble) = self.no_hooks.lock().unwrap().clone() {
            return Err(trouble);
        }
        self.hooks.lock().unwrap().push(hook.to_string());
        Ok(())
    }

    async fn unsubscribe(&self, _: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        self.hooks.lock().unwrap().retain(|known| *known != hook.to_string());
        Ok(())
    }

    async fn whereabouts(
        &self,
        _: &SecretString,
        refresh: &SecretString,
    ) -> Result<Option<Whereabouts>, GrantError> {
        let home = self.home.lock().unwrap().clone();
        if refresh.expose_secret() != self.good("refresh") {
            return Ok(None);
        }
        Ok(home.and_then(|host| self.portal(&host)).map(|(base, site)| {
            let external_id = "ecoles.crm.test".to_owned();
            Whereabouts { external_id, base, site }
        }))
    }

    fn token_says(&self, token: &SecretString) -> TokenSays {
        let ends_at = (token.expose_secret() == "long-lived").then(token_end);
        TokenSays { client_id: None, ends_at }
    }

    fn switched_off_account(&self, query: &BTreeMap<String, String>) -> Option<String> {
        query.get("account_id").cloned()
    }

    fn switched_off(
        &self,
        app: &AppKeys,
        query: &BTreeMap<String, String>,
    ) -> Result<String, PortalTrouble> {
        let right = format!("signed by {}", app.client_secret.expose_secret());
        let signed = query.get("signature").is_some_and(|s| *s == right);
        signed.then(|| query.get("account_id").unwrap().clone()).ok_or(PortalTrouble::NoRights)
    }
}

/// When the long-lived token ends.
pub fn token_end() -> DateTime<Utc> {
    "2031-05-01T00:00:00Z".parse().unwrap()
}

#[async_trait]
impl Crm for Fake {
    fn kind(&self) -> CrmKind {
        CrmKind::Amo
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    /// Each account has one user of its own.
    async fn directory(&self, caller: &Caller<'_>) -> Result<Directory, CrmError> {
        let is_first = caller.portal.external_id == "ecoles.crm.test";
        let boss = CrmUser {
            id: if is_first { "1" } else { "2" }.into(),
            name: "Анна".to_owned(),
            email: String::new(),
            active: true,
            admin: true,
            chat_id: None,
        };
        Ok(Directory { users: vec![boss], ..Directory::default() })
    }

    async fn ask(&self, _: &Caller<'_>, _: &Question) -> Result<Answer, CrmError> {
        unreachable!("nothing is asked here")
    }

    async fn perform(&self, _: &Caller<'_>, _: &Action) -> Result<Effect, CrmError> {
        unreachable!("nothing is done here")
    }

    async fn find_done(
        &self,
        _: &Caller<'_>,
        _: &Action,
        _: &[CrmId],
    ) -> Result<Option<Effect>, CrmError> {
        Ok(None)
    }

    fn settles_after(&self) -> Duration {
        Duration::ZERO
    }

    fn card_url(&self, _: &crm::Portal, _: Entity, _: &CrmId) -> Option<Url> {
        None
    }
}
