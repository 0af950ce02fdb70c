//! The chat inside amoCRM (AMO-13, WA): a customer with a Telegram bot on one side, people of the CRM on
//! the other, Beseda between them.

use std::net::TcpListener;

use sandbox::{
    amo::{
        self, Account, Amo, Faults, Integration, Limits, Outage,
        chats::{Author, ChatShown, Delivery, Draft, Kind, Message, sign_body},
    },
    sms::{self, Provider, Sms},
    telegram::{self, Bot, Customer, Media, MediaKind, Telegram},
};
use serde_json::{Value, json};
use server::Config;
use tests::{PATIENCE, Session, TestServer, Way, connect, until};

struct Stage {
    server: TestServer,
    telegram: Telegram,
    bot: Bot,
    account: Account,
    integration: Integration,
    owner: Session,
    channel: String,
    portal: String,
    url: String,
    amo: Amo,
}

/// A server beside an account of the CRM that knows it.
pub(crate) struct House {
    pub server: TestServer,
    pub amo: Amo,
    pub account: Account,
    pub integration: Integration,
    /// The server's own.
    pub url: String,
}

impl House {
    pub async fn start() -> Self {
        Self::beside(|_| {}).await
    }

    /// With a counterpart of a messenger that the server is told of.
    pub async fn beside(more: impl FnOnce(&mut Config)) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let options = amo::Options { limits: Limits::off(), ..amo::Options::default() };
        let amo = Amo::start(options).await.unwrap();
        let account = amo.add_account("acme");
        let back = format!("{url}/api/v1/crm/oauth/amo");
        let integration = Integration::named("Беседа", &back)
            .with_channel(&format!("{url}/hooks/crm-chats/:scope_id"));
        let integration = amo.add_integration(integration);
        let server = TestServer::start_with(|config| {
            config.http.listen = ([127, 0, 0, 1], port).into();
            config.public_url = Some(format!("{url}/").parse().unwrap());
            let ours = &mut config.crm.amo;
            ours.client_id = Some(integration.client_id.clone());
            ours.client_secret = Some(integration.client_secret.clone().into());
            ours.api = format!("{}/a/{{subdomain}}", amo.url());
            ours.consent = format!("{}/oauth", amo.url()).parse().unwrap();
            ours.chats = format!("{}/amojo", amo.url()).parse().unwrap();
            more(config);
        })
        .await;
        Self { server, amo, account, integration, url }
    }
}

impl Stage {
    /// Portal, chats channel and integration are connected; `chats`: what is set for them.
    async fn start(chats: impl FnOnce(&Account, &str) -> Value) -> Self {
        Self::with(|account, channel| json!({"chats": chats(account, channel)})).await
    }

    /// `set`: what the integration sets beside its channel.
    async fn with(set: impl FnOnce(&Account, &str) -> Value) -> Self {
        let House { server, amo, account, integration, url } = House::start().await;
        let telegram = Telegram::start(telegram::Options::quick()).await.unwrap();
        let bot = telegram.add_bot("shop_bot");
        let owner = server.sign_up().await;
        let channel = connect(&owner, &telegram, &bot, Way::Webhook).await;
        let channel = channel["channel_id"].as_str().unwrap().to_owned();
        let portal = connected(&owner, &amo, &integration, &url).await;
        let mut settings = json!({"crm": "amo", "channels": [{"channel": channel}]});
        settings
            .as_object_mut()
            .unwrap()
            .extend(set(&account, &channel).as_object().unwrap().clone());
        let form = json!({"portal_id": portal, "name": "Продажи", "enabled": true,
            "settings": settings});
        owner.post("/api/v1/crm/integrations", &form, 201).await;
        Self { server, telegram, bot, account, integration, owner, channel, portal, url, amo }
    }

    /// Saves other settings of the integration.
    async fn save(&self, set: Value) {
        let mut settings = json!({"crm": "amo", "channels": [{"channel": self.channel}]});
        settings.as_object_mut().unwrap().extend(set.as_object().unwrap().clone());
        let page = self.owner.get("/api/v1/crm/integrations", 200).await.json();
        let now = &page["items"][0];
        let path = format!("/api/v1/crm/integrations/{}", now["integration_id"].as_str().unwrap());
        let form = json!({"revision": now["revision"], "name": "Продажи", "enabled": true,
            "settings": settings});
        self.owner.put(&path, &form, 200).await;
    }

    fn customer(&self) -> Customer {
        self.telegram.customer(77, "Иван", None)
    }

    /// A number for SMS beside the bot: its channel, our side of it, a person's phone.
    async fn with_sms(&self) -> (String, sms::Account, sms::Phone, Sms) {
        const NUMBER: &str = "79160000001";
        let provider = Provider::SmsAero;
        let sms = Sms::start(sms::Options::quick()).await.unwrap();
        let line = sms.add_account("Romashka", NUMBER);
        line.register_sender(NUMBER);
        let phone = sms.phone("79165554433");
        let keys = line.credentials();
        let form = json!({"kind": "sms", "name": "SMS", "settings": {
            "provider": "sms_aero", "login": keys.email, "key": keys.aero_key,
            "number": format!("+{NUMBER}"), "base_url": sms.base(provider)}});
        let made = self.owner.post("/api/v1/channels", &form, 201).await.json();
        let channel = made["channel_id"].as_str().unwrap().to_owned();
        let made = until("the number is connected", async || {
            let now = self.owner.get(&format!("/api/v1/channels/{channel}"), 200).await.json();
            (now["state"] == "connected").then_some(now)
        })
        .await;
        line.set_callback(provider, made["hand_over"][0]["value"].as_str().unwrap());
        (channel, line, phone, sms)
    }

