use reqwest::Method;
use sandbox::amo::Switches;
use serde_json::{Value, json};

use super::{Desk, finding};

fn form(id: &str) -> Value {
    json!([{
        "request_id": "f1", "source_uid": "beseda", "source_name": "Беседа",
        "metadata": {"form_id": id, "form_name": "Чат", "form_page": "https://shop.example",
            "form_sent_at": 1_900_000_000, "ip": "127.0.0.1", "referer": "https://shop.example"},
        "_embedded": {"leads": [{"name": "Чат с сайта"}], "contacts": [{"name": "Пётр",
            "custom_fields_values": [Desk::phone("+79161234567")]}]},
    }])
}

async fn put(desk: &Desk, id: &str) -> (String, i64, i64) {
    let (status, body) = desk.post("leads/unsorted/forms", form(id)).await;
    assert_eq!(status, 200, "{body}");
    let entry = &body["_embedded"]["unsorted"][0];
    assert_eq!(entry["request_id"], json!("f1"));
    let id = |kind: &str| entry["_embedded"][kind][0]["id"].as_i64().unwrap();
    (entry["uid"].as_str().unwrap().to_owned(), id("leads"), id("contacts"))
}

#[tokio::test]
async fn amo_sim_7_the_contact_is_hidden_until_somebody_accepts() {
    let desk = Desk::start().await;
    let (uid, lead, contact) = put(&desk, "chat-1").await;
    assert_eq!(desk.get(&format!("contacts/{contact}")).await.0, 204);
    assert_eq!(desk.get("contacts").await.0, 204);
    let (_, waiting) = desk.get(&format!("leads/{lead}")).await;
    let unsorted = desk.account.stage("Продажи", "Неразобранное").unwrap();
    assert_eq!(waiting["status_id"], json!(unsorted.status_id));
    assert_eq!(desk.get(&format!("leads/unsorted/{uid}")).await.1["category"], json!("forms"));

    let manager = desk.account.managers()[0].id;
    let stage = desk.account.stage("Продажи", "Переговоры").unwrap();
    let accept = json!({"user_id": manager, "status_id": stage.status_id});
    let (status, body) = desk.post(&format!("leads/unsorted/{uid}/accept"), accept).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(desk.get(&format!("contacts/{contact}")).await.0, 200);
    let (_, lead) = desk.get(&format!("leads/{lead}")).await;
    assert_eq!(lead["status_id"], json!(stage.status_id));
    assert_eq!(lead["responsible_user_id"], json!(manager));
    assert_eq!(desk.get(&format!("leads/unsorted/{uid}")).await.0, 404);

    let (uid, lead, contact) = put(&desk, "chat-2").await;
    let path = format!("leads/unsorted/{uid}/decline");
    assert_eq!(desk.ask(Method::DELETE, &path, Some(&json!({}))).await.0, 200);
    assert_eq!(desk.get(&format!("leads/{lead}")).await.0, 204);
    assert_eq!(desk.get(&format!("contacts/{contact}")).await.0, 204);
    let (_, summary) = desk.get("leads/unsorted/summary").await;
    assert_eq!((&summary["accepted"], &summary["declined"]), (&json!(1), &json!(1)));
}

/// Not reachable is not only unseen: nothing can be hung on whoever waits.
#[tokio::test]
async fn amo_sim_7_nothing_is_hung_on_a_hidden_contact() {
    let desk = Desk::start().await;
    let (uid, lead, contact) = put(&desk, "chat-1").await;
    let open = desk.made("leads", json!({"name": "Другая"})).await;
    let note = json!([{"note_type": "common", "params": {"text": "Пётр"}}]);
    let task = json!([{"text": "Ответить", "complete_till": 1_900_000_000,
        "entity_type": "contacts", "entity_id": contact}]);
    let link = json!([{"to_entity_type": "contacts", "to_entity_id": contact}]);
    let calls = [
        (format!("contacts/{contact}/notes"), note.clone()),
        ("tasks".to_owned(), task),
        (format!("leads/{open}/link"), link),
    ];
    for (path, body) in &calls {
        assert_eq!(desk.post(path, body.clone()).await.0, 400, "{path}");
    }
    assert_eq!(desk.post(&format!("leads/{lead}/notes"), note).await.0, 200, "the lead is there");
    assert_eq!(desk.post(&format!("leads/unsorted/{uid}/accept"), json!({})).await.0, 200);
    for (path, body) in &calls {
        assert_eq!(desk.post(path, body.clone()).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn amo_sim_3_unsorted_wants_its_keys_and_refuses_the_same_twice() {
    let desk = Desk::start().await;
    for key in ["source_uid", "source_name", "metadata"] {
        let mut form = form("chat-1");
        form[0].as_object_mut().unwrap().remove(key);
        let (status, body) = desk.post("leads/unsorted/forms", form).await;
        assert_eq!((status.as_u16(), finding(&body).1.as_str()), (400, key), "{body}");
    }
    let mut bare = form("chat-1");
    bare[0]["metadata"].as_object_mut().unwrap().remove("form_id");
    let (_, body) = desk.post("leads/unsorted/forms", bare).await;
    assert_eq!(finding(&body).1, "metadata.form_id");
    put(&desk, "chat-1").await;
    let (status, body) = desk.post("leads/unsorted/forms", form("chat-1")).await;
    assert_eq!(status, 400, "{body}");
    put(&desk, "chat-2").await;
    assert_eq!(desk.post("leads/unsorted/chats", form("chat-3")).await.0, 405);

    let unsorted = desk.account.stage("Продажи", "Неразобранное").unwrap().status_id;
    let by_status = json!([{"name": "Мимо", "status_id": unsorted}]);
    assert_eq!(desk.post("leads", by_status).await.0, 400, "not by the status");
    let known = desk.account.add_contact("Пётр", Some("8 916 123 45 67"), None);
    desk.account.set_switches(Switches { duplicate_control: true, ..Switches::default() });
    let (.., contact) = put(&desk, "chat-3").await;
    assert_eq!(contact, known, "the duplicate control looks at forms as well");
    desk.account.set_switches(Switches::default());

    let (uid, ..) = put(&desk, "chat-4").await;
    let lead = desk.made("leads", json!({"name": "Давняя"})).await;
    let link = json!({"link": {"entity_id": lead, "entity_type": "leads"}});
    let path = format!("leads/unsorted/{uid}/link");
    assert_eq!(desk.post(&path, link).await.0, 400, "only chats are bound");
}
