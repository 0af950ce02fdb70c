//! Names of contacts, deals and tasks by template (AMO-9, B24-11), and own tags (BY-3).
//!
//! A parameter without a value leaves nothing behind: brackets, quotes, «№» and one dash or comma
//! beside it go with it, and spaces run together. What a value says is never read for parameters.

use super::{Facts, Names, Param};
use crate::{
    problem::Problem,
    template::{Piece, pieces},
    text::shortened,
};

/// The template of a contact's name when none is set.
pub const DEFAULT_CONTACT: &str = "{contact.name}";
/// Of a deal or lead.
pub const DEFAULT_DEAL: &str = "Обращение №{enquiry.number}: {channel.name}";
/// Of a task.
pub const DEFAULT_TASK: &str = "Ответить клиенту {contact.name}";

/// The longest name that is written, in characters; neither CRM documents its own limit.
pub const LONGEST: usize = 255;

/// The longest template that is kept.
const LONGEST_TEMPLATE: usize = 1000;
/// Stands where a value is empty until its neighbours are cleared away. No text holds it: U+0000 is
/// removed from everything that comes in.
const GAP: char = '\0';
const SEPARATORS: [char; 9] = ['-', '–', '—', ',', ';', ':', '/', '|', '·'];
const PAIRS: [(char, char); 7] =
    [('(', ')'), ('[', ']'), ('{', '}'), ('«', '»'), ('“', '”'), ('"', '"'), ('\'', '\'')];

/// The template with its parameters filled from the facts. `None`: nothing is left, so that the default
/// is to be used.
pub fn render(template: &str, facts: &Facts) -> Option<String> {
    filled(template, |param| param.value(facts))
}

/// The template filled with example values, for the live preview.
pub fn preview(template: &str) -> String {
    filled(template, |param| param.example().to_owned()).unwrap_or_default()
}

/// What is wrong with a template: parameters that do not exist, each once, and its length.
pub fn check(path: &str, template: &str) -> Vec<Problem> {
    let mut unknown: Vec<&str> = pieces(template)
        .filter_map(|piece| match piece {
            Piece::Parameter { name, .. } => Some(name).filter(|n| n.parse::<Param>().is_err()),
            Piece::Text(_) => None,
        })
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    let mut problems: Vec<Problem> = unknown
        .into_iter()
        .map(|name| {
            Problem::new(
                path,
                "unknown_parameter",
                format!("Параметра {{{name}}} нет. Выберите параметр из списка."),
                format!("There is no parameter {{{name}}}. Choose one from the list."),
            )
        })
        .collect();
    if template.chars().count() > LONGEST_TEMPLATE {
        problems.push(Problem::new(
            path,
            "too_long",
            format!("Шаблон длиннее {LONGEST_TEMPLATE} знаков. Сократите его."),
            format!("The template is longer than {LONGEST_TEMPLATE} characters. Shorten it."),
        ));
    }
    problems
}

/// What a contact is called: by the template, else by whatever is known of the person. Never empty,
/// because a CRM takes no nameless contact.
pub fn contact(names: &Names, facts: &Facts) -> String {
    named(names.contact.as_deref(), DEFAULT_CONTACT, facts).unwrap_or_else(|| person(facts))
}

/// What a deal is called.
pub fn deal(names: &Names, facts: &Facts) -> String {
    named(names.deal.as_deref(), DEFAULT_DEAL, facts).unwrap_or_else(|| person(facts))
}

/// What a lead is called (Bitrix24).
pub fn lead(names: &Names, facts: &Facts) -> String {
    named(names.lead.as_deref(), DEFAULT_DEAL, facts).unwrap_or_else(|| person(facts))
}

/// What a task says.
pub fn task(names: &Names, facts: &Facts) -> String {
    named(names.task.as_deref(), DEFAULT_TASK, facts).unwrap_or_else(|| person(facts))
}

/// A name for somebody of whom perhaps nothing is known.
pub fn person(facts: &Facts) -> String {
    let known =
        [Param::ContactName, Param::ContactUsername, Param::ContactPhone, Param::ContactEmail];
    known
        .iter()
        .map(|param| param.value(facts).trim().to_owned())
        .find(|value| !value.is_empty())
        .map_or_else(|| format!("Клиент №{}", facts.enquiry.number), |name| cut(&name))
}

fn named(template: Option<&str>, default: &str, facts: &Facts) -> Option<String> {
    template.and_then(|template| render(template, facts)).or_else(|| render(default, facts))
}

fn filled(template: &str, value: impl Fn(&Param) -> String) -> Option<String> {
    let mut text = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Text(plain) => text.push_str(&plain.replace(GAP, "")),
            Piece::Parameter { name, .. } => {
                let value =
                    name.parse().map(|param| value(&param).replace(GAP, "")).unwrap_or_default();
                match value.trim() {
                    "" => text.push(GAP),
                    value => text.push_str(value),
                }
            }
        }
    }
    let text = without_gaps(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| cut(&text))
}

fn cut(text: &str) -> String {
    if text.chars().count() > LONGEST { shortened(text, LONGEST - 1) } else { text.to_owned() }
}

fn without_gaps(mut text: String) -> String {
    while let Some((left, right)) = text.split_once(GAP) {
        text = closed(left, right);
    }
    text
}

/// The two sides of a gap, brought together. A gap in brackets or quotes stays one without them.
fn closed(left: &str, right: &str) -> String {
    let (inner, after) = (left.trim_end(), right.trim_start());
    let inner = inner.strip_suffix(['№', '#']).map_or(inner, str::trim_end);
    for (open, close) in PAIRS {
        if let (Some(before), Some(behind)) = (inner.strip_suffix(open), after.strip_prefix(close))
        {
            return format!("{before}{GAP}{behind}");
        }
    }
    let opens = |text: &str| text.is_empty() || PAIRS.iter().any(|(open, _)| text.ends_with(*open));
    if opens(inner) {
        return format!("{inner}{}", after.trim_start_matches(SEPARATORS).trim_start());
    }
    let kept = inner.strip_suffix(SEPARATORS).map_or(inner, str::trim_end);
    let close = after.starts_with([',', '.', ':', ';', '!', '?', ')', ']', '}', '»', '”']);
    let apart = inner.len() < left.len() || after.len() < right.len();
    let space = if apart && !close && !after.is_empty() { " " } else { "" };
    format!("{kept}{space}{after}")
}
