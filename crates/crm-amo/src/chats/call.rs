//! One call of the chats service, signed; what its answer means.

use bytes::Bytes;
use crm::{Caller, ChatChannel, CrmError};
use domain::{crm::PortalTrouble, text::Words};
use net::http::{
    Client, Method,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use super::signature::{self, sign};
use crate::{
    http::{self, Answer, Request},
    options::below,
};

const BASE: &str = "/v2/origin/custom/";
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
/// How much of a refusal is told to people.
const TOLD: usize = 300;

/// The channel of a portal, to call it.
pub(super) struct Service<'a> {
    http: &'a Client,
    caller: &'a Caller<'a>,
    pub(super) channel: &'a ChatChannel,
}

impl<'a> Service<'a> {
    pub(super) fn of(http: &'a Client, caller: &'a Caller<'a>) -> Result<Self, CrmError> {
        let channel = caller.portal.chats.as_ref().ok_or_else(refused)?;
        Ok(Self { http, caller, channel })
    }

    /// The path of a call about the channel itself, before it is connected.
    pub(super) fn channel_path(&self, call: &str) -> String {
        format!("{BASE}{}/{call}", self.channel.channel_id)
    }

    /// The path of a call within the portal's connection.
    pub(super) fn scope(&self, call: &str) -> Result<String, CrmError> {
        let scope = self.channel.scope_id.as_ref().ok_or_else(refused)?;
        Ok(if call.is_empty() { format!("{BASE}{scope}") } else { format!("{BASE}{scope}/{call}") })
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, CrmError> {
        self.send(Method::POST, path, "", body.to_string().into()).await
    }

    pub(super) async fn delete(&self, path: &str, body: &Value) -> Result<Answer, CrmError> {
        self.send(Method::DELETE, path, "", body.to_string().into()).await
    }

    pub(super) async fn get(&self, path: &str, query: &str) -> Result<Answer, CrmError> {
        self.send(Method::GET, path, query, Bytes::new()).await
    }

    /// The date in it is good for a quarter of an hour, and the gate refuses rather than hold a call
    /// for so long.
    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &str,
        body: Bytes,
    ) -> Result<Answer, CrmError> {
        let now = self.caller.gate.now();
        let signed = sign(&self.channel.secret, method.as_str(), path, now, &body);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(signature::CONTENT_TYPE));
        for (name, value) in [
            (DATE, signed.date),
            (CONTENT_MD5, signed.content_md5),
            (X_SIGNATURE, signed.signature),
        ] {
            headers.insert(name, HeaderValue::from_str(&value).map_err(|_| unsendable())?);
        }
        let mut url = below(&self.channel.base, path.trim_start_matches('/'));
        url.set_query((!query.is_empty()).then_some(query));
        let body = (!body.is_empty()).then_some(body);
        http::send(self.http, self.caller.gate, Request { method, url, headers, body }).await
    }
}

/// Of a call about the channel itself, or about a scope alone, a refusal of whoever calls says that there is
/// no such channel: what was to be shown is not refused, and is shown when it is connected again.
pub(super) fn of_channel(answer: Answer) -> Result<Answer, CrmError> {
    if matches!(answer.status, 401 | 403 | 404) { Err(refused()) } else { accepted(answer) }
}

/// The same of a call about one message, which may be what is not there. What became of a message is told
/// by every channel: who may not tell it is not known.
pub(super) fn of_message(answer: Answer) -> Result<Answer, CrmError> {
    if answer.status == 404 { accepted(answer) } else { of_channel(answer) }
}

/// By the status alone: bodies of refusals are not documented. One of what a channel may lack, such as
/// reactions, says nothing of its messages.
pub(super) fn accepted(answer: Answer) -> Result<Answer, CrmError> {
    let why = format!("HTTP {}", answer.status);
    match answer.status {
        200..=299 => Ok(answer),
        429 => Err(CrmError::Retry { after: None, why }),
        408 | 500..=599 => Err(CrmError::Unknown { why }),
        status => {
            let text = String::from_utf8_lossy(&answer.body);
            let said = domain::text::shortened(text.trim(), TOLD);
            Err(CrmError::Rejected {
                words: Words::new(
                    format!("amoCRM не приняла запрос к чатам (HTTP {status}): {said}"),
                    format!("amoCRM did not take a call of its chats (HTTP {status}): {said}"),
                ),
            })
        }
    }
}

fn refused() -> CrmError {
    CrmError::Disconnected { trouble: PortalTrouble::ChatsRefused }
}

fn unsendable() -> CrmError {
    CrmError::Rejected {
        words: Words::new(
            "Секрет или токен содержит недопустимые символы.",
            "The secret or the token holds characters that cannot be sent.",
        ),
    }
}
