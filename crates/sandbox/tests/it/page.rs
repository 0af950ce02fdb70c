//! The page for people, through the calls it makes.

use sandbox::telegram::Options;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Api, PNG, SOON};

async fn post(api: &Api, path: &str, body: Value) -> Value {
    let url = format!("{}/sandbox/{path}", api.telegram.url());
    let answer = api.client.post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

async fn get(api: &Api, path: &str) -> Value {
    let url = format!("{}/{path}", api.telegram.url());
    let answer = api.client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn ch5_person_plays_the_customer_from_the_page() {
    let api = Api::start().await;
    let page = api.client.get(api.telegram.url()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<html lang=\"ru\""));
    let bot = api.bot.id;
    let customer = post(&api, "customers", json!({"first_name": "Вера"})).await["id"].clone();
    let chat = format!("chats/{bot}/{customer}");
    post(&api, &format!("{chat}/start"), json!({"payload": "ad_7"})).await;
    post(&api, &format!("{chat}/text"), json!({"text": "Есть размер 42?"})).await;
    let url = format!("{}/sandbox/{chat}/file?name=a.png&caption=x", api.telegram.url());
    let upload = api.client.post(url).header("Content-Type", "image/png").body(PNG);
    assert_eq!(upload.send().await.unwrap().status(), 200);
    api.result("sendMessage", json!({"chat_id": customer, "text": "Есть"})).await;
    let shown = get(&api, &format!("sandbox/{chat}")).await;
    let texts: Vec<_> = shown["messages"].as_array().unwrap().iter().map(|m| &m["text"]).collect();
    assert_eq!(texts, ["/start ad_7", "Есть размер 42?", "x", "Есть"]);
    let file = shown["messages"][2]["media"]["file_id"].as_str().unwrap();
    let picture = format!("{}/sandbox/files/{file}", api.telegram.url());
    assert_eq!(api.client.get(picture).send().await.unwrap().bytes().await.unwrap(), PNG);

    post(&api, &format!("{chat}/block"), Value::Null).await;
    assert_eq!(get(&api, &format!("sandbox/{chat}")).await["blocked"], json!(true));
    post(&api, &format!("bots/{bot}/faults"), json!({"drop_answer": 2})).await;
    assert_eq!(api.bot.faults().drop_answer, 2);
    assert_eq!(get(&api, &format!("sandbox/bots/{bot}/repeats")).await, json!([]));
    let calls = get(&api, &format!("sandbox/bots/{bot}/calls?last=1")).await;
    assert_eq!(calls[0]["outcome"], json!({"accepted": {"message_ids": [4]}}));
    assert_eq!(get(&api, &format!("sandbox/bots/{bot}/deliveries")).await, json!([]));
    let state = get(&api, "sandbox/state").await;
    assert_eq!(state["bots"][0]["token"], json!(api.bot.token));
    assert_eq!(state["bots"][0]["pending"], json!(4));
    post(&api, &format!("bots/{bot}/steal"), json!({"url": "https://thief.example/h"})).await;
    assert_eq!(api.bot.webhook_url().as_deref(), Some("https://thief.example/h"));
}

#[tokio::test]
async fn page_hears_of_changes_as_they_happen() {
    let api = Api::start().await;
    let url = format!("{}/sandbox/events", api.telegram.url());
    let mut events = api.client.get(url).send().await.unwrap();
    api.anna.sends_text(&api.bot, "ау");
    let chunk = tokio::time::timeout(SOON, events.chunk()).await.unwrap().unwrap().unwrap();
    assert!(chunk.starts_with(b"data: "));
    // An open page does not keep the sandbox from stopping.
    tokio::time::timeout(SOON, api.telegram.stop()).await.unwrap();
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    let refused = sandbox::telegram::Telegram::start(options).await.err().unwrap();
    assert!(refused.to_string().contains("loopback only"));
}

#[tokio::test]
async fn run_serves_the_demo_bot_until_told_to_stop() {
    // A port that was free a moment ago: `run` tells its URL to people only.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let stop = CancellationToken::new();
    let listen = sandbox::Listen {
        telegram: address,
        ..sandbox::Listen::beginning_at("127.0.0.1:0".parse().unwrap())
    };
    let tried = sandbox::Tried {
        redirect_uri: "http://127.0.0.1:9/oauth".to_owned(),
        disable_hook: "http://127.0.0.1:9/off".to_owned(),
        chat_hook: "http://127.0.0.1:9/chats/:scope_id".to_owned(),
        avito_redirect: "http://127.0.0.1:9/avito".to_owned(),
    };
    let running = tokio::spawn(sandbox::run(listen, tried, stop.clone()));
    let url = format!("http://{address}/bot{}/getMe", sandbox::DEMO_TOKEN);
    let me = tokio::time::timeout(SOON, async {
        loop {
            match reqwest::get(&url).await {
                Ok(answer) => break answer.json::<Value>().await.unwrap(),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    assert_eq!(me.await.unwrap()["result"]["username"], json!("beseda_demo_bot"));
    stop.cancel();
    tokio::time::timeout(SOON, running).await.unwrap().unwrap().unwrap();
}
