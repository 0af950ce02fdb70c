//! Parameters in the texts of auto-replies: `Здравствуйте, {contact.name}!`.
//!
//! A parameter is a name of letters, digits, `_` and `.` in braces; any other brace is plain text.
//! What a customer is called is put in as it is and never read for parameters again.

use crate::problem::Problem;

/// The parameters that a text may have.
pub const PARAMETERS: [&str; 4] =
    ["contact.name", "channel.name", "company.name", "working_hours.next_opening"];

/// What stands in place of the parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    pub contact_name: String,
    pub channel_name: String,
    pub company_name: String,
    /// `завтра в 09:00`; see [`crate::working_hours::Schedule::next_opening_words`].
    pub next_opening: String,
}

/// The parameters of a text that do not exist, each once.
pub fn check(path: &str, text: &str) -> Vec<Problem> {
    let mut seen: Vec<&str> = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Parameter { name, .. }
                if !PARAMETERS.contains(&name) && !seen.contains(&name) =>
            {
                seen.push(name);
            }
            Piece::Parameter { .. } | Piece::Text(_) => {}
        }
    }
    let known = PARAMETERS.map(|p| format!("{{{p}}}")).join(", ");
    seen.into_iter()
        .map(|name| {
            Problem::new(
                path,
                "unknown_parameter",
                format!("Параметра {{{name}}} нет. Есть: {known}."),
                format!("There is no parameter {{{name}}}. There are: {known}."),
            )
        })
        .collect()
}

/// The text with its parameters filled. An empty value takes its comma away, so that a
/// nameless customer reads `Здравствуйте!`. An unknown parameter stays as it is written.
pub fn render(text: &str, values: &Values) -> String {
    let mut out = String::with_capacity(text.len());
    let mut nameless_start = false;
    for piece in pieces(text) {
        let start = std::mem::take(&mut nameless_start);
        match piece {
            Piece::Text(text) if start => out.push_str(text.trim_start_matches([',', ' '])),
            Piece::Text(text) => out.push_str(text),
            Piece::Parameter { name, whole } => match values.get(name) {
                Some("") => {
                    let kept = out.trim_end_matches([' ', '\u{a0}']);
                    let kept = kept.strip_suffix(',').unwrap_or(kept).len();
                    out.truncate(kept);
                    nameless_start = out.is_empty();
                }
                Some(value) => out.push_str(value),
                None => out.push_str(whole),
            },
        }
    }
    out
}

impl Values {
    fn get(&self, name: &str) -> Option<&str> {
        Some(match name {
            "contact.name" => &self.contact_name,
            "channel.name" => &self.channel_name,
            "company.name" => &self.company_name,
            "working_hours.next_opening" => &self.next_opening,
            _ => return None,
        })
    }
}

pub(crate) enum Piece<'a> {
    Text(&'a str),
    Parameter { name: &'a str, whole: &'a str },
}

pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, whole, after)) = parameter_at_start(rest) {
            rest = after;
            return Some(Piece::Parameter { name, whole });
        }
        // The first character is plain even if it is a brace: look for the next brace behind it.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest.get(first..).and_then(|r| r.find('{')).map_or(rest.len(), |at| at + first);
        let (plain, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Text(plain))
    })
}

fn parameter_at_start(text: &str) -> Option<(&str, &str, &str)> {
    let inner = text.strip_prefix('{')?;
    let (name, after) = inner.split_once('}')?;
    let sound = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "._".contains(c));
    let whole = text.get(..name.len() + 2)?;
    sound.then_some((name, whole, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            contact_name: "Анна {company.name}".to_owned(),
            channel_name: "Бот".to_owned(),
            company_name: "Ромашка".to_owned(),
            next_opening: "завтра в 09:00".to_owned(),
        }
    }

    #[test]
    fn rt_1_parameters_are_filled_once() {
        for (text, expect) in [
            ("Здравствуйте, {contact.name}!", "Здравствуйте, Анна {company.name}!"),
            ("{company.name}: {channel.name}", "Ромашка: Бот"),
            ("Ответим {working_hours.next_opening}.", "Ответим завтра в 09:00."),
            ("{{company.name}}", "{Ромашка}"),
            ("a { b } {} { {\"x\":1} {", "a { b } {} { {\"x\":1} {"),
            ("{unknown}", "{unknown}"),
            ("", ""),
        ] {
            assert_eq!(render(text, &values()), expect, "{text}");
        }
    }

    #[test]
    fn rt_1_an_empty_value_takes_its_comma_away() {
        let nameless = Values { contact_name: String::new(), ..values() };
        assert_eq!(
            render("Здравствуйте, {contact.name}! Мы тут.", &nameless),
            "Здравствуйте! Мы тут."
        );
        assert_eq!(render("{contact.name}, привет", &nameless), "привет");
    }

    #[test]
    fn rt_1_an_unknown_parameter_is_named_with_the_list() {
        let found =
            check("/steps/0/text", "{contact.nmae} {contact.nmae} {имя} {contact.name} {x y}");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].path, "/steps/0/text");
        assert!(found[0].words.en.contains("{contact.nmae}"));
        assert!(found[0].words.ru.contains("{working_hours.next_opening}"));
        assert!(found[1].words.en.contains("{имя}"));
    }
}
