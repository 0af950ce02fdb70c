//! How calls of the chats service and its webhooks are signed.
//!
//! Source: «Подпись запроса» of the chats documentation, whose worked example is the test below.

use domain::clock::Instant;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;

pub(super) const CONTENT_TYPE: &str = "application/json";

/// The headers that a call needs besides its content type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    /// RFC 2822; the service takes it for 15 minutes.
    pub(super) date: String,
    /// Lower hex, of the very bytes of the body; of nothing for GET.
    pub(super) content_md5: String,
    /// Lower hex.
    pub(super) signature: String,
}

/// `path` has neither host nor query.
pub(super) fn sign(
    secret: &SecretString,
    method: &str,
    path: &str,
    at: Instant,
    body: &[u8],
) -> Signed {
    let date = at.to_rfc2822();
    let content_md5 = hex::encode(Md5::digest(body));
    let text = format!("{method}\n{content_md5}\n{CONTENT_TYPE}\n{date}\n{path}");
    let signature = mac(secret, text.as_bytes())
        .map(|mac| hex::encode(mac.finalize().into_bytes()))
        .unwrap_or_default();
    Signed { date, content_md5, signature }
}

/// Whether `signature` is that of these bytes. Takes the same time whatever is wrong with it.
pub(super) fn is_of(secret: &SecretString, signature: &str, body: &[u8]) -> bool {
    let Ok(told) = hex::decode(signature.trim()) else { return false };
    mac(secret, body).is_some_and(|mac| mac.verify_slice(&told).is_ok())
}

/// HMAC takes a key of any length, so `None` is never seen.
fn mac(secret: &SecretString, text: &[u8]) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(text);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Example {
        secret: SecretString,
        method: String,
        path: String,
        date: String,
        body: String,
        content_md5: String,
        signature: String,
    }

    fn example() -> Example {
        serde_json::from_str(include_str!("fixtures/signature.json")).unwrap()
    }

    #[test]
    fn amo_13_a_call_is_signed_as_in_the_documented_example() {
        let e = example();
        let at = chrono::DateTime::parse_from_rfc2822(&e.date).unwrap().to_utc();
        let signed = sign(&e.secret, &e.method, &e.path, at, e.body.as_bytes());
        assert_eq!(
            signed,
            Signed { date: e.date, content_md5: e.content_md5, signature: e.signature }
        );
    }

    #[test]
    fn amo_13_only_the_signature_of_these_bytes_is_taken() {
        let secret = SecretString::from("s3cret");
        let right = hex::encode(mac(&secret, b"{}").unwrap().finalize().into_bytes());
        assert!(is_of(&secret, &right, b"{}"));
        assert!(is_of(&secret, &right.to_uppercase(), b"{}"));
        for (signature, body) in [
            (right.as_str(), b"{ }".as_slice()),
            ("", b"{}"),
            ("no hex", b"{}"),
            (right.get(..38).unwrap(), b"{}"),
        ] {
            assert!(!is_of(&secret, signature, body), "{signature}");
        }
        assert!(!is_of(&SecretString::from("other"), &right, b"{}"));
    }
}
