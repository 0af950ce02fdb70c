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
    links: Arc<Mutex<Links>>,
}

type Links = HashMap<ChannelId, Kept>;

#[derive(Debug)]
struct Kept {
    turn: u64,
    link: Link,
    /// What its bind proved.
    login: String,
}

/// A link is given away as long as this lives.
#[derive(Debug)]
pub(crate) struct Held {
    links: Arc<Mutex<Links>>,
    channel: ChannelId,
    turn: u64,
}

impl HeldLinks {
    /// Puts a link in the place of a former one.
    pub(crate) fn hold(&self, channel: ChannelId, login: String, link: Link) -> Held {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = links.get(&channel).map_or(0, |kept| kept.turn + 1);
        links.insert(channel, Kept { turn, link, login });
        Held { links: Arc::clone(&self.links), channel, turn }
    }

    pub(crate) fn of(&self, channel: ChannelId) -> Option<Link> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.get(&channel).map(|kept| kept.link.clone()).filter(|link| !link.is_closed())
    }

    /// The same, if it was bound with this login.
    pub(crate) fn bound_with(&self, channel: ChannelId, login: &str) -> Option<Link> {
        let link = self.of(channel)?;
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.get(&channel).is_some_and(|kept| kept.login == login).then_some(link)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        // A later listener's link stays.
        if links.get(&self.channel).is_some_and(|kept| kept.turn == self.turn) {
            links.remove(&self.channel);
        }
    }
}
