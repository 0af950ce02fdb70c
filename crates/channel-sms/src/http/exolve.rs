//! MTS Exolve: JSON by POST, `Authorization: Bearer` with an application's key
//! (<https://docs.exolve.ru/docs/ru/api-reference/sms-api/>).
//!
//! The body of the application's webhook and the errors are not documented: the first is read as
//! [`super::loose`] does, the second by HTTP status and words. Numbers of delivery statuses in
//! `GetList` are not told either, so statuses come by the webhook, where they have names.

use std::time::Duration;

use async_trait::async_trait;
use channel::{Choice, ParseError};
use chrono::{DateTime, SecondsFormat};
use domain::{clock::Instant, text::Words};
use net::http::header::{self, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    account,
    call::{self, Answer},
    called::Body,
    events::Event,
    fault::Fault,
    loose,
    provider::{Line, Login, News, Provider, Sms, Traits},
};

pub(super) struct Exolve;

const TRAITS: Traits = Traits {
    hosts: &["https://api.exolve.ru/"],
    login: Login::Unused,
    callback_per_message: false,
};

/// Messages asked for at a look, of two thousand at most.
const LISTED: usize = 500;
/// Five thousand messages between two looks.
const MOST_PAGES: usize = 10;
/// Between two pages of a look, for those who send meanwhile.
const BETWEEN: Duration = Duration::from_millis(200);
/// A "not now" to a later page of a look is waited for so long, so often.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const MOST_WAITS: u32 = 3;
/// A message may be listed later than its date says.
const OVERLAP: i64 = 300;
/// How far back the first look goes.
const FIRST: i64 = 3600;

async fn ask(line: &Line, method: &str, body: &Value) -> Result<Value, Fault> {
    let bearer = format!("Bearer {}", line.account.key.expose_secret());
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, call::secret(&bearer)?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    read(call::ask(line, method, &headers, &body.to_string()).await?)
}

/// What a look found.
struct Listed {
    pages: Vec<Value>,
    /// Exolve had no time for the rest, which is older.
    cut_short: bool,
}

