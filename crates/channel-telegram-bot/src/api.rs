//! One call of the Bot API, with an exact answer to "was it accepted?".

use std::time::Duration;

use net::http::{Client, RequestBuilder, Response, Url, multipart::Form};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use teloxide::requests::Payload;

/// The largest answer that is read. A full `getUpdates` of 100 long texts is under 2 MB.
const MAX_ANSWER: usize = 16 << 20;

/// A bot at its Bot API server.
pub(crate) struct Api {
    pub(crate) http: Client,
    pub(crate) base: Url,
    pub(crate) token: SecretString,
}

/// Why a call brought no result.
pub(crate) type CallError = net::CallError<Refusal>;

/// `{"ok":false, …}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) description: String,
    pub(crate) retry_after: Option<Duration>,
    /// The group became another chat.
    pub(crate) migrated: bool,
}

impl Api {
    /// A call with teloxide's payload as JSON.
    pub(crate) async fn call<P, T>(&self, payload: &P, timeout: Duration) -> Result<T, CallError>
    where
        P: Payload + Serialize,
        T: DeserializeOwned,
    {
        let request = self.http.post(self.method_url(P::NAME)).json(payload);
        self.execute(request.timeout(timeout)).await
    }

    /// A call with JSON that is already made.
    pub(crate) async fn call_json<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &serde_json::Value,
        timeout: Duration,
    ) -> Result<T, CallError> {
        self.execute(self.http.post(self.method_url(method)).json(body).timeout(timeout)).await
    }

    /// A call with files.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        method: &str,
        form: Form,
        timeout: Duration,
    ) -> Result<T, CallError> {
        self.execute(self.http.post(self.method_url(method)).multipart(form).timeout(timeout)).await
    }

    /// Opens a file by the path that `getFile` told.
    pub(crate) async fn download(
        &self,
        path: &str,
        timeout: Duration,
    ) -> Result<Response, CallError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .push("file")
                .push(&format!("bot{}", self.token.expose_secret()));
            segments.extend(path.split('/'));
        }
        let response = self.http.get(url).timeout(timeout).send().await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        Err(answer::<()>(status, &net::whole(response, MAX_ANSWER).await?)
            .err()
            .unwrap_or(CallError::Foreign(status)))
    }

    fn method_url(&self, name: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&format!("bot{}", self.token.expose_secret()));
            segments.push(&documented_case(name));
        }
        url
    }

    async fn execute<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CallError> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        match net::whole(response, MAX_ANSWER).await {
            Ok(body) => answer(status, &body),
            Err(error) if status < 300 => Err(error.into()),
            Err(_) => Err(CallError::Foreign(status)),
        }
    }
}

/// teloxide names methods as its types (`GetMe`); the documentation writes `getMe`.
fn documented_case(name: &str) -> String {
    let mut chars = name.chars();
    match chars.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + chars.as_str(),
        None => String::new(),
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    ok: bool,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// What an answer means. `{"ok":…}` decides; the status only where the body is somebody else's.
fn answer<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, CallError> {
    let unreadable = || CallError::Lost(format!("HTTP {status} with an unreadable answer"));
    match serde_json::from_slice::<Answer<'_>>(body) {
        Ok(Answer { ok: true, result, .. }) => {
            let raw = result.map_or("null", RawValue::get);
            serde_json::from_str(raw).map_err(|_| unreadable())
        }
        Ok(Answer { error_code, description, parameters, .. }) => {
            Err(CallError::Refused(Refusal {
                code: error_code.unwrap_or(status),
                description,
                retry_after: parameters.retry_after.map(Duration::from_secs),
                migrated: parameters.migrate_to_chat_id.is_some(),
            }))
        }
        // A gateway that gave up waiting proves nothing about the server behind it.
        Err(_) if status < 300 || status == 408 || status == 504 => Err(unreadable()),
        Err(_) => Err(CallError::Foreign(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_7_an_answer_is_refused_foreign_or_lost() {
        let refused = |code, description: &str, retry_after: Option<u64>, migrated| {
            CallError::Refused(Refusal {
                code,
                description: description.to_owned(),
                retry_after: retry_after.map(Duration::from_secs),
                migrated,
            })
        };
        let lost = |status| CallError::Lost(format!("HTTP {status} with an unreadable answer"));
        for (status, body, expected) in [
            (200, r#"{"ok":true,"result":5}"#, Ok(5)),
            (200, r#"{"ok":true,"result":{"new":1}}"#, Err(lost(200))),
            (200, "<html>", Err(lost(200))),
            (200, "", Err(lost(200))),
            (504, "<html>", Err(lost(504))),
            (502, "<html>", Err(CallError::Foreign(502))),
            (302, "", Err(CallError::Foreign(302))),
            (
                429,
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}"#,
                Err(refused(429, "Too Many Requests", Some(7), false)),
            ),
            (
                400,
                r#"{"ok":false,"description":"upgraded","parameters":{"migrate_to_chat_id":-1001}}"#,
                Err(refused(400, "upgraded", None, true)),
            ),
        ] {
            assert_eq!(answer::<i64>(status, body.as_bytes()), expected, "{status} {body}");
        }
    }

    #[test]
    fn methods_are_written_as_documented() {
        assert_eq!(documented_case("GetWebhookInfo"), "getWebhookInfo");
        assert_eq!(documented_case("sendPhoto"), "sendPhoto");
    }

    #[test]
    fn the_token_and_a_path_of_the_base_stand_in_the_address() {
        let api = Api {
            http: net::client(net::Options::default()).expect("a plain client"),
            base: Url::parse("http://127.0.0.1:8081/tg/").expect("a fixed address"),
            token: "12345:abc".into(),
        };
        assert_eq!(api.method_url("GetMe").as_str(), "http://127.0.0.1:8081/tg/bot12345:abc/getMe");
    }
}
