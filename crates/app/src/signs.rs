//! What the customer sees of us: that we have read, that we write (OW-6), and that the button they
//! pressed was heard. Best effort: told once, in a queue of its own, so that a slow service never holds
//! up answers.
//!
//! Reading is told only for those who answer: the assignee and those who joined, once the
//! conversation is taken. A supervisor who looks on, or anybody who opens a new conversation to see
//! whether to take it, promises the customer nothing; whoever takes it has read it.

use domain::{
    clock::Instant,
    conversation::ConversationState,
    ids::{AccountId, ConversationId, EmployeeId, MessageId},
    passing::{Passing, Sign},
    people::Right,
    view::ConversationView,
};
use serde_json::json;
use store::{ChannelRow, NewJob, TenantTx};

use crate::{Actor, App, Result, conversations::visible, work::Work};

/// Telegram shows it for five seconds, others for about as long.
const TYPING_EVERY: chrono::Duration = chrono::Duration::seconds(5);

impl App {
    /// An employee writes in a conversation: colleagues and the site's visitor are told at once, the
    /// customer of a messenger that shows it every five seconds at most.
    pub async fn typing(&self, actor: &Actor, id: ConversationId) -> Result<()> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let c = visible(tx.conversation(id).await?, actor)?;
        self.pass(Passing {
            account: actor.account,
            conversation: id,
            audience: c.audience(),
            sign: Sign::Typing { employee: actor.employee },
        });
        if actor.require(Right::WorkConversations).is_ok()
            && self.ask_typing_shown(&mut tx, &c).await?
        {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Somebody of ours writes: the customer of a messenger that shows it is told, once in five seconds.
    /// `true`: there is something to commit.
    pub(crate) async fn ask_typing_shown(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
    ) -> Result<bool> {
        let (id, at) = (c.conversation_id, self.clock.now());
        let asked = c.state != ConversationState::Closed
            && self.shows_signs(tx, c).await?
            && tx.ask_typing(id, at, TYPING_EVERY).await?;
        if asked {
            tx.push(sign_job(id, &Work::Typing { conversation: id, at }));
        }
        Ok(asked)
    }

    /// An employee has read a conversation up to a position. The caller commits.
    pub(crate) async fn ask_seen(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        reader: EmployeeId,
        position: i64,
    ) -> Result<()> {
        if c.state == ConversationState::New || !self.shows_signs(tx, c).await? {
            return Ok(());
        }
        let id = c.conversation_id;
        let answers = c.assignee_id == Some(reader) || tx.participants(id).await?.contains(&reader);
        if answers && tx.ask_seen(id, position).await? {
            tx.push(sign_job(id, &Work::Seen { conversation: id }));
        }
        Ok(())
    }

    /// Whoever takes a conversation may have read it before. The caller commits.
    pub(crate) async fn ask_seen_by_taker(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        taker: EmployeeId,
    ) -> Result<()> {
        let read = tx.reads(taker, &[c.conversation_id]).await?.pop();
        match read.map(|r| r.position).filter(|p| *p > 0) {
            Some(position) => self.ask_seen(tx, c, taker, position).await,
            None => Ok(()),
        }
    }

    async fn shows_signs(&self, tx: &mut TenantTx, c: &ConversationView) -> Result<bool> {
        let kind = tx.channel_kind(c.channel_id).await?;
        Ok(kind.and_then(|k| self.drivers.get(&k)).is_some_and(|d| d.signs().is_some()))
    }

    /// Tells the customer that everything so far was read. What could not be told is not told later.
    pub(crate) async fn tell_seen(&self, account: AccountId, id: ConversationId) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let seen = tx.take_seen(id).await?;
        let place = place(&mut tx, id).await?;
        tx.commit().await?;
        let (Some(message), Some((channel, recipient))) = (seen, place) else { return Ok(()) };
        let driver = self.driver(&channel)?;
        let Some(signs) = driver.signs() else { return Ok(()) };
        if let Err(why) = signs.seen(&self.driver_channel(&channel), &recipient, &message).await {
            tracing::debug!(%why, conversation.id = %id, "the customer was not told of our reading");
        }
        Ok(())
    }

    /// Tells the service that a button's press was taken: until then the customer sees a clock on it.
    pub(crate) async fn answer_press(&self, account: AccountId, id: MessageId) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let Some(message) = tx.message(id).await? else { return Ok(()) };
        let raw = tx.message_raw(id).await?;
        let place = place(&mut tx, message.conversation_id).await?;
        drop(tx);
        let (Some(external_id), Some((channel, _))) = (message.external_id, place) else {
            return Ok(());
        };
        let driver = self.driver(&channel)?;
        let Some(presses) = driver.presses() else { return Ok(()) };
        let ours = self.driver_channel(&channel);
        if let Err(why) = presses.answer(&ours, &external_id, raw.as_deref()).await {
            tracing::debug!(%why, message.id = %id, "a pressed button was not answered");
        }
        Ok(())
    }

    /// Tells the customer that somebody writes, unless the moment is past.
    pub(crate) async fn tell_typing(
        &self,
        account: AccountId,
        id: ConversationId,
        at: Instant,
    ) -> Result<()> {
        if self.clock.now() - at > TYPING_EVERY {
            return Ok(());
        }
        let mut tx = self.store.tenant(account).await?;
        let place = place(&mut tx, id).await?;
        drop(tx);
        let Some((channel, recipient)) = place else { return Ok(()) };
        let driver = self.driver(&channel)?;
        let Some(signs) = driver.signs() else { return Ok(()) };
        if let Err(why) = signs.typing(&self.driver_channel(&channel), &recipient).await {
            tracing::debug!(%why, conversation.id = %id, "the customer was not told of our writing");
        }
        Ok(())
    }
}

/// The channel and the person of a conversation, while the channel works.
async fn place(tx: &mut TenantTx, id: ConversationId) -> Result<Option<(ChannelRow, String)>> {
    let Some(c) = tx.conversation(id).await? else { return Ok(None) };
    let Some(channel) = tx.channel(c.channel_id).await? else { return Ok(None) };
    if !channel.report.state.sends() {
        return Ok(None);
    }
    let identity = tx.identity(c.identity_id).await?;
    Ok(identity.map(|i| (channel, i.external_id)))
}

pub(crate) fn sign_job(conversation: ConversationId, work: &Work) -> NewJob {
    NewJob {
        lane: format!("sign:{conversation}"),
        queue: "signs",
        payload: json!(work),
        run_at: None,
    }
}
