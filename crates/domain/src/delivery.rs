//! How far an outbound message got (CV-7).

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Accepted from the operator, waiting for its turn.
    Queued,
    /// Handed to the driver, outcome not known yet.
    Sending,
    Sent,
    Delivered,
    Read,
    /// The service refused it for good; the reason is shown.
    Failed,
    /// It may have gone: the answer of the service was lost. Never sent again silently.
    Uncertain,
}

impl DeliveryStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "failed" => Self::Failed,
            "uncertain" => Self::Uncertain,
            _ => return None,
        })
    }

    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Uncertain => 2,
            Self::Sent => 3,
            Self::Delivered => 4,
            Self::Read => 5,
            Self::Failed => 6,
        }
    }

    /// The status after a report of the service. Only forward: receipts come late, doubled and out
    /// of order. A failure counts until the message is known to have arrived; an uncertain message
    /// becomes certain by any receipt.
    pub fn after(self, report: Self) -> Self {
        match report {
            Self::Failed if matches!(self, Self::Delivered | Self::Read) => self,
            Self::Failed => Self::Failed,
            _ if self == Self::Failed => self,
            _ if report.rank() > self.rank() => report,
            _ => self,
        }
    }
}

/// The status of a message whose parts are reported on one by one: as far as the least of them got,
/// and failed when one is. `None`: it has no parts.
pub fn of_parts(parts: impl IntoIterator<Item = DeliveryStatus>) -> Option<DeliveryStatus> {
    parts.into_iter().reduce(|a, b| match (a, b) {
        (DeliveryStatus::Failed, _) | (_, DeliveryStatus::Failed) => DeliveryStatus::Failed,
        _ if b.rank() < a.rank() => b,
        _ => a,
    })
}

#[cfg(test)]
mod tests {
    use super::{DeliveryStatus::*, of_parts};

    #[test]
    fn cv_7_a_message_in_parts_is_as_far_as_the_least_of_them() {
        for (parts, whole) in [
            (vec![], None),
            (vec![Delivered], Some(Delivered)),
            (vec![Delivered, Sent, Read], Some(Sent)),
            (vec![Read, Delivered], Some(Delivered)),
            (vec![Delivered, Failed, Sent], Some(Failed)),
            (vec![Failed, Delivered], Some(Failed)),
        ] {
            assert_eq!(of_parts(parts.clone()), whole, "{parts:?}");
        }
    }

    #[test]
    fn cv_7_status_moves_only_forward() {
        for (now, report, then) in [
            (Queued, Sent, Sent),
            (Read, Delivered, Read),
            (Sent, Read, Read),
            (Sent, Failed, Failed),
            (Delivered, Failed, Delivered),
            (Failed, Sent, Failed),
            (Uncertain, Sent, Sent),
            (Uncertain, Queued, Uncertain),
            (Uncertain, Failed, Failed),
            (Sending, Uncertain, Uncertain),
            (Sent, Uncertain, Sent),
        ] {
            assert_eq!(now.after(report), then, "{now:?} + {report:?}");
        }
    }
}
