//! Which crate may import which, and which outside crate belongs to whom.
//!
//! A new edge is the rarest kind of change: whoever needs one changes a table here and says why.

use crate::workspace::{Dependency, Workspace};

/// Of our own crates, in what ships. A crate that is not listed is refused, but for `channel-*`:
/// those are adapters, and what an adapter may import is not a question.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("net", &[]),
    ("postgres-embedded", &[]),
    ("sandbox", &[]),
    // The CRM it measures against lies in its own process, because what that CRM saw is the evidence:
    // its journal, its clock, its faults. Of the product it knows nothing all the same.
    ("bench", &["sandbox"]),
    ("channel", &["domain"]),
    ("crm", &["domain"]),
    ("crm-amo", &["domain", "crm", "net"]),
    ("store", &["domain"]),
    ("app", &["domain", "store", "channel", "crm", "net"]),
    ("api", &["domain", "channel", "app"]),
    // The runner and the supervisor claim lanes and leases themselves and hand drivers their inbox;
    // what a job does is still decided in `app`.
    ("worker", &["domain", "channel", "store", "app"]),
    (
        "server",
        &[
            "domain",
            "net",
            "postgres-embedded",
            "sandbox",
            "channel",
            ANY_ADAPTER,
            "crm",
            "crm-amo",
            "store",
            "app",
            "api",
            "worker",
        ],
    ),
];

const ADAPTER: &[&str] = &["domain", "channel", "net"];

/// Stands for every `channel-*`.
const ANY_ADAPTER: &str = "channel-*";

/// More of our own crates, for tests only. An adapter may be tried against the sandbox, and whoever
/// needs a real database may start one; nothing in a test turns a direction around.
const TESTS_MAY_IMPORT: &[(&str, &[&str])] = &[
    ("net", &["sandbox"]),
    (ANY_ADAPTER, &["sandbox"]),
    ("crm-amo", &["sandbox"]),
    ("store", &["postgres-embedded"]),
    ("app", &["postgres-embedded", "sandbox"]),
    ("api", &["postgres-embedded", "sandbox", "store"]),
    ("worker", &["postgres-embedded", "sandbox", "store"]),
];

/// They see everything, and nothing that ships may see them.
const OUTSIDE_THE_LAYERS: &[&str] = &["tests", "xtask"];

/// Outside crates that only these may import, in what ships. One that is not listed is free.
const OWNED: &[(&str, &[&str])] = &[
    // HTTP towards us
    ("axum", &["api", "sandbox"]),
    ("axum-extra", &["api"]),
    ("tower", &["api", "sandbox"]),
    ("tower-http", &["api", "sandbox"]),
    // `domain` only derives the description of shapes that clients read.
    ("utoipa", &["api", "domain"]),
    ("utoipa-axum", &["api"]),
    ("rust-embed", &["api"]),
    ("governor", &["api"]),
    // HTTP from us; sandbox and bench stand outside, on the other end of the wire
    // (the server names it only to switch on TLS for object_store, feature `s3`)
    ("reqwest", &["net", "sandbox", "bench", "server"]),
    ("tokio-tungstenite", &["bench"]),
    // the database
    ("sqlx", &["store", "bench"]),
    ("chacha20poly1305", &["store"]),
    ("object_store", &["app", "server"]),
    ("argon2", &["app"]),
    // messengers
    ("teloxide", &["channel-telegram-bot"]),
    ("lettre", &["channel-email"]),
    ("async-imap", &["channel-email"]),
    ("mail-parser", &["channel-email"]),
    ("oauth2", &["channel-avito", "channel-email", "crm-amo"]),
    ("ammonia", &["channel-email"]),
    ("html2text", &["channel-email"]),
    ("tokio-rustls", &["channel-email", "channel-sms"]),
    ("webpki-roots", &["channel-email", "channel-sms"]),
    ("rusmpp", &["channel-sms"]),
    ("rustls", &["channel-email", "channel-sms", "server"]),
    // the binary
    ("clap", &["server", "bench"]),
    ("figment", &["server"]),
    ("tracing-subscriber", &["server"]),
    ("metrics-exporter-prometheus", &["server"]),
    ("anyhow", &["server", "bench"]),
    ("libc", &["postgres-embedded"]),
    ("phonenumber", &["domain"]),
];

/// Crates whose outside crates are all told here, because what they must not know is the point:
/// `domain` no IO, no clock, no chance; `postgres-embedded` nothing that could fail to build.
const ONLY: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "chrono",
            "chrono-tz",
            "phonenumber",
            "regex",
            "serde",
            "serde_json",
            "thiserror",
            "url",
            "utoipa",
            "uuid",
        ],
    ),
    ("postgres-embedded", &["libc", "thiserror"]),
];

