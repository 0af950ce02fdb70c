//! The changes role: our message gets other words, or is taken back for both sides, for a day.

use async_trait::async_trait;
use channel::{Changes, Channel, OutFile, SendError};
use domain::content::Content;
use serde_json::Value;

use crate::{
    Vk,
    api::{CallError, Params, Refusal},
    errors,
    ids::MessageName,
    json::Json,
    look_up::whole,
    outbound::rejected,
    upload,
};

fn named(external_id: &str) -> Result<MessageName, SendError> {
    external_id.parse().map_err(|()| rejected("not_found", "the message's id cannot be read"))
}

#[async_trait]
impl Changes for Vk {
    /// VK takes away whatever attachment is not named again, so those of the message are asked for
    /// first. A repeat changes nothing.
    async fn edit(
        &self,
        channel: &Channel,
        _recipient: &str,
        external_id: &str,
        content: &Content<OutFile>,
    ) -> Result<(), SendError> {
        let (api, name) = (self.opened(channel)?, named(external_id)?);
        let mut params: Params = vec![
            ("peer_id", name.peer.to_string()),
            ("cmid", name.number.to_string()),
            ("message", content.words()),
            ("keep_forward_messages", "1".to_owned()),
            ("keep_snippets", "1".to_owned()),
            ("disable_mentions", "1".to_owned()),
        ];
        if !content.files().is_empty() {
            let message = whole(&api, name).await.map_err(errors::prepare_error)?;
            let Some(message) = message else {
                return Err(rejected("not_found", "VK has no such message any more"));
            };
            params.push(("attachment", attached(&message)));
        }
        api.call("messages.edit", params).await.map(|_| ()).map_err(errors::send_error)
    }

    async fn remove(
        &self,
        channel: &Channel,
        _recipient: &str,
        external_id: &str,
    ) -> Result<(), SendError> {
        let (api, name) = (self.opened(channel)?, named(external_id)?);
        let params = vec![
            ("peer_id", name.peer.to_string()),
            ("cmids", name.number.to_string()),
            ("delete_for_all", "1".to_owned()),
        ];
        let answer = api.call("messages.delete", params).await.map_err(errors::send_error)?;
        match answer.as_array().and_then(|items| items.first()).and_then(|i| i.object("error")) {
            None => Ok(()),
            Some(error) => Err(errors::send_error(CallError::Refused(Refusal {
                code: error.int("code").unwrap_or_default(),
                text: error.text("description").unwrap_or_default().to_owned(),
            }))),
        }
    }
}

/// The attachments of a message, by the names that VK takes.
fn attached(message: &Value) -> String {
    let names = message.list("attachments").iter().filter_map(|attachment| {
        let kind = attachment.text("type")?;
        upload::name(kind, attachment.object(kind)?)
    });
    names.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cv_6_files_of_a_changed_message_are_named_again() {
        let message = json!({ "attachments": [
            { "type": "photo", "photo": { "owner_id": -5, "id": 1, "access_key": "k" } },
            { "type": "doc", "doc": { "owner_id": 7, "id": 2 } },
            { "type": "link", "link": { "url": "https://shop.test" } },
        ] });
        assert_eq!(attached(&message), "photo-5_1_k,doc7_2");
    }
}
