//! The database: the private Postgres of the data folder, or the one that the settings name.

use std::{env, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use postgres_embedded::Cluster;
use secrecy::ExposeSecret;
use store::{MasterKeys, Store};
use tokio_util::sync::CancellationToken;

use crate::Config;

/// A reachable database, and the postmaster to stop after use if it is ours.
pub struct Database {
    cluster: Option<Arc<Cluster>>,
    url: String,
}

/// A connection that does not come about in this time counts as a database that is down.
const CONNECT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);
/// How often our postmaster is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often a person is told that we still wait.
const SAY_EVERY: u32 = 15;

impl Database {
    pub async fn start(config: &Config) -> Result<Self> {
        if let Some(url) = &config.database.url {
            return Ok(Self { cluster: None, url: url.expose_secret().to_owned() });
        }
        let options = private(config);
        tracing::info!(folder = %options.root.display(), "starting the private Postgres");
        let cluster = tokio::task::spawn_blocking(move || Cluster::start(&options)).await??;
        if cluster.reattached() {
            tracing::info!("the private Postgres of an earlier run was still up; going on with it");
        }
        Ok(Self { url: cluster.url(), cluster: Some(Arc::new(cluster)) })
    }

    /// For a short command: a running private Postgres is used as it is, whoever owns it.
    pub async fn borrow(config: &Config) -> Result<Self> {
        let options = private(config);
        let running = match &config.database.url {
            Some(_) => None,
            None => tokio::task::spawn_blocking(move || Cluster::running(&options)).await?,
        };
        match running {
            Some(url) => Ok(Self { cluster: None, url }),
            None => Self::start(config).await,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Brings our postmaster back when it dies under us, until stopped. Meanwhile requests are
    /// answered 503 and repeated by whoever sent them.
    pub async fn guard(&self, stop: CancellationToken) {
        let Some(cluster) = &self.cluster else { return };
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let cluster = cluster.clone();
            match tokio::task::spawn_blocking(move || cluster.revive()).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => tracing::warn!("the private Postgres had died; it is up again"),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the private Postgres does not come back")
                }
                Err(_) => return,
            }
        }
    }

    /// Stops the postmaster if it is ours. The guard has ended before.
    pub async fn stop(self) -> Result<()> {
        let Some(cluster) = self.cluster else { return Ok(()) };
        tracing::info!("stopping the private Postgres");
        let cluster = Arc::into_inner(cluster).context("the private Postgres is still guarded")?;
        tokio::task::spawn_blocking(move || cluster.stop()).await??;
        Ok(())
    }
}

/// How the private Postgres is run.
pub fn private(config: &Config) -> postgres_embedded::Options {
    let exe = env::current_exe().ok();
    let pools =
        config.database.tenant_connections.get() + config.database.platform_connections.get();
    // Beside the pools: the listening connection, migrations, a doctor, psql.
    let connections = (pools + 20).max(100);
    postgres_embedded::Options {
        bin_dir: config.database.bin_dir.clone(),
        exe_dir: exe.and_then(|exe| exe.parent().map(PathBuf::from)),
        path: env::var_os("PATH"),
        settings: vec![("max_connections".to_owned(), connections.to_string())],
        ..postgres_embedded::Options::new(&config.data_dir)
    }
}

pub fn store_options(config: &Config, url: &str) -> store::Options {
    store::Options {
        url: url.to_owned(),
        tenant_connections: config.database.tenant_connections.get(),
        platform_connections: config.database.platform_connections.get(),
        acquire_timeout: config.database.acquire_timeout,
    }
}

pub fn open(config: &Config, url: &str, keys: MasterKeys) -> Result<Store> {
    Store::open(&store_options(config, url), keys).context(
        "The address of the database (database.url or DATABASE_URL) cannot be read. It looks like \
         postgres://user:password@host:5432/name",
    )
}

/// Returns when the database answers. While it is down that is said in words; what waiting does not
/// mend (a wrong password, a missing database) ends it.
pub async fn wait(store: &Store, stop: &CancellationToken) -> Result<()> {
    let mut tries: u32 = 0;
    loop {
        let error = match tokio::time::timeout(CONNECT, store.migration_state()).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(store::Error::Unavailable(error))) => error.to_string(),
            Ok(Err(error)) => return Err(error).context(
                "The database refuses this program. Check the user, the password and the name of \
                 the database in database.url (DATABASE_URL)",
            ),
            Err(_) => format!("no answer in {} s", CONNECT.as_secs()),
        };
        if tries.is_multiple_of(SAY_EVERY) {
            tracing::warn!(%error, "the database does not answer; waiting for it");
        }
        tries += 1;
        tokio::select! {
            () = stop.cancelled() => bail!("Stopped while waiting for the database."),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
