//! MTS Exolve: JSON by POST, `Authorization: Bearer` with the application's key.
//!
//! Rules: <https://docs.exolve.ru/docs/ru/api-reference/sms-api/>. Numbers of directions and of
//! delivery statuses, and errors, are not all told there.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::{
    Credentials, Options, Provider, Status,
    http::{Answer, Asked, Kind, is_phone},
    parts,
    world::{Incoming, Outgoing, World, price, roubles},
};

const SEND: [&str; 4] = ["number", "destination", "text", "template_resource_id"];
const LIST: [&str; 10] = [
    "message_id",
    "limit",
    "offset",
    "number",
    "direction",
    "delivery_status",
    "billing_status",
    "status",
    "date_gte",
    "date_lte",
];
const INCOMING: u8 = 1;
const OUTGOING: u8 = 2;

pub(super) fn knows(credentials: &Credentials, asked: &Asked) -> bool {
    asked.authorization.as_deref() == Some(&format!("Bearer {}", credentials.exolve_key))
}

fn error(status: u16, words: &str) -> Answer {
    let body = json!({"error": {"code": status.to_string(), "message": words}});
    Answer::refused(status, words, body)
}

pub(super) fn unauthorized() -> Answer {
    error(401, "Unauthorized")
}

pub(super) fn too_many() -> Answer {
    error(429, "Too Many Requests")
}

pub(super) fn kind(asked: &Asked) -> Kind {
    match asked.method.as_str() {
        "messaging/v1/SendSMS" => Kind::Send,
        _ => Kind::Other,
    }
}

pub(super) fn perform(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    if asked.verb != "POST" || !asked.json.is_object() {
        world.violate(Provider::Exolve, format!("{} takes JSON by POST", asked.method));
        return error(400, "invalid request");
    }
    match asked.method.as_str() {
        "messaging/v1/SendSMS" => send(world, options, account, asked),
        "messaging/v1/GetList" => list(world, account, asked),
        "messaging/v1/GetAlphaNames" => {
            let names = world.accounts.get(&account).map(|a| a.senders.clone()).unwrap_or_default();
            let names: Vec<Value> =
                names.into_iter().map(|name| json!({"alpha_name": name, "status": 1})).collect();
            Answer::ok(json!({"alpha_names": names}))
        }
        "number/customer/v1/GetList" => {
            let number = world.accounts.get(&account).map(|a| a.number.clone());
            let numbers: Vec<Value> =
                number.into_iter().map(|n| json!({"number_code": n, "type_name": "DEF"})).collect();
            Answer::ok(json!({"numbers": numbers}))
        }
        "finance/v1/GetBalance" => {
            let kopecks = world.accounts.get(&account).map_or(0, |a| a.balance);
            Answer::ok(json!({"balance": roubles(kopecks)}))
        }
        other => {
            world.violate(Provider::Exolve, format!("no method {other}"));
            error(404, "Not Found")
        }
    }
}

fn unknown(world: &mut World, asked: &Asked, known: &[&str]) {
    for name in asked.json.as_object().into_iter().flat_map(Map::keys) {
        if !known.contains(&name.as_str()) {
            world.violate(Provider::Exolve, format!("{} has no parameter {name}", asked.method));
        }
    }
}

fn send(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    unknown(world, asked, &SEND);
    let text = |name: &str| asked.json[name].as_str().unwrap_or_default().to_owned();
    let (from, to, words) = (text("number"), text("destination"), text("text"));
    let Some(ours) = world.accounts.get(&account) else { return unauthorized() };
    let parts = parts::parts(&words);
    if !is_phone(&to) {
        return error(400, "invalid destination");
    }
    if words.is_empty() {
        return error(400, "text is empty");
    }
    if from != ours.number && !ours.senders.contains(&from) {
        return error(403, "number is not available for the application");
    }
    if ours.balance < price(parts) {
        return error(402, "insufficient funds");
    }
    if world.phones.get(&to).is_some_and(|phone| phone.stop_list) {
        return error(400, "destination is in the stop list");
    }
    let id = 439_166_538_204_000_000 + world.next_id();
    let message = Outgoing::taken(Provider::Exolve, account, id, from, to, words);
    let key = world.send(message, options.kept);
    Answer { sent: Some(key), ..Answer::ok(json!({"message_id": id.to_string()})) }
}

/// Sent and received, newest first.
fn list(world: &mut World, account: u64, asked: &Asked) -> Answer {
    unknown(world, asked, &LIST);
    let date = |name: &str| {
        let text = asked.json[name].as_str()?;
        DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
    };
    let (since, until) = (date("date_gte"), date("date_lte"));
    let limit = asked.json["limit"].as_u64().unwrap_or(100);
    if limit > 2000 {
        return error(400, "limit is too large");
    }
    let offset = asked.json["offset"].as_u64().unwrap_or(0);
    let within = |at: DateTime<Utc>| {
        since.is_none_or(|since| at >= since) && until.is_none_or(|until| at <= until)
    };
    let sent = world
        .outgoing
        .values()
        .filter(|m| m.account == account && m.provider == Provider::Exolve && within(m.at))
        .map(|m| (m.at, listed(m)));
    let came = world
        .incoming
        .iter()
        .filter(|(_, m)| m.account == account && within(m.at))
        .map(|(id, m)| (m.at, received(*id, m)));
    let mut all: Vec<(DateTime<Utc>, Value)> = sent.chain(came).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let (offset, limit) = (
        usize::try_from(offset).unwrap_or(usize::MAX),
        usize::try_from(limit).unwrap_or(usize::MAX),
    );
    let page: Vec<Value> = all.into_iter().skip(offset).take(limit).map(|(_, m)| m).collect();
    Answer::ok(json!({"messages": page}))
}

fn listed(m: &Outgoing) -> Value {
    let delivery = match m.status {
        Status::Sent => 1,
        Status::Delivered => 2,
        Status::Undelivered => 3,
    };
    let mut shown = whole(m.id, m.at, &m.from, &m.to, &m.text, OUTGOING);
    shown["delivery_status"] = json!(delivery);
    shown
}

/// What the application's webhook is told of a message that was sent.
pub(super) fn sent_event(m: &Outgoing) -> Value {
    let delivery = match m.status {
        Status::Sent => "SENT",
        Status::Delivered => "DELIVERED",
        Status::Undelivered => "UNDELIVERED",
    };
    let mut shown = whole(m.id, m.at, &m.from, &m.to, &m.text, OUTGOING);
    shown["delivery_status"] = json!(delivery);
    shown
}

pub(super) fn received(id: u64, m: &Incoming) -> Value {
    whole(439_166_538_204_000_000 + id, m.at, &m.phone, &m.to, &m.text, INCOMING)
}

fn whole(id: u64, at: DateTime<Utc>, from: &str, to: &str, text: &str, direction: u8) -> Value {
    json!({
        "message_id": id.to_string(),
        "application_uuid": "5a1e7a4e-9a0c-4d5e-8f61-0c4b3b9f0001",
        "date": at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "number": if direction == INCOMING { to } else { from },
        "sender": from, "receiver": to, "text": text, "direction": direction,
        "segments_count": parts::parts(text), "billing_status": 2, "channel": 1,
    })
}
