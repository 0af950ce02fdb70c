//! The private Postgres of a start without `DATABASE_URL`.
//!
//! Duty: find Postgres server programs, make a cluster below one folder, start its postmaster or
//! adopt the one that a killed owner left behind, and stop it. It knows nothing of Beseda's tables,
//! settings or environment variables: everything comes in [`Options`]. Linux only (it reads /proc),
//! and blocking: from async code call it on a blocking thread.
//!
//! Start reading at [`Cluster::start`] in `cluster.rs`; each other file is one step of it.
//!
//! What lies below `Options::root`:
//! - `lock`: held with flock(2) by the one owner;
//! - `pgdata`: the cluster, 0700;
//! - `pgdata.new-*`: a cluster being made; it becomes `pgdata` by one rename, so that a half-made
//!   one is never taken for a cluster;
//! - `run`: the socket, `postgres.log` and the output of the programs, 0700.

mod cluster;
mod error;
mod init;
mod layout;
mod lock;
mod options;
mod owned_file;
mod pidfile;
mod program;
mod programs;
mod reach;
mod run_as;
mod settings;
mod url;

pub use cluster::Cluster;
pub use error::Error;
pub use options::{Durability, Options};
