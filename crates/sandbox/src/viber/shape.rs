//! The documented shape of `send_message`, type by type, and what Viber answers to another one.
//!
//! <https://developers.viber.com/docs/api/rest-bot-api/#message-types>

use serde_json::{Map, Value};

/// Statuses of the documented table.
pub(super) const BAD_DATA: u32 = 3;
pub(super) const MISSING_DATA: u32 = 4;

/// The whole of a request, in bytes.
pub(super) const LONGEST_REQUEST: usize = 30 * 1024;

const KNOWN: [&str; 20] = [
    "alt_text",
    "auth_token",
    "contact",
    "duration",
    "file_name",
    "keyboard",
    "location",
    "media",
    "min_api_version",
    "receiver",
    "rich_media",
    "sender",
    "size",
    "sticker_id",
    "text",
    "thumbnail",
    "tracking_data",
    "type",
    "broadcast_list",
    "chat_id",
];

/// Files of these kinds are turned down (the list of the documentation's file message, in part).
const FORBIDDEN: [&str; 14] = [
    "apk", "app", "bat", "bin", "cmd", "com", "exe", "jse", "lnk", "msi", "ps1", "reg", "vbs",
    "wsf",
];

/// A status and what is wrong.
pub(super) type Fault = (u32, String);

fn bad(what: impl Into<String>) -> Fault {
    (BAD_DATA, what.into())
}

fn missing(what: &str) -> Fault {
    (MISSING_DATA, format!("{what} is missing"))
}

type Object = Map<String, Value>;

/// Checks a message. `receiver` is not part of a welcome message, which is an answer's body.
pub(super) fn check(message: &Object, to: To) -> Result<(), Fault> {
    if let Some(unknown) = message.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(bad(format!("{unknown} is not documented")));
    }
    match (to, message.get("receiver")) {
        (To::Receiver, None) => return Err(missing("receiver")),
        (To::Receiver, Some(Value::String(id))) if !id.is_empty() => {}
        (To::Receiver, Some(_)) => return Err(bad("receiver")),
        (To::Opener, None) => {}
        (To::Opener, Some(_)) => return Err(bad("a welcome message has no receiver")),
    }
    let sender = message.get("sender").and_then(Value::as_object).ok_or(missing("sender"))?;
    text(sender, "name", 1, 28)?;
    if message.contains_key("min_api_version") {
        whole(message, "min_api_version", 1, 100)?;
    }
    if message.contains_key("tracking_data") {
        text(message, "tracking_data", 0, 4000)?;
    }
    let kind = text(message, "type", 1, 20)?;
    match kind {
        "text" => text(message, "text", 1, 7000).map(|_| ()),
        "picture" => {
            text(message, "text", 0, 512)?;
            address(message, Some(&["jpg", "jpeg", "png", "gif"]))
        }
        "video" => {
            whole(message, "size", 1, 26 << 20)?;
            if message.contains_key("duration") {
                whole(message, "duration", 1, 180)?;
            }
            address(message, Some(&["mp4"]))
        }
        "file" => file(message),
        "url" => address(message, None),
        "sticker" => whole(message, "sticker_id", 1, u64::from(u32::MAX)).map(|_| ()),
        "contact" => {
            let contact = object(message, "contact")?;
            text(contact, "name", 0, 28)?;
            text(contact, "phone_number", 1, 18).map(|_| ())
        }
        "location" => {
            let place = object(message, "location")?;
            coordinate(place, "lat", 90.0)?;
            coordinate(place, "lon", 180.0)
        }
        other => Err(bad(format!("the type {other}"))),
    }
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Receiver,
    /// Whoever opened the chat.
    Opener,
}

fn file(message: &Object) -> Result<(), Fault> {
    whole(message, "size", 1, 50 << 20)?;
    let name = text(message, "file_name", 1, 256)?;
    match name.rsplit_once('.') {
        Some((_, ending)) if !ending.is_empty() => {
            if FORBIDDEN.contains(&ending.to_ascii_lowercase().as_str()) {
                return Err(bad(format!("files of type {ending} are not taken")));
            }
        }
        _ => return Err(bad("file_name has no extension")),
    }
    address(message, None)
}

fn object<'a>(within: &'a Object, key: &str) -> Result<&'a Object, Fault> {
    within.get(key).ok_or_else(|| missing(key))?.as_object().ok_or_else(|| bad(key))
}

fn text<'a>(within: &'a Object, key: &str, least: usize, most: usize) -> Result<&'a str, Fault> {
    let text = within.get(key).ok_or_else(|| missing(key))?;
    let text = text.as_str().ok_or_else(|| bad(format!("{key} is no text")))?;
    let length = text.chars().count();
    if length == 0 && least > 0 {
        return Err(missing(key));
    }
    if length > most { Err(bad(format!("{key} is longer than {most}"))) } else { Ok(text) }
}

