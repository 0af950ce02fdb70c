//! The deal: AMO-3, AMO-9 to AMO-11, BY-5.

use super::super::super::{DealChoice, DealDraft, FunnelRule, FunnelTarget};
use super::*;

fn to(pipeline: &str, stage: &str) -> FunnelTarget {
    FunnelTarget { deal: Some(at(pipeline, stage)), lead: None }
}

fn draft_of(story: &Story) -> DealDraft {
    match story.action("create_deal") {
        Action::CreateDeal(draft) => draft,
        other => panic!("{other:?}"),
    }
}

fn used(story: &Story) -> String {
    match story.action("use_deal") {
        Action::UseDeal { deal } => deal.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn amo_3_first_enquiry_makes_contact_and_deal() {
    let draft = draft_of(&story());
    assert_eq!(draft.contact, Some(Ref::Step(0)));
    assert_eq!(draft.name, "Обращение №1204: Бот продаж");
    assert_eq!(draft.at, Some(at("1", "11")));
    assert_eq!(draft.created_at, noon());
}

#[test]
fn amo_3_a_repeat_enquiry_makes_a_deal_only_without_an_open_one_in_the_active_funnel() {
    use EntityState::{Closed, Open};
    for (deals, does, reason) in [
        (vec![deal("1", "1", Open)], "use_deal", "open_deal_in_funnel"),
        (vec![deal("1", "1", Closed)], "create_deal", "no_open_deal_in_funnel"),
        (vec![deal("1", "2", Open)], "create_deal", "no_open_deal_in_funnel"),
        (vec![deal("1", "2", Open), deal("2", "1", Open)], "use_deal", "open_deal_in_funnel"),
        (vec![], "create_deal", "no_open_deal_in_funnel"),
    ] {
        let story = story().linked().told(Answer::Deals(deals.clone()));
        assert_eq!(story.does(), strings(&[does]), "{deals:?}");
        assert_eq!(story.reasons(), strings(&[reason]), "{deals:?}");
    }
}

#[test]
fn amo_3_a_deal_among_the_unsorted_counts_as_open() {
    let mut waiting = deal("1", "1", EntityState::Open);
    waiting.at = at("1", "10");
    let story = story().linked().told(Answer::Deals(vec![waiting]));
    assert_eq!(used(&story), "1");
}

#[test]
fn amo_3_the_active_funnel_is_the_one_that_the_rules_choose() {
    let story = story()
        .linked()
        .set(|s| {
            let gate = allow(site(&["shop.example.ru"]));
            s.funnel.rules = vec![FunnelRule { gate, to: to("2", "21") }];
        })
        .told(Answer::Deals(vec![
            deal("1", "1", EntityState::Open),
            deal("2", "2", EntityState::Open),
        ]));
    assert_eq!(used(&story), "2");
}

#[test]
fn amo_3_a_deal_that_we_made_a_moment_ago_counts_before_the_crm_shows_it() {
    let of_other = |f: &mut Facts| {
        let mut mine = linked_deal("905", EntityState::Open);
        mine.of_this = false;
        f.links.deals = vec![mine];
    };
    let story = story().linked().given(of_other).told(Answer::Deals(Vec::new()));
    assert_eq!(used(&story), "905");
    // What the CRM says of it now wins over what we knew.
    let closed = story.told(Answer::Deals(vec![deal("905", "1", EntityState::Closed)]));
    assert_eq!(closed.does(), strings(&["create_deal"]));
    // Without webhooks our links may be old.
    let lite = super::story()
        .linked()
        .given(of_other)
        .given(|f| f.mirrored = false)
        .told(Answer::Contact(Some(found("501", &[]))));
    assert_eq!(lite.does(), strings(&["create_deal"]));
}

#[test]
fn amo_3_a_conversation_keeps_its_deal_and_a_removed_one_is_replaced() {
    for (state, does, reason) in [
        (EntityState::Open, &[][..], None),
        (EntityState::Closed, &[], Some("deal_closed_goes_on")),
        (EntityState::Gone, &["create_deal"], None),
    ] {
        let story = story().in_deal(state).told(Answer::Deals(Vec::new()));
        assert_eq!(story.does(), strings(does), "{state:?}");
        assert_eq!(story.left_out(), reason.map(String::from).into_iter().collect::<Vec<_>>());
    }
    let gone = story().in_deal(EntityState::Gone).told(Answer::Deals(Vec::new()));
    assert_eq!(gone.reasons(), strings(&["deal_gone_replaced"]));
}

#[test]
fn by_5_of_several_open_deals_the_setting_chooses_and_the_log_says_so() {
    let mut deals: Vec<DealFact> =
        ["1", "2", "3"].map(|id| deal(id, "1", EntityState::Open)).into();
    let days = |n: i64| noon() - chrono::TimeDelta::days(n);
    for (n, (created, changed)) in [(30, 1), (20, 9), (10, 5)].into_iter().enumerate() {
        (deals[n].created_at, deals[n].changed_at) = (days(created), days(changed));
    }
    for (choice, expect) in
        [(DealChoice::Newest, "3"), (DealChoice::Oldest, "1"), (DealChoice::LastChanged, "1")]
    {
        let story =
            story().linked().set(|s| s.deal_choice = choice).told(Answer::Deals(deals.clone()));
        assert_eq!(used(&story), expect, "{choice:?}");
        let plan = story.plan();
        assert_eq!(plan.steps[0].because.code, "several_open_deals");
        assert!(plan.steps[0].because.facts.iter().any(|fact| fact.value == "3"));
    }
}

#[test]
fn by_5_of_two_made_in_one_second_the_greater_id_is_the_newer() {
    let open = |id| deal(id, "1", EntityState::Open);
    for (choice, expect) in [(DealChoice::Newest, "10"), (DealChoice::Oldest, "9")] {
        let story = story().linked().set(|s| s.deal_choice = choice);
        assert_eq!(used(&story.told(Answer::Deals(vec![open("10"), open("9")]))), expect);
    }
}

#[test]
fn by_5_an_operators_choice_wins() {
    let chosen = |f: &mut Facts| f.occasion.chosen_deal = Some("333".into());
    for story in [
        story().linked().given(chosen),
        story().in_deal(EntityState::Open).given(chosen),
        story().unsorted().given(chosen),
    ] {
        assert_eq!(story.question(), None);
        assert_eq!(used(&story), "333");
        assert!(!story.does().iter().any(|verb| verb.starts_with("create")));
    }
    let tagged = story().in_deal(EntityState::Open).given(chosen);
    let tagged = tagged.set(|s| s.tags.own = strings(&["из чата"]));
    assert_eq!(tagged.does(), strings(&["use_deal", "update_deal"]), "AMO-7");
    let same =
        story().in_deal(EntityState::Open).given(|f| f.occasion.chosen_deal = Some("901".into()));
    assert_eq!(same.does(), strings(&[]));
}

#[test]
fn by_5_a_chosen_deal_that_is_gone_is_not_used() {
    let mut gone = linked_deal("902", EntityState::Gone);
    gone.of_this = false;
    let story = story().in_deal(EntityState::Open).given(|f| {
        f.links.deals.push(gone);
        f.occasion.chosen_deal = Some("902".into());
    });
    assert_eq!(story.does(), strings(&[]));
    assert_eq!(story.left_out(), strings(&["chosen_deal_gone"]));
}

#[test]
fn amo_7_a_deal_that_was_there_gets_tags_and_keeps_its_fields() {
    let story = story()
        .linked()
        .set(|s| {
            s.tags.own = strings(&["из чата"]);
            let from = Param::Site;
            s.fields.deal = vec![super::super::super::FieldPair { field: "81".into(), from }];
        })
        .told(Answer::Deals(vec![deal("1", "1", EntityState::Open)]));
    assert_eq!(story.does(), strings(&["update_contact", "use_deal", "update_deal"]));
    assert!(matches!(story.action("update_deal"),
        Action::UpdateDeal { fields, tags, .. } if fields.is_empty() && tags == ["из чата"]));
    assert_eq!(story.left_out(), strings(&["used_deal_fields_kept"]));
}

#[test]
fn amo_8_a_field_of_the_person_is_filled_in_the_deal_when_it_becomes_known() {
    let pair = |field: &str, from| super::super::super::FieldPair { field: field.into(), from };
    let story = story()
        .phone()
        .in_deal(EntityState::Open)
        .rule(|rule| rule.update_contact = true)
        .set(|s| s.fields.deal = vec![pair("81", Param::ContactPhone), pair("84", Param::Site)])
        .given(|f| f.occasion = Occasion { contact_changed: true, ..Occasion::default() });
    let Action::UpdateDeal { fields, .. } = story.action("update_deal") else { panic!() };
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].field.as_str(), "81");
    // What is won or lost is left as it was.
    let closed = story.given(|f| f.links.deals[0].state = EntityState::Closed);
    assert_eq!(closed.does(), strings(&["update_contact"]));
}

