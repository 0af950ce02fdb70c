//! The main story through a Viber bot: connected by its token, a customer writes, an operator
//! answers, statuses come back; and what goes wrong on the way. The counterpart is the sandbox.

use sandbox::viber::{Bot, Customer, Faults, Media, Options, State, Viber};
use serde_json::{Value, json};
use tests::{
    PATIENCE, PIXEL, Session, TestServer, Visitor, at_channel, at_conversation, until, widget,
};

/// A company with a Viber bot, connected and ready.
struct Stage {
    server: TestServer,
    viber: Viber,
    bot: Bot,
    owner: Session,
    channel: Value,
}

impl Stage {
    async fn start() -> Self {
        Self::start_with(json!({})).await
    }

    async fn start_with(more: Value) -> Self {
        let (server, viber, owner) = house().await;
        let bot = viber.add_bot("Лавка", "lavka_test");
        let mut settings = json!({ "token": bot.token(), "base_url": viber.url() });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let form = json!({ "kind": "viber", "name": "Viber лавки", "settings": settings });
        let channel = owner.connects(&form).await;
        Self { server, viber, bot, owner, channel }
    }

    async fn shown(&self, customer: &Customer, text: &str) {
        customer.wait_for_text(&self.bot, PATIENCE, text).await.unwrap();
    }
}

/// A server whose own address Viber may call, the counterpart, and an owner.
async fn house() -> (TestServer, Viber, Session) {
    let server = TestServer::reachable().await;
    let viber = Viber::start(Options::quick()).await.unwrap();
    let owner = server.sign_up().await;
    (server, viber, owner)
}

/// CH-7, CV-1, CV-7: from the customer's phone to the operator and back, to the last status.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_cv_7_a_message_all_the_way_and_back() {
    let stage = Stage::start().await;
    assert_eq!(stage.channel["title"], "Лавка (lavka_test)");
    let vera = stage.viber.customer("Вера Ясная");
    vera.sends_text(&stage.bot, "Есть ли доставка?");
    let conversation = stage.owner.first_conversation().await;
    assert_eq!(conversation["contact_name"], "Вера Ясная");
    let came = stage.owner.messages(&conversation).await;
    assert_eq!(came[0]["body"]["text"], "Есть ли доставка?");

    stage.owner.answer(&conversation, "a-1", "Да, по всей России.").await;
    stage.shown(&vera, "Да, по всей России.").await;
    stage.owner.until_status(&conversation, "a-1", "delivered").await;
    vera.reads(&stage.bot);
    stage.owner.until_status(&conversation, "a-1", "read").await;
    assert_eq!(stage.viber.violations(), [""; 0]);
}

/// CH-7: a token that Viber does not know, and a personal number in its place, are told in words.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_a_wrong_token_is_told_with_its_remedy() {
    let (_server, viber, owner) = house().await;
    let form = |token: &str| {
        json!({ "kind": "viber", "name": "Viber", "settings": {
            "token": token, "base_url": viber.url() } })
    };
    let refused = owner.post("/api/v1/channels", &form("+7 900 123-45-67"), 422).await.json();
    let error = &refused["errors"][0];
    assert_eq!(error["code"], "personal_number", "{refused}");

    let unknown = "00000000e0f40021e-61a47a1e6778d187-f2c5a676a07050b3";
    let made = owner.post("/api/v1/channels", &form(unknown), 201).await.json();
    let channel = owner.until_channel(&made, "bad_credentials").await;
    assert!(channel["reason"]["ru"].as_str().unwrap().contains("partners.viber.com"), "{channel}");
    assert!(channel["remedy"]["ru"].as_str().is_some_and(|r| !r.is_empty()));
}

