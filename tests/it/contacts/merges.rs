//! Contacts who turn out to be one person, and who do not after all.

use domain::ids::ConversationId;
use serde_json::json;
use sqlx::PgConnection;

use super::company::{Company, names, person};

/// BY-9: a merge is undone exactly; what came since stays, conversations go with their identities.
#[tokio::test]
async fn by_9_a_merge_moves_everything_and_is_taken_back() {
    let company = Company::new().await;
    let s = &company.owner;
    let (_, first) = company.says(&person("a", "Анна"), "привет").await;
    let (_, second) = company.says(&person("b", "Анна с работы"), "это тоже я").await;
    let kept = company.contact_of(first).await;
    let merged = company.contact_of(second).await;
    let tag = s.post("/api/v1/tags", &json!({ "name": "опт" }), 201).await.json();
    let tag = tag["tag_id"].as_str().unwrap().to_owned();
    for (id, phone) in [(&kept, "+79160000001"), (&merged, "+79160000002")] {
        let path = format!("/api/v1/contacts/{id}");
        s.post(&format!("{path}/phones"), &json!({ "phone": phone }), 200).await;
        s.patch(&path, &json!({ "fields": { "общее": phone } }), 200).await;
    }
    s.patch(&format!("/api/v1/contacts/{merged}"), &json!({ "fields": { "город": "Омск" } }), 200)
        .await;
    s.put(&format!("/api/v1/contacts/{merged}/tags/{tag}"), &json!({}), 200).await;
    let (kept_before, merged_before) =
        (company.contact(&kept).await, company.contact(&merged).await);

    let merge = format!("/api/v1/contacts/{kept}/merge");
    s.post(&merge, &json!({ "contact_id": kept }), 422).await;
    let done = s.post(&merge, &json!({ "contact_id": merged }), 200).await.json();
    let after = &done["contact"];
    assert_eq!(after["phones"], json!(["+79160000001", "+79160000002"]));
    assert_eq!(after["identities"].as_array().unwrap().len(), 2);
    assert_eq!(after["tags"], json!([tag]));
    assert_eq!(after["fields"], json!({ "общее": "+79160000001", "город": "Омск" }));
    assert_eq!(company.contact(&merged).await["merged_into"], json!(kept));
    assert_eq!(company.contact_of(second).await, kept);
    assert_eq!(names(&company.search("Анна").await).len(), 1);
    assert_eq!(
        s.post(&merge, &json!({ "contact_id": merged }), 409).await.code(),
        "already_merged"
    );
    s.patch(&format!("/api/v1/contacts/{merged}"), &json!({ "name": "x" }), 404).await;

    // Since then: a phone for the kept contact, and a new conversation of the merged identity.
    let path = format!("/api/v1/contacts/{kept}/phones");
    s.post(&path, &json!({ "phone": "+79160000003" }), 200).await;
    let mut conn = company.conn().await;
    close(&mut conn, second).await;
    let (_, third) = company.says(&person("b", "Анна с работы"), "ещё раз").await;
    assert_eq!(company.contact_of(third).await, kept);

    let undo = format!("/api/v1/contact-merges/{}/undo", done["merge_id"].as_str().unwrap());
    let back = s.post(&undo, &json!({}), 200).await.json();
    assert_eq!(back, merged_before);
    let kept_after = company.contact(&kept).await;
    assert_eq!(kept_after["phones"], json!(["+79160000001", "+79160000003"]));
    for same in ["identities", "tags", "fields", "name", "emails"] {
        assert_eq!(kept_after[same], kept_before[same], "{same}");
    }
    assert_eq!(company.contact_of(first).await, kept);
    assert_eq!(company.contact_of(second).await, merged);
    assert_eq!(company.contact_of(third).await, merged, "it goes with its identity");
    assert_eq!(s.post(&undo, &json!({}), 409).await.code(), "already_undone");
    let merges = company.get(&format!("/api/v1/contacts/{kept}/merges")).await;
    assert!(merges["items"][0]["undone_at"].is_string());
}

#[tokio::test]
async fn by_9_merges_are_undone_last_first() {
    let company = Company::new().await;
    let s = &company.owner;
    let [a, b, c] = [company.made("А").await, company.made("Б").await, company.made("В").await];
    let path = format!("/api/v1/contacts/{a}/phones");
    s.post(&path, &json!({ "phone": "+79160000001" }), 200).await;
    let merge = async |kept: &str, merged: &str| {
        let path = format!("/api/v1/contacts/{kept}/merge");
        let done = s.post(&path, &json!({ "contact_id": merged }), 200).await.json();
        format!("/api/v1/contact-merges/{}/undo", done["merge_id"].as_str().unwrap())
    };
    let first = merge(&b, &a).await;
    let second = merge(&c, &b).await;
    assert_eq!(s.post(&first, &json!({}), 409).await.code(), "merged_further");
    s.post(&second, &json!({}), 200).await;
    s.post(&first, &json!({}), 200).await;
    assert_eq!(company.contact(&a).await["phones"], json!(["+79160000001"]));
}

/// A message that comes in while contacts are merged both ways is never lost or left behind.
#[tokio::test]
async fn cv_9_messages_come_in_while_contacts_are_merged() {
    let company = Company::new().await;
    let s = &company.owner;
    let people = [person("a", "А"), person("b", "Б")];
    let (_, first) = company.says(&people[0], "раз").await;
    let (_, second) = company.says(&people[1], "два").await;
    let (a, b) = (company.contact_of(first).await, company.contact_of(second).await);
    let merging = async {
        for _ in 0..10 {
            let path = format!("/api/v1/contacts/{a}/merge");
            let done = s.post(&path, &json!({ "contact_id": b }), 200).await.json();
            let merge = done["merge_id"].as_str().unwrap().to_owned();
            s.post(&format!("/api/v1/contact-merges/{merge}/undo"), &json!({}), 200).await;
        }
    };
    let writing = async {
        for n in 0..30 {
            company.says(&people[1], &n.to_string()).await;
        }
    };
    futures::join!(merging, writing);
    assert_eq!(company.contact_of(second).await, b);
    let mut tx = company.tx().await;
    assert!(tx.conversation(second).await.unwrap().unwrap().last_position >= 31);
}

async fn close(conn: &mut PgConnection, conversation: ConversationId) {
    sqlx::query("update conversations set state = 'closed' where conversation_id = $1")
        .bind(conversation.0)
        .execute(conn)
        .await
        .unwrap();
}
