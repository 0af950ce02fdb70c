//! Visitors of companies' sites: who they are, what they may read, how far they read it. What they
//! write comes in through the one door of `inbound.rs`.
//!
//! A visitor reads their own messages and what was written to them: never a note, a system line or
//! anything of another person.

use channel::{DeliveryReport, Inbound};
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FormField},
    conversation::Direction,
    delivery::DeliveryStatus,
    ids::{AccountId, ConversationId, IdentityId, MessageId},
    view::{AttachmentView, ConversationView},
};
use secrecy::SecretString;
use store::{ChannelRow, NewVisitor, StoredBody, TenantTx, VisitorMessage, VisitorRow};

use crate::{App, Result, secret_token};

/// The most messages that one 'seen' marks.
const MOST_SEEN: i64 = 200;
/// The place of a message among all of a visitor's: conversations' numbers grow, and so do positions
/// in each. Below 2^53 for nine thousand million conversations, as JavaScript needs it.
const PER_CONVERSATION: i64 = 1_000_000;

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    Visitor,
    Operator,
    /// A rule.
    Automatic,
}

/// A message as its visitor may read it.
#[derive(Debug, Clone)]
pub struct SiteLine {
    pub message: MessageId,
    pub conversation: ConversationId,
    /// Grows over all conversations of the visitor.
    pub place: i64,
    pub writer: Writer,
    pub author: Option<String>,
    /// With links to the files.
    pub content: Content<AttachmentView>,
    /// The visitor's own id of it.
    pub client_id: Option<String>,
    /// Of what was written to the visitor.
    pub status: Option<DeliveryStatus>,
    pub at: Instant,
}

impl SiteLine {
    /// A form that the visitor is asked to fill (RT-3): a rule's message with fields and no values.
    pub fn asks(&self) -> Option<(&str, &[FormField])> {
        match &self.content {
            Content::Form { title, fields } if self.writer == Writer::Automatic => {
                Some((title, fields))
            }
            _ => None,
        }
    }

    /// Written to the visitor and not known to have reached them.
    pub fn is_undelivered(&self) -> bool {
        use DeliveryStatus::{Queued, Sending, Sent, Uncertain};
        matches!(self.status, Some(Queued | Sending | Sent | Uncertain))
    }
}

fn place(number: i64, position: i64) -> i64 {
    number.saturating_mul(PER_CONVERSATION).saturating_add(position.min(PER_CONVERSATION - 1))
}

fn number_and_position(place: i64) -> (i64, i64) {
    (place.div_euclid(PER_CONVERSATION), place.rem_euclid(PER_CONVERSATION))
}

