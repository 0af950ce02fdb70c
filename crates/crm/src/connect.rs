//! Getting and keeping access to a portal.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use domain::{clock::Instant, crm::PortalTrouble};
use secrecy::SecretString;
use url::Url;

use crate::{Caller, CrmError};

/// How an app of ours is known to a CRM.
#[derive(Debug, Clone)]
pub struct AppKeys {
    /// Public.
    pub client_id: String,
    /// Secret.
    pub client_secret: SecretString,
    /// Where the CRM sends people back; must be equal to the registered one, letter by letter.
    pub redirect_uri: Url,
}

/// A pair of tokens.
#[derive(Debug, Clone)]
pub struct Grant {
    /// For calls.
    pub access: SecretString,
    /// For the next pair; single use. `None`: a long-lived token (CRM-7 LITE).
    pub refresh: Option<SecretString>,
    /// How long `access` lives.
    pub expires_in: Duration,
}

/// Why no pair was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Certainly not processed: the refresh token is still good.
    #[error("the token service was not reached: {0}")]
    NotReached(String),
    /// The answer was lost or is unreadable: a refresh token is spent, the portal must be connected again.
    #[error("the answer of the token service was lost: {0}")]
    Lost(String),
    /// Refused: spent, expired or revoked.
    #[error("the token service refused: {0}")]
    Refused(String),
    /// The id or the secret of the app is wrong. Nothing is spent.
    #[error("the token service does not take the keys of the app: {0}")]
    Keys(String),
    /// There is no token service at this address: the account may have moved. Nothing is spent.
    #[error("no token service is there: {0}")]
    Elsewhere(String),
    /// The account takes no call at all, such as one that is not paid for. Nothing is spent.
    #[error("the account takes no calls: {0:?}")]
    Stopped(PortalTrouble),
}

/// A return from the consent page that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// Consent was given.
    Code {
        /// To be exchanged once.
        code: String,
        /// The portal's API, from the allow-list.
        base: Url,
        /// Where people open it.
        site: Url,
    },
    /// The person refused.
    Denied,
}

/// What a portal says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalInfo {
    /// The CRM's own id of the account; two portals with one id are one.
    pub external_id: String,
    /// As people call it.
    pub title: String,
    /// The user whose token it is.
    pub user_id: Option<String>,
    /// Its id with the chats service.
    pub chats_id: Option<String>,
    /// Where files are put.
    pub drive: Option<Url>,
    /// Whether the paid filter works.
    pub filters: bool,
    /// Whether «Неразобранное» is on.
    pub unsorted_on: bool,
}

/// What a token says of itself. Nobody vouches for it: good for a screen and for limits, never for a
/// decision about rights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenSays {
    /// Whose token it is.
    pub client_id: Option<String>,
    /// When it ends.
    pub ends_at: Option<Instant>,
}

/// Where an account is that is not found where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The CRM's own id of the account.
    pub external_id: String,
    /// The portal's API, from the allow-list.
    pub base: Url,
    /// Where people open it.
    pub site: Url,
}

/// What a settings screen should say before it connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectHints {
    /// Hosts of portals that may connect: `amocrm.ru`.
    pub hosts: Vec<String>,
}

/// Access to portals of one CRM.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Whose portals are taken.
    fn hints(&self) -> ConnectHints;

    /// Where the browser goes to ask for consent.
    fn consent(&self, app: &AppKeys, state: &str) -> Url;

    /// Reads what the browser brought back. The portal's host is taken only when it is on the
    /// allow-list: it is a parameter of a request that anybody can make (AMO-1).
    fn returned(&self, query: &BTreeMap<String, String>) -> Result<Returned, CrmError>;

    /// The base of a portal that a person named (`ecoles` or `https://ecoles.amocrm.ru`), for tokens
    /// that are entered by hand (CRM-7 LITE). `None`: not a portal's address.
    fn portal(&self, address: &str) -> Option<(Url, Url)>;

    /// The code for the first pair.
    async fn exchange(&self, app: &AppKeys, base: &Url, code: &str) -> Result<Grant, GrantError>;

    /// The next pair. Spends `refresh`, whether or not the answer arrives.
    async fn refresh(
        &self,
        app: &AppKeys,
        base: &Url,
        refresh: &SecretString,
    ) -> Result<Grant, GrantError>;

    /// Asks the CRM itself where the account of these tokens is now. Spends nothing. `None`: it does not
    /// say.
    async fn whereabouts(
        &self,
        _access: &SecretString,
        _refresh: &SecretString,
    ) -> Result<Option<Whereabouts>, GrantError> {
        Ok(None)
    }

    /// What the portal says of itself; also the check of a token.
    async fn about(&self, caller: &Caller<'_>) -> Result<PortalInfo, CrmError>;

    /// Registers our webhook (again: it is the same one). Safe to repeat.
    async fn subscribe(&self, caller: &Caller<'_>, hook: &Url) -> Result<(), CrmError>;

    /// Takes it away.
    async fn unsubscribe(&self, caller: &Caller<'_>, hook: &Url) -> Result<(), CrmError>;

    /// What a token says of itself, where it says anything.
    fn token_says(&self, _token: &SecretString) -> TokenSays {
        TokenSays::default()
    }

    /// The external id of the account that a message of switching off is about. Anybody may have sent it:
    /// it tells by whose keys the signature is to be checked.
    fn switched_off_account(&self, _query: &BTreeMap<String, String>) -> Option<String> {
        None
    }

    /// The CRM says that its admin switched our app off: the external id of the account, when the
    /// signature is right.
    fn switched_off(
        &self,
        app: &AppKeys,
        query: &BTreeMap<String, String>,
    ) -> Result<String, PortalTrouble>;
}
