//! Who is responsible: B24-4, CRM-3.

use super::*;
use crate::crm::{Filter, Gate, Operator, Param, ResponsibleRule, Verdict};

fn responsible_of(done: &Done) -> Vec<Option<CrmId>> {
    done.plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::CreateContact(draft) => Some(draft.responsible.clone()),
            Action::CreateLead(draft) | Action::CreateDeal(draft) => {
                Some(draft.responsible.clone())
            }
            _ => None,
        })
        .collect()
}

#[test]
fn b24_4_the_first_condition_names_the_responsible_else_the_default() {
    let when = Filter::Param {
        param: Param::Site,
        by: Operator::Equals,
        values: vec!["shop.example".into()],
    };
    let gate = Gate { verdict: Verdict::Allow, when };
    let cases =
        [("shop.example", "2", "2"), ("other.example", "2", "1"), ("shop.example", "9", "1")];
    for (site, user, expected) in cases {
        let mut settings = settings();
        settings.chats.responsible.default = Some("1".into());
        settings.chats.responsible.rules =
            vec![ResponsibleRule { gate: gate.clone(), user: user.into() }];
        let mut facts = facts();
        facts.enquiry.attribution.site = Some(site.into());
        let done = decide(&settings, facts, &Portal::default());
        assert_eq!(responsible_of(&done), [Some(expected.into()), Some(expected.into())]);
        // A person who is no longer active is told once, though two things are made.
        let told = if user == "9" { vec!["responsible_inactive"] } else { Vec::new() };
        assert_eq!(done.left_out, told);
    }
}

#[test]
fn b24_4_nobody_chosen_leaves_it_to_the_crm() {
    let mut settings = settings();
    settings.chats.responsible.default = Some("9".into());
    let done = decide(&settings, facts(), &Portal::default());
    assert_eq!(responsible_of(&done), [None, None]);
    let fault = done.plan.left_out.first().unwrap();
    assert_eq!((fault.rule.0.as_str(), fault.mend.as_deref()), ("B24-4", Some("employees")));
}

#[test]
fn crm_3_whoever_answered_is_responsible_for_what_is_made() {
    let mut facts = facts();
    facts.occasion.answered_by = Some(oleg());
    let done = decide(&settings(), facts, &Portal::default());
    assert_eq!(responsible_of(&done), [Some("2".into()), Some("2".into())]);
    assert_eq!(done.steps, ["contact", "deal NEW < #0"], "no second call for the same thing");
}

#[test]
fn crm_3_whoever_answers_takes_over_what_is_there() {
    let mut facts = later(vec![line(2, Direction::Outbound, "Олег", "Добрый день")]);
    facts.occasion.answered_by = Some(oleg());
    facts.links.contact = Some(linked_contact("7"));
    facts.links.deals = vec![linked("12")];
    facts.links.leads = vec![LinkedDeal { responsible: Some("2".into()), ..linked("3") }];
    let done = decide(&settings(), facts, &Portal::default());
    assert_eq!(
        done.steps,
        ["responsible deal 12 = 2", "responsible contact 7 = 2"],
        "the lead is theirs already"
    );
}

#[test]
fn crm_3_a_responsible_changed_by_hand_stays() {
    let mut facts = later(vec![line(2, Direction::Outbound, "Олег", "Добрый день")]);
    facts.occasion.answered_by = Some(oleg());
    facts.links.deals = vec![LinkedDeal { responsible_by_hand: true, ..linked("12") }];
    let done = decide(&settings(), facts, &Portal::default());
    assert!(done.steps.is_empty(), "{:?}", done.steps);
    assert_eq!(done.left_out, ["responsible_by_hand"]);
}

#[test]
fn crm_3_a_company_has_other_clients_and_keeps_its_responsible() {
    let mut facts = later(vec![line(2, Direction::Outbound, "Олег", "Добрый день")]);
    facts.occasion.answered_by = Some(oleg());
    facts.links.written = vec![written("79", Entity::Company, "44", 1)];
    let done = decide(&settings(), facts, &Portal::default());
    assert!(done.steps.is_empty(), "{:?}", done.steps);
}

#[test]
fn crm_3_off_or_unknown_to_the_crm_is_told() {
    let mut facts = later(vec![line(2, Direction::Outbound, "Олег", "Добрый день")]);
    facts.links.deals = vec![linked("12")];
    facts.occasion.answered_by = Some(EmployeeFacts { email: "other@x.example".into(), ..oleg() });
    let done = decide(&settings(), facts.clone(), &Portal::default());
    assert_eq!(done.left_out, ["employee_unmapped"]);
    let mut settings = settings();
    settings.transfer_responsible = false;
    facts.occasion.answered_by = Some(oleg());
    let done = decide(&settings, facts, &Portal::default());
    assert_eq!(done.left_out, ["transfer_off"]);
}
