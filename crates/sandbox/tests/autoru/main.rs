//! Each rule that the Auto.ru counterpart enforces (CH-9), asked with a plain HTTP client.
#![expect(clippy::disallowed_methods, reason = "a test owns its HTTP client")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::time::Duration;

use axum::{Router, extract::RawQuery, http::StatusCode, routing::post};
use sandbox::autoru::{Autoru, Dealer, Entered, Faults, Options, Outcome};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const SOON: Duration = Duration::from_secs(10);
const CHAT_ID: &str = "fh5GkT67";

struct Stage {
    autoru: Autoru,
    dealer: Dealer,
    client: reqwest::Client,
}

impl Stage {
    async fn start() -> Self {
        let autoru = Autoru::start(Options::quick()).await.unwrap();
        let dealer = autoru.add_dealer("Клён");
        assert_eq!(dealer.enter(CHAT_ID, "http://127.0.0.1:9/hook"), Entered::Saved);
        Self { autoru, dealer, client: reqwest::Client::new() }
    }

    async fn ask(&self, token: &str, body: String) -> u16 {
        let url = format!("{}/aggregators/auto/hook?token={token}", self.autoru.base());
        self.client.post(url).body(body).send().await.unwrap().status().as_u16()
    }

    async fn says(&self, message: Value) -> u16 {
        let body = json!({ "sender": { "name": "Alex" }, "recipient": { "id": "b1" },
            "message": message });
        self.ask(CHAT_ID, body.to_string()).await
    }
}

/// A system of the dealer's that answers what it is told, and tells the queries that came.
async fn system(answers: &'static [u16]) -> (String, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let take = move |RawQuery(query): RawQuery| {
        let nth = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let _ = tell.send(query.unwrap_or_default());
        let status = answers.get(nth).or(answers.last()).copied().unwrap_or(200);
        async move { StatusCode::from_u16(status).unwrap() }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?key=k", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, told)
}

/// 400 is a syntax error in the request; nothing of it reaches the buyer, and it is remembered.
#[tokio::test]
async fn ch_9_what_the_document_does_not_allow_is_refused_and_remembered() {
    let stage = Stage::start().await;
    let buyer = stage.dealer.buyer("b1", "ivan");
    assert_eq!(stage.says(json!({ "type": "text", "id": "1", "text": "x" })).await, 400);
    assert_eq!(stage.autoru.violations().len(), 1, "nobody wrote to this dealer yet");
    buyer.writes(0, "Торг?");
    for (n, message) in [
        json!({ "type": "text", "id": "1" }),
        json!({ "type": "typein", "id": "1" }),
        json!({ "type": "photo", "id": "1", "file": "nowhere" }),
        json!({ "type": "seen", "id": "no such message" }),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(stage.says(message).await, 400);
        assert_eq!(stage.autoru.violations().len(), n + 2);
    }
    assert_eq!(stage.ask(CHAT_ID, "{".to_owned()).await, 400);
    assert_eq!(buyer.transcript().len(), 1, "the buyer sees their own words alone");
    assert_eq!(stage.ask("another", "{}".to_owned()).await, 403);
    stage.dealer.set_faults(Faults { dead_status: 400, ..Faults::default() });
    assert_eq!(stage.ask("another", "{}".to_owned()).await, 400);
}

/// A repeated `message.id` has no effect.
#[tokio::test]
async fn cv_7_the_same_id_is_shown_once() {
    let stage = Stage::start().await;
    let buyer = stage.dealer.buyer("b1", "ivan");
    buyer.writes(0, "Торг?");
    let message = json!({ "type": "text", "id": "m-1", "text": "Да" });
    assert_eq!(stage.says(message.clone()).await, 200);
    assert_eq!(stage.says(message).await, 200);
    assert_eq!(buyer.transcript().len(), 2);
    let outcomes: Vec<Outcome> = stage.dealer.calls().into_iter().map(|c| c.outcome).collect();
    assert_eq!(outcomes, [Outcome::Accepted, Outcome::Repeated]);
    assert!(stage.autoru.violations().is_empty());
    assert_eq!(stage.says(json!({ "type": "text", "id": "m-1", "text": "Нет" })).await, 200);
    assert_eq!(stage.autoru.violations().len(), 1, "one id for two messages");
}

/// What was not answered with 200 comes again; `chat_id` stands behind whatever the address has.
#[tokio::test]
async fn ch_9_deliveries_are_repeated_until_they_are_taken() {
    let stage = Stage::start().await;
    let (url, mut queries) = system(&[500, 503, 200]).await;
    stage.dealer.enter(CHAT_ID, &url);
    let buyer = stage.dealer.buyer("b1", "ivan");
    let id = buyer.writes(1, "Торг?");
    assert_eq!(stage.dealer.delivered(&id, SOON).await.unwrap(), 3);
    assert_eq!(queries.recv().await.unwrap(), format!("key=k&chat_id={CHAT_ID}"));
    assert!(stage.dealer.repeat_last());
    stage
        .autoru
        .until(SOON, || (stage.dealer.deliveries().len() == 4).then_some(()))
        .await
        .unwrap();
}

/// A ChatId names one dealer.
#[tokio::test]
async fn ch_9_a_chat_id_of_another_dealer_is_not_taken() {
    let stage = Stage::start().await;
    let other = stage.autoru.add_dealer("Берёза");
    assert_eq!(other.enter(CHAT_ID, "http://127.0.0.1:9/"), Entered::Taken);
    assert_eq!(stage.dealer.enter(CHAT_ID, "http://127.0.0.1:9/new"), Entered::Saved);
    assert!(other.chat_id().is_empty());
}

/// The page's own calls: a person enters, writes and breaks things there.
#[tokio::test]
async fn the_page_and_its_calls_answer() {
    let stage = Stage::start().await;
    let at = |path: &str| format!("{}{path}", stage.autoru.url());
    let page = stage.client.get(at("/")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Песочница Авто.ру"));
    let post = async |path: &str, body: Value| {
        let answer = stage.client.post(at(path)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (_, made) = post("/sandbox/buyers", json!({ "name": "Иван", "id": "b1" })).await;
    assert_eq!(made["id"], "b1");
    assert_eq!(post("/sandbox/chats/1/b1/text", json!({ "text": "Торг?" })).await.0, 200);
    assert_eq!(post("/sandbox/chats/1/b9/text", json!({ "text": "Торг?" })).await.0, 404);
    let short = json!({ "chat_id": "abc", "hook": "http://127.0.0.1:9/" });
    assert_eq!(post("/sandbox/dealers/1/enter", short).await.0, 400);
    let chat = stage.client.get(at("/sandbox/chats/1/b1")).send().await.unwrap();
    assert_eq!(chat.json::<Value>().await.unwrap()["lines"][0]["text"], "Торг?");
    let state = stage.client.get(at("/sandbox/state")).send().await.unwrap();
    assert_eq!(state.json::<Value>().await.unwrap()["dealers"][0]["chat_id"], CHAT_ID);
}
