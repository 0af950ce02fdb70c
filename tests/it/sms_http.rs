//! The main story through SMS providers with HTTP APIs (CH-11): an owner chooses a number from a
//! list, people write and are written to first, answers go out in parts, statuses come back. The
//! counterpart is the sandbox of SMS Aero, SMSC.ru and MTS Exolve.

use std::time::Duration;

use sandbox::sms::{Account, Faults, Options, Phone, Provider, Sms, Status};
use serde_json::{Value, json};
use tests::{Session, TestServer, at_channel, at_conversation, free_address, texts, until};

const PATIENCE: Duration = Duration::from_secs(20);
const NUMBER: &str = "79160000001";
const PHONE: &str = "79161234567";

struct Stage {
    server: TestServer,
    sandbox: Sms,
    account: Account,
    phone: Phone,
    owner: Session,
    provider: Provider,
    channel: Value,
}

/// Whether the provider can call us.
#[derive(Clone, Copy, PartialEq)]
enum Address {
    Public,
    None,
}

impl Stage {
    /// A number that was chosen from the provider's list and connected.
    async fn start(provider: Provider, address: Address) -> Self {
        let server = TestServer::reachable_at(free_address(), |config| {
            if address == Address::None {
                config.public_url = None;
            }
        })
        .await;
        let sandbox = Sms::start(Options::quick()).await.expect("the sandbox starts");
        let account = sandbox.add_account("Romashka", NUMBER);
        account.register_sender(NUMBER);
        let phone = sandbox.phone(PHONE);
        let owner = server.sign_up().await;
        let settings = settings(&sandbox, &account, provider);
        let form = json!({ "kind": "sms", "field": "number", "settings": settings });
        let list = owner.post("/api/v1/channels/choices", &form, 200).await.json();
        let number = list["items"][0]["value"].as_str().expect("a number").to_owned();
        assert_eq!(number, format!("+{NUMBER}"));
        let mut settings = settings;
        settings["number"] = number.into();
        let form = json!({ "kind": "sms", "name": "SMS", "settings": settings });
        let channel = owner.connects(&form).await;
        assert_eq!(channel["title"], format!("+{NUMBER}"));
        if address == Address::Public {
            let hook = channel["hand_over"][0]["value"].as_str().expect("an address to copy");
            account.set_callback(provider, hook);
        }
        Self { server, sandbox, account, phone, owner, provider, channel }
    }

    /// Waits until the operators read these texts, in whatever order.
    async fn read(&self, conversation: &Value, expected: &[&str]) {
        let mut expected: Vec<String> = expected.iter().map(|&text| text.to_owned()).collect();
        expected.sort();
        until("all texts are read", async || {
            let mut texts = texts(&self.owner.messages(conversation).await, "inbound");
            texts.sort();
            (texts == expected).then_some(())
        })
        .await;
    }

    fn is_clean(&self) {
        assert_eq!(self.sandbox.violations(), Vec::<String>::new());
    }
}

fn settings(sandbox: &Sms, account: &Account, provider: Provider) -> Value {
    let keys = account.credentials();
    let (name, login, key) = match provider {
        Provider::SmsAero => ("sms_aero", Some(keys.email), keys.aero_key),
        Provider::SmscRu => ("smsc_ru", Some(keys.login), keys.password),
        Provider::Exolve => ("exolve", None, keys.exolve_key),
    };
    let mut settings = json!({ "provider": name, "key": key, "base_url": sandbox.base(provider) });
    if let Some(login) = login {
        settings["login"] = login.into();
    }
    settings
}

async fn all_the_way(provider: Provider) {
    let stage = Stage::start(provider, Address::Public).await;
    let mut socket = stage.owner.socket(None).await;
    let question = "Здравствуйте! Есть ли доставка?";
    let id = stage.phone.writes(&stage.account, question);
    let came = socket.next_event("message.created", PATIENCE).await;
    assert_eq!(came["data"]["message"]["body"]["text"], question);
    // The provider tells it again, and the listener finds it too.
    stage.phone.repeats(id);

    let conversation = stage.owner.first_conversation().await;
    let contact = conversation["contact_id"].as_str().expect("a contact");
    let contact = stage.owner.get(&format!("/api/v1/contacts/{contact}"), 200).await.json();
    assert!(contact.to_string().contains(&format!("+{PHONE}")), "{contact}");
    stage.owner.post(&at_conversation(&conversation, "/take"), &json!({}), 200).await;

    let long = "Да, доставляем по всей России за два дня. ".repeat(4);
    stage.owner.answer(&conversation, "a-1", long.trim()).await;
    let shown = stage.phone.wait_for(&stage.account, PATIENCE, long.trim()).await.expect("shown");
    assert_eq!((shown.parts, shown.other.as_str()), (3, NUMBER));
    stage.owner.until_status(&conversation, "a-1", "delivered").await;

    stage.phone.switch_off();
    stage.owner.answer(&conversation, "a-2", "Вы где?").await;
    stage.owner.until_status(&conversation, "a-2", "sent").await;
    stage.account.settle(PHONE, Status::Undelivered);
    let failed = stage.owner.until_status(&conversation, "a-2", "failed").await;
    assert!(failed["failure"].as_str().is_some_and(|why| !why.is_empty()), "{failed}");
    stage.read(&conversation, &[question]).await;
    assert_eq!(stage.owner.conversations("").await.len(), 1);
    stage.is_clean();
}

