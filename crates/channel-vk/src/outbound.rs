//! What to call for a message: pure functions of it. `upload.rs` carries them out.

use channel::{OutFile, Outbound, SendError};
use domain::content::{Content, FileKind};
use serde_json::json;

use crate::{
    api::Params,
    ids::{self, MessageName, Peer},
};

/// VK's schema allows 9000; longer than this it cuts messages into several by itself.
pub(crate) const MAX_TEXT: usize = 4096;
pub(crate) const MAX_FILES: usize = 10;
/// Documents of up to 200 MB (<https://dev.vk.com/ru/api/upload/document-in-message>).
pub(crate) const MAX_DOC: u64 = 200 << 20;
/// Photos of up to 50 MB (<https://dev.vk.com/ru/api/upload/photo-in-message>).
const MAX_PHOTO: u64 = 50 << 20;
/// Messages can be changed and taken back for a day.
pub(crate) const DAY: u32 = 86_400;

/// A message in VK's words.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) peer: Peer,
    pub(crate) text: String,
    pub(crate) files: Vec<OutFile>,
    pub(crate) place: Option<(f64, f64)>,
    pub(crate) reply_to: Option<MessageName>,
    pub(crate) random_id: i32,
}

/// By which of VK's doors a file goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Photo,
    Doc,
    Voice,
}

/// Decides what to say.
pub(crate) fn plan(message: &Outbound) -> Result<Plan, SendError> {
    let Ok(peer) = message.recipient.parse::<Peer>() else {
        return Err(rejected("not_found", "the person's id cannot be read"));
    };
    let mut plan = Plan {
        peer,
        text: String::new(),
        files: Vec::new(),
        place: None,
        reply_to: message.reply_to.as_deref().and_then(|name| name.parse().ok()),
        random_id: ids::random_id(message.id),
    };
    say(&mut plan, &message.content)?;
    if plan.text.trim().is_empty() && plan.files.is_empty() && plan.place.is_none() {
        return Err(rejected("empty", "nothing to send"));
    }
    if plan.files.len() > MAX_FILES {
        return Err(rejected("too_many_files", "more than 10 files"));
    }
    if let Some(file) = plan.files.iter().find(|file| file.size > MAX_DOC) {
        return Err(rejected("file_too_large", &format!("{} is larger than 200 MB", file.name)));
    }
    Ok(plan)
}

fn say(plan: &mut Plan, content: &Content<OutFile>) -> Result<(), SendError> {
    let joined = |parts: &[&str]| {
        let parts = parts.iter().filter(|part| !part.is_empty()).copied();
        parts.collect::<Vec<_>>().join("\n")
    };
    match content {
        Content::Text { text, .. } => plan.text.clone_from(text),
        Content::Files { files, caption } => {
            plan.text.clone_from(caption);
            plan.files.clone_from(files);
        }
        Content::Letter { subject, text, files, .. } => {
            plan.text = joined(&[subject, text]);
            plan.files.clone_from(files);
        }
        Content::Location { latitude, longitude, title } => {
            plan.text = title.clone().unwrap_or_default();
            plan.place = Some((*latitude, *longitude));
        }
        // VK has no contact cards.
        Content::Contact { name, phone } => {
            plan.text = joined(&[name, phone.as_deref().unwrap_or_default()]);
        }
        Content::Form { .. } => return Err(rejected("unsupported", "a form cannot be sent to VK")),
        Content::Unsupported { .. } => {
            return Err(rejected("unsupported", "this content cannot be sent to VK"));
        }
    }
    Ok(())
}

/// The parameters of `messages.send`. Asked with a list of one person it answers with the message's
/// number in the dialogue, by which everything else names it.
pub(crate) fn params(plan: &Plan, attachments: &[String]) -> Params {
    let mut params = vec![
        ("peer_ids", plan.peer.to_string()),
        ("random_id", plan.random_id.to_string()),
        // @words of an operator are words.
        ("disable_mentions", "1".to_owned()),
    ];
    if !plan.text.is_empty() {
        params.push(("message", plan.text.clone()));
    }
    if !attachments.is_empty() {
        params.push(("attachment", attachments.join(",")));
    }
    if let Some((latitude, longitude)) = plan.place {
        params.push(("lat", latitude.to_string()));
        params.push(("long", longitude.to_string()));
    }
    if let Some(quoted) = plan.reply_to.filter(|name| name.peer == plan.peer) {
        let forward = json!({
            "peer_id": quoted.peer.0,
            "conversation_message_ids": [quoted.number],
            "is_reply": 1,
        });
        params.push(("forward", forward.to_string()));
    }
    params
}

