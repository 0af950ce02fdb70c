//! Events: kept for the long poll, and handed to callback servers with repeats.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Delivery, letters,
    servers::{Server, Status},
    world::Shared,
};

/// What is read of an answer.
const ANSWER_CHARS: usize = 100;
/// VK resends for less than three hours where the server names a time.
const LONGEST_WAIT: Duration = Duration::from_secs(3 * 3600);

/// Tells of something that happened, by every way that the community has switched on for it.
pub(super) fn tell(shared: &Arc<Shared>, community: i64, kind: &str, object: Value) {
    let event = json!({
        "type": kind, "group_id": community, "event_id": letters(40).to_lowercase(), "v": "5.199",
        "object": object,
    });
    let history = shared.options.history;
    shared.change(|world| {
        let Some(community) = world.communities.get_mut(&community) else { return };
        let polled = community.poll_events.as_ref().is_some_and(|e| e.iter().any(|e| e == kind));
        // Events are remembered from the time that long poll was switched on for them.
        if polled || community.poll_events.is_none() {
            community.log(event.clone(), history);
        }
    });
    to_servers(shared, community, &event);
}

/// Hands an event to every callback server that wants its kind. There is no order among them.
pub(super) fn to_servers(shared: &Arc<Shared>, community: i64, event: &Value) {
    let kind = event["type"].as_str().unwrap_or_default();
    let (servers, twice) = {
        let world = shared.world();
        let Some(community) = world.communities.get(&community) else { return };
        let wanting = community
            .servers
            .iter()
            .filter(|s| s.status == Status::Ok && s.events.iter().any(|event| event == kind));
        (wanting.cloned().collect::<Vec<_>>(), community.faults.twice)
    };
    for server in servers {
        for _ in 0..=usize::from(twice) {
            let (shared, server, event) = (Arc::clone(shared), server.clone(), event.clone());
            let tasks = shared.tasks.clone();
            tasks.spawn(async move { deliver(&shared, community, &server, event).await });
        }
    }
}

/// Until it is answered with exactly `ok`; after the last repeat the server counts as failed.
async fn deliver(shared: &Shared, community: i64, server: &Server, mut event: Value) {
    let mut pause = shared.options.retry_base;
    for attempt in 0..=shared.options.retries {
        let wrong = shared.change(|world| {
            let faults = &mut world.communities.get_mut(&community)?.faults;
            let wrong = faults.wrong_secret > 0;
            faults.wrong_secret = faults.wrong_secret.saturating_sub(1);
            Some(wrong)
        });
        let Some(wrong) = wrong else { return };
        event["secret"] = match wrong {
            true => json!(letters(40)),
            false => json!(server.secret),
        };
        let (answer, wait) = post(shared, &server.url, &event, attempt).await;
        let taken = matches!(&answer, Ok((200, _, body)) if body == "ok");
        let remove = matches!(&answer, Ok((200, _, body)) if body == "remove");
        note(shared, community, server.id, &event, attempt, answer);
        if remove {
            shared.change(|world| {
                if let Some(community) = world.communities.get_mut(&community) {
                    community.servers.retain(|s| s.id != server.id);
                }
            });
        }
        if taken || remove {
            return;
        }
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = tokio::time::sleep(wait.unwrap_or(pause)) => {}
        }
        pause *= 2;
        let there =
            shared.world().communities.get(&community).is_some_and(|c| {
                c.servers.iter().any(|s| s.id == server.id && s.url == server.url)
            });
        if !there {
            return;
        }
    }
    shared.change(|world| {
        let servers = world.communities.get_mut(&community).map(|c| &mut c.servers);
        if let Some(server) = servers.and_then(|s| s.iter_mut().find(|s| s.id == server.id)) {
            server.status = Status::Failed;
        }
    });
}

fn note(
    shared: &Shared,
    community: i64,
    server: i64,
    event: &Value,
    attempt: u32,
    answer: Result<(u16, String, String), String>,
) {
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let delivery =
        Delivery { server, event_id: text("event_id"), kind: text("type"), attempt, answer };
    shared.change(|world| {
        if let Some(community) = world.communities.get_mut(&community) {
            community.note_delivery(delivery);
        }
    });
}

type Answer = Result<(u16, String, String), String>;

async fn post(
    shared: &Shared,
    url: &str,
    event: &Value,
    attempt: u32,
) -> (Answer, Option<Duration>) {
    let mut request = shared.client.post(url).json(event).timeout(shared.options.callback_timeout);
    if attempt > 0 {
        request = request.header("X-Retry-Counter", attempt.to_string());
    }
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return (Err(error.without_url().to_string()), None),
    };
    let status = response.status().as_u16();
    let header = |name| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let kind = header("content-type");
    let wait = header("retry-after").parse().ok().map(Duration::from_secs);
    let wait = wait.filter(|w| matches!(status, 410 | 429 | 503) && *w < LONGEST_WAIT);
    match response.text().await {
        Ok(body) => (Ok((status, kind, body.chars().take(ANSWER_CHARS).collect())), wait),
        Err(error) => (Err(error.without_url().to_string()), None),
    }
}

/// Asks a new server for the confirmation code, as VK does inside of `groups.addCallbackServer`.
pub(super) async fn confirm(shared: &Shared, community: i64, server: &Server) -> bool {
    let event = json!({
        "type": "confirmation", "group_id": community, "event_id": letters(40).to_lowercase(),
        "v": "5.199", "secret": server.secret,
    });
    let (answer, _) = post(shared, &server.url, &event, 0).await;
    let code = shared.world().communities.get(&community).map(|c| c.code.clone());
    let right = matches!((&answer, &code), (Ok((200, _, body)), Some(code)) if body == code);
    note(shared, community, server.id, &event, 0, answer);
    right
}
