//! Parameters of an enquiry: what filters compare, templates print and fields are filled with.
//! One list for all three, so that what can be seen can also be used (AMO-6, AMO-8, AMO-9, B24-11).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Facts;
use crate::{
    conversation::ConversationKind,
    scenario::EnquiryOrder,
    text::{Language, Words},
};

/// A parameter; its text form is what settings store: `utm.source`, `contact.field.city`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Param {
    /// The public number of the conversation.
    EnquiryNumber,
    /// `chat` or `request`.
    EnquiryKind,
    /// `first` or `repeat` (CV-2).
    EnquiryOrder,
    /// The address of the conversation in our workstation.
    EnquiryLink,
    /// The day and the time of its opening, in the company's time zone.
    EnquiryDate,
    EnquiryTime,
    /// The customer's first words.
    EnquiryText,
    ChannelId,
    ChannelKind,
    ChannelName,
    Site,
    Page,
    PageTitle,
    Referrer,
    Campaign,
    Source,
    /// `utm.*`, the key without the prefix `utm_`.
    Utm(String),
    StartPayload,
    ContactName,
    ContactPhone,
    ContactEmail,
    /// The name under which the messenger knows the person (`@anna`).
    ContactUsername,
    /// The company's own field of contacts, by its key.
    ContactField(String),
    /// The employee who has the conversation.
    EmployeeName,
    EmployeeEmail,
    CompanyName,
    /// Tags of the conversation, by comma.
    Tags,
}

/// There is no such parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no parameter `{0}`")]
pub struct UnknownParam(pub String);

/// Parameters without a variable part, by their text.
const PLAIN: [(&str, Param); 25] = [
    ("enquiry.number", Param::EnquiryNumber),
    ("enquiry.kind", Param::EnquiryKind),
    ("enquiry.order", Param::EnquiryOrder),
    ("enquiry.link", Param::EnquiryLink),
    ("enquiry.date", Param::EnquiryDate),
    ("enquiry.time", Param::EnquiryTime),
    ("enquiry.text", Param::EnquiryText),
    ("enquiry.tags", Param::Tags),
    ("channel.id", Param::ChannelId),
    ("channel.kind", Param::ChannelKind),
    ("channel.name", Param::ChannelName),
    ("visit.site", Param::Site),
    ("visit.page", Param::Page),
    ("visit.page_title", Param::PageTitle),
    ("visit.referrer", Param::Referrer),
    ("visit.campaign", Param::Campaign),
    ("visit.source", Param::Source),
    ("visit.start", Param::StartPayload),
    ("contact.name", Param::ContactName),
    ("contact.phone", Param::ContactPhone),
    ("contact.email", Param::ContactEmail),
    ("contact.username", Param::ContactUsername),
    ("employee.name", Param::EmployeeName),
    ("employee.email", Param::EmployeeEmail),
    ("company.name", Param::CompanyName),
];
const UTM: &str = "utm.";
const FIELD: &str = "contact.field.";

impl Param {
    /// Those that need no key, in the order in which people are offered them.
    pub fn plain() -> impl Iterator<Item = (&'static str, &'static Self)> {
        PLAIN.iter().map(|(text, param)| (*text, param))
    }
}

/// What a parameter is called and looks like, for the lists that people choose from.
fn described(param: &Param) -> (&'static str, &'static str, &'static str) {
    match param {
        Param::EnquiryNumber => ("Номер обращения", "Enquiry number", "1204"),
        Param::EnquiryKind => ("Вид обращения", "Enquiry kind", "чат"),
        Param::EnquiryOrder => ("Первичное или повторное", "First or repeat", "первичное"),
        Param::EnquiryLink => {
            ("Ссылка на обращение", "Enquiry link", "https://beseda.example.ru/desk/1204")
        }
        Param::EnquiryDate => ("Дата обращения", "Enquiry date", "14.03.2026"),
        Param::EnquiryTime => ("Время обращения", "Enquiry time", "12:30"),
        Param::EnquiryText => {
            ("Первое сообщение", "First message", "Здравствуйте, сколько стоит доставка?")
        }
        Param::ChannelId => ("ID канала", "Channel id", "chn_01999999999970008000000000000001"),
        Param::ChannelKind => ("Тип канала", "Channel kind", "Telegram-бот"),
        Param::ChannelName => ("Канал", "Channel", "Бот продаж"),
        Param::Site => ("Сайт", "Site", "shop.example.ru"),
        Param::Page => ("Страница", "Page", "https://shop.example.ru/dostavka"),
        Param::PageTitle => ("Заголовок страницы", "Page title", "Доставка"),
        Param::Referrer => ("Откуда перешёл", "Referrer", "https://ya.ru/"),
        Param::Campaign => ("Рекламная кампания", "Campaign", "Весна"),
        Param::Source => ("Источник", "Source", "Яндекс Директ"),
        Param::Utm(_) => ("Метка UTM", "UTM mark", "vesna"),
        Param::StartPayload => ("Метка ссылки на бота", "Start payload", "promo10"),
        Param::ContactName => ("Имя клиента", "Client's name", "Анна Смирнова"),
        Param::ContactPhone => ("Телефон клиента", "Client's phone", "+79161234567"),
        Param::ContactEmail => ("E-mail клиента", "Client's e-mail", "anna@example.ru"),
        Param::ContactUsername => ("Ник клиента", "Client's nickname", "@anna"),
        Param::ContactField(_) => ("Поле клиента", "Client's field", "Казань"),
        Param::EmployeeName => ("Сотрудник", "Employee", "Олег Кравцов"),
        Param::EmployeeEmail => ("E-mail сотрудника", "Employee's e-mail", "oleg@example.ru"),
        Param::CompanyName => ("Компания", "Company", "Ромашка"),
        Param::Tags => ("Теги обращения", "Enquiry tags", "опт, доставка"),
    }
}

