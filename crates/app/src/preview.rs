//! The list shows what was said last in a conversation (CV-6): when that is changed or taken back, the
//! list says so too.

use domain::view::ConversationView;
use store::{StoredBody, TenantTx};

use crate::{Result, conversation_events::append_conversation};

/// Puts right what the list shows after a message of this conversation, which the caller holds, was
/// changed or taken back.
pub(crate) async fn follow(tx: &mut TenantTx, mut c: ConversationView) -> Result<()> {
    let last = tx.last_said(c.conversation_id).await?;
    let (preview, direction) = match last {
        Some(last) => match last.body {
            StoredBody::Said(content) => (content.preview(), last.direction),
            StoredBody::Happened(_) => (String::new(), last.direction),
        },
        None => (String::new(), c.preview_direction),
    };
    if (&preview, direction) == (&c.preview, c.preview_direction) {
        return Ok(());
    }
    c.preview = preview;
    c.preview_direction = direction;
    tx.save_conversation(&c).await?;
    append_conversation(tx, &c, None);
    Ok(())
}
