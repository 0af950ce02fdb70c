//! What comes from the SMSC into our words.

use channel::{Batch, DeliveryReport, Inbound, InboundMessage, Person, Quarantined};
use domain::{clock::Instant as Moment, content::Content, delivery::DeliveryStatus, text::Words};
use sha2::{Digest, Sha256};

use super::{
    address,
    coding::{Alphabet, Scheme},
    doubles::{self, Doubles},
    ids::IdForm,
    joining::{Arrival, Joined, Joining},
    pdu::{self, Deliver},
    receipt,
    session::Arrived,
    udh,
};

/// Bits 5 to 2 of `esm_class` say what a `deliver_sm` is (SMPP 3.4, 5.2.12).
const TYPE: u8 = 0x3C;
const MESSAGE: u8 = 0x00;
const RECEIPT: u8 = 0x04;
const NOTIFICATION: u8 = 0x20;
/// The text begins with a header.
const WITH_HEADER: u8 = 0x40;

/// Reads what comes in one session.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) alphabet: Alphabet,
    pub(crate) ids: IdForm,
    pub(crate) joining: Joining,
    pub(crate) doubles: Doubles,
}

impl Reader {
    /// Adds to the batch what a `deliver_sm` means. None is ever refused: one that cannot be read is
    /// kept for people, so that it does not come again for ever.
    pub(crate) fn read(&mut self, arrived: &Arrived, now: Moment, batch: &mut Batch) {
        let deliver = match pdu::read_deliver(&arrived.frame.body) {
            Ok(deliver) => deliver,
            Err(why) => return batch.quarantined.push(unreadable(arrived, &why)),
        };
        match self.receipt(&deliver) {
            Some(receipt) => batch.events.extend(self.report(&receipt, now)),
            None if is_receipt(deliver.esm_class) => {
                batch.quarantined.push(unreadable(arrived, "a receipt names no message"));
            }
            None => self.message(&deliver, arrived, now, batch),
        }
    }

    /// Messages whose parts have not come in time.
    pub(crate) fn give_up(&mut self, before: Moment, batch: &mut Batch) {
        let late = self.joining.give_up(before, self.alphabet);
        batch.events.extend(late.into_iter().map(joined));
    }

    /// Some SMSCs leave `esm_class` at nought; then the id's TLV and the text must both speak for a
    /// receipt, because a person may write anything.
    fn receipt(&self, deliver: &Deliver) -> Option<receipt::Receipt> {
        let text = || {
            let scheme = Scheme::of(deliver.data_coding, Alphabet::Latin1);
            let text = scheme.read(&deliver.text).unwrap_or_default();
            // Zeros between ASCII: UCS-2 under a wrong coding. At the end: C strings.
            text.replace('\0', "")
        };
        let (id, state) = (deliver.receipted_id.as_deref(), deliver.message_state);
        let is_one = is_receipt(deliver.esm_class)
            || (deliver.esm_class & TYPE == MESSAGE
                && id.is_some()
                && (state.is_some() || receipt::looks_like_one(&text())));
        is_one.then(|| receipt::read(id, state, &text()))?
    }

    /// News of our message, if it is decided. The SMSC's clock has an unknown zone, so the time is
    /// ours.
    fn report(&self, receipt: &receipt::Receipt, now: Moment) -> Option<Inbound> {
        let status = receipt.state.status()?;
        Some(Inbound::Delivery(DeliveryReport {
            external_id: self.ids.of_receipt(&receipt.id),
            status,
            at: now,
            reason: receipt.reason().filter(|_| status == DeliveryStatus::Failed),
        }))
    }

    fn message(&mut self, deliver: &Deliver, arrived: &Arrived, now: Moment, batch: &mut Batch) {
        let fingerprint = doubles::fingerprint(deliver);
        if self.doubles.repeats(&fingerprint, arrived.at) {
            tracing::debug!("an SMSC repeated a message that we have");
            return;
        }
        let id = doubles::id(&fingerprint, now, arrived.frame.sequence);
        let (header, octets) = match deliver.esm_class & WITH_HEADER {
            0 => (udh::Header::default(), deliver.text.as_ref()),
            _ => udh::read(&deliver.text),
        };
        if let Some(port) = header.port {
            let label = format!("SMS для программы на телефоне (порт {port})");
            let message = unsupported(id, now, address::person(&deliver.source), label, arrived);
            return batch.events.push(message);
        }
        if let Some(part) = header.part.or(deliver.sar) {
            let arrival = Arrival {
                id,
                from: &deliver.source,
                to: &deliver.destination,
                part,
                coding: deliver.data_coding,
                octets,
                at: now,
            };
            let whole = self.joining.take(arrival, self.alphabet);
            return batch.events.extend(whole.into_iter().map(joined));
        }
        let person = address::person(&deliver.source);
        batch.events.push(match Scheme::of(deliver.data_coding, self.alphabet).read(octets) {
            Some(text) => text_message(id, now, person, &text),
            None => {
                let label = format!("двоичное SMS (data_coding {})", deliver.data_coding);
                unsupported(id, now, person, label, arrived)
            }
        });
    }
}

fn is_receipt(esm_class: u8) -> bool {
    matches!(esm_class & TYPE, RECEIPT | NOTIFICATION)
}

fn joined(joined: Joined) -> Inbound {
    let person = address::person(&joined.from);
    match joined.text {
        Some(text) => text_message(joined.id, joined.at, person, &text),
        None => {
            let content = Content::Unsupported {
                label: "двоичное SMS из частей".to_owned(),
                text: String::new(),
            };
            Inbound::Message(Box::new(InboundMessage::new(joined.id, joined.at, person, content)))
        }
    }
}

fn text_message(id: String, at: Moment, person: Person, text: &str) -> Inbound {
    // A database's text holds no zeros.
    let text = text.replace('\0', "");
    let content = match text.trim().is_empty() {
        true => Content::Unsupported { label: "пустое SMS".to_owned(), text: String::new() },
        false => Content::text(text),
    };
    Inbound::Message(Box::new(InboundMessage::new(id, at, person, content)))
}

fn unsupported(
    id: String,
    at: Moment,
    person: Person,
    label: String,
    arrived: &Arrived,
) -> Inbound {
    let content = Content::Unsupported { label, text: String::new() };
    let mut message = InboundMessage::new(id, at, person, content);
    message.raw = Some(hex::encode(&arrived.frame.body));
    Inbound::Message(Box::new(message))
}

fn unreadable(arrived: &Arrived, why: &str) -> Quarantined {
    let body = arrived.frame.body.clone();
    Quarantined {
        external_id: format!("deliver_sm-{}", hex::encode(Sha256::digest(&body))),
        reason: Words::new(
            format!("Сообщение от провайдера нельзя прочитать: {why}."),
            format!("A message of the provider cannot be read: {why}."),
        ),
        body,
    }
}
