//! The chat of a conversation inside amoCRM (AMO-13).

use super::{
    super::{Action, AmoMethod, Because, Plan},
    Case, Person,
};

/// With method «создавать контакт и сделку» the chat is bound to the contact before its first message, or
/// amoCRM would make an «unsorted» of it.
pub fn open(case: &Case<'_>, person: &Person, plan: &mut Plan) {
    let facts = case.facts;
    let wanted = case.settings.chats.is_some() && facts.chats_connected;
    let talked = facts.occasion.opened || !facts.occasion.lines.is_empty();
    let by_us = case.settings.method == AmoMethod::ContactAndDeal {};
    if !(wanted && talked && by_us && facts.links.chat.is_none()) {
        return;
    }
    let Some(contact) = person.at.clone() else { return };
    let because = Because::new(
        "AMO-13",
        "chat_bound",
        "Чат открывается в карточке контакта, чтобы amoCRM не создала «Неразобранное».",
        "The chat is opened at the contact, so that amoCRM makes no unsorted record of it.",
    );
    plan.push(Action::OpenChat { contact }, because);
}
