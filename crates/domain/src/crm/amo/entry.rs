//! Whether an enquiry is passed on at all: channels (AMO-2, CRM-6), numbers (WA-5), filter (AMO-6).
//! Everything here is decided without a call.

use super::super::{AmoSettings, Because, ChannelRule, EntityState, Facts, UnsortedState};

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

/// The channel's rule, or why the enquiry stays here.
pub fn admitted<'a>(settings: &'a AmoSettings, facts: &Facts) -> Result<&'a ChannelRule, Because> {
    let channel = &facts.enquiry.channel;
    let Some(rule) = settings.channels.iter().find(|rule| rule.channel == channel.id) else {
        return Err(Because::new(
            "CRM-6",
            "channel_not_passed",
            "Обращения этого канала не передаются в CRM: канал не отмечен в настройках интеграции.",
            "Enquiries of this channel are not passed on: it is not ticked in the integration.",
        )
        .with("Канал", "Channel", &channel.name)
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
        .with("Телефон", "Phone", phone)
        .mended_in("skip_phones"));
    }
    if placed(facts) {
        return Ok(rule);
    }
    let judged = settings.filter.as_ref().map(|gate| gate.judge(facts));
    match judged.filter(|judged| !judged.holds) {
        None => Ok(rule),
        Some(judged) => {
            let mut because = Because::new(
                "AMO-6",
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

/// Whether the conversation already has its deal or «unsorted».
fn placed(facts: &Facts) -> bool {
    let links = &facts.links;
    links.deals.iter().any(|deal| deal.of_this && deal.state != EntityState::Gone)
        || links
            .unsorted
            .as_ref()
            .is_some_and(|unsorted| unsorted.of_this && unsorted.state != UnsortedState::Declined)
}