    /// The only chat, once it is as wanted.
    async fn chat(&self, what: &str, wanted: impl Fn(&ChatShown) -> bool) -> ChatShown {
        until(what, async || self.account.chats().into_iter().find(|chat| wanted(chat))).await
    }

    async fn shows(&self, text: &str) -> (ChatShown, Message) {
        let is_it = |message: &&Message| message.text == text;
        let chat = self.chat(text, |chat| chat.messages.iter().any(|m| is_it(&m))).await;
        let message = chat.messages.iter().find(is_it).unwrap().clone();
        (chat, message)
    }

    async fn conversation(&self) -> String {
        let page = self.owner.get("/api/v1/conversations", 200).await.json();
        page["items"][0]["conversation_id"].as_str().unwrap().to_owned()
    }

    async fn replies(&self, text: &str) {
        let path = format!("/api/v1/conversations/{}/messages", self.conversation().await);
        self.owner.post(&path, &json!({"client_id": "reply-1", "text": text}), 201).await;
    }

    async fn delivery(&self, message: &str, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        until("the CRM knows what became of the message", async || {
            let chats = self.account.chats();
            let mut messages = chats.iter().flat_map(|chat| &chat.messages);
            let found = messages.find(|m| m.id == message)?;
            wanted(&found.delivery).then(|| found.delivery.clone())
        })
        .await
    }
}

/// Gives consent, for a new portal or for one that is there.
async fn consents(
    owner: &Session,
    amo: &Amo,
    integration: &Integration,
    url: &str,
    portal: Option<&str>,
) {
    let form = json!({"kind": "amo", "portal_id": portal});
    let asked = owner.post("/api/v1/crm/portals/consent", &form, 200).await.json();
    let page = url::Url::parse(asked["url"].as_str().unwrap()).unwrap();
    let (_, state) = page.query_pairs().find(|(name, _)| name == "state").unwrap();
    let back = amo.consent_redirect(&integration.client_id, &state, "acme").unwrap();
    owner.get(back.strip_prefix(url).unwrap(), 303).await;
}

