//! Where words go and when: B24-6, B24-8, B24-9, B24-13, BY-5.

use super::*;
use crate::crm::{CommentPriority, DealChoice};

fn with(priority: CommentPriority, closed_too: bool) -> BitrixSettings {
    let mut settings = settings();
    settings.chats.transcript = Transcript::Online;
    settings.chats.comments = priority;
    settings.chats.add_to_closed = closed_too;
    settings
}

fn portal(deals: &[DealFact], leads: &[DealFact]) -> Portal {
    Portal {
        contacts: vec![found("7")],
        deals: deals.to_vec(),
        leads: leads.to_vec(),
        ..Portal::default()
    }
}

/// Priority, deals, leads, and the steps that come of them.
type Row<'a> = (CommentPriority, &'a [DealFact], &'a [DealFact], &'a [&'a str]);

/// Steps without the contact, which is found in each case.
fn steps(settings: &BitrixSettings, portal: &Portal) -> Vec<String> {
    let done = decide(settings, facts(), portal);
    done.steps.into_iter().filter(|step| step != "use contact 7").collect()
}

#[test]
fn b24_6_comments_go_by_their_priority() {
    use CommentPriority::{Both, Deals, Leads};
    let (deal, lead) = (&[open("12")][..], &[open("3")][..]);
    let cases: [Row<'_>; 12] = [
        (Deals, deal, lead, &["use deal 12", "comment deal 12"]),
        (Deals, deal, &[], &["use deal 12", "comment deal 12"]),
        (Deals, &[], lead, &["use lead 3", "comment lead 3"]),
        (Deals, &[], &[], &["comment contact 7"]),
        (Leads, deal, lead, &["use lead 3", "comment lead 3"]),
        (Leads, &[], lead, &["use lead 3", "comment lead 3"]),
        (Leads, deal, &[], &["use deal 12", "comment deal 12"]),
        (Leads, &[], &[], &["comment contact 7"]),
        (Both, deal, lead, &["use deal 12", "use lead 3", "comment deal 12", "comment lead 3"]),
        (Both, deal, &[], &["use deal 12", "comment deal 12"]),
        (Both, &[], lead, &["use lead 3", "comment lead 3"]),
        (Both, &[], &[], &["comment contact 7"]),
    ];
    for (priority, deals, leads, expected) in cases {
        let steps = steps(&with(priority, false), &portal(deals, leads));
        assert_eq!(steps, expected, "{priority:?} {} deals {} leads", deals.len(), leads.len());
    }
}

#[test]
fn b24_6_the_second_kind_is_asked_for_only_if_the_first_has_nothing_open() {
    let asked = |priority, deals: &[DealFact], leads: &[DealFact]| {
        decide(&with(priority, false), facts(), &portal(deals, leads)).asked
    };
    use CommentPriority::{Both, Deals, Leads};
    assert_eq!(asked(Deals, &[open("12")], &[]), ["contacts", "deals"]);
    assert_eq!(asked(Deals, &[closed("12")], &[]), ["contacts", "deals", "leads"]);
    assert_eq!(asked(Leads, &[], &[open("3")]), ["contacts", "leads"]);
    assert_eq!(asked(Both, &[open("12")], &[open("3")]), ["contacts", "deals", "leads"]);
}

#[test]
fn b24_6_without_a_contact_the_company_gets_the_words() {
    let portal = Portal { companies: vec!["44".into()], ..Portal::default() };
    let done = decide(&with(CommentPriority::Deals, false), facts(), &portal);
    assert_eq!(done.steps, ["comment company 44"]);
    assert_eq!(done.asked, ["contacts", "leads", "companies"]);
}

#[test]
fn b24_6_nothing_found_is_a_primary_enquiry() {
    let done = decide(&with(CommentPriority::Both, true), facts(), &Portal::default());
    assert_eq!(done.steps, ["contact", "deal NEW < #0", "comment deal #1"]);
}

#[test]
fn b24_6_our_own_link_counts_where_the_crm_does_not_list_it() {
    // The CRM finds a deal only by its first contact.
    let mut facts = facts();
    facts.links.deals = vec![LinkedDeal { of_this: false, ..linked("12") }];
    let done = decide(&with(CommentPriority::Deals, false), facts, &portal(&[], &[]));
    assert_eq!(done.steps, ["use contact 7", "use deal 12", "comment deal 12"]);
}

#[test]
fn b24_6_the_mode_without_leads_writes_to_deals() {
    for priority in [CommentPriority::Leads, CommentPriority::Both] {
        let mut facts = facts();
        facts.directory.lead_mode = LeadMode::Simple;
        let portal = portal(&[open("12")], &[open("3")]);
        let done = decide(&with(priority, false), facts, &portal);
        assert_eq!(done.steps, ["use contact 7", "use deal 12", "comment deal 12"]);
        assert_eq!(done.asked, ["contacts", "deals"]);
    }
}

#[test]
fn b24_13_closed_ones_are_used_only_where_that_is_set() {
    use CommentPriority::{Both, Deals, Leads};
    let (deal, lead) = (&[closed("12")][..], &[closed("3")][..]);
    let cases: [(bool, Row<'_>); 9] = [
        // Off: only open ones are seen.
        (false, (Deals, deal, lead, &["comment contact 7"])),
        (false, (Deals, deal, &[open("3")], &["use lead 3", "comment lead 3"])),
        (false, (Both, deal, lead, &["comment contact 7"])),
        // On: open ones first, whichever kind they are.
        (true, (Deals, deal, &[open("3")], &["use lead 3", "comment lead 3"])),
        (true, (Leads, &[open("12")], lead, &["use deal 12", "comment deal 12"])),
        (true, (Both, deal, &[open("3")], &["use lead 3", "comment lead 3"])),
        // On, and everything is closed.
        (true, (Deals, deal, lead, &["use deal 12", "comment deal 12"])),
        (true, (Leads, deal, lead, &["use lead 3", "comment lead 3"])),
        (
            true,
            (Both, deal, lead, &["use deal 12", "use lead 3", "comment deal 12", "comment lead 3"]),
        ),
    ];
    for (on, (priority, deals, leads, expected)) in cases {
        let steps = steps(&with(priority, on), &portal(deals, leads));
        assert_eq!(steps, expected, "{priority:?}, closed ones {on}");
    }
}

#[test]
fn b24_13_of_several_the_newest_active_and_then_the_newest_closed() {
    let settings = with(CommentPriority::Deals, true);
    let deals = [closed("99"), open("12"), open("9"), closed("100")];
    assert_eq!(
        steps(&settings, &portal(&deals, &[])),
        ["use deal 12", "comment deal 12"],
        "9 is older than 12"
    );
    let closed = [closed("99"), closed("100")];
    assert_eq!(steps(&settings, &portal(&closed, &[])), ["use deal 100", "comment deal 100"]);
}

#[test]
fn b24_13_everything_closed_and_nobody_to_write_to_is_told() {
    let portal = Portal { leads: vec![closed("3")], ..Portal::default() };
    let done = decide(&with(CommentPriority::Deals, false), facts(), &portal);
    assert!(done.steps.is_empty(), "{:?}", done.steps);
    assert_eq!(done.left_out, ["all_closed", "nowhere_to_write"]);
}

#[test]
fn by_5_of_several_deals_the_setting_chooses() {
    let mut old = open("9");
    old.changed_at = at(50);
    let deals = [open("12"), old, open("10")];
    let cases =
        [(DealChoice::Newest, "12"), (DealChoice::Oldest, "9"), (DealChoice::LastChanged, "9")];
    for (choice, id) in cases {
        let mut settings = with(CommentPriority::Deals, false);
        settings.deal_choice = choice;
        let done = decide(&settings, facts(), &portal(&deals, &[]));
        assert!(done.steps.contains(&format!("use deal {id}")), "{choice:?} {:?}", done.steps);
        let used = done.plan.steps.iter().find(|s| matches!(s.action, Action::UseDeal { .. }));
        assert_eq!(used.unwrap().because.code, "several_open");
        assert_eq!(used.unwrap().because.rule.0, "BY-5");
    }
}

#[test]
fn by_5_an_operator_chooses_the_deal() {
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.occasion.chosen_deal = Some("15".into());
    facts.links.deals = vec![linked("12")];
    facts.links.leads = vec![linked("3")];
    let done = decide(&with(CommentPriority::Deals, false), facts, &Portal::default());
    assert_eq!(done.steps, ["use deal 15", "comment deal 15", "comment lead 3"]);
    assert!(done.asked.is_empty());
}

#[test]
fn b24_8_at_the_start_a_comment_grows() {
    let settings = with(CommentPriority::Deals, false);
    let first = decide(&settings, facts(), &portal(&[open("12")], &[]));
    let body = text(&first.plan.steps.last().unwrap().action);
    assert!(body.starts_with("Чат №1204"), "{body}");
    assert!(body.contains("Здравствуйте"), "{body}");

    let mut facts = later(vec![line(2, Direction::Outbound, "Олег", "Добрый день")]);
    facts.links.deals = vec![linked("12")];
    facts.links.written = vec![written("77", Entity::Deal, "12", 1)];
    let next = decide(&settings, facts, &Portal::default());
    assert_eq!(next.steps, ["grow 77 deal 12"]);
    let body = text(&next.plan.steps.last().unwrap().action);
    assert!(body.starts_with("Чат №1204\n") && body.ends_with("Олег: Добрый день"), "{body}");
    assert!(next.asked.is_empty());
}

#[test]
fn b24_8_a_deleted_comment_is_made_anew() {
    // The comment was not found, so that its link is gone.
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.links.deals = vec![linked("12")];
    let done = decide(&with(CommentPriority::Deals, false), facts, &Portal::default());
    assert_eq!(done.steps, ["comment deal 12"]);
}

#[test]
fn b24_8_at_the_end_everything_is_written_at_once() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.transcript = Transcript::AtEnd;
    let opened = decide(&settings, facts(), &portal(&[open("12")], &[]));
    assert_eq!(opened.steps, ["use contact 7", "use deal 12"], "nothing is written yet");

    let mut facts = later(vec![line(3, Direction::Inbound, "", "Спасибо")]);
    facts.occasion.closed = true;
    facts.occasion.history =
        (1..=3).map(|n| line(n, Direction::Inbound, "", &format!("Слово {n}"))).collect();
    facts.links.deals = vec![linked("12")];
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["comment deal 12"]);
    let body = text(&done.plan.steps.last().unwrap().action);
    assert!(body.contains("Слово 1") && body.contains("Слово 3"), "{body}");
    assert_eq!(body.matches("Слово 3").count(), 1, "{body}");
}

