//! The methods of the Bot API: who may call what, and what it does to the world.

mod change;
mod media;
mod react;
mod send;
mod updates;
mod webhook;

use std::{sync::Arc, time::Instant};

use serde_json::json;

use super::{
    Direction,
    answer::{Answer, Refusal, Success},
    params::Params,
    world::{Shared, World},
};

pub(super) use react::EMOJI;
pub(super) use webhook::{install, is_loopback, uninstall};

/// Carries out `method` (in lower case) for a bot whose token was good.
pub(super) async fn perform(
    shared: &Arc<Shared>,
    bot_id: i64,
    method: &str,
    params: &Params,
) -> Answer {
    if method == "getupdates" {
        return updates::get_updates(shared, bot_id, params).await;
    }
    let act = Act { shared, bot_id, params, now: Instant::now() };
    match method {
        "getme" => Ok(Success::of(me(&shared.world(), bot_id))),
        "setwebhook" => webhook::set(&act),
        "deletewebhook" => webhook::delete(&act),
        "getwebhookinfo" => webhook::info(&act),
        "sendmessage" => send::message(&act),
        "sendphoto" | "senddocument" | "sendvoice" | "sendaudio" | "sendvideo"
        | "sendvideonote" | "sendsticker" | "sendanimation" => media::send_one(&act, method),
        "sendmediagroup" => media::send_album(&act),
        "sendlocation" => send::location(&act),
        "sendcontact" => send::contact(&act),
        "sendchataction" => change::chat_action(&act),
        "editmessagetext" => change::edit_text(&act),
        "editmessagecaption" => change::edit_caption(&act),
        "deletemessage" => change::delete(&act),
        "setmessagereaction" => react::set(&act),
        "getfile" => media::get_file(&act),
        "getchat" => change::get_chat(&act),
        "answercallbackquery" => change::answer_callback(&act),
        "getuserprofilephotos" => Ok(Success::of(json!({"total_count": 0, "photos": []}))),
        "getmycommands" => Ok(Success::of(json!([]))),
        "setmycommands" | "deletemycommands" => Ok(Success::of(json!(true))),
        _ => Err(Refusal::not_found("Not Found: method not found")),
    }
}

/// One call at work.
struct Act<'a> {
    shared: &'a Arc<Shared>,
    bot_id: i64,
    params: &'a Params,
    now: Instant,
}

fn me(world: &World, bot_id: i64) -> serde_json::Value {
    let mut me = world.bot_json(bot_id);
    for (name, value) in [
        ("can_join_groups", true),
        ("can_read_all_group_messages", false),
        ("supports_inline_queries", false),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ] {
        me[name] = json!(value);
    }
    me
}

/// The chat a call is about, when the bot may write there.
fn writable_chat(world: &World, bot_id: i64, params: &Params) -> Result<i64, Refusal> {
    let given = params.text("chat_id").ok_or_else(|| Refusal::bad_request("chat_id is empty"))?;
    let not_found = || Refusal::bad_request("chat not found");
    let customer: i64 = given.trim().parse().map_err(|_| not_found())?;
    let person = world.people.get(&customer).ok_or_else(not_found)?;
    if person.deactivated {
        return Err(Refusal::forbidden("user is deactivated"));
    }
    match world.chats.get(&(bot_id, customer)) {
        Some(chat) if chat.blocked => Err(Refusal::forbidden("bot was blocked by the user")),
        Some(chat) if chat.opened => Ok(customer),
        _ => Err(Refusal::forbidden("bot can't initiate conversation with a user")),
    }
}

/// The message a reply points to, if it points to one.
fn replied(
    world: &World,
    bot_id: i64,
    customer: i64,
    params: &Params,
) -> Result<Option<serde_json::Value>, Refusal> {
    let (message_id, leave_out) = match params.json("reply_parameters")? {
        Some(given) => {
            let message_id = given["message_id"]
                .as_i64()
                .or_else(|| given["message_id"].as_str()?.parse().ok())
                .ok_or_else(|| {
                    Refusal::bad_request("can't parse reply parameters: no message_id")
                })?;
            (message_id, given["allow_sending_without_reply"].as_bool().unwrap_or(false))
        }
        None => match params.integer("reply_to_message_id") {
            Some(message_id) => (message_id, params.yes("allow_sending_without_reply")),
            None => return Ok(None),
        },
    };
    let chat = world.chats.get(&(bot_id, customer));
    match chat.and_then(|chat| chat.message(message_id)) {
        Some(message) => Ok(Some(quoted(&message.json))),
        None if leave_out => Ok(None),
        None => Err(Refusal::bad_request("message to be replied not found")),
    }
}

/// A message as it stands inside a reply: without the reply it is itself.
pub(super) fn quoted(message: &serde_json::Value) -> serde_json::Value {
    let mut quoted = message.clone();
    if let Some(fields) = quoted.as_object_mut() {
        fields.remove("reply_to_message");
    }
    quoted
}

/// The message of the chat that a call names.
fn named_message<'w>(
    world: &'w mut World,
    bot_id: i64,
    customer: i64,
    params: &Params,
    missing: &str,
) -> Result<&'w mut super::world::StoredMessage, Refusal> {
    let message_id = params
        .integer("message_id")
        .ok_or_else(|| Refusal::bad_request("message identifier is not specified"))?;
    let message = world.chat(bot_id, customer).message_mut(message_id);
    message.ok_or_else(|| Refusal::bad_request(missing))
}

/// The one that the bot itself wrote and may change.
fn own_message<'w>(
    world: &'w mut World,
    bot_id: i64,
    customer: i64,
    params: &Params,
    missing: &str,
    foreign: &str,
) -> Result<&'w mut super::world::StoredMessage, Refusal> {
    let message = named_message(world, bot_id, customer, params, missing)?;
    if message.direction == Direction::FromCustomer {
        return Err(Refusal::bad_request(foreign));
    }
    Ok(message)
}
