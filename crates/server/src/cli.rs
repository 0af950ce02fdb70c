//! The commands of `beseda`.

use std::{
    env,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use store::Store;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Config, account, checks,
    config::{Role, Sources},
    database::{self, Database},
    doctor, keys, serve, telemetry,
};

/// Beseda: customers' messages from messengers, mail and sites in one place.
#[derive(Debug, Parser)]
#[command(name = "beseda", version, max_term_width = 100)]
struct Cli {
    /// A file of settings over the defaults; BESEDA_CONFIG means the same
    #[arg(long, global = true, env = "BESEDA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server; without a database of your own a private Postgres is started with it
    Serve {
        /// What this process does, of api, worker, listener
        #[arg(long, value_delimiter = ',')]
        roles: Option<Vec<Role>>,
    },
    /// Bring the database up to date and end
    Migrate,
    /// Say in plain words what is wrong and what to do; the exit status is 1 if anything is
    Doctor {
        #[arg(long, value_enum, default_value_t = doctor::Language::En)]
        lang: doctor::Language,
    },
    /// Print the description of the API as JSON
    Openapi,
    /// Companies of this installation
    #[command(subcommand)]
    Account(Account),
    /// The master keys that protect the channels' tokens
    #[command(subcommand)]
    Keys(Keys),
    /// Counterparts of the messengers and of amoCRM to play with
    Sandbox {
        /// A loopback address for Telegram; the others take the ports after it: amoCRM, Viber, VK, Avito,
        /// Auto.ru, SMS
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
    },
}

#[derive(Debug, Subcommand)]
enum Account {
    /// Make a company and its owner
    Create(account::Create),
}

#[derive(Debug, Subcommand)]
enum Keys {
    /// Wrap every company's data key by the newest master key, so that older ones can go
    Rewrap,
}

/// Runs the command of the command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    // The one TLS of this program; a second choice would be a fault of ours, and harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match execute(cli) {
        Ok(code) => code,
        Err(error) => {
            // The chain ends with the system's own words; what to do stands at its top.
            eprintln!("beseda: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<ExitCode> {
    if matches!(cli.command, Command::Openapi) {
        return openapi();
    }
    let mut config = Config::load(&Sources { file: cli.config, environment: environment() })?;
    if let Command::Serve { roles: Some(roles) } = &cli.command {
        config.roles.clone_from(roles);
    }
    telemetry::start_logs(&config.log, &config.telemetry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(async {
        let stop = stop_on_signals()?;
        match cli.command {
            Command::Serve { .. } => {
                let (ready, _) = oneshot::channel();
                serve::serve(config, stop, ready).await?;
            }
            Command::Migrate => migrate(&config, &stop).await?,
            Command::Doctor { lang } => return doctor::examine(&config, lang).await,
            Command::Account(Account::Create(form)) => create_account(&config, form, &stop).await?,
            Command::Keys(Keys::Rewrap) => rewrap_keys(&config, &stop).await?,
            Command::Sandbox { listen } => {
                let listen = sandbox::Listen::beginning_at(listen);
                sandbox::run(listen, tried(&config), stop).await?;
            }
            Command::Openapi => {}
        }
        Ok(ExitCode::SUCCESS)
    });
    // A blocking call that hangs (a name look-up) does not hold the end up.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    telemetry::end_traces();
    code
}

/// Where this server takes what amoCRM sends, for the integration of the sandbox.
fn tried(config: &Config) -> sandbox::Tried {
    let base = match &config.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://127.0.0.1:{}", config.http.listen.port()),
    };
    sandbox::Tried {
        redirect_uri: format!("{base}/api/v1/crm/oauth/amo"),
        disable_hook: format!("{base}/hooks/crm-off/amo"),
        chat_hook: format!("{base}/hooks/crm-chats/:scope_id"),
        avito_redirect: format!("{base}/api/v1/channels/oauth/avito"),
    }
}

/// Variables whose text is not Unicode cannot be ours.
fn environment() -> Vec<(String, String)> {
    env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// SIGTERM and Ctrl-C ask to stop; a second one ends at once.
fn stop_on_signals() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let asked = stop.clone();
    #[expect(clippy::disallowed_methods, reason = "lives as long as the process")]
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if asked.is_cancelled() {
                eprintln!("beseda: asked twice to stop; what is under way is cut off");
                std::process::exit(130);
            }
            asked.cancel();
        }
    });
    Ok(stop)
}

fn openapi() -> Result<ExitCode> {
    let text = api::openapi().to_pretty_json()?;
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}") {
        // The reader has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: &Config, stop: &CancellationToken) -> Result<()> {
    on_store(config, stop, async |_| Ok(())).await?;
    println!("The database is up to date.");
    Ok(())
}

async fn create_account(
    config: &Config,
    form: account::Create,
    stop: &CancellationToken,
) -> Result<()> {
    on_store(config, stop, async |store| {
        checks::keys_fit(&store).await?;
        account::create(config, store, form).await
    })
    .await
}

async fn rewrap_keys(config: &Config, stop: &CancellationToken) -> Result<()> {
    let done = on_store(config, stop, async |store| {
        checks::keys_fit(&store).await?;
        store.rewrap_keys().await.context("Not every data key could be wrapped by the newest key")
    })
    .await?;
    println!("Data keys wrapped by the newest master key: {done}. The older ones may go.");
    Ok(())
}

/// Does something on the migrated database, and stops the private Postgres if this started it.
async fn on_store<T>(
    config: &Config,
    stop: &CancellationToken,
    work: impl AsyncFnOnce(Store) -> Result<T>,
) -> Result<T> {
    let (master, _) = keys::open(config)?;
    let database = Database::borrow(config).await?;
    let result = async {
        let store = database::open(config, database.url(), master)?;
        database::wait(&store, stop).await?;
        serve::migrate(&store).await?;
        let result = work(store.clone()).await;
        store.close().await;
        result
    };
    let result = result.await;
    database.stop().await?;
    result
}
