//! The demo company of a first start, so that there is something to log in to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use app::{Actor, App, ChannelDetails, ChannelForm, SignUp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{channel::ChannelKind, ids::AccountId};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::{sample, secret_file, system};

/// The demo company's owner. A name that no mail server will ever have (RFC 6761).
pub const EMAIL: &str = "demo@beseda.test";

/// Set once the demo company was made; a person may delete it afterwards for good.
const MARK: &str = "demo_company";
const WIDGET: &str = "widget";
const COMPANY: &str = "Цветочная мастерская «Ветка» (демо)";
const WHO: &str = "beseda serve";

/// How to log in and where to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogIn {
    pub email: &'static str,
    /// Unknown where a person changed it, or on a machine that did not make the company.
    pub password: Option<String>,
    pub file: PathBuf,
    /// The widget's test page, below the public address.
    pub test_page: Option<String>,
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("demo-login.txt")
}

/// Makes the demo company unless it was made. A start that was killed anywhere in between is
/// finished by the next one: the password is written down first, the company is one transaction,
/// and the mark comes last. Of two machines that start at once, one makes it.
pub async fn ensure(app: &App, data_dir: &Path) -> Result<Option<LogIn>> {
    let path = file(data_dir);
    let marked = app.store.installation_value(MARK).await?.is_some();
    let account = match app.store.demo_account().await? {
        Some((account, _)) => account,
        None if marked => return Ok(None),
        None => make(app, &path).await?,
    };
    let written = secret_file::read(&path)?.as_deref().and_then(password_in);
    let mut password = None;
    if let Some(written) = written
        && let Some(owner) = owner(app, account, &written).await
    {
        password = Some(written);
        if !marked && let Err(error) = furnish(app, &owner).await {
            tracing::warn!(%error, "the demo company is not furnished");
        }
        app.log_out(&owner).await?;
    }
    app.store.mark_installation(MARK, &json!(true)).await?;
    let test_page = test_page(app, account).await?;
    Ok(Some(LogIn { email: EMAIL, password, file: path, test_page }))
}

async fn make(app: &App, path: &Path) -> Result<AccountId> {
    let fresh = URL_SAFE_NO_PAD.encode(system::random::<12>()?);
    let text = secret_file::create(path, &letter(&fresh))?;
    let password = password_in(&text).unwrap_or(fresh);
    let made = app
        .sign_up_demo(SignUp {
            company: COMPANY.to_owned(),
            name: "Екатерина Ветлугина".to_owned(),
            email: EMAIL.to_owned(),
            password: password.into(),
            language: "ru".to_owned(),
            user_agent: WHO.to_owned(),
        })
        .await;
    let error = match made {
        Ok(opened) => return Ok(opened.account),
        Err(error) => error,
    };
    match app.store.demo_account().await? {
        // Another machine was first, and this password is nobody's.
        Some((account, _)) => {
            let _ = fs::remove_file(path);
            Ok(account)
        }
        None => Err(error.into()),
    }
}

/// The owner, if the password is still the written one.
async fn owner(app: &App, account: AccountId, password: &str) -> Option<Actor> {
    let form = app::LogIn {
        email: EMAIL.to_owned(),
        password: password.into(),
        account: Some(account),
        user_agent: WHO.to_owned(),
    };
    let opened = app.log_in(form).await.ok()?;
    app.authenticate(opened.token.expose_secret()).await.ok()
}

/// A widget, so that a first message can be written at once, and sample conversations. Each is one
/// transaction that is not repeated, so that a start after a kill goes on where the former one was.
async fn furnish(app: &App, owner: &Actor) -> Result<()> {
    let channels = app.channels(owner).await?;
    let widget = channels.into_iter().find(|channel| channel.view.kind == WIDGET);
    let widget = match widget {
        Some(widget) => widget,
        None => make_widget(app, owner).await?,
    };
    let company = sample::company()?;
    app.fill_demo(owner, widget.view.channel_id, &company, sample::files()).await?;
    Ok(())
}

async fn make_widget(app: &App, owner: &Actor) -> app::Result<ChannelDetails> {
    let settings = [
        ("title", "Цветочная мастерская «Ветка»"),
        ("greeting", "Здравствуйте! Напишите нам, оператор увидит сообщение сразу."),
    ];
    let settings: Map<String, Value> =
        settings.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect();
    let form = ChannelForm {
        name: Some("Чат на сайте".to_owned()),
        settings: Some(settings),
        ..ChannelForm::default()
    };
    app.create_channel(owner, &ChannelKind::new(WIDGET), form, None).await
}

async fn test_page(app: &App, account: AccountId) -> Result<Option<String>> {
    let channels = app.store.tenant(account).await?.channels().await?;
    let widget = channels.into_iter().find(|channel| channel.kind.as_str() == WIDGET);
    Ok(widget.map(|widget| format!("widget/{}/test.html", widget.hook_key)))
}

fn letter(password: &str) -> String {
    format!("The demo company made at the first start.\ne-mail: {EMAIL}\npassword: {password}\n")
}

fn password_in(letter: &str) -> Option<String> {
    let line = letter.lines().find_map(|line| line.strip_prefix("password:"))?;
    Some(line.trim().to_owned()).filter(|p| !p.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_read_back_from_the_letter() {
        assert_eq!(password_in(&letter("abc-_1")).as_deref(), Some("abc-_1"));
        assert_eq!(password_in("password:\n"), None);
        assert_eq!(password_in(""), None);
    }
}
