//! What a message says (CV-6). One closed set for every channel: what a service sends beyond it
//! becomes [`Content::Unsupported`] with the raw kept, and is never dropped.

use serde::{Deserialize, Serialize};

use crate::text::shortened;

/// The body of a message. `F` is the form a file has at that place: bytes or a handle to fetch when
/// it comes in from a driver, an attachment id when it is stored, an open source when it goes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content<F> {
    Text {
        text: String,
        /// Formatting, by UTF-16 offsets as messengers give them. Empty for plain text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        spans: Vec<Span>,
    },
    /// One file or an album.
    Files {
        files: Vec<F>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        caption: String,
    },
    /// An e-mail. `text` is what the person wrote now, `quoted` the folded tail below it.
    Letter {
        subject: String,
        text: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        quoted: String,
        /// Sanitised HTML, when the letter had one. Shown only in a sandboxed frame.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        html: Option<String>,
        #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
        files: Vec<F>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    Contact {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<String>,
    },
    /// A filled form: the contact form (RT-3) or an offline request (WG-2).
    Form { title: String, fields: Vec<FormField> },
    /// Something that is not understood. `label` says what the service called it.
    Unsupported {
        label: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FormField {
    /// `name`, `phone`, `email`, `text` or a company's own key.
    pub key: String,
    pub label: String,
    pub value: String,
    /// Of a form that is asked for: may be left empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A formatted stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    /// Offset and length in UTF-16 units.
    pub offset: u32,
    pub length: u32,
    pub style: Style,
    /// The target of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    Bold,
    Italic,
    Underline,
    Strike,
    Code,
    Pre,
    Spoiler,
    Quote,
    Link,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    Image,
    Video,
    /// A round video message.
    VideoNote,
    Audio,
    Voice,
    File,
    Sticker,
}

impl FileKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::VideoNote => "video_note",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::File => "file",
            Self::Sticker => "sticker",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "image" => Self::Image,
            "video" => Self::Video,
            "video_note" => Self::VideoNote,
            "audio" => Self::Audio,
            "voice" => Self::Voice,
            "file" => Self::File,
            "sticker" => Self::Sticker,
            _ => return None,
        })
    }
}

impl<F> Content<F> {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), spans: Vec::new() }
    }

    /// The same content with every file turned into another form.
    pub fn map_files<G>(self, mut turn: impl FnMut(F) -> G) -> Content<G> {
        self.filter_map_files(|file| Some(turn(file)))
    }

    /// The same content with files turned into another form, or left out.
    pub fn filter_map_files<G>(self, turn: impl FnMut(F) -> Option<G>) -> Content<G> {
        match self {
            Self::Text { text, spans } => Content::Text { text, spans },
            Self::Files { files, caption } => {
                Content::Files { files: files.into_iter().filter_map(turn).collect(), caption }
            }
            Self::Letter { subject, text, quoted, html, files } => Content::Letter {
                subject,
                text,
                quoted,
                html,
                files: files.into_iter().filter_map(turn).collect(),
            },
            Self::Location { latitude, longitude, title } => {
                Content::Location { latitude, longitude, title }
            }
            Self::Contact { name, phone } => Content::Contact { name, phone },
            Self::Form { title, fields } => Content::Form { title, fields },
            Self::Unsupported { label, text } => Content::Unsupported { label, text },
        }
    }

    pub fn files(&self) -> &[F] {
        match self {
            Self::Files { files, .. } | Self::Letter { files, .. } => files,
            Self::Text { .. }
            | Self::Location { .. }
            | Self::Contact { .. }
            | Self::Form { .. }
            | Self::Unsupported { .. } => &[],
        }
    }

    /// The words of the message, for search, previews and rules.
    pub fn words(&self) -> String {
        match self {
            Self::Text { text, .. } | Self::Unsupported { text, .. } => text.clone(),
            Self::Files { caption, .. } => caption.clone(),
            Self::Letter { subject, text, .. } if subject.is_empty() => text.clone(),
            Self::Letter { subject, text, .. } => format!("{subject}\n{text}"),
            Self::Location { title, .. } => title.clone().unwrap_or_default(),
            Self::Contact { name, phone } => {
                format!("{name} {}", phone.as_deref().unwrap_or_default()).trim().to_owned()
            }
            Self::Form { title, fields } => std::iter::once(title.clone())
                .chain(fields.iter().map(|f| format!("{}: {}", f.label, f.value)))
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }

    /// One line for a list: the words, or the name of the kind in brackets for the face to translate.
    pub fn preview(&self) -> String {
        let words = shortened(self.words().lines().next().unwrap_or_default().trim(), 120);
        if !words.is_empty() {
            return words;
        }
        match self {
            Self::Text { .. } => "",
            Self::Files { .. } | Self::Letter { .. } => "[file]",
            Self::Location { .. } => "[location]",
            Self::Contact { .. } => "[contact]",
            Self::Form { .. } => "[form]",
            Self::Unsupported { .. } => "[unsupported]",
        }
        .to_owned()
    }
}
