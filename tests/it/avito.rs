//! The main story through Avito (CH-8): a seller agrees at Avito's page, a buyer writes about an
//! advertisement, operators answer; what webhooks lose is found in the chats (BY-8). The counterpart
//! is the sandbox.

use std::time::Duration;

use reqwest::Method;
use sandbox::avito::{App, Avito, Faults, Options, Seller, Tariff};
use serde_json::{Value, json};
use tests::{
    PIXEL, Session, TestServer, at_channel, at_conversation, at_message, free_address, texts, until,
};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(20);

/// How the seller lets us in, and whether Avito can call us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Consent,
    OwnKeys,
    OwnKeysWithoutAddress,
}

struct Stage {
    server: TestServer,
    avito: Avito,
    seller: Seller,
    item: i64,
    app: App,
    owner: Session,
    channel: Value,
}

impl Stage {
    async fn start(way: Way) -> Self {
        let address = free_address();
        let here = format!("http://{address}");
        let avito = Avito::start(Options::default()).await.expect("the sandbox starts");
        let app = avito.add_app("Беседа", &format!("{here}/api/v1/channels/oauth/avito"));
        let server = TestServer::reachable_at(address, |config| {
            if way == Way::OwnKeysWithoutAddress {
                config.public_url = None;
            }
            let ours = &mut config.channels.avito;
            ours.client_id = Some(app.client_id.clone());
            ours.client_secret = Some(app.client_secret.clone().into());
            ours.api = avito.url().parse().unwrap();
            ours.consent = format!("{}/oauth", avito.url()).parse().unwrap();
            ours.reconcile = Duration::from_millis(500);
        })
        .await;
        let seller = avito.add_seller("Лавка чайников");
        let item = seller.add_item("Чайник медный", "4 500 ₽");
        let owner = server.sign_up().await;
        let made = save(&owner, &seller, way).await;
        let mut stage = Self { server, avito, seller, item, app, owner, channel: made };
        if way == Way::Consent {
            stage.until_state("logged_out").await;
            assert_eq!(stage.agree("allow").await, "ok");
        }
        stage.channel = stage.until_state("connected").await;
        stage
    }

    fn path(&self) -> String {
        at_channel(&self.channel)
    }

    async fn until_state(&self, state: &str) -> Value {
        self.owner.until_channel(&self.channel, state).await
    }

    /// The browser goes to Avito's page, where the seller decides, and comes back with their cookie.
    async fn agree(&self, decision: &str) -> String {
        let asked = self.owner.post(&format!("{}/consent", self.path()), &json!({}), 200).await;
        let page = Url::parse(asked.json()["url"].as_str().expect("a page")).expect("an address");
        let shown = reqwest::get(page.clone()).await.expect("a page");
        assert_eq!(shown.status(), 200);
        let given = |name: &str| {
            let found = page.query_pairs().find(|(n, _)| n == name).expect("a parameter");
            found.1.into_owned()
        };
        let form = [
            ("client_id", self.app.client_id.clone()),
            ("scope", given("scope")),
            ("state", given("state")),
            ("seller", self.seller.id.to_string()),
            ("decision", decision.to_owned()),
        ];
        let browser = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let url = format!("{}/oauth", self.avito.url());
        let back = browser.post(url).form(&form).send().await.expect("an answer");
        let back = back.headers()["location"].to_str().expect("an address").to_owned();
        let path = back.strip_prefix(&self.server.url()).expect("our own address").to_owned();
        let answer = self.owner.get(&path, 303).await;
        let to = answer.header("location").expect("the cabinet").to_owned();
        assert!(to.starts_with("/cabinet/channels/"), "{to}");
        // The same return once more is worth nothing.
        let again = self.owner.get(&path, 303).await;
        assert_eq!(again.header("location"), Some("/cabinet/channels?consent=state"));
        to.rsplit_once('=').expect("an outcome").1.to_owned()
    }

    fn is_clean(&self) {
        assert_eq!(self.avito.violations(), Vec::<String>::new());
    }
}

