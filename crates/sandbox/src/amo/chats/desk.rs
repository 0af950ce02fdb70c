//! Users of the CRM who write in chats: each act leaves amoCRM by the channel's webhook.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Author, ChatShown, Client, Delivery, Draft, Hook, Kind, Message, Origin, Reaction, Refused,
    caller_through, fresh_uuid, hook,
    receive::Caller,
    shown,
    state::{Chat, Chats},
    unsorted,
};
use crate::{
    Error,
    amo::{
        Account,
        acts::Acting,
        world::{AccountState, ChatLink, Kind as Entity, Shared},
    },
};

/// Till when a 'typing' of the hook holds.
const TYPING_SECONDS: i64 = 5;

impl Account {
    /// Chats with what was written in them, oldest first; a chat without messages is invisible.
    #[must_use]
    pub fn chats(&self) -> Vec<ChatShown> {
        shown::shown(&self.shared.world(), self.id, self.shared.clock().now_ms())
    }

    /// The chat of a conversation of the integration.
    #[must_use]
    pub fn chat(&self, conversation_id: &str) -> Option<ChatShown> {
        let (world, now_ms) = (self.shared.world(), self.shared.clock().now_ms());
        shown::shown_one(&world, self.id, now_ms, |chat| {
            chat.conversation_id == Some(conversation_id)
        })
    }

    /// A user answers in a chat; returns amoCRM's id of the message. The hook is on its way then.
    pub fn writes_in_chat(&self, user: i64, chat_id: &str, draft: Draft) -> Result<String, Error> {
        writes(&self.shared, self.id, user, chat_id, draft)
    }

    /// A user writes to a contact who has not written yet, by the contact's phone, through the
    /// only connected channel; returns the ids of the chat and of the message.
    pub fn writes_first(
        &self,
        user: i64,
        contact: i64,
        source: Option<&str>,
        draft: Draft,
    ) -> Result<(String, String), Error> {
        writes_first(&self.shared, self.id, user, contact, source, draft)
    }

    /// A user puts a reaction on a message, or takes it back.
    pub fn reacts_in_chat(
        &self,
        user: i64,
        message_id: &str,
        emoji: Option<&str>,
    ) -> Result<(), Error> {
        reacts(&self.shared, self.id, user, message_id, emoji)
    }

    /// A user is typing in a chat.
    pub fn types_in_chat(&self, user: i64, chat_id: &str) -> Result<(), Error> {
        types(&self.shared, self.id, user, chat_id)
    }

    /// Webhooks that went to channels, oldest first; each was sent once.
    #[must_use]
    pub fn chat_hooks(&self) -> Vec<Hook> {
        self.of_chats(|chats| chats.hooks.iter().cloned().collect())
    }

    /// Calls of the chats API about this account that were refused, oldest first.
    #[must_use]
    pub fn chat_refusals(&self) -> Vec<Refused> {
        self.of_chats(|chats| chats.refusals.iter().cloned().collect())
    }

    /// `scope_id`s of the channels that are connected.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        let world = self.shared.world();
        let Some(account) = world.accounts.get(&self.id) else { return Vec::new() };
        let scope = |channel: &String| format!("{channel}_{}", account.amojo_id);
        account.chats.connections.keys().map(scope).collect()
    }

    fn of_chats<T: Default>(&self, look: impl FnOnce(&Chats) -> T) -> T {
        let world = self.shared.world();
        world.accounts.get(&self.id).map(|account| look(&account.chats)).unwrap_or_default()
    }
}

/// A person in front of amoCRM, found fit to write.
struct Writer {
    amojo_id: String,
    name: String,
}

fn cannot(why: impl Into<String>) -> Error {
    Error::Cannot(why.into())
}

