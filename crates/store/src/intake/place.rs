//! What each message is and changes in its conversation, decided without a query.

use super::*;

/// Gives the message its position and notes what it changes in its conversation.
pub(super) fn place_message(
    made: &mut Made,
    n: usize,
    item: &Item,
    channel: &ChannelFacts,
    conversation: &mut Open,
) {
    conversation.last_position += 1;
    match item.direction {
        Direction::Inbound if !item.automatic => {
            conversation.waiting_since.get_or_insert(item.now);
        }
        Direction::Outbound => {
            conversation.waiting_since = None;
            conversation.first_answer_at.get_or_insert(item.now);
        }
        Direction::Inbound | Direction::Note | Direction::System => {}
    }
    made.messages.push(n);
    made.positions.push(conversation.last_position);
    made.message_conversations.push(conversation.conversation_id);
    made.conversations.insert(
        conversation.conversation_id,
        Touched {
            account: item.account.0,
            open: conversation.clone(),
            last_message_at: item.now,
            preview: item.content.preview(),
            preview_direction: item.direction,
            auto_close_at: channel
                .auto_close_minutes
                .map(|m| item.now + chrono::Duration::minutes(m.into())),
        },
    );
}

pub(super) fn view_of(item: &Item, conversation: &Open) -> MessageView {
    let files: HashMap<AttachmentId, AttachmentView> =
        item.files.iter().map(|f| (f.attachment_id, f.view())).collect();
    MessageView {
        message_id: item.message_id,
        conversation_id: ConversationId(conversation.conversation_id),
        position: conversation.last_position,
        direction: item.direction,
        author_id: None,
        automatic: item.automatic,
        body: Body::Said(item.content.clone().filter_map_files(|id| files.get(&id).cloned())),
        reply_to: None,
        album: item.album.clone(),
        status: None,
        failure: None,
        why: None,
        client_id: None,
        mentions: Vec::new(),
        occurred_at: item.occurred_at,
        created_at: item.now,
        edited_at: None,
        removed_at: None,
        change: None,
        reactions: Vec::new(),
    }
}

/// A new conversation of a channel with a scenario asks to be routed. Without one it is visible to
/// all (CH-2); a pinned channel bypasses the scenario (CH-3).
pub(super) fn route_job(
    item: &Item,
    channel: &ChannelFacts,
    conversation: &Open,
) -> Option<(AccountId, NewJob)> {
    let routed = channel.scenario_id.is_some()
        && channel.pinned_employee_id.is_none()
        && item.direction == Direction::Inbound;
    routed.then(|| {
        let conversation = ConversationId(conversation.conversation_id);
        let job = NewJob {
            lane: format!("route:{conversation}"),
            queue: "routing",
            payload: json!({ "job": "route", "conversation": conversation, "why": "opened" }),
            run_at: None,
        };
        (item.account, job)
    })
}

/// What each new message quotes, now that all ids of the batch are known.
pub(super) fn resolve_replies(items: &[Item], made: &mut Made, known: &HashMap<Place, Uuid>) {
    made.replies = made
        .messages
        .iter()
        .filter_map(|&n| items.get(n))
        .map(|item| {
            let quoted = item.reply_to.as_ref()?;
            known.get(&(item.channel.0, quoted.clone())).copied()
        })
        .collect();
}
