//! Sending text, places and contacts; the way every message of a bot goes to the phone.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{Act, replied, writable_chat};
use crate::telegram::{
    Direction, Options,
    answer::{Answer, Refusal, Success},
    limits,
    params::Params,
    text::{Formatted, format, utf16_len},
    world::{StoredMessage, World},
};

/// After parsing of entities, in UTF-16 units.
pub(super) const TEXT_LIMIT: usize = 4096;
const CAPTION_LIMIT: usize = 1024;

pub(super) fn message(act: &Act<'_>) -> Answer {
    let text =
        act.params.text("text").ok_or_else(|| Refusal::bad_request("message text is empty"))?;
    let formatted = format(text, act.params.text("parse_mode"), act.params.json("entities")?)?;
    if formatted.text.is_empty() {
        return Err(Refusal::bad_request("text must be non-empty"));
    }
    if utf16_len(&formatted.text) > TEXT_LIMIT {
        return Err(Refusal::bad_request("message is too long"));
    }
    act.shared.change(|world| {
        let contents = vec![with_text(Map::new(), "text", "entities", formatted)];
        one(put(world, &act.shared.options, act.bot_id, act.params, contents, act.now)?)
    })
}

pub(super) fn location(act: &Act<'_>) -> Answer {
    let number = |name: &str, limit: f64| {
        let given = act.params.number(name);
        given.filter(|number| number.abs() <= limit).ok_or_else(|| match given {
            None => Refusal::bad_request(format!("{name} is empty")),
            Some(_) => Refusal::bad_request("wrong location specified"),
        })
    };
    let place =
        json!({"latitude": number("latitude", 90.0)?, "longitude": number("longitude", 180.0)?});
    act.shared.change(|world| {
        let contents = vec![Map::from_iter([("location".to_owned(), place)])];
        one(put(world, &act.shared.options, act.bot_id, act.params, contents, act.now)?)
    })
}

pub(super) fn contact(act: &Act<'_>) -> Answer {
    let needed = |name: &str| {
        act.params
            .text(name)
            .ok_or_else(|| Refusal::bad_request(format!("{} is empty", name.replace('_', " "))))
    };
    let mut contact = json!({
        "phone_number": needed("phone_number")?, "first_name": needed("first_name")?,
    });
    for name in ["last_name", "vcard"] {
        if let Some(text) = act.params.text(name) {
            contact[name] = json!(text);
        }
    }
    act.shared.change(|world| {
        let contents = vec![Map::from_iter([("contact".to_owned(), contact)])];
        one(put(world, &act.shared.options, act.bot_id, act.params, contents, act.now)?)
    })
}

/// The caption of a file, parsed and within its limit; without one, nothing is added.
pub(super) fn with_caption(
    content: Map<String, Value>,
    params: &Params,
) -> Result<Map<String, Value>, Refusal> {
    let Some(caption) = params.text("caption") else { return Ok(content) };
    let formatted = format(caption, params.text("parse_mode"), params.json("caption_entities")?)?;
    if utf16_len(&formatted.text) > CAPTION_LIMIT {
        return Err(Refusal::bad_request("message caption is too long"));
    }
    Ok(with_text(content, "caption", "caption_entities", formatted))
}

pub(super) fn with_text(
    mut content: Map<String, Value>,
    text: &str,
    entities: &str,
    formatted: Formatted,
) -> Map<String, Value> {
    if !formatted.text.is_empty() {
        content.insert(text.to_owned(), json!(formatted.text));
    }
    if !formatted.entities.is_empty() {
        content.insert(entities.to_owned(), json!(formatted.entities));
    }
    content
}

/// Checks access, reply and speed, and only then puts the messages on the phone, all or none.
pub(super) fn put(
    world: &mut World,
    options: &Options,
    bot_id: i64,
    params: &Params,
    contents: Vec<Map<String, Value>>,
    now: Instant,
) -> Result<Vec<Value>, Refusal> {
    let customer = writable_chat(world, bot_id, params)?;
    let reply = replied(world, bot_id, customer, params)?;
    take_turn(world, options, bot_id, customer, contents.len(), now)?;
    let mut sent = Vec::with_capacity(contents.len());
    for mut content in contents {
        if let Some(reply) = &reply {
            content.insert("reply_to_message".to_owned(), reply.clone());
        }
        if let Ok(Some(markup)) = params.json("reply_markup")
            && markup.get("inline_keyboard").is_some()
        {
            content.insert("reply_markup".to_owned(), markup);
        }
        let Some(bot) = world.bots.get_mut(&bot_id) else { return Err(Refusal::unauthorized()) };
        let message_id = bot.next_message_id();
        let json = world.message_json(bot_id, customer, message_id, Direction::FromBot, content);
        let message = StoredMessage {
            message_id,
            direction: Direction::FromBot,
            json: json.clone(),
            edited: false,
            deleted: false,
            bot_reaction: None,
            own_reaction: None,
        };
        world.keep_message((bot_id, customer), message, options.messages_kept);
        world.chat(bot_id, customer).action = None;
        sent.push(json);
    }
    Ok(sent)
}

fn take_turn(
    world: &mut World,
    options: &Options,
    bot_id: i64,
    customer: i64,
    messages: usize,
    now: Instant,
) -> Result<(), Refusal> {
    let cost = u32::try_from(messages).unwrap_or(u32::MAX);
    let limits = options.limits;
    let Some(bot) = world.bots.get_mut(&bot_id) else { return Err(Refusal::unauthorized()) };
    let chat = world.chats.entry((bot_id, customer)).or_default();
    let waits = [
        limits.per_bot.and_then(|rate| bot.sent.wait(rate, cost, now)),
        limits.per_chat.and_then(|rate| chat.sent.wait(rate, cost, now)),
    ];
    if let Some(wait) = waits.into_iter().flatten().max() {
        return Err(Refusal::too_many(limits::retry_after(wait)));
    }
    if let Some(rate) = limits.per_bot {
        bot.sent.take(rate, cost, now);
    }
    if let Some(rate) = limits.per_chat {
        chat.sent.take(rate, cost, now);
    }
    Ok(())
}

/// The answer of a method that sends one message.
pub(super) fn one(mut sent: Vec<Value>) -> Answer {
    let message = sent.pop().unwrap_or_default();
    let message_ids = message["message_id"].as_i64().into_iter().collect();
    Ok(Success { message_ids, ..Success::of(message) })
}
