//! Readers of the socket who are cut off now and then and go on from their cursor.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{
    check::{Reading, Seen},
    senders::Course,
};
use crate::socket::{Frame, Socket};

/// Connections that bring nothing for this long are made anew, as a client's heartbeat would.
const SILENCE: Duration = Duration::from_secs(20);

pub struct Reader {
    pub to: SocketAddr,
    pub token: String,
    pub from: i64,
    pub seed: u64,
    /// The feed's last number, once it is known that nothing will follow.
    pub end: Arc<AtomicI64>,
}

/// Reads until the feed's end was seen, or the course is broken off.
pub async fn read(course: Arc<Course>, reader: Reader) -> Reading {
    let mut rng = StdRng::seed_from_u64(reader.seed);
    let mut reading = Reading { from: reader.from, ..Reading::default() };
    let mut cursor = reader.from;
    while !course.is_broken_off() && cursor < reader.end.load(Ordering::Relaxed) {
        let Ok(mut socket) = Socket::open(reader.to, &reader.token, Some(cursor)).await else {
            tokio::time::sleep(Duration::from_millis(rng.random_range(30..200))).await;
            continue;
        };
        let cut_at = Instant::now() + Duration::from_millis(rng.random_range(500..12_000));
        let mut heard = Instant::now();
        while !course.is_broken_off() && cursor < reader.end.load(Ordering::Relaxed) {
            // At the end nothing is cut any more: what is missing must come.
            if heard.elapsed() > SILENCE || (Instant::now() > cut_at && !course.is_over()) {
                break;
            }
            match tokio::time::timeout(Duration::from_millis(200), socket.next()).await {
                Err(_) => {}
                Ok(Ok(Frame::Event { seq, text })) => {
                    heard = Instant::now();
                    cursor = cursor.max(seq);
                    reading.events.push(Seen { seq, text });
                }
                Ok(Ok(Frame::UpTo(seq))) => {
                    heard = Instant::now();
                    cursor = cursor.max(seq);
                }
                Ok(Ok(Frame::TooOld)) => {
                    reading.resyncs += 1;
                    break;
                }
                Ok(Ok(Frame::Other)) => heard = Instant::now(),
                Ok(Err(_)) => break,
            }
        }
        reading.reconnects += 1;
    }
    reading
}
