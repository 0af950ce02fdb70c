//! What people read about a bot that does not work, and what to do (CH-13).

use channel::FieldError;
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

use crate::settings;

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

/// Beside the field, while connecting.
pub(crate) fn bad_token_words() -> Words {
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

/// Telegram does not take our webhook.
pub(crate) fn refused_connecting(description: &str) -> StateReport {
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

/// A setting became wrong after connecting.
pub(crate) fn mend_settings(wrong: FieldError) -> StateReport {
    let state = if wrong.field == settings::TOKEN {
        ChannelState::BadCredentials
    } else {
        ChannelState::Failed
    };
    StateReport::new(
        state,
        wrong.message,
        Words::new("Исправьте настройки канала.", "Mend the channel's settings."),
    )
}
