//! Viber's table of statuses (<https://developers.viber.com/docs/api/rest-bot-api/#error-codes>) and
//! what each means for a message, for connecting and for a channel.

use std::time::Duration;

use channel::{ConnectError, FieldError, RetryScope, SendError};
use domain::channel::StateReport;

use crate::{
    api::{CallError, Refusal},
    reports, settings,
};

/// After an answer that means "not now" without a time.
const PAUSE: Duration = Duration::from_secs(5);

/// A person who does not answer may get 100 messages, counted within an hour
/// (<https://developers.viber.com/docs/api/rest-bot-api/#general-send-message-parameters>). Their
/// answer lifts it, so we look again well before the hour is over.
const ENOUGH_FOR_ONE: Duration = Duration::from_secs(180);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    InvalidUrl,
    InvalidAuthToken,
    BadData,
    MissingData,
    ReceiverNotRegistered,
    ReceiverNotSubscribed,
    PublicAccountBlocked,
    PublicAccountNotFound,
    PublicAccountSuspended,
    WebhookNotSet,
    ReceiverNoSuitableDevice,
    TooManyRequests,
    ApiVersionNotSupported,
    IncompatibleWithVersion,
    NotAuthorized,
    InchatReplyMessageNotAllowed,
    PublicAccountIsNotInline,
    NoPublicChat,
    CannotSendBroadcast,
    BroadcastNotAllowed,
    UnsupportedCountry,
    PaymentUnsupported,
    FreeMessagesExceeded,
    NoBalance,
    /// Newer than the table.
    Other(i64),
}

impl Status {
    pub(crate) fn read(number: i64) -> Self {
        match number {
            1 => Self::InvalidUrl,
            2 => Self::InvalidAuthToken,
            3 => Self::BadData,
            4 => Self::MissingData,
            5 => Self::ReceiverNotRegistered,
            6 => Self::ReceiverNotSubscribed,
            7 => Self::PublicAccountBlocked,
            8 => Self::PublicAccountNotFound,
            9 => Self::PublicAccountSuspended,
            10 => Self::WebhookNotSet,
            11 => Self::ReceiverNoSuitableDevice,
            12 => Self::TooManyRequests,
            13 => Self::ApiVersionNotSupported,
            14 => Self::IncompatibleWithVersion,
            15 => Self::NotAuthorized,
            16 => Self::InchatReplyMessageNotAllowed,
            17 => Self::PublicAccountIsNotInline,
            18 => Self::NoPublicChat,
            19 => Self::CannotSendBroadcast,
            20 => Self::BroadcastNotAllowed,
            21 => Self::UnsupportedCountry,
            22 => Self::PaymentUnsupported,
            23 => Self::FreeMessagesExceeded,
            24 => Self::NoBalance,
            other => Self::Other(other),
        }
    }
}

/// What a refusal says of the bot itself, whatever was asked of it.
pub(crate) fn of_the_bot(refusal: &Refusal) -> Option<StateReport> {
    match refusal.status {
        Status::InvalidAuthToken => Some(reports::bad_token()),
        Status::PublicAccountNotFound => Some(reports::bot_gone()),
        Status::PublicAccountBlocked | Status::PublicAccountSuspended => {
            Some(reports::bot_blocked(&refusal.message))
        }
        _ => None,
    }
}

/// The outcome of a message that was not accepted.
pub(crate) fn send_error(error: CallError) -> SendError {
    match error {
        CallError::NotSent(why) => {
            SendError::Retry { after: PAUSE, scope: RetryScope::Channel, why }
        }
        CallError::Foreign(413) => {
            rejected("too_long", "Сообщение больше, чем принимает Viber.", "HTTP 413")
        }
        CallError::Foreign(http) => SendError::Retry {
            after: PAUSE,
            scope: RetryScope::Channel,
            why: format!("HTTP {http}, not from Viber"),
        },
        CallError::Lost(why) => SendError::Unknown(why),
        CallError::Refused(refusal) => refused_message(&refusal),
    }
}

