//! What every package of ours says the same way: the shared lints, no doc tests, never published,
//! and a folder of its own name.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::{Package, Workspace};

pub fn violations(root: &Path, workspace: &Workspace) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for package in &workspace.packages {
        let path = &package.manifest_path;
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
        violations
            .extend(faults(package, &text).into_iter().map(|fault| format!("{shown}: {fault}")));
    }
    Ok(violations)
}

fn faults(package: &Package, manifest: &str) -> Vec<&'static str> {
    let mut faults = Vec::new();
    if !inherits_lints(manifest) {
        faults.push("add [lints] workspace = true.");
    }
    let libraries = package.targets.iter().filter(|target| target.kind.iter().any(|k| k == "lib"));
    if libraries.into_iter().any(|library| library.doctest) {
        faults.push("add doctest = false to [lib].");
    }
    if package.version != "0.0.0" || package.publish.as_ref().is_none_or(|to| !to.is_empty()) {
        faults.push("take version and publish from the workspace.");
    }
    let folder = package.manifest_path.parent().and_then(Path::file_name);
    if folder.is_none_or(|folder| folder != package.name.as_str()) {
        faults.push("name the folder as the crate.");
    }
    faults
}

/// `[lints]` with `workspace = true` as its first line.
fn inherits_lints(manifest: &str) -> bool {
    let lines: Vec<&str> = manifest.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(version: &str, doctest: bool) -> Package {
        let value = json!({
            "name": "pigeon",
            "version": version,
            "manifest_path": "/w/crates/pigeon/Cargo.toml",
            "dependencies": [],
            "targets": [{ "kind": ["lib"], "doctest": doctest }],
            "publish": [],
        });
        serde_json::from_value(value).unwrap()
    }

    const GOOD: &str = "[package]\nname = \"pigeon\"\n\n[lints]\nworkspace = true\n";

    #[test]
    fn faults_are_found() {
        assert_eq!(faults(&package("0.0.0", false), GOOD), [""; 0]);
        let without_lints = GOOD.replace("[lints]", "[other]");
        assert_eq!(faults(&package("0.0.0", false), &without_lints).len(), 1);
        assert_eq!(faults(&package("1.0.0", true), GOOD).len(), 2);
        let moved = Package {
            manifest_path: "/w/crates/dove/Cargo.toml".into(),
            ..package("0.0.0", false)
        };
        assert_eq!(faults(&moved, GOOD), ["name the folder as the crate."]);
    }

    #[test]
    fn this_repository_has_none() {
        let root = crate::repository();
        let workspace = crate::workspace::read(&root).unwrap();
        let violations = violations(&root, &workspace).unwrap();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
