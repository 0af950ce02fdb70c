//! The driver against the sandbox, which enforces what Viber documents and notes what it does not
//! allow (CH-7).

use std::time::Duration;

use channel::{Channel, Connecting, Driver, Inbound, OutFile, RetryScope, SendError, Sent};
use channel_viber::Viber;
use domain::{
    channel::ChannelState,
    content::{Content, FileKind},
};
use futures::TryStreamExt;
use sandbox::viber::{
    Bot, Customer, Faults, Media, Options, Standing, State, Viber as Counterpart,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    sending::{file, outbound},
    world::{channel_at, driver, with},
};

const PATIENCE: Duration = Duration::from_secs(20);

struct World {
    viber: Counterpart,
    bot: Bot,
    vera: Customer,
    driver: Viber,
    channel: Channel,
    /// Stands for our server: takes every callback.
    beseda: MockServer,
    hook: Connecting,
}

async fn world() -> World {
    world_with(Options::quick()).await
}

async fn world_with(options: Options) -> World {
    let viber = Counterpart::start(options).await.unwrap();
    let bot = viber.add_bot("Лавка", "lavka_test");
    let vera = viber.customer("Вера Ясная");
    let beseda = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&beseda).await;
    let hook = Connecting { hook_url: format!("{}/hooks/viber/key1", beseda.uri()).parse().ok() };
    let mut channel = channel_at(viber.url());
    channel.secrets.insert("token".to_owned(), bot.token().into());
    World { viber, bot, vera, driver: driver(), channel, beseda, hook }
}

impl World {
    async fn connected(self) -> Self {
        self.driver.connect(&self.channel, &self.hook).await.unwrap();
        self
    }

    async fn send(&self, content: Content<OutFile>) -> Result<Sent, SendError> {
        let mut message = outbound(content);
        message.recipient = self.vera.id_at(&self.bot);
        self.driver.send(&self.channel, &message).await
    }

    /// What the callbacks of this event say in our words; each must be proved to be Viber's.
    async fn heard(&self, event: &str, count: usize) -> Vec<Inbound> {
        let there = || {
            let taken = self.bot.deliveries();
            (taken.iter().filter(|d| d.event == event).count() >= count).then_some(())
        };
        self.viber.until(PATIENCE, there).await.unwrap();
        let mark = format!("\"event\":\"{event}\"");
        let role = self.driver.webhook().unwrap();
        let calls = self.beseda.received_requests().await.unwrap();
        let calls = calls.iter().filter(|c| String::from_utf8_lossy(&c.body).contains(&mark));
        calls
            .flat_map(|call| {
                let headers = call.headers.iter().map(|(name, value)| {
                    (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
                });
                let request = channel::Request {
                    method: "POST".to_owned(),
                    query: String::new(),
                    headers: headers.collect(),
                    body: call.body.clone().into(),
                };
                role.verify(&self.channel, &request).unwrap();
                role.parse(&self.channel, &request).unwrap().events
            })
            .collect()
    }

    /// A public address of ours that gives out these bytes.
    async fn public(&self, name: &str, mime: &str, bytes: &[u8]) -> String {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_raw(bytes.to_vec(), mime);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let address = format!("{}/files/token/{name}", server.uri());
        // As long as the test.
        std::mem::forget(server);
        address
    }
}

#[tokio::test]
async fn ch_7_connecting_passes_the_probe_and_asks_for_every_event() {
    let w = world().await;
    let connected = w.driver.connect(&w.channel, &w.hook).await.unwrap();
    assert_eq!(connected.external_id, w.bot.id());
    assert_eq!(connected.title, "Лавка (lavka_test)");
    assert_eq!(w.bot.webhook_url(), w.hook.hook_url.as_ref().map(ToString::to_string));
    assert_eq!(w.bot.webhook_events().len(), 6);
    let probe = &w.beseda.received_requests().await.unwrap()[0];
    assert!(String::from_utf8_lossy(&probe.body).contains("\"event\":\"webhook\""));
    assert_eq!(w.driver.inspect(&w.channel, &w.hook).await.unwrap().state, ChannelState::Connected);

    w.bot.steal_webhook("https://other.test/secret");
    let taken = w.driver.inspect(&w.channel, &w.hook).await.unwrap();
    assert_eq!(taken.state, ChannelState::Failed);
    assert!(taken.reason.unwrap().ru.contains("other.test"));
    w.driver.disconnect(&w.channel).await.unwrap();
    assert!(w.bot.webhook_url().is_some(), "another product's webhook stays");

    w.driver.connect(&w.channel, &w.hook).await.unwrap();
    w.driver.disconnect(&w.channel).await.unwrap();
    assert_eq!(w.bot.webhook_url(), None);
    assert_eq!(w.viber.violations(), [""; 0]);
}

#[tokio::test]
async fn ch_7_a_webhook_that_does_not_answer_200_is_not_set() {
    let w = world().await;
    w.beseda.reset().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&w.beseda).await;
    let refused = w.driver.connect(&w.channel, &w.hook).await;
    let Err(channel::ConnectError::Refused(report)) = refused else { panic!("{refused:?}") };
    assert!(report.reason.unwrap().ru.contains("401"));
    assert_eq!(w.bot.webhook_url(), None);
}

