//! SMS Aero, version 2 of its API: JSON, HTTP Basic with the e-mail and the key. Envelope
//! `{success, data, message}`; shapes of `sms/send` and `sms/status` from the vendor's own examples.

use base64::Engine;
use serde_json::{Map, Value, json};

use super::{
    Credentials, Options, Provider, Status,
    http::{Answer, Asked, Kind, is_phone},
    parts,
    register::{self, Lookup, Registered},
    world::{Outgoing, World, price},
};

const KNOWN: [&str; 8] =
    ["number", "numbers", "text", "sign", "dateSend", "callbackUrl", "callbackFormat", "shortLink"];

pub(super) fn knows(credentials: &Credentials, asked: &Asked) -> bool {
    let pair = format!("{}:{}", credentials.email, credentials.aero_key);
    let expected = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    asked.authorization.as_deref() == Some(expected.as_str())
}

fn envelope(success: bool, data: Value, message: Option<&str>) -> Value {
    json!({"success": success, "data": data, "message": message})
}

pub(super) fn unauthorized() -> Answer {
    let message = "Your request was made with invalid credentials.";
    Answer::refused(401, "credentials", envelope(false, Value::Null, Some(message)))
}

pub(super) fn too_many() -> Answer {
    Answer::refused(429, "429", envelope(false, Value::Null, Some("Rate limit exceeded.")))
}

pub(super) fn kind(asked: &Asked) -> Kind {
    match asked.method.as_str() {
        "sms/send" | "sms/testsend" | "hlr/check" => Kind::Send,
        "sms/status" | "hlr/status" => Kind::Status,
        _ => Kind::Other,
    }
}