fn writer(account: &AccountState, user: i64) -> Result<Writer, Error> {
    let user = account.users.get(&user).ok_or_else(|| cannot("there is no such user"))?;
    if !user.is_active {
        return Err(cannot(format!("{} is switched off", user.name)));
    }
    let amojo_id = user.amojo_id.clone();
    let amojo_id = amojo_id.ok_or_else(|| cannot(format!("{} has no chats", user.name)))?;
    Ok(Writer { amojo_id, name: user.name.clone() })
}

/// Through whose channel a chat goes.
fn caller_of_chat(shared: &Shared, account_id: i64, chat_id: &str) -> Result<Caller, Error> {
    let world = shared.world();
    let account = world.accounts.get(&account_id).ok_or_else(no_account)?;
    let chat = account.chats.chats.get(chat_id).ok_or_else(|| cannot("there is no such chat"))?;
    caller_through(&world, &chat.channel).ok_or_else(|| cannot("the channel of this chat is gone"))
}

fn no_account() -> Error {
    cannot("there is no such account")
}

/// An act of a user in a chat: what it changes, and the hook that tells it.
fn does(
    shared: &Arc<Shared>,
    account_id: i64,
    user: i64,
    chat_id: &str,
    act: impl FnOnce(&mut Acting<'_>, &Caller, &Writer) -> Result<Value, Error>,
) -> Result<Value, Error> {
    let caller = caller_of_chat(shared, account_id, chat_id)?;
    let done = shared.act(account_id, user, |acting| {
        let writer = writer(acting.account, user)?;
        let body = act(acting, &caller, &writer)?;
        Ok((body, is_connected(acting.account, &caller)))
    });
    let (body, connected) = done.unwrap_or_else(|| Err(no_account()))?;
    if connected {
        hook::send(shared, account_id, &caller.channel, chat_id, body.clone());
    }
    Ok(body)
}

/// Whether hooks of this channel go out: its integration is on, and it was connected.
fn is_connected(account: &AccountState, caller: &Caller) -> bool {
    account.installs.get(&caller.integration).is_some_and(|install| install.active)
        && account.chats.connections.contains_key(&caller.channel.id)
}

pub(in crate::amo) fn writes(
    shared: &Arc<Shared>,
    account_id: i64,
    user: i64,
    chat_id: &str,
    draft: Draft,
) -> Result<String, Error> {
    let body = does(shared, account_id, user, chat_id, |acting, caller, writer| {
        let chat = acting.account.chats.chats.get(chat_id);
        let chat = chat.ok_or_else(|| cannot("there is no such chat"))?;
        let quoted = match &draft.quotes {
            Some(id) => {
                let message = chat.messages.iter().find(|message| message.id == *id);
                let message = message.ok_or_else(|| cannot("the quoted message is not there"))?;
                Some(json!({"message": embedded(chat, message)}))
            }
            None => None,
        };
        let mut body = hook_head(acting.account, chat, acting.now_ms);
        let connected = is_connected(acting.account, caller);
        let (told, message) = message_of(draft, writer, quoted, acting.now_ms, connected);
        acting.account.chats.push(chat_id, message.clone());
        unsorted::tell(acting, caller, chat_id, &message);
        body["message"]["sender"] = json!({"id": writer.amojo_id, "name": writer.name});
        body["message"]["message"] = told;
        Ok(body)
    })?;
    Ok(body["message"]["message"]["id"].as_str().unwrap_or_default().to_owned())
}

/// The `message` of the hook but for its sender and content.
fn hook_head(account: &AccountState, chat: &Chat, now_ms: i64) -> Value {
    let client = &chat.client;
    let mut receiver = Map::from_iter([
        ("id".to_owned(), json!(client.id)),
        ("name".to_owned(), json!(client.name)),
    ]);
    for (name, value) in
        [("phone", &client.phone), ("email", &client.email), ("client_id", &client.client_id)]
    {
        if let Some(value) = value {
            receiver.insert(name.to_owned(), json!(value));
        }
    }
    let mut head = json!({
        "account_id": account.amojo_id,
        "time": now_ms / 1_000,
        "message": {
            "receiver": receiver,
            "conversation": conversation(Some(chat)),
            "timestamp": now_ms / 1_000,
            "msec_timestamp": now_ms,
        },
    });
    if let Some(source) = &chat.source {
        head["message"]["source"] = json!({"external_id": source});
    }
    head
}

/// `client_id` is absent until the integration has named the conversation.
fn conversation(chat: Option<&Chat>) -> Value {
    let mut told = json!({});
    if let Some(chat) = chat {
        told["id"] = json!(chat.id);
    }
    if let Some(client_id) = chat.and_then(|chat| chat.conversation_id.as_ref()) {
        told["client_id"] = json!(client_id);
    }
    told
}

fn message_of(
    draft: Draft,
    writer: &Writer,
    reply_to: Option<Value>,
    now_ms: i64,
    connected: bool,
) -> (Value, Message) {
    let id = fresh_uuid();
    let mut told = json!({
        "id": id, "type": draft.kind, "text": draft.text, "tag": "",
        "media": draft.media.clone().unwrap_or_default(), "thumbnail": "",
        "file_name": draft.file_name.clone().unwrap_or_default(),
        "file_size": draft.file_size.unwrap_or(0),
    });
    if draft.kind == Kind::Picture {
        told["thumbnail"] = told["media"].clone();
    }
    for (name, value) in
        [("markup", &draft.markup), ("template", &draft.template), ("reply_to", &reply_to)]
    {
        if let Some(value) = value {
            told[name] = value.clone();
        }
    }
    let delivery = match connected {
        true => Delivery::Sent,
        false => Delivery::Failed {
            error_code: 902,
            error: Some("the integration is off, or not connected".to_owned()),
        },
    };
    let message = Message {
        id,
        msgid: None,
        origin: Origin::Crm,
        author: Author::User(writer.amojo_id.clone()),
        author_name: writer.name.clone(),
        kind: draft.kind,
        text: draft.text,
        media: draft.media,
        file_name: draft.file_name,
        file_size: draft.file_size,
        seconds: None,
        location: None,
        card: None,
        at: now_ms,
        silent: false,
        edited: false,
        delivery,
        statuses: Vec::new(),
        reactions: Vec::new(),
        reply_to,
        forwards: None,
    };
    (told, message)
}

/// A message inside another: a quote, or the object of a reaction.
fn embedded(chat: &Chat, message: &Message) -> Value {
    let client = || json!({"id": chat.client.id, "name": chat.client.name, "client_id": chat.client.client_id});
    let mut told = json!({
        "id": message.id, "type": message.kind, "text": message.text,
        "media": message.media.clone().unwrap_or_default(), "thumbnail": "",
        "file_name": message.file_name.clone().unwrap_or_default(),
        "file_size": message.file_size.unwrap_or(0),
        "timestamp": message.at / 1_000, "msec_timestamp": message.at,
    });
    if let Some(msgid) = &message.msgid {
        told["msgid"] = json!(msgid);
    }
    match &message.author {
        Author::Client => told["sender"] = client(),
        Author::User(id) => {
            told["sender"] = json!({"id": id, "name": message.author_name});
            told["receiver"] = client();
        }
        Author::Bot => {
            told["sender"] = json!({"name": message.author_name});
            told["receiver"] = client();
        }
    }
    told
}

pub(in crate::amo) fn writes_first(
    shared: &Arc<Shared>,
    account_id: i64,
    user: i64,
    contact_id: i64,
    source: Option<&str>,
    draft: Draft,
) -> Result<(String, String), Error> {
    let callers: Vec<Caller> = {
        let world = shared.world();
        let channels = world.integrations.values().filter_map(|one| one.channel.as_ref());
        channels.filter_map(|channel| caller_through(&world, &channel.id)).collect()
    };
    let begun = shared.act(account_id, user, |acting| {
        let account = &mut *acting.account;
        writer(account, user)?;
        let contact = account.contacts.get(&contact_id).filter(|contact| !contact.deleted);
        let contact = contact.ok_or_else(|| cannot("there is no such contact"))?;
        let name = contact.name.clone();
        let communication = |code| {
            let texts = account.texts(&contact.values, Entity::Contacts, code);
            texts.into_iter().next()
        };
        let phone = communication("PHONE").ok_or_else(|| cannot("the contact has no phone"))?;
        let email = communication("EMAIL");
        let caller = callers.iter().find(|caller| is_connected(account, caller));
        let caller = caller.ok_or_else(|| cannot("no channel is connected"))?;
        let channel = caller.channel.id.clone();
        let held = account.chat_links.iter().rev().find_map(|link| {
            let chat = account.chats.chats.get(&link.chat_id)?;
            let same = link.contact_id == contact_id && chat.channel == channel;
            (same && (source.is_none() || chat.source.as_deref() == source)).then_some(&chat.id)
        });
        if let Some(held) = held {
            return Ok(held.clone());
        }
        let id = fresh_uuid();
        account.chats.add(Chat {
            id: id.clone(),
            channel,
            conversation_id: None,
            source: source.map(str::to_owned),
            client: Client {
                id: fresh_uuid(),
                client_id: None,
                name,
                phone: Some(phone),
                email,
                ..Client::default()
            },
            lead: None,
            talk: None,
            messages: Vec::new(),
            typing_till: 0,
        });
        let link = ChatLink { id: acting.ids.made(), chat_id: id.clone(), contact_id };
        acting.account.chat_links.push(link);
        Ok(id)
    });
    let chat_id = begun.unwrap_or_else(|| Err(no_account()))?;
    let message = writes(shared, account_id, user, &chat_id, draft)?;
    Ok((chat_id, message))
}

fn reacts(
    shared: &Arc<Shared>,
    account_id: i64,
    user: i64,
    message_id: &str,
    emoji: Option<&str>,
) -> Result<(), Error> {
    let no_message = || cannot("there is no such message");
    let chat_id = {
        let world = shared.world();
        let account = world.accounts.get(&account_id).ok_or_else(no_account)?;
        account.chats.of_message(message_id).ok_or_else(no_message)?.to_owned()
    };
    does(shared, account_id, user, &chat_id, |acting, _, writer| {
        let chat = acting.account.chats.chats.get_mut(&chat_id).ok_or_else(no_message)?;
        let message = chat.messages.iter_mut().find(|message| message.id == message_id);
        let message = message.ok_or_else(no_message)?;
        let author = Author::User(writer.amojo_id.clone());
        let before = message.reactions.iter().find(|held| held.author == author).cloned();
        message.reactions.retain(|held| held.author != author);
        let reaction = emoji.map(|emoji| Reaction { author, emoji: emoji.to_owned() });
        message.reactions.extend(reaction);
        let message = message.clone();
        let mut about = embedded(chat, &message);
        about["client_id"] = json!(message.msgid);
        let emoji_told = emoji.map(str::to_owned).or_else(|| before.map(|held| held.emoji));
        Ok(json!({"account_id": acting.account.amojo_id, "time": acting.now, "action": {
            "reaction": {
                "message": about, "msgid": message_id, "user": {"id": writer.amojo_id},
                "conversation": conversation(acting.account.chats.chats.get(&chat_id)),
                "type": if emoji.is_some() { "react" } else { "unreact" },
                "emoji": emoji_told.unwrap_or_default(),
            },
        }}))
    })?;
    Ok(())
}

fn types(shared: &Arc<Shared>, account_id: i64, user: i64, chat_id: &str) -> Result<(), Error> {
    does(shared, account_id, user, chat_id, |acting, _, writer| {
        let chat = acting.account.chats.chats.get(chat_id);
        Ok(json!({"account_id": acting.account.amojo_id, "time": acting.now, "action": {
            "typing": {
                "user": {"id": writer.amojo_id}, "conversation": conversation(chat),
                "expired_at": acting.now + TYPING_SECONDS,
            },
        }}))
    })?;
    Ok(())
}
