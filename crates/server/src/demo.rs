//! The demo company of a first start, so that there is something to log in to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use app::{App, SignUp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{secret_file, system};

/// The demo company's owner. A name that no mail server will ever have (RFC 6761).
pub const EMAIL: &str = "demo@beseda.test";

/// Set once the demo company was made; a person may delete it afterwards for good.
const MARK: &str = "demo_company";

/// How to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogIn {
    pub email: &'static str,
    /// Unknown on a machine that did not make the company.
    pub password: Option<String>,
    pub file: PathBuf,
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("demo-login.txt")
}

/// Makes the demo company unless it was made. A start that was killed anywhere in between is
/// finished by the next one: the password is written down first, the company is one transaction,
/// and the mark comes last. Of two machines that start at once, one makes it.
pub async fn ensure(app: &App, data_dir: &Path) -> Result<Option<LogIn>> {
    let path = file(data_dir);
    if app.store.demo_account().await?.is_some() {
        app.store.mark_installation(MARK, &json!(true)).await?;
        return known(&path).map(Some);
    }
    if app.store.installation_value(MARK).await?.is_some() {
        return Ok(None);
    }
    let fresh = URL_SAFE_NO_PAD.encode(system::random::<12>()?);
    let text = secret_file::create(&path, &letter(&fresh))?;
    let password = password_in(&text).unwrap_or(fresh);
    let made = app
        .sign_up_demo(SignUp {
            company: "Демонстрационная компания".to_owned(),
            name: "Демо".to_owned(),
            email: EMAIL.to_owned(),
            password: password.into(),
            language: "ru".to_owned(),
            user_agent: "beseda serve".to_owned(),
        })
        .await;
    match made {
        Ok(_) => {}
        Err(error) => {
            if app.store.demo_account().await?.is_none() {
                return Err(error.into());
            }
            // Another machine was first, and this password is nobody's.
            let _ = fs::remove_file(&path);
        }
    }
    app.store.mark_installation(MARK, &json!(true)).await?;
    known(&path).map(Some)
}

fn known(path: &Path) -> Result<LogIn> {
    let password = secret_file::read(path)?.as_deref().and_then(password_in);
    Ok(LogIn { email: EMAIL, password, file: path.to_owned() })
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
