//! Who becomes responsible in the CRM (AMO-12, B24-4, CRM-3).

use super::{CrmId, CrmUser, Directory, Facts, Responsibles};

/// The user of the CRM who is this employee: by the company's list, else by an equal e-mail address.
pub fn crm_user_of<'a>(
    _settings: &Responsibles,
    _directory: &'a Directory,
    _employee: &super::EmployeeFacts,
) -> Option<&'a CrmUser> {
    None
}

/// The responsible for what is made now: the first rule that lets the enquiry pass, else the default;
/// one who is no longer active gives way to the default, and that to nobody.
pub fn responsible(_settings: &Responsibles, _facts: &Facts) -> Option<CrmId> {
    None
}
