//! What the integration may do in a chat: make it, write, edit, tell a status, type, react, read.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Author, Client, Delivery, Message, Origin, Reaction, Refusal,
    payload::{self, EditMessage, Event, Kind, NewMessage, Party},
    state::{Chat, Chats},
    unsorted,
};
use crate::amo::{acts::Acting, world::Channel};

/// Whose channel it is that something comes through, once the signature is verified.
pub(super) struct Caller {
    pub channel: Channel,
    /// `client_id` of the channel's integration.
    pub integration: String,
}

pub(super) type Answer = Result<Option<Value>, Refusal>;

#[derive(Deserialize)]
struct NewChat {
    conversation_id: String,
    source: Option<payload::Source>,
    user: Party,
}

/// `POST …/chats`; the same conversation gets the same chat.
pub(super) fn create_chat(acting: &mut Acting<'_>, caller: &Caller, body: &[u8]) -> Answer {
    let new: NewChat = payload::parse(body)?;
    payload::check_source(new.source.as_ref())?;
    payload::check_party("user", &new.user)?;
    if new.conversation_id.is_empty() {
        return Err(Refusal::wrong("conversation_id is required"));
    }
    let chats = &mut acting.account.chats;
    let source = new.source.and_then(|source| source.external_id);
    let chat = chat_of(chats, caller, &new.conversation_id, source, &new.user);
    learn(&mut chat.client, &new.user);
    let client = &chat.client;
    let mut user = json!({"id": client.id, "client_id": client.client_id, "name": client.name});
    for (name, value) in
        [("avatar", &client.avatar), ("phone", &client.phone), ("email", &client.email)]
    {
        if let Some(value) = value {
            user[name] = json!(value);
        }
    }
    Ok(Some(json!({"id": chat.id, "user": user})))
}

/// `POST …/{scope_id}`.
pub(super) fn event(acting: &mut Acting<'_>, caller: &Caller, body: &[u8]) -> Answer {
    match payload::read(body)? {
        Event::New(new) => new_message(acting, caller, *new),
        Event::Edit(edit) => edit_message(acting, caller, *edit),
    }
}

fn new_message(acting: &mut Acting<'_>, caller: &Caller, new: NewMessage) -> Answer {
    let channel = &caller.channel;
    let account = &acting.account;
    if account.chats.has_msgid(&channel.id, &new.msgid) {
        return Err(Refusal::wrong(format!("msgid {} was there already", new.msgid)));
    }
    let written_by =
        |ref_id: &str| account.users.values().any(|user| user.amojo_id.as_deref() == Some(ref_id));
    let author = match new.sender.ref_id.as_deref() {
        None | Some("") => Author::Client,
        Some(ref_id) if ref_id == channel.bot_id => Author::Bot,
        Some(ref_id) if written_by(ref_id) => Author::User(ref_id.to_owned()),
        // The client of a chat that amoCRM began is named by amoCRM's id.
        Some(ref_id) if account.chats.chats.values().any(|chat| chat.client.id == ref_id) => {
            Author::Client
        }
        Some(ref_id) => {
            return Err(Refusal::wrong(format!(
                "sender.ref_id {ref_id} is no user of the account, no bot of the channel, no client"
            )));
        }
    };
    let client = match (&author, &new.receiver) {
        (Author::Client, _) => new.sender.clone(),
        (Author::User(_) | Author::Bot, Some(receiver)) => receiver.clone(),
        (Author::User(_) | Author::Bot, None) => {
            return Err(Refusal::wrong("an outgoing message needs payload.receiver"));
        }
    };

    let chats = &mut acting.account.chats;
    if let Some(chat_id) = &new.conversation_ref_id {
        join(chats, caller, chat_id, &new.conversation_id, &client)?;
    }
    let source = new.source.as_ref().and_then(|source| source.external_id.clone());
    let chat = chat_of(chats, caller, &new.conversation_id, source, &client);
    if chat.client.client_id.as_deref() != Some(&client.id) {
        return Err(Refusal::wrong("the conversation belongs to another client"));
    }
    learn(&mut chat.client, &client);
    chat.typing_till = 0;
    let (chat_id, client_uuid) = (chat.id.clone(), chat.client.id.clone());
    let content = new.message;
    let told = content.delivery_status.as_ref().map(payload::Status::read).transpose()?;
    let message = Message {
        id: super::fresh_uuid(),
        msgid: Some(new.msgid.clone()),
        origin: Origin::Integration,
        author_name: new.sender.name.unwrap_or_default(),
        author: author.clone(),
        kind: content.kind,
        text: content.text,
        media: content.media.filter(|media| !media.is_empty()),
        file_name: content.file_name,
        file_size: content.file_size,
        seconds: content.media_duration,
        location: content.location,
        card: content.contact,
        at: new.msec_timestamp,
        silent: new.silent,
        edited: false,
        statuses: told.as_ref().map(|(code, _)| *code).into_iter().collect(),
        delivery: told.map(|(_, delivery)| delivery).unwrap_or_default(),
        reactions: Vec::new(),
        reply_to: new.reply_to,
        forwards: new.forwards,
    };
    let answer = json!({"new_message": {
        "conversation_id": new.conversation_id,
        "sender_id": new.sender.id,
        "receiver_id": if author == Author::Client { caller.channel.bot_id.clone() } else { client_uuid },
        "msgid": message.id,
        "ref_id": new.msgid,
    }});
    chats.push(&chat_id, message.clone());
    if author == Author::Client && !new.silent {
        unsorted::sort_out(acting, caller, &chat_id);
    }
    unsorted::tell(acting, caller, &chat_id, &message);
    Ok(Some(answer))
}

