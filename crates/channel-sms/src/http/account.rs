//! Access to a provider as a channel's settings describe it, and the fields that ask for it.

use channel::{Channel, Choice, Field, FieldError, FieldKind};
use domain::{
    phone::{self, Country, Phone},
    text::Words,
};
use net::Rules;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::provider::{Login, Traits};
use crate::settings::{NUMBER, whole_number};

pub(super) const LOGIN: &str = "login";
pub(super) const KEY: &str = "key";
pub(super) const TEST: &str = "test_mode";
pub(super) const CHECKS: &str = "check_numbers";
pub(super) const CHECKS_A_DAY: &str = "checks_a_day";
pub(super) const BASE_URL: &str = "base_url";

/// 3GPP TS 23.040: what a sender's name has room for.
const LONGEST_NAME: usize = 11;
const LONGEST_SECRET: usize = 2_000;
/// Unless the company sets another number; and the largest it may set.
const CHECKS_AT_FIRST: i64 = 100;
const MOST_CHECKS: i64 = 100_000;

/// Settings that passed every check.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// Empty where the key needs none.
    pub(super) login: String,
    pub(super) key: SecretString,
    /// The number or name as people write it: `+79161234567`, `SHOP`.
    pub(super) title: String,
    /// SMS Aero: nothing reaches a phone.
    pub(super) test: bool,
    /// The company pays for looking into the network's register.
    pub(super) checks: bool,
    /// So often a day at most.
    pub(super) checks_a_day: u32,
    pub(super) base_url: Option<Url>,
}

impl Account {
    /// Reads and checks the settings; every wrong field is named.
    pub(super) fn of(
        channel: &Channel,
        traits: &Traits,
        rules: Rules,
    ) -> Result<Self, Vec<FieldError>> {
        let title = match channel.setting(NUMBER) {
            None => Err(FieldError::required(NUMBER)),
            Some(text) => sender(text).ok_or_else(bad_number),
        };
        match (Self::without_number(channel, traits, rules), title) {
            (Ok(account), Ok(title)) => Ok(Self { title, ..account }),
            (Ok(_), Err(wrong)) => Err(vec![wrong]),
            (Err(wrong), Ok(_)) => Err(wrong),
            (Err(wrong), Err(number)) => Err([vec![number], wrong].concat()),
        }
    }

    /// Enough to ask the provider which numbers there are.
    pub(super) fn without_number(
        channel: &Channel,
        traits: &Traits,
        rules: Rules,
    ) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let login = channel.setting(LOGIN).filter(|_| traits.login != Login::Unused);
        let login = login.unwrap_or_default().to_owned();
        if login.is_empty() && traits.login == Login::Needed {
            wrong.push(FieldError::required(LOGIN));
        }
        let key = channel.secret(KEY).map(|key| key.expose_secret().trim()).unwrap_or_default();
        if key.is_empty() {
            wrong.push(FieldError::required(KEY));
        } else if key.len() > LONGEST_SECRET || key.chars().any(char::is_control) {
            wrong.push(FieldError::new(
                KEY,
                "bad_key",
                Words::new(
                    "Это не похоже на ключ. Скопируйте его целиком, одной строкой.",
                    "This does not look like a key. Copy all of it, in one line.",
                ),
            ));
        }
        let most = whole_number(channel, CHECKS_A_DAY, 0..=MOST_CHECKS, CHECKS_AT_FIRST);
        let checks_a_day = most.map_or_else(
            |bad| {
                wrong.push(bad);
                0
            },
            |most| u32::try_from(most).unwrap_or(0),
        );
        let base_url = channel.setting(BASE_URL).map(|text| base(text, rules)).transpose();
        match base_url {
            Ok(base_url) if wrong.is_empty() => Ok(Self {
                login,
                key: key.to_owned().into(),
                title: String::new(),
                test: is_on(channel, TEST),
                checks: is_on(channel, CHECKS),
                checks_a_day,
                base_url,
            }),
            Ok(_) => Err(wrong),
            Err(bad) => {
                wrong.push(bad);
                Err(wrong)
            }
        }
    }

    /// How the provider writes the sender: digits without a plus, or the name.
    pub(super) fn sender(&self) -> &str {
        self.title.strip_prefix('+').unwrap_or(&self.title)
    }
}

