//! Each rule that the Avito counterpart enforces (CH-8, CV-6, CV-7, BY-8), asked with a plain HTTP
//! client.

use std::time::Duration;

use sandbox::avito::{App, Avito, Chat, Faults, Limits, Options, Seller, Tariff};
use serde_json::{Value, json};

use super::{PNG, SOON};

const SCOPES: &str = "messenger:read,messenger:write,user:read";

struct Api {
    avito: Avito,
    seller: Seller,
    app: App,
    chat: Chat,
    token: String,
    client: reqwest::Client,
}

impl Api {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let avito = Avito::start(options).await.unwrap();
        let seller = avito.add_seller("Лавка");
        let app = avito.add_app("Беседа", "https://chat.test/back");
        let item = seller.add_item("Чайник", "1 200 ₽");
        let chat = seller.chat_with(77, "Вера", Some(item));
        let client = reqwest::Client::new();
        let mut api = Self { avito, seller, app, chat, token: String::new(), client };
        let (id, secret) = api.seller.keys();
        let form =
            [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
        let (status, told) = api.grant(&form).await;
        assert_eq!((status, &told["expires_in"]), (200, &json!(86_400)), "{told}");
        assert_eq!(told.get("refresh_token"), None, "own keys need none");
        api.token = told["access_token"].as_str().unwrap().to_owned();
        api
    }

    async fn grant(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/token/", self.avito.url());
        let sent = self.client.post(url).form(form).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let path =
            path.replace("{user}", &self.seller.id.to_string()).replace("{chat}", &self.chat.id);
        self.client.request(method, format!("{}{path}", self.avito.url())).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let sent = self.request(reqwest::Method::GET, path).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let sent = self.request(reqwest::Method::POST, path).json(body).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    }

    async fn says(&self, text: &str) -> (u16, Value) {
        let body = json!({"type": "text", "message": {"text": text}});
        self.post("/messenger/v1/accounts/{user}/chats/{chat}/messages", &body).await
    }

    async fn upload(&self, bytes: &[u8]) -> (u16, Value) {
        let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name("x.png");
        let form = reqwest::multipart::Form::new().part("uploadfile[]", part);
        let path = "/messenger/v1/accounts/{user}/uploadImages";
        let sent = self.request(reqwest::Method::POST, path).multipart(form).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    }

    async fn pair(&self) -> (String, String) {
        let back = self.avito.consent(&self.app, &self.seller, SCOPES, "st").unwrap();
        let back = url::Url::parse(&back).unwrap();
        assert!(back.query_pairs().any(|(n, v)| n == "state" && v == "st"));
        let code = back.query_pairs().find(|(n, _)| n == "code").unwrap().1.into_owned();
        let form = self.of_app("authorization_code", "code", &code);
        let told = self.grant(&borrowed(&form)).await;
        assert_eq!(told.0, 200, "{told:?}");
        assert_eq!(self.grant(&borrowed(&form)).await.0, 401, "a code is good once");
        tokens(&told.1)
    }

    fn of_app(&self, grant: &str, name: &str, value: &str) -> Vec<(String, String)> {
        let own = str::to_owned;
        vec![
            (own("grant_type"), own(grant)),
            (own("client_id"), self.app.client_id.clone()),
            (own("client_secret"), self.app.client_secret.clone()),
            (own(name), own(value)),
        ]
    }
}

