//! The frames of the employees' socket, as clients read and write them. They stand in the OpenAPI
//! document's components, so that clients are generated from them; docs/api.md tells how they go.

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, Utc};
use domain::{
    draft::DraftMode,
    event::{Directory, Event, EventKind},
    ids::{ChannelId, ConversationId, EmployeeId, PortalId, QuarantineId},
    number_check::NumberCheckView,
    people_view::EmployeeCard,
    text::Words,
    view::{ChannelView, ContactView, ConversationTail, ConversationView, MessageView},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What the server writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The first frame. Events follow from `seq` on.
    Welcome { seq: i64, employee_id: EmployeeId },
    /// A fact of the feed.
    Event(EventFrame),
    /// What the client knows may be wrong: the cursor is too old, or the employee's rights changed.
    /// Read the state anew; events go on after `seq`.
    Resync { seq: i64 },
    /// Nothing to see up to here; also a sign of life, at least every 15 seconds.
    Seq { seq: i64 },
    /// A colleague is writing in this conversation.
    Typing { conversation_id: ConversationId, employee_id: EmployeeId },
    /// The customer is writing: a site's visitor, or a messenger tells it.
    VisitorTyping { conversation_id: ConversationId },
    /// A colleague has this conversation open, or no longer.
    Viewing { conversation_id: ConversationId, employee_id: EmployeeId, on: bool },
    /// A frame of the client was not taken. The connection goes on.
    Error { code: String, text: Words },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventFrame {
    /// The cursor: pass the last one as `after` to go on.
    pub seq: i64,
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub fact: FactFrame,
}

/// The kinds of events with their data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "data")]
pub enum FactFrame {
    #[serde(rename = "conversation.created")]
    ConversationCreated { conversation: Box<ConversationView> },
    #[serde(rename = "conversation.changed")]
    ConversationChanged { conversation: Box<ConversationView> },
    /// It went out of this employee's sight.
    #[serde(rename = "conversation.hidden")]
    ConversationHidden { conversation_id: ConversationId },
    #[serde(rename = "conversation.read")]
    ConversationRead { conversation_id: ConversationId, employee_id: EmployeeId, position: i64 },
    #[serde(rename = "message.created")]
    MessageCreated { message: Box<MessageView>, conversation: ConversationTail },
    #[serde(rename = "message.changed")]
    MessageChanged { message: Box<MessageView> },
    #[serde(rename = "contact.changed")]
    ContactChanged { contact: Box<ContactView> },
    #[serde(rename = "channel.changed")]
    ChannelChanged { channel: ChannelView },
    #[serde(rename = "employee.changed")]
    EmployeeChanged { employee: EmployeeCard },
    #[serde(rename = "quarantine.added")]
    QuarantineAdded { quarantine_id: QuarantineId, channel_id: ChannelId, reason: Words },
    /// Nobody could be found to answer.
    #[serde(rename = "routing.alarm")]
    RoutingAlarm { conversation_id: ConversationId },
    /// One's own draft, from another window or device. An empty text: it was sent or thrown away.
    #[serde(rename = "draft.changed")]
    DraftChanged {
        conversation_id: ConversationId,
        mode: DraftMode,
        text: String,
        employee_id: EmployeeId,
    },
    /// Read this list anew.
    #[serde(rename = "directory.changed")]
    DirectoryChanged { of: Directory },
    /// What a channel knows of a phone (WA-1).
    #[serde(rename = "number.checked")]
    NumberChecked { check: NumberCheckView },
    /// What a CRM has of the conversation (absent: the connection itself) is to be read anew.
    #[serde(rename = "crm.changed")]
    CrmChanged {
        portal_id: PortalId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<ConversationId>,
    },
}

/// What the client writes. Unknown fields are let through, so that a newer client may talk to an
/// older server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame.
    Hello {
        /// A personal token, where neither the session's cookie nor an `Authorization` header says
        /// who it is.
        #[serde(default)]
        token: Option<String>,
        /// The last `seq` that the client has; absent: from now on.
        #[serde(default)]
        after: Option<i64>,
        /// The kinds of events wanted; absent: all.
        #[serde(default)]
        kinds: Option<Vec<EventKind>>,
    },
    /// Narrows what comes from now on; `null`: all.
    Subscribe {
        #[serde(default)]
        kinds: Option<Vec<EventKind>>,
    },
    /// The employee is writing an answer: shown to colleagues, to the site's visitor, and to the
    /// customer of a messenger that shows it. At most once a second is passed on.
    Typing { conversation_id: ConversationId },
    /// The employee has this conversation open; `null`: none.
    Viewing {
        #[serde(default)]
        conversation_id: Option<ConversationId>,
    },
}

