//! What people read about a community that does not work, and what to do (CH-13).

use channel::FieldError;
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

use crate::settings;

/// Where VK keeps keys, in the words of its pages.
const KEYS_RU: &str = "«Управление» → «Дополнительно» → «Работа с API» → «Ключи доступа»";
const KEYS_EN: &str = "Manage → Advanced → API usage → Access tokens";

/// The key was deleted (CH-13).
pub(crate) fn bad_token() -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        Words::new(
            "ВКонтакте больше не принимает ключ сообщества: его удалили или отозвали.",
            "VK no longer accepts the community key: it was deleted or revoked.",
        ),
        Words::new(
            format!(
                "Создайте новый ключ ({KEYS_RU}) и вставьте его в настройки канала. Неотправленные \
                 сообщения подождут."
            ),
            format!(
                "Make a new key ({KEYS_EN}) and put it into the channel's settings. Unsent messages \
                 wait."
            ),
        ),
    )
}

/// Beside the field, while connecting.
pub(crate) fn bad_token_words() -> Words {
    Words::new(
        format!(
            "ВКонтакте не принимает этот ключ. Нужен ключ сообщества, не личный: {KEYS_RU}. \
             Скопируйте его целиком."
        ),
        format!(
            "VK does not accept this key. It must be a key of the community, not of a person: \
             {KEYS_EN}. Copy all of it."
        ),
    )
}

/// Beside the field: the key cannot do all that is needed (CH-7).
pub(crate) fn missing_rights_words(lacking: &Words) -> Words {
    Words::new(
        format!(
            "Ключу не хватает прав: {}. Права готового ключа не меняются: создайте новый \
             ({KEYS_RU}) и отметьте все четыре.",
            lacking.ru
        ),
        format!(
            "The key lacks rights: {}. The rights of a key cannot be changed: make a new one \
             ({KEYS_EN}) and tick all four.",
            lacking.en
        ),
    )
}

/// The key works no more for all that is needed (CH-13).
pub(crate) fn missing_rights(lacking: &Words) -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        missing_rights_words(lacking),
        Words::new(
            "Вставьте новый ключ в настройки канала.",
            "Put the new key into the channel's settings.",
        ),
    )
}

/// Community messages are switched off (CH-13).
pub(crate) fn messages_off(text: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Сообщения сообщества выключены: {text}"),
            format!("Community messages are switched off: {text}"),
        ),
        Words::new(
            "Включите их: «Управление» → «Сообщения» → «Сообщения сообщества».",
            "Switch them on: Manage → Messages → Community messages.",
        ),
    )
}

/// Ten callback servers are registered already (error 2000).
pub(crate) fn no_room_for_a_server() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "У сообщества уже десять серверов Callback API: больше ВКонтакте не разрешает.",
            "The community has ten Callback API servers already: VK allows no more.",
        ),
        Words::new(
            "Удалите ненужный («Управление» → «Дополнительно» → «Работа с API» → «Callback API») или \
             выберите в настройках канала «Опрос», затем подключите канал снова.",
            "Delete one that is not needed (Manage → Advanced → API usage → Callback API), or choose \
             polling in the channel's settings; then connect again.",
        ),
    )
}

/// VK called our address and did not get the confirmation code.
pub(crate) fn not_confirmed(why: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("ВКонтакте не смог подтвердить адрес этой установки: {why}"),
            format!("VK could not confirm the address of this installation: {why}"),
        ),
        open_to_the_internet(),
    )
}

/// Our callback server is gone, or leads elsewhere (CH-13).
pub(crate) fn server_gone() -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            "Сервер Callback API Беседы удалён из настроек сообщества или выключен: сообщения сюда \
             не приходят.",
            "Beseda's Callback API server was deleted from the community's settings or switched off: \
             messages do not come here.",
        ),
        Words::new(
            "Нажмите «Подключить»: Беседа добавит сервер снова.",
            "Press Connect: Beseda adds the server again.",
        ),
    )
}

/// VK cannot deliver to our callback server (CH-13).
pub(crate) fn server_fails() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new(
            "ВКонтакте не может доставить события на адрес этой установки.",
            "VK cannot deliver events to the address of this installation.",
        ),
        open_to_the_internet(),
    )
}

fn open_to_the_internet() -> Words {
    Words::new(
        "Проверьте, что публичный адрес установки открывается из интернета по https с действующим \
         сертификатом, и подключите канал снова. Без публичного адреса выберите «Опрос».",
        "Check that the public address of this installation opens from the internet by https with a \
         valid certificate, and connect again. Without a public address choose polling.",
    )
}

/// VK's API does not answer (CH-13).
pub(crate) fn unreachable() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new("Сервер ВКонтакте не отвечает.", "VK's server does not answer."),
        Words::new(
            "Подождите: попытки идут сами. Если это надолго, проверьте сеть сервера.",
            "Wait: it is tried again by itself. If it lasts, check the server's network.",
        ),
    )
}

/// VK refused what connecting asked for.
pub(crate) fn refused_connecting(code: i64, text: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("ВКонтакте отказал в подключении: {text} (ошибка {code})"),
            format!("VK refused the connection: {text} (error {code})"),
        ),
        Words::new(
            "Проверьте настройки сообщества и права ключа и подключите канал снова.",
            "Check the community's settings and the key's rights, and connect again.",
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
