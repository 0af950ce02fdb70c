//! A reader of the product's WebSocket.

use std::net::SocketAddr;

use anyhow::{Result, bail};
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

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
    /// The cursor is too old: read everything anew.
    TooOld,
    Other,
}

impl Socket {
    /// Connects; with a cursor, events after it come first.
    pub async fn open(to: SocketAddr, token: &str, after: Option<i64>) -> Result<Self> {
        let query = after.map(|seq| format!("?after={seq}")).unwrap_or_default();
        let mut request = format!("ws://{to}/api/v1/socket{query}").into_client_request()?;
        let bearer = HeaderValue::try_from(format!("Bearer {token}"))?;
        request.headers_mut().insert("authorization", bearer);
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { stream })
    }

    /// The next frame; an error when the connection ended.
    pub async fn next(&mut self) -> Result<Frame> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Ok(read(&serde_json::from_str(&text)?)),
                Some(Ok(Message::Ping(payload))) => {
                    self.stream.send(Message::Pong(payload)).await?;
                    return Ok(Frame::Other);
                }
                Some(Ok(Message::Close(why))) => bail!("closed: {why:?}"),
                Some(Ok(_)) => return Ok(Frame::Other),
                Some(Err(error)) => return Err(error.into()),
                None => bail!("ended"),
            }
        }
    }
}

fn read(frame: &Value) -> Frame {
    match (frame["seq"].as_i64(), frame["kind"].as_str()) {
        (Some(seq), Some(kind)) => {
            let message = &frame["payload"]["message"];
            let new = kind == "message.created";
            let text = message["body"]["text"].as_str().filter(|_| new).map(str::to_owned);
            Frame::Event { seq, text }
        }
        _ if frame["type"] == "resync" => Frame::TooOld,
        _ => Frame::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_message_is_told_from_other_events() {
        let frame = json!({ "seq": 7, "kind": "message.created",
            "payload": { "message": { "body": { "type": "text", "text": "да" } } } });
        assert_eq!(read(&frame), Frame::Event { seq: 7, text: Some("да".to_owned()) });
        let frame = json!({ "seq": 8, "kind": "message.changed",
            "payload": { "message": { "body": { "type": "text", "text": "да" } } } });
        assert_eq!(read(&frame), Frame::Event { seq: 8, text: None });
        assert_eq!(read(&json!({ "type": "hello" })), Frame::Other);
    }
}
