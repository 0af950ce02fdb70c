//! What a CRM never takes, and a CRM that is away: neither holds others up (CRM-6, CRM-7).

use sandbox::amo::{Faults, Scope};
use serde_json::json;
use tests::{AmoStage, until};

async fn run(stage: &AmoStage, statement: &'static str) {
    let mut database = stage.server.database().connect().await;
    sqlx::query(statement).execute(&mut database).await.unwrap();
}

/// Each step has had all its tries, and the next one comes now.
async fn half_an_hour_later(stage: &AmoStage) {
    run(stage, "update crm_steps set stumbles = 12").await;
    run(stage, "update lanes set run_at = now() where queue = 'crm' and leased_until is null")
        .await;
}

/// CRM-6: one write is answered with a fault each time, all else is answered. It is tried more and more
/// seldom, and in the end told to people, who can repeat it; the portal is not said to be away.
#[tokio::test(flavor = "multi_thread")]
async fn crm_6_a_write_that_the_crm_never_takes_is_given_up_and_told() {
    let stage = AmoStage::start(json!({})).await;
    let broken = Faults { server_error: u32::MAX, scope: Scope::Writes, ..Faults::default() };
    stage.account.set_faults(broken);
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    until("its tries are counted", async || {
        let mut database = stage.server.database().connect().await;
        let tries = "select max(stumbles) from crm_steps";
        let tries: Option<i32> = sqlx::query_scalar(tries).fetch_one(&mut database).await.unwrap();
        (tries? > 0).then_some(())
    })
    .await;
    until("it is given up", async || {
        half_an_hour_later(&stage).await;
        (!stage.runs("state=failed&limit=1").await.is_empty()).then_some(())
    })
    .await;
    stage.line(&c, "failed").await;
    let failed = stage.runs("state=failed&limit=1").await.remove(0);
    assert!(failed["error"].to_string().contains("именно на это"), "{failed}");
    let portal = format!("/api/v1/crm/portals/{}", stage.portal);
    assert_eq!(stage.owner.get(&portal, 200).await.json()["state"], "connected");
    stage.account.set_faults(Faults::default());
    let replay = format!("/api/v1/crm/runs/{}/replay", failed["run_id"].as_str().unwrap());
    stage.owner.poke(&replay, 202).await;
    stage.line(&c, "deal_created").await;
    stage.settled().await;
    assert_eq!((stage.account.contacts().len(), stage.account.leads().len()), (1, 1));
}

/// CRM-6: every write is carried out and answered with a fault. However often a step was tried before, it is
/// looked for before it is given up: it is found, nothing is made twice, and nobody is told of a failure.
#[tokio::test(flavor = "multi_thread")]
async fn crm_6_a_write_that_is_done_and_answered_with_a_fault_is_found_and_not_made_twice() {
    let stage = AmoStage::start(json!({})).await;
    let faults = Faults { error_after_effect: u32::MAX, scope: Scope::Writes, ..Faults::default() };
    stage.account.set_faults(faults);
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    until("the deal is there and told", async || {
        half_an_hour_later(&stage).await;
        stage.lines(&c).await.into_iter().find(|line| line["what"] == "deal_created")
    })
    .await;
    customer.sends_text(&stage.bot, "Это снова я");
    stage.settled().await;
    assert_eq!((stage.account.contacts().len(), stage.account.leads().len()), (1, 1));
    assert!(stage.runs("state=failed&limit=1").await.is_empty());
}

/// CRM-7: while a portal is away thousands of jobs wake for it. They look whether it is there before they
/// gather anything: what they would gather here cannot be read, and they do not notice.
#[tokio::test(flavor = "multi_thread")]
async fn crm_7_a_job_of_a_portal_that_is_away_gathers_nothing() {
    let stage = AmoStage::start(json!({})).await;
    let mut switches = stage.account.switches();
    switches.unpaid = true;
    stage.account.set_switches(switches);
    stage.customer(77, "Иван").sends_text(&stage.bot, "Есть кто?");
    stage.portal_state("stopped").await;
    run(&stage, "update messages set content = '{\"said\": 1}'").await;
    run(&stage, "update jobs set last_error = '' where lane like 'crm:%'").await;
    run(&stage, "update lanes set run_at = now() where queue = 'crm'").await;
    let (error, attempts): (String, i32) = until("the job comes and goes", async || {
        let mut database = stage.server.database().connect().await;
        let job =
            "select last_error, attempts from jobs where lane like 'crm:%' and last_error <> ''";
        sqlx::query_as(job).fetch_optional(&mut database).await.unwrap()
    })
    .await;
    assert!(error.contains("stopped") && attempts == 0, "{attempts} {error}");
}
