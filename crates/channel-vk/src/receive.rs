//! The webhook role: VK's callback server. The proof is the secret in the body; the answer to every
//! event is exactly `ok`, or VK sends it again and at last switches the server off.

use bytes::Bytes;
use channel::{Channel, ParseError, Received, Reply, Request, VerifyError, Webhook};
use secrecy::ExposeSecret;
use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::{Vk, inbound, json::Json};

/// VK's secrets are of letters and digits, at most 50; ours has 43 characters of a slightly larger
/// alphabet, and loses one or two here.
pub(crate) fn secret(channel: &Channel) -> String {
    let ours = channel.hook_secret.expose_secret();
    ours.chars().filter(char::is_ascii_alphanumeric).take(50).collect()
}

impl Webhook for Vk {
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        let expected = secret(channel);
        if expected.is_empty() {
            return Err(VerifyError("the channel has no secret"));
        }
        let body: Value = serde_json::from_slice(&request.body)
            .map_err(|_| VerifyError("the body is no JSON, so it has no secret"))?;
        let given = body.text("secret").ok_or(VerifyError("no secret"))?;
        if bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
            Ok(())
        } else {
            Err(VerifyError("a wrong secret"))
        }
    }

    fn parse(&self, _channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        let raw = std::str::from_utf8(&request.body)
            .map_err(|_| ParseError("no UTF-8 text".to_owned()))?;
        let mut received = inbound::read(raw, self.clock.now())?;
        if received.reply == Reply::Empty {
            received.reply =
                Reply::Body { body: Bytes::from_static(b"ok"), content_type: "text/plain" };
        }
        Ok(received)
    }
}
