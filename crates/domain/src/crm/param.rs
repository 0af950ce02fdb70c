//! Parameters of an enquiry: what filters compare, templates print and fields are filled with.
//! One list for all three, so that what can be seen can also be used (AMO-6, AMO-8, AMO-9, B24-11).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
