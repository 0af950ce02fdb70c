//! The main story through a VK community: connected by its key, a customer writes, an operator
//! answers, statuses come back; and what goes wrong on the way. The counterpart is the sandbox.

use sandbox::vk::{Attachment, Community, Customer, Faults, Options, RIGHTS, Vk};
use serde_json::{Value, json};
use tests::{
    PATIENCE, PIXEL, Place, Session, TestServer, at_channel, at_conversation, at_message, until,
};

/// How the community's events come in.
#[derive(Clone, Copy)]
enum Way {
    Callback,
    LongPoll,
}

/// A company with a VK community, connected and ready.
struct Stage {
    server: TestServer,
    vk: Vk,
    community: Community,
    vera: Customer,
    owner: Session,
    channel: Value,
}

fn form(vk: &Vk, key: &str, way: Way) -> Value {
    let receive = match way {
        Way::Callback => "callback",
        Way::LongPoll => "long_poll",
    };
    json!({ "kind": "vk", "name": "ВК лавки", "settings": {
        "token": key, "base_url": vk.url(), "receive": receive } })
}

impl Stage {
    async fn start(way: Way) -> Self {
        let (server, vk, owner) = house().await;
        let community = vk.add_community("Лавка чайников");
        let vera = vk.customer(1001, "Вера", "Ясная");
        let channel = owner.connects(&form(&vk, &community.key, way)).await;
        Self { server, vk, community, vera, owner, channel }
    }

    /// Both sides' messages, without the lines between them.
    async fn messages(&self, conversation: &Value) -> Vec<Value> {
        let all = self.owner.messages(conversation).await;
        all.into_iter().filter(|m| m["direction"] != "system").collect()
    }

    async fn shown(&self, text: &str) -> sandbox::vk::Shown {
        self.vera.wait_for_text(&self.community, PATIENCE, text).await.unwrap()
    }

    /// What VK's phone shows of the community's words.
    fn on_the_phone(&self) -> Vec<String> {
        let all = self.vera.transcript(&self.community);
        all.into_iter().filter(|m| m.out).map(|m| m.text).collect()
    }

    fn clean(&self) {
        assert_eq!(self.vk.violations(), [""; 0]);
    }
}

/// A server whose own address VK may call, the counterpart, and an owner.
async fn house() -> (TestServer, Vk, Session) {
    let server = TestServer::reachable().await;
    let vk = Vk::start(Options::quick()).await.unwrap();
    let owner = server.sign_up().await;
    (server, vk, owner)
}

/// CH-7, CV-1, CV-7: from the customer's phone to the operator and back, to the last status; the
/// name, which no event holds, is looked up.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_cv_7_a_message_all_the_way_and_back() {
    for way in [Way::Callback, Way::LongPoll] {
        let stage = Stage::start(way).await;
        assert_eq!(stage.channel["title"], "Лавка чайников");
        stage.vera.comes_by_link(&stage.community, "spring-sale", "ads", "Есть ли доставка?");
        let conversation = stage.owner.first_conversation().await;
        assert_eq!(conversation["attribution"]["start_payload"], "spring-sale");
        assert_eq!(conversation["attribution"]["source"], "ads");
        assert_eq!(stage.messages(&conversation).await[0]["body"]["text"], "Есть ли доставка?");
        let named = async || {
            let now = stage.owner.first_conversation().await;
            (now["contact_name"] == "Вера Ясная").then_some(())
        };
        until("the name is known", named).await;

        stage.owner.answer(&conversation, "a-1", "Да, по всей России.").await;
        stage.shown("Да, по всей России.").await;
        stage.owner.until_status(&conversation, "a-1", "sent").await;
        stage.vera.reads(&stage.community);
        stage.owner.until_status(&conversation, "a-1", "read").await;
        let all = stage.messages(&conversation).await;
        assert_eq!(all.len(), 2, "our own echo is no second message: {all:?}");
        stage.clean();
    }
}

/// CV-7: the answer was read before VK told us that it took it.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_what_is_read_at_once_is_read() {
    let stage = Stage::start(Way::Callback).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.community.set_faults(Faults { echo_first: true, ..Faults::default() });
    stage.owner.answer(&conversation, "r-1", "ответ").await;
    stage.shown("ответ").await;
    stage.vera.reads(&stage.community);
    stage.owner.until_status(&conversation, "r-1", "read").await;
    assert_eq!(stage.messages(&conversation).await.len(), 2);
}

