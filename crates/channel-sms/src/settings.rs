//! Which provider a channel has, and the form: the choice first, then the fields of each way.

use std::ops::RangeInclusive;

use channel::{Channel, Field, FieldError, FieldKind, SettingsForm, Way};
use domain::text::Words;
use serde_json::Value;

use crate::smpp;

pub(crate) const PROVIDER: &str = "provider";
/// The rented number (or a sender's name) of every provider: one channel is one number.
pub(crate) const NUMBER: &str = "number";

/// Who carries the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    /// Any operator or aggregator that speaks SMPP 3.4.
    Smpp,
    SmsAero,
    SmscRu,
    Exolve,
}

impl Provider {
    pub(crate) const ALL: [Self; 4] = [Self::Smpp, Self::SmsAero, Self::SmscRu, Self::Exolve];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Smpp => "smpp",
            Self::SmsAero => "sms_aero",
            Self::SmscRu => "smsc_ru",
            Self::Exolve => "exolve",
        }
    }

    fn title(self) -> Words {
        match self {
            Self::Smpp => Words::new(
                "SMPP (любой оператор или агрегатор)",
                "SMPP (any operator or aggregator)",
            ),
            Self::SmsAero => Words::new("SMS Aero", "SMS Aero"),
            Self::SmscRu => Words::new("SMSC.ru", "SMSC.ru"),
            Self::Exolve => Words::new("МТС Exolve", "MTS Exolve"),
        }
    }

    /// Keys of the fields that it wants beside the number.
    fn fields(self) -> Vec<&'static str> {
        match self {
            Self::Smpp => smpp::KEYS.to_vec(),
            Self::SmsAero => {
                vec!["login", "key", "check_numbers", "checks_a_day", "test_mode", "base_url"]
            }
            Self::SmscRu => vec!["login", "key", "check_numbers", "checks_a_day", "base_url"],
            Self::Exolve => vec!["key", "base_url"],
        }
    }

    pub(crate) fn of(channel: &Channel) -> Result<Self, FieldError> {
        let Some(chosen) = channel.setting(PROVIDER) else {
            return Err(FieldError::required(PROVIDER));
        };
        Self::ALL.into_iter().find(|p| p.as_str() == chosen).ok_or_else(|| {
            FieldError::new(
                PROVIDER,
                "unknown_choice",
                Words::new("Выберите значение из списка.", "Choose one of the list."),
            )
        })
    }
}

/// A whole number of the settings.
pub(crate) fn whole_number(
    channel: &Channel,
    key: &'static str,
    within: RangeInclusive<i64>,
    default: i64,
) -> Result<i64, FieldError> {
    let value = match channel.settings.get(key) {
        None | Some(Value::Null) => return Ok(default),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(default),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_i64(),
    };
    value.filter(|n| within.contains(n)).ok_or_else(|| {
        let (min, max) = (within.start(), within.end());
        FieldError::new(
            key,
            "out_of_range",
            Words::new(
                format!("Здесь нужно число от {min} до {max}."),
                format!("This must be a number from {min} to {max}."),
            ),
        )
    })
}

/// The whole form.
pub(crate) fn form(further: Vec<Field>) -> SettingsForm {
    let ways = Provider::ALL
        .map(|p| Way { value: p.as_str(), label: p.title(), fields: p.fields() })
        .to_vec();
    let provider = Field {
        key: PROVIDER,
        label: Words::new("Через кого идут SMS", "Who carries the SMS"),
        help: Some(Words::new(
            "Провайдер, у которого арендован номер. Если его нет в списке, спросите у него доступ \
             по SMPP: это умеет любой.",
            "The provider from whom the number is rented. If it is not in the list, ask it for \
             SMPP access: every one has it.",
        )),
        kind: FieldKind::Ways { ways, default: None },
        required: true,
        advanced: false,
    };
    let number = Field {
        key: NUMBER,
        label: Words::new("Номер", "Number"),
        help: Some(Words::new(
            "Арендованный номер, с которого уходят ответы: +79161234567. На буквенное имя клиент \
             ответить не сможет.",
            "The rented number from which answers go: +79161234567. Customers cannot answer to a \
             name made of letters.",
        )),
        kind: FieldKind::Choice { placeholder: Some("+79161234567".to_owned()) },
        required: true,
        advanced: false,
    };
    SettingsForm {
        intro: Words::new(
            "Нужен номер, арендованный у SMS-провайдера, и ключ доступа к его сервису. Клиенты \
             пишут на этот номер, ответы уходят с него же.",
            "You need a number rented from an SMS provider, and access to its service. Customers \
             write to this number, and answers go from it.",
        ),
        // The number comes last: the provider names its numbers once it knows the account.
        fields: [vec![provider], further, vec![number]].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Sms};

    #[test]
    fn ch_11_every_field_belongs_to_a_provider_and_every_provider_finds_its_fields() {
        struct Stands;
        impl domain::clock::Clock for Stands {
            fn now(&self) -> domain::clock::Instant {
                domain::clock::Instant::UNIX_EPOCH
            }
        }
        let driver = Sms::new(std::sync::Arc::new(Stands), Options::default());
        let form = channel::Driver::form(&driver);
        let keys: Vec<&str> = form.fields.iter().map(|f| f.key).collect();
        for key in keys.iter().filter(|key| ![PROVIDER, NUMBER].contains(key)) {
            assert!(Provider::ALL.iter().any(|p| p.fields().contains(key)), "{key} is nobody's");
        }
        for key in Provider::ALL.iter().flat_map(|p| p.fields()) {
            assert!(keys.contains(&key), "{key} is not in the form");
        }
    }
}
