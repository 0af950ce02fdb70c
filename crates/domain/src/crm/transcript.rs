//! The words of a conversation, as a CRM keeps them (CRM-4, B24-8).

use super::{Facts, Line, Param};
use crate::{conversation::Direction, text::shortened};

/// The most characters of one note; the conversation goes on in the next. Neither CRM documents its
/// limit: this much is far below what both were seen to take.
pub const LONGEST_NOTE: usize = 15_000;

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
    let kind = match facts.enquiry.kind {
        crate::conversation::ConversationKind::Chat => "Чат",
        crate::conversation::ConversationKind::Request => "Заявка",
    };
    let mut text = format!(
        "{kind} №{} · {} «{}» · {} {}",
        facts.enquiry.number,
        value(Param::ChannelKind),
        value(Param::ChannelName),
        value(Param::EnquiryDate),
        value(Param::EnquiryTime),
    );
    let link = value(Param::EnquiryLink);
    if !link.is_empty() {
        text.push('\n');
        text.push_str(&link);
    }
    text
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
    let at = line.at.with_timezone(&facts.company.time_zone).format("%d.%m %H:%M");
    let author = match (line.author.trim(), line.direction) {
        ("", Direction::Inbound) => "Клиент",
        ("", Direction::Outbound | Direction::Note | Direction::System) => "Автоответ",
        (author, _) => author,
    };
    let files: Vec<String> =
        line.files.iter().map(|file| format!("[файл: {}]", shortened(&file.name, 200))).collect();
    let said: Vec<&str> = std::iter::once(line.text.trim())
        .chain(files.iter().map(String::as_str))
        .filter(|text| !text.is_empty())
        .collect();
    format!("{at} {author}: {}", said.join(" "))
}

/// A message that is longer than a note takes several.
fn pieces(text: &str) -> Vec<String> {
    let room = LONGEST_NOTE - 1_000;
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(room).map(|chunk| chunk.iter().collect()).collect()
}
