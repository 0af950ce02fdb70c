//! How requests of the chats API and its webhooks are signed.
//!
//! Source: "Подпись запроса" of the chats documentation, whose worked example is the test below.

use axum::http::HeaderMap;
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;

/// How far the `Date` of a request may be from the clock, either way.
const WINDOW_SECONDS: i64 = 15 * 60;

/// Lower hex MD5 of the very bytes of a body; of the empty string for GET.
pub fn content_md5(body: &[u8]) -> String {
    hex::encode(Md5::digest(body))
}

/// `X-Signature` of the webhook: HMAC-SHA1 of the raw body.
pub fn sign_body(secret: &str, body: &[u8]) -> String {
    hex::encode(mac(secret, body).finalize().into_bytes())
}

fn mac(secret: &str, message: &[u8]) -> Hmac<Sha1> {
    let key = secret.as_bytes();
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac
}

/// What is signed of one request. `path` has neither host nor query.
pub(super) struct Signed<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// Why a request is not taken; the text goes to the caller and into the journal.
///
/// `now` is told by two clocks, and one has to agree: a caller in real time stays in the right when
/// a person has put the sandbox's clock forward.
pub(super) fn verify(request: &Signed<'_>, secret: &str, now: [i64; 2]) -> Result<(), String> {
    let header = |name: &str| {
        let value = request.headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or_else(|| format!("the header {name} is missing"))
    };
    let (date, kind) = (header("Date")?, header("Content-Type")?);
    let (told_md5, told_signature) = (header("Content-MD5")?, header("X-Signature")?);

    let at = DateTime::parse_from_rfc2822(date)
        .map_err(|_| format!("the Date {date:?} is not a date of RFC 2822"))?;
    let apart = now.map(|now| (now - at.timestamp()).abs()).into_iter().min().unwrap_or(0);
    if apart > WINDOW_SECONDS {
        return Err(format!("the Date is {apart} s away, and 900 s are the most"));
    }
    if kind != "application/json" {
        return Err(format!("the Content-Type is {kind:?}, not application/json"));
    }
    let md5 = content_md5(request.body);
    if told_md5 != md5 {
        return Err(format!("the Content-MD5 of these bytes is {md5}, not {told_md5}"));
    }
    let message = format!("{}\n{md5}\n{kind}\n{date}\n{}", request.method, request.path);
    // Lower hex is what the documentation shows; upper case is another signature.
    if told_signature != hex::encode(mac(secret, message.as_bytes()).finalize().into_bytes()) {
        return Err("the X-Signature is not that of this request".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const SECRET: &str = "f2d7f8704eff95087ed45b23ba99c0b5aac8278e";
    const PATH: &str = "/v2/origin/custom/344a5002-f8ca-454d-af3d-396180102ac7/connect";
    const BODY: &str = r#"{"account_id":"52e591f7-c98f-4255-8495-827210138c81","title":"ChatsIntegration","hook_api_version":"v2"}"#;
    const AT: i64 = 1_639_609_975;

    fn documented() -> HeaderMap {
        HeaderMap::from_iter(
            [
                ("date", "Wed, 15 Dec 2021 23:12:55 +0000"),
                ("content-type", "application/json"),
                ("content-md5", "2fbcb3c652b61e24e004daddfc73d0ce"),
                ("x-signature", "81211856ce0c5095f3e1a90c0a38dc9d736cfd55"),
            ]
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))),
        )
    }

    fn verified(headers: &HeaderMap, body: &str, path: &str, now: i64) -> Result<(), String> {
        verify(&Signed { method: "POST", path, headers, body: body.as_bytes() }, SECRET, [now; 2])
    }

    #[test]
    fn amo_13_the_documented_example_is_taken_and_anything_changed_in_it_is_not() {
        let good = documented();
        assert_eq!(verified(&good, BODY, PATH, AT), Ok(()));
        assert_eq!(verified(&good, BODY, PATH, AT + 900), Ok(()));
        let refused = |headers: &HeaderMap, body: &str, path: &str, now: i64, why: &str| {
            let told = verified(headers, body, path, now).unwrap_err();
            assert!(told.contains(why), "{told}");
        };
        refused(&good, BODY, PATH, AT + 901, "Date");
        refused(&good, BODY, PATH, AT - 901, "Date");
        refused(&good, &BODY.replace(':', ": "), PATH, AT, "Content-MD5");
        refused(&good, BODY, "/v2/origin/custom/other/connect", AT, "X-Signature");
        let request = Signed { method: "POST", path: PATH, headers: &good, body: BODY.as_bytes() };
        assert_eq!(verify(&request, SECRET, [AT + 86_400, AT]), Ok(()), "one clock is enough");
        for name in ["date", "content-type", "content-md5", "x-signature"] {
            let mut headers = documented();
            headers.remove(name);
            assert!(verified(&headers, BODY, PATH, AT).is_err(), "{name}");
        }
        // The same moment written otherwise is another signed text.
        let mut headers = documented();
        headers.insert("date", HeaderValue::from_static("Thu, 16 Dec 2021 02:12:55 +0300"));
        refused(&headers, BODY, PATH, AT, "X-Signature");
    }
}
