//! AD-2: what makes something can be asked for again under one `Idempotency-Key` and is made once.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Session, TestServer};

async fn post(owner: &Session, path: &str, key: &str, form: &Value, status: u16) -> Answer {
    let request = owner.request(Method::POST, path).header("idempotency-key", key).json(form);
    owner.send(request, status).await
}

#[tokio::test]
async fn ad_2_whatever_can_be_made_is_made_once_under_one_key() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let week = json!({ "time_zone": "Europe/Moscow", "week": { "mon": ["09:00-18:00"] } });
    for (path, form, status) in [
        ("tags", json!({ "name": "Опт" }), 201),
        ("contacts", json!({ "name": "Иван" }), 201),
        ("scenarios", json!({ "name": "Всем", "tree": { "steps": [] } }), 201),
        ("schedules", json!({ "name": "Будни", "schedule": week }), 201),
        ("channels", json!({ "kind": "widget", "name": "Сайт", "settings": {} }), 201),
        ("blacklist", json!({ "kind": "phone", "value": "+79161234567", "note": "а" }), 200),
    ] {
        let path = format!("/api/v1/{path}");
        let listed = async || {
            let list = owner.get(&path, 200).await.json();
            list["items"].as_array().expect("a list").len()
        };
        let before = listed().await;
        // At once, as an impatient client sends it, and later.
        let (first, second) = tokio::join!(
            post(&owner, &path, &path, &form, status),
            post(&owner, &path, &path, &form, status)
        );
        let third = post(&owner, &path, &path, &form, status).await;
        assert_eq!(first.json(), second.json(), "{path}");
        assert_eq!(first.json(), third.json(), "{path}");
        assert_eq!(listed().await, before + 1, "{path}");

        let mut other = form;
        other[if path.ends_with("blacklist") { "note" } else { "name" }] = json!("Другое");
        let refused = post(&owner, &path, &path, &other, 409).await;
        assert_eq!(refused.code(), "idempotency_mismatch", "{path}");
        // A key is its request's, and not the path's.
        post(&owner, &path, &format!("{path} again"), &other, status).await;
    }
}

/// A request may hold a password: what is kept of it tells nothing to whoever reads the database.
#[tokio::test]
async fn ad_2_what_is_kept_of_a_request_cannot_be_guessed_at() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    post(&owner, "/api/v1/tags", "one", &json!({ "name": "Опт" }), 201).await;
    let mut conn = server.database().connect().await;
    let kept: Vec<u8> = sqlx::query_scalar("select request_hash from idempotency")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    let body = serde_json::to_vec(&json!({ "name": "Опт" })).unwrap();
    let bare: Vec<u8> = sqlx::query_scalar("select sha256($1)")
        .bind([b"POST\0/api/v1/tags\0".as_slice(), &body].concat())
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(kept.len(), bare.len());
    assert_ne!(kept, bare);
}