/// Portal and chats channel are connected; the portal's id.
pub(crate) async fn connected(
    owner: &Session,
    amo: &Amo,
    integration: &Integration,
    url: &str,
) -> String {
    consents(owner, amo, integration, url, None).await;
    let portal = until("the portal is connected", async || {
        let page = owner.get("/api/v1/crm/portals", 200).await.json();
        let portal = page["items"][0].clone();
        (portal["state"] == "connected").then_some(portal)
    })
    .await;
    let id = portal["portal_id"].as_str().unwrap().to_owned();
    let channel = integration.channel.as_ref().unwrap();
    let form =
        json!({"channel_id": channel.id, "secret": channel.secret, "bot_id": channel.bot_id});
    owner.put(&format!("/api/v1/crm/portals/{id}/chats"), &form, 200).await;
    until("the lists are pulled", async || {
        let lists = owner.get(&format!("/api/v1/crm/portals/{id}/directory"), 200).await.json();
        lists["users"].as_array().filter(|users| !users.is_empty()).map(|_| ())
    })
    .await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_both_sides_talk_and_the_crm_learns_what_became_of_its_answer() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    let sent = customer.sends_text(&stage.bot, "Есть ли доставка?");

    // There: in a chat of the contact's, without an unsorted record.
    let (chat, message) = stage.shows("Есть ли доставка?").await;
    assert_eq!(message.author, Author::Client);
    assert!(!message.silent, "a customer's words are news");
    assert_eq!(chat.source.as_deref(), Some(stage.channel.as_str()));
    assert_eq!(chat.client.name, "Иван");
    assert!(chat.contact_id.is_some(), "bound to the contact");
    assert!(stage.account.unsorted().is_empty(), "{:?}", stage.account.unsorted());

    // Back, and only once, with its status.
    let user = stage.account.managers()[0].id;
    let draft = Draft::text("Да, по всей России").quoting(&message.id);
    let answer = stage.account.writes_in_chat(user, &chat.id, draft).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Да, по всей России").await.unwrap();
    let hooks = stage.account.chat_hooks();
    assert!(hooks.iter().all(|hook| hook.answer == Some(Ok(200))), "{hooks:?}");

    // An employee's words are the bot's there, because no user of the CRM has their address.
    stage.replies("Пишет оператор").await;
    let (chat, message) = stage.shows("Пишет оператор").await;
    assert_eq!(message.author, Author::Bot);
    assert_eq!(message.author_name, "Анна");
    assert!(message.silent);

    // An edit reaches the CRM.
    customer.edits(&stage.bot, sent.message_id, "Есть ли доставка в Тверь?").unwrap();
    let (chat_now, edited) = stage.shows("Есть ли доставка в Тверь?").await;
    assert!(edited.edited);
    assert_eq!(chat_now.id, chat.id);
    let texts: Vec<&str> = chat_now.messages.iter().map(|m| m.text.as_str()).collect();
    let expect = ["Есть ли доставка в Тверь?", "Да, по всей России", "Пишет оператор"];
    assert_eq!(texts, expect, "what was written there does not come back");
    drop(answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_webhook_is_taken_once_and_only_with_its_signature() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Вопрос");
    let (chat, _) = stage.shows("Вопрос").await;
    let user = stage.account.managers()[0].id;
    stage.account.writes_in_chat(user, &chat.id, Draft::text("Ответ")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Ответ").await.unwrap();

    let hook = stage.account.chat_hooks().pop().unwrap();
    let path = hook.url.strip_prefix(&stage.server.url()).unwrap().to_owned();
    let body = hook.body.to_string();
    let secret = &stage.integration.channel.as_ref().unwrap().secret;
    let post = |signature: &str| {
        let request = stage.owner.nobody().request("POST".parse().unwrap(), &path);
        request.header("X-Signature", signature).body(body.clone())
    };
    stage.owner.send(post(&sign_body(secret, body.as_bytes())), 200).await;
    stage.owner.send(post(&sign_body("other", body.as_bytes())), 401).await;
    stage.owner.send(post(""), 401).await;
    let nowhere = stage.owner.nobody().request("POST".parse().unwrap(), "/hooks/crm-chats/none");
    stage.owner.send(nowhere.body(body.clone()), 404).await;

    stage.account.writes_in_chat(user, &chat.id, Draft::text("Ещё")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Ещё").await.unwrap();
    let shown = customer.transcript(&stage.bot);
    let answers = shown.iter().filter(|m| m.text.as_deref() == Some("Ответ")).count();
    assert_eq!(answers, 1, "a repeated webhook says nothing again");
}

/// Telegram cannot write first, so whoever is to write through it to a stranger is told so; a person
/// who was given no channel may not write at all.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_who_may_not_write_is_told_by_the_status() {
    let stage = Stage::start(|account, channel| {
        let people = account.managers();
        json!({"users": [
            {"user": people[0].id.to_string(), "channels": []},
            {"user": people[1].id.to_string(), "channels": [channel], "signature": "— Отдел продаж"},
        ]})
    })
    .await;
    let people = stage.account.managers();
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Вопрос");
    let (chat, _) = stage.shows("Вопрос").await;

    let refused = stage.account.writes_in_chat(people[0].id, &chat.id, Draft::text("Нет")).unwrap();
    let failed = |delivery: &Delivery| matches!(delivery, Delivery::Failed { .. });
    let Delivery::Failed { error_code, error } = stage.delivery(&refused, failed).await else {
        unreachable!()
    };
    assert_eq!(error_code, 905);
    assert!(error.unwrap_or_default().starts_with("Канал не назначен"));

    stage.account.writes_in_chat(people[1].id, &chat.id, Draft::text("Да")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Да\n\n— Отдел продаж").await.unwrap();
    let (_, message) = stage.shows("Да").await;
    assert_eq!(message.text, "Да", "the CRM does not show the signature");

    let contact = stage.account.add_contact("Пётр", Some("+79165554433"), None);
    let source = Some(stage.channel.as_str());
    let first =
        stage.account.writes_first(people[1].id, contact, source, Draft::text("Добрый день"));
    let Delivery::Failed { error_code, error } = stage.delivery(&first.unwrap().1, failed).await
    else {
        unreachable!()
    };
    assert_eq!(error_code, 905);
    assert_eq!(error.as_deref(), Some("В этом канале первым пишет клиент."));
    let shown = customer.transcript(&stage.bot);
    assert!(!shown.iter().any(|m| m.text.as_deref() == Some("Нет")));
}

/// WA-2: a message that could not be sent has a line in words below it, unless the company wants none.
#[tokio::test(flavor = "multi_thread")]
async fn wa_2_a_failure_is_told_in_words() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Вопрос");
    let (chat, _) = stage.shows("Вопрос").await;
    customer.blocks(&stage.bot);
    let user = stage.account.managers()[0].id;
    let lost = stage.account.writes_in_chat(user, &chat.id, Draft::text("Вы тут?")).unwrap();
    let failed = |delivery: &Delivery| matches!(delivery, Delivery::Failed { .. });
    let Delivery::Failed { error_code, .. } = stage.delivery(&lost, failed).await else {
        unreachable!()
    };
    assert_eq!(error_code, 904, "the client cannot be written to");
    let chat = stage.chat("the line in words", |chat| chat.messages.len() == 3).await;
    let line = chat.messages.last().unwrap();
    assert!(line.text.starts_with("[Ошибка]"), "{}", line.text);
    assert_eq!(line.author, Author::Bot);
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_what_came_during_an_outage_and_a_kill_is_shown_once_and_in_order() {
    let mut stage = Stage::start(|_, channel| json!({"named_channels": [channel]})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "раз");
    stage.shows("[Бот магазина] раз").await;
    stage.account.set_outage(Outage::Unavailable);
    for text in ["два", "три", "четыре"] {
        customer.sends_text(&stage.bot, text);
    }
    until("the messages are here", async || {
        let page = stage.owner.get("/api/v1/conversations", 200).await.json();
        (page["items"][0]["preview"] == "четыре").then_some(())
    })
    .await;
    stage.server.kill();
    stage.account.set_outage(Outage::No);
    stage.server.restart().await;
    let (chat, _) = stage.shows("[Бот магазина] четыре").await;
    let texts: Vec<&str> = chat.messages.iter().map(|m| m.text.as_str()).collect();
    let expect = ["раз", "два", "три", "четыре"].map(|text| format!("[Бот магазина] {text}"));
    assert_eq!(texts, expect, "WA-4: the channel's name is before a customer's words");
    assert!(!stage.portal.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_emoji_go_both_ways_and_writing_is_seen() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    let asked = customer.sends_text(&stage.bot, "Работаете завтра?");
    let (chat, question) = stage.shows("Работаете завтра?").await;
    let user = stage.account.managers()[0].id;

    stage.account.types_in_chat(user, &chat.id).unwrap();
    until("the customer sees that somebody writes", async || {
        (stage.bot.action(77).as_deref() == Some("typing")).then_some(())
    })
    .await;

    let answer = stage.account.writes_in_chat(user, &chat.id, Draft::text("Да")).unwrap();
    let shown = customer.wait_for_text(&stage.bot, PATIENCE, "Да").await.unwrap();

    let path = format!("/api/v1/conversations/{}/messages", stage.conversation().await);
    until("our record of the answer", async || {
        let page = stage.owner.get(&path, 200).await.json();
        let mut messages = page["items"].as_array().unwrap().iter();
        messages.find(|m| m["status"] == "sent").map(|_| ())
    })
    .await;

    // The customer's, on a message of the CRM; then taken away.
    let emoji_of = |id: String| {
        let account = &stage.account;
        async move || {
            let chats = account.chats();
            let message = chats.iter().flat_map(|c| &c.messages).find(|m| m.id == id)?;
            Some(message.reactions.iter().map(|r| r.emoji.clone()).collect::<Vec<_>>())
        }
    };
    let (of_answer, of_question) = (emoji_of(answer.clone()), emoji_of(question.id.clone()));
    customer.reacts(&stage.bot, shown.message_id, Some("👍")).unwrap();
    until("the emoji is in the CRM", async || (of_answer().await? == ["👍"]).then_some(())).await;
    customer.reacts(&stage.bot, shown.message_id, None).unwrap();
    until("it is gone there", async || of_answer().await?.is_empty().then_some(())).await;

    // Of a user of the CRM, on the customer's message.
    stage.account.reacts_in_chat(user, &question.id, Some("🔥")).unwrap();
    let bots = async || {
        let shown = customer.transcript(&stage.bot);
        shown.iter().find(|m| m.message_id == asked.message_id)?.bot_reaction.clone()
    };
    assert_eq!(until("the customer sees it", bots).await, "🔥");
    assert_eq!(of_question().await, Some(vec!["🔥".to_owned()]), "it does not come back");
    stage.account.reacts_in_chat(user, &question.id, None).unwrap();
    until("it is taken away", async || bots().await.is_none().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_files_go_both_ways() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    let pixel = include_bytes!("support/pixel.png");
    customer.sends(&stage.bot, Media::photo(&pixel[..]).caption("Вот такой"));
    let (chat, picture) = stage.shows("Вот такой").await;
    assert_eq!(picture.kind, Kind::Picture);
    let url = picture.media.unwrap();
    let fetched =
        stage.owner.nobody().get(url.strip_prefix(&stage.server.url()).unwrap(), 200).await;
    assert_eq!(fetched.body, &pixel[..], "the link leads to the picture itself");

    let user = stage.account.managers()[0].id;
    let size = u64::try_from(pixel.len()).unwrap();
    let draft = Draft::picture(&url, "такой-же.png", size).caption("Есть такой же");
    let sent = stage.account.writes_in_chat(user, &chat.id, draft).unwrap();
    let shown = customer.wait_for_text(&stage.bot, PATIENCE, "Есть такой же").await.unwrap();
    let media = shown.media.unwrap();
    assert_eq!((media.kind, &media.bytes[..]), (MediaKind::Photo, &pixel[..]));
    stage.delivery(&sent, |delivery| *delivery == Delivery::Sent).await;
}

/// CRM-3: an answer of an employee is their own in the CRM, where the company says who they are there.
#[tokio::test(flavor = "multi_thread")]
async fn crm_3_an_employee_who_is_a_user_of_the_crm_is_shown_as_that_user() {
    let stage = Stage::start(|_, _| json!({})).await;
    let me = stage.owner.get("/api/v1/me", 200).await.json();
    let me =
        me["employee"]["employee_id"].as_str().or(me["employee_id"].as_str()).unwrap().to_owned();
    let boss = stage.account.managers()[1].clone();
    stage
        .save(json!({"chats": {}, "responsible": {
            "people": [{"employee": me, "user": boss.id.to_string()}]}}))
        .await;
    stage.customer().sends_text(&stage.bot, "Почём?");
    stage.shows("Почём?").await;
    stage.replies("Сто рублей").await;
    let (_, message) = stage.shows("Сто рублей").await;
    assert_eq!(message.author, Author::User(boss.amojo_id.unwrap()));
}

/// AMO-4 beside the chat: the record is made of the chat's first words, once, and is accepted there.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_a_chat_in_unsorted_mode_makes_one_record_and_goes_on_in_it() {
    let stage = Stage::with(|_, _| {
        json!({"chats": {}, "method": {"method": "unsorted"},
            "tasks": {"due_minutes": 60, "owner": "contact_card"}})
    })
    .await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Первое");
    let (chat, _) = stage.shows("Первое").await;
    // AMO-5: the first message alone has its task, though amoCRM makes the record after it was decided.
    let tasks = async || Some(stage.account.tasks()).filter(|tasks| !tasks.is_empty());
    until("a task for the first message", tasks).await;
    customer.sends_text(&stage.bot, "Второе");
    let (again, _) = stage.shows("Второе").await;
    assert_eq!(chat.id, again.id);
    let records = stage.account.unsorted();
    assert_eq!(records.len(), 1, "{records:?}");
    let user = stage.account.managers()[0].id;
    stage.account.writes_in_chat(user, &chat.id, Draft::text("Слушаю вас")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Слушаю вас").await.unwrap();
    let now = stage.account.unsorted();
    assert!(now.len() <= 1 && stage.account.leads().len() <= 1, "nothing doubled: {now:?}");

    // AMO-5: the record is ours like any other. Its task is on its deal, one for both messages.
    let tasks = stage.account.tasks();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let deal = &records[0]["_embedded"]["leads"][0]["id"];
    assert_eq!(tasks[0]["entity_id"], *deal, "{tasks:?} {records:?}");

    // Accepted there and closed here: the next message is another enquiry, with a record of its own.
    let uid = records[0]["uid"].as_str().unwrap();
    assert!(stage.account.accept(uid, user, None));
    let path = format!("/api/v1/conversations/{}/close", stage.conversation().await);
    stage.owner.poke(&path, 200).await;
    customer.sends_text(&stage.bot, "Я снова здесь");
    let (next, _) = stage.shows("Я снова здесь").await;
    assert_ne!(next.id, chat.id);
    let anew = until("another record", async || {
        Some(stage.account.unsorted()).filter(|now| !now.is_empty())
    })
    .await;
    assert_eq!(anew.len(), 1, "{anew:?}");
    assert_ne!(anew[0]["uid"], records[0]["uid"]);

    // Who answers in the former chat when both are closed is answered there.
    let path = format!("/api/v1/conversations/{}/close", stage.conversation().await);
    stage.owner.poke(&path, 200).await;
    stage.account.writes_in_chat(user, &chat.id, Draft::text("Забыл сказать")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Забыл сказать").await.unwrap();
    customer.sends_text(&stage.bot, "Что же?");
    let (shown, _) = stage.shows("Что же?").await;
    assert_eq!(shown.id, chat.id);
}

/// AMO-13, WA-3: whoever has never written is written to from the CRM through the channel that can, and
/// the answer lands in the same chat.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_person_is_written_to_first_through_sms() {
    let stage = Stage::start(|_, _| json!({})).await;
    let (channel, line, phone, _sms) = stage.with_sms().await;
    stage
        .save(json!({"channels": [{"channel": stage.channel}, {"channel": channel}], "chats": {}}))
        .await;

    let user = stage.account.managers()[0].id;
    let contact = stage.account.add_contact("Пётр", Some("+79165554433"), None);
    let draft = Draft::text("Добрый день, ваш заказ готов");
    let (chat, sent) = stage.account.writes_first(user, contact, Some(&channel), draft).unwrap();
    phone.wait_for(&line, PATIENCE, "Добрый день, ваш заказ готов").await.unwrap();
    stage.delivery(&sent, |delivery| !matches!(delivery, Delivery::Failed { .. })).await;

    phone.writes(&line, "Спасибо, еду");
    let (shown, message) = stage.shows("Спасибо, еду").await;
    assert_eq!((shown.id, message.author), (chat, Author::Client), "in the chat that was begun");
    assert_eq!(stage.account.chats().len(), 1);
}

/// Crm.md 1.6: the channel has to be connected again after every installation of our app; the company does
/// nothing for it, and what was written meanwhile is in the chat.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_chats_come_back_with_a_new_installation() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "раз");
    stage.shows("раз").await;
    stage.account.disable_integration(&stage.integration.client_id);
    customer.sends_text(&stage.bot, "два");
    let path = format!("/api/v1/crm/portals/{}", stage.portal);
    let has_chats = async |wanted: bool| {
        let portal = stage.owner.get(&path, 200).await.json();
        (portal["chats"]["connected"] == wanted).then_some(portal)
    };
    until("the chats are cut off", async || has_chats(false).await).await;
    let (amo, url) = (&stage.amo, &stage.url);
    consents(&stage.owner, amo, &stage.integration, url, Some(&stage.portal)).await;
    until("the chats are back", async || has_chats(true).await).await;
    let (chat, _) = stage.shows("два").await;
    let texts: Vec<&str> = chat.messages.iter().map(|m| m.text.as_str()).collect();
    assert_eq!(texts, ["раз", "два"]);
    let user = stage.account.managers()[0].id;
    stage.account.writes_in_chat(user, &chat.id, Draft::text("Слушаю")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Слушаю").await.unwrap();
}

/// AMO-13: keys that the CRM refuses change nothing about a channel that works.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_wrong_keys_do_not_take_working_chats_away() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "раз");
    let (chat, _) = stage.shows("раз").await;
    let channel = stage.integration.channel.as_ref().unwrap();
    let path = format!("/api/v1/crm/portals/{}/chats", stage.portal);
    for (id, secret) in [(channel.id.as_str(), "wrong"), ("wrong", channel.secret.as_str())] {
        let form = json!({"channel_id": id, "secret": secret, "bot_id": channel.bot_id});
        stage.owner.put(&path, &form, 422).await;
    }
    customer.sends_text(&stage.bot, "два");
    stage.shows("два").await;
    let user = stage.account.managers()[0].id;
    stage.account.writes_in_chat(user, &chat.id, Draft::text("Слушаю")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Слушаю").await.unwrap();
}

/// AMO-13: a chats channel that is not connected is among what hinders.
#[tokio::test(flavor = "multi_thread")]
async fn crm_6_chats_without_a_channel_are_told_and_do_not_come() {
    let stage = Stage::start(|_, _| json!({})).await;
    let faults = async || stage.owner.get("/api/v1/crm/faults", 200).await.json().to_string();
    assert!(!faults().await.contains("chats_not_connected"));
    stage.owner.delete(&format!("/api/v1/crm/portals/{}/chats", stage.portal), 200).await;
    assert!(faults().await.contains("chats_not_connected"), "{}", faults().await);
}

/// Two companies that share an account of the CRM and its channel: what is written in a chat is the company's
/// whose chat it is, goes out once, and the other keeps no word of it.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_shared_scope_is_told_to_the_chats_own_company_alone() {
    let stage = Stage::start(|_, _| json!({})).await;
    let other = stage.server.sign_up().await;
    let bot = stage.telegram.add_bot("other_bot");
    let channel = connect(&other, &stage.telegram, &bot, Way::Webhook).await;
    let channel = channel["channel_id"].as_str().unwrap().to_owned();
    let portal = connected(&other, &stage.amo, &stage.integration, &stage.url).await;
    let settings = json!({"crm": "amo", "channels": [{"channel": channel}],
        "chats": {"default_channel": channel}});
    let form = json!({"portal_id": portal, "name": "Чужие", "enabled": true,
        "settings": settings});
    other.post("/api/v1/crm/integrations", &form, 201).await;

    let user = stage.account.managers()[0].id;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Вопрос первой");
    let (chat, _) = stage.shows("Вопрос первой").await;
    let theirs = stage.telegram.customer(78, "Пётр", None);
    theirs.sends_text(&bot, "Вопрос второй");
    let (their_chat, _) = stage.shows("Вопрос второй").await;
    let mine = stage.account.writes_in_chat(user, &chat.id, Draft::text("Ответ первой")).unwrap();
    let their =
        stage.account.writes_in_chat(user, &their_chat.id, Draft::text("Ответ второй")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Ответ первой").await.unwrap();
    theirs.wait_for_text(&bot, PATIENCE, "Ответ второй").await.unwrap();
    // The next one of each comes after whatever the former would have led to.
    for (chat, customer, bot) in [(&chat, &customer, &stage.bot), (&their_chat, &theirs, &bot)] {
        stage.account.writes_in_chat(user, &chat.id, Draft::text("И ещё")).unwrap();
        customer.wait_for_text(bot, PATIENCE, "И ещё").await.unwrap();
    }
    for id in [mine, their] {
        stage.delivery(&id, |delivery| *delivery == Delivery::Sent).await;
    }
}

/// The same of a chat that begins in the CRM and names no channel: it is the one's where its writer works. Of
/// anybody else's nothing is kept, and they are told.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_shared_scopes_new_chat_is_its_writers_company_alone() {
    let stage = Stage::start(|_, channel| json!({"default_channel": channel})).await;
    let other = stage.server.sign_up().await;
    let bot = stage.telegram.add_bot("other_bot");
    let channel = connect(&other, &stage.telegram, &bot, Way::Webhook).await;
    let channel = channel["channel_id"].as_str().unwrap().to_owned();
    let portal = connected(&other, &stage.amo, &stage.integration, &stage.url).await;
    let people = stage.account.managers();
    let settings = json!({"crm": "amo", "channels": [{"channel": channel}],
        "chats": {"default_channel": channel}, "responsible": {
            "people": [{"employee": other.employee, "user": people[1].id.to_string()}]}});
    let form = json!({"portal_id": portal, "name": "Чужие", "enabled": true,
        "settings": settings});
    other.post("/api/v1/crm/integrations", &form, 201).await;

    let failed = |delivery: &Delivery| matches!(delivery, Delivery::Failed { .. });
    let mut sent = Vec::new();
    for (n, told) in [(0, "Этот аккаунт CRM"), (1, "В этом канале первым пишет клиент.")]
    {
        let contact = stage.account.add_contact("Пётр", Some(&format!("+7916555443{n}")), None);
        let draft = Draft::text("Секрет");
        let (_, id) = stage.account.writes_first(people[n].id, contact, None, draft).unwrap();
        let Delivery::Failed { error_code, error } = stage.delivery(&id, failed).await else {
            unreachable!()
        };
        assert_eq!(error_code, 905, "{error:?}");
        assert!(error.as_deref().unwrap_or_default().starts_with(told), "{error:?}");
        sent.push(id);
    }
    let mut db = stage.server.database().connect().await;
    let taken = "select account_id::text, external_id, said::text from crm_chat_received
        order by created_at";
    let taken: Vec<(String, String, String)> =
        sqlx::query_as(taken).fetch_all(&mut db).await.unwrap();
    let row = |company: &Session, id: &str| {
        let account: domain::ids::AccountId = company.account.parse().unwrap();
        (account.0.to_string(), id.to_owned(), "{}".to_owned())
    };
    assert_eq!(taken, [row(&stage.owner, &sent[0]), row(&other, &sent[1])]);
}

/// WA-7: somebody new in the CRM, whom the last lists do not have, is no robot: with «only those listed» they
/// may not write.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_whoever_is_new_in_the_crm_is_looked_up_before_they_write() {
    let stage = Stage::start(|account, channel| {
        let people = account.managers();
        json!({"listed_only": true, "users": [
            {"user": people[0].id.to_string(), "channels": [channel]}]})
    })
    .await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Вопрос");
    let (chat, _) = stage.shows("Вопрос").await;
    // The lists are some days old.
    let mut db = stage.server.database().connect().await;
    let old = "update portals set directory = jsonb_set(directory, '{fetched_at}', \
        '\"2026-01-01T00:00:00Z\"')";
    sqlx::query(old).execute(&mut db).await.unwrap();
    let newcomer = stage.account.add_person("Новенький");
    let sent = stage.account.writes_in_chat(newcomer, &chat.id, Draft::text("Ничего")).unwrap();
    let failed = |delivery: &Delivery| matches!(delivery, Delivery::Failed { .. });
    let Delivery::Failed { error_code, .. } = stage.delivery(&sent, failed).await else {
        unreachable!()
    };
    assert_eq!(error_code, 905);
    assert!(!customer.transcript(&stage.bot).iter().any(|m| m.text.as_deref() == Some("Ничего")));
}

/// Crm.md 1.6: an operator's message that did not arrive does not stand in the CRM as if it had.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_failed_answer_of_an_operator_is_seen_to_have_failed() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Вопрос");
    stage.shows("Вопрос").await;
    customer.blocks(&stage.bot);
    stage.replies("Вы тут?").await;
    let (chat, message) = stage.shows("Вы тут?").await;
    let failed = |delivery: &Delivery| matches!(delivery, Delivery::Failed { .. });
    let Delivery::Failed { error_code, .. } = stage.delivery(&message.id, failed).await else {
        unreachable!()
    };
    assert_eq!((error_code, chat.messages.len()), (904, 2), "no line below: operators see it here");
}

/// WA-5: a number of the black list is passed to the CRM by nobody, whoever wrote first; but whoever wrote
/// there is told what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn wa_5_a_listed_number_is_not_shown_though_the_crm_wrote_first() {
    let stage = Stage::start(|_, _| json!({})).await;
    let (channel, line, phone, _sms) = stage.with_sms().await;
    let set = |skipped: &[&str]| {
        json!({"channels": [{"channel": stage.channel}, {"channel": channel}], "chats": {},
            "skip_phones": skipped})
    };
    stage.save(set(&["+79165554433"])).await;
    let user = stage.account.managers()[0].id;
    let contact = stage.account.add_contact("Пётр", Some("+79165554433"), None);
    let draft = Draft::text("Добрый день");
    let (chat, sent) = stage.account.writes_first(user, contact, Some(&channel), draft).unwrap();
    phone.wait_for(&line, PATIENCE, "Добрый день").await.unwrap();
    stage.delivery(&sent, |delivery| *delivery == Delivery::Delivered).await;
    phone.writes(&line, "Не для CRM");
    until("the answer is here", async || {
        let page = stage.owner.get("/api/v1/conversations", 200).await.json();
        (page["items"][0]["preview"] == "Не для CRM").then_some(())
    })
    .await;
    // The next one of another person comes after whatever that would have led to.
    stage.customer().sends_text(&stage.bot, "Для CRM");
    stage.shows("Для CRM").await;
    let shown = stage.account.chats().into_iter().find(|one| one.id == chat).unwrap();
    assert_eq!(shown.messages.len(), 1, "{:?}", shown.messages);
}

/// Crm.md 1.6: two chats are joined by nothing. Who has a chat of ours and is written to in another one goes on
/// in ours, and nothing that they answer is refused.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_second_chat_with_a_person_takes_nothing_from_the_first() {
    let stage = Stage::start(|_, _| json!({})).await;
    let (channel, line, phone, _sms) = stage.with_sms().await;
    stage
        .save(json!({"channels": [{"channel": stage.channel}, {"channel": channel}], "chats": {}}))
        .await;
    phone.writes(&line, "Я пишу первым");
    let (ours, _) = stage.shows("Я пишу первым").await;
    let user = stage.account.managers()[0].id;
    let other = stage.account.add_contact("Другая карточка", Some("8 916 555-44-33"), None);
    let draft = Draft::text("Пишу из другой карточки");
    let (chat, _) = stage.account.writes_first(user, other, Some(&channel), draft).unwrap();
    assert_ne!(chat, ours.id);
    phone.wait_for(&line, PATIENCE, "Пишу из другой карточки").await.unwrap();
    phone.writes(&line, "Отвечаю");
    let (shown, _) = stage.shows("Отвечаю").await;
    assert_eq!(shown.id, ours.id);
    assert_eq!(stage.account.chat_refusals(), []);
}

