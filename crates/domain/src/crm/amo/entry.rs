//! Whether an enquiry is passed on at all: channels (AMO-2, CRM-6), numbers (WA-5), filter (AMO-6).
//! Everything here is decided without a call.

use super::super::{
    AmoSettings, Because, ChannelRule, EntityState, Facts, UnsortedState,
    entry::{filter_passes, phones_pass},
};

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
    phones_pass(&settings.skip_phones, facts, "skip_phones")?;
    if placed(facts) {
        return Ok(rule);
    }
    filter_passes(settings.filter.as_ref(), facts, "AMO-6")?;
    Ok(rule)
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
