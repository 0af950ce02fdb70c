//! Our message as Viber's. Pure.
//!
//! Types and limits: <https://developers.viber.com/docs/api/rest-bot-api/#message-types>.

use channel::{OutFile, Outbound, SendError};
use domain::{
    content::{Content, FileKind},
    text::shortened,
};
use serde_json::{Value, json};

use crate::{settings::LONGEST_TEXT, status::rejected};

/// Characters under a picture. The documentation names 512 at one place and 768 at another; the
/// smaller one holds at both.
pub(crate) const LONGEST_CAPTION: usize = 512;
const LARGEST_PICTURE: u64 = 1 << 20;
const LARGEST_VIDEO: u64 = 26 << 20;
pub(crate) const LARGEST_FILE: u64 = 50 << 20;
const LONGEST_FILE_NAME: usize = 256;
const LONGEST_CONTACT_NAME: usize = 28;
const LONGEST_PHONE: usize = 18;
const LONGEST_REQUEST: usize = 30_000;

/// Understood by every application that is in use.
const API_VERSION: u32 = 1;

/// What to hand over, in order. A second part carries words that Viber shows only under pictures.
pub(crate) fn plan(message: &Outbound, sender: &str) -> Result<Vec<Value>, SendError> {
    let parts = parts(&message.content)?;
    parts.into_iter().map(|part| addressed(part, &message.recipient, sender)).collect()
}

fn addressed(mut part: Value, receiver: &str, sender: &str) -> Result<Value, SendError> {
    part["receiver"] = receiver.into();
    part["min_api_version"] = API_VERSION.into();
    part["sender"] = json!({ "name": sender });
    match part.to_string().len() {
        0..=LONGEST_REQUEST => Ok(part),
        _ => Err(rejected("too_long", "Сообщение больше 30 КБ: Viber такое не принимает.", "")),
    }
}

fn parts(content: &Content<OutFile>) -> Result<Vec<Value>, SendError> {
    match content {
        Content::Text { text, .. } => Ok(vec![said(text)?]),
        Content::Files { files, caption } => with_words(files, caption),
        Content::Letter { subject, text, files, .. } => {
            let words = [subject.as_str(), text.as_str()];
            let words = words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>();
            with_words(files, &words.join("\n\n"))
        }
        Content::Location { latitude, longitude, title } => {
            let place = json!({ "lat": latitude, "lon": longitude });
            let place = json!({ "type": "location", "location": place });
            let title = title.as_deref().map(said).transpose()?;
            Ok([Some(place), title].into_iter().flatten().collect())
        }
        Content::Contact { name, phone } => Ok(vec![contact(name, phone.as_deref())?]),
        Content::Form { .. } | Content::Unsupported { .. } => {
            Err(rejected("unsupported", "Такое содержимое в Viber не отправить.", ""))
        }
    }
}

fn said(text: &str) -> Result<Value, SendError> {
    match text.chars().count() {
        0 => Err(rejected("empty", "В сообщении нет текста.", "")),
        1..=LONGEST_TEXT => Ok(json!({ "type": "text", "text": text })),
        _ => Err(rejected("too_long", "Текст длиннее 7000 знаков: Viber такой не принимает.", "")),
    }
}

/// A card has a short name and a phone; what does not fit one goes as words.
fn contact(name: &str, phone: Option<&str>) -> Result<Value, SendError> {
    match phone {
        Some(phone) if phone.chars().count() <= LONGEST_PHONE => {
            let name = match name.chars().count() {
                0..=LONGEST_CONTACT_NAME => name.to_owned(),
                _ => shortened(name, LONGEST_CONTACT_NAME - 1),
            };
            let card = json!({ "name": name, "phone_number": phone });
            Ok(json!({ "type": "contact", "contact": card }))
        }
        Some(phone) => said(format!("{name} {phone}").trim()),
        None => said(name),
    }
}

fn with_words(files: &[OutFile], words: &str) -> Result<Vec<Value>, SendError> {
    let [file] = files else {
        return match files {
            [] => Ok(vec![said(words)?]),
            _ => Err(rejected("too_many_files", "Viber передаёт файлы по одному.", "")),
        };
    };
    let mut part = media(file)?;
    if part["type"] == "picture" && words.chars().count() <= LONGEST_CAPTION {
        part["text"] = words.into();
        return Ok(vec![part]);
    }
    let words = if words.is_empty() { None } else { Some(said(words)?) };
    Ok([Some(part), words].into_iter().flatten().collect())
}

/// How Viber shows a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Picture,
    Video,
    File,
}

fn media(file: &OutFile) -> Result<Value, SendError> {
    if file.size > LARGEST_FILE {
        return Err(rejected("file_too_large", "Файл больше 50 МБ: Viber такой не передаст.", ""));
    }
    let Some(link) = &file.link else {
        return Err(rejected(
            "no_public_address",
            "Viber забирает файлы по ссылке, а у этой установки нет публичного адреса. Задайте его \
             в настройках сервера.",
            "",
        ));
    };
    let ends = link.path().rsplit_once('.').map(|(_, ext)| ext.to_ascii_lowercase());
    Ok(match shape(file, ends.as_deref().unwrap_or_default()) {
        Shape::Picture => json!({ "type": "picture", "text": "", "media": link }),
        Shape::Video => json!({ "type": "video", "media": link, "size": file.size }),
        Shape::File => json!({
            "type": "file", "media": link, "size": file.size, "file_name": file_name(file),
        }),
    })
}

