//! The operations that put messages into chats, and take them away.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Multipart},
    http::{Request, header},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    api::{Asked, owned},
    check, deliver,
    world::{Shared, sizes},
};

const LONGEST_TEXT: usize = 1_000;
const MAX_IMAGE: usize = 24 << 20;
/// "no later than an hour after sending".
const DELETE_WITHIN: i64 = 3_600;

pub(super) fn text(shared: &Arc<Shared>, seller: i64, chat: &str, asked: &Asked) -> Answer {
    let mut body = check::object(&asked.headers, &asked.body, &["message", "type"])?;
    if check::text(&body, "type")? != "text" {
        return Err(Refusal::new(400, "type must be text"));
    }
    let message = check::keyed(body.remove("message").unwrap_or_default(), &["text"])?;
    let text = check::text(&message, "text")?.to_owned();
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT {
        return Err(Refusal::new(400, "text must be of 1 to 1000 characters"));
    }
    put(shared, seller, chat, "text", json!({"text": text}))
}

pub(super) fn image(shared: &Arc<Shared>, seller: i64, chat: &str, asked: &Asked) -> Answer {
    let body = check::object(&asked.headers, &asked.body, &["image_id"])?;
    let image = check::text(&body, "image_id")?.to_owned();
    if !shared.world().files.contains_key(&image) {
        return Err(Refusal::not_found("image"));
    }
    let content = json!({"image": {"sizes": sizes(&shared.url, &image)}});
    put(shared, seller, chat, "image", content)
}

fn put(shared: &Arc<Shared>, seller: i64, chat: &str, kind: &str, content: Value) -> Answer {
    let message = shared.change(|world| {
        owned(world, seller, chat)?;
        let buyer = world.chats.get(chat).map(|chat| chat.buyer);
        let blocked = world
            .sellers
            .get(&seller)
            .is_some_and(|state| buyer.is_some_and(|buyer| state.blacklist.contains(&buyer)));
        if blocked {
            return Err(Refusal::new(403, "the user is in the blacklist"));
        }
        world.put(chat, seller, kind, content, None).ok_or_else(|| Refusal::not_found("chat"))
    })?;
    deliver::message(shared, chat, &message);
    Ok(json!({
        "id": message.id, "created": message.created, "direction": "out",
        "type": message.kind, "content": message.content, "author_id": seller,
    }))
}

pub(super) async fn upload(shared: &Shared, _seller: i64, asked: &Asked) -> Answer {
    let wrong = |what: &str| Refusal::new(400, what);
    let kind = asked.headers.get(header::CONTENT_TYPE).cloned();
    let kind = kind.ok_or_else(|| wrong("the body must be multipart/form-data"))?;
    let request = Request::builder()
        .method("POST")
        .header(header::CONTENT_TYPE, kind)
        .body(axum::body::Body::from(asked.body.clone()))
        .map_err(|_| wrong("the request cannot be read"))?;
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| wrong("the body must be multipart/form-data"))?;
    let mut found = None;
    while let Some(field) = form.next_field().await.map_err(|_| wrong("the form cannot be read"))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| wrong("the form cannot be read"))?;
        if name != "uploadfile[]" {
            return Err(wrong(&format!("the field {name} is not documented")));
        }
        if found.replace(bytes).is_some() {
            return Err(wrong("one picture at a time"));
        }
    }
    let bytes = found.ok_or_else(|| wrong("the field uploadfile[] is missing"))?;
    if bytes.len() > MAX_IMAGE {
        return Err(wrong("the file is over 24 MB"));
    }
    let mime = picture(&bytes).ok_or_else(|| wrong("not one of JPEG, HEIC, GIF, BMP, PNG"))?;
    let id = shared.change(|world| world.keep_file(mime, bytes, None));
    Ok(json!({ id.clone(): sizes(&shared.url, &id) }))
}

/// By its first bytes.
fn picture(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'B', b'M', ..] => Some("image/bmp"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'h', b'e', ..] => Some("image/heic"),
        _ => None,
    }
}

pub(super) fn delete(
    shared: &Arc<Shared>,
    seller: i64,
    chat: &str,
    message: &str,
    asked: &Asked,
) -> Answer {
    check::nothing(&asked.body)?;
    let deleted = shared.change(|world| {
        owned(world, seller, chat)?;
        let now = world.now();
        let found = world.chats.get_mut(chat).and_then(|chat| chat.message_mut(message));
        let found = found.ok_or_else(|| Refusal::not_found("message"))?;
        if found.author != seller {
            return Err(Refusal::new(403, "the message is of another user"));
        }
        if now - found.created > DELETE_WITHIN {
            return Err(Refusal::new(403, "the message is older than an hour"));
        }
        "deleted".clone_into(&mut found.kind);
        found.content = json!({});
        Ok(found.clone())
    })?;
    deliver::message(shared, chat, &deleted);
    Ok(json!({}))
}
