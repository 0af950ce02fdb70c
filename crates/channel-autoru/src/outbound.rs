//! Our words into their JSON, and their answer into an outcome. Pure.

use std::time::Duration;

use channel::{OutFile, Outbound, RetryScope, SendError};
use domain::{content::Content, ids::MessageId, text::shortened};
use net::Answer;

use crate::{
    reports,
    wire::{Named, NewMessage, OperatorMessage, Recipient},
};

/// After an answer that means "not now" and names no time.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Of an answer's words, as shown to an operator.
const LONGEST_WORDS: usize = 200;

/// Their key against doubles is our message's own id.
pub(crate) fn id(message: MessageId) -> String {
    message.0.to_string()
}

pub(crate) fn message<'a>(
    message: &'a Outbound,
    id: &'a str,
    sender: &'a str,
) -> Result<OperatorMessage<'a>, SendError> {
    let (kind, text, file) = match &message.content {
        Content::Text { text, .. } => ("text", Some(text.as_str()), None),
        Content::Files { files, .. } => match files.as_slice() {
            [picture] => ("photo", None, Some(link(picture)?)),
            _ => return Err(unsupported("one picture a message")),
        },
        Content::Letter { .. }
        | Content::Location { .. }
        | Content::Contact { .. }
        | Content::Form { .. }
        | Content::Unsupported { .. } => return Err(unsupported("texts and pictures alone")),
    };
    Ok(OperatorMessage {
        sender: Named { name: sender },
        recipient: Recipient { id: &message.recipient },
        message: NewMessage { kind, id, text, file },
    })
}

/// Tells the buyer that a message of theirs was read. The document does not say what its `id` names;
/// the message that was read is the one reading under which the id means anything.
pub(crate) fn seen<'a>(
    recipient: &'a str,
    message: &'a str,
    sender: &'a str,
) -> OperatorMessage<'a> {
    OperatorMessage {
        sender: Named { name: sender },
        recipient: Recipient { id: recipient },
        message: NewMessage { kind: "seen", id: message, text: None, file: None },
    }
}

fn link(file: &OutFile) -> Result<&str, SendError> {
    file.link.as_ref().map(url::Url::as_str).ok_or_else(|| SendError::Rejected {
        code: "no_public_address",
        text: "Авто.ру сам забирает картинки, а у этой установки нет публичного адреса".to_owned(),
    })
}

fn unsupported(takes: &str) -> SendError {
    SendError::Rejected { code: "unsupported", text: format!("Auto.ru takes {takes}") }
}

/// What an answer means. Documented are 200, 400 (a syntax error in the request) and 500; what a
/// gateway before it may say besides is read as HTTP has it.
pub(crate) fn outcome(answer: &Answer) -> Result<(), SendError> {
    match answer.status {
        200..=299 => Ok(()),
        401 | 403 => Err(SendError::Disconnected(reports::bad_chat_id())),
        // The method's address is fixed: whoever moves it or does not know it is not Auto.ru's API.
        status @ (300..=399 | 404 | 405 | 410) => {
            Err(SendError::Disconnected(reports::wrong_address(status)))
        }
        // It may have been done; the same id makes trying again harmless.
        status @ (408 | 500..=599) => Err(SendError::Unknown(format!("HTTP {status}"))),
        429 => Err(SendError::Retry {
            after: answer.retry_after.as_deref().and_then(seconds).unwrap_or(PAUSE),
            scope: RetryScope::Channel,
            why: "HTTP 429".to_owned(),
        }),
        413 => Err(SendError::Rejected { code: "too_long", text: refusal(answer) }),
        _ => Err(SendError::Rejected { code: "refused", text: refusal(answer) }),
    }
}

fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs).map(|pause| pause.min(LONGEST_PAUSE))
}

/// Documented answers have no words, so the operator gets what a person can look at.
fn refusal(answer: &Answer) -> String {
    let said = String::from_utf8_lossy(&answer.body);
    let plain: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (status, plain) = (answer.status, shortened(plain.trim(), LONGEST_WORDS));
    let advice = "Если так с каждым сообщением, проверьте Chat ID в настройках канала";
    match plain.as_str() {
        "" => format!("Авто.ру не принял сообщение (HTTP {status}). {advice}"),
        said => format!("Авто.ру не принял сообщение (HTTP {status}: {said}). {advice}"),
    }
}

/// A failure without an answer. Only what never left us was surely not accepted.
pub(crate) fn not_answered(error: net::SendError) -> SendError {
    match error {
        net::SendError::Refused(_) => SendError::Disconnected(reports::inner_address()),
        net::SendError::Unresolved | net::SendError::NotConnected | net::SendError::Certificate => {
            SendError::Retry { after: PAUSE, scope: RetryScope::Channel, why: error.to_string() }
        }
        net::SendError::TimedOut | net::SendError::Broken => SendError::Unknown(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use domain::channel::ChannelState;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: Some("7".to_owned()), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn cv_7_each_answer_names_the_next_move() {
        assert_eq!(outcome(&answer(200, "")), Ok(()));
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(outcome(&answer(status, "")), Err(SendError::Unknown(_))), "{status}");
        }
        let wait = outcome(&answer(429, ""));
        assert!(matches!(wait, Err(SendError::Retry { after, .. }) if after.as_secs() == 7));
        for (status, code) in [(400, "refused"), (422, "refused"), (413, "too_long")] {
            let Err(SendError::Rejected { code: told, text }) = outcome(&answer(status, "no\u{1}"))
            else {
                panic!("{status}")
            };
            assert_eq!(told, code);
            assert!(text.contains(&status.to_string()) && !text.contains('\u{1}'), "{text}");
        }
    }

    #[test]
    fn ch_13_a_dead_chat_id_and_a_wrong_address_stop_the_channel() {
        for (status, state) in [
            (401, ChannelState::BadCredentials),
            (403, ChannelState::BadCredentials),
            (302, ChannelState::Failed),
            (404, ChannelState::Failed),
        ] {
            let Err(SendError::Disconnected(report)) = outcome(&answer(status, "")) else {
                panic!("{status}")
            };
            assert_eq!(report.state, state, "{status}");
            assert!(report.remedy.is_some());
        }
    }
}
