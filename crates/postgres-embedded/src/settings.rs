//! The server settings, in a file of our own that postgresql.conf includes. It is written at every
//! start, so a moved folder or a changed option takes effect; what a person sets by `ALTER SYSTEM`
//! is read later and wins.

use std::path::Path;

use crate::options::Durability;

pub(crate) const FILE: &str = "embedded.conf";

pub(crate) fn render(
    durability: Durability,
    socket_dir: &Path,
    overrides: &[(String, String)],
) -> String {
    let mut text = String::from("# Written at every start. Use ALTER SYSTEM for your own.\n");
    let mut put = |name: &str, value: &str| {
        text.push_str(&format!("{name} = '{}'\n", quoted(value)));
    };
    // The value is a list with its own quotes: a path may contain a comma or a space.
    let socket_dirs = format!("\"{}\"", socket_dir.display());
    put("unix_socket_directories", &socket_dirs);
    for (name, value) in BASE {
        put(name, value);
    }
    let durable = match durability {
        Durability::Durable => DURABLE,
        Durability::Disposable => DISPOSABLE,
    };
    for (name, value) in durable {
        put(name, value);
    }
    for (name, value) in overrides {
        put(name, value);
    }
    text
}

const BASE: &[(&str, &str)] = &[
    // No TCP port at all: nothing to clash with and nobody to keep out but by the socket's folder.
    ("listen_addresses", ""),
    ("port", "5432"),
    ("unix_socket_permissions", "0700"),
    ("logging_collector", "off"),
    // Rejected values and whole statements carry what customers wrote; logs must not.
    ("log_error_verbosity", "terse"),
    ("log_min_error_statement", "panic"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("max_connections", "100"),
    ("shared_buffers", "256MB"),
];

const DURABLE: &[(&str, &str)] = &[
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("wal_compression", "on"),
    ("max_wal_size", "2GB"),
];

const DISPOSABLE: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("max_wal_size", "2GB"),
    ("checkpoint_timeout", "1h"),
];

/// Both escapes are those of a quoted string in postgresql.conf.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\'', "''")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_come_last_because_the_last_word_counts() {
        let overrides = [("max_connections".to_owned(), "300".to_owned())];
        let text = render(Durability::Durable, Path::new("/it's, run"), &overrides);
        assert!(text.contains("unix_socket_directories = '\"/it''s, run\"'\n"), "{text}");
        assert!(text.contains("fsync = 'on'\n"), "{text}");
        assert!(text.ends_with("max_connections = '300'\n"), "{text}");
    }

    #[test]
    fn only_a_disposable_cluster_skips_the_disk() {
        let text = render(Durability::Disposable, Path::new("/run"), &[]);
        assert!(text.contains("fsync = 'off'\n"), "{text}");
    }
}
