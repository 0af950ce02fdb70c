//! Running one of the Postgres programs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{Error, io};
use crate::layout::Layout;
use crate::owned_file;
use crate::run_as::RunAs;

pub(crate) struct Runner<'a> {
    pub(crate) bin: &'a Path,
    pub(crate) run_as: &'a RunAs,
    pub(crate) layout: &'a Layout,
}

pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) output: String,
}

impl Runner<'_> {
    /// Runs to the end. The output goes through a file and never through a pipe: the postmaster
    /// inherits it from pg_ctl, and reading a pipe to its end would wait for the postmaster's.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        program: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Outcome, Error> {
        let path = self.bin.join(program);
        let output = self.layout.run.join(format!("{program}.out"));
        let file = owned_file::create(&output, self.run_as)?;
        let second = file.try_clone().map_err(io("open", &output))?;
        let mut command = Command::new(&path);
        command
            .args(args)
            .current_dir("/")
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(second)
            // Ctrl-C in the terminal is for us; pg_ctl itself gives the postmaster its own session.
            // A parent-death signal would be the wrong tool: it comes when the *thread* that
            // spawned ends.
            .process_group(0);
        if let Some(account) = self.run_as.dropped() {
            command.gid(account.gid).uid(account.uid);
        }
        let status = command.status().map_err(io("run", &path))?;
        let output = fs::read(&output).map_err(io("read", &output))?;
        let output = String::from_utf8_lossy(&output).trim().to_owned();
        Ok(Outcome { success: status.success(), output })
    }

    pub(crate) fn pg_ctl(&self, action: &str, args: &[&OsStr]) -> Result<Outcome, Error> {
        let data = self.layout.data.as_os_str();
        let head = [OsStr::new(action), OsStr::new("-D"), data];
        self.run("pg_ctl", head.iter().chain(args))
    }
}
