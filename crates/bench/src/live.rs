//! `bench live`: how long after a webhook's first byte an operator's socket has the message, at half
//! of the load that the machine can take; and what an idle socket costs.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::json;
use sqlx::{Connection, Executor};
use tokio::task::JoinSet;

use crate::{
    company::{self, Company},
    intake::{self, Customer, Until},
    line::Line,
    messenger::{Said, Telegram},
    percentile::Latencies,
    processes,
    report::{Check, Part, ms},
    socket::{Frame, Socket},
    stage::{Plan, Stage},
};

const SENDERS: usize = 64;
const CUSTOMERS: usize = 512;
/// What did not come within this time after the last message is missing.
const LATEST: Duration = Duration::from_secs(10);
const WORD: &str = "Отметка времени";

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Seconds of measuring
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Messages a second; half of what is measured first if not told
    #[arg(long)]
    pub rate: Option<f64>,
    /// Companies, each with one operator who looks
    #[arg(long, default_value_t = 10)]
    pub accounts: usize,
    /// Sockets that see nothing, for their memory
    #[arg(long, default_value_t = 1000)]
    pub idle: usize,
}

pub async fn run(plan: &Plan, options: &Options) -> Result<(Part, Stage)> {
    let mut stage = Stage::start(plan).await?;
    let companies = company::found(&stage, &Telegram::of(&stage)?, options.accounts.max(1)).await?;
    // Of a server that has done nothing yet: memory that log-ins or a load left behind would hide
    // theirs.
    stage.kill_server()?;
    stage.start_server()?;
    stage.ready().await?;
    let idle = idle(&stage, &companies, options.idle).await?;
    let mut world = intake::customers(&companies, CUSTOMERS, 100_000);
    intake::pour(stage.http, &mut world, SENDERS, Until::EachOnce).await?;
    let mut db = stage.database().await?;
    db.execute("analyze").await?;
    let mut full = None;
    let rate = match options.rate {
        Some(rate) => rate,
        None => {
            eprintln!("live: measuring the load that can be taken");
            let warm = Until::After(Duration::from_secs(2));
            intake::pour(stage.http, &mut world, SENDERS, warm).await?;
            let begun = Instant::now();
            let time = Until::After(Duration::from_secs(6));
            let poured = intake::pour(stage.http, &mut world, SENDERS, time).await?;
            let per_second = poured.accepted as f64 / begun.elapsed().as_secs_f64();
            full = Some(per_second);
            per_second / 2.0
        }
    };
    intake::drained(&mut db).await?;
    db.close().await?;

    eprintln!("live: {rate:.0} messages/s");
    let origin = Instant::now();
    let done = Arc::new(AtomicBool::new(false));
    let heard = Arc::new(AtomicU64::new(0));
    let mut readers = JoinSet::new();
    for company in &companies {
        let socket = Socket::open(stage.http, &company.api.token, None).await?;
        readers.spawn(listen(socket, origin, Arc::clone(&done), Arc::clone(&heard)));
    }
    let accepted = paced(stage.http, world, rate, options.seconds, origin).await?;
    let last = Instant::now();
    while heard.load(Ordering::Relaxed) < accepted && last.elapsed() < LATEST {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut latencies = Latencies::default();
    while let Some(one) = readers.join_next().await {
        latencies.absorb(&one?);
    }
    Ok((part(options, full, rate, accepted, &latencies, &idle), stage))
}

/// Sends at even distances, whatever the answers take; a sender that is late counts from when it
/// should have sent, so that a stall is not hidden by the sender's own waiting.
async fn paced(
    to: SocketAddr,
    world: Vec<Customer>,
    rate: f64,
    seconds: u64,
    origin: Instant,
) -> Result<u64> {
    let mut shares: Vec<Vec<Customer>> = vec![Vec::new(); SENDERS];
    for (nth, customer) in world.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(nth % SENDERS) {
            share.push(customer);
        }
    }
    let step = Duration::from_secs_f64(SENDERS as f64 / rate.max(1.0));
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut tasks = JoinSet::new();
    for (nth, mut share) in shares.into_iter().enumerate() {
        let first = Instant::now() + step.mul_f64(nth as f64 / SENDERS as f64);
        tasks.spawn(async move {
            let mut line = Line::new(to);
            let (mut due, mut turn, mut accepted) = (first, 0, 0u64);
            while due < end {
                let late = Instant::now() > due;
                tokio::time::sleep_until(due.into()).await;
                let from = if late { due } else { Instant::now() };
                due += step;
                let customers = share.len();
                let Some(customer) = share.get_mut(turn % customers.max(1)) else { break };
                turn += 1;
                let number = customer.next_message;
                customer.next_message += 1;
                let stamp = from.duration_since(origin).as_micros();
                let text = format!("{WORD} {stamp}");
                let said = Said { customer: customer.chat, number, text: &text };
                let request = customer.hook.request(to, &said);
                if let Ok(200..300) = line.send(&request).await {
                    accepted += 1;
                }
            }
            accepted
        });
    }
    let mut accepted = 0;
    while let Some(one) = tasks.join_next().await {
        accepted += one?;
    }
    Ok(accepted)
}

