//! One call over the network, and its line in the log of the conversation.
//!
//! Whatever CRM service is meant: the caller brings the headers and reads the answer. Here are the
//! turn ([`crm::Gate`]), the body up to a limit, the time, and the question that decides about repeats:
//! was it surely not done, or is the outcome unknown?

use bytes::Bytes;
use crm::{Call, CrmError, Gate};
use futures::StreamExt;
use net::http::{Client, Method, Response, header::HeaderMap};
use serde_json::Value;
use url::Url;

/// The largest answer that is read: 250 contacts with all their fields are under 2 MB.
const MAX_ANSWER: usize = 16 << 20;
/// What of a body is kept in the log.
const SHOWN: usize = 4 << 10;

/// What is sent. Headers are never logged.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// What came back, with any status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as JSON; `None`: it is something else, such as the HTML of a proxy.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Makes the call when its turn comes. An error says what may be done next; any status is an answer.
pub(crate) async fn send(
    client: &Client,
    gate: &dyn Gate,
    request: Request,
) -> Result<Answer, CrmError> {
    gate.admit().await?;
    let reads = request.method == Method::GET;
    let at = gate.now();
    let mut call = Call {
        method: request.method.to_string(),
        path: shown_path(&request.url),
        request: request.body.as_deref().map(shown),
        status: None,
        answer: None,
        error: None,
        at,
        took_ms: 0,
    };
    let outcome = exchange(client, request).await;
    call.took_ms = Call::took(at, gate.now());
    match &outcome {
        Ok(answer) => {
            call.status = Some(answer.status);
            call.answer = (!answer.body.is_empty()).then(|| shown(&answer.body));
        }
        Err(Broken::NotSent(why) | Broken::Unanswered(why)) => call.error = Some(why.clone()),
    }
    gate.record(call);
    outcome.map_err(|broken| match broken {
        Broken::NotSent(why) => CrmError::Retry { after: None, why },
        // Reading changes nothing, so it may be repeated whatever became of it.
        Broken::Unanswered(why) if reads => CrmError::Retry { after: None, why },
        Broken::Unanswered(why) => CrmError::Unknown { why },
    })
}

enum Broken {
    /// Only a failed connection proves that nothing reached the service.
    NotSent(String),
    Unanswered(String),
}

async fn exchange(client: &Client, request: Request) -> Result<Answer, Broken> {
    let mut builder = client.request(request.method, request.url).headers(request.headers);
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let response = builder.send().await.map_err(broken)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    match read(response).await {
        Ok(body) => Ok(Answer { status, headers, body }),
        // The status alone already says that it was refused.
        Err(_) if status >= 300 => Ok(Answer { status, headers, body: Bytes::new() }),
        Err(error) => Err(error),
    }
}

fn broken(error: net::http::Error) -> Broken {
    let not_sent = error.is_connect() || error.is_builder();
    let why = net::error_text(error);
    if not_sent { Broken::NotSent(why) } else { Broken::Unanswered(why) }
}

async fn read(response: Response) -> Result<Bytes, Broken> {
    let mut stream = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(broken)?);
        if body.len() > MAX_ANSWER {
            return Err(Broken::Unanswered("the answer is too long".to_owned()));
        }
    }
    Ok(body.into())
}

/// Path and query. The address of an upload is its own permission and is cut off.
fn shown_path(url: &Url) -> String {
    let path = match url.path().split_once("/sessions/upload/") {
        Some((head, _)) => format!("{head}/sessions/upload/…"),
        None => url.path().to_owned(),
    };
    match url.query() {
        Some(query) => {
            let pairs: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("{path}?{}", pairs.join("&"))
        }
        None => path,
    }
}

/// Of a body: JSON without its secrets, or text, cut; of anything else its length.
fn shown(body: &[u8]) -> Value {
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        hide(&mut value);
        let text = value.to_string();
        return if text.len() <= SHOWN { value } else { Value::String(cut(&text)) };
    }
    match std::str::from_utf8(body) {
        Ok(text) => Value::String(cut(text)),
        Err(_) => Value::String(format!("{} bytes", body.len())),
    }
}

fn cut(text: &str) -> String {
    let mut kept = SHOWN;
    while !text.is_char_boundary(kept.min(text.len())) {
        kept -= 1;
    }
    match text.get(..kept) {
        Some(head) if head.len() < text.len() => format!("{head}…"),
        _ => text.to_owned(),
    }
}

/// Names whose values let somebody in. `destination` is our webhook's address, which is its own
/// password, since amoCRM does not sign these webhooks.
const SECRET: [&str; 7] = [
    "access_token",
    "refresh_token",
    "client_secret",
    "secret",
    "destination",
    "upload_url",
    "next_url",
];

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if SECRET.contains(&name.as_str()) && value.is_string() {
                    *value = Value::String("***".to_owned());
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// CRM-6: the log shows what was sent and answered, and lets nobody in.
    #[test]
    fn crm_6_bodies_in_the_log_have_no_secrets_and_an_end() {
        let body = json!({
            "destination": "https://beseda.test/hooks/crm/secret",
            "settings": ["add_lead"],
            "_embedded": { "next_url": "https://drive.test/t", "phone": "+79161234567" },
        });
        assert_eq!(
            shown(body.to_string().as_bytes()),
            json!({
                "destination": "***",
                "settings": ["add_lead"],
                "_embedded": { "next_url": "***", "phone": "+79161234567" },
            })
        );
        let long = json!({ "text": "я".repeat(5000) }).to_string();
        let Value::String(text) = shown(long.as_bytes()) else { panic!("a cut text") };
        assert!(text.len() <= SHOWN + 3 && text.ends_with('…'));
        assert_eq!(shown(&[0xff, 0xfe]), json!("2 bytes"));
        assert_eq!(shown(b"<html>"), json!("<html>"));
    }

    #[test]
    fn crm_6_paths_in_the_log_are_readable_and_open_no_upload() {
        let url = |text: &str| Url::parse(text).expect("an address");
        assert_eq!(
            shown_path(&url(
                "https://a.amocrm.ru/api/v4/leads?filter%5Bid%5D%5B%5D=1&with=contacts"
            )),
            "/api/v4/leads?filter[id][]=1&with=contacts"
        );
        assert_eq!(
            shown_path(&url("https://drive-b.amocrm.ru/v1.0/sessions/upload/eyJ0")),
            "/v1.0/sessions/upload/…"
        );
    }
}
