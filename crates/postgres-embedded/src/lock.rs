//! One owner for one data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, io};

/// Held as long as it lives; the kernel gives it back however the process ends. Its file is closed
/// on exec, so the postmaster that outlives us does not hold it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn take(root: &Path, patience: Duration) -> Result<Self, Error> {
        let path = root.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("open", &path))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let pid = file.read_to_string(&mut text).ok();
                    let pid = pid.and_then(|_| text.trim().parse().ok());
                    return Err(Error::Owned { root: root.to_path_buf(), pid });
                }
                Err(TryLockError::Error(cause)) => return Err(io("lock", &path)(cause)),
            }
        }
        // Only for the refusal's text; the lock itself is the kernel's.
        file.set_len(0).map_err(io("write", &path))?;
        writeln!(file, "{}", std::process::id()).map_err(io("write", &path))?;
        Ok(Self { _file: file })
    }
}
