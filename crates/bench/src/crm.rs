//! `bench crm`: companies with an amoCRM account each write leads into it while the accounts refuse
//! calls, are gone for hours (on a scaled clock) and let tokens grow old, and workers are killed with
//! -9. Then what stands in the CRM is compared with what customers wrote.
//!
//! One company's account is left alone: what the others go through must not delay it. It is measured
//! alone first, then through the others' outage and the beginning of their backlog, before the kills,
//! which delay everybody by the lease of what the dead worker held.

mod customers;
mod evidence;
mod killer;
mod portals;
mod verdict;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use sandbox::amo::{Amo, Outage};
use serde_json::json;
use sqlx::PgConnection;

use self::{
    customers::{Customer, Written},
    evidence::{Calls, LEAST_CALLS, SKIP},
    killer::WORKERS,
    portals::{Portal, Shares},
    verdict::Verdict,
};
use crate::{
    company,
    messenger::Telegram,
    percentile::Summary,
    report::{Check, Part},
    stage::{Plan, Stage},
};

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Customers over all companies, each with one conversation
    #[arg(long, default_value_t = 5000)]
    pub conversations: usize,
    /// Companies, each with an amoCRM account of its own
    #[arg(long, default_value_t = 20)]
    pub portals: usize,
    /// Seconds that the accounts are gone; 60 are six hours on the scaled clock
    #[arg(long, default_value_t = 60)]
    pub outage: u64,
    /// Customers of the untouched company, a second
    #[arg(long, default_value_t = 1.0)]
    pub rate: f64,
    /// Seconds between kills, on average
    #[arg(long, default_value_t = 7.5)]
    pub kill_every: f64,
    /// Calls refused with 429, of a hundred
    #[arg(long, default_value_t = 5.0)]
    pub too_many: f64,
    /// Calls refused with 500, of a hundred
    #[arg(long, default_value_t = 2.0)]
    pub server_errors: f64,
    /// Calls that take effect and whose answer is lost, of a hundred; a lost answer to a refresh of
    /// tokens cuts the company off until somebody connects it again, which the bench does
    #[arg(long, default_value_t = 0.0)]
    pub lost_answers: f64,
    /// The same seed makes the same choices (not the same timing)
    #[arg(long)]
    pub seed: Option<u64>,
    /// Put the figures into this page, in the place of the former ones: docs/performance.md
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Write every call that the CRM saw there, one a line
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Seconds without progress after which the rest is given up
    #[arg(long, default_value_t = 120)]
    pub patience: u64,
}

/// Closes a second; fewer when there are few, so that kills meet them.
const CLOSES: f64 = 60.0;
const CLOSING: Duration = Duration::from_secs(25);
/// Seconds between looks whether an account must be connected again.
const LOOK: u32 = 5;
const PROGRESS: Duration = Duration::from_secs(10);
/// The company whose account is left alone.
const UNTOUCHED: usize = 0;

/// All that a run brought to light.
struct Found {
    seed: u64,
    alone: Summary,
    beside: Summary,
    verdict: Verdict,
    /// Of the sandbox's own audit.
    audit: usize,
    breaches: u64,
    crowded: Vec<String>,
    calls: Calls,
    expirations: usize,
    refreshes: u64,
    /// Refreshes that the CRM refused.
    refused: u64,
    kills: usize,
    /// Workers that ended by themselves.
    ended: usize,
    mended: Vec<String>,
    runs: BTreeMap<String, i64>,
    left: i64,
    drained_in: Duration,
    took: Duration,
}

pub async fn run(plan: &Plan, options: &Options) -> Result<(Part, Stage)> {
    if options.portals < 2 || options.conversations < options.portals * 2 {
        bail!("two portals at least, and two conversations of each");
    }
    let seed = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    eprintln!(
        "crm: {} conversations, {} portals, seed {seed}",
        options.conversations, options.portals
    );
    let amo = portals::sandbox(seed).await?;
    let mut stage = Stage::start_with(plan, portals::settings(&amo)).await?;
    for nth in 0..WORKERS {
        stage.start_worker(nth).await?;
    }
    let companies = company::found(&stage, &Telegram::of(&stage)?, options.portals).await?;
    let portals = portals::connect(&stage, &amo, companies).await?;
    let found = tokio::select! {
        found = measure(&mut stage, &amo, &portals, options, seed) => found?,
        never = progress(&amo, options.conversations) => match never {},
    };
    Ok((part(options, &found), stage))
}

