//! A migrated database for one test: a copy of a template that is made once for each state of the
//! migrations. What counts are those compiled into this binary, and not the files on the disk: they
//! fill the template, and a binary older than the files must not give its schema their name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::ids::AccountId;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::{MasterKeys, Store};
use uuid::Uuid;

use crate::{cluster, until};

/// Guards the template and the copying: Postgres refuses to copy a database that somebody uses.
const LOCK: i64 = 0x0be5_eda0;
/// What a killed test left behind goes after this time.
const LEFT_BEHIND: Duration = Duration::from_secs(20 * 60);

/// The key that all tests seal with.
pub const MASTER_KEY: [u8; 32] = [42; 32];

/// A database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database {
    name: String,
}

impl Database {
    /// A migrated database.
    pub async fn create() -> Self {
        let mut conn = admin().await;
        lock(&mut conn).await;
        let template = template(&mut conn).await;
        let name = name();
        execute(&mut conn, format!("create database {name} template {template}")).await.unwrap();
        // Closing gives the lock back.
        conn.close().await.unwrap();
        Self { name }
    }

    /// A database with nothing in it.
    pub async fn empty() -> Self {
        let mut conn = admin().await;
        lock(&mut conn).await;
        let name = name();
        execute(&mut conn, format!("create database {name}")).await.unwrap();
        conn.close().await.unwrap();
        Self { name }
    }

    pub fn url(&self) -> String {
        cluster::url_of(&self.name)
    }

    /// A connection past all walls, for looking and for breaking things.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    /// A company without anybody.
    pub async fn account(&self) -> AccountId {
        let account = AccountId(Uuid::now_v7());
        let mut conn = self.connect().await;
        for statement in [
            "insert into accounts (account_id, name) values ($1, 'Ромашка')",
            "insert into account_counters (account_id) values ($1)",
        ] {
            sqlx::query(statement).bind(account.0).execute(&mut conn).await.unwrap();
        }
        account
    }

    /// Waits until somebody waits for a lock that another holds.
    pub async fn until_blocked(&self, what: &str) {
        let mut conn = self.connect().await;
        until(what, async || {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(&mut conn)
            .await
            .unwrap();
            (waiting > 0).then_some(())
        })
        .await;
    }

    /// The next so many writes of this kind (`update on channels for each row`) end as when Postgres
    /// goes down.
    pub async fn goes_down(&self, times: u32, writes: &str) {
        let statements = format!(
            "create sequence faults;
             grant usage on sequence faults to public;
             create function fault() returns trigger language plpgsql as $$
             begin
                if nextval('faults') <= {times} then
                    raise exception 'going down' using errcode = '57P01';
                end if;
                return new;
             end $$;
             create trigger fault before {writes} execute function fault();"
        );
        let mut conn = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut conn).await.unwrap();
    }

    /// The store as the server opens it.
    pub fn store(&self) -> Store {
        open(&self.url())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("drop database if exists {} with (force)", self.name);
        // The runtime of the test may be on its way out.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut conn = PgConnection::connect(cluster::cluster()).await?;
                execute(&mut conn, statement).await?;
                conn.close().await?;
                anyhow::Ok(())
            })
        });
        // A database that stays is cleared away by a later test.
        let _ = dropping.join();
    }
}

pub fn keys() -> MasterKeys {
    MasterKeys::new([(1, MASTER_KEY)]).unwrap()
}

fn open(url: &str) -> Store {
    let options = store::Options {
        url: url.to_owned(),
        tenant_connections: 6,
        platform_connections: 6,
        acquire_timeout: Duration::from_secs(10),
    };
    Store::open(&options, keys()).unwrap()
}

async fn admin() -> PgConnection {
    let url = tokio::task::spawn_blocking(cluster::cluster).await.unwrap();
    PgConnection::connect(url).await.unwrap()
}

async fn lock(conn: &mut PgConnection) {
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(conn).await.unwrap();
}

async fn execute(conn: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(statement)).execute(conn).await.map(|_| ())
}

/// The name tells when the test began, so that what is left behind can be told from what is used.
fn name() -> String {
    format!("test_{}_{}", seconds(), Uuid::now_v7().simple())
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Makes the template unless it is there. It gets its name when it is whole.
async fn template(conn: &mut PgConnection) -> String {
    let template = template_name();
    let names: Vec<String> = sqlx::query_scalar("select datname::text from pg_database")
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    if names.contains(&template) {
        return template;
    }
    // Rarely here, so that clearing up costs nothing otherwise.
    for old in names.iter().filter(|name| is_left_behind(name)) {
        let _ = execute(conn, format!("drop database if exists {old}")).await;
    }
    let new = name();
    execute(conn, format!("create database {new}")).await.unwrap();
    let store = open(&cluster::url_of(&new));
    store.migrate().await.unwrap();
    store.close().await;
    execute(conn, format!("alter database {new} rename to {template}")).await.unwrap();
    template
}

fn is_left_behind(name: &str) -> bool {
    if name.starts_with("template_") {
        return true;
    }
    let begun = name.strip_prefix("test_").and_then(|rest| rest.split('_').next());
    let begun = begun.and_then(|text| text.parse::<u64>().ok());
    begun.is_some_and(|begun| begun + LEFT_BEHIND.as_secs() < seconds())
}

fn template_name() -> String {
    let fingerprint = store::migrations_fingerprint();
    let digits: String = fingerprint.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("template_{digits}")
}