/// CH-7: a key that VK does not know, and one that lacks rights, are told in words.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_a_wrong_key_is_told_with_its_remedy() {
    let (_server, vk, owner) = house().await;
    let community = vk.add_community("Лавка");
    let unknown = form(&vk, "vk1.a.no-such-key-0123456789", Way::Callback);
    let made = owner.post("/api/v1/channels", &unknown, 201).await.json();
    let channel = owner.until_channel(&made, "bad_credentials").await;
    assert!(channel["reason"]["ru"].as_str().unwrap().contains("ключ сообщества"), "{channel}");

    let lesser = form(&vk, &community.key_with(&RIGHTS[1..]), Way::Callback);
    let made = owner.post("/api/v1/channels", &lesser, 201).await.json();
    let channel = owner.until_channel(&made, "bad_credentials").await;
    let reason = channel["reason"]["ru"].as_str().unwrap();
    assert!(reason.contains("управление сообществом"), "{channel}");
}

/// CV-6: files come over and go out, and everything else that people send is shown.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_media_both_ways() {
    let stage = Stage::start(Way::Callback).await;
    let all = vec![
        Attachment::photo(PIXEL),
        Attachment::doc("прайс.txt", "text/plain", "итого 7".as_bytes()),
        Attachment::voice(b"OggS\0voice".as_slice(), 4),
    ];
    stage.vera.sends(&stage.community, "вот", all);
    let conversation = stage.owner.first_conversation().await;
    let came = stage
        .owner
        .until_message(&conversation, "the files are fetched", |m| {
            let files = m["body"]["files"].as_array().cloned().unwrap_or_default();
            files.len() == 3 && files.iter().all(|f| f["state"] == "stored")
        })
        .await;
    assert_eq!(came["body"]["files"][0]["mime"], "image/png");
    assert_eq!(came["body"]["files"][1]["name"], "прайс.txt");
    assert_eq!(came["body"]["files"][2]["kind"], "voice");

    let goods = Attachment::Goods { title: "Чайник".to_owned(), price: "900 ₽".to_owned() };
    stage.vera.sends(&stage.community, "есть такой?", vec![goods]);
    let about = async || {
        let now = stage.owner.first_conversation().await;
        (now["attribution"]["listing"]["title"] == "Чайник").then_some(())
    };
    until("the conversation is about the kettle", about).await;

    let mut ids = Vec::new();
    for (name, mime, bytes) in
        [("чайник.png", "image/png", PIXEL), ("счёт.txt", "text/plain", "итого 8".as_bytes())]
    {
        ids.push(stage.owner.uploads(name, mime, bytes).await["attachment_id"].clone());
    }
    let body = json!({ "client_id": "f-1", "text": "смотрите", "files": ids });
    stage.owner.post(&at_conversation(&conversation, "/messages"), &body, 201).await;
    let shown = stage.shown("смотрите").await;
    assert_eq!(shown.kinds, ["photo", "doc"]);
    assert_eq!(stage.vera.bytes_of(&shown, 0).as_deref(), Some(PIXEL));
    stage.owner.until_status(&conversation, "f-1", "sent").await;
    stage.clean();
}

/// CH-7: repeats are one message, and what is not proved is refused.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_a_repeated_delivery_is_one_message_and_a_wrong_secret_none() {
    let stage = Stage::start(Way::Callback).await;
    stage.community.set_faults(Faults { twice: true, wrong_secret: 1, ..Faults::default() });
    stage.vera.sends_text(&stage.community, "раз");
    let conversation = stage.owner.first_conversation().await;
    for _ in 0..5 {
        stage.community.repeat_last();
    }
    let taken = || {
        let all = stage.community.deliveries().into_iter().filter(|d| d.kind == "message_new");
        let good = all.filter(|d| matches!(&d.answer, Ok((200, _, body)) if body == "ok"));
        (good.count() == 12).then_some(())
    };
    stage.vk.until(PATIENCE, taken).await.unwrap();
    let refused =
        stage.community.deliveries().into_iter().any(|d| matches!(d.answer, Ok((401, ..))));
    assert!(refused);
    assert_eq!(stage.messages(&conversation).await.len(), 1);
    assert_eq!(stage.owner.conversations("").await.len(), 1);
}

