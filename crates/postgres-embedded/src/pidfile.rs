//! Who holds the cluster, as told by postmaster.pid and checked against /proc.
//!
//! `pg_ctl status` is not enough: it only asks whether *some* process has that number, and after a
//! reboot or a container's restart an unrelated one often has.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, io};
use crate::layout::{Layout, socket_path};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// No file, or its process is gone: Postgres clears that up by itself.
    Nobody,
    /// A live postmaster of this very cluster.
    Postmaster(Postmaster),
    /// A live process that is not our postmaster: Postgres would refuse to start because of it.
    Stranger,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: u32,
    pub(crate) status: Status,
    /// Where it listens; another folder than ours if the data folder was moved meanwhile.
    pub(crate) socket_dir: Option<PathBuf>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ready,
    StartingOrStopping,
}

pub(crate) fn holder(layout: &Layout) -> Holder {
    let Ok(text) = fs::read_to_string(layout.data.join("postmaster.pid")) else {
        return Holder::Nobody;
    };
    let Some(postmaster) = parse(&text) else { return Holder::Nobody };
    match process(postmaster.pid, &layout.data) {
        Process::Gone => Holder::Nobody,
        Process::Ours => Holder::Postmaster(postmaster),
        Process::Unrelated => Holder::Stranger,
    }
}

/// Removes the two lock files that name a stranger, so that Postgres starts. Should an orphaned
/// backend still use the cluster, the shared memory block (keyed by the folder's inode) stops it.
pub(crate) fn remove_stale(layout: &Layout) -> Result<(), Error> {
    remove_where(layout, |text| {
        first_line_pid(text).is_some_and(|pid| process(pid, &layout.data) == Process::Unrelated)
    })
}

/// Removes lock files that a full disk or a power cut left without content.
pub(crate) fn remove_empty(layout: &Layout) -> Result<(), Error> {
    remove_where(layout, str::is_empty)
}

fn remove_where(layout: &Layout, unwanted: impl Fn(&str) -> bool) -> Result<(), Error> {
    let mut socket_lock = socket_path(&layout.socket_dir).into_os_string();
    socket_lock.push(".lock");
    for path in [layout.data.join("postmaster.pid"), PathBuf::from(socket_lock)] {
        if !fs::read_to_string(&path).is_ok_and(|text| unwanted(&text)) {
            continue;
        }
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(io("remove", &path)(error)),
        }
    }
    Ok(())
}

fn first_line_pid(text: &str) -> Option<u32> {
    text.lines().next()?.trim().parse().ok()
}

/// Lines, by `src/include/utils/pidfile.h` of Postgres: pid, data folder, start time, port, first
/// socket folder, first listen address, shared memory key, status.
fn parse(text: &str) -> Option<Postmaster> {
    let pid = first_line_pid(text)?;
    let line = |number: usize| text.lines().nth(number).map(str::trim).filter(|l| !l.is_empty());
    let status = match line(7) {
        Some("ready") => Status::Ready,
        Some(_) | None => Status::StartingOrStopping,
    };
    Some(Postmaster { pid, status, socket_dir: line(4).map(PathBuf::from) })
}

#[derive(Debug, PartialEq, Eq)]
enum Process {
    Gone,
    Ours,
    Unrelated,
}

/// A postmaster's working directory is its cluster. The link of /proc follows a moved folder, which
/// the path on its command line does not, and a zombie has none.
fn process(pid: u32, data: &Path) -> Process {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    let Ok(name) = fs::read_to_string(proc.join("comm")) else { return Process::Gone };
    if is_zombie(&proc) {
        return Process::Gone;
    }
    if !["postgres", "postmaster"].contains(&name.trim()) {
        return Process::Unrelated;
    }
    let identity = |path: &Path| fs::metadata(path).map(|m| (m.dev(), m.ino()));
    match (identity(&proc.join("cwd")), identity(data)) {
        (Ok(theirs), Ok(ours)) if theirs == ours => Process::Ours,
        (_, _) => Process::Unrelated,
    }
}

/// proc_pid_stat(5): the state is the first letter after the name in brackets.
fn is_zombie(proc: &Path) -> bool {
    let Ok(stat) = fs::read_to_string(proc.join("stat")) else { return true };
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_is_read_line_by_line() {
        let text = "4711\n/d/pgdata\n1790000000\n5432\n/d/run\n\n  21 65536\nready   \n";
        let wanted = Postmaster {
            pid: 4711,
            status: Status::Ready,
            socket_dir: Some(PathBuf::from("/d/run")),
        };
        assert_eq!(parse(text), Some(wanted));
        let starting = text.replace("ready   ", "starting");
        assert_eq!(parse(&starting).unwrap().status, Status::StartingOrStopping);
        assert_eq!(parse("4711\n/d/pgdata\n").unwrap().status, Status::StartingOrStopping);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_live_process_of_another_program_is_a_stranger() {
        assert_eq!(process(std::process::id(), Path::new("/")), Process::Unrelated);
        assert_eq!(process(u32::MAX, Path::new("/")), Process::Gone);
    }
}
