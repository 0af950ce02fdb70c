//! How a visitor liked a conversation: asked once it is closed, stored once, as a line of that
//! conversation.

use domain::{
    conversation::ConversationState,
    ids::{AccountId, ConversationId, IdentityId},
    text::{Words, shortened, without_nul},
    view::SystemLine,
};

use crate::{App, Error, Result};

/// Who comes back later is not asked any more, and may not rate.
const WITHIN_HOURS: i64 = 24;
const MOST_STARS: u8 = 5;
/// Characters of the words beside the stars.
const LONGEST_TEXT: usize = 1000;

impl App {
    /// The conversation that this person may rate now: their latest, if it was answered by an
    /// employee, is closed not long ago, and is not rated yet.
    pub async fn to_rate(
        &self,
        account: AccountId,
        identity: IdentityId,
    ) -> Result<Option<ConversationId>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(latest) = tx.conversations_of(identity, 1).await?.into_iter().next() else {
            return Ok(None);
        };
        let Some(c) = tx.conversation(latest).await? else { return Ok(None) };
        let since = self.clock.now() - chrono::Duration::hours(WITHIN_HOURS);
        let is_fresh = c.closed_at.is_some_and(|at| at > since);
        if c.state != ConversationState::Closed || !is_fresh || c.first_answer_at.is_none() {
            return Ok(None);
        }
        Ok((!tx.is_rated(latest).await?).then_some(latest))
    }

    /// Stores a rating of one's own closed conversation. A second one changes nothing, so a repeat
    /// after a lost answer is safe; whoever's conversation it is not is told that there is none.
    pub async fn rate(
        &self,
        account: AccountId,
        identity: IdentityId,
        conversation: ConversationId,
        stars: u8,
        text: &str,
    ) -> Result<()> {
        if !(1..=MOST_STARS).contains(&stars) {
            return Err(Error::invalid(
                "stars",
                "out_of_range",
                Words::new("Поставьте от 1 до 5.", "Give 1 to 5."),
            ));
        }
        let none = || Error::NotFound { what: "conversation" };
        let mut tx = self.store.tenant(account).await?;
        let mut c = tx.lock_conversation(conversation).await?.ok_or_else(none)?;
        if c.identity_id != identity {
            return Err(none());
        }
        let since = self.clock.now() - chrono::Duration::hours(WITHIN_HOURS);
        if c.state != ConversationState::Closed || c.closed_at.is_none_or(|at| at <= since) {
            return Err(Error::conflict(
                "not_closed",
                Words::new(
                    "Оценить можно завершённый разговор, в течение суток.",
                    "A closed conversation can be rated, within a day.",
                ),
            ));
        }
        if tx.is_rated(conversation).await? {
            return Ok(());
        }
        let text = shortened(without_nul(text).trim(), LONGEST_TEXT);
        self.system_line(&mut tx, &mut c, SystemLine::Rated { stars, text }).await?;
        tx.save_conversation(&c).await?;
        tx.commit().await?;
        Ok(())
    }
}