#[test]
fn b24_8_a_conversation_too_long_for_a_comment_goes_on_in_the_next() {
    let long = |n| line(n, Direction::Inbound, "", &"слово ".repeat(1_500));
    let mut facts = later((2..=5).map(long).collect());
    facts.links.deals = vec![linked("12")];
    facts.links.written = vec![written("77", Entity::Deal, "12", 1)];
    let done = decide(&with(CommentPriority::Deals, false), facts, &Portal::default());
    assert_eq!(done.steps.first().unwrap(), "grow 77 deal 12");
    assert!(done.steps.len() > 1, "{:?}", done.steps);
    assert!(done.steps.iter().skip(1).all(|step| step == "comment deal 12"), "{:?}", done.steps);
}

#[test]
fn b24_8_off_writes_nothing() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.transcript = Transcript::Off;
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.links.deals = vec![linked("12")];
    assert!(decide(&settings, facts, &Portal::default()).steps.is_empty());
}

#[test]
fn b24_9_the_contact_and_company_get_a_copy() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.also_contact = true;
    let mut portal = portal(&[open("12")], &[]);
    let without = decide(&settings, facts(), &portal);
    assert_eq!(
        without.steps,
        ["use contact 7", "use deal 12", "comment deal 12", "comment contact 7"]
    );
    portal.companies = vec!["44".into()];
    let with = decide(&settings, facts(), &portal);
    assert_eq!(
        with.steps,
        [
            "use contact 7",
            "use deal 12",
            "comment deal 12",
            "comment contact 7",
            "comment company 44"
        ]
    );
}

