//! What both CRMs ask before an enquiry is passed on: whether anything happened, numbers that never reach
//! a CRM (WA-5), the filter (AMO-6, B24-10). Decided without a call.

use super::{Because, Facts, filter::Gate};

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

/// WA-5: whether a number of the client is on the list of those that stay here. `mend`: where the list
/// is in the CRM's settings.
pub fn phones_pass(skipped: &[String], facts: &Facts, mend: &str) -> Result<(), Because> {
    let Some(phone) = facts.contact.phones.iter().find(|phone| skipped.contains(phone)) else {
        return Ok(());
    };
    Err(Because::new(
        "WA-5",
        "phone_skipped",
        "Номер клиента в списке тех, чьи сообщения не передаются в CRM.",
        "The client's number is on the list of those that never reach the CRM.",
    )
    .with("Телефон", "Phone", phone.as_str())
    .mended_in(mend))
}

/// Whether the integration's filter lets the enquiry through; one without conditions lets everything
/// pass. `rule`: the CRM's number of it.
pub fn filter_passes(filter: Option<&Gate>, facts: &Facts, rule: &str) -> Result<(), Because> {
    let filter = filter.filter(|gate| gate.when.size() > 0);
    let Some(judged) = filter.map(|gate| gate.judge(facts)).filter(|judged| !judged.holds) else {
        return Ok(());
    };
    let mut because = Because::new(
        rule,
        "filter_denies",
        "Обращение не прошло фильтр интеграции, поэтому в CRM ничего не создано.",
        "The enquiry did not pass the integration's filter, so nothing is made in the CRM.",
    )
    .mended_in("filter");
    because.facts = judged.because;
    Err(because)
}
