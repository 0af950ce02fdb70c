use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What a start needs to know. The caller reads environment and settings; this crate does not.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds everything of this cluster. It is made when missing.
    pub root: PathBuf,
    /// The person's own choice of programs (`PG_BIN_DIR`). When given, nothing else is looked at.
    pub bin_dir: Option<PathBuf>,
    /// The folder of the running executable: a release may carry `postgres/bin` beside itself.
    pub exe_dir: Option<PathBuf>,
    /// `PATH`, the last place that is searched.
    pub path: Option<OsString>,
    pub durability: Durability,
    /// Server settings over the defaults, such as `("max_connections", "300")`.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// A durable cluster with programs from the distribution's usual place.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            bin_dir: None,
            exe_dir: None,
            path: None,
            durability: Durability::Durable,
            settings: Vec::new(),
        }
    }
}

/// Whether a committed row must survive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Durable,
    /// For test clusters: nothing is synced to disk, and a power cut may cost the whole cluster.
    /// Such a cluster is used in turns by many short-lived test processes, each of which starts or
    /// adopts it and drops its [`crate::Cluster`]; so the lock is waited for much longer.
    Disposable,
}

impl Durability {
    /// How long a start waits for the lock. A process that was just killed may hold it for a moment
    /// on a busy machine; a test process may have to wait for another's initdb.
    pub(crate) fn lock_patience(self) -> Duration {
        match self {
            Self::Durable => Duration::from_secs(5),
            Self::Disposable => Duration::from_secs(180),
        }
    }
}
