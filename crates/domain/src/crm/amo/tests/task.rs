//! Tasks: AMO-5.

use super::*;

fn task_of(story: &Story) -> (Ref, String, Instant, Option<String>) {
    match story.action("create_task") {
        Action::CreateTask { deal, text, due_at, responsible, .. } => {
            (deal, text, due_at, responsible.map(|id| id.0))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn amo_5_an_inbound_message_makes_a_task_on_the_deal_with_its_term() {
    let story =
        story().tasks(TaskOwner::Integration).set(|s| s.responsible.default = Some("11".into()));
    assert_eq!(story.does(), strings(&["create_contact", "create_deal", "create_task"]));
    let (deal, text, due_at, responsible) = task_of(&story);
    assert_eq!(deal, Ref::Step(1));
    assert_eq!(text, "Ответить клиенту Анна");
    assert_eq!(due_at, noon() + chrono::TimeDelta::minutes(31));
    assert_eq!(responsible.as_deref(), Some("11"));
}

#[test]
fn amo_5_while_the_task_is_open_there_is_no_other() {
    for (link, asked, made) in [
        (None, None, true),
        (Some(task(false)), None, false),
        (Some(task(true)), None, true),
        // Nobody tells us without webhooks: the CRM was asked.
        (Some(task(false)), Some(true), true),
        (Some(task(false)), Some(false), false),
    ] {
        let mut story = story()
            .in_deal(EntityState::Open)
            .tasks(TaskOwner::Integration)
            .given(|f| (f.links.task, f.mirrored) = (link.clone(), asked.is_none()));
        if let Some(done) = asked {
            assert_eq!(story.question(), Some(Question::TaskDone { id: "701".into() }));
            story = story.told(Answer::TaskDone(done));
        }
        let expect = if made { strings(&["create_task"]) } else { strings(&[]) };
        assert_eq!(story.does(), expect, "{link:?} {asked:?}");
        assert_eq!(story.left_out().contains(&"task_open".to_owned()), !made);
    }
}

#[test]
fn amo_5_after_closing_a_task_a_message_in_a_new_active_or_closed_conversation_makes_one() {
    for story in [
        story().linked().told(Answer::Deals(vec![deal("1", "1", EntityState::Open)])),
        story().in_deal(EntityState::Open),
        story().in_deal(EntityState::Closed),
    ] {
        let story = story.tasks(TaskOwner::Integration).given(|f| f.links.task = Some(task(true)));
        assert!(story.reasons().contains(&"task_again".to_owned()));
    }
}

#[test]
fn amo_5_only_the_client_makes_tasks() {
    let story = story()
        .in_deal(EntityState::Open)
        .tasks(TaskOwner::Integration)
        .given(|f| f.occasion.lines = vec![outbound(2)]);
    assert_eq!(story.does(), strings(&[]));
    let off = super::story().in_deal(EntityState::Open);
    assert_eq!(off.does(), strings(&[]));
}

#[test]
fn amo_5_the_owner_is_of_the_contacts_card_or_of_the_settings() {
    for (owner, of_contact, default, expect) in [
        (TaskOwner::ContactCard, Some("12"), Some("11"), Some("12")),
        (TaskOwner::ContactCard, Some("13"), Some("11"), Some("11")),
        (TaskOwner::ContactCard, Some("13"), Some("13"), None),
        (TaskOwner::Integration, Some("12"), Some("11"), Some("11")),
        (TaskOwner::Integration, Some("12"), None, None),
    ] {
        let story = story()
            .in_deal(EntityState::Open)
            .tasks(owner)
            .set(|s| s.responsible.default = default.map(Into::into))
            .given(|f| f.links.contact.as_mut().unwrap().responsible = of_contact.map(Into::into));
        assert_eq!(task_of(&story).3.as_deref(), expect, "{owner:?} {of_contact:?} {default:?}");
    }
}

#[test]
fn amo_5_without_webhooks_the_card_is_asked_for_its_responsible() {
    let story = story()
        .in_deal(EntityState::Open)
        .tasks(TaskOwner::ContactCard)
        .given(|f| f.mirrored = false);
    assert_eq!(story.question(), Some(Question::Contact { id: "501".into() }));
    let mut now = found("501", &["901"]);
    now.responsible = Some("12".into());
    let story = story.told(Answer::Contact(Some(now)));
    assert_eq!(task_of(&story).3.as_deref(), Some("12"));
}

#[test]
fn amo_5_a_card_whose_responsible_nobody_told_us_is_asked_for_them() {
    let unknown = || {
        story()
            .in_deal(EntityState::Open)
            .tasks(TaskOwner::ContactCard)
            .set(|s| s.responsible.default = Some("11".into()))
            .given(|f| f.links.contact.as_mut().unwrap().responsible = None)
    };
    assert_eq!(unknown().question(), Some(Question::Contact { id: "501".into() }));
    let says = |user: Option<&str>| {
        let mut now = found("501", &[]);
        now.responsible = user.map(Into::into);
        unknown().told(Answer::Contact(Some(now)))
    };
    assert_eq!(task_of(&says(Some("12"))).3.as_deref(), Some("12"));
    assert_eq!(task_of(&says(Some("13"))).3.as_deref(), Some("11"), "dismissed");
    assert_eq!(task_of(&says(None)).3.as_deref(), Some("11"));
    assert_eq!(task_of(&unknown().told(Answer::Contact(None))).3.as_deref(), Some("11"));
    // Where the settings name the owner, and where no task is due, it costs no call.
    assert_eq!(unknown().tasks(TaskOwner::Integration).question(), None);
    assert_eq!(unknown().given(|f| f.links.task = Some(task(false))).question(), None);
}

#[test]
fn amo_5_a_new_enquiry_asks_whether_the_task_is_still_open_a_lost_webhook_blocks_nothing() {
    let story = story()
        .linked()
        .tasks(TaskOwner::Integration)
        .given(|f| f.links.task = Some(task(false)))
        .told(Answer::Deals(vec![deal("1", "1", EntityState::Open)]));
    assert_eq!(story.question(), Some(Question::TaskDone { id: "701".into() }));
    assert_eq!(story.told(Answer::TaskDone(true)).does(), strings(&["use_deal", "create_task"]));
    let open = super::story()
        .linked()
        .tasks(TaskOwner::Integration)
        .given(|f| f.links.task = Some(task(false)))
        .told(Answer::Deals(vec![deal("1", "1", EntityState::Open)]))
        .told(Answer::TaskDone(false));
    assert_eq!(open.does(), strings(&["use_deal"]));
    assert_eq!(open.left_out(), strings(&["task_open"]));
}

#[test]
fn amo_5_a_task_went_with_its_deal_and_blocks_no_other() {
    let story = story()
        .in_deal(EntityState::Gone)
        .told(Answer::Deals(Vec::new()))
        .tasks(TaskOwner::Integration)
        .given(|f| f.links.task = Some(task(false)));
    assert_eq!(story.question(), None);
    assert_eq!(story.does(), strings(&["create_deal", "create_task"]));
}

#[test]
fn amo_5_a_kind_of_task_that_is_gone_gives_way_to_the_default_one() {
    for (kind, expect, told) in [("1", Some("1"), false), ("9", None, true)] {
        let story = story().in_deal(EntityState::Open).set(|s| {
            let owner = TaskOwner::Integration;
            s.tasks = Some(TaskRule { due_minutes: 5, owner, kind: Some(kind.into()) });
        });
        let Action::CreateTask { kind, .. } = story.action("create_task") else { panic!() };
        assert_eq!(kind.as_ref().map(CrmId::as_str), expect);
        assert_eq!(story.left_out().contains(&"task_kind_gone".to_owned()), told);
    }
}

#[test]
fn amo_5_without_a_deal_there_is_no_task_and_the_log_says_so() {
    let story = story().tasks(TaskOwner::Integration).rule(|rule| rule.create_deal = false);
    assert_eq!(story.does(), strings(&["create_contact"]));
    assert!(story.left_out().contains(&"task_without_deal".to_owned()));
}
