//! What visitors may do in this process, and what it knows of the hours of the companies' sites. The
//! numbers are constants: they are far above what a person does and far below what hurts, and nobody
//! has asked for others. N processes allow N times as much.
//!
//! | what | limit |
//! |---|---|
//! | new visitors of one address of the network | 30 a minute |
//! | messages, forms and files of one visitor | 20 a minute |
//! | files of one visitor | 10 a minute |
//! | ratings of one visitor | 6 a minute |
//! | files that are being read | 8 at a time |
//! | visitors of one company with an open page | 10,000 (`visitors.rs`) |
//! | frames | 64 KiB each, as many as `wire::Pace` lets through |

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::{App, ChannelRow};
use domain::ids::ChannelId;
use governor::Quota;
use tokio::{sync::Semaphore, time::Instant};

use crate::Limit;

const FILES_AT_ONCE: usize = 8;
/// How old the answer to 'is the site open' may be.
const HOURS_FRESH: Duration = Duration::from_secs(20);

/// What visitors may do, in this process.
pub struct VisitorLimits {
    /// New visitors of one address of the network.
    pub new: Limit,
    /// Messages of one visitor.
    pub messages: Limit,
    pub files: Limit,
    pub ratings: Limit,
    /// Each holds a whole file in memory.
    pub reading: Semaphore,
    hours: Mutex<HashMap<ChannelId, (Instant, bool)>>,
}

impl Default for VisitorLimits {
    fn default() -> Self {
        let per_minute =
            |n| Limit::new(Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)));
        Self {
            new: per_minute(30),
            messages: per_minute(20),
            files: per_minute(10),
            ratings: per_minute(6),
            reading: Semaphore::new(FILES_AT_ONCE),
            hours: Mutex::default(),
        }
    }
}

impl VisitorLimits {
    /// Whether the channel's working hours, if it has any, are on (RT-3a).
    pub async fn is_open(&self, app: &App, channel: &ChannelRow) -> app::Result<bool> {
        let id = channel.channel_id;
        let known = self.hours.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        if let Some((read, open)) = known
            && read.elapsed() < HOURS_FRESH
        {
            return Ok(open);
        }
        let open = app.site_is_open(channel).await?;
        let mut hours = self.hours.lock().unwrap_or_else(PoisonError::into_inner);
        hours.retain(|_, (read, _)| read.elapsed() < HOURS_FRESH);
        hours.insert(id, (Instant::now(), open));
        Ok(open)
    }
}