pub(super) fn perform(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    match asked.method.as_str() {
        "auth" => Answer::ok(envelope(true, Value::Null, Some("Successful authorization."))),
        "balance" => balance(world, account),
        "sign/list" => signs(world, account),
        "sms/send" => send(world, options, account, asked, Mode::Real),
        "sms/testsend" => send(world, options, account, asked, Mode::Test),
        "sms/status" => status(world, account, asked),
        "sms/list" | "sms/testlist" => list(world, account, asked),
        "hlr/check" => hlr_check(world, options, account, asked),
        "hlr/status" => hlr_status(world, options, account, asked),
        other => {
            world.violate(Provider::SmsAero, format!("no method {other}"));
            Answer::refused(404, "404", envelope(false, Value::Null, Some("Not Found")))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Real,
    Test,
}

fn balance(world: &World, account: u64) -> Answer {
    let kopecks = world.accounts.get(&account).map_or(0, |a| a.balance);
    #[expect(clippy::cast_precision_loss, reason = "a balance of a sandbox is small")]
    let roubles = kopecks as f64 / 100.0;
    Answer::ok(envelope(true, json!({"balance": roubles}), None))
}

fn signs(world: &World, account: u64) -> Answer {
    let names = world.accounts.get(&account).map(|a| a.senders.clone()).unwrap_or_default();
    let mut data = Map::new();
    for (n, name) in names.iter().enumerate() {
        let sign = json!({"id": n + 1, "name": name, "status": 1, "extendStatus": "active"});
        data.insert(n.to_string(), sign);
    }
    data.insert("totalCount".to_owned(), json!(names.len().to_string()));
    Answer::ok(envelope(true, Value::Object(data), None))
}

fn send(world: &mut World, options: &Options, account: u64, asked: &Asked, mode: Mode) -> Answer {
    if asked.verb != "POST" || !asked.json.is_object() {
        world.violate(Provider::SmsAero, "sms/send takes JSON by POST".to_owned());
        return invalid("number", "Number cannot be blank.");
    }
    for name in asked.json.as_object().into_iter().flat_map(Map::keys) {
        if !KNOWN.contains(&name.as_str()) {
            world.violate(Provider::SmsAero, format!("no parameter {name}"));
        }
    }
    if asked.json["callbackUrl"].is_string() && asked.json["callbackFormat"] != "JSON" {
        world.violate(Provider::SmsAero, "callbackFormat is JSON".to_owned());
    }
    let to = match &asked.json["number"] {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    };
    let text = asked.json["text"].as_str().unwrap_or_default().to_owned();
    let sign = asked.json["sign"].as_str().unwrap_or_default().to_owned();
    let Some(ours) = world.accounts.get(&account) else { return unauthorized() };
    let (old, parts) = (ours.faults.old_words, parts::parts(&text));
    if !is_phone(&to) {
        return invalid("number", "Incorrect number format.");
    }
    if text.is_empty() {
        return invalid("text", "Text cannot be blank.");
    }
    if sign != ours.number && !ours.senders.contains(&sign) {
        return match old {
            true => rejected("sign"),
            false => invalid("sign", "Sign is not approved."),
        };
    }
    if ours.balance < price(parts) && mode == Mode::Real {
        return match old {
            true => Answer::refused(200, "money", json!({"result": "no credits"})),
            false => {
                let body = envelope(false, Value::Null, Some("Not enough money."));
                Answer::refused(400, "money", body)
            }
        };
    }
    if world.phones.get(&to).is_some_and(|phone| phone.stop_list) {
        return match old {
            true => rejected("number in blacklist"),
            false => invalid("number", "Number is in the blacklist."),
        };
    }
    let id = world.next_id();
    let message = Outgoing {
        callback: asked.json["callbackUrl"].as_str().map(str::to_owned),
        test: mode == Mode::Test,
        ..Outgoing::taken(Provider::SmsAero, account, id, sign, to, text)
    };
    let data = shown(&message);
    let key = world.send(message, options.kept);
    Answer { sent: Some(key), ..Answer::ok(envelope(true, data, None)) }
}

fn invalid(field: &str, why: &str) -> Answer {
    let body = envelope(false, json!({field: [why]}), Some("Validation error."));
    Answer::refused(400, field, body)
}

fn rejected(reason: &str) -> Answer {
    Answer::refused(200, reason, json!({"result": "reject", "reason": reason}))
}

fn status(world: &World, account: u64, asked: &Asked) -> Answer {
    let id = asked.json["id"].as_u64().or_else(|| asked.param("id").parse().ok());
    match ours(world, account).find(|m| Some(m.id) == id) {
        Some(message) => Answer::ok(envelope(true, shown(message), None)),
        None => Answer::refused(404, "404", envelope(false, Value::Null, Some("Not found."))),
    }
}

/// `{number}` alone, or a list of them, which gives a list.
fn hlr_check(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    let fields = asked.json.as_object().cloned().unwrap_or_default();
    if asked.verb != "POST" || fields.keys().any(|name| name != "number") {
        world.violate(Provider::SmsAero, "hlr/check takes a number in JSON by POST".to_owned());
    }
    let phone = match &asked.json["number"] {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    };
    if !is_phone(&phone) {
        return invalid("number", "Incorrect number format.");
    }
    if world.accounts.get(&account).is_none_or(|ours| ours.balance < register::PRICE) {
        let body = envelope(false, Value::Null, Some("Not enough money."));
        return Answer::refused(400, "money", body);
    }
    let id = world.next_id();
    register::take(world, Provider::SmsAero, account, id, phone, options.kept);
    hlr(world, options, account, id)
}

fn hlr_status(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    let Some(id) = asked.json["id"].as_u64() else {
        world.violate(Provider::SmsAero, "hlr/status takes the id as a number".to_owned());
        return invalid("id", "Id cannot be blank.");
    };
    hlr(world, options, account, id)
}

fn hlr(world: &mut World, options: &Options, account: u64, id: u64) -> Answer {
    match register::find(world, Provider::SmsAero, account, id) {
        Some(lookup) => {
            let said = register::said(world, &lookup, options.travel);
            Answer::ok(envelope(true, hlr_shown(&lookup, said), None))
        }
        None => Answer::refused(404, "404", envelope(false, Value::Null, Some("Not found."))),
    }
}

fn hlr_shown(lookup: &Lookup, said: Registered) -> Value {
    let (status, extended) = match said {
        Registered::Available => (1, "available"),
        Registered::Unavailable => (2, "unavailable"),
        Registered::Nobody => (3, "nonexistent"),
        Registered::Waits => (4, "in work"),
    };
    json!({
        "id": lookup.id, "number": lookup.phone, "hlrStatus": status, "extendHlrStatus": extended,
    })
}

/// Newest first, fifty on a page; the items are keyed by their number on it.
fn list(world: &World, account: u64, asked: &Asked) -> Answer {
    let page = asked.json["page"].as_u64().or_else(|| asked.param("page").parse().ok());
    let from = usize::try_from(page.unwrap_or(1).saturating_sub(1)).unwrap_or(0) * 50;
    let total = ours(world, account).count();
    let mut data = Map::new();
    let all: Vec<&Outgoing> = ours(world, account).collect();
    for (n, message) in all.into_iter().rev().skip(from).take(50).enumerate() {
        data.insert(n.to_string(), shown(message));
    }
    data.insert("links".to_owned(), json!({"self": "/v2/sms/list?page=1"}));
    data.insert("totalCount".to_owned(), json!(total.to_string()));
    Answer::ok(envelope(true, Value::Object(data), None))
}

fn ours(world: &World, account: u64) -> impl Iterator<Item = &Outgoing> {
    world.outgoing.values().filter(move |m| m.account == account && m.provider == Provider::SmsAero)
}

/// A message as the API writes it.
pub(super) fn shown(message: &Outgoing) -> Value {
    let (status, extended) = match message.status {
        Status::Sent => (0, "queue"),
        Status::Delivered => (1, "delivery"),
        Status::Undelivered => (2, "failed"),
    };
    let cost = super::world::roubles(price(message.parts));
    let mut shown = json!({
        "id": message.id, "from": message.from, "number": message.to, "text": message.text,
        "status": status, "extendStatus": extended, "channel": "DIRECT", "cost": cost,
        "dateCreate": message.at.timestamp(), "dateSend": message.at.timestamp(),
    });
    if message.status != Status::Sent {
        shown["dateAnswer"] = json!(message.changed.timestamp());
    }
    shown
}
