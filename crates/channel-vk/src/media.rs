//! The media role: a file by the signed address that came with the message. Such addresses run out
//! in time, so files are fetched at once.

use std::{io, time::Duration};

use async_trait::async_trait;
use channel::{ByteStream, Channel, FetchError, Fetched, Media};
use futures::{StreamExt, stream};
use net::http::{
    Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::Value;
use url::{Host, Url};

use crate::{Vk, api::CallError, attachments::URL, errors::fetch_error};

/// A whole download.
const DOWNLOAD: Duration = Duration::from_secs(600);
/// Between two pieces of it.
const STANDSTILL: Duration = Duration::from_secs(60);
/// After an address that did not answer.
const AGAIN: Duration = Duration::from_secs(30);
/// Documents are sent on to the server that holds them.
const MAX_REDIRECTS: usize = 3;

#[async_trait]
impl Media for Vk {
    async fn fetch(&self, channel: &Channel, handle: &Value) -> Result<Fetched, FetchError> {
        let gone = |why: &str| FetchError::Gone(why.to_owned());
        let (api, _) = self.open(channel).map_err(|wrong| FetchError::Retry {
            after: Duration::from_secs(60),
            why: format!("the setting `{}` is wrong", wrong.field),
        })?;
        let address = handle.get(URL).and_then(Value::as_str);
        let mut url = address
            .and_then(|address| Url::parse(address).ok())
            .ok_or_else(|| gone("the file's handle cannot be read"))?;
        for _ in 0..=MAX_REDIRECTS {
            if !may_be_asked(&url, &api.base) {
                return Err(gone("the file's address is not VK's"));
            }
            let response = if url.origin() == api.base.origin() {
                let request = api.http.get(url.clone()).timeout(DOWNLOAD);
                request.send().await.map_err(|e| fetch_error(e.into()))?
            } else {
                // The address came in a message: only into the public internet, whatever its name
                // leads to.
                self.files.open(&url, DOWNLOAD).await.map_err(|error| match error {
                    net::SendError::Refused(_) => gone("the file's address is not VK's"),
                    error => FetchError::Retry { after: AGAIN, why: error.to_string() },
                })?
            };
            let status = response.status();
            if status.is_success() {
                return Ok(fetched(response));
            }
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                return Err(fetch_error(CallError::Foreign(status.as_u16())));
            }
            let next = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            url = next
                .and_then(|next| url.join(next).ok())
                .ok_or_else(|| gone("the file moved without an address"))?;
        }
        Err(gone("the file moves from address to address"))
    }
}

/// VK's files lie on many hosts, all of them with names and https. The host of the API itself is
/// what a person named in the settings.
fn may_be_asked(url: &Url, base: &Url) -> bool {
    if url.origin() == base.origin() {
        return true;
    }
    url.scheme() == "https"
        && matches!(url.host(), Some(Host::Domain(name)) if name.contains('.') && !name.ends_with(".localhost"))
}

fn fetched(response: Response) -> Fetched {
    let declared = response.headers().get(CONTENT_TYPE).and_then(|t| t.to_str().ok());
    let mime = declared.filter(|t| *t != "application/octet-stream").map(str::to_owned);
    Fetched { mime, size: response.content_length(), bytes: pieces(response) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_6_files_are_asked_of_named_https_hosts_alone() {
        let base = Url::parse("http://127.0.0.1:8493").expect("a fixed address");
        for (url, expected) in [
            ("https://sun9-1.userapi.com/a.jpg", true),
            ("http://127.0.0.1:8493/files/1.jpg", true),
            ("http://127.0.0.1:5432/", false),
            ("http://sun9-1.userapi.com/a.jpg", false),
            ("https://10.0.0.1/a.jpg", false),
            ("https://[::1]/a.jpg", false),
            ("https://localhost/a.jpg", false),
            ("file:///etc/passwd", false),
        ] {
            let url = Url::parse(url).expect("an address");
            assert_eq!(may_be_asked(&url, &base), expected, "{url}");
        }
    }
}
