//! `bench intake`: webhooks in the shape of a messenger through the whole HTTP path, each answered after its
//! own COMMIT, against the least SQL that pgbench can do on the same cluster.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;

use crate::{
    company::{self, Company},
    floor::{self, Floor, per_message},
    line::Line,
    messenger::{Hook, Kind, Said},
    percentile::{Latencies, Summary},
    processes,
    report::{Check, Part, mib, ms},
    stage::{Plan, Stage},
};

/// Customers who write, over all accounts. Each has an open conversation when measuring begins.
const CUSTOMERS: usize = 512;
const WORDS: &str =
    "Здравствуйте! Подскажите, пожалуйста, есть ли доставка в Казань и сколько она стоит?";

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The messenger
    #[arg(long, value_enum, default_value_t)]
    pub kind: Kind,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Seconds before each measurement whose messages do not count
    #[arg(long, default_value_t = 3)]
    pub warm_up: u64,
    /// How many senders, one measurement each
    #[arg(long, value_delimiter = ',', default_values_t = [8, 64])]
    pub senders: Vec<usize>,
    /// Over how many accounts, one measurement each
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100])]
    pub accounts: Vec<usize>,
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    pub senders: usize,
    pub accounts: usize,
    pub accepted: u64,
    pub refused: u64,
    pub per_second: f64,
    pub latency: Summary,
    /// Server and all of Postgres, until the queue was empty again.
    pub cpu_ms: f64,
    pub server_cpu_ms: f64,
    pub postgres_cpu_ms: f64,
    pub server_rss: u64,
    pub postgres_pss: u64,
    /// Jobs that waited when the senders stopped.
    pub backlog: i64,
    /// To pgbench with one statement a message.
    pub ratio: f64,
    /// To pgbench with a transaction of two statements.
    pub ratio_to_transaction: f64,
}

/// A customer as the sender knows it.
#[derive(Debug, Clone)]
pub struct Customer {
    pub hook: Arc<dyn Hook>,
    /// The account that they write to, as the messenger knows it.
    pub account: String,
    pub chat: i64,
    pub next_message: i64,
}

/// Customers spread over the companies. Two worlds on the same companies begin at different numbers:
/// a message that was sent before is no new one.
pub fn customers(companies: &[Company], count: usize, first: i64) -> Vec<Customer> {
    (0..count)
        .zip(companies.iter().cycle())
        .map(|(nth, company)| Customer {
            hook: company.hook.clone(),
            account: company.account.clone(),
            chat: first + nth as i64,
            next_message: 1,
        })
        .collect()
}

pub async fn run(plan: &Plan, options: &Options) -> Result<(Part, Stage)> {
    let mut stage = Stage::start(plan).await?;
    let most = options.accounts.iter().copied().max().unwrap_or(1);
    let kind = options.kind.name();
    eprintln!("intake: making {most} companies, each with a {kind} of its own");
    let messenger = options.kind.start(&stage).await?;
    let companies = company::found(&stage, &*messenger, most).await?;
    let mut measured = Vec::new();
    let mut floors: Vec<Floor> = Vec::new();
    let mut worlds: Vec<Vec<Customer>> = options
        .accounts
        .iter()
        .zip(1i64..)
        .map(|(&n, world)| {
            customers(companies.get(..n).unwrap_or(&companies), CUSTOMERS, world * 100_000)
        })
        .collect();
    for customer in worlds.iter().flatten() {
        messenger.introduce(&customer.account, customer.chat).await?;
    }
    for &senders in &options.senders {
        eprintln!("intake: pgbench with {senders} clients");
        let floor = floor::measure(&mut stage, senders, CUSTOMERS, options.seconds).await?;
        floors.push(floor);
        for (&accounts, world) in options.accounts.iter().zip(&mut worlds) {
            eprintln!("intake: {senders} senders, {accounts} accounts");
            let one = measure(&mut stage, world, senders, accounts, options, &floor).await?;
            measured.push(one);
        }
    }
    Ok((part(&measured, &floors, options), stage))
}

