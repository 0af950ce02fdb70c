//! Can the user that Postgres runs as enter a folder? Asked before initdb, whose own complaint
//! ("could not access directory") does not say which parent is closed or what to do.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, io};
use crate::run_as::{Account, RunAs};

pub(crate) fn check(path: &Path, run_as: &RunAs) -> Result<(), Error> {
    let Some(account) = run_as.dropped() else { return Ok(()) };
    // What does not exist yet will be made by us, open to that user.
    let Some(existing) = path.ancestors().find(|dir| dir.exists()) else { return Ok(()) };
    let existing = fs::canonicalize(existing).map_err(io("look at", existing))?;
    match closed_parent(&existing, account) {
        Some(closed) if refused(&existing, account) => {
            Err(Error::OutOfReach { path: path.to_path_buf(), closed, user: account.name.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

fn closed_parent(dir: &Path, account: &Account) -> Option<PathBuf> {
    let mut from_the_top: Vec<&Path> = dir.ancestors().collect();
    from_the_top.reverse();
    from_the_top
        .into_iter()
        .find(|dir| {
            fs::metadata(dir)
                .is_ok_and(|m| m.is_dir() && !may_enter(m.mode(), m.uid(), m.gid(), account))
        })
        .map(Path::to_path_buf)
}

fn may_enter(mode: u32, uid: u32, gid: u32, account: &Account) -> bool {
    let bit = if uid == account.uid {
        0o100
    } else if gid == account.gid {
        0o010
    } else {
        0o001
    };
    mode & bit != 0
}

/// The mode bits do not know of access lists, so the kernel has the last word: std drops to the user
/// before it changes the directory, and the spawn fails if it may not.
fn refused(dir: &Path, account: &Account) -> bool {
    let attempt = Command::new("/bin/true")
        .gid(account.gid)
        .uid(account.uid)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    attempt.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_matching_class_decides() {
        let account = Account { name: "postgres".into(), uid: 101, gid: 104 };
        let enter = |mode, uid, gid| may_enter(mode, uid, gid, &account);
        assert!(!enter(0o700, 0, 0));
        assert!(enter(0o711, 0, 0));
        assert!(enter(0o700, 101, 0));
        assert!(enter(0o710, 0, 104));
        assert!(!enter(0o701, 0, 104), "the group's bits count, though others may enter");
        assert!(!enter(0o077, 101, 104), "the owner's bits count, though others may enter");
    }
}