impl App {
    /// Whether any employee is on line.
    pub async fn anybody_online(&self, account: AccountId) -> Result<bool> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.anybody_online().await?)
    }

    /// The visitor who bears this token.
    pub async fn visitor(&self, channel: &ChannelRow, token: &str) -> Result<Option<VisitorRow>> {
        let hash = secret_token::hash(token);
        Ok(self.store.visitor_by_token(channel.channel_id, &hash).await?)
    }

    /// Makes a visitor; the token is shown this once.
    pub async fn new_visitor(
        &self,
        channel: &ChannelRow,
        attribution: Attribution,
    ) -> Result<(VisitorRow, SecretString)> {
        let (text, token_hash) = secret_token::fresh("bsv_")?;
        let visitor = self.ids.uuid();
        let new = NewVisitor {
            channel: channel.channel_id,
            visitor,
            token_hash,
            attribution: attribution.clone(),
        };
        let mut tx = self.store.tenant(channel.account).await?;
        tx.insert_visitor(&new).await?;
        tx.commit().await?;
        let row = VisitorRow {
            account: channel.account,
            channel: channel.channel_id,
            visitor,
            attribution,
            known: false,
        };
        Ok((row, secret_token::shown(text)))
    }

    /// The person that a visitor became by writing.
    pub async fn visitor_identity(&self, visitor: &VisitorRow) -> Result<Option<IdentityId>> {
        let mut tx = self.store.tenant(visitor.account).await?;
        Ok(tx.identity_of(visitor.channel, &visitor.visitor.to_string()).await?)
    }

    /// The person's conversations, the latest first.
    pub async fn visitor_conversations(
        &self,
        account: AccountId,
        identity: IdentityId,
    ) -> Result<Vec<ConversationId>> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.conversations_of(identity, 20).await?)
    }

    /// The person's conversation that is not closed.
    pub async fn visitor_open_conversation(
        &self,
        account: AccountId,
        identity: IdentityId,
    ) -> Result<Option<ConversationView>> {
        let mut tx = self.store.tenant(account).await?;
        match tx.open_conversation_of(identity).await? {
            Some(open) => Ok(tx.conversation(open).await?),
            None => Ok(None),
        }
    }

    /// What a visitor may read after a place, or the latest of it, in order.
    pub async fn site_lines(
        &self,
        visitor: &VisitorRow,
        identity: IdentityId,
        after: Option<i64>,
        most: i64,
    ) -> Result<Vec<SiteLine>> {
        let mut tx = self.store.tenant(visitor.account).await?;
        let found = match after {
            Some(after) => {
                tx.visitor_messages_after(identity, number_and_position(after), most).await?
            }
            None => tx.visitor_messages_latest(identity, most).await?,
        };
        self.lines(&mut tx, visitor, found).await
    }

    async fn lines(
        &self,
        tx: &mut TenantTx,
        visitor: &VisitorRow,
        found: Vec<VisitorMessage>,
    ) -> Result<Vec<SiteLine>> {
        let ids: Vec<_> = found
            .iter()
            .flat_map(|m| match &m.body {
                StoredBody::Said(content) => content.files(),
                StoredBody::Happened(_) => &[],
            })
            .copied()
            .collect();
        let mut files = Vec::new();
        for mut row in tx.attachments(&ids).await? {
            if row.storage_key.is_some() {
                row.view.url = Some(self.link(visitor.account, row.view.attachment_id)?);
            }
            files.push(row.view);
        }
        let own = format!("{}:", visitor.visitor);
        let lines = found.into_iter().filter_map(|m| {
            let StoredBody::Said(content) = m.body else { return None };
            let content = content
                .filter_map_files(|id| files.iter().find(|f| f.attachment_id == id).cloned());
            let writer = match (m.direction, m.automatic) {
                (Direction::Inbound, _) => Writer::Visitor,
                (Direction::Outbound, true) => Writer::Automatic,
                (Direction::Outbound, false) => Writer::Operator,
                (Direction::Note | Direction::System, _) => return None,
            };
            let client_id = m.external_id.as_deref().and_then(|id| id.strip_prefix(&own));
            Some(SiteLine {
                message: m.message_id,
                conversation: m.conversation_id,
                place: place(m.number, m.position),
                writer,
                author: m.author,
                content,
                client_id: client_id.map(str::to_owned),
                status: m.status.filter(|_| writer != Writer::Visitor),
                at: m.at,
            })
        });
        Ok(lines.collect())
    }

    /// One message of the visitor's own, for the answer to a repeat.
    pub async fn site_line(
        &self,
        visitor: &VisitorRow,
        identity: IdentityId,
        message: MessageId,
    ) -> Result<Option<SiteLine>> {
        let mut tx = self.store.tenant(visitor.account).await?;
        let Some(row) = tx.message(message).await? else { return Ok(None) };
        let Some(c) = tx.conversation(row.conversation_id).await? else { return Ok(None) };
        if c.identity_id != identity || row.direction != Direction::Inbound {
            return Ok(None);
        }
        let found = VisitorMessage {
            message_id: row.message_id,
            conversation_id: row.conversation_id,
            number: c.number,
            position: row.position,
            direction: row.direction,
            automatic: row.automatic,
            author: None,
            body: row.body,
            external_id: row.external_id,
            status: row.status,
            at: row.created_at,
        };
        Ok(self.lines(&mut tx, visitor, vec![found]).await?.pop())
    }

    /// The visitor's page has these (CV-7).
    pub async fn visitor_got(&self, channel: &ChannelRow, messages: &[MessageId]) -> Result<()> {
        self.report_site(channel, messages, DeliveryStatus::Delivered).await
    }

    /// The visitor's page shows everything up to this message (CV-7).
    pub async fn visitor_saw(
        &self,
        channel: &ChannelRow,
        identity: IdentityId,
        message: MessageId,
    ) -> Result<()> {
        let mut tx = self.store.tenant(channel.account).await?;
        let seen = tx.unread_up_to(identity, message, MOST_SEEN).await?;
        drop(tx);
        self.report_site(channel, &seen, DeliveryStatus::Read).await
    }

    /// A site's messages have no other name than our id.
    async fn report_site(
        &self,
        channel: &ChannelRow,
        messages: &[MessageId],
        status: DeliveryStatus,
    ) -> Result<()> {
        let at = self.clock.now();
        let reports = messages.iter().map(|id| {
            Inbound::Delivery(DeliveryReport {
                external_id: id.to_string(),
                status,
                at,
                reason: None,
            })
        });
        self.accept(channel, reports.collect(), Vec::new()).await?;
        Ok(())
    }

    /// The visitor filled the contact form (RT-3): they are not asked again, and routing goes on.
    pub async fn visitor_known(
        &self,
        visitor: &VisitorRow,
        conversation: ConversationId,
    ) -> Result<()> {
        let mut tx = self.store.tenant(visitor.account).await?;
        tx.visitor_known(visitor.visitor).await?;
        tx.commit().await?;
        self.form_done(visitor.account, conversation).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_grow_over_conversations() {
        assert!(place(1, 999) < place(2, 1));
        assert_eq!(number_and_position(place(7, 31)), (7, 31));
        assert_eq!(number_and_position(place(7, 0)), (7, 0));
        assert!(place(9_000_000_000, 1) < 1 << 53);
    }
}
