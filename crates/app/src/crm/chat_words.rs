//! What of a message is shown in the CRM's chat (AMO-13, WA-4). Pure.

use crm::{ChatBody, ChatFile};
use domain::{
    content::Content,
    conversation::Direction,
    crm::unsigned as text_unsigned,
    ids::EmployeeId,
    text::Language,
    view::{AttachmentState, AttachmentView, MessageView},
};
use url::Url;

/// WA-4.
const FROM_PHONE: InBoth = ("[Отправлено с телефона]", "[Sent from the phone]");
const REMOVED: InBoth = ("[Сообщение удалено]", "[Message deleted]");
const NO_WORDS: InBoth = ("[Сообщение без текста]", "[Message without text]");
const FILE: InBoth = ("[Файл: ", "[File: ");
const FILE_MISSING: InBoth = ("[Файл не получен: ", "[File not received: ");

/// In Russian and English.
type InBoth = (&'static str, &'static str);

fn said((ru, en): InBoth, language: Language) -> &'static str {
    match language {
        Language::Ru => ru,
        Language::En => en,
    }
}

/// Who wrote a message that a customer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    Client,
    Employee(EmployeeId),
    /// A rule, or whoever writes by the program's interface.
    Rule,
    /// One of ours, past Beseda: on the phone, in the service's own program.
    Phone,
    /// A user of another of the company's CRMs, who is nobody's employee here.
    OtherCrm,
}

/// `None`: no message between us and the customer. `in_a_crm`: it was written in a CRM's chat.
pub(super) fn author(message: &MessageView, in_a_crm: bool) -> Option<Author> {
    match message.direction {
        Direction::Inbound => Some(Author::Client),
        Direction::Outbound => Some(match message.author_id {
            Some(employee) => Author::Employee(employee),
            None if message.automatic => Author::Rule,
            None if in_a_crm => Author::OtherCrm,
            None => Author::Phone,
        }),
        Direction::Note | Direction::System => None,
    }
}

/// Under what name somebody writes there who has none of their own.
pub(super) fn nameless(author: Author, language: Language) -> &'static str {
    let name = match author {
        Author::Client => ("Клиент", "Client"),
        Author::Employee(_) | Author::OtherCrm => ("Оператор", "Operator"),
        Author::Rule => ("Бот", "Bot"),
        Author::Phone => ("Телефон", "Phone"),
    };
    said(name, language)
}

/// What stands around the words in the CRM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// The company's.
    pub language: Language,
    /// WA-4: the channel's name, of customers' and imported messages.
    pub channel: Option<String>,
    /// Written on the phone.
    pub from_phone: bool,
}

impl Around {
    /// WA-4. `channel`: its name, when it is to be told.
    pub fn of(author: Author, channel: Option<&str>, language: Language) -> Self {
        let told = matches!(author, Author::Client | Author::Phone);
        Self {
            language,
            channel: channel.filter(|_| told).map(str::to_owned),
            from_phone: author == Author::Phone,
        }
    }

    fn put(&self, text: &str) -> String {
        let before = self.channel.as_ref().map(|name| format!("[{name}]"));
        let after = self.from_phone.then(|| said(FROM_PHONE, self.language).to_owned());
        let text = Some(text.trim_end().to_owned()).filter(|text| !text.trim().is_empty());
        let parts: Vec<String> = [before, text, after].into_iter().flatten().collect();
        parts.join(" ")
    }
}

/// WA-7: without the signature that was added for the customer.
pub(super) fn unsigned(
    content: &Content<AttachmentView>,
    signature: &str,
) -> Content<AttachmentView> {
    let mut content = content.clone();
    if let Content::Text { text, .. }
    | Content::Files { caption: text, .. }
    | Content::Letter { text, .. } = &mut content
    {
        *text = text_unsigned(text, signature).to_owned();
    }
    content
}

/// A message as the CRM's chat shows it: one body for each file, the words with the first. `link`: the
/// public address of a file; `None`: there is none, and the file is named instead.
pub(super) fn bodies(
    content: &Content<AttachmentView>,
    around: &Around,
    link: impl Fn(&AttachmentView) -> Option<Url>,
) -> Vec<ChatBody> {
    match content {
        Content::Location { latitude, longitude, title } => {
            let words = around.put(title.as_deref().unwrap_or_default());
            let place = ChatBody::Location { latitude: *latitude, longitude: *longitude };
            worded(words).chain([place]).collect()
        }
        Content::Contact { name, phone: Some(phone) } => {
            let card = ChatBody::Contact { name: name.clone(), phone: phone.clone() };
            worded(around.put("")).chain([card]).collect()
        }
        Content::Text { .. }
        | Content::Files { .. }
        | Content::Letter { .. }
        | Content::Contact { .. }
        | Content::Form { .. }
        | Content::Unsupported { .. } => with_files(content, around, link),
    }
}

