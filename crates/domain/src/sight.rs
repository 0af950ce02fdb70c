//! Which facts of the feed an employee is shown. Said once, for every reader that pushes events to
//! people; what is not known to be allowed is not shown.

use crate::{
    event::{Event, EventKind},
    people::Right,
    visibility::Viewer,
};

/// What an employee may see, at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub viewer: Viewer,
    pub rights: Vec<Right>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Whole,
    /// The conversation went out of sight by this event.
    Gone,
    Nothing,
}

impl Sight {
    fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    pub fn shows(&self, event: &Event) -> Shown {
        let whole = |yes: bool| if yes { Shown::Whole } else { Shown::Nothing };
        let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == event.kind);
        match kind {
            Some(EventKind::QuarantineAdded) => return whole(self.may(Right::ManageChannels)),
            Some(
                EventKind::EmployeeChanged
                | EventKind::ChannelChanged
                | EventKind::DirectoryChanged,
            ) => return Shown::Whole,
            Some(EventKind::CrmChanged) if event.conversation.is_none() => {
                return whole(self.may(Right::ManageAccount));
            }
            Some(EventKind::ContactChanged | EventKind::NumberChecked) => {
                return whole(self.may(Right::ReadConversations));
            }
            Some(EventKind::ConversationRead | EventKind::DraftChanged) => {
                return whole(self.is_about_me(event));
            }
            _ => {}
        }
        let Some(audience) = event.audience.filter(|_| self.may(Right::ReadConversations)) else {
            return Shown::Nothing;
        };
        if self.viewer.sees(&audience) {
            Shown::Whole
        } else if event.conversation.is_some()
            && event.was.is_some_and(|was| self.viewer.sees(&was))
        {
            Shown::Gone
        } else {
            Shown::Nothing
        }
    }

    /// The event names this employee.
    fn is_about_me(&self, event: &Event) -> bool {
        let named = event.payload.get("employee_id").and_then(|id| id.as_str());
        named == Some(self.viewer.employee.to_string().as_str())
    }

    /// After this event the employee's own rights or groups may be other ones.
    pub fn may_change_by(&self, event: &Event) -> bool {
        event.kind == EventKind::EmployeeChanged.as_str()
            && event
                .payload
                .get("employee")
                .and_then(|e| e.get("employee_id"))
                .and_then(|id| id.as_str())
                .is_none_or(|id| id == self.viewer.employee.to_string())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::{
        ids::{ConversationId, EmployeeId},
        people::Role,
        visibility::{Audience, Visibility},
    };

    fn employee(n: u128) -> EmployeeId {
        EmployeeId(Uuid::from_u128(n))
    }

    fn sight(role: Role) -> Sight {
        Sight {
            viewer: Viewer {
                employee: employee(1),
                sees_all: role.may(Right::SeeAll),
                visibility: Visibility::Own,
                groups: Vec::new(),
            },
            rights: role.rights().to_vec(),
        }
    }

    fn event(kind: &str, audience: Option<Audience>, was: Option<Audience>) -> Event {
        Event {
            seq: 1,
            kind: kind.to_owned(),
            conversation: audience.map(|_| ConversationId(Uuid::from_u128(9))),
            audience,
            was,
            payload: Value::Null,
            created_at: DateTime::default(),
        }
    }

    /// OW-4: a conversation taken by a colleague goes out of sight, and only for those who saw it.
    #[test]
    fn ow_4_what_went_out_of_sight_is_told_to_those_who_saw_it() {
        let waiting = Audience::default();
        let mine = Audience { assignee: Some(employee(1)), ..waiting };
        let theirs = Audience { assignee: Some(employee(2)), ..waiting };
        let changed = "conversation.changed";
        for (audience, was, operator, supervisor) in [
            (waiting, None, Shown::Whole, Shown::Whole),
            (theirs, None, Shown::Nothing, Shown::Whole),
            (theirs, Some(waiting), Shown::Gone, Shown::Whole),
            (theirs, Some(theirs), Shown::Nothing, Shown::Whole),
            (mine, Some(theirs), Shown::Whole, Shown::Whole),
        ] {
            let event = event(changed, Some(audience), was);
            assert_eq!(sight(Role::Operator).shows(&event), operator, "{audience:?} {was:?}");
            assert_eq!(sight(Role::Supervisor).shows(&event), supervisor, "{audience:?} {was:?}");
            assert_eq!(sight(Role::Analyst).shows(&event), Shown::Nothing, "no right to read");
        }
    }

    #[test]
    fn events_of_the_account_are_shown_by_right_and_unknown_ones_are_not() {
        for (kind, operator, admin, analyst) in [
            ("quarantine.added", Shown::Nothing, Shown::Whole, Shown::Nothing),
            ("employee.changed", Shown::Whole, Shown::Whole, Shown::Whole),
            ("contact.changed", Shown::Whole, Shown::Whole, Shown::Nothing),
            ("directory.changed", Shown::Whole, Shown::Whole, Shown::Whole),
            ("something.newer", Shown::Nothing, Shown::Nothing, Shown::Nothing),
        ] {
            let event = event(kind, None, None);
            assert_eq!(sight(Role::Operator).shows(&event), operator, "{kind}");
            assert_eq!(sight(Role::Admin).shows(&event), admin, "{kind}");
            assert_eq!(sight(Role::Analyst).shows(&event), analyst, "{kind}");
        }
    }

    #[test]
    fn ow_6_reading_marks_and_drafts_go_to_their_employee_alone() {
        for kind in ["conversation.read", "draft.changed"] {
            let of = |who| Event {
                payload: json!({ "employee_id": employee(who) }),
                ..event(kind, Some(Audience::default()), None)
            };
            assert_eq!(sight(Role::Operator).shows(&of(1)), Shown::Whole, "{kind}");
            assert_eq!(sight(Role::Owner).shows(&of(2)), Shown::Nothing, "{kind}");
        }
    }

    #[test]
    fn ones_own_change_is_noticed() {
        let changed = |who| Event {
            payload: json!({ "employee": { "employee_id": employee(who) } }),
            ..event("employee.changed", None, None)
        };
        assert!(sight(Role::Operator).may_change_by(&changed(1)));
        assert!(!sight(Role::Operator).may_change_by(&changed(2)));
    }
}
