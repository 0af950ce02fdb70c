//! SQL is written in `store` only (and in `bench`, which looks from outside, and in tests).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::sources::rust_files;

const AT_HOME: &[&str] = &["crates/store/", "crates/bench/"];

const MARKS: &[&str] = &["sqlx::query", "sqlx::raw_sql", "sqlx::QueryBuilder"];

pub fn violations(root: &Path) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for path in rust_files(&root.join("crates"))? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = fs::read_to_string(&path).with_context(|| shown.clone())?;
        if let Some(line) = line_with_sql(&shown, &text) {
            violations.push(format!("{shown}:{line}: SQL belongs to crates/store."));
        }
    }
    Ok(violations)
}

fn line_with_sql(path: &str, text: &str) -> Option<usize> {
    let may = AT_HOME.iter().any(|home| path.starts_with(home)) || path.contains("/tests/");
    if may {
        return None;
    }
    let found = text.lines().position(|line| MARKS.iter().any(|mark| line.contains(mark)));
    found.map(|line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn f() {\n    sqlx::query(\"select 1\");\n}\n";

    #[test]
    fn sql_is_found_where_it_does_not_belong() {
        assert_eq!(line_with_sql("crates/app/src/reply.rs", TEXT), Some(2));
        assert_eq!(line_with_sql("crates/store/src/contacts.rs", TEXT), None);
        assert_eq!(line_with_sql("crates/api/tests/it/main.rs", TEXT), None);
        assert_eq!(line_with_sql("crates/app/src/reply.rs", "fn f() {}"), None);
    }

    #[test]
    fn this_repository_has_none_elsewhere() {
        let violations = violations(&crate::repository()).unwrap();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
