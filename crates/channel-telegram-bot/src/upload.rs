//! Carrying out a plan: the call, its files as streams, and what came of it.

use std::time::Duration;

use channel::{Outbound, RetryScope, SendError, Sent};
use domain::delivery::DeliveryStatus;
use net::{Broken, PartOf, http::multipart::Form};

use crate::{
    api::{Api, CallError},
    errors,
    ids::Chat,
    outbound::{Pictures, Plan, plan},
    wire::SentMessage,
};

const TEXT_TIMEOUT: Duration = Duration::from_secs(30);
/// An upload may be as slow as this many bytes a second.
const SLOWEST_UPLOAD: u64 = 128 << 10;

/// Sends a message by one call, or by a second where Telegram refused its picture as a photo.
pub(crate) async fn send(api: &Api, message: &Outbound) -> Result<Sent, SendError> {
    match deliver(api, plan(message, Pictures::AsPhotos)?).await {
        Err(Failure::Call(error)) if errors::is_bad_picture(&error) => {
            deliver(api, plan(message, Pictures::AsDocuments)?).await
        }
        outcome => outcome,
    }
    .map_err(Failure::into_send_error)
    .and_then(|ids| sent(message, &ids))
}

fn sent(message: &Outbound, ids: &[SentMessage]) -> Result<Sent, SendError> {
    let chat = message.recipient.parse::<Chat>();
    let mut ids = ids.iter().map(|sent| sent.message_id);
    let (Ok(chat), Some(first)) = (chat, ids.next()) else {
        return Err(SendError::Unknown("Telegram named no message".to_owned()));
    };
    Ok(Sent {
        parts: Vec::new(),
        external_id: chat.message(first),
        aliases: ids.map(|id| chat.message(id)).collect(),
        status: DeliveryStatus::Sent,
    })
}

enum Failure {
    Call(CallError),
    /// Our own file could not be read to its end, so Telegram got half a request.
    File,
}

impl Failure {
    fn into_send_error(self) -> SendError {
        match self {
            Self::Call(error) => errors::send_error(error),
            Self::File => SendError::Retry {
                after: Duration::from_secs(5),
                scope: RetryScope::Conversation,
                why: "the stored file could not be read".to_owned(),
            },
        }
    }
}

async fn deliver(api: &Api, plan: Plan) -> Result<Vec<SentMessage>, Failure> {
    let (method, fields, files) = match plan {
        Plan::Json { method, body } => {
            let sent = api.call_json(method, &body, TEXT_TIMEOUT).await.map_err(Failure::Call)?;
            return Ok(vec![sent]);
        }
        Plan::Upload { method, fields, files } => (method, fields, files),
    };
    let size: u64 = files.iter().map(|(_, file)| file.size).sum();
    let timeout = TEXT_TIMEOUT * 2 + Duration::from_secs(size / SLOWEST_UPLOAD);
    let broken = Broken::default();
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text(name, value);
    }
    for (name, file) in files {
        let of = PartOf { name: &file.name, mime: &file.mime, size: file.size };
        form = form.part(name, net::part(of, (file.open)(), &broken));
    }
    let outcome = if method == "sendMediaGroup" {
        api.upload(method, form, timeout).await
    } else {
        api.upload(method, form, timeout).await.map(|sent| vec![sent])
    };
    outcome.map_err(|error| match error {
        CallError::Lost(_) if broken.is_so() => Failure::File,
        error => Failure::Call(error),
    })
}
