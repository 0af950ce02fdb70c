//! What the Bot API's refusals mean for a message, for a channel and for a file.
//!
//! Codes and descriptions: <https://github.com/tdlib/telegram-bot-api>, `Client.cpp`. Descriptions
//! are compared in lower case and by their stable middle part.

use std::time::Duration;

use channel::{ConnectError, FetchError, FieldError, ListenError, RetryScope, SendError};
use domain::text::Words;

use crate::{
    api::{CallError, Refusal},
    reports, settings,
};

/// Waits up to this long are a chat's; longer ones the bot's. Telegram does not say which of its
/// limits was hit, but the one per chat is about a message a second
/// (<https://core.telegram.org/bots/faq>), so its waits are short.
const CHAT_WAIT: Duration = Duration::from_secs(5);

/// After an answer that means "not now" without a time.
const PAUSE: Duration = Duration::from_secs(5);

/// The outcome of a message that was not answered with success.
pub(crate) fn send_error(error: CallError) -> SendError {
    match error {
        CallError::NotSent(why) => {
            SendError::Retry { after: PAUSE, scope: RetryScope::Channel, why }
        }
        CallError::Foreign(413) => SendError::Rejected {
            code: "file_too_large",
            text: "Request Entity Too Large".to_owned(),
        },
        CallError::Foreign(status) => SendError::Retry {
            after: PAUSE,
            scope: RetryScope::Channel,
            why: format!("HTTP {status}, not from the Bot API"),
        },
        CallError::Lost(why) => SendError::Unknown(why),
        CallError::Refused(refusal) => refused_message(refusal),
    }
}

/// 401 for a revoked token, a bare 404 for one that never was; "Not Found: method not found" is an
/// old Bot API server.
pub(crate) fn is_dead_token(refusal: &Refusal) -> bool {
    match refusal.code {
        401 => true,
        404 => !refusal.description.to_lowercase().contains("method"),
        _ => false,
    }
}

fn refused_message(refusal: Refusal) -> SendError {
    if is_dead_token(&refusal) {
        return SendError::Disconnected(reports::bad_token());
    }
    let Refusal { code, description, retry_after, migrated } = refusal;
    match code {
        504 => SendError::Unknown(format!("{code} {description}")),
        429 => {
            let after = retry_after.unwrap_or(PAUSE);
            let scope =
                if after <= CHAT_WAIT { RetryScope::Conversation } else { RetryScope::Channel };
            SendError::Retry { after, scope, why: description }
        }
        500..=599 => SendError::Retry {
            after: retry_after.unwrap_or(PAUSE),
            // Not the channel: one message that the server stumbles over must not stop the others.
            scope: RetryScope::Conversation,
            why: format!("{code} {description}"),
        },
        _ if migrated => SendError::Rejected { code: "migrated", text: description },
        _ => SendError::Rejected { code: rejection(code, &description), text: description },
    }
}

fn rejection(code: u16, description: &str) -> &'static str {
    let text = description.to_lowercase();
    let has = |part: &str| text.contains(part);
    if code == 403 {
        return match () {
            () if has("can't initiate") => "not_started",
            () if has("blocked by the user") || has("user is deactivated") => "blocked",
            () => "forbidden",
        };
    }
    match () {
        () if has("chat not found") || has("user not found") => "not_found",
        () if has("too long") => "too_long",
        () if code == 413 || has("too big") || has("too large") => "file_too_large",
        () if has("is empty") || has("must be non-empty") => "empty",
        () if has("business") => "business",
        () => "refused",
    }
}

/// Telegram could not make a picture of the file; as a document it goes.
pub(crate) fn is_bad_picture(error: &CallError) -> bool {
    let CallError::Refused(Refusal { code: 400, description, .. }) = error else { return false };
    let text = description.to_lowercase();
    [
        "photo_invalid_dimensions",
        "image_process_failed",
        "photo_save_file_invalid",
        "photo_ext_invalid",
    ]
    .iter()
    .any(|part| text.contains(part))
}

