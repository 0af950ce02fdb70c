//! What the Bot API's refusals mean for a message, for a channel and for a file.
//!
//! Codes and descriptions: <https://github.com/tdlib/telegram-bot-api>, `Client.cpp`. Descriptions
//! are compared in lower case and by their stable middle part.

use std::time::Duration;

use channel::{ConnectError, FetchError, FieldError, ListenError, RetryScope, SendError};
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

use crate::{
    api::{CallError, Refusal},
    settings,
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
        return SendError::Disconnected(bad_token());
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
        CallError::Refused(refusal) if is_dead_token(&refusal) => {
            ConnectError::Field(FieldError::new(settings::TOKEN, "bad_token", bad_token_words()))
        }
        CallError::Refused(Refusal { code: 429 | 500..=599, description, .. }) => {
            ConnectError::Unreachable(description)
        }
        CallError::Refused(Refusal { description, .. }) => {
            ConnectError::Refused(refused_connecting(&description))
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

fn refused_connecting(description: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Telegram отказал в подключении: {description}"),
            format!("Telegram refused the connection: {description}"),
        ),
        Words::new(
            "Проверьте публичный адрес установки: он должен открываться из интернета по https на \
             порту 443, 80, 88 или 8443 с действующим сертификатом.",
            "Check the public address of this installation: it must be reachable from the internet \
             by https on port 443, 80, 88 or 8443 with a valid certificate.",
        ),
    )
}

/// Why a listener ends.
pub(crate) fn listen_error(error: CallError) -> ListenError {
    match error {
        CallError::Refused(refusal) if is_dead_token(&refusal) => ListenError::Stopped(bad_token()),
        CallError::Refused(Refusal { code: 409, description, .. })
            if description.to_lowercase().contains("webhook") =>
        {
            ListenError::Stopped(taken_by_webhook())
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

/// The token was revoked, or the bot deleted (CH-13).
pub(crate) fn bad_token() -> StateReport {
    StateReport {
        state: ChannelState::BadCredentials,
        reason: Some(Words::new(
            "Telegram больше не принимает токен бота: его отозвали или бота удалили.",
            "Telegram no longer accepts the bot's token: it was revoked, or the bot was deleted.",
        )),
        remedy: Some(Words::new(
            "Возьмите новый токен у @BotFather (/mybots → бот → API Token) и вставьте его в \
             настройки канала. Неотправленные сообщения подождут.",
            "Take a new token from @BotFather (/mybots → the bot → API Token) and put it into the \
             channel's settings. Unsent messages wait.",
        )),
    }
}

fn bad_token_words() -> Words {
    Words::new(
        "Telegram не знает такого токена. Скопируйте его заново у @BotFather: /mybots → бот → \
         API Token.",
        "Telegram does not know this token. Copy it again from @BotFather: /mybots → the bot → \
         API Token.",
    )
}

/// Another product registered its webhook while we poll (CH-13).
pub(crate) fn taken_by_webhook() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "Бота забрал другой сервис: он включил свой вебхук, и сообщения приходят туда.",
            "Another product took this bot: it set its own webhook and gets the messages.",
        ),
        take_back(),
    )
}

/// The webhook leads elsewhere (CH-13). Only the host is told: the path may hold a secret.
pub(crate) fn taken_by(host: Option<&str>) -> StateReport {
    let (ru, en) = match host {
        Some(host) => (
            format!("Бота забрал другой сервис: сообщения приходят на {host}."),
            format!("Another product took this bot: its messages go to {host}."),
        ),
        None => (
            "Вебхук бота снят: его отключил другой сервис.".to_owned(),
            "The bot's webhook is gone: another product took it away.".to_owned(),
        ),
    };
    StateReport::new(ChannelState::Failed, Words::new(ru, en), take_back())
}

fn take_back() -> Words {
    Words::new(
        "Отключите бота в другом сервисе (надёжнее — выпустите новый токен у @BotFather) и \
         подключите канал снова.",
        "Disconnect the bot in the other product (a new token from @BotFather is surest) and \
         connect the channel again.",
    )
}

/// Two pollers with one token (CH-13).
pub(crate) fn polled_elsewhere() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new(
            "Сообщения этого бота одновременно забирает ещё одна программа.",
            "Another program takes this bot's messages at the same time.",
        ),
        take_back(),
    )
}

/// Telegram cannot deliver to our webhook (CH-13).
pub(crate) fn webhook_fails(message: &str, pending: u64) -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new(
            format!("Telegram не может доставить сообщения ({pending} ждут): {message}"),
            format!("Telegram cannot deliver messages ({pending} wait): {message}"),
        ),
        Words::new(
            "Проверьте, что публичный адрес установки открывается из интернета. Telegram хранит \
             сообщения до суток и повторяет доставку сам.",
            "Check that the public address of this installation opens from the internet. Telegram \
             keeps messages for up to a day and tries again by itself.",
        ),
    )
}

/// The Bot API does not answer (CH-13).
pub(crate) fn unreachable() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new("Сервер Telegram не отвечает.", "The Telegram server does not answer."),
        Words::new(
            "Подождите: попытки идут сами. Если это надолго, проверьте сеть сервера или задайте \
             прокси в настройках канала.",
            "Wait: it is tried again by itself. If it lasts, check the server's network, or set a \
             proxy in the channel's settings.",
        ),
    )
}

#[cfg(test)]
mod tests {
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