/// Messages from a date on. The newest stand first: what comes meanwhile moves messages to a later
/// page, never past one.
async fn look(line: &Line, from: &str) -> Result<Listed, Fault> {
    let (mut pages, mut waits) = (Vec::new(), 0);
    while pages.len() < MOST_PAGES {
        let offset = pages.len() * LISTED;
        let body = json!({ "date_gte": from, "limit": LISTED, "offset": offset });
        match ask(line, "messaging/v1/GetList", &body).await {
            Ok(page) => {
                let is_full = loose::objects(&page).len() >= LISTED;
                pages.push(page);
                if !is_full {
                    break;
                }
                tokio::time::sleep(BETWEEN).await;
            }
            // Another look would begin at the first page again.
            Err(Fault::Busy { after, .. }) if !pages.is_empty() => {
                if waits >= MOST_WAITS || after > LONGEST_WAIT {
                    return Ok(Listed { pages, cut_short: true });
                }
                waits += 1;
                tokio::time::sleep(after).await;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(Listed { pages, cut_short: false })
}

fn read(answer: Answer) -> Result<Value, Fault> {
    if answer.status == 401 {
        return Err(Fault::BadKey);
    }
    if let Some(fault) = answer.passing() {
        return Err(fault);
    }
    match answer.status {
        200..=299 if answer.body.get("error").is_none() => Ok(answer.body),
        status => Err(refusal(status, &words(&answer.body))),
    }
}

/// `{"error": {"message": …}}`, `{"message": …}` or `{"error": …}`.
fn words(body: &Value) -> String {
    let error = body.get("error");
    let told = [error.and_then(|e| e.get("message")), body.get("message"), error];
    let told = told.into_iter().flatten().find_map(Value::as_str);
    told.unwrap_or_default().to_owned()
}

fn refusal(status: u16, words: &str) -> Fault {
    let lower = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let say = |text: &str| format!("{text} Exolve: {words} ({status})");
    match () {
        () if status == 402 || has(&["insufficient", "funds", "balance", "not enough money"]) => {
            Fault::NoMoney
        }
        () if has(&["unauthorized", "invalid token", "token is expired", "api key"]) => {
            Fault::BadKey
        }
        () if has(&["stop list", "stoplist", "blacklist", "black list"]) => {
            Fault::refused("blocked", say("Клиент в стоп-листе."))
        }
        () if has(&["destination", "recipient", "receiver"]) => {
            Fault::refused("bad_number", say("Номер клиента не принят."))
        }
        () if has(&["number", "sender", "alpha"]) => Fault::refused(
            "sender",
            say("С этого номера или имени отправить нельзя: проверьте, что номер мобильный и \
                 привязан к приложению, а имя зарегистрировано."),
        ),
        () if has(&["template", "text"]) => Fault::refused("text", say("Текст не принят.")),
        () => Fault::refused("refused", say("SMS не принята.")),
    }
}

#[async_trait]
impl Provider for Exolve {
    fn traits(&self) -> &'static Traits {
        &TRAITS
    }

    fn where_to_paste(&self) -> Words {
        Words::new(
            "МТС Exolve → «Приложения» → ваше приложение → «Вебхуки» → события SMS. Без него входящие \
             придут до полуминуты позже, а статусы доставки не придут.",
            "MTS Exolve → Applications → your application → Webhooks → SMS events. Without it incoming \
             messages come up to half a minute later, and statuses of delivery do not come.",
        )
    }

    async fn balance(&self, line: &Line) -> Result<Option<f64>, Fault> {
        let body = match ask(line, "finance/v1/GetBalance", &json!({})).await {
            Ok(body) => body,
            // A key that may send need not see the money.
            Err(Fault::Refused { .. }) => {
                ask(line, "messaging/v1/GetList", &json!({ "limit": 1 })).await?;
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        Ok(match body.get("balance") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_f64(),
            None => None,
        })
    }

    async fn senders(&self, line: &Line) -> Result<Vec<Choice>, Fault> {
        let numbers = ask(line, "number/customer/v1/GetList", &json!({})).await;
        let numbers = match numbers {
            Ok(body) => body,
            Err(Fault::Refused { .. }) => Value::Null,
            Err(fault) => return Err(fault),
        };
        let names = ask(line, "messaging/v1/GetAlphaNames", &json!({})).await?;
        let number = ["number_code", "number", "phone"];
        let numbers = loose::objects(&numbers).into_iter().map(|n| loose::text(n, &number));
        let name = ["alpha_name", "name", "sender"];
        let names = loose::objects(&names).into_iter().map(|n| loose::text(n, &name));
        Ok(account::choices(numbers.chain(names).flatten()))
    }

    async fn send(&self, line: &Line, sms: &Sms<'_>) -> Result<String, Fault> {
        let body = json!({
            "number": line.account.sender(), "destination": sms.to, "text": sms.text,
        });
        let answer = ask(line, "messaging/v1/SendSMS", &body).await?;
        let id = answer.as_object().and_then(|a| loose::text(a, &["message_id", "messageId"]));
        id.ok_or_else(|| Fault::Lost("Exolve told no message_id".to_owned()))
    }

    async fn news(&self, line: &Line, since: Option<&Value>, now: Instant) -> Result<News, Fault> {
        let kept = since.and_then(Value::as_str);
        let kept = kept.and_then(|s| DateTime::parse_from_rfc3339(s).ok()).map(|at| at.to_utc());
        let from = match kept {
            Some(at) => at - chrono::Duration::seconds(OVERLAP),
            None => now - chrono::Duration::seconds(FIRST),
        };
        let date = |at: Instant| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let Listed { pages, cut_short } = look(line, &date(from)).await?;
        let mut listed: Vec<_> = pages.iter().flat_map(loose::objects).collect();
        // The same instant, the smaller id first.
        listed.sort_by_key(|m| {
            let id: Option<u64> = loose::text(m, &["message_id"]).and_then(|id| id.parse().ok());
            (loose::at(m).unwrap_or(now), id)
        });
        let events =
            listed.iter().flat_map(|m| loose::events(&Value::Object((*m).clone()), now)).collect();
        // A clock that runs ahead must not make us blind.
        let newest = listed.iter().filter_map(|m| loose::at(m)).filter(|at| *at <= now).max();
        // The rest of a look that was cut short is found by another one.
        let cursor = newest.max(kept).filter(|_| !cut_short).map(|at| date(at).into());
        Ok(News { events, cursor })
    }

    fn read(&self, body: &Body, now: Instant) -> Result<Vec<Event>, ParseError> {
        let Body::Json(json) = body else {
            return Err(ParseError("no JSON".to_owned()));
        };
        if !json.is_object() && !json.is_array() {
            return Err(ParseError("no notice of Exolve".to_owned()));
        }
        if loose::objects(json).is_empty() && json.as_object().is_none_or(|o| o.len() < 2) {
            return Err(ParseError("an empty notice".to_owned()));
        }
        Ok(loose::events(json, now))
    }
}

#[cfg(test)]
mod tests {
    use net::Outgoing;
    use url::Url;
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{any, body_partial_json},
    };

    use super::*;
    use crate::http::account::Account;

    /// A full page and three messages more.
    async fn two_pages(refusals: u64, retry_after: &str) -> MockServer {
        let server = MockServer::start().await;
        let page = |from: usize, to: usize| {
            let message = |n: usize| {
                json!({ "message_id": n.to_string(), "sender": "79160000009", "direction": 1,
                    "receiver": "79160000001", "text": "привет", "date": 1_790_000_000 - n })
            };
            json!({ "messages": (from..to).map(message).collect::<Vec<_>>() })
        };
        let busy = ResponseTemplate::new(429).insert_header("retry-after", retry_after);
        let second = || Mock::given(body_partial_json(json!({ "offset": LISTED })));
        if refusals > 0 {
            second()
                .respond_with(busy)
                .up_to_n_times(refusals)
                .with_priority(1)
                .mount(&server)
                .await;
        }
        let rest = ResponseTemplate::new(200).set_body_json(page(LISTED, LISTED + 3));
        second().respond_with(rest).with_priority(2).mount(&server).await;
        let first = ResponseTemplate::new(200).set_body_json(page(0, LISTED));
        Mock::given(any()).respond_with(first).with_priority(3).mount(&server).await;
        server
    }

    async fn news_of(server: &MockServer) -> News {
        let account = Account {
            login: String::new(),
            key: "key".to_owned().into(),
            title: "+79160000001".to_owned(),
            test: false,
            checks: false,
            checks_a_day: 0,
            base_url: None,
        };
        let hosts = vec![Url::parse(&server.uri()).expect("an address")];
        let line = Line { outgoing: Outgoing::lenient(), hosts, account };
        let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        Exolve.news(&line, None, now).await.expect("a look")
    }

    #[tokio::test]
    async fn by_8_a_look_goes_on_where_the_provider_was_busy() {
        let server = two_pages(2, "0").await;
        let news = news_of(&server).await;
        assert_eq!(news.events.len(), LISTED + 3);
        assert!(news.cursor.is_some());
        let asked = server.received_requests().await.expect("requests are recorded");
        assert_eq!(asked.len(), 4, "the first page once, the second until it came");
    }

    #[tokio::test]
    async fn by_8_a_look_that_was_cut_short_tells_what_it_read_and_leaves_the_cursor() {
        for (refusals, retry_after) in [(100, "0"), (1, "3600")] {
            let news = news_of(&two_pages(refusals, retry_after).await).await;
            assert_eq!((news.events.len(), news.cursor), (LISTED, None), "{retry_after}");
        }
    }

    #[test]
    fn cv_7_refusals_by_status_and_words() {
        let error = |words: &str| json!({"error": {"code": "1", "message": words}});
        for (status, body, expected) in [
            (200, json!({"message_id": "1"}), "ok"),
            (401, error("Unauthorized"), "key"),
            (402, error("insufficient funds"), "money"),
            (400, error("invalid destination"), "bad_number"),
            (400, json!({"code": 3, "message": "destination is in the stop list"}), "blocked"),
            (403, error("number is not available for the application"), "sender"),
            (400, json!({"error": "text is empty"}), "text"),
            (418, error("teapot"), "refused"),
            (200, json!({"error": "teapot"}), "refused"),
            (429, error("Too Many Requests"), "busy"),
            (503, Value::Null, "lost"),
            (404, Value::Null, "lost"),
        ] {
            let answer = Answer { status, body: body.clone(), retry_after: None };
            let found = match read(answer) {
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
    fn nonsense_is_no_notice() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        for body in [json!([]), json!({}), json!(5), json!({"hello": 1})] {
            assert!(Exolve.read(&Body::Json(body.clone()), now).is_err(), "{body}");
        }
    }
}
