use std::{io, net::SocketAddr};

/// What the caller of the sandbox can do next is in the text of each variant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the sandbox listens on loopback only, {0} is not: use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the HTTP client of the sandbox cannot start: {0}")]
    Client(#[from] reqwest::Error),
    #[error("a bot token is <number>:<at least 20 characters of A-Za-z0-9_->, not {0:?}")]
    BadToken(String),
    #[error("bot {0} already exists")]
    BotExists(i64),
    #[error("no message {message_id} in this chat")]
    NoSuchMessage { message_id: i64 },
    #[error("nobody can do that in this sandbox: {0}")]
    Cannot(String),
    #[error("waited {waited_ms} ms, and it did not happen; last seen: {seen}")]
    TimedOut { waited_ms: u128, seen: String },
}