/// CV-6: an event of a kind that nobody knows is kept for people, once.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_strange_events_are_kept() {
    let stage = Stage::start(Way::LongPoll).await;
    stage.community.inject("message_new", json!({ "message": { "peer_id": "?" } }));
    let kept = async || {
        let page = stage.owner.get("/api/v1/quarantine", 200).await.json();
        (page["items"].as_array().unwrap().len() == 1).then_some(())
    };
    until("it is kept", kept).await;
    let strange = Attachment::Raw(json!({ "type": "hologram", "hologram": {} }));
    stage.vera.sends(&stage.community, "а это?", vec![strange]);
    let conversation = stage.owner.first_conversation().await;
    let shown = &stage.messages(&conversation).await[0]["body"];
    assert_eq!((&shown["type"], &shown["label"]), (&json!("unsupported"), &json!("hologram")));
}

/// CH-13: a dead key shows as such with a remedy; messages wait and go when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_dead_key_loses_nothing() {
    let stage = Stage::start(Way::Callback).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    let key = stage.community.renew_key();
    stage.owner.answer(&conversation, "d-1", "ответ позже").await;
    let broken = stage.owner.until_channel(&stage.channel, "bad_credentials").await;
    assert!(broken["remedy"]["ru"].as_str().unwrap().contains("Ключи доступа"), "{broken}");
    stage.owner.until_status(&conversation, "d-1", "queued").await;
    let settings = form(&stage.vk, &key, Way::Callback)["settings"].clone();
    let path = at_channel(&stage.channel);
    stage.owner.patch(&path, &json!({ "settings": settings }), 200).await;
    stage.shown("ответ позже").await;
    assert_eq!(stage.community.servers().len(), 1, "the callback server was kept");
}

/// CV-7: VK took the message and its answer was lost: repeated by itself under the same number, and
/// shown once on the phone.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_lost_answer_is_repeated_and_arrives_once() {
    let stage = Stage::start(Way::Callback).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.community.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    stage.owner.answer(&conversation, "u-1", "ответ").await;
    stage.owner.answer(&conversation, "u-2", "следующий").await;
    stage.owner.until_status(&conversation, "u-1", "sent").await;
    stage.owner.until_status(&conversation, "u-2", "sent").await;
    assert_eq!(stage.on_the_phone(), ["ответ", "следующий"]);
    let all = stage.messages(&conversation).await;
    assert_eq!(all.len(), 3, "echoes are no messages: {all:?}");

    stage.community.set_faults(Faults { echo_first: true, ..Faults::default() });
    stage.owner.answer(&conversation, "u-3", "эхо вперёд").await;
    stage.owner.until_status(&conversation, "u-3", "sent").await;
    stage.community.repeat_last();
    stage.owner.answer(&conversation, "u-4", "последний").await;
    stage.owner.until_status(&conversation, "u-4", "sent").await;
    assert_eq!(stage.messages(&conversation).await.len(), 5);
    stage.clean();
}

/// WA-4: what an administrator writes in VK itself is in the conversation as our side's.
#[tokio::test(flavor = "multi_thread")]
async fn wa_4_an_answer_written_in_vk_is_here_too() {
    let stage = Stage::start(Way::Callback).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.community.admin_writes(&stage.vera, "отвечаю с телефона");
    let here = |m: &Value| m["body"]["text"] == "отвечаю с телефона";
    let message = stage.owner.until_message(&conversation, "it is here", here).await;
    assert_eq!(message["direction"], "outbound", "{message}");
}

/// CV-7: who forbade messages cannot be written to, and can again when they write.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_who_forbade_messages_is_told_so() {
    let stage = Stage::start(Way::Callback).await;
    stage.vera.sends_text(&stage.community, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.vera.denies(&stage.community);
    stage
        .owner
        .until_message(&conversation, "the line is there", |m| m["direction"] == "system")
        .await;
    stage.owner.answer(&conversation, "n-1", "вы здесь?").await;
    let failed = stage.owner.until_status(&conversation, "n-1", "failed").await;
    assert!(failed.to_string().contains("901"), "{failed}");
    stage.vera.sends_text(&stage.community, "я вернулась");
    stage.owner.answer(&conversation, "n-2", "хорошо").await;
    stage.owner.until_status(&conversation, "n-2", "sent").await;
}