/// CV-6: a picture comes over, and a picture and a document go by our public address.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_media_both_ways() {
    let stage = Stage::start().await;
    let zoya = stage.viber.customer("Зоя");
    zoya.sends(&stage.bot, Media::picture("image/png", PIXEL).caption("вот фото"));
    let conversation = stage.owner.first_conversation().await;
    let stored = async || {
        let message = stage.owner.messages(&conversation).await.into_iter().next()?;
        let file = message["body"]["files"][0].clone();
        (file["state"] == "stored").then_some(file)
    };
    let file = until("the picture is fetched", stored).await;
    assert_eq!(file["mime"], "image/png");

    for (n, name, mime, bytes, kind) in [
        ("f-1", "чайник.png", "image/png", PIXEL, "picture"),
        ("f-2", "счёт.txt", "text/plain", "итого 7".as_bytes(), "file"),
    ] {
        let uploaded = stage.owner.uploads(name, mime, bytes).await;
        let words = format!("это {name}");
        let ids = json!([uploaded["attachment_id"]]);
        let body = json!({ "client_id": n, "text": words, "files": ids });
        stage.owner.post(&at_conversation(&conversation, "/messages"), &body, 201).await;
        let arrived = |m: &sandbox::viber::Shown| m.kind == kind && m.file.is_some();
        let shown = zoya.wait_for(&stage.bot, PATIENCE, arrived).await.unwrap();
        assert_eq!(shown.file.unwrap().bytes, bytes);
        stage.shown(&zoya, &words).await;
        stage.owner.until_status(&conversation, n, "delivered").await;
    }
    assert_eq!(stage.viber.violations(), [""; 0]);
}

/// A delivery that comes again is one message, however often and at once.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_a_repeated_delivery_is_one_message() {
    let stage = Stage::start().await;
    let vera = stage.viber.customer("Вера");
    stage.bot.set_faults(Faults { copies: 3, ..Faults::default() });
    vera.sends_text(&stage.bot, "раз");
    let conversation = stage.owner.first_conversation().await;
    let taken = || (stage.bot.deliveries().len() == 4).then_some(());
    stage.viber.until(PATIENCE, taken).await.unwrap();
    assert_eq!(stage.bot.repeats_last().await, Ok(200));
    let again = futures::future::join_all((0..8).map(|_| stage.bot.repeats_last())).await;
    assert!(again.iter().all(|answer| *answer == Ok(200)), "{again:?}");
    assert_eq!(stage.owner.messages(&conversation).await.len(), 1);
}

/// S12: no, empty and wrong signatures are refused; strange bodies with a right one are kept once.
#[tokio::test(flavor = "multi_thread")]
async fn s12_forged_and_strange_callbacks() {
    let stage = Stage::start().await;
    let vera = stage.viber.customer("Вера");
    let body = json!({
        "event": "message", "timestamp": 1_790_000_000_000_i64, "message_token": 7,
        "sender": { "id": vera.id_at(&stage.bot), "name": "?" },
        "message": { "type": "text", "text": "подделка" },
    })
    .to_string();
    for signature in ["", "0", &"0".repeat(64)] {
        assert_eq!(stage.bot.stranger_calls(signature, &body).await, Ok(401), "{signature}");
    }
    let nobody = stage.owner.get("/api/v1/conversations", 200).await.json();
    assert!(nobody["items"].as_array().unwrap().is_empty());

    for _ in 0..2 {
        assert_eq!(stage.bot.calls_back("{ this is not json").await, Ok(200));
    }
    let kept = stage.owner.get("/api/v1/quarantine", 200).await.json();
    assert_eq!(kept["items"].as_array().unwrap().len(), 1, "{kept}");
    assert_eq!(stage.bot.calls_back(&body).await, Ok(200));
    stage.owner.first_conversation().await;
}

/// CH-13: a dead token shows as such with a remedy; messages wait and go when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_dead_token_loses_nothing() {
    let stage = Stage::start().await;
    let lev = stage.viber.customer("Лев");
    lev.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    let token = stage.bot.renew_token();
    stage.owner.answer(&conversation, "d-1", "ответ позже").await;
    let broken = stage.owner.until_channel(&stage.channel, "bad_credentials").await;
    assert!(broken["remedy"]["ru"].as_str().unwrap().contains("partners.viber.com"), "{broken}");
    stage.owner.until_status(&conversation, "d-1", "queued").await;
    // Viber signs with the new token at once; what comes meanwhile is refused, and so repeated.
    lev.sends_text(&stage.bot, "вы тут?");
    let refused = || {
        let answers = stage.bot.deliveries().into_iter().map(|delivery| delivery.answer);
        answers.filter(|answer| *answer == Ok(401)).count().checked_sub(1)
    };
    stage.viber.until(PATIENCE, refused).await.unwrap();

    let path = at_channel(&stage.channel);
    let settings = json!({ "settings": { "token": token, "base_url": stage.viber.url() } });
    stage.owner.patch(&path, &settings, 200).await;
    stage.shown(&lev, "ответ позже").await;
    let came = |m: &Value| m["body"]["text"] == "вы тут?";
    stage.owner.until_message(&conversation, "what came meanwhile is here", came).await;
}

