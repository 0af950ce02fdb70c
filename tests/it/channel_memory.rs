//! What drivers keep of their channels: values come back, and a pair of tokens that is good once is
//! replaced by one of many callers (CH-8).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use app::ChannelMemory;
use channel::{Former, Memory, RenewError};
use domain::channel::StateReport;
use serde_json::{Value, json};
use tests::Company;

/// What a driver keeps, as another process has it.
fn memory_of(company: &Company) -> ChannelMemory {
    ChannelMemory::new(&company.process(), company.account, company.channel)
}

/// Renews by asking a service that gives out numbers, and counts how often it is asked.
async fn renewed(
    memory: &ChannelMemory,
    stale: Option<&Value>,
    asked: &Arc<AtomicU32>,
) -> Result<Value, RenewError> {
    let asked = asked.clone();
    memory
        .renew(
            "tokens",
            stale,
            Box::new(move |_| {
                Box::pin(async move {
                    let n = asked.fetch_add(1, Ordering::SeqCst);
                    // Long enough that every other caller comes meanwhile.
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    Ok(json!({ "pair": n }))
                })
            }),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn ch_8_of_twelve_processes_one_renews_and_all_get_its_value() {
    let company = Company::found().await;
    let asked = Arc::new(AtomicU32::new(0));
    memory_of(&company).remember("tokens", json!({ "pair": "old" })).await.unwrap();
    let stale = json!({ "pair": "old" });
    let callers = (0..12).map(|_| {
        let (memory, asked, stale) = (memory_of(&company), asked.clone(), stale.clone());
        tokio::spawn(async move { renewed(&memory, Some(&stale), &asked).await })
    });
    for caller in futures::future::join_all(callers).await {
        assert_eq!(caller.unwrap().unwrap(), json!({ "pair": 0 }));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let again = renewed(&memory_of(&company), Some(&json!({ "pair": 0 })), &asked).await.unwrap();
    assert_eq!(again, json!({ "pair": 1 }), "what is stale now is renewed again");
    assert_eq!(memory_of(&company).recall("tokens").await.unwrap(), Some(again));
}

/// The first of these renewals is given up in the middle, as by a killed process.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_a_renewal_whose_end_was_not_seen_is_told_to_the_next() {
    let company = Company::found().await;
    let seen = |outcome: Result<Value, RenewError>| async {
        let memory = memory_of(&company);
        let (tell, told) = tokio::sync::oneshot::channel();
        let got = memory
            .renew(
                "tokens",
                None,
                Box::new(move |former: Former| {
                    Box::pin(async move {
                        tell.send(former.interrupted).unwrap();
                        outcome
                    })
                }),
            )
            .await;
        (told.await.unwrap(), got)
    };
    let lost = RenewError::Later { after: Duration::ZERO, why: "the answer was lost".to_owned() };
    assert_eq!(seen(Err(lost.clone())).await, (false, Err(lost)));
    let refused = RenewError::Refused(StateReport::connected());
    assert_eq!(seen(Err(refused.clone())).await, (true, Err(refused)));
    // The service's refusal is an end that was seen.
    assert_eq!(seen(Ok(json!(7))).await, (false, Ok(json!(7))));
}

/// The service knows no other pair any more, so a new one waits for the database.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_a_renewed_value_is_kept_however_long_the_database_takes() {
    let company = Company::found().await;
    let old = json!({ "pair": "old" });
    memory_of(&company).remember("tokens", old.clone()).await.unwrap();
    company.server.database().goes_down(6, "insert or update on channel_state for each row").await;
    let asked = Arc::new(AtomicU32::new(0));
    let new = renewed(&memory_of(&company), Some(&old), &asked).await;
    assert_eq!(new, Ok(json!({ "pair": 0 })));
    assert_eq!(memory_of(&company).recall("tokens").await.unwrap(), Some(json!({ "pair": 0 })));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ch_8_what_a_driver_kept_goes_with_its_channel() {
    let company = Company::found().await;
    memory_of(&company).remember("tokens", json!({ "pair": 1 })).await.unwrap();
    company.owner.delete(&format!("/api/v1/channels/{}", company.channel), 204).await;
    assert_eq!(memory_of(&company).recall("tokens").await.unwrap(), None);
}

/// A seller allows us anew while an old pair is being renewed: the consent stands, and whoever renewed
/// is given it.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_a_consent_that_comes_while_a_renewal_runs_stands() {
    let company = Company::found().await;
    for refused in [false, true] {
        let memory = memory_of(&company);
        let old = json!({ "pair": "old" });
        memory.remember("tokens", old.clone()).await.unwrap();
        let consent = memory_of(&company);
        let renewal: channel::Renewal<'_> = Box::new(move |_| {
            Box::pin(async move {
                consent.remember("tokens", json!({ "pair": "consent" })).await.unwrap();
                match refused {
                    true => Err(RenewError::Refused(StateReport::connected())),
                    false => Ok(json!({ "pair": "renewed" })),
                }
            })
        });
        let got = memory.renew("tokens", Some(&old), renewal).await;
        assert_eq!(got, Ok(json!({ "pair": "consent" })), "refused: {refused}");
        let kept = memory_of(&company).recall("tokens").await.unwrap();
        assert_eq!(kept, Some(json!({ "pair": "consent" })));
    }
}

/// A renewal whose time ran out and that another process has overtaken neither puts its value over the
/// newer one nor ends the renewal of a third.
#[tokio::test(flavor = "multi_thread")]
async fn ch_8_a_renewal_that_was_overtaken_changes_nothing() {
    let company = Company::found().await;
    let old = json!({ "pair": "old" });
    let memory = memory_of(&company);
    memory.remember("tokens", old.clone()).await.unwrap();
    let (other, database) = (memory_of(&company), company.server.database());
    let renewal: channel::Renewal<'_> = Box::new(|_| {
        Box::pin(async {
            let mut conn = database.connect().await;
            sqlx::query("update channel_renewals set renewed_until = now()")
                .execute(&mut conn)
                .await
                .unwrap();
            let asked = Arc::new(AtomicU32::new(7));
            let newer = renewed(&other, Some(&old), &asked).await;
            assert_eq!(newer, Ok(json!({ "pair": 7 })));
            // A third has begun: its right must outlive the first one's late end.
            sqlx::query(
                "insert into channel_renewals
                    (account_id, channel_id, key, renewed_until, holder)
                 values ($1, $2, 'tokens', now() + interval '1 minute', gen_random_uuid())",
            )
            .bind(company.account.0)
            .bind(company.channel.0)
            .execute(&mut conn)
            .await
            .unwrap();
            Ok(json!({ "pair": "late" }))
        })
    });
    let got = memory.renew("tokens", Some(&old), renewal).await;
    assert_eq!(got, Ok(json!({ "pair": 7 })), "the newer one");
    assert_eq!(memory_of(&company).recall("tokens").await.unwrap(), Some(json!({ "pair": 7 })));
    let mut conn = database.connect().await;
    let third: i64 = sqlx::query_scalar("select count(*) from channel_renewals")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(third, 1);
}
