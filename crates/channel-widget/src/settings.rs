//! The settings of a widget: the form that people fill, and its answers read once.

use channel::{Channel, Field, FieldError, FieldKind, FieldOption, SettingsForm};
use domain::text::Words;
use serde_json::Value;

use crate::origin::SitePattern;

const MAX_SITES: usize = 50;
const DEFAULT_COLOR: &str = "#0b6e5f";

/// Keys of the text fields with the most characters that each may have.
const TEXTS: &[(&str, usize)] =
    &[("title", 60), ("greeting", 500), ("offline_text", 500), ("launcher_text", 30)];

const LANGUAGES: &[&str] = &["auto", "ru", "en"];
const POSITIONS: &[&str] = &["right", "left"];
const CONTACT_FORMS: &[&str] =
    &["none", "name", "phone", "email", "name_phone", "name_email", "name_phone_email"];

/// The form, in the order in which a person thinks of it: where, how it looks, what it asks.
pub fn form() -> SettingsForm {
    SettingsForm {
        intro: Words::new(
            "Виджет — это кнопка чата на вашем сайте. Сохраните настройки и вставьте одну строку \
             кода на сайт перед </body>. Попробовать виджет можно сразу, на проверочной странице.",
            "The widget is a chat button on your site. Save the settings and put one line of code \
             on the site before </body>. You can try it at once on the test page.",
        ),
        fields: vec![
            Field {
                help: words(
                    "По одному адресу в строке: https://shop.ru или https://*.shop.ru для всех \
                     поддоменов. На остальных сайтах виджет не откроется. Пусто — виджет работает \
                     только на проверочной странице Беседы.",
                    "One address per line: https://shop.ru, or https://*.shop.ru for all \
                     subdomains. The widget does not open on any other site. Empty: it works on \
                     Beseda's own test page alone.",
                ),
                ..field(
                    "origins",
                    Words::new("Сайты", "Sites"),
                    FieldKind::List { placeholder: Some("https://shop.ru".to_owned()) },
                )
            },
            text_field(
                "title",
                Words::new("Заголовок", "Title"),
                words(
                    "Показан вверху окна. Обычно это название компании.",
                    "Shown at the top of the window. Usually the company's name.",
                ),
            ),
            Field {
                help: words(
                    "Первые слова в окне чата, ещё до вопроса посетителя.",
                    "The first words in the window, before the visitor has asked.",
                ),
                ..field("greeting", Words::new("Приветствие", "Greeting"), FieldKind::LongText)
            },
            field(
                "color",
                Words::new("Цвет", "Colour"),
                FieldKind::Color { default: DEFAULT_COLOR },
            ),
            select(
                "position",
                Words::new("Место кнопки", "Place of the button"),
                &[
                    ("right", "Справа внизу", "Bottom right"),
                    ("left", "Слева внизу", "Bottom left"),
                ],
            ),
            text_field(
                "launcher_text",
                Words::new("Слова на кнопке", "Words on the button"),
                words(
                    "Например «Спросите нас». Пусто — круглая кнопка со значком.",
                    "Such as “Ask us”. Empty: a round button with an icon.",
                ),
            ),
            select(
                "language",
                Words::new("Язык", "Language"),
                &[
                    ("auto", "Как в браузере посетителя", "As in the visitor's browser"),
                    ("ru", "Русский", "Russian"),
                    ("en", "Английский", "English"),
                ],
            ),
            Field {
                help: words(
                    "Что спросить у посетителя до первого сообщения, чтобы клиент не задвоился.",
                    "What to ask before the first message, so that no client is stored twice.",
                ),
                ..select(
                    "contact_form",
                    Words::new("Форма сбора контактов", "Contact form"),
                    &[
                        ("none", "Не спрашивать", "Ask nothing"),
                        ("name", "Имя", "Name"),
                        ("phone", "Телефон", "Phone"),
                        ("email", "E-mail", "E-mail"),
                        ("name_phone", "Имя и телефон", "Name and phone"),
                        ("name_email", "Имя и e-mail", "Name and e-mail"),
                        ("name_phone_email", "Имя, телефон и e-mail", "Name, phone and e-mail"),
                    ],
                )
            },
            Field {
                help: words(
                    "Когда на линии никого нет, посетитель оставляет заявку: имя, телефон или \
                     e-mail и вопрос.",
                    "When nobody is on line the visitor leaves a request: name, phone or e-mail, \
                     and the question.",
                ),
                ..field(
                    "offline_form",
                    Words::new("Офлайн-заявка", "Offline request"),
                    FieldKind::Toggle { default: true },
                )
            },
            Field {
                help: words(
                    "Показаны, когда на линии никого нет.",
                    "Shown when nobody is on line.",
                ),
                ..field(
                    "offline_text",
                    Words::new("Слова, когда никого нет", "Words when nobody is there"),
                    FieldKind::LongText,
                )
            },
        ],
    }
}

fn words(ru: &str, en: &str) -> Option<Words> {
    Some(Words::new(ru, en))
}

fn field(key: &'static str, label: Words, kind: FieldKind) -> Field {
    Field { key, label, help: None, kind, required: false, advanced: false }
}

fn text_field(key: &'static str, label: Words, help: Option<Words>) -> Field {
    Field { help, ..field(key, label, FieldKind::Text { placeholder: None }) }
}