async fn measure(
    stage: &mut Stage,
    world: &mut Vec<Customer>,
    senders: usize,
    accounts: usize,
    options: &Options,
    floor: &Floor,
) -> Result<Measured> {
    let mut db = stage.database().await?;
    // Every customer once, so that opening conversations is no part of what is measured.
    pour(stage.http, world, senders, Until::EachOnce).await?;
    pour(stage.http, world, senders, Until::After(Duration::from_secs(options.warm_up))).await?;
    drained(&mut db).await?;
    // What autovacuum does within a minute: without it statements keep plans that were made for
    // empty tables.
    db.execute("analyze").await?;
    pour(stage.http, world, senders, Until::After(Duration::from_secs(1))).await?;
    drained(&mut db).await?;
    let stored_before = stored(&mut db).await?;
    let [server, postgres] = stage.roots()?;
    let cpu_before = (processes::cpu(&[server]), processes::cpu(&[postgres]));
    let begun = Instant::now();
    let time = Duration::from_secs(options.seconds);
    let poured = pour(stage.http, world, senders, Until::After(time)).await?;
    let took = begun.elapsed();
    let backlog = waiting_jobs(&mut db).await?;
    let server_rss = processes::resident(server);
    let postgres_pss = processes::proportional(postgres);
    drained(&mut db).await?;
    let server_cpu = processes::cpu(&[server]).saturating_sub(cpu_before.0);
    let postgres_cpu = processes::cpu(&[postgres]).saturating_sub(cpu_before.1);
    let new = stored(&mut db).await? - stored_before;
    db.close().await?;
    if u64::try_from(new)? != poured.accepted {
        bail!("{} messages were accepted, and {new} are in the database", poured.accepted);
    }
    let per_second = poured.accepted as f64 / took.as_secs_f64();
    Ok(Measured {
        senders,
        accounts,
        accepted: poured.accepted,
        refused: poured.refused,
        per_second,
        latency: poured.latencies.summary(),
        cpu_ms: per_message(server_cpu + postgres_cpu, poured.accepted),
        server_cpu_ms: per_message(server_cpu, poured.accepted),
        postgres_cpu_ms: per_message(postgres_cpu, poured.accepted),
        server_rss,
        postgres_pss,
        backlog,
        ratio: per_second / floor.one_statement.per_second,
        ratio_to_transaction: per_second / floor.transaction.per_second,
    })
}

/// When senders stop.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    EachOnce,
    After(Duration),
}

#[derive(Debug, Default)]
pub struct Poured {
    pub accepted: u64,
    pub refused: u64,
    pub latencies: Latencies,
}

/// Sends from all customers, each sender its share of them in turn, one request at a time.
pub async fn pour(
    to: SocketAddr,
    world: &mut Vec<Customer>,
    senders: usize,
    until: Until,
) -> Result<Poured> {
    let mut shares: Vec<Vec<Customer>> = vec![Vec::new(); senders];
    for (nth, customer) in std::mem::take(world).into_iter().enumerate() {
        if let Some(share) = shares.get_mut(nth % senders) {
            share.push(customer);
        }
    }
    let mut tasks = JoinSet::new();
    for share in shares {
        tasks.spawn(sender(to, share, until));
    }
    let mut all = Poured::default();
    while let Some(done) = tasks.join_next().await {
        let (share, poured) = done?;
        world.extend(share);
        all.accepted += poured.accepted;
        all.refused += poured.refused;
        all.latencies.absorb(&poured.latencies);
    }
    // The same spread next time.
    world.sort_by_key(|customer| customer.chat);
    Ok(all)
}

