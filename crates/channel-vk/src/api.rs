//! One call of VK's API, with an exact answer to "was it accepted?".

use std::time::Duration;

use bytes::Bytes;
use net::http::{Client, RequestBuilder, Url, multipart::Form};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::json::Json;

/// The version whose shapes this driver reads; VK keeps old ones for years.
pub(crate) const VERSION: &str = "5.199";

/// The largest answer that is read.
const MAX_ANSWER: usize = 16 << 20;
const CALL: Duration = Duration::from_secs(30);

/// Parameters of a method.
pub(crate) type Params = Vec<(&'static str, String)>;

/// A community at its API server.
pub(crate) struct Api {
    pub(crate) http: Client,
    pub(crate) base: Url,
    pub(crate) token: SecretString,
}

/// Why a call brought no result.
pub(crate) type CallError = net::CallError<Refusal>;

/// `{"error":{…}}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) text: String,
}

impl Api {
    /// Calls a method. VK takes parameters as a form and answers 200 with `response` or `error`.
    pub(crate) async fn call(&self, method: &str, params: Params) -> Result<Value, CallError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["method", method]);
        }
        let own =
            [("access_token", self.token.expose_secret().to_owned()), ("v", VERSION.to_owned())];
        let form: Params = params.into_iter().chain(own).collect();
        let (status, body) = exchange(self.http.post(url).form(&form).timeout(CALL)).await?;
        answer(status, &body)
    }

    /// Puts a file where VK said it wants it. Such servers answer with an object of their own.
    pub(crate) async fn upload(
        &self,
        url: Url,
        form: Form,
        timeout: Duration,
    ) -> Result<Value, CallError> {
        let request = self.http.post(url).multipart(form).timeout(timeout);
        let (status, body) = exchange(request).await?;
        plain(status, &body)
    }

    /// Asks a long poll server.
    pub(crate) async fn poll(&self, url: Url, timeout: Duration) -> Result<Bytes, CallError> {
        let (status, body) = exchange(self.http.get(url).timeout(timeout)).await?;
        if status < 300 { Ok(body) } else { Err(CallError::Foreign(status)) }
    }
}

async fn exchange(request: RequestBuilder) -> Result<(u16, Bytes), CallError> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    Ok((status, net::whole(response, MAX_ANSWER).await?))
}

/// What an answer means. VK's own envelope decides; the status only where the body is somebody
/// else's. A 5xx is VK's gateway, which proves nothing about what stands behind it.
fn answer(status: u16, body: &[u8]) -> Result<Value, CallError> {
    let unreadable = || CallError::Lost(format!("HTTP {status} with an unreadable answer"));
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut answer)) => {
            if let Some(error) = answer.get("error").filter(|e| e.is_object()) {
                let code = error.int("error_code").unwrap_or_default();
                let text = error.text("error_msg").unwrap_or_default().to_owned();
                return Err(CallError::Refused(Refusal { code, text }));
            }
            answer.remove("response").ok_or_else(unreadable)
        }
        Ok(_) | Err(_) if status < 300 || status == 408 || status >= 500 => Err(unreadable()),
        Ok(_) | Err(_) => Err(CallError::Foreign(status)),
    }
}

fn plain(status: u16, body: &[u8]) -> Result<Value, CallError> {
    match serde_json::from_slice::<Value>(body) {
        Ok(answer) if status < 300 && answer.is_object() => Ok(answer),
        Ok(_) | Err(_) if (300..500).contains(&status) => Err(CallError::Foreign(status)),
        Ok(_) | Err(_) => Err(CallError::Lost(format!("HTTP {status} with an unreadable answer"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cv_7_an_answer_is_refused_foreign_or_lost() {
        let lost = |status| CallError::Lost(format!("HTTP {status} with an unreadable answer"));
        let refused =
            |code, text: &str| CallError::Refused(Refusal { code, text: text.to_owned() });
        for (status, body, expected) in [
            (200, r#"{"response":5}"#, Ok(json!(5))),
            (200, r#"{"response":{"code":"a"}}"#, Ok(json!({ "code": "a" }))),
            (
                200,
                r#"{"error":{"error_code":6,"error_msg":"Too many"}}"#,
                Err(refused(6, "Too many")),
            ),
            (200, r#"{"error":"x"}"#, Err(lost(200))),
            (200, "<html>", Err(lost(200))),
            (200, "", Err(lost(200))),
            (502, "<html>", Err(lost(502))),
            (504, "", Err(lost(504))),
            (302, "", Err(CallError::Foreign(302))),
            (404, "[]", Err(CallError::Foreign(404))),
        ] {
            assert_eq!(answer(status, body.as_bytes()), expected, "{status} {body}");
        }
    }
}
