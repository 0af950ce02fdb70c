//! The house's own chores: `cargo xtask layers`.
//!
//! The same checks run as tests of this package, each beside a made-up case that must be refused,
//! so that none of them can become a test that never fails.

mod config_keys;
mod layers;
mod manifests;
mod sources;
mod sql;
mod workspace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> Result<ExitCode> {
    let command = std::env::args().nth(1);
    match command.as_deref() {
        Some("layers") => layers_command(),
        Some(other) => bail!("there is no command {other:?}; try: layers"),
        None => bail!("say what to do: layers"),
    }
}

fn layers_command() -> Result<ExitCode> {
    let violations = violations_of_the_house(&repository())?;
    if violations.is_empty() {
        println!("The house's rules are kept.");
        return Ok(ExitCode::SUCCESS);
    }
    for violation in &violations {
        eprintln!("- {violation}");
    }
    eprintln!("{} rules broken; ARCHITECTURE.md says why they stand.", violations.len());
    Ok(ExitCode::FAILURE)
}

/// Every broken rule, in words that name the file and the way out.
fn violations_of_the_house(root: &Path) -> Result<Vec<String>> {
    let workspace = workspace::read(root)?;
    let mut violations = layers::violations(&workspace);
    violations.extend(manifests::violations(root, &workspace)?);
    violations.extend(sql::violations(root)?);
    violations.extend(config_keys::violations_in(&root.join("config/default.toml"))?);
    Ok(violations)
}

fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
