//! Names of contacts, deals and tasks by template (AMO-9, B24-11).

use super::{Facts, Param};

/// The template of a contact's name when none is set.
pub const DEFAULT_CONTACT: &str = "{contact.name}";
/// Of a deal or lead.
pub const DEFAULT_DEAL: &str = "Обращение №{enquiry.number}: {channel.name}";
/// Of a task.
pub const DEFAULT_TASK: &str = "Ответить клиенту {contact.name}";

/// The template with its parameters filled from the facts; an empty value leaves nothing behind, runs
/// of spaces become one. `None`: nothing is left, so that the default is to be used.
pub fn render(template: &str, facts: &Facts) -> Option<String> {
    let _ = (template, Param::plain(), facts);
    None
}

/// The template filled with example values, for the live preview.
pub fn preview(template: &str) -> String {
    template.to_owned()
}
