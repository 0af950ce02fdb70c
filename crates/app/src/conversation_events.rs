//! What readers are told of a conversation.

use domain::{
    event::{EventKind, NewEvent},
    view::{ConversationTail, ConversationView},
    visibility::Audience,
};
use serde_json::json;
use store::TenantTx;

/// What a new message changes of its conversation, for those who have the rest.
pub(crate) fn tail(c: &ConversationView) -> ConversationTail {
    ConversationTail {
        conversation_id: c.conversation_id,
        state: c.state,
        last_position: c.last_position,
        last_message_at: c.last_message_at,
        preview: c.preview.clone(),
        preview_direction: c.preview_direction,
        waiting_since: c.waiting_since,
    }
}

/// Tells readers that a conversation changed; `was` when others may see it now than before.
pub(crate) fn append_conversation(tx: &mut TenantTx, c: &ConversationView, was: Option<Audience>) {
    tx.append(NewEvent {
        kind: EventKind::ConversationChanged,
        conversation: Some(c.conversation_id),
        audience: Some(c.audience()),
        was: was.filter(|w| *w != c.audience()),
        payload: json!({ "conversation": c }),
    });
}
