//! Text rules: length in UTF-16 units, entities, the HTML parse mode.
//! <https://core.telegram.org/bots/api#formatting-options>

use serde_json::{Map, Value, json};

use super::answer::Refusal;

pub(super) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// A text with its entities, after parsing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Formatted {
    pub text: String,
    pub entities: Vec<Value>,
}

/// `given` is the `entities` argument; it counts only without a parse mode.
pub(super) fn format(
    text: &str,
    parse_mode: Option<&str>,
    given: Option<Value>,
) -> Result<Formatted, Refusal> {
    if text.contains('\0') {
        return Err(Refusal::bad_request("strings must be encoded in UTF-8"));
    }
    let parsed = match parse_mode.map(str::to_ascii_lowercase).as_deref() {
        None | Some("none") => {
            Formatted { text: text.to_owned(), entities: checked_entities(text, given)? }
        }
        Some("html") => parse_html(text)?,
        // The sandbox does not know Markdown; a driver that needs it must be tested elsewhere.
        Some(_) => return Err(Refusal::bad_request("unsupported parse_mode")),
    };
    Ok(trimmed(parsed))
}

/// The server cuts white space at the end of a text, and at its start where no entity is moved.
fn trimmed(formatted: Formatted) -> Formatted {
    let Formatted { text, entities } = formatted;
    let text = if entities.is_empty() { text.trim() } else { text.trim_end() };
    let end = utf16_len(text) as u64;
    let entities = entities
        .into_iter()
        .filter_map(|mut entity| {
            let offset = entity["offset"].as_u64()?;
            let length = entity["length"].as_u64()?.min(end.checked_sub(offset)?);
            entity["length"] = json!(length);
            (length > 0).then_some(entity)
        })
        .collect();
    Formatted { text: text.to_owned(), entities }
}

const KINDS: [&str; 20] = [
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "blockquote",
    "expandable_blockquote",
    "code",
    "pre",
    "text_link",
    "text_mention",
    "custom_emoji",
    "date_time",
];

fn checked_entities(text: &str, given: Option<Value>) -> Result<Vec<Value>, Refusal> {
    let list = match given {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Refusal::bad_request("expected an Array of MessageEntity")),
    };
    let end = utf16_len(text) as i64;
    let mut checked = Vec::with_capacity(list.len());
    for entity in list {
        let broken =
            |what: &str| Refusal::bad_request(format!("can't parse MessageEntity: {what}"));
        let kind = entity["type"].as_str().ok_or_else(|| broken("no type"))?;
        if !KINDS.contains(&kind) {
            return Err(broken("unsupported type specified"));
        }
        let offset = entity["offset"].as_i64().ok_or_else(|| broken("no offset"))?;
        let length = entity["length"].as_i64().ok_or_else(|| broken("no length"))?;
        if offset < 0 || length < 0 {
            return Err(Refusal::bad_request("entity has negative offset or length"));
        }
        if offset + length > end || !on_char_borders(text, offset, length) {
            return Err(Refusal::bad_request(
                "entity begins or ends outside of the text or inside of a character",
            ));
        }
        checked.push(entity);
    }
    Ok(checked)
}

fn on_char_borders(text: &str, offset: i64, length: i64) -> bool {
    let mut border = 0;
    let mut met = [offset == 0, offset + length == 0];
    for c in text.chars() {
        border += c.len_utf16() as i64;
        met = [met[0] || border == offset, met[1] || border == offset + length];
    }
    met == [true, true]
}

struct OpenTag {
    name: String,
    offset: usize,
    entity: Option<Map<String, Value>>,
}

