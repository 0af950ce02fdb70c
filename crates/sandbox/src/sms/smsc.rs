//! SMSC.ru: GET or a form by POST, `fmt=3` for JSON, HTTP 200 whatever the answer. The default
//! charset is windows-1251, so a call without `charset=utf-8` is a violation.
//!
//! Rules: <https://smsc.ru/api/http/send/>, `/status_messages/`, `/get_data/`, `/miscellaneous/callback/`.

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value, json};

use super::{
    Credentials, Options, Provider, Status,
    http::{Answer, Asked, Kind, is_phone},
    parts,
    register::{self, Registered},
    world::{Incoming, Outgoing, World, now, price, roubles},
};

const SEND: [&str; 14] = [
    "login", "psw", "apikey", "phones", "mes", "id", "sender", "fmt", "charset", "cost",
    "translit", "time", "maxsms", "hlr",
];
/// <https://smsc.ru/api/http/send/>, parameter `mes`.
const LONGEST: usize = 1000;

pub(super) fn knows(credentials: &Credentials, asked: &Asked) -> bool {
    let by_key = asked.params.get("apikey").is_some_and(|key| *key == credentials.smsc_key);
    let by_password = asked.params.get("login").is_some_and(|login| *login == credentials.login)
        && asked.params.get("psw").is_some_and(|psw| *psw == credentials.password);
    by_key || by_password
}

fn error(code: u8, words: &str) -> Answer {
    Answer::refused(200, words, json!({"error": words, "error_code": code}))
}

pub(super) fn unauthorized() -> Answer {
    error(2, "authorise error")
}

pub(super) fn too_many() -> Answer {
    error(9, "too many concurrent requests")
}

pub(super) fn kind(asked: &Asked) -> Kind {
    match asked.method.as_str() {
        "send.php" if asked.param("cost") != "1" => Kind::Send,
        "status.php" => Kind::Status,
        _ => Kind::Other,
    }
}

pub(super) fn perform(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    if asked.param("fmt") != "3" || asked.param("charset") != "utf-8" {
        world.violate(Provider::SmscRu, format!("{} without fmt=3, charset=utf-8", asked.method));
    }
    if world.accounts.get(&account).is_some_and(|a| a.faults.ip_blocked) {
        return error(4, "ip is blocked");
    }
    match (asked.method.as_str(), asked) {
        ("send.php", _) => send(world, options, account, asked),
        ("status.php", _) => status(world, options, account, asked),
        ("balance.php", _) => {
            let kopecks = world.accounts.get(&account).map_or(0, |a| a.balance);
            Answer::ok(json!({"balance": roubles(kopecks)}))
        }
        ("senders.php", asked) if asked.param("get") == "1" => {
            let names = world.accounts.get(&account).map(|a| a.senders.clone()).unwrap_or_default();
            Answer::ok(names.into_iter().map(|name| json!({"sender": name})).collect())
        }
        ("receive_phones.php", asked) if asked.param("get") == "1" => {
            let number = world.accounts.get(&account).map(|a| a.number.clone());
            Answer::ok(number.into_iter().map(|phone| json!({"phone": phone})).collect())
        }
        ("get.php", asked) if asked.param("get_answers") == "1" => answers(world, account, asked),
        ("get.php", asked) if asked.param("get_messages") == "1" => history(world, account, asked),
        (other, _) => {
            world.violate(Provider::SmscRu, format!("no call {other}"));
            error(1, "parameters error")
        }
    }
}

