//! Finding the Postgres server programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::options::Options;

const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Debian and Ubuntu keep each major version's programs here, outside `PATH`.
const DISTRIBUTION: &str = "/usr/lib/postgresql";

/// The cluster that the programs must be able to read.
pub(crate) struct Existing<'a> {
    pub(crate) data: &'a Path,
    pub(crate) major: u32,
}

pub(crate) fn find(options: &Options, existing: Option<Existing<'_>>) -> Result<PathBuf, Error> {
    if let Some(dir) = &options.bin_dir
        && let Some(missing) = missing_in(dir)
    {
        return Err(Error::BinDirWithoutPrograms { dir: dir.clone(), missing });
    }
    choose(places(options), existing)
}

fn places(options: &Options) -> Vec<PathBuf> {
    if let Some(dir) = &options.bin_dir {
        return vec![dir.clone()];
    }
    let mut places = Vec::new();
    places.extend(options.exe_dir.iter().map(|dir| dir.join("postgres/bin")));
    places.extend(newest_first(Path::new(DISTRIBUTION)));
    places.extend(options.path.iter().flat_map(std::env::split_paths));
    places
}

fn newest_first(root: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, dir)| dir.join("bin")).collect()
}

fn choose(places: Vec<PathBuf>, existing: Option<Existing<'_>>) -> Result<PathBuf, Error> {
    let mut complete = places.iter().filter(|dir| missing_in(dir).is_none());
    let Some(existing) = existing else {
        return match complete.next() {
            Some(dir) => Ok(dir.clone()),
            None if places.is_empty() => {
                Err(Error::NoPrograms { searched: vec![PathBuf::from(DISTRIBUTION)] })
            }
            None => Err(Error::NoPrograms { searched: places }),
        };
    };
    let mut found = Vec::new();
    for dir in complete {
        match major_of(&dir.join("postgres")) {
            Some(major) if major == existing.major => return Ok(dir.clone()),
            Some(major) => found.push((major, dir.clone())),
            None => {}
        }
    }
    Err(Error::NoProgramsOfMajor {
        wanted: existing.major,
        data: existing.data.to_path_buf(),
        found,
    })
}

fn missing_in(dir: &Path) -> Option<&'static str> {
    NEEDED.into_iter().find(|name| !dir.join(name).is_file())
}

/// Postgres answers `-V` even to root.
fn major_of(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("-V").stdin(Stdio::null()).output().ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`, `postgres (PostgreSQL) 19beta1`.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_version_line_gives_the_major() {
        let debian = "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n";
        assert_eq!(parse_major(debian), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(parse_major("something else"), None);
    }

    fn fake(root: &Path, major: u32) -> PathBuf {
        let dir = root.join(major.to_string()).join("bin");
        fs::create_dir_all(&dir).unwrap();
        for name in NEEDED {
            let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {major}.1'\n");
            fs::write(dir.join(name), script).unwrap();
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(dir.join(name), executable).unwrap();
        }
        dir
    }

    #[test]
    fn the_newest_serves_a_new_cluster_and_the_right_major_an_old_one() {
        let root = tempfile::tempdir().unwrap();
        let (nine, fifteen) = (fake(root.path(), 9), fake(root.path(), 15));
        fs::create_dir_all(root.path().join("16/bin")).unwrap();
        let places = || newest_first(root.path());
        assert_eq!(choose(places(), None).unwrap(), fifteen);
        let data = Path::new("/data/pgdata");
        let found = choose(places(), Some(Existing { data, major: 9 })).unwrap();
        assert_eq!(found, nine);
        let refusal = choose(places(), Some(Existing { data, major: 14 })).unwrap_err().to_string();
        for word in ["Postgres 14", "version 15 in", "version 9 in", "PG_BIN_DIR", "DATABASE_URL"] {
            assert!(refusal.contains(word), "{word:?} is not in: {refusal}");
        }
    }

    #[test]
    fn a_wrong_pg_bin_dir_is_said_and_not_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let dir = fake(root.path(), 15);
        fs::remove_file(dir.join("pg_ctl")).unwrap();
        let options = Options { bin_dir: Some(dir), ..Options::new("/nowhere") };
        let refusal = find(&options, None).unwrap_err().to_string();
        assert!(refusal.contains("pg_ctl is not in that folder"), "{refusal}");
    }

    #[test]
    fn nothing_found_names_the_three_ways_out() {
        let refusal = choose(vec![PathBuf::from("/nowhere")], None).unwrap_err().to_string();
        for word in ["/nowhere", "apt-get install postgresql", "PG_BIN_DIR", "DATABASE_URL"] {
            assert!(refusal.contains(word), "{word:?} is not in: {refusal}");
        }
    }
}
