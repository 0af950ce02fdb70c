//! Forms with PHP's brackets: `leads[status][0][id]=1` is a tree.
//!
//! Bounded, because anybody who learns the address may send anything.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

/// More pairs than this are not amoCRM's: a hundred changes have about ten thousand.
const MAX_PAIRS: usize = 50_000;
/// `unsorted[add][0][data][contacts][0][custom_fields][0][values][0][value]` has ten.
const MAX_DEPTH: usize = 16;

/// A piece of a form. Arrays of PHP are maps, so the two are one here, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Text(String),
    Map(BTreeMap<String, Node>),
}

impl Node {
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Self::Map(fields) => fields.get(name),
            Self::Text(_) => None,
        }
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// The tree of a form. `None`: it is too large or too deep.
pub(crate) fn decode(body: &[u8]) -> Option<Node> {
    let mut root = BTreeMap::new();
    for (count, (name, value)) in form_urlencoded::parse(body).enumerate() {
        if count >= MAX_PAIRS {
            return None;
        }
        let path = path(&name);
        if path.len() > MAX_DEPTH {
            return None;
        }
        put(&mut root, &path, value.into_owned());
    }
    Some(Node::Map(root))
}

/// The same tree of JSON, which Kommo can be told to send.
pub(crate) fn of_json(value: &Value) -> Node {
    match value {
        Value::Object(fields) => {
            Node::Map(fields.iter().map(|(name, value)| (name.clone(), of_json(value))).collect())
        }
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            Node::Map(numbered.map(|(n, item)| (n.to_string(), of_json(item))).collect())
        }
        Value::String(text) => Node::Text(text.clone()),
        Value::Null => Node::Text(String::new()),
        Value::Bool(yes) => Node::Text(if *yes { "1" } else { "0" }.to_owned()),
        Value::Number(number) => Node::Text(number.to_string()),
    }
}

/// `a[b][][c]` as `a`, `b`, ``, `c`. What is not closed stays with its name.
fn path(name: &str) -> Vec<String> {
    let Some((first, rest)) = name.split_once('[') else { return vec![name.to_owned()] };
    let mut path = vec![first.to_owned()];
    let rest = rest.strip_suffix(']').unwrap_or(rest);
    path.extend(rest.split("][").map(str::to_owned));
    path
}

fn put(fields: &mut BTreeMap<String, Node>, path: &[String], value: String) {
    let Some((name, rest)) = path.split_first() else { return };
    // `[]` is the next number.
    let name = if name.is_empty() { fields.len().to_string() } else { name.clone() };
    if rest.is_empty() {
        fields.insert(name, Node::Text(value));
        return;
    }
    let child = fields.entry(name).or_insert_with(|| Node::Map(BTreeMap::new()));
    if let Node::Text(_) = child {
        *child = Node::Map(BTreeMap::new());
    }
    if let Node::Map(fields) = child {
        put(fields, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_a_tree() {
        let body = b"leads[status][0][id]=25&leads%5Bstatus%5D%5B0%5D%5Bname%5D=%D0%9B+%D0%B8&a[]=1&a[]=2&flat=x&odd[x=1";
        let tree = decode(body).expect("a small form");
        let item = tree.get("leads").and_then(|n| n.get("status")).and_then(|n| n.get("0"));
        let item = item.expect("the lead");
        assert_eq!((item.text("id"), item.text("name")), (Some("25"), Some("Л и")));
        let list = tree.get("a").expect("a list");
        assert_eq!((list.text("0"), list.text("1")), (Some("1"), Some("2")));
        assert_eq!(tree.text("flat"), Some("x"));
    }

    #[test]
    fn a_text_where_a_tree_was_is_no_danger() {
        assert!(decode(b"a=1&a[b]=2&a[b][c]=3&a=4&=5&[]=6&[][][]=7").is_some());
        assert!(decode(&[0xff, b'=', 0xfe]).is_some());
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_refused() {
        assert_eq!(decode("a=1&".repeat(MAX_PAIRS + 1).as_bytes()), None);
        assert_eq!(decode(format!("a{}=1", "[b]".repeat(MAX_DEPTH)).as_bytes()), None);
    }
}
