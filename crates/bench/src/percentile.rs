//! Latencies and what is said of them.

use std::time::Duration;

use serde::Serialize;

/// Samples kept of one series; what comes beyond is counted and not kept, so memory is bounded.
const MOST: usize = 4_000_000;

/// A series of latencies.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    micros: Vec<u32>,
    beyond: u64,
}

/// What is printed of a series, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Summary {
    pub count: u64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Latencies {
    pub fn record(&mut self, took: Duration) {
        if self.micros.len() < MOST {
            self.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        } else {
            self.beyond += 1;
        }
    }

    pub fn absorb(&mut self, other: &Self) {
        let room = MOST - self.micros.len();
        self.micros.extend(other.micros.iter().take(room));
        self.beyond += other.beyond + other.micros.len().saturating_sub(room) as u64;
    }

    /// Nearest rank: the smallest sample that at least `share` of all samples do not exceed.
    pub fn summary(&self) -> Summary {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let at = |share: f64| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            let micros = sorted.get(rank.max(1) - 1).copied().unwrap_or(0);
            f64::from(micros) / 1000.0
        };
        Summary {
            count: sorted.len() as u64 + self.beyond,
            p50: at(0.50),
            p95: at(0.95),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Latencies {
        let mut series = Latencies::default();
        for m in millis {
            series.record(Duration::from_millis(m));
        }
        series
    }

    #[test]
    fn percentiles_are_samples_of_the_nearest_rank() {
        let summary = of((1..=100).rev()).summary();
        assert_eq!(summary, Summary { count: 100, p50: 50.0, p95: 95.0, p99: 99.0, max: 100.0 });
        assert_eq!(of([7]).summary(), Summary { count: 1, p50: 7.0, p95: 7.0, p99: 7.0, max: 7.0 });
        assert_eq!(of([]).summary(), Summary::default());
    }

    #[test]
    fn the_slowest_of_two_hundred_shows_in_the_maximum_alone() {
        let summary = of((0..199).map(|_| 1).chain([500])).summary();
        assert_eq!((summary.p99, summary.max), (1.0, 500.0));
    }

    #[test]
    fn series_are_put_together() {
        let mut one = of([1, 2]);
        one.absorb(&of([3]));
        assert_eq!(one.summary().count, 3);
        assert_eq!(one.summary().max, 3.0);
    }
}
