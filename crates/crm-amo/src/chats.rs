//! amoCRM's chats service (amojo, AMO-13): another host, another signature, the same gate and the same
//! journal as the account's API.
//!
//! Source: the pages «Чаты» of the amoCRM documentation. Every call may be repeated: a message is known
//! by its `msgid`, a chat by its `conversation_id`, the rest says how things stand.

mod call;
mod hook;
mod signature;
mod wire;

use async_trait::async_trait;
use crm::{
    Caller, ChatHook, ChatMessage, ChatMessageRef, ChatPerson, ChatRecord, ChatStatus, Chats,
    CrmError, HookError, OpenedChat, Posted,
};
use domain::{
    crm::{CrmId, Effect},
    text::Words,
};
use net::http::{Client, Method};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use call::{Service, accepted, of_channel, of_message};

use crate::{
    api::{Api, Failure, Query},
    http::Answer,
    list,
    options::Options,
    wire::Unsorted,
    write::{parse, told},
};

/// The newest messages are looked through for one that may be there already: as many as a page takes, and
/// as many pages as a lively chat may have gone on by while a process was dead.
const A_PAGE: usize = 50;
const PAGES: usize = 4;

/// Records of chats, the newest first: the one that is looked for was made a moment ago.
const NEWEST: Query<'static> =
    &[("filter[category][]", "chats"), ("order[created_at]", "desc"), ("limit", "50")];

/// The chats of amoCRM and Kommo.
pub struct AmoChats {
    options: Options,
    http: Client,
}

impl AmoChats {
    /// With a client whose time-outs hold for every call.
    pub fn new(options: Options, http: Client) -> Self {
        Self { options, http }
    }

    fn service<'a>(&'a self, caller: &'a Caller<'a>) -> Result<Service<'a>, CrmError> {
        Service::of(&self.http, caller)
    }

    /// The account's own API: there a chat is bound to a contact, and its record waits.
    fn account<'a>(&'a self, caller: &'a Caller<'a>) -> Api<'a> {
        Api { client: &self.http, options: &self.options, caller }
    }

    /// Whether a refused message was refused because it is there: what the refusal says of it is not
    /// documented, so the chat is read.
    async fn already_there(
        &self,
        service: &Service<'_>,
        message: &ChatMessage,
    ) -> Result<Option<Posted>, CrmError> {
        let chat = match &message.conversation_ref {
            Some(chat) => chat.clone(),
            None => {
                let chat = wire::chat(
                    &message.conversation_id,
                    message.source.as_deref(),
                    &message.client,
                );
                let answer = accepted(service.post(&service.scope("chats")?, &chat).await?)?;
                read::<MadeChat>(&answer)?.id
            }
        };
        let path = service.scope(&format!("chats/{chat}/history"))?;
        for page in 0..PAGES {
            let query = format!("limit={A_PAGE}&offset={}", page * A_PAGE);
            let answer = accepted(service.get(&path, &query).await?)?;
            let Some(History { messages }) = read_if_any(&answer)? else { return Ok(None) };
            let is_last = messages.len() < A_PAGE;
            let found = messages
                .into_iter()
                .map(|told| told.message)
                .find(|told| told.client_id.as_deref() == Some(&message.id));
            if let Some(told) = found {
                return Ok(Some(Posted { ref_id: Some(told.id) }));
            }
            if is_last {
                break;
            }
        }
        Ok(None)
    }
}

#[derive(Deserialize)]
struct Connected {
    scope_id: String,
}

#[derive(Deserialize)]
struct MadeChat {
    id: String,
    user: Option<MadeUser>,
}

#[derive(Deserialize)]
struct MadeUser {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Accepted {
    new_message: MadeMessage,
}

#[derive(Deserialize)]
struct MadeMessage {
    msgid: Option<String>,
    ref_id: Option<String>,
}

#[derive(Deserialize)]
struct History {
    #[serde(default)]
    messages: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    message: ToldMessage,
}

#[derive(Deserialize)]
struct ToldMessage {
    id: String,
    client_id: Option<String>,
}

#[async_trait]
impl Chats for AmoChats {
    fn base(&self, portal: &Url) -> Option<Url> {
        self.options.chats_of(portal)
    }

    async fn connect(&self, caller: &Caller<'_>, title: &str) -> Result<String, CrmError> {
        let service = self.service(caller)?;
        let body = json!({
            "account_id": service.channel.account_id, "title": title, "hook_api_version": "v2",
        });
        let answer = service.post(&service.channel_path("connect"), &body).await?;
        if answer.status == 404 {
            return Err(no_such_channel());
        }
        let answer = of_channel(answer)?;
        Ok(read::<Connected>(&answer)?.scope_id)
    }

    async fn disconnect(&self, caller: &Caller<'_>) -> Result<(), CrmError> {
        let service = self.service(caller)?;
        let body = json!({ "account_id": service.channel.account_id });
        accepted(service.delete(&service.channel_path("disconnect"), &body).await?)?;
        Ok(())
    }