/// Photos are of three formats; every other file is a document.
pub(crate) fn door(file: &OutFile) -> Door {
    let mime = file.mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (file.kind, mime.as_str()) {
        (FileKind::Image | FileKind::Sticker, "image/jpeg" | "image/jpg" | "image/png")
            if file.size <= MAX_PHOTO =>
        {
            Door::Photo
        }
        (FileKind::Voice, "audio/ogg" | "audio/opus") => Door::Voice,
        (
            FileKind::Image
            | FileKind::Video
            | FileKind::VideoNote
            | FileKind::Audio
            | FileKind::Voice
            | FileKind::File
            | FileKind::Sticker,
            _,
        ) => Door::Doc,
    }
}

pub(crate) fn rejected(code: &'static str, text: &str) -> SendError {
    SendError::Rejected { code, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use channel::Thread;
    use domain::ids::MessageId;
    use futures::{StreamExt, stream};

    use super::*;

    fn file(kind: FileKind, mime: &str, size: u64) -> OutFile {
        let open: Arc<dyn Fn() -> channel::ByteStream + Send + Sync> =
            Arc::new(|| stream::empty().boxed());
        OutFile { kind, name: "f".to_owned(), mime: mime.to_owned(), size, link: None, open }
    }

    fn message(content: Content<OutFile>) -> Outbound {
        Outbound {
            id: MessageId(uuid::Uuid::from_u128(7)),
            recipient: "1001".to_owned(),
            content,
            reply_to: Some("1001:5".to_owned()),
            thread: Thread::default(),
            automatic: false,
            repeated: false,
        }
    }

    #[test]
    fn cv_6_a_file_goes_by_the_door_that_takes_it() {
        for (kind, mime, size, expected) in [
            (FileKind::Image, "image/jpeg", 100, Door::Photo),
            (FileKind::Image, "image/png", MAX_PHOTO + 1, Door::Doc),
            (FileKind::Image, "image/webp", 100, Door::Doc),
            (FileKind::Image, "image/gif", 100, Door::Doc),
            (FileKind::Voice, "audio/ogg; codecs=opus", 100, Door::Voice),
            (FileKind::Voice, "audio/webm", 100, Door::Doc),
            (FileKind::Video, "video/mp4", 100, Door::Doc),
            (FileKind::File, "image/jpeg", 100, Door::Doc),
        ] {
            assert_eq!(door(&file(kind, mime, size)), expected, "{kind:?} {mime} {size}");
        }
    }

    #[test]
    fn cv_6_an_answer_quotes_within_its_dialogue_only() {
        let of = |message: &Outbound| {
            let plan = plan(message).expect("a plan");
            params(&plan, &[]).into_iter().find(|(key, _)| *key == "forward").map(|(_, v)| v)
        };
        let mut answer = message(Content::text("да"));
        let quoted = of(&answer).expect("a quote");
        let quoted: serde_json::Value = serde_json::from_str(&quoted).expect("JSON");
        assert_eq!(
            quoted,
            json!({ "peer_id": 1001, "conversation_message_ids": [5], "is_reply": 1 })
        );
        answer.reply_to = Some("1002:5".to_owned());
        assert_eq!(of(&answer), None);
        answer.reply_to = Some("press:abc".to_owned());
        assert_eq!(of(&answer), None);
    }

    #[test]
    fn cv_7_what_cannot_go_is_refused_before_any_call() {
        let files = |n| Content::Files {
            files: (0..n).map(|_| file(FileKind::File, "text/plain", 1)).collect(),
            caption: String::new(),
        };
        let code = |content| match plan(&message(content)) {
            Err(SendError::Rejected { code, .. }) => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(files(0)), "empty");
        assert_eq!(code(files(11)), "too_many_files");
        assert_eq!(code(Content::text("  ")), "empty");
        let form = Content::Form { title: "t".to_owned(), fields: Vec::new() };
        assert_eq!(code(form), "unsupported");
    }
}
