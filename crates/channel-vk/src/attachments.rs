//! What a message of VK says, in our words. Pure.
//!
//! Files become files. Links, posts, goods and the like become lines under the text, by their address
//! in VK, so that nothing depends on a language. What is not known becomes its name.

use channel::{NewFile, NewFileSource};
use domain::{
    content::{Content, FileKind},
    listing::Listing,
    text::{Words, shortened},
};
use serde_json::{Value, json};

use crate::json::Json;

/// The handle that comes back to `Media::fetch`.
pub(crate) const URL: &str = "url";

/// Forwarded messages hold forwarded messages.
const MAX_DEPTH: usize = 4;
const MAX_FORWARDED: usize = 100;
/// Of a post, only the beginning: its address is there.
const POST_CHARS: usize = 300;

/// What was read of one message.
pub(crate) struct Said {
    pub(crate) content: Content<NewFile>,
    /// A place that came with words or files.
    pub(crate) place: Option<Content<NewFile>>,
    /// Goods of the community's shop that the message is about.
    pub(crate) listing: Option<Listing>,
}

#[derive(Default)]
struct Gathered {
    files: Vec<NewFile>,
    lines: Vec<String>,
    listing: Option<Listing>,
    unknown: Vec<String>,
    forwarded: usize,
}

/// Reads text, attachments, forwarded messages and place.
pub(crate) fn said(message: &Value) -> Said {
    let mut gathered = Gathered::default();
    gathered.lines.extend(message.text("text").map(str::to_owned));
    gathered.attachments(message);
    gathered.forwarded(message, 1);
    let Gathered { files, mut lines, listing, unknown, .. } = gathered;
    let place = message.object("geo").and_then(place);
    if !files.is_empty() || place.is_some() {
        lines.extend(unknown.iter().map(|label| format!("[{label}]")));
    }
    let text = lines.join("\n");
    if !files.is_empty() {
        return Said { content: Content::Files { files, caption: text }, place, listing };
    }
    match (place, unknown.first()) {
        (Some(place), _) if text.is_empty() => Said { content: place, place: None, listing },
        (None, Some(label)) => {
            let label = label.clone();
            Said { content: Content::Unsupported { label, text }, place: None, listing }
        }
        (None, None) if text.is_empty() => {
            let content = Content::Unsupported { label: "empty".to_owned(), text };
            Said { content, place: None, listing }
        }
        (place, _) => Said { content: Content::text(text), place, listing },
    }
}

fn place(geo: &Value) -> Option<Content<NewFile>> {
    let coordinates = geo.get("coordinates")?;
    let number = |key: &str| coordinates.get(key).and_then(Value::as_f64);
    let title = geo.object("place").and_then(|p| p.text("title").or_else(|| p.text("address")));
    Some(Content::Location {
        latitude: number("latitude")?,
        longitude: number("longitude")?,
        title: title.map(str::to_owned),
    })
}

impl Gathered {
    fn attachments(&mut self, message: &Value) {
        for attachment in message.list("attachments") {
            let kind = attachment.text("type").unwrap_or("attachment");
            let known = attachment.object(kind).is_some_and(|object| self.attachment(kind, object));
            if !known {
                self.unknown.push(shortened(kind, 40));
            }
        }
    }

    /// What people forwarded stands under their words, each line marked.
    fn forwarded(&mut self, message: &Value, depth: usize) {
        for inner in message.list("fwd_messages") {
            self.forwarded += 1;
            if depth > MAX_DEPTH || self.forwarded > MAX_FORWARDED {
                return;
            }
            let marked = inner.text("text").unwrap_or_default().lines().map(|l| format!("> {l}"));
            self.lines.extend(marked);
            self.attachments(inner);
            self.forwarded(inner, depth + 1);
        }
    }

