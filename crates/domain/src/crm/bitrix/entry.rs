//! Whether an enquiry is passed on at all: Open Lines (B24-15), channels (B24-3), numbers (WA-5), filter
//! (B24-10). Everything here is decided without a call.

use super::super::{Because, BitrixSettings, ChannelRule, EntityRules, EntityState, Facts};
use crate::conversation::ConversationKind;

/// An occasion without anything in it asks for nothing: so a job that runs twice does nothing twice.
pub fn something_happened(facts: &Facts) -> bool {
    let occasion = &facts.occasion;
    occasion.opened
        || occasion.closed
        || occasion.contact_changed
        || occasion.answered_by.is_some()
        || occasion.chosen_deal.is_some()
        || !occasion.lines.is_empty()
}

/// Whether an enquiry without a place needs one now.
pub fn wants_place(facts: &Facts) -> bool {
    let occasion = &facts.occasion;
    occasion.opened
        || occasion.chosen_deal.is_some()
        || !occasion.lines.is_empty()
        || !occasion.history.is_empty()
}

/// The channel's rule, or why the enquiry stays here.
pub fn admitted<'a>(
    settings: &BitrixSettings,
    rules: &'a EntityRules,
    facts: &Facts,
) -> Result<&'a ChannelRule, Because> {
    if settings.open_lines && facts.enquiry.kind == ConversationKind::Chat {
        return Err(Because::new(
            "B24-15",
            "open_lines_make_entities",
            "Чаты этого портала ведут Открытые линии: лиды и сделки создаются по настройкам линии.",
            "Open Lines carry this portal's chats: leads and deals follow the line's own settings.",
        ));
    }
    let channel = &facts.enquiry.channel;
    let Some(rule) = rules.channels.iter().find(|rule| rule.channel == channel.id) else {
        let (ru, en) = match facts.enquiry.kind {
            ConversationKind::Chat => (
                "Чаты этого канала не передаются в CRM: канал не отмечен в настройках интеграции.",
                "Chats of this channel are not passed on: it is not ticked in the integration.",
            ),
            ConversationKind::Request => (
                "Заявки этого канала не передаются в CRM: канал не отмечен в настройках интеграции.",
                "Requests of this channel are not passed on: it is not ticked in the integration.",
            ),
        };
        return Err(Because::new("CRM-6", "channel_not_passed", ru, en)
            .with("Канал", "Channel", &*channel.name)
            .mended_in("channels"));
    };
    let skipped = facts.contact.phones.iter().find(|phone| settings.skip_phones.contains(phone));
    if let Some(phone) = skipped {
        return Err(Because::new(
            "WA-5",
            "phone_skipped",
            "Номер клиента в списке тех, чьи сообщения не передаются в CRM.",
            "The client's number is on the list of those that never reach the CRM.",
        )
        .with("Телефон", "Phone", &**phone)
        .mended_in("messengers"));
    }
    if placed(facts) {
        return Ok(rule);
    }
    let judged = rules.filter.as_ref().map(|gate| gate.judge(facts));
    match judged.filter(|judged| !judged.holds) {
        None => Ok(rule),
        Some(judged) => {
            let mut because = Because::new(
                "B24-10",
                "filter_denies",
                "Обращение не прошло фильтр интеграции, поэтому в CRM ничего не создано.",
                "The enquiry did not pass the integration's filter, so nothing is made in the CRM.",
            )
            .mended_in("filter");
            because.facts = judged.because;
            Err(because)
        }
    }
}

/// Whether the conversation already has its place: the filter affects creation and is not asked again.
fn placed(facts: &Facts) -> bool {
    let mut cards = facts.links.deals.iter().chain(&facts.links.leads);
    cards.any(|card| card.of_this && card.state != EntityState::Gone)
        || !facts.links.written.is_empty()
}
