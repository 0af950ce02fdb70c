//! Long polling: the cursor, stopping, and who else takes the updates (CH-5, CH-13).

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use channel::{AcceptError, Batch, Driver, Inbound, Inbox, ListenError};
use domain::{
    channel::{ChannelState, StateReport},
    clock::Instant,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, method, path},
};

use crate::world::{NOW, TOKEN, asked, at, bot_api, channel_at, driver, ok, refusal};

/// An inbox that remembers.
pub struct Remembers {
    offset: Option<i64>,
    pub refuses: Option<AcceptError>,
    batches: mpsc::UnboundedSender<Batch>,
    reports: Mutex<Vec<ChannelState>>,
}

impl Remembers {
    pub fn new(offset: Option<i64>) -> (Self, mpsc::UnboundedReceiver<Batch>) {
        let (batches, received) = mpsc::unbounded_channel();
        (Self { offset, refuses: None, batches, reports: Mutex::default() }, received)
    }

    pub fn reported(&self) -> Vec<ChannelState> {
        self.reports.lock().expect("no test thread panicked").clone()
    }
}

#[async_trait]
impl Inbox for Remembers {
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError> {
        if let Some(error) = &self.refuses {
            return Err(error.clone());
        }
        let _listened = self.batches.send(batch);
        Ok(())
    }

    async fn state(&self, key: &str) -> Result<Option<Value>, AcceptError> {
        assert_eq!(key, "offset");
        Ok(self.offset.map(Value::from))
    }

    async fn report(&self, report: StateReport) -> Result<(), AcceptError> {
        self.reports.lock().expect("no test thread panicked").push(report.state);
        Ok(())
    }

    fn now(&self) -> Instant {
        at(NOW)
    }
}

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).expect("a fixture is JSON")
}

/// Updates for the poll that asks with this offset.
async fn updates(api: &MockServer, asked_with: Value, answer: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path(format!("/bot{TOKEN}/getUpdates")))
        .and(body_partial_json(asked_with))
        .respond_with(answer)
        .mount(api)
        .await;
}

fn json(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn never() -> ResponseTemplate {
    json(200, ok(json!([]))).set_delay(Duration::from_secs(600))
}

async fn listen(
    api: &MockServer,
    inbox: &Remembers,
    stop: &CancellationToken,
) -> Result<(), ListenError> {
    let driver = driver();
    let listener = driver.listener().expect("the driver polls");
    let channel = channel_at(&api.uri());
    let run = listener.run(&channel, inbox, stop.clone());
    tokio::time::timeout(Duration::from_secs(20), run).await.expect("it ends in time")
}

#[tokio::test]
async fn ch_5_the_cursor_is_stored_with_its_updates_and_one_bad_update_stops_nothing() {
    let api = bot_api().await;
    let text = fixture(include_str!("../fixtures/text.json"));
    let next = json!([text, { "update_id": 502 }, { "no": "number" },
        fixture(include_str!("../fixtures/reply.json"))]);
    updates(&api, json!({ "offset": 501, "timeout": 0 }), json_of(next)).await;
    updates(&api, json!({ "offset": 504, "timeout": 50 }), never()).await;

    let (inbox, mut batches) = Remembers::new(Some(501));
    let stop = CancellationToken::new();
    let watch = async {
        let batch = batches.recv().await.expect("a batch");
        // The next poll is on its way or held now; stopping does not wait for it.
        stop.cancel();
        batch
    };
    let (ended, batch) = tokio::join!(listen(&api, &inbox, &stop), watch);
    ended.expect("it was told to stop");
    let ids: Vec<&str> = batch
        .events
        .iter()
        .filter_map(|event| match event {
            Inbound::Message(message) => Some(message.external_id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["1000001:11", "1000001:13"]);
    assert_eq!(batch.quarantined.len(), 2);
    assert_eq!(batch.state, [("offset".to_owned(), json!(504))]);
    assert_eq!(inbox.reported(), [ChannelState::Connected]);
}

fn json_of(updates: Value) -> ResponseTemplate {
    json(200, ok(updates))
}

#[tokio::test]
async fn ch_5_the_first_poll_ever_names_no_offset() {
    let api = bot_api().await;
    let text = fixture(include_str!("../fixtures/text.json"));
    updates(&api, json!({ "timeout": 0 }), json_of(json!([text]))).await;
    updates(&api, json!({ "offset": 502 }), never()).await;
    let (inbox, mut batches) = Remembers::new(None);
    let stop = CancellationToken::new();
    let watch = async {
        batches.recv().await.expect("a batch");
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(listen(&api, &inbox, &stop), watch);
    ended.expect("it was told to stop");
    let first: Value =
        serde_json::from_slice(&asked(&api, "getUpdates").await[0].body).expect("JSON");
    assert_eq!((first.get("offset"), &first["limit"]), (None, &json!(100)));
}

#[tokio::test]
async fn ch_5_what_was_not_stored_is_not_acknowledged() {
    let api = bot_api().await;
    let text = fixture(include_str!("../fixtures/text.json"));
    updates(&api, json!({}), json_of(json!([text]))).await;
    for error in [AcceptError::Fenced, AcceptError::Unavailable("no database".to_owned())] {
        let (mut inbox, _batches) = Remembers::new(None);
        inbox.refuses = Some(error.clone());
        let ended = listen(&api, &inbox, &CancellationToken::new()).await;
        let Err(ListenError::Accept(seen)) = ended else { panic!("{ended:?}") };
        assert_eq!(seen, error);
    }
    for call in asked(&api, "getUpdates").await {
        let body: Value = serde_json::from_slice(&call.body).expect("JSON");
        assert_eq!(body.get("offset"), None, "nothing was acknowledged");
    }
}

#[tokio::test]
async fn ch_13_why_a_listener_ends() {
    let webhook =
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook";
    let other = "Conflict: terminated by other getUpdates request; make sure that only one bot";
    for (status, body, expected, reported) in [
        (401, refusal(401, "Unauthorized"), "stopped BadCredentials", None),
        (409, refusal(409, webhook), "stopped Failed", None),
        (409, refusal(409, other), "interrupted", Some(ChannelState::Interrupted)),
        (502, refusal(502, "Bad Gateway"), "interrupted", None),
        (200, json!("a site"), "interrupted", None),
    ] {
        let api = bot_api().await;
        updates(&api, json!({}), json(status, body.clone())).await;
        let (inbox, _batches) = Remembers::new(None);
        let seen = match listen(&api, &inbox, &CancellationToken::new()).await {
            Err(ListenError::Stopped(report)) => {
                assert!(report.reason.is_some() && report.remedy.is_some());
                format!("stopped {:?}", report.state)
            }
            Err(ListenError::Interrupted(_)) => "interrupted".to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(seen, expected, "{body}");
        assert_eq!(inbox.reported(), Vec::from_iter(reported));
    }
}

#[tokio::test]
async fn a_wait_that_telegram_asks_for_is_waited_and_can_be_stopped() {
    let api = bot_api().await;
    let mut body = refusal(429, "Too Many Requests: retry after 600");
    body["parameters"] = json!({ "retry_after": 600 });
    updates(&api, json!({}), json(429, body)).await;
    let (inbox, _batches) = Remembers::new(None);
    let stop = CancellationToken::new();
    let watch = async {
        while asked(&api, "getUpdates").await.is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(listen(&api, &inbox, &stop), watch);
    ended.expect("it was told to stop");
    assert_eq!(asked(&api, "getUpdates").await.len(), 1);
}