    /// Whether the kind is known and could be read.
    fn attachment(&mut self, kind: &str, object: &Value) -> bool {
        match kind {
            "photo" => self.file(photo(object)),
            "doc" => self.file(doc(object)),
            "audio_message" => self.file(voice(object)),
            "sticker" | "ugc_sticker" => self.file(sticker(object)),
            "graffiti" => self.file(linked(object, URL, FileKind::Image, "image/png")),
            "gift" => self.file(linked(object, "thumb_256", FileKind::Image, "image/jpeg")),
            "video" | "clip" => {
                self.lines.extend(object.text("title").map(str::to_owned));
                self.address("video", object);
                self.file(Some(video(object)))
            }
            "audio" => {
                let parts = [object.text("artist"), object.text("title")];
                let song = parts.into_iter().flatten().collect::<Vec<_>>().join(" — ");
                self.line(&song)
            }
            "link" => self.titled(object, "url"),
            "article" => self.titled(object, "view_url") || self.titled(object, "url"),
            "wall" => self.post(object),
            "wall_reply" => self.comment(object),
            "poll" => {
                let known = object.text("question").is_some_and(|question| self.line(question));
                self.address("poll", object) || known
            }
            "story" => self.address("story", object),
            "market" => self.goods(object),
            _ => false,
        }
    }

    fn file(&mut self, file: Option<NewFile>) -> bool {
        let known = file.is_some();
        self.files.extend(file);
        known
    }

    fn line(&mut self, line: &str) -> bool {
        if line.trim().is_empty() {
            return false;
        }
        self.lines.push(line.to_owned());
        true
    }

    /// A title and the address below it, once: the text of a message mostly holds it already.
    fn titled(&mut self, object: &Value, key: &str) -> bool {
        let Some(address) = object.text(key) else { return false };
        if self.lines.iter().any(|line| line.contains(address)) {
            return true;
        }
        self.lines.extend(object.text("title").map(str::to_owned));
        self.line(address)
    }

    /// `https://vk.com/video-1_2`
    fn address(&mut self, kind: &str, object: &Value) -> bool {
        let owner = object.int("owner_id").or_else(|| object.int("from_id"));
        let (Some(owner), Some(id)) = (owner, object.int("id")) else { return false };
        self.line(&format!("https://vk.com/{kind}{owner}_{id}"))
    }

    fn post(&mut self, object: &Value) -> bool {
        let words = object.text("text").map(|text| shortened(text, POST_CHARS));
        let known = words.is_some_and(|words| self.line(&words));
        // In `wall` the owner is called `to_id` by old versions.
        let owner = object
            .int("owner_id")
            .or_else(|| object.int("to_id"))
            .or_else(|| object.int("from_id"));
        let (Some(owner), Some(id)) = (owner, object.int("id")) else { return known };
        self.line(&format!("https://vk.com/wall{owner}_{id}"))
    }

    fn comment(&mut self, object: &Value) -> bool {
        let words = object.text("text").map(|text| shortened(text, POST_CHARS));
        let known = words.is_some_and(|words| self.line(&words));
        let ids = (object.int("owner_id"), object.int("post_id"), object.int("id"));
        let (Some(owner), Some(post), Some(id)) = ids else { return known };
        self.line(&format!("https://vk.com/wall{owner}_{post}?reply={id}"))
    }

    /// Goods are what the conversation is about, and stand in the text as well: a customer may send
    /// several.
    fn goods(&mut self, object: &Value) -> bool {
        let (Some(owner), Some(id)) = (object.int("owner_id"), object.int("id")) else {
            return false;
        };
        let title = object.text("title").unwrap_or_default();
        let price = object.object("price").and_then(|price| price.text("text"));
        let url = format!("https://vk.com/market{owner}?w=product{owner}_{id}");
        let named = [Some(title), price].into_iter().flatten().filter(|t| !t.is_empty());
        let named = named.collect::<Vec<_>>().join(" — ");
        self.line(&named);
        self.line(&url);
        self.listing = Some(Listing {
            external_id: format!("market{owner}_{id}"),
            title: title.to_owned(),
            price: price.map(str::to_owned),
            url: Some(url),
            image: object.text("thumb_photo").map(str::to_owned),
        });
        true
    }
}

fn new_file(kind: FileKind, mime: Option<&str>, address: &str) -> NewFile {
    NewFile {
        kind,
        name: None,
        mime: mime.map(str::to_owned),
        size: None,
        duration: None,
        width: None,
        height: None,
        content_id: None,
        source: NewFileSource::Handle(json!({ URL: address })),
    }
}

