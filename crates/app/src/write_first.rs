//! 'Write to a new client' (CV-4): a conversation in work that begins with our message.

use domain::{
    channel::Capabilities,
    conversation::ConversationKind,
    email_address,
    ids::{ChannelId, ContactId, ConversationId, EmployeeId, IdentityId},
    people::Right,
    phone::{self, Country},
    text::Words,
    view::{ConversationView, MessageView},
};
use store::{ChannelRow, IdentityRow, NewConversation, TenantTx};

use crate::{
    Actor, App, Draft, DraftKind, Error, Result,
    compose::{check_client_id, check_text, too_long},
    conversation_events::append_conversation,
};

const LONGEST_NAME: usize = 200;

/// A first message to a person.
#[derive(Debug, Clone)]
pub struct WriteFirst {
    pub channel: ChannelId,
    /// An e-mail address or a phone: what the channel writes to.
    pub to: String,
    pub name: String,
    pub subject: Option<String>,
    pub text: String,
    pub client_id: String,
}

impl App {
    /// Opens a conversation in work, or goes on in the person's open one, and sends the message.
    pub async fn write_first(
        &self,
        actor: &Actor,
        first: WriteFirst,
    ) -> Result<(ConversationView, MessageView)> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let Some(channel) = tx.channel(first.channel).await? else {
            return Err(Error::NotFound { what: "channel" });
        };
        let driver = self.driver(&channel)?;
        let can = driver.capabilities();
        if !can.write_first {
            return Err(Error::invalid(
                "channel_id",
                "cannot_write_first",
                Words::new(
                    "В этом канале первым пишет клиент. Выберите другой канал.",
                    "In this channel the client writes first. Choose another channel.",
                ),
            ));
        }
        // Before anything is made: a refused text must leave no empty conversation behind.
        check_client_id(&first.client_id)?;
        check_text(&first.text, usize::MAX)?;
        too_long("text", can.text_unit.length(&first.text), can.max_text)?;
        too_long("name", first.name.chars().count(), LONGEST_NAME)?;
        let to = address(WritesTo::of(&can, &channel), &first.to)?;
        let opening = Opening {
            assignee: Some(actor.employee),
            name: &first.name,
            subject: first.subject.as_deref().unwrap_or_default(),
        };
        let conversation = self.open_to(&mut tx, &channel, &to, &opening).await?;
        tx.commit().await?;
        let draft = Draft {
            client_id: first.client_id,
            text: first.text,
            files: Vec::new(),
            reply_to: None,
            kind: DraftKind::Answer,
            mentions: Vec::new(),
            subject: first.subject,
        };
        let message = self.reply(actor, conversation, draft).await?;
        Ok((self.conversation(actor, conversation).await?, message))
    }

    /// The open conversation with whoever has this address, or a new one.
    pub(crate) async fn open_to(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
        to: &Address,
        opening: &Opening<'_>,
    ) -> Result<ConversationId> {
        let identity = match tx.lock_identity(channel.channel_id, &to.external_id).await? {
            Some(identity) => identity,
            None => {
                let contact = self.contact_for(tx, to, opening.name).await?;
                let id = IdentityId::new(&*self.ids);
                let external_id = &to.external_id;
                tx.insert_identity(id, channel.channel_id, external_id, contact, opening.name)
                    .await?;
                tx.lock_identity(channel.channel_id, external_id)
                    .await?
                    .ok_or_else(|| Error::Internal("an identity vanished".to_owned()))?
            }
        };
        self.open_with(tx, channel, &identity, opening).await
    }

    /// The open conversation with a person whose row is locked, or a new one.
    pub(crate) async fn open_with(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
        identity: &IdentityRow,
        opening: &Opening<'_>,
    ) -> Result<ConversationId> {
        if let Some(open) = tx.open_conversation_of(identity.identity_id).await? {
            return Ok(open);
        }
        let id = ConversationId::new(&*self.ids);
        tx.open_conversation(&NewConversation {
            conversation_id: id,
            channel_id: channel.channel_id,
            identity_id: identity.identity_id,
            contact_id: identity.contact_id,
            kind: ConversationKind::Chat,
            pinned_id: channel.pinned_employee_id,
            assignee_id: opening.assignee,
            subject: opening.subject.to_owned(),
            at: self.clock.now(),
        })
        .await?;
        if let Some(c) = tx.conversation(id).await? {
            append_conversation(tx, &c, None);
        }
        Ok(id)
    }

    /// The contact who has this address, or a new one.
    async fn contact_for(&self, tx: &mut TenantTx, to: &Address, name: &str) -> Result<ContactId> {
        if let Some(known) = tx.contact_by_address(&to.phone, &to.email).await? {
            return Ok(known);
        }
        let id = ContactId::new(&*self.ids);
        tx.insert_plain_contact(id, name).await?;
        if let Some(phone) = &to.phone {
            tx.add_contact_phone(id, phone).await?;
        }
        if let Some(email) = &to.email {
            tx.add_contact_email(id, email).await?;
        }
        Ok(id)
    }
}

/// How a conversation that we begin stands at first.
pub(crate) struct Opening<'a> {
    /// `None`: it waits among the new ones.
    pub assignee: Option<EmployeeId>,
    /// Of a person who is not known yet.
    pub name: &'a str,
    pub subject: &'a str,
}

/// Where somebody is written to.
pub(crate) struct Address {
    pub external_id: String,
    pub phone: Option<String>,
    pub email: Option<String>,
}

/// What a channel writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WritesTo {
    Email,
    /// Without a country code it is of this country.
    Phone(Country),
}

impl WritesTo {
    /// Letters go to an e-mail address, all else to a phone.
    pub(crate) fn of(can: &Capabilities, channel: &ChannelRow) -> Self {
        if can.subject { Self::Email } else { Self::Phone(channel.country) }
    }
}

/// Reads what was typed as what the channel writes to.
pub(crate) fn address(to: WritesTo, text: &str) -> Result<Address> {
    let text = text.trim();
    let (found, wanted) = match to {
        WritesTo::Email => (
            email_address::normalise(text).map(|email| {
                let email = email.as_str().to_owned();
                Address { external_id: email.clone(), phone: None, email: Some(email) }
            }),
            Words::new(
                "Укажите адрес почты: client@example.ru.",
                "Give an e-mail address: client@example.com.",
            ),
        ),
        WritesTo::Phone(country) => (
            phone::normalise(text, country).map(|phone| {
                let phone = phone.as_str().to_owned();
                Address { external_id: phone.clone(), phone: Some(phone), email: None }
            }),
            Words::new("Укажите телефон: +7 900 000-00-00.", "Give a phone: +7 900 000-00-00."),
        ),
    };
    found.ok_or_else(|| Error::invalid("to", "bad_address", wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a contact with a phone and an e-mail address a mailbox takes the address, and SMS the phone.
    #[test]
    fn wa_3_a_channel_is_given_only_what_it_writes_to() {
        let phone = WritesTo::Phone(Country::RU);
        let read = |to, text| address(to, text).ok().map(|to| to.external_id);
        assert_eq!(read(phone, "8 916 123-45-67").as_deref(), Some("+79161234567"));
        assert_eq!(read(phone, "a@b.ru"), None);
        assert_eq!(read(WritesTo::Email, " A@b.ru ").as_deref(), Some("a@b.ru"));
        assert_eq!(read(WritesTo::Email, "+7 916 123-45-67"), None);
    }
}