/// The chat of a conversation; a new one if there is none.
fn chat_of<'c>(
    chats: &'c mut Chats,
    caller: &Caller,
    conversation: &str,
    source: Option<String>,
    client: &Party,
) -> &'c mut Chat {
    let known = chats.of_conversation(&caller.channel.id, conversation).map(str::to_owned);
    let id = known.unwrap_or_else(super::fresh_uuid);
    if !chats.chats.contains_key(&id) {
        chats.add(Chat {
            id: id.clone(),
            channel: caller.channel.id.clone(),
            conversation_id: Some(conversation.to_owned()),
            source: None,
            client: Client {
                id: super::fresh_uuid(),
                client_id: Some(client.id.clone()),
                ..Client::default()
            },
            lead: None,
            talk: None,
            messages: Vec::new(),
            typing_till: 0,
        });
    }
    let chat = chats.chats.get_mut(&id).expect("it is there, or was added above");
    if source.is_some() {
        chat.source = source;
    }
    chat
}

/// The first answer to a chat that amoCRM began names that chat, and its client by `ref_id`.
fn join(
    chats: &mut Chats,
    caller: &Caller,
    chat_id: &str,
    conversation: &str,
    client: &Party,
) -> Result<(), Refusal> {
    let channel = &caller.channel.id;
    let taken = chats.of_conversation(channel, conversation).is_some_and(|held| held != chat_id);
    let chat = chats.chats.get_mut(chat_id).filter(|chat| chat.channel == *channel);
    let chat = chat.ok_or_else(|| {
        Refusal::wrong(format!("conversation_ref_id {chat_id} is no chat of this channel"))
    })?;
    match &chat.conversation_id {
        Some(held) if held == conversation => return Ok(()),
        Some(_) => return Err(Refusal::wrong("that chat already has another conversation_id")),
        None if taken => return Err(Refusal::wrong("conversation_id already has another chat")),
        None => {}
    }
    if client.ref_id.as_deref() != Some(&chat.client.id) {
        return Err(Refusal::wrong(
            "to join a chat that amoCRM began, ref_id of the client is the receiver.id of the hook",
        ));
    }
    chat.client.client_id = Some(client.id.clone());
    chats.join(chat_id, conversation);
    Ok(())
}

