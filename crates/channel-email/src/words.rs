//! What people read when a mailbox does not let us in.

use channel::{ConnectError, FieldError, ListenError};
use domain::{
    channel::{ChannelState, StateReport},
    text::{Words, shortened},
};

use crate::{
    oauth::TokenError,
    settings::{Auth, Mailbox},
    wire::OpenError,
};

/// The field that holds what was refused.
fn credential_field(mailbox: &Mailbox) -> &'static str {
    match mailbox.auth {
        Auth::Password(_) => "password",
        Auth::Token(_) => "oauth_access_token",
        Auth::Refresh(_) => "oauth_refresh_token",
    }
}

fn refused(mailbox: &Mailbox, answer: &str) -> Words {
    let answer = shortened(answer, 200);
    let (ru, en) = match (&mailbox.auth, mailbox.provider) {
        (Auth::Password(_), Some(provider)) => (
            format!(
                "Почта не приняла пароль. Нужен пароль для внешних приложений, не пароль от сайта \
                 (при двухфакторном входе — только он): {}.",
                provider.app_password.0
            ),
            format!(
                "The mail service refused the password. It wants a password for applications, not \
                 the one of its site (with two-factor login nothing else works): {}.",
                provider.app_password.1
            ),
        ),
        (Auth::Password(_), None) => (
            "Сервер не принял логин или пароль. Проверьте их; если включён двухфакторный вход, \
             создайте пароль для приложений."
                .to_owned(),
            "The server refused the login or password. Check both; with two-factor login make a \
             password for applications."
                .to_owned(),
        ),
        (Auth::Token(_) | Auth::Refresh(_), _) => (
            "Почта не приняла токен: доступ отозван или истёк. Выдайте доступ заново.".to_owned(),
            "The mail service refused the token: access was withdrawn or has ended. Grant it again."
                .to_owned(),
        ),
    };
    Words::new(format!("{ru} Ответ сервера: {answer}"), format!("{en} The server said: {answer}"))
}

/// The state of a channel whose login is refused.
pub fn bad_login(mailbox: &Mailbox, answer: &str) -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        refused(mailbox, answer),
        Words::new(
            "Введите новый пароль или токен в настройках канала. Письма не потеряются: они ждут.",
            "Enter a new password or token in the channel's settings. Letters wait and are not lost.",
        ),
    )
}

/// The same while connecting: beside the field.
pub fn refused_field(mailbox: &Mailbox, answer: &str) -> ConnectError {
    ConnectError::Field(FieldError::new(
        credential_field(mailbox),
        "refused",
        refused(mailbox, answer),
    ))
}

/// A server that cannot be reached while connecting. What a person typed is shown at its field;
/// a known provider that does not answer is a passing fault.
pub fn cannot_open(error: &OpenError, fields: [&'static str; 3], typed: bool) -> ConnectError {
    let [host, port, security] = fields;
    match error {
        OpenError::UnknownHost if typed => ConnectError::Field(FieldError::new(
            host,
            "unknown_host",
            Words::new(
                "Такого сервера нет. Проверьте имя.",
                "There is no such server. Check its name.",
            ),
        )),
        OpenError::NotPublic => ConnectError::Field(FieldError::new(
            host,
            "not_public",
            Words::new(
                "Этот сервер во внутренней сети, отсюда к нему нельзя.",
                "This server is in an internal network, which is not allowed here.",
            ),
        )),
        OpenError::Unreachable(why) if typed => ConnectError::Field(FieldError::new(
            port,
            "unreachable",
            Words::new(
                format!("Сервер не отвечает на этом порту ({why}). Проверьте имя, порт и защиту."),
                format!(
                    "The server does not answer at this port ({why}). Check name, port and security."
                ),
            ),
        )),
        OpenError::Tls(why) => ConnectError::Field(FieldError::new(
            security,
            "bad_tls",
            Words::new(
                format!(
                    "Защищённое соединение не удалось: {why}. Проверьте порт, защиту и сертификат сервера."
                ),
                format!(
                    "The secure connection failed: {why}. Check port, security and the server's certificate."
                ),
            ),
        )),
        OpenError::UnknownHost | OpenError::Unreachable(_) => {
            ConnectError::Unreachable(error.to_string())
        }
    }
}

/// No access token while listening.
pub fn listen_token(error: &TokenError, mailbox: &Mailbox) -> ListenError {
    match error {
        TokenError::Refused(text) => ListenError::Stopped(bad_login(mailbox, text)),
        TokenError::Unreachable(why) => ListenError::Interrupted(why.clone()),
    }
}
