//! The sessions that listeners of this process hold, so that sends go over them: most accounts allow
//! one or two sessions, and receipts come over the one that sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ids::ChannelId;

use super::session::Link;

#[derive(Debug, Default)]
pub(crate) struct HeldLinks {
    links: Arc<Mutex<HashMap<ChannelId, (u64, Link)>>>,
}

/// A link is given away as long as this lives.
#[derive(Debug)]
pub(crate) struct Held {
    links: Arc<Mutex<HashMap<ChannelId, (u64, Link)>>>,
    channel: ChannelId,
    turn: u64,
}

impl HeldLinks {
    /// Puts a link in the place of a former one.
    pub(crate) fn hold(&self, channel: ChannelId, link: Link) -> Held {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = links.get(&channel).map_or(0, |(turn, _)| turn + 1);
        links.insert(channel, (turn, link));
        Held { links: Arc::clone(&self.links), channel, turn }
    }

    pub(crate) fn of(&self, channel: ChannelId) -> Option<Link> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.get(&channel).map(|(_, link)| link.clone()).filter(|link| !link.is_closed())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        // A later listener's link stays.
        if links.get(&self.channel).is_some_and(|(turn, _)| *turn == self.turn) {
            links.remove(&self.channel);
        }
    }
}
