//! Access to an SMSC as a channel's settings describe it, and the fields that ask for it.

use channel::{Channel, Field, FieldError, FieldKind, FieldOption};
use domain::text::Words;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{address::Sender, coding::Alphabet, ids::IdForm};
use crate::settings::{NUMBER, whole_number};

const HOST: &str = "smpp_host";
const PORT: &str = "smpp_port";
const TLS: &str = "smpp_tls";
const SYSTEM_ID: &str = "smpp_system_id";
const PASSWORD: &str = "smpp_password";
const SYSTEM_TYPE: &str = "smpp_system_type";
const BIND: &str = "smpp_bind";
const ALPHABET: &str = "smpp_alphabet";
const LONG: &str = "smpp_long";
const IDS: &str = "smpp_ids";
const WINDOW: &str = "smpp_window";
const TON: &str = "smpp_ton";
const NPI: &str = "smpp_npi";

/// Every field of an SMPP access.
pub(crate) const KEYS: [&str; 13] = [
    HOST,
    PORT,
    TLS,
    SYSTEM_ID,
    PASSWORD,
    SYSTEM_TYPE,
    BIND,
    ALPHABET,
    LONG,
    IDS,
    WINDOW,
    TON,
    NPI,
];

/// Field sizes of SMPP 3.4, section 4.1, without the closing zero.
const LONGEST_SYSTEM_ID: usize = 15;
const LONGEST_PASSWORD: usize = 8;
const LONGEST_SYSTEM_TYPE: usize = 12;

/// How we log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bind {
    /// One session for both directions.
    Transceiver,
    /// A receiver and a transmitter, for an SMSC that knows no transceiver.
    Separate,
}

/// How a long text's parts are told to belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Long {
    /// A header in each part's text (3GPP TS 23.040).
    Udh,
    /// TLVs 0x020C, 0x020E, 0x020F.
    Sar,
    /// The whole in TLV 0x0424; the SMSC cuts it.
    Payload,
}

/// Settings that passed every check.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    pub(crate) system_id: String,
    pub(crate) password: SecretString,
    pub(crate) system_type: String,
    pub(crate) bind: Bind,
    pub(crate) sender: Sender,
    pub(crate) alphabet: Alphabet,
    pub(crate) long: Long,
    pub(crate) ids: IdForm,
    /// Requests that wait for an answer at once.
    pub(crate) window: usize,
}

impl Account {
    /// Reads and checks the settings; every wrong field is named.
    pub(crate) fn of(channel: &Channel) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let host = keep(host(channel), &mut wrong);
        let port = keep(whole_number(channel, PORT, 1..=65535, 2775), &mut wrong);
        let system_id = keep(short(channel, SYSTEM_ID, LONGEST_SYSTEM_ID), &mut wrong);
        if system_id.as_deref() == Some("") {
            wrong.push(FieldError::required(SYSTEM_ID));
        }
        let password = keep(password(channel), &mut wrong);
        let system_type = keep(short(channel, SYSTEM_TYPE, LONGEST_SYSTEM_TYPE), &mut wrong);
        let bind = keep(
            choice(
                channel,
                BIND,
                &[("transceiver", Bind::Transceiver), ("separate", Bind::Separate)],
            ),
            &mut wrong,
        );
        let alphabet = keep(
            choice(channel, ALPHABET, &[("gsm7", Alphabet::Gsm7), ("latin1", Alphabet::Latin1)]),
            &mut wrong,
        );
        let long = keep(
            choice(
                channel,
                LONG,
                &[("udh", Long::Udh), ("sar", Long::Sar), ("payload", Long::Payload)],
            ),
            &mut wrong,
        );
        let ids = keep(
            choice(
                channel,
                IDS,
                &[
                    ("same", IdForm::Same),
                    ("hex_then_decimal", IdForm::HexThenDecimal),
                    ("decimal_then_hex", IdForm::DecimalThenHex),
                ],
            ),
            &mut wrong,
        );
        let window = keep(whole_number(channel, WINDOW, 1..=100, 10), &mut wrong);
        let ton = keep(optional(channel, TON, 6), &mut wrong).flatten();
        let npi = keep(optional(channel, NPI, 18), &mut wrong).flatten();
        let sender = keep(sender(channel, ton, npi), &mut wrong);
        match (host, port, system_id, password, system_type, bind, alphabet, long, ids, window) {
            (
                Some(host),
                Some(port),
                Some(system_id),
                Some(password),
                Some(system_type),
                Some(bind),
                Some(alphabet),
                Some(long),
                Some(ids),
                Some(window),
            ) if wrong.is_empty() => match sender {
                Some(sender) => Ok(Self {
                    host,
                    port: u16::try_from(port).unwrap_or(2775),
                    tls: on(channel, TLS),
                    system_id,
                    password,
                    system_type,
                    bind,
                    sender,
                    alphabet,
                    long,
                    ids,
                    window: usize::try_from(window).unwrap_or(10),
                }),
                None => Err(wrong),
            },
            _ => Err(wrong),
        }
    }

    /// What a bind proves: the same for accounts that log in alike, and no secret.
    pub(crate) fn login(&self) -> String {
        let mut digest = Sha256::new();
        let port = self.port.to_string();
        let password = self.password.expose_secret();
        for field in [&self.host, &port, &self.system_id, password, &self.system_type] {
            digest.update(field);
            digest.update([0]);
        }
        digest.update([u8::from(self.tls), u8::from(self.bind == Bind::Separate)]);
        hex::encode(digest.finalize())
    }
}