async fn save(owner: &Session, seller: &Seller, way: Way) -> Value {
    let (id, secret) = seller.keys();
    let settings = match way {
        Way::Consent => json!({ "mode": "consent" }),
        Way::OwnKeys | Way::OwnKeysWithoutAddress => {
            json!({ "mode": "keys", "client_id": id, "client_secret": secret })
        }
    };
    let form = json!({ "kind": "avito", "name": "Авито", "settings": settings });
    owner.post("/api/v1/channels", &form, 201).await.json()
}

/// CH-8, CV-1, CV-5, CV-7: the seller agrees, the buyer writes, the answer arrives and is read.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_cv_7_from_consent_to_an_answer_that_is_read() {
    let stage = Stage::start(Way::Consent).await;
    assert_eq!(stage.seller.hooks().len(), 1);
    let chat = stage.seller.chat_with(77, "Вера Ясная", Some(stage.item));
    let mut socket = stage.owner.socket(None).await;
    chat.says("Здравствуйте! Чайник ещё у вас?");
    let came = socket.next_event("message.created", PATIENCE).await;
    assert_eq!(came["data"]["message"]["body"]["text"], "Здравствуйте! Чайник ещё у вас?");

    // Who it is and which advertisement is asked for afterwards.
    let conversation = stage.owner.conversation_with("Вера Ясная").await;
    let told = stage
        .owner
        .until_conversation(&conversation, "the advertisement is told", |c| {
            c["attribution"]["listing"]["title"] == "Чайник медный"
        })
        .await;
    let listing = &told["attribution"]["listing"];
    assert_eq!(listing["external_id"], stage.item.to_string());
    assert_eq!(listing["price"], "4 500 ₽");
    assert!(listing["url"].as_str().is_some_and(|url| url.contains("/items/")), "{listing}");

    stage.owner.post(&at_conversation(&conversation, "/take"), &json!({}), 200).await;
    stage.owner.answer(&conversation, "a-1", "Да, приезжайте").await;
    chat.wait_for_text(PATIENCE, "Да, приезжайте").await.expect("the buyer's phone shows it");
    stage.owner.until_status(&conversation, "a-1", "sent").await;
    stage.avito.until(PATIENCE, || chat.is_read().then_some(())).await.expect("read by us");
    chat.reads();
    stage.owner.until_status(&conversation, "a-1", "read").await;

    // Its echo came by webhook and by reconciliation, and is no second message.
    let all = stage.owner.messages(&conversation).await;
    assert_eq!(texts(&all, "outbound"), ["Да, приезжайте"]);
    stage.is_clean();
}

/// CH-8: whoever refuses at Avito's page is not connected, and may think again.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_a_refused_consent_connects_nothing() {
    let stage = Stage::start(Way::Consent).await;
    assert_eq!(stage.agree("deny").await, "denied");
    assert_eq!(stage.agree("allow").await, "ok");
    stage.until_state("connected").await;
    stage.is_clean();
}

/// Without a public address chats are read every few seconds, with the seller's own keys.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_own_keys_without_a_public_address() {
    let stage = Stage::start(Way::OwnKeysWithoutAddress).await;
    assert!(stage.seller.hooks().is_empty());
    let chat = stage.seller.chat_with(77, "Вера", Some(stage.item));
    chat.says("раз");
    let conversation = stage.owner.conversation_with("Вера").await;
    assert_eq!(conversation["attribution"]["listing"]["title"], "Чайник медный");
    stage.owner.answer(&conversation, "a-1", "два").await;
    chat.wait_for_text(PATIENCE, "два").await.expect("shown");
    stage.owner.until_status(&conversation, "a-1", "sent").await;
    stage.is_clean();
}

