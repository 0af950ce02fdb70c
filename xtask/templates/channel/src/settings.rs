//! What a person fills in to connect a channel. The cabinet draws the form from this.

use channel::{Channel, Field, FieldError, FieldKind, SettingsForm};
use domain::text::Words;
use secrecy::ExposeSecret;

const TOKEN: &str = "token";

pub(crate) fn form() -> SettingsForm {
    SettingsForm {
        intro: Words::new(
            "Где взять токен: напишите здесь по шагам.",
            "Where to get the token: say it here step by step.",
        ),
        fields: vec![Field {
            key: TOKEN,
            label: Words::new("Токен", "Token"),
            help: None,
            kind: FieldKind::Secret,
            required: true,
            advanced: false,
        }],
    }
}

pub(crate) fn check(channel: &Channel) -> Result<(), Vec<FieldError>> {
    match token(channel) {
        Some(_) => Ok(()),
        None => Err(vec![FieldError::required(TOKEN)]),
    }
}

pub(crate) fn token(channel: &Channel) -> Option<&str> {
    channel.secret(TOKEN).map(|token| token.expose_secret().trim()).filter(|t| !t.is_empty())
}

pub(crate) fn bad_token() -> FieldError {
    FieldError::new(
        TOKEN,
        "bad_token",
        Words::new(
            "Сервис не принимает этот токен. Выпустите новый и вставьте его сюда.",
            "The service does not accept this token. Make a new one and put it here.",
        ),
    )
}
