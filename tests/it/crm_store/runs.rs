//! Decisions and their steps: kept, waited for over merges, ended with their reason.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::{
    crm::{Action, Because, Effect, Entity, Step},
    crm_view::{RunState, StepState},
    ids::{AccountId, ContactId, ConversationId, CrmRunId, IntegrationId, MergeId, PortalId},
    text::Words,
};
use serde_json::json;
use store::{NewJob, NewRun, RunFilter, StepEnd};
use uuid::Uuid;

use super::company::{Company, Enquiry};

fn action(up_to: i64) -> Action {
    Action::AddNote {
        to: Entity::Deal,
        id: domain::crm::Ref::Id("31".into()),
        body: domain::crm::NoteBody::Text { text: "Здравствуйте".to_owned() },
        up_to,
    }
}

fn because() -> Because {
    Because::new("AMO-3", "first", "Первое обращение", "A first enquiry")
}

fn decision(
    portal_id: PortalId,
    integration_id: IntegrationId,
    conversation_id: ConversationId,
    contact_id: ContactId,
    created_at: DateTime<Utc>,
) -> NewRun {
    NewRun {
        run_id: CrmRunId(Uuid::now_v7()),
        portal_id,
        integration_id,
        conversation_id,
        contact_id,
        cause: Words::new("Новое сообщение", "A new message"),
        state: RunState::Planned,
        settings_revision: 1,
        facts: json!({ "now": "…" }),
        left_out: vec![because()],
        calls: vec![json!({ "method": "GET" })],
        steps: [1, 2].map(|n| Step { action: action(n), because: because() }).into(),
        created_at,
    }
}

/// CRM-2: who was merged twice, or back again, is waited for while the lane that they were in before is
/// alive, and no longer.
#[tokio::test]
async fn crm_2_a_decision_is_waited_for_over_all_merges_and_over_an_undone_one() {
    let company = Company::found().await;
    let portal = company.portal("100").await;
    let channel = company.another_channel().await;
    // It passes no channel, so the server's own jobs stay out of the lane.
    let integration = company.integration(portal, &[]).await.unwrap();
    let (conversation, first) = company.conversation(channel).await;
    let (_, second) = company.conversation(channel).await;
    let (_, third) = company.conversation(channel).await;
    let now = Utc::now().trunc_subsecs(6);
    let mut tx = company.tx().await;
    let new = decision(portal, integration, conversation, first, now);
    tx.insert_crm_run(&new).await.unwrap();
    tx.push(NewJob {
        lane: format!("crm:{portal}:{first}"),
        queue: "crm",
        payload: json!({ "job": "sync_crm", "integration": integration,
            "conversation": conversation, "contact": first }),
        // Far enough ahead for the server's own runner to leave it alone.
        run_at: Some(now + TimeDelta::days(1)),
    });
    tx.commit().await.unwrap();

    let mut tx = company.tx().await;
    assert_eq!(tx.crm_run_of_former(portal, first).await.unwrap(), None, "it is their own");
    let mut merges = Vec::new();
    for (kept, merged) in [(second, first), (third, second)] {
        let merge = MergeId(Uuid::now_v7());
        tx.lock_contacts([kept, merged]).await.unwrap();
        tx.merge_contacts(merge, kept, merged, company.employee, Utc::now()).await.unwrap();
        assert_eq!(tx.crm_run_of_former(portal, kept).await.unwrap(), Some(now));
        merges.push(merge);
    }
    assert_eq!(tx.crm_run_of_former(portal, second).await.unwrap(), None, "they have nothing left");
    let last = tx.merge(merges[1]).await.unwrap().unwrap();
    assert!(tx.undo_merge(&last, Utc::now()).await.unwrap());
    assert_eq!(tx.crm_run_of_former(portal, third).await.unwrap(), None);
    assert_eq!(tx.crm_run_of_former(portal, second).await.unwrap(), Some(now));
    tx.set_crm_run(new.run_id, RunState::Done, None, now).await.unwrap();
    assert_eq!(tx.crm_run_of_former(portal, second).await.unwrap(), None, "it is carried out");
}