/// BY-8, WA-4: what no webhook told is found; what the seller wrote in Avito's app is ours; repeats
/// are nothing.
#[tokio::test(flavor = "multi_thread")]
async fn by_8_lost_webhooks_lose_no_message_and_repeats_make_none() {
    let stage = Stage::start(Way::OwnKeys).await;
    let chat = stage.seller.chat_with(77, "Вера", Some(stage.item));
    stage.seller.set_faults(Faults { lost_hooks: 3, ..Faults::default() });
    chat.says("первое");
    chat.says("второе");
    chat.seller_says("отвечаю с телефона");
    let conversation = stage.owner.conversation_with("Вера").await;
    until("all three are there", async || {
        let all = stage.owner.messages(&conversation).await;
        let (theirs, ours) = (texts(&all, "inbound"), texts(&all, "outbound"));
        (theirs == ["первое", "второе"] && ours == ["отвечаю с телефона"]).then_some(())
    })
    .await;
    assert_eq!(stage.seller.deliveries().len(), 0, "no webhook told of them");

    stage.seller.set_faults(Faults { copies: 4, ..Faults::default() });
    chat.says("третье");
    stage.seller.wait_for_deliveries(5, PATIENCE).await.expect("five copies");
    stage.seller.repeat_last();
    stage.seller.wait_for_deliveries(6, PATIENCE).await.expect("and one more");
    let all = stage.owner.messages(&conversation).await;
    assert_eq!(texts(&all, "inbound"), ["первое", "второе", "третье"]);
    stage.is_clean();
}

/// The hook: no, empty and wrong secrets are refused; the probe is answered; strange bodies are kept.
#[tokio::test(flavor = "multi_thread")]
async fn s12_forged_and_strange_webhooks() {
    let stage = Stage::start(Way::OwnKeys).await;
    let hook = stage.seller.hooks().remove(0);
    let (bare, secret) = hook.split_once("?s=").expect("a secret in the address");
    let client = stage.owner.nobody();
    let path = bare.strip_prefix(client.url()).expect("our own address").to_owned();
    let good = json!({ "id": "x", "version": "v3.0.0", "timestamp": 1, "payload": {
        "type": "message", "value": { "id": "m", "chat_id": "u2i-x", "chat_type": "u2i",
        "user_id": stage.seller.id, "author_id": 5, "created": 1_790_000_000, "type": "text",
        "content": { "text": "самозванец" }, "item_id": null, "read": null } } });
    for query in ["", "?s=", "?s=wrong", &format!("?s={}", secret.to_lowercase()), "?x=1"] {
        client.post(&format!("{path}{query}"), &good, 401).await;
    }
    assert!(stage.owner.conversations("").await.is_empty());
    let proved = format!("{path}?s={secret}");
    client.post(&proved, &json!({}), 200).await;
    for _ in 0..2 {
        client.post(&proved, &json!({ "update_id": 5 }), 200).await;
    }
    let kept = stage.owner.get("/api/v1/quarantine", 200).await.json();
    assert_eq!(kept["items"].as_array().expect("items").len(), 1, "kept once and shown: {kept}");
    client.post(&proved, &good, 200).await;
    assert_eq!(stage.owner.conversations("").await.len(), 1, "the next one goes on");
}

/// CH-13: access that was taken back shows with its remedy; messages wait and go when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_dead_access_loses_nothing() {
    let stage = Stage::start(Way::Consent).await;
    let chat = stage.seller.chat_with(77, "Вера", Some(stage.item));
    chat.says("вопрос");
    let conversation = stage.owner.conversation_with("Вера").await;
    // An old token alone is nobody's business.
    stage.seller.expire_tokens();
    stage.owner.answer(&conversation, "d-0", "ответ сразу").await;
    chat.wait_for_text(PATIENCE, "ответ сразу").await.expect("the token is renewed");

    stage.seller.revoke();
    stage.owner.answer(&conversation, "d-1", "ответ позже").await;
    let told = stage.until_state("logged_out").await;
    let remedy = told["remedy"]["ru"].as_str().expect("what to do");
    assert!(remedy.contains("Подключите канал заново"), "{remedy}");
    let waits = stage.owner.messages(&conversation).await;
    assert!(waits.iter().any(|m| m["client_id"] == "d-1" && m["status"] == "queued"));
    assert_eq!(stage.agree("allow").await, "ok");
    chat.wait_for_text(PATIENCE, "ответ позже").await.expect("it goes at last");
    stage.is_clean();
}

