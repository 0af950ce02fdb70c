//! What people read about a bot that does not work, and what to do (CH-13).

use channel::FieldError;
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

use crate::settings;

/// Viber does not know the token any more (CH-13).
pub(crate) fn bad_token() -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        Words::new(
            "Viber больше не принимает токен бота.",
            "Viber no longer accepts the bot's token.",
        ),
        Words::new(
            "Откройте бота на partners.viber.com, скопируйте токен (Edit info → Your app key is) и \
             вставьте его в настройки канала. Неотправленные сообщения подождут.",
            "Open the bot at partners.viber.com, copy the token (Edit info → Your app key is) and put \
             it into the channel's settings. Unsent messages wait.",
        ),
    )
}

/// Beside the field, while connecting.
pub(crate) fn bad_token_words() -> Words {
    Words::new(
        "Viber не знает такого токена. Скопируйте его заново на partners.viber.com: бот → Edit info \
         → Your app key is.",
        "Viber does not know this token. Copy it again at partners.viber.com: the bot → Edit info → \
         Your app key is.",
    )
}

/// The bot was deleted.
pub(crate) fn bot_gone() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new("В Viber больше нет этого бота.", "This bot is no longer in Viber."),
        Words::new(
            "Проверьте бота на partners.viber.com. Если его удалили, подключите другого.",
            "Check the bot at partners.viber.com. If it was deleted, connect another one.",
        ),
    )
}

/// Viber stopped the bot.
pub(crate) fn bot_blocked(theirs: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Viber заблокировал или приостановил бота: {theirs}"),
            format!("Viber blocked or suspended the bot: {theirs}"),
        ),
        Words::new(
            "Напишите в поддержку Viber. Когда бота вернут, подключите канал снова: неотправленные \
             сообщения подождут.",
            "Write to Viber's support. When the bot is back, connect the channel again: unsent \
             messages wait.",
        ),
    )
}

/// The webhook leads elsewhere (CH-13). Only the host is told: the path may hold a secret.
pub(crate) fn taken_by(host: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Бота забрал другой сервис: сообщения приходят на {host}."),
            format!("Another product took this bot: its messages go to {host}."),
        ),
        take_back(),
    )
}

/// Somebody took the webhook away; without one Viber does not let the bot write either.
pub(crate) fn webhook_gone() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "Вебхук бота снят: его отключил другой сервис.",
            "The bot's webhook is gone: another product took it away.",
        ),
        take_back(),
    )
}

fn take_back() -> Words {
    Words::new(
        "Отключите бота в другом сервисе и подключите канал снова: у бота Viber один получатель \
         сообщений.",
        "Disconnect the bot in the other product and connect the channel again: a Viber bot has one \
         receiver of its messages.",
    )
}

/// The Bot API does not answer (CH-13).
pub(crate) fn unreachable() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new("Сервер Viber не отвечает.", "The Viber server does not answer."),
        Words::new(
            "Подождите: попытки идут сами. Если это надолго, проверьте сеть сервера или задайте \
             прокси в настройках канала.",
            "Wait: it is tried again by itself. If it lasts, check the server's network, or set a \
             proxy in the channel's settings.",
        ),
    )
}

/// This installation cannot be called from outside.
pub(crate) fn no_public_address() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "У этой установки нет публичного адреса, а Viber доставляет сообщения только на него.",
            "This installation has no public address, and Viber delivers messages to one only.",
        ),
        Words::new(
            "Задайте публичный https-адрес в настройках сервера (public_url) и подключите канал \
             снова.",
            "Set a public https address in the server's settings (public_url) and connect the \
             channel again.",
        ),
    )
}

/// Viber called our webhook at once, as it does, and was not satisfied.
pub(crate) fn webhook_refused(theirs: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Viber не смог обратиться к этой установке: {theirs}"),
            format!("Viber could not call this installation: {theirs}"),
        ),
        Words::new(
            "Публичный адрес должен открываться из интернета по https с сертификатом известного \
             центра (самоподписанный Viber не принимает). Исправьте и подключите канал снова.",
            "The public address must open from the internet by https with a certificate of a known \
             authority (Viber takes no self-signed one). Mend it and connect the channel again.",
        ),
    )
}

/// Anything else that Viber has against connecting.
pub(crate) fn refused_connecting(theirs: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Viber отказал в подключении: {theirs}"),
            format!("Viber refused the connection: {theirs}"),
        ),
        Words::new(
            "Проверьте бота на partners.viber.com и подключите канал снова.",
            "Check the bot at partners.viber.com and connect the channel again.",
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
