//! Names of metrics: `beseda_…`, counters end in `_total`, and docs/logging.md lists them all.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::sources::rust_files;

const LIST: &str = "docs/logging.md";

const MACROS: &[&str] = &["counter!(", "gauge!(", "histogram!("];

pub fn violations(root: &Path) -> Result<Vec<String>> {
    let list = fs::read_to_string(root.join(LIST)).context(LIST)?;
    let mut violations = Vec::new();
    for path in rust_files(&root.join("crates"))? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = fs::read_to_string(&path).with_context(|| shown.clone())?;
        violations.extend(wrong_names(&text, &list).map(|wrong| format!("{shown}: {wrong}")));
    }
    Ok(violations)
}

fn wrong_names(text: &str, list: &str) -> impl Iterator<Item = String> {
    names(text).filter_map(|(kind, name)| {
        if !name.starts_with("beseda_") {
            Some(format!("the metric {name} must begin with beseda_."))
        } else if kind == "counter!(" && !name.ends_with("_total") {
            Some(format!("the counter {name} must end in _total."))
        } else if !list.contains(&format!("`{name}`")) {
            Some(format!("{LIST} does not list {name}."))
        } else {
            None
        }
    })
}

/// Each metric that the text names, with the macro that does.
fn names(text: &str) -> impl Iterator<Item = (&'static str, &str)> {
    MACROS.iter().flat_map(move |kind| {
        text.split(kind).skip(1).filter_map(move |rest| {
            let name = rest.trim_start().strip_prefix('"')?.split('"').next()?;
            Some((*kind, name))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_names_are_found() {
        let text = r#"
            metrics::counter!("sent", "kind" => kind).increment(1);
            metrics::counter!(
                "beseda_sent"
            );
            metrics::gauge!("beseda_sockets").set(1.0);
            metrics::histogram!("beseda_unlisted_seconds").record(1.0);
        "#;
        let wrong: Vec<String> = wrong_names(text, "`beseda_sockets` `beseda_sent`").collect();
        let told = |name: &str| wrong.iter().any(|wrong| wrong.contains(name));
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(told("metric sent") && told("counter beseda_sent") && told("list beseda_unlisted"));
    }

    #[test]
    fn this_repository_has_none() {
        let violations = violations(&crate::repository()).unwrap();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