/// CV-6: changed by either side, taken back, reacted to; read and writing are shown.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_changes_and_signs_both_ways() {
    let stage = Stage::start(Way::Callback).await;
    let question = stage.vera.sends_text(&stage.community, "вапрос");
    let conversation = stage.owner.first_conversation().await;
    stage.vera.edits(&stage.community, question, "вопрос").unwrap();
    let edited = stage
        .owner
        .until_message(&conversation, "the change is here", |m| m["body"]["text"] == "вопрос")
        .await;

    stage.owner.answer(&conversation, "c-1", "в сриду").await;
    let sent = stage.owner.until_status(&conversation, "c-1", "sent").await;
    stage.owner.patch(&at_message(&sent), &json!({ "text": "в среду" }), 200).await;
    let shown = stage.shown("в среду").await;
    assert!(shown.edited);

    let reaction = format!("{}/reaction", at_message(&edited));
    stage.owner.put(&reaction, &json!({ "emoji": "👍" }), 200).await;
    let ours = || stage.vera.transcript(&stage.community).first()?.reaction.filter(|r| *r == 4);
    stage.vk.until(PATIENCE, ours).await.unwrap();
    stage.vera.reacts(&stage.community, shown.cmid, 2);
    stage
        .owner
        .until_message(&conversation, "her emoji is here", |m| m["reactions"][0]["emoji"] == "🔥")
        .await;

    let mut socket = stage.owner.socket(None).await;
    let id = &conversation["conversation_id"];
    socket.send(&json!({ "type": "typing", "conversation_id": id })).await;
    let typing = || stage.community.is_typing_to(&stage.vera).then_some(());
    stage.vk.until(PATIENCE, typing).await.unwrap();

    stage.owner.delete(&at_message(&sent), 200).await;
    let gone = || stage.on_the_phone().is_empty().then_some(());
    stage.vk.until(PATIENCE, gone).await.unwrap();
    stage.clean();
}

/// CV-6: an event that holds only the beginning of a message is made whole.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_a_cropped_message_is_made_whole() {
    let stage = Stage::start(Way::Callback).await;
    let long = "Хочу чайник, но не простой, а такой, чтобы свистел и не подтекал";
    stage.vera.sends_long(&stage.community, long);
    let conversation = stage.owner.first_conversation().await;
    stage
        .owner
        .until_message(&conversation, "all of it is here", |m| m["body"]["text"] == long)
        .await;
}

/// BY-8, CV-7: the server is killed in the middle: what came meanwhile is delivered again by VK,
/// what waited goes out once.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_kill_in_the_middle_loses_and_doubles_nothing() {
    let mut stage = Stage::start(Way::Callback).await;
    stage.vera.sends_text(&stage.community, "до");
    let conversation = stage.owner.first_conversation().await;
    stage.community.set_faults(Faults { slow_ms: 300, ..Faults::default() });
    for n in 0..5 {
        stage.owner.answer(&conversation, &format!("k-{n}"), &format!("ответ {n}")).await;
    }
    stage.server.kill();
    stage.vera.sends_text(&stage.community, "во время");
    stage.server.restart().await;
    stage.community.set_faults(Faults::default());
    stage
        .owner
        .until_message(&conversation, "what came meanwhile", |m| m["body"]["text"] == "во время")
        .await;
    for n in 0..5 {
        stage.owner.until_status(&conversation, &format!("k-{n}"), "sent").await;
    }
    let expected: Vec<String> = (0..5).map(|n| format!("ответ {n}")).collect();
    assert_eq!(stage.on_the_phone(), expected, "each once and in order");
    assert_eq!(stage.messages(&conversation).await.len(), 7);
}

/// BY-8, CH-7: kill -9 of the process where there is no public address: the long poll goes on from
/// its cursor.
#[tokio::test(flavor = "multi_thread")]
async fn by_8_kill_9_while_polling_loses_nothing() {
    let place = Place::new();
    let first = place.serve();
    let owner = Session::sign_up(first.client()).await;
    let vk = Vk::start(Options::quick()).await.unwrap();
    let community = vk.add_community("Лавка");
    let vera = vk.customer(1001, "Вера", "Ясная");
    owner.connects(&form(&vk, &community.key, Way::LongPoll)).await;
    vera.sends_text(&community, "раз");
    let count = async |owner: &Session, wanted: usize| {
        let enough = async || {
            let page = owner.get("/api/v1/conversations", 200).await.json();
            let conversation = page["items"].as_array().unwrap().first()?.clone();
            let page = owner.get(&at_conversation(&conversation, "/messages"), 200).await.json();
            (page["items"].as_array().unwrap().len() == wanted).then_some(())
        };
        until(&format!("{wanted} messages are here"), enough).await;
    };
    count(&owner, 1).await;
    first.kill_9();
    for n in 0..5 {
        vera.sends_text(&community, &format!("пока никого {n}"));
    }
    let second = place.serve();
    count(&owner.at(second.url()), 6).await;
    assert_eq!(vk.violations(), [""; 0]);
}