/// The text of an event's frame. The payload goes out as it is stored; a test reads it back by the
/// types above.
pub fn event(event: &Event) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Frame<'a> {
        r#type: &'static str,
        seq: i64,
        at: DateTime<Utc>,
        kind: &'a str,
        data: &'a Value,
    }
    let Event { seq, kind, payload: data, created_at: at, .. } = event;
    text(&Frame { r#type: "event", seq: *seq, at: *at, kind, data })
}

/// The text of the frame for somebody out of whose sight the conversation went.
pub fn hidden(event: &Event, conversation_id: ConversationId) -> Utf8Bytes {
    write(&ServerFrame::Event(EventFrame {
        seq: event.seq,
        at: event.created_at,
        fact: FactFrame::ConversationHidden { conversation_id },
    }))
}

pub fn typing(conversation_id: ConversationId, employee_id: EmployeeId) -> Utf8Bytes {
    write(&ServerFrame::Typing { conversation_id, employee_id })
}

pub fn visitor_typing(conversation_id: ConversationId) -> Utf8Bytes {
    write(&ServerFrame::VisitorTyping { conversation_id })
}

pub fn viewing(conversation_id: ConversationId, employee_id: EmployeeId, on: bool) -> Utf8Bytes {
    write(&ServerFrame::Viewing { conversation_id, employee_id, on })
}

pub fn error(code: &str, ru: &str, en: &str) -> Utf8Bytes {
    write(&ServerFrame::Error { code: code.to_owned(), text: Words::new(ru, en) })
}

pub fn write(frame: &ServerFrame) -> Utf8Bytes {
    text(frame)
}

fn text(frame: &impl Serialize) -> Utf8Bytes {
    // Our own shapes have text keys alone, so writing them does not fail.
    serde_json::to_string(frame).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn events_are_written_as_their_schema_says() {
        let conversation_id = ConversationId(Uuid::from_u128(1));
        let employee_id = EmployeeId(Uuid::from_u128(2));
        let stored = Event {
            seq: 7,
            kind: EventKind::ConversationRead.as_str().to_owned(),
            conversation: Some(conversation_id),
            audience: None,
            was: None,
            payload: json!({
                "conversation_id": conversation_id, "employee_id": employee_id, "position": 3,
            }),
            created_at: DateTime::default(),
        };
        let read: ServerFrame = serde_json::from_str(event(&stored).as_str()).expect("reads");
        let expected = ServerFrame::Event(EventFrame {
            seq: 7,
            at: DateTime::default(),
            fact: FactFrame::ConversationRead { conversation_id, employee_id, position: 3 },
        });
        assert_eq!(read, expected);
        let text = hidden(&stored, conversation_id);
        let value: Value = serde_json::from_str(text.as_str()).expect("reads");
        assert_eq!(value["kind"], "conversation.hidden");
        assert_eq!(value["type"], "event");
        assert_eq!(value["data"]["conversation_id"], conversation_id.to_string());
    }

    #[test]
    fn frames_of_a_newer_client_are_read() {
        let read = |text: &str| serde_json::from_str::<ClientFrame>(text).ok();
        let hello = ClientFrame::Hello { token: None, after: Some(5), kinds: None };
        assert_eq!(read(r#"{"type":"hello","after":5,"theme":"dark"}"#), Some(hello));
        let none = ClientFrame::Viewing { conversation_id: None };
        assert_eq!(read(r#"{"type":"viewing","conversation_id":null}"#), Some(none));
        assert_eq!(read(r#"{"type":"dance"}"#), None);
        assert_eq!(read(r#"{"type":"typing"}"#), None);
    }
}
