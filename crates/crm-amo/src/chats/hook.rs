//! What a webhook of the chats service says (version 2). Unknown fields and kinds are let through; what
//! has no place in a message of ours becomes lines of its text. It comes once and never again, so a part
//! that cannot be read is left out, and the message is not lost with it.

use chrono::DateTime;
use crm::{ChatEvent, ChatHook, ChatMedia, ChatMessageRef, ChatPlace, ChatReceiver, HookError};
use domain::{clock::Instant, content::FileKind};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::wire::or_default;

#[derive(Deserialize)]
struct Hook {
    account_id: String,
    #[serde(default, deserialize_with = "or_none")]
    time: Option<i64>,
    message: Option<Sent>,
    action: Option<Action>,
}

#[derive(Deserialize)]
struct Sent {
    conversation: Place,
    #[serde(default, deserialize_with = "or_none")]
    source: Option<Source>,
    sender: Person,
    receiver: Person,
    #[serde(default, deserialize_with = "or_none")]
    timestamp: Option<i64>,
    #[serde(default, deserialize_with = "or_none")]
    msec_timestamp: Option<i64>,
    message: Said,
}

/// Of a chat, or of a person: the service's id, and ours where it has one.
#[derive(Deserialize)]
struct Place {
    id: String,
    client_id: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    client_id: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    id: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    text: Option<String>,
    media: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    file_name: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    file_size: Option<u64>,
    #[serde(default, deserialize_with = "or_none")]
    markup: Option<Markup>,
    #[serde(default, deserialize_with = "or_none")]
    template: Option<Template>,
    #[serde(default, deserialize_with = "or_none")]
    location: Option<Location>,
    #[serde(default, deserialize_with = "or_none")]
    contact: Option<Card>,
    #[serde(default, deserialize_with = "or_none")]
    reply_to: Option<ReplyTo>,
    #[serde(default, deserialize_with = "or_none")]
    forwards: Option<Forwards>,
}

/// What was written elsewhere and is passed on with this.
#[derive(Deserialize)]
struct Forwards {
    #[serde(default, deserialize_with = "or_default")]
    messages: Vec<Forwarded>,
}

/// Read each apart: an odd one takes none of the others along.
#[derive(Deserialize)]
struct Forwarded {
    #[serde(default, deserialize_with = "or_none")]
    text: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    media: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    file_name: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    sender: Option<Forwarder>,
}

