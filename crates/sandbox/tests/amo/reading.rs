use std::time::Duration;

use serde_json::json;

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

#[tokio::test]
async fn amo_sim_0_ids_never_meet_and_the_host_names_the_account_too() {
    let desk = Desk::start().await;
    let other = desk.amo.add_account("vasilek");
    let mut ids: Vec<i64> = Vec::new();
    for account in [&desk.account, &other] {
        ids.push(account.id);
        ids.extend(account.people().iter().map(|person| person.id));
        let own = account.stages();
        ids.extend(own.iter().map(|stage| stage.status_id).filter(|id| *id > 1_000));
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    let url = format!("{}/api/v4/account", desk.amo.url());
    let by_host = desk.client.get(url).bearer_auth(&desk.token);
    let by_host = by_host.header("host", "romashka.amocrm.localhost").send().await.unwrap();
    let account: serde_json::Value = by_host.json().await.unwrap();
    assert_eq!(account["subdomain"], json!("romashka"));
    let told = account["_links"]["self"]["href"].as_str().unwrap();
    assert!(told.starts_with("http://romashka.amocrm.localhost/api/v4"), "{told}");
}
