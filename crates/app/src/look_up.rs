//! What webhooks leave out and services tell when asked: people's names, what a chat is about, the
//! whole of a long message. Asked after the message is stored, so nothing waits for it.

use channel::{FetchError, Profile};
use domain::{
    attribution::Attribution,
    content::Content,
    ids::{AccountId, AttachmentId, ConversationId, IdentityId, MessageId},
    listing::Listing,
    phone,
    view::{ConversationView, SystemLine},
};
use store::{ChannelRow, IdentityRow, MessageRow, StoredBody, TenantTx};

use crate::{
    App, Error, Result, contacts,
    conversation_events::append_conversation,
    inbound::{append_changed, clean, told},
    preview,
    work::{JobError, back_off},
};

/// After so many refusals for the time being a look-up is given up: the person stays nameless until
/// they write again. Whom the service does not name is asked about again some days later.
const TRIES: i32 = 8;

impl App {
    /// Asks who a person is, and what they write about.
    pub(crate) async fn look_up_person(
        &self,
        account: AccountId,
        id: IdentityId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |e: Error| JobError::of(&e, attempts);
        let Some((identity, channel)) = self.nameless(account, id).await.map_err(fault)? else {
            return Ok(());
        };
        let driver = self.driver(&channel).map_err(fault)?;
        let Some(look_up) = driver.look_up() else { return Ok(()) };
        let ours = self.driver_channel(&channel);
        match look_up.person(&ours, &identity.external_id).await {
            Ok(profile) => self.profile_told(&channel, &identity, profile).await.map_err(fault),
            Err(error) => {
                let next = later(&error, attempts);
                if next.is_ok() && matches!(error, FetchError::Retry { .. }) {
                    // No answer is no word that they have no name: asked with their next message.
                    self.not_asked(account, id).await.map_err(fault)?;
                }
                next
            }
        }
    }

    async fn not_asked(&self, account: AccountId, id: IdentityId) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.forget_asked(id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn nameless(
        &self,
        account: AccountId,
        id: IdentityId,
    ) -> Result<Option<(IdentityRow, ChannelRow)>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(identity) = tx.identity(id).await?.filter(|i| i.name.is_empty()) else {
            return Ok(None);
        };
        Ok(tx.channel(identity.channel_id).await?.map(|channel| (identity, channel)))
    }

    async fn profile_told(
        &self,
        channel: &ChannelRow,
        identity: &IdentityRow,
        profile: Profile,
    ) -> Result<()> {
        let person = profile.person;
        let mut tx = self.store.tenant(channel.account).await?;
        let mut told = tx.person_told(identity, &told(&person)).await?;
        for number in person.phones.iter().filter_map(|p| phone::normalise(p, channel.country)) {
            tx.add_contact_phone(identity.contact_id, number.as_str()).await?;
            told = true;
        }
        if told {
            contacts::changed(&mut tx, identity.contact_id).await?;
        }
        if let Some(open) = tx.open_conversation_of(identity.identity_id).await?
            && let Some(c) = tx.lock_conversation(open).await?
        {
            let c = match profile.listing {
                Some(listing) => self.about(&mut tx, c, listing).await?,
                None => c,
            };
            append_conversation(&mut tx, &c, None);
        }
        tx.commit().await?;
        Ok(())
    }

    /// The customer's message told of a listing that is another than the conversation's.
    pub(crate) async fn listing_told(
        &self,
        account: AccountId,
        id: ConversationId,
        listing: Listing,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let Some(c) = tx.lock_conversation(id).await? else { return Ok(()) };
        if c.attribution.listing.as_ref().is_some_and(|l| l.external_id == listing.external_id) {
            return Ok(());
        }
        let c = self.about(&mut tx, c, listing).await?;
        append_conversation(&mut tx, &c, None);
        tx.commit().await?;
        Ok(())
    }

    /// Keeps what a conversation is about; another listing than before gets a line among the messages.
    async fn about(
        &self,
        tx: &mut TenantTx,
        mut c: ConversationView,
        listing: Listing,
    ) -> Result<ConversationView> {
        let listing = listing.clean();
        let former = c.attribution.listing.take();
        let another = former.as_ref().is_some_and(|l| l.external_id != listing.external_id);
        let listing = match former {
            Some(former) => former.told(listing),
            None => listing,
        };
        c.attribution = Attribution { listing: Some(listing.clone()), ..c.attribution };
        tx.set_attribution(c.conversation_id, &c.attribution).await?;
        if another {
            self.system_line(tx, &mut c, SystemLine::Listing { listing }).await?;
            tx.save_conversation(&c).await?;
        }
        Ok(c)
    }

    /// Fetches the whole of a message that came cropped.
    pub(crate) async fn look_up_message(
        &self,
        account: AccountId,
        id: MessageId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |e: Error| JobError::of(&e, attempts);
        let Some((external_id, channel)) = self.cropped(account, id).await.map_err(fault)? else {
            return Ok(());
        };
        let driver = self.driver(&channel).map_err(fault)?;
        let Some(look_up) = driver.look_up() else { return Ok(()) };
        match look_up.message(&self.driver_channel(&channel), &external_id).await {
            Ok(content) => self.whole_told(account, id, content).await.map_err(fault),
            Err(error) => later(&error, attempts),
        }
    }

    async fn cropped(
        &self,
        account: AccountId,
        id: MessageId,
    ) -> Result<Option<(String, ChannelRow)>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(message) = tx.message(id).await? else { return Ok(None) };
        let Some(external_id) = message.external_id.filter(|_| untouched(message.edited_at)) else {
            return Ok(None);
        };
        Ok(tx.channel(message.channel_id).await?.map(|channel| (external_id, channel)))
    }

    async fn whole_told(
        &self,
        account: AccountId,
        id: MessageId,
        content: Content<channel::NewFile>,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let Some(message) = tx.message(id).await?.filter(|m| untouched(m.edited_at)) else {
            return Ok(());
        };
        let Some(c) = tx.lock_conversation(message.conversation_id).await? else { return Ok(()) };
        let Some(content) = with_files_of(&message, content) else { return Ok(()) };
        let words = content.words();
        tx.put_content(id, &StoredBody::Said(content), &words).await?;
        tx.tell_crm_chats_anew(id).await?;
        append_changed(&mut tx, id, &c.audience()).await?;
        preview::follow(&mut tx, c).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// An edit by the customer is newer than what we ask for.
fn untouched(edited_at: Option<domain::clock::Instant>) -> bool {
    edited_at.is_none()
}

/// Services change the words; files stay as they came. `None` for a message that nobody said.
pub(crate) fn with_files_of(
    message: &MessageRow,
    content: Content<channel::NewFile>,
) -> Option<Content<AttachmentId>> {
    let StoredBody::Said(former) = &message.body else { return None };
    let mut files = former.files().to_vec().into_iter();
    Some(clean(content).filter_map_files(|_| files.next()))
}

fn later(error: &FetchError, attempts: i32) -> Result<(), JobError> {
    match error {
        FetchError::Retry { after, why } if attempts < TRIES => {
            Err(JobError::Retry { after: (*after).max(back_off(attempts)), why: why.clone() })
        }
        // Nothing is lost by it: what came stays as it is.
        FetchError::Retry { why, .. } | FetchError::Gone(why) => {
            tracing::info!(%why, "a look-up is given up");
            Ok(())
        }
        FetchError::TooLarge => Ok(()),
    }
}
