//! A server that answers from a script and keeps to the documentation: a request that is not in the
//! schemas fails the test.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::{
    schema::{Sent, violations},
    stand::{Stand, adapter, url},
};

pub struct Fake {
    pub server: MockServer,
    pub stand: Stand,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    script: Vec<(String, ResponseTemplate)>,
    wrong: Vec<String>,
}

const ACCOUNT: &str = "/a/ecoles";

impl Fake {
    pub async fn new() -> Self {
        let server = MockServer::start().await;
        let told = Arc::new(Mutex::new(Told::default()));
        Mock::given(matchers::any()).respond_with(Script(told.clone())).mount(&server).await;
        let base = url(&format!("{}{ACCOUNT}", server.uri()));
        let stand = Stand::new(adapter(&server.uri()), base, "token-of-the-portal");
        Self { server, stand, told }
    }

    /// The next answer to `GET /api/v4/account`; answers to one call are given in this order.
    pub fn on(&self, call: &str, answer: ResponseTemplate) -> &Self {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.script.push((call.to_owned(), answer));
        self
    }

    pub fn json(&self, call: &str, body: Value) -> &Self {
        self.on(call, ResponseTemplate::new(200).set_body_json(body))
    }

    pub fn status(&self, call: &str, status: u16) -> &Self {
        self.on(call, ResponseTemplate::new(status))
    }

    pub async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    pub async fn bodies(&self) -> Vec<Value> {
        let requests = self.requests().await;
        requests.iter().filter_map(|request| serde_json::from_slice(&request.body).ok()).collect()
    }
}

struct Script(Arc<Mutex<Told>>);

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = request.url.path();
        let path = path.strip_prefix(ACCOUNT).unwrap_or(path);
        let sent = Sent {
            method: request.method.as_str(),
            path,
            query: request.url.query().unwrap_or_default(),
            body: &request.body,
        };
        told.wrong.extend(violations(&sent));
        let call = format!("{} {path}", request.method);
        match told.script.iter().position(|(known, _)| *known == call) {
            Some(n) => told.script.remove(n).1,
            None => {
                told.wrong.push(format!("{call} was not expected"));
                ResponseTemplate::new(500)
            }
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(told.wrong.is_empty(), "{:#?}", told.wrong);
        let left: Vec<&String> = told.script.iter().map(|(call, _)| call).collect();
        assert!(left.is_empty(), "never called: {left:?}");
    }
}
