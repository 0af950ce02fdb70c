//! One call of a provider, with an exact answer to "was it done?".

use std::time::Duration;

use channel::RetryScope;
use net::{
    SendError,
    http::header::{HeaderMap, HeaderValue},
};
use serde_json::Value;

use super::{fault::Fault, provider::Line};

/// The largest answer that is read: a list of two thousand messages is under 2 MB.
const LONGEST: usize = 8 << 20;
const CALL: Duration = Duration::from_secs(30);
/// Where the provider names no time.
const PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// What came back, whoever it is from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Null where the body is no JSON.
    pub(super) body: Value,
    pub(super) retry_after: Option<Duration>,
}

impl Answer {
    /// The answer as a fault that every provider means the same by: "not now" and "gone wrong".
    pub(super) fn passing(&self) -> Option<Fault> {
        match self.status {
            429 => Some(Fault::Busy {
                after: self.retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE),
                scope: RetryScope::Channel,
                why: "HTTP 429".to_owned(),
            }),
            // A server in trouble may have done it before.
            500..=599 | 408 => Some(Fault::Lost(format!("HTTP {}", self.status))),
            // Somebody else's answer.
            _ if self.body.is_null() => {
                Some(Fault::Lost(format!("HTTP {} without JSON", self.status)))
            }
            _ => None,
        }
    }
}

/// Asks the first of the provider's addresses that is there.
pub(super) async fn ask(
    line: &Line,
    path: &str,
    headers: &HeaderMap,
    body: &str,
) -> Result<Answer, Fault> {
    let mut last = Fault::NotSent("the provider has no address".to_owned());
    for host in &line.hosts {
        let Ok(url) = host.join(path) else { continue };
        let body = body.as_bytes().to_vec();
        match line.outgoing.post(&url, headers.clone(), body, CALL, LONGEST).await {
            Ok(answer) => return Ok(read(&answer)),
            Err(error) => last = transport(error),
        }
        // Whatever else went wrong may have been heard.
        if !matches!(last, Fault::NotSent(_)) {
            break;
        }
    }
    Err(last)
}

/// A header whose value is not to be logged.
pub(super) fn secret(value: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(value).map_err(|_| Fault::BadKey)?;
    value.set_sensitive(true);
    Ok(value)
}

fn read(answer: &net::Answer) -> Answer {
    let seconds = answer.retry_after.as_deref().and_then(|text| text.trim().parse().ok());
    Answer {
        status: answer.status,
        body: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
        retry_after: seconds.map(Duration::from_secs),
    }
}

/// A failure without an answer.
fn transport(error: SendError) -> Fault {
    let text = error.to_string();
    match error {
        SendError::Refused(_)
        | SendError::Unresolved
        | SendError::NotConnected
        | SendError::Certificate => Fault::NotSent(text),
        SendError::TimedOut | SendError::Broken => Fault::Lost(text),
    }
}

#[cfg(test)]
mod tests {
    use net::Outgoing;
    use serde_json::json;
    use url::Url;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

    use super::*;
    use crate::http::account::Account;

    fn line(hosts: &[&str]) -> Line {
        let account = Account {
            login: String::new(),
            key: "key".to_owned().into(),
            title: "SHOP".to_owned(),
            test: false,
            checks: false,
            checks_a_day: 0,
            base_url: None,
        };
        let hosts = hosts.iter().map(|host| Url::parse(host).expect("an address")).collect();
        Line { outgoing: Outgoing::lenient(), hosts, account }
    }

    async fn server(status: u16) -> MockServer {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_json(json!({"ok": status}));
        Mock::given(path("/v2/balance")).respond_with(answer).mount(&server).await;
        server
    }

    #[tokio::test]
    async fn ch_11_the_next_address_is_asked_only_where_the_first_did_not_hear_us() {
        let there = server(200).await;
        let base = format!("{}/v2/", there.uri());
        // Nobody listens at port 9.
        let ask = async |hosts: &[&str]| {
            super::ask(&line(hosts), "balance", &HeaderMap::new(), "{}").await
        };
        let answer = ask(&["http://127.0.0.1:9/v2/", &base]).await.expect("the second answers");
        assert_eq!(answer.body, json!({"ok": 200}));
        let nobody = ask(&["http://127.0.0.1:9/v2/"]).await;
        assert!(matches!(nobody, Err(Fault::NotSent(_))), "{nobody:?}");
        // A server in trouble heard us.
        let broken = server(500).await;
        let answer = ask(&[&format!("{}/v2/", broken.uri()), &base]).await.expect("an answer");
        assert_eq!((answer.status, answer.passing().is_some()), (500, true));
        assert_eq!(there.received_requests().await.map(|r| r.len()), Some(1));
    }
}
