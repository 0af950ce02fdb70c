//! What an employee sees and does in conversations, in short forms.

use reqwest::{Method, multipart};
use serde_json::{Value, json};

use crate::{Session, until};

/// The path of a conversation, with what follows it.
pub fn at_conversation(conversation: &Value, action: &str) -> String {
    let id = conversation["conversation_id"].as_str().expect("a conversation");
    format!("/api/v1/conversations/{id}{action}")
}

/// The path of a message.
pub fn at_message(message: &Value) -> String {
    format!("/api/v1/messages/{}", message["message_id"].as_str().expect("a message"))
}

/// What one side said: `inbound` or `outbound`.
pub fn texts(messages: &[Value], direction: &str) -> Vec<String> {
    let of = messages.iter().filter(|m| m["direction"] == direction);
    of.filter_map(|m| m["body"]["text"].as_str().map(str::to_owned)).collect()
}

impl Session {
    /// A page of conversations: `state=new&channel_id=…`.
    pub async fn conversations(&self, query: &str) -> Vec<Value> {
        let page = self.get(&format!("/api/v1/conversations?{query}"), 200).await.json();
        page["items"].as_array().expect("items").clone()
    }

    /// Waits for the conversation with this contact.
    pub async fn conversation_with(&self, name: &str) -> Value {
        until(&format!("a conversation with {name}"), async || {
            let all = self.conversations("limit=100").await;
            all.into_iter().find(|c| c["contact_name"] == name)
        })
        .await
    }

    /// Waits for a conversation; of several, the first of the list.
    pub async fn first_conversation(&self) -> Value {
        until("a conversation is there", async || self.conversations("").await.into_iter().next())
            .await
    }

    /// The conversation as it is now.
    pub async fn again(&self, conversation: &Value) -> Value {
        self.get(&at_conversation(conversation, ""), 200).await.json()
    }

    /// Waits until the conversation is so.
    pub async fn until_conversation(
        &self,
        conversation: &Value,
        what: &str,
        mut holds: impl FnMut(&Value) -> bool,
    ) -> Value {
        until(what, async || {
            let now = self.again(conversation).await;
            holds(&now).then_some(now)
        })
        .await
    }

    /// Its last hundred messages, oldest first.
    pub async fn messages(&self, conversation: &Value) -> Vec<Value> {
        let path = at_conversation(conversation, "/messages?limit=100");
        self.get(&path, 200).await.json()["items"].as_array().expect("items").clone()
    }

    pub async fn answer(&self, conversation: &Value, client_id: &str, text: &str) -> Value {
        let body = json!({ "client_id": client_id, "text": text });
        self.post(&at_conversation(conversation, "/messages"), &body, 201).await.json()
    }

    /// Waits for a message of the conversation; the oldest of those that are so.
    pub async fn until_message(
        &self,
        conversation: &Value,
        what: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        until(what, async || self.messages(conversation).await.into_iter().find(|m| holds(m))).await
    }

    /// Waits until a message of ours has this status.
    pub async fn until_status(&self, conversation: &Value, client_id: &str, status: &str) -> Value {
        let is_it = |m: &Value| m["client_id"] == client_id && m["status"] == status;
        self.until_message(conversation, &format!("{client_id} is {status}"), is_it).await
    }

    /// A file for a message to come.
    pub async fn uploads(&self, name: &str, mime: &str, bytes: &[u8]) -> Value {
        let part = multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
        let form = multipart::Form::new().part("file", part.mime_str(mime).unwrap());
        let request = self.request(Method::POST, "/api/v1/attachments").multipart(form);
        self.send(request, 201).await.json()
    }

    /// `online`, `break` or `off`.
    pub async fn is_now(&self, presence: &str) {
        self.put("/api/v1/me/presence", &json!({ "presence": presence }), 200).await;
    }
}
