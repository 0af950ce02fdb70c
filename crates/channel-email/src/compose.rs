//! Writes a letter. Pure, apart from the `Date` that the mail library stamps.

use bytes::{Bytes, BytesMut};
use channel::{OutFile, Outbound, SendError, Thread};
use domain::{
    content::Content,
    ids::ChannelId,
    text::{shortened, without_nul},
};
use futures::TryStreamExt;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Attachment, Mailbox as Party, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use crate::{
    ids::{self, OurId},
    settings::Mailbox,
};

/// Most bytes of all files of a letter: base64 makes a third more of it, and 25 to 30 MB is what
/// public mail services take.
pub const MOST_BYTES: u64 = 25 * 1024 * 1024 * 3 / 4;
/// Most ids in References.
const MOST_REFERENCES: usize = 20;

/// A letter ready to go.
#[derive(Debug)]
pub struct Composed {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
    /// Ours, without brackets.
    pub message_id: String,
}

/// A file with its bytes at hand.
pub struct Loaded {
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
}

/// Reads the files of a message, counting what really comes.
pub async fn load(files: &[OutFile]) -> Result<Vec<Loaded>, SendError> {
    let mut left = MOST_BYTES;
    let mut loaded = Vec::with_capacity(files.len());
    for file in files {
        let mut stream = (file.open)();
        let mut bytes = BytesMut::new();
        let unreadable = |error: std::io::Error| SendError::Retry {
            after: std::time::Duration::from_secs(30),
            scope: channel::RetryScope::Conversation,
            why: format!("a file cannot be read: {error}"),
        };
        while let Some(piece) = stream.try_next().await.map_err(unreadable)? {
            left = left
                .checked_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX))
                .ok_or_else(too_large)?;
            bytes.extend_from_slice(&piece);
        }
        loaded.push(Loaded {
            name: line(&file.name),
            mime: file.mime.clone(),
            bytes: bytes.freeze(),
        });
    }
    Ok(loaded)
}

fn too_large() -> SendError {
    SendError::Rejected {
        code: "too_large",
        text: "Файлы письма вместе больше 18 МБ: почтовые службы такое не принимают.".to_owned(),
    }
}