/// Each message may tell the client's profile anew.
fn learn(client: &mut Client, told: &Party) {
    let profile = told.profile.clone().unwrap_or_default();
    let fill = |into: &mut Option<String>, from: Option<String>| {
        if let Some(value) = from.filter(|value| !value.is_empty()) {
            *into = Some(value);
        }
    };
    if let Some(name) = told.name.clone().filter(|name| !name.is_empty()) {
        client.name = name;
    }
    fill(&mut client.avatar, told.avatar.clone());
    fill(&mut client.phone, profile.phone);
    fill(&mut client.email, profile.email);
    fill(&mut client.profile_link, told.profile_link.clone());
}

/// Texts only, and only of messages that came from the integration.
fn edit_message(acting: &mut Acting<'_>, caller: &Caller, edit: EditMessage) -> Answer {
    let channel = caller.channel.id.as_str();
    let chats = &mut acting.account.chats;
    let message = found(chats, channel, edit.id.as_deref(), edit.msgid.as_deref());
    let message = message.ok_or_else(|| Refusal::wrong("there is no such message to edit"))?;
    if message.kind != Kind::Text || edit.message.kind != Kind::Text {
        return Err(Refusal::wrong("only the text of a text message can be edited"));
    }
    if message.origin != Origin::Integration {
        return Err(Refusal::wrong("a message written in amoCRM cannot be edited from outside"));
    }
    message.text = edit.message.text;
    message.edited = true;
    let answer = json!({"edit_message": {"msgid": message.id, "ref_id": message.msgid}});
    Ok(Some(answer))
}

fn found<'c>(
    chats: &'c mut Chats,
    channel: &str,
    id: Option<&str>,
    msgid: Option<&str>,
) -> Option<&'c mut Message> {
    match (id, msgid) {
        (Some(id), _) => chats.message(channel, id),
        (None, Some(msgid)) => chats.message_by_msgid(channel, msgid),
        (None, None) => None,
    }
}

/// `POST …/{msgid}/delivery_status`, where `msgid` is amoCRM's id of the message.
pub(super) fn delivery_status(
    acting: &mut Acting<'_>,
    caller: &Caller,
    msgid: &str,
    body: &[u8],
) -> Answer {
    let told: payload::Status = payload::parse(body)?;
    if told.msgid.as_deref().is_some_and(|other| other != msgid) {
        return Err(Refusal::wrong("msgid of the body is not that of the path"));
    }
    let (code, delivery) = told.read()?;
    let chats = &mut acting.account.chats;
    let message = chats.message(&caller.channel.id, msgid);
    let message = message.ok_or_else(|| Refusal::unknown("there is no such message"))?;
    if message.author == Author::Client {
        return Err(Refusal::wrong("a message of the client has no delivery status"));
    }
    message.statuses.push(code);
    // 'Delivered' that comes after 'read' takes nothing back.
    if !(message.delivery == Delivery::Read && (0..2).contains(&code)) {
        message.delivery = delivery;
    }
    Ok(None)
}

#[derive(Deserialize)]
struct Typing {
    conversation_id: String,
    sender: Sender,
    duration_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Sender {
    #[serde(default)]
    id: String,
    ref_id: Option<String>,
}

const TYPING_MS: i64 = 5_000;

/// `POST …/typing`.
pub(super) fn typing(acting: &mut Acting<'_>, caller: &Caller, body: &[u8]) -> Answer {
    let told: Typing = payload::parse(body)?;
    let chats = &mut acting.account.chats;
    let chat = of_client(chats, caller, &told.conversation_id, &told.sender)?;
    chat.typing_till = acting.now_ms + told.duration_ms.unwrap_or(TYPING_MS).max(0);
    Ok(None)
}

fn of_client<'c>(
    chats: &'c mut Chats,
    caller: &Caller,
    conversation: &str,
    sender: &Sender,
) -> Result<&'c mut Chat, Refusal> {
    let unknown = || Refusal::wrong(format!("no chat of the conversation {conversation}"));
    let id = chats.of_conversation(&caller.channel.id, conversation).map(str::to_owned);
    let chat = chats.chats.get_mut(&id.ok_or_else(unknown)?).ok_or_else(unknown)?;
    let is_it = chat.client.client_id.as_deref() == Some(&sender.id)
        || sender.ref_id.as_deref() == Some(&chat.client.id);
    if !is_it {
        return Err(Refusal::wrong("the conversation belongs to another client"));
    }
    Ok(chat)
}