    async fn open(
        &self,
        caller: &Caller<'_>,
        conversation_id: &str,
        source: Option<&str>,
        client: &ChatPerson,
    ) -> Result<OpenedChat, CrmError> {
        let service = self.service(caller)?;
        let body = wire::chat(conversation_id, source, client);
        let answer = of_channel(service.post(&service.scope("chats")?, &body).await?)?;
        let made: MadeChat = read(&answer)?;
        Ok(OpenedChat { chat_id: CrmId(made.id), client_ref: made.user.and_then(|user| user.id) })
    }

    async fn bind(
        &self,
        caller: &Caller<'_>,
        chat: &CrmId,
        contact: &CrmId,
    ) -> Result<(), CrmError> {
        let body = json!([{ "chat_id": chat.as_str(), "contact_id": parse(contact)? }]);
        let account = self.account(caller);
        let bound = account.change::<Value>(Method::POST, "contacts/chats", &body).await;
        bound.map(drop).map_err(Failure::into_error)
    }

    async fn record(
        &self,
        caller: &Caller<'_>,
        chat: &CrmId,
    ) -> Result<Option<ChatRecord>, CrmError> {
        let api = self.account(caller);
        let records: Result<Vec<Unsorted>, Failure> =
            list::first(&api, "leads/unsorted", NEWEST, "unsorted").await;
        let of_chat = |record: &Unsorted| {
            record.metadata.pointer("/origin/chat_id").and_then(Value::as_str)
                == Some(chat.as_str())
        };
        let found = records.map_err(Failure::into_error)?.into_iter().find(of_chat);
        Ok(found.map(|record| {
            let Effect { deal, contact, .. } = told(&record, Effect::default());
            ChatRecord { uid: CrmId(record.uid), deal, contact }
        }))
    }

    async fn post(&self, caller: &Caller<'_>, message: &ChatMessage) -> Result<Posted, CrmError> {
        let service = self.service(caller)?;
        let body = wire::new_message(message, &service.channel.bot_id);
        let answer = service.post(&service.scope("")?, &body).await?;
        if answer.status == 400
            && let Some(posted) = self.already_there(&service, message).await?
        {
            return Ok(posted);
        }
        let Accepted { new_message } = read(&of_channel(answer)?)?;
        // The samples of one page call the service's id `msgid`, those of another `ref_id`.
        let ids = [new_message.msgid, new_message.ref_id];
        Ok(Posted { ref_id: ids.into_iter().flatten().find(|id| *id != message.id) })
    }

    async fn edit(&self, caller: &Caller<'_>, message: &ChatMessage) -> Result<(), CrmError> {
        let service = self.service(caller)?;
        let body = wire::edit_message(message);
        accepted(service.post(&service.scope("")?, &body).await?)?;
        Ok(())
    }

    async fn status(
        &self,
        caller: &Caller<'_>,
        message_id: &str,
        status: &ChatStatus,
    ) -> Result<(), CrmError> {
        let service = self.service(caller)?;
        let path = service.scope(&format!("{message_id}/delivery_status"))?;
        of_message(service.post(&path, &wire::status(message_id, status)).await?)?;
        Ok(())
    }

    async fn react(
        &self,
        caller: &Caller<'_>,
        conversation_id: &str,
        message: &ChatMessageRef,
        emoji: Option<&str>,
        client: &ChatPerson,
    ) -> Result<(), CrmError> {
        let service = self.service(caller)?;
        let body = wire::reaction(conversation_id, message, emoji, client);
        accepted(service.post(&service.scope("react")?, &body).await?)?;
        Ok(())
    }

    async fn typing(
        &self,
        caller: &Caller<'_>,
        conversation_id: &str,
        person_id: &str,
    ) -> Result<(), CrmError> {
        let service = self.service(caller)?;
        let body = wire::typing(conversation_id, person_id);
        accepted(service.post(&service.scope("typing")?, &body).await?)?;
        Ok(())
    }

    fn verify(&self, secret: &SecretString, signature: &str, body: &[u8]) -> bool {
        signature::is_of(secret, signature, body)
    }

    fn parse(&self, body: &[u8]) -> Result<ChatHook, HookError> {
        hook::parse(body)
    }

    fn message_in(&self, body: &[u8]) -> Option<String> {
        hook::message_in(body)
    }
}

/// The id is wrong, not the secret.
fn no_such_channel() -> CrmError {
    CrmError::Rejected {
        words: Words::new(
            "Такого канала чатов у amoCRM нет. Сверьте ID канала с тем, что прислала её поддержка.",
            "amoCRM has no such chats channel. Compare the channel's id with the one that its support \
             gave.",
        ),
    }
}

/// An answer that should be there. One that cannot be read proves nothing about what was done.
fn read<T: for<'de> Deserialize<'de>>(answer: &Answer) -> Result<T, CrmError> {
    serde_json::from_slice(&answer.body).map_err(|error| CrmError::Unknown {
        why: format!("HTTP {} with an unreadable answer: {error}", answer.status),
    })
}

/// 204 is an empty list.
fn read_if_any<T: for<'de> Deserialize<'de>>(answer: &Answer) -> Result<Option<T>, CrmError> {
    if answer.body.is_empty() { Ok(None) } else { read(answer).map(Some) }
}
