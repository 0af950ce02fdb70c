//! One account's sockets. The feed is read once for all of them and handed out through bounded
//! queues; a queue that is full closes its socket with a code that means 'resume', so nothing is
//! ever left out silently.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{App, FeedPage, Hint};
use axum::extract::ws::Utf8Bytes;
use domain::{
    event::{Event, EventKind},
    ids::{AccountId, ConversationId, EmployeeId},
    passing::{Passing, Sign},
    sight::{Shown, Sight},
    visibility::Audience,
};
use tokio::{
    sync::{Notify, OnceCell, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{frames, hub::Hub, visitors::Visitors};

/// Events read at once.
pub const PAGE: i64 = 500;
/// Events that wait for one socket.
const QUEUE: usize = 1024;
/// Sockets of one account in this process.
const MOST_SOCKETS: usize = 2000;
/// Hints that wait to be handed out.
const MOST_OFFERED: usize = 256;
/// After a fault of the database; the hub's look wakes us anyway.
const PAUSE: Duration = Duration::from_millis(500);
/// How old the answer to 'is anybody on line' may be.
const ONLINE_FRESH: Duration = Duration::from_secs(10);

pub struct Room {
    pub account: AccountId,
    pub closed: CancellationToken,
    members: Mutex<usize>,
    opened: OnceCell<()>,
    woken: Notify,
    /// Woken to read the rows.
    behind: AtomicBool,
    /// What commits of this process appended and nobody has handed out yet.
    offered: Mutex<Vec<Hint>>,
    /// Everything up to it was handed out.
    seq: AtomicI64,
    sockets: Mutex<HashMap<u64, Arc<Slot>>>,
    next_id: AtomicU64,
    pub visitors: Visitors,
    online: tokio::sync::Mutex<Option<(Instant, bool)>>,
    people_changed: AtomicBool,
}

/// An event with its frame, written once for all sockets.
pub struct Fact {
    pub event: Arc<Event>,
    pub text: Utf8Bytes,
}

/// What a socket is handed.
#[derive(Clone)]
pub enum Item {
    Fact(Arc<Fact>),
    /// Events are missing that are not kept any more: everything is to be read anew.
    TooOld(i64),
    /// Outside the log.
    Passing(Utf8Bytes),
}

/// One employee's socket, as its room sees it.
pub struct Slot {
    id: u64,
    pub employee: EmployeeId,
    glass: Mutex<Glass>,
    /// Rights may have changed: until the socket has looked, it judges every event itself.
    stale: AtomicBool,
    queue: mpsc::Sender<Item>,
    pub overflowed: CancellationToken,
    viewing: Mutex<Option<(ConversationId, Audience)>>,
}

/// What a socket is shown at present.
#[derive(Debug, Clone)]
pub struct Glass {
    pub sight: Sight,
    /// `None`: all kinds.
    pub kinds: Option<Vec<EventKind>>,
}

impl Glass {
    pub fn shows(&self, event: &Event) -> Shown {
        let wanted = |kind: &str| match &self.kinds {
            None => true,
            Some(kinds) => kinds.iter().any(|k| k.as_str() == kind),
        };
        match self.sight.shows(event) {
            Shown::Whole if wanted(&event.kind) => Shown::Whole,
            // Said whatever kind of event it was: the conversation vanishes from the client's lists.
            Shown::Gone if wanted(EventKind::ConversationChanged.as_str()) => Shown::Gone,
            _ => Shown::Nothing,
        }
    }
}

impl Slot {
    pub fn glass(&self) -> Glass {
        lock(&self.glass).clone()
    }

    /// From now on the room judges by this.
    pub fn look_through(&self, glass: Glass) {
        *lock(&self.glass) = glass;
    }

    /// Whether rights may have changed since the last question.
    pub fn take_stale(&self) -> bool {
        self.stale.swap(false, Ordering::AcqRel)
    }

    fn wants(&self, event: &Event) -> bool {
        if self.stale.load(Ordering::Acquire) {
            return true;
        }
        let glass = lock(&self.glass);
        if glass.sight.may_change_by(event) {
            self.stale.store(true, Ordering::Release);
            return true;
        }
        glass.shows(event) != Shown::Nothing
    }

    fn sees(&self, audience: &Audience) -> bool {
        use domain::people::Right;
        let glass = lock(&self.glass);
        glass.sight.rights.contains(&Right::ReadConversations) && glass.sight.viewer.sees(audience)
    }

    /// False when the queue was full: the socket is to go.
    fn hand(&self, item: Item) -> bool {
        let handed = self.queue.try_send(item).is_ok();
        if !handed {
            self.overflowed.cancel();
            metrics::counter!("beseda_sockets_overflowed_total").increment(1);
        }
        handed
    }
}

/// A socket's place in its room; leaving is dropping it.
pub struct Seat {
    app: App,
    room: Arc<Room>,
    pub slot: Arc<Slot>,
    pub queue: mpsc::Receiver<Item>,
    /// The queue begins after this number.
    pub seq: i64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.room.sockets).remove(&self.slot.id);
        metrics::gauge!("beseda_sockets").decrement(1.0);
        for left in self.room.view(&self.slot, None) {
            self.app.pass(left);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Room {
    pub fn new(account: AccountId) -> Self {
        Self {
            account,
            closed: CancellationToken::new(),
            members: Mutex::new(0),
            opened: OnceCell::new(),
            woken: Notify::new(),
            behind: AtomicBool::new(false),
            offered: Mutex::default(),
            seq: AtomicI64::new(0),
            sockets: Mutex::default(),
            next_id: AtomicU64::new(0),
            visitors: Visitors::default(),
            online: tokio::sync::Mutex::default(),
            people_changed: AtomicBool::new(false),
        }
    }

    pub fn members(&self) -> MutexGuard<'_, usize> {
        lock(&self.members)
    }

    pub fn seq(&self) -> i64 {
        self.seq.load(Ordering::Acquire)
    }

    /// The feed grew, or may have: the rows are to be read.
    pub fn wake(&self) {
        self.behind.store(true, Ordering::Release);
        self.woken.notify_one();
    }

    /// Begins to read the feed at its present end; the first who enters does it.
    pub async fn open(self: &Arc<Self>, hub: &Arc<Hub>) -> app::Result<()> {
        self.opened
            .get_or_try_init(|| async {
                let seq = hub.app.last_seq(self.account).await?;
                self.seq.store(seq, Ordering::Release);
                let (room, app) = (self.clone(), hub.app.clone());
                hub.tasks.spawn(async move {
                    tokio::select! {
                        () = room.closed.cancelled() => {}
                        () = room.read(&app) => {}
                    }
                });
                Ok(())
            })
            .await
            .copied()
    }

    /// The feed grew. What came with the hint spares us the reading if nothing is missing before it.
    pub fn offer(&self, hint: Hint) {
        {
            let mut offered = lock(&self.offered);
            if offered.len() >= MOST_OFFERED {
                // Too slow for them: the gap makes us read the rows.
                offered.clear();
            }
            offered.push(hint);
        }
        self.woken.notify_one();
    }

    async fn read(&self, app: &App) {
        loop {
            self.woken.notified().await;
            let behind = self.behind.swap(false, Ordering::AcqRel);
            let offered = std::mem::take(&mut *lock(&self.offered));
            if self.hand_out_offered(offered) && !behind {
                continue;
            }
            while self.read_page(app).await {
                // Sockets that keep up empty their queues before the next page.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Hands out what follows without a gap; false when the rows are to be read.
    fn hand_out_offered(&self, mut offered: Vec<Hint>) -> bool {
        offered.sort_by_key(|hint| hint.seq);
        for hint in &offered {
            if hint.seq <= self.seq() {
                continue;
            }
            if hint.events.first().is_none_or(|first| first.seq != self.seq() + 1) {
                return false;
            }
            self.hand_out(hint.events.iter().cloned());
        }
        true
    }

    /// Whether there may be more.
    async fn read_page(&self, app: &App) -> bool {
        match app.events_after(self.account, self.seq(), PAGE).await {
            Ok(FeedPage::Events(events)) => {
                let full = i64::try_from(events.len()).is_ok_and(|n| n == PAGE);
                self.hand_out(events.into_iter().map(Arc::new));
                full
            }
            Ok(FeedPage::TooOld { seq }) => {
                let mut sockets = lock(&self.sockets);
                sockets.retain(|_, slot| slot.hand(Item::TooOld(seq)));
                self.seq.store(seq, Ordering::Release);
                drop(sockets);
                self.visitors.all_have_news();
                true
            }
            Err(error) => {
                tracing::debug!(%error, account.id = %self.account, "cannot read the feed");
                tokio::time::sleep(PAUSE).await;
                false
            }
        }
    }

    fn hand_out(&self, events: impl Iterator<Item = Arc<Event>>) {
        let facts: Vec<Arc<Fact>> =
            events.map(|event| Arc::new(Fact { text: frames::event(&event), event })).collect();
        let Some(last) = facts.last().map(|fact| fact.event.seq) else { return };
        let mut sockets = lock(&self.sockets);
        sockets.retain(|_, slot| {
            facts
                .iter()
                .filter(|fact| slot.wants(&fact.event))
                .all(|fact| slot.hand(Item::Fact(fact.clone())))
        });
        // Under the same lock as the hand-out: who takes a seat gets exactly what follows.
        self.seq.store(last, Ordering::Release);
        drop(sockets);
        for fact in &facts {
            if fact.event.kind == EventKind::EmployeeChanged.as_str() {
                self.people_changed.store(true, Ordering::Release);
            }
            self.visitors.notice(&fact.event);
        }
    }

    /// Takes a seat; `None` when all are taken.
    pub fn sit(self: &Arc<Self>, app: &App, glass: Glass) -> Option<Seat> {
        let (put, queue) = mpsc::channel(QUEUE);
        let slot = Arc::new(Slot {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            employee: glass.sight.viewer.employee,
            glass: Mutex::new(glass),
            stale: AtomicBool::new(false),
            queue: put,
            overflowed: CancellationToken::new(),
            viewing: Mutex::new(None),
        });
        let mut sockets = lock(&self.sockets);
        if sockets.len() >= MOST_SOCKETS {
            return None;
        }
        sockets.insert(slot.id, slot.clone());
        let seq = self.seq();
        drop(sockets);
        metrics::gauge!("beseda_sockets").increment(1.0);
        Some(Seat { app: app.clone(), room: self.clone(), slot, queue, seq })
    }

    /// Shows a sign of life to those who may see its conversation. Whoever cannot take it at once
    /// goes without, and nobody is shown their own. Returns signs to give back: who of this room has
    /// the conversation open that somebody has just opened.
    pub fn notice(&self, passing: &Passing) -> Vec<Passing> {
        let Passing { conversation, sign, .. } = *passing;
        let (whose, text) = match sign {
            Sign::Typing { employee } => {
                self.visitors.typing(conversation);
                (Some(employee), frames::typing(conversation, employee))
            }
            Sign::VisitorTyping => (None, frames::visitor_typing(conversation)),
            Sign::Opened { employee } | Sign::StillOpen { employee } => {
                (Some(employee), frames::viewing(conversation, employee, true))
            }
            Sign::Left { employee } => {
                (Some(employee), frames::viewing(conversation, employee, false))
            }
        };
        let mut back = Vec::new();
        for slot in lock(&self.sockets).values().filter(|slot| Some(slot.employee) != whose) {
            if slot.sees(&passing.audience) {
                let _ = slot.queue.try_send(Item::Passing(text.clone()));
            }
            let there = *lock(&slot.viewing);
            if let (Sign::Opened { .. }, Some((open, audience))) = (sign, there)
                && open == conversation
            {
                let sign = Sign::StillOpen { employee: slot.employee };
                back.push(Passing { account: self.account, conversation, audience, sign });
            }
        }
        back
    }

    /// The employee looks at this conversation now, or at none. Returns what others are to be told.
    pub fn view(&self, slot: &Slot, place: Option<(ConversationId, Audience)>) -> Vec<Passing> {
        let employee = slot.employee;
        let left = std::mem::replace(&mut *lock(&slot.viewing), place);
        let sign = |(conversation, audience), sign| Passing {
            account: self.account,
            conversation,
            audience,
            sign,
        };
        let left = left.map(|place| sign(place, Sign::Left { employee }));
        left.into_iter().chain(place.map(|place| sign(place, Sign::Opened { employee }))).collect()
    }

    /// Whether any employee is on line, as visitors are told: at most ten seconds old.
    pub async fn anybody_online(&self, app: &App) -> app::Result<bool> {
        let mut known = self.online.lock().await;
        let changed = self.people_changed.swap(false, Ordering::AcqRel);
        if let Some((read, online)) = *known
            && !changed
            && read.elapsed() < ONLINE_FRESH
        {
            return Ok(online);
        }
        let online = app.anybody_online(self.account).await?;
        *known = Some((Instant::now(), online));
        Ok(online)
    }
}
