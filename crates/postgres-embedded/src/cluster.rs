use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, io};
use crate::layout::{self, Layout, PORT, socket_path};
use crate::lock::Lock;
use crate::options::Options;
use crate::pidfile::{self, Holder, Postmaster, Status};
use crate::program::Runner;
use crate::programs::{self, Existing};
use crate::run_as::RunAs;
use crate::url::{USER, socket_url};
use crate::{init, owned_file, reach, settings};

/// Crash recovery after much work may take minutes, and cutting it short only repeats it.
const READY_SECONDS: u64 = 600;

/// Backends that outlive a killed postmaster leave by themselves within moments.
const ORPHANS_LEAVE_WITHIN: Duration = Duration::from_secs(60);

/// How long a ready postmaster may be deaf before it counts as one whose socket was deleted.
const SOCKET_LOST_AFTER: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(100);

/// A log larger than this is put aside at the next start; one older log is kept.
const LARGEST_LOG: u64 = 16 * 1024 * 1024;

/// A running private Postgres and the right to be its owner.
///
/// Dropping it gives the right back and leaves the postmaster running: the next start adopts it,
/// as it does after `kill -9` of the owner. Call [`Cluster::stop`] to end it.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    run_as: RunAs,
    bin: PathBuf,
    socket_dir: PathBuf,
    reattached: bool,
    _lock: Lock,
}

impl Cluster {
    /// Starts the cluster of `options.root`, making it first where there is none, or adopts its
    /// running postmaster. Returns when it takes connections.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let root = absolute(&options.root)?;
        let run_as = RunAs::choose(&root.join("pgdata"))?;
        reach::check(&root, &run_as)?;
        let root = layout::create_root(&root, &run_as)?;
        let lock = Lock::take(&root, options.durability.lock_patience())?;

        let layout = Layout::prepare(root, &run_as)?;
        let major = init::existing_major(&layout.data)?;
        let existing = major.map(|major| Existing { data: &layout.data, major });
        let bin = programs::find(options, existing)?;
        reach::check(&bin, &run_as)?;

        let runner = Runner { bin: &bin, run_as: &run_as, layout: &layout };
        if major.is_none() {
            init::make(&runner, options.durability)?;
        }
        let text = settings::render(options.durability, &layout.socket_dir, &options.settings);
        owned_file::replace(&layout.data.join(settings::FILE), &text, &run_as)?;
        let (socket_dir, reattached) = bring_up(&runner)?;
        Ok(Self { socket_dir, reattached, layout, run_as, bin, _lock: lock })
    }

    /// Says whether a start could work, without touching anything: for a doctor's report. Answers
    /// the folder of the programs that would be used.
    pub fn check(options: &Options) -> Result<PathBuf, Error> {
        let root = absolute(&options.root)?;
        let data = root.join("pgdata");
        let run_as = RunAs::choose(&data)?;
        reach::check(&root, &run_as)?;
        let existing = init::existing_major(&data)?.map(|major| Existing { data: &data, major });
        let bin = programs::find(options, existing)?;
        reach::check(&bin, &run_as)?;
        Ok(bin)
    }

    /// A URL of the running postmaster of this folder, for those who look at it while another
    /// process is its owner. Touches nothing.
    pub fn running(options: &Options) -> Option<String> {
        let root = fs::canonicalize(absolute(&options.root).ok()?).ok()?;
        let run = root.join("run");
        let data = root.join("pgdata");
        let layout = Layout { data, socket_dir: run.clone(), run, root };
        match pidfile::holder(&layout) {
            Holder::Postmaster(postmaster) => {
                let socket_dir = listening_at(&layout, &postmaster)?;
                Some(socket_url(&socket_dir, PORT, "postgres"))
            }
            Holder::Nobody | Holder::Stranger => None,
        }
    }

    /// The folder of the socket; usually `<root>/run`, a short one in /run or /tmp where
    /// that path is too long for a socket.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The number in the socket's name. No TCP port is open.
    pub fn port(&self) -> u16 {
        PORT
    }

    /// The cluster's superuser. Row-level security does not bind it: make a role of your own for
    /// ordinary work.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// A URL of the database `postgres`, as libpq and sqlx read it.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The same for another database of this cluster.
    pub fn url_of(&self, database: &str) -> String {
        socket_url(&self.socket_dir, PORT, database)
    }

    /// Was the postmaster already running, left behind by an owner that did not stop it?
    pub fn reattached(&self) -> bool {
        self.reattached
    }

    /// The folder of the Postgres programs in use (psql and pgbench usually lie there too).
    pub fn bin_dir(&self) -> &Path {
        &self.bin
    }

    /// The number of the postmaster's process, while it runs.
    pub fn postmaster_pid(&self) -> Option<u32> {
        match pidfile::holder(&self.layout) {
            Holder::Postmaster(postmaster) => Some(postmaster.pid),
            Holder::Nobody | Holder::Stranger => None,
        }
    }

    /// Starts the postmaster again if it died under its owner (`kill -9`, out of memory). Answers
    /// whether it had to; cheap when all is well.
    pub fn revive(&self) -> Result<bool, Error> {
        match pidfile::holder(&self.layout) {
            Holder::Postmaster(_) => Ok(false),
            Holder::Nobody | Holder::Stranger => {
                bring_up(&Runner { bin: &self.bin, run_as: &self.run_as, layout: &self.layout })?;
                Ok(true)
            }
        }
    }

    /// Ends the postmaster: open transactions are rolled back, clients are cut off.
    pub fn stop(self) -> Result<(), Error> {
        stop(&Runner { bin: &self.bin, run_as: &self.run_as, layout: &self.layout })
    }
}

