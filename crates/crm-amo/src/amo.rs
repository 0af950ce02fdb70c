//! The adapter. Roles: access (`oauth.rs`, `about.rs`), account webhooks (`hook.rs`), chats
//! (`chats.rs`).

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use crm::{
    AppKeys, Caller, Chats, Connect, ConnectHints, Crm, CrmError, Grant, GrantError, Hook,
    HookError, Portal, PortalInfo, Returned, TokenSays, Whereabouts,
};
use domain::crm::{
    Action, Answer, Change, CrmId, CrmKind, Directory, Effect, Entity, PortalTrouble, Question,
};
use net::{
    ClientError,
    http::{Client, Method},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use crate::{
    about,
    api::{Api, Failure},
    chats::AmoChats,
    directory, done, find, hook, oauth,
    options::{Options, below},
    whereabouts, write,
};

/// What we want to hear of. Events of «Неразобранное» are described but not in the list of names: an
/// account that refuses them is subscribed to the others.
const EVENTS: [&str; 14] = [
    "update_lead",
    "delete_lead",
    "restore_lead",
    "status_lead",
    "responsible_lead",
    "update_contact",
    "delete_contact",
    "restore_contact",
    "responsible_contact",
    "add_task",
    "update_task",
    "delete_task",
    "responsible_task",
    "delete_company",
];
const UNSORTED_EVENTS: [&str; 3] = ["add_unsorted", "update_unsorted", "delete_unsorted"];

/// The adapter of the kind [`CrmKind::Amo`].
pub struct Amo {
    options: Options,
    http: Client,
    chats: AmoChats,
}

impl Amo {
    /// For any number of portals.
    pub fn new(options: Options) -> Result<Self, ClientError> {
        let http = net::client(net::Options {
            connect_timeout: options.connect_timeout,
            timeout: Some(options.timeout),
            ..net::Options::default()
        })?;
        let chats = AmoChats::new(options.clone(), http.clone());
        Ok(Self { options, http, chats })
    }

    fn api<'a>(&'a self, caller: &'a Caller<'a>) -> Api<'a> {
        Api { client: &self.http, options: &self.options, caller }
    }
}

#[async_trait]
impl Crm for Amo {
    fn kind(&self) -> CrmKind {
        CrmKind::Amo
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    async fn directory(&self, caller: &Caller<'_>) -> Result<Directory, CrmError> {
        directory::directory(&self.api(caller), caller).await
    }

    async fn ask(&self, caller: &Caller<'_>, question: &Question) -> Result<Answer, CrmError> {
        find::answer(&self.api(caller), question).await
    }

    async fn perform(&self, caller: &Caller<'_>, action: &Action) -> Result<Effect, CrmError> {
        write::perform(&self.api(caller), action).await
    }

    async fn find_done(
        &self,
        caller: &Caller<'_>,
        action: &Action,
        mine: &[CrmId],
    ) -> Result<Option<Effect>, CrmError> {
        done::find(&self.api(caller), action, mine).await
    }

    fn settles_after(&self) -> Duration {
        self.options.search_lag
    }

    fn card_url(&self, portal: &Portal, of: Entity, id: &CrmId) -> Option<Url> {
        let section = match of {
            Entity::Contact => "contacts",
            Entity::Company => "companies",
            Entity::Deal => "leads",
            // They have no page of their own.
            Entity::Lead
            | Entity::Unsorted
            | Entity::Task
            | Entity::Activity
            | Entity::Note
            | Entity::Chat => return None,
        };
        Some(below(&portal.site, &format!("{section}/detail/{id}")))
    }

    fn hook(&self) -> Option<&dyn Hook> {
        Some(self)
    }

    fn chats(&self) -> Option<&dyn Chats> {
        Some(&self.chats)
    }
}

#[async_trait]
impl Connect for Amo {
    fn hints(&self) -> ConnectHints {
        ConnectHints { hosts: self.options.hosts.clone() }
    }

    fn consent(&self, app: &AppKeys, state: &str) -> Url {
        oauth::consent(&self.options, app, state)
    }

    fn returned(&self, query: &BTreeMap<String, String>) -> Result<Returned, CrmError> {
        oauth::returned(&self.options, query)
    }

    fn portal(&self, address: &str) -> Option<(Url, Url)> {
        let base = self.options.base(&self.options.typed_host(address)?)?;
        Some((base.clone(), base))
    }

    async fn exchange(&self, app: &AppKeys, base: &Url, code: &str) -> Result<Grant, GrantError> {
        oauth::exchange(&self.http, app, base, code).await
    }

    async fn refresh(
        &self,
        app: &AppKeys,
        base: &Url,
        refresh: &SecretString,
    ) -> Result<Grant, GrantError> {
        oauth::refresh(&self.http, app, base, refresh).await
    }

    async fn whereabouts(
        &self,
        access: &SecretString,
        refresh: &SecretString,
    ) -> Result<Option<Whereabouts>, GrantError> {
        whereabouts::ask(&self.http, &self.options, access, refresh).await
    }

    async fn about(&self, caller: &Caller<'_>) -> Result<PortalInfo, CrmError> {
        about::about(&self.api(caller)).await
    }

    async fn subscribe(&self, caller: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        let api = self.api(caller);
        let wanted: Vec<&str> = EVENTS.into_iter().chain(UNSORTED_EVENTS).collect();
        for settings in [wanted, EVENTS.to_vec()] {
            let body = json!({ "destination": hook.as_str(), "settings": settings });
            match api.change::<Value>(Method::POST, "webhooks", &body).await {
                Err(Failure::Refused(_)) if settings.len() > EVENTS.len() => {}
                outcome => return outcome.map(drop).map_err(Failure::into_error),
            }
        }
        Ok(())
    }

    async fn unsubscribe(&self, caller: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        let body = json!({ "destination": hook.as_str() });
        match self.api(caller).change::<Value>(Method::DELETE, "webhooks", &body).await {
            Ok(_) | Err(Failure::Absent) => Ok(()),
            Err(failure) => Err(failure.into_error()),
        }
    }

    fn token_says(&self, token: &SecretString) -> TokenSays {
        oauth::token_says(token)
    }

    fn switched_off_account(&self, query: &BTreeMap<String, String>) -> Option<String> {
        query.get("account_id").cloned()
    }

    fn switched_off(
        &self,
        app: &AppKeys,
        query: &BTreeMap<String, String>,
    ) -> Result<String, PortalTrouble> {
        oauth::switched_off(app, query)
    }
}

impl Hook for Amo {
    fn parse(&self, content_type: &str, body: &[u8]) -> Result<Vec<Change>, HookError> {
        hook::parse(content_type, body)
    }
}