/// The tags of the documented HTML mode; anything else in angle brackets is refused, as there.
fn parse_html(source: &str) -> Result<Formatted, Refusal> {
    let broken = |what: String| Refusal::bad_request(format!("can't parse entities: {what}"));
    let mut text = String::new();
    let mut at = 0;
    let mut open: Vec<OpenTag> = Vec::new();
    let mut entities = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let byte = source.len() - rest.len();
        match c {
            '<' => {
                let Some((tag, after)) = rest.strip_prefix('<').and_then(|r| r.split_once('>'))
                else {
                    return Err(broken(format!("Unclosed start tag at byte offset {byte}")));
                };
                rest = after;
                if let Some(name) = tag.strip_prefix('/') {
                    let name = name.trim().to_ascii_lowercase();
                    let Some(tag) = open.pop() else {
                        return Err(broken(format!("Unexpected end tag at byte offset {byte}")));
                    };
                    if tag.name != name && !name.is_empty() {
                        return Err(broken(format!(
                            "Unmatched end tag at byte offset {byte}, expected \"</{}>\", found \"</{name}>\"",
                            tag.name
                        )));
                    }
                    if let Some(mut entity) = tag.entity.filter(|_| at > tag.offset) {
                        entity.insert("offset".to_owned(), json!(tag.offset));
                        entity.insert("length".to_owned(), json!(at - tag.offset));
                        entities.push(Value::Object(entity));
                    }
                } else {
                    let (name, attributes) =
                        tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
                    let name = name.to_ascii_lowercase();
                    let Some(entity) = entity_of(&name, attributes) else {
                        return Err(broken(format!(
                            "Unsupported start tag \"{name}\" at byte offset {byte}"
                        )));
                    };
                    open.push(OpenTag { name, offset: at, entity });
                }
            }
            '&' => {
                let (c, after) = reference(rest).unwrap_or(('&', rest.get(1..).unwrap_or("")));
                text.push(c);
                at += c.len_utf16();
                rest = after;
            }
            c => {
                text.push(c);
                at += c.len_utf16();
                rest = rest.get(c.len_utf8()..).unwrap_or("");
            }
        }
    }
    if let Some(tag) = open.pop() {
        let name = tag.name;
        return Err(broken(format!("Can't find end tag corresponding to start tag \"{name}\"")));
    }
    entities.sort_by_key(|entity| entity["offset"].as_u64());
    Ok(Formatted { text, entities })
}

/// Nothing for an unknown tag; an inner nothing for a tag that leaves no mark.
fn entity_of(name: &str, attributes: &str) -> Option<Option<Map<String, Value>>> {
    let kind = match name {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "tg-spoiler" => "spoiler",
        "span" if attribute(attributes, "class").as_deref() == Some("tg-spoiler") => "spoiler",
        "blockquote" if attributes.contains("expandable") => "expandable_blockquote",
        "blockquote" => "blockquote",
        "code" => "code",
        "pre" => "pre",
        "a" => "text_link",
        _ => return None,
    };
    let mut entity = Map::new();
    entity.insert("type".to_owned(), json!(kind));
    if kind == "text_link" {
        let Some(href) = attribute(attributes, "href") else { return Some(None) };
        entity.insert("url".to_owned(), json!(href));
    }
    Some(Some(entity))
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let (_, after) = attributes.split_once(&format!("{name}="))?;
    let quote = after.chars().next()?;
    let value = match quote {
        '"' | '\'' => after.trim_start_matches(quote).split(quote).next()?,
        _ => after.split_whitespace().next()?,
    };
    let mut plain = String::new();
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let (c, after) = reference(rest).unwrap_or((c, rest.get(c.len_utf8()..).unwrap_or("")));
        plain.push(c);
        rest = after;
    }
    Some(plain)
}

fn reference(source: &str) -> Option<(char, &str)> {
    let (name, after) = source.strip_prefix('&')?.split_once(';')?;
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let code = name.strip_prefix('#')?;
            let number = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            char::from_u32(number).filter(|c| *c != '\0')?
        }
    };
    Some((c, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text_and_entities_counted_in_utf16() {
        let parsed = format(
            "😀 <b>жирно &lt;i&gt;</b> <a href=\"https://a.test/?x=1&amp;y=2\">тут</a>",
            Some("HTML"),
            None,
        )
        .expect("parses");
        assert_eq!(parsed.text, "😀 жирно <i> тут");
        assert_eq!(
            parsed.entities,
            [
                json!({"type": "bold", "offset": 3, "length": 9}),
                json!({"type": "text_link", "url": "https://a.test/?x=1&y=2", "offset": 13, "length": 3}),
            ]
        );
    }

    #[test]
    fn unknown_or_unclosed_tags_are_refused() {
        for (html, said) in [
            ("<h1>x</h1>", "Unsupported start tag \"h1\" at byte offset 0"),
            ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("a < b", "Unclosed start tag at byte offset 2"),
        ] {
            let refusal = format(html, Some("html"), None).expect_err(html);
            assert_eq!(refusal.description, format!("Bad Request: can't parse entities: {said}"));
        }
    }

    #[test]
    fn entities_must_lie_on_characters_of_the_text() {
        let bold =
            |offset, length| Some(json!([{"type": "bold", "offset": offset, "length": length}]));
        assert!(format("😀 да", None, bold(0, 2)).is_ok());
        assert!(format("😀 да", None, bold(0, 1)).is_err());
        assert!(format("да", None, bold(1, 2)).is_err());
        let cut = format("да  ", None, bold(0, 4)).expect("cut at the end");
        assert_eq!(cut.entities, [json!({"type": "bold", "offset": 0, "length": 2})]);
    }
}
