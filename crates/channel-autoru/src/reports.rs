//! What people read about a channel that does not work, and what to do (CH-13).

use channel::FieldError;
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

/// Auto.ru does not know the ChatId, or no longer.
pub(crate) fn bad_chat_id() -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        Words::new(
            "Авто.ру не принимает Chat ID этого канала.",
            "Auto.ru does not accept this channel's Chat ID.",
        ),
        Words::new(
            "Сравните ChatId в кабинете дилера на Авто.ру с настройками канала: они должны \
             совпадать. Неотправленные сообщения подождут.",
            "Compare the ChatId in the dealer's cabinet at Auto.ru with the channel's settings: \
             they must be the same. Unsent messages wait.",
        ),
    )
}

/// Somebody else answers where we send to.
pub(crate) fn wrong_address(status: u16) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("По адресу API отвечает не Авто.ру (HTTP {status})."),
            format!("What answers at the API's address is not Auto.ru (HTTP {status})."),
        ),
        Words::new(
            "Выберите в настройках канала другой сервер Авто.ру или исправьте свой адрес API.",
            "Choose the other Auto.ru server in the channel's settings, or mend your own address.",
        ),
    )
}

/// The company's own address leads inside.
pub(crate) fn inner_address() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "Свой адрес API не в интернете: туда сообщения не отправляются.",
            "The API address of your own is not in the internet: nothing is sent there.",
        ),
        Words::new(
            "Исправьте адрес в настройках канала или оставьте его пустым.",
            "Mend the address in the channel's settings, or leave it empty.",
        ),
    )
}

/// Auto.ru has nowhere to send messages to.
pub(crate) fn no_public_address() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "У этой установки нет публичного адреса: Авто.ру некуда присылать сообщения.",
            "This installation has no public address: Auto.ru has nowhere to send messages to.",
        ),
        Words::new(
            "Задайте публичный адрес в настройках сервера (public_url) и подключите канал снова.",
            "Set the public address in the server's settings (public_url) and connect again.",
        ),
    )
}

/// A setting became wrong after connecting.
pub(crate) fn mend_settings(wrong: Vec<FieldError>) -> StateReport {
    let message = wrong.into_iter().next().map(|error| error.message);
    StateReport {
        state: ChannelState::Failed,
        reason: message,
        remedy: Some(Words::new("Исправьте настройки канала.", "Mend the channel's settings.")),
    }
}
