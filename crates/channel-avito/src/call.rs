//! One call of the API: what is asked, and what an answer proves.

use std::time::Duration;

use bytes::Bytes;
use channel::{OutFile, RenewError};
use net::{
    Broken, PartOf, Unanswered,
    http::{
        Client, Method, RequestBuilder,
        header::{HeaderMap, RETRY_AFTER},
        multipart::Form,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(20);
/// An upload may be as slow as this many bytes a second.
const SLOWEST_UPLOAD: u64 = 128 << 10;
/// The largest answer that is read: a page of 100 chats is far below.
const MAX_ANSWER: usize = 8 << 20;
/// Limits count by the minute, and no header says when it ends.
const USUAL_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What is asked. Can be asked again with another token.
pub(crate) struct Ask {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Given,
}

enum Given {
    Nothing,
    Json(Value),
    Picture(OutFile),
}

/// An answer with success.
#[derive(Debug)]
pub(crate) struct Answer {
    body: Bytes,
    /// Calls of this operation that are left in this minute, if told.
    pub(crate) left: Option<u32>,
}

/// Why a call brought no result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CallError {
    /// No token can be had: nothing was asked.
    NoAccess(RenewError),
    /// Avito answered with an error of the 4xx: surely not done.
    Refused(Refusal),
    /// Too many calls: surely not done.
    Busy(Duration),
    /// Nothing reached Avito: surely not done.
    NotSent(String),
    /// It may have been done: the answer was lost.
    Lost(String),
    /// It may have been done: the answer is a fault of the server, or cannot be read.
    Fault(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// In Avito's words.
    pub(crate) message: String,
}

impl From<Unanswered> for CallError {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::NotSent(why) => Self::NotSent(why),
            Unanswered::Lost(why) => Self::Lost(why),
            Unanswered::TooLong => Self::Fault("the answer is too long".to_owned()),
        }
    }
}

impl Ask {
    fn new<'a>(method: Method, path: impl IntoIterator<Item = &'a str>) -> Self {
        let path = path.into_iter().map(str::to_owned).collect();
        Self { method, path, query: Vec::new(), body: Given::Nothing }
    }

    pub(crate) fn get<'a>(path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post<'a>(path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Given::Json(body);
        self
    }

    pub(crate) fn picture(mut self, file: OutFile) -> Self {
        self.body = Given::Picture(file);
        self
    }

    fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&self.path);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }

    fn request(&self, http: &Client, base: &Url) -> RequestBuilder {
        let request = http.request(self.method.clone(), self.url(base));
        match &self.body {
            Given::Nothing => request.timeout(TIMEOUT),
            Given::Json(body) => request.json(body).timeout(TIMEOUT),
            Given::Picture(file) => {
                let longer = Duration::from_secs(file.size / SLOWEST_UPLOAD);
                let OutFile { name, mime, size, .. } = file;
                let of = PartOf { name, mime, size: *size };
                // An upload that broke is tried again, whoever broke it.
                let part = net::part(of, (file.open)(), &Broken::default());
                request.multipart(Form::new().part("uploadfile[]", part)).timeout(TIMEOUT + longer)
            }
        }
    }

    /// Asks once, with this token.
    pub(crate) async fn once(
        &self,
        http: &Client,
        base: &Url,
        access: &SecretString,
    ) -> Result<Answer, CallError> {
        let request = self.request(http, base).bearer_auth(access.expose_secret());
        let response = request.send().await.map_err(Unanswered::from)?;
        let status = response.status().as_u16();
        let left = number(response.headers(), "x-ratelimit-remaining");
        let wait = number(response.headers(), RETRY_AFTER.as_str());
        let body = match net::whole(response, MAX_ANSWER).await {
            Ok(body) => body,
            // The status alone says that it was refused.
            Err(_) if (400..500).contains(&status) => Bytes::new(),
            Err(error) => return Err(error.into()),
        };
        judge(status, &body, wait)?;
        Ok(Answer { body, left })
    }
}

