//! A letter in the words of the channel interface. Pure.

use bytes::Bytes;
use channel::{Batch, DeliveryReport, Inbound, InboundMessage, Person, Quarantined, Sender};
use domain::{
    attribution::Attribution, clock::Instant, content::Content, conversation::ConversationKind,
    delivery::DeliveryStatus, ids::ChannelId,
};
use sha2::{Digest, Sha256};

use crate::{
    ids::{self, OurId},
    letter::{Letter, Party, Refusal, Verdict},
};

/// Where a letter was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    Inbox,
    /// Written by our side, here or in a mail program.
    Sent,
}

/// What is known beside the letter.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub channel: ChannelId,
    /// The mailbox's own address, in lower case.
    pub own: &'a str,
    pub folder: Folder,
    /// When the server got it.
    pub received: Instant,
}

/// What a fetched letter makes.
pub fn of(letter: Letter, raw: &Bytes, context: Context<'_>) -> Batch {
    match context.folder {
        Folder::Inbox => incoming(letter, raw, context),
        Folder::Sent => outgoing(letter, context),
    }
}

/// A letter that could not be read.
pub fn refused(refusal: Refusal, raw: Bytes) -> Batch {
    let external_id = format!("raw:{}", ids::hex(&Sha256::digest(&raw), 32));
    Batch {
        quarantined: vec![Quarantined { external_id, reason: refusal.words(), body: raw }],
        ..Batch::default()
    }
}

fn incoming(letter: Letter, raw: &Bytes, context: Context<'_>) -> Batch {
    if let Some(reports) = reports(&letter, context) {
        return Batch { events: reports, ..Batch::default() };
    }
    let Some(from) = letter.from.clone() else { return refused(Refusal::NoSender, raw.clone()) };
    if from.address != context.own {
        return message(letter, from, Sender::Customer, context);
    }
    if own_message(&letter, context).is_some() {
        // A letter that an operator sent to the mailbox itself: it is in the conversation already.
        return Batch::default();
    }
    // Sites send their forms from the shop's own address, and name the customer in Reply-To.
    match letter.reply_to.clone().filter(|party| party.address != context.own) {
        Some(customer) => {
            let letter = Letter { automatic: true, ..letter };
            message(letter, customer, Sender::Customer, context)
        }
        None => refused(Refusal::FromItself, raw.clone()),
    }
}

/// In \Sent: our own letters become sure to have gone; those of other programs join their
/// conversation. The first recipient is taken for the customer.
fn outgoing(letter: Letter, context: Context<'_>) -> Batch {
    if let Some(id) = own_message(&letter, context) {
        let report = DeliveryReport {
            external_id: ids::of_ours(&id),
            status: DeliveryStatus::Sent,
            at: context.received,
            reason: None,
        };
        return Batch { events: vec![Inbound::Delivery(report)], ..Batch::default() };
    }
    let customer = letter.to.iter().find(|party| party.address != context.own).cloned();
    match customer {
        Some(customer) => message(letter, customer, Sender::OurSide, context),
        None => Batch::default(),
    }
}

/// The Message-ID, if this channel made it.
fn own_message(letter: &Letter, context: Context<'_>) -> Option<String> {
    let id = letter.message_id.as_deref()?;
    let ours = OurId::parse(id)?;
    (ours.channel == context.channel).then(|| id.to_owned())
}

/// News of letters that this channel sent; `None` when the letter is no bounce of ours.
fn reports(letter: &Letter, context: Context<'_>) -> Option<Vec<Inbound>> {
    let bounce = letter.bounce.as_ref()?;
    let status = match bounce.verdict {
        Verdict::Failed => DeliveryStatus::Failed,
        Verdict::Delivered => DeliveryStatus::Delivered,
        // Known already: the report changes nothing but is not taken for a customer's letter.
        Verdict::Delayed => DeliveryStatus::Sent,
    };
    let ours = |id: &&String| OurId::parse(id).is_some_and(|ours| ours.channel == context.channel);
    // A bounce of an answer quotes the whole thread: the first id is that of the bounced letter.
    let id = bounce.ours.iter().find(ours)?;
    Some(vec![Inbound::Delivery(DeliveryReport {
        external_id: ids::of_ours(id),
        status,
        at: letter.date.unwrap_or(context.received),
        reason: bounce.reason.clone(),
    })])
}

fn message(letter: Letter, customer: Party, sender: Sender, context: Context<'_>) -> Batch {
    let person = Person {
        external_id: customer.address.clone(),
        name: customer.name,
        emails: vec![customer.address],
        ..Person::default()
    };
    let message = InboundMessage {
        external_id: letter.external_id,
        aliases: letter.message_id.into_iter().collect(),
        occurred_at: occurred(letter.date, context.received),
        person,
        sender,
        content: Content::Letter {
            subject: letter.subject,
            text: letter.text,
            quoted: letter.quoted,
            html: letter.html,
            files: letter.files,
        },
        reply_to: letter.thread.first().cloned(),
        album: None,
        thread: letter.thread,
        attribution: Attribution::default(),
        kind: ConversationKind::Chat,
        automatic: letter.automatic,
        cropped: false,
        raw: Some(letter.headers),
    };
    Batch { events: vec![Inbound::Message(Box::new(message))], ..Batch::default() }
}

/// The sender's clock, unless it is ahead of the server's or absurd.
fn occurred(date: Option<Instant>, received: Instant) -> Instant {
    let earliest = chrono::DateTime::from_timestamp(631_152_000, 0).unwrap_or(received);
    date.filter(|date| *date >= earliest && *date <= received + chrono::TimeDelta::hours(1))
        .unwrap_or(received)
}
