//! CRM-3 for both CRMs: the employee who answered in the chat, and the words of what comes of it.

use super::{
    Because, CrmUser, EmployeeFacts, FactLine, Facts, Responsibles,
    people::{self, Chosen},
};
use crate::text::Words;

/// Who answered, and the user of the CRM that they are. The error is why nobody takes over.
pub struct Answered<'a> {
    pub employee: &'a EmployeeFacts,
    pub user: Result<&'a CrmUser, Because>,
}

/// `transfer`: whether the company passes responsibility on. `None`: nobody answered.
pub fn answered<'a>(
    facts: &'a Facts,
    people: &Responsibles,
    transfer: Transfer,
) -> Option<Answered<'a>> {
    let employee = facts.occasion.answered_by.as_ref()?;
    let user = match transfer {
        Transfer::Off => Err(left_out(
            employee,
            "transfer_off",
            "Ответственный в CRM не сменён: передача ответственности выключена.",
            "The responsible is left as they are: passing responsibility on is off.",
        )
        .mended_in("employees")),
        Transfer::On => people::crm_user_of(people, &facts.directory, employee).ok_or_else(|| {
            left_out(
                employee,
                "employee_unmapped",
                "Ответственный в CRM не сменён: сотруднику не сопоставлен действующий пользователь CRM.",
                "The responsible is left as they are: the employee is no active user of the CRM.",
            )
            .mended_in("employees")
        }),
    };
    Some(Answered { employee, user })
}

/// Whether the company passes responsibility on to whoever answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    On,
    Off,
}

impl From<bool> for Transfer {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl Answered<'_> {
    /// As the responsible of what is made now.
    pub fn chosen(&self) -> Option<Chosen> {
        let user = self.user.as_ref().ok()?;
        let why = FactLine {
            name: Words::new("Ответственный (ответил в чате)", "Responsible (answered the chat)"),
            value: user.name.clone(),
        };
        Some(Chosen { user: Some(user.id.clone()), why, fault: None })
    }

    /// Why something stays with whom it is.
    pub fn left_out(&self, code: &str, ru: &str, en: &str) -> Because {
        left_out(self.employee, code, ru, en)
    }

    /// Somebody of the CRM chose another: theirs stands.
    pub fn by_hand(&self) -> Because {
        self.left_out(
            "responsible_by_hand",
            "Ответственного сменили в CRM вручную: он остаётся, этапы передаются дальше.",
            "The responsible was changed by hand in the CRM and stays; stages are passed on.",
        )
    }

    /// Why this user becomes responsible.
    pub fn becomes(&self, user: &CrmUser) -> Because {
        Because::new(
            "CRM-3",
            "answered_in_chat",
            "Сотрудник ответил в чате и становится ответственным.",
            "The employee answered in the chat and becomes responsible.",
        )
        .with("Сотрудник", "Employee", self.employee.name.as_str())
        .with("Пользователь CRM", "CRM user", user.name.as_str())
    }
}

fn left_out(employee: &EmployeeFacts, code: &str, ru: &str, en: &str) -> Because {
    Because::new("CRM-3", code, ru, en).with("Сотрудник", "Employee", employee.name.as_str())
}
