use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use domain::text::Words;
use postgres_embedded::Cluster;
use store::{MigrationState, Store};
use url::{Host, Url};

use super::report::{Language, Report};
use crate::{
    Config, assemble, checks,
    database::{self, Database},
    keys,
};

/// The oldest version with all that our statements use.
const OLDEST_POSTGRES: i32 = 150_000;
/// Work that is due for longer shows that nobody does it.
const STUCK: f64 = 60.0;
const CONNECT: Duration = Duration::from_secs(10);

/// Looks at everything, prints the report, and tells by the exit status whether all is well.
pub async fn examine(config: &Config, language: Language) -> Result<ExitCode> {
    let mut report = Report::default();
    report.well("Настройки понятны", "The settings are understood");
    attachments(config, &mut report).await;
    public_url(config, &mut report).await;
    if let Some(database) = reach(config, &mut report).await {
        if let Some(store) = open(config, &database, &mut report) {
            look_inside(&store, &mut report).await;
            store.close().await;
        }
        database.stop().await?;
    }
    print!("{}", report.text(language));
    Ok(if report.problems() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn attachments(config: &Config, report: &mut Report) {
    let checked = match assemble::objects(config) {
        Ok(objects) => app::Objects::new(objects).check().await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match checked {
        Ok(()) => report.well("Файлы сохраняются", "Attachments can be stored"),
        Err(error) => report.wrong(
            Words::new(
                format!("Файлы сохранить нельзя: {error:#}"),
                format!("Attachments cannot be stored: {error:#}"),
            ),
            Words::new(
                "проверьте папку objects.dir (или data_dir) и права на неё, либо настройки objects.s3",
                "check the folder objects.dir (or data_dir) and its rights, or the settings \
                 objects.s3",
            ),
        ),
    }
}

async fn public_url(config: &Config, report: &mut Report) {
    let Some(url) = &config.public_url else {
        return report.note(
            "Внешнего адреса нет (public_url): мессенджеры, которые умеют, опрашиваются; виджет \
             работает только на этой машине",
            "There is no public address (public_url): messengers that can be are polled; the widget \
             works on this machine alone",
        );
    };
    let remedy = Words::new(
        "поставьте перед Беседой прокси с TLS и запишите его адрес https://… в public_url",
        "put a proxy with TLS in front of Beseda and write its https:// address into public_url",
    );
    if is_local(url) {
        return report.note(
            format!("Внешний адрес {url} — это сама машина: снаружи он не виден"),
            format!("The public address {url} is this machine: the outside cannot see it"),
        );
    }
    if url.scheme() != "https" {
        return report.wrong(
            Words::new(
                format!("Внешний адрес {url} без https: мессенджеры на него не пишут"),
                format!("The public address {url} is not https: messengers do not call it"),
            ),
            remedy,
        );
    }
    match ask(url).await {
        Ok(()) => report.well(
            format!("По внешнему адресу {url} отвечает Беседа"),
            format!("Beseda answers at the public address {url}"),
        ),
        Err(error) => report.note(
            format!(
                "По внешнему адресу {url} Беседа отсюда не отвечает ({error}). Если сервер запущен и \
                 адрес открывается с другой машины, всё в порядке"
            ),
            format!(
                "Beseda does not answer at the public address {url} from here ({error}). If the \
                 server runs and the address opens from another machine, all is well"
            ),
        ),
    }
}

/// An address that only this machine or its own network can reach.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || !name.contains('.')
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        None => true,
    }
}

async fn ask(url: &Url) -> Result<()> {
    let client = net::client(net::Options { timeout: Some(CONNECT), ..net::Options::default() })?;
    let answer = client.get(url.join("/healthz")?).send().await.map_err(net::error_text);
    let answer = answer.map_err(anyhow::Error::msg)?;
    anyhow::ensure!(answer.status().is_success(), "HTTP {}", answer.status().as_u16());
    Ok(())
}

/// A database that can be looked at, or the words why there is none.
async fn reach(config: &Config, report: &mut Report) -> Option<Database> {
    if config.database.url.is_none() {
        let options = database::private(config);
        if let Err(error) = Cluster::check(&options) {
            report.wrong(
                Words::new(
                    format!("Своя Postgres не запустится: {error}"),
                    format!("The private Postgres cannot start: {error}"),
                ),
                Words::new("см. выше", "as said above"),
            );
            return None;
        }
        if !options.root.join("pgdata").exists() {
            report.note(
                "Первого запуска ещё не было: базы данных нет. Запустите beseda serve",
                "There was no first start yet, so there is no database. Run beseda serve",
            );
            return None;
        }
    }
    match Database::borrow(config).await {
        Ok(database) => Some(database),
        Err(error) => {
            report.wrong(
                Words::new(
                    format!("Своя Postgres не запустилась: {error:#}"),
                    format!("The private Postgres did not start: {error:#}"),
                ),
                Words::new("сделайте то, что там сказано", "do what is said there"),
            );
            None
        }
    }
}

fn open(config: &Config, database: &Database, report: &mut Report) -> Option<Store> {
    let master = match keys::existing(config) {
        Ok(Some(master)) => master,
        Ok(None) => {
            report.wrong(
                Words::new(
                    "Главного ключа нет: токены и пароли каналов открыть нечем",
                    "There is no master key: tokens and passwords of channels cannot be opened",
                ),
                Words::new(
                    "верните файл keys/master.key в data_dir или задайте BESEDA_KEYS__MASTER; если \
                     сервер ещё не запускали, он сделает ключ сам",
                    "put the file keys/master.key back into data_dir or set BESEDA_KEYS__MASTER; if \
                     the server was never started, it makes a key itself",
                ),
            );
            return None;
        }
        Err(error) => {
            report.wrong(
                Words::new(
                    format!("Главный ключ не читается: {error:#}"),
                    format!("The master key cannot be read: {error:#}"),
                ),
                Words::new("исправьте его", "correct it"),
            );
            return None;
        }
    };
    match database::open(config, database.url(), master) {
        Ok(store) => Some(store),
        Err(error) => {
            report.wrong(
                Words::new(
                    "Адрес базы данных не читается",
                    "The database's address cannot be read",
                ),
                Words::new(error.to_string(), error.to_string()),
            );
            None
        }
    }
}

async fn look_inside(store: &Store, report: &mut Report) {
    let Some(version) = version(store, report).await else { return };
    let shown = format!("{}.{}", version / 10_000, version % 10_000);
    if version < OLDEST_POSTGRES {
        report.wrong(
            Words::new(
                format!("Postgres {shown} слишком старая"),
                format!("Postgres {shown} is too old"),
            ),
            Words::new("перейдите на Postgres 15 или новее", "move to Postgres 15 or newer"),
        );
        return;
    }
    report.well(
        format!("База данных отвечает, Postgres {shown}"),
        format!("The database answers, Postgres {shown}"),
    );
    match store.migration_state().await {
        Ok(state) if migrated(state, report) => {}
        Ok(_) => return,
        Err(error) => return broken(&error.into(), report),
    }
    match checks::keys_fit(store).await {
        Ok(()) => report.well(
            "Главный ключ подходит к базе данных",
            "The master key fits the database",
        ),
        Err(error) => report.wrong(
            Words::new(
                "Главный ключ не подходит к этой базе данных",
                "The master key does not fit this database",
            ),
            Words::new(
                format!("задайте прежний ключ в BESEDA_KEYS__MASTER или верните keys/master.key ({error})"),
                error.to_string(),
            ),
        ),
    }
    if let Err(error) = channels(store, report).await {
        broken(&error, report);
    }
    if let Err(error) = queue(store, report).await {
        broken(&error, report);
    }
}

async fn version(store: &Store, report: &mut Report) -> Option<i32> {
    let error = match tokio::time::timeout(CONNECT, store.server_version()).await {
        Ok(Ok(version)) => return Some(version),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {} s", CONNECT.as_secs()),
    };
    report.wrong(
        Words::new(
            format!("База данных не отвечает: {error}"),
            format!("The database does not answer: {error}"),
        ),
        Words::new(
            "проверьте, запущена ли она, и адрес, имя и пароль в database.url (DATABASE_URL)",
            "check that it runs, and the address, user and password in database.url (DATABASE_URL)",
        ),
    );
    None
}

/// Whether the tables are there to be looked into.
fn migrated(state: MigrationState, report: &mut Report) -> bool {
    if state.unknown > 0 {
        report.note(
            format!("База данных новее этой программы: {} неизвестных миграций", state.unknown),
            format!(
                "The database is newer than this program: {} unknown migrations",
                state.unknown
            ),
        );
    }
    if state.pending == 0 {
        report.well(
            format!("Миграции применены: {}", state.applied),
            format!("Migrations are applied: {}", state.applied),
        );
        return true;
    }
    report.wrong(
        Words::new(
            format!("Не применены миграции: {}", state.pending),
            format!("Migrations that are not applied: {}", state.pending),
        ),
        Words::new(
            "запустите beseda migrate (или beseda serve: он применит их сам)",
            "run beseda migrate (or beseda serve, which applies them itself)",
        ),
    );
    false
}

fn broken(error: &anyhow::Error, report: &mut Report) {
    report.wrong(
        Words::new(
            format!("База данных не дала себя осмотреть: {error:#}"),
            format!("The database could not be looked into: {error:#}"),
        ),
        Words::new("проверьте права пользователя базы", "check the rights of the database's user"),
    );
}

async fn channels(store: &Store, report: &mut Report) -> Result<()> {
    let states = store.channel_states().await?;
    if states.is_empty() {
        report.note("Каналов ещё нет", "There are no channels yet");
    }
    for (kind, state, count) in states {
        let (ru, en) = match state.as_str() {
            "connected" => {
                report.well(
                    format!("Каналы {kind}: работают {count}"),
                    format!("Channels {kind}: {count} work"),
                );
                continue;
            }
            "connecting" | "interrupted" => (
                "подождите минуту; если не пройдёт, откройте канал в кабинете: там причина",
                "wait a minute; if it stays, open the channel in the cabinet, which tells the reason",
            ),
            "disabled" => {
                report.note(
                    format!("Каналы {kind}: выключены {count}"),
                    format!("Channels {kind}: {count} switched off"),
                );
                continue;
            }
            "bad_credentials" | "logged_out" => (
                "откройте канал в кабинете и дайте новый токен или пароль; сообщения ждут",
                "open the channel in the cabinet and give a new token or password; messages wait",
            ),
            _ => (
                "откройте канал в кабинете: там причина и что сделать",
                "open the channel in the cabinet, which tells the reason and the remedy",
            ),
        };
        report.wrong(
            Words::new(
                format!("Каналы {kind}: {count} в состоянии {state}"),
                format!("Channels {kind}: {count} in the state {state}"),
            ),
            Words::new(ru, en),
        );
    }
    Ok(())
}

async fn queue(store: &Store, report: &mut Report) -> Result<()> {
    let (oldest, waiting, dead) = store.queue_health().await?;
    if oldest > STUCK {
        report.wrong(
            Words::new(
                format!("Очередь стоит: {waiting} дел, старшее ждёт {oldest:.0} с"),
                format!("The queue stands still: {waiting} jobs, the oldest waits {oldest:.0} s"),
            ),
            Words::new(
                "проверьте, что запущен beseda serve с ролью worker, и посмотрите его журнал",
                "check that beseda serve runs with the role worker, and look into its log",
            ),
        );
    } else {
        report.well(
            format!("Очередь движется, ждут {waiting}"),
            format!("The queue moves, {waiting} wait"),
        );
    }
    if dead > 0 {
        report.wrong(
            Words::new(
                format!("Дел, от которых отказались после всех попыток: {dead}"),
                format!("Jobs given up after all tries: {dead}"),
            ),
            Words::new(
                "посмотрите таблицу dead_jobs (колонка error) и журнал сервера",
                "look into the table dead_jobs (column error) and the server's log",
            ),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_told_from_a_public_one() {
        for (url, local) in [
            ("http://localhost:8080", true),
            ("http://beseda", true),
            ("http://127.0.0.1", true),
            ("http://192.168.1.5", true),
            ("http://[::1]:8080", true),
            ("https://chat.example.ru", false),
            ("http://203.0.113.1", false),
        ] {
            assert_eq!(is_local(&Url::parse(url).expect("a URL")), local, "{url}");
        }
    }
}
