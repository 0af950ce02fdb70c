//! The sandbox's own time: real time at a speed, plus what a test has skipped.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant, SystemTime},
};

#[derive(Debug)]
pub(super) struct Clock {
    started: Instant,
    base_ms: i64,
    speed: f64,
    skipped_ms: AtomicI64,
}

impl Clock {
    pub(super) fn new(speed: f64) -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            started: Instant::now(),
            base_ms: millis(since),
            speed: if speed > 0.0 { speed } else { 1.0 },
            skipped_ms: AtomicI64::new(0),
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        let run = millis(self.started.elapsed().mul_f64(self.speed));
        self.base_ms + run + self.skipped_ms.load(Ordering::SeqCst)
    }

    /// Whole unix seconds, as the API speaks of time.
    pub(super) fn now(&self) -> i64 {
        self.now_ms() / 1_000
    }

    pub(super) fn advance(&self, by: Duration) {
        self.skipped_ms.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Real time until then, if nobody skips any; nothing when the moment has come.
    pub(super) fn real_until(&self, at_ms: i64) -> Option<Duration> {
        let left = u64::try_from(at_ms - self.now_ms()).ok().filter(|left| *left > 0)?;
        Some(Duration::from_millis(left).div_f64(self.speed))
    }
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
