//! What an enquiry makes: B24-5, B24-7, B24-11, B24-12, B24-16, CRM-1.

use super::*;
use crate::crm::{
    FieldPair, FieldValue, Filter, Funnel, FunnelRule, FunnelTarget, Gate, LinkedTask, Operator,
    Param, RepeatEntity, Verdict,
};

#[test]
fn b24_5_a_primary_enquiry_makes_what_is_chosen() {
    // A lead carries name and phones itself, so that it needs no contact.
    let cases: [(bool, bool, bool, &[&str]); 5] = [
        (true, false, false, &["lead NEW"]),
        (false, true, false, &["contact", "deal NEW < #0"]),
        (true, true, false, &["contact", "lead NEW < #0", "deal NEW < #0"]),
        (true, false, true, &["lead NEW", "activity lead #0"]),
        (false, true, true, &["contact", "deal NEW < #0", "activity deal #1"]),
    ];
    for (lead, deal, activity, steps) in cases {
        let mut settings = settings();
        settings.chats.first_lead = lead;
        settings.chats.first_deal = deal;
        settings.chats.first_activity = activity;
        let done = decide(&settings, facts(), &Portal::default());
        assert_eq!(done.steps, steps);
        assert_eq!(done.asked, ["contacts", "leads", "companies"]);
    }
}

#[test]
fn b24_5_a_lead_alone_has_the_phones_and_one_with_a_contact_has_not() {
    for (with_deal, phones) in [(false, 1), (true, 0)] {
        let mut settings = settings();
        settings.chats.first_lead = true;
        settings.chats.first_deal = with_deal;
        let done = decide(&settings, facts(), &Portal::default());
        let lead = done.plan.steps.iter().find_map(|step| match &step.action {
            Action::CreateLead(draft) => Some(draft),
            _ => None,
        });
        assert_eq!(lead.unwrap().phones.len(), phones);
    }
}

#[test]
fn b24_5_an_enquiry_without_phone_and_mail_is_a_primary_one_and_costs_no_question() {
    let mut facts = facts();
    facts.contact.phones.clear();
    let done = decide(&settings(), facts, &Portal::default());
    assert_eq!(done.steps, ["contact", "deal NEW < #0"]);
    assert!(done.asked.is_empty());
}

#[test]
fn b24_5_neither_lead_nor_deal_makes_a_contact_and_says_why() {
    let mut settings = settings();
    settings.chats.first_deal = false;
    let done = decide(&settings, facts(), &Portal::default());
    assert_eq!(done.steps, ["contact"]);
    assert_eq!(done.left_out, ["no_entity_chosen"]);
}

#[test]
fn b24_5_the_mode_without_leads_gets_a_deal() {
    for (first_deal, repeat) in [(false, RepeatEntity::Lead), (true, RepeatEntity::Lead)] {
        let mut settings = settings();
        settings.chats.first_lead = true;
        settings.chats.first_deal = first_deal;
        settings.chats.repeat = repeat;
        let mut facts = facts();
        facts.directory.lead_mode = LeadMode::Simple;
        let first = decide(&settings, facts.clone(), &Portal::default());
        assert_eq!(first.steps, ["contact", "deal NEW < #0"]);
        assert_eq!(first.left_out, ["mode_without_leads"]);
        assert_eq!(first.asked, ["contacts", "companies"], "no leads are asked for");
        let portal = Portal { contacts: vec![found("7")], ..Portal::default() };
        let repeat = decide(&settings, facts, &portal);
        assert_eq!(repeat.steps, ["use contact 7", "deal NEW < 7"]);
        assert_eq!(repeat.left_out, ["mode_without_leads"]);
    }
}

#[test]
fn b24_5_anything_found_makes_an_enquiry_a_repeat_one() {
    let known = [
        Portal { contacts: vec![found("7")], ..Portal::default() },
        Portal { leads: vec![closed("3")], ..Portal::default() },
        Portal { companies: vec!["44".into()], ..Portal::default() },
    ];
    for portal in known {
        let mut settings = settings();
        settings.chats.repeat = RepeatEntity::Lead;
        let done = decide(&settings, facts(), &portal);
        let codes: Vec<&str> =
            done.plan.steps.iter().map(|step| step.because.code.as_str()).collect();
        assert_eq!(codes.last(), Some(&"repeat_makes"), "{codes:?}");
    }
}

