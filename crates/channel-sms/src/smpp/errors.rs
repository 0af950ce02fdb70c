//! Refusals of an SMSC (SMPP 3.4, 5.1.3) as our outcomes, with words that an operator understands.

use std::time::Duration;

use channel::{ConnectError, FieldError, RetryScope, SendError};
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

use super::{session::OpenError, wire::WireError};

const INVALID_BIND_STATUS: u32 = 0x04;
const ALREADY_BOUND: u32 = 0x05;
const BIND_FAILED: u32 = 0x0D;
const INVALID_PASSWORD: u32 = 0x0E;
const INVALID_SYSTEM_ID: u32 = 0x0F;
const THROTTLED: u32 = 0x58;
const QUEUE_FULL: u32 = 0x14;
const SYSTEM_ERROR: u32 = 0x08;
const TRY_LATER: u32 = 0x64;

/// What a refused bind means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindRefusal {
    /// The login or the password is wrong.
    Credentials,
    /// Many SMSCs say so to a wrong login, and also to a session too many, which happens when the
    /// former one is not known to be dead yet.
    Doubtful,
    /// Not now.
    Passing,
    /// Something else.
    Other,
}

impl BindRefusal {
    pub(crate) fn of(status: u32) -> Self {
        match status {
            INVALID_PASSWORD | INVALID_SYSTEM_ID => Self::Credentials,
            BIND_FAILED => Self::Doubtful,
            ALREADY_BOUND | THROTTLED | QUEUE_FULL | SYSTEM_ERROR | TRY_LATER => Self::Passing,
            _ => Self::Other,
        }
    }
}

/// The state of a channel whose bind is refused.
pub(crate) fn refused(status: u32) -> StateReport {
    let code = format!("0x{status:02X}");
    match BindRefusal::of(status) {
        BindRefusal::Credentials => StateReport::new(
            ChannelState::BadCredentials,
            Words::new(
                format!("Провайдер не принял логин или пароль SMPP (код {code})."),
                format!("The provider refused the SMPP login or password (code {code})."),
            ),
            Words::new(
                "Проверьте логин и пароль SMPP: это не данные для входа на сайт провайдера.",
                "Check the SMPP login and password: they are not those of the provider's site.",
            ),
        ),
        BindRefusal::Doubtful => StateReport::new(
            ChannelState::BadCredentials,
            Words::new(
                format!("Провайдер отказал в соединении SMPP (код {code})."),
                format!("The provider refused the SMPP connection (code {code})."),
            ),
            Words::new(
                "Проверьте логин и пароль. Если они верны, спросите провайдера: разрешён ли адрес \
                 этого сервера, не занят ли логин другим соединением, не закрыт ли доступ.",
                "Check login and password. If they are right, ask the provider whether this \
                 server's address is allowed, whether another connection uses the login, and \
                 whether the access is closed.",
            ),
        ),
        BindRefusal::Passing => StateReport::new(
            ChannelState::Interrupted,
            Words::new(
                format!("Провайдер пока не принимает соединение SMPP (код {code})."),
                format!("The provider accepts no SMPP connection at present (code {code})."),
            ),
            Words::new(
                "Ничего делать не нужно: мы попробуем снова. Если это длится, логин занят другой \
                 программой.",
                "Nothing to do: we will try again. If it goes on, another program uses the login.",
            ),
        ),
        BindRefusal::Other => StateReport::new(
            ChannelState::Failed,
            Words::new(
                format!("Провайдер отказал в соединении SMPP (код {code})."),
                format!("The provider refused the SMPP connection (code {code})."),
            ),
            Words::new(
                "Спросите провайдера, что значит этот код, и проверьте настройки SMPP.",
                "Ask the provider what this code means, and check the SMPP settings.",
            ),
        ),
    }
}

/// Why connecting failed.
pub(crate) fn connect_error(error: OpenError) -> ConnectError {
    let field = |name: &str, code, ru: &str, en: &str| {
        ConnectError::Field(FieldError::new(name, code, Words::new(ru, en)))
    };
    match error {
        OpenError::Refused(status) => match BindRefusal::of(status) {
            BindRefusal::Passing => {
                ConnectError::Unreachable(format!("the bind was refused: {status:#04x}"))
            }
            BindRefusal::Credentials | BindRefusal::Doubtful | BindRefusal::Other => {
                ConnectError::Refused(refused(status))
            }
        },
        OpenError::Wire(WireError::UnknownHost) => field(
            "smpp_host",
            "unknown_host",
            "Такого сервера нет. Проверьте имя.",
            "There is no such server. Check the name.",
        ),
        OpenError::Wire(WireError::NotPublic) => field(
            "smpp_host",
            "not_public",
            "Этот адрес не в интернете. Укажите адрес провайдера.",
            "This address is not in the internet. Enter the provider's.",
        ),
        OpenError::Wire(WireError::Tls(_)) => field(
            "smpp_tls",
            "tls_failed",
            "На этом порту нет TLS, или сертификат не подходит к имени сервера. Проверьте порт \
             либо выключите шифрование.",
            "There is no TLS at this port, or the certificate does not fit the server's name. \
             Check the port, or switch the encryption off.",
        ),
        OpenError::Wire(WireError::Unreachable(why)) | OpenError::Broken(why) => {
            ConnectError::Unreachable(why)
        }
    }
}

