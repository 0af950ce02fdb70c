//! `bench inbox`: whether lists, pages and search of a company stay as fast when its history is a
//! hundred times as long, and whether a large table is ever read from end to end for them.

mod history;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::{
    company::{self, Company},
    messenger::Telegram,
    percentile::{Latencies, Summary},
    report::{Check, Part, ms},
    stage::{Plan, Stage},
};

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Sizes to compare, smallest first; 10000,1000000 is the whole form
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    pub conversations: Vec<i64>,
    /// Messages of each conversation
    #[arg(long, default_value_t = 20)]
    pub messages: i64,
    /// Requests of each kind
    #[arg(long, default_value_t = 300)]
    pub requests: usize,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What is asked.
const KINDS: [&str; 6] = [
    "list, first page",
    "list, a later page",
    "conversation page",
    "search, common word",
    "search, rare words",
    "search, a name",
];

/// Tables that are large here. The feed is not: its rows were not made, and sweeps may read a small
/// table whole.
const LARGE: &str = "'messages','conversations','contacts','identities'";

#[derive(Debug, Clone, Serialize)]
struct Measured {
    conversations: i64,
    messages: i64,
    by_kind: Vec<(String, Summary)>,
    /// Reads of a whole large table while the requests ran.
    whole_reads: Vec<(String, i64)>,
}

pub async fn run(plan: &Plan, options: &Options) -> Result<(Part, Stage)> {
    let mut stage = Stage::start(plan).await?;
    let companies =
        company::found(&stage, &Telegram::of(&stage)?, options.conversations.len()).await?;
    let mut measured = Vec::new();
    for (&size, company) in options.conversations.iter().zip(&companies) {
        eprintln!("inbox: making {size} conversations with {} messages each", options.messages);
        history::make(&mut stage, company, size, options.messages).await?;
        measured.push(measure(&mut stage, company, size, options).await?);
    }
    Ok((part(&measured, options), stage))
}

async fn measure(
    stage: &mut Stage,
    company: &Company,
    size: i64,
    options: &Options,
) -> Result<Measured> {
    let mut db = stage.database().await?;
    let ids: Vec<String> = sqlx::query_scalar(
        "select 'cnv_' || replace(conversation_id::text, '-', '') from conversations
         where account_id = $1::text::uuid and number % $2 = 0 limit 1000",
    )
    .bind(history::uuid(&company.account_id))
    .bind((size / 1000).max(1))
    .fetch_all(&mut db)
    .await?;
    let mut rng = StdRng::seed_from_u64(options.seed);
    let asker = Asker { company, ids, size, cursors: cursors(company).await? };
    // What a running installation has in memory and planned.
    for kind in 0..KINDS.len() {
        for _ in 0..30 {
            asker.ask(kind, &mut rng).await?;
        }
    }
    let before = whole_reads(&mut db).await?;
    let mut by_kind = Vec::new();
    for (kind, name) in KINDS.into_iter().enumerate() {
        let mut latencies = Latencies::default();
        for _ in 0..options.requests {
            let begun = Instant::now();
            asker.ask(kind, &mut rng).await?;
            latencies.record(begun.elapsed());
        }
        by_kind.push((name.to_owned(), latencies.summary()));
    }
    let after = whole_reads(&mut db).await?;
    db.close().await?;
    let whole_reads = after
        .into_iter()
        .map(|(table, scans)| {
            let were = before.iter().find(|(name, _)| *name == table).map_or(0, |(_, n)| *n);
            (table, scans - were)
        })
        .filter(|(_, scans)| *scans > 0)
        .collect();
    Ok(Measured { conversations: size, messages: size * options.messages, by_kind, whole_reads })
}

struct Asker<'a> {
    company: &'a Company,
    ids: Vec<String>,
    size: i64,
    cursors: Vec<String>,
}