fn send(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    for name in asked.params.keys().filter(|name| !SEND.contains(&name.as_str())) {
        world.violations.push(format!("SmscRu: send.php has no parameter {name}"));
    }
    let to = asked.param("phones").trim_start_matches('+').to_owned();
    let text = asked.param("mes").to_owned();
    let id = match asked.param("id") {
        "" => world.next_id(),
        own => match own.parse::<u64>() {
            Ok(id) if (1..=2_147_483_647).contains(&id) => id,
            _ => {
                world.violate(Provider::SmscRu, format!("id {own} is no int32"));
                return error(1, "parameters error");
            }
        },
    };
    let Some(ours) = world.accounts.get(&account) else { return unauthorized() };
    let parts = parts::parts(&text);
    let with_id = |code: u8, words: &str| {
        Answer::refused(200, words, json!({"error": words, "error_code": code, "id": id}))
    };
    if asked.param("hlr") == "1" {
        return hlr(world, options, account, id, to, asked);
    }
    if to.is_empty() || text.is_empty() || text.chars().count() > LONGEST {
        return error(1, "parameters error");
    }
    let sender = match asked.param("sender") {
        "" => ours.number.clone(),
        sender => sender.trim_start_matches('+').to_owned(),
    };
    if sender != ours.number && !ours.senders.contains(&sender) {
        return error(6, "message is denied");
    }
    if !is_phone(&to) {
        return with_id(7, "invalid number");
    }
    if ours.balance < price(parts) {
        return error(3, "no money");
    }
    if world.phones.get(&to).is_some_and(|phone| phone.stop_list) {
        return with_id(8, "message can't be delivered");
    }
    let same = |m: &Outgoing| {
        let lately = options.limits.same_text.is_some_and(|span| m.since.elapsed() < span);
        m.account == account
            && m.provider == Provider::SmscRu
            && m.to == to
            && m.text == text
            && lately
    };
    if world.outgoing.values().any(same) {
        return error(9, "duplicate request, wait a minute");
    }
    let message = Outgoing::taken(Provider::SmscRu, account, id, sender, to, text);
    let key = world.send(message, options.kept);
    let mut body = json!({"id": id, "cnt": parts});
    if asked.param("cost") == "3" {
        body["cost"] = json!(roubles(price(parts)));
        body["balance"] = json!(roubles(world.accounts.get(&account).map_or(0, |a| a.balance)));
    }
    Answer { sent: Some(key), ..Answer::ok(body) }
}

fn code(status: Status) -> i32 {
    match status {
        Status::Sent => 0,
        Status::Delivered => 1,
        Status::Undelivered => 20,
    }
}

/// A question to the network's register: a message without words.
fn hlr(
    world: &mut World,
    options: &Options,
    account: u64,
    id: u64,
    phone: String,
    asked: &Asked,
) -> Answer {
    if !asked.param("mes").is_empty() {
        world.violate(Provider::SmscRu, "a question to the register has no words".to_owned());
    }
    if !is_phone(&phone) {
        let body = json!({"error": "invalid number", "error_code": 7, "id": id});
        return Answer::refused(200, "invalid number", body);
    }
    if world.accounts.get(&account).is_none_or(|ours| ours.balance < register::PRICE) {
        return error(3, "no money");
    }
    register::take(world, Provider::SmscRu, account, id, phone, options.kept);
    let mut body = json!({"id": id, "cnt": 1});
    if asked.param("cost") == "3" {
        body["cost"] = json!(roubles(register::PRICE));
        body["balance"] = json!(roubles(world.accounts.get(&account).map_or(0, |a| a.balance)));
    }
    Answer::ok(body)
}

/// <https://smsc.ru/api/http/status_messages/>: five looks at one message within a minute.
fn hlr_status(
    world: &mut World,
    options: &Options,
    account: u64,
    id: u64,
    phone: &str,
) -> Option<Answer> {
    let lookup =
        register::find(world, Provider::SmscRu, account, id).filter(|l| l.phone == phone)?;
    let minute = std::time::Duration::from_secs(60);
    let lately = lookup.looks.iter().filter(|look| look.elapsed() < minute).count();
    if options.limits.looks_a_minute.is_some_and(|most| lately > most) {
        return Some(error(9, "duplicate request, wait a minute"));
    }
    let (status, err) = match register::said(world, &lookup, options.travel) {
        Registered::Waits => (-1, 0),
        Registered::Available => (1, 0),
        Registered::Unavailable => (20, 6),
        Registered::Nobody => (20, 1),
    };
    let known = status == 1;
    let only = |text: &str| if known { text.to_owned() } else { String::new() };
    let at = now();
    Some(Answer::ok(json!({
        "status": status, "last_date": moscow(at), "last_timestamp": at.timestamp(), "err": err,
        "imsi": only("250010000000001"), "msc": only("79168960000"), "mcc": only("250"),
        "mnc": only("01"), "cn": only("Россия"), "net": only("МТС"), "rcn": "", "rnet": "",
    })))
}