/// Why connecting failed, beside the field that a person should look at.
pub(crate) fn connect_error(error: CallError, own_base_url: bool) -> ConnectError {
    match error {
        CallError::Refused(refusal) if is_dead_token(&refusal) => ConnectError::Field(
            FieldError::new(settings::TOKEN, "bad_token", reports::bad_token_words()),
        ),
        CallError::Refused(Refusal { code: 429 | 500..=599, description, .. }) => {
            ConnectError::Unreachable(description)
        }
        CallError::Refused(Refusal { description, .. }) => {
            ConnectError::Refused(reports::refused_connecting(&description))
        }
        CallError::Foreign(status) if own_base_url => ConnectError::Field(FieldError::new(
            settings::BASE_URL,
            "not_bot_api",
            Words::new(
                format!(
                    "По этому адресу отвечает не сервер Bot API (HTTP {status}). Проверьте адрес."
                ),
                format!("This address is no Bot API server (HTTP {status}). Check it."),
            ),
        )),
        CallError::Foreign(status) => {
            ConnectError::Unreachable(format!("HTTP {status}, not from the Bot API"))
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
        CallError::Refused(Refusal { code: 409, description, .. })
            if description.to_lowercase().contains("webhook") =>
        {
            ListenError::Stopped(reports::taken_by_webhook())
        }
        CallError::Refused(Refusal { code, description, .. }) => {
            ListenError::Interrupted(format!("{code} {description}"))
        }
        CallError::NotSent(why) | CallError::Lost(why) => ListenError::Interrupted(why),
        CallError::Foreign(status) => {
            ListenError::Interrupted(format!("HTTP {status}, not from the Bot API"))
        }
    }
}

/// Why a file is not there.
pub(crate) fn fetch_error(error: CallError) -> FetchError {
    match error {
        CallError::Refused(Refusal { code: 400, description, .. })
            if description.to_lowercase().contains("too big") =>
        {
            FetchError::TooLarge
        }
        // A dead token may be replaced: the file is still at Telegram then.
        CallError::Refused(Refusal {
            code: 401 | 429 | 500..=599,
            retry_after,
            description,
            ..
        }) => FetchError::Retry { after: retry_after.unwrap_or(PAUSE), why: description },
        CallError::Refused(Refusal { description, .. }) => FetchError::Gone(description),
        CallError::Foreign(404 | 410) => {
            FetchError::Gone("Telegram no longer keeps the file".to_owned())
        }
        CallError::Foreign(status) => {
            FetchError::Retry { after: PAUSE, why: format!("HTTP {status}") }
        }
        CallError::NotSent(why) | CallError::Lost(why) => FetchError::Retry { after: PAUSE, why },
    }
}

#[cfg(test)]
mod tests {
    use domain::channel::ChannelState;

    use super::*;

    fn refusal(code: u16, description: &str, retry_after: Option<u64>) -> CallError {
        CallError::Refused(Refusal {
            code,
            description: description.to_owned(),
            retry_after: retry_after.map(Duration::from_secs),
            migrated: false,
        })
    }

    #[test]
    fn cv_7_a_final_refusal_has_a_stable_code() {
        for (code, text, expected) in [
            (400, "Bad Request: chat not found", "not_found"),
            (400, "Bad Request: message is too long", "too_long"),
            (400, "Bad Request: message caption is too long", "too_long"),
            (400, "Bad Request: message text is empty", "empty"),
            (400, "Bad Request: file is too big", "file_too_large"),
            (413, "Request Entity Too Large", "file_too_large"),
            (403, "Forbidden: bot was blocked by the user", "blocked"),
            (403, "Forbidden: user is deactivated", "blocked"),
            (403, "Forbidden: bot can't initiate conversation with a user", "not_started"),
            (403, "Forbidden: bot can't send messages to bots", "forbidden"),
            (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", "refused"),
        ] {
            let error = send_error(refusal(code, text, None));
            let SendError::Rejected { code, text: shown } = error else {
                panic!("{text}: {error}")
            };
            assert_eq!((code, shown.as_str()), (expected, text));
        }
    }

    #[test]
    fn cv_7_short_waits_are_a_chats_and_long_ones_the_bots() {
        for (seconds, expected) in [(1, RetryScope::Conversation), (30, RetryScope::Channel)] {
            let error = send_error(refusal(429, "Too Many Requests", Some(seconds)));
            let SendError::Retry { after, scope, .. } = error else { panic!("{error}") };
            assert_eq!((after.as_secs(), scope), (seconds, expected));
        }
    }

    #[test]
    fn ch_13_a_dead_token_stops_the_channel_not_the_message() {
        for (code, text) in [(401, "Unauthorized"), (404, "Not Found")] {
            let error = send_error(refusal(code, text, None));
            let SendError::Disconnected(report) = error else { panic!("{error}") };
            assert_eq!(report.state, ChannelState::BadCredentials);
        }
        let old_server = send_error(refusal(404, "Not Found: method not found", None));
        assert!(matches!(old_server, SendError::Rejected { code: "refused", .. }), "{old_server}");
    }
}
