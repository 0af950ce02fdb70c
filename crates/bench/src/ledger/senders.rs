//! The messenger's side: every delivery is repeated until it is acknowledged, and comes one to five
//! times, at once or late, as messengers do.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{sync::mpsc, task::JoinSet};

use super::check::Delivery;
use crate::{
    line::Line,
    messenger::{Hook, Said},
};

/// Copies under way beside the deliveries of one sender.
const LATE_AT_ONCE: usize = 48;
/// A request that gets no answer in this time is given up and repeated.
const PATIENCE: Duration = Duration::from_secs(15);

/// What all parts of a run share.
pub struct Course {
    pub to: SocketAddr,
    /// Nothing new is begun.
    over: AtomicBool,
    /// What is under way is given up.
    broken_off: AtomicBool,
    /// Requests made, copies and repeats included.
    pub requests: AtomicU64,
    /// Requests that were not acknowledged, by status; 0: no answer came.
    refused: Mutex<BTreeMap<u16, u64>>,
    /// The last kill, and how long it took until a request begun after it was acknowledged.
    kill: Mutex<Option<(Instant, Option<Duration>)>>,
}

impl Course {
    pub fn new(to: SocketAddr) -> Self {
        Self {
            to,
            over: AtomicBool::new(false),
            broken_off: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            refused: Mutex::new(BTreeMap::new()),
            kill: Mutex::new(None),
        }
    }

    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub fn break_off(&self) {
        self.broken_off.store(true, Ordering::Relaxed);
    }

    pub fn is_broken_off(&self) -> bool {
        self.broken_off.load(Ordering::Relaxed)
    }

    fn refused_with(&self, status: u16) {
        if let Ok(mut refused) = self.refused.lock() {
            *refused.entry(status).or_default() += 1;
        }
    }

    pub fn refusals(&self) -> BTreeMap<u16, u64> {
        self.refused.lock().map(|refused| refused.clone()).unwrap_or_default()
    }

    pub fn killed_now(&self) {
        if let Ok(mut kill) = self.kill.lock() {
            *kill = Some((Instant::now(), None));
        }
    }

    /// Time from the last kill to the first acknowledgement of what was sent after it.
    pub fn back_after(&self) -> Option<Duration> {
        self.kill.lock().ok()?.as_ref()?.1
    }

    fn accepted(&self, begun: Instant) {
        if let Ok(mut kill) = self.kill.lock()
            && let Some((at, back @ None)) = kill.as_mut()
            && begun > *at
        {
            *back = Some(at.elapsed());
        }
    }
}

/// Customers of one sender.
pub struct Sender {
    pub hook: Arc<dyn Hook>,
    pub chats: Vec<i64>,
    pub seed: u64,
    /// One delivery of each, so that no late copy repairs a loss (for a negative control).
    pub once: bool,
}

/// Sends until the course is over, and answers what was sent.
pub async fn send(course: Arc<Course>, sender: Sender) -> Vec<Delivery> {
    let mut rng = StdRng::seed_from_u64(sender.seed);
    let mut numbers = vec![0u32; sender.chats.len()];
    let mut sent = Vec::new();
    let mut late: JoinSet<()> = JoinSet::new();
    while !course.is_over() {
        let nth = rng.random_range(0..sender.chats.len());
        let (Some(&chat), Some(number)) = (sender.chats.get(nth), numbers.get_mut(nth)) else {
            break;
        };
        *number += 1;
        let text = text(chat, *number);
        let message = MESSAGES_FROM + i64::from(*number);
        let said = Said { customer: chat, number: message, text: &text };
        let request: Arc<[u8]> = sender.hook.request(course.to, &said).into();
        while late.len() >= LATE_AT_ONCE {
            late.join_next().await;
        }
        let accepted = deliver(&course, &mut late, &mut rng, &request, sender.once).await;
        sent.push(Delivery { chat, number: *number, text, accepted });
        // People are not that fast; without a pause the log of one minute would be huge.
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..15))).await;
    }
    while late.join_next().await.is_some() {}
    sent
}

/// Ids below are the sandbox's own.
const MESSAGES_FROM: i64 = 100_000;

pub fn text(chat: i64, number: u32) -> String {
    format!("Клиент {chat}, сообщение номер {number}")
}

/// Returns after the first acknowledgement; further copies come now or later.
async fn deliver(
    course: &Arc<Course>,
    late: &mut JoinSet<()>,
    rng: &mut StdRng,
    request: &Arc<[u8]>,
    once: bool,
) -> bool {
    let copies = if once { 1 } else { rng.random_range(1..=5) };
    let at_once = copies > 1 && rng.random_bool(0.5);
    if !at_once {
        let mut line = Line::new(course.to);
        let accepted = until_accepted(course, &mut line, request, rng).await;
        for _ in 1..copies {
            let wait = Duration::from_millis(rng.random_range(0..4_000));
            late.spawn(copy(Arc::clone(course), Arc::clone(request), wait, rng.random(), None));
        }
        return accepted;
    }
    let (tell, mut told) = mpsc::channel(copies);
    for _ in 0..copies {
        let copy = copy(
            Arc::clone(course),
            Arc::clone(request),
            Duration::ZERO,
            rng.random(),
            Some(tell.clone()),
        );
        late.spawn(copy);
    }
    drop(tell);
    told.recv().await.is_some()
}

async fn copy(
    course: Arc<Course>,
    request: Arc<[u8]>,
    wait: Duration,
    seed: u64,
    tell: Option<mpsc::Sender<()>>,
) {
    tokio::time::sleep(wait).await;
    let mut rng = StdRng::seed_from_u64(seed);
    let mut line = Line::new(course.to);
    if until_accepted(&course, &mut line, &request, &mut rng).await
        && let Some(tell) = tell
    {
        // Only the first acknowledgement is waited for.
        let _ = tell.try_send(());
    }
}

async fn until_accepted(
    course: &Course,
    line: &mut Line,
    request: &[u8],
    rng: &mut StdRng,
) -> bool {
    while !course.is_broken_off() {
        let begun = Instant::now();
        course.requests.fetch_add(1, Ordering::Relaxed);
        match tokio::time::timeout(PATIENCE, line.send(request)).await {
            Ok(Ok(200..300)) => {
                course.accepted(begun);
                return true;
            }
            Ok(Ok(status)) => course.refused_with(status),
            Ok(Err(_)) => course.refused_with(0),
            // The answer that may still come belongs to this request and not to the next.
            Err(_) => {
                *line = Line::new(course.to);
                course.refused_with(0);
            }
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(20..150))).await;
    }
    false
}