fn whole(within: &Object, key: &str, least: u64, most: u64) -> Result<u64, Fault> {
    let number = within.get(key).ok_or_else(|| missing(key))?;
    match number.as_u64() {
        Some(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(bad(format!("{key} is not a whole number of {least} to {most}"))),
    }
}

fn coordinate(within: &Object, key: &str, most: f64) -> Result<(), Fault> {
    let number = within.get(key).ok_or_else(|| missing(key))?;
    let number = number.as_f64().or_else(|| number.as_str()?.parse().ok());
    match number {
        Some(number) if number.abs() <= most => Ok(()),
        _ => Err(bad(key)),
    }
}

fn address(message: &Object, endings: Option<&[&str]>) -> Result<(), Fault> {
    let media = text(message, "media", 1, 2000)?;
    let url = url::Url::parse(media).map_err(|_| bad("media is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("media is no web address"));
    }
    let Some(endings) = endings else { return Ok(()) };
    let ending = url.path().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending {
        Some(ending) if endings.contains(&ending.as_str()) => Ok(()),
        _ => Err(bad(format!("media ends in none of {endings:?}"))),
    }
}

/// The name of a status, as answers carry it.
pub(super) fn name_of(status: u32) -> &'static str {
    match status {
        0 => "ok",
        1 => "invalidUrl",
        2 => "invalidAuthToken",
        3 => "badData",
        4 => "missingData",
        5 => "receiverNotRegistered",
        6 => "receiverNotSubscribed",
        7 => "publicAccountBlocked",
        8 => "publicAccountNotFound",
        9 => "publicAccountSuspended",
        10 => "webhookNotSet",
        11 => "receiverNoSuitableDevice",
        12 => "tooManyRequests",
        13 => "apiVersionNotSupported",
        14 => "incompatibleWithVersion",
        15 => "publicAccountNotAuthorized",
        16 => "inchatReplyMessageNotAllowed",
        17 => "publicAccountIsNotInline",
        18 => "noPublicChat",
        19 => "cannotSendBroadcast",
        20 => "broadcastNotAllowed",
        21 => "unsupportedCountry",
        22 => "paymentUnsupported",
        23 => "freeMessagesExceeded",
        24 => "noBalance",
        _ => "generalError",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(change: Value) -> Option<u32> {
        let mut message = json!({
            "receiver": "a=", "sender": {"name": "Лавка"}, "type": "text", "text": "да",
        });
        for (key, value) in change.as_object().expect("an object") {
            message[key] = value.clone();
        }
        check(message.as_object().expect("an object"), To::Receiver).err().map(|(status, _)| status)
    }

    #[test]
    fn ch_7_each_type_has_its_limits() {
        let media = |ending: &str| format!("https://a.test/files/x/y.{ending}");
        let file = |name: &str, size: u64| json!({"type": "file", "media": media("pdf"), "size": size, "file_name": name});
        for (change, expected) in [
            (json!({}), None),
            (json!({"text": ""}), Some(MISSING_DATA)),
            (json!({"text": "я".repeat(7001)}), Some(BAD_DATA)),
            (json!({"sender": {}}), Some(MISSING_DATA)),
            (json!({"sender": {"name": "я".repeat(29)}}), Some(BAD_DATA)),
            (json!({"receiver": ""}), Some(BAD_DATA)),
            (json!({"reply_to": 1}), Some(BAD_DATA)),
            (json!({"type": "hologram"}), Some(BAD_DATA)),
            (json!({"type": "picture", "media": media("jpg"), "text": ""}), None),
            (json!({"type": "picture", "media": media("webp")}), Some(BAD_DATA)),
            (
                json!({"type": "picture", "media": media("jpg"), "text": "я".repeat(513)}),
                Some(BAD_DATA),
            ),
            (json!({"type": "video", "media": media("mp4"), "size": 26 << 20}), None),
            (json!({"type": "video", "media": media("mp4")}), Some(MISSING_DATA)),
            (file("a.pdf", 10), None),
            (file("a.pdf", 51 << 20), Some(BAD_DATA)),
            (file("a", 10), Some(BAD_DATA)),
            (file("a.exe", 10), Some(BAD_DATA)),
            (json!({"type": "location", "location": {"lat": 91.0, "lon": 0.0}}), Some(BAD_DATA)),
            (json!({"type": "location", "location": {"lat": 55.7, "lon": 37.6}}), None),
            (
                json!({"type": "contact", "contact": {"name": "А", "phone_number": "+79001234567"}}),
                None,
            ),
            (json!({"type": "contact", "contact": {"name": "А"}}), Some(MISSING_DATA)),
        ] {
            assert_eq!(fault(change.clone()), expected, "{change}");
        }
    }
}
