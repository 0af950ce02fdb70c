//! What is passed on at all: B24-3, B24-10, B24-15, WA-5.

use super::*;
use crate::crm::{Filter, Gate, Operator, Param, Verdict};

fn site(verdict: Verdict) -> Option<Gate> {
    let when = Filter::Param {
        param: Param::Site,
        by: Operator::Equals,
        values: vec!["shop.example".into()],
    };
    Some(Gate { verdict, when })
}

#[track_caller]
fn stopped(settings: &BitrixSettings, facts: Facts, rule: &str, code: &str) {
    let done = decide(settings, facts, &Portal::default());
    assert!(done.steps.is_empty(), "{:?}", done.steps);
    assert!(done.asked.is_empty(), "nothing may be asked: {:?}", done.asked);
    assert_eq!(done.left_out, [code]);
    assert_eq!(done.plan.left_out.first().unwrap().rule.0, rule);
}

#[test]
fn b24_3_a_channel_that_is_not_ticked_is_not_passed_on() {
    let mut settings = settings();
    settings.chats.channels.clear();
    stopped(&settings, facts(), "CRM-6", "channel_not_passed");
}

#[test]
fn b24_2_requests_have_their_own_channels() {
    let mut facts = facts();
    facts.enquiry.kind = ConversationKind::Request;
    stopped(&settings(), facts, "CRM-6", "channel_not_passed");
}

#[test]
fn b24_10_denied_holds_back_those_that_match() {
    let mut settings = settings();
    settings.chats.filter = site(Verdict::Denied);
    stopped(&settings, facts(), "B24-10", "filter_denies");
}

#[test]
fn b24_10_allow_holds_back_those_that_do_not_match() {
    let mut settings = settings();
    settings.chats.filter = site(Verdict::Allow);
    let mut elsewhere = facts();
    elsewhere.enquiry.attribution.site = Some("other.example".into());
    stopped(&settings, elsewhere, "B24-10", "filter_denies");
    let done = decide(&settings, facts(), &Portal::default());
    assert_eq!(done.steps, ["contact", "deal NEW < #0"]);
}

#[test]
fn b24_10_without_conditions_everything_passes() {
    for verdict in [Verdict::Allow, Verdict::Denied] {
        let mut settings = settings();
        settings.chats.filter = Some(Gate { verdict, when: Filter::Any { of: Vec::new() } });
        let done = decide(&settings, facts(), &Portal::default());
        assert_eq!(done.steps, ["contact", "deal NEW < #0"]);
    }
}

#[test]
fn b24_10_a_conversation_that_was_passed_on_goes_on() {
    let mut settings = settings();
    settings.chats.filter = site(Verdict::Denied);
    settings.chats.transcript = Transcript::Online;
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.links.deals = vec![linked("12")];
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["comment deal 12"]);
}

#[test]
fn b24_15_open_lines_carry_the_chats() {
    let mut settings = settings();
    settings.open_lines = true;
    stopped(&settings, facts(), "B24-15", "open_lines_make_entities");
}

#[test]
fn b24_15_open_lines_do_not_carry_offline_requests() {
    let mut settings = settings();
    settings.open_lines = true;
    settings.requests = settings.chats.clone();
    let mut facts = facts();
    facts.enquiry.kind = ConversationKind::Request;
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["contact", "deal NEW < #0"]);
}

#[test]
fn wa_5_numbers_of_the_black_list_never_reach_the_crm() {
    let mut settings = settings();
    settings.skip_phones = vec!["+79161234567".into()];
    stopped(&settings, facts(), "WA-5", "phone_skipped");
}
