//! A company with a bare channel, in short forms about the people who write there.

use std::ops::Deref;

use domain::ids::ConversationId;
use serde_json::{Value, json};
use store::intake::Person;
use tests::somebody;

/// The company that other tests have too.
pub struct Company(tests::Company);

impl Deref for Company {
    type Target = tests::Company;

    fn deref(&self) -> &tests::Company {
        &self.0
    }
}

impl Company {
    pub async fn new() -> Self {
        Self(tests::Company::found().await)
    }

    pub async fn contact_of(&self, conversation: ConversationId) -> String {
        let mut tx = self.tx().await;
        tx.conversation(conversation).await.unwrap().unwrap().contact_id.to_string()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.owner.get(path, 200).await.json()
    }

    pub async fn contact(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/contacts/{id}")).await
    }

    pub async fn search(&self, query: &str) -> Value {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        self.get(&format!("/api/v1/search?q={query}")).await
    }

    pub async fn made(&self, name: &str) -> String {
        let made = self.owner.post("/api/v1/contacts", &json!({ "name": name }), 201).await;
        made.json()["contact_id"].as_str().unwrap().to_owned()
    }
}

pub fn person(external_id: &str, name: &str) -> Person {
    Person { username: format!("{external_id}_nick"), ..somebody(external_id, name) }
}

pub fn names(found: &Value) -> Vec<&str> {
    let contacts = found["contacts"].as_array().unwrap();
    contacts.iter().map(|c| c["name"].as_str().unwrap()).collect()
}
