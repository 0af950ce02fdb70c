//! What each method does.

use std::{sync::Arc, time::Instant};

use serde_json::{Map, Value, json};

use super::{
    Standing,
    deliver::{is_loopback, signed},
    http::Answer,
    phone,
    shape::{self, BAD_DATA, MISSING_DATA, To, name_of},
    world::{Hook, Shared, unix_millis},
};

type Args = Map<String, Value>;

/// What a webhook can ask to hear of, beside messages.
const EVENTS: [&str; 7] = [
    "delivered",
    "seen",
    "failed",
    "subscribed",
    "unsubscribed",
    "conversation_started",
    "message",
];

pub(super) async fn perform(shared: &Arc<Shared>, bot: u64, method: &str, args: &Args) -> Answer {
    let standing = shared.world().bots.get(&bot).map(|bot| bot.standing).unwrap_or_default();
    match standing {
        Standing::Blocked => return Answer::refused(7),
        Standing::Suspended => return Answer::refused(9),
        Standing::Good | Standing::NoBalance | Standing::FreeMessagesUsed => {}
    }
    match method {
        "get_account_info" => account_info(shared, bot),
        "set_webhook" => set_webhook(shared, bot, args).await,
        "send_message" => match send_message(shared, bot, args) {
            Ok(token) => Answer::ok(json!({ "message_token": token, "billing_status": 0 })),
            Err((status, why)) => {
                if matches!(status, BAD_DATA | MISSING_DATA) {
                    shared.violated(format!("send_message: {why}"));
                }
                Answer::because(status, format!("{}: {why}", name_of(status)))
            }
        },
        other => {
            shared.violated(format!("the method {other} is not known here"));
            Answer::refused(BAD_DATA)
        }
    }
}

fn account_info(shared: &Shared, bot: u64) -> Answer {
    let world = shared.world();
    let Some(state) = world.bots.get(&bot) else { return Answer::refused(8) };
    let subscribed = world.chats.iter().filter(|((of, _), chat)| *of == bot && chat.subscribed);
    let hook = state.hook.as_ref();
    Answer::ok(json!({
        "id": state.id,
        "name": state.name,
        "uri": state.uri,
        "icon": "https://media-direct.cdn.viber.com/pg_download?id=sandbox",
        "category": "Local Businesses",
        "subcategory": "Retail",
        "country": "RU",
        "webhook": hook.map_or("", |hook| &hook.url),
        "event_types": hook.map_or(&[][..], |hook| &hook.events),
        "subscribers_count": subscribed.count(),
        "members": [],
    }))
}

/// An empty address takes the webhook away; any other is called at once and must answer 200.
async fn set_webhook(shared: &Shared, bot: u64, args: &Args) -> Answer {
    let Some(url) = args.get("url").and_then(Value::as_str) else {
        shared.violated("set_webhook: url is missing".to_owned());
        return Answer::refused(MISSING_DATA);
    };
    if url.is_empty() {
        set(shared, bot, None);
        return Answer::ok(json!({}));
    }
    let events: Vec<String> = match args.get("event_types") {
        None => EVENTS.map(str::to_owned).to_vec(),
        Some(list) => match serde_json::from_value(list.clone()) {
            Ok(list) => list,
            Err(_) => return Answer::refused(BAD_DATA),
        },
    };
    if let Some(unknown) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        shared.violated(format!("set_webhook: the event {unknown} is not documented"));
        return Answer::refused(BAD_DATA);
    }
    let secure =
        url.starts_with("https://") || (shared.options.allow_http_loopback && is_loopback(url));
    if !secure {
        return Answer::because(1, "invalidUrl: not https");
    }
    let token = shared.change(super::world::World::next_token);
    let probe = json!({ "event": "webhook", "timestamp": unix_millis(), "message_token": token });
    match signed(shared, bot, url, &probe.to_string()).await {
        Ok((200, _)) => {
            let hook = Hook { url: url.to_owned(), events: events.clone(), stolen: false };
            set(shared, bot, Some(hook));
            Answer::ok(json!({ "event_types": events }))
        }
        Ok((status, _)) => Answer::because(1, format!("invalidUrl: Result: HTTP {status}")),
        Err(why) => Answer::because(1, format!("invalidUrl: Result: {why}")),
    }
}

pub(super) fn set(shared: &Shared, bot: u64, hook: Option<Hook>) {
    shared.change(|world| {
        if let Some(bot) = world.bots.get_mut(&bot) {
            bot.hook = hook;
        }
    });
}

fn send_message(shared: &Arc<Shared>, bot: u64, args: &Args) -> Result<u64, shape::Fault> {
    let refused = |status: u32, why: &str| Err((status, why.to_owned()));
    shape::check(args, To::Receiver)?;
    let receiver = args.get("receiver").and_then(Value::as_str).unwrap_or_default();
    let person = {
        let mut world = shared.world();
        let Some(state) = world.bots.get(&bot) else { return refused(8, "no such bot") };
        if state.hook.is_none() {
            return refused(10, "set the webhook first");
        }
        match state.standing {
            Standing::NoBalance => return refused(24, "top up"),
            Standing::FreeMessagesUsed => return refused(23, "this month's are used"),
            Standing::Good | Standing::Blocked | Standing::Suspended => {}
        }
        let person = world.person_at(bot, receiver);
        let here = person.and_then(|person| world.people.get(&person)).filter(|p| !p.gone);
        let (Some(person), Some(_)) = (person, here) else {
            return refused(5, "no such user");
        };
        let chat = world.chat(bot, person);
        if !chat.subscribed {
            return refused(6, "the user is not subscribed");
        }
        let now = Instant::now();
        let window = shared.options.limit_window;
        while chat.unanswered.front().is_some_and(|at| now.duration_since(*at) >= window) {
            chat.unanswered.pop_front();
        }
        if chat.unanswered.len() >= shared.options.unanswered {
            return refused(12, "too many messages without an answer");
        }
        chat.unanswered.push_back(now);
        person
    };
    Ok(phone::show(shared, bot, person, Value::Object(args.clone())))
}
