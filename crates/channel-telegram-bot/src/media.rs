//! The media role: a file by its `file_id`. Its address holds the token, so it is never logged,
//! shown or redirected to.

use std::{io, time::Duration};

use async_trait::async_trait;
use channel::{ByteStream, Channel, FetchError, Fetched, Media};
use futures::{StreamExt, stream};
use net::http::{Response, header::CONTENT_TYPE};
use serde_json::Value;
use teloxide::{payloads::GetFile, types::FileId};

use crate::{
    TelegramBot,
    errors::fetch_error,
    files::{FILE_ID, MAX_DOWNLOAD},
    wire::RemoteFile,
};

const CALL: Duration = Duration::from_secs(30);
/// A whole download.
const DOWNLOAD: Duration = Duration::from_secs(600);
/// Between two pieces of it.
const STANDSTILL: Duration = Duration::from_secs(60);

#[async_trait]
impl Media for TelegramBot {
    async fn fetch(&self, channel: &Channel, handle: &Value) -> Result<Fetched, FetchError> {
        let Some(file_id) = handle.get(FILE_ID).and_then(Value::as_str) else {
            return Err(FetchError::Gone("the file's handle cannot be read".to_owned()));
        };
        let (api, _) = self.open(channel).map_err(|wrong| FetchError::Retry {
            after: Duration::from_secs(60),
            why: format!("the setting `{}` is wrong", wrong.field),
        })?;
        let file: RemoteFile =
            api.call(&GetFile::new(FileId(file_id.to_owned())), CALL).await.map_err(fetch_error)?;
        if file.file_size.is_some_and(|size| size > MAX_DOWNLOAD) {
            return Err(FetchError::TooLarge);
        }
        let Some(path) = file.file_path else {
            return Err(FetchError::Gone("Telegram gives no path to the file".to_owned()));
        };
        let response = api.download(&path, DOWNLOAD).await.map_err(fetch_error)?;
        Ok(Fetched {
            mime: declared_type(&response),
            size: response.content_length().or(file.file_size),
            bytes: pieces(response),
        })
    }
}

/// Telegram declares most files as bare bytes, which says nothing.
fn declared_type(response: &Response) -> Option<String> {
    let declared = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    (declared != "application/octet-stream").then(|| declared.to_owned())
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
