//! The chat of a conversation inside amoCRM (AMO-13).

use super::{
    super::{Action, AmoMethod, AmoSettings, Because, Facts, Plan},
    Case, Person, entry,
};

/// Whether the messages of a conversation are shown in the CRM's chat: once the chat is open at the
/// contact, or, with «Неразобранное», as soon as the enquiry is let through, because amoCRM makes the
/// record of the chat's first message. A number of the skip list is never shown (WA-5).
pub fn is_shown(settings: &AmoSettings, facts: &Facts) -> bool {
    if settings.chats.is_none() || !facts.chats_connected {
        return false;
    }
    match settings.method {
        _ if is_skipped(settings, &facts.contact.phones) => false,
        _ if facts.links.chat.is_some() => true,
        AmoMethod::ContactAndDeal {} => false,
        AmoMethod::Unsorted { .. } => {
            entry::admitted(settings, facts).is_ok_and(|channel| channel.create_deal)
        }
    }
}

/// WA-5: of a person with one of these numbers nothing is passed on, whoever began.
pub fn is_skipped(settings: &AmoSettings, phones: &[String]) -> bool {
    phones.iter().any(|phone| settings.skip_phones.contains(phone))
}

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
    let Some(contact) = person.at.clone() else {
        plan.leave_out(
            Because::new(
                "AMO-13",
                "chat_without_contact",
                "Чат в amoCRM не открыт: у клиента нет там контакта, а канал его не создаёт.",
                "No chat is opened in amoCRM: the client has no contact and the channel makes none.",
            )
            .mended_in("channels"),
        );
        return;
    };
    let because = Because::new(
        "AMO-13",
        "chat_bound",
        "Чат открывается в карточке контакта, чтобы amoCRM не создала «Неразобранное».",
        "The chat is opened at the contact, so that amoCRM makes no unsorted record of it.",
    );
    plan.push(Action::OpenChat { contact }, because);
}
