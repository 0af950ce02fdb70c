//! The words of a conversation, as a CRM keeps them (CRM-4, B24-8): in the company's language, with the
//! company's time.

use super::{Facts, Line, Param};
use crate::{
    conversation::{ConversationKind, Direction},
    text::{Language, is_blank, shortened},
};

/// The most characters of one note; the conversation goes on in the next. Neither CRM documents its
/// limit: this much is far below what both were seen to take.
pub const LONGEST_NOTE: usize = 15_000;

const LINE_BREAKS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
/// Before each further line of one message. A customer who writes «14.03 12:31 Олег: дарим» on a new line
/// must not look like Олег; no-break spaces, because a card may run plain ones together.
const MARGIN: &str = "\u{a0}\u{a0}\u{a0}\u{a0}";

/// A part of the words that fits into a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// Of our messages, the last that is wholly in it or before it.
    pub up_to: i64,
}

/// All messages that are known, in order, each once.
pub fn all_lines(facts: &Facts) -> Vec<&Line> {
    let mut lines: Vec<&Line> =
        facts.occasion.history.iter().chain(&facts.occasion.lines).collect();
    lines.sort_by_key(|line| line.position);
    lines.dedup_by_key(|line| line.position);
    lines
}

/// «Чат №1204 · Telegram-бот «Бот продаж» · 14.03.2026 12:30», and the conversation's address.
pub fn heading(facts: &Facts) -> String {
    let value = |param: Param| param.value(facts);
    let number = facts.enquiry.number;
    let (of, name) = (value(Param::ChannelKind), value(Param::ChannelName));
    let what = match (facts.company.language, facts.enquiry.kind) {
        (Language::Ru, ConversationKind::Chat) => format!("Чат №{number} · {of} «{name}»"),
        (Language::Ru, ConversationKind::Request) => format!("Заявка №{number} · {of} «{name}»"),
        (Language::En, ConversationKind::Chat) => format!("Chat #{number} · {of} “{name}”"),
        (Language::En, ConversationKind::Request) => format!("Request #{number} · {of} “{name}”"),
    };
    let mut text = format!("{what} · {} {}", value(Param::EnquiryDate), value(Param::EnquiryTime));
    let link = value(Param::EnquiryLink);
    if !link.is_empty() {
        text.push('\n');
        text.push_str(&link);
    }
    text
}

/// How much a line takes in a note.
pub fn length(line: &Line, facts: &Facts) -> usize {
    spoken(line, facts).chars().count() + 1
}

/// The lines as text, below `head`, in as many parts as it takes. `head` alone makes no part.
pub fn parts(head: &str, lines: &[&Line], facts: &Facts) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut text = head.to_owned();
    let mut length = text.chars().count();
    let mut up_to = None;
    let mut before = lines.first().map_or(0, |line| line.position - 1);
    for line in lines {
        for said in pieces(&spoken(line, facts)) {
            let more = said.chars().count() + 1;
            if length + more > LONGEST_NOTE && up_to.is_some() {
                parts.push(Part { text: std::mem::take(&mut text), up_to: before });
                length = 0;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&said);
            length += more;
            up_to = Some(before);
        }
        before = line.position;
        up_to = Some(before);
    }
    if let Some(up_to) = up_to {
        parts.push(Part { text, up_to });
    }
    parts
}

/// «14.03 12:31 Анна: Здравствуйте [файл: счёт.pdf]».
fn spoken(line: &Line, facts: &Facts) -> String {
    let language = facts.company.language;
    let form = match language {
        Language::Ru => "%d.%m %H:%M",
        Language::En => "%d %b %H:%M",
    };
    let at = line.at.with_timezone(&facts.company.time_zone).format(form);
    let file = match language {
        Language::Ru => "файл",
        Language::En => "file",
    };
    let text = line.text.trim().replace("\r\n", "\n");
    let lines: Vec<&str> = text.split(LINE_BREAKS).map(str::trim_end).collect();
    let text = lines.join(&format!("\n{MARGIN}"));
    let files =
        line.files.iter().map(|it| format!("[{file}: {}]", one_line(&shortened(&it.name, 200))));
    let said: Vec<String> =
        std::iter::once(text).chain(files).filter(|text| !text.is_empty()).collect();
    format!("{at} {}: {}", author(line, facts), said.join(" "))
}

/// Who said it. What no employee wrote here (a rule's words, those sent from the phone) is the company's.
fn author(line: &Line, facts: &Facts) -> String {
    let language = facts.company.language;
    let (named, nobody) = match (line.direction, language) {
        (Direction::Inbound, Language::Ru) => (&facts.contact.name, "Клиент"),
        (Direction::Inbound, Language::En) => (&facts.contact.name, "Client"),
        (_, Language::Ru) => (&facts.company.name, "Компания"),
        (_, Language::En) => (&facts.company.name, "Company"),
    };
    let known = [&line.author, named].into_iter().find(|name| !is_blank(name));
    known.map_or_else(|| nobody.to_owned(), |name| one_line(&shortened(name, 100)))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A message that is longer than a note takes several.
fn pieces(text: &str) -> Vec<String> {
    let room = LONGEST_NOTE - 1_000;
    let chars: Vec<char> = text.chars().collect();
    let piece = |(n, chunk): (usize, &[char])| -> String {
        let margin = if n == 0 { "" } else { MARGIN };
        margin.chars().chain(chunk.iter().copied()).collect()
    };
    chars.chunks(room).enumerate().map(piece).collect()
}
