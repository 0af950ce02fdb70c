//! Who gets in: channels, numbers, filter.

use super::*;

fn nothing_without_a_call(story: &Story, code: &str) {
    assert_eq!(story.question(), None);
    assert_eq!(story.does(), strings(&[]));
    assert_eq!(story.left_out(), strings(&[code]));
}

#[test]
fn amo_2_crm_6_a_channel_that_is_not_passed_on_makes_nothing_and_says_where_it_is_mended() {
    let story = story().phone().given(|f| f.enquiry.channel.id = OTHER_CHANNEL);
    nothing_without_a_call(&story, "channel_not_passed");
    let because = story.why_not("channel_not_passed");
    assert_eq!(because.mend.as_deref(), Some("channels"));
    assert_eq!(because.rule.0, "CRM-6");
    assert_eq!(because.facts[0].value, "Бот продаж");
}

#[test]
fn wa_5_a_number_on_the_list_never_reaches_the_crm() {
    let story = story().phone().set(|s| s.skip_phones = vec![PHONE.to_owned()]);
    nothing_without_a_call(&story, "phone_skipped");
    // Even in a conversation that was passed on before the number was put there.
    let later = story.in_deal(EntityState::Open);
    nothing_without_a_call(&later, "phone_skipped");
}

#[test]
fn amo_6_the_filter_lets_pass_by_site_or_campaign_in_groups() {
    let campaign = |name: &str| Filter::Param {
        param: Param::Campaign,
        by: Operator::Contains,
        values: vec![name.to_owned()],
    };
    let denied = |when| Gate { verdict: Verdict::Denied, when };
    let (here, there) = (|| site(&["Shop.example.ru "]), || site(&["other.example.ru"]));
    for (gate, passes) in [
        (allow(here()), true),
        (allow(there()), false),
        (denied(here()), false),
        (denied(there()), true),
        (allow(Filter::Any { of: vec![there(), campaign("весн")] }), true),
        (allow(Filter::All { of: vec![here(), campaign("осень")] }), false),
        (allow(Filter::All { of: vec![here(), campaign("весна")] }), true),
        (allow(Filter::Not { of: vec![there(), campaign("осень")] }), true),
        (denied(Filter::Any { of: vec![there(), campaign("весн")] }), false),
        (denied(Filter::All { of: vec![here(), campaign("осень")] }), true),
        // No conditions at all: everything passes, whatever stands above them.
        (allow(Filter::All { of: vec![] }), true),
        (allow(Filter::Any { of: vec![] }), true),
        (denied(Filter::All { of: vec![] }), true),
        (denied(Filter::Not { of: vec![Filter::Any { of: vec![] }] }), true),
    ] {
        let story = story().set(|s| s.filter = Some(gate.clone()));
        assert_eq!(story.question(), None, "{gate:?}");
        assert_eq!(!story.does().is_empty(), passes, "{gate:?}");
    }
}

#[test]
fn amo_6_a_denied_enquiry_costs_no_call_and_names_the_condition_that_decided() {
    let story = story().phone().set(|s| {
        let of = vec![site(&["shop.example.ru"]), site(&["other.example.ru"])];
        s.filter = Some(allow(Filter::All { of }));
    });
    nothing_without_a_call(&story, "filter_denies");
    let because = story.why_not("filter_denies");
    assert_eq!(because.facts.len(), 1);
    assert_eq!(because.facts[0].name.ru, "Сайт = «other.example.ru»");
    assert_eq!(because.facts[0].value, "shop.example.ru");
}

#[test]
fn amo_6_a_conversation_that_was_passed_on_goes_on_when_the_filter_changes() {
    let story = story()
        .in_deal(EntityState::Open)
        .set(|s| s.filter = Some(allow(site(&["other.example.ru"]))))
        .tasks(TaskOwner::Integration);
    assert_eq!(story.does(), strings(&["create_task"]));
}

#[test]
fn crm_6_the_outcome_is_told_in_one_sentence() {
    let told = |story: &Story| super::super::super::outcome_words(&story.plan()).ru;
    assert_eq!(told(&story()), "Создано: контакт «Анна», сделка «Обращение №1204: Бот продаж».");
    let story = story().given(|f| f.enquiry.channel.id = OTHER_CHANNEL);
    assert!(told(&story).contains("канал не отмечен"));
}

#[test]
fn by_6_every_reason_is_there_in_both_languages_with_a_rule() {
    let story = story()
        .phone()
        .told(nobody())
        .tasks(TaskOwner::ContactCard)
        .set(|s| s.responsible.default = Some("13".into()));
    let plan = story.plan();
    let reasons = plan.steps.iter().map(|s| &s.because).chain(&plan.left_out);
    for because in reasons {
        assert!(because.rule.0.contains('-'), "{because:?}");
        assert!(because.words.ru.ends_with('.') && because.words.en.ends_with('.'));
    }
    for step in &plan.steps {
        let words = step.action.words(&story.facts.directory);
        assert!(!words.ru.is_empty() && !words.en.is_empty());
    }
}
