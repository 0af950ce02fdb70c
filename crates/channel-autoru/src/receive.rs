//! The webhook role: proof and reading.
//!
//! Auto.ru signs nothing. What it gives back is the address, whose path has an unguessable part of
//! ours (the house finds the channel by it), and `chat_id` in its query.

use channel::{Channel, ParseError, Received, Request, VerifyError, Webhook};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::{Autoru, inbound, settings};

const CHAT_ID: &str = "chat_id";

impl Webhook for Autoru {
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        let expected =
            settings::chat_id(channel).ok_or(VerifyError("the channel has no ChatId"))?;
        if request.method != "POST" {
            return Err(VerifyError("not a POST"));
        }
        let mut given = form_urlencoded::parse(request.query.as_bytes())
            .filter(|(name, _)| name == CHAT_ID)
            .map(|(_, value)| value);
        let (Some(given), None) = (given.next(), given.next()) else {
            return Err(VerifyError("not one chat_id"));
        };
        if bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
            Ok(())
        } else {
            Err(VerifyError("a wrong chat_id"))
        }
    }

    fn parse(&self, _channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        inbound::read(&request.body, self.clock.now())
    }
}