fn status(world: &mut World, options: &Options, account: u64, asked: &Asked) -> Answer {
    let phone = asked.param("phone").trim_start_matches('+');
    let id: Option<u64> = asked.param("id").parse().ok();
    let (Some(id), false) = (id, phone.is_empty()) else { return error(1, "parameters error") };
    if let Some(answer) = hlr_status(world, options, account, id, phone) {
        return answer;
    }
    let found = ours(world, account).find(|m| m.id == id && m.to == phone);
    match found {
        Some(m) => Answer::ok(json!({
            "status": code(m.status), "last_date": moscow(m.changed),
            "last_timestamp": m.changed.timestamp(), "err": if m.status == Status::Undelivered { 1 } else { 0 },
        })),
        None => error(3, "message not found"),
    }
}

fn ours(world: &World, account: u64) -> impl Iterator<Item = &Outgoing> {
    world.outgoing.values().filter(move |m| m.account == account && m.provider == Provider::SmscRu)
}

/// What people wrote: after an id, or of so many hours; newest first.
fn answers(world: &World, account: u64, asked: &Asked) -> Answer {
    let after: Option<u64> = asked.param("after_id").parse().ok();
    let hours: Option<i64> = asked.param("hour").parse().ok();
    if after.is_none() && hours.is_none() {
        return error(1, "parameters error");
    }
    let since = hours.map(|hours| now() - chrono::Duration::hours(hours.clamp(1, 168)));
    let wanted = world.incoming.iter().rev().filter(|(id, m)| {
        m.account == account
            && after.is_none_or(|after| **id > after)
            && since.is_none_or(|since| m.at >= since)
    });
    let list: Vec<Value> = wanted
        .map(|(id, m)| {
            json!({
                "id": id, "received": moscow(m.at), "phone": m.phone, "message": m.text,
                "to_phone": m.to, "sent": moscow(m.at),
            })
        })
        .collect();
    if list.is_empty() { error(3, "no messages found") } else { Answer::ok(list.into()) }
}

/// What was sent, newest first.
fn history(world: &World, account: u64, asked: &Asked) -> Answer {
    let most: usize = asked.param("cnt").parse().unwrap_or(10).min(1000);
    let all: Vec<&Outgoing> = ours(world, account).collect();
    let list: Vec<Value> = all
        .into_iter()
        .rev()
        .take(most)
        .map(|m| {
            json!({
                "status": code(m.status), "last_date": moscow(m.changed),
                "last_timestamp": m.changed.timestamp(), "send_timestamp": m.at.timestamp(),
                "phone": m.to, "cost": roubles(price(m.parts)), "sender_id": m.from,
                "message": m.text, "id": m.id, "sms_cnt": m.parts, "format": 0,
            })
        })
        .collect();
    if list.is_empty() { error(3, "no messages found") } else { Answer::ok(list.into()) }
}

/// `dd.mm.yyyy hh:mm:ss` in the account's time zone, Moscow's as a rule.
fn moscow(at: DateTime<Utc>) -> String {
    match FixedOffset::east_opt(3 * 3600) {
        Some(zone) => at.with_timezone(&zone).format("%d.%m.%Y %H:%M:%S").to_string(),
        None => at.format("%d.%m.%Y %H:%M:%S").to_string(),
    }
}

pub(super) fn status_form(message: &Outgoing) -> String {
    form(&[
        ("id", message.id.to_string()),
        ("phone", message.to.clone()),
        ("status", code(message.status).to_string()),
        ("time", moscow(message.changed)),
        ("ts", message.changed.timestamp().to_string()),
        ("err", "0".to_owned()),
    ])
}

pub(super) fn incoming_form(id: u64, message: &Incoming) -> String {
    form(&[
        ("id", id.to_string()),
        ("sms_id", "0".to_owned()),
        ("phone", message.phone.clone()),
        ("mes", message.text.clone()),
        ("to", message.to.clone()),
        ("time", moscow(message.at)),
        ("ts", message.at.timestamp().to_string()),
    ])
}

fn form(pairs: &[(&str, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
