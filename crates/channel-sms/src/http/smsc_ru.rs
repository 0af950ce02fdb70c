//! SMSC.ru: a form by POST, `fmt=3` for JSON, HTTP 200 whatever the answer
//! (<https://smsc.ru/api/http/>). The default charset is windows-1251, so each call names utf-8.
//!
//! We choose the message's id ourselves, from our own row. So what became of a send whose answer was
//! lost can be asked, instead of sending twice.

use std::time::Duration;

use async_trait::async_trait;
use channel::{Asking, Choice, ParseError, Question, RetryScope};
use domain::{
    clock::Instant, delivery::DeliveryStatus, ids::MessageId, number_check::Reachable, text::Words,
};
use net::http::header::{self, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{
    account,
    call::{self, Answer},
    called::Body,
    events::{Came, Event},
    fault::Fault,
    loose,
    numbers::{Found, Register},
    provider::{Line, Login, News, Provider, Sms, Traits},
    reports,
};

pub(super) struct SmscRu;

const TRAITS: Traits = Traits {
    hosts: &["https://smsc.ru/sys/", "https://www2.smsc.ru/sys/"],
    login: Login::Optional,
    callback_per_message: false,
};

/// Parameter `mes` of send.php.
const LONGEST: usize = 1000;
/// The same text to the same phone is refused for a minute (code 9).
const SAME_AGAIN: Duration = Duration::from_secs(60);
const CROWDED: Duration = Duration::from_secs(5);
/// A message older than this may have been handed over before: by a process that was killed, or by
/// a person who sends it again.
const OLD: i64 = 60;
/// In the cursor before anybody wrote: since when we look, in seconds. A listener that stood still
/// meanwhile looks so far back.
const BEGAN: &str = "began";
/// SMSC.ru keeps people's messages for a week.
const MOST_HOURS: i64 = 168;
/// Messages listed at a look, of a thousand at most.
const LISTED: &str = "200";

async fn ask(line: &Line, call: &str, params: &[(&str, &str)]) -> Result<Value, Refused> {
    let account = &line.account;
    let secret = account.key.expose_secret();
    let mut form: Vec<(&str, &str)> = match account.login.as_str() {
        "" => vec![("apikey", secret)],
        login => vec![("login", login), ("psw", secret)],
    };
    form.extend([("fmt", "3"), ("charset", "utf-8")]);
    form.extend_from_slice(params);
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let mut headers = HeaderMap::new();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(header::CONTENT_TYPE, form);
    read(call::ask(line, call, &headers, &body).await?)
}

/// A refusal with its code, or a fault that has none.
#[derive(Debug, Clone, PartialEq)]
enum Refused {
    Code { code: i64, words: String },
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn read(answer: Answer) -> Result<Value, Refused> {
    let code = answer.body.get("error_code").and_then(|code| match code {
        Value::Number(code) => code.as_i64(),
        Value::String(code) => code.parse().ok(),
        _ => None,
    });
    if let Some(code) = code {
        let words = answer.body.get("error").and_then(Value::as_str).unwrap_or_default();
        return Err(Refused::Code { code, words: words.to_owned() });
    }
    match answer.passing() {
        Some(fault) => Err(fault.into()),
        None if answer.status >= 300 => {
            Err(Fault::Lost(format!("HTTP {} is not SMSC.ru's", answer.status)).into())
        }
        None => Ok(answer.body),
    }
}

/// Codes of send.php (<https://smsc.ru/api/http/send/>, 'error_code').
fn fault(refused: Refused) -> Fault {
    let (code, words) = match refused {
        Refused::Fault(fault) => return fault,
        Refused::Code { code, words } => (code, words),
    };
    let say = |text: &str| format!("{text} SMSC.ru: {words} ({code})");
    match code {
        2 => Fault::BadKey,
        3 => Fault::NoMoney,
        4 => Fault::Closed(reports::address_blocked()),
        6 => Fault::refused(
            "forbidden",
            say("Текст или имя отправителя запрещены: имя нужно зарегистрировать."),
        ),
        7 => Fault::refused("bad_number", say("Неверный номер телефона.")),
        8 => Fault::refused("undeliverable", say("На этот номер доставить нельзя.")),
        9 => busy(&words),
        _ => Fault::refused("refused", say("Запрос не принят.")),
    }
}

/// Code 9: the same text to the same phone within a minute, or too many requests at once.
fn busy(words: &str) -> Fault {
    let crowded = words.to_lowercase().contains("concurrent");
    let (after, scope) = match crowded {
        true => (CROWDED, RetryScope::Channel),
        false => (SAME_AGAIN, RetryScope::Conversation),
    };
    Fault::Busy { after, scope, why: format!("{words} (9)") }
}

/// Ours is from 1 to 2 147 483 647; the last bits of our id are random.
fn own_id(message: MessageId) -> u32 {
    int32(message.0.as_u128())
}

fn int32(id: u128) -> u32 {
    u32::try_from(id & 0x7fff_ffff).unwrap_or(1).max(1)
}

/// When our row was made (UUID version 7 begins with the milliseconds).
fn made_at(message: MessageId) -> i64 {
    i64::try_from(message.0.as_u128() >> 80).unwrap_or(0) / 1000
}

/// What SMSC.ru knows of a message of ours by our id; `false`: nothing.
async fn knows(line: &Line, id: &str, phone: &str) -> Result<bool, Fault> {
    match ask(line, "status.php", &[("phone", phone), ("id", id)]).await {
        Ok(body) => Ok(has_it(&body)),
        // 'Message not found'.
        Err(Refused::Code { code: 3, .. }) => Ok(false),
        Err(refused) => Err(fault(refused)),
    }
}

/// 'Message not found' is also a status: -3.
fn has_it(body: &Value) -> bool {
    let status = body.as_object().and_then(|fields| loose::text(fields, &["status"]));
    status.is_some_and(|status| status != "-3")
}

/// -3 unknown, -1 waits, 0 with the operator, 1 delivered, 2 read, 3 expired, 4 link opened, 20 and
/// above not deliverable (<https://smsc.ru/api/http/status_messages/statuses/>).
fn status(code: i64) -> Option<(DeliveryStatus, Option<&'static str>)> {
    let failed = |why| Some((DeliveryStatus::Failed, Some(why)));
    match code {
        0 => Some((DeliveryStatus::Sent, None)),
        1 => Some((DeliveryStatus::Delivered, None)),
        2 | 4 => Some((DeliveryStatus::Read, None)),
        3 => failed("Просрочено: телефон был недоступен."),
        20 => failed("Доставить невозможно."),
        22 => failed("Неверный номер."),
        23 => failed("Запрещено оператором или провайдером."),
        24 => failed("Недостаточно средств."),
        25 => failed("Номер недоступен."),
        _ => None,
    }
}

fn report(fields: &Map<String, Value>, id: &str, now: Instant) -> Option<Event> {
    let code = loose::text(fields, &["status"])?.parse().ok()?;
    let (status, reason) = status(code)?;
    let at = ["last_timestamp", "ts"].iter().filter_map(|n| fields.get(*n)).find_map(loose::time);
    Some(Event::Report {
        id: id.to_owned(),
        status,
        reason: reason.map(str::to_owned),
        at: at.unwrap_or(now),
    })
}

/// Also of messages that were sent from elsewhere with the same account: those are unknown to the
/// house, and pass.
fn report_of_list(fields: &Map<String, Value>, now: Instant) -> Option<Event> {
    report(fields, &loose::text(fields, &["id"])?, now)
}

fn came(fields: &Map<String, Value>, now: Instant) -> Option<Came> {
    Some(Came {
        id: loose::text(fields, &["id"])?,
        from: loose::text(fields, &["phone"])?,
        to: loose::text(fields, &["to_phone", "to"]),
        text: loose::text(fields, &["message", "mes"]).unwrap_or_default(),
        at: ["ts", "sent", "received", "time"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .find_map(loose::time)
            .unwrap_or(now),
        raw: Value::Object(fields.clone()).to_string(),
    })
}

/// Whole hours, at least the last one.
fn hours_since(began: i64, now: Instant) -> i64 {
    (now.timestamp().saturating_sub(began) / 3600 + 1).clamp(1, MOST_HOURS)
}

/// A list, or 'nothing found', which is said with an error.
fn list(answer: Result<Value, Refused>) -> Result<Value, Fault> {
    match answer {
        Ok(body) => Ok(body),
        Err(Refused::Code { code: 3, .. }) => Ok(Value::Null),
        Err(refused) => Err(fault(refused)),
    }
}

/// What status.php tells of a question to the register: `status` as of a message, and `err`, by which
/// the network refuses (<https://smsc.ru/api/http/status_messages/errors/>): 1 no such subscriber;
/// 6 not in the network now, 11, 12, 13, 21 cannot receive, all of subscribers that it knows.
fn registered(fields: &Map<String, Value>, ticket: &str) -> Result<Found, Fault> {
    let number = |name| loose::text(fields, &[name]).and_then(|text| text.parse::<i64>().ok());
    let silent = |text: &str| Err(Fault::refused("not_told", text));
    match (number("status"), number("err")) {
        (Some(1 | 2 | 4), _) => Ok(Found::Known(Reachable::Exists)),
        (Some(22), _) | (Some(20 | 25), Some(1)) => Ok(Found::Known(Reachable::DoesNotExist)),
        (Some(20 | 25), Some(6 | 11 | 12 | 13 | 21)) => Ok(Found::Known(Reachable::Exists)),
        (Some(24), _) => Err(Fault::NoMoney),
        (Some(3), _) => silent("Сеть оператора не ответила вовремя."),
        (Some(20 | 25), err) => {
            let err = err.unwrap_or_default();
            silent(&format!("Сеть не сказала, есть ли такой номер (ошибка {err})."))
        }
        (Some(23), _) => silent("Оператор не отвечает на такие вопросы."),
        (Some(-3), _) => silent("SMSC.ru не знает этого запроса."),
        // On its way; a number that we do not know tells nothing yet.
        (Some(_), _) => Ok(Found::Waits(ticket.to_owned())),
        (None, _) => Err(Fault::Lost("SMSC.ru told no status".to_owned())),
    }
}

/// Puts the question, as a message with `hlr=1` and without words
/// (<https://smsc.ru/api/http/send/hlr/>).
async fn ask_register(line: &Line, id: &str, phone: &str) -> Result<Found, Fault> {
    let params = [("phones", phone), ("hlr", "1"), ("id", id), ("cost", "3")];
    let refused = match ask(line, "send.php", &params).await {
        Ok(body) if body.get("id").is_some() => return Ok(Found::Waits(id.to_owned())),
        Ok(_) => Refused::Fault(Fault::Lost("SMSC.ru told no id".to_owned())),
        Err(refused) => refused,
    };
    let may_have_it =
        matches!(refused, Refused::Fault(Fault::Lost(_)) | Refused::Code { code: 9, .. });
    match may_have_it && knows(line, id, phone).await.unwrap_or(false) {
        true => Ok(Found::Waits(id.to_owned())),
        false => Err(fault(refused)),
    }
}

#[async_trait]
impl Register for SmscRu {
    async fn exists(&self, line: &Line, question: &Question) -> Result<Found, Fault> {
        let phone = question.phone.digits();
        let id = int32(question.id.0.as_u128()).to_string();
        match &question.asking {
            Asking::First => ask_register(line, &id, phone).await,
            Asking::AfterLoss => match knows(line, &id, phone).await {
                Ok(true) => Ok(Found::Waits(id)),
                Ok(false) => ask_register(line, &id, phone).await,
                // To look costs nothing, so it is looked again.
                Err(Fault::Lost(why) | Fault::NotSent(why)) => {
                    Err(Fault::Busy { after: SAME_AGAIN, scope: RetryScope::Conversation, why })
                }
                Err(fault) => Err(fault),
            },
            Asking::Taken(ticket) => {
                let asked = [("phone", phone), ("id", ticket.as_str())];
                let body = match ask(line, "status.php", &asked).await {
                    Ok(body) => body,
                    // 'Message not found'.
                    Err(Refused::Code { code: 3, .. }) => json!({ "status": -3 }),
                    Err(refused) => return Err(fault(refused)),
                };
                registered(body.as_object().unwrap_or(&Map::new()), ticket)
            }
        }
    }
}

#[async_trait]
impl Provider for SmscRu {
    fn traits(&self) -> &'static Traits {
        &TRAITS
    }

    fn where_to_paste(&self) -> Words {
        Words::new(
            "SMSC.ru → «Настройки» → «Общие» → «Обработчик»: и для статусов, и для входящих. Без него \
             всё тоже придёт, но до полуминуты позже.",
            "SMSC.ru → Settings → General → Handler, for statuses and for incoming messages. Without \
             it everything comes as well, up to half a minute later.",
        )
    }

    async fn balance(&self, line: &Line) -> Result<Option<f64>, Fault> {
        let body = ask(line, "balance.php", &[]).await.map_err(fault)?;
        Ok(match body.get("balance") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_f64(),
            None => None,
        })
    }

    async fn senders(&self, line: &Line) -> Result<Vec<Choice>, Fault> {
        let numbers = list(ask(line, "receive_phones.php", &[("get", "1")]).await)?;
        let names = list(ask(line, "senders.php", &[("get", "1")]).await)?;
        let numbers =
            loose::objects(&numbers).into_iter().map(|n| loose::text(n, &["phone", "number"]));
        let names = loose::objects(&names).into_iter().map(|n| loose::text(n, &["sender", "name"]));
        Ok(account::choices(numbers.chain(names).flatten()))
    }

    async fn send(&self, line: &Line, sms: &Sms<'_>) -> Result<String, Fault> {
        if sms.text.chars().count() > LONGEST {
            let text = format!("SMSC.ru берёт не больше {LONGEST} знаков в одном сообщении.");
            return Err(Fault::refused("too_long", text));
        }
        let id = own_id(sms.id).to_string();
        if sms.now.timestamp() - made_at(sms.id) > OLD && knows(line, &id, &sms.to).await? {
            return Ok(id);
        }
        let sender = line.account.sender();
        let params = [
            ("phones", sms.to.as_str()),
            ("mes", sms.text),
            ("id", &id),
            ("sender", sender),
            ("cost", "3"),
        ];
        let refused = match ask(line, "send.php", &params).await {
            Ok(body) if body.get("id").is_some() => return Ok(id),
            Ok(_) => Refused::Fault(Fault::Lost("SMSC.ru told no id".to_owned())),
            Err(refused) => refused,
        };
        match refused {
            Refused::Fault(Fault::Lost(why)) => match knows(line, &id, &sms.to).await {
                Ok(true) => Ok(id),
                Ok(false) => Err(Fault::Busy {
                    after: SAME_AGAIN,
                    scope: RetryScope::Conversation,
                    why: format!("not accepted: {why}"),
                }),
                Err(_) => Err(Fault::Lost(why)),
            },
            // The same text within a minute: it may be this very message.
            Refused::Code { code: 9, .. } if knows(line, &id, &sms.to).await.unwrap_or(false) => {
                Ok(id)
            }
            refused => Err(fault(refused)),
        }
    }

    fn own_id(&self, message: MessageId) -> Option<String> {
        Some(own_id(message).to_string())
    }

    fn register(&self) -> Option<&dyn Register> {
        Some(self)
    }

    async fn news(&self, line: &Line, since: Option<&Value>, now: Instant) -> Result<News, Fault> {
        let last = since.and_then(Value::as_u64).unwrap_or(0);
        let after = last.to_string();
        let began = since.and_then(|since| since.get(BEGAN)).and_then(Value::as_i64);
        let began = began.unwrap_or(now.timestamp());
        let hours = hours_since(began, now).to_string();
        let period =
            if last == 0 { ("hour", hours.as_str()) } else { ("after_id", after.as_str()) };
        let answers = list(ask(line, "get.php", &[("get_answers", "1"), period]).await)?;
        let day = now.format("%d.%m.%Y").to_string();
        let yesterday = (now - chrono::Duration::days(1)).format("%d.%m.%Y").to_string();
        let span = [
            ("get_messages", "1"),
            ("start", yesterday.as_str()),
            ("end", day.as_str()),
            ("cnt", LISTED),
        ];
        let sent = list(ask(line, "get.php", &span).await)?;
        let mut came: Vec<Came> =
            loose::objects(&answers).into_iter().filter_map(|m| came(m, now)).collect();
        came.sort_by_key(|m| m.id.parse::<u64>().unwrap_or(0));
        let newest = came.iter().filter_map(|m| m.id.parse::<u64>().ok()).max();
        let reports = loose::objects(&sent).into_iter().filter_map(|m| report_of_list(m, now));
        let nobody_yet = (last == 0).then(|| json!({ BEGAN: began }));
        Ok(News {
            events: came.into_iter().map(Event::Came).chain(reports).collect(),
            cursor: newest.filter(|newest| *newest > last).map(Value::from).or(nobody_yet),
        })
    }

    /// A form by POST, or the same in the address. A message of a person has `mes`, one of ours
    /// `status`.
    fn read(&self, body: &Body, now: Instant) -> Result<Vec<Event>, ParseError> {
        let fields: Map<String, Value> = match body {
            Body::Json(Value::Object(fields)) => fields.clone(),
            Body::Json(_) => return Err(ParseError("a list".to_owned())),
            Body::Form(form) => {
                form.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
            }
        };
        let (Some(id), true) = (loose::text(&fields, &["id"]), fields.contains_key("phone")) else {
            return Err(ParseError("a notice without id and phone".to_owned()));
        };
        if fields.contains_key("mes") {
            return Ok(vec![came(&fields, now).map_or(Event::Unknown, Event::Came)]);
        }
        if fields.contains_key("status") {
            return Ok(report(&fields, &id, now).into_iter().collect());
        }
        Ok(vec![Event::Unknown])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_7_each_code_of_a_refusal_has_its_move() {
        for (code, expected) in [
            (1, "refused"),
            (2, "key"),
            (3, "money"),
            (4, "closed"),
            (5, "refused"),
            (6, "forbidden"),
            (7, "bad_number"),
            (8, "undeliverable"),
            (9, "busy"),
            (42, "refused"),
        ] {
            let body = json!({"error": "words", "error_code": code});
            let answer = Answer { status: 200, body, retry_after: None };
            let found = match read(answer).map_err(fault) {
                Err(Fault::BadKey) => "key",
                Err(Fault::NoMoney) => "money",
                Err(Fault::Closed(_)) => "closed",
                Err(Fault::Busy { .. }) => "busy",
                Err(Fault::Refused { code, text }) => {
                    assert!(text.contains("words"), "{text}");
                    code
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn cv_7_the_same_words_again_hold_up_one_conversation_and_a_crowd_the_channel() {
        for (words, expected) in [
            ("duplicate request, wait a minute", RetryScope::Conversation),
            ("too many concurrent requests", RetryScope::Channel),
        ] {
            let Fault::Busy { scope, .. } = busy(words) else { panic!("{words}") };
            assert_eq!(scope, expected, "{words}");
        }
    }

    #[test]
    fn cv_7_our_own_id_is_a_positive_int32_and_the_rows_age_is_known() {
        let id = |n: u128| MessageId(uuid::Uuid::from_u128(n));
        for (n, expected) in [(0, 1), (7, 7), (0xffff_ffff, 0x7fff_ffff), (1 << 40, 1)] {
            assert_eq!(own_id(id(n)), expected, "{n}");
        }
        let made = uuid::Uuid::parse_str("01a0b1d7-5e80-7abc-8def-0123456789ab").expect("an id");
        let seconds = i64::try_from(0x01a0_b1d7_5e80_u64 / 1000).expect("small");
        assert_eq!(made_at(MessageId(made)), seconds);
    }

    #[test]
    fn wa_1_what_the_register_says_of_a_number() {
        let exists = Some(Found::Known(Reachable::Exists));
        let missing = Some(Found::Known(Reachable::DoesNotExist));
        let waits = Some(Found::Waits("7".to_owned()));
        for (status, err, expected) in [
            (json!(-1), json!(0), &waits),
            (json!(0), json!(0), &waits),
            (json!(1), json!(0), &exists),
            (json!("1"), json!("0"), &exists),
            (json!(20), json!(1), &missing),
            (json!(22), json!(0), &missing),
            (json!(20), json!(6), &exists),
            (json!(20), json!("13"), &exists),
            (json!(20), json!(240), &None),
            (json!(20), Value::Null, &None),
            (json!(3), json!(0), &None),
            (json!(-3), Value::Null, &None),
            // Nobody knows what it means, so it is no answer.
            (json!(77), json!(0), &waits),
        ] {
            let body = json!({"status": status, "err": err, "last_date": ""});
            let told = registered(body.as_object().expect("an object"), "7");
            assert!(told.is_ok() || matches!(told, Err(Fault::Refused { .. })), "{told:?}");
            assert_eq!(&told.ok(), expected, "{body}");
        }
        let money = json!({"status": 24});
        assert_eq!(registered(money.as_object().expect("an object"), "7"), Err(Fault::NoMoney));
    }

    #[test]
    fn cv_7_a_message_that_is_not_found_is_not_taken_for_sent() {
        for (body, expected) in [
            (json!({"status": -1, "last_date": ""}), true),
            (json!({"status": 1}), true),
            (json!({"status": "20"}), true),
            (json!({"status": -3}), false),
            (json!({"status": "-3"}), false),
            (json!({}), false),
        ] {
            assert_eq!(has_it(&body), expected, "{body}");
        }
    }

    #[test]
    fn by_8_before_anybody_wrote_the_look_goes_back_to_its_beginning() {
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        for (ago, expected) in [(0, 1), (-5, 1), (3599, 1), (7200, 3), (30 * 86_400, 168)] {
            assert_eq!(hours_since(1_790_000_000 - ago, now), expected, "{ago}");
        }
    }

    #[test]
    fn ch_11_callbacks_come_as_forms() {
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        let form = |text: &str| {
            Body::Form(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
        };
        let status = SmscRu.read(&form("id=5&phone=79160000009&status=1&ts=1790000001&err=0"), now);
        assert!(
            matches!(status.as_deref(), Ok([Event::Report {
            id, status: DeliveryStatus::Delivered, at, .. }])
            if id == "5" && at.timestamp() == 1_790_000_001),
            "{status:?}"
        );
        let came = SmscRu
            .read(&form("id=6&sms_id=0&phone=79160000009&mes=%D0%B4%D0%B0&to=79160000001"), now);
        assert!(
            matches!(came.as_deref(), Ok([Event::Came(m)])
            if m.id == "6" && m.text == "да" && m.to.as_deref() == Some("79160000001")),
            "{came:?}"
        );
        // On its way: nothing new.
        assert_eq!(SmscRu.read(&form("id=5&phone=79160000009&status=-1"), now), Ok(vec![]));
        assert_eq!(SmscRu.read(&form("id=5&phone=7916&new=1"), now), Ok(vec![Event::Unknown]));
        // Nobody's words are kept for people to look at.
        assert_eq!(SmscRu.read(&form("id=5&phone=&mes=a"), now), Ok(vec![Event::Unknown]));
        assert!(SmscRu.read(&form("hello=1"), now).is_err());
    }
}
