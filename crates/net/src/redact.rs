//! Taking secrets out of texts that are logged or shown.

use std::error::Error;

/// What stands in place of a secret.
pub const HIDDEN: &str = "[hidden]";

/// The text without bot tokens (`123456:AAF…`, also inside `/bot123456:AAF…/`) and without the
/// user and password of an address.
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars() {
        if c == '@' {
            hide_user_part(&mut out, &mut word);
        }
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':') {
            word.push(c);
        } else {
            end_word(&mut out, &mut word);
            out.push(c);
        }
    }
    end_word(&mut out, &mut word);
    out
}

/// An error of the HTTP library with its causes, without the address, which may hold a token.
pub fn error_text(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    redact(&text)
}

fn end_word(out: &mut String, word: &mut String) {
    let bare = word.strip_prefix("bot").unwrap_or(word);
    let is_token = bare.split_once(':').is_some_and(|(id, secret)| {
        !id.is_empty()
            && id.chars().all(|c| c.is_ascii_digit())
            && secret.len() >= 10
            && !secret.contains(':')
    });
    out.push_str(if is_token { HIDDEN } else { word.as_str() });
    word.clear();
}

/// Called at an `@`: what stands between `://` and it is a user with a password.
fn hide_user_part(out: &mut String, word: &mut String) {
    let Some((before, user)) = out.rsplit_once("://") else { return };
    if user.contains(['/', ' ', '"', '?', '#']) || word.is_empty() {
        return;
    }
    let kept = format!("{before}://{HIDDEN}");
    *out = kept;
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_other_text_stays() {
        for (text, safe) in [
            (
                "error for https://api.telegram.org/bot535362388:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao/getMe",
                "error for https://api.telegram.org/[hidden]/getMe",
            ),
            ("token 535362388:AAF7-g0gYncWnm5Iyf!", "token [hidden]!"),
            (
                "proxy http://ivan:pass.word@proxy.test:3128/",
                "proxy http://[hidden]@proxy.test:3128/",
            ),
            (
                "at 12:30:45 from 127.0.0.1:8080, mail a@b.test",
                "at 12:30:45 from 127.0.0.1:8080, mail a@b.test",
            ),
            ("Bad Request: chat not found", "Bad Request: chat not found"),
        ] {
            assert_eq!(redact(text), safe);
        }
    }
}