fn is_on(channel: &Channel, key: &str) -> bool {
    channel.settings.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// What an account may send from, each once, as people write it.
pub(super) fn choices(senders: impl Iterator<Item = String>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for sender in senders.filter_map(|text| sender(&text)) {
        if choices.iter().all(|known| known.value != sender) {
            choices.push(Choice { value: sender.clone(), label: sender });
        }
    }
    choices
}

/// A phone in E.164, or a name (or a short number) as it is.
pub(super) fn sender(text: &str) -> Option<String> {
    let text = text.trim();
    let found = phone::normalise(text, Country::RU).or_else(|| Phone::international(text));
    if let Some(phone) = found {
        return Some(phone.as_str().to_owned());
    }
    let has_room = (1..=LONGEST_NAME).contains(&text.chars().count());
    let is_name = text.chars().all(|c| c.is_alphanumeric() || " -_.&!+".contains(c));
    (has_room && is_name).then(|| text.to_owned())
}

fn bad_number() -> FieldError {
    FieldError::new(
        NUMBER,
        "bad_number",
        Words::new(
            "Это не номер и не имя отправителя. Номер: +79161234567, имя: до 11 букв и цифр.",
            "This is neither a number nor a sender's name. A number: +79161234567, a name: up to \
             11 letters and digits.",
        ),
    )
}

/// An address below which the provider's calls are; ends in a slash, so that they can be joined.
fn base(text: &str, rules: Rules) -> Result<Url, FieldError> {
    let bad = |message| FieldError::new(BASE_URL, "bad_url", message);
    let text = format!("{}/", text.trim_end_matches('/'));
    let url = Url::parse(&text).ok().filter(|u| u.query().is_none() && u.fragment().is_none());
    let url = url.ok_or_else(|| {
        bad(Words::new(
            "Это не адрес. Он начинается с https://.",
            "This is not an address. It starts with https://.",
        ))
    })?;
    rules.check(&url).map(|()| url).map_err(|refused| {
        bad(Words::new(
            "К этому адресу обращаться нельзя: нужен https:// и сервер в интернете.",
            format!("This address is not called: {refused}."),
        ))
    })
}

/// The fields of an account. All are optional to the form, because they are asked for only where
/// such a provider is chosen; [`Account::of`] says which are missing.
pub(super) fn fields() -> Vec<Field> {
    vec![
        Field {
            key: LOGIN,
            label: Words::new("Логин у провайдера", "Login at the provider"),
            help: Some(Words::new(
                "SMS Aero: e-mail, с которым вы входите в кабинет. SMSC.ru: логин; если ниже ключ \
                 API, логин не нужен. МТС Exolve: оставьте пустым.",
                "SMS Aero: the e-mail with which you log in. SMSC.ru: the login; not needed with an \
                 API key below. MTS Exolve: leave it empty.",
            )),
            kind: FieldKind::Text { placeholder: Some("shop@example.ru".to_owned()) },
            required: false,
            advanced: false,
        },
        Field {
            key: KEY,
            label: Words::new("Ключ API", "API key"),
            help: Some(Words::new(
                "SMS Aero: «Настройки» → «API и SMPP» → «API-ключ». SMSC.ru: «Настройки» → «API» → \
                 «Создать ключ», или пароль для API вместе с логином. МТС Exolve: «Приложения» → \
                 приложение, к которому привязан номер → «API-ключи».",
                "SMS Aero: Settings → API and SMPP → API key. SMSC.ru: Settings → API → Create a \
                 key, or the API password together with the login. MTS Exolve: Applications → the \
                 application that has the number → API keys.",
            )),
            kind: FieldKind::Secret,
            required: false,
            advanced: false,
        },
        Field {
            key: CHECKS,
            label: Words::new("Проверка номеров (HLR)", "Number checks (HLR)"),
            help: Some(Words::new(
                "У телефона клиента появится кнопка «Проверить»: есть ли такой номер в сети. Каждая \
                 проверка платная, по тарифу провайдера на HLR-запросы; ответ хранится, и сама \
                 Беседа номера не проверяет.",
                "A customer's phone gets a button 'Check': whether the network has such a number. \
                 Each check is paid for, at the provider's rate for HLR requests; the answer is \
                 kept, and nothing is checked without a click.",
            )),
            kind: FieldKind::Toggle { default: false },
            required: false,
            advanced: false,
        },
        Field {
            key: CHECKS_A_DAY,
            label: Words::new("Проверок в день не больше", "Checks a day at most"),
            help: Some(Words::new(
                "Считаются платные проверки по всем каналам компании за её календарный день. 0: \
                 номера не проверяются.",
                "Paid checks through all channels of the company count, over its calendar day. 0: \
                 numbers are not checked.",
            )),
            kind: FieldKind::Number { min: 0, max: MOST_CHECKS, default: Some(CHECKS_AT_FIRST) },
            required: false,
            advanced: false,
        },
        Field {
            key: TEST,
            label: Words::new("Пробный режим SMS Aero", "Test mode of SMS Aero"),
            help: Some(Words::new(
                "SMS принимаются и получают статус, но не доставляются и не стоят денег.",
                "SMS are accepted and get a status, but reach nobody and cost nothing.",
            )),
            kind: FieldKind::Toggle { default: false },
            required: false,
            advanced: true,
        },
        Field {
            key: BASE_URL,
            label: Words::new("Адрес API провайдера", "Address of the provider's API"),
            help: Some(Words::new(
                "Заполните, если провайдер дал вам другой адрес. Обычно пусто.",
                "Fill in if the provider gave you another address. Usually empty.",
            )),
            kind: FieldKind::Url,
            required: false,
            advanced: true,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_11_a_sender_is_a_phone_in_e_164_or_a_name() {
        for (text, expected) in [
            ("8 916 123-45-67", Some("+79161234567")),
            ("79161234567", Some("+79161234567")),
            ("SHOP", Some("SHOP")),
            ("Мой магазин", Some("Мой магазин")),
            ("a name that is too long", None),
            ("<script>", None),
            ("", None),
        ] {
            assert_eq!(sender(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn ch_11_a_number_that_is_a_name_too_is_offered_once() {
        let told = ["79161234567", "SHOP", "+7 916 123-45-67", "<b>"].map(str::to_owned);
        let values: Vec<String> = choices(told.into_iter()).into_iter().map(|c| c.value).collect();
        assert_eq!(values, ["+79161234567", "SHOP"]);
    }

    #[test]
    fn an_address_of_ones_own_is_joined_as_a_folder() {
        for (text, expected) in [
            ("http://127.0.0.1:8496/smsc/sys", Some("http://127.0.0.1:8496/smsc/sys/")),
            ("https://smsc.kz/sys/", Some("https://smsc.kz/sys/")),
            ("ftp://smsc.kz", None),
            ("smsc.kz", None),
            ("https://user:word@smsc.kz/", None),
        ] {
            assert_eq!(
                base(text, net::Outgoing::lenient().rules()).ok().as_ref().map(Url::as_str),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn by_5_an_address_inside_is_not_called() {
        let strict = net::Outgoing::strict().rules();
        for text in
            ["http://smsc.kz/", "https://127.0.0.1/", "https://10.0.0.7/", "https://localhost/"]
        {
            assert!(base(text, strict).is_err(), "{text}");
        }
        assert!(base("https://smsc.kz/sys/", strict).is_ok());
    }
}
