//! Names of contacts, deals and tasks by template (AMO-9, B24-11), and own tags (BY-3).
//!
//! A parameter without a value leaves nothing behind: brackets, quotes, «№» and one dash or comma
//! beside it go with it, and spaces run together. What a value says is never read for parameters.

use super::{Facts, Names, Param};
use crate::{
    problem::Problem,
    template::{Piece, pieces},
    text::{Language, is_blank, shortened},
};

/// The templates that are used when none is set.
#[derive(Debug, PartialEq, Eq)]
pub struct Defaults {
    pub contact: &'static str,
    /// Of a deal or lead.
    pub deal: &'static str,
    pub task: &'static str,
}

/// In the company's language.
pub fn defaults(language: Language) -> &'static Defaults {
    match language {
        Language::Ru => &Defaults {
            contact: "{contact.name}",
            deal: "Обращение №{enquiry.number}: {channel.name}",
            task: "Ответить клиенту {contact.name}",
        },
        Language::En => &Defaults {
            contact: "{contact.name}",
            deal: "Enquiry #{enquiry.number}: {channel.name}",
            task: "Answer the client {contact.name}",
        },
    }
}

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
pub fn preview(template: &str, language: Language) -> String {
    filled(template, |param| param.example(language).to_owned()).unwrap_or_default()
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
    named(names.contact.as_deref(), |d| d.contact, facts)
}

/// What a deal is called.
pub fn deal(names: &Names, facts: &Facts) -> String {
    named(names.deal.as_deref(), |d| d.deal, facts)
}

/// What a lead is called (Bitrix24).
pub fn lead(names: &Names, facts: &Facts) -> String {
    named(names.lead.as_deref(), |d| d.deal, facts)
}

/// What a task says.
pub fn task(names: &Names, facts: &Facts) -> String {
    named(names.task.as_deref(), |d| d.task, facts)
}

/// A name for somebody of whom perhaps nothing is known.
pub fn person(facts: &Facts) -> String {
    let known =
        [Param::ContactName, Param::ContactUsername, Param::ContactPhone, Param::ContactEmail];
    known
        .iter()
        .map(|param| param.value(facts))
        .find(|value| !is_blank(value))
        .map_or_else(|| nameless(facts), |name| one_line(&name))
}

fn nameless(facts: &Facts) -> String {
    let number = facts.enquiry.number;
    match facts.company.language {
        Language::Ru => format!("Клиент №{number}"),
        Language::En => format!("Client #{number}"),
    }
}

fn named(template: Option<&str>, default: fn(&Defaults) -> &'static str, facts: &Facts) -> String {
    let set = template.and_then(|template| render(template, facts));
    let default = || render(default(defaults(facts.company.language)), facts);
    set.or_else(default).unwrap_or_else(|| person(facts))
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
                    value if is_blank(value) => text.push(GAP),
                    value => text.push_str(value),
                }
            }
        }
    }
    let text = without_gaps(text);
    Some(one_line(&text)).filter(|text| !is_blank(text))
}

