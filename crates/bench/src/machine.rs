//! Where and when a figure was measured; a figure without it means nothing.

use std::{fs, path::Path, process::Command};

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_gib: u64,
    pub kernel: String,
    pub postgres: String,
    /// The file system that the data lie on: durability costs what its flushes cost.
    pub disk: String,
    pub date: String,
    pub commit: String,
    /// Figures of a debug build are good for nothing but a try.
    pub build: &'static str,
}

impl Machine {
    pub fn look(data: &Path, postgres: String) -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = cpuinfo
            .lines()
            .find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, v)| v.trim()))
            .unwrap_or("unknown processor");
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kilobytes = meminfo
            .lines()
            .find_map(|l| l.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok())
            .unwrap_or(0u64);
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor: processor.to_owned(),
            cores: std::thread::available_parallelism().map_or(1, |n| n.get()),
            memory_gib: (kilobytes + (1 << 19)) >> 20,
            kernel: kernel.trim().to_owned(),
            postgres,
            disk: disk_of(data, &fs::read_to_string("/proc/mounts").unwrap_or_default()),
            date: said(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"])),
            commit: commit(),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }

    pub fn line(&self) -> String {
        format!(
            "{} x {}, {} GiB, Linux {}, {}, data on {}; {}; commit {}; {} build",
            self.cores,
            self.processor,
            self.memory_gib,
            self.kernel,
            self.postgres,
            self.disk,
            self.date,
            self.commit,
            self.build
        )
    }
}

fn commit() -> String {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let short = said(Command::new("git").args(["-C", here, "rev-parse", "--short=10", "HEAD"]));
    let changed = said(Command::new("git").args([
        "-C",
        here,
        "status",
        "--porcelain",
        "--untracked-files=no",
    ]));
    match (short.is_empty(), changed.is_empty()) {
        (true, _) => "unknown".to_owned(),
        (false, true) => short,
        (false, false) => format!("{short} with changes"),
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    text.unwrap_or_default()
}

/// The mount with the longest path that holds `data`.
fn disk_of(data: &Path, mounts: &str) -> String {
    let found = mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            Some((fields.next()?, fields.next()?, fields.next()?))
        })
        .filter(|(_, at, _)| data.starts_with(at))
        .max_by_key(|(_, at, _)| at.len());
    found.map_or_else(|| "unknown".to_owned(), |(device, _, kind)| format!("{kind} ({device})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_wins_and_names_are_not_taken_for_parents() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n";
        assert_eq!(disk_of(Path::new("/tmp/x"), mounts), "tmpfs (tmpfs)");
        assert_eq!(disk_of(Path::new("/tmpfoo/x"), mounts), "ext4 (/dev/vda)");
        assert_eq!(disk_of(Path::new("/x"), ""), "unknown");
    }
}
