//! `bench ledger`: customers write and operators answer while server and Postgres are killed with -9
//! at random; then the database, the sockets' readers and the messenger are compared with what was
//! acknowledged.
//!
//! A zero counts only with its number of attempts, its seed, and a control run in which the same
//! comparison does not show zero.

mod check;
mod evidence;
mod killer;
mod operators;
mod readers;
mod senders;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::json;
use sqlx::{Connection, Executor};
use tokio::task::JoinSet;

use self::{
    check::{Evidence, Verdict},
    killer::Kills,
    operators::Operator,
    readers::Reader,
    senders::{Course, Sender},
};
use crate::{
    company::{self, Company},
    messenger::{Kind, Messenger},
    percentile::Summary,
    report::{Check, Part},
    stage::{Plan, Stage},
};

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The messenger
    #[arg(long, value_enum, default_value_t)]
    pub kind: Kind,
    /// How long customers write
    #[arg(long, default_value_t = 600)]
    pub seconds: u64,
    /// The same seed makes the same choices (not the same timing)
    #[arg(long)]
    pub seed: Option<u64>,
    /// Kills in that time; one each ten seconds if not told
    #[arg(long)]
    pub kills: Option<u64>,
    #[arg(long, default_value_t = 8)]
    pub senders: usize,
    /// Customers of each sender
    #[arg(long, default_value_t = 4)]
    pub customers: usize,
    #[arg(long, default_value_t = 2)]
    pub operators: usize,
    #[arg(long, default_value_t = 3)]
    pub readers: usize,
    /// Switch a protection off: the comparison must show it
    #[arg(long, value_enum)]
    pub control: Option<Control>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Control {
    /// Postgres answers before its log is on the disk: kills must lose acknowledged messages
    SynchronousCommitOff,
    /// The messenger's ids are made useless in the database: repeats must be doubled
    DedupeOff,
}

/// How long everything may take to come to rest afterwards.
const REST: Duration = Duration::from_secs(180);
/// The sandbox lets a bot send 30 messages a second in all, and one a second in a chat.
const ANSWER_PAUSE: Duration = Duration::from_millis(250);

pub async fn run(plan: &Plan, options: &Options) -> Result<(Part, Stage)> {
    let seed = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let kills = options.kills.unwrap_or((options.seconds / 10).max(2));
    let kind = options.kind.name();
    eprintln!("ledger: {kind}, {} s, {kills} kills, seed {seed}", options.seconds);
    let mut stage = Stage::start(plan).await?;
    let messenger = options.kind.start(&stage).await?;
    let company = company::found(&stage, &*messenger, 1).await?.pop().context("one company")?;
    let chats: Vec<i64> =
        (0..options.senders * options.customers).map(|n| 500_001 + n as i64).collect();
    open_chats(&*messenger, &company, &chats).await?;
    let mut db = stage.database().await?;
    let conversations = evidence::conversations(&mut db, chats.len()).await?;
    let from = evidence::last_event(&mut db, &company).await?;
    if let Some(control) = options.control {
        switch_off(&mut db, control).await?;
    }
    db.close().await?;

    let course = Arc::new(Course::new(stage.http));
    let end = Arc::new(AtomicI64::new(i64::MAX));
    let mut senders = JoinSet::new();
    for (nth, chats) in chats.chunks(options.customers).enumerate() {
        let sender = Sender {
            hook: company.hook.clone(),
            chats: chats.to_vec(),
            seed: seed ^ (nth as u64 + 1),
            once: options.control == Some(Control::SynchronousCommitOff),
        };
        senders.spawn(senders::send(Arc::clone(&course), sender));
    }
    let mut operators = JoinSet::new();
    let mut readers = JoinSet::new();
    // A control looks at the customers' messages alone; what it breaks is not what they test.
    if options.control.is_none() {
        for number in 1..=options.operators {
            let operator = Operator {
                number,
                api: company.api.clone(),
                conversations: conversations.clone(),
                seed: seed ^ (0x1000 + number as u64),
                pause: ANSWER_PAUSE,
            };
            operators.spawn(operators::answer(Arc::clone(&course), operator));
        }
        for nth in 0..options.readers {
            let reader = Reader {
                to: stage.http,
                token: company.api.token.clone(),
                from,
                seed: seed ^ (0x2000 + nth as u64),
                end: Arc::clone(&end),
            };
            readers.spawn(readers::read(Arc::clone(&course), reader));
        }
    }
    let begun = Instant::now();
    let only_postgres = options.control == Some(Control::SynchronousCommitOff);
    let orders = killer::Orders { seconds: options.seconds, kills, seed, only_postgres };
    let killed = tokio::select! {
        killed = killer::kill(&mut stage, &course, &orders) => killed,
        never = lose_answers(&*messenger, &company, options.control.is_none()) => match never {},
    };
    course.end();
    let killed = killed?;
    let rest = tokio::time::timeout(REST, async {
        let deliveries = all(&mut senders).await?;
        let answers = all(&mut operators).await?;
        anyhow::Ok((deliveries, answers))
    });
    let (deliveries, answers) = match rest.await {
        Ok(done) => done?,
        Err(_) => {
            course.break_off();
            (all(&mut senders).await?, all(&mut operators).await?)
        }
    };
    let mut db = stage.database().await?;
    evidence::at_rest(&mut db, REST).await?;
    end.store(evidence::last_event(&mut db, &company).await?, Ordering::Relaxed);
    let readings = match tokio::time::timeout(Duration::from_secs(60), all_kept(&mut readers)).await
    {
        Ok(done) => done?,
        Err(_) => {
            course.break_off();
            all_kept(&mut readers).await?
        }
    };
    let evidence = Evidence {
        deliveries,
        answers,
        rows: evidence::rows(&mut db, &company).await?,
        calls: messenger.calls(&company.account).await?,
        sending: messenger.sending(),
        feed: evidence::feed(&mut db, &company, from).await?,
        readings,
    };
    db.close().await?;
    let verdict = check::compare(&evidence);
    let took = begun.elapsed();
    let part = match options.control {
        None => part(options, seed, &course, &killed, &verdict, took),
        Some(control) => control_part(control, seed, &killed, &verdict),
    };
    Ok((part, stage))
}

