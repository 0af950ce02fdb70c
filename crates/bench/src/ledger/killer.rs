//! Kills the server, Postgres, or both, and starts again what a supervisor would start.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::senders::Course;
use crate::{percentile::Latencies, stage::Stage};

/// How long the server may take to bring back a Postgres that was killed beneath it.
const PATIENCE: Duration = Duration::from_secs(15);
/// Crash recovery is waited for at the end, whatever it takes within reason.
const AT_THE_END: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Target {
    Server,
    /// Postmaster and all backends at once.
    Postgres,
    /// The postmaster alone; its backends notice.
    Postmaster,
    Both,
}

pub struct Orders {
    pub seconds: u64,
    pub kills: u64,
    pub seed: u64,
    /// For the control that loses what Postgres had not written.
    pub only_postgres: bool,
}

/// What was killed and what came of it.
#[derive(Debug, Default)]
pub struct Kills {
    server: usize,
    postgres: usize,
    postmaster: usize,
    both: usize,
    /// From a kill to the first acknowledgement of a request begun after it.
    pub server_back: Latencies,
    /// The same where Postgres was killed, with or without the server.
    pub postgres_back: Latencies,
    /// Postgres died and the server did not bring it back: it had to be started anew.
    pub needed_a_hand: usize,
    pub words_of_faults: Vec<String>,
}

impl Kills {
    pub fn count(&self) -> usize {
        self.server + self.postgres + self.postmaster + self.both
    }

    pub fn words(&self) -> String {
        format!(
            "{}: server {}, Postgres {}, its postmaster alone {}, both {}",
            self.count(),
            self.server,
            self.postgres,
            self.postmaster,
            self.both
        )
    }
}

/// Kills through the whole time, and answers when everything is up again after it.
pub async fn kill(stage: &mut Stage, course: &Arc<Course>, orders: &Orders) -> Result<Kills> {
    let mut rng = StdRng::seed_from_u64(orders.seed ^ 0x4000);
    let mut kills = Kills::default();
    let begun = Instant::now();
    let whole = Duration::from_secs(orders.seconds);
    let mean = whole.div_f64(orders.kills.max(1) as f64 + 1.0);
    loop {
        let wait = mean.mul_f64(rng.random_range(0.6..1.4));
        let left = whole.saturating_sub(begun.elapsed());
        // The last seconds are quiet, so that the last kill is one in the middle of traffic.
        if left < wait + Duration::from_secs(2) {
            tokio::time::sleep(left).await;
            break;
        }
        tokio::time::sleep(wait).await;
        let target = choose(&mut rng, orders.only_postgres);
        strike(stage, course, target, &mut rng, &mut kills).await?;
    }
    stage.ready_within(AT_THE_END).await?;
    Ok(kills)
}

fn choose(rng: &mut StdRng, only_postgres: bool) -> Target {
    if only_postgres {
        return Target::Both;
    }
    match rng.random_range(0..100) {
        0..40 => Target::Server,
        40..60 => Target::Postgres,
        60..75 => Target::Postmaster,
        _ => Target::Both,
    }
}

async fn strike(
    stage: &mut Stage,
    course: &Arc<Course>,
    target: Target,
    rng: &mut StdRng,
    kills: &mut Kills,
) -> Result<()> {
    let at = Instant::now();
    match target {
        Target::Server => {
            kills.server += 1;
            stage.kill_server()?;
        }
        Target::Postgres => {
            kills.postgres += 1;
            stage.kill_postgres()?;
        }
        Target::Postmaster => {
            kills.postmaster += 1;
            stage.kill_postmaster()?;
        }
        Target::Both => {
            kills.both += 1;
            // First Postgres: nobody is left who could have been told of a commit that is lost.
            stage.kill_postgres()?;
            stage.kill_server()?;
        }
    }
    course.killed_now();
    match target {
        Target::Server | Target::Both => {
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..300))).await;
            stage.start_server()?;
            up(stage, kills).await?;
        }
        Target::Postgres | Target::Postmaster => {
            if !back_by_itself(stage, course).await {
                kills.needed_a_hand += 1;
                kills.words_of_faults.push(format!(
                    "{target:?} was killed; the server was not back within {} s: {}",
                    PATIENCE.as_secs(),
                    stage.last_words().lines().last().unwrap_or_default()
                ));
                stage.kill_server()?;
                stage.start_server()?;
                up(stage, kills).await?;
            }
        }
    }
    // Whoever comes first after the kill tells how long it took.
    while course.back_after().is_none() && at.elapsed() < AT_THE_END {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let back = course.back_after().unwrap_or(AT_THE_END);
    match target {
        Target::Server => kills.server_back.record(back),
        Target::Postgres | Target::Postmaster | Target::Both => kills.postgres_back.record(back),
    }
    Ok(())
}

/// A process that gives up is started again, as a service manager would, a few times.
async fn up(stage: &mut Stage, kills: &mut Kills) -> Result<()> {
    for _ in 0..5 {
        match stage.ready_within(AT_THE_END).await {
            Ok(()) => return Ok(()),
            Err(error) if stage.server_ended() => {
                kills.words_of_faults.push(format!("started anew: {error:#}"));
                stage.start_server()?;
            }
            Err(error) => return Err(error),
        }
    }
    stage.ready_within(AT_THE_END).await
}

async fn back_by_itself(stage: &mut Stage, course: &Course) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if course.back_after().is_some() {
            return true;
        }
        if stage.server_ended() {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}
