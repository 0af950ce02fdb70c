//! What is printed, and what is kept of it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::machine::Machine;

/// A figure with its aim.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub what: String,
    pub is: String,
    pub aim: String,
    pub met: bool,
}

impl Check {
    pub fn at_most(what: &str, is: f64, aim: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            is: format!("{is:.2}{unit}"),
            aim: format!("≤ {aim}{unit}"),
            met: is <= aim,
        }
    }

    pub fn at_least(what: &str, is: f64, aim: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            is: format!("{is:.2}{unit}"),
            aim: format!("≥ {aim}{unit}"),
            met: is >= aim,
        }
    }

    /// A count that must be zero.
    pub fn none(what: &str, is: usize) -> Self {
        Self { what: what.to_owned(), is: is.to_string(), aim: "0".to_owned(), met: is == 0 }
    }

    /// A count of attempts without which the zeros would mean nothing.
    pub fn enough(what: &str, is: usize, aim: usize) -> Self {
        Self {
            what: what.to_owned(), is: is.to_string(), aim: format!("≥ {aim}"), met: is >= aim
        }
    }

    /// A count that must not be zero: what a negative control shows.
    pub fn some(what: &str, is: usize) -> Self {
        Self { what: what.to_owned(), is: is.to_string(), aim: "> 0".to_owned(), met: is > 0 }
    }
}

/// One part of a run: a table, checks, figures for machines.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: &'static str,
    pub title: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    pub notes: Vec<String>,
    pub checks: Vec<Check>,
    pub figures: Value,
}

impl Part {
    /// As a person reads it in a terminal.
    pub fn human(&self) -> String {
        let mut text = format!("\n{}\n", self.title);
        let wide = |s: &str| s.chars().count();
        let width: Vec<usize> = (0..self.columns.len())
            .map(|n| {
                let cells = self.rows.iter().filter_map(|row| row.get(n)).map(|cell| wide(cell));
                cells.chain(self.columns.get(n).map(|c| wide(c))).max().unwrap_or(0)
            })
            .collect();
        let columns: Vec<String> = self.columns.iter().map(|&c| c.to_owned()).collect();
        for row in std::iter::once(&columns).filter(|c| !c.is_empty()).chain(&self.rows) {
            for (nth, cell) in row.iter().enumerate() {
                let pad = width.get(nth).copied().unwrap_or(0).saturating_sub(wide(cell));
                let left = nth == 0;
                let blank = " ".repeat(pad);
                let cell = if left { format!("{cell}{blank}") } else { format!("{blank}{cell}") };
                let _ = write!(text, "  {cell}");
            }
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        for check in &self.checks {
            let word = if check.met { "ok  " } else { "MISS" };
            let _ = writeln!(text, "  {word} {}: {} (aim {})", check.what, check.is, check.aim);
        }
        text
    }

    /// As docs/performance.md has it.
    pub fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        if !self.columns.is_empty() {
            let _ = writeln!(text, "| {} |", self.columns.join(" | "));
            let _ = writeln!(text, "|{}", " --- |".repeat(self.columns.len()));
            for row in &self.rows {
                let _ = writeln!(text, "| {} |", row.join(" | "));
            }
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "{note}  ");
        }
        if !self.checks.is_empty() {
            text.push_str("\n| aim | is | wanted | |\n| --- | --- | --- | --- |\n");
            for check in &self.checks {
                let word = if check.met { "met" } else { "**missed**" };
                let Check { what, is, aim, .. } = check;
                let _ = writeln!(text, "| {what} | {is} | {aim} | {word} |");
            }
        }
        text.push('\n');
        text
    }
}

pub fn json(machine: &Machine, parts: &[Part]) -> Value {
    let mut all = Map::new();
    all.insert("machine".to_owned(), serde_json::json!(machine));
    for part in parts {
        let mut figures = part.figures.clone();
        if let Some(map) = figures.as_object_mut() {
            map.insert("checks".to_owned(), serde_json::json!(part.checks));
        }
        all.insert(part.name.to_owned(), figures);
    }
    Value::Object(all)
}

pub fn markdown(machine: &Machine, parts: &[Part]) -> String {
    let blocks: String = parts.iter().map(Part::markdown).collect();
    format!("Measured on {}.\n\n{blocks}", machine.line())
}

const END: &str = "<!-- end of figures -->";

/// Puts the block in the place of the former one of the same command; what people wrote around it, and
/// other commands' blocks, stay.
pub fn replaced(document: &str, block: &str, command: &str) -> String {
    let begin = format!("<!-- figures: written by `{command}` -->");
    let block = format!("{begin}\n\n{block}{END}");
    let parts = document.split_once(&begin).and_then(|(head, rest)| {
        let (_, tail) = rest.split_once(END)?;
        Some((head, tail))
    });
    match parts {
        Some((head, tail)) => format!("{head}{block}{tail}"),
        None if document.is_empty() => format!("# Performance\n\n{block}\n"),
        None => format!("{}\n\n{block}\n", document.trim_end()),
    }
}

/// (good, bad) over all checks.
pub fn tally(parts: &[Part]) -> (usize, usize) {
    let checks: Vec<&Check> = parts.iter().flat_map(|part| &part.checks).collect();
    let good = checks.iter().filter(|check| check.met).count();
    (good, checks.len() - good)
}

pub fn ms(value: f64) -> String {
    format!("{value:.2}")
}

pub fn mib(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_replaced_and_the_words_around_it_stay() {
        let whole = "./dev bench";
        let first = replaced("", "one\n", whole);
        let edited =
            first.replace("# Performance", "# Performance\n\nRead this first.") + "Tail.\n";
        let second = replaced(&edited, "two\n", whole);
        assert!(second.contains("Read this first.") && second.ends_with("Tail.\n"));
        assert!(second.contains("two") && !second.contains("one\n"));
        assert_eq!(second.matches("<!-- figures").count(), 1);
        assert!(replaced("# Mine\n", "x\n", whole).starts_with("# Mine\n\n<!--"));
        let third = replaced(&second, "three\n", "./dev bench crm");
        let fourth = replaced(&third, "four\n", "./dev bench crm");
        assert!(fourth.contains("two") && fourth.contains("four") && !fourth.contains("three"));
    }

    #[test]
    fn a_missed_aim_is_counted_and_shown() {
        let part = Part {
            name: "x",
            title: "X".to_owned(),
            columns: vec!["a", "b"],
            rows: vec![vec!["1".to_owned(), "2".to_owned()]],
            notes: vec![],
            checks: vec![
                Check::at_least("ratio", 1.2, 1.0, ""),
                Check::at_most("p99", 31.0, 25.0, " ms"),
                Check::none("lost", 0),
                Check::some("control", 0),
            ],
            figures: serde_json::json!({}),
        };
        assert!(part.human().contains("MISS p99: 31.00 ms (aim ≤ 25 ms)"));
        assert!(part.markdown().contains("| **missed** |"));
        assert_eq!(tally(&[part]), (2, 2));
    }
}