/// CV-6: pictures in both directions, a voice message, what Avito keeps to itself, taking back.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_media_both_ways_and_taking_back() {
    let stage = Stage::start(Way::OwnKeys).await;
    let chat = stage.seller.chat_with(77, "Вера", Some(stage.item));
    chat.sends_image("image/png", PIXEL);
    let conversation = stage.owner.conversation_with("Вера").await;
    chat.sends_voice(&b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42isom\0\0\0\x08free"[..]);
    let stored = async |n: usize| {
        until("the file is fetched", async || {
            let message = stage.owner.messages(&conversation).await.into_iter().nth(n)?;
            let file = message["body"]["files"][0].clone();
            (file["state"] == "stored").then_some(file)
        })
        .await
    };
    let image = stored(0).await;
    assert_eq!(
        (image["mime"].as_str(), image["kind"].as_str()),
        (Some("image/png"), Some("image"))
    );
    assert_eq!(stored(1).await["kind"], "voice");
    chat.sends("video", json!({}));
    let shown = until("the video is told of", async || {
        let message = stage.owner.messages(&conversation).await.into_iter().nth(2)?;
        Some(message["body"].clone())
    })
    .await;
    assert_eq!(shown["label"], "video");
    assert!(shown["text"].as_str().is_some_and(|t| t.contains(&chat.id)), "{shown}");

    let uploaded = stage.owner.uploads("чайник.png", "image/png", PIXEL).await;
    let body = json!({ "client_id": "p-1", "text": "", "files": [uploaded["attachment_id"]] });
    let sent = stage.owner.post(&at_conversation(&conversation, "/messages"), &body, 201).await;
    chat.wait_for(PATIENCE, |shown| shown.kind == "image").await.expect("the buyer sees it");
    stage.owner.until_status(&conversation, "p-1", "sent").await;
    let gone = stage.owner.request(Method::DELETE, &at_message(&sent.json()));
    let gone = gone.send().await.expect("an answer").status();
    assert!(gone.is_success(), "{gone}");
    chat.wait_for(PATIENCE, |shown| shown.kind == "deleted").await.expect("taken back");

    let asked = chat.says("передумала");
    until("it is there", async || {
        let all = stage.owner.messages(&conversation).await;
        texts(&all, "inbound").contains(&"передумала".to_owned()).then_some(())
    })
    .await;
    chat.deletes(&asked);
    until("the buyer took it back", async || {
        let all = stage.owner.messages(&conversation).await;
        let last = all.iter().rfind(|m| m["direction"] == "inbound")?.clone();
        (!last["removed_at"].is_null()).then_some(())
    })
    .await;
    stage.is_clean();
}

/// CV-9: one buyer who asks about two advertisements is one contact.
#[tokio::test(flavor = "multi_thread")]
async fn cv_9_two_chats_of_one_buyer_are_one_contact() {
    let stage = Stage::start(Way::OwnKeys).await;
    let other = stage.seller.add_item("Самовар", "12 000 ₽");
    stage.seller.chat_with(77, "Вера", Some(stage.item)).says("про чайник");
    stage.owner.conversation_with("Вера").await;
    stage.seller.chat_with(77, "Вера", Some(other)).says("про самовар");
    let all = until("two conversations", async || {
        let all = stage.owner.conversations("").await;
        (all.len() == 2).then_some(all)
    })
    .await;
    assert_eq!(all[0]["contact_id"], all[1]["contact_id"]);
}

