//! `beseda doctor`: looks at an installation without changing it and says in plain words what is
//! wrong and what to do.

use std::process::ExitCode;

use anyhow::Result;

use crate::Config;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    En,
    Ru,
}

pub async fn examine(_config: &Config, _language: Language) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
