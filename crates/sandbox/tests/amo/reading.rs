use std::time::Duration;

use reqwest::Method;
use sandbox::amo::Switches;
use serde_json::{Value, json};

use super::Desk;

#[tokio::test]
async fn amo_sim_4_nothing_is_204_and_only_next_tells_of_more() {
    let desk = Desk::start().await;
    for path in ["leads", "contacts", "contacts?query=9161234567", "leads/5", "contacts/5", "tasks"]
    {
        assert_eq!(desk.get(path).await.0, 204, "{path}");
    }
    for path in ["leads/unsorted/abc", "nothing", "users/5"] {
        assert_eq!(desk.get(path).await.0, 404, "{path}");
    }
    let items: Vec<_> = (0..5).map(|n| json!({"name": format!("Сделка {n}")})).collect();
    desk.post("leads", json!(items)).await;
    let url = format!("{}/api/v4/leads?limit=2&page=2", desk.account.url());
    let page = desk.client.get(url).bearer_auth(&desk.token).send().await.unwrap();
    let kind = page.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/hal+json");
    let page: serde_json::Value = page.json().await.unwrap();
    assert_eq!(
        (&page["_page"], page["_embedded"]["leads"].as_array().unwrap().len()),
        (&json!(2), 2)
    );
    assert!(page.get("_total_items").is_none());
    let next = page["_links"]["next"]["href"].as_str().unwrap();
    let last = desk.client.get(next).bearer_auth(&desk.token).send().await.unwrap();
    let last: serde_json::Value = last.json().await.unwrap();
    assert!(last["_links"].get("next").is_none(), "{last}");
    assert_eq!(last["_embedded"]["leads"].as_array().unwrap().len(), 1);
    assert_eq!(desk.get("leads?page=4&limit=2").await.0, 204);
    assert_eq!(desk.get("leads?limit=251").await.0, 400);
}

#[tokio::test]
async fn amo_sim_5_query_lags_and_an_unpaid_filter_is_ignored() {
    let desk = Desk::start().await;
    let phone = json!([Desk::phone("+7 (916) 123-45-67")]);
    let one = desk.made("contacts", json!({"name": "Анна", "custom_fields_values": phone})).await;
    let other = desk.made("contacts", json!({"name": "Счёт 9161234567"})).await;
    assert_eq!(desk.get("contacts?query=9161234567").await.0, 204, "not indexed yet");
    desk.amo.advance(Duration::from_secs(3));
    let (status, found) = desk.get("contacts?query=9161234567").await;
    assert_eq!(status, 200);
    let ids = found["_embedded"]["contacts"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|contact| contact["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [one, other], "the name of another holds the digits too");
    desk.account.rename_contact(one, "Анна Ивановна");
    assert_eq!(desk.get("contacts?query=ивановна").await.0, 204);
    desk.amo.advance(Duration::from_secs(3));
    assert_eq!(desk.get("contacts?query=ивановна").await.0, 200);

    let asked = format!("contacts?filter[id][]={one}");
    let count = async || {
        let (_, found) = desk.get(&asked).await;
        found["_embedded"]["contacts"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 1);
    desk.account.turn_paid_filter_off();
    assert_eq!(count().await, 2, "ignored in silence");
    let (_, account) = desk.get("account?with=is_api_filter_enabled").await;
    assert_eq!(account["is_api_filter_enabled"], json!(false));
}

/// Numbers of the items of a list, of the choices of fields and of the stages of pipelines.
fn ids(list: &Value) -> Vec<i64> {
    let items = list["_embedded"].as_object().unwrap().values().flat_map(|v| v.as_array().unwrap());
    let parts = |item: &Value| {
        let inner = [&item["enums"], &item["_embedded"]["statuses"]];
        let inner: Vec<Value> =
            inner.into_iter().filter_map(Value::as_array).flatten().cloned().collect();
        inner.into_iter().chain([item.clone()])
    };
    items.flat_map(parts).filter_map(|item| item["id"].as_i64()).collect()
}

/// An id in the wrong place hits nothing, whatever it is of and in which account.
#[tokio::test]
async fn amo_sim_0_ids_never_meet() {
    let desk = Desk::start().await;
    let other = desk.amo.add_account("vasilek");
    let day = Duration::from_secs(86_400);
    let token = other.long_lived_token(&desk.integration.client_id, day).unwrap();
    let mut all: Vec<i64> = Vec::new();
    for (account, token) in [(&desk.account, &desk.token), (&other, &token)] {
        let ask = async |method: Method, path: &str, body: Value| {
            let body = Some(&body).filter(|body| !body.is_null());
            let (status, answer) = desk.ask_as(token, account, method, path, body).await;
            assert!(status.is_success(), "{path}: {answer}");
            answer
        };
        let get = async |path: &str| ask(Method::GET, path, Value::Null).await;
        let post = async |path: &str, body: Value| ask(Method::POST, path, body).await;
        let lead = post("leads", json!([{"name": "A"}])).await;
        let lead = lead["_embedded"]["leads"][0]["id"].as_i64().unwrap();
        post("contacts", json!([{"name": "A", "tags_to_add": [{"name": "новый"}]}])).await;
        post("companies", json!([{"name": "A"}])).await;
        post("tasks", json!([{"text": "A", "complete_till": 1_900_000_000}])).await;
        let note = json!([{"note_type": "common", "params": {"text": "A"}}]);
        post(&format!("leads/{lead}/notes"), note).await;
        post("webhooks", json!({"destination": "http://127.0.0.1:9/", "settings": ["add_lead"]}))
            .await;
        for path in [
            "users",
            "leads/pipelines",
            "leads",
            "contacts",
            "companies",
            "tasks",
            "leads/notes",
            "webhooks",
            "leads/tags",
            "contacts/tags",
            "contacts/custom_fields",
            "leads/custom_fields",
            "companies/custom_fields",
            "leads/loss_reasons",
        ] {
            let mut found = ids(&get(&format!("{path}?limit=250")).await);
            // «Won» and «lost» are in all pipelines.
            found.retain(|id| !matches!(id, 142 | 143));
            assert!(!found.is_empty(), "{path}");
            all.extend(found);
        }
        all.push(account.id);
    }
    let mut twice: Vec<i64> = Vec::new();
    all.sort_unstable();
    for pair in all.windows(2) {
        if let [a, b] = pair
            && a == b
        {
            twice.push(*a);
        }
    }
    assert_eq!(twice, [0; 0]);
}

#[tokio::test]
async fn amo_sim_0_the_host_names_the_account_too() {
    let desk = Desk::start().await;
    let url = format!("{}/api/v4/account", desk.amo.url());
    let by_host = desk.client.get(url).bearer_auth(&desk.token);
    let by_host = by_host.header("host", "romashka.amocrm.localhost").send().await.unwrap();
    let account: serde_json::Value = by_host.json().await.unwrap();
    assert_eq!(account["subdomain"], json!("romashka"));
    let told = account["_links"]["self"]["href"].as_str().unwrap();
    assert!(told.starts_with("http://romashka.amocrm.localhost/api/v4"), "{told}");
}

#[tokio::test]
async fn amo_sim_4_a_list_that_is_too_heavy_is_504_in_html() {
    let desk = Desk::start().await;
    desk.account.add_contact("Анна", None, None);
    desk.account.set_switches(Switches { heavy_above: 50, ..Switches::default() });
    let (status, page) = desk.get("contacts?limit=250").await;
    assert_eq!(status, 504);
    assert!(page.as_str().unwrap().contains("<html>"), "{page}");
    assert_eq!(desk.get("contacts?limit=50").await.0, 200);
}
