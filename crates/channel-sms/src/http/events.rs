//! What a provider tells, in its own ids, and that in our words.

use channel::{
    DeliveryReport, Inbound, InboundMessage, Person, Quarantined, Received, Reply, Request,
};
use domain::{
    clock::Instant,
    content::Content,
    delivery::DeliveryStatus,
    phone::{self, Country, Phone},
    text::Words,
};
use sha2::{Digest, Sha256};

use super::account::Account;

/// A short number has no more digits than this.
const LONGEST_SHORT: usize = 6;
/// An SMS of 255 parts, the most that its header can count.
const LONGEST_TEXT: usize = 255 * 153;

/// One fact.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Came(Came),
    Report {
        id: String,
        status: DeliveryStatus,
        reason: Option<String>,
        at: Instant,
    },
    /// A person wrote something that we cannot read.
    Strange(Came),
    /// Nothing that we know of.
    Unknown,
}

/// A message of a person.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Came {
    pub(super) id: String,
    pub(super) from: String,
    /// Which number of the account; some providers leave it out.
    pub(super) to: Option<String>,
    pub(super) text: String,
    pub(super) at: Instant,
    pub(super) raw: String,
}

/// Events as a webhook's answer. What is not understood is kept for people to look at.
pub(super) fn received(events: Vec<Event>, account: &Account, request: &Request) -> Received {
    let mut received = Received { reply: Reply::Empty, ..Received::default() };
    for event in events {
        match event {
            Event::Unknown => received.quarantined.push(Quarantined {
                external_id: format!("body:{}", digest(&request.body, &request.query)),
                reason: Words::new(
                    "Провайдер прислал уведомление, которое не удалось понять.",
                    "The provider sent a notice that could not be understood.",
                ),
                body: request.body.clone(),
            }),
            event => received.events.extend(inbound(event, account)),
        }
    }
    received
}

fn digest(body: &[u8], query: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(body);
    hash.update(query);
    hex::encode(hash.finalize())
}

/// In our words; `None` for what is not of this channel: another number of the same account.
pub(super) fn inbound(event: Event, account: &Account) -> Option<Inbound> {
    match event {
        Event::Report { id, status, reason, at } => {
            Some(Inbound::Delivery(DeliveryReport { external_id: id, status, at, reason }))
        }
        Event::Came(came) => {
            let text: String = came.text.chars().take(LONGEST_TEXT).collect();
            message(came, account, Content::Text { text, spans: Vec::new() })
        }
        Event::Strange(came) => {
            let content = Content::Unsupported { label: "SMS".to_owned(), text: String::new() };
            message(came, account, content)
        }
        Event::Unknown => None,
    }
}

fn message(came: Came, account: &Account, content: Content<channel::NewFile>) -> Option<Inbound> {
    let to_other = came.to.as_deref().is_some_and(|to| !same_number(to, &account.title));
    if to_other {
        return None;
    }
    // Ids of what comes in and of what goes out are counted apart by some providers.
    let id = format!("in:{}", came.id);
    let mut message = InboundMessage::new(id, came.at, person(&came.from), content);
    message.raw = Some(came.raw);
    Some(Inbound::Message(Box::new(message)))
}

/// A channel whose messages go out under a name gets answers on whatever number there is.
fn same_number(to: &str, ours: &str) -> bool {
    if !ours.starts_with('+') {
        return true;
    }
    match e164(to) {
        Some(to) => to.as_str() == ours,
        None => true,
    }
}

/// Who wrote. A phone is known by its E.164, however the provider writes it; a short number or a name
/// is known by itself.
pub(super) fn person(from: &str) -> Person {
    let from = from.trim();
    match e164(from) {
        Some(phone) => Person {
            external_id: phone.as_str().to_owned(),
            phones: vec![phone.as_str().to_owned()],
            ..Person::default()
        },
        None => Person {
            external_id: from.to_owned(),
            name: Some(from.to_owned()),
            ..Person::default()
        },
    }
}

fn e164(text: &str) -> Option<Phone> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.len() <= LONGEST_SHORT || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    // Providers write the country's code without a plus; some networks the Russian 8.
    phone::normalise(digits, Country::RU)
        .or_else(|| phone::normalise(&format!("+{digits}"), Country::RU))
        .or_else(|| Phone::international(digits))
}

/// A recipient as providers want it. `None` for a name, which nobody can answer.
pub(super) fn digits(recipient: &str) -> Option<String> {
    let digits = recipient.strip_prefix('+').unwrap_or(recipient);
    let is_number = (1..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_4_a_person_is_known_by_e_164_however_the_provider_writes_it() {
        for (from, expected) in [
            ("79161234567", "+79161234567"),
            ("+79161234567", "+79161234567"),
            ("89161234567", "+79161234567"),
            ("9161234567", "+79161234567"),
            ("4915112345678", "+4915112345678"),
            ("900", "900"),
            ("Tinkoff", "Tinkoff"),
        ] {
            let who = person(from);
            assert_eq!(who.external_id, expected, "{from}");
            assert_eq!(who.phones.is_empty(), !expected.starts_with('+'), "{from}");
        }
    }

    #[test]
    fn ch_11_a_message_to_another_number_of_the_account_is_not_ours() {
        for (to, ours, same) in [
            ("79160000001", "+79160000001", true),
            ("89160000001", "+79160000001", true),
            ("79160000002", "+79160000001", false),
            ("79160000002", "SHOP", true),
            ("SHOP", "+79160000001", true),
        ] {
            assert_eq!(same_number(to, ours), same, "{to} {ours}");
        }
    }

    #[test]
    fn cv_4_a_name_cannot_be_answered() {
        assert_eq!(digits("+79161234567").as_deref(), Some("79161234567"));
        assert_eq!(digits("900").as_deref(), Some("900"));
        assert_eq!(digits("Tinkoff"), None);
        assert_eq!(digits(""), None);
    }
}
