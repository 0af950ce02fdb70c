//! Making a cluster, so that a death at any moment leaves either none or a whole one.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, io};
use crate::options::Durability;
use crate::owned_file;
use crate::program::Runner;
use crate::settings;
use crate::url::USER;

const SCRATCH: &str = "pgdata.new-";

/// The major version of the cluster that is there, or `None` where one has to be made.
pub(crate) fn existing_major(data: &Path) -> Result<Option<u32>, Error> {
    let file = data.join("PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => match text.trim().split('.').next().and_then(|major| major.parse().ok()) {
            Some(major) => Ok(Some(major)),
            None => Err(Error::NotACluster { data: data.to_path_buf() }),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let occupied = fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some());
            if occupied { Err(Error::NotACluster { data: data.to_path_buf() }) } else { Ok(None) }
        }
        Err(error) => Err(io("read", &file)(error)),
    }
}

pub(crate) fn make(runner: &Runner<'_>, durability: Durability) -> Result<(), Error> {
    let layout = runner.layout;
    remove_leftovers(&layout.root);
    // An initdb whose owner was killed may still be running. A name of its own for every attempt
    // (and --no-clean) keeps it from touching the files of this one.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let scratch = layout.root.join(format!("{SCRATCH}{}-{now}", std::process::id()));
    owned_file::private_dir(&scratch, runner.run_as)?;
    let sync = match durability {
        Durability::Durable => None,
        Durability::Disposable => Some("--no-sync"),
    };
    // C.UTF-8 knows the letters of every language and orders by code point, so an upgrade of the C
    // library never makes the indexes wrong. The socket's folder is the only door, and it is 0700.
    let fixed = [
        "-U",
        USER,
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
        "--auth-local=trust",
        "--auth-host=reject",
        "--no-clean",
        "--no-instructions",
    ];
    let args = [OsStr::new("-D"), scratch.as_os_str()]
        .into_iter()
        .chain(fixed.into_iter().chain(sync).map(OsStr::new));
    let outcome = runner.run("initdb", args)?;
    if !outcome.success {
        return Err(Error::InitFailed { output: outcome.output });
    }
    include_settings(&scratch)?;
    owned_file::sync_dir(&scratch)?;
    fs::rename(&scratch, &layout.data).map_err(io("put into place", &layout.data))?;
    owned_file::sync_dir(&layout.root)
}

fn include_settings(data: &Path) -> Result<(), Error> {
    let path = data.join("postgresql.conf");
    let mut file = OpenOptions::new().append(true).open(&path).map_err(io("open", &path))?;
    writeln!(file, "\ninclude_if_exists '{}'", settings::FILE).map_err(io("write", &path))?;
    file.sync_all().map_err(io("write", &path))
}

/// What an attempt that was killed left behind. Failing to remove it is not a reason to stop: its
/// initdb may still be writing, and the next start comes by again.
fn remove_leftovers(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
