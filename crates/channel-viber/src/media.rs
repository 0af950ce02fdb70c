//! The media role: files lie at addresses that Viber tells and that die after an hour or so.

use std::{io, time::Duration};

use async_trait::async_trait;
use channel::{ByteStream, Channel, FetchError, Fetched, Media};
use futures::{StreamExt, stream};
use net::http::{
    Response,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::Value;
use url::Url;

use crate::{Viber, driver::Bot};

/// The handle's key.
pub(crate) const ADDRESS: &str = "address";

/// A whole download.
const DOWNLOAD: Duration = Duration::from_secs(600);
/// Between two pieces of it.
const STANDSTILL: Duration = Duration::from_secs(60);
/// After a failure that passes.
const PAUSE: Duration = Duration::from_secs(30);
/// Moves of an address that are followed.
const MOST_MOVES: usize = 3;

#[async_trait]
impl Media for Viber {
    async fn fetch(&self, channel: &Channel, handle: &Value) -> Result<Fetched, FetchError> {
        let address = handle.get(ADDRESS).and_then(Value::as_str);
        let Some(mut url) = address.and_then(|text| Url::parse(text).ok()) else {
            return Err(FetchError::Gone("Viber gave no address of the file".to_owned()));
        };
        let bot = self.open(channel).map_err(|wrong| FetchError::Retry {
            after: Duration::from_secs(60),
            why: format!("the setting `{}` is wrong", wrong.field),
        })?;
        for _ in 0..=MOST_MOVES {
            let response = self.get(&bot, &url).await?;
            let Some(next) = moved_to(&response, &url) else { return opened(response) };
            url = next;
        }
        Err(FetchError::Gone("the file's address moves again and again".to_owned()))
    }
}

impl Viber {
    /// The address comes signed with the bot's token, which the company knows too, so it is theirs
    /// to choose and leads into the public internet only. What answers for Viber by the channel's
    /// own settings may give out its files itself, and a proxy looks names up where it stands.
    async fn get(&self, bot: &Bot, url: &Url) -> Result<Response, FetchError> {
        if bot.proxy.is_some() || url.origin() == bot.api.base.origin() {
            let sent = bot.api.http.get(url.clone()).timeout(DOWNLOAD).send().await;
            return sent.map_err(|error| again(net::error_text(error)));
        }
        self.outside.open(url, DOWNLOAD).await.map_err(|error| match error {
            net::SendError::Refused(refused) => FetchError::Gone(refused.to_string()),
            error => again(error.to_string()),
        })
    }
}

fn again(why: String) -> FetchError {
    FetchError::Retry { after: PAUSE, why }
}

fn moved_to(response: &Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

fn opened(response: Response) -> Result<Fetched, FetchError> {
    match response.status().as_u16() {
        200..=299 => {
            let mime = response.headers().get(CONTENT_TYPE).and_then(|m| m.to_str().ok());
            Ok(Fetched {
                mime: mime.filter(|m| *m != "application/octet-stream").map(str::to_owned),
                size: response.content_length(),
                bytes: pieces(response),
            })
        }
        status @ (408 | 429 | 500..=599) => Err(again(format!("HTTP {status}"))),
        _ => Err(FetchError::Gone(
            "Viber больше не отдаёт этот файл: ссылка на него действует около часа.".to_owned(),
        )),
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
