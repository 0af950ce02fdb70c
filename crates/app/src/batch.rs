//! Gathers concurrent messages into one accepting transaction. Whoever comes first commits for all
//! who came meanwhile; nobody waits for a timer, so a lone message is not delayed. Each caller is
//! answered after the COMMIT that holds its own message.

use std::sync::Arc;

use store::{
    Store,
    intake::{Item, Stored},
};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};

use crate::{Error, Result};

/// Batches under way at once. A second one would wait for the first one's locks on the account and
/// halve the batches, so each message would pay for more statements.
const AT_ONCE: usize = 1;
/// Most messages of one batch.
const MOST: usize = 128;
/// Most messages waiting; beyond it the sender is told to come again.
const WAITING: usize = 8192;

struct Waiting {
    item: Item,
    answer: oneshot::Sender<Result<Stored>>,
}

/// The gathering place. One per process.
pub struct Batcher {
    store: Store,
    put: mpsc::Sender<Waiting>,
    queue: Mutex<mpsc::Receiver<Waiting>>,
    turns: Arc<Semaphore>,
}

impl Batcher {
    pub fn new(store: Store) -> Self {
        let (put, queue) = mpsc::channel(WAITING);
        Self { store, put, queue: Mutex::new(queue), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Stores the message and returns after COMMIT.
    pub async fn accept(&self, item: Item) -> Result<Stored> {
        let (answer, mut answered) = oneshot::channel();
        self.put
            .try_send(Waiting { item, answer })
            .map_err(|_| Error::Unavailable("too many messages are waiting".to_owned()))?;
        loop {
            let turn = tokio::select! {
                biased;
                fate = &mut answered => return fate.unwrap_or_else(|_| {
                    Err(Error::Unavailable("the batch was broken off".to_owned()))
                }),
                turn = self.turns.acquire() => turn,
            };
            // Closed never: the semaphore lives as long as we do.
            let Ok(_turn) = turn else {
                return Err(Error::Internal("the batcher is closed".to_owned()));
            };
            self.commit_one().await;
        }
    }

    /// Takes what waits and commits it.
    async fn commit_one(&self) {
        let mut batch = Vec::new();
        {
            let mut queue = self.queue.lock().await;
            while batch.len() < MOST {
                let Ok(waiting) = queue.try_recv() else { break };
                batch.push(waiting);
            }
        }
        if batch.is_empty() {
            return;
        }
        metrics::histogram!("beseda_intake_batch_size").record(batch.len() as f64);
        let (items, answers): (Vec<Item>, Vec<_>) =
            batch.into_iter().map(|w| (w.item, w.answer)).unzip();
        match self.store.accept(&items).await {
            Ok(fates) => {
                for (answer, fate) in answers.into_iter().zip(fates) {
                    // A sender who left will repeat and be told of the duplicate.
                    let _ = answer.send(Ok(fate));
                }
            }
            Err(error) if matches!(error, store::Error::Unavailable(_)) => {
                for answer in answers {
                    let _ = answer.send(Err(Error::Unavailable(error.to_string())));
                }
            }
            Err(error) => {
                // One poisoned item, or a lost race, must not fail its neighbours.
                tracing::warn!(%error, size = items.len(), "a batch failed; storing one by one");
                for (item, answer) in items.into_iter().zip(answers) {
                    let _ = answer.send(self.accept_alone(item).await);
                }
            }
        }
    }

    async fn accept_alone(&self, item: Item) -> Result<Stored> {
        let mut tries = 0;
        loop {
            match self.store.accept(std::slice::from_ref(&item)).await {
                Ok(mut fates) => {
                    return fates.pop().ok_or_else(|| Error::Internal("no fate".to_owned()));
                }
                // A race is lost once or twice, not for ever.
                Err(store::Error::Conflict(_) | store::Error::Constraint(_)) if tries < 5 => {
                    tries += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