#[test]
fn b24_5_a_repeat_enquiry_makes_what_is_chosen() {
    let cases: [(RepeatEntity, &[&str], &[&str]); 4] = [
        (RepeatEntity::Lead, &["use contact 7", "lead NEW < 7"], &["contacts"]),
        (RepeatEntity::Deal, &["use contact 7", "deal NEW < 7"], &["contacts"]),
        (
            RepeatEntity::Activity,
            &["use contact 7", "use deal 12", "activity deal 12"],
            &["contacts", "deals"],
        ),
        (RepeatEntity::Nothing, &["use contact 7", "use deal 12"], &["contacts", "deals"]),
    ];
    for (repeat, steps, asked) in cases {
        let mut settings = settings();
        settings.chats.repeat = repeat;
        let portal =
            Portal { contacts: vec![found("7")], deals: vec![open("12")], ..Portal::default() };
        let done = decide(&settings, facts(), &portal);
        assert_eq!(done.steps, steps, "{repeat:?}");
        assert_eq!(done.asked, asked, "{repeat:?}");
    }
}

#[test]
fn b24_5_a_repeat_deal_of_somebody_without_a_contact_makes_one() {
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Deal;
    let portal = Portal { companies: vec!["44".into()], ..Portal::default() };
    let done = decide(&settings, facts(), &portal);
    assert_eq!(done.steps, ["contact", "deal NEW < #0"]);
    let Action::CreateDeal(draft) = &done.plan.steps.last().unwrap().action else { panic!() };
    assert_eq!(draft.company, Some("44".into()));
}

#[test]
fn b24_5_an_activity_that_nobody_finished_stands_for_the_next_enquiry() {
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Activity;
    let cases: [(bool, bool, bool, &[&str]); 4] = [
        // mirrored, done by our link, done by the CRM's answer, what is asked of the activity
        (true, false, false, &[]),
        (true, true, false, &[]),
        (false, false, false, &["activity"]),
        (false, false, true, &["activity"]),
    ];
    for (mirrored, linked_done, activity_done, asked) in cases {
        let mut facts = facts();
        facts.mirrored = mirrored;
        facts.links.activity = Some(LinkedTask { id: "70".into(), deal: None, done: linked_done });
        let portal = Portal {
            contacts: vec![found("7")],
            deals: vec![open("12")],
            activity_done,
            ..Portal::default()
        };
        let done = decide(&settings, facts, &portal);
        let made = done.steps.contains(&"activity deal 12".to_owned());
        assert_eq!(made, linked_done || activity_done);
        assert_eq!(done.left_out.contains(&"activity_open".to_owned()), !made);
        assert_eq!(done.asked.iter().filter(|a| **a == "activity").count(), asked.len());
    }
}

#[test]
fn b24_5_an_activity_is_due_by_the_setting() {
    let mut settings = settings();
    settings.chats.first_activity = true;
    settings.chats.activity_due_minutes = 30;
    settings.chats.names.task = Some("Ответить: {channel.name}".into());
    let done = decide(&settings, facts(), &Portal::default());
    let Action::CreateActivity { due_at, title, .. } = &done.plan.steps.last().unwrap().action
    else {
        panic!("{:?}", done.steps)
    };
    assert_eq!(*due_at, at(35));
    assert_eq!(title, "Ответить: Бот продаж");
}

fn by_site(verdict: Verdict) -> Funnel {
    let to = |lead: &str, pipeline: &str, stage: &str| FunnelTarget {
        lead: Some(lead.into()),
        deal: Some(StageRef { pipeline: pipeline.into(), stage: stage.into() }),
    };
    let when = Filter::Param {
        param: Param::Site,
        by: Operator::Equals,
        values: vec!["shop.example".into()],
    };
    Funnel {
        default: Some(to("NEW", "0", "PREPARATION")),
        rules: vec![FunnelRule {
            gate: Gate { verdict, when },
            to: to("IN_PROCESS", "5", "C5:NEW"),
        }],
    }
}

