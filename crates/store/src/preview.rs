//! What a conversation's last message is, for the list.

use domain::{conversation::Direction, ids::ConversationId};
use sqlx::types::Json;

use crate::{Error, Result, StoredBody, TenantTx};

/// The last that was said in a conversation and not taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct LastSaid {
    pub direction: Direction,
    pub body: StoredBody,
}

impl TenantTx {
    /// `None`: all of it was taken back.
    pub async fn last_said(&mut self, id: ConversationId) -> Result<Option<LastSaid>> {
        let account = self.account().0;
        let row: Option<(String, Json<StoredBody>)> = sqlx::query_as(
            "select direction, content from messages
             where account_id = $1 and conversation_id = $2
               and direction in ('inbound', 'outbound') and removed_at is null
             order by position desc limit 1",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(|(direction, body)| {
            let direction = Direction::parse(&direction)
                .ok_or_else(|| Error::bad("messages", "direction", &direction))?;
            Ok(LastSaid { direction, body: body.0 })
        })
        .transpose()
    }
}