/// AMO-4: a record that was declined is gone with its chat's contact; the next message makes another one, and
/// it is ours as the first was.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_after_a_declined_record_the_next_message_of_the_chat_makes_another() {
    let stage = Stage::with(|_, _| {
        json!({"chats": {}, "method": {"method": "unsorted"},
            "tasks": {"due_minutes": 60, "owner": "contact_card"}})
    })
    .await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Первое");
    let task_of = async |uid: &str| {
        until(&format!("another record than «{uid}» has its task"), async || {
            let records = stage.account.unsorted();
            let record = records.iter().find(|record| record["uid"] != uid)?;
            let deal = &record["_embedded"]["leads"][0]["id"];
            let tasks = stage.account.tasks();
            tasks.iter().any(|task| task["entity_id"] == *deal).then(|| record.clone())
        })
        .await
    };
    let first = task_of("").await;
    let uid = first["uid"].as_str().unwrap();
    assert!(stage.account.decline(uid));
    let path = format!("/api/v1/conversations/{}/messages", stage.conversation().await);
    until("that is known here", async || {
        let page = stage.owner.get(&path, 200).await;
        page.json().to_string().contains("unsorted_declined").then_some(())
    })
    .await;
    customer.sends_text(&stage.bot, "Второе");
    task_of(uid).await;
    assert_eq!(stage.account.unsorted().len(), 1);
}