fn with_files(
    content: &Content<AttachmentView>,
    around: &Around,
    link: impl Fn(&AttachmentView) -> Option<Url>,
) -> Vec<ChatBody> {
    let mut lines = vec![words(content)];
    let mut files = Vec::new();
    for file in content.files() {
        match link(file) {
            Some(url) => files.push(shown(file, url)),
            None => lines.push(named(file, around.language)),
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    let text = around.put(&lines.join("\n"));
    let mut files = files.into_iter();
    let first = match files.next() {
        Some(file) => ChatBody::File { file, caption: text },
        None if text.is_empty() => ChatBody::Text(said(NO_WORDS, around.language).to_owned()),
        None => ChatBody::Text(text),
    };
    let rest = files.map(|file| ChatBody::File { file, caption: String::new() });
    std::iter::once(first).chain(rest).collect()
}

/// The words of a message that was posted as text alone and has changed; `None`: it was not, and cannot
/// be changed there.
pub(super) fn changed(
    content: &Content<AttachmentView>,
    around: &Around,
    removed: bool,
) -> Option<ChatBody> {
    let text_alone = content.files().is_empty()
        && !matches!(content, Content::Location { .. } | Content::Contact { .. });
    text_alone.then(|| {
        let text = around.put(&words(content));
        let mark = said(REMOVED, around.language);
        ChatBody::Text(if removed { format!("{mark} {text}") } else { text })
    })
}

fn worded(words: String) -> impl Iterator<Item = ChatBody> {
    Some(words).filter(|words| !words.is_empty()).map(ChatBody::Text).into_iter()
}

fn words(content: &Content<AttachmentView>) -> String {
    match content {
        Content::Unsupported { label, text } => format!("[{label}] {text}").trim().to_owned(),
        other => other.words(),
    }
}

fn shown(file: &AttachmentView, url: Url) -> ChatFile {
    ChatFile {
        url,
        name: if file.name.is_empty() { "file".to_owned() } else { file.name.clone() },
        size: file.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        kind: file.kind,
        mime: file.mime.clone(),
        duration: file.duration.and_then(|seconds| u32::try_from(seconds).ok()),
    }
}

fn named(file: &AttachmentView, language: Language) -> String {
    let what = match file.state {
        AttachmentState::Stored => FILE,
        AttachmentState::Pending | AttachmentState::Failed => FILE_MISSING,
    };
    format!("{}{}]", said(what, language), file.name)
}

#[cfg(test)]
mod tests {
    use domain::{content::FileKind, ids::AttachmentId};
    use uuid::Uuid;

    use super::*;

    fn file(name: &str, state: AttachmentState) -> AttachmentView {
        AttachmentView {
            attachment_id: AttachmentId(Uuid::nil()),
            kind: FileKind::Image,
            name: name.to_owned(),
            mime: "image/png".to_owned(),
            size: Some(7),
            width: None,
            height: None,
            duration: None,
            content_id: None,
            state,
            failure: None,
            url: None,
        }
    }

    fn link(file: &AttachmentView) -> Option<Url> {
        let stored = file.state == AttachmentState::Stored;
        stored.then(|| Url::parse(&format!("https://beseda.test/files/{}", file.name)).unwrap())
    }

    fn texts(bodies: &[ChatBody]) -> Vec<String> {
        bodies
            .iter()
            .map(|body| match body {
                ChatBody::Text(text) => text.clone(),
                ChatBody::File { file, caption } => format!("{} <{caption}>", file.name),
                ChatBody::Location { latitude, longitude } => format!("@{latitude},{longitude}"),
                ChatBody::Contact { name, phone } => format!("{name}: {phone}"),
            })
            .collect()
    }

    #[test]
    fn wa_4_the_channels_name_is_before_customers_and_imported_messages_alone() {
        let employee = Author::Employee(EmployeeId(Uuid::nil()));
        for (author, channel, expect) in [
            (Author::Client, None, "Здравствуйте"),
            (Author::Client, Some("WhatsApp"), "[WhatsApp] Здравствуйте"),
            (Author::Phone, None, "Здравствуйте [Отправлено с телефона]"),
            (Author::Phone, Some("WhatsApp"), "[WhatsApp] Здравствуйте [Отправлено с телефона]"),
            (employee, Some("WhatsApp"), "Здравствуйте"),
            (Author::Rule, Some("WhatsApp"), "Здравствуйте"),
        ] {
            let around = Around::of(author, channel, Language::Ru);
            let shown = bodies(&Content::text("Здравствуйте"), &around, link);
            assert_eq!(texts(&shown), [expect], "{author:?}");
        }
    }

    #[test]
    fn wa_7_the_signature_is_shown_in_no_crm() {
        let files = Content::Files {
            files: vec![file("1.png", AttachmentState::Stored)],
            caption: "вот\n\n— Анна".to_owned(),
        };
        let shown = bodies(&unsigned(&files, "— Анна"), &Around::default(), link);
        assert_eq!(texts(&shown), ["1.png <вот>"]);
        let said = Content::text("— Анна");
        assert_eq!(unsigned(&said, "").words(), "— Анна", "none was added");
    }

    #[test]
    fn wa_4_amo_13_an_english_company_reads_english() {
        let around = Around::of(Author::Phone, None, Language::En);
        let texts_of = |content: &Content<AttachmentView>| texts(&bodies(content, &around, link));
        assert_eq!(texts_of(&Content::text("Hello")), ["Hello [Sent from the phone]"]);
        let lost = Content::Files {
            files: vec![file("1.png", AttachmentState::Failed)],
            caption: String::new(),
        };
        assert_eq!(texts_of(&lost), ["[File not received: 1.png] [Sent from the phone]"]);
        let plain = Around { language: Language::En, ..Around::default() };
        let empty = bodies(&Content::text(""), &plain, link);
        assert_eq!(texts(&empty), ["[Message without text]"]);
        assert_eq!(nameless(Author::Rule, Language::En), "Bot");
        assert_eq!(nameless(Author::Phone, Language::En), "Phone");
        assert_eq!(nameless(Author::OtherCrm, Language::En), "Operator");
        let gone = changed(&Content::text("yes"), &plain, true);
        assert_eq!(gone, Some(ChatBody::Text("[Message deleted] yes".to_owned())));
    }

    #[test]
    fn amo_13_files_are_shown_by_their_link_or_named() {
        use AttachmentState::{Failed, Stored};
        let files =
            |files: Vec<AttachmentView>| Content::Files { files, caption: "вот".to_owned() };
        let plain = Around::default();
        for (content, expect) in [
            (
                files(vec![file("1.png", Stored), file("2.png", Stored)]),
                vec!["1.png <вот>", "2.png <>"],
            ),
            (
                files(vec![file("1.png", Failed), file("2.png", Stored)]),
                vec!["2.png <вот\n[Файл не получен: 1.png]>"],
            ),
            (files(vec![file("1.png", Failed)]), vec!["вот\n[Файл не получен: 1.png]"]),
            (Content::text(" "), vec!["[Сообщение без текста]"]),
            (
                Content::Unsupported { label: "poll".to_owned(), text: String::new() },
                vec!["[poll]"],
            ),
            (
                Content::Location {
                    latitude: 1.5, longitude: 2.5, title: Some("Дом".to_owned())
                },
                vec!["Дом", "@1.5,2.5"],
            ),
            (
                Content::Contact { name: "Олег".to_owned(), phone: Some("+7900".to_owned()) },
                vec!["Олег: +7900"],
            ),
        ] {
            assert_eq!(texts(&bodies(&content, &plain, link)), expect);
        }
        let stored = Content::Files { files: vec![file("1.png", Stored)], caption: String::new() };
        assert_eq!(
            texts(&bodies(&stored, &plain, |_| None)),
            ["[Файл: 1.png]"],
            "no public address"
        );
    }

    #[test]
    fn amo_13_only_texts_can_be_changed_and_a_removed_one_says_so() {
        let plain = Around::default();
        let text = |removed| changed(&Content::text("да"), &plain, removed);
        assert_eq!(text(false), Some(ChatBody::Text("да".to_owned())));
        assert_eq!(text(true), Some(ChatBody::Text("[Сообщение удалено] да".to_owned())));
        let file = Content::Files {
            files: vec![file("1.png", AttachmentState::Stored)],
            caption: "да".to_owned(),
        };
        assert_eq!(changed(&file, &plain, true), None);
    }
}
