//! What a draft becomes in its channel: checked against what the channel can carry, before anything of it
//! is kept. Pure.

use domain::{
    channel::Capabilities, content::Content, ids::AttachmentId, text::Words, view::ConversationView,
};
use store::AttachmentRow;

use crate::{Draft, Error, Invalid, Result};

/// Builds what is sent, checked against what the channel can carry; every wrong file is named.
pub(crate) fn compose(
    can: &Capabilities,
    c: &ConversationView,
    draft: &Draft,
    files: &[AttachmentRow],
) -> Result<Content<AttachmentId>> {
    if draft.files.is_empty() {
        check_text(&draft.text, usize::MAX)?;
    }
    // Before the words: where no file goes, no words go with one, however short they are.
    let wrong = wrong_files(can, &draft.files, files);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let limit = if draft.files.is_empty() || can.subject { can.max_text } else { can.max_caption };
    too_long("text", can.text_unit.length(&draft.text), limit)?;
    Ok(if can.subject {
        Content::Letter {
            subject: draft.subject.clone().unwrap_or_else(|| c.subject.clone()),
            text: draft.text.clone(),
            quoted: String::new(),
            html: None,
            files: draft.files.clone(),
        }
    } else if draft.files.is_empty() {
        Content::text(draft.text.clone())
    } else {
        Content::Files { files: draft.files.clone(), caption: draft.text.clone() }
    })
}

fn wrong_files(
    can: &Capabilities,
    asked: &[AttachmentId],
    files: &[AttachmentRow],
) -> Vec<Invalid> {
    let mut wrong = Vec::new();
    if asked.len() > can.max_files {
        let words = match can.max_files {
            0 => Words::new("Этот канал не передаёт файлы.", "This channel carries no files."),
            most => Words::new(
                format!("Этот канал передаёт не больше {most} файлов сразу."),
                format!("This channel carries at most {most} files at once."),
            ),
        };
        wrong.push(Invalid::new("files", "too_many_files", words));
    }
    for (n, id) in asked.iter().enumerate() {
        let field = format!("files[{n}]");
        let Some(file) = files.iter().find(|f| f.view.attachment_id == *id) else {
            wrong.push(Invalid::new(
                field,
                "unknown_file",
                Words::new(
                    "Файл не найден. Загрузите его ещё раз.",
                    "No such file. Upload it again.",
                ),
            ));
            continue;
        };
        let size = u64::try_from(file.view.size.unwrap_or(0)).unwrap_or(0);
        match can.files.iter().find(|l| l.kind == file.view.kind) {
            None => wrong.push(Invalid::new(
                field,
                "kind_not_carried",
                Words::new(
                    "Этот канал не передаёт файлы такого вида.",
                    "This channel does not carry files of this kind.",
                ),
            )),
            Some(limit) if size > limit.max_bytes => wrong.push(Invalid::new(
                field,
                "file_too_large",
                Words::new(
                    format!(
                        "Файл больше {} МБ, этот канал его не передаст.",
                        limit.max_bytes >> 20
                    ),
                    format!(
                        "The file is over {} MB; this channel cannot carry it.",
                        limit.max_bytes >> 20
                    ),
                ),
            )),
            Some(_) => {}
        }
    }
    wrong
}

pub(crate) fn check_client_id(client_id: &str) -> Result<()> {
    let good = (1..=100).contains(&client_id.len())
        && client_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if good {
        return Ok(());
    }
    Err(Error::invalid(
        "client_id",
        "bad_client_id",
        Words::new(
            "Нужен свой идентификатор сообщения: от 1 до 100 латинских букв, цифр, -_.:",
            "Give the message an id of your own: 1 to 100 Latin letters, digits, -_.:",
        ),
    ))
}

pub(crate) fn check_text(text: &str, longest: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::invalid(
            "text",
            "required",
            Words::new("Напишите текст или приложите файл.", "Write a text or attach a file."),
        ));
    }
    too_long("text", text.chars().count(), longest)
}

pub(crate) fn too_long(field: &str, length: usize, longest: usize) -> Result<()> {
    if length <= longest {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        "too_long",
        Words::new(
            format!("Слишком длинно: {length}, можно до {longest}. Разделите сообщение."),
            format!("Too long: {length}, at most {longest}. Split the message."),
        ),
    ))
}