/// AMO-4, AMO-5 beside chats: a look for the record that meets an outage is not the last one.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_a_record_that_could_not_be_looked_for_is_looked_for_again() {
    let stage = Stage::with(|_, _| {
        json!({"chats": {}, "method": {"method": "unsorted"},
            "tasks": {"due_minutes": 60, "owner": "contact_card"}})
    })
    .await;
    // The message takes effect at once, its answer comes when the account is gone.
    stage.account.set_faults(Faults { slow_ms: 2_000, ..Faults::default() });
    stage.customer().sends_text(&stage.bot, "Пишу один раз");
    stage.shows("Пишу один раз").await;
    stage.account.set_faults(Faults { outage: Outage::Unavailable, ..Faults::default() });
    until("the message was taken, and the look after it was not", async || {
        let mut conn = stage.server.database().connect().await;
        let sought: i64 = sqlx::query_scalar(
            "select count(*) from crm_enquiries
             where chat_position > 0 and chat -> 'sought' ->> 'looks' = '0'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        (sought == 1).then_some(())
    })
    .await;
    stage.account.set_outage(Outage::No);
    let tasks = async || Some(stage.account.tasks()).filter(|tasks| !tasks.is_empty());
    let tasks = until("a task for the only message", tasks).await;
    let records = stage.account.unsorted();
    assert_eq!(tasks[0]["entity_id"], records[0]["_embedded"]["leads"][0]["id"], "{records:?}");
}

