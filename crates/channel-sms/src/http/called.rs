//! The webhook: its address, its proof, its body.
//!
//! None of the providers signs with a secret of ours, so the proof is a key in the address, as with
//! `https://…/hooks/sms/…?key=…`. It is made from the channel's secret and is not that secret, because
//! people copy this address into a provider's settings.

use std::collections::BTreeMap;

use channel::{Channel, ParseError, Request, VerifyError};
use secrecy::ExposeSecret;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::{Url, form_urlencoded};

const KEY: &str = "key";
/// Characters of the key: 160 bits.
const KEY_LENGTH: usize = 40;

/// A body as it was sent: JSON, or pairs of a form or of the address.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    Json(Value),
    Form(BTreeMap<String, String>),
}

/// The key that must stand in the address. `None` for a channel without a secret.
fn key(channel: &Channel) -> Option<String> {
    let secret = channel.hook_secret.expose_secret();
    if secret.is_empty() {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update("sms callback\n");
    hash.update(secret);
    Some(hex::encode(hash.finalize()).chars().take(KEY_LENGTH).collect())
}

/// The whole address for a provider.
pub(super) fn address(channel: &Channel, mut hook_url: Url) -> Url {
    if let Some(key) = key(channel) {
        hook_url.query_pairs_mut().append_pair(KEY, &key);
    }
    hook_url
}

pub(super) fn verify(channel: &Channel, request: &Request) -> Result<(), VerifyError> {
    let expected = key(channel).ok_or(VerifyError("the channel has no secret"))?;
    let given = form_urlencoded::parse(request.query.as_bytes())
        .find(|(name, _)| name == KEY)
        .map(|(_, value)| value.into_owned())
        .ok_or(VerifyError("no key in the address"))?;
    match bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
        true => Ok(()),
        false => Err(VerifyError("a wrong key in the address")),
    }
}

/// Reads the body by its content type, or by its look where that is missing or wrong.
pub(super) fn body(request: &Request) -> Result<Body, ParseError> {
    let text = std::str::from_utf8(&request.body)
        .map_err(|_| ParseError("no UTF-8 text".to_owned()))?
        .trim();
    let kind = request.header("content-type").unwrap_or_default();
    if text.starts_with(['{', '[']) || kind.starts_with("application/json") {
        return serde_json::from_str(text)
            .map(Body::Json)
            .map_err(|_| ParseError("no JSON".to_owned()));
    }
    let in_address = form_urlencoded::parse(request.query.as_bytes());
    let pairs = form_urlencoded::parse(text.as_bytes()).chain(in_address);
    let mut form: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in pairs.filter(|(name, _)| name != KEY) {
        form.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    Ok(Body::Form(form))
}
