//! A letter read from its raw bytes. Pure: no channel, no network, no clock.

mod bounce;
mod charset;
mod parts;
mod quote;
mod robot;
mod scan;

use channel::NewFile;
use chrono::DateTime;
use domain::{
    clock::Instant,
    text::{Words, shortened, without_nul},
};
use mail_parser::{Addr, Address, HeaderName, HeaderValue, Message, MessageParser};

pub use bounce::{Bounce, Verdict};
pub use scan::Caps;

use crate::{html, ids};

/// Most ids of a thread that are worth matching.
const MOST_REFERENCES: usize = 50;

/// Why a letter is kept raw instead of being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("too large")]
    TooLarge,
    #[error("parts within parts too deep")]
    TooDeep,
    #[error("too many parts")]
    TooManyParts,
    #[error("too many headers")]
    TooManyHeaders,
    /// The parser failed or did not end in time.
    #[error("too complex")]
    TooComplex,
    #[error("not a letter")]
    NotALetter,
    #[error("no sender")]
    NoSender,
    /// It claims to come from the mailbox that it arrived in.
    #[error("from the mailbox itself")]
    FromItself,
}

impl Refusal {
    /// For people.
    pub fn words(self) -> Words {
        match self {
            Self::TooLarge => Words::new(
                "Письмо слишком большое (больше 30 МБ); сохранены только заголовки. \
                 Откройте его в почтовой программе.",
                "The letter is too large (over 30 MB); only its headers are kept. \
                 Open it in a mail program.",
            ),
            Self::TooDeep | Self::TooManyParts | Self::TooManyHeaders | Self::TooComplex => {
                Words::new(
                    "Письмо устроено слишком сложно, чтобы безопасно его разобрать. \
                     Оно сохранено как есть.",
                    "The letter is too complex to be read safely. It is kept as it came.",
                )
            }
            Self::NotALetter => Words::new(
                "Письмо не удалось разобрать. Оно сохранено как есть.",
                "The letter cannot be understood. It is kept as it came.",
            ),
            Self::NoSender => Words::new(
                "У письма нет отправителя, ответить некому. Оно сохранено как есть.",
                "The letter has no sender, so there is nobody to answer. It is kept as it came.",
            ),
            Self::FromItself => Words::new(
                "Письмо отправлено с адреса самого ящика. Диалог не создан, чтобы ящик \
                 не переписывался сам с собой.",
                "The letter comes from the mailbox's own address. No conversation was opened, \
                 so that the mailbox does not talk to itself.",
            ),
        }
    }
}

/// Somebody's name and address; the address in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub name: Option<String>,
    pub address: String,
}

/// What a letter says.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The same whenever this letter is seen again.
    pub external_id: String,
    /// Without brackets.
    pub message_id: Option<String>,
    pub from: Option<Party>,
    pub reply_to: Option<Party>,
    pub to: Vec<Party>,
    pub subject: String,
    pub date: Option<Instant>,
    /// What the person wrote now.
    pub text: String,
    /// The folded tail.
    pub quoted: String,
    /// Sanitised; `None` when there was none or it was over the caps.
    pub html: Option<String>,
    pub files: Vec<NewFile>,
    /// Earlier letters of the thread, newest first.
    pub thread: Vec<String>,
    /// A machine wrote it.
    pub automatic: bool,
    pub bounce: Option<Bounce>,
    /// Its headers as they came, for people who look into a case.
    pub headers: String,
}

/// Reads a letter. Needs a big stack and may take long on hostile input: call it through
/// [`crate::reader::Reader`].
pub fn read(raw: &[u8], caps: &Caps) -> Result<Letter, Refusal> {
    scan::check(raw, caps)?;
    let message = MessageParser::default().parse(raw).ok_or(Refusal::NotALetter)?;
    if message.headers().is_empty() {
        return Err(Refusal::NotALetter);
    }

    let root = message.parts.first().ok_or(Refusal::NotALetter)?;
    let body_at = usize::try_from(root.raw_body_offset()).unwrap_or(usize::MAX).min(raw.len());
    let (head, body) = raw.split_at(body_at);

    let from = first(message.from()).or_else(|| first(message.sender()));
    let message_id = message.message_id().and_then(ids::sane).map(|id| clean_line(&id, 250));
    let seen = ["From", "Date", "Subject"].map(|n| message.header_raw(n).unwrap_or_default());

    let (body_text, html, mut files) = words(&message, caps);
    let (text, quoted) = quote::fold(&body_text);
    let text = parts::within(text, caps.text, "letter.txt", &mut files);
    let quoted = shortened(&quoted, caps.text);

    let address = from.as_ref().map(|p| p.address.as_str());
    let bounce = bounce::read(&message, raw, address, &body_text);
    Ok(Letter {
        external_id: ids::of_letter(message_id.as_deref(), raw, seen, body),
        automatic: bounce.is_some() || robot::wrote(&message, address),
        bounce,
        thread: thread(&message),
        reply_to: first(message.reply_to()),
        to: recipients(&message),
        subject: subject(&message),
        date: message.date().and_then(|d| DateTime::from_timestamp(d.to_timestamp(), 0)),
        text,
        quoted,
        html,
        files,
        headers: shortened(&without_nul(&charset::guessed(head)), 64 * 1024),
        message_id,
        from,
    })
}

