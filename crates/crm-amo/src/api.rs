//! The account API v4: a call with the portal's token, and what its answer means.
//!
//! The status decides, never the body: 429 and 403 may come as HTML from the servers in front. A body
//! is read only to say *what* was refused.
//! Source: <https://www.amocrm.ru/developers/content/crm_platform/error-codes>.

use std::time::Duration;

use bytes::Bytes;
use crm::{Caller, CrmError};
use domain::{crm::PortalTrouble, text::Words};
use net::http::{
    Client, Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{
    http::{self, Answer, Request},
    options::{Options, below},
    refusal::{self, Refusal},
};

/// Calls of one portal.
pub(crate) struct Api<'a> {
    pub(crate) client: &'a Client,
    pub(crate) options: &'a Options,
    pub(crate) caller: &'a Caller<'a>,
}

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// 400 or 422: this request would be refused again.
    Refused(Refusal),
    /// 404: what it was about is not there.
    Absent,
    /// 504 of a reading: a smaller one may pass.
    TooHeavy,
    Crm(CrmError),
}

impl From<CrmError> for Failure {
    fn from(error: CrmError) -> Self {
        Self::Crm(error)
    }
}

impl Failure {
    /// Where nobody can mend the request.
    pub(crate) fn into_error(self) -> CrmError {
        match self {
            Self::Refused(refusal) => CrmError::Rejected { words: refusal::words(&refusal) },
            Self::Absent => rejected(
                "amoCRM не нашла то, к чему относится запрос.",
                "amoCRM has not found what the request is about.",
            ),
            Self::TooHeavy => CrmError::Retry { after: None, why: "HTTP 504".to_owned() },
            Self::Crm(error) => error,
        }
    }
}

pub(crate) fn rejected(ru: &str, en: &str) -> CrmError {
    CrmError::Rejected { words: Words::new(ru, en) }
}

/// Names and values of a query; PHP's brackets stand in the names.
pub(crate) type Query<'q> = &'q [(&'q str, &'q str)];

impl Api<'_> {
    /// What is there; `None`: an empty list or an unknown id, which amoCRM answers with 204.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Query<'_>,
    ) -> Result<Option<T>, Failure> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.get_url(url).await
    }

    /// As [`Api::get`], by an address that amoCRM named (`_links.next`), on the portal's own host.
    pub(crate) async fn get_url<T: DeserializeOwned>(
        &self,
        url: Url,
    ) -> Result<Option<T>, Failure> {
        let answer = self.call(Method::GET, url, None).await?;
        read(&Method::GET, &answer)
    }

    /// A change. `None`: done, and nothing to tell.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Option<T>, Failure> {
        let answer = self.call(method.clone(), self.url(path), Some(body)).await?;
        read(&method, &answer)
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        below(&self.caller.portal.base, &format!("api/v4/{path}"))
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let body = body.map(|body| (Bytes::from(body.to_string()), "application/json"));
        self.call_bytes(method, url, body).await
    }

    /// A call with a body of any kind.
    pub(crate) async fn call_bytes(
        &self,
        method: Method,
        url: Url,
        body: Option<(Bytes, &'static str)>,
    ) -> Result<Answer, Failure> {
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", self.caller.portal.token.expose_secret());
        let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| CrmError::TokenExpired)?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        let body = body.map(|(bytes, kind)| {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            bytes
        });
        let path = url.path().to_owned();
        let request = Request { method: method.clone(), url, headers, body };
        let answer = http::send(self.client, self.caller.gate, request).await?;
        judge(&method, &path, &answer).map(|()| answer)
    }
}

