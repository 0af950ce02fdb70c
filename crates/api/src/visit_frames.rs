//! What a visitor's page is told, as it draws it.

use app::{SiteLine, WayOn, Writer};
use domain::{
    content::{Content, FormField},
    view::AttachmentView,
};
use serde_json::{Value, json};

/// Read leniently, so that even a refused frame is answered by its name.
pub fn client_id(frame: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(frame).ok()?;
    let id = frame.get("client_id")?.as_str()?;
    Some(id.chars().take(64).collect())
}

/// A message as the page draws it.
pub fn message(line: &SiteLine) -> Value {
    let mut shown = json!({
        "id": line.message,
        "position": line.place,
        "from": match line.writer {
            Writer::Visitor => "visitor",
            Writer::Operator => "operator",
            Writer::Automatic => "auto",
        },
        "author": line.author,
        "text": words(&line.content),
        "at": line.at,
    });
    let files: Vec<Value> = line.content.files().iter().filter_map(file).collect();
    if !files.is_empty() {
        shown["files"] = json!(files);
    }
    shown
}

fn file(file: &AttachmentView) -> Option<Value> {
    Some(json!({
        "url": file.url.as_ref()?,
        "name": file.name,
        "kind": file.kind,
        "size": file.size,
    }))
}

fn words(content: &Content<AttachmentView>) -> String {
    match content {
        Content::Location { latitude, longitude, title } => {
            let title = title.as_deref().map(|t| format!("{t}\n")).unwrap_or_default();
            format!("{title}https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}")
        }
        Content::Form { fields, .. } => {
            let line = |f: &FormField| {
                let label = if f.label.is_empty() { &f.key } else { &f.label };
                format!("{label}: {}", f.value)
            };
            fields.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Content::Unsupported { label, text } if text.is_empty() => label.clone(),
        other => other.words(),
    }
}

/// A form that is asked for. A label that only repeats the key is left to the page's language.
pub fn form(title: &str, fields: &[FormField]) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|f| {
            let label = if f.label == f.key { "" } else { f.label.as_str() };
            json!({ "key": f.key, "label": label, "required": !f.optional })
        })
        .collect();
    json!({ "title": title, "fields": fields, "submit": "" })
}

/// The other channels in which the visitor can go on.
pub fn ways(ways: &[WayOn]) -> Value {
    ways.iter()
        .map(|way| {
            json!({ "kind": way.kind, "name": way.kind_title, "title": way.title, "url": way.link })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_frame_is_still_named() {
        assert_eq!(client_id(r#"{"type":"x","client_id":"abc"}"#).as_deref(), Some("abc"));
        assert_eq!(client_id(r#"{"client_id":7}"#), None);
        assert_eq!(client_id("{"), None);
        let long = format!(r#"{{"client_id":"{}"}}"#, "я".repeat(100));
        assert_eq!(client_id(&long).map(|id| id.chars().count()), Some(64));
    }

    #[test]
    fn rt_3_an_asked_form_leaves_known_labels_to_the_page() {
        let field = |key: &str, label: &str, optional| FormField {
            key: key.to_owned(),
            label: label.to_owned(),
            value: String::new(),
            optional,
        };
        let fields = [field("phone", "phone", false), field("vin", "VIN", true)];
        let asked = form("Как с вами связаться?", &fields);
        assert_eq!(asked["fields"][0], json!({ "key": "phone", "label": "", "required": true }));
        assert_eq!(asked["fields"][1], json!({ "key": "vin", "label": "VIN", "required": false }));
    }
}