/// Writes the letter.
pub fn compose(
    mailbox: &Mailbox,
    channel: ChannelId,
    message: &Outbound,
    files: Vec<Loaded>,
) -> Result<Composed, SendError> {
    let from: Address = mailbox.address.parse().map_err(|_| SendError::Rejected {
        code: "bad_sender",
        text: "Адрес ящика в настройках канала неверен.".to_owned(),
    })?;
    let to: Address = message.recipient.trim().parse().map_err(|_| SendError::Rejected {
        code: "bad_recipient",
        text: "Адрес получателя неверен.".to_owned(),
    })?;
    let message_id = OurId { message: message.id, channel }.text(&mailbox.address);
    let name = mailbox.sender_name.as_deref().map(line).filter(|n| !n.is_empty());
    let (parent, references) = threading(message.reply_to.as_deref(), &message.thread);

    let mut builder = Message::builder()
        .from(Party::new(name, from.clone()))
        .to(Party::new(None, to.clone()))
        .subject(subject(mailbox, &message.content, &message.thread))
        .message_id(Some(format!("<{message_id}>")));
    if let Some(parent) = parent {
        builder = builder.in_reply_to(format!("<{parent}>")).references(references);
    }
    if message.automatic {
        // RFC 3834, section 5, and Microsoft's own header: nobody's robot answers ours.
        for (name, value) in
            [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")]
        {
            let name = HeaderName::new_from_ascii_str(name);
            builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
        }
    }
    let text = SinglePart::plain(body(&message.content));
    let built = if files.is_empty() {
        builder.singlepart(text)
    } else {
        let mut parts = MultiPart::mixed().singlepart(text);
        for file in files {
            let mime = ContentType::parse(&file.mime)
                .or_else(|_| ContentType::parse("application/octet-stream"));
            let Ok(mime) = mime else { continue };
            let name = if file.name.is_empty() { "file".to_owned() } else { file.name };
            parts = parts.singlepart(Attachment::new(name).body(file.bytes.to_vec(), mime));
        }
        builder.multipart(parts)
    };
    let refused = |error: String| SendError::Rejected { code: "bad_letter", text: error };
    let built = built.map_err(|e| refused(e.to_string()))?;
    let envelope = Envelope::new(Some(from), vec![to]).map_err(|e| refused(e.to_string()))?;
    Ok(Composed { envelope, bytes: built.formatted(), message_id })
}

/// The parent, and the References line: earlier ids, then the parent (RFC 5322, 3.6.4).
fn threading(reply_to: Option<&str>, thread: &Thread) -> (Option<String>, String) {
    let mut ids: Vec<String> =
        thread.references.iter().filter_map(|r| ids::message_id_of(r)).collect();
    let parent = reply_to.and_then(ids::message_id_of).or_else(|| ids.last().cloned());
    if let Some(parent) = &parent {
        ids.retain(|id| id != parent);
        ids.push(parent.clone());
    }
    let skip = ids.len().saturating_sub(MOST_REFERENCES);
    let line = ids.iter().skip(skip).map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ");
    (parent, line)
}

fn subject<F>(mailbox: &Mailbox, content: &Content<F>, thread: &Thread) -> String {
    if let Content::Letter { subject, .. } = content
        && !line(subject).is_empty()
    {
        return line(subject);
    }
    let known = thread.subject.as_deref().map(line).filter(|s| !s.is_empty());
    match known {
        Some(subject) if is_reply(&subject) => subject,
        Some(subject) => format!("Re: {subject}"),
        None => match mailbox.sender_name.as_deref().map(line).filter(|n| !n.is_empty()) {
            Some(name) => name,
            None => mailbox.address.clone(),
        },
    }
}

fn is_reply(subject: &str) -> bool {
    let lower = subject.to_lowercase();
    ["re:", "re[", "ответ:", "на:"].iter().any(|mark| lower.starts_with(mark))
}

/// What the letter says as plain text.
fn body<F>(content: &Content<F>) -> String {
    let text = match content {
        Content::Letter { text, .. } => text.clone(),
        Content::Text { .. }
        | Content::Files { .. }
        | Content::Location { .. }
        | Content::Contact { .. }
        | Content::Form { .. }
        | Content::Unsupported { .. } => content.words(),
    };
    let place = match content {
        Content::Location { latitude, longitude, .. } => format!("{latitude}, {longitude}"),
        _ => String::new(),
    };
    let text = [text, place].iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>();
    without_nul(&text.join("\n")).into_owned()
}

/// One line: what people type into a subject or a name must not become a header.
fn line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shortened(&line.split_whitespace().collect::<Vec<_>>().join(" "), 500)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use channel::Channel;
    use domain::ids::{AccountId, MessageId};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::letter::{Caps, read};

    fn mailbox() -> Mailbox {
        let settings = json!({ "email": "sales@mail.ru", "sender_name": "Магазин \r\nBcc: x@y" });
        let channel = Channel {
            id: ChannelId(Uuid::from_u128(9)),
            account: AccountId(Uuid::nil()),
            name: String::new(),
            settings: settings.as_object().cloned().unwrap_or_default(),
            secrets: BTreeMap::from([("password".to_owned(), "p".into())]),
            hook_secret: "h".into(),
            external_id: None,
            memory: std::sync::Arc::new(channel::Forgetful),
        };
        Mailbox::of(&channel).expect("the settings are right")
    }

    fn outbound(content: Content<OutFile>) -> Outbound {
        Outbound {
            id: MessageId(Uuid::from_u128(7)),
            recipient: "anna@shop.test".to_owned(),
            content,
            reply_to: None,
            thread: Thread::default(),
            automatic: false,
            repeated: false,
        }
    }

    fn composed(message: &Outbound) -> String {
        let letter = compose(&mailbox(), ChannelId(Uuid::from_u128(9)), message, Vec::new());
        String::from_utf8(letter.expect("it is composed").bytes).expect("it is ASCII")
    }

    #[test]
    fn ch_10_an_answer_threads_and_carries_our_id() {
        let mut message = outbound(Content::text("Здравствуйте!"));
        message.thread = Thread {
            references: vec!["mid:one@a#00".into(), "sha256:ff".into(), "two@a".into()],
            subject: Some("Заказ".into()),
        };
        message.reply_to = Some("mid:two@a#11".into());
        let raw = composed(&message);
        let letter = read(raw.as_bytes(), &Caps::default()).expect("it is read");
        assert_eq!(letter.subject, "Re: Заказ");
        assert_eq!(letter.thread, vec!["two@a", "one@a"]);
        assert_eq!(letter.text, "Здравствуйте!");
        assert!(!letter.automatic);
        let ours = letter.message_id.as_deref().and_then(OurId::parse);
        assert_eq!(ours.map(|o| o.message), Some(MessageId(Uuid::from_u128(7))));
    }

    #[test]
    fn s20_headers_cannot_be_injected() {
        let mut message = outbound(Content::Letter {
            subject: "Hello\r\nBcc: evil@e.test".into(),
            text: "x".into(),
            quoted: String::new(),
            html: None,
            files: Vec::new(),
        });
        message.reply_to = Some("a@b\r\nBcc: evil@e.test".into());
        let raw = composed(&message);
        assert!(!raw.lines().any(|l| l.to_ascii_lowercase().starts_with("bcc")), "{raw}");
        message.recipient = "anna@shop.test>\r\nRCPT TO:<evil@e.test".into();
        let refused = compose(&mailbox(), ChannelId(Uuid::nil()), &message, Vec::new());
        assert!(matches!(refused, Err(SendError::Rejected { code: "bad_recipient", .. })));
    }

    #[test]
    fn s19_automatic_letters_say_so() {
        let mut message = outbound(Content::text("x"));
        message.automatic = true;
        let raw = composed(&message);
        assert!(raw.contains("Auto-Submitted: auto-replied\r\n"), "{raw}");
        assert!(raw.contains("X-Auto-Response-Suppress: All\r\n"), "{raw}");
    }

    #[test]
    fn files_go_along_with_their_names() {
        let file = Loaded {
            name: "счёт.pdf".into(),
            mime: "application/pdf".into(),
            bytes: Bytes::from_static(b"%PDF"),
        };
        let message = outbound(Content::Files { files: Vec::new(), caption: "вот".into() });
        let letter = compose(&mailbox(), ChannelId(Uuid::nil()), &message, vec![file]);
        let raw = letter.expect("it is composed").bytes;
        let letter = read(&raw, &Caps::default()).expect("it is read");
        assert_eq!(letter.text, "вот");
        assert_eq!(letter.files.len(), 1);
        assert_eq!(letter.files.first().and_then(|f| f.name.as_deref()), Some("счёт.pdf"));
    }
}