/// Why a message could not go over a session of its own.
pub(crate) fn cannot_open(error: &OpenError) -> SendError {
    match error {
        OpenError::Refused(status) if BindRefusal::of(*status) == BindRefusal::Credentials => {
            SendError::Disconnected(refused(*status))
        }
        // The listener's own bind tells the channel's state; here it may be one session too many.
        OpenError::Refused(_) | OpenError::Wire(_) | OpenError::Broken(_) => {
            SendError::Retry { after: LATER, scope: RetryScope::Channel, why: error.to_string() }
        }
    }
}

/// What the SMSC's refusal of a message means.
pub(crate) fn submit_error(status: u32) -> SendError {
    let retry = |after| SendError::Retry {
        after,
        scope: RetryScope::Channel,
        why: format!("submit_sm was refused: {status:#04x}"),
    };
    let rejected = |code, text: &str| SendError::Rejected {
        code,
        text: format!("{text} (код провайдера 0x{status:02X})"),
    };
    match status {
        THROTTLED => retry(SOON),
        QUEUE_FULL | SYSTEM_ERROR | TRY_LATER => retry(LATER),
        INVALID_BIND_STATUS => SendError::Disconnected(StateReport::new(
            ChannelState::Failed,
            Words::new(
                "Провайдер не даёт отправлять SMS с этим логином.",
                "The provider lets this login send no SMS.",
            ),
            Words::new(
                "Спросите провайдера, включена ли отправка, и какое соединение нужно.",
                "Ask the provider whether sending is switched on, and which connection it needs.",
            ),
        )),
        0x01 => rejected("too_long", "Провайдер не принимает сообщение такой длины"),
        0x0A | 0x48 | 0x49 => rejected(
            "bad_sender",
            "Провайдер не принимает этого отправителя: проверьте номер канала",
        ),
        0x0B | 0x50 | 0x51 => {
            rejected("not_found", "Провайдер не доставляет на этот номер: проверьте его")
        }
        0x61 | 0x62 => rejected("refused", "Провайдер не принимает время доставки"),
        0x66 | 0x401..=0x4FF => rejected(
            "refused",
            "Провайдер отклонил сообщение: проверьте баланс и разрешённые тексты в его кабинете",
        ),
        _ => rejected("refused", "Провайдер не принял сообщение"),
    }
}

const SOON: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_13_a_refused_bind_says_what_to_do() {
        for (status, state) in [
            (0x0E, ChannelState::BadCredentials),
            (0x0F, ChannelState::BadCredentials),
            (0x0D, ChannelState::BadCredentials),
            (0x05, ChannelState::Interrupted),
            (0x58, ChannelState::Interrupted),
            (0x03, ChannelState::Failed),
        ] {
            let report = refused(status);
            assert_eq!(report.state, state, "{status:#04x}");
            let told = report.reason.is_some_and(|r| r.ru.contains(&format!("0x{status:02X}")));
            assert!(told && report.remedy.is_some(), "{status:#04x}");
        }
    }

    #[test]
    fn cv_7_a_refused_message_names_the_next_move() {
        for status in [0x58, 0x14, 0x08, 0x64] {
            assert!(matches!(submit_error(status), SendError::Retry { .. }), "{status:#04x}");
        }
        for (status, code) in [
            (0x0B, "not_found"),
            (0x0A, "bad_sender"),
            (0x01, "too_long"),
            (0x45, "refused"),
            (0x61, "refused"),
            (0xFF, "refused"),
            (0x0401, "refused"),
        ] {
            let SendError::Rejected { code: found, text } = submit_error(status) else {
                panic!("{status:#04x} is final");
            };
            assert_eq!(found, code);
            assert!(text.contains(&format!("0x{status:02X}")), "{text}");
        }
        assert!(matches!(submit_error(0x04), SendError::Disconnected(_)));
    }

    #[test]
    fn ch_13_a_session_too_many_does_not_condemn_the_password() {
        for status in [0x0D, 0x05] {
            let error = cannot_open(&OpenError::Refused(status));
            assert!(matches!(error, SendError::Retry { .. }), "{status:#04x}");
        }
        let error = cannot_open(&OpenError::Refused(0x0E));
        assert!(matches!(error, SendError::Disconnected(_)));
    }
}
