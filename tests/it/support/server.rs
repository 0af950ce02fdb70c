//! A whole server inside the test's process.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    num::NonZeroU32,
    path::Path,
    sync::{Arc, Once},
    time::Duration,
};

use server::{Config, config::Sources};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{Client, Database, Session};

/// A server on a free port with all roles, short pauses between looks into the queue, and a
/// database of its own. It ends with this value.
pub struct TestServer {
    database: Arc<Database>,
    /// Attachments; shared by the nodes of one installation.
    folder: Arc<TempDir>,
    config: Config,
    running: Option<Running>,
}

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    kill: CancellationToken,
    thread: std::thread::JoinHandle<anyhow::Result<()>>,
}

/// Runs a server on a thread and a runtime of its own, so that dropping the runtime ends the server
/// at once, as a kill does: no code of it runs any more.
async fn run(config: Config) -> Running {
    let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
    let (ready, told) = oneshot::channel();
    let (asked, killed) = (stop.clone(), kill.clone());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("server")
            .enable_all()
            .build()?;
        let result = runtime.block_on(async {
            tokio::select! {
                biased;
                () = killed.cancelled() => Ok(()),
                served = server::serve(config, asked, ready) => served,
            }
        });
        // Returns when its threads are gone: the port and the connections are free then.
        runtime.shutdown_timeout(Duration::from_secs(5));
        result
    });
    let Ok(address) = told.await else {
        panic!("the server did not start: {:?}", thread.join());
    };
    Running { address, stop, kill, thread }
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With other settings than the tests' usual ones.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        log();
        let database = Arc::new(Database::create().await);
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let mut config = settings(&database, folder.path());
        change(&mut config);
        let mut server = Self { database, folder, config, running: None };
        server.restart().await;
        server
    }

    /// A server that services can call: its public address is its own.
    pub async fn reachable() -> Self {
        Self::reachable_at(free_address(), |_| {}).await
    }

    /// The same at an address that others were told of before it listens.
    pub async fn reachable_at(address: SocketAddr, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_with(|config| {
            config.http.listen = address;
            config.public_url = Some(format!("http://{address}/").parse().unwrap());
            change(config);
        })
        .await
    }

    /// Another node of the same installation: the same database, a port of its own.
    pub async fn another(&self) -> Self {
        let mut server = Self {
            database: self.database.clone(),
            folder: self.folder.clone(),
            config: self.config.clone(),
            running: None,
        };
        server.config.http.listen.set_port(0);
        server.restart().await;
        server
    }

    pub fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("the server runs").address
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Where attachments and the like lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Somebody who is not logged in.
    pub fn client(&self) -> Client {
        Client::new(self.url())
    }

    /// A new company with its owner logged in.
    pub async fn sign_up(&self) -> Session {
        Session::sign_up(self.client()).await
    }

    /// Ends the server as `kill -9` does: nothing is finished or handed back.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill.cancel();
            let _ = running.thread.join();
        }
    }

    /// Ends the server as SIGTERM does, and fails when the server did.
    pub async fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.stop.cancel();
        let ended = tokio::task::spawn_blocking(|| running.thread.join()).await;
        ended.unwrap().unwrap().unwrap();
    }

    /// Starts again on the same database and the same port, after `kill` or `stop`.
    pub async fn restart(&mut self) {
        self.kill();
        let running = run(self.config.clone()).await;
        // The next start listens where clients already look.
        self.config.http.listen = running.address;
        self.running = Some(running);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A free port of this machine.
pub fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).unwrap()
}

fn settings(database: &Database, folder: &Path) -> Config {
    let mut config = Config::load(&Sources::default()).unwrap();
    config.data_dir = folder.to_owned();
    config.demo_company = false;
    config.http.listen = (Ipv4Addr::LOCALHOST, 0).into();
    config.database.url = Some(database.url().into());
    config.database.tenant_connections = number(8);
    config.database.platform_connections = number(8);
    config.keys.master = Some(master_key().into());
    config.jobs.poll = Duration::from_millis(50);
    config.jobs.lease = Duration::from_secs(3);
    config.outgoing.allow_loopback = true;
    let much = number(1_000_000);
    config.limits.log_in_per_minute = much;
    config.limits.log_in_per_email_hour = much;
    config.limits.sign_up_per_hour = much;
    config.limits.invite_per_minute = much;
    config.limits.password_per_hour = much;
    config
}

/// [`crate::database::MASTER_KEY`] as settings write it.
fn master_key() -> String {
    "KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio=".to_owned()
}

fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// `RUST_LOG=debug cargo nextest run` shows what servers log in a test that fails.
fn log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter =
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
    });
}
