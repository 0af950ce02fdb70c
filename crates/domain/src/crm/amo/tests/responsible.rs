//! Who is responsible: AMO-12, CRM-3.

use super::super::super::{PersonLink, ResponsibleRule};
use super::*;

fn created_with(story: &Story) -> (Option<String>, Option<String>) {
    let (Action::CreateContact(contact), Action::CreateDeal(deal)) =
        (story.action("create_contact"), story.action("create_deal"))
    else {
        panic!()
    };
    (contact.responsible.map(|id| id.0), deal.responsible.map(|id| id.0))
}

#[test]
fn amo_12_the_first_rule_that_holds_else_the_default_else_nobody() {
    let rule = |when, user: &str| ResponsibleRule { gate: allow(when), user: user.into() };
    let (here, there) = (|| site(&["shop.example.ru"]), || site(&["other.example.ru"]));
    for (default, rules, expect, fault) in [
        (None, vec![], None, false),
        (Some("11"), vec![], Some("11"), false),
        (Some("11"), vec![rule(here(), "12")], Some("12"), false),
        (Some("11"), vec![rule(there(), "12")], Some("11"), false),
        (Some("11"), vec![rule(here(), "13")], Some("11"), true),
        (Some("13"), vec![], None, true),
        (Some("13"), vec![rule(here(), "99")], None, true),
    ] {
        let story = story().set(|s| {
            s.responsible.default = default.map(Into::into);
            s.responsible.rules = rules.clone();
        });
        let expect = expect.map(str::to_owned);
        assert_eq!(created_with(&story), (expect.clone(), expect), "{default:?} {rules:?}");
        assert_eq!(story.left_out() == strings(&["responsible_inactive"]), fault, "{default:?}");
    }
}

fn answered(mut story: Story) -> Story {
    story.facts.occasion.answered_by = Some(oleg());
    story.facts.occasion.lines = vec![outbound(2)];
    story
}

#[test]
fn crm_3_whoever_answered_becomes_responsible_for_deal_and_contact() {
    let story = answered(story().in_deal(EntityState::Open));
    assert_eq!(story.does(), strings(&["set_responsible", "set_responsible"]));
    let users: Vec<(Entity, String)> = story
        .plan()
        .steps
        .into_iter()
        .map(|step| match step.action {
            Action::SetResponsible { of, user, .. } => (of, user.0),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(users, [(Entity::Deal, "12".to_owned()), (Entity::Contact, "12".to_owned())]);
}

#[test]
fn crm_3_what_is_made_now_is_made_with_whoever_answered() {
    let story = answered(story()).set(|s| s.responsible.default = Some("11".into()));
    let oleg = Some("12".to_owned());
    assert_eq!(created_with(&story), (oleg.clone(), oleg));
    assert_eq!(story.does(), strings(&["create_contact", "create_deal"]));
}

#[test]
fn crm_3_a_responsible_who_was_changed_by_hand_stays() {
    let story = answered(story().in_deal(EntityState::Open))
        .given(|f| f.links.deals[0].responsible_by_hand = true);
    assert_eq!(story.does(), strings(&[]));
    assert_eq!(story.left_out(), strings(&["responsible_by_hand"]));
    let only_contact = answered(super::story().in_deal(EntityState::Open))
        .given(|f| f.links.contact.as_mut().unwrap().responsible_by_hand = true);
    assert_eq!(only_contact.does(), strings(&["set_responsible"]));
    assert_eq!(only_contact.left_out(), strings(&["responsible_by_hand"]));
    // Whoever was chosen by hand and answers now is who they should be: nothing to tell.
    let same = only_contact.given(|f| {
        f.links.contact.as_mut().unwrap().responsible = Some("12".into());
    });
    assert_eq!(same.left_out(), strings(&[]));
}

#[test]
fn crm_3_an_employee_is_found_by_the_list_or_by_e_mail() {
    let link = |user: &str| PersonLink { employee: oleg().id, user: user.into() };
    for (people, email, expect, why) in [
        (vec![], "oleg@example.ru", 2, None),
        (vec![link("11")], "oleg@example.ru", 0, None),
        (vec![link("13")], "oleg@example.ru", 0, Some("employee_unmapped")),
        (vec![], "nobody@example.ru", 0, Some("employee_unmapped")),
        (vec![], "", 0, Some("employee_unmapped")),
        (vec![], "petr@example.ru", 0, Some("employee_unmapped")),
    ] {
        let story = answered(story().in_deal(EntityState::Open))
            .set(|s| s.responsible.people = people.clone())
            .given(|f| f.occasion.answered_by.as_mut().unwrap().email = email.to_owned());
        // Ирина (11) is responsible already.
        assert_eq!(story.does().len(), expect, "{people:?} {email}");
        assert_eq!(story.left_out(), why.map(String::from).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn crm_3_of_two_users_with_one_address_the_active_one_is_meant() {
    let story = answered(story().in_deal(EntityState::Open)).given(|f| {
        let left = CrmUser { id: "9".into(), active: false, ..f.directory.users[1].clone() };
        f.directory.users.insert(0, left);
    });
    assert_eq!(story.does(), strings(&["set_responsible", "set_responsible"]));
}

#[test]
fn crm_6_passing_responsibility_switched_off_is_told() {
    let story =
        answered(story().in_deal(EntityState::Open)).set(|s| s.transfer_responsible = false);
    assert_eq!(story.does(), strings(&[]));
    assert_eq!(story.why_not("transfer_off").mend.as_deref(), Some("employees"));
}
