//! Messages of a dialogue: how they come to be, change and go, and what is told of it.

use std::{sync::Arc, time::Instant};

use serde_json::{Map, Value, json};

use super::{
    deliver,
    world::{CommunityState, Shared, Stored, message_json, unix_now},
};

/// What makes a message beside its text.
pub(super) struct New {
    pub from: i64,
    pub peer: i64,
    pub out: bool,
    pub text: String,
    /// Added to the message's head.
    pub more: Map<String, Value>,
}

impl New {
    pub(super) fn of(peer: i64, text: &str) -> Self {
        Self { from: peer, peer, out: false, text: text.to_owned(), more: Map::new() }
    }

    pub(super) fn by_community(community: i64, peer: i64, text: &str) -> Self {
        Self { from: -community, out: true, ..Self::of(peer, text) }
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }
}

/// Keeps a message and answers with it as the API tells it.
pub(super) fn keep(community: &mut CommunityState, new: New, kept: usize) -> Value {
    let id = community.next_message();
    let dialogue = community.dialogue(new.peer);
    dialogue.made += 1;
    let cmid = dialogue.made;
    let mut json = message_json(new.from, new.peer, new.out, id, cmid, &new.text);
    for (name, value) in new.more {
        json[name] = value;
    }
    dialogue.messages.push(Stored {
        cmid,
        out: new.out,
        deleted: false,
        at: Instant::now(),
        json: json.clone(),
        reaction: None,
    });
    if dialogue.messages.len() > kept {
        dialogue.messages.remove(0);
    }
    json
}

/// The message that another one quotes, as it stands within that one.
pub(super) fn quoted(community: &mut CommunityState, peer: i64, cmid: i64) -> Option<Value> {
    let message = community.dialogue(peer).message(cmid)?;
    let json = &message.json;
    Some(json!({
        "id": json["id"], "conversation_message_id": cmid, "date": json["date"],
        "from_id": json["from_id"], "peer_id": peer, "text": json["text"], "attachments": [],
    }))
}

/// Both sides hear of a change.
pub(super) fn tell_edited(shared: &Arc<Shared>, community: i64, message: Value) {
    deliver::tell(shared, community, "message_edit", message);
}

/// An administrator writes in VK's own pages: their id is on the message, and a number that VK's
/// page made up.
pub(super) fn admin_writes(shared: &Arc<Shared>, community: i64, peer: i64, text: &str) -> i64 {
    let kept = shared.options.kept;
    let message = shared.change(|world| {
        let community = world.communities.get_mut(&community)?;
        let new = New::by_community(community.id, peer, text)
            .with("admin_author_id", json!(1))
            .with("random_id", json!(1_234_567));
        Some(keep(community, new, kept))
    });
    let Some(message) = message else { return 0 };
    let cmid = message["conversation_message_id"].as_i64().unwrap_or_default();
    deliver::tell(shared, community, "message_reply", message);
    cmid
}

/// Another text, and perhaps other attachments, in the place of a message's.
pub(super) fn rewrite(message: &mut Stored, text: &str, attachments: Option<Vec<Value>>) -> Value {
    message.json["text"] = json!(text);
    message.json["update_time"] = json!(unix_now());
    if let Some(attachments) = attachments {
        message.json["attachments"] = json!(attachments);
    }
    message.json.clone()
}
