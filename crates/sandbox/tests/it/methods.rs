//! What each method takes and refuses, in JSON, forms and multipart.

use sandbox::telegram::{Direction, Limits, Media, MediaKind, Options};
use serde_json::json;

use super::{Api, PNG, SOON, refusal, said};

#[tokio::test]
async fn ch5_token_is_checked_and_method_names_are_case_insensitive() {
    let api = Api::start().await;
    for name in ["getMe", "GetMe", "getme"] {
        let me = api.result(name, json!({})).await;
        assert_eq!(me["id"], json!(api.bot.id));
        assert_eq!(me["is_bot"], json!(true));
        assert_eq!(me["username"], json!("shop_bot"));
        assert_eq!(me["can_join_groups"], json!(true));
    }
    assert_eq!(
        api.refused("fetchMoney", json!({})).await,
        said(404, "Not Found: method not found")
    );
    let token = api.bot.token.replace(':', "%3A");
    let escaped = format!("{}/bot{token}/getMe", api.telegram.url());
    assert_eq!(api.client.get(escaped).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn cv6_a_bot_puts_one_documented_emoji_and_hears_of_others_when_it_asks() {
    let api = Api::start().await;
    let written = api.anna.sends_text(&api.bot, "Спасибо");
    let to = |reaction: serde_json::Value| json!({"chat_id": 501, "message_id": written.message_id, "reaction": reaction});
    let emoji = |emoji: &str| json!({"type": "emoji", "emoji": emoji});
    api.result("setMessageReaction", to(json!([emoji("👍")]))).await;
    let shown = || api.anna.transcript(&api.bot).pop().and_then(|m| m.bot_reaction);
    assert_eq!(shown().as_deref(), Some("👍"));
    for (wrong, refused) in [
        (json!([emoji("👍"), emoji("🔥")]), "Bad Request: REACTIONS_TOO_MANY"),
        (json!([emoji("🧻")]), "Bad Request: REACTION_INVALID"),
        (json!([{"type": "paid"}]), "Bad Request: REACTION_INVALID"),
    ] {
        assert_eq!(api.refused("setMessageReaction", to(wrong)).await, said(400, refused));
    }
    let nowhere = json!({"chat_id": 501, "message_id": 9_999, "reaction": []});
    let refused = said(400, "Bad Request: message to react not found");
    assert_eq!(api.refused("setMessageReaction", nowhere).await, refused);
    api.result("setMessageReaction", to(json!([]))).await;
    assert_eq!(shown(), None);

    // Not among the kinds that come by default.
    api.anna.reacts(&api.bot, written.message_id, Some("🔥")).unwrap();
    api.result("getUpdates", json!({"allowed_updates": ["message_reaction"]})).await;
    api.anna.reacts(&api.bot, written.message_id, None).unwrap();
    assert!(api.anna.reacts(&api.bot, written.message_id, Some("🧻")).is_err());
    let updates = api.result("getUpdates", json!({})).await;
    let told: Vec<_> =
        updates.as_array().unwrap().iter().filter_map(|u| u.get("message_reaction")).collect();
    assert_eq!(told.len(), 1, "{updates}");
    assert_eq!(told[0]["old_reaction"], json!([emoji("🔥")]));
    assert_eq!(told[0]["new_reaction"], json!([]));
}

#[tokio::test]
async fn ch13_dead_token_gets_401_and_a_renewed_one_works() {
    let api = Api::start().await;
    api.telegram.revoke_token(&api.bot.token);
    assert_eq!(api.refused("getMe", json!({})).await, said(401, "Unauthorized"));
    assert_eq!(api.refused("sendMessage", json!({})).await, said(401, "Unauthorized"));
    let new = api.bot.renew_token();
    let url = format!("{}/bot{new}/getMe", api.telegram.url());
    assert_eq!(api.client.get(url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn ch5_bot_writes_only_to_those_who_opened_the_chat() {
    let api = Api::start().await;
    let to = |chat: i64| json!({"chat_id": chat, "text": "Здравствуйте"});
    assert_eq!(api.refused("sendMessage", to(999)).await, said(400, "Bad Request: chat not found"));
    assert_eq!(
        api.refused("sendMessage", to(501)).await,
        said(403, "Forbidden: bot can't initiate conversation with a user")
    );
    api.anna.starts(&api.bot, Some("site_42"));
    api.result("sendMessage", to(501)).await;
    api.anna.blocks(&api.bot);
    assert_eq!(
        api.refused("sendMessage", to(501)).await,
        said(403, "Forbidden: bot was blocked by the user")
    );
    assert_eq!(
        api.refused("sendChatAction", json!({"chat_id": 501, "action": "typing"})).await,
        said(403, "Forbidden: bot was blocked by the user")
    );
    api.anna.unblocks(&api.bot);
    api.result("sendMessage", to(501)).await;
    api.anna.deactivates();
    assert_eq!(
        api.refused("sendMessage", to(501)).await,
        said(403, "Forbidden: user is deactivated")
    );
}

#[tokio::test]
async fn cv6_text_is_1_to_4096_utf16_units_after_parsing() {
    let api = Api::opened().await;
    let send = |text: String| json!({"chat_id": 501, "text": text});
    let empty = said(400, "Bad Request: message text is empty");
    assert_eq!(api.refused("sendMessage", send(String::new())).await, empty);
    assert_eq!(api.refused("sendMessage", json!({"chat_id": 501})).await, empty);
    assert_eq!(
        api.refused("sendMessage", send(" \n ".into())).await,
        said(400, "Bad Request: text must be non-empty")
    );
    // One emoji is two units.
    api.result("sendMessage", send("😀".repeat(2048))).await;
    assert_eq!(
        api.refused("sendMessage", send(format!("{}a", "😀".repeat(2048)))).await,
        said(400, "Bad Request: message is too long")
    );
    let tagged = format!("<b>{}</b>", "я".repeat(4096));
    let html = json!({"chat_id": 501, "text": tagged, "parse_mode": "HTML"});
    let sent = api.result("sendMessage", html).await;
    assert_eq!(sent["entities"], json!([{"type": "bold", "offset": 0, "length": 4096}]));
}

#[tokio::test]
async fn cv6_text_by_form_and_query_as_well_as_json() {
    let api = Api::opened().await;
    let form = [("chat_id", "501"), ("text", "из формы & да")];
    let sent = api.client.post(api.url("sendMessage")).form(&form).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    let url = format!("{}?chat_id=501&text=%D0%B4%D0%B0", api.url("sendMessage"));
    assert_eq!(api.client.get(url).send().await.unwrap().status(), 200);
    let part = reqwest::multipart::Form::new().text("chat_id", "501").text("text", "из частей");
    Api::ok(api.form("SendMessage", part).await);
    let texts: Vec<_> =
        api.anna.transcript(&api.bot).into_iter().filter_map(|shown| shown.text).collect();
    assert_eq!(texts, ["/start", "из формы & да", "да", "из частей"]);
    let broken = api
        .client
        .post(api.url("sendMessage"))
        .header("Content-Type", "application/json")
        .body("{\"chat_id\":")
        .send()
        .await
        .unwrap();
    assert_eq!(broken.status(), 400);
}

#[tokio::test]
async fn cv6_reply_points_to_a_message_of_the_chat_or_is_left_out_on_request() {
    let api = Api::opened().await;
    let asked = api.anna.sends_text(&api.bot, "Сколько стоит?");
    let reply = |to: i64, lenient: bool| {
        json!({"chat_id": 501, "text": "100 ₽", "reply_parameters":
            {"message_id": to, "allow_sending_without_reply": lenient}})
    };
    let sent = api.result("sendMessage", reply(asked.message_id, false)).await;
    assert_eq!(sent["reply_to_message"]["text"], json!("Сколько стоит?"));
    assert_eq!(
        api.refused("sendMessage", reply(77_777, false)).await,
        said(400, "Bad Request: message to be replied not found")
    );
    let sent = api.result("sendMessage", reply(77_777, true)).await;
    assert_eq!(sent.get("reply_to_message"), None);
    let shown = api.anna.transcript(&api.bot);
    assert_eq!(shown.iter().filter(|m| m.reply_to == Some(asked.message_id)).count(), 1);
}

#[tokio::test]
async fn cv6_edit_and_delete_of_own_messages() {
    let api = Api::opened().await;
    let sent = api.says("Добрый ден").await;
    let edit = |text: &str| json!({"chat_id": 501, "message_id": sent["message_id"], "text": text});
    let edited = api.result("editMessageText", edit("Добрый день")).await;
    assert!(edited["edit_date"].is_u64());
    let (code, description) = api.refused("editMessageText", edit("Добрый день")).await;
    assert_eq!(code, 400);
    assert!(description.starts_with("Bad Request: message is not modified"), "{description}");
    assert_eq!(
        api.refused("editMessageText", edit(&"x".repeat(4097))).await,
        said(400, "Bad Request: MESSAGE_TOO_LONG")
    );
    let theirs = api.anna.sends_text(&api.bot, "моё");
    let foreign = json!({"chat_id": 501, "message_id": theirs.message_id, "text": "нет"});
    assert_eq!(
        api.refused("editMessageText", foreign).await,
        said(400, "Bad Request: message can't be edited")
    );
    let which = json!({"chat_id": 501, "message_id": sent["message_id"]});
    assert_eq!(api.result("deleteMessage", which.clone()).await, json!(true));
    assert_eq!(
        api.refused("deleteMessage", which).await,
        said(400, "Bad Request: message to delete not found")
    );
    assert_eq!(
        api.refused("editMessageText", edit("поздно")).await,
        said(400, "Bad Request: message to edit not found")
    );
}

#[tokio::test]
async fn cv6_every_media_kind_goes_out_by_multipart_and_by_file_id() {
    let api = Api::opened().await;
    for (method, field, kind) in [
        ("SendPhoto", "photo", MediaKind::Photo),
        ("SendDocument", "document", MediaKind::Document),
        ("SendVoice", "voice", MediaKind::Voice),
        ("SendAudio", "audio", MediaKind::Audio),
        ("SendVideo", "video", MediaKind::Video),
        ("SendVideoNote", "video_note", MediaKind::VideoNote),
        ("SendSticker", "sticker", MediaKind::Sticker),
    ] {
        // As clients do it: the argument names the part that holds the bytes.
        let part = reqwest::multipart::Part::bytes(PNG).file_name("счёт.png");
        let form = reqwest::multipart::Form::new()
            .text("chat_id", "501")
            .text(field, "attach://f1")
            .text("caption", "подпись")
            .part("f1", part);
        let sent = Api::ok(api.form(method, form).await);
        let file = sent[field].as_array().and_then(|sizes| sizes.last()).unwrap_or(&sent[field]);
        let again = json!({"chat_id": 501, field: file["file_id"]});
        api.result(method, again).await;
        let shown = api.anna.transcript(&api.bot);
        let last = shown.last().unwrap().media.as_ref().unwrap();
        assert_eq!((last.kind, last.bytes.as_ref()), (kind, PNG));
    }
    let unknown = json!({"chat_id": 501, "photo": "AgACnonsense"});
    assert_eq!(
        api.refused("sendPhoto", unknown).await,
        said(400, "Bad Request: wrong file identifier/HTTP URL specified")
    );
    let document = api.anna.transcript(&api.bot)[3].media.clone().unwrap();
    assert_eq!(document.kind, MediaKind::Document);
    assert_eq!(
        api.refused("sendPhoto", json!({"chat_id": 501, "photo": document.file_id})).await,
        said(400, "Bad Request: can't use file of type Document as Photo")
    );
}

#[tokio::test]
async fn cv6_upload_limits() {
    let api = Api::opened().await;
    let upload = |method: &'static str, field: &'static str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("a.bin");
        let form = reqwest::multipart::Form::new().text("chat_id", "501").part(field, part);
        api.form(method, form)
    };
    assert_eq!(
        refusal(upload("sendDocument", "document", Vec::new()).await),
        said(400, "Bad Request: file must be non-empty")
    );
    assert_eq!(
        refusal(upload("sendPhoto", "photo", b"no picture".to_vec()).await),
        said(400, "Bad Request: IMAGE_PROCESS_FAILED")
    );
    let mut large = PNG.to_vec();
    large.resize((10 << 20) + 1, 0);
    let (code, description) = refusal(upload("sendPhoto", "photo", large).await);
    assert_eq!(code, 400);
    assert!(description.contains("is too big for a photo"), "{description}");
    let long = reqwest::multipart::Form::new()
        .text("chat_id", "501")
        .text("caption", "я".repeat(1025))
        .part("photo", reqwest::multipart::Part::bytes(PNG).file_name("a.png"));
    assert_eq!(
        refusal(api.form("sendPhoto", long).await),
        said(400, "Bad Request: message caption is too long")
    );
    assert_eq!(api.anna.transcript(&api.bot).len(), 1, "nothing of this was sent");
}

#[tokio::test]
async fn cv6_body_over_50_mb_is_413() {
    let api = Api::opened().await;
    let part = reqwest::multipart::Part::bytes(vec![0; 51 << 20]).file_name("a.bin");
    let form = reqwest::multipart::Form::new().text("chat_id", "501").part("document", part);
    assert_eq!(
        refusal(api.form("sendDocument", form).await),
        said(413, "Request Entity Too Large")
    );
}

#[tokio::test]
async fn cv6_album_has_2_to_10_fitting_items() {
    let api = Api::opened().await;
    let album = |types: &[&str]| {
        let media: Vec<_> = types
            .iter()
            .map(|kind| json!({"type": kind, "media": "attach://f", "caption": "к"}))
            .collect();
        reqwest::multipart::Form::new()
            .text("chat_id", "501")
            .text("media", json!(media).to_string())
            .part("f", reqwest::multipart::Part::bytes(PNG).file_name("a.png"))
    };
    let sent = Api::ok(api.form("SendMediaGroup", album(&["photo", "video", "photo"])).await);
    let ids: Vec<_> =
        sent.as_array().unwrap().iter().map(|m| m["media_group_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(
        refusal(api.form("sendMediaGroup", album(&["photo"])).await).0,
        400,
        "one is no album"
    );
    assert_eq!(
        refusal(api.form("sendMediaGroup", album(&["photo"; 11])).await),
        said(400, "Bad Request: Too much messages to send as an album")
    );
    assert_eq!(
        refusal(api.form("sendMediaGroup", album(&["photo", "document"])).await),
        said(400, "Bad Request: Can't use the media of the specified type in the album")
    );
}

#[tokio::test]
async fn cv6_file_is_downloaded_by_its_path_and_20_mb_is_the_limit() {
    let api = Api::opened().await;
    let sent = api.anna.sends(&api.bot, Media::document("смета.pdf", "application/pdf", "%PDF-1"));
    let updates = api.result("getUpdates", json!({})).await;
    let document = &updates[0]["message"]["document"];
    assert_eq!(updates[0]["update_id"], json!(sent.update_id));
    assert_eq!(document["file_name"], json!("смета.pdf"));
    let file = api.result("getFile", json!({"file_id": document["file_id"]})).await;
    let path = file["file_path"].as_str().unwrap();
    let at = |token: &str| format!("{}/file/bot{token}/{path}", api.telegram.url());
    let got = api.client.get(at(&api.bot.token)).send().await.unwrap();
    assert_eq!(got.status(), 200);
    assert_eq!(got.bytes().await.unwrap(), "%PDF-1");
    assert_eq!(api.client.get(at("1:nobody")).send().await.unwrap().status(), 401);
    let other = api.telegram.add_bot("other_bot");
    assert_eq!(api.client.get(at(&other.token)).send().await.unwrap().status(), 404);

    let limit = 20 << 20;
    api.anna.sends(&api.bot, Media::video("a.mp4", "", 60).of_size(limit));
    api.anna.sends(&api.bot, Media::video("b.mp4", "", 60).of_size(limit + 1));
    let updates = api.result("getUpdates", json!({"offset": sent.update_id + 1})).await;
    let id = |n: usize| json!({"file_id": updates[n]["message"]["video"]["file_id"]});
    api.result("getFile", id(0)).await;
    assert_eq!(api.refused("getFile", id(1)).await, said(400, "Bad Request: file is too big"));
    assert_eq!(
        api.refused("getFile", json!({"file_id": "nonsense"})).await,
        said(400, "Bad Request: invalid file_id")
    );
}

#[tokio::test]
async fn stored_bytes_are_bounded() {
    let api = Api::with(Options { stored_bytes: 100, ..Options::quick() }).await;
    for name in ["a.bin", "b.bin"] {
        let file = Media::document(name, "application/octet-stream", vec![7; 60]);
        api.anna.sends(&api.bot, file);
    }
    let shown = api.anna.transcript(&api.bot);
    let sizes: Vec<_> = shown.iter().map(|m| m.media.as_ref().unwrap().bytes.len()).collect();
    assert_eq!(sizes, [0, 60]);
}

#[tokio::test]
async fn cv6_location_contact_and_chat_action() {
    let api = Api::opened().await;
    let place = json!({"chat_id": 501, "latitude": 55.75, "longitude": 37.61});
    assert_eq!(api.result("sendLocation", place).await["location"]["latitude"], json!(55.75));
    assert_eq!(
        api.refused("sendLocation", json!({"chat_id": 501, "longitude": 1})).await,
        said(400, "Bad Request: latitude is empty")
    );
    let card = json!({"chat_id": 501, "phone_number": "+79001234567", "first_name": "Олег"});
    assert_eq!(api.result("sendContact", card).await["contact"]["first_name"], json!("Олег"));
    let typing = |action: &str| json!({"chat_id": 501, "action": action});
    api.result("sendChatAction", typing("typing")).await;
    assert_eq!(api.bot.action(501).as_deref(), Some("typing"));
    assert_eq!(api.refused("sendChatAction", typing("dancing")).await.0, 400);
}

#[tokio::test]
async fn ch5_speed_limits_answer_429_with_retry_after() {
    let limits = Limits::strict();
    let api = Api::with(Options { limits, ..Options::quick() }).await;
    api.anna.starts(&api.bot, None);
    let oleg = api.telegram.customer(502, "Олег", None);
    oleg.starts(&api.bot, None);
    api.says("первое").await;
    let again = json!({"chat_id": 501, "text": "второе"});
    let (status, body) = api.call("sendMessage", again).await;
    assert_eq!(status, 429);
    assert_eq!(body["parameters"], json!({"retry_after": 1}));
    assert_eq!(body["description"], json!("Too Many Requests: retry after 1"));
    // Another chat has a bucket of its own; a refused message took nothing.
    api.result("sendMessage", json!({"chat_id": 502, "text": "первое"})).await;
    assert_eq!(api.anna.transcript(&api.bot).len(), 2);
}

#[tokio::test]
async fn cv6_button_press_is_answered_once() {
    let api = Api::opened().await;
    let keyboard = json!({"inline_keyboard": [[{"text": "Да", "callback_data": "yes"}]]});
    let sent = api
        .result("sendMessage", json!({"chat_id": 501, "text": "?", "reply_markup": keyboard}))
        .await;
    api.anna.presses(&api.bot, sent["message_id"].as_i64().unwrap(), "yes").unwrap();
    let updates = api.result("getUpdates", json!({})).await;
    let query = &updates[0]["callback_query"];
    assert_eq!(query["data"], json!("yes"));
    let answer = json!({"callback_query_id": query["id"]});
    api.result("answerCallbackQuery", answer.clone()).await;
    assert_eq!(api.refused("answerCallbackQuery", answer).await.0, 400);
}

#[tokio::test]
async fn cv6_phone_shows_what_was_said_and_can_be_waited_for() {
    let api = Api::opened().await;
    let waiting = api.anna.wait_for_text(&api.bot, SOON, "готово");
    let (shown, _) = tokio::join!(waiting, api.says("готово"));
    let shown = shown.unwrap();
    assert_eq!(shown.direction, Direction::FromBot);
    let never = api.anna.wait_for(&api.bot, std::time::Duration::ZERO, |_| false).await;
    let told = never.unwrap_err().to_string();
    assert!(told.contains("готово"), "the error says what was seen: {told}");
}
