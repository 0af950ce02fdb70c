//! The limiter of calls, on a real Postgres: nodes that ask at once are given turns apart.

use std::time::Duration;

use chrono::{DateTime, Utc};
use store::{RateLimit, Slot};
use tests::Database;

fn limit(key: &str, millis: u64) -> RateLimit {
    RateLimit { key: key.to_owned(), spacing: Duration::from_millis(millis) }
}

const PATIENT: Duration = Duration::from_secs(60);

/// CRM-7 (7 requests a second): fifty nodes ask at once, also for a limiter that nobody used before,
/// and no two calls are closer together than the spacing.
#[tokio::test]
async fn crm_7_fifty_reservations_at_once_are_spaced() {
    let database = Database::create().await;
    let store = database.store();
    let start = tokio::time::Instant::now();
    let asked = (0..50).map(|_| {
        let store = store.clone();
        async move {
            let limits = [limit("amo:1:app", 155), limit("amo:1", 20)];
            match store.reserve(&limits, PATIENT).await.unwrap() {
                Slot::Reserved { wait } => start.elapsed() + wait,
                Slot::Busy { after } => panic!("busy for {after:?}"),
            }
        }
    });
    let mut slots = futures::future::join_all(asked).await;
    slots.sort_unstable();
    // The slot is exact; the moment of the answer is known here only as late as it arrives.
    let first_to_last = *slots.last().unwrap() - *slots.first().unwrap();
    assert!(first_to_last >= Duration::from_millis(49 * 155 - 200), "{first_to_last:?}");
    let next: DateTime<Utc> =
        sqlx::query_scalar("select next_at from crm_rates where key = 'amo:1:app'")
            .fetch_one(&mut database.connect().await)
            .await
            .unwrap();
    let all: f64 = sqlx::query_scalar("select extract(epoch from $1 - now())::float8")
        .bind(next)
        .fetch_one(&mut database.connect().await)
        .await
        .unwrap();
    // Fifty slots of 155 ms were given away, and some of the time has passed.
    assert!(all + start.elapsed().as_secs_f64() + 0.1 >= 50.0 * 0.155, "{all}");
    store.close().await;
}

/// The other limiter of a call counts for all apps in the account, and a turn that is too far away
/// takes nothing.
#[tokio::test]
async fn crm_7_a_turn_too_far_away_takes_nothing() {
    let database = Database::create().await;
    let store = database.store();
    let of = |app: &str| [limit(app, 1), limit("account", 400)];
    let soon = Duration::from_millis(500);
    let ours = async |app: &str| store.reserve(&of(app), soon).await.unwrap();
    assert!(matches!(ours("one").await, Slot::Reserved { .. }));
    let Slot::Reserved { wait } = ours("two").await else { panic!("taken") };
    assert!(wait > Duration::from_millis(200), "the account's other app was first: {wait:?}");
    for _ in 0..5 {
        let Slot::Busy { after } = ours("three").await else { panic!("given away") };
        assert!(after <= Duration::from_millis(800), "a refusal takes no slot: {after:?}");
    }
    store.hold_back(&["one".to_owned()], Duration::from_secs(9)).await.unwrap();
    assert!(matches!(ours("one").await, Slot::Busy { after } if after > Duration::from_secs(8)));
    store.close().await;
}