/// Pictures and videos must be of certain types, be small enough, and their address must end in the
/// type's extension; what is not so goes as a file, which takes nearly everything.
fn shape(file: &OutFile, ends: &str) -> Shape {
    match (file.kind, file.mime.as_str(), ends) {
        (
            FileKind::Image | FileKind::Sticker,
            "image/jpeg" | "image/png" | "image/gif",
            "jpg" | "jpeg" | "png" | "gif",
        ) if file.size <= LARGEST_PICTURE => Shape::Picture,
        (FileKind::Video | FileKind::VideoNote, "video/mp4", "mp4")
            if file.size <= LARGEST_VIDEO =>
        {
            Shape::Video
        }
        _ => Shape::File,
    }
}

/// With an extension: Viber takes no file without one.
fn file_name(file: &OutFile) -> String {
    let (stem, extension) = match file.name.rsplit_once('.') {
        Some((stem, ext)) if !stem.is_empty() && (1..=16).contains(&ext.chars().count()) => {
            (stem, ext)
        }
        _ => (file.name.as_str(), extension(&file.mime)),
    };
    let room = LONGEST_FILE_NAME - 1 - extension.chars().count();
    let stem: String = stem.chars().take(room).collect();
    format!("{stem}.{extension}")
}

fn extension(mime: &str) -> &'static str {
    match mime {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "audio/ogg" => "ogg",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "video/mp4" => "mp4",
        "application/pdf" => "pdf",
        "text/plain" => "txt",
        _ => "dat",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::{StreamExt, stream};

    use super::*;

    fn file(kind: FileKind, name: &str, mime: &str, size: u64) -> OutFile {
        let link = format!("https://beseda.test/files/token/{name}");
        OutFile {
            kind,
            name: name.to_owned(),
            mime: mime.to_owned(),
            size,
            link: link.parse().ok(),
            open: Arc::new(|| stream::empty().boxed()),
        }
    }

    fn types(file: OutFile, caption: &str) -> Vec<String> {
        let content = Content::Files { files: vec![file], caption: caption.to_owned() };
        let parts = parts(&content).unwrap();
        parts.iter().map(|part| part["type"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn cv_6_each_file_goes_in_the_shape_that_viber_takes() {
        const MB: u64 = 1 << 20;
        for (kind, name, mime, size, expected) in [
            (FileKind::Image, "a.jpg", "image/jpeg", MB, "picture"),
            (FileKind::Image, "a.png", "image/png", 10, "picture"),
            (FileKind::Image, "a.jpg", "image/jpeg", MB + 1, "file"),
            (FileKind::Image, "a.webp", "image/webp", 10, "file"),
            (FileKind::Image, "image", "image/jpeg", 10, "file"),
            (FileKind::Video, "a.mp4", "video/mp4", 26 * MB, "video"),
            (FileKind::Video, "a.mp4", "video/mp4", 26 * MB + 1, "file"),
            (FileKind::Video, "a.mov", "video/quicktime", 10, "file"),
            (FileKind::Voice, "a.ogg", "audio/ogg", 10, "file"),
            (FileKind::File, "a.pdf", "application/pdf", 50 * MB, "file"),
        ] {
            assert_eq!(types(file(kind, name, mime, size), ""), [expected], "{name} {size}");
        }
        let large = Content::Files {
            files: vec![file(FileKind::File, "a.pdf", "application/pdf", 50 * MB + 1)],
            caption: String::new(),
        };
        let refused = parts(&large);
        assert!(matches!(refused, Err(SendError::Rejected { code: "file_too_large", .. })));
    }

    #[test]
    fn cv_6_words_stand_under_pictures_and_go_after_everything_else() {
        let picture = || file(FileKind::Image, "a.jpg", "image/jpeg", 10);
        let pdf = || file(FileKind::File, "a.pdf", "application/pdf", 10);
        assert_eq!(types(picture(), "вот"), ["picture"]);
        assert_eq!(types(picture(), &"я".repeat(512)), ["picture"]);
        assert_eq!(types(picture(), &"я".repeat(513)), ["picture", "text"]);
        assert_eq!(types(pdf(), "вот"), ["file", "text"]);
        assert_eq!(types(pdf(), ""), ["file"]);
    }

    #[test]
    fn cv_6_a_file_name_always_has_an_extension_and_fits() {
        let name = |name: &str, mime: &str| file_name(&file(FileKind::File, name, mime, 1));
        assert_eq!(name("Счёт № 7.pdf", "application/pdf"), "Счёт № 7.pdf");
        assert_eq!(name("Счёт", "application/pdf"), "Счёт.pdf");
        assert_eq!(name(".htaccess", "text/plain"), ".htaccess.txt");
        assert_eq!(name("dump", "application/x-unknown"), "dump.dat");
        let long = name(&format!("{}.pdf", "я".repeat(400)), "application/pdf");
        assert_eq!(long.chars().count(), 256);
        assert!(long.ends_with("я.pdf"));
    }

    #[test]
    fn cv_6_a_file_without_a_public_address_is_refused_in_words() {
        let mut file = file(FileKind::Image, "a.jpg", "image/jpeg", 10);
        file.link = None;
        let Err(SendError::Rejected { code, text }) = media(&file) else { panic!("it went") };
        assert_eq!(code, "no_public_address");
        assert!(text.contains("публичного адреса"), "{text}");
    }

    #[test]
    fn cv_6_a_request_is_never_larger_than_viber_reads() {
        // Each control character takes six bytes in JSON.
        let parts = parts(&Content::text("\u{1}".repeat(7_000))).unwrap();
        let refused = addressed(parts[0].clone(), "a=", "Лавка");
        assert!(matches!(refused, Err(SendError::Rejected { code: "too_long", .. })));
        assert!(said(&"я".repeat(7_000)).is_ok() && said(&"я".repeat(7_001)).is_err());
    }
}
