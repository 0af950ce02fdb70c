//! What settings are refused: B24-2 to B24-15.

use super::*;
use crate::{
    crm::{
        CommentPriority, FieldPair, Filter, Funnel, FunnelRule, FunnelTarget, Gate, Operator,
        Param, RepeatEntity, Verdict, bitrix::check,
    },
    problem::Problems,
};

/// `code path` of each finding.
fn found_in(problems: &Problems) -> Vec<String> {
    problems.0.iter().map(|problem| format!("{} {}", problem.code, problem.path)).collect()
}

#[track_caller]
fn refused(settings: &BitrixSettings, expected: &[&str]) {
    assert_eq!(found_in(&check(settings, &directory()).0), expected);
}

#[track_caller]
fn warned(settings: &BitrixSettings, expected: &[&str]) {
    let (problems, warnings) = check(settings, &directory());
    assert_eq!(found_in(&problems), Vec::<String>::new());
    assert_eq!(found_in(&warnings), expected);
}

fn to_deal(pipeline: &str, stage: &str) -> FunnelTarget {
    let deal = StageRef { pipeline: pipeline.into(), stage: stage.into() };
    FunnelTarget { deal: Some(deal), lead: None }
}

#[test]
fn b24_5_sound_settings_pass() {
    warned(&settings(), &[]);
}

#[test]
fn b24_5_a_lead_or_a_deal_is_required() {
    let mut settings = settings();
    settings.chats.first_deal = false;
    refused(&settings, &["entity_required /chats/first_deal"]);
    settings.chats.first_lead = true;
    warned(&settings, &[]);
}

#[test]
fn b24_2_a_section_without_channels_is_not_required_to_be_complete() {
    let mut settings = settings();
    settings.requests.first_deal = false;
    warned(&settings, &[]);
}

#[test]
fn b24_5_the_mode_without_leads_takes_no_leads() {
    let mut settings = settings();
    settings.chats.first_lead = true;
    settings.chats.repeat = RepeatEntity::Lead;
    settings.chats.comments = CommentPriority::Leads;
    let simple = Directory { lead_mode: LeadMode::Simple, ..directory() };
    let (problems, warnings) = check(&settings, &simple);
    assert_eq!(
        found_in(&problems),
        ["no_leads_in_simple_mode /chats/first_lead", "no_leads_in_simple_mode /chats/repeat"]
    );
    assert_eq!(
        found_in(&warnings),
        ["comments_do_not_apply /chats/comments", "no_leads_in_simple_mode /chats/comments"]
    );
}

#[test]
fn b24_6_b24_7_what_can_have_no_effect_is_told() {
    for repeat in [RepeatEntity::Lead, RepeatEntity::Deal] {
        let mut settings = settings();
        settings.chats.repeat = repeat;
        settings.chats.comments = CommentPriority::Both;
        warned(&settings, &["comments_do_not_apply /chats/comments"]);
    }
    for repeat in [RepeatEntity::Activity, RepeatEntity::Nothing] {
        let mut settings = settings();
        settings.chats.repeat = repeat;
        settings.chats.funnel_repeat.default = Some(to_deal("5", "C5:NEW"));
        warned(&settings, &["funnels_do_not_apply /chats/funnel_repeat"]);
    }
}

#[test]
fn b24_1_lists_have_their_lengths() {
    let mut settings = settings();
    settings.chats.tags.own = (0..21).map(|n| format!("тег {n}")).collect();
    refused(&settings, &["too_many /chats/tags/own"]);
}

#[test]
fn b24_10_a_filter_without_conditions_is_told() {
    let mut settings = settings();
    let when = Filter::Any { of: Vec::new() };
    settings.chats.filter = Some(Gate { verdict: Verdict::Denied, when });
    warned(&settings, &["empty_filter /chats/filter/when"]);
}

#[test]
fn b24_15_open_lines_and_our_chats_exclude_each_other() {
    let mut settings = settings();
    settings.open_lines = true;
    refused(&settings, &["open_lines_and_chats /open_lines"]);
    settings.requests = settings.chats.clone();
    settings.chats.channels.clear();
    warned(&settings, &[]);
}

