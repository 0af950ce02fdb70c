//! The one door through which everything from the services comes in: webhooks, listeners and the
//! site widget alike. Returns after COMMIT, so whoever called may acknowledge.

use channel::{
    Edited, Inbound, InboundMessage, NewFile, NewFileSource, Quarantined, Reach, Removed, Sender,
};
use domain::{
    attribution::Attribution,
    content::Content,
    conversation::Direction,
    email_address,
    event::{EventKind, NewEvent},
    ids::{AttachmentId, ContactId, ConversationId, IdentityId, MessageId, QuarantineId},
    listing::Listing,
    phone,
    text::{Words, shortened, without_nul},
    view::{AttachmentState, SystemLine},
};
use serde_json::json;
use store::{
    ChannelRow, IdentityRow, NewAttachment, StoredBody, TenantTx, Told,
    intake::{Item, LookUp, Person, Stored},
};

use crate::{
    App, Error, Result, contacts,
    echo::Echo,
    look_up::with_files_of,
    objects::{Objects, safe_mime},
    preview,
};

/// Files larger than this are not taken over, whatever the service gives out.
pub const LARGEST_FILE: u64 = 50 * 1024 * 1024;
pub(crate) const LONGEST_NAME: usize = 200;

impl App {
    /// Stores what a webhook brought. Events in order; a repeat of any of them is a no-op.
    pub async fn accept(
        &self,
        channel: &ChannelRow,
        events: Vec<Inbound>,
        quarantined: Vec<Quarantined>,
    ) -> Result<Vec<Stored>> {
        let mut fates = Vec::new();
        for event in events {
            match event {
                Inbound::Message(message) => {
                    fates.push(self.accept_message(channel, *message).await?);
                }
                Inbound::Edited(edited) => self.accept_edit(channel, edited).await?,
                Inbound::Removed(removed) => self.accept_removal(channel, removed).await?,
                Inbound::Delivery(report) => self.accept_delivery(channel, report).await?,
                Inbound::Person { person, reach, attribution, at: _ } => {
                    self.accept_person(channel, person, reach, attribution).await?;
                }
                Inbound::Seen { person, up_to, at } => {
                    self.accept_seen(channel, &person, up_to.as_deref(), at).await?;
                }
                Inbound::Typing { person } => self.accept_typing(channel, &person).await?,
                Inbound::Reaction(reaction) => self.accept_reaction(channel, reaction).await?,
            }
        }
        for poison in quarantined {
            self.quarantine(channel, poison).await?;
        }
        Ok(fates)
    }

    /// Stores one message. What cannot be stored, though the database works, is poison: it is kept
    /// raw and shown, and what comes after it goes on.
    pub async fn accept_message(
        &self,
        channel: &ChannelRow,
        message: InboundMessage,
    ) -> Result<Stored> {
        if self.settle_echo(channel, &message, None).await? == Echo::Settled {
            return Ok(Stored::Gone);
        }
        let external_id = message.external_id.clone();
        let raw = message.raw.clone();
        let item = self.item(channel, message).await?;
        match self.batcher.accept(item).await {
            Err(Error::Internal(error)) => {
                tracing::error!(%error, channel.id = %channel.channel_id, "a message is poison");
                self.quarantine(
                    channel,
                    Quarantined {
                        external_id,
                        reason: Words::new(
                            "Сообщение не удалось сохранить. Покажите его разработчикам.",
                            "The message could not be stored. Show it to the developers.",
                        ),
                        body: raw.unwrap_or_default().into(),
                    },
                )
                .await?;
                Ok(Stored::Gone)
            }
            fate => fate,
        }
    }