pub fn violations(workspace: &Workspace) -> Vec<String> {
    let mut violations = Vec::new();
    for package in &workspace.packages {
        let name = package.name.as_str();
        if OUTSIDE_THE_LAYERS.contains(&name) {
            continue;
        }
        let imports = if is_adapter(name) { Some(ADAPTER) } else { row(MAY_IMPORT, name) };
        let Some(imports) = imports else {
            violations.push(format!(
                "{name} is not in MAY_IMPORT (xtask/src/layers.rs): list what it may import."
            ));
            continue;
        };
        for dependency in &package.dependencies {
            violations.extend(if dependency.is_ours() {
                forbidden_edge(name, imports, dependency)
            } else {
                foreign_property(name, dependency)
            });
        }
    }
    violations
}

fn forbidden_edge(name: &str, imports: &[&str], dependency: &Dependency) -> Option<String> {
    let wanted = dependency.name.as_str();
    // A crate's own tests may ask for it again, with its feature `testkit`.
    let adapter = is_adapter(wanted) && imports.contains(&ANY_ADAPTER);
    if imports.contains(&wanted) || adapter || wanted == name {
        return None;
    }
    if !dependency.is_for_tests() {
        return Some(format!("{name} may not import {wanted}; it may import: {imports:?}."));
    }
    let key = if is_adapter(name) { ANY_ADAPTER } else { name };
    let more = row(TESTS_MAY_IMPORT, key).unwrap_or_default();
    (!more.contains(&wanted)).then(|| {
        format!("The tests of {name} may not import {wanted}; beside {imports:?} only {more:?}.")
    })
}

fn foreign_property(name: &str, dependency: &Dependency) -> Option<String> {
    if dependency.is_for_tests() {
        return None;
    }
    let wanted = dependency.name.as_str();
    if let Some(owners) = row(OWNED, wanted)
        && !owners.contains(&name)
    {
        return Some(format!("{name} may not import {wanted}: it belongs to {owners:?}."));
    }
    let only = row(ONLY, name)?;
    (!only.contains(&wanted))
        .then(|| format!("{name} may not import {wanted}; of outside crates only {only:?}."))
}

fn is_adapter(name: &str) -> bool {
    name.starts_with("channel-")
}

fn row<'a>(table: &'a [(&str, &'a [&'a str])], name: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(key, _)| *key == name).map(|(_, values)| *values)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A workspace of one package with one dependency, as cargo would tell it.
    fn check(package: &str, dependency: Value) -> Vec<String> {
        let metadata = json!({ "packages": [{
            "name": package,
            "version": "0.0.0",
            "manifest_path": format!("/w/crates/{package}/Cargo.toml"),
            "dependencies": [dependency],
            "targets": [],
            "publish": [],
        }]});
        violations(&serde_json::from_value(metadata).unwrap())
    }

    fn ours(name: &str) -> Value {
        json!({ "name": name, "kind": null, "path": format!("/w/crates/{name}") })
    }

    fn ours_for_tests(name: &str) -> Value {
        json!({ "name": name, "kind": "dev", "path": format!("/w/crates/{name}") })
    }

    fn outside(name: &str) -> Value {
        json!({ "name": name, "kind": null })
    }

    #[track_caller]
    fn refused(violations: &[String], word: &str) {
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations[0].contains(word), "{violations:?}");
    }

    #[test]
    fn directions_are_kept() {
        assert_eq!(check("app", ours("store")), [""; 0]);
        refused(&check("api", ours("store")), "api may not import store");
        refused(&check("domain", ours("net")), "domain may not import net");
        refused(&check("channel-email", ours("channel-widget")), "may not import channel-widget");
        refused(&check("bench", ours("domain")), "bench may not import domain");
    }

    #[test]
    fn tests_have_a_looser_table_of_their_own() {
        assert_eq!(check("store", ours_for_tests("postgres-embedded")), [""; 0]);
        assert_eq!(check("channel-email", ours_for_tests("channel")), [""; 0]);
        refused(&check("store", ours("postgres-embedded")), "store may not import");
        refused(&check("domain", ours_for_tests("store")), "tests of domain may not import store");
        refused(&check("api", ours_for_tests("server")), "tests of api may not import server");
    }

    #[test]
    fn outside_crates_have_owners() {
        assert_eq!(check("store", outside("sqlx")), [""; 0]);
        assert_eq!(check("app", outside("serde")), [""; 0]);
        refused(&check("app", outside("sqlx")), "belongs to [\"store\"");
        refused(&check("api", outside("reqwest")), "belongs to [\"net\"");
        refused(&check("domain", outside("tokio")), "domain may not import tokio");
    }

    #[test]
    fn a_crate_must_be_listed() {
        refused(&check("pigeon", outside("serde")), "not in MAY_IMPORT");
        assert_eq!(check("channel-pigeon", ours("net")), [""; 0]);
        refused(&check("channel-pigeon", ours("store")), "channel-pigeon may not import store");
        assert_eq!(check("server", ours("channel-pigeon")), [""; 0]);
        refused(&check("app", ours("channel-pigeon")), "app may not import channel-pigeon");
        assert_eq!(check("tests", ours("store")), [""; 0]);
    }

    #[test]
    fn this_repository_keeps_the_layers() {
        let workspace = crate::workspace::read(&crate::repository()).unwrap();
        assert!(workspace.packages.len() > 5, "cargo metadata told of too few packages");
        let violations = violations(&workspace);
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