#[derive(Deserialize)]
struct Forwarder {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Markup {
    #[serde(default, deserialize_with = "or_default")]
    buttons: Vec<Vec<Button>>,
    #[serde(default, deserialize_with = "or_none")]
    list_message: Option<List>,
}

#[derive(Deserialize)]
struct Button {
    text: String,
    url: Option<String>,
}

#[derive(Deserialize)]
struct List {
    header: Option<String>,
    body: Option<String>,
    footer: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    title: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    title: String,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Template {
    content: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    params: Vec<Param>,
}

#[derive(Deserialize)]
struct Param {
    key: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct Location {
    lon: f64,
    lat: f64,
}

#[derive(Deserialize)]
struct Card {
    name: Option<String>,
    phone: Option<String>,
}

#[derive(Deserialize)]
struct ReplyTo {
    message: Option<Quoted>,
}

#[derive(Default, Deserialize)]
struct Quoted {
    id: Option<String>,
    msgid: Option<String>,
    /// Ours, of a message that we posted.
    client_id: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    typing: Option<Typing>,
    reaction: Option<Reaction>,
}

#[derive(Deserialize)]
struct Typing {
    user: Person,
    conversation: Place,
}

#[derive(Deserialize)]
struct Reaction {
    msgid: Option<String>,
    message: Option<Quoted>,
    user: Person,
    conversation: Place,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    emoji: Option<String>,
}

fn or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

pub(super) fn parse(body: &[u8]) -> Result<ChatHook, HookError> {
    let hook: Hook =
        serde_json::from_slice(body).map_err(|error| HookError::Unreadable(error.to_string()))?;
    let mut events = Vec::new();
    if let Some(sent) = hook.message {
        events.push(message(sent, hook.time.unwrap_or_default()));
    }
    if let Some(action) = hook.action {
        events.extend(action.typing.map(|typing| ChatEvent::Typing {
            chat: typing.conversation.into(),
            user: typing.user.id,
        }));
        events.extend(action.reaction.and_then(reaction));
    }
    Ok(ChatHook { account_id: hook.account_id, events })
}

pub(super) fn message_in(body: &[u8]) -> Option<String> {
    let hook: Value = serde_json::from_slice(body).ok()?;
    filled(hook.pointer("/message/message/id")?.as_str().map(str::to_owned))
}

fn message(sent: Sent, told_at: i64) -> ChatEvent {
    let Sent { conversation, source, sender, receiver, timestamp, msec_timestamp, message } = sent;
    ChatEvent::Message {
        chat: conversation.into(),
        source: source.and_then(|source| filled(source.external_id)),
        sender: sender.id,
        sender_name: filled(sender.name),
        receiver: ChatReceiver {
            id: filled(receiver.client_id),
            ref_id: receiver.id,
            name: filled(receiver.name),
            phone: filled(receiver.phone),
            email: filled(receiver.email),
        },
        text: words(&message),
        media: media(&message),
        reply_to: message.reply_to.and_then(|quote| quote.message).and_then(reference),
        at: moment(msec_timestamp, timestamp.unwrap_or(told_at)),
        id: message.id,
    }
}

fn reaction(told: Reaction) -> Option<ChatEvent> {
    let quoted = told.message.unwrap_or_default();
    let ours = filled(quoted.client_id).or(filled(quoted.msgid));
    let message = ours.or(filled(told.msgid)).or(filled(quoted.id))?;
    let emoji = match told.kind.as_str() {
        "react" => Some(filled(told.emoji)?),
        "unreact" => None,
        _ => return None,
    };
    Some(ChatEvent::Reaction { chat: told.conversation.into(), message, emoji, user: told.user.id })
}

impl From<Place> for ChatPlace {
    fn from(place: Place) -> Self {
        Self { conversation_id: filled(place.client_id), conversation_ref: place.id }
    }
}

/// Ours, when the service tells both.
fn reference(quoted: Quoted) -> Option<ChatMessageRef> {
    let ours = filled(quoted.msgid).map(ChatMessageRef::Ours);
    ours.or_else(|| filled(quoted.id).map(ChatMessageRef::Theirs))
}

/// The service writes an empty text where it has nothing to say.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn moment(msec: Option<i64>, seconds: i64) -> Instant {
    let exact = msec.and_then(DateTime::from_timestamp_millis);
    exact.or_else(|| DateTime::from_timestamp(seconds, 0)).unwrap_or_default()
}

fn media(said: &Said) -> Option<ChatMedia> {
    let url = said.media.clone().filter(|url| !url.is_empty())?;
    let kind = match said.kind.as_str() {
        "picture" => FileKind::Image,
        "video" => FileKind::Video,
        "voice" => FileKind::Voice,
        "audio" => FileKind::Audio,
        "sticker" => FileKind::Sticker,
        _ => FileKind::File,
    };
    Some(ChatMedia {
        url,
        name: said.file_name.clone().unwrap_or_default(),
        size: said.file_size.filter(|size| *size > 0),
        kind,
    })
}

/// The text, or the template's where it is empty, and below it what only the CRM could show as
/// buttons, a list, a map or a card.
fn words(said: &Said) -> String {
    let mut lines = Vec::new();
    let text = said.text.clone().unwrap_or_default();
    if !text.trim().is_empty() {
        lines.push(text);
    } else if let Some(template) = &said.template {
        lines.push(rendered(template));
    }
    if let Some(markup) = &said.markup {
        for button in markup.buttons.iter().flatten() {
            lines.push(match button.url.as_deref().filter(|url| !url.is_empty()) {
                Some(url) => format!("[{}] {url}", button.text),
                None => format!("[{}]", button.text),
            });
        }
        lines.extend(markup.list_message.as_ref().map(list));
    }
    lines.extend(said.location.as_ref().map(|at| format!("{}, {}", at.lat, at.lon)));
    lines.extend(said.contact.as_ref().map(|card| joined([&card.name, &card.phone], ", ")));
    lines.extend(said.forwards.iter().flat_map(|forwards| &forwards.messages).map(forwarded));
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

/// As a quote: who wrote it above it, its file by its address.
fn forwarded(message: &Forwarded) -> String {
    let name = message.sender.as_ref().and_then(|sender| filled(sender.name.clone()));
    let file = joined([&message.file_name, &message.media], ": ");
    let parts = [name.map(|name| format!("{name}:")), message.text.clone(), Some(file)];
    let lines: Vec<String> = parts
        .iter()
        .flatten()
        .flat_map(|part| part.lines())
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("> {line}"))
        .collect();
    lines.join("\n")
}

fn rendered(template: &Template) -> String {
    let text = template.content.clone().unwrap_or_default();
    template.params.iter().fold(text, |text, param| {
        text.replace(&param.key, param.value.as_deref().unwrap_or_default())
    })
}

fn list(list: &List) -> String {
    let mut lines = vec![joined([&list.header, &list.body], "\n")];
    for section in &list.sections {
        lines.extend(section.title.clone());
        for row in &section.rows {
            lines.push(format!("— {}", joined([&Some(row.title.clone()), &row.description], ": ")));
        }
    }
    lines.extend(list.footer.clone());
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

fn joined(parts: [&Option<String>; 2], by: &str) -> String {
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    parts.map(String::as_str).collect::<Vec<_>>().join(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<ChatEvent> {
        parse(text.as_bytes()).unwrap().events
    }

    #[test]
    fn amo_13_an_answer_with_a_picture_and_buttons_is_a_message_with_lines() {
        let hook = parse(include_bytes!("fixtures/hook_picture.json")).unwrap();
        assert_eq!(hook.account_id, "52e591f7-c98f-4255-8495-827210138c81");
        let [ChatEvent::Message { id, chat, source, sender, receiver, text, media, at, .. }] =
            hook.events.as_slice()
        else {
            panic!("{:?}", hook.events)
        };
        assert_eq!(id, "0371a0ff-b78a-4c7b-8538-a7d547e10692");
        assert_eq!(chat.conversation_id.as_deref(), Some("cnv_1"));
        assert_eq!(chat.conversation_ref, "8e4d4baa-9e6c-4a88-838a-5f62be227bdc");
        assert_eq!(source.as_deref(), Some("chn_1"));
        assert_eq!(sender, "76fc2bea-902f-425c-9a3d-dcdac4766090");
        assert_eq!(receiver.id.as_deref(), Some("idn_1"));
        assert_eq!(receiver.phone.as_deref(), Some("79161234567"));
        assert_eq!(text, "Заказ готов\n[Принять]\n[Сайт] https://shop.example/1");
        let media = media.as_ref().unwrap();
        assert_eq!((media.kind, media.size), (FileKind::Image, None));
        assert_eq!(at.timestamp_millis(), 1_639_572_260_980);
    }

    #[test]
    fn amo_13_a_chat_begun_in_the_crm_has_no_id_of_ours() {
        let told = events(include_str!("fixtures/hook_first.json"));
        let [ChatEvent::Message { chat, receiver, text, reply_to, .. }] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!(chat.conversation_id, None);
        assert_eq!(receiver.id, None);
        assert_eq!(receiver.phone.as_deref(), Some("+7 916 123-45-67"));
        assert_eq!(text, "Здравствуйте, Иван");
        assert_eq!(*reply_to, None);
    }

    #[test]
    fn amo_13_a_quote_is_known_by_our_id_or_theirs() {
        let told = |quote: &str| {
            let text = include_str!("fixtures/hook_first.json").replace(
                r#""template""#,
                &format!(r#""reply_to": {{"message": {quote}}}, "template""#),
            );
            let told = events(&text);
            let [ChatEvent::Message { reply_to, .. }] = told.as_slice() else { panic!("{told:?}") };
            reply_to.clone()
        };
        assert_eq!(
            told(r#"{"id": "a", "msgid": "msg_1"}"#),
            Some(ChatMessageRef::Ours("msg_1".to_owned()))
        );
        assert_eq!(
            told(r#"{"id": "a", "msgid": ""}"#),
            Some(ChatMessageRef::Theirs("a".to_owned()))
        );
    }

    #[test]
    fn amo_13_typing_and_reactions_are_told() {
        let place = r#""user": {"id": "u1"}, "conversation": {"id": "c9", "client_id": "cnv_1"}"#;
        let hook = |action: &str| {
            events(&format!(r#"{{"account_id": "a", "time": 1, "action": {action}}}"#))
        };
        let chat =
            ChatPlace { conversation_id: Some("cnv_1".to_owned()), conversation_ref: "c9".into() };
        assert_eq!(
            hook(&format!(r#"{{"typing": {{{place}, "expired_at": 7}}}}"#)),
            [ChatEvent::Typing { chat: chat.clone(), user: "u1".to_owned() }]
        );
        let reaction = |kind: &str| {
            hook(&format!(
                r#"{{"reaction": {{"msgid": "m1", "type": "{kind}", "emoji": "😍", {place}}}}}"#
            ))
        };
        for (kind, emoji) in [("react", Some("😍".to_owned())), ("unreact", None)] {
            let event = ChatEvent::Reaction {
                chat: chat.clone(),
                message: "m1".to_owned(),
                emoji,
                user: "u1".to_owned(),
            };
            assert_eq!(reaction(kind), [event]);
        }
        assert_eq!(reaction("explode"), []);
    }

    #[test]
    fn amo_13_what_only_the_crm_can_show_becomes_lines() {
        for (said, text) in [
            (r#""type": "location", "location": {"lon": 37.61, "lat": 55.75}"#, "55.75, 37.61"),
            (r#""type": "contact", "contact": {"name": "Иван", "phone": "+7900"}"#, "Иван, +7900"),
            (
                r#""type": "text", "text": "Выберите", "markup": {"list_message": {
                    "header": "Услуги", "sections": [{"title": "Все", "rows": [
                        {"title": "Уборка", "description": "2 часа"}, {"title": "Ремонт"}]}]}}"#,
                "Выберите\nУслуги\nВсе\n— Уборка: 2 часа\n— Ремонт",
            ),
            (r#""type": "text", "text": "x", "markup": null, "media": """#, "x"),
            (
                r#""type": "text", "text": "Смотрите", "forwards": {"messages": [
                    {"id": "f1", "type": "text", "text": "Адрес:\nЛенина, 1", "media": "",
                     "sender": {"id": "s", "name": "Мария"}},
                    {"id": "f2", "type": "file", "text": "", "media": "https://amo.test/1.pdf",
                     "file_name": "1.pdf", "file_size": "12", "sender": []}]}"#,
                "Смотрите\n> Мария:\n> Адрес:\n> Ленина, 1\n> 1.pdf: https://amo.test/1.pdf",
            ),
        ] {
            let told = events(&format!(
                r#"{{"account_id": "a", "time": 1, "message": {{"conversation": {{"id": "c"}},
                    "sender": {{"id": "u"}}, "receiver": {{"id": "r"}},
                    "message": {{"id": "m", {said}}}}}}}"#
            ));
            let [ChatEvent::Message { text: told, media, .. }] = told.as_slice() else {
                panic!("{told:?}")
            };
            assert_eq!((told.as_str(), media), (text, &None));
        }
    }

    /// The service tells it once; whoever wrote it would wait for an answer in vain.
    #[test]
    fn amo_13_a_message_is_not_lost_with_an_odd_part_of_it() {
        for odd in [
            r#""markup": [], "template": [], "location": {}, "contact": [], "reply_to": []"#,
            r#""type": null, "markup": {"mode": "inline", "buttons": null}, "media": null"#,
            r#""template": {"content": null, "params": null}, "file_size": "12", "file_name": 7"#,
            r#""location": {"lon": "37.61", "lat": "55.75"}, "markup": "inline""#,
        ] {
            let told = events(&format!(
                r#"{{"account_id": "a", "time": null, "message": {{"conversation": {{"id": "c"}},
                    "source": [], "sender": {{"id": "u"}}, "receiver": {{"id": "r"}},
                    "timestamp": "1639572260", "message": {{"id": "m", "text": "x", {odd}}}}}}}"#
            ));
            let [ChatEvent::Message { text, .. }] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!(text, "x", "{odd}");
        }
    }

    /// Whoever wrote what nobody can read is told so by this.
    #[test]
    fn amo_13_a_message_that_cannot_be_read_is_known_by_its_id() {
        let odd = br#"{"account_id": "a", "message": {"sender": 7, "message": {"id": "m"}}}"#;
        assert!(parse(odd).is_err());
        assert_eq!(message_in(odd).as_deref(), Some("m"));
        for body in [&b"{"[..], b"[]", br#"{"message": {"message": {"id": ""}}}"#] {
            assert_eq!(message_in(body), None);
        }
    }

    #[test]
    fn amo_13_what_is_not_a_hook_of_the_second_version_is_an_error() {
        for body in ["", "[]", "{}", r#"{"receiver": "b", "type": "text", "text": "v1"}"#] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(events(r#"{"account_id": "a", "time": 1, "news": {}}"#), []);
    }
}
