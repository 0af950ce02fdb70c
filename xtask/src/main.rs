//! The house's own chores: `cargo xtask layers`, `cargo xtask new-channel NAME`.
//!
//! The same checks run as tests of this package, each beside a made-up case that must be refused,
//! so that none of them can become a test that never fails.

mod config_keys;
mod figures;
mod layers;
mod manifests;
mod new_channel;
mod rules;
mod sources;
mod sql;
mod workspace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["layers"] => layers_command(),
        ["new-channel", name] => {
            for line in new_channel::create(&repository(), name)? {
                println!("{line}");
            }
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("say what to do: layers, or new-channel NAME"),
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
    violations.extend(figures::violations(root)?);
    violations.extend(rules::violations(root)?);
    violations.extend(config_keys::violations_in(&root.join("config/default.toml"))?);
    Ok(violations)
}

fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
