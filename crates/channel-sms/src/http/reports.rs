//! What people read about an account that does not work, and what to do (CH-13).

use channel::{Choice, FieldError};
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

use super::account;
use crate::settings::NUMBER;

pub(super) fn bad_key() -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        Words::new(
            "Провайдер больше не принимает ключ или пароль.",
            "The provider no longer accepts the key or the password.",
        ),
        Words::new(
            "Возьмите новый ключ в личном кабинете провайдера и вставьте его в настройки канала. \
             Неотправленные SMS подождут.",
            "Take a new key from the provider's site and put it into the channel's settings. \
             Unsent SMS wait.",
        ),
    )
}

/// Passing: as soon as somebody pays, what waits goes by itself.
pub(super) fn no_money() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new(
            "На счёте у провайдера не хватает денег: SMS не уходят.",
            "There is not enough money on the provider's account: no SMS goes out.",
        ),
        Words::new(
            "Пополните счёт в личном кабинете провайдера. SMS, которые ждут, уйдут сами.",
            "Top up the account at the provider's site. The SMS that wait will go by themselves.",
        ),
    )
}

/// SMSC.ru lets in only addresses of a list, if its owner made one, and blocks for many errors.
pub(super) fn address_blocked() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "Провайдер не пускает запросы с адреса этого сервера.",
            "The provider lets no requests in from this server's address.",
        ),
        Words::new(
            "В кабинете SMSC.ru откройте настройки безопасности и разрешите IP-адрес сервера; если \
             список пуст, подождите: адрес блокируется на время после многих ошибок подряд.",
            "In the security settings at SMSC.ru allow the server's IP address; if the list there \
             is empty, wait: an address is blocked for a while after many errors in a row.",
        ),
    )
}

pub(super) fn unreachable() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new("Сервер провайдера не отвечает.", "The provider's server does not answer."),
        Words::new(
            "Подождите: попытки идут сами. Если это надолго, проверьте сеть сервера.",
            "Wait: it is tried again by itself. If it lasts, check the server's network.",
        ),
    )
}

/// The provider refused while connecting.
pub(super) fn refused(text: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(format!("Провайдер отказал: {text}"), format!("The provider refused: {text}")),
        Words::new(
            "Проверьте в личном кабинете, что доступ к API включён, и подключите канал снова.",
            "Check at the provider's site that the API is switched on, and connect again.",
        ),
    )
}

/// A setting became wrong after connecting.
pub(super) fn mend_settings(wrong: FieldError) -> StateReport {
    let state = match wrong.field == account::KEY {
        true => ChannelState::BadCredentials,
        false => ChannelState::Failed,
    };
    let remedy = Words::new("Исправьте настройки канала.", "Correct the channel's settings.");
    StateReport::new(state, wrong.message, remedy)
}

pub(super) fn unknown_sender(known: &[Choice]) -> FieldError {
    let list: Vec<&str> = known.iter().take(10).map(|sender| sender.value.as_str()).collect();
    let list = list.join(", ");
    FieldError::new(
        NUMBER,
        "unknown_sender",
        Words::new(
            format!("У провайдера нет такого номера или имени. Есть: {list}."),
            format!("The provider has no such number or name. It has: {list}."),
        ),
    )
}
