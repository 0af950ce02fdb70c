//! News of our own letters from mail servers: RFC 3464 reports, and the plain letters that many
//! servers (qmail, Exim, mail.ru) write instead.

use std::sync::LazyLock;

use domain::text::shortened;
use mail_parser::{Message, MimeHeaders, PartType};
use regex::Regex;

use crate::ids::OurId;

/// What a server says of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It will not arrive.
    Failed,
    /// Still being tried: nothing changes.
    Delayed,
    /// It is in the person's mailbox.
    Delivered,
}

/// A server's letter about letters of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    pub verdict: Verdict,
    /// In the server's words, shortened.
    pub reason: Option<String>,
    /// Message-IDs of our form found in it. Empty when it tells of somebody else's letter.
    pub ours: Vec<String>,
}

/// The same for letters that are still being tried.
static WARNINGS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)delivery status notification(?: \(delay\)|: warning)",
        r"|warning: (?:message|could not send message)|has been delayed|warning message only"
    ))
    .ok()
});

/// Reads a letter as a bounce; `None` when it is none.
pub fn read(message: &Message<'_>, raw: &[u8], from: Option<&str>, text: &str) -> Option<Bounce> {
    let fields = report_fields(message);
    let (verdict, reason) = if !fields.is_empty() {
        reported(&fields)?
    } else {
        (plain_verdict(message, from, text)?, plain_reason(text))
    };
    Some(Bounce {
        verdict,
        reason: reason.map(|r| shortened(&r, 500)),
        ours: ours_in(message, raw),
    })
}

/// The fields of the machine-readable part (RFC 3464, section 2), names in lower case.
fn report_fields(message: &Message<'_>) -> Vec<(String, String)> {
    let part = message.parts.iter().find(|part| {
        part.content_type().is_some_and(|ct| {
            ct.ctype().eq_ignore_ascii_case("message")
                && ct.subtype().is_some_and(|s| {
                    s.eq_ignore_ascii_case("delivery-status")
                        || s.eq_ignore_ascii_case("global-delivery-status")
                })
        })
    });
    let Some(part) = part else { return Vec::new() };
    let text = String::from_utf8_lossy(part.contents()).into_owned();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().take(2000) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

/// The worst that the report says. Several recipients share one report; ours have one each.
fn reported(fields: &[(String, String)]) -> Option<(Verdict, Option<String>)> {
    let all =
        |name: &'static str| fields.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str());
    let has = |action: &str| all("action").any(|a| a.trim().eq_ignore_ascii_case(action));
    let status = all("status").next();
    let verdict = if has("failed") {
        Verdict::Failed
    } else if has("delayed") {
        Verdict::Delayed
    } else if has("delivered") {
        Verdict::Delivered
    } else if has("relayed") || has("expanded") {
        return None;
    } else {
        match status.and_then(|s| s.trim().chars().next()) {
            Some('5') => Verdict::Failed,
            Some('4') => Verdict::Delayed,
            Some('2') => Verdict::Delivered,
            _ => return None,
        }
    };
    let diagnostic = all("diagnostic-code")
        .next()
        .map(|d| d.split_once(';').map_or(d, |(_, text)| text).trim().to_owned());
    Some((verdict, diagnostic.or_else(|| status.map(str::to_owned))))
}

/// Words at the start of letters that servers without RFC 3464 write.
static PHRASES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)this is the qmail-send program",
        r"|could not be delivered to one or more",
        r"|wasn't able to deliver your message",
        r"|delivery to the following recipients? (?:has )?failed",
        r"|your message (?:wasn't|was not|could not be) delivered",
        r"|undeliverable|undelivered mail returned|returned mail|mail delivery failed",
        r"|failure notice|delivery status notification(?: \(failure\)|: error)",
        r"|не может быть доставлено|не было доставлено|недоставленное сообщение",
        r"|ваше сообщение не доставлено|не удалось доставить"
    ))
    .ok()
});

static CODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^.*(?:\b5\d\d[ -]|\b5\.\d{1,3}\.\d{1,3}\b).*$").ok());

/// A bounce without a report: from a mail server, not from a person, and it says so.
fn plain_verdict(message: &Message<'_>, from: Option<&str>, text: &str) -> Option<Verdict> {
    let subject = message.subject().unwrap_or_default();
    let head: String = text.chars().take(4000).collect();
    let says = |pattern: &LazyLock<Option<Regex>>| {
        pattern.as_ref().is_some_and(|p| p.is_match(subject) || p.is_match(&head))
    };
    let warns = says(&WARNINGS);
    if message.header_raw("X-Failed-Recipients").is_some() && !warns {
        return Some(Verdict::Failed);
    }
    let from = from.unwrap_or_default().to_ascii_lowercase();
    let server = from.starts_with("mailer-daemon")
        || from.starts_with("postmaster")
        || from.is_empty()
        || message.header_raw("Return-Path").is_some_and(|v| v.trim() == "<>");
    if !server {
        return None;
    }
    if warns {
        return Some(Verdict::Delayed);
    }
    says(&PHRASES).then_some(Verdict::Failed)
}

fn plain_reason(text: &str) -> Option<String> {
    let head: String = text.chars().take(8000).collect();
    let line = CODE.as_ref()?.find(&head)?;
    Some(line.as_str().trim().to_owned())
}

/// Our ids anywhere: in the raw letter, and in its parts once they are decoded.
fn ours_in(message: &Message<'_>, raw: &[u8]) -> Vec<String> {
    let mut found = OurId::all_in(raw);
    for part in &message.parts {
        let more = match &part.body {
            PartType::Text(text) | PartType::Html(text) => OurId::all_in(text.as_bytes()),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => OurId::all_in(bytes),
            PartType::Message(inner) => OurId::all_in(&inner.raw_message),
            PartType::Multipart(_) => Vec::new(),
        };
        for id in more {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_compile() {
        assert!(PHRASES.is_some() && WARNINGS.is_some() && CODE.is_some());
    }
}
