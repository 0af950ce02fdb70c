//! The bench: speed and safety of Beseda, measured from outside through its public face.
//!
//! Knows nothing of the product's code: it starts `beseda serve` and `beseda sandbox` as a person
//! would, speaks HTTP and WebSocket, and looks into the database only to compare. Start reading at
//! [`stage`] (what is measured), then at the commands: [`intake`], [`live`], [`inbox`], [`ledger`],
//! [`crm`].

mod company;
mod crm;
mod floor;
mod inbox;
mod intake;
mod ledger;
mod line;
mod live;
mod machine;
mod messenger;
mod percentile;
mod processes;
mod report;
mod socket;
mod stage;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::{
    machine::Machine,
    report::Part,
    stage::{Plan, Stage},
};

/// Speed and safety of Beseda: every zero with its number of attempts, every figure with its machine.
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100)]
struct Cli {
    /// The program to measure; the one beside this one if not told
    #[arg(long, global = true, value_name = "FILE")]
    beseda: Option<PathBuf>,
    /// Write the figures there as JSON
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Leave the folder with data and logs
    #[arg(long, global = true)]
    keep: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Webhooks accepted a second, their latency and their cost, beside pgbench's least SQL
    Intake(intake::Options),
    /// Webhook to socket frame at half of the load, and what idle sockets cost
    Live(live::Options),
    /// Lists, pages and search over a short and a long history
    Inbox(inbox::Options),
    /// Nothing lost, doubled or reordered while server and Postgres are killed with -9
    Ledger(ledger::Options),
    /// Companies with an amoCRM each: outage, refusals, kills of workers; nothing lost or doubled
    Crm(crm::Options),
    /// All of them but crm with the ledger's controls, and docs/performance.md written anew
    All(Everything),
}

#[derive(Debug, clap::Args)]
struct Everything {
    /// Seconds of the ledger; 600 is the whole form
    #[arg(long, default_value_t = 60)]
    ledger_seconds: u64,
    /// Sizes of the inbox; 10000,1000000 is the whole form
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    conversations: Vec<i64>,
    /// The page to write the figures into
    #[arg(long, default_value = "docs/performance.md")]
    page: PathBuf,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error:#}");
            println!("0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

/// One thread: the generator takes as little of the machine as it can.
fn run(cli: Cli) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            code = execute(cli) => code,
            // Returning drops the stage, which ends what was started.
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        }
    })
}

async fn execute(cli: Cli) -> Result<ExitCode> {
    let plan = Plan::new(cli.beseda.clone(), cli.keep)?;
    let (part, stage) = match &cli.command {
        Command::Intake(options) => intake::run(&plan, options).await?,
        Command::Live(options) => live::run(&plan, options).await?,
        Command::Inbox(options) => inbox::run(&plan, options).await?,
        Command::Ledger(options) => ledger::run(&plan, options).await?,
        Command::Crm(options) => crm::run(&plan, options).await?,
        Command::All(options) => return everything(&cli, &plan, options).await,
    };
    let machine = look(&stage)?;
    drop(stage);
    let parts = [part];
    if let Command::Crm(options) = &cli.command
        && let Some(page) = &options.page
    {
        write(page, &machine, &parts, "./dev bench crm")?;
    }
    finish(&cli, &machine, &parts)
}

/// Each part on an installation of its own, one after another.
async fn everything(cli: &Cli, plan: &Plan, options: &Everything) -> Result<ExitCode> {
    let seconds = options.ledger_seconds.to_string();
    let sizes: Vec<String> = options.conversations.iter().map(i64::to_string).collect();
    let sizes = sizes.join(",");
    let lines: [&[&str]; 6] = [
        &["intake"],
        &["live"],
        &["inbox", "--conversations", &sizes],
        &["ledger", "--seconds", &seconds],
        &["ledger", "--seconds", "45", "--kills", "8", "--control", "synchronous-commit-off"],
        &["ledger", "--seconds", "20", "--kills", "1", "--control", "dedupe-off"],
    ];
    let mut machine = None;
    let mut parts = Vec::new();
    for line in lines {
        // The same defaults as on the command line.
        let one = Cli::try_parse_from(std::iter::once("bench").chain(line.iter().copied()))?;
        let (part, stage) = match &one.command {
            Command::Intake(options) => intake::run(plan, options).await?,
            Command::Live(options) => live::run(plan, options).await?,
            Command::Inbox(options) => inbox::run(plan, options).await?,
            Command::Ledger(options) => ledger::run(plan, options).await?,
            Command::Crm(options) => crm::run(plan, options).await?,
            Command::All(_) => continue,
        };
        machine = Some(look(&stage)?);
        print!("{}", part.human());
        parts.push(part);
    }
    let machine = machine.context("nothing ran")?;
    write(&options.page, &machine, &parts, "./dev bench")?;
    finish(cli, &machine, &parts)
}

fn write(page: &Path, machine: &Machine, parts: &[Part], command: &str) -> Result<()> {
    let former = fs::read_to_string(page).unwrap_or_default();
    let text = report::replaced(&former, &report::markdown(machine, parts), command);
    fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

fn look(stage: &Stage) -> Result<Machine> {
    let version = std::process::Command::new(stage.postgres_programs()?.join("postgres"))
        .arg("--version")
        .output()?;
    let version = String::from_utf8_lossy(&version.stdout)
        .trim()
        .replace("postgres (PostgreSQL)", "PostgreSQL");
    Ok(Machine::look(&stage.data(), version))
}

fn finish(cli: &Cli, machine: &Machine, parts: &[Part]) -> Result<ExitCode> {
    println!("{}", machine.line());
    for part in parts {
        print!("{}", part.human());
    }
    if let Some(file) = &cli.json {
        let text = serde_json::to_string_pretty(&report::json(machine, parts))?;
        fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    let (good, bad) = report::tally(parts);
    println!("\n{good} passed, {bad} failed");
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
