//! The form, what a person filled into it, and what they then copy into the Auto.ru cabinet.

use channel::{Channel, Field, FieldError, FieldKind, FieldOption, HandOver, SettingsForm};
use domain::text::Words;
use net::Rules;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

pub(crate) const CHAT_ID: &str = "chat_id";
const SENDER: &str = "sender";
const DEALER_PAGE: &str = "dealer_page";
const HOST: &str = "host";
const BASE_URL: &str = "base_url";

/// CH-9: more than 3 characters.
const SHORTEST_CHAT_ID: usize = 4;
const LONGEST_CHAT_ID: usize = 100;
/// Of the one that the cabinet makes up: 190 bits.
const SUGGESTED_CHAT_ID: u8 = 32;
const LONGEST_SENDER: usize = 100;

/// The address of the method's text.
const MAIN: &str = "https://apiauto.ru/1.0";
/// The address of the method's example; connectors in the wild use it.
const EXAMPLES: &str = "https://chat-api-ext.vertis.yandex.net/api/1.x";

/// Checked settings of one dealer.
pub(crate) struct Settings {
    pub(crate) chat_id: SecretString,
    /// How the dealer is called towards buyers.
    pub(crate) sender: String,
    pub(crate) dealer_page: Option<Url>,
    base: Url,
}

impl Settings {
    /// Reads and checks every field; each wrong one is named.
    pub(crate) fn read(channel: &Channel, rules: Rules) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let chat_id = chat_id(channel).unwrap_or_default();
        if let Err(error) = check_chat_id(chat_id) {
            wrong.push(error);
        }
        let sender = channel.setting(SENDER).unwrap_or(&channel.name);
        if sender.chars().count() > LONGEST_SENDER {
            wrong.push(too_long(SENDER, LONGEST_SENDER));
        }
        let dealer_page = channel.setting(DEALER_PAGE).map(|text| web_address(text).ok_or(text));
        if let Some(Err(_)) = dealer_page {
            wrong.push(bad_address(DEALER_PAGE));
        }
        let base = match (channel.setting(BASE_URL), channel.setting(HOST)) {
            (Some(own), _) => {
                let own = web_address(own).filter(|url| rules.check(url).is_ok());
                own.ok_or_else(|| own_address_refused(rules))
            }
            (None, None | Some("main")) => web_address(MAIN).ok_or_else(|| bad_address(HOST)),
            (None, Some("examples")) => web_address(EXAMPLES).ok_or_else(|| bad_address(HOST)),
            (None, Some(_)) => Err(FieldError::new(
                HOST,
                "unknown_choice",
                Words::new("Выберите значение из списка.", "Choose one of the list."),
            )),
        };
        match base {
            Ok(base) if wrong.is_empty() => Ok(Self {
                chat_id: chat_id.to_owned().into(),
                sender: sender.to_owned(),
                dealer_page: dealer_page.and_then(Result::ok),
                base,
            }),
            Ok(_) => Err(wrong),
            Err(error) => {
                wrong.push(error);
                Err(wrong)
            }
        }
    }

    /// Where operators' messages go; holds the ChatId.
    pub(crate) fn hook(&self) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["aggregators", "auto", "hook"]);
        }
        url.query_pairs_mut().clear().append_pair("token", self.chat_id.expose_secret());
        url
    }

    /// Tells one ChatId from another without showing it: a company's channels must not share one
    /// (CH-9).
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.chat_id.expose_secret().as_bytes());
        hex::encode(digest).chars().take(32).collect()
    }
}

/// The ChatId of a channel, as typed but for the blanks around it.
pub(crate) fn chat_id(channel: &Channel) -> Option<&str> {
    channel.secret(CHAT_ID).map(|id| id.expose_secret().trim()).filter(|id| !id.is_empty())
}

fn check_chat_id(text: &str) -> Result<(), FieldError> {
    let length = text.chars().count();
    if length == 0 {
        return Err(FieldError::required(CHAT_ID));
    }
    if length < SHORTEST_CHAT_ID {
        return Err(FieldError::new(
            CHAT_ID,
            "too_short",
            Words::new(
                "Chat ID длиннее трёх символов. Надёжнее нажать «Придумать»: кто угадает Chat ID, \
                 сможет писать от вашего имени.",
                "A Chat ID has more than three characters. 'Make one up' is safer: whoever guesses \
                 it can write in your name.",
            ),
        ));
    }
    if length > LONGEST_CHAT_ID {
        return Err(too_long(CHAT_ID, LONGEST_CHAT_ID));
    }
    if text.chars().any(char::is_control) {
        return Err(FieldError::new(
            CHAT_ID,
            "bad_characters",
            Words::new(
                "В Chat ID есть невидимые символы. Введите его в одну строку.",
                "The Chat ID has invisible characters. Put it on one line.",
            ),
        ));
    }
    Ok(())
}

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

fn too_long(field: &str, most: usize) -> FieldError {
    FieldError::new(
        field,
        "too_long",
        Words::new(format!("Не длиннее {most} символов."), format!("At most {most} characters.")),
    )
}

