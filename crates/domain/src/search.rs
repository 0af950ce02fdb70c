//! Reading what a person typed into the search field, and cutting a found text (OW-3).

use crate::{contact_view::Part, email_address, phone, text::without_nul};

/// Longer queries are cut.
pub const MOST_QUERY: usize = 200;
/// More words of a name than this narrow nothing down.
const MOST_WORDS: usize = 5;
/// Characters of an excerpt before and from the first match.
const BEFORE: usize = 60;
const AFTER: usize = 160;

/// What a query may mean. Empty parts look for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `#123`: a conversation's public number.
    pub number: Option<i64>,
    /// Parts of a name in lower case.
    pub words: Vec<String>,
    /// The end of a phone number, in whatever form it was typed.
    pub digits: String,
    /// In lower case without `@`.
    pub nickname: String,
    pub address: String,
    /// For the search in messages.
    pub text: String,
}

/// What may be meant by the query. `None`: there is nothing in it.
pub fn wanted(query: &str) -> Option<Wanted> {
    let query: String = without_nul(query).trim().chars().take(MOST_QUERY).collect();
    if query.is_empty() {
        return None;
    }
    let number = query.strip_prefix('#').map(str::trim).filter(|rest| is_number(rest));
    if let Some(number) = number {
        return Some(Wanted { number: number.parse().ok(), ..Wanted::default() });
    }
    let lower = query.to_lowercase();
    let nickname = match lower.strip_prefix('@') {
        Some(rest) => rest,
        None => lower.as_str(),
    };
    let is_nickname = nickname.chars().count() > 2
        && nickname.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    let digits = phone::search_digits(&query).unwrap_or_default();
    let is_name = digits.is_empty() && !query.starts_with('@');
    let words = |c: &str| c.split_whitespace().take(MOST_WORDS).map(str::to_owned).collect();
    Some(Wanted {
        number: None,
        words: if is_name { words(&lower) } else { Vec::new() },
        nickname: if is_nickname { nickname.to_owned() } else { String::new() },
        address: email_address::normalise(&query).map(String::from).unwrap_or_default(),
        digits,
        text: query,
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 19 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A piece of `text` around the first of the `matched` words, with those words marked. `matched`
/// stand as in the text, with е for ё.
pub fn excerpt(text: &str, matched: &[String]) -> Vec<Part> {
    let matched: Vec<&str> = matched
        .iter()
        .flat_map(|found| found.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    let tokens = tokens(text, &matched);
    let first = tokens.iter().position(|t| t.hit).unwrap_or(0);
    let length = |t: &Part| t.text.chars().count();
    let mut start = first;
    let mut before = 0;
    while let Some(token) = start.checked_sub(1).and_then(|n| tokens.get(n)) {
        before += length(token);
        if before > BEFORE {
            break;
        }
        start -= 1;
    }
    let mut parts: Vec<Part> = Vec::new();
    if start > 0 {
        push(&mut parts, Part { text: "…".to_owned(), hit: false });
    }
    let mut after = 0;
    for (n, token) in tokens.iter().enumerate().skip(start) {
        if n >= first {
            after += length(token);
        }
        if after > AFTER && n > first {
            push(&mut parts, Part { text: "…".to_owned(), hit: false });
            break;
        }
        // One endless word is cut as well.
        let text = token.text.chars().take(AFTER).collect();
        push(&mut parts, Part { text, hit: token.hit });
    }
    parts
}

fn push(parts: &mut Vec<Part>, part: Part) {
    match parts.last_mut() {
        Some(last) if last.hit == part.hit => last.text.push_str(&part.text),
        Some(_) | None => parts.push(part),
    }
}

/// Words and what stands between them; white space becomes one space.
fn tokens(text: &str, matched: &[&str]) -> Vec<Part> {
    let mut tokens: Vec<Part> = Vec::new();
    let mut word = String::new();
    let end_word = |word: &mut String, tokens: &mut Vec<Part>| {
        if !word.is_empty() {
            let folded: String = word.chars().map(fold).collect();
            let hit = matched.contains(&folded.as_str());
            tokens.push(Part { text: std::mem::take(word), hit });
        }
    };
    for c in text.trim().chars() {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        end_word(&mut word, &mut tokens);
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        let again = c == ' ' && tokens.last().is_some_and(|t| t.text == " ");
        if !again {
            tokens.push(Part { text: c.to_string(), hit: false });
        }
    }
    end_word(&mut word, &mut tokens);
    tokens
}

fn fold(c: char) -> char {
    match c {
        'ё' => 'е',
        'Ё' => 'Е',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn ow_3_a_query_is_read_as_name_phone_nickname_address_or_number() {
        assert_eq!(wanted(" \0 "), None);
        assert_eq!(wanted("#123").unwrap().number, Some(123));
        assert_eq!(wanted("#123").unwrap().text, "");
        assert_eq!(wanted("#").unwrap().number, None);
        assert_eq!(wanted("#99999999999999999999").unwrap().number, None);
        let name = wanted("Пётр ИВ").unwrap();
        assert_eq!(name.words, strings(&["пётр", "ив"]));
        assert_eq!((name.digits.as_str(), name.nickname.as_str()), ("", ""));
        let phone = wanted("8 (916) 123-45-67").unwrap();
        assert_eq!((phone.digits.as_str(), phone.words.len()), ("9161234567", 0));
        let nick = wanted("@Ivan_77").unwrap();
        assert_eq!((nick.nickname.as_str(), nick.words.len()), ("ivan_77", 0));
        assert_eq!(wanted("Ivan_77").unwrap().nickname, "ivan_77");
        assert_eq!(wanted("Anna@Mail.ru").unwrap().address, "anna@mail.ru");
        assert_eq!(wanted(&"я".repeat(900)).unwrap().text.chars().count(), MOST_QUERY);
    }

    #[test]
    fn ow_3_an_excerpt_marks_words_and_keeps_yo() {
        let parts = excerpt("Когда\n\nпривезёте  Ёлку? ёлку!", &strings(&["Елку"]));
        assert_eq!(
            parts,
            [
                Part { text: "Когда привезёте ".to_owned(), hit: false },
                Part { text: "Ёлку".to_owned(), hit: true },
                Part { text: "? ёлку!".to_owned(), hit: false },
            ]
        );
    }

    #[test]
    fn an_excerpt_is_short_and_plain() {
        let long =
            format!("{} счёт-фактура {}", "начало ".repeat(500), "<b>конец</b> ".repeat(500));
        let parts = excerpt(&long, &strings(&["счет-фактура"]));
        let text: String = parts.iter().map(|p| p.text.as_str()).collect();
        assert!(text.starts_with('…') && text.ends_with('…'), "{text}");
        assert!(text.chars().count() < 240, "{text}");
        let hits: Vec<_> = parts.iter().filter(|p| p.hit).map(|p| p.text.as_str()).collect();
        assert_eq!(hits, ["счёт", "фактура"]);
        assert_eq!(excerpt("", &[]), []);
        let endless = excerpt(&"я".repeat(100_000), &[]);
        assert_eq!(endless.iter().map(|p| p.text.chars().count()).sum::<usize>(), AFTER);
    }
}