#[test]
fn amo_10_amo_11_the_stage_is_that_of_the_first_rule_that_holds_else_the_default() {
    let rule = |when, pipeline, stage| FunnelRule { gate: allow(when), to: to(pipeline, stage) };
    let denied = |when, pipeline, stage| FunnelRule {
        gate: Gate { verdict: Verdict::Denied, when },
        to: to(pipeline, stage),
    };
    let (here, there) = (|| site(&["shop.example.ru"]), || site(&["other.example.ru"]));
    for (default, rules, expect, fault) in [
        (None, vec![], at("1", "11"), false),
        (Some(to("2", "22")), vec![], at("2", "22"), false),
        (Some(to("2", "22")), vec![rule(here(), "1", "12")], at("1", "12"), false),
        (Some(to("2", "22")), vec![rule(there(), "1", "12")], at("2", "22"), false),
        (None, vec![rule(there(), "2", "22"), rule(here(), "2", "21")], at("2", "21"), false),
        (None, vec![rule(here(), "2", "22"), rule(here(), "2", "21")], at("2", "22"), false),
        (None, vec![denied(there(), "2", "21")], at("2", "21"), false),
        (None, vec![denied(here(), "2", "21")], at("1", "11"), false),
        // Gone, archived, closing or unsorted: the default, or the first stage, and the admin is told.
        (Some(to("2", "22")), vec![rule(here(), "2", "99")], at("2", "22"), true),
        (Some(to("9", "91")), vec![], at("1", "11"), true),
        (Some(to("3", "31")), vec![], at("1", "11"), true),
        (Some(to("1", "142")), vec![], at("1", "11"), true),
        (Some(to("1", "10")), vec![], at("1", "11"), true),
    ] {
        let story = story().set(|s| {
            (s.funnel.default, s.funnel.rules) = (default.clone(), rules.clone());
        });
        assert_eq!(draft_of(&story).at, Some(expect), "{default:?} {rules:?}");
        let told = story.left_out() == strings(&["stage_gone"]);
        assert_eq!(told, fault, "{default:?} {rules:?}");
        if fault {
            assert_eq!(story.why_not("stage_gone").mend.as_deref(), Some("funnels"));
        }
    }
}

