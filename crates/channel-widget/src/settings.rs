//! The settings of a widget: the form that people fill, and its answers read once.

use channel::{Channel, Field, FieldError, FieldKind, FieldOption, SettingsForm};
use domain::text::Words;
use serde_json::Value;

use crate::origin::SitePattern;

const MAX_SITES: usize = 50;
const DEFAULT_COLOR: &str = "#0b6e5f";

/// Keys of the text fields with the most characters that each may have.
const TEXTS: &[(&str, usize)] = &[
    ("title", 60),
    ("title_en", 60),
    ("greeting", 500),
    ("greeting_en", 500),
    ("offline_text", 500),
    ("offline_text_en", 500),
    ("launcher_text", 30),
    ("launcher_text_en", 30),
    ("prompt_text", 140),
    ("prompt_text_en", 140),
];

const LANGUAGES: &[&str] = &["auto", "ru", "en"];
const THEMES: &[&str] = &["auto", "light", "dark"];
const POSITIONS: &[&str] = &["right", "left"];
const NEEDS: &[&str] = &["no", "optional", "required"];
/// The contact form's questions with their keys in the settings.
const QUESTIONS: &[(&str, &str)] =
    &[("name", "ask_name"), ("phone", "ask_phone"), ("email", "ask_email")];
const TOGGLES: &[&str] = &["offline_form", "other_channels", "files", "rating"];
/// Ten minutes: whoever read so long needs no invitation.
const LONGEST_DELAY: i64 = 600;

/// The form, in the order in which a person thinks of it: where, how it looks, what it says, what it
/// asks, what else it can do.
pub fn form() -> SettingsForm {
    SettingsForm {
        intro: Words::new(
            "Виджет — это кнопка чата на вашем сайте. Сохраните настройки и вставьте одну строку \
             кода на сайт перед </body>. Попробовать виджет можно сразу, на проверочной странице.",
            "The widget is a chat button on your site. Save the settings and put one line of code \
             on the site before </body>. You can try it at once on the test page.",
        ),
        fields: [site_list(), look(), texts(), questions(), extras()].concat(),
    }
}

fn site_list() -> Vec<Field> {
    vec![Field {
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
    }]
}

fn look() -> Vec<Field> {
    vec![
        field("color", Words::new("Цвет", "Colour"), FieldKind::Color { default: DEFAULT_COLOR }),
        Field {
            help: words(
                "«Как на странице» — тёмный, если страница сама объявила тёмную тему.",
                "“As on the page”: dark where the page itself declares a dark theme.",
            ),
            ..select(
                "theme",
                Words::new("Оформление", "Theme"),
                &[
                    ("auto", "Как на странице", "As on the page"),
                    ("light", "Светлое", "Light"),
                    ("dark", "Тёмное", "Dark"),
                ],
            )
        },
        select(
            "position",
            Words::new("Место кнопки", "Place of the button"),
            &[("right", "Справа внизу", "Bottom right"), ("left", "Слева внизу", "Bottom left")],
        ),
        Field {
            help: words(
                "«Как на странице» — по языку, который указан на странице сайта, а если он не \
                 указан — по языку браузера посетителя.",
                "“As on the page”: the language that the site's page names, else that of the \
                 visitor's browser.",
            ),
            ..select(
                "language",
                Words::new("Язык", "Language"),
                &[
                    ("auto", "Как на странице", "As on the page"),
                    ("ru", "Русский", "Russian"),
                    ("en", "Английский", "English"),
                ],
            )
        },
    ]
}

