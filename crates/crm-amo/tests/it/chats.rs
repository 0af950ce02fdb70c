//! The chats service, call by call, against a server that answers as the documentation shows.

mod harness;
mod schema;

use crm::{
    ChatBody, ChatFile, ChatMessage, ChatMessageRef, ChatPerson, ChatRecord, ChatStatus,
    ChatWriter, Chats, CrmError, OpenedChat, Posted,
};
use domain::{
    content::FileKind,
    crm::{CrmId, PortalTrouble},
};
use serde_json::{Value, json};

use harness::{Stand, moment};

fn client() -> ChatPerson {
    ChatPerson {
        id: "idn_1".to_owned(),
        ref_id: None,
        name: "Иван".to_owned(),
        phone: Some("+79161234567".to_owned()),
        email: None,
    }
}

fn message(body: ChatBody, writer: ChatWriter) -> ChatMessage {
    ChatMessage {
        id: "msg_1".to_owned(),
        conversation_id: "cnv_1".to_owned(),
        conversation_ref: None,
        source: Some("chn_1".to_owned()),
        client: client(),
        writer,
        body,
        reply_to: None,
        silent: false,
        at: moment(),
    }
}

fn text(text: &str) -> ChatMessage {
    message(ChatBody::Text(text.to_owned()), ChatWriter::Client)
}

fn taken() -> Value {
    json!({"new_message": {"conversation_id": "cnv_1", "sender_id": "idn_1",
        "receiver_id": "r", "msgid": "theirs-1", "ref_id": "msg_1"}})
}

#[tokio::test]
async fn amo_13_the_channel_is_connected_and_taken_away() {
    let stand = Stand::new().await;
    stand
        .answers("POST", "connect", 200, json!({"account_id": "acc", "scope_id": "chan_acc"}))
        .await;
    stand.answers("DELETE", "disconnect", 200, Value::Null).await;
    assert_eq!(stand.chats.connect(&stand.caller(), "Беседа").await.unwrap(), "chan_acc");
    stand.chats.disconnect(&stand.caller()).await.unwrap();
    let [connect, disconnect] = stand.requests().await.try_into().unwrap();
    assert_eq!(
        connect.body,
        json!({"account_id": "acc", "title": "Беседа", "hook_api_version": "v2"})
    );
    assert_eq!(disconnect.body, json!({"account_id": "acc"}));
    let paths = [connect.path, disconnect.path];
    assert_eq!(
        paths,
        ["/amojo/v2/origin/custom/chan/connect", "/amojo/v2/origin/custom/chan/disconnect"]
    );
}

#[tokio::test]
async fn amo_13_a_chat_is_opened_and_bound_to_the_contact() {
    let stand = Stand::new().await;
    let made = json!({"id": "chat-1", "user": {"id": "u-1", "client_id": "idn_1", "name": "Иван"}});
    stand.answers("POST", "chats", 200, made).await;
    stand.answers("POST", "contacts/chats", 200, json!({"_embedded": {"chats": []}})).await;
    let caller = stand.caller();
    let opened = stand.chats.open(&caller, "cnv_1", Some("chn_1"), &client()).await.unwrap();
    let chat_id = CrmId::from("chat-1");
    assert_eq!(opened, OpenedChat { chat_id: chat_id.clone(), client_ref: Some("u-1".to_owned()) });
    stand.chats.bind(&caller, &chat_id, &CrmId::from("31415")).await.unwrap();
    let [open, bind] = stand.requests().await.try_into().unwrap();
    assert_eq!(open.body["user"]["profile"], json!({"phone": "+79161234567"}));
    assert_eq!(bind.body, json!([{"chat_id": "chat-1", "contact_id": 31415}]));
    assert_eq!(bind.path, "/a/ecoles/api/v4/contacts/chats");
    assert_eq!(bind.authorization.as_deref(), Some("Bearer access"));

    let odd = stand.chats.bind(&caller, &chat_id, &CrmId::from("C5:NEW")).await;
    assert!(matches!(odd, Err(CrmError::Rejected { .. })), "{odd:?}");
}

