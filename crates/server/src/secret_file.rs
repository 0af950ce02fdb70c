//! Small files that only our own user may read, written whole or not at all.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
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

/// Writes the file unless it is there, and answers what is in it afterwards: of several processes
/// that start at once one wins, and a process killed midway leaves no half of a file.
pub fn create(path: &Path, text: &str) -> Result<String> {
    if let Some(text) = read(path)? {
        return Ok(text);
    }
    let parent = path.parent().context("a file has a folder")?;
    private_dir(parent)?;
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

/// Makes a folder that only our own user may enter, with its parents.
pub fn private_dir(dir: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot make the folder {}", dir.display()))
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
    use std::os::unix::fs::PermissionsExt;

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
}
