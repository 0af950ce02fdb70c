//! Changing what is on the phone: edits, deletion, 'typing', answers to buttons.

use serde_json::{Value, json};

use super::{
    Act, named_message, own_message,
    send::{TEXT_LIMIT, with_caption},
    writable_chat,
};
use crate::telegram::{
    answer::{Answer, Refusal, Success},
    text::{format, utf16_len},
    world::{StoredMessage, unix_now},
};

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup \
    are exactly the same as a current content and reply markup of the message";

pub(super) fn edit_text(act: &Act<'_>) -> Answer {
    let text =
        act.params.text("text").ok_or_else(|| Refusal::bad_request("message text is empty"))?;
    let formatted = format(text, act.params.text("parse_mode"), act.params.json("entities")?)?;
    if formatted.text.is_empty() {
        return Err(Refusal::bad_request("text must be non-empty"));
    }
    if utf16_len(&formatted.text) > TEXT_LIMIT {
        return Err(Refusal::bad_request("MESSAGE_TOO_LONG"));
    }
    let fields = [
        ("text", Some(json!(formatted.text))),
        ("entities", (!formatted.entities.is_empty()).then(|| json!(formatted.entities))),
    ];
    edit(act, "there is no text in the message to edit", "text", fields)
}

pub(super) fn edit_caption(act: &Act<'_>) -> Answer {
    let mut content = with_caption(serde_json::Map::new(), act.params)?;
    let fields = [
        ("caption", content.remove("caption")),
        ("caption_entities", content.remove("caption_entities")),
    ];
    edit(act, "there is no caption in the message to edit", "", fields)
}

fn edit(
    act: &Act<'_>,
    wrong_kind: &str,
    needs: &str,
    fields: [(&str, Option<Value>); 2],
) -> Answer {
    act.shared.change(|world| {
        let customer = writable_chat(world, act.bot_id, act.params)?;
        let message = own_message(
            world,
            act.bot_id,
            customer,
            act.params,
            "message to edit not found",
            "message can't be edited",
        )?;
        let has_text = message.json.get("text").is_some();
        if has_text != (needs == "text") {
            return Err(Refusal::bad_request(wrong_kind));
        }
        let markup = act.params.json("reply_markup")?;
        let mut changed = message.json.clone();
        if let Some(json) = changed.as_object_mut() {
            json.remove("edit_date");
            for (name, value) in fields.into_iter().chain([("reply_markup", markup)]) {
                match value {
                    Some(value) => json.insert(name.to_owned(), value),
                    None => json.remove(name),
                };
            }
        }
        if same_content(message, &changed) {
            return Err(Refusal::bad_request(NOT_MODIFIED));
        }
        changed["edit_date"] = json!(unix_now());
        message.json = changed.clone();
        message.edited = true;
        let message_ids = vec![message.message_id];
        Ok(Success { message_ids, ..Success::of(changed) })
    })
}

fn same_content(message: &StoredMessage, changed: &Value) -> bool {
    ["text", "entities", "caption", "caption_entities", "reply_markup"]
        .iter()
        .all(|name| message.json.get(name) == changed.get(name))
}

pub(super) fn delete(act: &Act<'_>) -> Answer {
    const TWO_DAYS: u64 = 48 * 3600;
    act.shared.change(|world| {
        let customer = writable_chat(world, act.bot_id, act.params)?;
        // In private chats a bot may delete messages of the other side as well.
        let missing = "message to delete not found";
        let message = named_message(world, act.bot_id, customer, act.params, missing)?;
        let date = message.json["date"].as_u64().unwrap_or_default();
        if unix_now().saturating_sub(date) > TWO_DAYS {
            return Err(Refusal::bad_request("message can't be deleted"));
        }
        message.deleted = true;
        Ok(Success { message_ids: vec![message.message_id], ..Success::of(json!(true)) })
    })
}

const ACTIONS: [&str; 13] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
    "record_audio",
    "upload_audio",
];

pub(super) fn chat_action(act: &Act<'_>) -> Answer {
    let action = act.params.text("action").filter(|action| ACTIONS.contains(action));
    let Some(action) = action else {
        return Err(Refusal::bad_request("wrong parameter action in request"));
    };
    act.shared.change(|world| {
        let customer = writable_chat(world, act.bot_id, act.params)?;
        world.chat(act.bot_id, customer).action = Some(action.to_owned());
        Ok(Success::of(json!(true)))
    })
}

pub(super) fn answer_callback(act: &Act<'_>) -> Answer {
    let query = act.params.text("callback_query_id").unwrap_or_default();
    let known = act.shared.change(|world| {
        world.bots.get_mut(&act.bot_id).is_some_and(|bot| bot.callbacks.remove(query))
    });
    if known {
        return Ok(Success::of(json!(true)));
    }
    Err(Refusal::bad_request(
        "query is too old and response timeout expired or query ID is invalid",
    ))
}

pub(super) fn get_chat(act: &Act<'_>) -> Answer {
    let world = act.shared.world();
    let customer = act
        .params
        .integer("chat_id")
        .filter(|customer| world.chats.contains_key(&(act.bot_id, *customer)))
        .ok_or_else(|| Refusal::bad_request("chat not found"))?;
    let mut chat = world.chat_json(customer);
    chat["accent_color_id"] = json!(0);
    chat["max_reaction_count"] = json!(11);
    chat["accepted_gift_types"] = json!({
        "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true,
        "premium_subscription": true, "gifts_from_channels": true,
    });
    Ok(Success::of(chat))
}