fn texts() -> Vec<Field> {
    let mut fields = twins(
        "title",
        "title_en",
        FieldKind::Text { placeholder: None },
        ("Заголовок", "Title"),
        (
            "Показан вверху окна. Обычно это название компании.",
            "Shown at the top of the window. Usually the company's name.",
        ),
    );
    fields.extend(twins(
        "greeting",
        "greeting_en",
        FieldKind::LongText,
        ("Приветствие", "Greeting"),
        (
            "Первые слова в окне чата, ещё до вопроса посетителя.",
            "The first words in the window, before the visitor has asked.",
        ),
    ));
    fields.extend(twins(
        "launcher_text",
        "launcher_text_en",
        FieldKind::Text { placeholder: None },
        ("Слова на кнопке", "Words on the button"),
        (
            "Например «Спросите нас». Пусто — круглая кнопка со значком.",
            "Such as “Ask us”. Empty: a round button with an icon.",
        ),
    ));
    fields.push(Field {
        help: words(
            "Через столько секунд рядом с кнопкой появится приглашение, один раз за посещение. \
             0 — не приглашать.",
            "After so many seconds an invitation appears beside the button, once a visit. \
             0: none.",
        ),
        ..field(
            "prompt_delay",
            Words::new("Пригласить через, секунд", "Invite after, seconds"),
            FieldKind::Number { min: 0, max: LONGEST_DELAY, default: Some(0) },
        )
    });
    fields.extend(twins(
        "prompt_text",
        "prompt_text_en",
        FieldKind::Text { placeholder: None },
        ("Слова приглашения", "Words of the invitation"),
        (
            "Например «Поможем выбрать размер». Пусто — обычные слова.",
            "Such as “We can help you choose a size”. Empty: the usual words.",
        ),
    ));
    fields
}

fn questions() -> Vec<Field> {
    let needs: [(&str, &str, &str); 3] = [
        ("no", "Не спрашивать", "Do not ask"),
        ("optional", "Спрашивать, можно пропустить", "Ask, may be left empty"),
        ("required", "Спрашивать обязательно", "Ask, must be filled"),
    ];
    vec![
        Field {
            help: words(
                "Форма контактов перед началом чата: чтобы один клиент не завёлся дважды.",
                "The contact form before the chat: so that no client is stored twice.",
            ),
            ..select("ask_name", Words::new("Имя до начала чата", "Name, before the chat"), &needs)
        },
        select("ask_phone", Words::new("Телефон до начала чата", "Phone, before the chat"), &needs),
        select("ask_email", Words::new("E-mail до начала чата", "E-mail, before the chat"), &needs),
    ]
}

fn extras() -> Vec<Field> {
    let mut fields = vec![toggle(
        "offline_form",
        Words::new("Офлайн-заявка", "Offline request"),
        words(
            "Когда на линии никого нет или рабочее время по сценарию канала кончилось, \
             посетитель оставляет заявку: имя, телефон или e-mail и вопрос.",
            "When nobody is on line, or the working hours of the channel's scenario are over, \
             the visitor leaves a request: name, phone or e-mail, and the question.",
        ),
    )];
    fields.extend(twins(
        "offline_text",
        "offline_text_en",
        FieldKind::LongText,
        ("Слова, когда никого нет", "Words when nobody is there"),
        ("Показаны, когда на линии никого нет.", "Shown when nobody is on line."),
    ));
    fields.push(toggle(
        "other_channels",
        Words::new("Другие каналы", "Other channels"),
        words(
            "Предлагать посетителю каналы, отмеченные «Использовать в виджете на сайте». Рекламный \
             источник при переходе сохраняется.",
            "Offer the channels that are marked “Use in the site widget”. The advertising source \
             is kept on the way.",
        ),
    ));
    fields.push(toggle(
        "files",
        Words::new("Файлы от посетителей", "Visitors' files"),
        words(
            "Посетитель может приложить фотографию или документ, до 20 МБ.",
            "A visitor can attach a photo or a document, up to 20 MB.",
        ),
    ));
    fields.push(toggle(
        "rating",
        Words::new("Оценка разговора", "Rating"),
        words(
            "После завершения чата попросить оценку от 1 до 5 и пару слов.",
            "Ask for 1 to 5 stars and a few words once the chat is closed.",
        ),
    ));
    fields
}

/// A text and its twin for pages in English, which few companies need.
fn twins(
    key: &'static str,
    key_en: &'static str,
    kind: FieldKind,
    (ru, en): (&str, &str),
    (help_ru, help_en): (&str, &str),
) -> Vec<Field> {
    let main = field(key, Words::new(ru, en), kind.clone());
    let label = Words::new(format!("{ru} по-английски"), format!("{en}, in English"));
    vec![
        Field { help: words(help_ru, help_en), ..main },
        Field {
            help: words(
                "Для посетителей, которым виджет показан по-английски.",
                "For visitors who see the widget in English.",
            ),
            advanced: true,
            ..field(key_en, label, kind)
        },
    ]
}

