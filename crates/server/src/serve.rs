//! `beseda serve`: from nothing to a running server and back.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use api::Api;
use app::App;
use store::Store;
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Config, assemble, background, checks,
    config::Role,
    database::{self, Database},
    demo, keys, telemetry,
};

/// What is under way at a stop may take this long.
const GRACE: Duration = Duration::from_secs(10);

/// Runs until `stop`. `ready` is told the address once requests are answered (or, without the role
/// `api`, the address that would be). An error is for the person at the terminal.
pub async fn serve(
    config: Config,
    stop: CancellationToken,
    ready: oneshot::Sender<SocketAddr>,
) -> Result<()> {
    let (master, origin) = keys::open(&config)?;
    if let (keys::Origin::File(file), Some(_)) = (&origin, &config.database.url) {
        tracing::warn!(
            file = %file.display(),
            "the master key is in a file of this machine; every other machine on this database \
             needs the same key, and a copy of it belongs in a safe place"
        );
    }
    let database = Database::start(&config).await?;
    // Ends with the serving, and not with `stop`: what is under way still needs the database.
    let over = CancellationToken::new();
    let serving = async {
        let served = with_database(&config, &database, master, stop, ready).await;
        over.cancel();
        served
    };
    let (served, ()) = tokio::join!(serving, database.guard(over.clone()));
    let stopped = database.stop().await.context("The private Postgres did not stop");
    served.and(stopped)
}

async fn with_database(
    config: &Config,
    database: &Database,
    master: store::MasterKeys,
    stop: CancellationToken,
    ready: oneshot::Sender<SocketAddr>,
) -> Result<()> {
    let store = database::open(config, database.url(), master)?;
    let result = with_store(config, store.clone(), stop, ready).await;
    // Cut off what holds on to a connection: Postgres is going to be stopped.
    let _ = tokio::time::timeout(Duration::from_secs(5), store.close()).await;
    result
}

async fn with_store(
    config: &Config,
    store: Store,
    stop: CancellationToken,
    ready: oneshot::Sender<SocketAddr>,
) -> Result<()> {
    database::wait(&store, &stop).await?;
    // Before anything is written: a port that is taken shall leave nothing behind.
    let listener = if config.roles.contains(&Role::Api) { Some(bind(config).await?) } else { None };
    migrate(&store).await?;
    checks::keys_fit(&store).await?;
    let app = assemble::build_app(config, store)?;
    let login =
        if config.demo_company { demo::ensure(&app, &config.data_dir).await? } else { None };

    let address = match &listener {
        Some(listener) => listener.local_addr()?,
        None => config.http.listen,
    };
    let tasks = TaskTracker::new();
    if let Some(figures) = telemetry::figures() {
        tasks.spawn(telemetry::upkeep(figures, stop.clone()));
    }
    if let Some(listener) = listener {
        say_where(config, address, login.as_ref());
        tasks.spawn(answer(listener, web(config, &app), stop.clone()));
    }
    background::start(&app, config, &stop, &tasks);
    // Nobody waits for it: no fault.
    let _ = ready.send(address);
    stop.cancelled().await;
    tracing::info!("stopping: nothing new is taken, what is under way is finished");
    tasks.close();
    if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
        tracing::warn!(
            seconds = GRACE.as_secs(),
            "not everything ended in time; the rest is cut off"
        );
    }
    Ok(())
}

async fn bind(config: &Config) -> Result<TcpListener> {
    let listen = config.http.listen;
    TcpListener::bind(listen).await.with_context(|| {
        format!(
            "Cannot listen at {listen}. If another program has that port, stop it or choose another \
             address: BESEDA_HTTP__LISTEN=127.0.0.1:8081 (setting http.listen)"
        )
    })
}

/// Applies what is pending.
pub async fn migrate(store: &Store) -> Result<()> {
    let state = store.migration_state().await?;
    if state.unknown > 0 {
        tracing::warn!(
            unknown = state.unknown,
            "the database was migrated by a newer version of this program; this one goes on, \
             update it soon"
        );
    }
    store.migrate().await.context(
        "The database could not be migrated. The user of the database must be allowed to make roles \
         and extensions (btree_gin, pg_trgm), or be a superuser",
    )?;
    if state.pending > 0 {
        tracing::info!(migrations = state.pending, "the database is up to date now");
    }
    Ok(())
}

fn web(config: &Config, app: &App) -> Api {
    let figures = telemetry::figures();
    let figures = figures.map(|figures| Arc::new(move || figures.render()) as api::Metrics);
    Api::new(app.clone(), &assemble::limits(config), figures)
}

/// A web face that dies takes the process with it: whoever watches starts it again.
async fn answer(listener: TcpListener, api: Api, stop: CancellationToken) {
    if let Err(error) = api::serve(listener, api, stop.clone()).await {
        tracing::error!(%error, "the web face ended");
        stop.cancel();
    }
}

/// For the person at the terminal, apart from the log: no log shall hold a password.
fn say_where(config: &Config, address: SocketAddr, login: Option<&demo::LogIn>) {
    // The address of all interfaces is none to go to.
    let host = match address.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        IpAddr::V4(ip) => ip.to_string(),
    };
    let url = match &config.public_url {
        Some(url) => url.to_string(),
        None => format!("http://{host}:{}/", address.port()),
    };
    let mut text = format!("Beseda is at {url}\n");
    if let Some(login) = login {
        let email = login.email;
        match &login.password {
            Some(password) => text.push_str(&format!(
                "  Log in to the demo company: {email} with the password {password}\n  \
                 (kept in {})\n",
                login.file.display()
            )),
            None => text.push_str(&format!("  Log in to the demo company: {email}\n")),
        }
        if let Some(page) = &login.test_page {
            text.push_str(&format!("  Write as a visitor of a site: {url}{page}\n"));
        }
    }
    print!("{text}");
}