#[tokio::test]
async fn amo_13_a_message_is_the_clients_a_users_or_the_bots() {
    let stand = Stand::new().await;
    stand.answers("POST", "chan_acc", 200, taken()).await;
    let user = ChatWriter::User {
        id: "emp_1".to_owned(),
        name: "Мария".to_owned(),
        ref_id: "user-ref".to_owned(),
    };
    let bot = ChatWriter::Bot { name: "Правило".to_owned() };
    for writer in [ChatWriter::Client, user, bot] {
        let sent = message(ChatBody::Text("Привет".to_owned()), writer);
        let posted = stand.chats.post(&stand.caller(), &sent).await.unwrap();
        assert_eq!(posted, Posted { ref_id: Some("theirs-1".to_owned()) });
    }
    let [client, user, bot] = stand.requests().await.try_into().unwrap();
    let payload = &client.body["payload"];
    assert_eq!(payload["sender"]["id"], "idn_1");
    assert_eq!(payload["receiver"], Value::Null);
    assert_eq!(payload["source"], json!({"external_id": "chn_1"}));
    assert_eq!(payload["timestamp"], 1_639_604_761);
    assert_eq!(payload["msec_timestamp"], 1_639_604_761_694_i64);
    let payload = &user.body["payload"];
    assert_eq!(payload["sender"], json!({"id": "emp_1", "name": "Мария", "ref_id": "user-ref"}));
    assert_eq!(payload["receiver"]["id"], "idn_1");
    let payload = &bot.body["payload"];
    assert_eq!(payload["sender"]["ref_id"], "bot-ref");
    assert_eq!(payload["sender"]["name"], "Правило");
}

#[tokio::test]
async fn amo_13_files_go_by_their_type() {
    let file = |kind, mime: &str, size| ChatFile {
        url: "https://beseda.example/f/1".parse().unwrap(),
        name: "1.bin".to_owned(),
        size,
        kind,
        mime: mime.to_owned(),
        duration: Some(7),
    };
    let stand = Stand::new().await;
    stand.answers("POST", "chan_acc", 200, taken()).await;
    let cases = [
        (file(FileKind::Image, "image/jpeg", 7), "picture"),
        (file(FileKind::Image, "image/heic", 7), "file"),
        (file(FileKind::Video, "video/mp4", 7), "video"),
        (file(FileKind::VideoNote, "video/mp4", 7), "video"),
        (file(FileKind::Voice, "audio/ogg", 7), "voice"),
        (file(FileKind::Audio, "audio/mpeg", 7), "audio"),
        (file(FileKind::Sticker, "image/webp", 7), "sticker"),
        (file(FileKind::Sticker, "video/webm", 7), "video"),
        (file(FileKind::Sticker, "application/x-tgsticker", 7), "file"),
        (file(FileKind::File, "application/pdf", 0), "file"),
    ];
    for (file, _) in &cases {
        let body = ChatBody::File { file: file.clone(), caption: "вот".to_owned() };
        stand.chats.post(&stand.caller(), &message(body, ChatWriter::Client)).await.unwrap();
    }
    let place = ChatBody::Location { latitude: 55.75, longitude: 37.61 };
    let card = ChatBody::Contact { name: "Олег".to_owned(), phone: "+7900".to_owned() };
    for body in [place, card] {
        stand.chats.post(&stand.caller(), &message(body, ChatWriter::Client)).await.unwrap();
    }
    let mut requests = stand.requests().await;
    let card = requests.pop().unwrap().body["payload"]["message"].take();
    let place = requests.pop().unwrap().body["payload"]["message"].take();
    for ((file, kind), request) in cases.iter().zip(requests) {
        let told = &request.body["payload"]["message"];
        assert_eq!(told["type"], *kind, "{file:?}");
        assert_eq!(told["file_size"], file.size.max(1));
        assert_eq!(told["text"], "вот");
    }
    assert_eq!(place["location"], json!({"lon": 37.61, "lat": 55.75}));
    assert_eq!(card["contact"], json!({"name": "Олег", "phone": "+7900"}));
}

