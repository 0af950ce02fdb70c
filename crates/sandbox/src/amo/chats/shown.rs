//! What a person sees of the chats of an account.

use serde::Serialize;

use super::{Client, Message, state::Chat};
use crate::amo::world::{AccountState, World};

/// One chat with everything in it, oldest message first.
#[derive(Clone, Debug, Serialize)]
pub struct ChatShown {
    pub id: String,
    /// None while amoCRM has written and the integration has not answered yet.
    pub conversation_id: Option<String>,
    /// `origin` of the channel.
    pub channel: String,
    /// `external_id` of the source.
    pub source: Option<String>,
    pub client: Client,
    pub contact_id: Option<i64>,
    pub lead_id: Option<i64>,
    pub talk_id: Option<i64>,
    pub typing: bool,
    pub messages: Vec<Message>,
}

/// Oldest chat first; one without messages is invisible.
pub(in crate::amo) fn shown(world: &World, account_id: i64, now_ms: i64) -> Vec<ChatShown> {
    let Some(account) = world.accounts.get(&account_id) else { return Vec::new() };
    let chats = account.chats.order.iter().filter_map(|id| account.chats.chats.get(id));
    chats
        .filter(|chat| !chat.messages.is_empty())
        .map(|chat| show(world, account, chat, now_ms))
        .collect()
}

/// One chat, by what is asked of it.
pub(in crate::amo) fn shown_one(
    world: &World,
    account_id: i64,
    now_ms: i64,
    is_it: impl Fn(&ChatNames<'_>) -> bool,
) -> Option<ChatShown> {
    let account = world.accounts.get(&account_id)?;
    let chat = account.chats.chats.values().find(|chat| {
        is_it(&ChatNames { id: &chat.id, conversation_id: chat.conversation_id.as_deref() })
    })?;
    (!chat.messages.is_empty()).then(|| show(world, account, chat, now_ms))
}

/// What a chat is called.
pub(in crate::amo) struct ChatNames<'a> {
    pub id: &'a str,
    pub conversation_id: Option<&'a str>,
}

fn show(world: &World, account: &AccountState, chat: &Chat, now_ms: i64) -> ChatShown {
    let mut channels = world.integrations.values().filter_map(|one| one.channel.as_ref());
    let channel = channels.find(|channel| channel.id == chat.channel);
    ChatShown {
        id: chat.id.clone(),
        conversation_id: chat.conversation_id.clone(),
        channel: channel.map_or_else(String::new, |channel| channel.code.clone()),
        source: chat.source.clone(),
        client: chat.client.clone(),
        contact_id: linked_contact(account, &chat.id),
        lead_id: chat.lead,
        talk_id: chat.talk.map(|talk| talk.id),
        typing: chat.typing_till > now_ms,
        messages: chat.messages.clone(),
    }
}

/// The living contact a chat belongs to.
pub(in crate::amo) fn linked_contact(account: &AccountState, chat_id: &str) -> Option<i64> {
    let links = account.chat_links.iter().rev().filter(|link| link.chat_id == chat_id);
    let mut alive = links
        .map(|link| link.contact_id)
        .filter(|id| account.contacts.get(id).is_some_and(|contact| !contact.deleted));
    alive.next()
}
