//! Small files that only our own user may read, written whole or not at all.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes the file, in a folder that is made if need be, unless it is there, and answers what is in it afterwards: of several processes
/// that start at once one wins, and a process killed midway leaves no half of a file.
pub fn create(path: &Path, text: &str) -> Result<String> {
    if let Some(text) = read(path)? {
        return Ok(text);
    }
    let parent = path.parent().context("a file has a folder")?;
    passable_dir(parent)?;
    let new = beside(path);
    write(&new, text).with_context(|| format!("cannot write {}", new.display()))?;
    // A link, unlike a rename, does not replace what another process has put there meanwhile.
    let linked = fs::hard_link(&new, path);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        // A file system without links.
        Err(_) => {
            fs::rename(&new, path).with_context(|| format!("cannot make {}", path.display()))?
        }
    }
    let _ = fs::remove_file(&new);
    File::open(parent).and_then(|dir| dir.sync_all())?;
    read(path)?.with_context(|| format!("{} went away while it was made", path.display()))
}

/// Makes a folder that only our own user may enter.
pub fn private_dir(dir: &Path) -> Result<()> {
    if let Some(parent) = dir.parent() {
        passable_dir(parent)?;
    }
    make(dir, 0o700)
}

/// Makes a folder, with its parents, that others may pass through but not look into: started by
/// root, Postgres runs as another user and has its files below the data folder.
pub fn passable_dir(dir: &Path) -> Result<()> {
    let missing: Vec<&Path> =
        dir.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists()).collect();
    missing.into_iter().rev().try_for_each(|dir| make(dir, 0o711))
}

fn make(dir: &Path, mode: u32) -> Result<()> {
    let made = match DirBuilder::new().mode(mode).create(dir) {
        // Not left to the umask.
        Ok(()) => fs::set_permissions(dir, Permissions::from_mode(mode)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    };
    made.with_context(|| format!("cannot make the folder {}", dir.display()))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    name.into()
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_text_stays_and_nobody_else_may_read_it() {
        let dir = std::env::temp_dir().join(format!("beseda-secret-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let path = dir.join("keys/one");
        assert_eq!(create(&path, "first").expect("writes"), "first");
        assert_eq!(create(&path, "second").expect("reads"), "first");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.join("keys")).expect("there").count(), 1, "nothing is left");
        fs::remove_dir_all(&dir).expect("gone");
    }

    #[test]
    fn a_private_folder_does_not_close_those_above_it() {
        let top = std::env::temp_dir().join(format!("beseda-folders-{}", std::process::id()));
        let _ = fs::remove_dir_all(&top);
        private_dir(&top.join("a/b")).expect("makes");
        let mode = |dir: &str| fs::metadata(top.join(dir)).expect("there").permissions().mode();
        assert_eq!(mode("a") & 0o777, 0o711);
        assert_eq!(mode("a/b") & 0o777, 0o700);
        fs::remove_dir_all(&top).expect("gone");
    }
}