async fn measure(
    stage: &mut Stage,
    amo: &Amo,
    portals: &[Portal],
    options: &Options,
    seed: u64,
) -> Result<Found> {
    let begun = Instant::now();
    let begun_ms = amo.now() * 1000;
    let before = amo.journal().last().map_or(0, |entry| entry.number);
    let each = options.conversations / options.portals;
    let mut db = stage.database().await?;

    eprintln!("crm: the untouched company alone");
    let half = customers::of(portals, UNTOUCHED, 0, each / 2);
    let alone = customers::write(stage.http, half, options.rate).await?;
    drained(&mut db, amo, portals, options).await?;

    eprintln!("crm: everybody, and an outage of all others");
    let half = customers::of(portals, UNTOUCHED, each / 2, each);
    let others: Vec<Customer> = (0..each)
        .flat_map(|nth| {
            (1..portals.len()).flat_map(move |p| customers::of(portals, p, nth, nth + 1))
        })
        .collect();
    let pouring = others.len() as f64 / options.outage.max(1) as f64;
    let (beside, others, ()) = tokio::join!(
        customers::write(stage.http, half, options.rate),
        customers::write(stage.http, others, pouring),
        outage(amo, portals, options),
    );
    let (beside, others) = (beside?, others?);
    for (when, written) in [("alone", &alone), ("beside the others", &beside)] {
        let s = delays(portals, written, begun_ms);
        eprintln!(
            "crm: untouched company {when}: p50 {:.0}, p95 {:.0}, max {:.0} ms",
            s.p50, s.p95, s.max
        );
    }

    eprintln!("crm: kills of workers, a second outage, every conversation is closed");
    let killing = Instant::now();
    let mean = Duration::from_secs_f64(options.kill_every.max(1.0));
    let mut kills = 0;
    let ending = async {
        strike(portals, options, Outage::Refused);
        tokio::time::sleep(Duration::from_secs(options.outage / 4)).await;
        strike(portals, options, Outage::No);
        amo.advance(SKIP);
        let rate = CLOSES.min(options.conversations as f64 / CLOSING.as_secs_f64());
        customers::close_all(&mut db, portals, rate).await?;
        drained(&mut db, amo, portals, options).await
    };
    let drained = tokio::select! {
        drained = ending => drained?,
        never = killer::kill(stage, seed, mean, &mut kills) => match never? {},
    };
    let drained_in = killing.elapsed();

    eprintln!("crm: comparing");
    let mut verdict = Verdict::default();
    let mut audit = 0;
    let mut grants = (0, 0);
    let all = || alone.iter().chain(&beside).chain(&others);
    for (nth, portal) in portals.iter().enumerate() {
        let names: Vec<String> = all().filter(|w| w.portal == nth).map(Written::name).collect();
        verdict.count(nth, &names, &evidence::held(&portal.account));
        audit += portal.account.audit().duplicates();
        let of = portal.account.grants();
        grants = (grants.0 + of.by_refresh, grants.1 + of.refused);
    }
    let journal = amo.journal();
    if let Some(file) = &options.journal {
        let lines: Result<Vec<String>, _> = journal.iter().map(serde_json::to_string).collect();
        fs::write(file, lines?.join("\n") + "\n")?;
    }
    let runs: Vec<(String, i64)> =
        sqlx::query_as("select state, count(*) from crm_runs group by state")
            .fetch_all(&mut db)
            .await?;
    Ok(Found {
        seed,
        alone: delays(portals, &alone, begun_ms),
        beside: delays(portals, &beside, begun_ms),
        verdict,
        audit,
        breaches: amo.breaches(),
        crowded: evidence::crowded(&journal, 3),
        calls: evidence::calls(&journal, before),
        expirations: evidence::expirations(&journal, begun_ms),
        refreshes: grants.0,
        refused: grants.1,
        kills,
        ended: stage.ended_workers(),
        mended: drained.mended,
        runs: runs.into_iter().collect(),
        left: drained.left,
        drained_in,
        took: begun.elapsed(),
    })
}

