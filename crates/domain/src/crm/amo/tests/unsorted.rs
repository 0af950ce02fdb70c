//! Method «использовать Неразобранное»: AMO-4, BY-4.

use super::super::super::{ChatSettings, FunnelTarget, UnsortedDraft};
use super::*;

fn draft_of(story: &Story) -> UnsortedDraft {
    match story.action("create_unsorted") {
        Action::CreateUnsorted(draft) => draft,
        other => panic!("{other:?}"),
    }
}

fn later(state: UnsortedState) -> Story {
    story().unsorted().given(|f| {
        f.occasion.opened = false;
        f.occasion.lines = vec![inbound(7)];
        f.links.unsorted = Some(super::unsorted(state));
    })
}

#[test]
fn amo_4_every_enquiry_makes_a_record_without_a_search() {
    let story = story().phone().unsorted();
    assert_eq!(story.question(), None);
    assert_eq!(story.does(), strings(&["create_unsorted"]));
    let draft = draft_of(&story);
    assert_eq!(draft.form_id, "beseda-1204");
    assert_eq!((draft.contact_name.as_str(), draft.pipeline), ("Анна", None));
    assert_eq!(draft.phones, strings(&[PHONE]));
    assert_eq!(draft.source, "Бот продаж");
}

#[test]
fn amo_4_a_new_conversation_after_closing_makes_another() {
    let story = story().unsorted().given(|f| {
        f.enquiry.number = 1300;
        f.enquiry.order = EnquiryOrder::Repeat;
        let mut of_last = super::unsorted(UnsortedState::Accepted);
        of_last.of_this = false;
        f.links.unsorted = Some(of_last);
    });
    assert_eq!(draft_of(&story).form_id, "beseda-1300");
}

#[test]
fn amo_4_while_it_waits_messages_and_tasks_go_to_its_deal() {
    let story = later(UnsortedState::Waiting)
        .tasks(TaskOwner::ContactCard)
        .set(|s| {
            s.transcript = super::super::super::Transcript::Online;
            s.responsible.default = Some("11".into());
        })
        .given(|f| f.occasion.answered_by = Some(oleg()));
    assert_eq!(story.does(), strings(&["create_task", "add_note"]));
    let Action::CreateTask { deal, responsible, .. } = story.action("create_task") else {
        panic!()
    };
    assert_eq!(deal, Ref::Id("902".into()));
    assert_eq!(responsible.unwrap().as_str(), "11", "nobody is in the card yet");
    assert_eq!(story.left_out(), strings(&["unsorted_waits"]));
}

#[test]
fn amo_4_the_deal_inside_is_linked_too_and_changes_nothing() {
    let inner = |state| linked_deal("902", state);
    for (record, deal, mirrored, expect) in [
        (UnsortedState::Waiting, EntityState::Open, true, &["create_task"][..]),
        (
            UnsortedState::Accepted,
            EntityState::Open,
            true,
            &["update_deal", "update_contact", "create_task"],
        ),
        (UnsortedState::Declined, EntityState::Gone, true, &["create_unsorted", "create_task"]),
        // Nobody told us that the deal went with the record.
        (UnsortedState::Declined, EntityState::Open, false, &["create_unsorted", "create_task"]),
    ] {
        let pair = |field: &str| super::super::super::FieldPair {
            field: field.into(),
            from: Param::ContactPhone,
        };
        let story = later(record)
            .phone()
            .linked()
            .tasks(TaskOwner::Integration)
            .rule(|rule| rule.update_contact = true)
            .set(|s| s.fields.deal = vec![pair("81")])
            .given(|f| {
                f.occasion.contact_changed = true;
                f.links.deals = vec![inner(deal)];
                if record == UnsortedState::Waiting {
                    // Nobody moved it yet, so its stage is not known.
                    f.links.deals[0].at = None;
                }
                f.mirrored = mirrored;
            });
        assert_eq!(story.does(), strings(expect), "{record:?}");
    }
}

/// AMO-4: webhooks get lost. Should the one of the record be, what became of its deal tells, and a
/// record that nothing was heard of for long is asked for.
#[test]
fn amo_4_a_lost_webhook_of_the_record_is_made_up_for() {
    let waits = |change: fn(&mut Facts)| {
        let story = later(UnsortedState::Waiting).tasks(TaskOwner::Integration);
        story.given(|f| {
            f.links.deals = vec![LinkedDeal { at: None, ..linked_deal("902", EntityState::Open) }];
            change(f);
        })
    };
    assert_eq!(waits(|_| {}).does(), strings(&["create_task"]));
    // Its deal is gone: it was declined, and the message is a first contact.
    let gone = waits(|f| f.links.deals[0].state = EntityState::Gone);
    assert_eq!(gone.does(), strings(&["create_unsorted", "create_task"]));
    // Somebody moved the deal on: it was accepted, and who answers becomes responsible.
    let moved = waits(|f| {
        f.links.deals[0].at = Some(at("1", "12"));
        f.occasion.answered_by = Some(oleg());
    });
    assert!(!moved.left_out().contains(&"unsorted_waits".to_owned()), "{:?}", moved.left_out());
    let stale = waits(|f| f.links.stale = [Entity::Unsorted].into());
    assert!(matches!(stale.question(), Some(Question::Unsorted { .. })));
    let told = stale.told(Answer::Unsorted(UnsortedState::Declined));
    assert_eq!(told.does(), strings(&["create_unsorted", "create_task"]));
}

