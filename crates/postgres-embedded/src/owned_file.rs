//! Files and folders that belong to the user Postgres runs as. As root we write into folders of
//! that less trusted user, so nothing here follows a link that the user might have put there.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::Path;

use crate::error::{Error, io};
use crate::run_as::RunAs;

/// A new, empty file in the place of whatever had that name.
pub(crate) fn create(path: &Path, run_as: &RunAs) -> Result<File, Error> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(io("replace", path)(error)),
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io("create", path))?;
    if let Some(account) = run_as.dropped() {
        fchown(&file, Some(account.uid), Some(account.gid)).map_err(io("hand over", path))?;
    }
    Ok(file)
}

/// Replaces a file as a whole: a crash leaves the old text or the new one.
pub(crate) fn replace(path: &Path, text: &str, run_as: &RunAs) -> Result<(), Error> {
    let scratch = path.with_extension("new");
    let mut file = create(&scratch, run_as)?;
    file.write_all(text.as_bytes()).map_err(io("write", &scratch))?;
    file.sync_all().map_err(io("write", &scratch))?;
    fs::rename(&scratch, path).map_err(io("replace", path))
}

/// A folder that only that user (and root) can enter, below a folder that is ours.
pub(crate) fn private_dir(path: &Path, run_as: &RunAs) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::set_permissions(path, Permissions::from_mode(0o700))
                .map_err(io("close to others", path))?;
        }
        Err(error) => return Err(io("create", path)(error)),
    }
    if let Some(account) = run_as.dropped() {
        lchown(path, Some(account.uid), Some(account.gid)).map_err(io("hand over", path))?;
    }
    Ok(())
}

/// Makes a rename in this folder survive a power cut.
pub(crate) fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(io("sync", path))
}