#[tokio::test]
async fn cv_6_everything_that_a_customer_sends_comes_in() {
    let w = world().await.connected().await;
    w.vera.sends_text(&w.bot, "Есть синий чайник?");
    w.vera.sends(&w.bot, Media::picture("image/png", &b"\x89PNG"[..]).caption("такой"));
    w.vera.sends(&w.bot, Media::video(&b"mp4"[..]));
    w.vera.sends(&w.bot, Media::file("Счёт № 7.pdf", "application/pdf", &b"%PDF"[..]));
    w.vera.sends(&w.bot, Media::sticker(&b"\x89PNG"[..]));
    w.vera.sends_contact(&w.bot, "Пётр", "+79000000007");
    w.vera.sends_location(&w.bot, 55.75, 37.61);
    w.vera.sends_link(&w.bot, "https://lavka.test/blue");
    w.vera.sends_raw(&w.bot, serde_json::json!({ "type": "hologram" }));
    let events = w.heard("message", 9).await;
    let mut messages = Vec::new();
    for event in events {
        if let Inbound::Message(message) = event {
            assert_eq!(message.person.external_id, w.vera.id_at(&w.bot));
            messages.push(message);
        }
    }
    let previews: Vec<String> = messages.iter().map(|m| m.content.preview()).collect();
    assert_eq!(
        previews,
        [
            "Есть синий чайник?",
            "такой",
            "[file]",
            "[file]",
            "[file]",
            "Пётр +79000000007",
            "[location]",
            "https://lavka.test/blue",
            "[unsupported]",
        ]
    );
    let Content::Files { files, .. } = &messages[3].content else { panic!("no file") };
    assert_eq!(files[0].name.as_deref(), Some("Счёт № 7.pdf"));
    let channel::NewFileSource::Handle(handle) = &files[0].source else { panic!("no handle") };
    let fetched = w.driver.media().unwrap().fetch(&w.channel, handle).await.unwrap();
    let bytes: Vec<_> = fetched.bytes.try_collect().await.unwrap();
    assert_eq!(bytes.concat(), b"%PDF");
}

#[tokio::test]
async fn ch_7_subscriptions_and_the_context_of_a_link() {
    let w = world().await.connected().await;
    w.vera.opens(&w.bot, Some("spring-sale_7"));
    let Some(Inbound::Person { attribution, reach, .. }) =
        w.heard("conversation_started", 1).await.pop()
    else {
        panic!("no news")
    };
    assert_eq!(attribution.start_payload.as_deref(), Some("spring-sale_7"));
    assert_eq!(reach, None);
    let early = w.send(Content::text("рано")).await;
    assert!(matches!(early, Err(SendError::Rejected { code: "blocked", .. })), "{early:?}");

    w.vera.subscribes(&w.bot);
    assert_eq!(w.heard("subscribed", 1).await.len(), 1);
    w.send(Content::text("вот теперь")).await.unwrap();
    w.vera.unsubscribes(&w.bot);
    assert_eq!(w.heard("unsubscribed", 1).await.len(), 1);
    let late = w.send(Content::text("поздно")).await;
    assert!(matches!(late, Err(SendError::Rejected { code: "blocked", .. })), "{late:?}");
    assert_eq!(w.viber.violations(), [""; 0]);
}

