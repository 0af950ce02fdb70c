//! Time as an argument.

use chrono::{DateTime, Utc};

/// A moment, always UTC.
pub type Instant = DateTime<Utc>;

/// Tells the time. Leases and order use the database clock instead; this one stamps what people see.
pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;
}