impl Param {
    /// What people call it.
    pub fn title(&self) -> Words {
        let (ru, en, _) = described(self);
        match self {
            Self::Utm(key) => Words::new(format!("utm_{key}"), format!("utm_{key}")),
            Self::ContactField(key) => Words::new(format!("{ru} «{key}»"), format!("{en} “{key}”")),
            _ => Words::new(ru, en),
        }
    }

    /// A value as it may be, for the live preview (AMO-9).
    pub fn example(&self, language: Language) -> &'static str {
        let ru = described(self).2;
        if language == Language::Ru {
            return ru;
        }
        match self {
            Self::EnquiryKind => "chat",
            Self::EnquiryOrder => "first",
            Self::EnquiryDate => "2026-03-14",
            Self::EnquiryText => "Hello, how much is delivery?",
            Self::ChannelKind => "Telegram bot",
            Self::ChannelName => "Sales bot",
            Self::PageTitle => "Delivery",
            Self::Campaign => "Spring",
            Self::Source => "Google Ads",
            Self::ContactName => "Anna Smith",
            Self::ContactField(_) => "London",
            Self::EmployeeName => "John Brown",
            Self::CompanyName => "Daisy",
            Self::Tags => "wholesale, delivery",
            _ => ru,
        }
    }

    /// The value as templates print it and fields get it: in the words of the company's language. Empty:
    /// not known.
    pub fn value(&self, facts: &Facts) -> String {
        let enquiry = &facts.enquiry;
        let visit = &enquiry.attribution;
        let opened = || enquiry.opened_at.with_timezone(&facts.company.time_zone);
        let first = |list: &[String]| list.first().cloned().unwrap_or_default();
        let given = |value: &Option<String>| value.clone().unwrap_or_default();
        let language = facts.company.language;
        match self {
            Self::EnquiryNumber => enquiry.number.to_string(),
            Self::EnquiryKind => kind_words(enquiry.kind).said_in(language).to_owned(),
            Self::EnquiryOrder => order_words(enquiry.order).said_in(language).to_owned(),
            Self::EnquiryLink => enquiry.link.clone(),
            Self::EnquiryDate => opened().format(day_format(language)).to_string(),
            Self::EnquiryTime => opened().format("%H:%M").to_string(),
            Self::EnquiryText => enquiry.first_text.clone(),
            Self::ChannelId => enquiry.channel.id.to_string(),
            Self::ChannelKind => enquiry.channel.kind_title.said_in(language).to_owned(),
            Self::ChannelName => enquiry.channel.name.clone(),
            Self::Site => given(&visit.site),
            Self::Page => given(&visit.page),
            Self::PageTitle => given(&visit.page_title),
            Self::Referrer => given(&visit.referrer),
            Self::Campaign => given(&visit.campaign),
            Self::Source => given(&visit.source),
            Self::Utm(key) => visit.utm.get(key).cloned().unwrap_or_default(),
            Self::StartPayload => given(&visit.start_payload),
            Self::ContactName => facts.contact.name.clone(),
            Self::ContactPhone => first(&facts.contact.phones),
            Self::ContactEmail => first(&facts.contact.emails),
            Self::ContactUsername => facts.contact.username.clone(),
            Self::ContactField(key) => facts.contact.fields.get(key).cloned().unwrap_or_default(),
            Self::EmployeeName => {
                enquiry.employee.as_ref().map(|e| e.name.clone()).unwrap_or_default()
            }
            Self::EmployeeEmail => {
                enquiry.employee.as_ref().map(|e| e.email.clone()).unwrap_or_default()
            }
            Self::CompanyName => facts.company.name.clone(),
            Self::Tags => enquiry.tags.join(", "),
        }
    }

    /// Everything that a filter may find there: each phone, e-mail and tag by itself, and of a kind or
    /// order its code (`chat`) and its word in both languages («чат», “chat”), so that conditions outlive
    /// a change of the company's language.
    pub fn candidates(&self, facts: &Facts) -> Vec<String> {
        let enquiry = &facts.enquiry;
        let named = |code: &str, words: Words| vec![words.ru, words.en, code.to_owned()];
        match self {
            Self::EnquiryKind => named(enquiry.kind.as_str(), kind_words(enquiry.kind)),
            Self::EnquiryOrder => {
                let code = match enquiry.order {
                    EnquiryOrder::First => "first",
                    EnquiryOrder::Repeat => "repeat",
                };
                named(code, order_words(enquiry.order))
            }
            Self::ChannelKind => named(&enquiry.channel.kind, enquiry.channel.kind_title.clone()),
            Self::ContactPhone => facts.contact.phones.clone(),
            Self::ContactEmail => facts.contact.emails.clone(),
            Self::Tags => enquiry.tags.clone(),
            _ => vec![self.value(facts)],
        }
    }

    /// A value that a condition names, as people read it: conditions on lists keep codes and ids.
    pub fn told(&self, value: &str, facts: &Facts) -> Words {
        let channel = &facts.enquiry.channel;
        let same = |text: &str| Words::new(text, text);
        match (self, value) {
            (Self::EnquiryKind, "chat") => kind_words(ConversationKind::Chat),
            (Self::EnquiryKind, "request") => kind_words(ConversationKind::Request),
            (Self::EnquiryOrder, "first") => order_words(EnquiryOrder::First),
            (Self::EnquiryOrder, "repeat") => order_words(EnquiryOrder::Repeat),
            (Self::ChannelKind, code) if code == channel.kind => channel.kind_title.clone(),
            (Self::ChannelId, id) if id == channel.id.to_string() => same(&channel.name),
            // The names of others are no facts of this enquiry.
            (Self::ChannelId, _) => Words::new("другой канал", "another channel"),
            (_, text) => same(text.trim()),
        }
    }

    /// Whether it says something of the person, which may become known later than the enquiry.
    pub fn is_of_contact(&self) -> bool {
        matches!(
            self,
            Self::ContactName
                | Self::ContactPhone
                | Self::ContactEmail
                | Self::ContactUsername
                | Self::ContactField(_)
        )
    }
}

