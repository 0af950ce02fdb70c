//! What can go wrong with the database, by what the caller can do next.

/// `Ok(None)` is 'not found'; these are the rest.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is down, restarting, or out of connections: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Another transaction won; run this one again.
    #[error("lost a race with another transaction: {0}")]
    Conflict(#[source] sqlx::Error),
    /// A named unique constraint says no: the caller knows what it means.
    #[error("violates the constraint {0}")]
    Constraint(String),
    /// A row that the program could not have written.
    #[error("inconsistent row in {table}.{column}: {why}")]
    Inconsistent { table: &'static str, column: &'static str, why: String },
    /// An update that must hit one row hit another number.
    #[error("{what}: expected one row, hit {hit}")]
    RowsAffected { what: &'static str, hit: u64 },
    /// A secret cannot be opened: wrong master key, or the row was tampered with.
    #[error("a secret cannot be opened: {0}")]
    Secret(&'static str),
    /// A fault of the program or of the schema.
    #[error(transparent)]
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error),
            sqlx::Error::Database(db) => match db.code().as_deref() {
                // Serialisation failure, deadlock.
                Some("40001" | "40P01") => Self::Conflict(error),
                // Classes 08, 53, 57P: connection lost, out of resources, shutting down.
                Some(code)
                    if code.starts_with("08")
                        || code.starts_with("53")
                        || code.starts_with("57P") =>
                {
                    Self::Unavailable(error)
                }
                Some("23505" | "23503" | "23514") => match db.constraint() {
                    Some(name) => Self::Constraint(name.to_owned()),
                    None => Self::Driver(error),
                },
                _ => Self::Driver(error),
            },
            _ => Self::Driver(error),
        }
    }
}

impl Error {
    /// Whether the same work may succeed a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Conflict(_))
    }

    pub(crate) fn bad(table: &'static str, column: &'static str, why: impl ToString) -> Self {
        Self::Inconsistent { table, column, why: why.to_string() }
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
