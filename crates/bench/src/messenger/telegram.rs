//! Updates in the shape in which Telegram delivers them to a webhook
//! (<https://core.telegram.org/bots/api#update>), and the hook they go to.

use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::line;

/// Where updates of one bot go.
#[derive(Debug, Clone)]
pub struct Hook {
    /// Path of the webhook's URL.
    pub path: String,
    /// The `secret_token` that was given to `setWebhook`.
    pub secret: String,
}

impl Hook {
    /// The request that delivers `body`.
    pub fn request(&self, to: SocketAddr, body: &str) -> Vec<u8> {
        line::post(to, &self.path, ("X-Telegram-Bot-Api-Secret-Token", &self.secret), body)
    }
}

/// A text message of a private chat. `text` and `name` are ours and need no escapes.
pub fn update(update_id: i64, chat: i64, message_id: i64, text: &str) -> String {
    let date = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    format!(
        r#"{{"update_id":{update_id},"message":{{"message_id":{message_id},"from":{{"id":{chat},"is_bot":false,"first_name":"Клиент {chat}","username":"customer_{chat}","language_code":"ru"}},"chat":{{"id":{chat},"first_name":"Клиент {chat}","username":"customer_{chat}","type":"private"}},"date":{date},"text":"{text}"}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_json_of_the_documented_shape() {
        let text = update(5, 77, 9, "Здравствуйте");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["update_id"], 5);
        assert_eq!(value["message"]["message_id"], 9);
        assert_eq!(value["message"]["chat"]["type"], "private");
        assert_eq!(value["message"]["from"]["id"], 77);
        assert_eq!(value["message"]["text"], "Здравствуйте");
    }
}