fn kind_words(kind: ConversationKind) -> Words {
    match kind {
        ConversationKind::Chat => Words::new("чат", "chat"),
        ConversationKind::Request => Words::new("заявка", "request"),
    }
}

fn order_words(order: EnquiryOrder) -> Words {
    match order {
        EnquiryOrder::First => Words::new("первичное", "first"),
        EnquiryOrder::Repeat => Words::new("повторное", "repeat"),
    }
}

/// A day that people read and that fields of dates take; in English the one form that is never mistaken.
pub(super) fn day_format(language: Language) -> &'static str {
    match language {
        Language::Ru => "%d.%m.%Y",
        Language::En => "%Y-%m-%d",
    }
}

impl FromStr for Param {
    type Err = UnknownParam;

    fn from_str(text: &str) -> Result<Self, UnknownParam> {
        if let Some((_, param)) = PLAIN.iter().find(|(name, _)| *name == text) {
            return Ok(param.clone());
        }
        let keyed = |prefix: &str| text.strip_prefix(prefix).filter(|key| !key.is_empty());
        if let Some(key) = keyed(UTM) {
            return Ok(Self::Utm(key.to_owned()));
        }
        if let Some(key) = keyed(FIELD) {
            return Ok(Self::ContactField(key.to_owned()));
        }
        Err(UnknownParam(text.to_owned()))
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utm(key) => write!(f, "{UTM}{key}"),
            Self::ContactField(key) => write!(f, "{FIELD}{key}"),
            plain => {
                let name = PLAIN.iter().find(|(_, p)| p == plain).map_or("", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

impl Serialize for Param {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Param {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Param {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new().schema_type(Type::String).build().into()
    }
}

impl utoipa::ToSchema for Param {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_8_amo_9_every_parameter_has_a_name_an_example_and_one_spelling() {
        for (text, param) in Param::plain() {
            assert_eq!(text.parse::<Param>().as_ref(), Ok(param));
            assert_eq!(param.to_string(), text);
            let title = param.title();
            assert!(!title.ru.is_empty() && !title.en.is_empty());
            assert!(!param.example(Language::Ru).is_empty());
            let english = param.example(Language::En);
            assert!(!english.is_empty() && !english.chars().any(|c| ('а'..='я').contains(&c)));
        }
        assert_eq!(Param::Utm("source".to_owned()).title().ru, "utm_source");
        assert_eq!(Param::ContactField("city".to_owned()).title().ru, "Поле клиента «city»");
        for bad in ["", "utm.", "contact.field.", "Contact.Name", "contact"] {
            assert!(bad.parse::<Param>().is_err(), "{bad}");
        }
    }
}
