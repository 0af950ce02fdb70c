//! What people read about a channel that does not work, and what to do (CH-8, CH-13).

use channel::FieldError;
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};

use crate::{call::Refusal, settings};

/// Nobody has agreed yet.
pub(crate) fn no_consent() -> StateReport {
    StateReport::new(
        ChannelState::LoggedOut,
        Words::new(
            "Доступ к профилю Авито ещё не разрешён.",
            "Access to the Avito profile is not allowed yet.",
        ),
        allow_again(),
    )
}

/// The refresh token was refused: the consent was taken back, or the pair of tokens was lost.
pub(crate) fn logged_out() -> StateReport {
    StateReport::new(
        ChannelState::LoggedOut,
        Words::new(
            "Авито больше не продлевает доступ: разрешение отозвано или устарело.",
            "Avito no longer renews the access: the permission was taken back or is too old.",
        ),
        allow_again(),
    )
}

/// The code that the browser brought is too old, or was used.
pub(crate) fn spent_code() -> StateReport {
    StateReport::new(
        ChannelState::LoggedOut,
        Words::new(
            "Авито не принял код разрешения: он устарел или уже использован.",
            "Avito did not take the code of the permission: it is too old or was used already.",
        ),
        allow_again(),
    )
}

fn allow_again() -> Words {
    Words::new(
        "Подключите канал заново: нажмите «Разрешить доступ» и согласитесь на странице Авито. \
         Неотправленные сообщения подождут.",
        "Connect the channel again: press 'Allow access' and agree at Avito's page. Unsent messages \
         wait.",
    )
}

/// The seller's keys give no token (any more).
pub(crate) fn bad_keys() -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        Words::new(
            "Авито не принимает client_id и client_secret.",
            "Avito does not take client_id and client_secret.",
        ),
        Words::new(
            "Подключите канал заново: откройте avito.ru/professionals/api, скопируйте оба ключа и \
             вставьте в настройки канала. Неотправленные сообщения подождут.",
            "Connect the channel again: open avito.ru/professionals/api, copy both keys and put them \
             into the channel's settings. Unsent messages wait.",
        ),
    )
}

/// Beside the field, while connecting.
pub(crate) fn bad_keys_field() -> FieldError {
    FieldError::new(
        settings::CLIENT_SECRET,
        "bad_keys",
        Words::new(
            "Авито не знает такой пары ключей. Скопируйте client_id и client_secret заново на \
             avito.ru/professionals/api.",
            "Avito does not know this pair of keys. Copy client_id and client_secret again at \
             avito.ru/professionals/api.",
        ),
    )
}

/// A good token, and yet we may not: as a rule the subscription. Its levels are in the document of
/// the messenger's API.
pub(crate) fn not_allowed(refusal: &Refusal) -> StateReport {
    let (status, said) = (refusal.status, &refusal.message);
    if refusal.message.to_lowercase().contains("scope") {
        return StateReport::new(
            ChannelState::Failed,
            Words::new(
                format!("Авито не дал нужных прав: {said}"),
                format!("Avito did not give the needed rights: {said}"),
            ),
            Words::new(
                "Подключите канал заново и на странице Авито разрешите чтение и отправку сообщений.",
                "Connect the channel again, and at Avito's page allow reading and sending messages.",
            ),
        );
    }
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Авито не пускает к сообщениям ({status}: {said})."),
            format!("Avito does not let us to the messages ({status}: {said})."),
        ),
        Words::new(
            "Проверьте подписку профиля: в «Товарах» и «Работе» нужен уровень «Максимальный», в \
             «Услугах» подойдёт и «Расширенный». Оплатите её на Авито и подключите канал заново.",
            "Check the profile's subscription: Goods and Jobs need the level 'Maximal' \
             (Максимальный), in Services 'Extended' (Расширенный) will do too. Pay for it at Avito \
             and connect the channel again.",
        ),
    )
}

/// Avito cannot reach our webhook.
pub(crate) fn hook_refused(said: &str) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        Words::new(
            format!("Авито не принял адрес для сообщений: {said}"),
            format!("Avito did not take the address for messages: {said}"),
        ),
        Words::new(
            "Проверьте, что публичный адрес установки открывается из интернета и отвечает за две \
             секунды, и подключите канал заново.",
            "Check that the public address of this installation opens from the internet and answers \
             within two seconds, and connect the channel again.",
        ),
    )
}

/// The API does not answer.
pub(crate) fn unreachable() -> StateReport {
    StateReport::new(
        ChannelState::Interrupted,
        Words::new("Авито не отвечает.", "Avito does not answer."),
        Words::new(
            "Подождите: попытки идут сами. Если это надолго, проверьте сеть сервера.",
            "Wait: it is tried again by itself. If it lasts, check the server's network.",
        ),
    )
}

/// A setting became wrong after connecting.
pub(crate) fn mend_settings(wrong: FieldError) -> StateReport {
    let keys = [settings::CLIENT_ID, settings::CLIENT_SECRET, settings::MODE];
    let state = if keys.contains(&wrong.field.as_str()) {
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
