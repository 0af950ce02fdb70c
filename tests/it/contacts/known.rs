//! What is known of people and said by hand: names, phones, fields, tags, the black list.

use serde_json::json;

use super::company::{Company, person};

#[tokio::test]
async fn cv_9_what_is_known_of_a_person_is_changed_by_hand() {
    let company = Company::new().await;
    let s = &company.owner;
    let anna = company.made("Анна").await;
    let at = format!("/api/v1/contacts/{anna}");
    let after =
        s.post(&format!("{at}/phones"), &json!({ "phone": "8 (916) 123-45-67" }), 200).await;
    assert_eq!(after.json()["phones"], json!(["+79161234567"]));
    // The same again is no fault; another's phone names that contact.
    s.post(&format!("{at}/phones"), &json!({ "phone": "+79161234567" }), 200).await;
    let ivan = company.made("Иван").await;
    let path = format!("/api/v1/contacts/{ivan}/phones");
    let taken = s.post(&path, &json!({ "phone": "9161234567" }), 409).await;
    assert_eq!(taken.code(), "phone_taken");
    assert_eq!(taken.json()["details"]["contact_id"], json!(anna));
    assert_eq!(company.contact(&ivan).await["phones"], json!([]));
    s.post(&path, &json!({ "phone": "не скажу" }), 422).await;
    s.post(&format!("{at}/emails"), &json!({ "email": " Anna@Mail.RU" }), 200).await;
    let path = format!("/api/v1/contacts/{ivan}/emails");
    assert_eq!(s.post(&path, &json!({ "email": "anna@mail.ru" }), 409).await.code(), "email_taken");

    let change = json!({ "name": "Анна Петрова", "fields": { "город": "Омск", "визитов": 3 } });
    s.patch(&at, &change, 200).await;
    let change = json!({ "fields": { "визитов": null, "vip": true } });
    let after = s.patch(&at, &change, 200).await.json();
    assert_eq!(after["fields"], json!({ "город": "Омск", "vip": true }));
    assert_eq!(after["name"], "Анна Петрова");
    s.patch(&at, &json!({ "fields": { "a": [1] } }), 422).await;
    s.patch(&at, &json!({ "name": "  " }), 422).await;
    s.patch(&at, &json!({ "merged_into": ivan }), 422).await;

    s.delete(&format!("{at}/phones/+79161234567"), 200).await;
    s.delete(&format!("{at}/phones/+79161234567"), 404).await;
    s.delete(&format!("{at}/emails/anna@mail.ru"), 200).await;
    s.delete(&format!("{at}/emails/%00"), 404).await;
    let left = company.contact(&anna).await;
    assert_eq!((&left["phones"], &left["emails"]), (&json!([]), &json!([])));
    s.get("/api/v1/contacts/cnt_00000000000000000000000000000001", 404).await;
    s.get("/api/v1/contacts/что-то", 404).await;
}

#[tokio::test]
async fn cv_9_contacts_are_read_in_pages_newest_first() {
    let company = Company::new().await;
    for n in 1..=5 {
        company.made(&format!("К{n}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/contacts?limit=2".to_owned();
    loop {
        let page = company.get(&path).await;
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|c| c["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/contacts?limit=2&cursor={next}");
    }
    assert_eq!(seen, ["К5", "К4", "К3", "К2", "К1"]);
    company.owner.get("/api/v1/contacts?cursor=x", 422).await;
    company.owner.get("/api/v1/contacts?limit=0", 422).await;
}

#[tokio::test]
async fn cv_8_tags_are_put_on_contacts() {
    let company = Company::new().await;
    let s = &company.owner;
    let tag = s.post("/api/v1/tags", &json!({ "name": "VIP" }), 201).await.json();
    let tag = tag["tag_id"].as_str().unwrap();
    let again = s.post("/api/v1/tags", &json!({ "name": "vip" }), 409).await;
    assert_eq!(again.code(), "tag_name_taken");
    s.post("/api/v1/tags", &json!({ "name": "x", "color": "red" }), 422).await;
    s.patch(&format!("/api/v1/tags/{tag}"), &json!({ "color": "#ff0000" }), 200).await;
    let anna = company.made("Анна").await;
    company.made("Иван").await;
    let path = format!("/api/v1/contacts/{anna}/tags/{tag}");
    let after = s.put(&path, &json!({}), 200).await.json();
    assert_eq!(after["tags"], json!([tag]));
    let tagged = company.get(&format!("/api/v1/contacts?tag={tag}")).await;
    assert_eq!(tagged["items"].as_array().unwrap().len(), 1);
    s.delete(&path, 200).await;
    s.put(&path, &json!({}), 200).await;
    s.delete(&format!("/api/v1/tags/{tag}"), 204).await;
    assert_eq!(company.contact(&anna).await["tags"], json!([]));
    s.put(&path, &json!({}), 404).await;
}

#[tokio::test]
async fn cv_8_tags_are_put_on_conversations() {
    let company = Company::new().await;
    let s = &company.owner;
    let tag = s.post("/api/v1/tags", &json!({ "name": "жалоба" }), 201).await.json();
    let tag = tag["tag_id"].as_str().unwrap();
    let (_, conversation) = company.says(&person("a", "Анна"), "плохо").await;
    let path = format!("/api/v1/conversations/{conversation}/tags/{tag}");
    let mut tx = company.tx().await;
    let before = tx.last_seq().await.unwrap();
    drop(tx);
    assert_eq!(s.put(&path, &json!({}), 200).await.json()["tags"], json!([tag]));
    s.put(&path, &json!({}), 200).await;
    let found = company.get(&format!("/api/v1/conversations?tag_id={tag}")).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let mut tx = company.tx().await;
    let events = tx.feed_after(before, 100).await.unwrap();
    let tagged = |e: &&store::FeedEvent| {
        e.kind == "conversation.changed" && e.payload["conversation"]["tags"] == json!([tag])
    };
    assert_eq!(events.iter().filter(tagged).count(), 1, "a repeat is no event");
    drop(tx);
    assert_eq!(s.delete(&path, 200).await.json()["tags"], json!([]));
    company.server.sign_up().await.put(&path, &json!({}), 404).await;
}

#[tokio::test]
async fn wa_5_the_black_list_keeps_one_form() {
    let company = Company::new().await;
    let s = &company.owner;
    let entry = json!({ "kind": "phone", "value": "8 916 123-45-67", "note": "спам" });
    let added = s.post("/api/v1/blacklist", &entry, 200).await.json();
    assert_eq!(added["entry"], "+79161234567");
    s.post("/api/v1/blacklist", &json!({ "kind": "email", "value": "не адрес" }), 422).await;
    s.post("/api/v1/blacklist", &json!({ "kind": "external_id", "value": "42" }), 200).await;
    let page = company.get("/api/v1/blacklist?limit=1").await;
    assert_eq!(page["items"][0]["entry"], "+79161234567");
    let next = page["next"].as_str().unwrap();
    let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let page = company.get(&format!("/api/v1/blacklist?limit=1&cursor={query}")).await;
    assert_eq!(page["items"][0]["entry"], "42");
    let listed = async |keys: &[&str]| {
        let keys: Vec<String> = keys.iter().map(|k| (*k).to_owned()).collect();
        company.tx().await.blacklisted(&keys).await.unwrap()
    };
    assert!(listed(&["7", "+79161234567"]).await);
    assert!(!listed(&["7"]).await);
    s.delete("/api/v1/blacklist/+79161234567", 204).await;
    s.delete("/api/v1/blacklist/+79161234567", 404).await;
    assert!(!listed(&["+79161234567"]).await);
}
