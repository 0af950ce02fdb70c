//! config/default.toml is the handbook of the settings: every key has a comment right above it or
//! behind it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

pub fn violations_in(file: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let keys = keys_without_comment(&text);
    Ok(keys.into_iter().map(|key| format!("config/default.toml: say what {key} does.")).collect())
}

fn keys_without_comment(text: &str) -> Vec<String> {
    let mut bare = Vec::new();
    let mut table = String::new();
    let mut commented = false;
    let mut open_brackets = 0_usize;
    for line in text.lines().map(str::trim) {
        if open_brackets > 0 {
            open_brackets = balance(open_brackets, line);
            continue;
        }
        if line.starts_with('#') {
            commented = true;
        } else if line.starts_with('[') {
            table = line.trim_matches(['[', ']']).to_owned();
            commented = false;
        } else if let Some((key, value)) = line.split_once('=') {
            if !commented && !value.contains('#') {
                let dot = if table.is_empty() { "" } else { "." };
                bare.push(format!("{table}{dot}{}", key.trim()));
            }
            open_brackets = balance(0, value);
            commented = false;
        } else {
            commented = false;
        }
    }
    bare
}

/// How many array brackets are open after this line.
fn balance(open: usize, line: &str) -> usize {
    let count = |bracket: char| line.matches(bracket).count();
    (open + count('[')).saturating_sub(count(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_a_word_are_found() {
        let text = "# What it does.\na = 1\nb = 2\n\n[http]\n# Above another line.\n\nc = 3\n\
            d = 4 # Behind it.\n# A list.\ne = [\n  \"x=1\",\n]\nf = []\n";
        assert_eq!(keys_without_comment(text), ["b", "http.c", "http.f"]);
    }

    #[test]
    fn this_repository_has_none() {
        let violations = violations_in(&crate::repository().join("config/default.toml")).unwrap();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
