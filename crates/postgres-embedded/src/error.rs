use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no private Postgres. Each text is for the person at the terminal and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "No Postgres server programs (initdb, pg_ctl, postgres) were found in: {}.\n{THREE_WAYS_OUT}",
        list(.searched)
    )]
    NoPrograms { searched: Vec<PathBuf> },

    #[error(
        "PG_BIN_DIR is {}, but {missing} is not in that folder.\n{THREE_WAYS_OUT}",
        .dir.display()
    )]
    BinDirWithoutPrograms { dir: PathBuf, missing: &'static str },

    #[error(
        "The data in {} were made by Postgres {wanted}, and only programs of that major version \
         can read them; found: {}.\nThree ways out: install that version (for example `apt-get \
         install postgresql-{wanted}`), or name the folder of its programs in PG_BIN_DIR, or give \
         a database of your own in DATABASE_URL.",
        .data.display(), versions(.found)
    )]
    NoProgramsOfMajor { wanted: u32, data: PathBuf, found: Vec<(u32, PathBuf)> },

    #[error(
        "{} already runs on the data folder {}. Stop that one first, or choose another data folder \
         for this one.",
        owner(*.pid), .root.display()
    )]
    Owned { root: PathBuf, pid: Option<u32> },

    #[error(
        "Postgres refuses to run as root, so it is run as the user `{user}`; but that user cannot \
         enter {closed}, and {path} lies below it.\nWays out: choose a data folder that every user \
         can reach (for example below /var/lib), or run `chmod o+x {closed}`, or run as an ordinary \
         user, or give a database of your own in DATABASE_URL.",
        path = .path.display(), closed = .closed.display()
    )]
    OutOfReach { path: PathBuf, closed: PathBuf, user: String },

    #[error(
        "Postgres refuses to run as root, and this machine has neither a user `postgres` nor \
         `nobody` to run it as. Ways out: `apt-get install postgresql` (it makes the user), or run \
         as an ordinary user, or give a database of your own in DATABASE_URL."
    )]
    NobodyToRunAs,

    #[error(
        "The database files in {} belong to user number {owner}, and this is user number {me}. Run \
         as that user or as root, or choose another data folder.",
        .data.display()
    )]
    ForeignCluster { data: PathBuf, owner: u32, me: u32 },

    #[error(
        "The folder {} is neither empty nor a Postgres cluster (it has no file PG_VERSION). Move it \
         away, or choose another data folder.",
        .data.display()
    )]
    NotACluster { data: PathBuf },

    #[error("The path {} cannot be used for a database: {why}. Choose another data folder.", .path.display())]
    UnusablePath { path: PathBuf, why: &'static str },

    #[error(
        "The data folder's path is too long for a Unix socket, so the socket goes to {}; but that \
         name is taken by somebody else's file. Remove it, or choose a data folder with a shorter \
         path.",
        .dir.display()
    )]
    SocketDirTaken { dir: PathBuf },

    #[error("Postgres could not make its files (initdb failed):\n{output}")]
    InitFailed { output: String },

    #[error("Postgres did not start. Its last words, from {}:\n{tail}", .log.display())]
    NotStarted { log: PathBuf, tail: String },

    #[error(
        "The Postgres process {pid} of {} did not become ready in {seconds} s. Its log is {}.",
        .data.display(), .log.display()
    )]
    NotReady { pid: u32, data: PathBuf, log: PathBuf, seconds: u64 },

    #[error("Postgres did not stop: {output}")]
    NotStopped { output: String },

    #[error("Cannot {doing} {}: {cause}.", .path.display())]
    Io { doing: &'static str, path: PathBuf, cause: io::Error },
}

const THREE_WAYS_OUT: &str = "Three ways out: install them (for example `apt-get install \
    postgresql`), or name the folder that holds them in PG_BIN_DIR, or give a database of your own \
    in DATABASE_URL.";

/// Turns an IO error into ours: `.map_err(io("create", &path))`.
pub(crate) fn io<'a>(
    doing: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> Error + use<'a> {
    move |cause| Error::Io { doing, path: path.to_path_buf(), cause }
}

fn list(dirs: &[PathBuf]) -> String {
    dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn versions(found: &[(u32, PathBuf)]) -> String {
    if found.is_empty() {
        return "no programs at all".into();
    }
    let mut text = String::new();
    for (major, dir) in found {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}version {major} in {}", dir.display());
    }
    text
}

fn owner(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!("Another server (process {pid})"),
        None => "Another server".into(),
    }
}
