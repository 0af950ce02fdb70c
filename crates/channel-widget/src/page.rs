//! What the page needs to draw the widget. Everything here is public: anybody can fetch it.

use channel::Channel;
use serde_json::{Value, json};

use crate::{files, frame::MAX_TEXT, settings};

/// The configuration of the page. An empty text means the page's own words in its own language.
pub fn config(channel: &Channel) -> Value {
    let words = |key| {
        json!({
            "ru": settings::text(channel, key, "ru"),
            "en": settings::text(channel, key, "en"),
        })
    };
    let sites: Vec<String> = settings::sites(channel).iter().map(ToString::to_string).collect();
    json!({
        "title": words("title"),
        "greeting": words("greeting"),
        "launcher_text": words("launcher_text"),
        "prompt": { "delay": settings::prompt_delay(channel), "text": words("prompt_text") },
        "color": settings::color(channel),
        "theme": settings::theme(channel),
        "position": settings::position(channel),
        "language": settings::language(channel),
        "contact_form": contact_form(channel),
        "offline_form": settings::takes_requests(channel),
        "offline_text": words("offline_text"),
        "other_channels": settings::offers_channels(channel),
        "rating": settings::asks_rating(channel),
        "files": settings::takes_files(channel).then(files::limits),
        "max_text": MAX_TEXT,
        // Host-sources for `frame-ancestors`.
        "origins": sites,
    })
}

/// The contact form of the channel's settings (RT-3), or null. Captions are the page's own.
fn contact_form(channel: &Channel) -> Value {
    let questions = settings::questions_of(channel);
    if questions.is_empty() {
        return Value::Null;
    }
    let fields: Vec<Value> = questions
        .into_iter()
        .map(|q| json!({ "key": q.key, "label": "", "required": q.required }))
        .collect();
    json!({ "title": "", "fields": fields, "submit": "" })
}

/// The caption under which a known field is stored.
pub fn label(key: &str, language: &str) -> &'static str {
    match (language, key) {
        ("en", "name") => "Name",
        ("en", "phone") => "Phone",
        ("en", "email") => "E-mail",
        ("en", "text") => "Question",
        (_, "name") => "Имя",
        (_, "phone") => "Телефон",
        (_, "email") => "E-mail",
        (_, "text") => "Вопрос",
        _ => "",
    }
}