/// Each customer writes through the messenger itself, so that it may be answered, and has a
/// conversation.
async fn open_chats(messenger: &dyn Messenger, company: &Company, chats: &[i64]) -> Result<()> {
    for chat in chats {
        messenger.meet(&company.account, *chat).await?;
    }
    Ok(())
}

/// Every two seconds one send reaches the customer and its answer does not reach the server.
async fn lose_answers(messenger: &dyn Messenger, company: &Company, wanted: bool) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        if wanted {
            messenger.lose_answer(&company.account).await;
        }
    }
}

async fn switch_off(db: &mut sqlx::PgConnection, control: Control) -> Result<()> {
    match control {
        Control::SynchronousCommitOff => {
            db.execute("alter system set synchronous_commit = off").await?;
            // The default of 200 ms loses too; with this the control needs fewer kills.
            db.execute("alter system set wal_writer_delay = '1s'").await?;
            db.execute("select pg_reload_conf()").await?;
        }
        Control::DedupeOff => {
            db.execute(
                "create function forget_external_id() returns trigger language plpgsql as $$
                 begin
                     if new.external_id is not null then
                         new.external_id := new.external_id || '/' || gen_random_uuid();
                     end if;
                     return new;
                 end $$",
            )
            .await?;
            db.execute(
                "create trigger forget before insert on messages
                 for each row execute function forget_external_id()",
            )
            .await?;
        }
    }
    Ok(())
}

async fn all<T: 'static>(tasks: &mut JoinSet<Vec<T>>) -> Result<Vec<T>> {
    let mut done = Vec::new();
    while let Some(one) = tasks.join_next().await {
        done.extend(one?);
    }
    Ok(done)
}

async fn all_kept<T: 'static>(tasks: &mut JoinSet<T>) -> Result<Vec<T>> {
    let mut done = Vec::new();
    while let Some(one) = tasks.join_next().await {
        done.push(one?);
    }
    Ok(done)
}

