#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is how they fail")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use postgres_embedded::{Cluster, Options};
use tempfile::TempDir;

/// A temporary folder that the database user can reach. It takes its postmaster along when it goes.
pub struct Place {
    dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("pg-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
        Self { dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn data(&self) -> PathBuf {
        self.root().join("pgdata")
    }

    /// Small, so that many run side by side.
    pub fn options(&self) -> Options {
        let settings = vec![("shared_buffers".into(), "16MB".into())];
        Options { settings, ..Options::new(self.root()) }
    }

    pub fn start(&self) -> Cluster {
        Cluster::start(&self.options()).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let found = fs::read_dir(self.dir.path()).into_iter().flatten().flatten();
        for root in found.map(|entry| entry.path()) {
            let Ok(text) = fs::read_to_string(root.join("pgdata/postmaster.pid")) else { continue };
            let Some(Ok(pid)) = text.lines().next().map(str::parse::<u32>) else { continue };
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if name.trim() == "postgres" {
                kill_9(pid);
            }
        }
    }
}

pub fn psql(cluster: &Cluster, sql: &str) -> String {
    let output = Command::new(cluster.bin_dir().join("psql"))
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, &cluster.url()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn write_a_row(cluster: &Cluster) {
    psql(cluster, "create table kept (word text); insert into kept values ('ёж')");
}

pub fn assert_the_row_is_there(cluster: &Cluster) {
    assert_eq!(psql(cluster, "select word from kept"), "ёж");
}

pub fn are_we_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A process of the database user that is no postmaster.
pub fn stranger(place: &Place) -> Child {
    let owner = fs::metadata(place.data()).unwrap();
    let mut command = Command::new("sleep");
    command.arg("600").current_dir("/");
    if are_we_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command.spawn().unwrap()
}

pub fn kill_9(pid: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap();
    assert!(status.success());
}

/// Waits for something that is sure to come; the deadline only ends a broken test.
pub fn wait_until(what: &str, mut seen: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !seen() {
        assert!(begun.elapsed() < Duration::from_secs(120), "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Another process that owns a cluster: this test binary, running only `owner_process`.
pub struct Owner {
    child: Child,
    _alive_while_open: ChildStdin,
}

const ROOT: &str = "OWNER_PROCESS_ROOT";
const READY: &str = "the owner is ready";

impl Owner {
    pub fn spawn(place: &Place) -> Self {
        Self::spawn_with(place, Command::new(std::env::current_exe().unwrap()))
    }

    pub fn spawn_with(place: &Place, mut command: Command) -> Self {
        let mut child = command
            .args(["--exact", "support::owner_process", "--ignored", "--nocapture"])
            .env(ROOT, place.root())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let _alive_while_open = child.stdin.take().unwrap();
        Self { child, _alive_while_open }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn wait_until_ready(&mut self) {
        let lines = BufReader::new(self.child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        for line in lines.map_while(Result::ok) {
            if line.contains(READY) {
                return;
            }
            said.push(line);
        }
        panic!("the owner ended: {}", said.join("\n"));
    }

    /// kill -9, and gone when this returns.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "not a test: the process that other tests start and kill"]
fn owner_process() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let settings = vec![("shared_buffers".into(), "16MB".into())];
    let options = Options { settings, ..Options::new(root) };
    let cluster = Cluster::start(&options).unwrap_or_else(|error| panic!("{error}"));
    println!("\n{READY}");
    // Ends with the test that started it, whichever way that ends.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(cluster);
}
