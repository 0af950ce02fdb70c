//! Whether an enquiry is passed on at all: Open Lines (B24-15), channels (B24-3), numbers (WA-5), filter
//! (B24-10). Everything here is decided without a call.

use super::super::{
    Because, BitrixSettings, ChannelRule, EntityRules, EntityState, Facts,
    entry::{filter_passes, phones_pass},
};
use crate::conversation::ConversationKind;

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
    phones_pass(&settings.skip_phones, facts, "messengers")?;
    if placed(facts) {
        return Ok(rule);
    }
    filter_passes(rules.filter.as_ref(), facts, "B24-10")?;
    Ok(rule)
}

/// Whether the conversation already has its place: the filter affects creation and is not asked again.
fn placed(facts: &Facts) -> bool {
    let mut cards = facts.links.deals.iter().chain(&facts.links.leads);
    cards.any(|card| card.of_this && card.state != EntityState::Gone)
        || !facts.links.written.is_empty()
}