#[test]
fn amo_4_accepted_it_goes_on_and_declined_the_next_message_is_a_first_contact() {
    let accepted = later(UnsortedState::Accepted).tasks(TaskOwner::Integration);
    assert_eq!(accepted.does(), strings(&["create_task"]));
    let declined = later(UnsortedState::Declined);
    assert_eq!(declined.reasons(), strings(&["unsorted_again"]));
    assert_eq!(draft_of(&declined).form_id, "beseda-1204-7", "equal records are refused");
    // Declined once more, and what was said before was not passed on: not the first record's number.
    let twice = declined.given(|f| {
        let mut second = f.occasion.lines[0].clone();
        second.position += 1;
        f.occasion.lines.push(second);
    });
    assert_eq!(draft_of(&twice).form_id, "beseda-1204-8");
    let ours = later(UnsortedState::Declined).given(|f| f.occasion.lines = vec![outbound(7)]);
    assert_eq!(ours.does(), strings(&[]));
}

#[test]
fn crm_7_without_webhooks_the_record_is_asked_for() {
    let story = later(UnsortedState::Waiting).given(|f| f.mirrored = false);
    let deal = Some("902".into());
    assert_eq!(story.question(), Some(Question::Unsorted { uid: "u-1".into(), deal }));
    for (state, expect) in [
        (UnsortedState::Waiting, &[][..]),
        (UnsortedState::Accepted, &[]),
        (UnsortedState::Declined, &["create_unsorted"]),
    ] {
        let story = later(UnsortedState::Waiting)
            .given(|f| f.mirrored = false)
            .told(Answer::Unsorted(state));
        assert_eq!(story.does(), strings(expect), "{state:?}");
    }
}

#[test]
fn amo_4_with_chats_amocrm_makes_the_record_itself() {
    let story = story()
        .unsorted()
        .set(|s| s.chats = Some(ChatSettings::default()))
        .given(|f| f.chats_connected = true);
    assert_eq!(story.does(), strings(&[]));
    assert_eq!(story.left_out(), strings(&["unsorted_by_chats"]));
    let off = story.set(|s| s.chats = None);
    assert_eq!(off.does(), strings(&["create_unsorted"]));
}

#[test]
fn amo_4_a_record_whose_deal_was_deleted_after_it_was_accepted_is_made_anew() {
    let gone = later(UnsortedState::Accepted)
        .given(|f| f.links.deals = vec![linked_deal("902", EntityState::Gone)]);
    assert_eq!(gone.reasons(), strings(&["unsorted_again"]));
    let ours = gone.given(|f| f.occasion.lines = vec![outbound(7)]);
    assert_eq!(ours.does(), strings(&[]));
}

#[test]
fn by_4_with_chats_the_funnel_is_that_of_amocrms_source_and_it_is_told() {
    let story = story()
        .set(|s| {
            s.method = AmoMethod::Unsorted { pipeline: Some("2".into()) };
            s.chats = Some(ChatSettings::default());
        })
        .given(|f| f.chats_connected = true);
    assert_eq!(story.does(), strings(&[]));
    let told = ["unsorted_by_chats", "unsorted_funnel_of_source"];
    assert_eq!(story.left_out(), strings(&told));
}

#[test]
fn amo_4_names_and_funnels_do_not_apply_and_it_is_said() {
    let story = story().unsorted().set(|s| {
        s.names.contact = Some("VIP {contact.name}".to_owned());
        s.funnel.default = Some(FunnelTarget { deal: Some(at("2", "21")), lead: None });
    });
    assert_eq!(draft_of(&story).contact_name, "Анна");
    assert_eq!(story.left_out(), strings(&["names_do_not_apply", "funnels_do_not_apply"]));
}

#[test]
fn by_4_the_funnel_of_the_record_is_chosen() {
    for (pipeline, expect, told) in [("2", Some("2"), false), ("3", None, true), ("99", None, true)]
    {
        let story = story().set(|s| {
            s.method = AmoMethod::Unsorted { pipeline: Some(pipeline.into()) };
        });
        assert_eq!(draft_of(&story).pipeline.as_ref().map(CrmId::as_str), expect);
        assert_eq!(story.left_out() == strings(&["unsorted_funnel_gone"]), told);
    }
}

#[test]
fn crm_1_a_channel_that_makes_no_deals_makes_no_record() {
    let story = story().unsorted().rule(|rule| rule.create_deal = false);
    assert_eq!(story.does(), strings(&[]));
    assert_eq!(story.left_out(), strings(&["deal_creation_off"]));
}
