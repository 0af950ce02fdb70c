//! The real clock and the real source of ids: the one place where they are read.

use chrono::{DateTime, Utc};
use domain::{clock::Clock, ids::Ids};
use uuid::Uuid;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "everybody else is given this clock")]
        Utc::now()
    }
}

/// UUIDs of version 7 (RFC 9562): time first, then randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        #[expect(clippy::disallowed_methods, reason = "everybody else is given this source")]
        Uuid::now_v7()
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    use rand::TryRngCore as _;
    let mut bytes = [0; N];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}
