//! Each rule that the Viber counterpart enforces, asked with a plain HTTP client, and its page
//! through the calls it makes (CH-7).

use sandbox::viber::{Bot, Customer, Media, Options, Viber};
use serde_json::{Value, json};

use super::{
    PNG, SOON,
    receiver::{Receiver, Reply},
};

struct World {
    viber: Viber,
    bot: Bot,
    anna: Customer,
    client: reqwest::Client,
}

impl World {
    async fn start() -> Self {
        Self::with(Options::quick()).await
    }

    async fn with(options: Options) -> Self {
        let viber = Viber::start(options).await.unwrap();
        let bot = viber.add_bot("Лавка", "lavka");
        let anna = viber.customer("Анна");
        Self { viber, bot, anna, client: reqwest::Client::new() }
    }

    /// The status of Viber's own: HTTP answers 200 to errors too.
    async fn call(&self, token: &str, method: &str, args: Value) -> (u64, Value) {
        let url = format!("{}/pa/{method}", self.viber.url());
        let request = self.client.post(url).header("X-Viber-Auth-Token", token).json(&args);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{method}");
        let body: Value = answer.json().await.unwrap();
        (body["status"].as_u64().unwrap(), body)
    }

    async fn hooked(&self, receiver: &Receiver) {
        let (status, body) = self.set_webhook(&receiver.url).await;
        assert_eq!(status, 0, "{body}");
    }

    async fn set_webhook(&self, url: &str) -> (u64, Value) {
        let events = ["delivered", "seen", "failed", "conversation_started", "unsubscribed"];
        self.call(&self.bot.token(), "set_webhook", json!({"url": url, "event_types": events}))
            .await
    }

    async fn says(&self, text: &str) -> u64 {
        let message = json!({
            "receiver": self.anna.id_at(&self.bot), "type": "text", "text": text,
            "sender": {"name": "Лавка"},
        });
        self.call(&self.bot.token(), "send_message", message).await.0
    }

    async fn page(&self, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/sandbox/{path}", self.viber.url());
        let request = match &body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }
}

#[tokio::test]
async fn ch_7_a_token_is_in_the_header_or_in_the_body() {
    let world = World::start().await;
    assert_eq!(world.call("wrong", "get_account_info", json!({})).await.0, 2);
    let in_body = json!({"auth_token": world.bot.token()});
    let (status, account) = world.call("", "get_account_info", in_body).await;
    assert_eq!((status, &account["uri"], &account["webhook"]), (0, &json!("lavka"), &json!("")));
    world.bot.revoke_token();
    assert_eq!(world.call("", "get_account_info", json!({})).await.0, 2);
}

#[tokio::test]
async fn ch_7_a_webhook_is_called_at_once_and_must_answer_200() {
    let world = World::start().await;
    let closed = Receiver::start(|_, _| Reply::status(404)).await;
    let (status, body) = world.set_webhook(&closed.url).await;
    assert_eq!(status, 1);
    assert!(body["status_message"].as_str().unwrap().contains("404"), "{body}");
    assert_eq!(closed.got()[0].update["event"], "webhook");
    assert_eq!(world.set_webhook("http://shop.test/hook").await.0, 1, "no https");
    assert_eq!(world.bot.webhook_url(), None);

    let open = Receiver::accepting().await;
    world.hooked(&open).await;
    assert_eq!(world.bot.webhook_url().as_deref(), Some(open.url.as_str()));
    assert_eq!(world.call(&world.bot.token(), "set_webhook", json!({"url": ""})).await.0, 0);
    assert_eq!(world.bot.webhook_url(), None);
}

#[tokio::test]
async fn ch_7_only_those_who_wrote_can_be_written_to() {
    let world = World::start().await;
    assert_eq!(world.says("рано").await, 10, "no webhook yet");
    let receiver = Receiver::accepting().await;
    world.hooked(&receiver).await;
    assert_eq!(world.says("рано").await, 6);
    world.anna.opens(&world.bot, Some("spring"));
    assert_eq!(world.says("рано").await, 6, "opening the chat is no subscription");
    world.anna.sends_text(&world.bot, "вопрос");
    assert_eq!(world.says("ответ").await, 0);
    world.anna.unsubscribes(&world.bot);
    assert_eq!(world.says("поздно").await, 6);
    world.anna.deletes_account();
    assert_eq!(world.says("поздно").await, 5);
    let events: Vec<Value> =
        receiver.wait_for(5).await.into_iter().map(|got| got.update["event"].clone()).collect();
    for event in ["webhook", "conversation_started", "message", "delivered", "unsubscribed"] {
        assert!(events.contains(&json!(event)), "{event}: {events:?}");
    }
    assert_eq!(world.viber.violations(), [""; 0]);
}

