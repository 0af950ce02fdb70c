//! What can be done with messages that are sent: edits, removals, emoji, 'typing', and the answer to a
//! pressed button.
//!
//! <https://core.telegram.org/bots/api#updating-messages>. Each is safe to repeat: what is done already
//! counts as done.

use std::time::Duration;

use async_trait::async_trait;
use channel::{Changes, Channel, OutFile, Presses, Reactions, SendError, Signs};
use domain::content::Content;
use serde::Serialize;
use serde_json::Value;
use teloxide::{
    payloads::{
        AnswerCallbackQuery, DeleteBusinessMessages, DeleteMessage, EditMessageCaption,
        EditMessageText, ReadBusinessMessage, SendChatAction, SetMessageReaction,
    },
    requests::Payload,
    types::{BusinessConnectionId, CallbackQueryId, ChatAction, ChatId, MessageId, ReactionType},
};

use crate::{
    api::{Api, CallError},
    driver::TelegramBot,
    errors,
    ids::{self, Chat},
    outbound::entity,
    reports,
};

/// `deleteMessage` takes messages of less than 48 hours. Editing has no limit for a bot's own
/// messages and this one for those of a business account; one promise is kept for both.
pub(crate) const CHANGED_WITHIN: u32 = 48 * 3600;

/// Those of `ReactionTypeEmoji` that people put on a shop's messages and a shop may put on theirs.
pub(crate) const EMOJI: [&str; 20] = [
    "👍", "❤", "🔥", "🎉", "👏", "🙏", "👌", "🤝", "💯", "⚡", "🥰", "😁", "🤔", "😢", "🤗", "😎",
    "🫡", "👀", "✍", "👎",
];

const CALL: Duration = Duration::from_secs(30);
/// A sign that comes later than this says nothing any more.
const SIGN: Duration = Duration::from_secs(5);

/// A message of a chat, and who is asked.
struct Target {
    api: Api,
    chat: Chat,
    message: MessageId,
}

impl Target {
    fn business(&self) -> Option<BusinessConnectionId> {
        self.chat.business.clone().map(BusinessConnectionId)
    }
}

impl TelegramBot {
    fn api(&self, channel: &Channel) -> Result<Api, SendError> {
        self.open(channel)
            .map(|(api, _)| api)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))
    }

    fn target(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
    ) -> Result<Target, SendError> {
        let chat = chat(recipient)?;
        let id = chat.message_id(external_id).and_then(|id| i32::try_from(id).ok());
        let Some(id) = id else { return Err(not_there("this is no message of the chat")) };
        Ok(Target { api: self.api(channel)?, chat, message: MessageId(id) })
    }
}

fn chat(recipient: &str) -> Result<Chat, SendError> {
    recipient.parse().map_err(|_| not_there("the chat id cannot be read"))
}

fn not_there(text: &str) -> SendError {
    SendError::Rejected { code: "not_found", text: text.to_owned() }
}

/// A call whose result says nothing. A refusal with one of these words means that it is done already.
async fn call<P: Payload + Serialize>(
    api: &Api,
    payload: &P,
    done: &[&str],
) -> Result<(), SendError> {
    match api.call::<P, Value>(payload, CALL).await {
        Ok(_) => Ok(()),
        Err(CallError::Refused(refusal)) if says(&refusal.description, done) => Ok(()),
        Err(error) => Err(errors::send_error(error)),
    }
}

fn says(description: &str, parts: &[&str]) -> bool {
    let description = description.to_lowercase();
    parts.iter().any(|part| description.contains(part))
}

const NOT_MODIFIED: [&str; 1] = ["message is not modified"];
/// Nobody waits for the answer any more.
const TOO_OLD: [&str; 1] = ["query is too old"];
const GONE: [&str; 1] = ["message to delete not found"];