fn refused_message(refusal: &Refusal) -> SendError {
    if let Some(report) = of_the_bot(refusal) {
        return SendError::Disconnected(report);
    }
    let (code, words) = match refusal.status {
        Status::WebhookNotSet => return SendError::Disconnected(reports::webhook_gone()),
        Status::TooManyRequests => {
            return SendError::Retry {
                after: ENOUGH_FOR_ONE,
                // Viber does not say which limit it was; the one that a company meets is about one
                // person, and nobody else should wait for it.
                scope: RetryScope::Conversation,
                why: format!(
                    "Viber просит подождать: человеку без его ответа можно отправить 100 сообщений \
                     за час (Viber: {})",
                    refusal.message
                ),
            };
        }
        Status::InvalidUrl => {
            ("bad_link", "Viber не смог забрать файл по нашей ссылке. Проверьте публичный адрес.")
        }
        Status::BadData | Status::MissingData => (
            "bad_data",
            "Viber не принял содержимое: проверьте вид файла и его размер. Программы и архивы с \
             ними он не передаёт.",
        ),
        Status::ReceiverNotRegistered => {
            ("not_found", "Viber не знает такого получателя: человек удалил свой аккаунт.")
        }
        Status::ReceiverNotSubscribed => (
            "blocked",
            "Человек не подписан на бота: он отписался или ещё не писал. Ответить можно, когда он \
             напишет сам.",
        ),
        Status::ReceiverNoSuitableDevice
        | Status::ApiVersionNotSupported
        | Status::IncompatibleWithVersion => {
            ("old_client", "Приложение Viber у человека слишком старое для такого сообщения.")
        }
        Status::UnsupportedCountry => {
            ("country", "Viber не доставляет сообщения ботов в страну этого человека.")
        }
        Status::FreeMessagesExceeded => (
            "free_messages_exceeded",
            "Бесплатные сообщения бота за этот месяц кончились. Ответить можно после того, как \
             человек напишет сам, или пополнив счёт бота в Viber.",
        ),
        Status::NoBalance => {
            ("no_balance", "На счёте бота в Viber нет денег. Пополните его и отправьте ещё раз.")
        }
        Status::NotAuthorized
        | Status::InchatReplyMessageNotAllowed
        | Status::PublicAccountIsNotInline
        | Status::NoPublicChat
        | Status::CannotSendBroadcast
        | Status::BroadcastNotAllowed
        | Status::PaymentUnsupported => ("forbidden", "Viber не разрешает боту такие сообщения."),
        Status::InvalidAuthToken
        | Status::PublicAccountNotFound
        | Status::PublicAccountBlocked
        | Status::PublicAccountSuspended
        | Status::Other(_) => ("refused", "Viber не принял сообщение."),
    };
    rejected(code, words, &refusal.message)
}

/// Ours and the service's own words: the first for the operator, the second for whoever asks Viber.
pub(crate) fn rejected(code: &'static str, words: &str, theirs: &str) -> SendError {
    let text = match theirs {
        "" => words.to_owned(),
        theirs => format!("{words} (Viber: {theirs})"),
    };
    SendError::Rejected { code, text }
}

/// Why connecting failed, beside the field that a person should look at.
pub(crate) fn connect_error(error: CallError, own_base_url: bool) -> ConnectError {
    match error {
        CallError::Refused(refusal) if refusal.status == Status::InvalidAuthToken => {
            ConnectError::Field(FieldError::new(
                settings::TOKEN,
                "bad_token",
                reports::bad_token_words(),
            ))
        }
        CallError::Refused(refusal) if refusal.status == Status::TooManyRequests => {
            ConnectError::Unreachable(refusal.message)
        }
        CallError::Refused(refusal) => ConnectError::Refused(match of_the_bot(&refusal) {
            Some(report) => report,
            None if refusal.status == Status::InvalidUrl => {
                reports::webhook_refused(&refusal.message)
            }
            None => reports::refused_connecting(&refusal.message),
        }),
        CallError::Foreign(http) if own_base_url => {
            ConnectError::Field(settings::no_viber_there(http))
        }
        CallError::Foreign(http) => {
            ConnectError::Unreachable(format!("HTTP {http}, not from Viber"))
        }
        CallError::NotSent(why) | CallError::Lost(why) => ConnectError::Unreachable(why),
    }
}

#[cfg(test)]
mod tests {
    use domain::channel::ChannelState;

    use super::*;

    fn refused(number: i64) -> SendError {
        let status = Status::read(number);
        send_error(CallError::Refused(Refusal { status, message: "theirs".to_owned() }))
    }

    #[test]
    fn ch_7_the_whole_table_names_the_next_move() {
        for (number, expected) in [
            (1, "bad_link"),
            (3, "bad_data"),
            (4, "bad_data"),
            (5, "not_found"),
            (6, "blocked"),
            (11, "old_client"),
            (13, "old_client"),
            (14, "old_client"),
            (15, "forbidden"),
            (16, "forbidden"),
            (17, "forbidden"),
            (18, "forbidden"),
            (19, "forbidden"),
            (20, "forbidden"),
            (21, "country"),
            (22, "forbidden"),
            (23, "free_messages_exceeded"),
            (24, "no_balance"),
            (99, "refused"),
            (-1, "refused"),
        ] {
            let SendError::Rejected { code, text } = refused(number) else { panic!("{number}") };
            assert_eq!(code, expected, "{number}");
            assert!(text.ends_with("(Viber: theirs)"), "{text}");
        }
        for (number, expected) in [
            (2, ChannelState::BadCredentials),
            (7, ChannelState::Failed),
            (8, ChannelState::Failed),
            (9, ChannelState::Failed),
            (10, ChannelState::Failed),
        ] {
            let SendError::Disconnected(report) = refused(number) else { panic!("{number}") };
            assert_eq!(report.state, expected, "{number}");
            assert!(report.reason.is_some() && report.remedy.is_some());
        }
        let SendError::Retry { scope, .. } = refused(12) else { panic!("12") };
        assert_eq!(scope, RetryScope::Conversation, "one person's limit stops nobody else");
    }

    #[test]
    fn cv_7_what_was_surely_not_accepted_is_tried_again_and_the_rest_is_uncertain() {
        for error in [CallError::NotSent("x".to_owned()), CallError::Foreign(404)] {
            let outcome = send_error(error);
            assert!(matches!(outcome, SendError::Retry { scope: RetryScope::Channel, .. }));
        }
        assert!(matches!(send_error(CallError::Lost("x".to_owned())), SendError::Unknown(_)));
    }
}