#[test]
fn b24_7_stages_stand_in_their_funnel_and_take_new_ones() {
    let cases: [(FunnelTarget, &[&str], &[&str]); 6] = [
        (to_deal("5", "C5:NEW"), &[], &[]),
        (to_deal("0", "C5:NEW"), &["stage_of_other_funnel"], &[]),
        (to_deal("5", "NEW"), &["stage_of_other_funnel"], &[]),
        (to_deal("5", "C5:WON"), &["stage_takes_no_deals"], &[]),
        (to_deal("5", "C5:GONE"), &[], &["stage_gone"]),
        (to_deal("8", "C8:NEW"), &[], &["stage_gone"]),
    ];
    for (target, problems, warnings) in cases {
        let mut settings = settings();
        settings.chats.repeat = RepeatEntity::Deal;
        settings.chats.funnel_repeat.default = Some(target.clone());
        let (refused, warned) = check(&settings, &directory());
        let at = |codes: &[&str]| -> Vec<String> {
            codes.iter().map(|code| format!("{code} /chats/funnel_repeat/default/deal")).collect()
        };
        assert_eq!(found_in(&refused), at(problems), "{target:?}");
        assert_eq!(found_in(&warned), at(warnings), "{target:?}");
    }
}

#[test]
fn b24_7_lead_stages_are_checked_too() {
    let lead = |stage: &str| Funnel {
        default: Some(FunnelTarget { deal: None, lead: Some(stage.into()) }),
        rules: Vec::new(),
    };
    let mut settings = settings();
    settings.chats.funnel_first = lead("CONVERTED");
    refused(&settings, &["stage_takes_no_leads /chats/funnel_first/default/lead"]);
    settings.chats.funnel_first = lead("OLD");
    warned(&settings, &["stage_gone /chats/funnel_first/default/lead"]);
}

#[test]
fn b24_7_a_rule_without_a_stage_and_a_condition_without_a_value_are_refused() {
    let when = Filter::Param { param: Param::Site, by: Operator::Equals, values: Vec::new() };
    let gate = Gate { verdict: Verdict::Allow, when };
    let mut settings = settings();
    settings.chats.funnel_first.rules = vec![FunnelRule { gate, to: FunnelTarget::default() }];
    refused(
        &settings,
        &[
            "no_values /chats/funnel_first/rules/0/gate/when/values",
            "no_stage /chats/funnel_first/rules/0/to",
        ],
    );
}

#[test]
fn b24_12_fields_that_take_no_text_are_refused_and_lost_ones_are_told() {
    let pair = |field: &str| FieldPair { field: field.into(), from: Param::Site };
    let mut settings = settings();
    settings.chats.fields.contact = vec![pair("ufCrm_file")];
    settings.chats.fields.lead = vec![pair("ufCrm_lead"), pair("ufCrm_lead")];
    refused(
        &settings,
        &[
            "field_not_writable /chats/fields/contact/0/field",
            "duplicate_field /chats/fields/lead/1/field",
        ],
    );
    settings.chats.fields.contact.clear();
    settings.chats.fields.lead = vec![pair("ufCrm_gone")];
    warned(&settings, &["field_gone /chats/fields/lead/0/field"]);
}

#[test]
fn b24_11_templates_know_their_parameters() {
    let mut settings = settings();
    settings.requests.names.deal = Some("{contact.nickname}".into());
    refused(&settings, &["unknown_parameter /requests/names/deal"]);
}

#[test]
fn b24_4_a_person_who_left_is_told() {
    let mut settings = settings();
    settings.chats.responsible.default = Some("9".into());
    warned(&settings, &["responsible_inactive /chats/responsible/default"]);
}

#[test]
fn wa_5_numbers_are_written_in_full() {
    let mut settings = settings();
    settings.skip_phones = vec!["+79161234567".into(), "8916".into()];
    refused(&settings, &["bad_phone /skip_phones/1"]);
}

#[test]
fn b24_3_no_channel_at_all_is_told() {
    warned(&BitrixSettings::default(), &["no_channels /chats/channels"]);
}