    /// Turns a driver's message into rows to store. Bytes that came with it go to the object store
    /// first: an object without a row is harmless, a row without its object is not.
    pub(crate) async fn item(&self, channel: &ChannelRow, message: InboundMessage) -> Result<Item> {
        let message = self.followed(channel, message).await?;
        let message_id = MessageId::new(&*self.ids);
        let mut files = Vec::new();
        let mut content_files = Vec::new();
        for file in message.content.files() {
            let new = self.new_attachment(channel, message_id, file).await?;
            content_files.push(new.attachment_id);
            files.push(new);
        }
        let mut ids = content_files.into_iter();
        let content: Content<AttachmentId> =
            clean(message.content).filter_map_files(|_| ids.next());
        let Told { name, username, key, language } = told(&message.person);
        let person = Person {
            external_id: message.person.external_id,
            key,
            name,
            username,
            language,
            phones: message
                .person
                .phones
                .iter()
                .filter_map(|p| phone::normalise(p, channel.country))
                .map(|p| p.as_str().to_owned())
                .collect(),
            emails: message
                .person
                .emails
                .iter()
                .filter_map(|e| email_address::normalise(e))
                .map(|e| e.as_str().to_owned())
                .collect(),
        };
        let attribution = Attribution {
            listing: message.attribution.listing.map(Listing::clean),
            ..message.attribution
        };
        let driver = self.driver(channel)?;
        let asks = driver.look_up().is_some();
        let press = driver.presses().is_some_and(|p| p.is_press(&message.external_id));
        let look_up = LookUp { person: asks, whole: asks && message.cropped, press };
        Ok(Item {
            account: channel.account,
            channel: channel.channel_id,
            message_id,
            new_contact: ContactId::new(&*self.ids),
            new_identity: IdentityId::new(&*self.ids),
            new_conversation: ConversationId::new(&*self.ids),
            person,
            external_id: message.external_id,
            aliases: message.aliases,
            direction: match message.sender {
                Sender::Customer => Direction::Inbound,
                Sender::OurSide => Direction::Outbound,
            },
            content,
            files,
            reply_to: message.reply_to,
            thread: message.thread,
            album: message.album,
            kind: message.kind,
            automatic: message.automatic,
            attribution,
            look_up,
            occurred_at: message.occurred_at,
            now: self.clock.now(),
            raw: message.raw.map(|r| without_nul(&r).into_owned()),
        })
    }

    async fn new_attachment(
        &self,
        channel: &ChannelRow,
        message: MessageId,
        file: &NewFile,
    ) -> Result<NewAttachment> {
        let attachment_id = AttachmentId::new(&*self.ids);
        let mut new = NewAttachment {
            attachment_id,
            message_id: Some(message),
            channel_id: Some(channel.channel_id),
            uploaded_by: None,
            kind: file.kind,
            name: shortened(&without_nul(file.name.as_deref().unwrap_or("")), LONGEST_NAME),
            mime: safe_mime(file.mime.as_deref(), None),
            size: file.size.and_then(|s| i64::try_from(s).ok()),
            width: file.width.and_then(|w| i32::try_from(w).ok()),
            height: file.height.and_then(|h| i32::try_from(h).ok()),
            duration: file.duration.and_then(|d| i32::try_from(d).ok()),
            content_id: file.content_id.clone(),
            state: AttachmentState::Pending,
            failure: None,
            handle: None,
            storage_key: None,
        };
        match &file.source {
            NewFileSource::Bytes(bytes) => {
                let key = Objects::key(channel.account, attachment_id);
                let written = self
                    .objects
                    .put(&key, bytes.clone())
                    .await
                    .map_err(|e| Error::Unavailable(e.to_string()))?;
                new.mime = safe_mime(file.mime.as_deref(), written.sniffed.as_deref());
                new.size = i64::try_from(written.size).ok();
                new.state = AttachmentState::Stored;
                new.storage_key = Some(key);
            }
            NewFileSource::Handle(handle) => new.handle = Some(handle.clone()),
            NewFileSource::Unavailable(why) => {
                new.state = AttachmentState::Failed;
                new.failure = Some(why.clone());
            }
        }
        Ok(new)
    }

