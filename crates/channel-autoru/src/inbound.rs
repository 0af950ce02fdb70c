//! Their JSON into our words. Pure.

use channel::{Inbound, InboundMessage, NewFile, NewFileSource, ParseError, Person, Received};
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FileKind},
    text::Words,
};
use serde_json::json;
use url::Url;

use crate::{
    listing::listing,
    wire::{BuyerMessage, Message},
};

/// The handle that comes back to `Media::fetch`.
pub(crate) const URL: &str = "url";

/// Reads a webhook's body. It tells no time, so `now` stands for it.
pub(crate) fn read(body: &[u8], now: Instant) -> Result<Received, ParseError> {
    let wrong = |what: &dyn std::fmt::Display| ParseError(what.to_string());
    let raw = std::str::from_utf8(body).map_err(|error| wrong(&error))?;
    let BuyerMessage { sender, message } =
        serde_json::from_str(raw).map_err(|error| wrong(&error))?;
    let person =
        Person { external_id: sender.id.clone(), name: sender.name.clone(), ..Person::default() };
    let external_id = our_id(&sender.id, &message.id);
    let read = InboundMessage {
        attribution: Attribution { listing: listing(&sender), ..Attribution::default() },
        raw: Some(raw.to_owned()),
        ..InboundMessage::new(external_id, now, person, content(message))
    };
    Ok(Received { events: vec![Inbound::Message(Box::new(read))], ..Received::default() })
}

/// A message's id within the channel. Auto.ru does not say whether its own is unique beyond one
/// buyer; with the buyer in it, it is.
fn our_id(sender: &str, message: &str) -> String {
    format!("{sender}:{message}")
}

/// The id as Auto.ru knows it.
pub(crate) fn their_id<'a>(sender: &str, external_id: &'a str) -> Option<&'a str> {
    external_id.strip_prefix(sender)?.strip_prefix(':').filter(|id| !id.is_empty())
}

fn content(message: Message) -> Content<NewFile> {
    let Message { kind, text, file, thumb, .. } = message;
    match (kind.as_deref(), text, file.or(thumb)) {
        (Some("text"), Some(text), _) => Content::text(text),
        (Some("photo"), caption, Some(picture)) => {
            Content::Files { files: vec![photo(&picture)], caption: caption.unwrap_or_default() }
        }
        (kind, text, _) => Content::Unsupported {
            label: kind.unwrap_or("?").to_owned(),
            text: text.unwrap_or_default(),
        },
    }
}

fn photo(address: &str) -> NewFile {
    let source = match Url::parse(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            NewFileSource::Handle(json!({ URL: address }))
        }
        Ok(_) | Err(_) => NewFileSource::Unavailable(Words::new(
            "Авто.ру прислал картинку без адреса. Посмотрите её в кабинете Авто.ру.",
            "Auto.ru sent the picture without its address. Look at it in the Auto.ru cabinet.",
        )),
    };
    NewFile {
        kind: FileKind::Image,
        name: None,
        mime: None,
        size: None,
        duration: None,
        width: None,
        height: None,
        content_id: None,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_was() {
        for (sender, message) in [("a3bc21", "2b17a38c"), ("a:b", "c:d"), ("a", ":")] {
            assert_eq!(their_id(sender, &our_id(sender, message)), Some(message));
        }
        assert_eq!(their_id("other", "a3bc21:2b17a38c"), None);
        assert_eq!(their_id("a", "a:"), None);
    }
}
