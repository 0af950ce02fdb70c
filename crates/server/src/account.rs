//! `beseda account create`: a company made by whoever has the machine.

use anyhow::{Result, bail};
use app::SignUp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use store::Store;

use crate::{Config, assemble, system};

#[derive(Debug, clap::Args)]
pub struct Create {
    /// The company's name
    #[arg(long)]
    company: String,
    /// The owner's name
    #[arg(long)]
    name: String,
    /// The owner's e-mail, to log in with
    #[arg(long)]
    email: String,
    /// The owner's password; without it one is made and printed. Other people of this machine can
    /// see arguments of commands
    #[arg(long)]
    password: Option<String>,
    /// Language of the company, ru or en
    #[arg(long, default_value = "ru")]
    language: String,
}

pub async fn create(config: &Config, store: Store, form: Create) -> Result<()> {
    let made = match form.password {
        Some(_) => None,
        None => Some(URL_SAFE_NO_PAD.encode(system::random::<15>()?)),
    };
    let password = form.password.or_else(|| made.clone()).unwrap_or_default();
    let app = assemble::build_app(config, store)?;
    let opened = app
        .sign_up(SignUp {
            company: form.company,
            name: form.name,
            email: form.email.clone(),
            password: password.into(),
            language: form.language,
            user_agent: "beseda account create".to_owned(),
        })
        .await;
    match opened {
        Ok(opened) => println!("The company {} is made. Log in as {}.", opened.account, form.email),
        Err(app::Error::Invalid(fields)) => {
            let wrong: Vec<String> =
                fields.iter().map(|f| format!("--{}: {}", f.field, f.message.en)).collect();
            bail!("The company is not made.\n{}", wrong.join("\n"));
        }
        Err(error) => return Err(error.into()),
    }
    if let Some(password) = made {
        println!("The password, shown this once: {password}");
    }
    Ok(())
}
