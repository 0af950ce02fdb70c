//! The long poll server: `GET /lp/<community>?act=a_check&key=&ts=&wait=`.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::world::Shared;

/// VK holds a poll no longer.
const LONGEST: u64 = 90;
/// Of one answer.
const MOST: usize = 200;

pub(super) async fn check(
    shared: &Arc<Shared>,
    community: i64,
    query: &HashMap<String, String>,
) -> Value {
    let text = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
    if text("act") != "a_check" {
        shared.change(|world| world.violation(format!("long poll: act is {:?}", text("act"))));
    }
    let wait = Duration::from_secs(text("wait").parse().unwrap_or(25).min(LONGEST));
    let (key, ts) = (text("key").to_owned(), text("ts").parse::<u64>().ok());
    let mut bell = shared.bell.subscribe();
    let waiting = async {
        loop {
            bell.borrow_and_update();
            if let Some(answer) = look(shared, community, &key, ts) {
                return answer;
            }
            if bell.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        answer = waiting => answer,
        () = shared.stop.cancelled() => json!({ "failed": 3 }),
        () = tokio::time::sleep(wait) => json!({ "ts": text("ts"), "updates": [] }),
    }
}

/// `None` while there is nothing to tell.
fn look(shared: &Shared, community: i64, key: &str, ts: Option<u64>) -> Option<Value> {
    let world = shared.world();
    let Some(community) = world.communities.get(&community) else {
        return Some(json!({ "failed": 3 }));
    };
    let Some(ts) = ts.filter(|_| !community.poll_lost) else { return Some(json!({ "failed": 3 })) };
    if community.poll_key != key || key.is_empty() {
        return Some(json!({ "failed": 2 }));
    }
    if ts < community.first_ts || ts > community.next_ts {
        return Some(json!({ "failed": 1, "ts": community.next_ts }));
    }
    let new: Vec<&(u64, Value)> =
        community.log.iter().filter(|(at, _)| *at >= ts).take(MOST).collect();
    let next = new.last()?.0 + 1;
    let updates: Vec<&Value> = new.into_iter().map(|(_, event)| event).collect();
    Some(json!({ "ts": next.to_string(), "updates": updates }))
}
