//! The rhythm of asking a provider for what it did not tell by itself: people's messages, and what
//! became of ours.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use channel::{Batch, Inbox, ListenError};
use domain::channel::StateReport;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    events::{self, Event},
    fault::{self, Fault},
    provider::{Line, Provider},
};

/// Keys of the channel's state.
const CURSOR: &str = "http_cursor";
const TOLD: &str = "http_told";
/// Messages of which it is remembered what was told, so that it is told once; more where a look lists
/// more.
const MOST_TOLD: usize = 1_000;
/// What is told of a message of a person.
const CAME: &str = "came";

pub(super) async fn run(
    provider: &dyn Provider,
    line: &Line,
    inbox: &dyn Inbox,
    poll: Duration,
    stop: &CancellationToken,
) -> Result<(), ListenError> {
    let mut cursor = inbox.state(CURSOR).await?;
    let mut told = Told::read(inbox.state(TOLD).await?.as_ref());
    let mut reported = false;
    loop {
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            answer = provider.news(line, cursor.as_ref(), inbox.now()) => answer,
        };
        let pause = match answer {
            Ok(news) => {
                if !reported {
                    inbox.report(StateReport::connected()).await?;
                    reported = true;
                }
                let mut batch = Batch::default();
                let fresh = told.fresh(news.events);
                if !fresh.is_empty() {
                    batch.state.push((TOLD.to_owned(), told.write()));
                }
                batch.events =
                    fresh.into_iter().filter_map(|e| events::inbound(e, &line.account)).collect();
                if news.cursor.is_some() && news.cursor != cursor {
                    cursor = news.cursor;
                    batch.state.extend(cursor.clone().map(|value| (CURSOR.to_owned(), value)));
                }
                if !batch.events.is_empty() || !batch.state.is_empty() {
                    inbox.accept(batch).await?;
                }
                poll
            }
            Err(Fault::Busy { after, .. }) => after.max(poll),
            Err(fault) => return Err(fault::listen_error(fault)),
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What was told last of each message. Lists repeat all of them each time.
#[derive(Debug, Default)]
struct Told {
    by_id: BTreeMap<String, String>,
    /// Oldest first.
    order: VecDeque<String>,
    /// Of this process: what such a look lists must not be forgotten before the next one.
    longest_look: usize,
}

impl Told {
    fn read(value: Option<&Value>) -> Self {
        let mut told = Self::default();
        for pair in value.and_then(Value::as_array).into_iter().flatten() {
            let (id, word) = (pair.get(0).and_then(Value::as_str), pair.get(1));
            if let (Some(id), Some(word)) = (id, word.and_then(Value::as_str)) {
                told.note(id.to_owned(), word);
            }
        }
        told
    }

    fn write(&self) -> Value {
        self.order.iter().filter_map(|id| Some(json!([id, self.by_id.get(id)?]))).collect()
    }

    /// Leaves out what was told already.
    fn fresh(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        self.longest_look = self.longest_look.max(events.len());
        events.retain(|event| match event {
            Event::Report { id, status, .. } => self.note(id.clone(), status.as_str()),
            Event::Came(came) | Event::Strange(came) => {
                self.note(format!("{CAME}:{}", came.id), CAME)
            }
            Event::Unknown => false,
        });
        let most = MOST_TOLD.max(self.longest_look);
        let forgotten = self.order.len().saturating_sub(most);
        for id in self.order.drain(..forgotten) {
            self.by_id.remove(&id);
        }
        events
    }

    /// Whether it is new.
    fn note(&mut self, id: String, word: &str) -> bool {
        if let Some(before) = self.by_id.insert(id.clone(), word.to_owned()) {
            return before != word;
        }
        self.order.push_back(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::delivery::DeliveryStatus;

    use super::*;

    fn report(id: &str, status: DeliveryStatus) -> Event {
        let at = DateTime::from_timestamp(1_790_000_000, 0).expect("a time of this century");
        Event::Report { id: id.to_owned(), status, reason: None, at }
    }

    #[test]
    fn cv_7_a_status_is_told_once_also_after_a_restart() {
        let mut told = Told::default();
        let first = vec![report("1", DeliveryStatus::Sent), report("2", DeliveryStatus::Delivered)];
        assert_eq!(told.fresh(first.clone()).len(), 2);
        assert!(told.fresh(first).is_empty());
        let mut again = Told::read(Some(&told.write()));
        assert_eq!((&again.by_id, &again.order), (&told.by_id, &told.order));
        assert_eq!(again.fresh(vec![report("1", DeliveryStatus::Delivered)]).len(), 1);
    }

    #[test]
    fn by_5_what_was_told_has_a_bound() {
        let mut told = Told::default();
        for n in 0..3 * MOST_TOLD {
            told.fresh(vec![report(&n.to_string(), DeliveryStatus::Sent)]);
        }
        assert_eq!((told.by_id.len(), told.order.len()), (MOST_TOLD, MOST_TOLD));
    }

    #[test]
    fn by_8_whatever_a_look_lists_is_told_once_also_after_a_shorter_look_and_a_restart() {
        let listed: Vec<Event> =
            (0..5 * MOST_TOLD).map(|n| report(&n.to_string(), DeliveryStatus::Sent)).collect();
        let mut told = Told::default();
        assert_eq!(told.fresh(listed.clone()).len(), listed.len());
        let shorter: Vec<Event> = listed.iter().take(10).cloned().collect();
        assert_eq!(told.fresh(shorter).len(), 0);
        assert_eq!(told.fresh(listed.clone()).len(), 0);
        let mut again = Told::read(Some(&told.write()));
        assert_eq!(again.fresh(listed).len(), 0);
        // What nothing lists any more is forgotten by the next process.
        let mut again = Told::read(Some(&again.write()));
        assert_eq!(again.fresh(vec![report("new", DeliveryStatus::Sent)]).len(), 1);
        assert_eq!((again.by_id.len(), again.order.len()), (MOST_TOLD, MOST_TOLD));
    }
}