/// The welcome goes as the body of our answer, and the sandbox checks its shape.
#[tokio::test]
async fn ch_7_who_opens_the_chat_is_welcomed_once() {
    let mut w = world().await;
    w.channel = with(w.channel, "welcome", "Здравствуйте! Напишите, что ищете.");
    let w = w.connected().await;
    let driver = driver();
    let role = driver.webhook().unwrap();
    let body = serde_json::json!({
        "event": "conversation_started", "message_token": 1, "timestamp": 1_790_000_000_000_i64,
        "user": { "id": w.vera.id_at(&w.bot) }, "subscribed": false,
    });
    let request = channel::Request { body: body.to_string().into(), ..Default::default() };
    let channel::Reply::Body { body, content_type } =
        role.parse(&w.channel, &request).unwrap().reply
    else {
        panic!("no welcome")
    };
    w.beseda.reset().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body.to_vec(), content_type);
    Mock::given(any()).respond_with(answer).mount(&w.beseda).await;
    w.vera.opens(&w.bot, None);
    let shown = w.vera.wait_for(&w.bot, PATIENCE, |m| m.kind == "text").await.unwrap();
    assert_eq!(shown.text.as_deref(), Some("Здравствуйте! Напишите, что ищете."));
    assert_eq!(shown.sender, "Лавка");
}

#[tokio::test]
async fn cv_6_everything_that_goes_out_is_within_the_documented_limits() {
    let w = world().await.connected().await;
    w.vera.sends_text(&w.bot, "вопрос");
    let small = vec![7; 4_000];
    let large = vec![7; (1 << 20) + 1];
    for (kind, name, mime, bytes, expected) in [
        (FileKind::Image, "photo.jpg", "image/jpeg", &small, "picture"),
        (FileKind::Image, "large.jpg", "image/jpeg", &large, "file"),
        (FileKind::Video, "film.mp4", "video/mp4", &small, "video"),
        (FileKind::Voice, "voice.ogg", "audio/ogg", &small, "file"),
        (FileKind::File, "счёт.pdf", "application/pdf", &small, "file"),
    ] {
        let link = w.public(name, mime, bytes).await;
        let mut out = file(kind, mime, bytes.len() as u64, &link);
        out.name = name.to_owned();
        let content = Content::Files { files: vec![out], caption: format!("это {name}") };
        let sent = w.send(content).await.unwrap();
        let arrived = |m: &sandbox::viber::Shown| m.token == sent.external_id && m.file.is_some();
        let shown = w.vera.wait_for(&w.bot, PATIENCE, arrived).await.unwrap();
        assert_eq!(shown.kind, expected, "{name}");
        assert_eq!(shown.file.unwrap().bytes, *bytes);
        w.vera.wait_for_text(&w.bot, PATIENCE, &format!("это {name}")).await.unwrap();
    }
    let place =
        Content::Location {
            latitude: 55.75, longitude: 37.61, title: Some("Склад".to_owned())
        };
    assert_eq!(w.send(place).await.unwrap().parts.len(), 2);
    let phone = Some("+79000000007".to_owned());
    w.send(Content::Contact { name: "Пётр".to_owned(), phone }).await.unwrap();
    w.send(Content::text("я".repeat(7_000))).await.unwrap();
    assert_eq!(w.viber.violations(), [""; 0]);
}

#[tokio::test]
async fn cv_7_statuses_come_back_in_any_order_and_once_per_device() {
    let w = world().await.connected().await;
    w.vera.sends_text(&w.bot, "вопрос");
    w.bot.set_faults(Faults { more_devices: 1, ..Faults::default() });
    let sent = w.send(Content::text("ответ")).await.unwrap();
    let reports = w.heard("delivered", 2).await;
    for report in &reports {
        let Inbound::Delivery(report) = report else { panic!("{report:?}") };
        assert_eq!(report.external_id, sent.external_id);
    }
    w.vera.reads(&w.bot);
    assert_eq!(w.heard("seen", 2).await.len(), 2);

    w.vera.goes_offline();
    let sent = w.send(Content::text("второй")).await.unwrap();
    w.vera.reads(&w.bot);
    w.heard("seen", 4).await;
    let shown = w.vera.transcript(&w.bot);
    let state = shown.iter().find(|m| m.token == sent.external_id).map(|m| m.state);
    assert_eq!(state, Some(State::Seen), "seen, and never reported as delivered");

    w.bot.set_faults(Faults { fail_later: 1, ..Faults::default() });
    let sent = w.send(Content::text("третий")).await.unwrap();
    let Some(Inbound::Delivery(report)) = w.heard("failed", 1).await.pop() else {
        panic!("no report")
    };
    assert_eq!(report.external_id, sent.external_id);
    assert_eq!(report.reason.as_deref(), Some("rejected by the client"));
}

