//! The installation that is measured: a `beseda serve` of our own in a folder of its own, with its
//! private Postgres, and a `beseda sandbox` as the messenger. Both listen on loopback only. Processes
//! that do nothing but queued work can be started beside it, and killed.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection};

use crate::processes;

/// Crash recovery after much work takes its time.
const READY_WITHIN: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);

/// What differs between runs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program; beside ours if not told.
    pub beseda: PathBuf,
    /// Leave the folder when done.
    pub keep: bool,
}

impl Plan {
    pub fn new(beseda: Option<PathBuf>, keep: bool) -> Result<Self> {
        let beside = std::env::current_exe().context("our own path")?.with_file_name("beseda");
        let beseda = beseda.unwrap_or(beside);
        if !beseda.is_file() {
            bail!(
                "There is no program {}. Build it (./dev bench does), or name it with --beseda.",
                beseda.display()
            );
        }
        Ok(Self { beseda, keep })
    }
}

/// Names and values as the environment has them.
pub type Settings = Vec<(&'static str, String)>;

/// A worker's pools: several processes share the connections that one process asks Postgres for.
const WORKER_POOLS: [(&str, &str); 2] =
    [("BESEDA_DATABASE__TENANT_CONNECTIONS", "16"), ("BESEDA_DATABASE__PLATFORM_CONNECTIONS", "8")];

/// A running installation. Dropping it kills what runs and removes the folder.
pub struct Stage {
    plan: Plan,
    dir: PathBuf,
    pub http: SocketAddr,
    pub sandbox: SocketAddr,
    server: Option<Child>,
    counterpart: Option<Child>,
    /// Processes with the role `worker` alone.
    workers: Vec<Option<Child>>,
    /// In the environment of whatever serves, beside what every stage tells it.
    settings: Settings,
    /// Folder of the cluster once it was seen.
    cluster: Option<PathBuf>,
    /// Databases' name once it was found.
    database: Option<String>,
}

impl Stage {
    /// Starts server and sandbox on free ports and waits until the server is ready.
    pub async fn start(plan: &Plan) -> Result<Self> {
        Self::start_with(plan, Settings::new()).await
    }

    pub async fn start_with(plan: &Plan, settings: Settings) -> Result<Self> {
        let dir = new_folder()?;
        let mut stage = Self {
            plan: plan.clone(),
            dir,
            http: free_port()?,
            sandbox: free_ports(SANDBOXES)?,
            server: None,
            counterpart: None,
            workers: Vec::new(),
            settings,
            cluster: None,
            database: None,
        };
        let mut sandbox = stage.command("sandbox.log")?;
        sandbox.args(["sandbox", "--listen", &stage.sandbox.to_string()]);
        stage.counterpart = Some(sandbox.spawn().context("beseda sandbox does not start")?);
        stage.start_server()?;
        stage.ready().await?;
        stage.find_cluster()?;
        Ok(stage)
    }

    /// Where the server's data lie.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    pub fn sandbox_url(&self) -> String {
        format!("http://{}", self.sandbox)
    }

    fn command(&self, log: &str) -> Result<Command> {
        let out = File::options().create(true).append(true).open(self.dir.join(log))?;
        let mut command = Command::new(&self.plan.beseda);
        // Settings of whoever calls us are not those that are measured.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BESEDA_") || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command
            .env("BESEDA_LOG__LEVEL", "warn")
            .stdin(Stdio::null())
            .stderr(out.try_clone()?)
            .stdout(out);
        Ok(command)
    }

    /// Starts `beseda serve`; the former one must be dead.
    pub fn start_server(&mut self) -> Result<()> {
        let mut command = self.serve("server.log")?;
        self.server = Some(command.spawn().context("beseda serve does not start")?);
        Ok(())
    }

    fn serve(&self, log: &str) -> Result<Command> {
        let mut command = self.command(log)?;
        command
            .arg("serve")
            .env("BESEDA_DATA_DIR", self.data())
            .env("BESEDA_HTTP__LISTEN", self.http.to_string())
            .env("BESEDA_PUBLIC_URL", self.url())
            .env("BESEDA_DEMO_COMPANY", "false")
            .env("BESEDA_OUTGOING__ALLOW_LOOPBACK", "true")
            .env("BESEDA_LIMITS__SIGN_UP_PER_HOUR", "1000000")
            .env("BESEDA_LIMITS__LOG_IN_PER_MINUTE", "1000000")
            .env("BESEDA_LIMITS__LOG_IN_PER_EMAIL_HOUR", "1000000")
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Starts a worker on the server's database; a former one of this number must be dead.
    pub async fn start_worker(&mut self, nth: usize) -> Result<()> {
        if self.database.is_none() {
            self.database().await?.close().await?;
        }
        let name = self.database.as_ref().context("no database with our tables")?;
        let (socket, port) = self.socket()?;
        let mut url = url::Url::parse(&format!("postgres://app@localhost/{name}"))?;
        url.query_pairs_mut().extend_pairs([("host", socket), ("port", port.to_string())]);
        let mut command = self.serve(&format!("worker-{nth}.log"))?;
        command
            .args(["--roles", "worker"])
            .env("BESEDA_DATABASE__URL", url.as_str())
            .envs(WORKER_POOLS);
        let child = command.spawn().context("a worker does not start")?;
        while self.workers.len() <= nth {
            self.workers.push(None);
        }
        if let Some(place) = self.workers.get_mut(nth) {
            *place = Some(child);
        }
        Ok(())
    }

    /// Kills a worker without warning.
    pub fn kill_worker(&mut self, nth: usize) -> Result<()> {
        if let Some(mut child) = self.workers.get_mut(nth).and_then(Option::take) {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Workers that are not there though nobody killed them.
    pub fn ended_workers(&mut self) -> usize {
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        self.workers.iter_mut().flatten().map(ended).filter(|ended| *ended).count()
    }

    /// Waits until /readyz says so.
    pub async fn ready(&mut self) -> Result<()> {
        self.ready_within(READY_WITHIN).await
    }

    pub async fn ready_within(&mut self, patience: Duration) -> Result<()> {
        let begun = Instant::now();
        let client = plain_client()?;
        let url = format!("{}/readyz", self.url());
        while begun.elapsed() < patience {
            if let Ok(answer) = client.get(&url).send().await
                && answer.status().is_success()
            {
                return Ok(());
            }
            if self.server_ended() {
                bail!("beseda serve ended by itself:\n{}", self.last_words());
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("not ready within {} s:\n{}", patience.as_secs(), self.last_words());
    }

    /// Whether the server's process is gone.
    pub fn server_ended(&mut self) -> bool {
        self.server.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// The end of the server's log.
    pub fn last_words(&self) -> String {
        let text = fs::read(self.dir.join("server.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(25)).copied().collect::<Vec<_>>().join("\n")
    }

    pub fn server_pid(&self) -> Result<u32> {
        Ok(self.server.as_ref().context("the server does not run")?.id())
    }

    fn find_cluster(&mut self) -> Result<()> {
        let found = ["data/pgdata", "data/postgres/pgdata", "data/postgres"]
            .into_iter()
            .map(|below| self.dir.join(below))
            .find(|dir| dir.join("postmaster.pid").is_file());
        self.cluster = Some(found.context("no postmaster.pid below the data folder")?);
        Ok(())
    }

    /// The lines of postmaster.pid: process, folder, start, port, socket's folder, ...
    fn pidfile(&self) -> Result<Vec<String>> {
        let cluster = self.cluster.as_ref().context("the cluster was not found yet")?;
        let text = fs::read_to_string(cluster.join("postmaster.pid"))?;
        Ok(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    pub fn postmaster_pid(&self) -> Result<u32> {
        let lines = self.pidfile()?;
        lines.first().and_then(|l| l.parse().ok()).context("postmaster.pid has no process in it")
    }

    /// Server and Postgres: the processes that work for the installation.
    pub fn roots(&self) -> Result<[u32; 2]> {
        Ok([self.server_pid()?, self.postmaster_pid()?])
    }

    /// Kills the server without warning.
    pub fn kill_server(&mut self) -> Result<()> {
        if let Some(mut child) = self.server.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Kills the postmaster and all its children at once, without warning.
    pub fn kill_postgres(&self) -> Result<()> {
        let pids: Vec<u32> =
            processes::trees(&[self.postmaster_pid()?]).iter().map(|s| s.pid).collect();
        kill(&pids)
    }

    /// Kills the postmaster alone; its children notice and leave by themselves.
    pub fn kill_postmaster(&self) -> Result<()> {
        kill(&[self.postmaster_pid()?])
    }

    /// A connection to the server's database as its superuser, for comparing.
    pub async fn database(&mut self) -> Result<PgConnection> {
        if self.database.is_none() {
            let mut any = self.connect("postgres").await?;
            let names: Vec<String> = sqlx::query_scalar(
                "select datname from pg_database where datallowconn and not datistemplate",
            )
            .fetch_all(&mut any)
            .await?;
            for name in names {
                let mut one = self.connect(&name).await?;
                let ours: bool =
                    sqlx::query_scalar("select to_regclass('public.messages') is not null")
                        .fetch_one(&mut one)
                        .await?;
                if ours {
                    self.database = Some(name);
                }
            }
        }
        let name = self.database.clone().context("no database with our tables")?;
        self.connect(&name).await
    }

    async fn connect(&self, database: &str) -> Result<PgConnection> {
        let (socket, port) = self.socket()?;
        let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .socket(socket)
            .port(port)
            .username("app")
            .database(database);
        Ok(PgConnection::connect_with(&options).await?)
    }

    /// Folder and port of the private socket.
    pub fn socket(&self) -> Result<(String, u16)> {
        let lines = self.pidfile()?;
        let port = lines.get(3).and_then(|l| l.parse().ok()).context("no port")?;
        Ok((lines.get(4).context("no socket")?.clone(), port))
    }

    /// The folder of the Postgres programs that run.
    pub fn postgres_programs(&self) -> Result<PathBuf> {
        let exe = fs::read_link(format!("/proc/{}/exe", self.postmaster_pid()?))?;
        Ok(exe.parent().context("the program has a folder")?.to_owned())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let postmaster = self.postmaster_pid().ok();
        let ours = [self.server.take(), self.counterpart.take()];
        for mut child in ours.into_iter().chain(std::mem::take(&mut self.workers)).flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(pid) = postmaster {
            let pids: Vec<u32> = processes::trees(&[pid]).iter().map(|s| s.pid).collect();
            // The file may be of a postmaster that died: its number can be anybody's by now.
            if is_of(pid, &self.dir) {
                let _ = kill(&pids);
            }
        }
        if self.plan.keep {
            eprintln!("The data stay in {}", self.dir.display());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Whether this process works below `dir`.
fn is_of(pid: u32, dir: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(dir))
}

fn kill(pids: &[u32]) -> Result<()> {
    signal("-KILL", pids)
}

/// kill(1) of the shell, because std can signal nothing but its own children.
fn signal(name: &str, pids: &[u32]) -> Result<()> {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let mut command = Command::new("sh");
    command.args(["-c", "kill \"$@\" 2>/dev/null; true", "sh", name]).args(pids);
    command.status().context("sh cannot be run")?;
    Ok(())
}

/// In the system's folder for such things: the user that Postgres runs as must be able to enter it.
fn new_folder() -> Result<PathBuf> {
    let name = format!("beseda-bench-{}-{:08x}", std::process::id(), rand::random::<u32>());
    let dir = fs::canonicalize(std::env::temp_dir())?.join(name);
    fs::create_dir(&dir)?;
    Ok(dir)
}

fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// `beseda sandbox` takes so many ports in a row.
const SANDBOXES: u16 = 7;

/// The first of as many free ports in a row.
fn free_ports(count: u16) -> Result<SocketAddr> {
    for _ in 0..100 {
        let first = free_port()?;
        let is_free = |n| {
            let port = first.port().checked_add(n);
            port.is_some_and(|port| TcpListener::bind((first.ip(), port)).is_ok())
        };
        if (0..count).all(is_free) {
            return Ok(first);
        }
    }
    bail!("no {count} ports in a row are free");
}

/// A client that waits for no proxy and not for ever.
pub fn plain_client() -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
    Ok(builder.build()?)
}