#[tokio::test]
async fn amo_13_a_quote_and_a_chat_begun_there_are_named() {
    let stand = Stand::new().await;
    stand.answers("POST", "chan_acc", 200, taken()).await;
    for quoted in [ChatMessageRef::Ours("msg_0".to_owned()), ChatMessageRef::Theirs("t".to_owned())]
    {
        let mut sent = text("да");
        sent.reply_to = Some(quoted);
        sent.conversation_ref = Some("chat-9".to_owned());
        sent.client.ref_id = Some("u-9".to_owned());
        sent.client.name = String::new();
        stand.chats.post(&stand.caller(), &sent).await.unwrap();
    }
    let [ours, theirs] = stand.requests().await.try_into().unwrap();
    assert_eq!(ours.body["payload"]["reply_to"], json!({"message": {"msgid": "msg_0"}}));
    assert_eq!(theirs.body["payload"]["reply_to"], json!({"message": {"id": "t"}}));
    assert_eq!(ours.body["payload"]["conversation_ref_id"], "chat-9");
    let sender = &ours.body["payload"]["sender"];
    assert_eq!(sender["ref_id"], "u-9");
    assert_eq!(sender["name"], "+79161234567", "a nameless person is called by their phone");
}

#[tokio::test]
async fn amo_13_a_message_that_is_there_already_is_no_fault() {
    let stand = Stand::new().await;
    stand.answers("POST", "chan_acc", 400, json!({"error_description": "in any words"})).await;
    stand.answers("POST", "chats", 200, json!({"id": "chat-1", "user": {"id": "u-1"}})).await;
    let history = json!({"messages": [
        {"timestamp": 2, "message": {"id": "theirs-2", "client_id": "msg_2", "type": "text"}},
        {"timestamp": 1, "message": {"id": "theirs-1", "client_id": "msg_1", "type": "text"}},
    ]});
    stand.answers("GET", "history", 200, history).await;
    let posted = stand.chats.post(&stand.caller(), &text("ещё раз")).await.unwrap();
    assert_eq!(posted, Posted { ref_id: Some("theirs-1".to_owned()) });

    // Refused for another reason: it is not in the chat.
    let mut other = text("другое");
    other.id = "msg_3".to_owned();
    let refused = stand.chats.post(&stand.caller(), &other).await;
    assert!(matches!(refused, Err(CrmError::Rejected { .. })), "{refused:?}");
}

/// AMO-4: the record that amoCRM makes of a chat is known by the chat's id, among others that came since.
#[tokio::test]
async fn amo_4_the_record_of_a_chat_is_found_by_the_chat() {
    let stand = Stand::new().await;
    let entry = |uid: &str, chat: &str, lead: i64| {
        json!({"uid": uid, "category": "chats", "metadata": {"origin": {"chat_id": chat}},
            "_embedded": {"leads": [{"id": lead}], "contacts": [{"id": lead + 1}]}})
    };
    let list = json!({"_embedded": {"unsorted": [
        entry("u-2", "chat-2", 20),
        {"uid": "u-3", "category": "chats", "_embedded": {"leads": []}},
        entry("u-1", "chat-1", 10),
    ]}});
    stand.answers("GET", "leads/unsorted", 200, list).await;
    let caller = stand.caller();
    let found = stand.chats.record(&caller, &CrmId::from("chat-1")).await.unwrap();
    let expect = ChatRecord {
        uid: CrmId::from("u-1"),
        deal: Some(CrmId::from("10")),
        contact: Some(CrmId::from("11")),
    };
    assert_eq!(found, Some(expect));
    assert_eq!(stand.chats.record(&caller, &CrmId::from("chat-9")).await.unwrap(), None);
    assert_eq!(stand.requests().await[0].authorization.as_deref(), Some("Bearer access"));

    let empty = Stand::new().await;
    empty.answers("GET", "leads/unsorted", 204, Value::Null).await;
    let found = empty.chats.record(&empty.caller(), &CrmId::from("chat-1")).await.unwrap();
    assert_eq!(found, None);
}

