//! Outgoing webhooks (AD-2): signed, in order, tried again, logged, replayed, and never to an inner
//! address.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tests::{Session, TestServer, until};

/// What a receiver got.
#[derive(Clone)]
struct Got {
    headers: HeaderMap,
    body: Bytes,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Checks the signature with this secret, as the receiver's library does.
    fn is_signed_with(&self, secret: &str) -> bool {
        let secret = net::SigningSecret::parse(secret).unwrap();
        let stamp = self.header("webhook-timestamp").parse().unwrap();
        let expect = net::sign(&[secret], self.header("webhook-id"), stamp, &self.body);
        self.header("webhook-signature").split(' ').any(|one| one == expect)
    }
}

/// A receiver on this machine that answers what it is told to, 200 otherwise.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let router = Router::new().route("/hook", post(receive)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn answer_next(&self, status: StatusCode) {
        self.answers.lock().unwrap().push_back(status);
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    async fn has(&self, count: usize) -> Vec<Got> {
        until("deliveries", async || Some(self.got()).filter(|got| got.len() >= count)).await
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    receiver.got.lock().unwrap().push(Got { headers, body });
    let status = receiver.answers.lock().unwrap().pop_front().unwrap_or(StatusCode::OK);
    (status, "наш ответ").into_response()
}

async fn make(session: &Session, url: &str, kinds: &[&str]) -> (String, String) {
    let form = json!({ "url": url, "kinds": kinds });
    let made = session.post("/api/v1/endpoints", &form, 201).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["endpoint"]["endpoint_id"]), text(&made["secret"]))
}

async fn happen(session: &Session, name: &str) {
    session.post("/api/v1/contacts", &json!({ "name": name }), 201).await;
}

async fn log(session: &Session, endpoint: &str) -> Vec<Value> {
    let page = session.get(&format!("/api/v1/endpoints/{endpoint}/deliveries"), 200).await.json();
    page["items"].as_array().unwrap().clone()
}

/// The newest delivery, as soon as it is in this state.
async fn newest_in(session: &Session, endpoint: &str, state: &str) -> Value {
    until(state, async || {
        log(session, endpoint).await.into_iter().next().filter(|d| d["state"] == state)
    })
    .await
}

#[tokio::test]
async fn ad_2_events_arrive_signed_and_in_order() {
    let server = TestServer::start().await;
    let session = server.sign_up().await;
    let (receiver, url) = Receiver::start().await;
    let (endpoint, secret) = make(&session, &url, &[]).await;
    for n in 0..20 {
        happen(&session, &n.to_string()).await;
    }
    let got = receiver.has(20).await;
    let names: Vec<_> = got.iter().map(|g| g.json()["data"]["contact"]["name"].clone()).collect();
    assert_eq!(names, (0..20).map(|n| json!(n.to_string())).collect::<Vec<_>>());
    for one in &got {
        assert!(one.is_signed_with(&secret));
        assert_eq!(one.header("webhook-id"), one.json()["id"].as_str().unwrap());
        assert_eq!(one.json()["type"], "contact.changed");
        assert!(one.json()["created_at"].is_string());
    }
    let seqs: Vec<_> = got.iter().map(|g| g.json()["seq"].as_i64().unwrap()).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");
    let newest = newest_in(&session, &endpoint, "delivered").await;
    assert_eq!((&newest["http_status"], &newest["answer"]), (&json!(200), &json!("наш ответ")));
    assert_eq!(newest["attempts"], 1);
}

#[tokio::test]
async fn ad_2_an_endpoint_gets_only_its_kinds() {
    let server = TestServer::start().await;
    let session = server.sign_up().await;
    let (all, all_url) = Receiver::start().await;
    let (few, few_url) = Receiver::start().await;
    make(&session, &few_url, &["message.created"]).await;
    make(&session, &all_url, &["contact.changed", "message.created"]).await;
    happen(&session, "Анна").await;
    all.has(1).await;
    assert!(few.got().is_empty());
    let form = json!({ "url": all_url, "kinds": ["everything"] });
    session.post("/api/v1/endpoints", &form, 422).await;
}

