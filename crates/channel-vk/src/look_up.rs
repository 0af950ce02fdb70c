//! The look-up role: names, which no event holds, and the whole of messages that came cropped.

use async_trait::async_trait;
use channel::{Channel, FetchError, LookUp, NewFile, Person, Profile};
use domain::content::Content;
use serde_json::Value;

use crate::{
    Vk,
    api::Api,
    attachments::said,
    errors::fetch_error,
    ids::{MessageName, Peer},
    json::Json,
};

impl Vk {
    fn looking(&self, channel: &Channel) -> Result<Api, FetchError> {
        self.open(channel).map(|(api, _)| api).map_err(|wrong| FetchError::Retry {
            after: std::time::Duration::from_secs(60),
            why: format!("the setting `{}` is wrong", wrong.field),
        })
    }
}

#[async_trait]
impl LookUp for Vk {
    async fn person(&self, channel: &Channel, external_id: &str) -> Result<Profile, FetchError> {
        let api = self.looking(channel)?;
        let Ok(peer) = external_id.parse::<Peer>() else {
            return Err(FetchError::Gone("the person's id cannot be read".to_owned()));
        };
        let (method, params) = if peer.0 > 0 {
            let fields = ("fields", "screen_name".to_owned());
            ("users.get", vec![("user_ids", peer.to_string()), fields])
        } else {
            ("groups.getById", vec![("group_ids", peer.0.abs().to_string())])
        };
        let answer = api.call(method, params).await.map_err(fetch_error)?;
        let found = answer.as_array().map_or_else(|| answer.list("groups"), Vec::as_slice);
        match found.first() {
            Some(found) => Ok(Profile { person: named(peer, found), listing: None }),
            None => Err(FetchError::Gone("VK knows no such person".to_owned())),
        }
    }

    async fn message(
        &self,
        channel: &Channel,
        external_id: &str,
    ) -> Result<Content<NewFile>, FetchError> {
        let api = self.looking(channel)?;
        let Ok(name) = external_id.parse::<MessageName>() else {
            return Err(FetchError::Gone("the message's id cannot be read".to_owned()));
        };
        match whole(&api, name).await.map_err(fetch_error)? {
            Some(message) => Ok(said(&message).content),
            None => Err(FetchError::Gone("VK has no such message any more".to_owned())),
        }
    }
}

/// A message as VK keeps it.
pub(crate) async fn whole(
    api: &Api,
    name: MessageName,
) -> Result<Option<Value>, crate::api::CallError> {
    let params = vec![
        ("peer_id", name.peer.to_string()),
        ("conversation_message_ids", name.number.to_string()),
    ];
    let answer = api.call("messages.getByConversationMessageId", params).await?;
    Ok(answer.list("items").first().cloned())
}

fn named(peer: Peer, found: &Value) -> Person {
    let parts = [found.text("first_name"), found.text("last_name"), found.text("name")];
    let name = parts.into_iter().flatten().map(str::trim).collect::<Vec<_>>().join(" ");
    // Who chose no name of their own is called by their number.
    let own = |name: &&str| *name != format!("id{}", peer.0) && *name != format!("club{}", -peer.0);
    Person {
        external_id: peer.to_string(),
        name: (!name.is_empty()).then_some(name),
        username: found.text("screen_name").filter(own).map(str::to_owned),
        ..Person::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ch_7_a_person_is_named_as_on_their_page() {
        let vera = json!({ "id": 1001, "first_name": "Вера", "last_name": "Ясная", "screen_name": "vera" });
        let person = named(Peer(1001), &vera);
        assert_eq!(
            (person.name.as_deref(), person.username.as_deref()),
            (Some("Вера Ясная"), Some("vera"))
        );
        let plain =
            json!({ "id": 1001, "first_name": "Вера", "last_name": "", "screen_name": "id1001" });
        let person = named(Peer(1001), &plain);
        assert_eq!((person.name.as_deref(), person.username), (Some("Вера"), None));
        let group = named(Peer(-5), &json!({ "id": 5, "name": "Лавка", "screen_name": "club5" }));
        assert_eq!((group.name.as_deref(), group.username), (Some("Лавка"), None));
    }
}
