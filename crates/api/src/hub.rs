//! One hub per process: the rooms of those accounts that have sockets here, woken by hints that
//! their feed grew. A hint is never trusted for more than that: rooms read the rows.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};

use app::{App, Hint};
use domain::{ids::AccountId, passing::Passing};
use tokio::sync::{Semaphore, broadcast::error::RecvError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::room::Room;

/// A lost notification costs at most this long.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Sockets that read their past at once: a storm of reconnects leaves connections to the database
/// for those who write.
const READERS: usize = 8;

pub struct Hub {
    pub(crate) app: App,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) readers: Semaphore,
    rooms: Mutex<HashMap<AccountId, Arc<Room>>>,
    started: Once,
}

/// Keeps a room open as long as somebody is in it.
pub struct Member {
    hub: Arc<Hub>,
    room: Arc<Room>,
}

impl std::ops::Deref for Member {
    type Target = Arc<Room>;

    fn deref(&self) -> &Arc<Room> {
        &self.room
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut rooms = self.hub.rooms();
        let mut members = self.room.members();
        *members -= 1;
        if *members == 0 {
            rooms.remove(&self.room.account);
            self.room.closed.cancel();
        }
    }
}

impl Hub {
    /// Sleeps until the first socket comes.
    pub fn new(app: App) -> Arc<Self> {
        Arc::new(Self {
            app,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            readers: Semaphore::new(READERS),
            rooms: Mutex::default(),
            started: Once::new(),
        })
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<AccountId, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every socket to connect elsewhere, and ends when they are gone.
    pub async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Enters an account's room, which reads its feed from now on.
    pub async fn enter(self: &Arc<Self>, account: AccountId) -> app::Result<Member> {
        self.started.call_once(|| {
            self.tasks.spawn(self.clone().listen());
        });
        let room = {
            let mut rooms = self.rooms();
            let room = rooms.entry(account).or_insert_with(|| Arc::new(Room::new(account)));
            *room.members() += 1;
            room.clone()
        };
        let member = Member { hub: self.clone(), room };
        member.open(self).await?;
        Ok(member)
    }

    /// Passes hints on to the rooms, and looks now and then whether one was lost.
    async fn listen(self: Arc<Self>) {
        let mut hints = self.app.hints();
        let mut signs = self.app.passing();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                hint = hints.recv() => match hint {
                    Ok(hint) => self.offer(hint),
                    // Some were dropped, nobody knows whose: all look.
                    Err(RecvError::Lagged(_)) => self.rooms().values().for_each(|r| r.wake()),
                    Err(RecvError::Closed) => return,
                },
                sign = signs.recv() => match sign {
                    Ok((_, passing)) => self.notice(&passing),
                    // Signs of life are lost without harm.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = look.tick() => self.look().await,
            }
        }
    }

    fn offer(&self, hint: Hint) {
        if let Some(room) = self.rooms().get(&hint.account) {
            room.offer(hint);
        }
    }

    fn notice(&self, passing: &Passing) {
        let room = self.rooms().get(&passing.account).cloned();
        let back = room.map(|room| room.notice(passing)).unwrap_or_default();
        back.into_iter().for_each(|sign| self.app.pass(sign));
    }

    fn wake(&self, account: AccountId, seq: i64) {
        if let Some(room) = self.rooms().get(&account).filter(|room| room.seq() < seq) {
            room.wake();
        }
    }

    async fn look(&self) {
        let accounts: Vec<AccountId> = self.rooms().keys().copied().collect();
        metrics::gauge!("beseda_socket_accounts").set(accounts.len() as f64);
        for some in accounts.chunks(1000) {
            match self.app.last_seqs(some).await {
                Ok(seqs) => {
                    seqs.into_iter().for_each(|(account, seq)| self.wake(account, seq));
                }
                Err(error) => tracing::debug!(%error, "cannot look for missed events"),
            }
        }
    }
}
