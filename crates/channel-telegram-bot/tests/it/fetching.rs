//! Files that come in.

use channel::{Driver, FetchError};
use futures::TryStreamExt;
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path},
};

use crate::world::{TOKEN, answers, bot_api, channel_at, driver, ok, refusal};

async fn fetch(api: &wiremock::MockServer) -> Result<channel::Fetched, FetchError> {
    let driver = driver();
    let media = driver.media().expect("the driver fetches files");
    media.fetch(&channel_at(&api.uri()), &json!({ "file_id": "d1" })).await
}

#[tokio::test]
async fn cv_6_a_file_is_fetched_by_its_handle() {
    let api = bot_api().await;
    let file = json!({ "file_id": "d1", "file_size": 9, "file_path": "documents/file_1.pdf" });
    answers(&api, "getFile", 200, ok(file)).await;
    Mock::given(method("GET"))
        .and(path(format!("/file/bot{TOKEN}/documents/file_1.pdf")))
        .respond_with(
            ResponseTemplate::new(200).set_body_raw("PDF-BYTES", "application/octet-stream"),
        )
        .mount(&api)
        .await;
    let fetched = fetch(&api).await.expect("it is there");
    assert_eq!((fetched.size, fetched.mime), (Some(9), None));
    let bytes: Vec<_> = fetched.bytes.try_collect().await.expect("it comes whole");
    assert_eq!(bytes.concat(), b"PDF-BYTES");
}

#[tokio::test]
async fn cv_6_a_file_that_does_not_come() {
    for (status, body, expected) in [
        (400, refusal(400, "Bad Request: file is too big"), "too large"),
        (
            200,
            ok(json!({ "file_id": "d1", "file_size": 30_000_000, "file_path": "x" })),
            "too large",
        ),
        (400, refusal(400, "Bad Request: invalid file_id"), "gone"),
        (429, refusal(429, "Too Many Requests"), "retry"),
        (401, refusal(401, "Unauthorized"), "retry"),
        (502, json!("a proxy's page"), "retry"),
        (200, ok(json!({ "file_id": "d1", "file_path": "documents/lost.pdf" })), "gone"),
    ] {
        let api = bot_api().await;
        answers(&api, "getFile", status, body.clone()).await;
        let seen = match fetch(&api).await.err().expect("no file") {
            FetchError::Retry { .. } => "retry",
            FetchError::Gone(why) => {
                assert!(!why.contains("AAF7"), "the token shows in {why}");
                "gone"
            }
            FetchError::TooLarge => "too large",
        };
        assert_eq!(seen, expected, "{body}");
    }
}
