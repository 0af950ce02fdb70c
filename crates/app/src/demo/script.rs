//! How a sample talk is written down, a line each:
//!
//! ```text
//! < what the customer says
//! > what the employee answers            (>key: another employee)
//! ! a note                               (!key: of another employee)
//! @ key of the employee it is given to   (@group key: a group)
//! <+40 so many minutes after the line before
//! > {key of a file} caption
//! < {form} label=value; label=value
//! >failed why | an answer that the service refused
//! ```

/// A line of a talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Minutes after the line before, where the script says so.
    pub(crate) gap: Option<i64>,
    pub(crate) said: Said,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Customer(Words),
    Employee { key: Option<String>, words: Words, failure: Option<String> },
    Note { key: Option<String>, text: String },
    GivenTo(String),
    GivenToGroup(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Words {
    Text(String),
    File { key: String, caption: String },
    Form(Vec<(String, String)>),
}

/// Reads a talk's lines; `Err` quotes the line that is none.
pub(crate) fn read(lines: &str) -> Result<Vec<Line>, String> {
    lines.lines().map(str::trim).filter(|l| !l.is_empty()).map(line).collect()
}

fn line(text: &str) -> Result<Line, String> {
    let wrong = || format!("not a line of a talk: {text}");
    let mut chars = text.chars();
    let mark = chars.next().ok_or_else(wrong)?;
    let (head, rest) = chars.as_str().split_once(' ').ok_or_else(wrong)?;
    let (key, gap) = match head.split_once('+') {
        Some((key, minutes)) => (key, Some(minutes.parse().map_err(|_| wrong())?)),
        None => (head, None),
    };
    let rest = rest.trim();
    let who = Some(key.to_owned()).filter(|key| !key.is_empty());
    let said = match mark {
        '<' => Said::Customer(words(rest)?),
        '>' if key == "failed" => {
            let (why, rest) = rest.split_once('|').ok_or_else(wrong)?;
            let failure = Some(why.trim().to_owned());
            Said::Employee { key: None, words: words(rest.trim())?, failure }
        }
        '>' => Said::Employee { key: who, words: words(rest)?, failure: None },
        '!' => Said::Note { key: who, text: rest.to_owned() },
        '@' if key == "group" => Said::GivenToGroup(rest.to_owned()),
        '@' => Said::GivenTo(rest.to_owned()),
        _ => return Err(wrong()),
    };
    Ok(Line { gap, said })
}

fn words(text: &str) -> Result<Words, String> {
    let Some(inner) = text.strip_prefix('{') else { return Ok(Words::Text(text.to_owned())) };
    let (key, rest) = inner.split_once('}').ok_or_else(|| format!("no end of a name: {text}"))?;
    let rest = rest.trim();
    if key != "form" {
        return Ok(Words::File { key: key.to_owned(), caption: rest.to_owned() });
    }
    let field = |part: &str| {
        let (label, value) = part.split_once('=')?;
        Some((label.trim().to_owned(), value.trim().to_owned()))
    };
    let fields: Option<Vec<_>> = rest.split(';').map(field).collect();
    fields.map(Words::Form).ok_or_else(|| format!("a field without a value: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_what_is_none_is_named() {
        let read = read(
            "< Добрый день\n>+3 Здравствуйте\n>dmitry {bill} Счёт\n! между нами\n@ olesya\n\
             @group delivery\n>failed нет | Текст\n< {form} Имя=Анна; Телефон=+7 900",
        )
        .unwrap();
        assert_eq!(read.len(), 8);
        assert_eq!(read[1].gap, Some(3));
        assert!(matches!(&read[2].said, Said::Employee { key: Some(key), .. } if key == "dmitry"));
        assert!(matches!(&read[5].said, Said::GivenToGroup(key) if key == "delivery"));
        assert!(matches!(&read[7].said, Said::Customer(Words::Form(f)) if f.len() == 2));
        assert!(super::read("? что").is_err());
        assert!(super::read("<+x что").is_err());
    }
}
