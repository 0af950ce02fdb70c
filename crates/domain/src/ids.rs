//! Identifiers. Each entity has its own type, so that two ids cannot be mixed up;
//! outside the process an id is text with a prefix that names its kind (`cnv_0199…`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Makes new ids. Randomness is an argument: the server owns the real source, tests a counted one.
pub trait Ids: Send + Sync {
    /// A new UUID version 7 (time-ordered, so that index pages fill in order).
    fn uuid(&self) -> Uuid;
}

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that starts with `{prefix}_`")]
pub struct BadId {
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn new(ids: &dyn Ids) -> Self {
                Self(ids.uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|rest| rest.len() == 32)
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or(BadId { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::openapi::schema::{ObjectBuilder, Type};
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .build()
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A tenant: one company.
    AccountId = "acc";
    /// A person of the company who logs in.
    EmployeeId = "emp";
    GroupId = "grp";
    InviteId = "inv";
    ApiTokenId = "tok";
    /// One connected messenger account, mailbox or widget.
    ChannelId = "chn";
    /// A client person.
    ContactId = "cnt";
    /// A contact as one channel knows it.
    IdentityId = "idn";
    /// One enquiry from opening to closing.
    ConversationId = "cnv";
    MessageId = "msg";
    AttachmentId = "att";
    ScenarioId = "scn";
    /// Working hours, holidays and time zone.
    ScheduleId = "shd";
    TagId = "tag";
    CannedReplyId = "rpl";
    /// A body that could not be understood and waits for a person.
    QuarantineId = "qrn";
    /// An outgoing webhook's receiver.
    EndpointId = "end";
    DeliveryId = "dlv";
    MergeId = "mrg";
    /// One question whether a phone can be written to through a channel.
    NumberCheckId = "nck";
    /// One connected CRM account.
    PortalId = "prt";
    /// The rules by which a company's enquiries go to a portal.
    IntegrationId = "itg";
    /// One decision of the CRM sync, with its steps.
    CrmRunId = "run";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_refuses_another_kind() {
        let id = ConversationId(Uuid::from_u128(7));
        let text = id.to_string();
        assert_eq!(text, "cnv_00000000000000000000000000000007");
        assert_eq!(text.parse::<ConversationId>(), Ok(id));
        assert_eq!(text.parse::<MessageId>(), Err(BadId { prefix: "msg" }));
        assert!("cnv_1".parse::<ConversationId>().is_err());
    }
}