impl Asker<'_> {
    async fn ask(&self, kind: usize, rng: &mut StdRng) -> Result<()> {
        let states = ["new", "in_work", "closed"];
        let state = states.get(rng.random_range(0..3)).copied().unwrap_or("new");
        let path = match kind {
            0 => format!("/api/v1/conversations?limit=50&state={state}"),
            1 => {
                let nth = rng.random_range(0..self.cursors.len().max(1));
                let cursor = self.cursors.get(nth).context("no later page")?;
                format!("/api/v1/conversations?limit=50&state=closed&cursor={cursor}")
            }
            2 => {
                let nth = rng.random_range(0..self.ids.len().max(1));
                let id = self.ids.get(nth).context("no conversation")?;
                format!("/api/v1/conversations/{id}/messages?limit=50")
            }
            3 => format!("/api/v1/search?limit=20&q={}", encoded("доставка")),
            4 => {
                let number = rng.random_range(1..=self.size);
                format!("/api/v1/search?limit=20&q={}", encoded(&format!("заказ {number}")))
            }
            _ => {
                let name = format!("Ершова {}", rng.random_range(1..=self.size));
                format!("/api/v1/search?limit=20&q={}", encoded(&name))
            }
        };
        self.company.api.get(&path).await.map(drop)
    }
}

/// Cursors of the first fifty pages.
async fn cursors(company: &Company) -> Result<Vec<String>> {
    let mut cursors = Vec::new();
    let mut path = "/api/v1/conversations?limit=50&state=closed".to_owned();
    for _ in 0..50 {
        let page = company.api.get(&path).await?;
        let Some(next) = page["next"].as_str() else { break };
        let next = encoded(next);
        path = format!("/api/v1/conversations?limit=50&state=closed&cursor={next}");
        cursors.push(next);
    }
    Ok(cursors)
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// How often each large table was read whole since the cluster was made. Idle connections tell
/// their counts after ten seconds.
async fn whole_reads(db: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    tokio::time::sleep(Duration::from_secs(11)).await;
    let statement = format!(
        "select relname::text, seq_scan from pg_stat_user_tables where relname in ({LARGE})"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_all(db).await?)
}

fn part(measured: &[Measured], options: &Options) -> Part {
    let mut rows = Vec::new();
    let mut checks = Vec::new();
    for (nth, name) in KINDS.into_iter().enumerate() {
        let of = |m: &Measured| m.by_kind.get(nth).map(|(_, s)| *s).unwrap_or_default();
        for m in measured {
            let summary = of(m);
            rows.push(vec![
                name.to_owned(),
                m.conversations.to_string(),
                m.messages.to_string(),
                ms(summary.p50),
                ms(summary.p95),
                ms(summary.p99),
            ]);
        }
        if let (Some(small), Some(large)) = (measured.first(), measured.last())
            && measured.len() > 1
        {
            let ratio = of(large).p95 / of(small).p95.max(0.001);
            checks.push(Check::at_most(&format!("{name}: ratio of p95"), ratio, 1.5, ""));
        }
    }
    for m in measured {
        let scans: i64 = m.whole_reads.iter().map(|(_, n)| n).sum();
        let mut check = Check::none(
            &format!("reads of a whole large table at {} conversations", m.conversations),
            usize::try_from(scans).unwrap_or(usize::MAX),
        );
        if scans > 0 {
            check.is = format!("{scans} ({:?})", m.whole_reads);
        }
        checks.push(check);
    }
    Part {
        name: "inbox",
        title: "Inbox: lists, pages and search over a long history".to_owned(),
        columns: vec!["request", "conversations", "messages", "p50 ms", "p95 ms", "p99 ms"],
        rows,
        notes: vec![format!(
            "{} requests of each kind, one after another, through the API as an owner who sees \
             everything; whole reads are counted by Postgres (pg_stat_user_tables.seq_scan).",
            options.requests
        )],
        checks,
        figures: json!({ "measured": measured }),
    }
}
