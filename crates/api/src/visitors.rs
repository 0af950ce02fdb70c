//! The sockets of site visitors in one account's room. They are not handed events, only told that
//! there is news: each then reads its own person's messages after the last one it showed. So a slow
//! visitor costs no memory, and history and live go through the same code.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

use domain::{
    event::{Event, EventKind},
    ids::{ConversationId, IdentityId},
    view::ConversationView,
};
use tokio::sync::Notify;

use crate::room::Room;

/// Messages were added.
pub const NEWS: u8 = 1;
/// An operator is writing.
pub const TYPING: u8 = 2;
/// The conversation was closed.
pub const CLOSED: u8 = 4;
/// Somebody came on line or went.
pub const PEOPLE: u8 = 8;

/// Visitors of one company in this process.
const MOST: usize = 10_000;

#[derive(Default)]
pub struct Visitors {
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    next_id: u64,
    all: HashMap<u64, Arc<Bell>>,
    identities: HashMap<IdentityId, Vec<u64>>,
    conversations: HashMap<ConversationId, Vec<u64>>,
}

/// Rings at one visitor's socket, and remembers for what.
#[derive(Default)]
pub struct Bell {
    rung: AtomicU8,
    woken: Notify,
}

impl Bell {
    fn ring(&self, what: u8) {
        self.rung.fetch_or(what, Ordering::AcqRel);
        self.woken.notify_one();
    }

    /// Waits, and takes what it was rung for.
    pub async fn rung(&self) -> u8 {
        loop {
            let what = self.rung.swap(0, Ordering::AcqRel);
            if what != 0 {
                return what;
            }
            self.woken.notified().await;
        }
    }
}

/// A visitor's place; leaving is dropping it.
pub struct VisitorSeat {
    room: Arc<Room>,
    id: u64,
    pub bell: Arc<Bell>,
    identity: Option<IdentityId>,
}

impl VisitorSeat {
    /// `None` when all seats are taken.
    pub fn take(room: &Arc<Room>) -> Option<Self> {
        let bell = Arc::new(Bell::default());
        let mut seats = room.visitors.seats();
        if seats.all.len() >= MOST {
            return None;
        }
        let id = seats.next_id;
        seats.next_id += 1;
        seats.all.insert(id, bell.clone());
        drop(seats);
        metrics::gauge!("beseda_visitor_sockets").increment(1.0);
        Some(Self { room: room.clone(), id, bell, identity: None })
    }

    /// The visitor is this person: their conversations ring from now on. Conversations that exist
    /// are to be read after this and given to [`VisitorSeat::follow`].
    pub fn is(&mut self, identity: IdentityId) {
        if self.identity == Some(identity) {
            return;
        }
        self.identity = Some(identity);
        self.room.visitors.seats().identities.entry(identity).or_default().push(self.id);
    }

    pub fn follow(&self, conversation: ConversationId) {
        let mut seats = self.room.visitors.seats();
        let following = seats.conversations.entry(conversation).or_default();
        if !following.contains(&self.id) {
            following.push(self.id);
        }
    }
}

impl Drop for VisitorSeat {
    fn drop(&mut self) {
        let id = self.id;
        let mut seats = self.room.visitors.seats();
        seats.all.remove(&id);
        let leave = |sitting: &mut Vec<u64>| {
            sitting.retain(|other| *other != id);
            !sitting.is_empty()
        };
        if let Some(identity) = self.identity {
            seats.identities.retain(|other, sitting| *other != identity || leave(sitting));
        }
        seats.conversations.retain(|_, sitting| leave(sitting));
        drop(seats);
        metrics::gauge!("beseda_visitor_sockets").decrement(1.0);
    }
}