#[tokio::test]
async fn amo_13_an_edit_a_status_a_reaction_and_typing_are_told() {
    let stand = Stand::new().await;
    stand.answers("POST", "chan_acc", 200, json!({"edit_message": {}})).await;
    stand.answers("POST", "delivery_status", 200, Value::Null).await;
    stand.answers("POST", "react", 200, Value::Null).await;
    stand.answers("POST", "typing", 204, Value::Null).await;
    let (chats, caller) = (&stand.chats, stand.caller());
    chats.edit(&caller, &text("новый текст")).await.unwrap();
    let why = "Клиент не пользуется WhatsApp".to_owned();
    let failed = ChatStatus::Failed { code: 904, why };
    for status in [ChatStatus::Delivered, ChatStatus::Read, failed] {
        chats.status(&caller, "theirs-1", &status).await.unwrap();
    }
    let ours = ChatMessageRef::Ours("msg_1".to_owned());
    let theirs = ChatMessageRef::Theirs("theirs-1".to_owned());
    chats.react(&caller, "cnv_1", &ours, Some("😍"), &client()).await.unwrap();
    chats.react(&caller, "cnv_1", &theirs, None, &client()).await.unwrap();
    chats.typing(&caller, "cnv_1", "idn_1").await.unwrap();

    let [edit, delivered, read, failed, react, unreact, typing] =
        stand.requests().await.try_into().unwrap();
    assert_eq!(edit.body["event_type"], "edit_message");
    assert_eq!(edit.body["payload"]["message"], json!({"type": "text", "text": "новый текст"}));
    // The documentation names the field in two ways; both are sent, and they agree.
    assert_eq!(
        delivered.body,
        json!({"msgid": "theirs-1", "delivery_status": 1, "status_code": 1})
    );
    assert_eq!(read.body["delivery_status"], 2);
    assert_eq!(
        failed.body,
        json!({"msgid": "theirs-1", "delivery_status": -1, "status_code": -1, "error_code": 904,
            "error": "Клиент не пользуется WhatsApp"})
    );
    assert!(failed.path.ends_with("/chan_acc/theirs-1/delivery_status"), "{}", failed.path);
    assert_eq!((&react.body["type"], &react.body["msgid"]), (&json!("react"), &json!("msg_1")));
    assert_eq!(
        (&unreact.body["type"], &unreact.body["id"]),
        (&json!("unreact"), &json!("theirs-1"))
    );
    assert_eq!(typing.body, json!({"conversation_id": "cnv_1", "sender": {"id": "idn_1"}}));
}

#[tokio::test]
async fn amo_13_an_answers_status_alone_says_what_is_next() {
    let refused = CrmError::Disconnected { trouble: PortalTrouble::ChatsRefused };
    for (status, expected) in [
        (403, Some(refused.clone())),
        // There is no such scope: no message of it is refused for good.
        (404, Some(refused)),
        (429, Some(CrmError::Retry { after: None, why: "HTTP 429".to_owned() })),
        (502, Some(CrmError::Unknown { why: "HTTP 502".to_owned() })),
        (422, None),
    ] {
        let stand = Stand::new().await;
        stand.answers("POST", "chan_acc", status, json!("<html>")).await;
        let error = stand.chats.post(&stand.caller(), &text("да")).await.unwrap_err();
        match expected {
            Some(expected) => assert_eq!(error, expected),
            None => assert!(matches!(error, CrmError::Rejected { .. }), "{error:?}"),
        }
    }
    let mut stand = Stand::new().await;
    stand.portal.chats.as_mut().unwrap().base = "http://127.0.0.1:1/".parse().unwrap();
    let error = stand.chats.post(&stand.caller(), &text("да")).await.unwrap_err();
    assert!(matches!(error, CrmError::Retry { .. }), "{error:?}");
}

/// A channel that was registered without reactions refuses them, and goes on showing messages.
#[tokio::test]
async fn amo_13_what_a_channel_lacks_does_not_end_it() {
    let refused = |said: Result<(), CrmError>| matches!(said, Err(CrmError::Rejected { .. }));
    for status in [401, 403, 404] {
        let stand = Stand::new().await;
        stand.answers("POST", "react", status, Value::Null).await;
        stand.answers("POST", "chan_acc", status, Value::Null).await;
        let (chats, caller) = (&stand.chats, stand.caller());
        let ours = ChatMessageRef::Ours("msg_1".to_owned());
        assert!(refused(chats.react(&caller, "cnv_1", &ours, Some("😍"), &client()).await));
        assert!(refused(chats.edit(&caller, &text("да")).await));
    }
}