/// Without line breaks, and no longer than a CRM takes.
fn one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > LONGEST { shortened(&text, LONGEST - 1) } else { text }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `{contact.phone}` and the like are empty where `values` does not have them.
    fn fill(template: &str, values: &[(&str, &str)]) -> Option<String> {
        filled(template, |param| {
            let name = param.to_string();
            let value = values.iter().find(|(known, _)| *known == name);
            value.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
        })
    }

    #[test]
    fn amo_9_b24_11_an_empty_value_leaves_nothing_behind() {
        let known = [("contact.name", "Анна"), ("enquiry.number", "7"), ("visit.site", "shop.ru")];
        for (template, expect) in [
            ("{contact.name}", "Анна"),
            ("Обращение №{enquiry.number}: {channel.name}", "Обращение №7"),
            ("{channel.name}: обращение №{enquiry.number}", "обращение №7"),
            ("Чат {contact.name} ({contact.phone})", "Чат Анна"),
            ("Чат ({contact.phone}) {contact.name}", "Чат Анна"),
            ("Чат «{channel.name}» — {contact.name}", "Чат — Анна"),
            ("{contact.name} — {contact.phone} — {visit.site}", "Анна — shop.ru"),
            ("{contact.phone} — {contact.name}", "Анна"),
            ("Заказ № {contact.phone} от {contact.name}", "Заказ от Анна"),
            ("Заказ #{contact.phone}", "Заказ"),
            ("Клиент ({contact.phone}, {contact.email})", "Клиент"),
            ("Клиент ({contact.phone}, {visit.site})", "Клиент (shop.ru)"),
            ("Клиент ({visit.site}, {contact.phone})", "Клиент (shop.ru)"),
            ("[{contact.phone}] {contact.name}", "Анна"),
            ("«({contact.phone})» {contact.name}", "Анна"),
            ("Здравствуйте, {contact.phone}!", "Здравствуйте!"),
            ("a{contact.phone}b", "ab"),
            ("a {contact.phone} {contact.email} b", "a b"),
            ("  {contact.name}   \n {visit.site}\t", "Анна shop.ru"),
            ("{нет.такого} {contact.name}", "Анна"),
            ("{ } {} {contact.name", "{ } {} {contact.name"),
            ("№{enquiry.number} (звонок)", "№7 (звонок)"),
            ("{contact.phone}/{visit.site}", "shop.ru"),
            ("utm: {utm.source} | {utm.medium} | {visit.site}", "utm | shop.ru"),
        ] {
            assert_eq!(fill(template, &known).as_deref(), Some(expect), "{template}");
        }
        for template in
            ["", "  ", "{contact.phone}", "({contact.phone}) — №{contact.email}", "—{utm.x}"]
        {
            assert_eq!(fill(template, &known), None, "{template}");
        }
    }

    #[test]
    fn amo_9_a_value_is_never_read_for_parameters_and_a_name_is_cut_at_255() {
        let sly = [("contact.name", "{visit.site} (x"), ("visit.site", "shop.ru")];
        assert_eq!(fill("{contact.name}", &sly).as_deref(), Some("{visit.site} (x"));
        let long = "я".repeat(400);
        let cut = fill("{enquiry.text}", &[("enquiry.text", &long)]).unwrap();
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.ends_with('…'));
        let exact = "я".repeat(LONGEST);
        assert_eq!(fill("{enquiry.text}", &[("enquiry.text", &exact)]), Some(exact.clone()));
    }

    #[test]
    fn amo_9_the_preview_shows_examples_in_the_companys_language() {
        use Language::{En, Ru};
        assert_eq!(preview(defaults(Ru).deal, Ru), "Обращение №1204: Бот продаж");
        assert_eq!(preview(defaults(En).deal, En), "Enquiry #1204: Sales bot");
        assert_eq!(preview("{utm.source} {contact.field.city}", Ru), "vesna Казань");
        assert_eq!(preview("{nothing}", Ru), "");
    }

    #[test]
    fn amo_9_emoji_foreign_scripts_and_line_breaks_make_a_clean_name() {
        let fire = "👩‍🚒".repeat(100);
        for (value, expect) in [
            ("Анна\r\nСмирнова\u{2028}!", "Анна Смирнова !"),
            ("👩‍👩‍👧 Семья", "👩‍👩‍👧 Семья"),
            ("שלום عليكم", "שלום عليكم"),
            ("é\u{301}", "é\u{301}"),
        ] {
            let name = fill("{contact.name}", &[("contact.name", value)]);
            assert_eq!(name.as_deref(), Some(expect));
        }
        let cut = fill("{contact.name}", &[("contact.name", &fire)]).unwrap();
        assert!(cut.chars().count() == LONGEST && cut.len() > 4 * 200, "counted in characters");
        // What messengers let people call themselves and nobody sees.
        for blank in ["\u{3164}", "\u{200b}\u{feff}", "\u{2800} \u{2060}", "\u{202e}"] {
            assert_eq!(fill("{contact.name}", &[("contact.name", blank)]), None, "{blank:?}");
        }
    }

    #[test]
    fn amo_9_unknown_parameters_are_named_once_each() {
        let found = check("/names/deal", "{contact.nmae} {contact.nmae} {utm.} {utm.x} {a b}");
        let codes: Vec<_> = found.iter().map(|p| (p.code, p.words.en.as_str())).collect();
        assert_eq!(codes.len(), 2);
        assert!(codes.iter().all(|(code, _)| *code == "unknown_parameter"));
        assert!(codes[0].1.contains("{contact.nmae}") && codes[1].1.contains("{utm.}"));
        assert_eq!(check("/names/deal", &"я".repeat(1001))[0].code, "too_long");
        for language in [Language::Ru, Language::En] {
            let Defaults { contact, deal, task } = defaults(language);
            for template in [contact, deal, task] {
                assert!(check("/names/deal", template).is_empty(), "{template}");
            }
        }
    }

    proptest! {
        /// AMO-9: nothing that a person writes breaks a name.
        #[test]
        fn amo_9_any_template_gives_a_clean_name(
            template in r#"([ \-—№#(){}\[\]«»,:"a1]|\{contact\.phone\}|\{visit\.site\}){0,30}"#,
        ) {
            if let Some(name) = fill(&template, &[("visit.site", "shop.ru")]) {
                prop_assert!(!name.is_empty() && !name.contains(GAP));
                prop_assert_eq!(name.trim(), name.as_str());
                prop_assert!(!name.contains("  "));
            }
        }
    }
}