    /// The customer changed a message. Unknown messages (older than the channel) are left alone.
    async fn accept_edit(&self, channel: &ChannelRow, edited: Edited) -> Result<()> {
        let mut tx = self.store.tenant(channel.account).await?;
        let found = tx.message_by_external_id(channel.channel_id, &edited.external_id).await?;
        let Some(message) = found else { return Ok(()) };
        if message.direction != Direction::Inbound {
            return Ok(());
        }
        let Some(conversation) = tx.lock_conversation(message.conversation_id).await? else {
            return Ok(());
        };
        let Some(content) = with_files_of(&message, edited.content) else { return Ok(()) };
        let words = content.words();
        let raw = edited.raw.as_deref().map(without_nul);
        let id = message.message_id;
        tx.edit_message(id, &StoredBody::Said(content), &words, raw.as_deref(), edited.at).await?;
        append_changed(&mut tx, id, &conversation.audience()).await?;
        preview::follow(&mut tx, conversation).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn accept_removal(&self, channel: &ChannelRow, removed: Removed) -> Result<()> {
        let mut tx = self.store.tenant(channel.account).await?;
        let found = tx.message_by_external_id(channel.channel_id, &removed.external_id).await?;
        let Some(message) = found else { return Ok(()) };
        let Some(conversation) = tx.lock_conversation(message.conversation_id).await? else {
            return Ok(());
        };
        if message.removed_at.is_none() {
            tx.mark_removed(message.message_id, removed.at).await?;
            append_changed(&mut tx, message.message_id, &conversation.audience()).await?;
            preview::follow(&mut tx, conversation).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// A person blocked the account, lets us write again, changed their profile, or came from
    /// somewhere before writing.
    async fn accept_person(
        &self,
        channel: &ChannelRow,
        person: channel::Person,
        reach: Option<Reach>,
        attribution: Attribution,
    ) -> Result<()> {
        let attribution = self.source(channel, attribution).await?;
        let mut tx = self.store.tenant(channel.account).await?;
        let known = tx.lock_identity(channel.channel_id, &person.external_id).await?;
        let identity = match known {
            Some(identity) => identity,
            // Whoever has not written is nobody yet, but where they came from would be lost.
            None if attribution.is_empty() => return Ok(()),
            None => self.person_seen(&mut tx, channel, &person).await?,
        };
        if tx.person_told(&identity, &told(&person)).await? {
            contacts::changed(&mut tx, identity.contact_id).await?;
        }
        if !attribution.is_empty() {
            tx.keep_came_from(identity.identity_id, &attribution).await?;
        }
        if let Some(reach) = reach
            && identity.reachable != (reach == Reach::Reachable)
        {
            self.reach_changed(&mut tx, &identity, reach).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// An identity for somebody who opened the chat and has not written yet.
    async fn person_seen(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
        person: &channel::Person,
    ) -> Result<IdentityRow> {
        let name = told(person).name;
        let new = ContactId::new(&*self.ids);
        let contact = match &person.key {
            Some(key) => tx.contact_of_person(channel.channel_id, key).await?,
            None => None,
        };
        if contact.is_none() {
            tx.insert_plain_contact(new, &name).await?;
        }
        let id = IdentityId::new(&*self.ids);
        let external_id = &person.external_id;
        let contact = contact.unwrap_or(new);
        tx.insert_identity(id, channel.channel_id, external_id, contact, &name).await?;
        let identity = tx
            .lock_identity(channel.channel_id, external_id)
            .await?
            .ok_or_else(|| Error::Internal("an identity vanished".to_owned()))?;
        // Somebody else made it at the same moment: theirs stands.
        if contact == new && identity.contact_id != new {
            tx.remove_plain_contact(new).await?;
        }
        Ok(identity)
    }

    async fn reach_changed(
        &self,
        tx: &mut TenantTx,
        identity: &IdentityRow,
        reach: Reach,
    ) -> Result<()> {
        let reachable = reach == Reach::Reachable;
        tx.set_reachable(identity.identity_id, reachable).await?;
        if let Some(open) = tx.open_conversation_of(identity.identity_id).await?
            && let Some(mut conversation) = tx.lock_conversation(open).await?
        {
            let line = if reachable { SystemLine::Unblocked } else { SystemLine::Blocked };
            self.system_line(tx, &mut conversation, line).await?;
            tx.save_conversation(&conversation).await?;
        }
        Ok(())
    }

    /// Keeps what cannot be understood, and tells people. A repeat is a no-op.
    pub async fn quarantine(&self, channel: &ChannelRow, poison: Quarantined) -> Result<()> {
        let id = QuarantineId::new(&*self.ids);
        let mut tx = self.store.platform().await?;
        let new = tx
            .quarantine(
                id,
                channel.account,
                channel.channel_id,
                &poison.external_id,
                &poison.reason,
                &poison.body,
            )
            .await?;
        tx.commit().await?;
        if new {
            tracing::error!(
                channel.id = %channel.channel_id, channel.kind = %channel.kind, quarantine.id = %id,
                reason = %poison.reason.en, "put into quarantine"
            );
            metrics::counter!("beseda_quarantined_total", "kind" => channel.kind.0.clone())
                .increment(1);
            let mut tx = self.store.tenant(channel.account).await?;
            tx.append(NewEvent {
                kind: EventKind::QuarantineAdded,
                conversation: None,
                audience: None,
                was: None,
                payload: json!({
                    "quarantine_id": id, "channel_id": channel.channel_id, "reason": poison.reason,
                }),
            });
            tx.commit().await?;
        }
        Ok(())
    }
}

/// What a service tells of a person, as it is stored.
pub(crate) fn told(person: &channel::Person) -> Told {
    let cut = |text: &Option<String>| {
        shortened(&without_nul(text.as_deref().unwrap_or_default()), LONGEST_NAME)
    };
    Told {
        name: cut(&person.name),
        username: cut(&person.username),
        key: person.key.clone(),
        language: person.language.clone(),
    }
}

/// Tells readers that a message changed.
pub(crate) async fn append_changed(
    tx: &mut TenantTx,
    id: MessageId,
    audience: &domain::visibility::Audience,
) -> Result<()> {
    let Some(row) = tx.message(id).await? else { return Ok(()) };
    let conversation = row.conversation_id;
    let view = tx.message_view(row).await?;
    tx.append(NewEvent {
        kind: EventKind::MessageChanged,
        conversation: Some(conversation),
        audience: Some(*audience),
        was: None,
        payload: json!({ "message": view }),
    });
    Ok(())
}

/// Removes what Postgres does not store from every text of a message.
pub(crate) fn clean<F>(content: Content<F>) -> Content<F> {
    let text = |t: String| if t.contains('\0') { t.replace('\0', "") } else { t };
    match content {
        Content::Text { text: t, spans } => Content::Text { text: text(t), spans },
        Content::Files { files, caption } => Content::Files { files, caption: text(caption) },
        Content::Letter { subject, text: t, quoted, html, files } => Content::Letter {
            subject: text(subject),
            text: text(t),
            quoted: text(quoted),
            html: html.map(text),
            files,
        },
        Content::Location { latitude, longitude, title } => {
            Content::Location { latitude, longitude, title: title.map(text) }
        }
        Content::Contact { name, phone } => {
            Content::Contact { name: text(name), phone: phone.map(text) }
        }
        Content::Form { title, fields } => Content::Form {
            title: text(title),
            fields: fields
                .into_iter()
                .map(|f| domain::content::FormField {
                    key: text(f.key),
                    label: text(f.label),
                    value: text(f.value),
                    optional: f.optional,
                })
                .collect(),
        },
        Content::Unsupported { label, text: t } => {
            Content::Unsupported { label: text(label), text: text(t) }
        }
    }
}