#[derive(Deserialize)]
struct React {
    conversation_id: Option<String>,
    conversation_ref_id: Option<String>,
    id: Option<String>,
    msgid: Option<String>,
    user: Sender,
    #[serde(rename = "type")]
    kind: String,
    emoji: Option<String>,
}

/// `POST …/react`: one reaction of one person at one message.
pub(super) fn react(acting: &mut Acting<'_>, caller: &Caller, body: &[u8]) -> Answer {
    let told: React = payload::parse(body)?;
    let users = &acting.account.users;
    let by_user = told
        .user
        .ref_id
        .clone()
        .filter(|ref_id| users.values().any(|user| user.amojo_id.as_ref() == Some(ref_id)));
    let author = by_user.map_or(Author::Client, Author::User);
    let chats = &mut acting.account.chats;
    match (&author, &told.conversation_id, &told.conversation_ref_id) {
        (Author::Client, Some(conversation), _) => {
            of_client(chats, caller, conversation, &told.user)?;
        }
        (_, None, None) => return Err(Refusal::wrong("conversation_id is required")),
        _ => {}
    }
    let channel = caller.channel.id.as_str();
    let message = found(chats, channel, told.id.as_deref(), told.msgid.as_deref());
    let message = message.ok_or_else(|| Refusal::unknown("there is no such message"))?;
    let reaction = match (told.kind.as_str(), told.emoji.filter(|emoji| !emoji.is_empty())) {
        ("react", Some(emoji)) => Some(Reaction { author: author.clone(), emoji }),
        ("react", None) => return Err(Refusal::wrong("emoji is required")),
        ("unreact", _) => None,
        (other, _) => return Err(Refusal::wrong(format!("type {other:?} is not known"))),
    };
    message.reactions.retain(|held| held.author != author);
    message.reactions.extend(reaction);
    Ok(None)
}

/// `GET …/chats/{chat id}/history`: the newest first.
pub(super) fn history(
    acting: &mut Acting<'_>,
    caller: &Caller,
    chat_id: &str,
    offset: usize,
    limit: usize,
) -> Answer {
    if limit == 0 || limit > 50 {
        return Err(Refusal::wrong("limit is 1 to 50"));
    }
    let chats = &mut acting.account.chats;
    // The documentation calls the same part of the path `conversation_id`.
    let id = chats.of_conversation(&caller.channel.id, chat_id).unwrap_or(chat_id).to_owned();
    let chat = chats.chats.get(&id).filter(|chat| chat.channel == caller.channel.id);
    let Some(chat) = chat else { return Ok(None) };
    let client = json!({
        "id": chat.client.id, "client_id": chat.client.client_id, "name": chat.client.name,
        "avatar": chat.client.avatar, "phone": chat.client.phone, "email": chat.client.email,
    });
    let shown = chat.messages.iter().rev().skip(offset).take(limit).map(|message| {
        let other = match &message.author {
            Author::Client => None,
            Author::User(id) => Some(json!({"id": id, "name": message.author_name})),
            Author::Bot => Some(json!({"id": caller.channel.bot_id, "name": message.author_name})),
        };
        let mut one = json!({
            "timestamp": message.at / 1000, "msec_timestamp": message.at,
            "message": {
                "id": message.id, "client_id": message.msgid, "type": message.kind,
                "text": message.text, "media": message.media.clone().unwrap_or_default(),
                "thumbnail": "", "file_name": message.file_name.clone().unwrap_or_default(),
                "file_size": message.file_size.unwrap_or(0),
            },
        });
        match other {
            None => one["sender"] = client.clone(),
            Some(other) => {
                one["sender"] = other;
                one["receiver"] = client.clone();
            }
        }
        one
    });
    let shown: Vec<Value> = shown.collect();
    Ok((!shown.is_empty()).then(|| json!({"messages": shown})))
}
