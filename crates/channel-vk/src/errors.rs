//! What VK's refusals mean for a message, for a channel and for a file.
//!
//! Codes: <https://dev.vk.com/ru/reference/errors>.

use std::time::Duration;

use channel::{ConnectError, FetchError, FieldError, ListenError, RetryScope, SendError};
use domain::text::Words;

use crate::{
    api::{CallError, Refusal},
    reports, settings,
};

/// After an answer that means "not now" without a time.
const PAUSE: Duration = Duration::from_secs(5);
/// More than 20 calls in a second.
const SECOND: Duration = Duration::from_secs(1);
/// The same thing too often; VK names no time.
const FLOOD: Duration = Duration::from_secs(60);
/// A limit of a day.
const DAY_LIMIT: Duration = Duration::from_secs(1800);

/// The key is of no use any more: 5 and 27 for one that was deleted, 28 and 1117 for one that is no
/// community's or has run out.
pub(crate) fn is_dead_token(refusal: &Refusal) -> bool {
    matches!(refusal.code, 5 | 27 | 28 | 1117)
}

/// A right of the key is missing, or the community's messages are off.
pub(crate) fn is_about_rights(error: &CallError) -> bool {
    matches!(error, CallError::Refused(Refusal { code: 7 | 15 | 20 | 21, .. }))
}

/// VK says in words, not by code, that community messages are switched off.
pub(crate) fn says_messages_off(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("messages are disabled") || text.contains("messages disabled")
}

/// The outcome of a message that was not answered with success. `Lost` and VK's own stumbles may
/// have been accepted, which is no matter: a repeat has the same `random_id`.
pub(crate) fn send_error(error: CallError) -> SendError {
    match error {
        CallError::NotSent(why) => later(PAUSE, RetryScope::Channel, why),
        CallError::Foreign(413) => rejected("file_too_large", "Request Entity Too Large"),
        CallError::Foreign(status) => {
            later(PAUSE, RetryScope::Channel, format!("HTTP {status}, not from VK"))
        }
        CallError::Lost(why) => SendError::Unknown(why),
        CallError::Refused(refusal) if is_dead_token(&refusal) => {
            SendError::Disconnected(reports::bad_token())
        }
        CallError::Refused(Refusal { code, text }) => refused(code, text),
    }
}

/// As [`send_error`], for calls before the message itself: nothing of it was handed over.
pub(crate) fn prepare_error(error: CallError) -> SendError {
    match send_error(error) {
        SendError::Unknown(why) => later(PAUSE, RetryScope::Conversation, why),
        other => other,
    }
}

fn refused(code: i64, text: String) -> SendError {
    let why = format!("{code} {text}");
    match code {
        1 | 10 | 13 | 36 => SendError::Unknown(why),
        6 => later(SECOND, RetryScope::Channel, why),
        9 | 32 | 944 => later(FLOOD, RetryScope::Conversation, why),
        14 | 24 | 43 | 3300 => later(FLOOD, RetryScope::Channel, why),
        29 | 103 => later(DAY_LIMIT, RetryScope::Channel, why),
        // The right is there but the person's dialogue is closed to us; a missing right was looked
        // for before.
        15 if says_messages_off(&text) => SendError::Disconnected(reports::messages_off(&text)),
        _ => rejected(rejection(code), &in_words(code, &text)),
    }
}

/// `blocked` also marks the person as not reachable, until they allow messages or write.
fn rejection(code: i64) -> &'static str {
    match code {
        18 | 37 | 900 | 901 | 902 | 3610 => "blocked",
        22 | 105 | 121 | 129 => "file_refused",
        7 | 15 | 20 | 21 => "forbidden",
        104 | 113 | 917 | 922 | 927 | 935 | 936 | 945 | 946 => "not_found",
        909 | 924 => "too_late",
        910 | 914 | 940 => "too_long",
        950 => "window_closed",
        _ => "refused",
    }
}

/// VK's own words with what they mean for whoever wrote the message.
fn in_words(code: i64, text: &str) -> String {
    let meaning = match code {
        18 | 3610 => "страница удалена или заблокирована",
        900 => "человек в чёрном списке сообщества",
        901 => "человек ещё не писал сообществу или запретил сообщения; он должен написать первым",
        902 => "человек закрыл сообщения в настройках приватности",
        909 => "сообщение слишком старое, чтобы его менять",
        912 => "включите «Возможности ботов» в настройках сообщений сообщества",
        914 | 910 => "сообщение слишком длинное",
        917 | 922 | 935 | 945 | 946 => "диалог недоступен",
        924 => "сообщение уже нельзя удалить у собеседника",
        950 => "время, в которое можно ответить, истекло",
        _ => "",
    };
    match (meaning, text) {
        ("", _) => format!("{text} ({code})"),
        (meaning, "") => format!("{meaning} ({code})"),
        (meaning, text) => format!("{meaning}: {text} ({code})"),
    }
}

fn later(after: Duration, scope: RetryScope, why: String) -> SendError {
    SendError::Retry { after, scope, why }
}

fn rejected(code: &'static str, text: &str) -> SendError {
    SendError::Rejected { code, text: text.to_owned() }
}