#[test]
fn b24_7_allow_places_those_that_match_and_denied_the_others() {
    let cases = [
        (Verdict::Allow, "shop.example", "lead IN_PROCESS < #0", "deal C5:NEW < #0"),
        (Verdict::Allow, "other.example", "lead NEW < #0", "deal PREPARATION < #0"),
        (Verdict::Denied, "shop.example", "lead NEW < #0", "deal PREPARATION < #0"),
        (Verdict::Denied, "other.example", "lead IN_PROCESS < #0", "deal C5:NEW < #0"),
    ];
    for (verdict, site, lead, deal) in cases {
        let mut settings = settings();
        settings.chats.first_lead = true;
        settings.chats.funnel_first = by_site(verdict);
        let mut facts = facts();
        facts.enquiry.attribution.site = Some(site.into());
        let done = decide(&settings, facts, &Portal::default());
        assert_eq!(done.steps, ["contact", lead, deal], "{verdict:?} {site}");
    }
}

#[test]
fn b24_7_repeat_enquiries_have_their_own_funnels() {
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Deal;
    settings.chats.funnel_repeat = by_site(Verdict::Allow);
    let portal = Portal { contacts: vec![found("7")], ..Portal::default() };
    let repeat = decide(&settings, facts(), &portal);
    assert_eq!(repeat.steps, ["use contact 7", "deal C5:NEW < 7"]);
    let first = decide(&settings, facts(), &Portal::default());
    assert_eq!(first.steps, ["contact", "deal NEW < #0"]);
}

#[test]
fn b24_7_a_stage_that_is_gone_gives_way_and_is_told() {
    let mut settings = settings();
    settings.chats.first_lead = true;
    settings.chats.funnel_first = by_site(Verdict::Allow);
    let mut facts = facts();
    facts.directory.lead_stages.retain(|stage| stage.id.as_str() != "IN_PROCESS");
    facts.directory.pipelines.retain(|pipeline| pipeline.id.as_str() != "5");
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["contact", "lead NEW < #0", "deal PREPARATION < #0"]);
    assert_eq!(done.left_out, ["stage_gone", "stage_gone"]);
    for because in &done.plan.left_out {
        assert_eq!(because.rule.0, "B24-7");
        assert_eq!(because.mend.as_deref(), Some("funnels"));
    }
}

#[test]
fn b24_11_names_follow_their_templates() {
    let mut settings = settings();
    settings.chats.first_lead = true;
    settings.chats.names.lead = Some("{channel.kind} {contact.phone} {enquiry.number}".into());
    settings.chats.names.deal = Some("{visit.campaign}".into());
    let done = decide(&settings, facts(), &Portal::default());
    let names: Vec<&str> = done
        .plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::CreateLead(draft) | Action::CreateDeal(draft) => Some(draft.name.as_str()),
            Action::CreateContact(draft) => Some(draft.name.as_str()),
            _ => None,
        })
        .collect();
    // An empty template gives way to the default one.
    assert_eq!(names, ["Анна", "Telegram-бот +79161234567 1204", "Обращение №1204: Бот продаж"]);
}

#[test]
fn b24_12_fields_are_filled_and_what_does_not_fit_is_told() {
    let mut settings = settings();
    let pair = |field: &str, from| FieldPair { field: field.into(), from };
    settings.chats.fields.deal = vec![
        pair("ufCrm_site", Param::Site),
        pair("ufCrm_budget", Param::ContactName),
        pair("ufCrm_gone", Param::ContactName),
        pair("ufCrm_empty", Param::Campaign),
    ];
    let done = decide(&settings, facts(), &Portal::default());
    let Action::CreateDeal(draft) = &done.plan.steps.last().unwrap().action else { panic!() };
    let site = FieldValue { field: "ufCrm_site".into(), value: "shop.example".into() };
    assert_eq!(draft.fields, [site]);
    assert_eq!(done.left_out, ["field_misfit", "field_gone"]);
    assert!(done.plan.left_out.iter().all(|because| because.rule.0 == "B24-12"));
}

#[test]
fn b24_16_an_operator_who_writes_first_makes_no_second_deal() {
    let mut facts = facts();
    facts.occasion.lines = vec![line(1, Direction::Outbound, "Олег", "Вы оставили заявку")];
    let request = LinkedDeal { of_this: false, ..linked("12") };
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![request];
    for repeat in [RepeatEntity::Deal, RepeatEntity::Lead] {
        let mut settings = settings();
        settings.chats.repeat = repeat;
        let done = decide(&settings, facts.clone(), &Portal::default());
        assert_eq!(done.steps, ["use deal 12", "comment deal 12"]);
        let comment = text(&done.plan.steps.last().unwrap().action);
        assert!(comment.contains("Чат №1204"), "{comment}");
        assert!(comment.contains("https://desk.example/1204"), "{comment}");
    }
}