/// CRM-5, CRM-6: decisions that nobody will carry out end: one by rules in silence, because it is made
/// anew where it is needed, a person's order with the reason.
#[tokio::test]
async fn crm_5_an_order_that_will_not_be_carried_out_fails_and_says_why() {
    let Enquiry { company, portal, channel, integration, conversation: here, contact } =
        Enquiry::comes().await;
    let (there, other) = company.conversation(channel).await;
    let now = Utc::now().trunc_subsecs(6);
    let by_rules = |c, p| {
        let facts = json!({ "enquiry": {}, "passed": {} });
        NewRun { facts, ..decision(portal, integration, c, p, now) }
    };
    let (decided, order) =
        (by_rules(here, contact), decision(portal, integration, here, contact, now));
    let elsewhere = by_rules(there, other);
    let mut tx = company.tx().await;
    for new in [&decided, &order, &elsewhere] {
        tx.insert_crm_run(new).await.unwrap();
    }
    assert!(tx.begin_crm_step(order.run_id, 1, now).await.unwrap());
    let why = Words::new("Выключена", "Off");
    let ended = tx.end_crm_runs(integration, Some(here), &why, now).await.unwrap();
    assert_eq!(ended, [here]);
    let mut states = Vec::new();
    for new in [&decided, &order, &elsewhere] {
        let row = tx.crm_run(new.run_id).await.unwrap().unwrap();
        states.push((row.state, row.error, row.finished_at.is_some()));
    }
    assert_eq!(
        states,
        [
            (RunState::Replanned, None, true),
            (RunState::Failed, Some(why.clone()), true),
            (RunState::Planned, None, false)
        ]
    );
    let steps = tx.crm_steps(&[decided.run_id, order.run_id]).await.unwrap();
    assert!(steps[&decided.run_id].iter().all(|step| step.state == StepState::Waiting));
    let refused = |step: &store::StepRow| (step.state, step.error.clone());
    assert!(
        steps[&order.run_id].iter().all(|s| refused(s) == (StepState::Failed, Some(why.clone())))
    );
    let ended = tx.end_crm_runs(integration, None, &why, now).await.unwrap();
    assert_eq!(ended, [there], "of all conversations");
}

/// BY-6, CRM-6: a decision is kept with its steps and read back as it was; each step is begun once,
/// and what came of it stands beside it.
#[tokio::test]
async fn crm_6_a_decision_and_its_steps_are_kept() {
    let Enquiry { company, portal, integration, conversation, contact, .. } =
        Enquiry::comes().await;
    let because = because();
    let now = Utc::now().trunc_subsecs(6);
    let new = decision(portal, integration, conversation, contact, now);
    let run = new.run_id;
    let mut tx = company.tx().await;
    tx.insert_crm_run(&new).await.unwrap();
    let row = tx.unfinished_crm_run(integration, conversation).await.unwrap().unwrap();
    assert_eq!(
        (row.run_id, row.state, row.contact_name.as_str()),
        (run, RunState::Planned, "Мария")
    );
    assert_eq!((row.left_out, row.calls.len(), row.number), (vec![because], 1, 1));
    assert!(tx.begin_crm_step(run, 0, now).await.unwrap());
    assert!(!tx.begin_crm_step(run, 0, now).await.unwrap(), "it is under way");
    let end = StepEnd {
        state: StepState::Uncertain,
        effect: None,
        calls: vec![json!({ "n": 1 })],
        error: None,
        at: now,
    };
    tx.end_crm_step(run, 0, &end).await.unwrap();
    assert!(tx.begin_crm_step(run, 0, now).await.unwrap(), "again, after a look");
    let effect = Effect { id: Some("77".into()), ..Effect::default() };
    let done = StepEnd { state: StepState::Done, effect: Some(effect.clone()), ..end };
    assert!(tx.end_crm_step(run, 0, &done).await.unwrap());
    // Whoever held the lane before wrote its end after it was read here.
    for state in [StepState::Uncertain, StepState::Waiting] {
        let late = StepEnd { state, effect: None, calls: Vec::new(), error: None, at: now };
        assert!(!tx.end_crm_step(run, 0, &late).await.unwrap(), "it has ended");
    }
    assert!(!tx.begin_crm_step(run, 0, now).await.unwrap(), "and is not done again");
    let steps = tx.crm_steps(&[run]).await.unwrap().remove(&run).unwrap();
    assert_eq!((steps[0].effect.as_ref(), steps[0].calls.len()), (Some(&effect), 2));
    assert_eq!((steps[1].state, &steps[1].action), (StepState::Waiting, &action(2)));
    let words = Words::new("Нет поля", "No field");
    tx.set_crm_run(run, RunState::Failed, Some(&words), now).await.unwrap();
    assert!(tx.unfinished_crm_run(integration, conversation).await.unwrap().is_none());
    assert_eq!(tx.failed_crm_runs(portal, 10).await.unwrap().len(), 1);
    assert_eq!(tx.crm_run_counts().await.unwrap().get(&portal), Some(&(1, 0)));
    for filter in [
        RunFilter::default(),
        RunFilter { portal: Some(portal), state: Some(RunState::Failed), ..RunFilter::default() },
        RunFilter { conversation: Some(conversation), ..RunFilter::default() },
    ] {
        let listed = tx.crm_runs(&filter, None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|r| r.run_id).collect::<Vec<_>>(), [run], "{filter:?}");
        let rest = tx.crm_runs(&filter, Some((now, run)), 10).await.unwrap();
        assert!(rest.is_empty(), "the cursor stands behind it");
    }
    let other = RunFilter { state: Some(RunState::Done), ..RunFilter::default() };
    assert!(tx.crm_runs(&other, None, 10).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    // Another company sees none of it.
    let stranger: AccountId = company.server.sign_up().await.account.parse().unwrap();
    let mut tx = company.store.tenant(stranger).await.unwrap();
    assert!(tx.crm_run(run).await.unwrap().is_none() && tx.portals().await.unwrap().is_empty());
    assert!(tx.crm_links(portal, contact).await.unwrap().is_empty());
    drop(tx);
    assert_eq!(company.store.prune_crm_runs(Duration::from_secs(3600)).await.unwrap(), 0);
}
