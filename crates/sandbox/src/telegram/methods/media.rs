//! Files in both directions: upload rules, albums, `getFile`.
//! <https://core.telegram.org/bots/api#sending-files>

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Act, send};
use crate::telegram::{
    MediaKind, Options,
    answer::{Answer, Refusal, Success},
    files::{NewFile, StoredFile, is_image},
    params::{Params, Upload},
    world::World,
};

/// What a bot may download.
pub(super) const DOWNLOAD_LIMIT: u64 = 20 << 20;
const PHOTO_LIMIT: usize = 10 << 20;

/// A file an argument speaks of, before anything is stored.
enum Source {
    Known(StoredFile),
    New(NewFile),
}

pub(super) fn send_one(act: &Act<'_>, method: &str) -> Answer {
    let kind = MediaKind::ALL
        .into_iter()
        .find(|kind| method.strip_prefix("send") == Some(kind.field().replace('_', "").as_str()))
        .ok_or_else(|| Refusal::not_found("Not Found: method not found"))?;
    let content = send::with_caption(Map::new(), act.params)?;
    act.shared.change(|world| {
        let source = source(world, act, kind, act.params.text(kind.field()), act.params)?;
        // Who may not write must not fill the store.
        super::writable_chat(world, act.bot_id, act.params)?;
        let content = filed(world, &act.shared.options, act.bot_id, content, source);
        send::one(send::put(
            world,
            &act.shared.options,
            act.bot_id,
            act.params,
            vec![content],
            act.now,
        )?)
    })
}

pub(super) fn send_album(act: &Act<'_>) -> Answer {
    let items = match act.params.json("media")? {
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Refusal::bad_request("expected an Array of InputMedia")),
        None => Vec::new(),
    };
    if items.is_empty() {
        return Err(Refusal::bad_request("there are no messages to send"));
    }
    if items.len() > 10 {
        return Err(Refusal::bad_request("Too much messages to send as an album"));
    }
    if items.len() < 2 {
        return Err(Refusal::bad_request("Too few messages to send as an album"));
    }
    act.shared.change(|world| {
        super::writable_chat(world, act.bot_id, act.params)?;
        let mut parts = Vec::with_capacity(items.len());
        for item in &items {
            let kind = match item["type"].as_str() {
                Some("photo") => MediaKind::Photo,
                Some("video") => MediaKind::Video,
                Some("document") => MediaKind::Document,
                Some("audio") => MediaKind::Audio,
                _ => {
                    return Err(Refusal::bad_request(
                        "can't parse InputMedia: type is not supported",
                    ));
                }
            };
            let own = Params::from_json(item);
            let caption = send::with_caption(Map::new(), &own)?;
            let given = item["media"].as_str().filter(|media| !media.is_empty());
            parts.push((kind, caption, source(world, act, kind, given, &own)?));
        }
        if !fit_together(parts.iter().map(|(kind, _, _)| *kind)) {
            return Err(Refusal::bad_request(
                "Can't use the media of the specified type in the album",
            ));
        }
        let album = world.next_album();
        let mut contents = Vec::with_capacity(parts.len());
        for (_, mut content, source) in parts {
            content.insert("media_group_id".to_owned(), json!(album));
            contents.push(filed(world, &act.shared.options, act.bot_id, content, source));
        }
        let sent =
            send::put(world, &act.shared.options, act.bot_id, act.params, contents, act.now)?;
        let message_ids = sent.iter().filter_map(|sent| sent["message_id"].as_i64()).collect();
        Ok(Success { message_ids, ..Success::of(Value::Array(sent)) })
    })
}

/// Documents and audio make albums of their own; photos and videos mix.
fn fit_together(kinds: impl Iterator<Item = MediaKind>) -> bool {
    let mut families = kinds.map(|kind| match kind {
        MediaKind::Document => 1,
        MediaKind::Audio => 2,
        _ => 3,
    });
    let first = families.next();
    families.all(|family| Some(family) == first)
}

fn source(
    world: &World,
    act: &Act<'_>,
    kind: MediaKind,
    given: Option<&str>,
    own: &Params,
) -> Result<Source, Refusal> {
    let upload =
        match given {
            None => act.params.file(kind.field()),
            Some(text) => match text.strip_prefix("attach://") {
                Some(part) => Some(act.params.attached(part).ok_or_else(|| {
                    Refusal::bad_request("wrong file identifier/HTTP URL specified")
                })?),
                None => None,
            },
        };
    if let Some(upload) = upload {
        return uploaded(kind, upload, own.integer("duration")).map(Source::New);
    }
    let Some(text) = given else {
        let what = kind.field().replace('_', " ");
        return Err(Refusal::bad_request(format!("there is no {what} in the request")));
    };
    if text.starts_with("http://") || text.starts_with("https://") {
        // The sandbox fetches nothing: it must not reach beyond this machine.
        return Err(Refusal::bad_request("failed to get HTTP URL content"));
    }
    let known = world
        .files
        .get(text)
        .filter(|file| file.bot_id == act.bot_id)
        .ok_or_else(|| Refusal::bad_request("wrong file identifier/HTTP URL specified"))?;
    if known.kind != kind {
        let (is, wanted) = (known.kind.title(), kind.title());
        return Err(Refusal::bad_request(format!("can't use file of type {is} as {wanted}")));
    }
    Ok(Source::Known(known.clone()))
}

fn uploaded(kind: MediaKind, upload: &Upload, seconds: Option<i64>) -> Result<NewFile, Refusal> {
    let size = upload.bytes.len();
    if size == 0 {
        return Err(Refusal::bad_request("file must be non-empty"));
    }
    if kind == MediaKind::Photo {
        if size > PHOTO_LIMIT {
            return Err(Refusal::bad_request(format!(
                "file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes"
            )));
        }
        if !is_image(&upload.bytes) {
            return Err(Refusal::bad_request("IMAGE_PROCESS_FAILED"));
        }
    }
    Ok(NewFile {
        kind,
        // The body of the call is let go of.
        bytes: Bytes::copy_from_slice(&upload.bytes),
        size: size as u64,
        file_name: upload.file_name.clone().filter(|_| kind != MediaKind::Photo),
        mime: upload.mime.clone().filter(|_| kind != MediaKind::Photo),
        seconds: seconds.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0),
    })
}

fn filed(
    world: &mut World,
    options: &Options,
    bot_id: i64,
    mut content: Map<String, Value>,
    source: Source,
) -> Map<String, Value> {
    let file = match source {
        Source::Known(file) => file,
        Source::New(new) => world.files.add(bot_id, new, options.stored_bytes),
    };
    if file.kind == MediaKind::Animation {
        // For old clients an animation is a document as well.
        content.insert("document".to_owned(), file.json());
    }
    content.insert(file.kind.field().to_owned(), file.json());
    content
}

pub(super) fn get_file(act: &Act<'_>) -> Answer {
    let file_id = act
        .params
        .text("file_id")
        .ok_or_else(|| Refusal::bad_request("file_id is not specified"))?;
    let world = act.shared.world();
    let file = world
        .files
        .get(file_id)
        .filter(|file| file.bot_id == act.bot_id)
        .ok_or_else(|| Refusal::bad_request("invalid file_id"))?;
    if file.size > DOWNLOAD_LIMIT {
        return Err(Refusal::bad_request("file is too big"));
    }
    if file.bytes.is_none() {
        return Err(Refusal::bad_request("wrong file_id or the file is temporarily unavailable"));
    }
    Ok(Success::of(json!({
        "file_id": file_id, "file_unique_id": file.unique_id,
        "file_size": file.size, "file_path": file.path,
    })))
}
