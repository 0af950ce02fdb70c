//! Files that come in (CV-6).

use channel::{Driver, FetchError, Fetched};
use futures::TryStreamExt;
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::world::{bot_api, channel_at, driver};

async fn fetch(base: &str, address: &str) -> Result<Fetched, FetchError> {
    let driver = driver();
    let media = driver.media().unwrap();
    media.fetch(&channel_at(base), &json!({ "address": address })).await
}

async fn gives(api: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(api).await;
}

#[tokio::test]
async fn cv_6_a_file_is_fetched_by_its_address_and_through_a_move() {
    let api = bot_api().await;
    let bytes = ResponseTemplate::new(200).set_body_raw("PDF-BYTES", "application/pdf");
    gives(&api, "/file", bytes).await;
    let moved = ResponseTemplate::new(302).insert_header("location", "/file");
    gives(&api, "/moved", moved).await;
    for at in ["/file", "/moved"] {
        let fetched = fetch(&api.uri(), &format!("{}{at}", api.uri())).await.unwrap();
        assert_eq!((fetched.size, fetched.mime.as_deref()), (Some(9), Some("application/pdf")));
        let bytes: Vec<_> = fetched.bytes.try_collect().await.unwrap();
        assert_eq!(bytes.concat(), b"PDF-BYTES");
    }
}

#[tokio::test]
async fn cv_6_a_file_that_does_not_come() {
    for (http, expected) in
        [(404, "gone"), (410, "gone"), (403, "gone"), (500, "retry"), (429, "retry")]
    {
        let api = bot_api().await;
        gives(&api, "/file", ResponseTemplate::new(http)).await;
        let outcome = fetch(&api.uri(), &format!("{}/file", api.uri())).await;
        assert_eq!(name(outcome), expected, "{http}");
    }
    let api = bot_api().await;
    let circle = ResponseTemplate::new(302).insert_header("location", "/file");
    gives(&api, "/file", circle).await;
    assert_eq!(name(fetch(&api.uri(), &format!("{}/file", api.uri())).await), "gone");
    assert_eq!(name(fetch(&api.uri(), "no address").await), "gone");
}

/// The company knows the token that signs callbacks, so it could name any address in one.
#[tokio::test]
async fn s13_an_address_inside_is_not_called() {
    let inside = bot_api().await;
    gives(&inside, "/secret", ResponseTemplate::new(200).set_body_string("secret")).await;
    let inside_address = format!("{}/secret", inside.uri());
    let api = bot_api().await;
    let moved = ResponseTemplate::new(302).insert_header("location", inside_address.as_str());
    gives(&api, "/moved", moved).await;
    for address in [
        inside_address.clone(),
        format!("{}/moved", api.uri()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://localhost/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        assert_eq!(name(fetch(&api.uri(), &address).await), "gone", "{address}");
    }
    assert!(inside.received_requests().await.unwrap().is_empty(), "nobody came");
}

fn name(outcome: Result<Fetched, FetchError>) -> &'static str {
    match outcome {
        Ok(_) => "fetched",
        Err(FetchError::Gone(_)) => "gone",
        Err(FetchError::Retry { .. }) => "retry",
        Err(FetchError::TooLarge) => "too large",
    }
}
