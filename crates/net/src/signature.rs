//! Signatures of outgoing webhooks, by the Standard Webhooks specification
//! (<https://github.com/standard-webhooks/standard-webhooks>): HMAC-SHA256 over `id.timestamp.body`,
//! so that receivers check them with ready-made libraries.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

/// A secret's text begins with it.
const PREFIX: &str = "whsec_";

/// What a receiver checks signatures with.
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

impl SigningSecret {
    /// From random bytes; the specification wants 24 to 64.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec().into())
    }

    pub fn from_slice(bytes: &[u8]) -> Self {
        Self(bytes.to_vec().into())
    }

    pub fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The form that the receiver's library takes: `whsec_…`.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.bytes()))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (24..=64).contains(&bytes.len()).then(|| Self::from_slice(&bytes))
    }
}

/// The value of the header `webhook-signature`: one signature per secret, so that a receiver may
/// change over from one to the other.
pub fn sign(secrets: &[SigningSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .filter_map(|secret| Hmac::<Sha256>::new_from_slice(secret.bytes()).ok())
        .map(|mut mac| {
            mac.update(id.as_bytes());
            mac.update(b".");
            mac.update(timestamp.to_string().as_bytes());
            mac.update(b".");
            mac.update(body);
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        })
        .collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn ad_2_the_published_example_is_met() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign(
            &[secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn ad_2_two_secrets_make_two_signatures_while_one_is_replaced() {
        let secrets = [SigningSecret::new([1; 32]), SigningSecret::new([2; 32])];
        let both = sign(&secrets, "a", 1, b"{}");
        let [first, second] = secrets.map(|s| sign(&[s], "a", 1, b"{}"));
        assert_eq!(both, format!("{first} {second}"));
        assert_ne!(first, second);
    }

    #[test]
    fn a_secret_round_trips_and_short_ones_are_refused() {
        let secret = SigningSecret::new([7; 32]);
        assert_eq!(SigningSecret::parse(&secret.text()).unwrap().bytes(), [7; 32]);
        for text in ["", "whsec_", "whsec_AAAA", "AAAA", "whsec_!!"] {
            assert!(SigningSecret::parse(text).is_none(), "{text}");
        }
    }
}
