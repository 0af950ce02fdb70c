//! What a doctor says: one line for each thing looked at, with a remedy where it is wrong.

use domain::text::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    En,
    Ru,
}

impl Language {
    fn of(self, words: &Words) -> &str {
        match self {
            Self::En => &words.en,
            Self::Ru => &words.ru,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Well,
    /// Works, but a person should know.
    Note,
    /// Does not work; what to do.
    Wrong {
        remedy: Words,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub seen: Words,
    pub verdict: Verdict,
}

/// Everything that was looked at, in order.
#[derive(Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub fn well(&mut self, ru: impl Into<String>, en: impl Into<String>) {
        self.add(Words::new(ru, en), Verdict::Well);
    }

    pub fn note(&mut self, ru: impl Into<String>, en: impl Into<String>) {
        self.add(Words::new(ru, en), Verdict::Note);
    }

    pub fn wrong(&mut self, seen: Words, remedy: Words) {
        self.add(seen, Verdict::Wrong { remedy });
    }

    fn add(&mut self, seen: Words, verdict: Verdict) {
        self.findings.push(Finding { seen, verdict });
    }

    pub fn problems(&self) -> usize {
        self.findings.iter().filter(|f| matches!(f.verdict, Verdict::Wrong { .. })).count()
    }

    /// The whole report as a person reads it.
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let seen = language.of(&finding.seen);
            match &finding.verdict {
                Verdict::Well => text.push_str(&format!("  ok       {seen}\n")),
                Verdict::Note => text.push_str(&format!("  note     {seen}\n")),
                Verdict::Wrong { remedy } => {
                    let what = language.of(&Words::new("Что делать", "What to do")).to_owned();
                    let remedy = language.of(remedy);
                    text.push_str(&format!("  PROBLEM  {seen}\n           {what}: {remedy}\n"));
                }
            }
        }
        let sum = match self.problems() {
            0 => Words::new("Всё в порядке.", "Everything is in order."),
            1 => Words::new("Найдена одна неполадка.", "One problem was found."),
            n => {
                Words::new(format!("Найдено неполадок: {n}."), format!("{n} problems were found."))
            }
        };
        text.push_str(language.of(&sum));
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_its_problems_and_says_the_remedy() {
        let mut report = Report::default();
        report.well("База отвечает", "The database answers");
        assert!(report.text(Language::En).ends_with("Everything is in order.\n"));
        report.wrong(Words::new("Плохо", "Bad"), Words::new("почините", "mend it"));
        let text = report.text(Language::Ru);
        assert!(text.contains("PROBLEM  Плохо\n           Что делать: почините\n"), "{text}");
        assert!(text.ends_with("Найдена одна неполадка.\n"), "{text}");
        assert_eq!(report.problems(), 1);
    }
}
