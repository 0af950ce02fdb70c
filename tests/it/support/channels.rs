//! Channels of a company, in short forms.

use serde_json::Value;

use crate::{Session, until};

/// The path of a channel.
pub fn at_channel(channel: &Value) -> String {
    format!("/api/v1/channels/{}", channel["channel_id"].as_str().expect("a channel"))
}

impl Session {
    /// Waits until a channel is so, and answers what the API says of it then.
    pub async fn until_channel(&self, channel: &Value, state: &str) -> Value {
        let path = at_channel(channel);
        until(&format!("the channel is {state}"), async || {
            let now = self.get(&path, 200).await.json();
            (now["state"] == state).then_some(now)
        })
        .await
    }

    /// Adds a channel and waits until it is connected.
    pub async fn connects(&self, form: &Value) -> Value {
        let made = self.post("/api/v1/channels", form, 201).await.json();
        self.until_channel(&made, "connected").await
    }
}
