//! docs/crm-rules.md names the tests that prove each rule of the CRM decision: every name must be a test's,
//! and every rule must have a row.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::sources::rust_files;

const TABLE: &str = "docs/crm-rules.md";

/// Rules that decide something, by family.
const RULES: &[(&str, &[u32])] = &[
    ("AMO", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    ("B24", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16]),
    ("CRM", &[1, 2, 3, 4, 6, 7]),
    ("WA", &[5, 6]),
    ("BY", &[3, 4, 5, 6]),
];

pub fn violations(root: &Path) -> Result<Vec<String>> {
    let table = fs::read_to_string(root.join(TABLE)).context(TABLE)?;
    let mut tests = HashSet::new();
    for folder in ["crates", "tests"] {
        for path in rust_files(&root.join(folder))? {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            tests.extend(functions(&text).map(str::to_owned));
        }
    }
    let unknown = names(&table)
        .filter(|name| !tests.contains(*name))
        .map(|name| format!("{TABLE} names the test {name}, which is in no source file."));
    let missing =
        without_row(&table).map(|rule| format!("{TABLE} has no row with tests for {rule}."));
    Ok(unknown.chain(missing).collect())
}

/// What stands in backticks and is called like a test of a rule: `amo_3_…`.
fn names(table: &str) -> impl Iterator<Item = &str> {
    let of_rule = |name: &&str| {
        let mut parts = name.split('_');
        let family = parts.next().is_some_and(|f| RULES.iter().any(|(r, _)| r.to_lowercase() == f));
        family && parts.next().is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
    };
    table.split('`').skip(1).step_by(2).filter(of_rule)
}

fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next())
}

fn without_row(table: &str) -> impl Iterator<Item = String> {
    let told: HashSet<&str> = table
        .lines()
        .filter(|row| row.starts_with("| ") && names(row).next().is_some())
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|rules| rules.split(',').map(str::trim))
        .collect();
    let all =
        RULES.iter().flat_map(|(family, all)| all.iter().map(move |n| format!("{family}-{n}")));
    all.filter(move |rule| !told.contains(rule.as_str())).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_missing_rows_are_found() {
        let table =
            "| AMO-3, AMO-4 | x `words` | `amo_3_one`, `b24_5_two` |\n| AMO-5 | nothing | |";
        assert_eq!(names(table).collect::<Vec<_>>(), ["amo_3_one", "b24_5_two"]);
        let missing: Vec<String> = without_row(table).collect();
        assert!(missing.contains(&"AMO-5".to_owned()) && !missing.contains(&"AMO-4".to_owned()));
        let functions: Vec<&str> = functions("async fn amo_3_one() {}\nfn two<T>() {}").collect();
        assert_eq!(functions, ["amo_3_one", "two"]);
    }

    #[test]
    fn this_repository_has_none() {
        let violations = violations(&crate::repository()).unwrap();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