/// The first choice is the one used when unset.
fn select(
    key: &'static str,
    label: Words,
    choices: &[(&'static str, &'static str, &'static str)],
) -> Field {
    let options = choices
        .iter()
        .map(|&(value, ru, en)| FieldOption { value, label: Words::new(ru, en) })
        .collect();
    field(key, label, FieldKind::Select { options, default: choices.first().map(|c| c.0) })
}

/// Names every wrong field.
pub fn check(channel: &Channel) -> Result<(), Vec<FieldError>> {
    let mut wrong = Vec::new();
    match site_lines(channel) {
        Some(lines) if lines.len() > MAX_SITES => wrong.push(FieldError::new(
            "origins",
            "too_many",
            Words::new(
                format!("Не больше {MAX_SITES} адресов: поддомены можно записать со звёздочкой."),
                format!("At most {MAX_SITES} addresses: write subdomains with a star."),
            ),
        )),
        Some(lines) => {
            for line in lines {
                if let Err(words) = SitePattern::parse(&line) {
                    wrong.push(FieldError::new("origins", "bad_origin", words));
                }
            }
        }
        None => wrong.push(FieldError::new(
            "origins",
            "bad_list",
            Words::new("Укажите адреса сайтов списком.", "Give the sites' addresses as a list."),
        )),
    }
    for &(key, max) in TEXTS {
        wrong.extend(check_text(channel, key, max));
    }
    if channel.setting("color").is_some_and(|c| !is_color(c)) || is_not_text(channel, "color") {
        wrong.push(FieldError::new(
            "color",
            "bad_color",
            Words::new(
                "Цвет записывается как #0b6e5f: решётка и шесть знаков 0–9, a–f.",
                "Write the colour as #0b6e5f: a hash and six of 0–9, a–f.",
            ),
        ));
    }
    for (key, choices) in
        [("language", LANGUAGES), ("position", POSITIONS), ("contact_form", CONTACT_FORMS)]
    {
        let unknown = channel.setting(key).is_some_and(|value| !choices.contains(&value));
        if unknown || is_not_text(channel, key) {
            let choices = choices.join(", ");
            wrong.push(FieldError::new(
                key,
                "bad_choice",
                Words::new(
                    format!("Выберите одно из: {choices}."),
                    format!("Choose one of: {choices}."),
                ),
            ));
        }
    }
    if !matches!(channel.settings.get("offline_form"), None | Some(Value::Null | Value::Bool(_))) {
        wrong.push(FieldError::new(
            "offline_form",
            "bad_toggle",
            Words::new("Укажите true или false.", "Give true or false."),
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn check_text(channel: &Channel, key: &str, max: usize) -> Option<FieldError> {
    if is_not_text(channel, key) {
        return Some(FieldError::new(
            key,
            "bad_text",
            Words::new("Здесь должен быть текст.", "This must be text."),
        ));
    }
    let length = channel.setting(key)?.chars().count();
    (length > max).then(|| {
        FieldError::new(
            key,
            "too_long",
            Words::new(
                format!("Не больше {max} знаков, сейчас {length}: сократите."),
                format!("At most {max} characters, now {length}: shorten it."),
            ),
        )
    })
}

fn is_not_text(channel: &Channel, key: &str) -> bool {
    !matches!(channel.settings.get(key), None | Some(Value::Null | Value::String(_)))
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The lines of the site list, empty ones left out; `None` when it is no list of texts. One text
/// with line breaks or commas is a list too: people paste.
fn site_lines(channel: &Channel) -> Option<Vec<String>> {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.split(['\n', ',', ' ']).map(str::trim);
        lines.filter(|l| !l.is_empty()).map(str::to_owned).collect()
    };
    match channel.settings.get("origins") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) => Some(lines(text)),
        Some(Value::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Some(texts?.into_iter().flat_map(lines).collect())
        }
        Some(_) => None,
    }
}

/// The allowed sites. One that cannot be read allows nothing.
pub fn sites(channel: &Channel) -> Vec<SitePattern> {
    site_lines(channel)
        .unwrap_or_default()
        .iter()
        .filter_map(|line| SitePattern::parse(line).ok())
        .collect()
}

/// The accent colour, as `#rrggbb`.
pub fn color(channel: &Channel) -> &str {
    channel.setting("color").filter(|c| is_color(c)).unwrap_or(DEFAULT_COLOR)
}

/// One of the choices of a select field; the first one when unset or unknown.
fn choice(channel: &Channel, key: &str, choices: &[&'static str]) -> &'static str {
    let chosen = channel.setting(key);
    let found = choices.iter().find(|c| Some(**c) == chosen).or_else(|| choices.first());
    found.copied().unwrap_or_default()
}

/// `auto`, `ru` or `en`.
pub fn language(channel: &Channel) -> &'static str {
    choice(channel, "language", LANGUAGES)
}

/// `right` or `left`.
pub fn position(channel: &Channel) -> &'static str {
    choice(channel, "position", POSITIONS)
}

/// The fields of the contact form, by key; empty when nothing is asked (RT-3).
pub fn contact_fields(channel: &Channel) -> Vec<&'static str> {
    match choice(channel, "contact_form", CONTACT_FORMS) {
        "none" => Vec::new(),
        fields => fields.split('_').collect(),
    }
}

/// Whether visitors may leave a request when nobody is on line (WG-2).
pub fn takes_requests(channel: &Channel) -> bool {
    channel.settings.get("offline_form").and_then(Value::as_bool).unwrap_or(true)
}
