//! What Avito's refusals mean for a message, for a channel and for a file.

use std::time::Duration;

use channel::{ConnectError, FetchError, ListenError, RenewError, RetryScope, SendError};
use domain::channel::StateReport;

use crate::{
    call::{CallError, Refusal},
    reports,
};

const PAUSE: Duration = Duration::from_secs(5);

/// The outcome of a message that was not answered with success.
pub(crate) fn send_error(error: CallError) -> SendError {
    let retry = |after, why| SendError::Retry { after, scope: RetryScope::Channel, why };
    match error {
        CallError::NoAccess(error) => error.into(),
        // Limits are the account's, by the minute.
        CallError::Busy(after) => retry(after, "too many calls in this minute".to_owned()),
        CallError::NotSent(why) => retry(PAUSE, why),
        CallError::Lost(why) | CallError::Fault(why) => SendError::Unknown(why),
        CallError::Refused(refusal) => refused_message(refusal),
    }
}

pub(crate) fn refused_message(refusal: Refusal) -> SendError {
    let code = match refusal.status {
        404 => "not_found",
        403 => "forbidden",
        402 => "payment_required",
        413 => "file_too_large",
        _ => "refused",
    };
    let text = match refusal.status {
        404 => format!("Чат на Авито не найден: {}", refusal.message),
        403 => format!("Авито не пускает в этот чат: {}", refusal.message),
        _ => refusal.message,
    };
    SendError::Rejected { code, text }
}

/// Why connecting failed.
pub(crate) fn connect_error(error: CallError) -> ConnectError {
    match error {
        CallError::NoAccess(error) => error.into(),
        CallError::Busy(after) => {
            ConnectError::Unreachable(format!("too many calls, wait {after:?}"))
        }
        CallError::NotSent(why) | CallError::Lost(why) | CallError::Fault(why) => {
            ConnectError::Unreachable(why)
        }
        CallError::Refused(refusal) => ConnectError::Refused(reports::not_allowed(&refusal)),
    }
}

/// Why the webhook was not registered.
pub(crate) fn hook_error(error: CallError) -> ConnectError {
    match error {
        CallError::Refused(refusal) if !matches!(refusal.status, 401..=403) => {
            ConnectError::Refused(reports::hook_refused(&refusal.message))
        }
        error => connect_error(error),
    }
}

/// What a failed look at the account says about the channel; nothing where it says nothing.
pub(crate) fn state_of(error: CallError) -> Option<StateReport> {
    match error {
        CallError::NoAccess(RenewError::Refused(report)) => Some(report),
        CallError::Busy(_) | CallError::NoAccess(RenewError::Later { .. }) => None,
        CallError::NotSent(_) | CallError::Lost(_) | CallError::Fault(_) => {
            Some(reports::unreachable())
        }
        CallError::Refused(refusal) if matches!(refusal.status, 401..=403) => {
            Some(reports::not_allowed(&refusal))
        }
        CallError::Refused(refusal) => Some(reports::hook_refused(&refusal.message)),
    }
}

/// Why a listener ends.
pub(crate) fn listen_error(error: CallError) -> ListenError {
    match error {
        CallError::NoAccess(RenewError::Refused(report)) => ListenError::Stopped(report),
        CallError::NoAccess(error) => ListenError::Interrupted(error.to_string()),
        CallError::Refused(refusal) if matches!(refusal.status, 401..=403) => {
            ListenError::Stopped(reports::not_allowed(&refusal))
        }
        CallError::Refused(refusal) => {
            ListenError::Interrupted(format!("{}: {}", refusal.status, refusal.message))
        }
        CallError::Busy(after) => ListenError::Interrupted(format!("too many calls, {after:?}")),
        CallError::NotSent(why) | CallError::Lost(why) | CallError::Fault(why) => {
            ListenError::Interrupted(why)
        }
    }
}

/// Why something was not fetched.
pub(crate) fn fetch_error(error: CallError) -> FetchError {
    let retry = |after, why| FetchError::Retry { after, why };
    match error {
        CallError::NoAccess(error) => error.into(),
        CallError::Busy(after) => retry(after, "too many calls in this minute".to_owned()),
        CallError::NotSent(why) | CallError::Lost(why) | CallError::Fault(why) => retry(PAUSE, why),
        CallError::Refused(Refusal { status: 401..=403, message }) => {
            retry(Duration::from_secs(300), message)
        }
        CallError::Refused(refusal) => FetchError::Gone(refusal.message),
    }
}
