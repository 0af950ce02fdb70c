//! What the page needs to draw the widget. Everything here is public: anybody can fetch it.

use channel::Channel;
use serde_json::{Value, json};

use crate::{frame::MAX_TEXT, settings};

/// The configuration of the page. An empty text means the page's own words in its own language.
pub fn config(channel: &Channel) -> Value {
    let text = |key| channel.setting(key).unwrap_or_default();
    let language = settings::language(channel);
    let sites: Vec<String> = settings::sites(channel).iter().map(ToString::to_string).collect();
    json!({
        "title": text("title"),
        "greeting": text("greeting"),
        "color": settings::color(channel),
        "position": settings::position(channel),
        "launcher_text": text("launcher_text"),
        "language": language,
        "contact_form": contact_form(channel, language),
        "offline_form": settings::takes_requests(channel),
        "offline_text": text("offline_text"),
        "max_text": MAX_TEXT,
        // Host-sources for `frame-ancestors`.
        "origins": sites,
    })
}

/// The contact form of the channel's settings (RT-3), or null.
fn contact_form(channel: &Channel, language: &str) -> Value {
    let keys = settings::contact_fields(channel);
    if keys.is_empty() {
        return Value::Null;
    }
    let fields: Vec<Value> = keys
        .into_iter()
        .map(|key| json!({ "key": key, "label": label(key, language), "required": true }))
        .collect();
    json!({ "title": "", "fields": fields, "submit": "" })
}

/// The caption of a known field. Empty where the page chooses the language.
pub fn label(key: &str, language: &str) -> &'static str {
    match (language, key) {
        ("ru", "name") => "Имя",
        ("ru", "phone") => "Телефон",
        ("ru", "email") => "E-mail",
        ("ru", "text") => "Вопрос",
        ("en", "name") => "Name",
        ("en", "phone") => "Phone",
        ("en", "email") => "E-mail",
        ("en", "text") => "Question",
        _ => "",
    }
}
