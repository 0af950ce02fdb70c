//! Customers who write once each, and operators who close what was written.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use serde_json::json;
use sqlx::PgConnection;
use tokio::task::JoinSet;

use super::portals::Portal;
use crate::{
    company::Api,
    line::Line,
    messenger::{self, Hook, Said},
};

const SENDERS: usize = 4;
const CLOSERS: usize = 2;
/// A webhook that was not taken is repeated, as the messenger does.
const AGAIN: Duration = Duration::from_millis(200);

/// A customer of one company. The chat's number tells whose it is and is in the customer's name.
#[derive(Debug, Clone)]
pub struct Customer {
    pub portal: usize,
    pub chat: i64,
    pub hook: Arc<dyn Hook>,
}

/// One who has written, and when, in unix milliseconds.
#[derive(Debug, Clone)]
pub struct Written {
    pub portal: usize,
    pub chat: i64,
    pub at_ms: i64,
}

impl Written {
    /// As the messenger names them.
    pub fn name(&self) -> String {
        messenger::name(self.chat)
    }
}

/// Customers `from..to` of one company.
pub fn of(portals: &[Portal], portal: usize, from: usize, to: usize) -> Vec<Customer> {
    let Some(hook) = portals.get(portal).map(|p| p.company.hook.clone()) else { return Vec::new() };
    let chat = |nth: usize| (portal as i64 + 1) * 1_000_000 + nth as i64;
    (from..to).map(|nth| Customer { portal, chat: chat(nth), hook: hook.clone() }).collect()
}

/// One message of each, `rate` a second, whatever the answers take.
pub async fn write(to: SocketAddr, customers: Vec<Customer>, rate: f64) -> Result<Vec<Written>> {
    let first = Instant::now();
    let step = Duration::from_secs_f64(1.0 / rate.max(0.01));
    let mut shares: Vec<Vec<(Instant, Customer)>> = vec![Vec::new(); SENDERS];
    for (nth, customer) in customers.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(nth % SENDERS) {
            share.push((first + step.mul_f64(nth as f64), customer));
        }
    }
    let mut senders = JoinSet::new();
    for share in shares {
        senders.spawn(async move {
            let mut line = Line::new(to);
            let mut written = Vec::new();
            for (due, customer) in share {
                tokio::time::sleep_until(due.into()).await;
                let Customer { portal, chat, hook } = customer;
                let at_ms = now_ms();
                let text = "Здравствуйте! Сколько стоит доставка?";
                let request = hook.request(to, &Said { customer: chat, number: 1, text });
                while !matches!(line.send(&request).await, Ok(200..300)) {
                    tokio::time::sleep(AGAIN).await;
                }
                written.push(Written { portal, chat, at_ms });
            }
            written
        });
    }
    let mut all = Vec::new();
    while let Some(share) = senders.join_next().await {
        all.extend(share?);
    }
    Ok(all)
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// Closes every conversation, `rate` a second.
pub async fn close_all(db: &mut PgConnection, portals: &[Portal], rate: f64) -> Result<usize> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select replace(account_id::text, '-', ''), replace(conversation_id::text, '-', '')
         from conversations where state <> 'closed' order by number, account_id",
    )
    .fetch_all(db)
    .await?;
    let mut due: Vec<(Api, String)> = Vec::new();
    for (account, conversation) in rows {
        let of = portals.iter().find(|p| p.company.account_id.ends_with(&account));
        let api = of.context("a conversation of nobody")?.company.api.clone();
        due.push((api, format!("/api/v1/conversations/cnv_{conversation}/close")));
    }
    let count = due.len();
    let step = Duration::from_secs_f64(CLOSERS as f64 / rate.max(0.01));
    let mut closers = JoinSet::new();
    let share = count.div_ceil(CLOSERS).max(1);
    for part in due.chunks(share) {
        let part = part.to_vec();
        closers.spawn(async move {
            let mut pace = tokio::time::interval(step);
            for (api, path) in part {
                pace.tick().await;
                while api.make(&path, &json!({})).await.is_err() {
                    tokio::time::sleep(AGAIN).await;
                }
            }
        });
    }
    while let Some(done) = closers.join_next().await {
        done?;
    }
    Ok(count)
}
