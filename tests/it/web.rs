//! The web face alone on a free port, with a clock that the test moves and a database of its own,
//! and people who use it through real HTTP.

use std::{net::SocketAddr, sync::Arc};

use chrono::TimeDelta;
use domain::event::Event;
use reqwest::{Client, Method, StatusCode, header};
use serde_json::Value;
use sqlx::Executor;
use store::{FeedPage, Store};
use tests::{Database, HandClock, plain, use_cases};

pub struct Web {
    base: String,
    client: Client,
    clock: Arc<HandClock>,
    store: Store,
    database: Database,
}

impl Web {
    /// Without limits that a test could feel.
    pub async fn start() -> Self {
        Self::with(api::LimitSettings::unfelt()).await
    }

    /// With the limits of a real installation.
    pub async fn start_limited() -> Self {
        Self::with(api::LimitSettings::default()).await
    }

    async fn with(limits: api::LimitSettings) -> Self {
        let database = Database::create().await;
        let store = database.store();
        let clock = HandClock::set();
        let app = use_cases(store.clone(), channel::Registry::default(), &clock, plain());
        let api = api::Api::new(app, &limits, None);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let service = api::router(api).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { base, client: Client::new(), clock, store, database }
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.pass(by);
    }

    fn someone(&self, proof: Proof) -> Person {
        Person {
            base: self.base.clone(),
            client: self.client.clone(),
            origin: Some(self.base.clone()),
            idempotency_key: None,
            proof,
            headers: header::HeaderMap::new(),
        }
    }

    /// A browser without a cookie yet.
    pub fn person(&self) -> Person {
        self.someone(Proof::default())
    }

    /// A browser with this cookie.
    pub fn visitor(&self, cookie: &str) -> Person {
        self.someone(Proof { cookie: Some(cookie.to_owned()), bearer: None })
    }

    /// A program with this token.
    pub fn program(&self, token: &str) -> Person {
        self.someone(Proof { cookie: None, bearer: Some(token.to_owned()) })
    }

    async fn tx_of(&self, person: &mut Person) -> store::TenantTx {
        let account = person.get("/api/v1/account", StatusCode::OK).await;
        let account = account["account_id"].as_str().expect("an id").parse().expect("an id");
        self.store.tenant(account).await.expect("begins")
    }

    pub async fn last_seq(&self, person: &mut Person) -> i64 {
        self.tx_of(person).await.last_seq().await.expect("reads")
    }

    pub async fn events_after(&self, person: &mut Person, after: i64) -> Vec<Event> {
        match self.tx_of(person).await.events_after(after, 100).await.expect("reads") {
            FeedPage::Events(events) => events,
            FeedPage::TooOld { seq } => panic!("too old, now at {seq}"),
        }
    }

    pub async fn as_app_role(&self, sql: &'static str) -> Result<(), sqlx::Error> {
        let mut conn = self.database.connect().await;
        conn.execute("set role beseda_app").await?;
        conn.execute(sql).await.map(|_| ())
    }

    pub async fn as_superuser(&self, sql: &'static str, id: i64) {
        let mut conn = self.database.connect().await;
        sqlx::query(sql).bind(id).execute(&mut conn).await.expect("runs");
    }
}

#[derive(Clone, Default)]
struct Proof {
    cookie: Option<String>,
    bearer: Option<String>,
}

/// Somebody who sends requests and remembers the cookie that came back.
pub struct Person {
    base: String,
    client: Client,
    origin: Option<String>,
    idempotency_key: Option<String>,
    proof: Proof,
    headers: header::HeaderMap,
}

impl Person {
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(origin) = &self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if let Some(cookie) = &self.proof.cookie {
            request = request.header(header::COOKIE, format!("{}={cookie}", api::COOKIE));
        }
        if let Some(token) = &self.proof.bearer {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("the server answers");
        self.headers = response.headers().clone();
        let status = response.status();
        if let Some(cookie) = self.last_set_cookie() {
            let value = cookie.split(';').next().and_then(|c| c.split_once('=')).map(|(_, v)| v);
            self.proof.cookie = value.filter(|v| !v.is_empty()).map(ToOwned::to_owned);
        }
        let text = response.text().await.expect("a whole body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn expect(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: StatusCode,
    ) -> Value {
        let (seen, answer) = self.send(method.clone(), path, body).await;
        assert_eq!(seen, status, "{method} {path}: {answer}");
        answer
    }

    pub async fn get(&mut self, path: &str, status: StatusCode) -> Value {
        self.expect(Method::GET, path, None, status).await
    }

    pub async fn delete(&mut self, path: &str, status: StatusCode) -> Value {
        self.expect(Method::DELETE, path, None, status).await
    }

    pub async fn post(&mut self, path: &str, body: Value, status: StatusCode) -> Value {
        self.expect(Method::POST, path, Some(body), status).await
    }

    pub async fn put(&mut self, path: &str, body: Value, status: StatusCode) -> Value {
        self.expect(Method::PUT, path, Some(body), status).await
    }

    pub async fn patch(&mut self, path: &str, body: Value, status: StatusCode) -> Value {
        self.expect(Method::PATCH, path, Some(body), status).await
    }

    /// The same browser, sending a token besides its cookie.
    pub fn with_bearer(&self, token: &str) -> Self {
        let proof = Proof { bearer: Some(token.to_owned()), ..self.proof.clone() };
        Self {
            base: self.base.clone(),
            client: self.client.clone(),
            origin: self.origin.clone(),
            idempotency_key: None,
            proof,
            headers: header::HeaderMap::new(),
        }
    }

    /// What the browser says of the page that sends the request.
    pub fn set_origin(&mut self, origin: Option<&str>) {
        self.origin = origin.map(ToOwned::to_owned);
    }

    pub fn set_idempotency_key(&mut self, key: Option<&str>) {
        self.idempotency_key = key.map(ToOwned::to_owned);
    }

    pub fn cookie_value(&self) -> Option<String> {
        self.proof.cookie.clone()
    }

    /// Headers of the last answer.
    pub fn last_headers(&self) -> &header::HeaderMap {
        &self.headers
    }

    pub fn last_set_cookie(&self) -> Option<String> {
        let value = self.headers.get(header::SET_COOKIE)?;
        value.to_str().ok().map(ToOwned::to_owned)
    }

    pub fn last_retry_after(&self) -> Option<u64> {
        self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
    }
}
