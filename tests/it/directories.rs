//! The company's short lists that every client keeps: canned replies (OW-6), own fields of contacts
//! (CV-9), and word of changes in any of them.

use serde_json::{Value, json};
use tests::{Answer, PATIENCE, Session, TestServer};
use uuid::Uuid;

const REPLIES: &str = "/api/v1/canned-replies";
const FIELDS: &str = "/api/v1/contact-fields";

fn id<'a>(made: &'a Value, field: &str) -> &'a str {
    made[field].as_str().unwrap_or_else(|| panic!("no {field} in {made}"))
}

async fn items(of: &Session, path: &str) -> Vec<Value> {
    of.get(path, 200).await.json()["items"].as_array().unwrap().clone()
}

fn wrong_fields(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_canned_replies_are_written_by_managers_and_used_by_everybody() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let supervisor = owner.hire("Вера", "supervisor").await;
    let operator = owner.hire("Борис", "operator").await;
    let form = json!({ "shortcut": "/привет", "title": " Приветствие ",
        "text": "Здравствуйте, {имя}!\nЧем помочь?", "section": "Общие" });
    operator.post(REPLIES, &form, 403).await;
    let made = supervisor.post(REPLIES, &form, 201).await.json();
    assert_eq!((id(&made, "shortcut"), id(&made, "title")), ("привет", "Приветствие"));
    assert_eq!((&made["used_count"], &made["group_id"]), (&json!(0), &Value::Null));
    let at = format!("{REPLIES}/{}", id(&made, "canned_reply_id"));
    assert_eq!(items(&operator, REPLIES).await, std::slice::from_ref(&made));

    operator.poke(&format!("{at}/used"), 204).await;
    owner.poke(&format!("{at}/used"), 204).await;
    assert_eq!(items(&operator, REPLIES).await[0]["used_count"], 2);

    let second = json!({ "title": "Адрес", "text": "Ленина, 1" });
    let second = owner.post(REPLIES, &second, 201).await.json();
    assert_eq!((id(&second, "shortcut"), id(&second, "section")), ("", ""));
    let titles: Vec<_> =
        items(&operator, REPLIES).await.iter().map(|r| r["title"].clone()).collect();
    assert_eq!(titles, ["Адрес", "Приветствие"], "by section, then by title");

    let change = json!({ "title": "Привет", "text": "Добрый день!" });
    operator.put(&at, &change, 403).await;
    let changed = owner.put(&at, &change, 200).await.json();
    assert_eq!((id(&changed, "shortcut"), &changed["used_count"]), ("", &json!(2)));
    operator.delete(&at, 403).await;
    owner.delete(&at, 204).await;
    owner.delete(&at, 404).await;
    owner.put(&at, &change, 404).await;
    operator.poke(&format!("{at}/used"), 404).await;
    let analyst = owner.hire("Глеб", "analyst").await;
    analyst.get(REPLIES, 403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_wrong_canned_replies_are_refused_with_their_fields() {
    let server = TestServer::start().await;
    let (owner, stranger) = (server.sign_up().await, server.sign_up().await);
    let form = json!({ "shortcut": "цена", "title": "Цена", "text": "100 ₽" });
    let first = owner.post(REPLIES, &form, 201).await.json();
    let again = json!({ "shortcut": "Цена", "title": "x", "text": "x" });
    assert_eq!(owner.post(REPLIES, &again, 409).await.code(), "shortcut_taken");
    let other = owner.post(REPLIES, &json!({ "title": "y", "text": "y" }), 201).await.json();
    let at = format!("{REPLIES}/{}", id(&other, "canned_reply_id"));
    assert_eq!(owner.put(&at, &form, 409).await.code(), "shortcut_taken");
    let same = format!("{REPLIES}/{}", id(&first, "canned_reply_id"));
    owner.put(&same, &form, 200).await;
    stranger.post(REPLIES, &form, 201).await;

    for (bad, fields) in [
        (json!({}), vec!["title"]),
        (json!({ "title": " ", "text": "" }), vec!["title", "text"]),
        (json!({ "shortcut": "два слова", "title": "x", "text": "x" }), vec!["shortcut"]),
        (json!({ "shortcut": "я".repeat(41), "title": "x", "text": "x" }), vec!["shortcut"]),
        (json!({ "title": "x", "text": "я".repeat(10_001) }), vec!["text"]),
        (json!({ "title": "x", "text": "x", "section": "я".repeat(101) }), vec!["section"]),
        (json!({ "title": "x", "text": "x", "used_count": 5 }), vec!["used_count"]),
        (json!({ "title": "x", "text": "x", "group_id": "tag_1" }), vec!["group_id"]),
    ] {
        let told = owner.post(REPLIES, &bad, 422).await;
        assert_eq!(wrong_fields(&told), fields, "{bad}");
    }
    let group = stranger.post("/api/v1/groups", &json!({ "name": "Чужие" }), 201).await.json();
    let bad = json!({ "title": "x", "text": "x", "group_id": group["group_id"] });
    assert_eq!(wrong_fields(&owner.post(REPLIES, &bad, 422).await), ["group_id"]);
    assert_eq!(wrong_fields(&owner.put(&at, &bad, 422).await), ["group_id"]);
    stranger.put(&at, &form, 404).await;
    stranger.delete(&at, 404).await;
    stranger.poke(&format!("{at}/used"), 404).await;

    let key = Uuid::now_v7().to_string();
    let keyed = |title: &str| {
        let body = json!({ "title": title, "text": "x" });
        owner.request(reqwest::Method::POST, REPLIES).header("idempotency-key", &key).json(&body)
    };
    let once = owner.send(keyed("раз"), 201).await.json();
    assert_eq!(owner.send(keyed("раз"), 201).await.json(), once);
    assert_eq!(owner.send(keyed("два"), 409).await.code(), "idempotency_mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_a_groups_canned_replies_are_its_members_until_it_is_deleted() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let member = owner.hire("Борис", "operator").await;
    let other = owner.hire("Вера", "operator").await;
    let form = json!({ "name": "Продажи", "members": [member.employee] });
    let group = owner.post("/api/v1/groups", &form, 201).await.json();
    let form = json!({ "title": "Скидка", "text": "10 %", "group_id": group["group_id"] });
    let made = owner.post(REPLIES, &form, 201).await.json();
    let used = format!("{REPLIES}/{}/used", id(&made, "canned_reply_id"));
    assert_eq!(items(&member, REPLIES).await.len(), 1);
    assert!(items(&other, REPLIES).await.is_empty());
    assert_eq!(items(&owner, REPLIES).await.len(), 1, "who manages them sees all");
    member.poke(&used, 204).await;
    other.poke(&used, 404).await;

    let mut socket = other.socket(None).await;
    owner.delete(&format!("/api/v1/groups/{}", id(&group, "group_id")), 204).await;
    for of in ["groups", "canned_replies"] {
        let told = socket.next_event("directory.changed", PATIENCE).await;
        assert_eq!(told["data"]["of"], of);
    }
    assert_eq!(items(&other, REPLIES).await[0]["group_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn cv_9_own_fields_are_defined_ordered_and_deleted_without_their_values() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let operator = owner.hire("Борис", "operator").await;
    let level = json!({ "key": "уровень", "name": "Уровень", "kind": "choice",
        "choices": [" золото ", "серебро"], "position": 2 });
    operator.post(FIELDS, &level, 403).await;
    let made = owner.post(FIELDS, &level, 201).await.json();
    assert_eq!(made["choices"], json!(["золото", "серебро"]));
    let born = json!({ "key": "Дата рождения", "name": "Дата рождения", "kind": "date",
        "position": 1 });
    owner.post(FIELDS, &born, 201).await;
    assert_eq!(owner.post(FIELDS, &born, 409).await.code(), "contact_field_taken");
    let keys: Vec<_> = items(&operator, FIELDS).await.iter().map(|f| f["key"].clone()).collect();
    assert_eq!(keys, ["Дата рождения", "уровень"]);

    let form = json!({ "name": "Анна", "fields": { "уровень": "золото", "заметка": "любая" } });
    let anna = operator.post("/api/v1/contacts", &form, 201).await.json();
    let at = format!("/api/v1/contacts/{}", id(&anna, "contact_id"));
    let change = json!({ "name": "Уровень клиента", "kind": "choice", "choices": ["серебро"],
        "position": 0 });
    operator.put(&format!("{FIELDS}/уровень"), &change, 403).await;
    let changed = owner.put(&format!("{FIELDS}/уровень"), &change, 200).await.json();
    assert_eq!((id(&changed, "key"), id(&changed, "name")), ("уровень", "Уровень клиента"));
    let kept = operator.get(&at, 200).await.json();
    assert_eq!(kept["fields"]["уровень"], "золото", "what is there stays");

    owner.delete(&format!("{FIELDS}/уровень"), 204).await;
    owner.delete(&format!("{FIELDS}/уровень"), 404).await;
    owner.put(&format!("{FIELDS}/уровень"), &change, 404).await;
    owner.delete(&format!("{FIELDS}/Дата%20рождения"), 204).await;
    let kept = operator.get(&at, 200).await.json();
    assert_eq!(kept["fields"], json!({ "уровень": "золото", "заметка": "любая" }));
    assert!(items(&operator, FIELDS).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn cv_9_values_fit_their_fields_and_wrong_ones_are_named() {
    let server = TestServer::start().await;
    let (owner, stranger) = (server.sign_up().await, server.sign_up().await);
    for (key, kind) in [("n", "number"), ("d", "date"), ("l", "link"), ("t", "text")] {
        let form = json!({ "key": key, "name": key, "kind": kind });
        owner.post(FIELDS, &form, 201).await;
    }
    let choice = json!({ "key": "c", "name": "c", "kind": "choice", "choices": ["a", "b"] });
    owner.post(FIELDS, &choice, 201).await;

    let bad = json!({ "n": "много", "d": "22.11.2026", "l": "example.ru", "c": "x", "t": "x" });
    let told = owner.post("/api/v1/contacts", &json!({ "name": "А", "fields": bad }), 422).await;
    let mut fields = wrong_fields(&told);
    fields.sort();
    assert_eq!(fields, ["fields.c", "fields.d", "fields.l", "fields.n"]);
    let good =
        json!({ "n": "12,5", "d": "2026-11-22", "l": "https://example.ru", "c": "b", "t": "x" });
    let anna = owner.post("/api/v1/contacts", &json!({ "name": "А", "fields": good }), 201).await;
    let at = format!("/api/v1/contacts/{}", id(&anna.json(), "contact_id"));
    assert_eq!(anna.json()["fields"], good);
    let told = owner.patch(&at, &json!({ "fields": { "d": "завтра" } }), 422).await;
    assert_eq!(wrong_fields(&told), ["fields.d"]);
    owner.patch(&at, &json!({ "fields": { "d": "", "n": null, "иное": "что угодно" } }), 200).await;
    let form = json!({ "name": "А", "fields": bad });
    stranger.post("/api/v1/contacts", &form, 201).await;

    for (bad, fields) in [
        (json!({ "name": "x", "kind": "text" }), vec!["key"]),
        (json!({ "key": "a/b", "name": " ", "kind": "text" }), vec!["key", "name"]),
        (json!({ "key": "x", "name": "x", "kind": "colour" }), vec!["kind"]),
        (json!({ "key": "x", "name": "x", "kind": "choice" }), vec!["choices"]),
        (json!({ "key": "x", "name": "x", "kind": "text", "choices": ["a"] }), vec!["choices"]),
        (
            json!({ "key": "x", "name": "x", "kind": "choice", "choices": ["a", "a"] }),
            vec!["choices[1]"],
        ),
    ] {
        let told = owner.post(FIELDS, &bad, 422).await;
        assert_eq!(wrong_fields(&told), fields, "{bad}");
    }
    for n in 0..45 {
        let form = json!({ "key": format!("поле {n}"), "name": "x", "kind": "text" });
        owner.post(FIELDS, &form, 201).await;
    }
    let full = owner.post(FIELDS, &json!({ "key": "z", "name": "z", "kind": "text" }), 409).await;
    assert_eq!(full.code(), "too_many_contact_fields");
}

/// Whoever has the list is told in the transaction of the change, whatever they may do.
#[tokio::test(flavor = "multi_thread")]
async fn ow_6_every_change_of_a_list_is_told() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let operator = owner.hire("Борис", "operator").await;
    let mut socket = operator.socket(None).await;
    let tree = json!({ "steps": [ { "do": "close" } ] });
    let hours = json!({ "time_zone": "Europe/Moscow", "week": { "mon": ["09:00-18:00"] } });
    for (of, list, key, form, change) in [
        ("tags", "tags", "tag_id", json!({ "name": "a" }), json!({ "name": "b" })),
        ("groups", "groups", "group_id", json!({ "name": "a" }), json!({ "name": "b" })),
        (
            "canned_replies",
            "canned-replies",
            "canned_reply_id",
            json!({ "title": "a", "text": "a" }),
            json!({ "title": "b", "text": "b" }),
        ),
        (
            "contact_fields",
            "contact-fields",
            "key",
            json!({ "key": "a", "name": "a", "kind": "text" }),
            json!({ "name": "b", "kind": "text" }),
        ),
        (
            "scenarios",
            "scenarios",
            "scenario_id",
            json!({ "name": "a", "tree": tree }),
            json!({ "name": "b", "tree": tree }),
        ),
        (
            "schedules",
            "schedules",
            "schedule_id",
            json!({ "name": "a", "schedule": hours }),
            json!({ "name": "b", "schedule": hours }),
        ),
    ] {
        let path = format!("/api/v1/{list}");
        let made = owner.request(reqwest::Method::POST, &path).json(&form).send().await.unwrap();
        assert!(made.status().is_success(), "{list}: {}", made.status());
        let made: Value = made.json().await.unwrap();
        let at = format!("{path}/{}", id(&made, key));
        let patched = matches!(list, "tags" | "groups");
        let method = if patched { reqwest::Method::PATCH } else { reqwest::Method::PUT };
        let changed = owner.request(method, &at).json(&change).send().await.unwrap();
        assert!(changed.status().is_success(), "{list}: {}", changed.status());
        owner.delete(&at, 204).await;
        for action in ["made", "changed", "deleted"] {
            let told = socket.next_event("directory.changed", PATIENCE).await;
            assert_eq!(told["data"], json!({ "of": of }), "{list} {action}");
        }
    }
    // A member comes by way of the employee's own form.
    let group = owner.post("/api/v1/groups", &json!({ "name": "Продажи" }), 201).await.json();
    let at = format!("/api/v1/employees/{}", operator.employee);
    owner.patch(&at, &json!({ "groups": [group["group_id"]] }), 200).await;
    for _ in ["the group", "its member"] {
        let told = socket.next_event("directory.changed", PATIENCE).await;
        assert_eq!(told["data"]["of"], "groups");
    }
}
