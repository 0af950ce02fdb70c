//! Messages out: a text into `submit_sm`s, and the SMSC's answers into an outcome.

use std::time::Duration;

use channel::{OutFile, RetryScope, SendError, Sent};
use domain::{content::Content, delivery::DeliveryStatus, ids::MessageId};
use rusmpp::pdus::SubmitSm;
use tokio::time::sleep;

use super::{
    account::{Account, Long},
    address, coding, errors,
    ids::IdForm,
    pdu::{self, Body, Frame},
    session::{CallError, Link},
    udh::{self, Part},
};

/// Tries of a further part that is throttled: the first is with the customer already.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_secs(2);
/// Nothing was handed over.
const SHORTLY: Duration = Duration::from_secs(5);

/// What goes over the wire for a message. `reference` tells its parts from other messages'.
pub(crate) fn prepare(
    account: &Account,
    recipient: &str,
    content: &Content<OutFile>,
    reference: u16,
) -> Result<Vec<SubmitSm>, SendError> {
    let Content::Text { text, .. } = content else {
        return Err(SendError::Rejected {
            code: "unsupported",
            text: "В SMS можно отправить только текст".to_owned(),
        });
    };
    let to = address::destination(recipient).ok_or_else(|| SendError::Rejected {
        code: "not_found",
        text: "На это имя нельзя ответить: это не номер телефона".to_owned(),
    })?;
    let whole = account.long == Long::Payload;
    let encoded = match whole {
        true => coding::encode_whole(text, account.alphabet),
        false => coding::encode(text, account.alphabet),
    };
    let total = u8::try_from(encoded.parts.len()).map_err(|_| too_long())?;
    (1..=total)
        .zip(encoded.parts)
        .map(|(number, octets)| {
            let body = match (account.long, total) {
                (Long::Payload, _) => Body::Payload(octets),
                (Long::Udh | Long::Sar, 1) => Body::Plain(octets),
                (Long::Udh, _) => {
                    let [reference, _] = reference.to_le_bytes();
                    let header = udh::write(reference, total, number);
                    Body::Headed([&header[..], &octets].concat())
                }
                (Long::Sar, _) => Body::Sar(octets, Part { reference, total, number }),
            };
            pdu::submit(&account.sender.address, &to, encoded.data_coding, body)
                .map_err(|error| SendError::Rejected { code: "refused", text: error.to_string() })
        })
        .collect()
}

fn too_long() -> SendError {
    SendError::Rejected {
        code: "too_long", text: "Сообщение слишком длинное для SMS".to_owned()
    }
}

/// Hands the parts in, one after the other, so that a refusal of the first is a refusal of all.
///
/// Where a later part is surely not accepted, the whole is tried again: a phone shows a message when
/// it has all its parts, and the new try has a reference of its own.
pub(crate) async fn hand_in(
    link: &Link,
    ids: IdForm,
    message: MessageId,
    parts: Vec<SubmitSm>,
) -> Result<Sent, SendError> {
    let mut accepted: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        let mut tries = 1;
        let id = loop {
            let outcome = outcome(link.submit(part.clone()).await);
            let throttled = matches!(outcome, Err(SendError::Retry { .. }));
            if !throttled || accepted.is_empty() || tries == TRIES || link.is_closed() {
                break outcome?;
            }
            tries += 1;
            sleep(BETWEEN_TRIES).await;
        };
        accepted.push(match id.is_empty() {
            // Nothing will be heard of it; it needs an id all the same.
            true => format!("without-id-{}-{}", message.0, accepted.len()),
            false => ids.of_answer(&id),
        });
    }
    let first = accepted.first().cloned().unwrap_or_default();
    let parts = if accepted.len() > 1 { accepted } else { Vec::new() };
    Ok(Sent { parts, status: DeliveryStatus::Sent, ..Sent::new(first) })
}

/// The SMSC's id, or what to do.
fn outcome(answer: Result<Frame, CallError>) -> Result<String, SendError> {
    match answer {
        Ok(frame) if frame.status == 0 && frame.id != pdu::GENERIC_NACK => Ok(frame.message_id()),
        Ok(frame) => Err(errors::submit_error(frame.status)),
        Err(error @ CallError::NotSent(_)) => Err(SendError::Retry {
            after: SHORTLY,
            scope: RetryScope::Channel,
            why: error.to_string(),
        }),
        Err(error @ CallError::Lost(_)) => Err(SendError::Unknown(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(id: u32, status: u32) -> Result<Frame, CallError> {
        Ok(Frame { id, status, sequence: 1, body: Bytes::from_static(b"7cf3\0") })
    }

    #[test]
    fn cv_7_an_answer_decides() {
        assert_eq!(outcome(answer(0x8000_0004, 0)), Ok("7cf3".to_owned()));
        assert!(matches!(outcome(answer(0x8000_0004, 0x58)), Err(SendError::Retry { .. })));
        assert!(matches!(outcome(answer(0x8000_0000, 0x03)), Err(SendError::Rejected { .. })));
        assert!(matches!(outcome(Err(CallError::Lost("x"))), Err(SendError::Unknown(_))));
        assert!(matches!(outcome(Err(CallError::NotSent("x"))), Err(SendError::Retry { .. })));
    }
}