/// AMO-4 after an upgrade: the former program named every chat by the person and kept no name; an enquiry that
/// goes on goes on there.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_chat_of_the_former_program_is_gone_on_with() {
    let stage = Stage::start(|_, _| json!({})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "До обновления");
    let (chat, _) = stage.shows("До обновления").await;
    let mut conn = stage.server.database().connect().await;
    until("what is shown is noted", async || {
        let rows = sqlx::query("update crm_enquiries set chat = null where chat_position > 0")
            .execute(&mut stage.server.database().connect().await)
            .await
            .unwrap();
        (rows.rows_affected() == 1).then_some(())
    })
    .await;
    stage.save(json!({"chats": {}, "method": {"method": "unsorted"}})).await;
    customer.sends_text(&stage.bot, "После него");
    let (shown, _) = stage.shows("После него").await;
    assert_eq!(shown.id, chat.id);
    // An enquiry of its own has a chat of its own, and the name of that is kept.
    let path = format!("/api/v1/conversations/{}/close", stage.conversation().await);
    stage.owner.poke(&path, 200).await;
    customer.sends_text(&stage.bot, "Другое обращение");
    let (next, _) = stage.shows("Другое обращение").await;
    assert_ne!(next.id, chat.id);
    let named = until("its name is kept", async || {
        sqlx::query_scalar::<_, String>(
            "select chat ->> 'name' from crm_enquiries where chat ->> 'name' is not null",
        )
        .fetch_optional(&mut conn)
        .await
        .unwrap()
    });
    assert_eq!(named.await, stage.conversation().await);
}

