//! The anchor of `intake`: pgbench with the least SQL that makes a message durable, ordered and
//! deduplicated, on the same cluster with the same settings. What the product does beyond it
//! (contact, event, job, HTTP, JSON) has to be paid from batching.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::{processes, stage::Stage};

/// The least: one statement, so one round trip and one commit. The counter's row lock gives the
/// order, the unique key refuses doubles.
const ONE_STATEMENT: &str = "\
\\set conversation random(1, :conversations)
\\set external random(1, 9000000000000000)
with counted as (
    update floor_conversations set last_position = last_position + 1
    where conversation_id = :conversation returning last_position
)
insert into floor_messages (conversation_id, position, external_id, body)
select :conversation, last_position, :external,
    'Здравствуйте! Подскажите, пожалуйста, есть ли доставка в Казань и сколько она стоит?'
from counted
on conflict (external_id) do nothing;
";

/// The same as a program would write it that has something to do between the two statements.
const TRANSACTION: &str = "\
\\set conversation random(1, :conversations)
\\set external random(1, 9000000000000000)
begin;
update floor_conversations set last_position = last_position + 1
    where conversation_id = :conversation returning last_position \\gset
insert into floor_messages (conversation_id, position, external_id, body)
    values (:conversation, :last_position, :external,
        'Здравствуйте! Подскажите, пожалуйста, есть ли доставка в Казань и сколько она стоит?')
    on conflict (external_id) do nothing;
commit;
";

const TABLES: &str = "
drop table if exists floor_messages, floor_conversations;
create table floor_conversations (
    conversation_id bigint primary key,
    last_position bigint not null default 0
) with (fillfactor = 70);
create table floor_messages (
    conversation_id bigint not null,
    position bigint not null,
    external_id bigint not null,
    body text not null,
    created_at timestamptz not null default now(),
    primary key (conversation_id, position)
);
create unique index floor_messages_external on floor_messages (external_id);
";

/// The two forms beside each other: the first is the anchor.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Floor {
    pub clients: usize,
    pub one_statement: Speed,
    pub transaction: Speed,
}

/// What pgbench made of one form.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Speed {
    pub per_second: f64,
    pub mean_ms: f64,
    /// Postgres and pgbench together have the machine; this is Postgres alone.
    pub postgres_cpu_ms: f64,
}

/// Runs pgbench with as many clients as there are senders, on as many conversations.
pub async fn measure(
    stage: &mut Stage,
    clients: usize,
    conversations: usize,
    seconds: u64,
) -> Result<Floor> {
    let run = Run { clients, conversations, seconds };
    Ok(Floor {
        clients,
        one_statement: run.measure(stage, ONE_STATEMENT).await?,
        transaction: run.measure(stage, TRANSACTION).await?,
    })
}

struct Run {
    clients: usize,
    conversations: usize,
    seconds: u64,
}

impl Run {
    async fn measure(&self, stage: &mut Stage, script: &str) -> Result<Speed> {
        let mut db = stage.database().await?;
        let database: String =
            sqlx::query_scalar("select current_database()::text").fetch_one(&mut db).await?;
        db.execute(AssertSqlSafe(TABLES)).await?;
        sqlx::query("insert into floor_conversations select generate_series(1, $1)")
            .bind(i64::try_from(self.conversations)?)
            .execute(&mut db)
            .await?;
        db.execute("vacuum analyze floor_conversations").await?;
        let file = stage.data().join("floor.sql");
        fs::write(&file, script)?;
        let before = processes::cpu(&[stage.postmaster_pid()?]);
        let output = self.pgbench(stage, &database, &file).await?;
        let cpu = processes::cpu(&[stage.postmaster_pid()?]).saturating_sub(before);
        let stored: i64 =
            sqlx::query_scalar("select count(*) from floor_messages").fetch_one(&mut db).await?;
        db.execute("drop table floor_messages, floor_conversations").await?;
        db.close().await?;
        let (per_second, mean_ms) =
            read(&output).with_context(|| format!("pgbench said:\n{output}"))?;
        let postgres_cpu_ms = per_message(cpu, u64::try_from(stored)?);
        Ok(Speed { per_second, mean_ms, postgres_cpu_ms })
    }

    async fn pgbench(&self, stage: &Stage, database: &str, script: &Path) -> Result<String> {
        let program = program(stage)?;
        let (socket, port) = stage.socket()?;
        let output = tokio::process::Command::new(&program)
            .args(["--no-vacuum", "--protocol=prepared", "--username=app"])
            .arg(format!("--host={socket}"))
            .arg(format!("--port={port}"))
            .arg(format!("--client={}", self.clients))
            .arg(format!("--jobs={}", self.clients.min(2)))
            .arg(format!("--time={}", self.seconds))
            .arg(format!("--define=conversations={}", self.conversations))
            .arg("--file")
            .arg(script)
            .arg(database)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("{} cannot be run", program.display()))?;
        if !output.status.success() {
            bail!("pgbench: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Milliseconds of processor time for each.
pub fn per_message(cpu: Duration, messages: u64) -> f64 {
    cpu.as_secs_f64() * 1000.0 / messages.max(1) as f64
}

/// Beside the server programs, where Debian puts it too.
fn program(stage: &Stage) -> Result<PathBuf> {
    let beside = stage.postgres_programs()?.join("pgbench");
    Ok(if beside.is_file() { beside } else { PathBuf::from("pgbench") })
}

/// Transactions a second without the time of connecting, and the mean latency in milliseconds.
fn read(output: &str) -> Option<(f64, f64)> {
    let after = |start: &str| {
        let line = output.lines().find_map(|l| l.trim().strip_prefix(start))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    Some((after("tps = ")?, after("latency average = ")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_pgbench_are_found() {
        let output = "pgbench (15.18)\nlatency average = 2.031 ms\n\
            initial connection time = 9.1 ms\n\
            tps = 3938.123456 (without initial connection time)\n";
        assert_eq!(read(output), Some((3938.123456, 2.031)));
        assert_eq!(read("nothing"), None);
    }

    #[test]
    fn cpu_is_shared_out_among_messages() {
        assert_eq!(per_message(Duration::from_secs(2), 1000), 2.0);
        assert_eq!(per_message(Duration::from_secs(2), 0), 2000.0);
    }
}