/// CV-7: Viber took the message and its answer was lost: uncertain, and never sent twice by itself.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_lost_answer_is_shown_as_uncertain() {
    let stage = Stage::start().await;
    let inna = stage.viber.customer("Инна");
    inna.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.bot.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    stage.owner.answer(&conversation, "u-1", "ответ").await;
    stage.owner.until_status(&conversation, "u-1", "uncertain").await;
    stage.owner.answer(&conversation, "u-2", "следующий").await;
    stage.owner.until_status(&conversation, "u-2", "delivered").await;
    assert_eq!(stage.bot.count("send_message"), 2, "the first was not repeated");
    assert_eq!(stage.bot.repeats(), []);
}

/// CV-7: the person's application turned an accepted message down, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_message_that_failed_after_it_was_accepted_says_why() {
    let stage = Stage::start().await;
    let vera = stage.viber.customer("Вера");
    vera.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.bot.set_faults(Faults { fail_later: 1, ..Faults::default() });
    stage.owner.answer(&conversation, "f-1", "ответ").await;
    let failed = stage.owner.until_status(&conversation, "f-1", "failed").await;
    assert!(failed.to_string().contains("rejected by the client"), "{failed}");
}

/// CV-7: seen without delivered, with reports once per device.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_statuses_only_move_forward() {
    let stage = Stage::start().await;
    let vera = stage.viber.customer("Вера");
    vera.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    vera.goes_offline();
    stage.bot.set_faults(Faults { more_devices: 2, ..Faults::default() });
    stage.owner.answer(&conversation, "s-1", "ответ").await;
    stage.owner.until_status(&conversation, "s-1", "sent").await;
    vera.reads(&stage.bot);
    let read = stage.owner.until_status(&conversation, "s-1", "read").await;
    let token = stage.token_of(&vera, "ответ");
    // Delivered comes late, from another device.
    let late = json!({
        "event": "delivered", "timestamp": 1_790_000_000_000_i64, "message_token": token,
        "user_id": vera.id_at(&stage.bot),
    });
    assert_eq!(stage.bot.calls_back(&late.to_string()).await, Ok(200));
    let now = stage.owner.messages(&conversation).await;
    let same = now.iter().find(|m| m["message_id"] == read["message_id"]).unwrap();
    assert_eq!(same["status"], "read");
}

impl Stage {
    fn token_of(&self, customer: &Customer, text: &str) -> u64 {
        let shown = customer.transcript(&self.bot);
        let message = shown.iter().find(|m| m.text.as_deref() == Some(text)).unwrap();
        assert_eq!(message.state, State::Seen);
        message.token.parse().unwrap()
    }
}

/// CV-5, CH-7: a link's context is kept with the conversation, and whoever opened the chat is
/// welcomed by the answer to Viber.
#[tokio::test(flavor = "multi_thread")]
async fn cv_5_a_link_brings_its_context_and_a_welcome() {
    let stage = Stage::start_with(json!({ "welcome": "Напишите, что ищете." })).await;
    let vera = stage.viber.customer("Вера");
    vera.opens(&stage.bot, Some("spring-sale_7"));
    stage.shown(&vera, "Напишите, что ищете.").await;
    let page = stage.owner.get("/api/v1/conversations", 200).await.json();
    assert!(page["items"].as_array().unwrap().is_empty(), "opening a chat is no enquiry");
    vera.sends_text(&stage.bot, "чайник");
    let conversation = stage.owner.first_conversation().await;
    assert_eq!(conversation["attribution"]["start_payload"], "spring-sale_7", "{conversation}");
    assert_eq!(stage.viber.violations(), [""; 0]);
}

