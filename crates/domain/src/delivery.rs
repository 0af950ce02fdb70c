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

#[cfg(test)]
mod tests {
    use super::DeliveryStatus::*;

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
