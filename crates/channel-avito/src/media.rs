//! The media role: pictures by their address, voice messages by their id.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use channel::{Channel, FetchError, Fetched, Media};
use futures::{StreamExt, stream};
use net::{Outgoing, SendError};
use serde_json::Value;
use url::{Host, Url};

use crate::{
    Avito,
    call::Ask,
    errors,
    inbound::{IMAGE, VOICE},
    wire::VoiceFiles,
};

const DOWNLOAD: Duration = Duration::from_secs(60);
/// Over Avito's largest picture; a voice message is far below.
const MOST: usize = 26 << 20;
const AGAIN: Duration = Duration::from_secs(10);

#[async_trait]
impl Media for Avito {
    async fn fetch(&self, channel: &Channel, handle: &Value) -> Result<Fetched, FetchError> {
        let gone = |why: &str| FetchError::Gone(why.to_owned());
        let account = self.open(channel).map_err(|wrong| FetchError::Retry {
            after: Duration::from_secs(60),
            why: format!("the setting `{}` is wrong", wrong.field),
        })?;
        let text = |key: &str| handle.get(key).and_then(Value::as_str);
        let (url, mime) = match (text(IMAGE), text(VOICE)) {
            (Some(url), _) => (url.to_owned(), None),
            (None, Some(voice)) => {
                let user = account.user().map_err(errors::fetch_error)?;
                let path = ["messenger", "v1", "accounts", user, "getVoiceFiles"];
                let ask = Ask::get(path).with("voice_ids", voice);
                let files = account.call(&ask).await.map_err(errors::fetch_error)?;
                let files: VoiceFiles = files.read().map_err(errors::fetch_error)?;
                let url = files.voices_urls.get(voice).cloned();
                let url = url.ok_or_else(|| gone("Авито не отдаёт это голосовое сообщение."))?;
                // Opus in an mp4, whatever the file's server calls it.
                (url, Some("audio/mp4".to_owned()))
            }
            (None, None) => return Err(gone("the file's handle cannot be read")),
        };
        let url = Url::parse(&url).map_err(|_| gone("the file's address cannot be read"))?;
        let files = self.files_of(&account.settings.base);
        // The address came in a message: no token goes there, and only into the public internet.
        let fetched = files.fetch(&url, DOWNLOAD, MOST).await.map_err(|error| match error {
            SendError::Refused(_) => gone("Адрес файла ведёт не в интернет."),
            error => FetchError::Retry { after: AGAIN, why: error.to_string() },
        })?;
        match (fetched.status, fetched.body) {
            (200, Some(body)) => Ok(Fetched {
                mime: mime.or(fetched.content_type),
                size: u64::try_from(body.len()).ok(),
                bytes: stream::iter([Ok(Bytes::from(body))]).boxed(),
            }),
            (200, None) => Err(FetchError::TooLarge),
            (status @ (408 | 429 | 500..), _) => {
                Err(FetchError::Retry { after: AGAIN, why: format!("HTTP {status}") })
            }
            (status, _) => Err(gone(&format!("Авито не отдаёт файл (HTTP {status})."))),
        }
    }
}

impl Avito {
    fn files_of(&self, base: &Url) -> &Outgoing {
        let beside_us = match base.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if beside_us { &self.files_beside_us } else { &self.files }
    }
}
