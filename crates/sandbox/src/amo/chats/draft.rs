use serde_json::{Value, json};

use super::Kind;

/// What a user of the CRM is about to send.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) media: Option<String>,
    pub(super) file_name: Option<String>,
    pub(super) file_size: Option<u64>,
    pub(super) quotes: Option<String>,
    pub(super) markup: Option<Value>,
    pub(super) template: Option<Value>,
}

impl Draft {
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self {
            kind: Kind::Text,
            text: text.to_owned(),
            media: None,
            file_name: None,
            file_size: None,
            quotes: None,
            markup: None,
            template: None,
        }
    }

    /// A file that lies at `url`; the text is its caption.
    #[must_use]
    pub fn media(kind: Kind, url: &str, file_name: &str, file_size: u64) -> Self {
        Self {
            kind,
            media: Some(url.to_owned()),
            file_name: Some(file_name.to_owned()),
            file_size: Some(file_size),
            ..Self::text("")
        }
    }

    #[must_use]
    pub fn picture(url: &str, file_name: &str, file_size: u64) -> Self {
        Self::media(Kind::Picture, url, file_name, file_size)
    }

    #[must_use]
    pub fn caption(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    /// Quotes a message of the same chat, by amoCRM's id.
    #[must_use]
    pub fn quoting(self, message_id: &str) -> Self {
        Self { quotes: Some(message_id.to_owned()), ..self }
    }

    /// Rows of buttons; a button with an address opens it.
    #[must_use]
    pub fn buttons(self, rows: &[&[(&str, Option<&str>)]]) -> Self {
        let button = |(text, url): &(&str, Option<&str>)| match url {
            Some(url) => json!({"text": text, "url": url}),
            None => json!({"text": text}),
        };
        let row = |row: &&[(&str, Option<&str>)]| row.iter().map(button).collect::<Vec<_>>();
        let rows: Vec<_> = rows.iter().map(row).collect();
        Self { markup: Some(json!({"mode": "inline", "buttons": rows})), ..self }
    }

    /// The message was made of a template; `content` has the placeholders still in it.
    #[must_use]
    pub fn from_template(
        self,
        id: i64,
        external_id: &str,
        content: &str,
        params: &[(&str, &str)],
    ) -> Self {
        let params: Vec<_> =
            params.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let template = json!({
            "id": id, "external_id": external_id, "content": content, "params": params,
        });
        Self { template: Some(template), ..self }
    }
}
