use std::time::Duration;

use channel::{Driver, Outbound, SendError, Thread};
use domain::content::Content;
use domain::ids::MessageId;
use uuid::Uuid;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{channel, driver};

fn hello() -> Outbound {
    Outbound {
        id: MessageId(Uuid::from_u128(3)),
        recipient: "p-7".to_owned(),
        content: Content::Text { text: "Добрый день".to_owned(), spans: Vec::new() },
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

async fn answered(answer: ResponseTemplate) -> Result<String, SendError> {
    let service = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/messages"))
        .and(header("authorization", "Bearer token-1"))
        .and(body_partial_json(serde_json::json!({ "to": "p-7", "text": "Добрый день" })))
        .respond_with(answer)
        .expect(1)
        .mount(&service)
        .await;
    let driver = driver(&format!("{}/", service.uri()));
    driver.send(&channel(), &hello()).await.map(|sent| sent.external_id)
}

#[tokio::test]
async fn an_accepted_message_has_the_services_id() {
    let answer = ResponseTemplate::new(200).set_body_string(r#"{ "message_id": "s-1" }"#);
    assert_eq!(answered(answer).await, Ok("s-1".to_owned()));
}

#[tokio::test]
async fn each_refusal_names_the_next_move() {
    let wait = answered(ResponseTemplate::new(429).insert_header("retry-after", "7")).await;
    assert!(matches!(wait, Err(SendError::Retry { after, .. }) if after == Duration::from_secs(7)));
    let token = answered(ResponseTemplate::new(401)).await;
    assert!(matches!(token, Err(SendError::Disconnected(_))));
    let refused = answered(ResponseTemplate::new(400)).await;
    assert!(matches!(refused, Err(SendError::Rejected { .. })));
    // It may have been taken: never sent again silently.
    let lost = answered(ResponseTemplate::new(502)).await;
    assert!(matches!(lost, Err(SendError::Unknown(_))));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let service = MockServer::start().await;
    let address = service.uri();
    drop(service);
    let outcome = driver(&format!("{address}/")).send(&channel(), &hello()).await;
    // The port may have been taken by another test meanwhile; then the answer is a refusal.
    assert!(matches!(outcome, Err(SendError::Retry { .. } | SendError::Rejected { .. })));
}