#[test]
fn b24_16_where_repeat_enquiries_make_nothing_the_chat_is_linked_too() {
    let mut facts = facts();
    facts.occasion.lines = vec![line(1, Direction::Outbound, "Олег", "Вы оставили заявку")];
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![LinkedDeal { of_this: false, ..linked("12") }];
    let portal = Portal { deals: vec![open("12")], ..Portal::default() };
    for (repeat, expected) in [
        (RepeatEntity::Nothing, &["use deal 12", "comment deal 12"][..]),
        (RepeatEntity::Activity, &["use deal 12", "activity deal 12", "comment deal 12"]),
    ] {
        let mut settings = settings();
        settings.chats.repeat = repeat;
        let done = decide(&settings, facts.clone(), &portal);
        assert_eq!(done.steps, expected);
        let comment = text(&done.plan.steps.last().unwrap().action);
        assert!(comment.starts_with("Сотрудник написал клиенту первым\nЧат №1204"), "{comment}");
    }
    // The client's own words need no announcement: they are the transcript's.
    facts.occasion.lines = vec![line(1, Direction::Inbound, "", "Добрый день")];
    let done = decide(&settings(), facts, &portal);
    assert_eq!(done.steps, ["use deal 12"]);
}

#[test]
fn b24_16_a_request_is_never_begun_by_an_operator() {
    let mut facts = facts();
    facts.enquiry.kind = ConversationKind::Request;
    facts.occasion.lines = vec![line(1, Direction::Outbound, "Олег", "Перезвоню")];
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![LinkedDeal { of_this: false, ..linked("12") }];
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Deal;
    settings.requests = settings.chats.clone();
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["deal NEW < 7"]);
}

#[test]
fn b24_5_what_was_removed_makes_no_enquiry_a_repeat_one() {
    let gone = || LinkedDeal { of_this: false, state: EntityState::Gone, ..linked("12") };
    let mut unknown = facts();
    unknown.links.deals = vec![gone()];
    let done = decide(&settings(), unknown, &Portal::default());
    assert_eq!(done.plan.steps.last().unwrap().because.code, "first_enquiry");
    // Of a try that made the contact, and of whose deal somebody got rid.
    let mut tried = facts();
    tried.enquiry.order = EnquiryOrder::First;
    tried.links.contact = Some(linked_contact("7"));
    tried.links.deals = vec![gone()];
    assert_eq!(decide(&settings(), tried, &Portal::default()).steps, ["deal NEW < 7"]);
}

#[test]
fn b24_5_an_activity_is_for_the_begin_of_an_enquiry_alone() {
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.links.contact = Some(linked_contact("7"));
    // Its deal was removed, so that it goes to another of the client's.
    facts.links.deals = vec![LinkedDeal { state: EntityState::Gone, ..linked("11") }];
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Activity;
    let portal = Portal { deals: vec![open("12")], ..Portal::default() };
    assert_eq!(decide(&settings, facts, &portal).steps, ["use deal 12"]);
}

#[test]
fn b24_16_an_english_company_reads_english() {
    let mut facts = facts();
    facts.company.language = Language::En;
    facts.occasion.lines = vec![line(1, Direction::Outbound, "Олег", "Hello")];
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![LinkedDeal { of_this: false, ..linked("12") }];
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Deal;
    let done = decide(&settings, facts, &Portal::default());
    let comment = text(&done.plan.steps.last().unwrap().action);
    assert!(comment.starts_with("An employee wrote to the client first\nChat #1204"), "{comment}");
}

#[test]
fn b24_16_the_window_is_while_the_deal_is_open() {
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Deal;
    let mut facts = facts();
    facts.occasion.lines = vec![line(1, Direction::Outbound, "Олег", "Добрый день")];
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals =
        vec![LinkedDeal { of_this: false, state: EntityState::Closed, ..linked("12") }];
    let portal = Portal { deals: vec![closed("12")], ..Portal::default() };
    let done = decide(&settings, facts, &portal);
    assert_eq!(done.steps, ["deal NEW < 7"]);
}

#[test]
fn b24_16_a_client_who_writes_first_makes_what_is_set() {
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Deal;
    let mut facts = facts();
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![LinkedDeal { of_this: false, ..linked("12") }];
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["deal NEW < 7"]);
}