/// CH-11, CV-7: from the phone to the operator and back, in parts, with statuses.
#[tokio::test(flavor = "multi_thread")]
async fn ch_11_cv_7_a_message_all_the_way_through_sms_aero() {
    all_the_way(Provider::SmsAero).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ch_11_cv_7_a_message_all_the_way_through_smsc_ru() {
    all_the_way(Provider::SmscRu).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ch_11_cv_7_a_message_all_the_way_through_exolve() {
    all_the_way(Provider::Exolve).await;
}

/// CV-4: a new customer is written to by phone; the answer comes into the same conversation.
#[tokio::test(flavor = "multi_thread")]
async fn cv_4_we_write_first_and_the_answer_finds_its_conversation() {
    let stage = Stage::start(Provider::SmscRu, Address::Public).await;
    let first = json!({ "channel_id": stage.channel["channel_id"], "to": "8 (916) 123-45-67",
        "name": "Ольга", "text": "Ваш заказ готов", "client_id": "w-1" });
    stage.owner.post("/api/v1/conversations", &first, 201).await;
    stage.phone.wait_for(&stage.account, PATIENCE, "Ваш заказ готов").await.expect("shown");
    let conversation = stage.owner.conversation_with("Ольга").await;
    stage.owner.until_status(&conversation, "w-1", "delivered").await;
    stage.phone.writes(&stage.account, "Спасибо, заберу");
    stage.read(&conversation, &["Спасибо, заберу"]).await;
    assert_eq!(stage.owner.conversations("").await.len(), 1);
    let bad = json!({ "channel_id": stage.channel["channel_id"], "to": "не телефон",
        "name": "", "text": "х", "client_id": "w-2" });
    stage.owner.post("/api/v1/conversations", &bad, 422).await;
    stage.is_clean();
}

/// BY-8: without an address in the outside world the provider is asked.
#[tokio::test(flavor = "multi_thread")]
async fn by_8_a_provider_that_cannot_call_us_is_asked() {
    let stage = Stage::start(Provider::SmscRu, Address::None).await;
    assert_eq!(stage.channel["hand_over"], json!([]));
    stage.phone.writes(&stage.account, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.owner.answer(&conversation, "a-1", "ответ").await;
    stage.owner.until_status(&conversation, "a-1", "delivered").await;
    stage.read(&conversation, &["вопрос"]).await;
    stage.is_clean();
}

/// S12: no, empty and wrong keys in the address are refused; strange bodies are kept.
#[tokio::test(flavor = "multi_thread")]
async fn s12_forged_and_strange_callbacks() {
    let stage = Stage::start(Provider::SmscRu, Address::Public).await;
    let hook = stage.channel["hand_over"][0]["value"].as_str().expect("an address");
    let client = stage.owner.nobody();
    let path = hook.strip_prefix(client.url()).expect("our own address");
    let (bare, key) = path.split_once("?key=").expect("a key in the address");
    let post = |path: String, body: &'static str| {
        let request = client.request(reqwest::Method::POST, &path).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    let good = "id=900&phone=79160009999&mes=hi&to=79160000001";
    for forged in [
        bare.to_owned(),
        format!("{bare}?key="),
        format!("{bare}?key=wrong"),
        format!("{bare}?key={}x", key),
    ] {
        client.send(post(forged, good), 401).await;
    }
    stage.account.set_faults(Faults { wrong_key: true, ..Faults::default() });
    stage.phone.writes(&stage.account, "подделка");
    let refused = || {
        let refused = stage.account.deliveries().into_iter().any(|d| d.answer == Ok(401));
        refused.then_some(())
    };
    stage.sandbox.until(PATIENCE, refused).await.expect("the provider is refused");
    for _ in 0..2 {
        client.send(post(path.to_owned(), "hologram=3"), 200).await;
        client.send(post(path.to_owned(), "id=5&phone=79160009999&hologram=3"), 200).await;
    }
    let kept = stage.owner.get("/api/v1/quarantine", 200).await.json();
    assert_eq!(kept["items"].as_array().expect("items").len(), 2, "each once: {kept}");
    client.send(post(path.to_owned(), good), 200).await;
    until("what follows goes on", async || {
        let contacts = stage.owner.get("/api/v1/contacts", 200).await.text();
        contacts.contains("+79160009999").then_some(())
    })
    .await;
}

/// CH-13: a dead key shows with its remedy; the message waits and goes when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_dead_key_loses_nothing() {
    for provider in [Provider::SmsAero, Provider::Exolve] {
        let stage = Stage::start(provider, Address::Public).await;
        stage.phone.writes(&stage.account, "вопрос");
        let conversation = stage.owner.first_conversation().await;
        stage.account.renew_keys();
        stage.owner.answer(&conversation, "d-1", "ответ позже").await;
        let told = stage.owner.until_channel(&stage.channel, "bad_credentials").await;
        assert!(told["remedy"]["ru"].as_str().is_some_and(|r| r.contains("ключ")), "{told}");
        let waits = stage.owner.messages(&conversation).await;
        assert!(waits.iter().any(|m| m["client_id"] == "d-1" && m["status"] == "queued"));
        let mut settings = settings(&stage.sandbox, &stage.account, stage.provider);
        settings["number"] = format!("+{NUMBER}").into();
        let change = json!({ "settings": settings });
        stage.owner.patch(&at_channel(&stage.channel), &change, 200).await;
        let shown = stage.phone.wait_for(&stage.account, PATIENCE, "ответ позже").await;
        shown.expect("it goes at last");
        stage.is_clean();
    }
}

/// CH-13: without money the channel says so and waits; CV-7: a refusal is told in words.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_cv_7_money_and_refusals_in_words() {
    let stage = Stage::start(Provider::SmscRu, Address::Public).await;
    stage.phone.writes(&stage.account, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.account.set_balance(0);
    stage.owner.answer(&conversation, "m-1", "ответ").await;
    let told = stage.owner.until_channel(&stage.channel, "interrupted").await;
    assert!(told["reason"]["ru"].as_str().is_some_and(|r| r.contains("денег")), "{told}");
    stage.account.set_balance(100);
    stage.owner.post(&format!("{}/reconnect", at_channel(&stage.channel)), &json!({}), 200).await;
    stage.phone.wait_for(&stage.account, PATIENCE, "ответ").await.expect("it goes after all");
    stage.phone.joins_stop_list();
    stage.owner.answer(&conversation, "m-2", "ещё ответ").await;
    let failed = stage.owner.until_status(&conversation, "m-2", "failed").await;
    assert!(failed["failure"].as_str().is_some_and(|f| f.contains("доставить")), "{failed}");
    stage.is_clean();
}

/// CV-7: what became of a lost answer is asked where the provider can tell, and else uncertain;
/// nothing is sent twice by itself.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_lost_answer_is_asked_for_or_uncertain() {
    for (provider, expected) in [(Provider::SmscRu, "delivered"), (Provider::Exolve, "uncertain")] {
        let stage = Stage::start(provider, Address::Public).await;
        stage.phone.writes(&stage.account, "вопрос");
        let conversation = stage.owner.first_conversation().await;
        stage.account.set_faults(Faults { drop_answer: 1, ..Faults::default() });
        stage.owner.answer(&conversation, "u-1", "ответ").await;
        stage.owner.until_status(&conversation, "u-1", expected).await;
        stage.owner.answer(&conversation, "u-2", "следующий").await;
        stage.owner.until_status(&conversation, "u-2", "delivered").await;
        assert_eq!(stage.account.sends_accepted(), 2, "{provider:?}: nothing twice");
        stage.is_clean();
    }
}

/// S21: the server is killed while people write and operators answer: nothing lost, nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_kill_in_the_middle_loses_and_doubles_nothing() {
    let mut stage = Stage::start(Provider::SmscRu, Address::Public).await;
    stage.phone.writes(&stage.account, "вопрос 0");
    let conversation = stage.owner.first_conversation().await;
    stage.account.set_faults(Faults { slow_ms: 30, ..Faults::default() });
    for n in 0..6 {
        stage.owner.answer(&conversation, &format!("k-{n}"), &format!("ответ {n}")).await;
    }
    for n in 1..4 {
        stage.phone.writes(&stage.account, &format!("вопрос {n}"));
    }
    stage.phone.wait_for(&stage.account, PATIENCE, "ответ 1").await.expect("it is in the middle");
    stage.server.kill();
    stage.phone.writes(&stage.account, "вопрос 4");
    stage.server.restart().await;
    stage.phone.wait_for(&stage.account, PATIENCE, "ответ 5").await.expect("the rest goes out");
    // Also the one that was under way: its status is told by our own id.
    for n in 0..6 {
        stage.owner.until_status(&conversation, &format!("k-{n}"), "delivered").await;
    }
    let shown = stage.phone.shows(&stage.account).into_iter().filter(|m| !m.mine);
    let shown: Vec<String> = shown.map(|m| m.text).collect();
    assert_eq!(shown, (0..6).map(|n| format!("ответ {n}")).collect::<Vec<_>>());
    let questions = ["вопрос 0", "вопрос 1", "вопрос 2", "вопрос 3", "вопрос 4"];
    stage.read(&conversation, &questions).await;
    stage.is_clean();
}
