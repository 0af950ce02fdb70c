//! Who may see a conversation (OW-4, CH-3). One rule for lists, search, counters, sockets and
//! reports: the SQL of `store` says the same as [`Viewer::sees`], and a test compares the two.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, GroupId};

/// How much of the company's conversations an employee sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everything but other people's pinned channels.
    All,
    /// One's own, and those of one's groups or of nobody.
    Group,
    /// One's own, and those that wait for anybody.
    Own,
}

impl Visibility {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Group => "group",
            Self::Own => "own",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "all" => Self::All,
            "group" => Self::Group,
            "own" => Self::Own,
            _ => return None,
        })
    }
}

/// The facts of a conversation that decide who sees it. Written into every event, so that a socket
/// filters without a query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Audience {
    /// The employee to whom the channel is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<EmployeeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<EmployeeId>,
    /// Offered to one employee who has not taken it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<EmployeeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
}

/// The person who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    pub employee: EmployeeId,
    /// Sees everything by right ([`crate::people::Right::SeeAll`]).
    pub sees_all: bool,
    pub visibility: Visibility,
    pub groups: Vec<GroupId>,
}

impl Viewer {
    pub fn sees(&self, audience: &Audience) -> bool {
        if self.sees_all || audience.assignee == Some(self.employee) {
            return true;
        }
        if let Some(pinned) = audience.pinned {
            return pinned == self.employee;
        }
        if audience.offered == Some(self.employee) {
            return true;
        }
        let waits = audience.assignee.is_none() && audience.offered.is_none();
        match self.visibility {
            Visibility::All => true,
            Visibility::Group => match audience.group {
                Some(group) => self.groups.contains(&group),
                None => waits,
            },
            Visibility::Own => waits && audience.group.is_none_or(|g| self.groups.contains(&g)),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn employee(n: u128) -> EmployeeId {
        EmployeeId(Uuid::from_u128(n))
    }
    fn group(n: u128) -> GroupId {
        GroupId(Uuid::from_u128(n))
    }
    fn viewer(visibility: Visibility) -> Viewer {
        Viewer { employee: employee(1), sees_all: false, visibility, groups: vec![group(1)] }
    }

    #[test]
    fn ch_3_a_pinned_channel_is_seen_by_its_employee_alone() {
        let audience = Audience { pinned: Some(employee(2)), ..Audience::default() };
        assert!(!viewer(Visibility::All).sees(&audience));
        let mine = Audience { pinned: Some(employee(1)), ..Audience::default() };
        assert!(viewer(Visibility::Own).sees(&mine));
        let boss = Viewer { sees_all: true, ..viewer(Visibility::Own) };
        assert!(boss.sees(&audience));
    }

    #[test]
    fn ow_4_own_group_and_all_differ() {
        let theirs = Audience { assignee: Some(employee(2)), ..Audience::default() };
        let my_group = Audience { group: Some(group(1)), ..theirs };
        let other_group = Audience { group: Some(group(2)), ..Audience::default() };
        let waiting = Audience::default();
        for (who, expect) in [
            (Visibility::All, [true, true, true, true]),
            (Visibility::Group, [false, true, false, true]),
            (Visibility::Own, [false, false, false, true]),
        ] {
            let seen = [theirs, my_group, other_group, waiting].map(|a| viewer(who).sees(&a));
            assert_eq!(seen, expect, "{who:?}");
        }
    }
}