/// WG-1, CH-2, CV-5: a visitor of the site goes on in Viber, and the page and the campaign come along.
#[tokio::test(flavor = "multi_thread")]
async fn ch_2_a_visitor_goes_on_in_viber_and_keeps_the_source() {
    let stage = Stage::start().await;
    let site = widget(&stage.owner, json!({ "origins": ["https://shop.test"] })).await;
    let of_ours = at_channel(&stage.channel);
    stage.owner.patch(&of_ours, &json!({ "use_in_widget": true }), 200).await;
    let visit = json!({ "site": "https://shop.test", "page": "https://shop.test/kettles",
                        "utm": { "utm_source": "yandex", "utm_campaign": "autumn" } });
    let url = stage.server.url();
    let visitor = Visitor::open(&url, &site, json!({ "visit": visit })).await;
    let way = visitor.welcome["ways"][0].clone();
    assert_eq!((&way["kind"], &way["title"]), (&json!("viber"), &json!("Лавка (lavka_test)")));
    let link = way["url"].as_str().unwrap();
    let mark = link.strip_prefix("viber://pa?chatURI=lavka_test&context=").unwrap();

    let vera = stage.viber.customer("Вера");
    vera.opens(&stage.bot, Some(mark));
    let told = || {
        let told = stage.bot.deliveries();
        told.iter().any(|d| d.event == "conversation_started" && d.answer == Ok(200)).then_some(())
    };
    stage.viber.until(PATIENCE, told).await.unwrap();
    vera.sends_text(&stage.bot, "чайник");
    let source = stage.owner.first_conversation().await["attribution"].clone();
    assert_eq!(source["page"], "https://shop.test/kettles", "{source}");
    assert_eq!((&source["source"], &source["campaign"]), (&json!("yandex"), &json!("autumn")));
    assert_eq!(source["start_payload"], mark);
}

/// CH-7: who unsubscribed cannot be written to, and can again when they write.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_leaving_and_coming_back() {
    let stage = Stage::start().await;
    let vera = stage.viber.customer("Вера");
    vera.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    vera.unsubscribes(&stage.bot);
    let lines = async |wanted: usize| {
        let count = async || {
            let all = stage.owner.messages(&conversation).await;
            let system = all.iter().filter(|m| m["direction"] == "system").count();
            (system >= wanted).then_some(())
        };
        until("the line is there", count).await;
    };
    lines(1).await;
    stage.owner.answer(&conversation, "l-1", "вы здесь?").await;
    let failed = stage.owner.until_status(&conversation, "l-1", "failed").await;
    assert!(failed.to_string().contains("не подписан"), "{failed}");
    // Viber tells of no subscription when the person just writes.
    vera.sends_text(&stage.bot, "я вернулась");
    lines(2).await;
    stage.owner.answer(&conversation, "l-2", "хорошо").await;
    stage.owner.until_status(&conversation, "l-2", "delivered").await;
}

/// BY-8, CV-7: the server is killed in the middle: what came meanwhile is delivered again by Viber,
/// what waited goes out once.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_kill_in_the_middle_loses_and_doubles_nothing() {
    let mut stage = Stage::start().await;
    let vera = stage.viber.customer("Вера");
    vera.sends_text(&stage.bot, "до");
    let conversation = stage.owner.first_conversation().await;
    // The answers wait in the queue while Viber asks for patience.
    stage.bot.set_faults(Faults { slow_ms: 300, ..Faults::default() });
    for n in 0..5 {
        stage.owner.answer(&conversation, &format!("k-{n}"), &format!("ответ {n}")).await;
    }
    stage.server.kill();
    vera.sends_text(&stage.bot, "во время");
    stage.server.restart().await;
    stage.bot.set_faults(Faults::default());
    let came = |m: &Value| m["body"]["text"] == "во время";
    stage.owner.until_message(&conversation, "what came meanwhile is here", came).await;
    let settled = async || {
        let all = stage.owner.messages(&conversation).await;
        let ours: Vec<&Value> = all.iter().filter(|m| m["direction"] == "outbound").collect();
        let done = |m: &&&Value| m["status"] == "delivered" || m["status"] == "uncertain";
        (ours.len() == 5 && ours.iter().filter(done).count() == 5).then_some(())
    };
    until("every answer is settled", settled).await;
    assert_eq!(stage.bot.repeats(), [], "nothing went twice");
    let all = stage.owner.messages(&conversation).await;
    let inbound = all.iter().filter(|m| m["direction"] == "inbound").count();
    assert_eq!(inbound, 2, "each message of the customer once");
}