/// From message to lead in the account that is left alone.
fn delays(portals: &[Portal], written: &[Written], begun_ms: i64) -> Summary {
    let untouched = portals.get(UNTOUCHED).map(|p| &p.account);
    untouched.map(|a| evidence::delays(a, written, begun_ms).summary()).unwrap_or_default()
}

/// The others' accounts refuse now and then, are gone for a while, and come back with old tokens.
async fn outage(amo: &Amo, portals: &[Portal], options: &Options) {
    strike(portals, options, Outage::No);
    tokio::time::sleep(Duration::from_secs(options.outage / 4)).await;
    strike(portals, options, Outage::Unavailable);
    tokio::time::sleep(Duration::from_secs(options.outage)).await;
    strike(portals, options, Outage::No);
    amo.advance(SKIP);
    // All meet the old token before the next time.
    tokio::time::sleep(Duration::from_secs(options.outage / 4)).await;
}

fn strike(portals: &[Portal], options: &Options, outage: Outage) {
    let shares = Shares {
        too_many: options.too_many,
        server_errors: options.server_errors,
        lost_answers: options.lost_answers,
    };
    for (_, portal) in portals.iter().enumerate().filter(|(nth, _)| *nth != UNTOUCHED) {
        portal.strike(shares, outage);
    }
}

/// How the work came to its end.
struct Drained {
    /// Jobs that were left when patience was.
    left: i64,
    /// Why accounts had to be connected again by a person.
    mended: Vec<String>,
}

/// Waits until no work for a CRM is left, and connects again who lost access.
async fn drained(
    db: &mut PgConnection,
    amo: &Amo,
    portals: &[Portal],
    options: &Options,
) -> Result<Drained> {
    let mut mended = Vec::new();
    let mut quiet = 0;
    let mut last = (0, 0, Instant::now());
    for second in 1_u32.. {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let left: i64 = sqlx::query_scalar(
            "select coalesce(sum(pending), 0)::bigint from lanes where starts_with(lane, 'crm:')",
        )
        .fetch_one(&mut *db)
        .await?;
        // Events are passed on within a second or two; then there is work again.
        quiet = if left == 0 { quiet + 1 } else { 0 };
        let made: u64 = amo.counts().values().sum();
        if (left, made) != (last.0, last.1) {
            last = (left, made, Instant::now());
        }
        if quiet >= 5 || last.2.elapsed() > Duration::from_secs(options.patience) {
            return Ok(Drained { left, mended });
        }
        for portal in portals.iter().filter(|_| second.is_multiple_of(LOOK)) {
            if let Some(why) = portal.mend(amo).await? {
                eprintln!("crm: connected again by hand: {why}");
                mended.push(why);
            }
        }
    }
    bail!("the work for the CRM has no end")
}

async fn progress(amo: &Amo, conversations: usize) -> Infallible {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(PROGRESS).await;
        let counts = amo.counts();
        let count = |route: &str| counts.get(route).copied().unwrap_or(0);
        eprintln!(
            "crm: {:4} s, {conversations} conversations: {} calls for leads, {} for tasks, {} for \
             notes; {} breaches",
            begun.elapsed().as_secs(),
            count("POST /api/v4/leads"),
            count("POST /api/v4/tasks"),
            count("POST /api/v4/leads/{id}/notes") + count("POST /api/v4/leads/notes"),
            amo.breaches()
        );
    }
}

