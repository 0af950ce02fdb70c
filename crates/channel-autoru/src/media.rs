//! The media role: a buyer's picture lies at the address that the message told.

use std::{io, time::Duration};

use async_trait::async_trait;
use channel::{ByteStream, Channel, FetchError, Fetched, Media};
use futures::{StreamExt, stream};
use net::{
    SendError,
    http::{Response, header::CONTENT_TYPE},
};
use serde_json::Value;
use url::Url;

use crate::{Autoru, inbound};

/// A whole download.
const DOWNLOAD: Duration = Duration::from_secs(300);
/// Between two pieces of it.
const STANDSTILL: Duration = Duration::from_secs(60);
/// After an answer that means "not now".
const PAUSE: Duration = Duration::from_secs(10);

#[async_trait]
impl Media for Autoru {
    async fn fetch(&self, _channel: &Channel, handle: &Value) -> Result<Fetched, FetchError> {
        let url = handle.get(inbound::URL).and_then(Value::as_str).and_then(|u| Url::parse(u).ok());
        let Some(url) = url else {
            return Err(FetchError::Gone("the picture's address cannot be read".to_owned()));
        };
        let response = self.outgoing.open(&url, DOWNLOAD).await.map_err(not_opened)?;
        match response.status().as_u16() {
            200 => Ok(opened(response)),
            408 | 425 | 429 | 500..=599 => {
                let why = format!("HTTP {}", response.status().as_u16());
                Err(FetchError::Retry { after: PAUSE, why })
            }
            // A redirect too: the address was meant to be the picture's own.
            status => Err(FetchError::Gone(format!("Auto.ru no longer has it (HTTP {status})"))),
        }
    }
}

fn not_opened(error: SendError) -> FetchError {
    match error {
        SendError::Refused(why) => FetchError::Gone(why.to_string()),
        SendError::Unresolved
        | SendError::NotConnected
        | SendError::Certificate
        | SendError::TimedOut
        | SendError::Broken => FetchError::Retry { after: PAUSE, why: error.to_string() },
    }
}

fn opened(response: Response) -> Fetched {
    let declared = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    Fetched {
        mime: declared.map(str::to_owned),
        size: response.content_length(),
        bytes: pieces(response),
    }
}

fn pieces(response: Response) -> ByteStream {
    stream::unfold(Some(response.bytes_stream().boxed()), |bytes| async {
        let mut bytes = bytes?;
        match tokio::time::timeout(STANDSTILL, bytes.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(bytes))),
            Ok(Some(Err(error))) => Some((Err(io::Error::other(net::error_text(error))), None)),
            Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
        }
    })
    .boxed()
}
