//! The webhook role: proof and reading.

use channel::{Channel, ParseError, Received, Request, VerifyError, Webhook};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::{TelegramBot, inbound};

/// Telegram repeats here the `secret_token` of `setWebhook`
/// (<https://core.telegram.org/bots/api#setwebhook>).
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

impl Webhook for TelegramBot {
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        let expected = channel.hook_secret.expose_secret().as_bytes();
        if expected.is_empty() {
            return Err(VerifyError("the channel has no secret"));
        }
        let given = request.header(SECRET_HEADER).ok_or(VerifyError("no secret token"))?;
        if bool::from(given.as_bytes().ct_eq(expected)) {
            Ok(())
        } else {
            Err(VerifyError("a wrong secret token"))
        }
    }

    /// The answer stays empty: a JSON body would be taken for a method call
    /// (<https://core.telegram.org/bots/api#making-requests-when-getting-updates>).
    fn parse(&self, _channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        let text = std::str::from_utf8(&request.body)
            .map_err(|_| ParseError("no UTF-8 text".to_owned()))?;
        inbound::read(text, self.clock.now())
    }
}