fn part(options: &Options, found: &Found) -> Part {
    let v = &found.verdict;
    let calls = &found.calls;
    let each = |count: usize| count as f64 / v.customers.max(1) as f64;
    let per = each(calls.all);
    let counted = |counts: Vec<String>| counts.join(", ");
    let ratio = found.beside.p95 / found.alone.p95.max(1.0);
    let delay = |s: &Summary| {
        format!("{} leads, p50 {:.0} ms, p95 {:.0} ms, max {:.0} ms", s.count, s.p50, s.p95, s.max)
    };
    let rows = [
        ("seed", found.seed.to_string()),
        ("conversations", v.customers.to_string()),
        ("message to lead, the untouched company alone", delay(&found.alone)),
        ("message to lead, beside the others' outage and backlog", delay(&found.beside)),
        ("kills of workers", found.kills.to_string()),
        (
            "backlog and closes under kills were done in",
            format!("{} s", found.drained_in.as_secs()),
        ),
        ("calls a conversation", format!("{per:.2}")),
        ("of them taken", format!("{:.2}", each(calls.taken))),
        ("of them struck: 429, 5xx, outage, old token", format!("{:.2}", each(calls.struck))),
        ("of them wrong", calls.wrong.to_string()),
        ("calls, ratio to the least possible", format!("{:.2}", per / LEAST_CALLS)),
        (
            "calls taken, ratio to the least possible",
            format!("{:.2}", each(calls.taken) / LEAST_CALLS),
        ),
        (
            "calls by status",
            counted(calls.by_status.iter().map(|(k, n)| format!("{k}: {n}")).collect()),
        ),
        (
            "calls by route",
            counted(calls.by_route.iter().map(|(k, n)| format!("{k}: {n}")).collect()),
        ),
        ("refreshes (refused)", format!("{} ({})", found.refreshes, found.refused)),
        ("connected again by hand", found.mended.len().to_string()),
        ("runs", counted(found.runs.iter().map(|(k, n)| format!("{k}: {n}")).collect())),
        ("took", format!("{} s", found.took.as_secs())),
    ];
    let failed = found.runs.get("failed").copied().unwrap_or(0);
    let unlike = found.expirations.abs_diff(usize::try_from(found.refreshes).unwrap_or(usize::MAX));
    let mut notes = v.examples.clone();
    if found.breaches > 0 {
        notes.extend(found.crowded.iter().cloned());
    }
    notes.extend(found.mended.iter().map(|why| format!("connected again by hand: {why}")));
    notes.push(format!(
        "{} companies with an amoCRM account each, 7 calls a second for the integration and 50 for the \
         account; all accounts but one refuse {} % with 429 and {} % with 500, lose {} % of the \
         answers, and are gone for {} s (a scaled clock: 1 s is 6 minutes) and once more for {} s \
         under kills. Least possible: {LEAST_CALLS} calls (contact, lead, task; the transcript at \
         the end).",
        options.portals,
        options.too_many,
        options.server_errors,
        options.lost_answers,
        options.outage,
        options.outage / 4
    ));
    Part {
        name: "crm",
        title: "CRM: amoCRM under outage, refusals and kill -9".to_owned(),
        columns: vec!["", ""],
        rows: rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect(),
        notes,
        checks: vec![
            Check::enough("conversations", v.customers, options.conversations / 2),
            Check::enough("kills", found.kills, 3),
            Check::enough("tokens grown old", found.expirations, options.portals),
            Check::none(
                "work left in the queue",
                usize::try_from(found.left).unwrap_or(usize::MAX),
            ),
            Check::none("runs failed", usize::try_from(failed).unwrap_or(usize::MAX)),
            Check::none("contacts, leads, tasks or transcripts lost", v.lost()),
            Check::none("contacts, leads, tasks or transcripts doubled", v.doubled()),
            Check::none("contacts of nobody", v.strangers),
            Check::none("duplicates in the CRM's own audit", found.audit),
            Check::none("limits broken", usize::try_from(found.breaches).unwrap_or(usize::MAX)),
            Check::none("refreshes more or fewer than tokens grown old", unlike),
            Check::none("workers that ended by themselves", found.ended),
            Check::at_most("untouched company: ratio of p95", ratio, 1.2, ""),
        ],
        figures: json!({
            "seed": found.seed, "verdict": v, "audit": found.audit, "breaches": found.breaches,
            "alone_ms": found.alone, "beside_ms": found.beside, "ratio": ratio,
            "calls": calls, "calls_each": per, "calls_ratio": per / LEAST_CALLS,
            "expirations": found.expirations, "refreshes": found.refreshes,
            "refreshes_refused": found.refused, "kills": found.kills, "mended": found.mended,
            "runs": found.runs, "drained_s": found.drained_in.as_secs(), "left": found.left,
        }),
    }
}
