//! The chat inside amoCRM with a service that tells more than messages (AMO-13, WA-4): what our side wrote
//! in its own program, and that the customer writes.

use std::{ops::Deref, time::Duration};

use sandbox::{
    amo::{self, Outage, chats::Author},
    vk::{Community, Customer, Faults, Options, Vk},
};
use serde_json::{Value, json};
use tests::{amo_settings, until};

use super::house::{House, Passing, texts};

struct Stage {
    house: House,
    _vk: Vk,
    community: Community,
    vera: Customer,
    channel: String,
    passing: Passing,
}

impl Deref for Stage {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

impl Stage {
    /// A community and chats of amoCRM; `chats`: what is set for them, by the channel's id.
    async fn start(chats: impl FnOnce(&str) -> Value) -> Self {
        let house = House::start().await;
        let vk = Vk::start(Options::quick()).await.unwrap();
        let community = vk.add_community("Лавка чайников");
        let vera = vk.customer(1001, "Вера", "Ясная");
        let form = json!({ "kind": "vk", "name": "ВК лавки", "settings": {
            "token": community.key, "base_url": vk.url(), "receive": "callback" } });
        let made = house.owner.connects(&form).await;
        let channel = made["channel_id"].as_str().unwrap().to_owned();
        let set = json!({"chats": chats(&channel)});
        let passing = house.passes_on(&house.owner, &channel, &set).await;
        Self { house, _vk: vk, community, vera, channel, passing }
    }

    async fn save(&self, chats: Value) {
        let settings = amo_settings(&self.channel, &json!({"chats": chats}));
        self.owner.sets(&self.passing.integration, &settings).await;
    }

    fn typing_calls(&self) -> usize {
        self.amo.journal().iter().filter(|entry| entry.path.ends_with("/typing")).count()
    }
}

/// WA-4: what an administrator writes in VK itself is in the CRM's chat once, silent and marked, with the
/// channel's name before it; what we sent comes back from VK as well, and is no second message.
#[tokio::test(flavor = "multi_thread")]
async fn wa_4_what_was_written_past_us_is_in_the_crms_chat_once_and_marked() {
    let stage =
        Stage::start(|channel| json!({"import_outgoing": true, "named_channels": [channel]})).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    stage.shows("[ВК лавки] вопрос").await;
    stage.community.admin_writes(&stage.vera, "отвечаю с телефона");
    let marked = "[ВК лавки] отвечаю с телефона [Отправлено с телефона]";
    let (chat, message) = stage.shows(marked).await;
    assert_eq!((message.author, message.author_name.as_str()), (Author::Bot, "Телефон"));
    assert!(message.silent, "nobody is called by what a colleague wrote");
    stage.community.repeat_last();

    // Our own: an operator's and a CRM user's, whose echoes come before and after VK's answer.
    stage.replies("r-1", "пишет оператор").await;
    stage.shows("пишет оператор").await;
    stage.community.set_faults(Faults { echo_first: true, ..Faults::default() });
    stage.replies("r-2", "эхо вперёд").await;
    stage.shows("эхо вперёд").await;
    stage.user_writes(&chat, "из CRM");
    stage.community.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    stage.replies("r-3", "ответ потерян").await;
    stage.shows("ответ потерян").await;
    stage.community.repeat_last();
    stage.vera.sends_text(&stage.community, "спасибо");
    let (chat, _) = stage.shows("[ВК лавки] спасибо").await;
    let expect = [
        "[ВК лавки] вопрос",
        marked,
        "пишет оператор",
        "эхо вперёд",
        "из CRM",
        "ответ потерян",
        "[ВК лавки] спасибо",
    ];
    assert_eq!(texts(&chat), expect);
}

/// WA-4 is by choice: without it they are the conversation's alone, and so are those written before it was
/// switched on.
#[tokio::test(flavor = "multi_thread")]
async fn wa_4_without_the_choice_it_is_not_passed_on() {
    let stage = Stage::start(|_| json!({"import_outgoing": false})).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    stage.shows("вопрос").await;
    stage.community.admin_writes(&stage.vera, "с телефона");
    stage.vera.sends_text(&stage.community, "ещё");
    stage.shows("ещё").await;
    stage.save(json!({"import_outgoing": true})).await;
    stage.community.admin_writes(&stage.vera, "снова с телефона");
    let (chat, _) = stage.shows("снова с телефона [Отправлено с телефона]").await;
    assert_eq!(texts(&chat), ["вопрос", "ещё", "снова с телефона [Отправлено с телефона]"]);
}

/// AMO-13: that the customer writes is seen in the CRM, seldom told, and never told late.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_the_customers_writing_is_seen_in_the_crm_and_never_waits() {
    let stage = Stage::start(|_| json!({})).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    stage.shows("вопрос").await;
    until("the CRM sees that she writes", async || {
        stage.vera.types(&stage.community);
        stage.account.chats().iter().any(|chat| chat.typing).then_some(())
    })
    .await;
    let told = stage.typing_calls();
    for _ in 0..10 {
        stage.vera.types(&stage.community);
    }
    stage.vera.sends_text(&stage.community, "вот");
    stage.shows("вот").await;
    assert_eq!(stage.typing_calls(), told, "once in five seconds");

    // While the CRM is away nobody counts a sign against it, and none is told when it is back.
    stage.account.set_outage(Outage::Unavailable);
    tokio::time::sleep(Duration::from_secs(5)).await;
    stage.vera.types(&stage.community);
    let asked = async || (stage.typing_calls() == told + 1).then_some(());
    until("the CRM was asked", asked).await;
    let path = format!("/api/v1/crm/portals/{}", stage.passing.portal);
    let portal = stage.owner.get(&path, 200).await.json();
    assert_eq!(portal["state"], "connected", "{portal}");
    stage.account.set_outage(Outage::No);
    stage.vera.sends_text(&stage.community, "и ещё");
    let (chat, _) = stage.shows("и ещё").await;
    assert!(!chat.typing);
    assert_eq!(stage.typing_calls(), told + 1, "a sign that was lost is not told later");
}

/// CV-6: of a long message VK tells the beginning first; the CRM's chat has the whole of it in the end.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_long_message_is_whole_in_the_crms_chat() {
    let stage = Stage::start(|_| json!({})).await;
    stage.community.set_faults(Faults { slow_ms: 1500, ..Faults::default() });
    let long = "Хочу чайник, но не простой, а такой, чтобы свистел и не подтекал";
    stage.vera.sends_long(&stage.community, long);
    let beginning: String = long.chars().take(20).collect();
    stage.shows(&beginning).await;
    let (chat, message) = stage.shows(long).await;
    assert!(message.edited);
    assert_eq!(texts(&chat), [long]);
}

/// The same of one whose whole comes while the beginning is on its way to the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_long_message_is_whole_though_the_crm_is_slower_than_the_messenger() {
    let stage = Stage::start(|_| json!({})).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    stage.shows("вопрос").await;
    stage.community.set_faults(Faults { slow_ms: 1500, ..Faults::default() });
    stage.account.set_faults(amo::Faults { slow_ms: 4000, ..amo::Faults::default() });
    let long = "Хочу чайник, но не простой, а такой, чтобы свистел и не подтекал";
    stage.vera.sends_long(&stage.community, long);
    let beginning: String = long.chars().take(20).collect();
    stage.shows(&beginning).await;
    let (chat, _) = stage.shows(long).await;
    assert_eq!(texts(&chat), ["вопрос", long]);
}