#[tokio::test]
async fn ch_7_what_is_not_documented_is_refused_and_noted() {
    let world = World::start().await;
    let receiver = Receiver::accepting().await;
    world.hooked(&receiver).await;
    world.anna.sends_text(&world.bot, "вопрос");
    let token = world.bot.token();
    let receiver = world.anna.id_at(&world.bot);
    for message in [
        json!({"receiver": receiver, "type": "text", "text": "да"}),
        json!({"receiver": receiver, "type": "text", "text": "да", "sender": {"name": "Л"}, "reply_to": 1}),
        json!({"receiver": receiver, "type": "file", "media": "https://a.test/a", "sender": {"name": "Л"},
               "size": 1, "file_name": "a"}),
    ] {
        let noted = world.viber.violations().len();
        let (status, body) = world.call(&token, "send_message", message).await;
        assert!([3, 4].contains(&status), "{body}");
        assert_eq!(world.viber.violations().len(), noted + 1);
    }
    assert_eq!(world.call(&token, "get_everything", json!({})).await.0, 3);
}

#[tokio::test]
async fn ch_7_a_hundred_messages_without_an_answer_and_no_more() {
    let world = World::start().await;
    let receiver = Receiver::accepting().await;
    world.hooked(&receiver).await;
    world.anna.sends_text(&world.bot, "вопрос");
    for n in 0..100 {
        assert_eq!(world.says(&format!("ответ {n}")).await, 0, "{n}");
    }
    assert_eq!(world.says("ещё").await, 12);
    world.anna.sends_text(&world.bot, "да");
    assert_eq!(world.says("ещё").await, 0);
}

#[tokio::test]
async fn ch_7_an_address_of_a_file_dies() {
    let options = Options { media_life: std::time::Duration::ZERO, ..Options::quick() };
    for (options, expected) in [(Options::quick(), 200), (options, 404)] {
        let world = World::with(options).await;
        let receiver = Receiver::accepting().await;
        world.hooked(&receiver).await;
        world.anna.sends(&world.bot, Media::picture("image/png", PNG));
        let got = receiver.wait_for(2).await;
        let address = got[1].update["message"]["media"].as_str().unwrap().to_owned();
        assert_eq!(world.client.get(address).send().await.unwrap().status(), expected);
    }
}

#[tokio::test]
async fn ch_7_a_person_plays_the_customer_from_the_page() {
    let world = World::start().await;
    let page = world.client.get(world.viber.url()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<html lang=\"ru\""));
    let receiver = Receiver::accepting().await;
    world.hooked(&receiver).await;
    let vera = world.page("customers", Some(json!({"name": "Вера"}))).await["number"].clone();
    let chat = format!("chats/1/{vera}");
    world.page(&format!("{chat}/open"), Some(json!({"context": "ad_7"}))).await;
    world.page(&format!("{chat}/text"), Some(json!({"text": "Есть размер 42?"}))).await;
    let url = format!("{}/sandbox/{chat}/file?name=a.png&caption=x", world.viber.url());
    let upload = world.client.post(url).header("Content-Type", "image/png").body(PNG);
    let sent: Value = upload.send().await.unwrap().json().await.unwrap();
    let shown = world.page(&chat, None).await;
    assert_eq!((&shown["subscribed"], &shown["messages"][1]["text"]), (&json!(true), &json!("x")));
    let file =
        format!("{}/sandbox/{chat}/files/{}", world.viber.url(), sent["token"].as_str().unwrap());
    assert_eq!(world.client.get(file).send().await.unwrap().bytes().await.unwrap(), PNG);

    receiver.wait_for(4).await;
    assert_eq!(world.page("bots/1/repeat", Some(json!({}))).await["answer"], 200);
    let forged = json!({"customer": vera, "text": "чужое"});
    assert_eq!(world.page("bots/1/forge", Some(forged)).await["answer"], 200, "the test takes all");
    world.page("bots/1/faults", Some(json!({"drop_answer": 2}))).await;
    assert_eq!(world.bot.faults().drop_answer, 2);
    world.page("bots/1/steal", Some(json!({"url": "https://thief.example/h"}))).await;
    let state = world.page("state", None).await;
    assert_eq!(state["bots"][0]["stolen"], true);
    world.page("bots/1/revoke", Some(json!({}))).await;
    assert_eq!(world.bot.token(), "");
    // An open page does not keep the sandbox from stopping.
    let events = format!("{}/sandbox/events", world.viber.url());
    let mut events = world.client.get(events).send().await.unwrap();
    world.anna.sends_text(&world.bot, "ау");
    assert!(events.chunk().await.unwrap().is_some());
    tokio::time::timeout(SOON, world.viber.stop()).await.unwrap();
}
