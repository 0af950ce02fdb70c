//! Whether a machine wrote a letter (RFC 3834, section 2): rules must not answer it.

use mail_parser::Message;

/// Local parts that no person reads or writes from.
const ROBOTS: &[&str] = &[
    "mailer-daemon",
    "postmaster",
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "do_not_reply",
    "bounce",
    "bounces",
    "notifications",
];

/// Subjects of absent people, in lower case.
const ANSWERS: &[&str] = &[
    "auto reply:",
    "auto-reply:",
    "autoreply:",
    "automatic reply:",
    "out of office",
    "автоответ",
    "автоматический ответ",
];

/// True when any sign says so: a wrong yes costs one automatic answer, a wrong no may cost a loop.
pub fn wrote(message: &Message<'_>, from: Option<&str>) -> bool {
    let header = |name: &'static str| {
        message.header_raw(name).map(|v| v.trim().to_ascii_lowercase()).unwrap_or_default()
    };
    let submitted = header("Auto-Submitted");
    let submitted = submitted.split([';', ' ', '(']).next().unwrap_or_default();
    if !submitted.is_empty() && submitted != "no" {
        return true;
    }
    if matches!(header("Precedence").as_str(), "bulk" | "list" | "junk" | "auto_reply") {
        return true;
    }
    let suppress = header("X-Auto-Response-Suppress");
    if !suppress.is_empty() && suppress != "none" {
        return true;
    }
    // What mail programs put before the subject when they answer for their owner (Apple's says so
    // in no header of RFC 3834).
    let subject = message.subject().unwrap_or_default().trim().to_lowercase();
    if ANSWERS.iter().any(|start| subject.starts_with(start)) {
        return true;
    }
    let signs = [
        "X-Apple-Action",
        "List-Id",
        "List-Unsubscribe",
        "X-Autoreply",
        "X-Autorespond",
        "X-Failed-Recipients",
    ];
    if signs.iter().any(|name| message.header_raw(*name).is_some()) {
        return true;
    }
    if header("Return-Path") == "<>" || is_report(message) {
        return true;
    }
    from.is_some_and(is_robot)
}

/// Addresses of machines.
pub fn is_robot(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let local = local.split('+').next().unwrap_or_default();
    ROBOTS.contains(&local) || local.starts_with("noreply") || local.starts_with("mailer-daemon")
}

fn is_report(message: &Message<'_>) -> bool {
    use mail_parser::MimeHeaders;
    message.content_type().is_some_and(|ct| {
        ct.ctype().eq_ignore_ascii_case("multipart")
            && ct.subtype().is_some_and(|s| s.eq_ignore_ascii_case("report"))
    })
}
