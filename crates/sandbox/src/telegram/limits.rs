//! Token buckets, as pure functions of the time given.

use std::time::{Duration, Instant};

use super::Rate;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    /// What has been taken and has not yet flowed back.
    taken: f64,
    at: Option<Instant>,
}

impl Bucket {
    /// How long the caller must wait before `cost` messages may go, or nothing to wait for.
    pub(super) fn wait(&self, rate: Rate, cost: u32, now: Instant) -> Option<Duration> {
        let room = f64::from(rate.burst) - self.taken_at(rate, now);
        // An album may be larger than the bucket: it goes when the bucket is full.
        let needed = f64::from(cost.min(rate.burst));
        let missing = needed - room;
        (missing > 1e-9).then(|| Duration::from_secs_f64(missing / rate.per_second))
    }

    pub(super) fn take(&mut self, rate: Rate, cost: u32, now: Instant) {
        self.taken = self.taken_at(rate, now) + f64::from(cost);
        self.at = Some(now);
    }

    fn taken_at(&self, rate: Rate, now: Instant) -> f64 {
        let Some(at) = self.at else { return 0.0 };
        let flowed = now.saturating_duration_since(at).as_secs_f64() * rate.per_second;
        (self.taken - flowed).max(0.0)
    }
}

/// `retry_after` is in whole seconds and never zero.
pub(super) fn retry_after(wait: Duration) -> u64 {
    (wait.as_secs_f64().ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_A_SECOND: Rate = Rate { per_second: 1.0, burst: 1 };

    #[test]
    fn second_message_within_a_second_waits() {
        let start = Instant::now();
        let mut bucket = Bucket::default();
        assert_eq!(bucket.wait(ONE_A_SECOND, 1, start), None);
        bucket.take(ONE_A_SECOND, 1, start);
        let later = start + Duration::from_millis(400);
        let wait = bucket.wait(ONE_A_SECOND, 1, later).expect("has to wait");
        assert!((wait.as_secs_f64() - 0.6).abs() < 0.001, "{wait:?}");
        assert_eq!(retry_after(wait), 1);
        assert_eq!(bucket.wait(ONE_A_SECOND, 1, start + Duration::from_secs(1)), None);
    }

    #[test]
    fn album_larger_than_the_bucket_goes_and_leaves_a_debt() {
        let start = Instant::now();
        let mut bucket = Bucket::default();
        assert_eq!(bucket.wait(ONE_A_SECOND, 3, start), None);
        bucket.take(ONE_A_SECOND, 3, start);
        let wait = bucket.wait(ONE_A_SECOND, 1, start).expect("has to wait");
        assert_eq!(retry_after(wait), 3);
    }
}
