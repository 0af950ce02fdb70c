//! One call of the Bot API, with an exact answer to "was it accepted?".

use net::http::{Client, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::status::Status;

/// The largest answer that is read: an account with all its members is far under it.
const LONGEST_ANSWER: usize = 1 << 20;

const TOKEN_HEADER: &str = "X-Viber-Auth-Token";

/// A bot at the Bot API.
pub(crate) struct Api {
    pub(crate) http: Client,
    pub(crate) base: Url,
    pub(crate) token: SecretString,
}

/// Why a call brought no result. Viber refuses with another status than 0.
pub(crate) type CallError = net::CallError<Refusal>;

/// `{"status":6,"status_message":"…"}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) message: String,
}

impl Api {
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &Value,
    ) -> Result<T, CallError> {
        let mut token = HeaderValue::from_str(self.token.expose_secret())
            .map_err(|_| CallError::NotSent("the token cannot stand in a header".to_owned()))?;
        token.set_sensitive(true);
        let request = self.http.post(self.address(method)).header(TOKEN_HEADER, token).json(body);
        let response = request.send().await?;
        let status = response.status().as_u16();
        match net::whole(response, LONGEST_ANSWER).await {
            Ok(body) => answer(status, &body),
            Err(error) if status < 300 => Err(error.into()),
            Err(_) => Err(without_answer(status)),
        }
    }

    fn address(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("pa").push(method);
        }
        url
    }
}

#[derive(Deserialize)]
struct Answer {
    status: i64,
    #[serde(default)]
    status_message: Option<String>,
}

/// What an answer means. Viber answers errors with HTTP 200 too
/// (<https://developers.viber.com/docs/api/rest-bot-api/#error-codes>), so its own status decides;
/// the one of HTTP only where the body is somebody else's.
fn answer<T: DeserializeOwned>(http: u16, body: &[u8]) -> Result<T, CallError> {
    match serde_json::from_slice::<Answer>(body) {
        Ok(Answer { status: 0, .. }) => serde_json::from_slice(body)
            .map_err(|_| CallError::Lost(format!("HTTP {http} with an unreadable answer"))),
        Ok(Answer { status, status_message }) => Err(CallError::Refused(Refusal {
            status: Status::read(status),
            message: status_message.unwrap_or_default(),
        })),
        Err(_) => Err(without_answer(http)),
    }
}

/// A gateway that gave up waiting proves nothing about the server behind it, and Viber documents no
/// 5xx that means "not done".
fn without_answer(http: u16) -> CallError {
    match http {
        0..=299 | 408 | 500..=599 => {
            CallError::Lost(format!("HTTP {http} without a readable answer"))
        }
        _ => CallError::Foreign(http),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Accepted, Token};

    fn read(http: u16, body: &str) -> Result<Option<Token>, CallError> {
        answer::<Accepted>(http, body.as_bytes()).map(|accepted| accepted.token)
    }

    #[test]
    fn cv_7_an_answer_is_accepted_refused_foreign_or_lost() {
        let accepted = r#"{"status":0,"status_message":"ok","message_token":5741311803571721087}"#;
        assert_eq!(read(200, accepted), Ok(Some(Token("5741311803571721087".to_owned()))));
        let refused = read(200, r#"{"status":6,"status_message":"receiverNotSubscribed"}"#);
        let message = "receiverNotSubscribed".to_owned();
        let status = Status::ReceiverNotSubscribed;
        assert_eq!(refused, Err(CallError::Refused(Refusal { status, message })));
        for (http, body) in [(200, ""), (200, "<html>"), (200, "{}"), (502, "<html>"), (504, "")] {
            assert!(matches!(read(http, body), Err(CallError::Lost(_))), "{http} {body}");
        }
        for http in [301, 403, 404, 413, 429] {
            assert_eq!(read(http, "<html>"), Err(CallError::Foreign(http)));
        }
    }

    #[test]
    fn a_path_of_the_base_stays_and_the_token_is_not_in_the_address() {
        let api = Api {
            http: net::client(net::Options::default()).expect("a plain client"),
            base: Url::parse("http://127.0.0.1:8081/viber/").expect("a fixed address"),
            token: "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3".into(),
        };
        let address = api.address("send_message");
        assert_eq!(address.as_str(), "http://127.0.0.1:8081/viber/pa/send_message");
    }
}