#[test]
fn b24_16_a_greeting_of_a_rule_is_no_operator() {
    let mut settings = settings();
    settings.chats.repeat = RepeatEntity::Deal;
    let mut facts = facts();
    facts.occasion.lines = vec![line(1, Direction::Outbound, "", "Чем помочь?")];
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![LinkedDeal { of_this: false, ..linked("12") }];
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["deal NEW < 7"]);
}

#[test]
fn b24_16_writing_first_to_a_stranger_makes_what_a_primary_enquiry_makes() {
    let mut facts = facts();
    facts.occasion.lines = vec![line(1, Direction::Outbound, "Олег", "Добрый день")];
    let done = decide(&settings(), facts, &Portal::default());
    assert_eq!(done.steps, ["contact", "deal NEW < #0"]);
}

#[test]
fn crm_1_a_channel_may_make_less() {
    type Change = fn(&mut ChannelRule);
    let cases: [(Change, &[&str], &[&str]); 3] = [
        (|rule| rule.create_contact = false, &["deal NEW"], &["contact_creation_off"]),
        (|rule| rule.create_deal = false, &["contact"], &["deal_creation_off"]),
        (|rule| rule.find_existing = false, &["contact", "deal NEW < #0"], &["search_off"]),
    ];
    for (change, steps, left_out) in cases {
        let mut settings = settings();
        change(settings.chats.channels.first_mut().unwrap());
        let done = decide(&settings, facts(), &Portal::default());
        assert_eq!(done.steps, steps);
        assert_eq!(done.left_out, left_out);
    }
}

#[test]
fn crm_1_without_the_search_nothing_is_asked() {
    let mut settings = settings();
    settings.chats.channels.first_mut().unwrap().find_existing = false;
    let done = decide(&settings, facts(), &Portal::default());
    assert!(done.asked.is_empty(), "{:?}", done.asked);
}

#[test]
fn crm_1_a_known_contact_gets_what_is_missing() {
    let mut settings = settings();
    settings.chats.channels.first_mut().unwrap().update_contact = true;
    let mut facts = facts();
    facts.contact.emails = vec!["anna@shop.example".into()];
    let portal = Portal { contacts: vec![found("7")], ..Portal::default() };
    let done = decide(&settings, facts, &portal);
    let update = done.plan.steps.iter().find_map(|step| match &step.action {
        Action::UpdateContact { add_phones, add_emails, .. } => Some((add_phones, add_emails)),
        _ => None,
    });
    // The phone stands there in another form.
    let (phones, emails) = update.unwrap();
    assert!(phones.is_empty(), "{phones:?}");
    assert_eq!(*emails, ["anna@shop.example"]);
}

#[test]
fn crm_1_new_data_of_a_client_is_not_written_where_that_is_off() {
    let mut facts = later(Vec::new());
    facts.occasion.contact_changed = true;
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![linked("12")];
    let done = decide(&settings(), facts, &Portal::default());
    assert!(done.steps.is_empty(), "{:?}", done.steps);
    assert_eq!(done.left_out, ["contact_update_off"]);
}

#[test]
fn crm_2_a_try_that_made_only_the_contact_is_finished() {
    let mut facts = facts();
    facts.enquiry.order = EnquiryOrder::First;
    facts.links.contact = Some(linked_contact("7"));
    let done = decide(&settings(), facts, &Portal::default());
    assert_eq!(done.steps, ["deal NEW < 7"]);
}

#[test]
fn b24_6_the_second_message_of_a_first_enquiry_makes_nothing_either() {
    // The contact was found and there was nothing but it.
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.enquiry.order = EnquiryOrder::First;
    facts.links.contact = Some(linked_contact("7"));
    let done = decide(&settings(), facts, &Portal::default());
    assert!(done.steps.is_empty(), "{:?}", done.steps);
}

#[test]
fn crm_2_a_contact_that_was_removed_is_found_or_made_anew() {
    for mirrored in [true, false] {
        let mut facts = facts();
        facts.mirrored = mirrored;
        facts.links.contact = Some(LinkedContact { gone: mirrored, ..linked_contact("7") });
        let portal = Portal { contact_gone: true, ..Portal::default() };
        let done = decide(&settings(), facts, &portal);
        assert_eq!(done.steps, ["contact", "deal NEW < #0"], "mirrored: {mirrored}");
    }
}