async fn sender(to: SocketAddr, mut share: Vec<Customer>, until: Until) -> (Vec<Customer>, Poured) {
    let mut line = Line::new(to);
    let mut poured = Poured::default();
    let begun = Instant::now();
    let mut turn = 0;
    let customers = share.len();
    loop {
        let over = match until {
            Until::EachOnce => turn >= customers,
            Until::After(time) => begun.elapsed() >= time,
        };
        if over || customers == 0 {
            return (share, poured);
        }
        let Some(customer) = share.get_mut(turn % customers) else { return (share, poured) };
        turn += 1;
        let number = customer.next_message;
        customer.next_message += 1;
        let said = Said { customer: customer.chat, number, text: WORDS };
        let request = customer.hook.request(to, &said);
        let sent = Instant::now();
        match line.send(&request).await {
            Ok(200..300) => {
                poured.accepted += 1;
                poured.latencies.record(sent.elapsed());
            }
            Ok(_) | Err(_) => {
                poured.refused += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn stored(db: &mut PgConnection) -> Result<i64> {
    let count = sqlx::query_scalar("select count(*) from messages where direction = 'inbound'");
    Ok(count.fetch_one(db).await?)
}

async fn waiting_jobs(db: &mut PgConnection) -> Result<i64> {
    let due = "select count(*) from jobs j join lanes l using (lane) where l.run_at <= now()";
    Ok(sqlx::query_scalar(due).fetch_one(db).await?)
}

/// Waits until the workers are done, so that work put off is charged to the messages that caused it.
pub async fn drained(db: &mut PgConnection) -> Result<()> {
    let begun = Instant::now();
    while waiting_jobs(&mut *db).await? > 0 {
        if begun.elapsed() > Duration::from_secs(120) {
            bail!("the queue is not empty two minutes after the senders stopped");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn part(measured: &[Measured], floors: &[Floor], options: &Options) -> Part {
    let rows = measured
        .iter()
        .map(|m| {
            vec![
                m.senders.to_string(),
                m.accounts.to_string(),
                format!("{:.0}", m.per_second),
                ms(m.latency.p50),
                ms(m.latency.p95),
                ms(m.latency.p99),
                format!("{:.3}", m.cpu_ms),
                format!("{:.3}", m.server_cpu_ms),
                format!("{:.3}", m.postgres_cpu_ms),
                mib(m.server_rss),
                mib(m.postgres_pss),
                m.backlog.to_string(),
                m.refused.to_string(),
                format!("{:.2}", m.ratio),
                format!("{:.2}", m.ratio_to_transaction),
            ]
        })
        .collect();
    let mut notes = Vec::new();
    for f in floors {
        for (form, speed) in [
            ("one statement (the anchor of `ratio`)", f.one_statement),
            ("a transaction of two statements", f.transaction),
        ] {
            notes.push(format!(
                "pgbench, {} clients, same cluster, {form}: {:.0} messages/s, mean {} ms, Postgres \
                 CPU {:.3} ms a message.",
                f.clients,
                speed.per_second,
                ms(speed.mean_ms),
                speed.postgres_cpu_ms
            ));
        }
    }
    notes.push(format!(
        "Each line: {} s after {} s of warm-up, {CUSTOMERS} customers with open conversations; the \
         generator runs on the same machine; CPU is that of server and Postgres until the queue was \
         empty; every accepted message was counted in the database.",
        options.seconds, options.warm_up
    ));
    let mut checks = Vec::new();
    for m in measured {
        let name = |what: &str| format!("{what}, {} senders, {} accounts", m.senders, m.accounts);
        checks.push(Check::at_least(&name("ratio to pgbench"), m.ratio, 1.0, ""));
        // Gathering accepts into one commit is allowed as long as it holds nobody up.
        checks.push(Check::at_most(&name("p50"), m.latency.p50, 10.0, " ms"));
        checks.push(Check::at_most(&name("CPU a message"), m.cpu_ms, 0.8, " ms"));
        checks.push(Check::none(&name("refused"), m.refused as usize));
    }
    Part {
        name: "intake",
        title: format!("Intake of {}: webhook to COMMIT to 2xx", options.kind.name()),
        columns: vec![
            "senders",
            "accounts",
            "messages/s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "CPU ms/message",
            "server",
            "Postgres",
            "server RSS MiB",
            "Postgres PSS MiB",
            "backlog",
            "refused",
            "ratio",
            "to a transaction",
        ],
        rows,
        notes,
        checks,
        figures: json!({ "kind": options.kind.name(), "measured": measured, "pgbench": floors }),
    }
}
