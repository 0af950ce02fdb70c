//! Gathers concurrent messages into one accepting transaction. Whoever comes first commits for all
//! who came meanwhile; nobody waits for a timer, so a lone message is not delayed. Each caller is
//! answered after the COMMIT that holds its own message.

use store::{
    Store,
    intake::{Item, Stored},
};
use tokio::sync::{AcquireError, Mutex, Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::{Error, Result};

/// So many waiting messages are worth a second batch beside the one under way. With fewer it would
/// only halve the batches, so that each message pays for more statements.
const WORTH_A_SECOND: usize = 16;
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
    turn: Semaphore,
    second_turn: Semaphore,
}

impl Batcher {
    pub fn new(store: Store) -> Self {
        let (put, queue) = mpsc::channel(WAITING);
        Self {
            store,
            put,
            queue: Mutex::new(queue),
            turn: Semaphore::new(1),
            second_turn: Semaphore::new(1),
        }
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
                turn = self.take_turn() => turn,
            };
            // Closed never: the semaphore lives as long as we do.
            let Ok(_turn) = turn else {
                return Err(Error::Internal("the batcher is closed".to_owned()));
            };
            self.commit_one().await;
        }
    }

    /// Waits for the turn to commit; while many wait there are two.
    async fn take_turn(&self) -> std::result::Result<SemaphorePermit<'_>, AcquireError> {
        let waiting = self.put.max_capacity() - self.put.capacity();
        if waiting >= WORTH_A_SECOND
            && let Ok(second) = self.second_turn.try_acquire()
        {
            return Ok(second);
        }
        self.turn.acquire().await
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
