use std::time::Duration;

use reqwest::Method;
use sandbox::amo::{Faults, Integration, Scope, Switches};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{Desk, REDIRECT};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn amo_sim_1_a_code_lives_20_minutes_and_once_and_wants_its_redirect_uri() {
    let desk = Desk::start().await;
    let code = || desk.account.consent(&desk.integration.client_id).unwrap();
    let grant = |code: &str| json!({"grant_type": "authorization_code", "code": code});
    let first = code();
    let mut elsewhere = grant(&first);
    elsewhere["redirect_uri"] = json!(format!("{REDIRECT}/"));
    assert_eq!(desk.exchange(elsewhere).await.0, 400);
    let mut stranger = grant(&first);
    stranger["client_secret"] = json!("guessed");
    let (status, body) = desk.exchange(stranger).await;
    assert_eq!((status.as_u16(), &body["title"]), (401, &json!("Некорректный клиент")));
    let (status, pair) = desk.exchange(grant(&first)).await;
    assert_eq!(status, 200);
    assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("Bearer"), &json!(86_400)));
    assert_eq!(desk.exchange(grant(&first)).await.0, 400, "single use");
    let late = code();
    desk.amo.advance(Duration::from_secs(20 * 60 + 1));
    assert_eq!(desk.exchange(grant(&late)).await.0, 400);

    let token = pair["access_token"].as_str().unwrap();
    let ask = || desk.ask_as(token, &desk.account, Method::GET, "account", None);
    assert_eq!(ask().await.0, 200);
    let other = desk.amo.add_account("vasilek");
    let strange = desk.ask_as(token, &other, Method::GET, "account", None).await;
    assert_eq!(strange.0, 401, "a token opens its own account only");
    desk.amo.advance(24 * HOUR);
    assert_eq!(ask().await.0, 401);
}

/// «Every call»: what holds for the account holds for its tokens, and spends none.
#[tokio::test]
async fn amo_sim_2_a_blocked_account_and_an_unpaid_one_give_no_tokens() {
    let desk = Desk::start().await;
    let code = desk.account.consent(&desk.integration.client_id).unwrap();
    let grant = json!({"grant_type": "authorization_code", "code": code});
    desk.account.block();
    assert_eq!(desk.exchange(grant.clone()).await.0, 403);
    desk.account.lift_block();
    let switches = desk.account.switches();
    desk.account.set_switches(Switches { unpaid: true, ..switches });
    assert_eq!(desk.exchange(grant.clone()).await.0, 402);
    desk.account.set_switches(switches);
    assert_eq!(desk.exchange(grant).await.0, 200);
}

#[tokio::test]
async fn amo_sim_1_a_refresh_token_is_spent_even_when_the_answer_was_lost() {
    let desk = Desk::start().await;
    let code = desk.account.consent(&desk.integration.client_id).unwrap();
    let grant = json!({"grant_type": "authorization_code", "code": code});
    let (_, pair) = desk.exchange(grant).await;
    let refresh =
        |token: &serde_json::Value| json!({"grant_type": "refresh_token", "refresh_token": token});
    let (status, second) = desk.exchange(refresh(&pair["refresh_token"])).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], pair["refresh_token"]);
    let (status, body) = desk.exchange(refresh(&pair["refresh_token"])).await;
    assert_eq!((status.as_u16(), &body["hint"]), (401, &json!("Token has been revoked")));

    let faults = Faults { drop_answer: 1, scope: Scope::Tokens, ..Faults::default() };
    desk.account.set_faults(faults);
    let url = format!("{}/oauth2/access_token", desk.account.url());
    let body = json!({
        "client_id": desk.integration.client_id, "redirect_uri": REDIRECT,
        "client_secret": desk.integration.client_secret, "grant_type": "refresh_token",
        "refresh_token": second["refresh_token"],
    });
    assert!(desk.client.post(url).json(&body).send().await.is_err(), "the answer is lost");
    let (status, _) = desk.exchange(refresh(&second["refresh_token"])).await;
    assert_eq!(status, 401, "and the token is gone");
    let grants = desk.account.grants();
    assert_eq!((grants.by_code, grants.by_refresh, grants.refused), (1, 2, 2));

    let code = desk.account.consent(&desk.integration.client_id).unwrap();
    let grant = json!({"grant_type": "authorization_code", "code": code});
    let (_, pair) = desk.exchange(grant).await;
    desk.amo.advance(24 * HOUR * 91);
    assert_eq!(desk.exchange(refresh(&pair["refresh_token"])).await.0, 401, "three months");
}