/// AMO-13: what was said before there were chats is shown with the next words, and by no edit or receipt.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_an_edit_begins_no_chat() {
    let stage = Stage::with(|_, _| json!({"method": {"method": "unsorted"}})).await;
    let customer = stage.customer();
    let sent = customer.sends_text(&stage.bot, "До чатов");
    until("a record that we made", async || {
        Some(stage.account.unsorted()).filter(|records| !records.is_empty())
    })
    .await;
    stage.save(json!({"chats": {}, "method": {"method": "unsorted"}})).await;
    customer.edits(&stage.bot, sent.message_id, "До чатов, исправлено").unwrap();
    let path = format!("/api/v1/conversations/{}/messages", stage.conversation().await);
    until("the edit is here", async || {
        let page = stage.owner.get(&path, 200).await;
        page.json().to_string().contains("исправлено").then_some(())
    })
    .await;
    until("the CRM was told of it", async || {
        let quiet: bool = sqlx::query_scalar(
            "select not exists (select 1 from lanes where queue = 'crm' and pending > 0)
                and not exists (select 1 from crm_feeds f
                    where f.cursor_seq < (select max(seq) from events e
                                          where e.account_id = f.account_id))",
        )
        .fetch_one(&mut stage.server.database().connect().await)
        .await
        .unwrap();
        quiet.then_some(())
    })
    .await;
    assert_eq!(stage.account.chats().len(), 0);
    customer.sends_text(&stage.bot, "При чатах");
    let (chat, _) = stage.shows("При чатах").await;
    let texts: Vec<&str> = chat.messages.iter().map(|m| m.text.as_str()).collect();
    assert_eq!(texts, ["До чатов, исправлено", "При чатах"]);
}

/// CRM-3: whoever left the company takes no conversations by what somebody writes under their name in the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn crm_3_whoever_left_takes_no_conversation_from_the_crm() {
    let stage = Stage::start(|_, _| json!({})).await;
    let left = stage.owner.hire("Пётр", "operator").await;
    let me = left.get("/api/v1/me", 200).await.json();
    let id = me["employee"]["employee_id"].as_str().or(me["employee_id"].as_str()).unwrap();
    let user = stage.account.managers()[0].clone();
    let people = json!([{"employee": id, "user": user.id.to_string()}]);
    stage.save(json!({"chats": {}, "responsible": {"people": people}})).await;
    stage.owner.poke(&format!("/api/v1/employees/{id}/disable"), 200).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Вопрос");
    let (chat, _) = stage.shows("Вопрос").await;
    stage.account.writes_in_chat(user.id, &chat.id, Draft::text("Ответ")).unwrap();
    customer.wait_for_text(&stage.bot, PATIENCE, "Ответ").await.unwrap();
    let path = format!("/api/v1/conversations/{}", stage.conversation().await);
    let c = stage.owner.get(&path, 200).await.json();
    assert_eq!((&c["state"], &c["assignee_id"]), (&json!("new"), &Value::Null), "{c}");
}