/// What the status means.
fn judge(method: &Method, path: &str, answer: &Answer) -> Result<(), Failure> {
    let stopped = |trouble| Err(CrmError::Disconnected { trouble }.into());
    let why = || format!("HTTP {}", answer.status);
    match answer.status {
        200..=299 => Ok(()),
        // The account has another address now; connecting again tells it.
        301 | 308 => stopped(PortalTrouble::ConnectAgain),
        300..=399 => Err(CrmError::Retry { after: None, why: why() }.into()),
        400 | 422 => Err(Failure::Refused(Refusal::read(answer.status, answer.json().as_ref()))),
        401 => Err(CrmError::TokenExpired.into()),
        402 => stopped(PortalTrouble::Unpaid),
        403 => forbidden(path, answer.json().as_ref()),
        404 => Err(Failure::Absent),
        // The request was not read to its end in time, or so says a server in front.
        408 => in_doubt(method, why()),
        429 => Err(CrmError::Retry { after: retry_after(answer), why: why() }.into()),
        400..=499 => Err(rejected(
            &format!("amoCRM не приняла запрос ({}).", why()),
            &format!("amoCRM has not taken the request ({}).", why()),
        )
        .into()),
        504 if method == Method::GET => Err(Failure::TooHeavy),
        _ => in_doubt(method, why()),
    }
}

/// A fault may strike after the change was made; a reading changes nothing.
fn in_doubt(method: &Method, why: String) -> Result<(), Failure> {
    Err(match *method {
        Method::GET => CrmError::Retry { after: None, why },
        _ => CrmError::Unknown { why },
    }
    .into())
}

/// These are for administrators alone.
const ADMIN_ONLY: [&str; 4] =
    ["/api/v4/users", "/api/v4/webhooks", "/api/v4/contacts/chats", "/api/v4/sources"];

/// Four troubles have one status, and a person mends each elsewhere. Code 113 is in the documentation,
/// and that files need a permission of their own; that a block answers with a page and a lack of rights
/// with JSON is our reading.
fn forbidden(path: &str, body: Option<&Value>) -> Result<(), Failure> {
    let stopped = |trouble| Err(CrmError::Disconnected { trouble }.into());
    let Some(body) = body else { return stopped(PortalTrouble::Blocked) };
    if is_113(body) {
        return stopped(PortalTrouble::AddressRefused);
    }
    // Everything but files goes on.
    if is_of_files(path) {
        return Err(no_files().into());
    }
    let for_admins = ADMIN_ONLY.iter().any(|start| path.contains(start));
    stopped(if for_admins { PortalTrouble::NoRights } else { PortalTrouble::Blocked })
}

/// The files service, and what hangs a file on a card.
fn is_of_files(path: &str) -> bool {
    path.contains("/v1.0/") || path.ends_with("/files")
}

/// The integration was connected without the permission for files.
pub(crate) fn no_files() -> CrmError {
    rejected(
        "amoCRM не дала доступа к файлам. Разрешите интеграции файлы и подключите заново.",
        "amoCRM gives no access to files. Allow the integration files and connect again.",
    )
}

/// The code of an account that lets only known network addresses in.
pub(crate) fn is_113(body: &Value) -> bool {
    let places = ["/code", "/error_code", "/response/error_code"];
    places.iter().filter_map(|place| body.pointer(place)).any(|code| match code {
        Value::Number(code) => code.as_i64() == Some(113),
        Value::String(code) => code == "113",
        _ => false,
    })
}

/// Nobody is believed that a second's limit lasts longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// amoCRM documents no such header; a server in front may send one.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// The body of an answer that was good.
fn read<T: DeserializeOwned>(method: &Method, answer: &Answer) -> Result<Option<T>, Failure> {
    if answer.body.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(&answer.body) {
        Ok(body) => Ok(Some(body)),
        Err(error) => Err(unreadable(method, &error.to_string()).into()),
    }
}

