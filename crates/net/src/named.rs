//! Taking out values that stand under the name of a secret: of JSON, forms and addresses alike, also of
//! broken ones, so nothing is parsed.

use crate::redact::HIDDEN;

/// How the name of a secret ends, without what joins its words.
const NAMES: [&str; 6] = ["token", "secret", "password", "passwd", "apikey", "authorization"];
/// What may stand between a name and its value's sign.
const CLOSERS: [&str; 7] = ["%5D", "%5d", "%22", "]", "\"", "'", "\\"];
/// A name has no more.
const LONGEST_NAME: usize = 64;

/// The text without values whose name says that they are secret: `"access_token": "…"`,
/// `account[token]=…`, `?api_key=…`.
pub fn redact_named(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', ':']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let is_secret = names_secret(&out);
        let (sign, after) = after.split_at(1);
        out.push_str(sign);
        rest = if is_secret { hide_value(&mut out, after) } else { after };
    }
    out.push_str(rest);
    out
}

fn names_secret(before: &str) -> bool {
    let mut name = before.trim_end();
    while let Some(shorter) = CLOSERS.iter().find_map(|closer| name.strip_suffix(closer)) {
        name = shorter.trim_end();
    }
    let letters = name.chars().rev().take(LONGEST_NAME);
    let backwards: String = letters
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    NAMES.iter().any(|known| {
        known.len() <= backwards.len()
            && known.chars().rev().zip(backwards.chars()).all(|(a, b)| a == b)
    })
}

/// Writes something in the place of the value that begins here; what is behind it.
fn hide_value<'t>(out: &mut String, text: &'t str) -> &'t str {
    let value = text.trim_start_matches([' ', '\t', '\\']);
    let (lead, value) = text.split_at(text.len() - value.len());
    out.push_str(lead);
    let end = match value.strip_prefix('"') {
        Some(quoted) => {
            out.push('"');
            let end = quoted_end(quoted, lead.ends_with('\\'));
            return hide(out, quoted, end);
        }
        // What is inside has names of its own.
        None if value.starts_with(['{', '[']) => 0,
        None => value.find(['&', ',', ';', '}', ']', '"', '\n', '\r']).unwrap_or(value.len()),
    };
    hide(out, value, end)
}

fn hide<'t>(out: &mut String, value: &'t str, end: usize) -> &'t str {
    let (hidden, rest) = value.split_at(end);
    if !hidden.is_empty() {
        out.push_str(HIDDEN);
    }
    rest
}

/// Where a quoted value ends; within a text that is quoted itself its quotes have a backslash.
fn quoted_end(value: &str, within_a_text: bool) -> usize {
    let mut escaped = false;
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '"' => return at,
            '\\' if within_a_text => return at,
            '\\' => escaped = true,
            _ => {}
        }
    }
    value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_under_the_name_of_a_secret_are_hidden_and_others_stay() {
        for (text, safe) in [
            (
                r#"{"access_token": "ab\"c", "name": "Иван", "password":null}"#,
                r#"{"access_token": "[hidden]", "name": "Иван", "password":[hidden]}"#,
            ),
            // Cut off in the middle.
            (r#"{"client-secret":"abcdef"#, r#"{"client-secret":"[hidden]"#),
            (
                r#"{"said":"{\"token\":\"abc\",\"a\":1}"}"#,
                r#"{"said":"{\"token\":\"[hidden]\",\"a\":1}"}"#,
            ),
            (r#"{"token": {"id": 5}}"#, r#"{"token": {"id": 5}}"#),
            (
                "account%5Btoken%5D=abc&account[id]=31&my[api_key]=xyz",
                "account%5Btoken%5D=[hidden]&account[id]=31&my[api_key]=[hidden]",
            ),
            (
                "https://files.test/a.png?token=abc&size=2",
                "https://files.test/a.png?token=[hidden]&size=2",
            ),
            ("Authorization: Bearer abc\nHost: x", "Authorization: [hidden]\nHost: x"),
            ("tokens=5&tokenless=1&secretary:Анна", "tokens=5&tokenless=1&secretary:Анна"),
            ("token=", "token="),
            ("", ""),
        ] {
            assert_eq!(redact_named(text), safe, "{text}");
        }
    }
}