fn part(
    options: &Options,
    seed: u64,
    course: &Course,
    killed: &Kills,
    v: &Verdict,
    took: Duration,
) -> Part {
    let (server, postgres) = (killed.server_back.summary(), killed.postgres_back.summary());
    let seconds = usize::try_from(options.seconds).unwrap_or(usize::MAX);
    let rows = [
        ("seed", seed.to_string()),
        ("deliveries acknowledged", v.accepted.to_string()),
        ("requests, with copies and repeats", course.requests.load(Ordering::Relaxed).to_string()),
        ("of them not acknowledged, by status", refusals(course)),
        ("answers acknowledged", v.answers.to_string()),
        ("answers of the messenger lost on purpose", v.untold.to_string()),
        ("shown uncertain (of them arrived)", format!("{} ({})", v.uncertain, v.uncertain_arrived)),
        ("shown once more by the messenger's report", v.shown_by_report.to_string()),
        ("shown failed", v.failed.to_string()),
        ("socket events read", v.socket_events.to_string()),
        ("socket connections", v.socket_reconnects.to_string()),
        ("kills", killed.words()),
        ("intake again after a kill of the server", again(&server)),
        ("intake again after a kill of Postgres", again(&postgres)),
        ("restarts that Postgres' death needed", killed.needed_a_hand.to_string()),
        ("took", format!("{} s", took.as_secs())),
    ];
    let mut checks = vec![
        Check::enough("deliveries acknowledged", v.accepted, seconds * 10),
        Check::enough("answers acknowledged", v.answers, seconds / 2),
        Check::enough("kills", killed.count(), seconds / 20),
        Check::enough("answers of the messenger lost on purpose", v.untold, seconds / 30),
        Check::none("never acknowledged", v.never_accepted + v.answers_never_accepted),
        Check::none("lost", v.lost),
        Check::none("doubled", v.doubled),
        Check::none("reordered", v.reordered),
        Check::none("from nobody", v.strangers),
        Check::none("customers with two conversations", v.split),
        Check::none("answers lost", v.answers_lost),
        Check::none("answers doubled", v.answers_doubled),
        Check::none("sent twice", v.sent_twice),
        Check::none("shown sent and never sent", v.sent_in_name_only),
        Check::none("shown failed and sent", v.failed_but_sent),
        Check::none("uncertain and not shown so", v.uncertain_hidden),
        Check::none("neither sent nor given up", v.unfinished),
        Check::none("gaps in the feed", v.feed_gaps),
        Check::none("missed by socket readers", v.socket_missed),
        Check::none("doubled for socket readers", v.socket_doubled),
        Check::none("out of order for socket readers", v.socket_disordered),
        Check::none("told to resync", v.socket_resyncs),
        Check::none("Postgres killed and not brought back by the server", killed.needed_a_hand),
    ];
    // A debug build takes its time.
    if !cfg!(debug_assertions) {
        let name = |what: &str| format!("intake again after a kill of {what}, p99");
        checks.push(Check::at_most(&name("the server"), server.p99, 1000.0, " ms"));
        checks.push(Check::at_most(&name("Postgres"), postgres.p99, 5000.0, " ms"));
    }
    Part {
        name: "ledger",
        title: format!(
            "Ledger of {}: {} s under random kill -9",
            options.kind.name(),
            options.seconds
        ),
        columns: vec!["", ""],
        rows: rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect(),
        notes: v.examples.iter().chain(&killed.words_of_faults).cloned().collect(),
        checks,
        figures: json!({
            "kind": options.kind.name(), "seed": seed, "verdict": v, "kills": killed.count(),
            "server_back_ms": server, "postgres_back_ms": postgres,
            "requests": course.requests.load(Ordering::Relaxed),
        }),
    }
}

fn again(back: &Summary) -> String {
    format!("{} times, p50 {:.0} ms, max {:.0} ms", back.count, back.p50, back.max)
}

fn refusals(course: &Course) -> String {
    let word = |status: u16| match status {
        0 => "no answer".to_owned(),
        status => status.to_string(),
    };
    let all = course.refusals().into_iter();
    let words: Vec<String> = all.map(|(status, n)| format!("{}: {n}", word(status))).collect();
    words.join(", ")
}

fn control_part(control: Control, seed: u64, killed: &Kills, v: &Verdict) -> Part {
    let (name, what, count) = match control {
        Control::SynchronousCommitOff => {
            ("control_synchronous_commit", "lost with synchronous_commit = off", v.lost)
        }
        Control::DedupeOff => ("control_dedupe", "doubled without the messenger's ids", v.doubled),
    };
    Part {
        name,
        title: format!("Negative control: {what}"),
        columns: vec!["", ""],
        rows: vec![
            vec!["seed".to_owned(), seed.to_string()],
            vec!["deliveries acknowledged".to_owned(), v.accepted.to_string()],
            vec!["kills".to_owned(), killed.words()],
            vec!["lost".to_owned(), v.lost.to_string()],
            vec!["doubled".to_owned(), v.doubled.to_string()],
        ],
        notes: vec![
            "The protection is off, so the comparison must not show zero; if it does, the rig is \
             blind."
                .to_owned(),
        ],
        checks: vec![Check::some(what, count)],
        figures: json!({ "seed": seed, "accepted": v.accepted, "shown": count }),
    }
}
