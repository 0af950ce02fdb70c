//! Migrations, compiled in.

use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::{Error, Result, Store};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How the database compares with this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationState {
    pub applied: usize,
    pub pending: usize,
    /// Applied by a newer program than this one.
    pub unknown: usize,
}

impl Store {
    /// Applies what is pending. Several processes may start at once: one applies, the rest wait.
    pub async fn migrate(&self) -> Result<()> {
        let mut conn = self.options.connect().await?;
        MIGRATIONS.run(&mut conn).await.map_err(|e| Error::Driver(e.into()))
    }

    pub async fn migration_state(&self) -> Result<MigrationState> {
        let mut conn = PgConnectOptions::connect(&self.options).await?;
        let table: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
            .fetch_one(&mut conn)
            .await?;
        if !table {
            return Ok(MigrationState {
                applied: 0,
                pending: MIGRATIONS.iter().count(),
                unknown: 0,
            });
        }
        let applied: Vec<i64> =
            sqlx::query_scalar("select version from _sqlx_migrations where success")
                .fetch_all(&mut conn)
                .await?;
        let known: Vec<i64> = MIGRATIONS.iter().map(|m| m.version).collect();
        Ok(MigrationState {
            applied: applied.len(),
            pending: known.iter().filter(|v| !applied.contains(v)).count(),
            unknown: applied.iter().filter(|v| !known.contains(v)).count(),
        })
    }
}
