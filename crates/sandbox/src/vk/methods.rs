//! What each method does. Shapes and rights were checked before.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    deliver,
    dialogue::{self, New},
    servers::{self, Server, Status},
    shapes,
    uploads::{Place, Uploaded, doc_json, photo_json, voice_json},
    world::{CommunityState, Shared, World},
};

/// Of a text, by the schema.
const LONGEST: usize = 9000;
const MOST_ATTACHMENTS: usize = 10;

/// `{"error":{"error_code":…,"error_msg":…}}`
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub code: i64,
    pub text: String,
}

pub(super) type Answer = Result<Value, Refusal>;

pub(super) fn refusal(code: i64) -> Refusal {
    let text = match code {
        5 => "User authorization failed: invalid access_token",
        6 => "Too many requests per second",
        9 => "Flood control",
        10 => "Internal server error",
        14 => "Captcha needed",
        15 => "Access denied: group messages are disabled",
        27 => "Group authorization failed: invalid access_token",
        29 => "Rate limit reached",
        104 => "Not found",
        118 => "Invalid server",
        121 => "Invalid hash",
        129 => "Invalid photo",
        105 => "Couldn't save file",
        900 => "Can't send messages for users from blacklist",
        901 => "Can't send messages for users without permission",
        902 => "Can't send messages to this user due to their privacy settings",
        909 => "Can't edit this message, because it's too old",
        912 => "This is a chat bot feature, change this status in settings",
        914 => "Message is too long",
        924 => "Can't delete this message for everybody",
        2000 => "Servers number limit is reached",
        _ => "Error",
    };
    Refusal { code, text: text.to_owned() }
}

pub(super) fn invalid(what: &str) -> Refusal {
    let text = format!("One of the parameters specified was missing or invalid: {what}");
    Refusal { code: 100, text }
}

/// Parameters of one call.
pub(super) struct Params<'a>(pub &'a Map<String, Value>);

impl Params<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn int(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("1")
    }

    fn ints(&self, name: &str) -> Vec<i64> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').filter_map(|part| part.trim().parse().ok()).collect()
    }
}

