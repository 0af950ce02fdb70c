//! A reader of the event socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::CloseFrame},
};

use crate::{Client, PATIENCE};

/// An open socket with everything that came over it.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Every frame so far, for the text of a failure.
    seen: Vec<Value>,
}

impl Socket {
    /// Opens the socket with the client's proof and returns after the welcome. `after` is the last
    /// number that the client has; without one, events come from now on.
    pub async fn open(client: &Client, after: Option<i64>) -> Self {
        let mut socket = match Self::connect(client).await {
            Ok(socket) => socket,
            Err(error) => panic!("the socket does not open: {error}"),
        };
        let mut hello = json!({ "type": "hello" });
        if let Some(after) = after {
            hello["after"] = after.into();
        }
        socket.send(&hello).await;
        socket.next_event("welcome", PATIENCE).await;
        socket
    }

    /// Asks for the socket of a server that may be away; the welcome is the first frame.
    pub async fn try_open(client: &Client, after: i64) -> Option<Self> {
        let mut socket = Self::connect(client).await.ok()?;
        let hello = json!({ "type": "hello", "after": after });
        socket.stream.send(Message::text(hello.to_string())).await.ok()?;
        Some(socket)
    }

    /// Opens the socket and says nothing yet: the first frame is the test's.
    pub async fn connect(client: &Client) -> Result<Self, Error> {
        let url = client.url().replacen("http", "ws", 1);
        let mut request = format!("{url}/api/v1/socket").into_client_request()?;
        // Cookie or token, and what a browser says on our own page.
        request.headers_mut().extend(client.headers());
        request.headers_mut().insert("origin", client.url().parse().unwrap());
        let (stream, _) = connect_async(request).await?;
        Ok(Self { stream, seen: Vec::new() })
    }

    pub async fn send(&mut self, frame: &Value) {
        self.stream.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame of any kind, or `None` when none comes in time or the socket closes.
    pub async fn next(&mut self, timeout: Duration) -> Option<Value> {
        match tokio::time::timeout(timeout, self.frame()).await {
            Ok(Ok(frame)) => Some(frame),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// The next frame, or the close frame's content when the server closes.
    pub async fn next_or_closed(
        &mut self,
        timeout: Duration,
    ) -> Result<Value, Option<(u16, String)>> {
        tokio::time::timeout(timeout, self.frame()).await.expect("a frame or an end in time")
    }

    /// The next frame with this `type` (or, of an event, this `kind`); others are passed over.
    pub async fn next_event(&mut self, kind: &str, timeout: Duration) -> Value {
        let looking = async {
            loop {
                match self.frame().await {
                    Ok(frame) if frame["type"] == kind || frame["kind"] == kind => {
                        return Ok(frame);
                    }
                    Ok(_) => {}
                    Err(closed) => return Err(closed),
                }
            }
        };
        let found = tokio::time::timeout(timeout, looking).await;
        match found {
            Ok(Ok(frame)) => frame,
            Ok(Err(closed)) => panic!("closed ({closed:?}) before {kind}; seen: {:?}", self.seen),
            Err(_) => panic!("no {kind} in {timeout:?}; seen: {:?}", self.seen),
        }
    }

    /// Waits until the server closes, and tells its code and reason.
    pub async fn closed(&mut self, timeout: Duration) -> Option<(u16, String)> {
        let closing = async {
            loop {
                if let Err(closed) = self.frame().await {
                    return closed;
                }
            }
        };
        tokio::time::timeout(timeout, closing).await.expect("the socket is closed in time")
    }

    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
    }

    /// `Err` with the close frame's content at the end.
    async fn frame(&mut self) -> Result<Value, Option<(u16, String)>> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    self.seen.push(frame.clone());
                    return Ok(frame);
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(told)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}

fn told(frame: CloseFrame) -> (u16, String) {
    (frame.code.into(), frame.reason.to_string())
}
