//! What people set of a demo channel.

use channel::{Channel, Field, FieldError, FieldKind, FieldOption, SettingsForm};
use domain::text::Words;
use serde_json::Value;

/// Whose sign the faces show instead of the demo's own. Faces read this setting of any channel.
const LOOKS_LIKE: &str = "looks_like";
const GREETS: &str = "greets";
const ANSWERS: &str = "answers";

const LOOKS: [(&str, &str, &str); 6] = [
    ("telegram_bot", "Telegram", "Telegram"),
    ("whatsapp_web", "WhatsApp", "WhatsApp"),
    ("vk", "ВКонтакте", "VK"),
    ("avito", "Авито", "Avito"),
    ("email", "Почта", "E-mail"),
    ("widget", "Чат на сайте", "Site chat"),
];

pub(crate) fn form() -> SettingsForm {
    let options = LOOKS.map(|(value, ru, en)| FieldOption { value, label: Words::new(ru, en) });
    SettingsForm {
        intro: Words::new(
            "Учебный канал: никуда не подключается и никому не пишет. Через несколько секунд \
             после сохранения вам напишет придуманный клиент.",
            "A channel to learn with: it connects to nothing and writes to nobody. A few seconds \
             after you save it, an invented customer writes to you.",
        ),
        fields: vec![
            Field {
                key: GREETS,
                label: Words::new("Клиент пишет первым", "A customer writes first"),
                help: None,
                kind: FieldKind::Toggle { default: true },
                required: false,
                advanced: false,
            },
            Field {
                key: ANSWERS,
                label: Words::new("Клиенты отвечают", "Customers answer"),
                help: Some(Words::new(
                    "Ответ приходит, если в вашем сообщении есть вопрос.",
                    "An answer comes when your message has a question mark.",
                )),
                kind: FieldKind::Toggle { default: true },
                required: false,
                advanced: false,
            },
            Field {
                key: LOOKS_LIKE,
                label: Words::new("Показывать значок", "Show the sign of"),
                help: None,
                kind: FieldKind::Select { options: options.into(), default: None },
                required: false,
                advanced: true,
            },
        ],
    }
}

pub(crate) fn check(channel: &Channel) -> Result<(), Vec<FieldError>> {
    let mut wrong = Vec::new();
    for key in [GREETS, ANSWERS] {
        if !matches!(channel.settings.get(key), None | Some(Value::Null | Value::Bool(_))) {
            let words = Words::new("Здесь «да» или «нет».", "This must be yes or no.");
            wrong.push(FieldError::new(key, "not_toggle", words));
        }
    }
    let look = channel.settings.get(LOOKS_LIKE).filter(|value| value.as_str() != Some(""));
    let known = match look {
        None | Some(Value::Null) => true,
        Some(value) => LOOKS.iter().any(|(look, _, _)| *value == *look),
    };
    if !known {
        let words = Words::new("Выберите значок из списка.", "Choose one of the list.");
        wrong.push(FieldError::new(LOOKS_LIKE, "unknown_option", words));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn is_on(channel: &Channel, key: &str) -> bool {
    channel.settings.get(key).and_then(Value::as_bool).unwrap_or(true)
}

/// Customers of a mailbox or of a site have no phone there.
pub(crate) fn is_reached_by_phone(channel: &Channel) -> bool {
    channel.setting(LOOKS_LIKE).is_none_or(|look| look == "whatsapp_web")
}

pub(crate) fn greets(channel: &Channel) -> bool {
    is_on(channel, GREETS)
}

pub(crate) fn answers(channel: &Channel) -> bool {
    is_on(channel, ANSWERS)
}
