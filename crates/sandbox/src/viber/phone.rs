//! What happens at the person's phone when a message of the bot was accepted: media is fetched by
//! its address, and reports go back.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    State,
    deliver::{is_loopback, tell},
    world::{Shared, Shown, ShownFile, unix_millis, user_id_of},
};

/// Shows a message, fetches what it names and reports. Returns the message's token.
pub(super) fn show(shared: &Arc<Shared>, bot: u64, person: u64, message: Value) -> u64 {
    let text = |key: &str| message[key].as_str().map(str::to_owned);
    let kept = shared.options.kept;
    let (token, fails) = shared.change(|world| {
        let token = world.next_token();
        let shown = Shown {
            token: token.to_string(),
            from_customer: false,
            sender: message["sender"]["name"].as_str().unwrap_or_default().to_owned(),
            kind: text("type").unwrap_or_default(),
            text: text("text"),
            file: None,
            state: State::Sent,
            at: unix_millis(),
            raw: message.clone(),
        };
        world.show(bot, person, shown, kept);
        let fails = world.bots.get_mut(&bot).is_some_and(|bot| bot.faults.fails_later());
        (token, fails)
    });
    let shared_too = Arc::clone(shared);
    let arriving = async move {
        let outcome = match fails {
            true => Err("rejected by the client".to_owned()),
            false => fetched(&shared_too, &message).await,
        };
        match outcome {
            Ok(file) => {
                shared_too.change(|world| {
                    if let Some(shown) = world.message(bot, person, &token.to_string()) {
                        shown.file = file;
                    }
                });
                deliver(&shared_too, bot, person);
            }
            Err(why) => failed(&shared_too, bot, person, token, &why),
        }
    };
    shared.tasks.spawn_on(arriving, shared.runtime());
    token
}

/// Everything that waits arrives, if the phone is on.
pub(super) fn deliver(shared: &Arc<Shared>, bot: u64, person: u64) {
    moved(shared, bot, person, State::Delivered, |state| state == State::Sent);
}

/// The person looks at the chat: everything in it is seen, whether its arrival was reported or not.
pub(super) fn look(shared: &Arc<Shared>, bot: u64, person: u64) {
    let unseen = |state| matches!(state, State::Sent | State::Delivered);
    moved(shared, bot, person, State::Seen, unseen);
}

fn moved(shared: &Arc<Shared>, bot: u64, person: u64, to: State, which: impl Fn(State) -> bool) {
    let (tokens, devices) = shared.change(|world| {
        let offline = world.people.get(&person).is_none_or(|person| person.offline);
        let devices = world.bots.get(&bot).map_or(0, |bot| bot.faults.more_devices);
        if offline && to == State::Delivered {
            return (Vec::new(), devices);
        }
        let messages = world.chat(bot, person).messages.iter_mut();
        let moved = messages.filter(|shown| !shown.from_customer && which(shown.state));
        let tokens: Vec<u64> = moved
            .filter_map(|shown| {
                shown.state = to;
                shown.token.parse().ok()
            })
            .collect();
        (tokens, devices)
    });
    let event = if to == State::Seen { "seen" } else { "delivered" };
    for token in tokens {
        for _ in 0..=devices {
            let fields = json!({ "user_id": user_id_of(bot, person) });
            tell(shared, bot, person, event, token, fields);
        }
    }
}

fn failed(shared: &Arc<Shared>, bot: u64, person: u64, token: u64, why: &str) {
    shared.change(|world| {
        if let Some(shown) = world.message(bot, person, &token.to_string()) {
            shown.state = State::Failed;
        }
    });
    let fields = json!({ "user_id": user_id_of(bot, person), "desc": why });
    tell(shared, bot, person, "failed", token, fields);
}

/// The application takes media from its address; what is not there, or is something else than was
/// said, makes the message fail.
async fn fetched(shared: &Shared, message: &Value) -> Result<Option<ShownFile>, String> {
    let kind = message["type"].as_str().unwrap_or_default();
    let most = match kind {
        "picture" => 1 << 20,
        "video" => 26 << 20,
        "file" => 50 << 20,
        _ => return Ok(None),
    };
    let address = message["media"].as_str().unwrap_or_default();
    if !is_loopback(address) {
        return Err("media cannot be fetched: not on this machine".to_owned());
    }
    let response = shared.client.get(address).timeout(shared.options.webhook_timeout).send().await;
    let response = response.map_err(|_| "media cannot be fetched".to_owned())?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(format!("media cannot be fetched: HTTP {status}"));
    }
    let mime = response.headers().get("content-type").and_then(|m| m.to_str().ok());
    let mime = mime.unwrap_or("application/octet-stream").to_owned();
    let bytes = response.bytes().await.map_err(|_| "media broke off".to_owned())?;
    if bytes.len() > most {
        return Err(format!("media is larger than {most}"));
    }
    if message["size"].as_u64().is_some_and(|size| size != bytes.len() as u64) {
        shared.violated(format!("a {kind} has another size than was said"));
    }
    let fits = match kind {
        "picture" => mime.starts_with("image/"),
        "video" => mime.starts_with("video/"),
        _ => true,
    };
    if !fits {
        return Err(format!("a {kind} of type {mime}"));
    }
    let path = url::Url::parse(address).map(|url| url.path().to_owned()).unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = message["file_name"].as_str().unwrap_or(last).to_owned();
    Ok(Some(ShownFile { name, mime, size: bytes.len(), bytes }))
}