/// CH-8, CH-13: a subscription that ended is told by its level; what waits goes when it is paid for.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_a_subscription_that_ended_is_told_in_words() {
    let stage = Stage::start(Way::OwnKeys).await;
    let chat = stage.seller.chat_with(77, "Вера", Some(stage.item));
    chat.says("вопрос");
    let conversation = stage.owner.conversation_with("Вера").await;
    stage.seller.set_tariff(Tariff::Unpaid);
    stage.owner.answer(&conversation, "t-1", "ответ после оплаты").await;
    let told = stage.until_state("failed").await;
    let remedy = told["remedy"]["ru"].as_str().expect("what to do");
    assert!(remedy.contains("«Максимальный»") && remedy.contains("«Расширенный»"), "{remedy}");
    stage.seller.set_tariff(Tariff::Paid);
    let (id, secret) = stage.seller.keys();
    let settings = json!({ "mode": "keys", "client_id": id, "client_secret": secret });
    stage.owner.patch(&stage.path(), &json!({ "settings": settings }), 200).await;
    chat.wait_for_text(PATIENCE, "ответ после оплаты").await.expect("it goes at last");
    stage.is_clean();
}

/// WA-5: whoever is put on our black list goes onto Avito's, by their own number.
#[tokio::test(flavor = "multi_thread")]
async fn wa_5_our_black_list_is_avitos_too() {
    let stage = Stage::start(Way::OwnKeys).await;
    stage.seller.chat_with(77, "Вера", Some(stage.item)).says("купите у меня");
    stage.owner.conversation_with("Вера").await;
    let entry = json!({ "kind": "external_id", "value": "77" });
    stage.owner.post("/api/v1/blacklist", &entry, 200).await;
    let known = stage.avito.until(PATIENCE, || (stage.seller.blacklist() == [77]).then_some(()));
    known.await.expect("on Avito's list");
    stage.is_clean();
}

/// S21: the server is killed while buyers write and operators answer: nothing lost, nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_kill_in_the_middle_loses_and_doubles_nothing() {
    let mut stage = Stage::start(Way::Consent).await;
    let chat = stage.seller.chat_with(77, "Вера", Some(stage.item));
    chat.says("вопрос 0");
    let conversation = stage.owner.conversation_with("Вера").await;
    stage.seller.set_faults(Faults { slow_ms: 40, ..Faults::default() });
    for n in 0..6 {
        stage.owner.answer(&conversation, &format!("k-{n}"), &format!("ответ {n}")).await;
    }
    chat.wait_for_text(PATIENCE, "ответ 1").await.expect("it is in the middle");
    stage.server.kill();
    // Nobody answers their webhooks, and Avito sends none of them again.
    for n in 1..4 {
        chat.says(&format!("вопрос {n}"));
    }
    stage.seller.expire_tokens();
    stage.server.restart().await;
    until("all questions are there", async || {
        let all = stage.owner.messages(&conversation).await;
        let mut read = texts(&all, "inbound");
        read.sort();
        (read == (0..4).map(|n| format!("вопрос {n}")).collect::<Vec<_>>()).then_some(())
    })
    .await;
    chat.wait_for_text(PATIENCE, "ответ 5").await.expect("the rest goes out");
    let shown = chat.transcript().into_iter().filter(|line| !line.from_buyer);
    let mut shown: Vec<String> = shown.map(|line| line.text).collect();
    let sent = shown.len();
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), sent, "nothing was sent twice");
    // The one that was under way may be uncertain, and then a person decides; none is lost silently.
    let settled = until("each has its outcome", async || {
        let all = stage.owner.messages(&conversation).await;
        let ours = all.iter().filter(|m| !m["client_id"].is_null() && m["direction"] == "outbound");
        let done: Vec<&str> = ours.filter_map(|m| m["status"].as_str()).collect();
        let ended = |s: &&str| matches!(*s, "sent" | "delivered" | "read" | "uncertain");
        (done.len() == 6 && done.iter().all(ended))
            .then(|| done.iter().filter(|s| **s == "uncertain").count())
    })
    .await;
    assert!(settled <= 1 && sent >= 6 - settled, "{settled} uncertain, {sent} shown");
    stage.is_clean();
}