#[test]
fn amo_10_the_first_funnel_and_stage_are_those_of_the_crms_order() {
    let story = story().given(|f| f.directory.pipelines.reverse());
    assert_eq!(draft_of(&story).at, Some(at("1", "11")));
}

#[test]
fn amo_10_without_known_funnels_the_crm_chooses_and_any_open_deal_counts() {
    let story = story().given(|f| f.directory.pipelines.clear());
    assert_eq!(draft_of(&story).at, None);
    let known = story.linked().told(Answer::Deals(vec![deal("1", "8", EntityState::Open)]));
    assert_eq!(known.does(), strings(&["use_deal"]));
}

#[test]
fn amo_9_the_deal_is_named_by_its_template() {
    for (template, expect) in [
        ("Чат {visit.site} — {contact.phone}", "Чат shop.example.ru"),
        ("{contact.phone}", "Обращение №1204: Бот продаж"),
        ("", "Обращение №1204: Бот продаж"),
    ] {
        let story = story().set(|s| s.names.deal = Some(template.to_owned()));
        assert_eq!(draft_of(&story).name, expect);
    }
}

#[test]
fn amo_3_a_deal_is_made_for_words_and_not_for_new_data_of_the_client() {
    let story = story().linked().given(|f| {
        f.occasion = Occasion { contact_changed: true, ..Occasion::default() };
    });
    assert_eq!(story.does(), strings(&[]));
    let said = story.given(|f| f.occasion.lines = vec![inbound(2)]);
    let said = said.told(Answer::Deals(Vec::new()));
    assert_eq!(said.does(), strings(&["create_deal"]));
}

#[test]
fn crm_2_a_conversation_that_an_employee_began_makes_its_deal_too() {
    let story = story().given(|f| f.occasion.lines = vec![outbound(1)]);
    assert_eq!(story.does(), strings(&["create_contact", "create_deal"]));
}