/// A failed delivery holds those after it: order stays.
#[tokio::test]
async fn ad_2_a_failed_delivery_is_tried_again_before_the_next() {
    let server = TestServer::start().await;
    let session = server.sign_up().await;
    let (receiver, url) = Receiver::start().await;
    let (endpoint, _) = make(&session, &url, &[]).await;
    receiver.answer_next(StatusCode::INTERNAL_SERVER_ERROR);
    happen(&session, "первый").await;
    happen(&session, "второй").await;
    receiver.has(1).await;
    let waiting = until("the failure in the log", async || {
        log(&session, &endpoint).await.into_iter().find(|d| d["attempts"] == 1)
    })
    .await;
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(waiting["http_status"], 500);
    assert!(waiting["next_at"].is_string());
    let view = session.get(&format!("/api/v1/endpoints/{endpoint}"), 200).await.json();
    assert!(view["failing_since"].is_string());
    // The first pause is 5 s; it is waited for and not guessed.
    let got = receiver.has(3).await;
    let names: Vec<_> = got.iter().map(|g| g.json()["data"]["contact"]["name"].clone()).collect();
    assert_eq!(names, [json!("первый"), json!("первый"), json!("второй")]);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    newest_in(&session, &endpoint, "delivered").await;
    let view = session.get(&format!("/api/v1/endpoints/{endpoint}"), 200).await.json();
    assert_eq!(view["failing_since"], Value::Null);
}

#[tokio::test]
async fn ad_2_gone_switches_off_and_on_again_starts_from_now() {
    let server = TestServer::start().await;
    let session = server.sign_up().await;
    let (receiver, url) = Receiver::start().await;
    let (endpoint, _) = make(&session, &url, &[]).await;
    receiver.answer_next(StatusCode::GONE);
    happen(&session, "первый").await;
    let path = format!("/api/v1/endpoints/{endpoint}");
    let off = until("switched off", async || {
        Some(session.get(&path, 200).await.json()).filter(|e| e["enabled"] == false)
    })
    .await;
    assert_eq!(off["disabled"], "gone");
    assert!(off["disabled_reason"]["ru"].as_str().unwrap().contains("410"));
    happen(&session, "пропущенный").await;
    let on = session.patch(&path, &json!({ "enabled": true }), 200).await.json();
    assert_eq!((&on["enabled"], &on["disabled"]), (&json!(true), &Value::Null));
    happen(&session, "третий").await;
    let got = receiver.has(2).await;
    assert_eq!(got[1].json()["data"]["contact"]["name"], "третий");
    let off = session.patch(&path, &json!({ "enabled": false }), 200).await.json();
    assert_eq!(off["disabled"], "by_hand");
}

#[tokio::test]
async fn ad_2_a_ping_tells_at_once_and_a_replay_repeats_the_id() {
    let server = TestServer::start().await;
    let session = server.sign_up().await;
    let (receiver, url) = Receiver::start().await;
    let (endpoint, old_secret) = make(&session, &url, &[]).await;
    let path = format!("/api/v1/endpoints/{endpoint}");
    let pong = session.post(&format!("{path}/ping"), &json!({}), 200).await.json();
    assert_eq!((&pong["state"], &pong["kind"]), (&json!("delivered"), &json!("ping")));
    receiver.answer_next(StatusCode::NOT_FOUND);
    let pong = session.post(&format!("{path}/ping"), &json!({}), 200).await.json();
    assert_eq!((&pong["state"], &pong["http_status"]), (&json!("failed"), &json!(404)));

    let new_secret = session.post(&format!("{path}/secret"), &json!({}), 200).await.json();
    let new_secret = new_secret["secret"].as_str().unwrap();
    happen(&session, "Анна").await;
    let got = receiver.has(3).await;
    assert!(got[2].is_signed_with(&old_secret) && got[2].is_signed_with(new_secret));
    assert!(!got[0].is_signed_with(new_secret));

    let delivered = newest_in(&session, &endpoint, "delivered").await;
    let id = delivered["delivery_id"].as_str().unwrap();
    let again = session.post(&format!("/api/v1/deliveries/{id}/replay"), &json!({}), 201).await;
    assert_eq!(again.json()["replay_of"], json!(id));
    let got = receiver.has(4).await;
    assert_eq!(got[3].header("webhook-id"), got[2].header("webhook-id"));
    assert_eq!(got[3].body, got[2].body);
    let whole = session.get(&format!("/api/v1/deliveries/{id}"), 200).await.json();
    assert_eq!(whole["body"], got[2].json());
    let page = format!("{path}/deliveries?limit=2");
    let first = session.get(&page, 200).await.json();
    let next = first["next"].as_str().unwrap();
    let second = session.get(&format!("{page}&cursor={next}"), 200).await.json();
    assert_eq!(second["items"].as_array().unwrap().len(), 2);
    let failed = session.get(&format!("{path}/deliveries?state=failed"), 200).await.json();
    assert_eq!(failed["items"].as_array().unwrap().len(), 1);
    session.delete(&path, 204).await;
    session.get(&path, 404).await;
    session.get(&format!("/api/v1/deliveries/{id}"), 404).await;
}

