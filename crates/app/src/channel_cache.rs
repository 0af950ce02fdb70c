//! Channels by their address, kept for a moment: a busy webhook asks for the same row again and
//! again, and opening its secrets costs more than storing the message.

use std::{collections::HashMap, sync::Arc, time::Duration};

use store::ChannelRow;
use tokio::{sync::Mutex, time::Instant};

use crate::{App, Result};

/// So long a change of settings may go unnoticed by webhooks of this process. A channel that was
/// taken away is noticed at once all the same: the accepting transaction looks at the row.
const FRESH: Duration = Duration::from_secs(2);
/// Most channels kept. Only keys that exist are kept, so strangers cannot fill it.
const MOST: usize = 4096;

#[derive(Default)]
pub struct ChannelCache {
    kept: Mutex<HashMap<String, (Instant, Arc<ChannelRow>)>>,
}

impl ChannelCache {
    /// The channel behind a webhook or widget address, at most two seconds old.
    pub async fn by_hook_key(&self, app: &App, key: &str) -> Result<Option<Arc<ChannelRow>>> {
        let now = Instant::now();
        if let Some((read, channel)) = self.kept.lock().await.get(key)
            && now - *read < FRESH
        {
            return Ok(Some(channel.clone()));
        }
        let Some(channel) = app.store.channel_by_hook_key(key).await?.map(Arc::new) else {
            self.kept.lock().await.remove(key);
            return Ok(None);
        };
        let mut kept = self.kept.lock().await;
        if kept.len() >= MOST {
            kept.retain(|_, (read, _)| now - *read < FRESH);
        }
        if kept.len() < MOST {
            kept.insert(key.to_owned(), (now, channel.clone()));
        }
        Ok(Some(channel))
    }
}
