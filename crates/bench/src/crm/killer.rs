//! Kills workers at random and starts them again, as a service manager would.

use std::{convert::Infallible, time::Duration};

use anyhow::Result;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::stage::Stage;

pub const WORKERS: usize = 2;

/// Never ends by itself: whoever waits for the work to be done drops it.
pub async fn kill(
    stage: &mut Stage,
    seed: u64,
    mean: Duration,
    kills: &mut usize,
) -> Result<Infallible> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x5000);
    loop {
        tokio::time::sleep(mean.mul_f64(rng.random_range(0.7..1.3))).await;
        // Now and then nobody is left to take over.
        let whole = rng.random_bool(0.2);
        let one = rng.random_range(0..WORKERS);
        let struck: Vec<usize> = if whole { (0..WORKERS).collect() } else { vec![one] };
        for &nth in &struck {
            stage.kill_worker(nth)?;
            *kills += 1;
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..1000))).await;
        for nth in struck {
            stage.start_worker(nth).await?;
        }
    }
}
