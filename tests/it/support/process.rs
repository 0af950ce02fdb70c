//! The real program as a process of its own, for what only a process can suffer.

use std::{
    env, fs,
    fs::Permissions,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
};

use tempfile::TempDir;

use crate::{Client, eventually};

/// The program: the same as `beseda`, built by Cargo together with the tests and so never an old one.
pub fn beseda() -> PathBuf {
    let exe = env::current_exe().unwrap();
    let deps = exe.ancestors().find(|dir| dir.ends_with("deps")).unwrap();
    deps.parent().unwrap().join("beseda-in-tests")
}

/// A data folder that the database's user can reach. It takes its processes along when it goes.
pub struct Place {
    dir: TempDir,
}

impl Place {
    #[expect(clippy::new_without_default, reason = "makes a folder: not a default of anything")]
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("beseda-test-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
        Self { dir }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A command of the program on this folder, with nothing of our environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(beseda());
        command
            .args(args)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("BESEDA_DATA_DIR", self.data())
            .env("BESEDA_HTTP__LISTEN", "127.0.0.1:0")
            // Counterparts of the messengers are on this machine.
            .env("BESEDA_OUTGOING__ALLOW_LOOPBACK", "true")
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        if let Some(bin) = env::var_os("PG_BIN_DIR") {
            command.env("PG_BIN_DIR", bin);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Starts the server and returns when it answers.
    pub fn serve(&self) -> ProcessServer {
        ProcessServer::start(self.command(&["serve"]))
    }

    /// The private Postgres, while it runs.
    pub fn postmaster(&self) -> Option<u32> {
        let text = fs::read_to_string(self.data().join("pgdata/postmaster.pid")).ok()?;
        let pid = text.lines().next()?.trim().parse().ok()?;
        is_postgres(pid).then_some(pid)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            kill_9(pid);
        }
    }
}

fn is_postgres(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "postgres")
}

pub fn kill_9(pid: u32) {
    signal(pid, "KILL");
}

fn signal(pid: u32, name: &str) {
    let _ = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
}

/// `beseda serve` as a child. It is killed with this value.
pub struct ProcessServer {
    child: Child,
    said: Arc<Mutex<String>>,
    url: String,
}

impl ProcessServer {
    /// Starts and waits for the line that says where it is.
    pub fn start(command: Command) -> Self {
        let mut server = Self::spawn(command);
        let said = server.said.clone();
        server.url = eventually("the server says where it is", || {
            if let Some(url) = address_in(&said.lock().unwrap()) {
                return Some(url);
            }
            if let Ok(Some(status)) = server.child.try_wait() {
                panic!("the server ended with {status}:\n{}", said.lock().unwrap());
            }
            None
        });
        server
    }

    /// Starts without waiting.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>),
            child.stderr.take().map(|out| Box::new(out) as Box<dyn Read + Send>),
        ];
        for output in outputs.into_iter().flatten() {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let mut said = said.lock().unwrap();
                    said.push_str(&line);
                    said.push('\n');
                }
            });
        }
        Self { child, said, url: String::new() }
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it printed so far, both outputs.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The demo company's password, as printed.
    pub fn demo_password(&self) -> String {
        let said = self.said();
        let line = said.lines().find_map(|line| line.split_once("with the password "));
        line.map(|(_, password)| password.trim().to_owned())
            .unwrap_or_else(|| panic!("no password was printed:\n{said}"))
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn kill_9(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits for its end.
    pub fn terminate(mut self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the server ends", || child.try_wait().unwrap())
    }
}

impl Drop for ProcessServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address_in(said: &str) -> Option<String> {
    let (_, url) = said.lines().find_map(|line| line.split_once("Beseda is at "))?;
    // The lines below, with the password, are printed in the same write.
    Some(url.trim().trim_end_matches('/').to_owned())
}
