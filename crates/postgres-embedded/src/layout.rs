//! Which path is what below the data folder, and where the socket goes.

use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, io};
use crate::owned_file;
use crate::run_as::RunAs;

/// The socket's file is named after the port; no TCP port is ever opened.
pub(crate) const PORT: u16 = 5432;

/// sun_path of unix(7) has 108 bytes, the last of which is a NUL.
const LONGEST_SOCKET_PATH: usize = 107;

#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) run: PathBuf,
    pub(crate) socket_dir: PathBuf,
}

impl Layout {
    pub(crate) fn prepare(root: PathBuf, run_as: &RunAs) -> Result<Self, Error> {
        let run = root.join("run");
        owned_file::private_dir(&run, run_as)?;
        let socket_dir = if fits(&run) { run.clone() } else { short_dir(&root, run_as)? };
        Ok(Self { data: root.join("pgdata"), run, socket_dir, root })
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.run.join("postgres.log")
    }
}

/// Makes the data folder and answers its real path. Folders that we make as root can be entered by
/// the user Postgres runs as, whatever the umask is; those that exist are left as they are.
pub(crate) fn create_root(root: &Path, run_as: &RunAs) -> Result<PathBuf, Error> {
    let mode = if run_as.dropped().is_some() { 0o711 } else { 0o700 };
    let missing: Vec<&Path> = root.ancestors().take_while(|dir| is_missing(dir)).collect();
    for dir in missing.into_iter().rev() {
        match DirBuilder::new().mode(mode).create(dir) {
            Ok(()) => fs::set_permissions(dir, Permissions::from_mode(mode))
                .map_err(io("set permissions of", dir))?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io("create", dir)(error)),
        }
    }
    let root = fs::canonicalize(root).map_err(io("look at", root))?;
    match root.to_str() {
        None => Err(Error::UnusablePath { path: root, why: "it is not UTF-8 text" }),
        // pg_ctl puts its arguments into double quotes for a shell.
        Some(text) if text.contains(['"', '$', '`', '\\', '\n']) => Err(Error::UnusablePath {
            path: root,
            why: "it contains one of the characters \" $ ` \\ or a line break",
        }),
        Some(_) => Ok(root),
    }
}

fn is_missing(dir: &Path) -> bool {
    !dir.as_os_str().is_empty() && !dir.exists()
}

pub(crate) fn socket_path(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

/// libpq takes a comma in `host` for the border between two hosts, even a percent-encoded one.
fn fits(dir: &Path) -> bool {
    let path = socket_path(dir);
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.len() <= LONGEST_SOCKET_PATH && !bytes.contains(&b',')
}

/// A short folder of the same name at every start of the same root. /run is root's own; in /tmp
/// anybody could have put something under this name first, so the owner is looked at.
fn short_dir(root: &Path, run_as: &RunAs) -> Result<PathBuf, Error> {
    let shared = match run_as {
        RunAs::Dropped(_) if Path::new("/run").is_dir() => "/run",
        RunAs::Dropped(_) | RunAs::Ourselves { .. } => "/tmp",
    };
    let name = format!("beseda-{:016x}", fingerprint(root));
    let dir = Path::new(shared).join(name);
    match fs::symlink_metadata(&dir) {
        Ok(found) if !found.is_dir() || ![0, run_as.uid()].contains(&found.uid()) => {
            Err(Error::SocketDirTaken { dir })
        }
        Ok(_) | Err(_) => owned_file::private_dir(&dir, run_as).map(|()| dir),
    }
}

/// FNV-1a: short, and the same in every build, which std's hasher does not promise.
fn fingerprint(path: &Path) -> u64 {
    path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_has_at_most_107_bytes() {
        let dir = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        assert!(fits(&dir(93)));
        assert!(!fits(&dir(94)));
        assert!(!fits(Path::new("/a,b")));
    }

    #[test]
    fn the_fingerprint_stays_the_same_between_builds() {
        assert_eq!(fingerprint(Path::new("")), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(Path::new("a")), 0xaf63_dc4c_8601_ec8c);
    }
}
