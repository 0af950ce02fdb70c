//! What happens in the CRM and comes back (CRM-4a): the common form of both CRMs' webhooks.

use serde::{Deserialize, Serialize};

use super::{CrmId, Entity, StageRef};
use crate::clock::Instant;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub of: Entity,
    pub id: CrmId,
    pub happened: Happening,
    /// The user of the CRM who did it, where it says so.
    pub by: Option<CrmId>,
    pub at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "happened", rename_all = "snake_case")]
pub enum Happening {
    Added,
    /// Of a deal or lead.
    Moved {
        to: StageRef,
        from: Option<StageRef>,
    },
    Responsible {
        user: CrmId,
    },
    /// What it is called now.
    Named {
        name: String,
    },
    TaskDone,
    TaskOpened,
    Removed,
    Restored,
    /// «Неразобранное»; the deal inside it goes on with this id.
    Accepted {
        deal: Option<CrmId>,
        contact: Option<CrmId>,
    },
    Declined,
}