#[async_trait]
impl Changes for TelegramBot {
    async fn edit(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
        content: &Content<OutFile>,
    ) -> Result<(), SendError> {
        let to = self.target(channel, recipient, external_id)?;
        match content {
            Content::Text { text, spans } => {
                let mut payload = EditMessageText::new(ChatId(to.chat.id), to.message, text);
                payload.business_connection_id = to.business();
                let entities: Vec<_> = spans.iter().filter_map(entity).collect();
                payload.entities = (!entities.is_empty()).then_some(entities);
                call(&to.api, &payload, &NOT_MODIFIED).await
            }
            Content::Files { caption, .. } => {
                let mut payload = EditMessageCaption::new(ChatId(to.chat.id), to.message);
                payload.business_connection_id = to.business();
                payload.caption = (!caption.is_empty()).then(|| caption.clone());
                call(&to.api, &payload, &NOT_MODIFIED).await
            }
            _ => Err(SendError::Rejected {
                code: "unsupported",
                text: "only texts and captions can be changed".to_owned(),
            }),
        }
    }

    async fn remove(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
    ) -> Result<(), SendError> {
        let to = self.target(channel, recipient, external_id)?;
        match to.business() {
            Some(business) => {
                call(&to.api, &DeleteBusinessMessages::new(business, [to.message]), &GONE).await
            }
            None => call(&to.api, &DeleteMessage::new(ChatId(to.chat.id), to.message), &GONE).await,
        }
    }

    /// Each file of an album is a message of its own.
    async fn remove_whole(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
        aliases: &[String],
    ) -> Result<(), SendError> {
        for id in std::iter::once(external_id).chain(aliases.iter().map(String::as_str)) {
            self.remove(channel, recipient, id).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Reactions for TelegramBot {
    async fn react(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
        emoji: Option<&str>,
    ) -> Result<(), SendError> {
        let to = self.target(channel, recipient, external_id)?;
        if to.chat.business.is_some() {
            return Err(SendError::Rejected {
                code: "business",
                text: "Telegram takes no reactions of bots in chats of a business account"
                    .to_owned(),
            });
        }
        let mut payload = SetMessageReaction::new(ChatId(to.chat.id), to.message);
        let emoji = emoji.map(|emoji| ReactionType::Emoji { emoji: emoji.to_owned() });
        payload.reaction = Some(emoji.into_iter().collect());
        call(&to.api, &payload, &NOT_MODIFIED).await
    }
}

/// <https://core.telegram.org/bots/api#answercallbackquery>: clients show a bar until it is called.
#[async_trait]
impl Presses for TelegramBot {
    fn is_press(&self, external_id: &str) -> bool {
        ids::callback_of(external_id).is_some()
    }

    async fn answer(
        &self,
        channel: &Channel,
        external_id: &str,
        _raw: Option<&str>,
    ) -> Result<(), SendError> {
        let query = ids::callback_of(external_id).ok_or_else(|| not_there("this is no press"))?;
        let payload = AnswerCallbackQuery::new(CallbackQueryId(query.to_owned()));
        call(&self.api(channel)?, &payload, &TOO_OLD).await
    }
}

#[async_trait]
impl Signs for TelegramBot {
    /// Only the chats of a business account show that they were read.
    async fn seen(
        &self,
        channel: &Channel,
        recipient: &str,
        message: &str,
    ) -> Result<(), SendError> {
        if chat(recipient)?.business.is_none() {
            return Ok(());
        }
        let to = self.target(channel, recipient, message)?;
        let Some(business) = to.business() else { return Ok(()) };
        let payload = ReadBusinessMessage::new(business, ChatId(to.chat.id), to.message);
        sign(&to.api, &payload).await
    }

    async fn typing(&self, channel: &Channel, recipient: &str) -> Result<(), SendError> {
        let chat = chat(recipient)?;
        let mut payload = SendChatAction::new(ChatId(chat.id), ChatAction::Typing);
        payload.business_connection_id = chat.business.map(BusinessConnectionId);
        sign(&self.api(channel)?, &payload).await
    }
}

async fn sign<P: Payload + Serialize>(api: &Api, payload: &P) -> Result<(), SendError> {
    let said: Result<Value, CallError> = api.call(payload, SIGN).await;
    said.map(|_| ()).map_err(errors::send_error)
}