fn absolute(root: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(root).map_err(io("find", root))
}

/// Answers the socket's folder and whether the postmaster was adopted.
fn bring_up(runner: &Runner<'_>) -> Result<(PathBuf, bool), Error> {
    let layout = runner.layout;
    let begun = Instant::now();
    let mut deaf_since = None;
    loop {
        match pidfile::holder(layout) {
            Holder::Postmaster(postmaster) => {
                if let Some(socket_dir) = listening_at(layout, &postmaster) {
                    // The settings may be newer than the process.
                    runner.pg_ctl("reload", &[])?;
                    return Ok((socket_dir, true));
                }
                if postmaster.status == Status::Ready
                    && deaf_since.get_or_insert_with(Instant::now).elapsed() > SOCKET_LOST_AFTER
                {
                    // Somebody deleted the socket (a cleaner of /tmp does): only a restart helps.
                    stop(runner)?;
                } else if begun.elapsed().as_secs() > READY_SECONDS {
                    return Err(Error::NotReady {
                        pid: postmaster.pid,
                        data: layout.data.clone(),
                        log: layout.log(),
                        seconds: READY_SECONDS,
                    });
                }
            }
            Holder::Nobody | Holder::Stranger => {
                pidfile::remove_stale(layout)?;
                match start_postmaster(runner)? {
                    Attempt::Started => return Ok((layout.socket_dir.clone(), false)),
                    Attempt::Failed { tail } => {
                        if tail.contains("\" is empty") {
                            // A living owner of the file would have written into it by then.
                            thread::sleep(PAUSE);
                            pidfile::remove_empty(layout)?;
                        } else if !in_the_way(&tail) {
                            return Err(Error::NotStarted { log: layout.log(), tail });
                        }
                        if begun.elapsed() > ORPHANS_LEAVE_WITHIN {
                            return Err(Error::NotStarted { log: layout.log(), tail });
                        }
                    }
                }
            }
        }
        thread::sleep(PAUSE);
    }
}

/// Ready and reachable, at our socket or at the one of the place where the folder was before.
fn listening_at(layout: &Layout, postmaster: &Postmaster) -> Option<PathBuf> {
    if postmaster.status != Status::Ready {
        return None;
    }
    let dirs = [Some(&layout.socket_dir), postmaster.socket_dir.as_ref()];
    let mut dirs = dirs.into_iter().flatten();
    dirs.find(|dir| UnixStream::connect(socket_path(dir)).is_ok()).cloned()
}

enum Attempt {
    Started,
    Failed { tail: String },
}

fn start_postmaster(runner: &Runner<'_>) -> Result<Attempt, Error> {
    let log = runner.layout.log();
    let before = put_aside_if_large(&log)?;
    let wait = READY_SECONDS.to_string();
    let args = ["-w", "-t", &wait, "-l"].map(OsStr::new);
    let args: Vec<&OsStr> = args.into_iter().chain([log.as_os_str()]).collect();
    let outcome = runner.pg_ctl("start", &args)?;
    if outcome.success {
        return Ok(Attempt::Started);
    }
    let said = written_since(&log, before);
    Ok(Attempt::Failed { tail: last_lines(&format!("{}\n{said}", outcome.output), 20) })
}

/// Postgres' own words for "the processes of the former run are not all gone" and for "somebody is
/// starting it at this moment": a start whose owner was killed goes on without it.
fn in_the_way(tail: &str) -> bool {
    tail.contains("shared memory block") || tail.contains("lock file")
}

fn stop(runner: &Runner<'_>) -> Result<(), Error> {
    let args = ["-w", "-t", "60", "-m", "fast"].map(OsStr::new);
    let outcome = runner.pg_ctl("stop", &args)?;
    match pidfile::holder(runner.layout) {
        Holder::Postmaster(_) => Err(Error::NotStopped { output: outcome.output }),
        Holder::Nobody | Holder::Stranger => Ok(()),
    }
}

/// Answers the length of the log that is now in place.
fn put_aside_if_large(log: &Path) -> Result<u64, Error> {
    let Ok(metadata) = fs::metadata(log) else { return Ok(0) };
    if metadata.len() <= LARGEST_LOG {
        return Ok(metadata.len());
    }
    fs::rename(log, log.with_extension("log.1")).map_err(io("put aside", log))?;
    Ok(0)
}

fn written_since(log: &Path, offset: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(offset))?;
        file.take(LARGEST_LOG).read_to_end(&mut bytes)
    });
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(count)).copied().collect::<Vec<_>>().join("\n")
}
