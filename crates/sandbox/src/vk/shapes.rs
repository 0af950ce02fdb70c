//! What the schema says of each method: which right of the key it needs and which parameters it
//! takes. A call of another shape is refused with error 100 and written down.

use serde_json::{Map, Value};

/// A parameter's shape.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A whole number within bounds.
    Int(i64, i64),
    Number,
    /// At most so many characters.
    Text(usize),
    /// 0 or 1.
    Flag,
    /// At most so many whole numbers with commas between.
    Ints(usize),
    /// An object of JSON.
    Object,
    OneOf(&'static [&'static str]),
    /// https or http.
    Address,
}

use Kind::{Address, Flag, Int, Ints, Number, Object, OneOf, Text};

struct Param {
    name: &'static str,
    kind: Kind,
    required: bool,
}

/// Of a method.
pub(super) struct Shape {
    /// `None`: any key of a community will do.
    pub right: Option<&'static str>,
    params: Vec<Param>,
}

const POSITIVE: Kind = Int(1, i64::MAX);
const NATURAL: Kind = Int(0, i64::MAX);
const ANY: Kind = Int(i64::MIN, i64::MAX);
const INT32: Kind = Int(i32::MIN as i64, i32::MAX as i64);
const CMID: Kind = Int(0, i32::MAX as i64);

fn needed(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, required: true }
}

fn may(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, required: false }
}

fn shape(right: &'static str, params: Vec<Param>) -> Shape {
    Shape { right: Some(right), params }
}

const EVENTS: [&str; 12] = [
    "message_new",
    "message_reply",
    "message_edit",
    "message_allow",
    "message_deny",
    "message_read",
    "message_typing_state",
    "message_event",
    "message_reaction_event",
    "wall_post_new",
    "user_block",
    "user_unblock",
];

fn events() -> impl Iterator<Item = Param> {
    EVENTS.into_iter().map(|event| may(event, Flag))
}

/// Names of the events among the parameters that are switched on.
pub(super) fn switched_on(params: &Map<String, Value>) -> Vec<String> {
    let on = |name: &&str| params.get(*name).and_then(Value::as_str) == Some("1");
    EVENTS.iter().filter(|name| on(name)).map(|name| (*name).to_owned()).collect()
}

