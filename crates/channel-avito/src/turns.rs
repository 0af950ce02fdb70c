//! Smaller roles: who a chat is with, reading, taking back, the black list.

use async_trait::async_trait;
use channel::{
    Blocked, Blocks, Changes, Channel, FetchError, LookUp, NewFile, OutFile, Profile, SendError,
    Signs,
};
use domain::content::Content;
use serde_json::json;

use crate::{
    Avito,
    account::Account,
    call::{Ask, CallError, Refusal},
    errors,
    inbound::About,
    reports,
    wire::Chat,
};

/// "another reason": why a person is on our list is our own business.
const OTHER_REASON: u8 = 4;

/// One chat: who it is with and which advertisement it is about.
pub(crate) async fn chat(account: &Account<'_>, id: &str) -> Result<About, CallError> {
    let ask = Ask::get(account.chat("v2", id, &[])?);
    let chat: Chat = account.call(&ask).await?.read()?;
    let us = account.user()?.parse().unwrap_or_default();
    let chat = Chat { id: Some(id.to_owned()), ..chat };
    Ok(About::of(us, &chat))
}

#[async_trait]
impl LookUp for Avito {
    async fn person(&self, channel: &Channel, external_id: &str) -> Result<Profile, FetchError> {
        let account = self.open(channel).map_err(|wrong| FetchError::Gone(wrong.message.ru))?;
        let about = chat(&account, external_id).await.map_err(errors::fetch_error)?;
        Ok(about.profile)
    }

    async fn message(
        &self,
        _channel: &Channel,
        _external_id: &str,
    ) -> Result<Content<NewFile>, FetchError> {
        Err(FetchError::Gone("Avito crops no messages".to_owned()))
    }
}

impl Avito {
    async fn done(&self, channel: &Channel, path: Path<'_>) -> Result<(), SendError> {
        let account = self
            .open(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))?;
        let path = account.chat("v1", path.chat, path.rest).map_err(errors::send_error)?;
        account.call(&Ask::post(path)).await.map(|_| ()).map_err(errors::send_error)
    }
}

struct Path<'a> {
    chat: &'a str,
    rest: &'a [&'a str],
}

#[async_trait]
impl Signs for Avito {
    async fn seen(&self, channel: &Channel, recipient: &str, _: &str) -> Result<(), SendError> {
        self.done(channel, Path { chat: recipient, rest: &["read"] }).await
    }

    /// Avito shows nobody that we write.
    async fn typing(&self, _channel: &Channel, _recipient: &str) -> Result<(), SendError> {
        Ok(())
    }
}

#[async_trait]
impl Changes for Avito {
    async fn edit(
        &self,
        _channel: &Channel,
        _recipient: &str,
        _external_id: &str,
        _content: &Content<OutFile>,
    ) -> Result<(), SendError> {
        let text = "На Авито сообщение нельзя изменить, только удалить в течение часа.";
        Err(SendError::Rejected { code: "unsupported", text: text.to_owned() })
    }

    async fn remove(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
    ) -> Result<(), SendError> {
        let removed =
            self.done(channel, Path { chat: recipient, rest: &["messages", external_id] }).await;
        let removed = removed.map_err(|error| match error {
            SendError::Rejected { code: "forbidden", text } => SendError::Rejected {
                code: "too_late",
                text: format!("Авито удаляет сообщения только в течение часа. {text}"),
            },
            error => error,
        });
        match removed {
            // Asked again after a lost answer: it is gone already, which is what was wanted.
            Err(SendError::Rejected { code: "not_found", .. }) => Ok(()),
            removed => removed,
        }
    }
}

#[async_trait]
impl Blocks for Avito {
    async fn block(&self, channel: &Channel, person: &Blocked) -> Result<(), SendError> {
        let account = self
            .open(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))?;
        let key = match &person.key {
            Some(key) => Some(key.clone()),
            None => {
                let about = chat(&account, &person.external_id).await;
                about.map_err(errors::send_error)?.profile.person.key
            }
        };
        let Some(user) = key.and_then(|key| key.parse::<i64>().ok()) else {
            let refusal = Refusal {
                status: 404, message: "нет номера покупателя".to_owned()
            };
            return Err(errors::refused_message(refusal));
        };
        let mut context = json!({ "reason_id": OTHER_REASON });
        let item = person.listing.as_ref().and_then(|l| l.external_id.parse::<i64>().ok());
        if let Some(item) = item {
            context["item_id"] = item.into();
        }
        let us = account.user().map_err(errors::send_error)?;
        let ask = Ask::post(["messenger", "v2", "accounts", us, "blacklist"])
            .json(json!({ "users": [{ "user_id": user, "context": context }] }));
        account.call(&ask).await.map(|_| ()).map_err(errors::send_error)
    }
}