/// S13: neither when it is set nor when it is called.
#[tokio::test]
async fn ad_2_inner_addresses_are_refused() {
    let server = TestServer::start_with(|config| config.outgoing.allow_loopback = false).await;
    let session = server.sign_up().await;
    for (url, code) in [
        ("https://127.0.0.1/", "not_public"),
        ("https://169.254.169.254/latest", "not_public"),
        ("https://0x7f.1/", "not_public"),
        ("https://[::1]/", "not_public"),
        ("https://localhost/", "not_public"),
        ("http://example.com/", "not_https"),
        ("https://user:word@example.com/", "credentials_in_url"),
        ("ftp://example.com/", "bad_url"),
        ("пример", "bad_url"),
        ("", "bad_url"),
    ] {
        let answer = session.post("/api/v1/endpoints", &json!({ "url": url }), 422).await.json();
        assert_eq!(answer["errors"][0]["field"], "url", "{url}");
        assert_eq!(answer["errors"][0]["code"], code, "{url}");
    }
    // One that slipped into the database is not called either.
    let (receiver, inner) = Receiver::start().await;
    let (endpoint, _) = make(&session, "https://example.com/", &["message.created"]).await;
    let mut conn = server.database().connect().await;
    sqlx::query("update endpoints set url = $1")
        .bind(inner.replace("http:", "https:"))
        .execute(&mut conn)
        .await
        .unwrap();
    let path = format!("/api/v1/endpoints/{endpoint}/ping");
    let pong = session.post(&path, &json!({}), 200).await.json();
    assert_eq!(pong["state"], "failed");
    assert_eq!(pong["error"], "the address is not in the public internet");
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn ad_2_another_company_and_an_operator_see_no_endpoints() {
    let server = TestServer::start().await;
    let session = server.sign_up().await;
    let (receiver, url) = Receiver::start().await;
    let (endpoint, _) = make(&session, &url, &[]).await;
    let pong =
        session.post(&format!("/api/v1/endpoints/{endpoint}/ping"), &json!({}), 200).await.json();
    let delivery = pong["delivery_id"].as_str().unwrap();
    let other = server.sign_up().await;
    for path in [
        format!("/api/v1/endpoints/{endpoint}"),
        format!("/api/v1/endpoints/{endpoint}/deliveries"),
        format!("/api/v1/deliveries/{delivery}"),
    ] {
        other.get(&path, 404).await;
        session.nobody().get(&path, 401).await;
    }
    other.post(&format!("/api/v1/deliveries/{delivery}/replay"), &json!({}), 404).await;
    other.post(&format!("/api/v1/endpoints/{endpoint}/ping"), &json!({}), 404).await;
    other.post(&format!("/api/v1/endpoints/{endpoint}/secret"), &json!({}), 404).await;
    other.delete(&format!("/api/v1/endpoints/{endpoint}"), 404).await;
    happen(&other, "чужой").await;
    happen(&session, "свой").await;
    let got = receiver.has(2).await;
    assert_eq!(got[1].json()["data"]["contact"]["name"], "свой");
}
