//! What an employee sees and does in conversations, in short forms.

use serde_json::{Value, json};

use crate::{Session, until};

/// The path of a conversation, with what follows it.
pub fn at_conversation(conversation: &Value, action: &str) -> String {
    let id = conversation["conversation_id"].as_str().expect("a conversation");
    format!("/api/v1/conversations/{id}{action}")
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

    /// Waits until a message of ours has this status.
    pub async fn until_status(&self, conversation: &Value, client_id: &str, status: &str) -> Value {
        until(&format!("{client_id} is {status}"), async || {
            let all = self.messages(conversation).await;
            all.into_iter().find(|m| m["client_id"] == client_id && m["status"] == status)
        })
        .await
    }

    /// `online`, `break` or `off`.
    pub async fn is_now(&self, presence: &str) {
        self.put("/api/v1/me/presence", &json!({ "presence": presence }), 200).await;
    }
}
