//! The webhook role: proof and reading (<https://developers.avito.ru>, `postWebhookV3`).

use bytes::Bytes;
use channel::{Channel, ParseError, Quarantined, Received, Request, VerifyError, Webhook};
use domain::text::Words;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::{
    Avito,
    inbound::{self, About},
    wire::{Event, Message},
};

/// The parameter of the webhook's address that holds the channel's secret.
pub(crate) const SECRET: &str = "s";

impl Webhook for Avito {
    /// By the secret in the address. The header `x-avito-messenger-signature` is not looked at: how
    /// it is made is not published.
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        let expected = channel.hook_secret.expose_secret().as_bytes();
        if expected.is_empty() {
            return Err(VerifyError("the channel has no secret"));
        }
        let mut pairs = form_urlencoded::parse(request.query.as_bytes());
        let given = pairs.find(|(name, _)| name == SECRET);
        let (_, given) = given.ok_or(VerifyError("no secret in the address"))?;
        if bool::from(given.as_bytes().ct_eq(expected)) {
            Ok(())
        } else {
            Err(VerifyError("a wrong secret in the address"))
        }
    }

    fn parse(&self, channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        let wrong = |what: &str| ParseError(what.to_owned());
        let text = std::str::from_utf8(&request.body).map_err(|_| wrong("no UTF-8 text"))?;
        if is_probe(text) {
            return Ok(Received::default());
        }
        let event: Event<'_> =
            serde_json::from_str(text).map_err(|_| wrong("no event of Avito's messenger"))?;
        let payload = event.payload.ok_or_else(|| wrong("an event without a payload"))?;
        let raw = payload.value.map_or("", |raw| raw.get());
        let aside = |ru: &str, en: &str| {
            let id = event.id.as_ref().ok_or_else(|| wrong(en))?;
            let quarantined = Quarantined {
                external_id: format!("event:{id}"),
                reason: Words::new(ru, en),
                body: Bytes::copy_from_slice(text.as_bytes()),
            };
            Ok(Received { quarantined: vec![quarantined], ..Received::default() })
        };
        if payload.kind.as_deref() != Some("message") {
            return aside(
                "Авито прислал событие неизвестного вида.",
                "Avito sent an event of an unknown kind.",
            );
        }
        let Ok(message) = serde_json::from_str::<Message>(raw) else {
            return aside(
                "Авито прислал сообщение, которое нельзя прочитать.",
                "Avito sent a message that cannot be read.",
            );
        };
        let us = channel.external_id.as_deref().and_then(|id| id.parse().ok());
        if message.user_id.is_some() && us.is_some() && message.user_id != us {
            return aside(
                "Сообщение пришло для другого аккаунта Авито.",
                "The message is of another Avito account.",
            );
        }
        let Some(us) = message.user_id.or(us) else {
            return aside(
                "В сообщении Авито нет аккаунта.",
                "A message of Avito does not tell its account.",
            );
        };
        let about = About { us, ..About::default() };
        match inbound::event(&message, &about, raw, self.clock.now()) {
            Some(event) => Ok(Received { events: vec![event], ..Received::default() }),
            None => aside(
                "В сообщении Авито нет номера или чата.",
                "A message of Avito has no id or no chat.",
            ),
        }
    }
}

/// Avito looks whether we answer by sending `{}`.
fn is_probe(text: &str) -> bool {
    text.trim()
        .strip_prefix('{')
        .and_then(|t| t.strip_suffix('}'))
        .is_some_and(|t| t.trim().is_empty())
}
