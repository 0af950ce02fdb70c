//! The form, and what a person filled into it.

use channel::{Channel, Field, FieldError, FieldKind, SettingsForm};
use domain::text::{Words, shortened};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub(crate) const TOKEN: &str = "token";
pub(crate) const SENDER: &str = "sender_name";
pub(crate) const WELCOME: &str = "welcome";
pub(crate) const BASE_URL: &str = "base_url";
pub(crate) const PROXY: &str = "proxy";

/// Characters of the name above a bot's message
/// (<https://developers.viber.com/docs/api/rest-bot-api/#general-send-message-parameters>).
const LONGEST_SENDER: usize = 28;

/// Characters of a text
/// (<https://developers.viber.com/docs/api/rest-bot-api/#text-message>).
pub(crate) const LONGEST_TEXT: usize = 7_000;

/// Checked settings of one bot.
pub(crate) struct Settings {
    pub(crate) token: SecretString,
    pub(crate) base_url: Url,
    pub(crate) proxy: Option<Url>,
}

impl Settings {
    /// Reads and checks every field; each wrong one is named.
    pub(crate) fn read(channel: &Channel, base_url: &Url) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let token = token(channel).unwrap_or_default();
        if let Err(error) = check_token(token) {
            wrong.push(error);
        }
        for (field, longest) in [(SENDER, LONGEST_SENDER), (WELCOME, LONGEST_TEXT)] {
            let length = channel.setting(field).map_or(0, |text| text.chars().count());
            if length > longest {
                wrong.push(too_long(field, longest));
            }
        }
        let own_base = address(channel.setting(BASE_URL), BASE_URL, &mut wrong);
        let proxy =
            address(channel.secret(PROXY).map(filled).unwrap_or_default(), PROXY, &mut wrong);
        if wrong.is_empty() {
            let base_url = own_base.unwrap_or_else(|| base_url.clone());
            Ok(Self { token: token.to_owned().into(), base_url, proxy })
        } else {
            Err(wrong)
        }
    }
}

fn filled(secret: &SecretString) -> Option<&str> {
    Some(secret.expose_secret().trim()).filter(|text| !text.is_empty())
}

/// The bot's token, if there is one: it also signs what comes.
pub(crate) fn token(channel: &Channel) -> Option<&str> {
    channel.secret(TOKEN).and_then(filled)
}

/// The name that a person chose to stand above our messages.
pub(crate) fn sender(channel: &Channel) -> Option<&str> {
    channel.setting(SENDER)
}

/// A name as Viber shows it above a message; it shows no message without one.
pub(crate) fn as_sender(name: &str) -> String {
    match name.trim() {
        "" => "Beseda".to_owned(),
        name if name.chars().count() > LONGEST_SENDER => shortened(name, LONGEST_SENDER - 1),
        name => name.to_owned(),
    }
}

/// The words for a person who opened the chat and has not written yet.
pub(crate) fn welcome(channel: &Channel) -> Option<&str> {
    channel.setting(WELCOME)
}

/// `44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3`. The length is not documented, so it is not
/// held to.
fn check_token(text: &str) -> Result<(), FieldError> {
    let wrong = |code, ru: &str, en: &str| Err(FieldError::new(TOKEN, code, Words::new(ru, en)));
    if text.is_empty() {
        return Err(FieldError::required(TOKEN));
    }
    if is_phone(text) {
        return wrong(
            "personal_number",
            "Это номер телефона. Личный номер Viber подключить нельзя: нужен токен бота.",
            "This is a phone number. A personal Viber number cannot be connected: a bot's token is \
             needed.",
        );
    }
    let fits = (20..=200).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if fits {
        return Ok(());
    }
    wrong(
        "bad_token",
        "Это не похоже на токен бота. Скопируйте его целиком на partners.viber.com: буквы и цифры \
         тремя частями через дефис.",
        "This does not look like a bot's token. Copy all of it at partners.viber.com: letters and \
         digits in three parts with hyphens.",
    )
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' '))
}

fn address(text: Option<&str>, field: &'static str, wrong: &mut Vec<FieldError>) -> Option<Url> {
    let text = text?;
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if url.is_none() {
        wrong.push(FieldError::new(
            field,
            "bad_url",
            Words::new(
                "Это не адрес. Он начинается с https:// или http://.",
                "This is not an address. It starts with https:// or http://.",
            ),
        ));
    }
    url
}