/// A fate that the CRM did not hear is told again when it takes the channel; of a message that is not there
/// nothing can be told.
#[tokio::test]
async fn amo_13_a_fate_told_through_a_channel_that_is_not_taken_is_not_told() {
    for (status, of_channel) in [(401, true), (403, true), (404, false), (422, false)] {
        let stand = Stand::new().await;
        stand.answers("POST", "delivery_status", status, Value::Null).await;
        let said = stand.chats.status(&stand.caller(), "theirs-1", &ChatStatus::Read).await;
        let lost = CrmError::Disconnected { trouble: PortalTrouble::ChatsRefused };
        assert_eq!(said == Err(lost), of_channel, "{status}: {said:?}");
    }
}

/// Crm.md 1.6: 403 is a bad signature, 404 a channel that is not there.
#[tokio::test]
async fn amo_13_a_wrong_id_of_a_channel_is_no_wrong_secret() {
    for (status, of_secret) in [(403, true), (404, false)] {
        let stand = Stand::new().await;
        stand.answers("POST", "connect", status, Value::Null).await;
        let said = stand.chats.connect(&stand.caller(), "Беседа").await.unwrap_err();
        let is_secret = said == CrmError::Disconnected { trouble: PortalTrouble::ChatsRefused };
        assert_eq!(is_secret, of_secret, "{said:?}");
    }
}

/// A chat is bound, and its record looked for, by the account's API: its answers mean there what they
/// mean everywhere else, and a reading is in no doubt.
#[tokio::test]
async fn crm_6_the_account_is_understood_alike_whoever_calls_it() {
    let stopped = |trouble| CrmError::Disconnected { trouble };
    let chat = CrmId::from("chat-1");
    for (status, body, expected) in [
        (301, Value::Null, stopped(PortalTrouble::ConnectAgain)),
        (401, json!({}), CrmError::TokenExpired),
        (402, Value::Null, stopped(PortalTrouble::Unpaid)),
        (403, Value::Null, stopped(PortalTrouble::Blocked)),
        (403, json!({"error_code": 113}), stopped(PortalTrouble::AddressRefused)),
        (502, Value::Null, CrmError::Retry { after: None, why: "HTTP 502".to_owned() }),
    ] {
        let stand = Stand::new().await;
        stand.answers("GET", "leads/unsorted", status, body).await;
        let error = stand.chats.record(&stand.caller(), &chat).await.unwrap_err();
        assert_eq!(error, expected, "{status}");
    }
    for (body, trouble) in
        [(json!({"status": 403}), PortalTrouble::NoRights), (Value::Null, PortalTrouble::Blocked)]
    {
        let stand = Stand::new().await;
        stand.answers("POST", "contacts/chats", 403, body).await;
        let bound = stand.chats.bind(&stand.caller(), &chat, &CrmId::from("5")).await;
        assert_eq!(bound, Err(stopped(trouble)));
    }
}

#[tokio::test]
async fn crm_6_every_call_goes_through_the_gate_and_is_kept_without_secrets() {
    let stand = Stand::new().await;
    stand.answers("POST", "chan_acc", 200, taken()).await;
    stand.chats.post(&stand.caller(), &text("да")).await.unwrap();
    let (admitted, calls) = stand.gate.seen();
    assert_eq!(admitted, 1);
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.path, "/amojo/v2/origin/custom/chan_acc");
    assert_eq!(call.status, Some(200));
    assert_eq!(call.answer, Some(taken()));
    let kept = serde_json::to_string(call).unwrap();
    assert!(!kept.contains("s3cret") && !kept.contains("access"), "{kept}");
}

#[test]
fn amo_13_a_webhook_is_taken_by_its_signature_alone() {
    let chats = harness::chats();
    let secret = "s3cret".into();
    let body = br#"{"account_id": "acc", "time": 1}"#;
    let right = harness::hmac_sha1(body);
    assert!(chats.verify(&secret, &right, body));
    assert!(!chats.verify(&secret, &right, br#"{"account_id": "abc", "time": 1}"#));
    assert!(!chats.verify(&"other".into(), &right, body));
    assert_eq!(chats.parse(body).unwrap().account_id, "acc");
}
