//! Who becomes responsible in the CRM (AMO-12, B24-4, CRM-3).

use super::{Because, CrmId, CrmUser, Directory, EmployeeFacts, FactLine, Facts, Responsibles};
use crate::text::Words;

/// A responsible, with the way to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// `None`: the CRM decides by itself.
    pub user: Option<CrmId>,
    /// Which rule led there.
    pub why: FactLine,
    /// A person that is set but cannot be used (CRM-6).
    pub fault: Option<Because>,
}

/// The user of the CRM who is this employee: by the company's list, else by an equal e-mail address.
/// One who is no longer active is nobody.
pub fn crm_user_of<'a>(
    settings: &Responsibles,
    directory: &'a Directory,
    employee: &EmployeeFacts,
) -> Option<&'a CrmUser> {
    let listed = settings.people.iter().find(|line| line.employee == employee.id);
    let found = match listed {
        Some(line) => directory.user(&line.user),
        None => {
            let email = employee.email.trim().to_lowercase();
            let same = |user: &&CrmUser| user.email.trim().to_lowercase() == email;
            directory
                .users
                .iter()
                .filter(|user| user.active)
                .find(same)
                .filter(|_| !email.is_empty())
        }
    };
    found.filter(|user| user.active)
}

/// The responsible for what is made now: the first rule that lets the enquiry pass, else the default;
/// one who is no longer active gives way to the default, and that to nobody.
pub fn responsible(settings: &Responsibles, facts: &Facts) -> Option<CrmId> {
    choose(settings, facts).user
}

/// [`responsible`], with the way to them.
pub fn choose(settings: &Responsibles, facts: &Facts) -> Chosen {
    let rule = settings.rules.iter().position(|rule| rule.gate.passes(facts));
    let by_rule = rule.and_then(|n| settings.rules.get(n)).map(|rule| &rule.user);
    let mut away = None;
    let mut usable = |user: Option<&CrmId>| {
        let user = user?;
        if can_be_responsible(&facts.directory, user) {
            return Some(user.clone());
        }
        away = Some(user.clone());
        None
    };
    let (user, ru, en) = match usable(by_rule) {
        Some(user) => (Some(user), "по условию", "by a rule"),
        None => match usable(settings.default.as_ref()) {
            Some(user) => (Some(user), "по умолчанию", "by default"),
            None => (None, "назначит CRM", "left to the CRM"),
        },
    };
    let value = user.as_ref().map_or_else(|| "—".to_owned(), |id| name_of(&facts.directory, id));
    let name = Words::new(format!("Ответственный ({ru})"), format!("Responsible ({en})"));
    let fault = away.map(|id| {
        Because::new(
            "AMO-12",
            "responsible_inactive",
            "Сотрудник CRM из настроек отключён или удалён, поэтому назначен не он.",
            "The CRM user in the settings is inactive or removed, so somebody else is responsible.",
        )
        .with("Сотрудник CRM", "CRM user", name_of(&facts.directory, &id))
        .mended_in("employees")
    });
    Chosen { user, why: FactLine { name, value }, fault }
}

/// Whether the CRM takes this user. As long as the list was never pulled, every id is believed.
pub fn can_be_responsible(directory: &Directory, id: &CrmId) -> bool {
    directory.users.is_empty() || directory.user(id).is_some_and(|user| user.active)
}

/// The user's name, or the id of one that is not in the list.
pub fn name_of(directory: &Directory, id: &CrmId) -> String {
    directory.user(id).map_or_else(|| id.to_string(), |user| user.name.clone())
}