fn keep<T>(result: Result<T, FieldError>, wrong: &mut Vec<FieldError>) -> Option<T> {
    result.map_err(|error| wrong.push(error)).ok()
}

fn host(channel: &Channel) -> Result<String, FieldError> {
    let Some(host) = channel.setting(HOST) else { return Err(FieldError::required(HOST)) };
    let bad = host.len() > 253
        || host.chars().any(|c| c.is_whitespace() || c.is_control() || "/@?#\\\"".contains(c))
        // An IPv6 address has many colons, a host with a port has one.
        || host.matches(':').count() == 1;
    if bad {
        return Err(FieldError::new(
            HOST,
            "bad_host",
            Words::new(
                "Укажите только имя сервера, без smpp:// и порта.",
                "Enter the server's name alone, without smpp:// and port.",
            ),
        ));
    }
    Ok(host.to_owned())
}

/// A field of the bind: ASCII and no longer than the protocol has room for.
fn short(channel: &Channel, key: &'static str, longest: usize) -> Result<String, FieldError> {
    let text = channel.setting(key).unwrap_or_default();
    if text.len() <= longest && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(FieldError::new(
        key,
        "bad_length",
        Words::new(
            format!("Не длиннее {longest} знаков, только латинские буквы, цифры и знаки."),
            format!("At most {longest} signs: Latin letters, digits and punctuation."),
        ),
    ))
}

fn password(channel: &Channel) -> Result<SecretString, FieldError> {
    let password = channel.secret(PASSWORD).map(|p| p.expose_secret().trim()).unwrap_or_default();
    if password.is_empty() {
        return Err(FieldError::required(PASSWORD));
    }
    if password.len() <= LONGEST_PASSWORD && password.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(password.to_owned().into());
    }
    Err(FieldError::new(
        PASSWORD,
        "bad_length",
        Words::new(
            "Пароль SMPP не длиннее 8 латинских знаков: так устроен протокол. Это не пароль от \
             личного кабинета провайдера.",
            "An SMPP password has at most 8 Latin signs: the protocol has no room for more. It is \
             not the password of the provider's site.",
        ),
    ))
}

fn sender(channel: &Channel, ton: Option<u8>, npi: Option<u8>) -> Result<Sender, FieldError> {
    let Some(text) = channel.setting(NUMBER) else { return Err(FieldError::required(NUMBER)) };
    Sender::of(text, ton, npi).ok_or_else(|| {
        FieldError::new(
            NUMBER,
            "bad_number",
            Words::new(
                "Это не номер и не имя отправителя. Номер: +79161234567, короткий номер: 1234, \
                 имя: до 11 латинских букв и цифр.",
                "This is neither a number nor a sender's name. A number: +79161234567, a short \
                 number: 1234, a name: up to 11 Latin letters and digits.",
            ),
        )
    })
}

fn choice<T: Copy>(
    channel: &Channel,
    key: &'static str,
    choices: &[(&str, T)],
) -> Result<T, FieldError> {
    let chosen = channel.setting(key);
    let found = match chosen {
        None => choices.first(),
        Some(chosen) => choices.iter().find(|(name, _)| *name == chosen),
    };
    found.map(|(_, value)| *value).ok_or_else(|| {
        FieldError::new(
            key,
            "unknown_choice",
            Words::new("Выберите значение из списка.", "Choose one of the list."),
        )
    })
}

fn optional(channel: &Channel, key: &'static str, max: i64) -> Result<Option<u8>, FieldError> {
    Ok(u8::try_from(whole_number(channel, key, 0..=max, -1)?).ok())
}

fn on(channel: &Channel, key: &str) -> bool {
    match channel.settings.get(key) {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(text)) => matches!(text.as_str(), "true" | "on" | "1"),
        _ => false,
    }
}