async fn listen(
    mut socket: Socket,
    origin: Instant,
    done: Arc<AtomicBool>,
    heard: Arc<AtomicU64>,
) -> Latencies {
    let mut latencies = Latencies::default();
    while !done.load(Ordering::Relaxed) {
        let next = tokio::time::timeout(Duration::from_millis(100), socket.next()).await;
        match next {
            Ok(Ok(Frame::Event { text: Some(text), .. })) => {
                let now = origin.elapsed();
                if let Some(stamp) = stamp(&text) {
                    latencies.record(now.saturating_sub(stamp));
                    heard.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => {
                eprintln!("live: a socket ended: {error:#}");
                break;
            }
        }
    }
    latencies
}

fn stamp(text: &str) -> Option<Duration> {
    text.strip_prefix(WORD)?.trim().parse().ok().map(Duration::from_micros)
}

async fn open(stage: &Stage, companies: &[Company], count: usize) -> Result<Vec<Socket>> {
    let mut sockets = Vec::new();
    for (_, company) in (0..count).zip(companies.iter().cycle()) {
        let opened = Socket::open(stage.http, &company.api.token, None).await;
        sockets.push(opened.with_context(|| format!("after {} idle sockets", sockets.len()))?);
    }
    Ok(sockets)
}

struct Idle {
    opened: usize,
    bytes_each: f64,
}

async fn idle(stage: &Stage, companies: &[Company], wanted: usize) -> Result<Idle> {
    let server = stage.server_pid()?;
    // What every company's first socket needs is not charged to all.
    let first = open(stage, companies, companies.len() * 2).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = processes::resident(server);
    let sockets = open(stage, companies, wanted).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = processes::resident(server);
    drop(first);
    let bytes_each = after.saturating_sub(before) as f64 / sockets.len().max(1) as f64;
    Ok(Idle { opened: sockets.len(), bytes_each })
}

fn part(
    options: &Options,
    full: Option<f64>,
    rate: f64,
    accepted: u64,
    latencies: &Latencies,
    idle: &Idle,
) -> Part {
    let summary = latencies.summary();
    let full = full.map_or_else(|| "not measured".to_owned(), |full| format!("{full:.0}/s"));
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    Part {
        name: "live",
        title: "Live: webhook to socket frame".to_owned(),
        columns: vec!["", ""],
        rows: vec![
            row("load that can be taken", full),
            row("load during the measurement", format!("{rate:.0}/s")),
            row("messages", accepted.to_string()),
            row("frames seen", summary.count.to_string()),
            row("p50", format!("{} ms", ms(summary.p50))),
            row("p95", format!("{} ms", ms(summary.p95))),
            row("p99", format!("{} ms", ms(summary.p99))),
            row("slowest", format!("{} ms", ms(summary.max))),
            row("idle sockets", idle.opened.to_string()),
            row("server RSS for each", format!("{:.1} KiB", idle.bytes_each / 1024.0)),
        ],
        notes: vec![format!(
            "{SENDERS} senders for {} s, {} companies with one reader each, all on this machine.",
            options.seconds, options.accounts
        )],
        checks: vec![
            Check::at_most("p99, webhook to frame", summary.p99, 25.0, " ms"),
            Check::none("frames missing", accepted.saturating_sub(summary.count) as usize),
            Check::enough("idle sockets", idle.opened, options.idle),
        ],
        figures: json!({
            "rate": rate, "accepted": accepted, "latency": summary, "idle_sockets": idle.opened,
            "bytes_per_idle_socket": idle.bytes_each,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_stamps_are_read() {
        assert_eq!(stamp("Отметка времени 1500"), Some(Duration::from_micros(1500)));
        assert_eq!(stamp("Здравствуйте"), None);
    }
}