/// Codes and tokens of one account are worth nothing in another, and are not spent there.
#[tokio::test]
async fn amo_sim_1_a_code_and_a_refresh_token_open_their_own_account_only() {
    let desk = Desk::start().await;
    let other = desk.amo.add_account("vasilek");
    let exchange_at = async |account: &sandbox::amo::Account, grant: &serde_json::Value| {
        let mut body = grant.clone();
        body["client_id"] = json!(desk.integration.client_id);
        body["client_secret"] = json!(desk.integration.client_secret);
        body["redirect_uri"] = json!(REDIRECT);
        let url = format!("{}/oauth2/access_token", account.url());
        desk.client.post(url).json(&body).send().await.unwrap().status().as_u16()
    };
    let code = desk.account.consent(&desk.integration.client_id).unwrap();
    let by_code = json!({"grant_type": "authorization_code", "code": code});
    assert_eq!(exchange_at(&other, &by_code).await, 400);
    let (status, pair) = desk.exchange(by_code).await;
    assert_eq!(status, 200, "it was not spent by that");
    let by_refresh = json!({"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]});
    assert_eq!(exchange_at(&other, &by_refresh).await, 401);
    assert_eq!(exchange_at(&desk.account, &by_refresh).await, 200);
}

#[tokio::test]
async fn amo_sim_1_switching_off_kills_the_tokens_and_tells_by_a_signed_get() {
    let desk = Desk::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/off", listener.local_addr().unwrap());
    let named = Integration::named("Проба", REDIRECT).with_disable_hook(&hook);
    desk.amo.add_integration(named);
    desk.account.disable_integration(&desk.integration.client_id);
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut head = vec![0; 2_048];
    let read = socket.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(head.get(..read).unwrap()).into_owned();
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let line = head.lines().next().unwrap();
    assert!(line.starts_with("GET /off?account_id="), "{line}");
    assert!(line.contains(&format!("client_uuid={}", desk.integration.client_id)), "{line}");
    let signature = line.split("signature=").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(signature.len(), 64);
    assert_eq!(desk.get("account").await.0, 401);
}

#[tokio::test]
async fn amo_sim_1_the_consent_page_asks_for_an_account_and_sends_back() {
    let desk = Desk::start().await;
    let client_id = &desk.integration.client_id;
    let page = format!("{}/oauth?client_id={client_id}&state=s-1&mode=popup", desk.amo.url());
    let page = desk.client.get(page).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Разрешить") && page.contains("Отказать"), "{page}");
    assert!(page.contains("romashka") && page.contains("s-1"));
    let decide = async |decision: &str| {
        let form = [
            ("client_id", client_id.as_str()),
            ("state", "s-1"),
            ("account", "romashka"),
            ("decision", decision),
        ];
        let body: String = url_encoded(&form);
        let sent = desk
            .client
            .post(format!("{}/oauth", desk.amo.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(sent.status(), 302);
        sent.headers()["location"].to_str().unwrap().to_owned()
    };
    let back = decide("allow").await;
    assert!(back.starts_with(REDIRECT) && back.contains("code=def502"), "{back}");
    for told in ["referer=romashka.amocrm.ru", "platform=1", "state=s-1"] {
        assert!(back.contains(told), "{back}");
    }
    let back = decide("deny").await;
    assert!(back.contains("error=access_denied") && back.contains("state=s-1"), "{back}");
}

fn url_encoded(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn amo_sim_1_an_admins_token_may_act_for_somebody_who_works_there() {
    let desk = Desk::start().await;
    let people = desk.account.people();
    let manager = desk.account.managers()[0].id;
    let gone = people.iter().find(|person| !person.is_active).unwrap().id;
    let url = format!("{}/api/v4/account", desk.account.url());
    let ask = |user: i64| {
        let request = desk.client.get(&url).bearer_auth(&desk.token);
        request.header("x-context-user-id", user).send()
    };
    let account: serde_json::Value = ask(manager).await.unwrap().json().await.unwrap();
    assert_eq!(account["current_user_id"], json!(manager));
    for refused in [gone, 5] {
        assert_eq!(ask(refused).await.unwrap().status(), 403);
    }
}

#[tokio::test]
async fn amo_sim_10_methods_of_admins_answer_403_to_others() {
    let desk = Desk::start().await;
    let token = desk.account.manager_token(&desk.integration.client_id, HOUR).unwrap();
    for path in ["users", "webhooks", "sources", "contacts/chats?contact_id=1"] {
        let (status, body) = desk.ask_as(&token, &desk.account, Method::GET, path, None).await;
        assert_eq!(status, 403, "{path}: {body}");
    }
    let leads = desk.ask_as(&token, &desk.account, Method::GET, "leads/pipelines", None).await;
    assert_eq!(leads.0, 200);
    let (_, users) = desk.get("users?with=amojo_id&limit=250").await;
    assert_eq!(users["_total_items"], json!(6));
    let inactive = users["_embedded"]["users"].as_array().unwrap().iter();
    let inactive = inactive.filter(|user| user["rights"]["is_active"] == json!(false));
    assert_eq!(inactive.count(), 1);
}
