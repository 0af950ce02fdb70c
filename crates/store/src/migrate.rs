//! Migrations, compiled in.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::{Error, Result, Store};

/// While nodes are replaced one by one, a node of the old program may start on a database that the
/// new one migrated already: migrations that it does not know are no fault (migrations/README.md,
/// rule 3).
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("../../migrations");
    migrator.set_ignore_missing(true);
    migrator
});

/// Tells the schema that this program makes from any other one, before it is made.
pub fn migrations_fingerprint() -> [u8; 32] {
    fingerprint(MIGRATIONS.iter().map(|m| (m.version, &*m.checksum)))
}

fn fingerprint<'a>(migrations: impl Iterator<Item = (i64, &'a [u8])>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (version, checksum) in migrations {
        hash.update(version.to_be_bytes());
        hash.update(checksum);
    }
    hash.finalize().into()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_or_another_file_is_another_schema() {
        let of = |migrations: &[(i64, &[u8])]| fingerprint(migrations.iter().copied());
        let known = of(&[(1, b"one"), (2, b"two")]);
        assert_eq!(known, of(&[(1, b"one"), (2, b"two")]));
        assert_ne!(known, of(&[(1, b"one"), (2, b"too")]));
        assert_ne!(known, of(&[(1, b"one"), (3, b"two")]));
        assert_ne!(known, of(&[(1, b"one")]));
        assert_ne!(migrations_fingerprint(), of(&[]), "the files are compiled in");
    }
}