impl Visitors {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rings where an event concerns a visitor. Notes and system lines ring too and show nothing:
    /// what a visitor reads is chosen where it is read.
    pub fn notice(&self, event: &Event) {
        let mut seats = self.seats();
        if seats.all.is_empty() {
            return;
        }
        let is = |kind: EventKind| event.kind == kind.as_str();
        if is(EventKind::EmployeeChanged) {
            seats.all.values().for_each(|bell| bell.ring(PEOPLE));
            return;
        }
        let Some(conversation) = event.conversation else { return };
        if is(EventKind::ConversationCreated)
            && let Some(identity) = identity(event)
            && let Some(sitting) = seats.identities.get(&identity).cloned()
        {
            seats.conversations.insert(conversation, sitting);
        }
        let what = if is(EventKind::MessageCreated) || is(EventKind::ConversationCreated) {
            NEWS
        } else if is(EventKind::ConversationChanged) && is_closed(event) {
            NEWS | CLOSED
        } else {
            return;
        };
        seats.ring(conversation, what);
    }

    pub fn all_have_news(&self) {
        self.seats().all.values().for_each(|bell| bell.ring(NEWS | PEOPLE));
    }

    /// An operator is writing in this conversation.
    pub fn typing(&self, conversation: ConversationId) {
        self.seats().ring(conversation, TYPING);
    }
}

impl Seats {
    fn ring(&self, conversation: ConversationId, what: u8) {
        let sitting = self.conversations.get(&conversation).map(Vec::as_slice).unwrap_or_default();
        sitting.iter().filter_map(|id| self.all.get(id)).for_each(|bell| bell.ring(what));
    }
}

fn field<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    event.payload.get("conversation")?.get(name)?.as_str()
}

fn identity(event: &Event) -> Option<IdentityId> {
    field(event, "identity_id")?.parse().ok()
}

fn is_closed(event: &Event) -> bool {
    field(event, "state") == Some(domain::conversation::ConversationState::Closed.as_str())
}

/// The fields above are those of the view that the event carries.
const _: fn(&ConversationView) -> (IdentityId, domain::conversation::ConversationState) =
    |view| (view.identity_id, view.state);

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::ids::AccountId;
    use futures::FutureExt;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn conversation(n: u128) -> ConversationId {
        ConversationId(Uuid::from_u128(n))
    }

    fn event(kind: EventKind, n: u128, payload: Value) -> Event {
        Event {
            seq: 1,
            kind: kind.as_str().to_owned(),
            conversation: Some(conversation(n)),
            audience: None,
            was: None,
            payload,
            created_at: DateTime::default(),
        }
    }

    #[test]
    fn a_visitor_hears_of_their_own_conversations_alone() {
        let room = Arc::new(Room::new(AccountId(Uuid::nil())));
        let mut seat = VisitorSeat::take(&room).expect("a seat");
        seat.is(IdentityId(Uuid::from_u128(5)));
        seat.follow(conversation(1));
        let heard = |e: Event| {
            room.visitors.notice(&e);
            seat.bell.rung().now_or_never()
        };
        assert_eq!(heard(event(EventKind::MessageCreated, 1, Value::Null)), Some(NEWS));
        assert_eq!(heard(event(EventKind::MessageCreated, 2, Value::Null)), None);
        let opened = |identity: u128| json!({ "conversation": { "identity_id": IdentityId(Uuid::from_u128(identity)) } });
        assert_eq!(heard(event(EventKind::ConversationCreated, 3, opened(6))), None);
        assert_eq!(heard(event(EventKind::ConversationCreated, 3, opened(5))), Some(NEWS));
        assert_eq!(heard(event(EventKind::MessageCreated, 3, Value::Null)), Some(NEWS));
        let state = |state: &str| json!({ "conversation": { "state": state } });
        assert_eq!(heard(event(EventKind::ConversationChanged, 3, state("in_work"))), None);
        let closed = heard(event(EventKind::ConversationChanged, 3, state("closed")));
        assert_eq!(closed, Some(NEWS | CLOSED));
    }

    #[test]
    fn leaving_leaves_nothing_behind() {
        let room = Arc::new(Room::new(AccountId(Uuid::nil())));
        let mut seat = VisitorSeat::take(&room).expect("a seat");
        seat.is(IdentityId(Uuid::from_u128(5)));
        seat.follow(conversation(1));
        drop(seat);
        let seats = room.visitors.seats();
        assert!(seats.all.is_empty() && seats.identities.is_empty());
        assert!(seats.conversations.is_empty());
    }
}