impl Answer {
    /// What was done is done, though its answer cannot be read.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body)
            .map_err(|_| CallError::Fault("an answer that cannot be read".to_owned()))
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u32> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// What an answer means. Errors are `{"error":{"code","message"}}`; parts of Avito's API also answer
/// 200 with `{"result":{"status":false,"message"}}`.
fn judge(status: u16, body: &[u8], wait: Option<u32>) -> Result<(), CallError> {
    let told: Option<Value> = serde_json::from_slice(body).ok();
    let refusal = |status| {
        let message = told.as_ref().and_then(message).unwrap_or_else(|| format!("HTTP {status}"));
        Err(CallError::Refused(Refusal { status, message }))
    };
    match status {
        200..=299 => match &told {
            Some(told) if told.get("error").is_some_and(Value::is_object) => refusal(400),
            Some(told) if told.pointer("/result/status") == Some(&Value::Bool(false)) => {
                refusal(400)
            }
            _ => Ok(()),
        },
        408 => Err(CallError::Lost("HTTP 408".to_owned())),
        429 => {
            let wait = wait.map_or(USUAL_WAIT, |s| Duration::from_secs(s.into()));
            Err(CallError::Busy(wait.clamp(Duration::from_secs(1), LONGEST_WAIT)))
        }
        400..=499 => refusal(status),
        _ => Err(CallError::Fault(format!("HTTP {status}"))),
    }
}

/// The words of a refusal, shortened: they are shown to people.
pub(crate) fn message(told: &Value) -> Option<String> {
    let places = ["/error/message", "/result/message", "/error_description", "/message", "/error"];
    let said = places.iter().find_map(|place| told.pointer(place)?.as_str());
    said.map(str::trim).filter(|s| !s.is_empty()).map(|s| domain::text::shortened(s, 300))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, message: &str) -> Result<(), CallError> {
        Err(CallError::Refused(Refusal { status, message: message.to_owned() }))
    }

    #[test]
    fn cv_7_an_answer_is_success_refusal_or_lost() {
        let error = r#"{"error":{"code":403,"message":"Forbidden"}}"#;
        let fault = |text: &str| Err(CallError::Fault(text.to_owned()));
        let lost = |text: &str| Err(CallError::Lost(text.to_owned()));
        for (status, body, wait, expected) in [
            (200, r#"{"id":"a"}"#, None, Ok(())),
            (200, "", None, Ok(())),
            (200, error, None, refused(400, "Forbidden")),
            (200, r#"{"result":{"status":false,"message":"no"}}"#, None, refused(400, "no")),
            (403, error, None, refused(403, "Forbidden")),
            (402, "<html>", None, refused(402, "HTTP 402")),
            (401, r#"{"result":{"status":false,"message":"x"}}"#, None, refused(401, "x")),
            (429, error, Some(7), Err(CallError::Busy(Duration::from_secs(7)))),
            (429, "", None, Err(CallError::Busy(USUAL_WAIT))),
            (429, "", Some(999_999), Err(CallError::Busy(LONGEST_WAIT))),
            (500, error, None, fault("HTTP 500")),
            (504, "", None, fault("HTTP 504")),
            (302, "", None, fault("HTTP 302")),
            (408, "", None, lost("HTTP 408")),
        ] {
            assert_eq!(judge(status, body.as_bytes(), wait), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_address_keeps_the_path_of_its_base_and_escapes_ids() {
        let base = Url::parse("http://127.0.0.1:1/avito/").expect("a fixed address");
        let ask = Ask::get(["messenger", "v2", "accounts", "7", "chats", "u2i-a/../b~c?d"]);
        assert_eq!(
            ask.with("limit", "1").url(&base).as_str(),
            "http://127.0.0.1:1/avito/messenger/v2/accounts/7/chats/u2i-a%2F..%2Fb~c%3Fd?limit=1"
        );
    }
}