fn bad_address(field: &str) -> FieldError {
    FieldError::new(
        field,
        "bad_url",
        Words::new(
            "Это не адрес. Он начинается с https:// или http://.",
            "This is not an address. It starts with https:// or http://.",
        ),
    )
}

fn own_address_refused(rules: Rules) -> FieldError {
    match rules.scheme {
        net::Scheme::HttpToo => bad_address(BASE_URL),
        net::Scheme::HttpsOnly => FieldError::new(
            BASE_URL,
            "bad_url",
            Words::new(
                "Нужен адрес в интернете, который начинается с https://.",
                "This must be an address in the internet that starts with https://.",
            ),
        ),
    }
}

/// What goes into the Auto.ru cabinet, in the order of its fields.
pub(crate) fn hand_over(chat_id: &str, hook: &Url) -> Vec<HandOver> {
    let place = Words::new(
        "В кабинете дилера на Авто.ру, где к чатам подключают внешнее приложение. Оба значения \
         секретные: вставьте их туда и никому не пересылайте.",
        "In the dealer's cabinet at Auto.ru, where an outside application is connected to chats. \
         Both values are secret: put them there and send them to nobody.",
    );
    vec![
        HandOver {
            label: Words::new("ChatId", "ChatId"),
            value: chat_id.to_owned(),
            help: Some(place),
        },
        HandOver {
            label: Words::new("Адрес для сообщений (URL)", "Address for messages (URL)"),
            value: hook.to_string(),
            help: None,
        },
    ]
}

pub(crate) fn form() -> SettingsForm {
    SettingsForm {
        intro: Words::new(
            "Нужен платный кабинет дилера на Авто.ру. Придумайте Chat ID и сохраните канал: \
             появятся два значения, Chat ID и адрес. Вставьте оба в кабинете дилера, где к чатам \
             подключают внешнее приложение, и сообщения покупателей пойдут сюда.",
            "A paid dealer's account at Auto.ru is needed. Make up a Chat ID and save the channel: \
             two values appear, the Chat ID and an address. Put both into the dealer's cabinet, \
             where an outside application is connected to chats, and buyers' messages come here.",
        ),
        fields: vec![
            Field {
                key: CHAT_ID,
                label: Words::new("Chat ID", "Chat ID"),
                help: Some(Words::new(
                    "Пароль, по которому Авто.ру и Беседа узнают друг друга. Больше трёх символов, \
                     свой у каждого канала. Лучше длинный случайный: «Придумать».",
                    "The password by which Auto.ru and Beseda know each other. More than three \
                     characters, its own for each channel. A long random one is best: 'Make one up'.",
                )),
                kind: FieldKind::OwnSecret { length: SUGGESTED_CHAT_ID },
                required: true,
                advanced: false,
            },
            Field {
                key: SENDER,
                label: Words::new("Имя для покупателей", "Name for buyers"),
                help: Some(Words::new(
                    "От чьего имени приходят ответы. Пусто: имя канала.",
                    "In whose name answers come. Empty: the channel's name.",
                )),
                kind: FieldKind::Text {
                    placeholder: Some("Автосалон «Ромашка»".to_owned())
                },
                required: false,
                advanced: false,
            },
            Field {
                key: DEALER_PAGE,
                label: Words::new("Страница дилера на Авто.ру", "The dealer's page at Auto.ru"),
                help: Some(Words::new(
                    "Для кнопки «Авто.ру» в виджете на сайте: куда перейдёт посетитель.",
                    "For the Auto.ru button in the site widget: where a visitor is taken.",
                )),
                kind: FieldKind::Url,
                required: false,
                advanced: true,
            },
            Field {
                key: HOST,
                label: Words::new("Сервер Авто.ру", "Auto.ru server"),
                help: Some(Words::new(
                    "В документации Авто.ру их два. Меняйте, если ответы не уходят.",
                    "Auto.ru documents two. Change it if answers do not go out.",
                )),
                kind: FieldKind::Select {
                    options: vec![
                        FieldOption {
                            value: "main",
                            label: Words::new("apiauto.ru (основной)", "apiauto.ru (main)"),
                        },
                        FieldOption {
                            value: "examples",
                            label: Words::new(
                                "chat-api-ext.vertis.yandex.net",
                                "chat-api-ext.vertis.yandex.net",
                            ),
                        },
                    ],
                    default: Some("main"),
                },
                required: false,
                advanced: true,
            },
            Field {
                key: BASE_URL,
                label: Words::new("Свой адрес API", "API address of your own"),
                help: Some(Words::new(
                    "Часть адреса до /aggregators/auto/hook. Заполните, если ходите через свой \
                     шлюз. Обычно пусто.",
                    "The part before /aggregators/auto/hook. Fill in for a gateway of your own. \
                     Usually empty.",
                )),
                kind: FieldKind::Url,
                required: false,
                advanced: true,
            },
        ],
    }
}
