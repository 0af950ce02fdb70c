//! Telling other processes that the feed grew, by Postgres notifications. The payload is only a
//! hint; a lost one costs a moment, because every node also polls. Signs of life go the same way.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{ids::AccountId, passing::Passing};
use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{Error, Hint, Origin, Result, Store};

const FEED: &str = "beseda_feed";
const PASSING: &str = "beseda_passing";
/// Notifications carry at most 8,000 bytes; an entry takes about 50.
const MOST_PER_NOTIFY: usize = 140;

impl Store {
    /// Sends hints to other processes: one notification per batch, because committing notifiers
    /// queue behind a database-wide lock.
    pub async fn notify(&self, from: Uuid, hints: &BTreeMap<AccountId, i64>) -> Result<()> {
        let all: Vec<_> = hints.iter().collect();
        for part in all.chunks(MOST_PER_NOTIFY) {
            let mut text = from.simple().to_string();
            for (account, seq) in part {
                text.push_str(&format!(" {}:{seq}", account.0.simple()));
            }
            sqlx::query("select pg_notify($1, $2)")
                .bind(FEED)
                .bind(text)
                .execute(&self.platform)
                .await?;
        }
        Ok(())
    }

    /// Passes other processes' hints on to [`Store::hints`] and their signs of life to
    /// [`Store::passing`], until the connection breaks; call it again then. `me` is the id that this process puts into its own notifications.
    pub async fn listen(&self, me: Uuid) -> Result<()> {
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            .connect_lazy_with(self.options.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen_all([FEED, PASSING]).await?;
        loop {
            let notification = listener.recv().await?;
            if notification.channel() == PASSING {
                if let Some(passing) = read_passing(notification.payload(), me) {
                    self.pass(Origin::Elsewhere, passing);
                }
                continue;
            }
            for (account, seq) in read(notification.payload(), me) {
                self.heard(account, seq);
            }
        }
    }

    /// Signs of life, of this process's clients and of others'.
    pub fn passing(&self) -> broadcast::Receiver<(Origin, Passing)> {
        self.passing.subscribe()
    }

    /// A sign of life to hand on.
    pub fn pass(&self, origin: Origin, passing: Passing) {
        // Nobody listening is no fault.
        let _ = self.passing.send((origin, passing));
    }

    /// Sends a sign of life to other processes. Like a hint, it may be lost.
    pub async fn notify_passing(&self, from: Uuid, passing: &Passing) -> Result<()> {
        let text =
            serde_json::to_string(passing).map_err(|error| Error::bad("passing", "json", error))?;
        sqlx::query("select pg_notify($1, $2)")
            .bind(PASSING)
            .bind(format!("{} {text}", from.simple()))
            .execute(&self.platform)
            .await?;
        Ok(())
    }

    /// Another process told that this account's feed grew.
    pub fn heard(&self, account: AccountId, seq: i64) {
        let events = Arc::new([]);
        let _ = self.hints.send(Hint { account, seq, origin: Origin::Elsewhere, events });
    }
}

fn read(payload: &str, me: Uuid) -> Vec<(AccountId, i64)> {
    let mut words = payload.split(' ');
    if words.next().and_then(|w| Uuid::try_parse(w).ok()) == Some(me) {
        return Vec::new();
    }
    words
        .filter_map(|word| {
            let (account, seq) = word.split_once(':')?;
            Some((AccountId(Uuid::try_parse(account).ok()?), seq.parse().ok()?))
        })
        .collect()
}

/// `None` for our own, and for what an older or newer program says.
fn read_passing(payload: &str, me: Uuid) -> Option<Passing> {
    let (from, text) = payload.split_once(' ')?;
    if Uuid::try_parse(from).ok()? == me {
        return None;
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_and_damaged_hints_are_left_out() {
        let (me, other, account) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let text = |from: Uuid| format!("{} {}:7 junk", from.simple(), account.simple());
        assert_eq!(read(&text(me), me), []);
        assert_eq!(read(&text(other), me), [(AccountId(account), 7)]);
    }
}