#[tokio::test]
async fn cv_7_faults_on_the_way() {
    let w = world().await.connected().await;
    w.vera.sends_text(&w.bot, "вопрос");
    let text = |text: &str| Content::text(text);

    w.bot.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let lost = w.send(text("раз")).await;
    assert!(matches!(lost, Err(SendError::Unknown(_))), "{lost:?}");
    w.vera.wait_for_text(&w.bot, PATIENCE, "раз").await.unwrap();

    w.bot.set_faults(Faults { gateway_error: 1, ..Faults::default() });
    let gateway = w.send(text("два")).await;
    assert!(matches!(gateway, Err(SendError::Unknown(_))), "nobody knows: {gateway:?}");

    w.bot.set_faults(Faults { too_many: 1, ..Faults::default() });
    let wait = w.send(text("три")).await;
    let Err(SendError::Retry { scope: RetryScope::Conversation, .. }) = wait else {
        panic!("{wait:?}")
    };

    for (standing, code) in [
        (Standing::NoBalance, "no_balance"),
        (Standing::FreeMessagesUsed, "free_messages_exceeded"),
    ] {
        w.bot.set_standing(standing);
        let Err(SendError::Rejected { code: seen, .. }) = w.send(text("х")).await else {
            panic!("{standing:?}")
        };
        assert_eq!(seen, code);
    }
    w.bot.set_standing(Standing::Suspended);
    let suspended = w.send(text("х")).await;
    let Err(SendError::Disconnected(report)) = suspended else { panic!("{suspended:?}") };
    assert_eq!(report.state, ChannelState::Failed);
    w.bot.set_standing(Standing::Good);

    w.vera.deletes_account();
    let gone = w.send(text("х")).await;
    assert!(matches!(gone, Err(SendError::Rejected { code: "not_found", .. })), "{gone:?}");

    w.bot.renew_token();
    let Err(SendError::Disconnected(report)) = w.send(text("х")).await else { panic!("alive") };
    assert_eq!(report.state, ChannelState::BadCredentials);
    assert_eq!(w.bot.repeats(), []);
    assert_eq!(w.viber.violations(), [""; 0]);
}

/// 100 messages to one person who does not answer; an answer lifts it, and others are not held up.
#[tokio::test]
async fn ch_7_a_person_who_does_not_answer_gets_so_many_messages_and_no_more() {
    let w = world_with(Options { unanswered: 3, ..Options::quick() }).await.connected().await;
    let gleb = w.viber.customer("Глеб");
    w.vera.sends_text(&w.bot, "вопрос");
    gleb.sends_text(&w.bot, "вопрос");
    for n in 0..3 {
        w.send(Content::text(format!("ответ {n}"))).await.unwrap();
    }
    let full = w.send(Content::text("ещё")).await;
    let Err(SendError::Retry { scope: RetryScope::Conversation, .. }) = full else {
        panic!("{full:?}")
    };
    let mut message = outbound(Content::text("и вам"));
    message.recipient = gleb.id_at(&w.bot);
    w.driver.send(&w.channel, &message).await.unwrap();
    w.vera.sends_text(&w.bot, "да");
    w.send(Content::text("ещё")).await.unwrap();
}

#[tokio::test]
async fn ch_7_without_a_webhook_the_bot_may_not_write() {
    let w = world().await;
    w.vera.sends_text(&w.bot, "вопрос");
    let refused = w.send(Content::text("х")).await;
    let Err(SendError::Disconnected(report)) = refused else { panic!("{refused:?}") };
    assert_eq!(report.state, ChannelState::Failed);
}

#[tokio::test]
async fn ch_7_callbacks_are_repeated_until_they_are_taken() {
    let w = world().await.connected().await;
    w.beseda.reset().await;
    let once = Mock::given(any()).respond_with(ResponseTemplate::new(500)).up_to_n_times(2);
    once.with_priority(1).mount(&w.beseda).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&w.beseda).await;
    w.vera.sends_text(&w.bot, "вопрос");
    let taken = || {
        let tries: Vec<_> = w.bot.deliveries().into_iter().map(|d| (d.attempt, d.answer)).collect();
        (tries == [(1, Ok(500)), (2, Ok(500)), (3, Ok(200))]).then_some(())
    };
    w.viber.until(PATIENCE, taken).await.unwrap();
    assert_eq!(w.bot.repeats_last().await, Ok(200), "the same once more");
    let bodies = w.beseda.received_requests().await.unwrap();
    assert_eq!(bodies.last().unwrap().body, bodies[0].body);
}