fn too_long(field: &str, longest: usize) -> FieldError {
    FieldError::new(
        field,
        "too_long",
        Words::new(
            format!("Слишком длинно: Viber показывает не больше {longest} знаков."),
            format!("Too long: Viber shows at most {longest} characters."),
        ),
    )
}

/// Something else answers at the address that a person gave.
pub(crate) fn no_viber_there(http: u16) -> FieldError {
    FieldError::new(
        BASE_URL,
        "not_viber",
        Words::new(
            format!("По этому адресу отвечает не сервер Viber (HTTP {http}). Проверьте адрес."),
            format!("This address is no Viber server (HTTP {http}). Check it."),
        ),
    )
}

pub(crate) fn form() -> SettingsForm {
    SettingsForm {
        intro: Words::new(
            "Подключается бот Viber. Личный номер подключить нельзя: Viber не даёт к нему доступа.\n\
             1. Нет бота — оставьте заявку у партнёра Viber: с февраля 2024 года новые боты \
             заводят только на платных условиях.\n\
             2. Войдите на partners.viber.com под тем номером, который управляет ботом.\n\
             3. Откройте бота, нажмите Edit info и скопируйте строку Your app key is: это токен.\n\
             4. Вставьте токен ниже и сохраните. Бот должен работать только с Беседой: второй сервис \
             с тем же токеном заберёт сообщения.",
            "A Viber bot is connected. A personal number cannot be: Viber gives no access to it.\n\
             1. No bot yet: ask a Viber partner for one; since February 2024 new bots come on \
             commercial terms only.\n\
             2. Log in at partners.viber.com with the number that manages the bot.\n\
             3. Open the bot, press Edit info and copy the line Your app key is: that is the token.\n\
             4. Put the token in below and save. The bot must serve Beseda alone: another product \
             with the same token would take its messages away.",
        ),
        fields: vec![
            Field {
                key: TOKEN,
                label: Words::new("Токен бота", "Bot token"),
                help: Some(Words::new(
                    "partners.viber.com → бот → Edit info → Your app key is. Не номер телефона.",
                    "partners.viber.com → the bot → Edit info → Your app key is. Not a phone number.",
                )),
                kind: FieldKind::Secret,
                required: true,
                advanced: false,
            },
            Field {
                key: SENDER,
                label: Words::new("Имя над сообщениями", "Name above messages"),
                help: Some(Words::new(
                    "Его видит клиент, до 28 знаков. Пусто — имя бота в Viber.",
                    "The customer sees it, at most 28 characters. Empty: the bot's name in Viber.",
                )),
                kind: FieldKind::Text { placeholder: None },
                required: false,
                advanced: false,
            },
            Field {
                key: WELCOME,
                label: Words::new("Приветствие", "Welcome"),
                help: Some(Words::new(
                    "Одно сообщение тому, кто открыл чат с ботом и ещё не писал. Пусто — без \
                     приветствия.",
                    "One message to whoever opened the chat and has not written yet. Empty: none.",
                )),
                kind: FieldKind::LongText,
                required: false,
                advanced: false,
            },
            Field {
                key: BASE_URL,
                label: Words::new("Адрес Viber API", "Viber API address"),
                help: Some(Words::new(
                    "Заполните, если ходите в Viber через свой шлюз. Обычно пусто.",
                    "Fill in for a gateway of your own to Viber. Usually empty.",
                )),
                kind: FieldKind::Url,
                required: false,
                advanced: true,
            },
            Field {
                key: PROXY,
                label: Words::new("Прокси", "Proxy"),
                help: Some(Words::new(
                    "HTTP-прокси до Viber: http://имя:пароль@хост:порт",
                    "HTTP proxy to Viber: http://user:password@host:port",
                )),
                kind: FieldKind::Secret,
                required: false,
                advanced: true,
            },
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_7_a_personal_number_is_told_from_a_token() {
        for (text, expected) in [
            ("44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3", None),
            ("", Some("required")),
            ("+7 (900) 123-45-67", Some("personal_number")),
            ("89001234567", Some("personal_number")),
            ("viber://pa?chatURI=shop", Some("bad_token")),
            ("44dafb7e", Some("bad_token")),
            ("44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3\n", Some("bad_token")),
        ] {
            assert_eq!(check_token(text).err().map(|e| e.code), expected, "{text}");
        }
    }
}
