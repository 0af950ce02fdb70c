//! Reads letters off the async threads: on a thread with a big stack, with a deadline, a few at a
//! time. Caps make hostile letters cheap; this is the wall behind them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use crate::letter::{self, Caps, Letter, Refusal};

/// Enough for 30,000 nested parts, many times the caps.
const STACK: usize = 32 * 1024 * 1024;

/// No thread was free within the deadline: the letter is tried again, it is not to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no thread is free to read a letter")]
pub struct Busy;

/// A bounded number of reading threads.
#[derive(Debug, Clone)]
pub struct Reader {
    caps: Arc<Caps>,
    deadline: Duration,
    places: Arc<Semaphore>,
}

impl Reader {
    pub fn new(caps: Caps, deadline: Duration, threads: usize) -> Self {
        Self { caps: Arc::new(caps), deadline, places: Arc::new(Semaphore::new(threads)) }
    }

    /// The caps it reads by.
    pub fn caps(&self) -> &Caps {
        &self.caps
    }

    /// Reads one letter.
    pub async fn read(&self, raw: Bytes) -> Result<Result<Letter, Refusal>, Busy> {
        let caps = Arc::clone(&self.caps);
        self.run(move || letter::read(&raw, &caps)).await
    }

    async fn run(
        &self,
        work: impl FnOnce() -> Result<Letter, Refusal> + Send + 'static,
    ) -> Result<Result<Letter, Refusal>, Busy> {
        let place = timeout(self.deadline, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(Busy) };
        let (done, outcome) = oneshot::channel();
        let thread = std::thread::Builder::new().name("letter".to_owned()).stack_size(STACK);
        let started = thread.spawn(move || {
            // A thread past its deadline keeps its place until it ends, so that hostile letters
            // cannot take more processors than there are places.
            let _place = place;
            // A panic drops `done`, which the caller sees. The receiver may be gone: no matter.
            let _ = done.send(work());
        });
        if started.is_err() {
            return Err(Busy);
        }
        Ok(match timeout(self.deadline, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panicked)) => Err(Refusal::TooComplex),
            Err(_late) => Err(Refusal::TooComplex),
        })
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(Caps::default(), Duration::from_secs(20), 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s16_a_panic_and_an_endless_letter_are_refused_and_the_next_is_read() {
        let reader = Reader::new(Caps::default(), Duration::from_millis(300), 2);
        let refused = reader.run(|| panic!("a bug of the parser")).await;
        assert_eq!(refused.map(|r| r.err()), Ok(Some(Refusal::TooComplex)));
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let late = reader
            .run(move || {
                let _ = wait.recv();
                Err(Refusal::NotALetter)
            })
            .await;
        assert_eq!(late.map(|r| r.err()), Ok(Some(Refusal::TooComplex)));
        let good = reader.read(Bytes::from_static(b"From: a@b.test\nSubject: c\n\nd")).await;
        assert!(matches!(good, Ok(Ok(letter)) if letter.text == "d"));
        drop(go_on);
    }
}
