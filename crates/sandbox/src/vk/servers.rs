//! Callback servers of a community.

use serde_json::{Value, json};

/// VK takes no more for one community.
pub(super) const MOST: usize = 10;

#[derive(Clone, Debug)]
pub(super) struct Server {
    pub id: i64,
    pub url: String,
    pub title: String,
    pub secret: String,
    pub status: Status,
    /// Nothing is told before the events are switched on.
    pub events: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Wait,
    Ok,
    Failed,
}

impl Server {
    pub(super) fn foreign(id: i64, url: &str) -> Self {
        Self {
            id,
            url: url.to_owned(),
            title: "Other".to_owned(),
            secret: String::new(),
            // Not `ok`, so that nobody outside of this machine is called.
            status: Status::Failed,
            events: Vec::new(),
        }
    }

    pub(super) fn json(&self) -> Value {
        let status = match self.status {
            Status::Wait => "wait",
            Status::Ok => "ok",
            Status::Failed => "failed",
        };
        json!({ "id": self.id, "title": self.title, "creator_id": 1, "url": self.url,
            "secret_key": self.secret, "status": status })
    }
}
