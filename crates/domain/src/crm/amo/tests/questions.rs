//! How many calls a decision costs: the fewest.

use super::*;

/// Asks until nothing is asked, as the worker does; the names of the questions.
fn asked(mut story: Story, answers: &[Answer]) -> Vec<&'static str> {
    let mut answers = answers.iter();
    let mut names = Vec::new();
    while let Some(question) = story.question() {
        names.push(match question {
            Question::FindContact { .. } => "find_contact",
            Question::Contact { .. } => "contact",
            Question::DealsOf { .. } => "deals_of",
            Question::TaskDone { .. } => "task_done",
            Question::Unsorted { .. } => "unsorted",
            other => panic!("not of amoCRM: {other:?}"),
        });
        story = story.told(answers.next().expect("an answer").clone());
    }
    story.plan();
    names
}

#[test]
fn crm_1_amo_3_common_cases_ask_the_fewest_questions() {
    let lite = |f: &mut Facts| f.mirrored = false;
    let changed = |f: &mut Facts| {
        f.occasion = Occasion { contact_changed: true, ..Occasion::default() };
    };
    let closed = |f: &mut Facts| {
        let history = vec![inbound(1)];
        f.occasion = Occasion { closed: true, history, ..Occasion::default() };
    };
    let deals = || Answer::Deals(vec![deal("1", "1", EntityState::Open)]);
    let contacts = |deals: &[&str]| Answer::Contacts(vec![found("777", deals)]);
    let contact = |deals: &[&str]| Answer::Contact(Some(found("501", deals)));
    let open = || story().in_deal(EntityState::Open);
    let with_task =
        || open().tasks(TaskOwner::ContactCard).given(|f| f.links.task = Some(task(false)));
    for (what, story, answers, expect) in [
        ("new, no phone", story(), vec![], &[][..]),
        ("new, with phone", story().phone(), vec![nobody()], &["find_contact"]),
        ("in the CRM, no deals", story().phone(), vec![contacts(&[])], &["find_contact"]),
        (
            "in the CRM, with a deal",
            story().phone(),
            vec![contacts(&["1"]), deals()],
            &["find_contact", "deals_of"],
        ),
        ("repeat, linked", story().phone().linked(), vec![deals()], &["deals_of"]),
        ("next message", open().phone(), vec![], &[]),
        ("next message with an open task", with_task(), vec![], &[]),
        ("phone became known", open().phone().given(changed), vec![], &[]),
        ("closing", open().given(closed), vec![], &[]),
        ("unsorted", story().phone().unsorted(), vec![], &[]),
        ("LITE: new, no phone", story().given(lite), vec![], &[]),
        ("LITE: repeat, no deals", story().linked().given(lite), vec![contact(&[])], &["contact"]),
        (
            "LITE: repeat, with a deal",
            story().linked().given(lite),
            vec![contact(&["1"]), deals()],
            &["contact", "deals_of"],
        ),
        ("LITE: next message", open().given(lite), vec![], &[]),
        (
            "LITE: next message with a task",
            with_task().given(lite),
            vec![Answer::TaskDone(false)],
            &["task_done"],
        ),
        (
            "channel makes no deals",
            story().linked().rule(|rule| rule.create_deal = false),
            vec![],
            &[],
        ),
    ] {
        assert_eq!(asked(story, &answers), expect, "{what}");
    }
}

#[test]
fn crm_7_a_linked_contact_that_lite_finds_gone_is_looked_for_and_made_anew() {
    let story = story().phone().linked().given(|f| f.mirrored = false).told(Answer::Contact(None));
    assert!(matches!(story.question(), Some(Question::FindContact { .. })));
    assert_eq!(story.told(nobody()).reasons()[0], "contact_replaced");
}

#[test]
fn by_6_without_an_answer_nothing_is_done() {
    let story = story().phone();
    let plan = plan(&story.settings, &story.facts);
    assert!(plan.steps.is_empty());
    assert_eq!(plan.left_out[0].code, "not_asked");
}