fn toggle(key: &'static str, label: Words, help: Option<Words>) -> Field {
    Field { help, ..field(key, label, FieldKind::Toggle { default: true }) }
}

fn words(ru: &str, en: &str) -> Option<Words> {
    Some(Words::new(ru, en))
}

fn field(key: &'static str, label: Words, kind: FieldKind) -> Field {
    Field { key, label, help: None, kind, required: false, advanced: false }
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
    let asks = QUESTIONS.iter().map(|&(_, key)| (key, NEEDS));
    let choices = [("language", LANGUAGES), ("theme", THEMES), ("position", POSITIONS)];
    for (key, choices) in choices.into_iter().chain(asks) {
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
    for &key in TOGGLES {
        if !matches!(channel.settings.get(key), None | Some(Value::Null | Value::Bool(_))) {
            wrong.push(FieldError::new(
                key,
                "bad_toggle",
                Words::new("Укажите true или false.", "Give true or false."),
            ));
        }
    }
    let delay = channel.settings.get("prompt_delay");
    let is_delay = |value: &Value| value.as_i64().is_some_and(|n| (0..=LONGEST_DELAY).contains(&n));
    if delay.is_some_and(|value| !value.is_null() && !is_delay(value)) {
        wrong.push(FieldError::new(
            "prompt_delay",
            "out_of_range",
            Words::new(
                format!("Укажите целое число секунд от 0 до {LONGEST_DELAY}."),
                format!("Give whole seconds, 0 to {LONGEST_DELAY}."),
            ),
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

/// `auto`, `light` or `dark`.
pub fn theme(channel: &Channel) -> &'static str {
    choice(channel, "theme", THEMES)
}

/// A text in a language of the page. A widget that speaks English alone has its English words in
/// the main field; a title is the same in every language unless its twin says otherwise. Empty: the
/// page's own words.
pub fn text<'a>(channel: &'a Channel, key: &str, language: &str) -> &'a str {
    let main = channel.setting(key).unwrap_or_default();
    if language != "en" {
        return main;
    }
    let keeps = key == "title" || self::language(channel) == "en";
    let twin = channel.setting(&format!("{key}_en"));
    twin.unwrap_or(if keeps { main } else { "" })
}

/// Seconds until the invitation; 0: none.
pub fn prompt_delay(channel: &Channel) -> i64 {
    let delay = channel.settings.get("prompt_delay").and_then(Value::as_i64);
    delay.unwrap_or_default().clamp(0, LONGEST_DELAY)
}

/// A question of the contact form (RT-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub key: &'static str,
    pub required: bool,
}

/// The contact form's questions; none when nothing is asked.
pub fn questions_of(channel: &Channel) -> Vec<Question> {
    let asked = QUESTIONS.iter().any(|(_, setting)| channel.settings.contains_key(*setting));
    // Until 2026-11 one setting named the fields, all of them required: `name_phone`.
    let former = channel.setting("contact_form").filter(|_| !asked).unwrap_or_default();
    let questions = QUESTIONS.iter().map(|&(key, setting)| {
        let need = match choice(channel, setting, NEEDS) {
            _ if former.split('_').any(|part| part == key) => "required",
            need => need,
        };
        (need != "no").then_some(Question { key, required: need == "required" })
    });
    questions.flatten().collect()
}

fn is_on(channel: &Channel, key: &str) -> bool {
    channel.settings.get(key).and_then(Value::as_bool).unwrap_or(true)
}

/// Whether visitors may leave a request when nobody is on line (WG-2).
pub fn takes_requests(channel: &Channel) -> bool {
    is_on(channel, "offline_form")
}

/// Whether the company's other channels are offered (WG-1, CH-2).
pub fn offers_channels(channel: &Channel) -> bool {
    is_on(channel, "other_channels")
}

/// Whether visitors may send files (CV-6).
pub fn takes_files(channel: &Channel) -> bool {
    is_on(channel, "files")
}

/// Whether a closed conversation may be rated.
pub fn asks_rating(channel: &Channel) -> bool {
    is_on(channel, "rating")
}
