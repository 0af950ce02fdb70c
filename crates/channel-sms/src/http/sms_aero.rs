//! SMS Aero, version 2 of its API, read from the vendor's own client (smsaero_python).
//!
//! JSON by POST, HTTP Basic with the e-mail and the key, an envelope `{success, data, message}`.
//! Older refusals have `result` and `reason` instead. What the address of a message is told, and
//! how people's messages come, is documented nowhere: it is read as [`super::loose`] does.

use async_trait::async_trait;
use base64::Engine;
use channel::{Asking, Choice, ParseError, Question};
use domain::{clock::Instant, delivery::DeliveryStatus, number_check::Reachable, text::Words};
use net::http::header::{self, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{
    account,
    call::{self, Answer},
    called::Body,
    events::Event,
    fault::Fault,
    loose,
    numbers::{Found, Register},
    provider::{Line, Login, News, Provider, Sms, Traits},
};

pub(super) struct SmsAero;

const TRAITS: Traits = Traits {
    hosts: &[
        "https://gate.smsaero.ru/v2/",
        "https://gate.smsaero.org/v2/",
        "https://gate.smsaero.net/v2/",
    ],
    login: Login::Needed,
    callback_per_message: true,
};

async fn ask(line: &Line, method: &str, body: &Value) -> Result<Value, Fault> {
    let pair = format!("{}:{}", line.account.login, line.account.key.expose_secret());
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, call::secret(&basic)?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    data(call::ask(line, method, &headers, &body.to_string()).await?)
}

/// The envelope's data, or what the refusal means.
fn data(answer: Answer) -> Result<Value, Fault> {
    if answer.status == 401 || answer.status == 403 {
        return Err(Fault::BadKey);
    }
    if let Some(fault) = answer.passing() {
        return Err(fault);
    }
    let body = answer.body;
    match (body.get("success").and_then(Value::as_bool), body.get("result")) {
        (Some(true), _) => Ok(body.get("data").cloned().unwrap_or(Value::Null)),
        (Some(false), _) => Err(refusal(&words(&body))),
        (None, Some(result)) => {
            let result = result.as_str().unwrap_or_default();
            let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
            Err(refusal(format!("{result} {reason}").trim()))
        }
        (None, None) => Err(Fault::Lost(format!("HTTP {} is not SMS Aero's", answer.status))),
    }
}

/// The message, and what it says of single fields.
fn words(body: &Value) -> String {
    let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
    let fields = body.get("data").and_then(Value::as_object).into_iter().flatten();
    let details = fields.flat_map(|(name, why)| {
        let all: Vec<&str> = match why {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            Value::String(one) => vec![one],
            _ => Vec::new(),
        };
        all.into_iter().map(move |why| format!("{name}: {why}")).collect::<Vec<_>>()
    });
    std::iter::once(message.to_owned())
        .chain(details)
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Refusals have words and no codes, so they are known by their stable parts.
fn refusal(words: &str) -> Fault {
    let lower = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    match () {
        () if has(&["no credits", "not enough money", "insufficient", "недостаточно"]) => {
            Fault::NoMoney
        }
        () if has(&["credentials", "unauthorized", "authoriz"]) => Fault::BadKey,
        () if has(&["blacklist", "black list", "чёрн", "черн", "stop"]) => {
            Fault::refused("blocked", format!("Клиент в стоп-листе. SMS Aero: {words}"))
        }
        () if has(&["sign"]) => Fault::refused(
            "sender",
            format!("Имя или номер отправителя не зарегистрированы. SMS Aero: {words}"),
        ),
        () if has(&["number", "phone", "номер"]) => {
            Fault::refused("bad_number", format!("Номер не принят. SMS Aero: {words}"))
        }
        () if has(&["text", "long"]) => {
            Fault::refused("text", format!("Текст не принят. SMS Aero: {words}"))
        }
        () => Fault::refused("refused", format!("SMS Aero: {words}")),
    }
}

/// 0 queue, 1 delivered, 2 not delivered, 3 handed over, 4 waits, 6 rejected, 8 in moderation.
fn status(data: &Map<String, Value>) -> Option<DeliveryStatus> {
    match loose::text(data, &["status"])?.parse::<i64>().ok()? {
        1 => Some(DeliveryStatus::Delivered),
        2 | 6 => Some(DeliveryStatus::Failed),
        _ => None,
    }
}

/// A message of ours as `sms/status`, `sms/list` and the message's own address tell it.
fn report(data: &Map<String, Value>, now: Instant) -> Option<Event> {
    let id = loose::text(data, &["id"])?;
    let status = status(data)?;
    let reason = match status {
        DeliveryStatus::Failed => loose::text(data, &["extendStatus"]),
        _ => None,
    };
    Some(Event::Report { id, status, reason, at: loose::at(data).unwrap_or(now) })
}

/// A question to the register as `hlr/check` and `hlr/status` tell it: 1 available, 2 not available
/// now (the network knows the subscriber), 3 does not exist, 4 in work. The words stand beside the
/// numbers in the vendor's client; what is new tells nothing yet.
fn found(data: &Value) -> Result<Found, Fault> {
    let fields = data.as_object().filter(|one| one.contains_key("id"));
    let fields = fields.or_else(|| loose::objects(data).into_iter().next());
    let told = |name| fields.and_then(|fields| loose::text(fields, &[name]));
    let id = told("id").ok_or_else(|| Fault::Lost("SMS Aero told no id".to_owned()))?;
    let word = told("extendHlrStatus").unwrap_or_default().to_lowercase();
    let number = told("hlrStatus").unwrap_or_default();
    Ok(match (word.as_str(), number.as_str()) {
        ("available" | "unavailable", _) => Found::Known(Reachable::Exists),
        ("nonexistent", _) => Found::Known(Reachable::DoesNotExist),
        ("", "1" | "2") => Found::Known(Reachable::Exists),
        ("", "3") => Found::Known(Reachable::DoesNotExist),
        _ => Found::Waits(id),
    })
}

#[async_trait]
impl Register for SmsAero {
    async fn exists(&self, line: &Line, question: &Question) -> Result<Found, Fault> {
        let data = match &question.asking {
            Asking::First => {
                ask(line, "hlr/check", &json!({ "number": question.phone.digits() })).await?
            }
            Asking::AfterLoss => {
                return Err(Fault::Lost("SMS Aero does not know a question again".to_owned()));
            }
            Asking::Taken(id) => {
                let id = id.parse::<u64>().map_or_else(|_| json!(id), Value::from);
                ask(line, "hlr/status", &json!({ "id": id })).await?
            }
        };
        found(&data)
    }
}

#[async_trait]
impl Provider for SmsAero {
    fn traits(&self) -> &'static Traits {
        &TRAITS
    }

    fn where_to_paste(&self) -> Words {
        Words::new(
            "SMS Aero → «Настройки» → «API и SMPP» → адрес для входящих сообщений. Без него ответы \
             клиентов не придут; статусы отправленных придут и так.",
            "SMS Aero → Settings → API and SMPP → the address for incoming messages. Without it \
             customers' answers do not come; statuses of what was sent come anyway.",
        )
    }

    async fn balance(&self, line: &Line) -> Result<Option<f64>, Fault> {
        let data = ask(line, "balance", &json!({})).await?;
        Ok(data.get("balance").and_then(Value::as_f64))
    }

    async fn senders(&self, line: &Line) -> Result<Vec<Choice>, Fault> {
        let data = ask(line, "sign/list", &json!({})).await?;
        let name = |sign: &&Map<String, Value>| {
            let refused = loose::text(sign, &["extendStatus"])
                .is_some_and(|s| ["reject", "moderat"].iter().any(|part| s.contains(part)));
            !refused
        };
        let signs = loose::objects(&data).into_iter().filter(name);
        Ok(account::choices(signs.filter_map(|sign| loose::text(sign, &["name"]))))
    }

    async fn send(&self, line: &Line, sms: &Sms<'_>) -> Result<String, Fault> {
        let mut body = json!({ "number": sms.to, "text": sms.text, "sign": line.account.sender() });
        if let Some(callback) = &sms.callback {
            body["callbackUrl"] = callback.as_str().into();
            body["callbackFormat"] = "JSON".into();
        }
        let method = if line.account.test { "sms/testsend" } else { "sms/send" };
        let data = ask(line, method, &body).await?;
        // Several numbers would be answered with a list.
        let one = data.as_object().filter(|one| one.contains_key("id"));
        one.or_else(|| loose::objects(&data).into_iter().next())
            .and_then(|one| loose::text(one, &["id"]))
            .ok_or_else(|| Fault::Lost("SMS Aero told no id".to_owned()))
    }

    fn register(&self) -> Option<&dyn Register> {
        Some(self)
    }

    /// People's messages are told only to the address in the cabinet; the list has ours.
    async fn news(&self, line: &Line, _since: Option<&Value>, now: Instant) -> Result<News, Fault> {
        let method = if line.account.test { "sms/testlist" } else { "sms/list" };
        let data = match ask(line, method, &json!({ "page": 1 })).await {
            Ok(data) => data,
            // Nothing was sent yet.
            Err(Fault::Refused { .. }) => Value::Null,
            Err(fault) => return Err(fault),
        };
        let events = loose::objects(&data).into_iter().filter_map(|m| report(m, now)).collect();
        Ok(News { events, cursor: None })
    }

    fn read(&self, body: &Body, now: Instant) -> Result<Vec<Event>, ParseError> {
        let json = match body {
            Body::Json(json) => json.clone(),
            Body::Form(form) => Value::Object(
                form.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
            ),
        };
        let Some(fields) = json.as_object().filter(|fields| !fields.is_empty()) else {
            return Err(ParseError("no notice of SMS Aero".to_owned()));
        };
        let data = fields.get("data").and_then(Value::as_object).unwrap_or(fields);
        if loose::text(data, &["id"]).is_none() {
            return Err(ParseError("a notice without an id".to_owned()));
        }
        if data.contains_key("status") {
            // Ours and on its way: nothing to tell.
            return Ok(report(data, now).into_iter().collect());
        }
        Ok(loose::events(&Value::Object(data.clone()), now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: Value) -> Answer {
        Answer { status, body, retry_after: None }
    }

    #[test]
    fn cv_7_refusals_by_their_words() {
        let envelope = |message: &str| json!({"success": false, "data": null, "message": message});
        for (status, body, expected) in [
            (401, envelope("Your request was made with invalid credentials."), "key"),
            (400, envelope("Not enough money."), "money"),
            (200, json!({"result": "no credits"}), "money"),
            (200, json!({"result": "reject", "reason": "number in blacklist"}), "blocked"),
            (200, json!({"result": "reject", "reason": "empty sign"}), "sender"),
            (
                400,
                json!({"success": false, "data": {"number": ["Incorrect number format."]},
                         "message": "Validation error."}),
                "bad_number",
            ),
            (
                400,
                json!({"success": false, "data": {"sign": ["Sign is not approved."]},
                         "message": "Validation error."}),
                "sender",
            ),
            (400, envelope("Something new."), "refused"),
            (200, json!({"hello": 1}), "lost"),
            (500, Value::Null, "lost"),
            (502, Value::Null, "lost"),
            (200, Value::Null, "lost"),
            (429, Value::Null, "busy"),
        ] {
            let found = match data(answer(status, body.clone())) {
                Ok(_) => "ok",
                Err(Fault::BadKey) => "key",
                Err(Fault::NoMoney) => "money",
                Err(Fault::Refused { code, .. }) => code,
                Err(Fault::Busy { .. }) => "busy",
                Err(Fault::Lost(_)) => "lost",
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{status} {body}");
        }
    }

    #[test]
    fn cv_7_statuses_of_the_vendors_examples() {
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        let with =
            |status: i64| json!({"id": 12345, "status": status, "dateAnswer": 1_719_115_825});
        for (number, expected) in [
            (0, None),
            (1, Some(DeliveryStatus::Delivered)),
            (2, Some(DeliveryStatus::Failed)),
            (3, None),
            (6, Some(DeliveryStatus::Failed)),
            (8, None),
            (77, None),
        ] {
            let found = SmsAero.read(&Body::Json(with(number)), now).expect("a notice");
            let status = found.first().map(|event| match event {
                Event::Report { id, status, at, .. } => {
                    assert_eq!((id.as_str(), at.timestamp()), ("12345", 1_719_115_825));
                    *status
                }
                other => panic!("{other:?}"),
            });
            assert_eq!(status, expected, "{number}");
        }
    }

    #[test]
    fn wa_1_what_the_register_says_of_a_number() {
        let exists = Found::Known(Reachable::Exists);
        let missing = Found::Known(Reachable::DoesNotExist);
        let waits = Found::Waits("12345".to_owned());
        for (number, word, expected) in [
            (json!(1), json!("available"), &exists),
            (json!(2), json!("unavailable"), &exists),
            (json!(3), json!("nonexistent"), &missing),
            (json!(4), json!("in work"), &waits),
            (json!("3"), Value::Null, &missing),
            (json!(1), Value::Null, &exists),
            // A new word is no answer, whatever its number.
            (json!(1), json!("hologram"), &waits),
            (Value::Null, Value::Null, &waits),
        ] {
            let data = json!({"id": 12345, "number": "79031234567", "hlrStatus": number,
                "extendHlrStatus": word});
            assert_eq!(found(&data).as_ref(), Ok(expected), "{data}");
        }
        assert!(matches!(found(&json!({"hlrStatus": 1})), Err(Fault::Lost(_))));
    }
}