/// The fields of an SMPP access. None is required by the form, because they are asked for only where
/// SMPP is chosen; [`Account::of`] says which are missing.
pub(crate) fn fields() -> Vec<Field> {
    let text = |placeholder: &str| FieldKind::Text { placeholder: Some(placeholder.to_owned()) };
    let option = |value, ru: &str, en: &str| FieldOption { value, label: Words::new(ru, en) };
    vec![
        first(
            HOST,
            ("Сервер SMPP", "SMPP server"),
            (
                "Имя или адрес из письма провайдера о доступе по SMPP.",
                "Name or address, from the provider's letter about SMPP access.",
            ),
            text("smpp.example.ru"),
        ),
        first(
            PORT,
            ("Порт", "Port"),
            ("Обычно 2775, с шифрованием 3550.", "Usually 2775, with encryption 3550."),
            FieldKind::Number { min: 1, max: 65535, default: Some(2775) },
        ),
        first(
            TLS,
            ("Шифрование TLS", "TLS encryption"),
            (
                "Включите, если провайдер дал порт с TLS: без него пароль и тексты идут открыто.",
                "Switch it on if the provider gave a port with TLS: without it the password and \
                 texts go in the open.",
            ),
            FieldKind::Toggle { default: false },
        ),
        first(
            SYSTEM_ID,
            ("Логин (system_id)", "Login (system_id)"),
            ("До 15 знаков.", "Up to 15 signs."),
            FieldKind::Text { placeholder: None },
        ),
        first(
            PASSWORD,
            ("Пароль SMPP", "SMPP password"),
            (
                "До 8 знаков. Его выдаёт провайдер вместе с логином SMPP.",
                "Up to 8 signs. The provider gives it with the SMPP login.",
            ),
            FieldKind::Secret,
        ),
        rare(
            SYSTEM_TYPE,
            ("Тип системы (system_type)", "System type"),
            ("Если провайдер его назвал.", "If the provider named one."),
            FieldKind::Text { placeholder: None },
        ),
        rare(
            BIND,
            ("Соединение", "Connection"),
            (
                "Второе нужно старым серверам, которые не знают bind_transceiver.",
                "Old servers that know no bind_transceiver need the second.",
            ),
            FieldKind::Select {
                options: vec![
                    option("transceiver", "Одно на обе стороны", "One for both directions"),
                    option("separate", "Приём и отправка отдельно", "Receiver and transmitter"),
                ],
                default: Some("transceiver"),
            },
        ),
        rare(
            ALPHABET,
            ("Алфавит по умолчанию", "Default alphabet"),
            (
                "Что провайдер понимает под data_coding 0. Если в латинских SMS портятся знаки \
                 @ _ $ {}, выберите другой.",
                "What the provider takes data_coding 0 for. If @ _ $ {} come wrong in Latin SMS, \
                 choose the other.",
            ),
            FieldKind::Select {
                options: vec![
                    option("gsm7", "GSM 03.38", "GSM 03.38"),
                    option("latin1", "Latin-1", "Latin-1"),
                ],
                default: Some("gsm7"),
            },
        ),
        rare(
            LONG,
            ("Длинные сообщения", "Long messages"),
            (
                "Если части приходят клиенту отдельными SMS, спросите провайдера, какой способ он \
                 понимает.",
                "If customers get the parts as separate SMS, ask the provider which way it knows.",
            ),
            FieldKind::Select {
                options: vec![
                    option("udh", "Заголовок UDH в частях", "A UDH in each part"),
                    option("sar", "Поля SAR", "SAR fields"),
                    option("payload", "Целиком (message_payload)", "Whole (message_payload)"),
                ],
                default: Some("udh"),
            },
        ),
        rare(
            IDS,
            ("Номера сообщений", "Message ids"),
            (
                "Если SMS доходят, а статус остаётся «отправлено», провайдер пишет номер в ответе \
                 и в отчёте по-разному.",
                "If SMS arrive and their status stays 'sent', the provider writes the id \
                 differently in its answer and in the receipt.",
            ),
            FieldKind::Select {
                options: vec![
                    option("same", "Одинаковы", "The same"),
                    option(
                        "hex_then_decimal",
                        "В ответе 16-ричный, в отчёте десятичный",
                        "Hexadecimal in the answer, decimal in the receipt",
                    ),
                    option(
                        "decimal_then_hex",
                        "В ответе десятичный, в отчёте 16-ричный",
                        "Decimal in the answer, hexadecimal in the receipt",
                    ),
                ],
                default: Some("same"),
            },
        ),
        rare(
            WINDOW,
            ("Окно", "Window"),
            (
                "Сколько сообщений ждут ответа провайдера одновременно.",
                "How many messages wait for the provider's answer at once.",
            ),
            FieldKind::Number { min: 1, max: 100, default: Some(10) },
        ),
        rare(
            TON,
            ("TON отправителя", "Sender's TON"),
            (
                "Пусто: по виду номера (международный 1, имя 5, короткий 3).",
                "Empty: by the number's form (international 1, name 5, short 3).",
            ),
            FieldKind::Number { min: 0, max: 6, default: None },
        ),
        rare(
            NPI,
            ("NPI отправителя", "Sender's NPI"),
            (
                "Пусто: международный 1, имя и короткий 0.",
                "Empty: international 1, name and short number 0.",
            ),
            FieldKind::Number { min: 0, max: 18, default: None },
        ),
    ]
}

fn first(key: &'static str, label: (&str, &str), help: (&str, &str), kind: FieldKind) -> Field {
    Field {
        key,
        label: Words::new(label.0, label.1),
        help: Some(Words::new(help.0, help.1)),
        kind,
        required: false,
        advanced: false,
    }
}

fn rare(key: &'static str, label: (&str, &str), help: (&str, &str), kind: FieldKind) -> Field {
    Field { advanced: true, ..first(key, label, help, kind) }
}
