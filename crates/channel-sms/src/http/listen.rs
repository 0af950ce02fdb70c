//! The rhythm of asking a provider for what it did not tell by itself: people's messages, and what
//! became of ours.

use std::{collections::BTreeMap, time::Duration};

use channel::{Batch, Inbox, ListenError};
use domain::{channel::StateReport, delivery::DeliveryStatus};
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
/// Messages whose last status is remembered, so that it is told once. More than a provider lists.
const MOST_TOLD: usize = 1_000;

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
                if fresh.iter().any(|event| matches!(event, Event::Report { .. })) {
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

/// The last status told of each message. Lists repeat all of them each time.
#[derive(Debug, Default, PartialEq)]
struct Told {
    by_id: BTreeMap<String, DeliveryStatus>,
    /// Oldest first.
    order: Vec<String>,
}

impl Told {
    fn read(value: Option<&Value>) -> Self {
        let pairs = value.and_then(Value::as_array).into_iter().flatten();
        let mut told = Self::default();
        for pair in pairs {
            let id = pair.get(0).and_then(Value::as_str);
            let status = pair.get(1).and_then(Value::as_str).and_then(DeliveryStatus::parse);
            if let (Some(id), Some(status)) = (id, status) {
                told.note(id, status);
            }
        }
        told
    }

    fn write(&self) -> Value {
        let pair = |id: &String| Some(json!([id, self.by_id.get(id)?.as_str()]));
        self.order.iter().filter_map(pair).collect()
    }

    /// Leaves out reports that say what was said already.
    fn fresh(&mut self, events: Vec<Event>) -> Vec<Event> {
        let new = |event: &Event| match event {
            Event::Report { id, status, .. } => self.note(id, *status),
            Event::Came(_) | Event::Strange(_) => true,
            Event::Unknown => false,
        };
        let mut new = new;
        events.into_iter().filter(|event| new(event)).collect()
    }

    fn note(&mut self, id: &str, status: DeliveryStatus) -> bool {
        match self.by_id.insert(id.to_owned(), status) {
            Some(before) => before != status,
            None => {
                self.order.push(id.to_owned());
                if self.order.len() > MOST_TOLD {
                    let oldest = self.order.remove(0);
                    self.by_id.remove(&oldest);
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

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
        assert_eq!(again, told);
        assert_eq!(again.fresh(vec![report("1", DeliveryStatus::Delivered)]).len(), 1);
    }

    #[test]
    fn by_5_what_was_told_has_a_bound() {
        let mut told = Told::default();
        for n in 0..3 * MOST_TOLD {
            told.note(&n.to_string(), DeliveryStatus::Delivered);
        }
        assert_eq!((told.by_id.len(), told.order.len()), (MOST_TOLD, MOST_TOLD));
    }
}
