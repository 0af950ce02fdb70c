//! A reader of the product's WebSocket (docs/api.md): hello with a cursor, then events.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, bail};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

/// A server that is starting or dying may let a connection hang.
const WELCOME_WITHIN: Duration = Duration::from_secs(10);

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a frame says, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// An event of the feed; `text` if it is a new message.
    Event {
        seq: i64,
        text: Option<String>,
    },
    /// Nothing to see up to here.
    UpTo(i64),
    /// The cursor is too old: read everything anew.
    TooOld,
    Other,
}

impl Socket {
    /// Connects; with a cursor, events after it come first.
    pub async fn open(to: SocketAddr, token: &str, after: Option<i64>) -> Result<Self> {
        tokio::time::timeout(WELCOME_WITHIN, Self::opened(to, token, after)).await?
    }

    async fn opened(to: SocketAddr, token: &str, after: Option<i64>) -> Result<Self> {
        let request = format!("ws://{to}/api/v1/socket").into_client_request()?;
        let (mut stream, _) = tokio_tungstenite::connect_async(request).await?;
        let hello = json!({ "type": "hello", "token": token, "after": after });
        stream.send(Message::text(hello.to_string())).await?;
        match stream.next().await {
            Some(Ok(Message::Text(text))) if text.contains("welcome") => Ok(Self { stream }),
            other => bail!("no welcome came: {other:?}"),
        }
    }

    /// The next frame; an error when the connection ended. May be given up at any moment.
    pub async fn next(&mut self) -> Result<Frame> {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Ok(read(&serde_json::from_str(&text)?)),
            Some(Ok(Message::Close(why))) => bail!("closed: {why:?}"),
            // Pings are answered by the library with the next write or read.
            Some(Ok(_)) => Ok(Frame::Other),
            Some(Err(error)) => Err(error.into()),
            None => bail!("ended"),
        }
    }
}

fn read(frame: &Value) -> Frame {
    let seq = frame["seq"].as_i64();
    match (frame["type"].as_str(), seq) {
        (Some("event"), Some(seq)) => {
            let body = &frame["data"]["message"]["body"];
            let new = frame["kind"] == "message.created";
            let text = body["text"].as_str().filter(|_| new).map(str::to_owned);
            Frame::Event { seq, text }
        }
        (Some("seq"), Some(seq)) => Frame::UpTo(seq),
        (Some("resync"), _) => Frame::TooOld,
        _ => Frame::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_message_is_told_from_other_events() {
        let data = json!({ "message": { "body": { "type": "text", "text": "да" } } });
        let event = |kind: &str| json!({ "type": "event", "seq": 7, "kind": kind, "data": data });
        let text = Some("да".to_owned());
        assert_eq!(read(&event("message.created")), Frame::Event { seq: 7, text });
        assert_eq!(read(&event("message.changed")), Frame::Event { seq: 7, text: None });
        assert_eq!(read(&json!({ "type": "seq", "seq": 9 })), Frame::UpTo(9));
        assert_eq!(read(&json!({ "type": "resync", "seq": 9 })), Frame::TooOld);
        assert_eq!(read(&json!({ "type": "typing" })), Frame::Other);
    }
}
