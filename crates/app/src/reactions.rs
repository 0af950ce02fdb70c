//! Emoji on messages (CV-6): the customer's, ours from elsewhere, and an employee's.

use channel::{Reaction, Sender};
use domain::{
    conversation::Direction,
    ids::{AccountId, EmployeeId, MessageId},
    people::Right,
    reaction::{ReactionSide, ReactionState},
    text::Words,
    view::{ConversationView, MessageView},
};
use store::{ChannelRow, MessageRow, TenantTx};

use crate::{
    Actor, App, Error, Result,
    inbound::append_changed,
    message_changes::lock_message,
    outcome::{Settled, channel_gone, unchanged},
    signs::sign_job,
    work::{JobError, Work},
};

/// The longest emoji are sequences of several people; whatever is longer is none.
const LONGEST_EMOJI: usize = 64;
const NO_MESSAGE: Error = Error::NotFound { what: "message" };

impl App {
    /// The service's news of an emoji. On a message that we do not know it is passed over.
    pub(crate) async fn accept_reaction(
        &self,
        channel: &ChannelRow,
        reaction: Reaction,
    ) -> Result<()> {
        let emoji = reaction.emoji.filter(|e| e.len() <= LONGEST_EMOJI && !e.contains('\0'));
        let side = match reaction.by {
            Sender::Customer => ReactionSide::Customer,
            Sender::OurSide => ReactionSide::OurSide,
        };
        let mut tx = self.store.tenant(channel.account).await?;
        let found = tx.message_by_external_id(channel.channel_id, &reaction.external_id).await?;
        let Some(message) = found else { return Ok(()) };
        let id = message.message_id;
        if tx.take_reaction(id, side, emoji.as_deref(), reaction.at).await?
            && let Some(c) = tx.conversation(message.conversation_id).await?
        {
            append_changed(&mut tx, id, &c.audience()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Puts our emoji on a message, in the place of the one that is there.
    pub async fn react(&self, actor: &Actor, id: MessageId, emoji: &str) -> Result<MessageView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let (c, row) = lock_message(&mut tx, actor, id).await?;
        self.may_react(&mut tx, &row, emoji).await?;
        let there = row.reactions.iter().find(|r| r.side == ReactionSide::OurSide);
        let same = there.is_some_and(|r| {
            r.emoji == emoji && matches!(r.state, None | Some(ReactionState::Adding))
        });
        if same {
            return Ok(tx.message_view(row).await?);
        }
        tx.put_reaction(id, Some(actor.employee), emoji, self.clock.now()).await?;
        self.asked(tx, id, &c).await
    }

    /// Takes our emoji away. None there is no fault.
    pub async fn unreact(&self, actor: &Actor, id: MessageId) -> Result<MessageView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let (c, row) = lock_message(&mut tx, actor, id).await?;
        if !tx.drop_reaction(id, Some(actor.employee), self.clock.now()).await? {
            return Ok(tx.message_view(row).await?);
        }
        self.asked(tx, id, &c).await
    }

    /// A reaction that a user of the CRM put or took away in its chat (AMO-13). One that the channel
    /// cannot carry is passed over. The caller commits.
    pub(crate) async fn react_from_crm(
        &self,
        tx: &mut TenantTx,
        row: &MessageRow,
        by: Option<EmployeeId>,
        emoji: Option<&str>,
    ) -> Result<()> {
        let id = row.message_id;
        let now = self.clock.now();
        let changed = match emoji {
            Some(emoji) => match self.may_react(tx, row, emoji).await {
                Ok(()) => {
                    tx.put_reaction(id, by, emoji, now).await?;
                    true
                }
                Err(Error::Conflict { .. } | Error::Invalid(_)) => false,
                Err(error) => return Err(error),
            },
            None => tx.drop_reaction(id, by, now).await?,
        };
        if changed && let Some(c) = tx.conversation(row.conversation_id).await? {
            append_changed(tx, id, &c.audience()).await?;
            tx.push(sign_job(row.conversation_id, &Work::React { message: id }));
        }
        Ok(())
    }

    async fn asked(
        &self,
        mut tx: TenantTx,
        id: MessageId,
        c: &ConversationView,
    ) -> Result<MessageView> {
        append_changed(&mut tx, id, &c.audience()).await?;
        tx.push(sign_job(c.conversation_id, &Work::React { message: id }));
        let row = tx.message(id).await?.ok_or(NO_MESSAGE)?;
        let view = tx.message_view(row).await?;
        tx.commit().await?;
        Ok(view)
    }

    async fn may_react(&self, tx: &mut TenantTx, row: &MessageRow, emoji: &str) -> Result<()> {
        let kind = tx.channel_kind(row.channel_id).await?;
        let driver = kind.and_then(|k| self.drivers.get(&k)).filter(|d| d.reactions().is_some());
        let Some(driver) = driver else {
            return Err(Error::conflict(
                "not_offered",
                Words::new(
                    "В этом канале нельзя ставить реакции.",
                    "This channel takes no reactions.",
                ),
            ));
        };
        let said = matches!(row.direction, Direction::Inbound | Direction::Outbound);
        if !said || row.external_id.is_none() || row.removed_at.is_some() {
            return Err(Error::conflict(
                "not_there",
                Words::new(
                    "На это сообщение нельзя поставить реакцию: у клиента его нет.",
                    "This message takes no reaction: the customer does not have it.",
                ),
            ));
        }
        let offered = driver.capabilities().reactions;
        if offered.iter().any(|o| o == emoji) {
            return Ok(());
        }
        let few: Vec<&str> = offered.iter().take(8).map(String::as_str).collect();
        Err(Error::invalid(
            "emoji",
            "unknown_emoji",
            Words::new(
                format!(
                    "Этот канал не знает такой реакции. Выберите из предложенных: {} …",
                    few.join(" ")
                ),
                format!(
                    "This channel does not know this reaction. Choose one of those offered: {} …",
                    few.join(" ")
                ),
            ),
        ))
    }

    /// Does what is wanted of our emoji on a message. Run twice, the service is asked twice for the same.
    pub(crate) async fn send_reaction(
        &self,
        account: AccountId,
        id: MessageId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let done = self.carry_out_reaction(account, id, attempts).await;
        done.map_err(|e| JobError::of(&e, attempts))?
    }

    async fn carry_out_reaction(
        &self,
        account: AccountId,
        id: MessageId,
        attempts: i32,
    ) -> Result<std::result::Result<(), JobError>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(todo) = tx.reaction_to_do(id).await? else { return Ok(Ok(())) };
        let Some(row) = tx.message(id).await? else { return Ok(Ok(())) };
        let Some(c) = tx.conversation(row.conversation_id).await? else { return Ok(Ok(())) };
        let identity = tx.identity(c.identity_id).await?;
        let channel = tx.channel(row.channel_id).await?;
        let (Some(channel), Some(identity), Some(external_id)) =
            (channel, identity, row.external_id)
        else {
            if tx.settle_reaction(id, &todo, Some(&channel_gone())).await? {
                append_changed(&mut tx, id, &c.audience()).await?;
            }
            tx.commit().await?;
            return Ok(Ok(()));
        };
        drop(tx);
        if let Some(wait) = self.must_wait(&channel) {
            return Ok(Err(wait));
        }
        let driver = self.driver(&channel)?;
        let Some(reactions) = driver.reactions() else { return Ok(Ok(())) };
        let emoji = match todo.0 {
            ReactionState::Removing => None,
            ReactionState::Adding | ReactionState::Refused => Some(todo.1.as_str()),
        };
        let ours = self.driver_channel(&channel);
        let outcome = reactions.react(&ours, &identity.external_id, &external_id, emoji).await;
        let mut tx = self.store.tenant(account).await?;
        let refused = match self.settled(&mut tx, &channel, outcome, attempts).await? {
            Settled::Done => None,
            Settled::Refused(why) => Some(unchanged(why)),
            Settled::Unsure(why) => Some(why),
            Settled::Again(error) => {
                tx.commit().await?;
                return Ok(Err(error));
            }
        };
        if tx.settle_reaction(id, &todo, refused.as_ref()).await? {
            append_changed(&mut tx, id, &c.audience()).await?;
        }
        tx.commit().await?;
        Ok(Ok(()))
    }
}