/// `None`: no such method is known here.
pub(super) fn of(method: &str) -> Option<Shape> {
    let group = || needed("group_id", POSITIVE);
    Some(match method {
        "groups.getTokenPermissions" => Shape { right: None, params: Vec::new() },
        "groups.getById" => Shape {
            right: None,
            params: vec![
                may("group_ids", Text(1000)),
                may("group_id", Text(100)),
                may("fields", Text(1000)),
            ],
        },
        "users.get" => Shape {
            right: None,
            params: vec![
                may("user_ids", Text(10_000)),
                may("fields", Text(1000)),
                may("name_case", Text(10)),
            ],
        },
        "groups.getCallbackConfirmationCode" => shape("manage", vec![group()]),
        "groups.getCallbackServers" => shape("manage", vec![group(), may("server_ids", Ints(100))]),
        "groups.addCallbackServer" => shape(
            "manage",
            vec![
                group(),
                needed("url", Address),
                needed("title", Text(14)),
                may("secret_key", Text(50)),
            ],
        ),
        "groups.deleteCallbackServer" => {
            shape("manage", vec![group(), needed("server_id", NATURAL)])
        }
        "groups.setCallbackSettings" => shape(
            "manage",
            [group(), may("server_id", NATURAL), may("api_version", Text(10))]
                .into_iter()
                .chain(events())
                .collect(),
        ),
        "groups.setLongPollSettings" => shape(
            "manage",
            [group(), may("enabled", Flag), may("api_version", Text(10))]
                .into_iter()
                .chain(events())
                .collect(),
        ),
        "groups.getLongPollServer" => shape("manage", vec![group()]),
        "messages.send" => shape(
            "messages",
            vec![
                may("peer_id", ANY),
                may("peer_ids", Ints(100)),
                may("user_id", ANY),
                needed("random_id", INT32),
                may("message", Text(usize::MAX)),
                may("attachment", Text(9000)),
                may("forward", Object),
                may("reply_to", NATURAL),
                may("keyboard", Object),
                may("payload", Text(1000)),
                may("lat", Number),
                may("long", Number),
                may("dont_parse_links", Flag),
                may("disable_mentions", Flag),
            ],
        ),
        "messages.edit" => shape(
            "messages",
            vec![
                needed("peer_id", ANY),
                may("cmid", CMID),
                may("message", Text(9000)),
                may("attachment", Text(9000)),
                may("keep_forward_messages", Flag),
                may("keep_snippets", Flag),
                may("dont_parse_links", Flag),
                may("disable_mentions", Flag),
                may("lat", Number),
                may("long", Number),
            ],
        ),
        "messages.delete" => shape(
            "messages",
            vec![
                may("peer_id", ANY),
                may("cmids", Ints(100)),
                may("message_ids", Ints(1000)),
                may("delete_for_all", Flag),
            ],
        ),
        "messages.markAsRead" => shape(
            "messages",
            vec![
                may("peer_id", ANY),
                may("start_message_id", NATURAL),
                may("up_to_cmid", CMID),
                may("mark_conversation_as_read", Flag),
            ],
        ),
        "messages.setActivity" => shape(
            "messages",
            vec![
                may("peer_id", ANY),
                may("user_id", ANY),
                may("type", OneOf(&["audiomessage", "file", "photo", "typing", "video"])),
            ],
        ),
        "messages.getByConversationMessageId" => shape(
            "messages",
            vec![needed("peer_id", ANY), needed("conversation_message_ids", Ints(100))],
        ),
        "messages.getConversations" => shape(
            "messages",
            vec![
                may("offset", NATURAL),
                may("count", Int(0, 200)),
                may("filter", OneOf(&["all", "archive", "important", "unanswered", "unread"])),
            ],
        ),
        "messages.getHistory" => shape(
            "messages",
            vec![may("peer_id", ANY), may("offset", ANY), may("count", Int(0, 200))],
        ),
        "messages.sendMessageEventAnswer" => shape(
            "messages",
            vec![
                needed("event_id", Text(100)),
                needed("user_id", ANY),
                needed("peer_id", ANY),
                may("event_data", Text(1000)),
            ],
        ),
        "messages.isMessagesFromGroupAllowed" => {
            shape("messages", vec![group(), needed("user_id", POSITIVE)])
        }
        "messages.sendReaction" => shape(
            "messages",
            vec![needed("peer_id", ANY), needed("cmid", CMID), needed("reaction_id", NATURAL)],
        ),
        "messages.deleteReaction" => {
            shape("messages", vec![needed("peer_id", ANY), needed("cmid", CMID)])
        }
        "photos.getMessagesUploadServer" => shape("photos", vec![may("peer_id", ANY)]),
        "photos.saveMessagesPhoto" => shape(
            "photos",
            vec![needed("photo", Text(10_000)), may("server", ANY), may("hash", Text(100))],
        ),
        "docs.getMessagesUploadServer" => shape(
            "docs",
            vec![may("type", OneOf(&["audio_message", "doc", "graffiti"])), may("peer_id", INT32)],
        ),
        "docs.save" => shape(
            "docs",
            vec![needed("file", Text(10_000)), may("title", Text(300)), may("tags", Text(300))],
        ),
        _ => return None,
    })
}

impl Shape {
    /// What is wrong with the parameters, if anything is.
    pub(super) fn fault(&self, params: &Map<String, Value>) -> Option<String> {
        let own = ["v", "access_token", "lang"];
        let strange = params.keys().find(|name| {
            !own.contains(&name.as_str()) && !self.params.iter().any(|p| p.name == name.as_str())
        });
        if let Some(strange) = strange {
            return Some(format!("{strange} is unknown"));
        }
        self.params.iter().find_map(|param| match params.get(param.name).and_then(Value::as_str) {
            None => param.required.then(|| format!("{} is missing", param.name)),
            Some(text) => (!fits(param.kind, text)).then(|| format!("{} is invalid", param.name)),
        })
    }
}

fn fits(kind: Kind, text: &str) -> bool {
    let int = |text: &str| text.parse::<i64>().ok();
    match kind {
        Int(least, most) => int(text).is_some_and(|n| (least..=most).contains(&n)),
        Number => text.parse::<f64>().is_ok_and(f64::is_finite),
        Text(most) => text.chars().count() <= most,
        Flag => matches!(text, "0" | "1"),
        Ints(most) => {
            let parts: Vec<&str> = text.split(',').collect();
            parts.len() <= most && parts.iter().all(|part| int(part.trim()).is_some())
        }
        Object => serde_json::from_str::<Value>(text).is_ok_and(|v| v.is_object()),
        OneOf(options) => options.contains(&text),
        Address => text.starts_with("https://") || text.starts_with("http://"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_of_another_shape_is_told() {
        let fault = |params: Value| {
            let shape = of("messages.send").expect("known");
            shape.fault(params.as_object().expect("an object"))
        };
        assert_eq!(fault(json!({ "peer_id": "1", "random_id": "5", "message": "a" })), None);
        assert_eq!(fault(json!({ "peer_id": "1" })), Some("random_id is missing".to_owned()));
        let long = json!({ "random_id": "4294967296" });
        assert_eq!(fault(long), Some("random_id is invalid".to_owned()));
        let strange = json!({ "random_id": "1", "text": "a" });
        assert_eq!(fault(strange), Some("text is unknown".to_owned()));
    }
}