/// An answer without what it must have.
pub(crate) fn unreadable(method: &Method, why: &str) -> CrmError {
    let why = format!("an answer that cannot be read: {why}");
    match *method {
        Method::GET => CrmError::Retry { after: None, why },
        _ => CrmError::Unknown { why },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(method: Method, path: &str, status: u16, body: &str) -> Result<(), Failure> {
        let body = Bytes::from(body.to_owned());
        judge(&method, path, &Answer { status, headers: HeaderMap::new(), body })
    }

    fn retry(status: u16) -> Result<(), Failure> {
        Err(CrmError::Retry { after: None, why: format!("HTTP {status}") }.into())
    }

    fn stopped(trouble: PortalTrouble) -> Result<(), Failure> {
        Err(CrmError::Disconnected { trouble }.into())
    }

    /// CRM-6: what happens next is told by the status, whatever the body looks like.
    #[test]
    fn crm_6_the_status_says_what_happens_next() {
        let page = "<html><h1>429 Too Many Requests</h1></html>";
        let leads = "/api/v4/leads";
        for (method, status, body, expected) in [
            (Method::GET, 200, "", Ok(())),
            (Method::POST, 201, "{}", Ok(())),
            (Method::PUT, 202, "", Ok(())),
            (Method::GET, 204, "", Ok(())),
            (Method::GET, 429, page, retry(429)),
            (Method::POST, 429, page, retry(429)),
            (Method::POST, 429, r#"{"title":"ok","status":200}"#, retry(429)),
            (Method::GET, 401, "{}", Err(CrmError::TokenExpired.into())),
            (Method::GET, 401, page, Err(CrmError::TokenExpired.into())),
            (Method::GET, 402, "", stopped(PortalTrouble::Unpaid)),
            (Method::GET, 403, page, stopped(PortalTrouble::Blocked)),
            (Method::GET, 403, r#"{"status":403}"#, stopped(PortalTrouble::Blocked)),
            (Method::GET, 404, "{}", Err(Failure::Absent)),
            (Method::GET, 500, page, retry(500)),
            (Method::GET, 504, page, Err(Failure::TooHeavy)),
            (Method::GET, 408, page, retry(408)),
            (Method::GET, 301, "", stopped(PortalTrouble::ConnectAgain)),
            (Method::POST, 302, "", retry(302)),
        ] {
            assert_eq!(judged(method.clone(), leads, status, body), expected, "{method} {status}");
        }
        for status in [408, 500, 502, 503, 504] {
            let unknown = CrmError::Unknown { why: format!("HTTP {status}") };
            assert_eq!(judged(Method::PATCH, leads, status, page), Err(unknown.into()));
        }
    }

    #[test]
    fn crm_6_four_kinds_of_403_are_told_apart() {
        let users = "/a/ecoles/api/v4/users";
        let refused = |path: &str, body: Value| judged(Method::GET, path, 403, &body.to_string());
        assert_eq!(refused(users, json!({"status": 403})), stopped(PortalTrouble::NoRights));
        assert_eq!(judged(Method::GET, users, 403, "<html>"), stopped(PortalTrouble::Blocked));
        for body in [
            json!({"response": {"error_code": 113}}),
            json!({"error_code": "113"}),
            json!({"code": 113}),
        ] {
            assert_eq!(refused("/api/v4/leads", body), stopped(PortalTrouble::AddressRefused));
        }
        // CRM-4: without the permission for files everything else goes on.
        for path in ["/drive/v1.0/sessions", "/a/ecoles/api/v4/leads/5/files"] {
            let no_files = Err(no_files().into());
            assert_eq!(refused(path, json!({"status": 403})), no_files, "{path}");
            assert_eq!(judged(Method::PUT, path, 403, "<html>"), stopped(PortalTrouble::Blocked));
        }
    }

    /// Of a server in front, since amoCRM itself names none.
    #[test]
    fn crm_6_a_pause_is_kept_as_it_is_told_but_not_for_days() {
        let told = |seconds: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(seconds).expect("a header"));
            retry_after(&Answer { status: 429, headers, body: Bytes::new() })
        };
        assert_eq!(told("7"), Some(Duration::from_secs(7)));
        assert_eq!(told("18446744073709551615"), Some(LONGEST_PAUSE));
        assert_eq!(told("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