fn borrowed(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn tokens(told: &Value) -> (String, String) {
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

#[tokio::test]
async fn ch_8_a_refresh_replaces_both_tokens_and_old_ones_answer_403_or_401() {
    let mut api = Api::start().await;
    let (access, refresh) = api.pair().await;
    api.token.clone_from(&access);
    assert_eq!(api.get("/core/v1/accounts/self").await.1["id"], json!(api.seller.id));
    let form = api.of_app("refresh_token", "refresh_token", &refresh);
    let (new, _) = tokens(&api.grant(&borrowed(&form)).await.1);
    assert_eq!(api.grant(&borrowed(&form)).await.0, 401, "a refresh token is good once");
    assert_eq!(api.get("/core/v1/accounts/self").await.0, 401, "the old pair is dead");
    api.token = new;
    assert_eq!(api.get("/core/v1/accounts/self").await.0, 200);
    api.avito.advance(Duration::from_secs(86_401));
    assert_eq!(api.get("/core/v1/accounts/self").await.0, 403, "after 24 hours");
    assert_eq!(api.avito.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn ch_8_rights_subscription_and_account_are_looked_at() {
    let mut api = Api::start().await;
    let other = api.avito.add_seller("Чужой");
    let path = format!("/messenger/v2/accounts/{}/chats", other.id);
    assert_eq!(api.get(&path).await.0, 403);
    api.seller.set_tariff(Tariff::Unpaid);
    assert_eq!(api.says("раз").await.0, 402);
    assert_eq!(api.get("/core/v1/accounts/self").await.0, 200, "this needs no subscription");
    api.seller.set_tariff(Tariff::Paid);
    let back = api.avito.consent(&api.app, &api.seller, "messenger:read", "").unwrap();
    let code = back.rsplit_once("code=").unwrap().1.to_owned();
    let form = api.of_app("authorization_code", "code", &code);
    api.token = tokens(&api.grant(&borrowed(&form)).await.1).0;
    assert_eq!(api.get("/messenger/v2/accounts/{user}/chats").await.0, 200);
    assert_eq!(api.says("раз").await.0, 403, "no right to write");
    api.token = "nobody's".to_owned();
    assert_eq!(api.says("раз").await.0, 401);
}

#[tokio::test]
async fn cv_6_a_text_has_its_documented_shape_and_length() {
    let api = Api::start().await;
    let (status, told) = api.says("Добрый день").await;
    assert_eq!((status, told["direction"].as_str()), (200, Some("out")), "{told}");
    assert_eq!(told["content"]["text"], "Добрый день");
    assert!(api.avito.violations().is_empty());
    let path = "/messenger/v1/accounts/{user}/chats/{chat}/messages";
    for wrong in [
        json!({"message": {"text": "x"}}),
        json!({"type": "image", "message": {"text": "x"}}),
        json!({"type": "text", "message": {"text": ""}}),
        json!({"type": "text", "message": {"text": "я".repeat(1_001)}}),
        json!({"type": "text", "message": {"text": "x"}, "url": "x"}),
        json!([]),
    ] {
        let (status, told) = api.post(path, &wrong).await;
        assert_eq!((status, &told["error"]["code"]), (400, &json!(400)), "{wrong}");
    }
    assert_eq!(api.avito.violations().len(), 6);
    assert_eq!(api.chat.transcript().len(), 1);
}

#[tokio::test]
async fn cv_6_pictures_are_uploaded_first_and_deleted_within_the_hour() {
    let api = Api::start().await;
    assert_eq!(api.upload(b"no picture").await.0, 400);
    let (status, told) = api.upload(PNG).await;
    assert_eq!(status, 200, "{told}");
    let image = told.as_object().unwrap().keys().next().unwrap().clone();
    let path = "/messenger/v1/accounts/{user}/chats/{chat}/messages/image";
    let (status, sent) = api.post(path, &json!({"image_id": image})).await;
    assert_eq!((status, sent["type"].as_str()), (200, Some("image")), "{sent}");
    let picture = sent["content"]["image"]["sizes"]["1280x960"].as_str().unwrap();
    assert_eq!(reqwest::get(picture).await.unwrap().bytes().await.unwrap(), PNG);
    assert_eq!(api.post(path, &json!({"image_id": "nobody's"})).await.0, 404);

    let id = sent["id"].as_str().unwrap();
    let delete = format!("/messenger/v1/accounts/{{user}}/chats/{{chat}}/messages/{id}");
    api.avito.advance(Duration::from_secs(3_601));
    assert_eq!(api.post(&delete, &json!({})).await.0, 403);
    let (_, late) = api.says("не то").await;
    let id = late["id"].as_str().unwrap();
    let delete = format!("/messenger/v1/accounts/{{user}}/chats/{{chat}}/messages/{id}");
    assert_eq!(api.post(&delete, &json!({})).await, (200, json!({})));
    assert_eq!(api.chat.transcript()[1].kind, "deleted", "it stays, as deleted");
}

#[tokio::test]
async fn by_8_chats_and_messages_are_paged_and_reading_marks_nothing() {
    let api = Api::start().await;
    for n in 0..5 {
        api.chat.says(&format!("{n}"));
    }
    let path = "/messenger/v3/accounts/{user}/chats/{chat}/messages/?limit=2&offset=1";
    let (_, page) = api.get(path).await;
    let texts: Vec<&str> = page
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message["content"]["text"].as_str())
        .collect();
    assert_eq!(texts, ["3", "2"], "the newest first");
    let unread = "/messenger/v2/accounts/{user}/chats?unread_only=true";
    let (_, chats) = api.get(unread).await;
    let chat = &chats["chats"][0];
    assert_eq!(chat["context"]["value"]["title"], "Чайник");
    assert_eq!(chat["users"][0]["name"], "Вера");
    let read = "/messenger/v1/accounts/{user}/chats/{chat}/read";
    assert_eq!(api.post(read, &json!({})).await.1, json!({"ok": true}));
    assert_eq!(api.get(unread).await.1, json!({"chats": []}));
    for wrong in ["?limit=0", "?limit=101", "?offset=1001", "?chat_types=x", "?page=2"] {
        let path = format!("/messenger/v2/accounts/{{user}}/chats{wrong}");
        assert_eq!(api.get(&path).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn cv_6_voices_have_links_that_live_for_an_hour() {
    let api = Api::start().await;
    api.chat.sends_voice(&b"opus"[..]);
    let id = api.chat.transcript()[0].content["voice"]["voice_id"].as_str().unwrap().to_owned();
    let path = format!("/messenger/v1/accounts/{{user}}/getVoiceFiles?voice_ids={id}");
    let (_, told) = api.get(&path).await;
    let link = told["voices_urls"][&id].as_str().unwrap().to_owned();
    assert_eq!(reqwest::get(&link).await.unwrap().bytes().await.unwrap(), &b"opus"[..]);
    api.avito.advance(Duration::from_secs(3_600));
    assert_eq!(reqwest::get(&link).await.unwrap().status(), 403);
}

#[tokio::test]
async fn ch_8_limits_are_told_and_held() {
    let api = Api::with(Options { limits: Limits::of(2), ..Options::default() }).await;
    for left in ["1", "0"] {
        let sent =
            api.request(reqwest::Method::GET, "/core/v1/accounts/self").send().await.unwrap();
        assert_eq!(sent.status(), 200);
        assert_eq!(sent.headers()["x-ratelimit-limit"], "2");
        assert_eq!(sent.headers()["x-ratelimit-remaining"], left);
    }
    assert_eq!(api.get("/core/v1/accounts/self").await.0, 429);
    assert_eq!(api.says("другой метод").await.0, 200, "each operation has its own");
    api.avito.advance(Duration::from_secs(60));
    assert_eq!(api.get("/core/v1/accounts/self").await.0, 200);
}

/// Two seconds, a probe first, no repeats; both sides' messages are told.
#[tokio::test]
async fn ch_8_webhooks_are_probed_timed_and_not_repeated() {
    let options = Options { webhook_timeout: Duration::from_millis(300), ..Options::default() };
    let api = Api::with(options).await;
    let dead = json!({"url": "http://127.0.0.1:1/hook"});
    assert_eq!(api.post("/messenger/v3/webhook", &dead).await.0, 422);
    let (slow, url) = receiver().await;
    let hook = json!({"url": url});
    assert_eq!(api.post("/messenger/v3/webhook", &hook).await.1, json!({"ok": true}));
    let listed = api.post("/messenger/v1/subscriptions", &json!({})).await.1;
    assert_eq!(listed, json!({"subscriptions": [{"url": url, "version": "3"}]}));
    api.chat.says("от покупателя");
    api.says("от продавца").await;
    api.seller.wait_for_deliveries(2, SOON).await.unwrap();
    slow.store(true, std::sync::atomic::Ordering::SeqCst);
    api.chat.says("не успеет");
    let late = api.avito.until(SOON, || {
        api.seller.deliveries().into_iter().find(|delivery| delivery.answer.is_err())
    });
    assert_eq!(late.await.unwrap().answer, Err("no answer in time".to_owned()));
    assert_eq!(api.seller.deliveries().len(), 3);
    api.post("/messenger/v1/webhook/unsubscribe", &hook).await;
    assert!(api.seller.hooks().is_empty());
    assert_eq!(api.avito.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn cv_7_faults_do_what_they_are_called() {
    let api = Api::start().await;
    let path = format!(
        "{}/messenger/v1/accounts/{}/chats/{}/messages",
        api.avito.url(),
        api.seller.id,
        api.chat.id
    );
    let body = json!({"type": "text", "message": {"text": "раз"}});
    for (faults, done) in [
        (Faults { drop_request: 1, ..Faults::default() }, 0),
        (Faults { drop_answer: 1, ..Faults::default() }, 1),
    ] {
        api.seller.set_faults(faults);
        let sent = api.client.post(&path).bearer_auth(&api.token).json(&body).send().await;
        assert!(sent.is_err(), "{faults:?}");
        assert_eq!(api.chat.transcript().len(), done);
    }
    api.seller.set_faults(Faults { server_error: 1, too_many: 1, ..Faults::default() });
    assert_eq!(api.says("раз").await.0, 500);
    assert_eq!(api.says("раз").await.0, 429);
    assert_eq!(api.says("раз").await.0, 200);
}

#[tokio::test]
async fn ch_8_the_consent_page_wants_what_the_document_says() {
    let api = Api::start().await;
    let page = async |query: &str| {
        let url = format!("{}/oauth?client_id={}&{query}", api.avito.url(), api.app.client_id);
        api.client.get(url).send().await.unwrap().status().as_u16()
    };
    let good = format!("response_type=code&pro_users_flow=true&scope={SCOPES}&state=s");
    assert_eq!(page(&good).await, 200);
    assert_eq!(page(&good.replace("&pro_users_flow=true", "")).await, 400);
    assert_eq!(page(&good.replace("response_type=code", "response_type=token")).await, 400);
    assert_eq!(page(&good.replace("user:read", "everything")).await, 400);
    assert_eq!(api.avito.violations().len(), 3);
}

/// Answers 200 at once, or after a second while it is slow.
async fn receiver() -> (std::sync::Arc<std::sync::atomic::AtomicBool>, String) {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    let slow = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&slow);
    let app = axum::Router::new().route(
        "/hook",
        axum::routing::post(move || {
            let slow = Arc::clone(&state);
            async move {
                if slow.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (slow, url)
}
