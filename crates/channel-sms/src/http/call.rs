//! One call of a provider, with an exact answer to "was it done?".

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use net::http::{RequestBuilder, Response, StatusCode, Url, header};
use serde_json::Value;

use super::{fault::Fault, provider::Line};

/// The largest answer that is read: a list of two thousand messages is under 2 MB.
const LONGEST: usize = 8 << 20;
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
    request: impl Fn(Url) -> RequestBuilder,
) -> Result<Answer, Fault> {
    let mut last = Fault::NotSent("the provider has no address".to_owned());
    for host in &line.hosts {
        let Ok(url) = host.join(path) else { continue };
        match request(url).send().await {
            Ok(response) => return whole(response).await,
            Err(error) => last = transport(error),
        }
        // Whatever else went wrong may have been heard.
        if !matches!(last, Fault::NotSent(_)) {
            break;
        }
    }
    Err(last)
}

async fn whole(response: Response) -> Result<Answer, Fault> {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let body = match body(response).await {
        Ok(body) => serde_json::from_slice(&body).unwrap_or(Value::Null),
        // A refusal is a refusal without its words.
        Err(_) if status == StatusCode::TOO_MANY_REQUESTS => Value::Null,
        Err(fault) => return Err(fault),
    };
    Ok(Answer { status: status.as_u16(), body, retry_after })
}

async fn body(response: Response) -> Result<Bytes, Fault> {
    let mut stream = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        // The request was heard, so no failure from here on is "not sent".
        body.extend_from_slice(&chunk.map_err(|error| Fault::Lost(net::error_text(error)))?);
        if body.len() > LONGEST {
            return Err(Fault::Lost("the answer is too long".to_owned()));
        }
    }
    Ok(body.into())
}

/// A failure without an answer. Only a failed connection proves that nothing was sent.
fn transport(error: net::http::Error) -> Fault {
    let not_sent = error.is_connect() || error.is_builder();
    let text = net::error_text(error);
    if not_sent { Fault::NotSent(text) } else { Fault::Lost(text) }
}