/// Why connecting failed, beside the field that a person should look at.
pub(crate) fn connect_error(error: CallError, own_base_url: bool) -> ConnectError {
    match error {
        CallError::Refused(refusal) if is_dead_token(&refusal) => ConnectError::Field(
            FieldError::new(settings::TOKEN, "bad_token", reports::bad_token_words()),
        ),
        CallError::Refused(Refusal { code: 1 | 6 | 9 | 10 | 13 | 14 | 29 | 36 | 43, text }) => {
            ConnectError::Unreachable(text)
        }
        CallError::Refused(Refusal { code: 2000, .. }) => {
            ConnectError::Refused(reports::no_room_for_a_server())
        }
        CallError::Refused(Refusal { code: 15, text }) if says_messages_off(&text) => {
            ConnectError::Refused(reports::messages_off(&text))
        }
        CallError::Refused(Refusal { code, text }) => {
            ConnectError::Refused(reports::refused_connecting(code, &text))
        }
        CallError::Foreign(status) if own_base_url => ConnectError::Field(FieldError::new(
            settings::BASE_URL,
            "not_vk",
            Words::new(
                format!(
                    "По этому адресу отвечает не API ВКонтакте (HTTP {status}). Проверьте адрес."
                ),
                format!("This address is not VK's API (HTTP {status}). Check it."),
            ),
        )),
        CallError::Foreign(status) => {
            ConnectError::Unreachable(format!("HTTP {status}, not from VK"))
        }
        CallError::NotSent(why) | CallError::Lost(why) => ConnectError::Unreachable(why),
    }
}

/// Why a listener ends.
pub(crate) fn listen_error(error: CallError) -> ListenError {
    match error {
        CallError::Refused(refusal) if is_dead_token(&refusal) => {
            ListenError::Stopped(reports::bad_token())
        }
        CallError::Refused(Refusal { code: 15, text }) if says_messages_off(&text) => {
            ListenError::Stopped(reports::messages_off(&text))
        }
        CallError::Refused(Refusal { code, text }) => {
            ListenError::Interrupted(format!("{code} {text}"))
        }
        CallError::NotSent(why) | CallError::Lost(why) => ListenError::Interrupted(why),
        CallError::Foreign(status) => {
            ListenError::Interrupted(format!("HTTP {status}, not from VK"))
        }
    }
}

/// Why something that is only looked up did not come.
pub(crate) fn fetch_error(error: CallError) -> FetchError {
    match error {
        CallError::Refused(Refusal { code: 1 | 6 | 9 | 10 | 13 | 14 | 36, text }) => {
            FetchError::Retry { after: PAUSE, why: text }
        }
        CallError::Refused(refusal) if is_dead_token(&refusal) => {
            FetchError::Retry { after: Duration::from_secs(300), why: "no access".to_owned() }
        }
        CallError::Refused(Refusal { code: 29, text }) => {
            FetchError::Retry { after: DAY_LIMIT, why: text }
        }
        CallError::Refused(Refusal { code, text }) => FetchError::Gone(format!("{text} ({code})")),
        CallError::Foreign(status @ (400 | 401 | 403 | 404 | 410)) => {
            FetchError::Gone(format!("HTTP {status}"))
        }
        CallError::Foreign(status) => {
            FetchError::Retry { after: PAUSE, why: format!("HTTP {status}") }
        }
        CallError::NotSent(why) | CallError::Lost(why) => FetchError::Retry { after: PAUSE, why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_7_each_refusal_names_the_next_move() {
        let seen = |code: i64, text: &str| {
            let error = CallError::Refused(Refusal { code, text: text.to_owned() });
            match send_error(error) {
                SendError::Retry { after, scope, .. } => {
                    format!("retry {} {scope:?}", after.as_secs())
                }
                SendError::Rejected { code, .. } => code.to_owned(),
                SendError::Disconnected(report) => format!("{:?}", report.state),
                SendError::Unknown(_) => "unknown".to_owned(),
            }
        };
        for (code, text, expected) in [
            (5, "User authorization failed", "BadCredentials"),
            (27, "Group authorization failed", "BadCredentials"),
            (6, "Too many requests per second", "retry 1 Channel"),
            (9, "Flood control", "retry 60 Conversation"),
            (10, "Internal server error", "unknown"),
            (14, "Captcha needed", "retry 60 Channel"),
            (29, "Rate limit reached", "retry 1800 Channel"),
            (15, "Access denied: group messages are disabled", "Failed"),
            (15, "Access denied", "forbidden"),
            (7, "Permission to perform this action is denied", "forbidden"),
            (100, "One of the parameters specified was missing or invalid", "refused"),
            (900, "Can't send messages for users from blacklist", "blocked"),
            (901, "Can't send messages for users without permission", "blocked"),
            (902, "privacy settings", "blocked"),
            (911, "Keyboard format is invalid", "refused"),
            (912, "This is a chat bot feature", "refused"),
            (914, "Message is too long", "too_long"),
            (917, "You don't have access to this chat", "not_found"),
            (950, "Can't send message, reply timed out", "window_closed"),
            (987_654, "a code of tomorrow", "refused"),
        ] {
            assert_eq!(seen(code, text), expected, "{code}");
        }
    }

    #[test]
    fn cv_7_before_the_message_itself_nothing_is_uncertain() {
        let lost = CallError::Lost("no answer".to_owned());
        assert!(matches!(send_error(lost.clone()), SendError::Unknown(_)));
        assert!(matches!(prepare_error(lost), SendError::Retry { .. }));
    }
}
