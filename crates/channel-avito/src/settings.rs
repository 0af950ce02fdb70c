//! The form, and what a person filled into it.

use channel::{Channel, Field, FieldError, FieldKind, SettingsForm, Way};
use domain::text::Words;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Options;

pub(crate) const MODE: &str = "mode";
pub(crate) const CLIENT_ID: &str = "client_id";
pub(crate) const CLIENT_SECRET: &str = "client_secret";
pub(crate) const BASE_URL: &str = "base_url";

/// How Avito lets us in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The seller agrees at Avito's page; the keys are this installation's.
    Consent,
    /// The seller's own keys, from their cabinet.
    OwnKeys,
}

impl Mode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::OwnKeys => "keys",
        }
    }
}

/// Checked settings of one channel.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
    pub(crate) base: Url,
}

impl Settings {
    /// Reads and checks every field; each wrong one is named.
    pub(crate) fn read(channel: &Channel, options: &Options) -> Result<Self, Vec<FieldError>> {
        let given = channel.setting(MODE);
        let usual = if options.app.is_some() { Mode::Consent } else { Mode::OwnKeys };
        let mode = match given {
            None => usual,
            Some("consent") => Mode::Consent,
            Some("keys") => Mode::OwnKeys,
            Some(_) => return Err(vec![unknown_choice()]),
        };
        match mode {
            Mode::Consent => Self::consent(options),
            Mode::OwnKeys => Self::own_keys(channel, options),
        }
    }

    /// Whatever address a person typed before is not looked at: the installation's secret goes to the
    /// installation's address alone.
    fn consent(options: &Options) -> Result<Self, Vec<FieldError>> {
        let Some(app) = &options.app else { return Err(vec![no_app()]) };
        Ok(Self {
            mode: Mode::Consent,
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.clone(),
            base: options.api.clone(),
        })
    }

    fn own_keys(channel: &Channel, options: &Options) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let client_id = channel.setting(CLIENT_ID).unwrap_or_default();
        if client_id.is_empty() {
            wrong.push(FieldError::required(CLIENT_ID));
        } else if !is_key(client_id) {
            wrong.push(bad_key(CLIENT_ID));
        }
        let secret = channel.secret(CLIENT_SECRET).map(|s| s.expose_secret().trim());
        let secret = secret.unwrap_or_default();
        if secret.is_empty() {
            wrong.push(FieldError::required(CLIENT_SECRET));
        } else if !is_key(secret) {
            wrong.push(bad_key(CLIENT_SECRET));
        }
        let base = match channel.setting(BASE_URL) {
            None => Some(options.api.clone()),
            Some(text) => web_address(text),
        };
        if base.is_none() {
            wrong.push(FieldError::new(
                BASE_URL,
                "bad_url",
                Words::new(
                    "Это не адрес. Он начинается с https:// или http://.",
                    "This is not an address. It starts with https:// or http://.",
                ),
            ));
        }
        match base {
            Some(base) if wrong.is_empty() => Ok(Self {
                mode: Mode::OwnKeys,
                client_id: client_id.to_owned(),
                client_secret: secret.to_owned().into(),
                base,
            }),
            _ => Err(wrong),
        }
    }
}

/// Their alphabet is not documented; what cannot be a key is white space and everything unprintable.
fn is_key(text: &str) -> bool {
    (4..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

fn bad_key(field: &str) -> FieldError {
    FieldError::new(
        field,
        "bad_key",
        Words::new(
            "Это не похоже на ключ. Скопируйте его целиком со страницы avito.ru/professionals/api.",
            "This does not look like a key. Copy all of it from avito.ru/professionals/api.",
        ),
    )
}

fn unknown_choice() -> FieldError {
    FieldError::new(
        MODE,
        "unknown_choice",
        Words::new("Выберите значение из списка.", "Choose one of the list."),
    )
}

fn no_app() -> FieldError {
    FieldError::new(
        MODE,
        "no_app",
        Words::new(
            "У этой установки нет ключей приложения Авито. Выберите «Свои ключи».",
            "This installation has no keys of an Avito app. Choose your own keys.",
        ),
    )
}

pub(crate) fn form(options: &Options) -> SettingsForm {
    let consent = Way {
        value: "consent",
        label: Words::new("Разрешить доступ на Авито", "Allow access at Avito"),
        fields: Vec::new(),
    };
    let own = Way {
        value: "keys",
        label: Words::new("Свои ключи", "Own keys"),
        fields: vec![CLIENT_ID, CLIENT_SECRET, BASE_URL],
    };
    let (choices, usual) = match options.app {
        Some(_) => (vec![consent, own], "consent"),
        None => (vec![own], "keys"),
    };
    SettingsForm {
        intro: Words::new(
            "Нужен платный профиль Авито: в «Товарах» и «Работе» сообщения открыты на подписке \
             «Максимальный», в «Услугах» на «Расширенный» и «Максимальный». Первым на Авито пишет \
             покупатель, вы отвечаете.",
            "A paid Avito profile is needed: in Goods and Jobs messages are open with the \
             subscription 'Maximal', in Services with 'Extended' and 'Maximal'. On Avito the buyer \
             writes first, and you answer.",
        ),
        fields: vec![
            Field {
                key: MODE,
                label: Words::new("Как подключить", "How to connect"),
                help: Some(Words::new(
                    "«Разрешить доступ»: после сохранения откроется Авито, вы согласитесь и вернётесь \
                     сюда. «Свои ключи»: скопируйте их из кабинета Авито.",
                    "'Allow access': after saving Avito opens, you agree and come back here. 'Own \
                     keys': copy them from your cabinet at Avito.",
                )),
                kind: FieldKind::Ways { ways: choices, default: Some(usual) },
                required: false,
                advanced: false,
            },
            Field {
                key: CLIENT_ID,
                label: Words::new("client_id", "client_id"),
                help: Some(Words::new(
                    "Войдите на Авито, откройте avito.ru/professionals/api и скопируйте Client_id.",
                    "Log in to Avito, open avito.ru/professionals/api and copy Client_id.",
                )),
                kind: FieldKind::Text { placeholder: None },
                required: false,
                advanced: false,
            },
            Field {
                key: CLIENT_SECRET,
                label: Words::new("client_secret", "client_secret"),
                help: Some(Words::new(
                    "Лежит там же, рядом с Client_id.",
                    "It lies there, beside Client_id.",
                )),
                kind: FieldKind::Secret,
                required: false,
                advanced: false,
            },
            Field {
                key: BASE_URL,
                label: Words::new("Адрес API Авито", "Avito API address"),
                help: Some(Words::new(
                    "Заполните, если к Авито ходите через свой шлюз. Обычно пусто.",
                    "Fill in if you reach Avito through a gateway of your own. Usually empty.",
                )),
                kind: FieldKind::Url,
                required: false,
                advanced: true,
            },
        ],
    }
}
