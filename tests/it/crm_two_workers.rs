//! One lane in the hands of two workers: a lease ran out while its owner was still at it, in a machine that
//! was paused or while the database was away.

use std::time::Duration;

use sandbox::amo::Faults;
use serde_json::json;
use sqlx::PgConnection;
use tests::{AmoStage, until};

/// The epoch of the lane that is in work, once there is one.
async fn epoch(database: &mut PgConnection) -> Option<i64> {
    let held = "select max(epoch) from lanes where queue = 'crm' and leased_until is not null";
    sqlx::query_scalar(held).fetch_one(database).await.unwrap()
}

/// CRM-2: both ask the CRM about the same person, and neither finds one. What they both would make is made
/// by whoever decided first; the other one takes that decision up.
#[tokio::test(flavor = "multi_thread")]
async fn crm_2_of_two_workers_who_ask_about_one_person_one_decides() {
    let stage = AmoStage::start(json!({})).await;
    let slow =
        Faults { slow_ms: 1500, scope: sandbox::amo::Scope::Everything, ..Faults::default() };
    stage.account.set_faults(slow);
    let before = stage.account.journal().len();
    // With a number, of which the CRM is asked.
    let card =
        json!({"contact": {"phone_number": "+79161234567", "first_name": "Анна", "user_id": 78}});
    stage.customer(78, "Анна").sends_raw_message(&stage.bot, card);
    let asked = || {
        let news = stage.account.journal().split_off(before);
        news.iter().filter(|call| call.method == "GET" && call.path.contains("contacts")).count()
    };
    until("the first one asks", async || (asked() > 0).then_some(())).await;
    let mut database = stage.server.database().connect().await;
    let first = epoch(&mut database).await.unwrap();
    let lost = "update lanes set leased_until = now() - interval '1 second'
         where queue = 'crm' and leased_until is not null";
    sqlx::query(lost).execute(&mut database).await.unwrap();
    until("another one claims the lane", async || {
        (epoch(&mut database).await? > first).then_some(())
    })
    .await;
    until("the other one asks too", async || (asked() > 1).then_some(())).await;
    let c = stage.conversation("Анна").await;
    stage.line(&c, "deal_created").await;
    stage.account.set_faults(Faults::default());
    stage.settled().await;
    // Whatever the slower one would still make.
    tokio::time::sleep(Duration::from_secs(4)).await;
    stage.settled().await;
    assert_eq!((stage.account.contacts().len(), stage.account.leads().len()), (1, 1));
    let told = stage.lines(&c).await.iter().filter(|line| line["what"] == "deal_created").count();
    assert_eq!(told, 1);
}