#[test]
fn b24_9_the_contact_that_has_the_words_anyway_gets_them_once() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.also_contact = true;
    assert_eq!(steps(&settings, &portal(&[], &[])), ["comment contact 7"]);
}

#[test]
fn b24_9_copies_grow_along_without_a_question() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.also_contact = true;
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![linked("12")];
    facts.links.written = vec![
        written("77", Entity::Deal, "12", 1),
        written("78", Entity::Contact, "7", 1),
        written("79", Entity::Company, "44", 1),
    ];
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["grow 77 deal 12", "grow 78 contact 7", "grow 79 company 44"]);
    assert!(done.asked.is_empty());
}

#[test]
fn b24_5_a_primary_enquiry_writes_to_all_that_it_made() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.first_lead = true;
    let done = decide(&settings, facts(), &Portal::default());
    assert_eq!(
        done.steps,
        ["contact", "lead NEW < #0", "deal NEW < #0", "comment deal #2", "comment lead #1"]
    );
}

#[test]
fn b24_13_a_conversation_goes_on_in_a_deal_that_was_closed_since() {
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.links.deals = vec![LinkedDeal { state: EntityState::Closed, ..linked("12") }];
    let done = decide(&with(CommentPriority::Deals, false), facts, &Portal::default());
    assert_eq!(done.steps, ["comment deal 12"]);
    assert_eq!(done.left_out, ["closed_goes_on"]);
}

#[test]
fn b24_5_a_deal_that_was_removed_is_replaced_by_the_rule_of_repeat_enquiries() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.repeat = crate::crm::RepeatEntity::Deal;
    let mut facts = later(vec![line(2, Direction::Inbound, "", "И ещё")]);
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![LinkedDeal { state: EntityState::Gone, ..linked("12") }];
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["deal NEW < 7", "comment deal #0"]);
    assert_eq!(done.plan.steps.first().unwrap().because.code, "gone_replaced");
}

#[test]
fn b24_16_the_announcement_grows_into_the_conversation() {
    let mut settings = with(CommentPriority::Deals, false);
    settings.chats.transcript = Transcript::AtEnd;
    let mut facts = later(Vec::new());
    facts.occasion.closed = true;
    facts.occasion.history = vec![line(1, Direction::Outbound, "Олег", "Вы оставили заявку")];
    facts.links.deals = vec![linked("12")];
    facts.links.written = vec![written("77", Entity::Deal, "12", 0)];
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.steps, ["grow 77 deal 12"]);
}
