//! The writing side of a socket, of employees and visitors alike: every write has an end, and a
//! close says what the client should do next.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use futures::{SinkExt, stream::SplitSink};

/// The longest frame that a client may send.
pub const LONGEST_FRAME: usize = 64 * 1024;
/// A peer that takes nothing for so long is dead.
const WRITE_WITHIN: Duration = Duration::from_secs(60);
/// Idle sockets are many, so their buffers are small.
const BUFFER: usize = 4 * 1024;

/// Close codes. 4000 and above are ours to define (RFC 6455, section 7.4.2).
pub mod code {
    /// The client did not keep to the protocol.
    pub const PROTOCOL: u16 = 1002;
    pub const TOO_LARGE: u16 = 1009;
    /// This process is going: connect again.
    pub const RESTART: u16 = 1012;
    /// Temporarily out of order: connect again in a few seconds.
    pub const LATER: u16 = 1013;
    /// Not logged in, or no longer: log in first.
    pub const LOG_IN: u16 = 4001;
    /// The client read too slowly: connect again with the last `seq`.
    pub const RESUME: u16 = 4008;
    /// Too many sockets or frames.
    pub const TOO_MANY: u16 = 4029;
}

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Close(u16, &'static str),
    /// The peer went, or is dead.
    Gone,
}

pub struct Out {
    sink: SplitSink<WebSocket, Message>,
}

/// Sets the limits of a socket that is about to be.
pub fn limited(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(LONGEST_FRAME)
        .max_frame_size(LONGEST_FRAME)
        .read_buffer_size(BUFFER)
        .write_buffer_size(4 * BUFFER)
}

impl Out {
    pub fn new(sink: SplitSink<WebSocket, Message>) -> Self {
        Self { sink }
    }

    /// Puts a frame into the buffer, to go out with the next [`Out::flush`].
    pub async fn feed(&mut self, text: Utf8Bytes) -> Result<(), End> {
        within(self.sink.feed(Message::Text(text))).await
    }

    pub async fn flush(&mut self) -> Result<(), End> {
        within(self.sink.flush()).await
    }

    pub async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        within(self.sink.send(Message::Text(text))).await
    }

    pub async fn ping(&mut self) -> Result<(), End> {
        within(self.sink.send(Message::Ping(Default::default()))).await
    }

    /// Says why, if the peer still listens.
    pub async fn end(mut self, end: End) {
        let End::Close(code, reason) = end else { return };
        metrics::counter!("beseda_sockets_closed_total", "code" => code.to_string()).increment(1);
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = within(self.sink.send(Message::Close(Some(frame)))).await;
    }
}

async fn within(write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), End> {
    match tokio::time::timeout(WRITE_WITHIN, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

/// What a frame that could not be read means.
pub fn unreadable(error: &axum::Error) -> End {
    // The library keeps its error types to itself; its words are all there is.
    if error.to_string().contains("too long") {
        End::Close(code::TOO_LARGE, "at most 64 KiB a frame")
    } else {
        End::Gone
    }
}

/// How many frames a client may send: some at once, then so many a second.
pub struct Pace {
    left: f64,
    counted: tokio::time::Instant,
}

const BURST: f64 = 60.0;
const PER_SECOND: f64 = 20.0;

impl Pace {
    pub fn new(now: tokio::time::Instant) -> Self {
        Self { left: BURST, counted: now }
    }

    /// Counts a frame; false when it is one too many.
    pub fn keeps(&mut self, now: tokio::time::Instant) -> bool {
        let passed = (now - self.counted).as_secs_f64();
        self.counted = now;
        self.left = (self.left + passed * PER_SECOND).min(BURST) - 1.0;
        self.left >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let start = tokio::time::Instant::now();
        let mut pace = Pace::new(start);
        assert!((0..60).all(|_| pace.keeps(start)));
        assert!(!pace.keeps(start));
        assert!(pace.keeps(start + Duration::from_secs(1)));
    }
}