/// What is told after the answer is made.
pub(super) struct Done {
    pub answer: Answer,
    /// A kind of event with its object.
    pub event: Option<(&'static str, Value)>,
}

pub(super) async fn perform(
    shared: &Arc<Shared>,
    community: i64,
    method: &str,
    params: &Params<'_>,
) -> Done {
    if method == "groups.addCallbackServer" {
        return Done { answer: add_server(shared, community, params).await, event: None };
    }
    let mut event = None;
    let answer =
        shared.change(|world| at_once(shared, world, community, method, params, &mut event));
    Done { answer, event }
}

/// VK calls the new server for the code before it answers.
async fn add_server(shared: &Arc<Shared>, community: i64, params: &Params<'_>) -> Answer {
    let text = |name| params.text(name).unwrap_or_default().to_owned();
    let server = shared.change(|world| {
        let community = world.communities.get_mut(&community).ok_or_else(|| refusal(104))?;
        if community.servers.len() >= servers::MOST {
            return Err(refusal(2000));
        }
        let server = Server {
            id: community.next_server(),
            url: text("url"),
            title: text("title"),
            secret: text("secret_key"),
            status: Status::Wait,
            events: Vec::new(),
        };
        community.servers.push(server.clone());
        Ok(server)
    })?;
    let right = deliver::confirm(shared, community, &server).await;
    shared.change(|world| {
        let servers = world.communities.get_mut(&community).map(|c| &mut c.servers);
        if let Some(kept) = servers.and_then(|s| s.iter_mut().find(|s| s.id == server.id)) {
            kept.status = if right { Status::Ok } else { Status::Failed };
        }
    });
    Ok(json!({ "server_id": server.id }))
}

fn at_once(
    shared: &Shared,
    world: &mut World,
    id: i64,
    method: &str,
    params: &Params<'_>,
    event: &mut Option<(&'static str, Value)>,
) -> Answer {
    match method {
        "users.get" => return Ok(users(world, params)),
        "groups.getById" => return Ok(groups(world, id, params)),
        "photos.getMessagesUploadServer" => {
            let token = world.files.place(Place::Photo);
            let upload_url = format!("{}/upload/{token}", shared.url);
            return Ok(json!({ "album_id": -64, "upload_url": upload_url, "user_id": 0,
                "group_id": id }));
        }
        "docs.getMessagesUploadServer" => {
            let voice = params.text("type") == Some("audio_message");
            let token = world.files.place(if voice { Place::Voice } else { Place::Doc });
            return Ok(json!({ "upload_url": format!("{}/upload/{token}", shared.url) }));
        }
        "photos.saveMessagesPhoto" => return save_photo(shared, world, id, params),
        "docs.save" => return save_doc(shared, world, id, params),
        _ => {}
    }
    let attachments = attachments(world, params)?;
    let known = params.int("peer_id").into_iter().chain(params.ints("peer_ids"));
    let known = known.chain(params.int("user_id")).all(|peer| world.people.contains_key(&peer));
    let community = world.communities.get_mut(&id).ok_or_else(|| refusal(104))?;
    if !known && !method.starts_with("groups.") {
        return Err(refusal(901));
    }
    if method.starts_with("messages.") && !community.messages_on {
        return Err(refusal(15));
    }
    match method {
        "groups.getCallbackConfirmationCode" => Ok(json!({ "code": community.code })),
        "groups.getCallbackServers" => {
            let items: Vec<Value> = community.servers.iter().map(Server::json).collect();
            Ok(json!({ "count": items.len(), "items": items }))
        }
        "groups.deleteCallbackServer" => {
            let before = community.servers.len();
            community.servers.retain(|s| Some(s.id) != params.int("server_id"));
            if community.servers.len() == before { Err(refusal(104)) } else { Ok(json!(1)) }
        }
        "groups.setCallbackSettings" => {
            let server = params.int("server_id");
            let server = community.servers.iter_mut().find(|s| Some(s.id) == server);
            server.ok_or_else(|| refusal(104))?.events = shapes::switched_on(params.0);
            Ok(json!(1))
        }
        "groups.setLongPollSettings" => {
            let events = shapes::switched_on(params.0);
            community.poll_events = Some(events).filter(|_| params.flag("enabled"));
            Ok(json!(1))
        }
        "groups.getLongPollServer" => {
            if community.poll_events.is_none() {
                return Err(invalid("longpoll for this group is not enabled"));
            }
            if community.poll_key.is_empty() {
                community.poll_key = super::letters(40);
            }
            community.poll_lost = false;
            Ok(json!({ "key": community.poll_key, "server": format!("{}/lp/{id}", shared.url),
                "ts": community.next_ts.to_string() }))
        }
        "messages.send" => send(shared, community, params, attachments, event),
        "messages.edit" => edit(shared, community, params, attachments, event),
        "messages.delete" => delete(shared, community, params),
        "messages.markAsRead" => {
            let peer = params.int("peer_id").ok_or_else(|| invalid("peer_id"))?;
            let dialogue = community.dialogue(peer);
            let last = dialogue.messages.iter().filter(|m| !m.out).map(|m| m.cmid).max();
            let up_to = params.int("up_to_cmid").or(last).unwrap_or(0);
            dialogue.in_read = dialogue.in_read.max(up_to);
            Ok(json!(1))
        }
        "messages.setActivity" => {
            let peer = params.int("peer_id").or_else(|| params.int("user_id"));
            community.dialogue(peer.ok_or_else(|| invalid("peer_id"))?).typing = true;
            Ok(json!(1))
        }
        "messages.getByConversationMessageId" => {
            let peer = params.int("peer_id").ok_or_else(|| invalid("peer_id"))?;
            let dialogue = community.dialogue(peer);
            let ids = params.ints("conversation_message_ids");
            let found = ids.iter().filter_map(|id| dialogue.message(*id)).map(|m| &m.json);
            let items: Vec<&Value> = found.collect();
            Ok(json!({ "count": items.len(), "items": items }))
        }
        "messages.getConversations" => Ok(conversations(community, params)),
        "messages.getHistory" => {
            let peer = params.int("peer_id").ok_or_else(|| invalid("peer_id"))?;
            let count = usize::try_from(params.int("count").unwrap_or(20)).unwrap_or(20);
            let messages = &community.dialogue(peer).messages;
            let items: Vec<&Value> =
                messages.iter().rev().filter(|m| !m.deleted).take(count).map(|m| &m.json).collect();
            Ok(json!({ "count": messages.len(), "items": items }))
        }
        "messages.sendMessageEventAnswer" => {
            let id = params.text("event_id").unwrap_or_default().to_owned();
            community.answered_presses.push(id);
            Ok(json!(1))
        }
        "messages.isMessagesFromGroupAllowed" => {
            let user = params.int("user_id").unwrap_or_default();
            let allowed = community.dialogue(user).allowed;
            Ok(json!({ "is_allowed": i32::from(allowed) }))
        }
        "messages.sendReaction" | "messages.deleteReaction" => {
            let peer = params.int("peer_id").ok_or_else(|| invalid("peer_id"))?;
            let cmid = params.int("cmid").unwrap_or_default();
            let message = community.dialogue(peer).message_mut(cmid);
            message.ok_or_else(|| invalid("cmid"))?.reaction = params.int("reaction_id");
            Ok(json!(1))
        }
        _ => Err(Refusal { code: 3, text: "Unknown method passed".to_owned() }),
    }
}

fn users(world: &World, params: &Params<'_>) -> Value {
    let named = params.text("fields").is_some_and(|fields| fields.contains("screen_name"));
    let found = params.ints("user_ids").into_iter().filter_map(|id| {
        let person = world.people.get(&id)?;
        let mut json = json!({ "id": id, "first_name": person.first_name,
            "last_name": person.last_name, "can_access_closed": true, "is_closed": false });
        if named {
            json["screen_name"] = json!(format!("id{id}"));
        }
        Some(json)
    });
    found.collect()
}

fn groups(world: &World, own: i64, params: &Params<'_>) -> Value {
    let ids = match params.text("group_ids") {
        Some(_) => params.ints("group_ids"),
        None => vec![own],
    };
    let found = ids.iter().filter_map(|id| world.communities.get(id)).map(|c| {
        json!({ "id": c.id, "name": c.name, "screen_name": format!("club{}", c.id),
            "is_closed": 0, "type": "group", "photo_50": "", "photo_100": "", "photo_200": "" })
    });
    json!({ "groups": found.collect::<Vec<_>>(), "profiles": [] })
}

/// Attachments that the call names, as the API tells them.
fn attachments(world: &World, params: &Params<'_>) -> Result<Vec<Value>, Refusal> {
    let text = params.text("attachment").unwrap_or_default();
    let names: Vec<&str> = text.split(',').filter(|name| !name.is_empty()).collect();
    if names.len() > MOST_ATTACHMENTS {
        return Err(invalid("attachment: more than 10"));
    }
    let found = names.into_iter().map(|name| {
        let found = world.files.attachments.get(&without_key(name)).cloned();
        found.ok_or_else(|| invalid(&format!("attachment {name} is not there")))
    });
    found.collect()
}

/// `audio_message-1_2_key` without the key, which its owner may leave out.
fn without_key(name: &str) -> String {
    let kind: String = name.chars().take_while(|c| !c.is_ascii_digit() && *c != '-').collect();
    let ids = name.strip_prefix(kind.as_str()).unwrap_or_default();
    format!("{kind}{}", ids.split('_').take(2).collect::<Vec<_>>().join("_"))
}

fn send(
    shared: &Shared,
    community: &mut CommunityState,
    params: &Params<'_>,
    attachments: Vec<Value>,
    event: &mut Option<(&'static str, Value)>,
) -> Answer {
    let listed = params.ints("peer_ids");
    let single = params.int("peer_id").or_else(|| params.int("user_id"));
    let peer = listed.first().copied().or(single).ok_or_else(|| invalid("peer_id"))?;
    let random_id = params.int("random_id").unwrap_or_default();
    let told = |id: i64, cmid: i64| match listed.is_empty() {
        true => json!(id),
        false => json!([{ "peer_id": peer, "message_id": id, "conversation_message_id": cmid }]),
    };
    let dialogue = community.dialogue(peer);
    if let Some(cmid) = dialogue.random_ids.get(&random_id).copied().filter(|_| random_id != 0) {
        let id = dialogue.message(cmid).and_then(|m| m.json["id"].as_i64()).unwrap_or_default();
        return Ok(told(id, cmid));
    }
    let text = params.text("message").unwrap_or_default();
    let problem = match () {
        () if dialogue.blacklisted => Some(900),
        () if !dialogue.allowed => Some(901),
        () if text.chars().count() > LONGEST => Some(914),
        () => None,
    };
    if let Some(code) = problem {
        let refusal = refusal(code);
        if listed.is_empty() {
            return Err(refusal);
        }
        // With a list of people each has their own refusal.
        let error = json!({ "code": refusal.code, "description": refusal.text });
        return Ok(json!([{ "peer_id": peer, "message_id": 0, "conversation_message_id": 0,
            "error": error }]));
    }
    let place = params.text("lat").zip(params.text("long"));
    if text.is_empty() && attachments.is_empty() && place.is_none() {
        return Err(invalid("message is empty"));
    }
    let mut new = New::by_community(community.id, peer, text)
        .with("random_id", json!(random_id))
        .with("attachments", json!(attachments));
    if let Some((lat, long)) = place {
        let number = |text: &str| text.parse::<f64>().unwrap_or_default();
        let coordinates = json!({ "latitude": number(lat), "longitude": number(long) });
        new = new.with("geo", json!({ "type": "point", "coordinates": coordinates }));
    }
    let forward: Option<Value> =
        params.text("forward").and_then(|forward| serde_json::from_str(forward).ok());
    if let Some(forward) = forward {
        let cmid = forward["conversation_message_ids"][0].as_i64().unwrap_or_default();
        let quoted = dialogue::quoted(community, peer, cmid);
        new = new.with("reply_message", quoted.ok_or_else(|| invalid("forward"))?);
    }
    if let Some(keyboard) = params.text("keyboard").and_then(|k| serde_json::from_str(k).ok()) {
        new = new.with("keyboard", keyboard);
    }
    let message = dialogue::keep(community, new, shared.options.kept);
    let cmid = message["conversation_message_id"].as_i64().unwrap_or_default();
    let id = message["id"].as_i64().unwrap_or_default();
    let dialogue = community.dialogue(peer);
    dialogue.typing = false;
    dialogue.random_ids.insert(random_id, cmid);
    *event = Some(("message_reply", message));
    Ok(told(id, cmid))
}

fn edit(
    shared: &Shared,
    community: &mut CommunityState,
    params: &Params<'_>,
    attachments: Vec<Value>,
    event: &mut Option<(&'static str, Value)>,
) -> Answer {
    let peer = params.int("peer_id").ok_or_else(|| invalid("peer_id"))?;
    let cmid = params.int("cmid").ok_or_else(|| invalid("cmid"))?;
    let message = community.dialogue(peer).message_mut(cmid).filter(|m| m.out);
    let message = message.ok_or_else(|| invalid("cmid"))?;
    if is_old(shared.options.day, message.at) {
        return Err(refusal(909));
    }
    let text = params.text("message").unwrap_or_default();
    // What is not named again is gone.
    let json = dialogue::rewrite(message, text, Some(attachments));
    *event = Some(("message_edit", json));
    Ok(json!(1))
}

fn delete(shared: &Shared, community: &mut CommunityState, params: &Params<'_>) -> Answer {
    let peer = params.int("peer_id").ok_or_else(|| invalid("peer_id"))?;
    let dialogue = community.dialogue(peer);
    let done = params.ints("cmids").into_iter().map(|cmid| {
        let head = json!({ "peer_id": peer, "conversation_message_id": cmid });
        let with = |name: &str, value: Value| {
            let mut item = head.clone();
            item[name] = value;
            item
        };
        match dialogue.message_mut(cmid) {
            Some(message) if is_old(shared.options.day, message.at) || !message.out => {
                let refusal = refusal(924);
                with("error", json!({ "code": refusal.code, "description": refusal.text }))
            }
            Some(message) => {
                message.deleted = params.flag("delete_for_all");
                with("response", json!(1))
            }
            None => with("response", json!(0)),
        }
    });
    Ok(done.collect())
}

fn is_old(day: Duration, at: std::time::Instant) -> bool {
    at.elapsed() >= day
}

fn conversations(community: &CommunityState, params: &Params<'_>) -> Value {
    let unread = params.text("filter") == Some("unread");
    let mut items: Vec<(i64, Value)> = community
        .dialogues
        .iter()
        .filter(|(_, d)| !unread || d.unread() > 0)
        .filter_map(|(peer, d)| {
            let last = d.messages.iter().rev().find(|m| !m.deleted)?;
            let id = last.json["id"].as_i64().unwrap_or_default();
            let conversation = json!({
                "peer": { "id": peer, "type": "user", "local_id": peer },
                "last_message_id": id, "last_conversation_message_id": last.cmid,
                "in_read": d.in_read, "out_read": d.out_read, "unread_count": d.unread(),
                "version": 10_000_000 + id,
            });
            Some((id, json!({ "conversation": conversation, "last_message": last.json })))
        })
        .collect();
    items.sort_by_key(|(id, _)| -id);
    let number =
        |name: &str, or: i64| usize::try_from(params.int(name).unwrap_or(or)).unwrap_or_default();
    let total = items.len();
    let page = items.into_iter().skip(number("offset", 0)).take(number("count", 20));
    json!({ "count": total, "items": page.map(|(_, item)| item).collect::<Vec<_>>(),
        "unread_count": total, "last": community.last_message() })
}

fn save_photo(shared: &Shared, world: &mut World, id: i64, params: &Params<'_>) -> Answer {
    let token = params.text("photo").unwrap_or_default();
    let Some(Uploaded::Photo(file)) = world.files.uploaded.remove(token) else {
        return Err(refusal(129));
    };
    if params.text("hash") != Some("hash") {
        return Err(refusal(121));
    }
    let file = world.files.get(file).cloned().ok_or_else(|| refusal(129))?;
    let photo = photo_json(&shared.url, -id, &file);
    let name = format!("photo{}_{}", -id, file.id);
    world.files.attachments.insert(name, json!({ "type": "photo", "photo": photo }));
    Ok(json!([photo]))
}

fn save_doc(shared: &Shared, world: &mut World, id: i64, params: &Params<'_>) -> Answer {
    let token = params.text("file").unwrap_or_default();
    let Some(Uploaded::Doc { file, voice }) = world.files.uploaded.remove(token) else {
        return Err(refusal(105));
    };
    let file = world.files.get(file).cloned().ok_or_else(|| refusal(105))?;
    let (kind, object) = match voice {
        true => ("audio_message", voice_json(&shared.url, -id, &file, 3)),
        false => ("doc", doc_json(&shared.url, -id, &file)),
    };
    let name = format!("{kind}{}_{}", -id, file.id);
    world.files.attachments.insert(name, json!({ "type": kind, kind: object }));
    Ok(json!({ "type": kind, kind: object }))
}
