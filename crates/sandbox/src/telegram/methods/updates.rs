//! `getUpdates`: one poller at a time, and none while a webhook is set.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::webhook::allowed_updates;
use crate::telegram::{
    answer::{Answer, Refusal, Success},
    params::Params,
    world::{BotState, PollEnd, Shared},
};

const LONGEST: i64 = 50;
const HOOKED: &str = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
const OTHER_POLL: &str =
    "terminated by other getUpdates request; make sure that only one bot instance is running";

pub(super) async fn get_updates(shared: &Arc<Shared>, bot_id: i64, params: &Params) -> Answer {
    let offset = params.integer("offset").unwrap_or(0);
    let limit = params.integer("limit").unwrap_or(100).clamp(1, 100);
    let mut limit = usize::try_from(limit).unwrap_or(1);
    let timeout = params.integer("timeout").unwrap_or(0).clamp(0, LONGEST);
    let mut timeout = Duration::from_secs(timeout.unsigned_abs());
    let allowed = allowed_updates(params.json("allowed_updates")?)?;

    let now = Instant::now();
    let (found, mut polls, mut bell, own) = {
        let mut world = shared.world();
        let Some(bot) = world.bots.get_mut(&bot_id) else { return Err(Refusal::unauthorized()) };
        if bot.hook.is_some() {
            return Err(Refusal::conflict(HOOKED));
        }
        if let Some(allowed) = allowed {
            bot.allowed = allowed;
        }
        if shared.options.slow_repeated_offset
            && let Some((last, at)) = bot.last_poll
            && last == offset
        {
            let since = now.saturating_duration_since(at);
            if since < Duration::from_secs(3) {
                timeout = timeout.max(Duration::from_secs(3));
            }
            if since < Duration::from_millis(500) {
                limit = 1;
            }
        }
        bot.last_poll = Some((offset, now));
        let found = take(bot, offset, limit, now);
        // Only a poll that has to wait ends the one that waits already.
        let waits = found.is_empty() && !timeout.is_zero();
        let own = if waits { bot.end_polls(PollEnd::OtherPoll) } else { 0 };
        (found, bot.polls.subscribe(), bot.bell.subscribe(), own)
    };
    if !found.is_empty() || timeout.is_zero() {
        return Ok(Success::of(Value::Array(found)));
    }

    // Somebody may wait for a poll to be waiting.
    shared.bell.send_modify(|count| *count += 1);
    let deadline = tokio::time::Instant::now() + timeout;
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return Err(Refusal::server_error(502)),
            ended = polls.wait_for(|(number, _)| *number != own) => {
                return Err(Refusal::conflict(match ended.as_deref() {
                    Ok((_, PollEnd::SetWebhook)) => "terminated by setWebhook request",
                    _ => OTHER_POLL,
                }));
            }
            _ = bell.changed() => {}
            () = tokio::time::sleep_until(deadline) => {
                return Ok(Success::of(Value::Array(Vec::new())));
            }
        }
        let mut world = shared.world();
        let Some(bot) = world.bots.get_mut(&bot_id) else { return Err(Refusal::unauthorized()) };
        let found = take(bot, offset.max(0), limit, Instant::now());
        if !found.is_empty() {
            return Ok(Success::of(Value::Array(found)));
        }
    }
}

/// A positive offset confirms all before it; a negative one forgets all but the last so many.
fn take(bot: &mut BotState, offset: i64, limit: usize, now: Instant) -> Vec<Value> {
    bot.drop_expired(now);
    if offset > 0 {
        bot.queue = bot.queue.split_off(&offset);
    } else if offset < 0 {
        let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        while bot.queue.len() > keep {
            bot.queue.pop_first();
        }
    }
    bot.queue.values().take(limit).map(|pending| pending.body.clone()).collect()
}
