//! A site's visitor: what the widget's frame says over its socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::{PATIENCE, Session};

/// The open page of a visitor.
pub struct Visitor {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub welcome: Value,
    seen: Vec<Value>,
}

/// Adds a widget and waits until it is connected; the channel as the API answers it.
pub async fn widget(owner: &Session, settings: Value) -> Value {
    let form = json!({ "kind": "widget", "name": "Сайт", "settings": settings });
    owner.connects(&form).await
}

impl Visitor {
    /// Opens the page's socket and waits for the welcome.
    pub async fn open(url: &str, channel: &Value, hello: Value) -> Self {
        match Self::connect(url, channel, url).await {
            Ok(mut visitor) => {
                let mut frame = json!({ "type": "hello", "token": null, "after": null,
                    "visit": { "site": "https://shop.test", "page": "https://shop.test/boots" } });
                for (key, value) in hello.as_object().unwrap() {
                    frame[key] = value.clone();
                }
                visitor.send(&frame).await;
                visitor.welcome = visitor.next("welcome").await;
                visitor
            }
            Err(error) => panic!("the visitor's socket does not open: {error}"),
        }
    }

    /// Opens the socket from a page of this origin and says nothing yet.
    pub async fn connect(url: &str, channel: &Value, origin: &str) -> Result<Self, Error> {
        let key = channel["hook_key"].as_str().unwrap();
        let address = format!("{}/widget/{key}/socket", url.replacen("http", "ws", 1));
        let mut request = address.into_client_request()?;
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request.headers_mut().insert("accept-language", "en".parse().unwrap());
        let (stream, _) = connect_async(request).await?;
        Ok(Self { stream, welcome: Value::Null, seen: Vec::new() })
    }

    /// The token that a new visitor was given.
    pub fn token(&self) -> String {
        self.welcome["token"].as_str().expect("a new visitor has a token").to_owned()
    }

    pub async fn send(&mut self, frame: &Value) {
        self.stream.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// Writes and waits until it is accepted.
    pub async fn says(&mut self, client_id: &str, text: &str) -> Value {
        self.send(&json!({ "type": "message", "client_id": client_id, "text": text })).await;
        let accepted = self.next("accepted").await;
        assert_eq!(accepted["client_id"], client_id);
        accepted["message"].clone()
    }

    /// Whether the hello is answered by a refusal instead of a welcome.
    pub async fn is_refused(&mut self) -> bool {
        let first = tokio::time::timeout(PATIENCE, self.frame()).await;
        match first.unwrap_or_else(|_| panic!("no answer to the hello in {PATIENCE:?}")) {
            Some(frame) => frame["type"] != "welcome",
            None => true,
        }
    }

    /// The next frame of this type; others are passed over.
    pub async fn next(&mut self, kind: &str) -> Value {
        match tokio::time::timeout(PATIENCE, self.find(kind)).await {
            Ok(Some(frame)) => frame,
            Ok(None) => panic!("closed before {kind}; seen: {:?}", self.seen),
            Err(_) => panic!("no {kind} in {PATIENCE:?}; seen: {:?}", self.seen),
        }
    }

    /// Every frame that comes until one of this type, that one last.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let from = self.seen.len();
        self.next(kind).await;
        self.seen.split_off(from)
    }

    /// Whether the server closes within the time.
    pub async fn is_closed(&mut self, within: Duration) -> bool {
        let closing = async { while self.frame().await.is_some() {} };
        tokio::time::timeout(within, closing).await.is_ok()
    }

    async fn find(&mut self, kind: &str) -> Option<Value> {
        loop {
            let frame = self.frame().await?;
            if frame["type"] == kind {
                return Some(frame);
            }
        }
    }

    async fn frame(&mut self) -> Option<Value> {
        loop {
            match self.stream.next().await? {
                Ok(Message::Text(text)) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    self.seen.push(frame.clone());
                    return Some(frame);
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}