fn pixels(object: &Value, key: &str) -> Option<u32> {
    object.int(key).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
}

/// A photo comes in several sizes; the largest is the picture itself.
fn photo(object: &Value) -> Option<NewFile> {
    let area = |size: &&Value| {
        u64::from(pixels(size, "width").unwrap_or(0))
            * u64::from(pixels(size, "height").unwrap_or(0))
    };
    let original = object.object("orig_photo").filter(|o| o.text(URL).is_some());
    let sizes = object.list("sizes").iter().filter(|s| s.text(URL).is_some());
    let best = sizes.max_by_key(area).or(original)?;
    let mut file = new_file(FileKind::Image, Some("image/jpeg"), best.text(URL)?);
    (file.width, file.height) = (pixels(best, "width"), pixels(best, "height"));
    Some(file)
}

fn doc(object: &Value) -> Option<NewFile> {
    let kind = match object.int("type") {
        Some(3 | 4) => FileKind::Image,
        Some(5) => FileKind::Audio,
        Some(6) => FileKind::Video,
        _ => FileKind::File,
    };
    let mime = (object.text("ext") == Some("gif")).then_some("image/gif");
    let mut file = new_file(kind, mime, object.text(URL)?);
    file.size = object.int("size").and_then(|n| u64::try_from(n).ok());
    file.name = object.text("title").map(|title| {
        let ext = object.text("ext").unwrap_or_default();
        let named =
            ext.is_empty() || title.to_lowercase().ends_with(&format!(".{}", ext.to_lowercase()));
        if named { title.to_owned() } else { format!("{title}.{ext}") }
    });
    Some(file)
}

fn voice(object: &Value) -> Option<NewFile> {
    let mut file = match (object.text("link_ogg"), object.text("link_mp3")) {
        (Some(ogg), _) => new_file(FileKind::Voice, Some("audio/ogg"), ogg),
        (None, Some(mp3)) => new_file(FileKind::Voice, Some("audio/mpeg"), mp3),
        (None, None) => return None,
    };
    file.duration = object.int("duration").and_then(|n| u32::try_from(n).ok());
    Some(file)
}

fn sticker(object: &Value) -> Option<NewFile> {
    let images = object.list("images").iter().filter(|i| i.text(URL).is_some());
    let best = images.max_by_key(|image| image.int("width"))?;
    let mut file = new_file(FileKind::Sticker, Some("image/png"), best.text(URL)?);
    (file.width, file.height) = (pixels(best, "width"), pixels(best, "height"));
    Some(file)
}

fn linked(object: &Value, key: &str, kind: FileKind, mime: &str) -> Option<NewFile> {
    let mut file = new_file(kind, Some(mime), object.text(key)?);
    (file.width, file.height) = (pixels(object, "width"), pixels(object, "height"));
    Some(file)
}

