//! The webhook role: proof, reading, and the one answer that Viber reads.

use channel::{Channel, ParseError, Received, Reply, Request, VerifyError, Webhook};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::{Viber, inbound, settings};

/// HMAC-SHA256 of the body as it came, with the bot's token for a key, in hexadecimal digits
/// (<https://developers.viber.com/docs/api/rest-bot-api/#callbacks>).
const SIGNATURE_HEADER: &str = "x-viber-content-signature";

impl Webhook for Viber {
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        let token = settings::token(channel).ok_or(VerifyError("the channel has no token"))?;
        let given = request.header(SIGNATURE_HEADER).ok_or(VerifyError("no signature"))?;
        let given = hex::decode(given).map_err(|_| VerifyError("a broken signature"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes())
            .map_err(|_| VerifyError("the token cannot be a key"))?;
        mac.update(&request.body);
        // In constant time.
        mac.verify_slice(&given).map_err(|_| VerifyError("a wrong signature"))
    }

    fn parse(&self, channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        let text = std::str::from_utf8(&request.body)
            .map_err(|_| ParseError("no UTF-8 text".to_owned()))?;
        let heard = inbound::read(text, self.clock.now())?;
        let reply = if heard.may_welcome { welcome(channel) } else { Reply::Empty };
        Ok(Received { events: heard.events, quarantined: heard.quarantined, reply })
    }
}

/// The only message that may go to a person who is not subscribed: it is the answer's body
/// (<https://developers.viber.com/docs/api/rest-bot-api/#sending-a-welcome-message>). Reading is
/// pure, so the bot's own name is not at hand here.
fn welcome(channel: &Channel) -> Reply {
    let Some(text) = settings::welcome(channel) else { return Reply::Empty };
    let sender = settings::sender(channel).unwrap_or(&channel.name);
    let message = json!({
        "type": "text",
        "text": text,
        "sender": { "name": settings::as_sender(sender) },
    });
    Reply::Body { body: message.to_string().into(), content_type: "application/json" }
}