/// The letter's text, its sanitised HTML, and its files.
fn words(message: &Message<'_>, caps: &Caps) -> (String, Option<String>, Vec<NewFile>) {
    let plain = parts::plain(message);
    let mut source = parts::html(message);
    source = without_nul(&source).into_owned();
    let sanitised = if source.trim().is_empty() {
        None
    } else if source.len() <= caps.html && html::simple_enough(&source, caps.html_depth) {
        Some(html::clean(&source))
    } else {
        tracing::debug!("HTML over the caps is shown as text");
        None
    };
    let text = if !plain.trim().is_empty() {
        without_nul(&plain).into_owned()
    } else if let Some(html) = &sanitised {
        html::to_text(html)
    } else {
        mail_parser::decoders::html::html_to_text(&source)
    };
    (text, sanitised, parts::files(message))
}

/// Earlier letters, newest first: In-Reply-To names the parent, References run from the oldest.
fn thread(message: &Message<'_>) -> Vec<String> {
    let ids = |value: &HeaderValue<'_>| -> Vec<String> {
        match value {
            HeaderValue::Text(id) => ids::sane(id).into_iter().collect(),
            HeaderValue::TextList(ids) => ids.iter().filter_map(|id| ids::sane(id)).collect(),
            HeaderValue::Address(_)
            | HeaderValue::DateTime(_)
            | HeaderValue::ContentType(_)
            | HeaderValue::Received(_)
            | HeaderValue::Empty => Vec::new(),
        }
    };
    let mut thread: Vec<String> = Vec::new();
    let parents = ids(message.in_reply_to());
    let references = ids(message.references());
    for id in parents.into_iter().chain(references.into_iter().rev()) {
        let id = clean_line(&id, 250);
        if !thread.contains(&id) {
            thread.push(id);
        }
        if thread.len() == MOST_REFERENCES {
            break;
        }
    }
    thread
}

fn subject(message: &Message<'_>) -> String {
    let subject = message.subject().unwrap_or_default();
    if subject.contains('\u{fffd}')
        && let Some(raw) = raw_header(message, &HeaderName::Subject)
    {
        return clean_line(&charset::guessed(raw), 500);
    }
    clean_line(subject, 500)
}

/// The bytes of a header's value: for those written in a charset that nobody named.
fn raw_header<'m>(message: &'m Message<'_>, name: &HeaderName<'_>) -> Option<&'m [u8]> {
    let header = message.headers().iter().rev().find(|h| h.name == *name)?;
    let start = usize::try_from(header.offset_start()).ok()?;
    let end = usize::try_from(header.offset_end()).ok()?;
    message.raw_message.get(start..end)
}

/// One line of bearable length, without control characters.
fn clean_line(text: &str, max: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shortened(line.split_whitespace().collect::<Vec<_>>().join(" ").as_str(), max)
}

fn first(address: Option<&Address<'_>>) -> Option<Party> {
    address?.iter().find_map(party)
}

fn recipients(message: &Message<'_>) -> Vec<Party> {
    let mut all: Vec<Party> = Vec::new();
    for list in [message.to(), message.cc(), message.bcc()].into_iter().flatten() {
        all.extend(list.iter().filter_map(party).take(100));
    }
    all
}

fn party(addr: &Addr<'_>) -> Option<Party> {
    let address = clean_line(addr.address.as_deref()?, 320).to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    if local.is_empty() || domain.is_empty() || address.contains(char::is_whitespace) {
        return None;
    }
    let name =
        addr.name.as_deref().map(|n| clean_line(n.trim_matches(['"', '\'', ' ']), 200)).filter(
            |n| !n.is_empty() && !n.eq_ignore_ascii_case(&address) && !n.contains('\u{fffd}'),
        );
    Some(Party { name, address })
}

#[cfg(test)]
mod tests;