/// VK gives out a player, never the file.
fn video(object: &Value) -> NewFile {
    NewFile {
        kind: FileKind::Video,
        name: object.text("title").map(str::to_owned),
        mime: None,
        size: None,
        duration: object.int("duration").and_then(|n| u32::try_from(n).ok()),
        width: pixels(object, "width"),
        height: pixels(object, "height"),
        content_id: None,
        source: NewFileSource::Unavailable(Words::new(
            "ВКонтакте не отдаёт файлы видео. Откройте его по ссылке в сообщении.",
            "VK does not give out video files. Open it by the link in the message.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(kind: &str, object: Value) -> Value {
        json!({ "text": "", "attachments": [{ "type": kind, kind: object }] })
    }

    #[test]
    fn cv_6_links_posts_and_polls_are_lines() {
        for (kind, object, expected) in [
            (
                "link",
                json!({ "url": "https://shop.test/a", "title": "Лавка" }),
                "Лавка\nhttps://shop.test/a",
            ),
            (
                "wall",
                json!({ "owner_id": -5, "id": 7, "text": "Скидки" }),
                "Скидки\nhttps://vk.com/wall-5_7",
            ),
            (
                "wall_reply",
                json!({ "owner_id": -5, "post_id": 7, "id": 9, "text": "Сколько стоит?" }),
                "Сколько стоит?\nhttps://vk.com/wall-5_7?reply=9",
            ),
            (
                "poll",
                json!({ "owner_id": 1, "id": 2, "question": "Да?" }),
                "Да?\nhttps://vk.com/poll1_2",
            ),
            ("audio", json!({ "artist": "Хор", "title": "Песня" }), "Хор — Песня"),
            ("story", json!({ "owner_id": 1, "id": 2 }), "https://vk.com/story1_2"),
        ] {
            assert_eq!(said(&with(kind, object)).content, Content::text(expected), "{kind}");
        }
    }

    #[test]
    fn cv_6_the_largest_photo_counts() {
        let sizes = json!([
            { "type": "x", "width": 604, "height": 400, "url": "https://cdn.test/x.jpg" },
            { "type": "w", "width": 1920, "height": 1280, "url": "https://cdn.test/w.jpg" },
            { "type": "z", "width": 1080, "height": 720 },
        ]);
        let Content::Files { files, .. } = said(&with("photo", json!({ "sizes": sizes }))).content
        else {
            panic!("a file")
        };
        assert_eq!(
            files[0].source,
            NewFileSource::Handle(json!({ "url": "https://cdn.test/w.jpg" }))
        );
        assert_eq!((files[0].width, files[0].height), (Some(1920), Some(1280)));
    }

    #[test]
    fn cv_5_goods_are_what_the_conversation_is_about() {
        let goods = json!({ "owner_id": -5, "id": 3, "title": "Чайник", "price": { "text": "900 ₽" },
            "thumb_photo": "https://cdn.test/t.jpg" });
        let said = said(&with("market", goods));
        let listing = said.listing.expect("a listing");
        assert_eq!(
            (listing.external_id.as_str(), listing.price.as_deref()),
            ("market-5_3", Some("900 ₽"))
        );
        assert!(said.content.words().starts_with("Чайник — 900 ₽\nhttps://vk.com/"));
    }

    #[test]
    fn cv_6_what_is_not_known_is_named() {
        let said_of = |message: Value| said(&message).content;
        let unsupported = |label: &str, text: &str| Content::Unsupported {
            label: label.to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(said_of(with("mini_app", json!({}))), unsupported("mini_app", ""));
        assert_eq!(said_of(with("photo", json!({ "sizes": [] }))), unsupported("photo", ""));
        assert_eq!(said_of(json!({ "text": "" })), unsupported("empty", ""));
        let mut words = with("call", json!({}));
        words["text"] = json!("перезвоните");
        assert_eq!(said_of(words), unsupported("call", "перезвоните"));
    }

    #[test]
    fn cv_6_a_place_with_words_is_a_message_of_its_own() {
        let geo = json!({ "type": "point", "coordinates": { "latitude": 55.75, "longitude": 37.61 },
            "place": { "title": "Москва" } });
        let alone = said(&json!({ "text": "", "geo": geo }));
        assert!(matches!(alone.content, Content::Location { .. }) && alone.place.is_none());
        let both = said(&json!({ "text": "я тут", "geo": geo }));
        assert_eq!(both.content, Content::text("я тут"));
        assert!(matches!(both.place, Some(Content::Location { .. })));
    }

    #[test]
    fn cv_6_forwarded_messages_stand_below_and_end_somewhere() {
        let mut deep = json!({ "text": "дно" });
        for _ in 0..30 {
            deep = json!({ "text": "слой", "fwd_messages": [deep] });
        }
        let words = said(&deep).content.words();
        assert!(words.starts_with("слой\n> слой\n> слой"), "{words}");
        assert!(!words.contains("дно"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        let key = prop_oneof![
            Just("attachments".to_owned()),
            Just("type".to_owned()),
            Just("photo".to_owned()),
            Just("sizes".to_owned()),
            Just("url".to_owned()),
            Just("geo".to_owned()),
            Just("coordinates".to_owned()),
            Just("fwd_messages".to_owned()),
            "[a-z]{1,6}",
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_message_says_something(message in any_json()) {
            let said = said(&message);
            let nothing = said.content == Content::text("");
            prop_assert!(!nothing);
        }
    }
}
