//! What a provider's refusal means for a message, for a channel and for a listener.

use std::time::Duration;

use channel::{ConnectError, FieldError, ListenError, RetryScope, SendError};
use domain::{channel::StateReport, text::Words};

use super::{account, reports};

/// After an answer that means "not now" without a time.
const PAUSE: Duration = Duration::from_secs(5);

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// The key or the password is wrong.
    BadKey,
    /// Nothing goes out until somebody pays.
    NoMoney,
    /// The account does not work in another way that a person must mend.
    Closed(StateReport),
    /// This message, or this question, is refused for good.
    Refused {
        code: &'static str,
        /// Words for the operator.
        text: String,
    },
    /// Surely not done; later it may be.
    Busy { after: Duration, scope: RetryScope, why: String },
    /// Nothing reached the provider: surely not done.
    NotSent(String),
    /// It may have been done: the answer was lost or cannot be read.
    Lost(String),
}

impl Fault {
    pub(super) fn refused(code: &'static str, text: impl Into<String>) -> Self {
        Self::Refused { code, text: text.into() }
    }
}

/// The outcome of a message.
pub(super) fn send_error(fault: Fault) -> SendError {
    match fault {
        Fault::BadKey => SendError::Disconnected(reports::bad_key()),
        Fault::NoMoney => SendError::Disconnected(reports::no_money()),
        Fault::Closed(report) => SendError::Disconnected(report),
        Fault::Refused { code, text } => SendError::Rejected { code, text },
        Fault::Busy { after, scope, why } => SendError::Retry { after, scope, why },
        Fault::NotSent(why) => SendError::Retry { after: PAUSE, scope: RetryScope::Channel, why },
        Fault::Lost(why) => SendError::Unknown(why),
    }
}

/// Why connecting failed, beside the field that a person should look at.
pub(super) fn connect_error(fault: Fault, own_base_url: bool) -> ConnectError {
    match fault {
        Fault::BadKey => ConnectError::Field(FieldError::new(
            account::KEY,
            "bad_key",
            Words::new(
                "Провайдер не принял логин и ключ. Скопируйте их заново из личного кабинета.",
                "The provider did not accept the login and the key. Copy them again from its site.",
            ),
        )),
        Fault::NoMoney => ConnectError::Refused(reports::no_money()),
        Fault::Closed(report) => ConnectError::Refused(report),
        Fault::Refused { text, .. } => ConnectError::Refused(reports::refused(&text)),
        Fault::Lost(_) if own_base_url => ConnectError::Field(FieldError::new(
            account::BASE_URL,
            "not_the_provider",
            Words::new(
                "По этому адресу отвечает не провайдер. Проверьте адрес или оставьте поле пустым.",
                "It is not the provider who answers at this address. Check it, or leave it empty.",
            ),
        )),
        Fault::Busy { why, .. } | Fault::NotSent(why) | Fault::Lost(why) => {
            ConnectError::Unreachable(why)
        }
    }
}

/// What an inspection found; `None` where it told nothing of the account.
pub(super) fn state(fault: Fault) -> Option<StateReport> {
    match fault {
        Fault::BadKey => Some(reports::bad_key()),
        Fault::NoMoney => Some(reports::no_money()),
        Fault::Closed(report) => Some(report),
        Fault::NotSent(_) | Fault::Lost(_) => Some(reports::unreachable()),
        Fault::Refused { .. } | Fault::Busy { .. } => None,
    }
}

/// Why a listener ends.
pub(super) fn listen_error(fault: Fault) -> ListenError {
    match fault {
        Fault::BadKey => ListenError::Stopped(reports::bad_key()),
        Fault::Closed(report) if !report.state.sends() => ListenError::Stopped(report),
        Fault::Closed(_) => ListenError::Interrupted("the provider lets nobody in".to_owned()),
        Fault::NoMoney => ListenError::Interrupted("no money on the account".to_owned()),
        Fault::Refused { text: why, .. }
        | Fault::Busy { why, .. }
        | Fault::NotSent(why)
        | Fault::Lost(why) => ListenError::Interrupted(why),
    }
}
