//! Uploads and signed links.

use reqwest::{Method, multipart};
use serde_json::{Value, json};
use tests::{PIXEL, Session, TestServer, Visitor, widget};

async fn link(who: &Session, file: &Value) -> String {
    let id = file["attachment_id"].as_str().unwrap();
    let view = who.get(&format!("/api/v1/attachments/{id}"), 200).await.json();
    view["url"].as_str().unwrap().to_owned()
}

/// ASVS 5.4: whatever the file claims to be, a browser runs nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_served_by_links_and_run_nowhere() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let nobody = owner.nobody();
    let picture = owner.uploads("чек \"1\".png", "image/png", PIXEL).await;
    let answer = nobody.get(&link(&owner, &picture).await, 200).await;
    assert_eq!(answer.body, PIXEL);
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-security-policy").is_some_and(|p| p.starts_with("sandbox")));
    let place = answer.header("content-disposition").unwrap();
    assert!(place.starts_with("inline") && place.contains("filename*=UTF-8''%D1%87"), "{place}");

    let page = owner.uploads("a.html", "text/html", b"<script>alert(1)</script>").await;
    let answer = nobody.get(&link(&owner, &page).await, 200).await;
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert!(answer.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_cannot_be_forged_and_files_not_be_guessed() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let picture = owner.uploads("a.png", "image/png", PIXEL).await;
    let path = link(&owner, &picture).await;
    let token = path.strip_prefix("/files/").unwrap();
    for n in [0, 20, 40, 60, token.len() - 2] {
        let mut forged: Vec<char> = token.chars().collect();
        forged[n] = if forged[n] == 'A' { 'B' } else { 'A' };
        let forged: String = forged.into_iter().collect();
        owner.get(&format!("/files/{forged}"), 404).await;
    }
    owner.get("/files/x", 404).await;
    let id = picture["attachment_id"].as_str().unwrap();
    let other = server.sign_up().await;
    other.get(&format!("/api/v1/attachments/{id}"), 404).await;
    let colleague = owner.hire("Борис", "operator").await;
    colleague.get(&format!("/api/v1/attachments/{id}"), 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_uploads_are_refused_with_a_reason() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let request = owner.request(Method::POST, "/api/v1/attachments").json(&json!({}));
    assert_eq!(owner.send(request, 400).await.code(), "bad_multipart");
    let form = multipart::Form::new().text("other", "x");
    let request = owner.request(Method::POST, "/api/v1/attachments").multipart(form);
    assert_eq!(owner.send(request, 422).await.json()["errors"][0]["code"], "missing");
    let large = vec![0; 51 * 1024 * 1024];
    let request = |bytes: Vec<u8>| {
        let file = multipart::Part::bytes(bytes).file_name("large.bin");
        owner
            .request(Method::POST, "/api/v1/attachments")
            .multipart(multipart::Form::new().part("file", file))
    };
    let answer = owner.request(Method::GET, "/healthz");
    owner.send(answer, 200).await;
    // Told before or after the server stopped reading: both are refusals.
    if let Ok(answer) = request(large).send().await {
        assert!([413, 422].contains(&answer.status().as_u16()), "{}", answer.status());
    }
    let left = std::fs::read_dir(server.folder().join("objects"))
        .map(|dir| dir.filter_map(Result::ok).count())
        .unwrap_or(0);
    assert!(left <= 1, "nothing of it is left but the folder of the account: {left}");
}

/// WG-1: a visitor gets an operator's file with a link that works without logging in.
#[tokio::test(flavor = "multi_thread")]
async fn wg_1_a_visitor_gets_an_operators_file() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = widget(&owner, json!({})).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    let page = owner.get("/api/v1/conversations", 200).await.json();
    let id = page["items"][0]["conversation_id"].as_str().unwrap();
    let picture = owner.uploads("a.png", "image/png", PIXEL).await;
    let body = json!({ "client_id": "a", "text": "See", "files": [picture["attachment_id"]] });
    owner.post(&format!("/api/v1/conversations/{id}/messages"), &body, 201).await;
    let shown = visitor.next("message").await["message"].clone();
    assert_eq!((&shown["text"], &shown["files"][0]["kind"]), (&json!("See"), &json!("image")));
    let url = shown["files"][0]["url"].as_str().unwrap();
    assert_eq!(owner.nobody().get(url, 200).await.body, PIXEL);
}
