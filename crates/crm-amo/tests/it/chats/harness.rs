//! A stand: the chats behind an open gate, and a server that keeps what it was told and refuses what
//! is not signed or not in the schema.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use chrono::DateTime;
use crm::{Call, Caller, ChatChannel, CrmError, Gate, NoFiles, Portal};
use crm_amo::{AmoChats, Options};
use domain::{clock::Instant, crm::Directory, ids::PortalId};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use serde_json::Value;
use sha1::Sha1;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::schema;
use crate::schema::{Sent, violations};

pub fn moment() -> Instant {
    DateTime::from_timestamp_millis(1_639_604_761_694).unwrap()
}

pub fn chats() -> AmoChats {
    AmoChats::new(Options::default(), net::client(net::Options::default()).unwrap())
}

pub struct Stand {
    pub chats: AmoChats,
    pub portal: Portal,
    pub gate: OpenGate,
    server: MockServer,
    directory: Directory,
}

/// A call as the service saw it.
#[derive(Debug)]
pub struct Seen {
    pub path: String,
    pub body: Value,
    pub authorization: Option<String>,
}

#[derive(Default)]
pub struct OpenGate {
    seen: Mutex<(usize, Vec<Call>)>,
}

impl OpenGate {
    fn lock(&self) -> MutexGuard<'_, (usize, Vec<Call>)> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn seen(&self) -> (usize, Vec<Call>) {
        self.lock().clone()
    }
}

#[async_trait]
impl Gate for OpenGate {
    async fn admit(&self) -> Result<(), CrmError> {
        self.lock().0 += 1;
        Ok(())
    }

    fn record(&self, call: Call) {
        self.lock().1.push(call);
    }

    fn now(&self) -> Instant {
        moment()
    }
}

impl Stand {
    pub async fn new() -> Self {
        let server = MockServer::start().await;
        let base = |path: &str| format!("{}{path}", server.uri()).parse().unwrap();
        let portal = Portal {
            id: PortalId(uuid::Uuid::from_u128(1)),
            base: base("/a/ecoles"),
            site: base("/a/ecoles"),
            external_id: "1".to_owned(),
            token: "access".into(),
            drive: None,
            filters: false,
            chats: Some(ChatChannel {
                base: base("/amojo"),
                channel_id: "chan".to_owned(),
                secret: "s3cret".into(),
                bot_id: "bot-ref".to_owned(),
                scope_id: Some("chan_acc".to_owned()),
                account_id: "acc".to_owned(),
            }),
        };
        Self {
            chats: chats(),
            portal,
            gate: OpenGate::default(),
            server,
            directory: Directory::default(),
        }
    }

    pub fn caller(&self) -> Caller<'_> {
        Caller {
            portal: &self.portal,
            directory: &self.directory,
            gate: &self.gate,
            files: &NoFiles,
        }
    }

    /// Calls whose path ends so are answered so.
    pub async fn answers(&self, method: &str, end: &str, status: u16, body: Value) {
        let mut answer = ResponseTemplate::new(status);
        if !body.is_null() {
            answer = answer.set_body_json(body);
        }
        Mock::given(matchers::method(method))
            .and(matchers::path_regex(format!("/{end}$")))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// What was asked so far; each is checked.
    pub async fn requests(&self) -> Vec<Seen> {
        let requests = self.server.received_requests().await.unwrap();
        requests.into_iter().map(checked).collect()
    }
}

fn checked(request: Request) -> Seen {
    let headers: BTreeMap<String, String> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let path = request.url.path().to_owned();
    let body: Value = match request.body.as_slice() {
        [] => Value::Null,
        body => serde_json::from_slice(body).unwrap(),
    };
    match path.strip_prefix("/a/ecoles").filter(|path| !path.ends_with("/contacts/chats")) {
        // Calls of the account API are held against its own schemas.
        Some(path) => {
            let (method, query) = (request.method.as_str(), request.url.query());
            let query = query.unwrap_or_default();
            let sent = Sent { method, path, query, body: &request.body };
            assert_eq!(violations(&sent), [""; 0]);
        }
        None => schema::check(request.method.as_str(), &path, &body),
    }
    if let Some(signed) = path.strip_prefix("/amojo") {
        let md5 = content_md5(&request.body);
        assert_eq!(headers["content-md5"], md5);
        let text = format!(
            "{}\n{md5}\n{}\n{}\n{signed}",
            request.method, headers["content-type"], headers["date"]
        );
        assert_eq!(headers["x-signature"], hmac_sha1(text.as_bytes()));
        assert_eq!(headers["date"], "Wed, 15 Dec 2021 21:46:01 +0000");
    }
    Seen { path, body, authorization: headers.get("authorization").cloned() }
}

fn content_md5(body: &[u8]) -> String {
    hex::encode(Md5::digest(body))
}

/// Under the secret of the stand's channel.
pub fn hmac_sha1(text: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(b"s3cret").unwrap();
    mac.update(text);
    hex::encode(mac.finalize().into_bytes())
}
