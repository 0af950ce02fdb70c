//! Conditions over an enquiry (AMO-6, AMO-11, B24-4, B24-7, B24-10): and/or groups over any parameter,
//! with Allow or Denied above them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FactLine, Facts, Param};
use crate::{problem::Problem, text::Words};

/// A condition. An empty group holds (`all`) or does not (`any`), as in logic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[schema(no_recursion)]
pub enum Filter {
    All {
        of: Vec<Filter>,
    },
    Any {
        of: Vec<Filter>,
    },
    /// None of these holds.
    Not {
        of: Vec<Filter>,
    },
    /// The parameter's value stands in this relation to one of `values`; compared without regard to
    /// case, `ё` being `е`, spaces at the ends left out.
    Param {
        param: Param,
        by: Operator,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        values: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    StartsWith,
    /// Has any value; `values` must be empty.
    Filled,
    Empty,
}

/// What becomes of those that match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    #[default]
    Allow,
    Denied,
}

/// A filter with its verdict: `allow` lets pass what matches and nothing else, `denied` lets pass
/// everything that does not match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    #[serde(default)]
    pub verdict: Verdict,
    pub when: Filter,
}

/// What came of a condition, with the parts of it that decided: of an `all` that fails the first part
/// that fails, of an `any` that holds the first that holds, else all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub holds: bool,
    pub because: Vec<FactLine>,
}

impl Filter {
    pub fn holds(&self, facts: &Facts) -> bool {
        self.judge(facts).holds
    }

    /// Whether it holds, and why.
    pub fn judge(&self, facts: &Facts) -> Judgement {
        match self {
            Self::All { of } => until(of, facts, false, true),
            Self::Any { of } => until(of, facts, true, false),
            Self::Not { of } => {
                let any = until(of, facts, true, false);
                Judgement { holds: !any.holds, because: any.because }
            }
            Self::Param { param, by, values } => {
                let found = param.candidates(facts);
                let holds = compare(*by, &found, values);
                // An id says nothing to people; the name is what they know a channel by.
                let read = if *param == Param::ChannelId { &Param::ChannelName } else { param };
                let mut shown = read.value(facts);
                if shown.trim().is_empty() {
                    shown = "—".to_owned();
                }
                let mut said: Vec<Words> =
                    values.iter().map(|value| param.told(value, facts)).collect();
                said.dedup();
                let line = FactLine { name: sentence(read, *by, &said), value: shown };
                Judgement { holds, because: vec![line] }
            }
        }
    }

    /// Levels of groups below it, itself included.
    pub fn depth(&self) -> usize {
        1 + self.parts().iter().map(Self::depth).max().unwrap_or(0)
    }

    /// Conditions in it, groups not counted.
    pub fn size(&self) -> usize {
        match self {
            Self::Param { .. } => 1,
            Self::All { .. } | Self::Any { .. } | Self::Not { .. } => {
                self.parts().iter().map(Self::size).sum()
            }
        }
    }

    /// What a group is made of.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::All { of } | Self::Any { of } | Self::Not { of } => of,
            Self::Param { .. } => &[],
        }
    }
}

impl Gate {
    pub fn passes(&self, facts: &Facts) -> bool {
        self.judge(facts).holds
    }

    /// Whether the enquiry may pass, and which part of the condition decided.
    pub fn judge(&self, facts: &Facts) -> Judgement {
        let matched = self.when.judge(facts);
        match self.verdict {
            Verdict::Allow => matched,
            Verdict::Denied => Judgement { holds: !matched.holds, because: matched.because },
        }
    }
}

/// Groups within groups that a person can still read.
const DEEPEST: usize = 5;
/// Conditions of one filter.
const MOST: usize = 100;
/// Values of one condition.
const MOST_VALUES: usize = 200;

/// What is wrong with a condition that stands at `path`: what is refused, then what is only told.
pub fn check(path: &str, filter: &Filter) -> (Vec<Problem>, Vec<Problem>) {
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    if filter.depth() > DEEPEST {
        problems.push(Problem::new(
            path,
            "too_deep",
            format!("Групп внутри групп может быть не больше {DEEPEST}. Упростите условие."),
            format!("Groups go at most {DEEPEST} deep. Make the condition simpler."),
        ));
        return (problems, warnings);
    }
    if filter.size() > MOST {
        problems.push(Problem::new(
            path,
            "too_large",
            format!("Условий может быть не больше {MOST}. Объедините значения в одно условие."),
            format!("There can be at most {MOST} conditions. Join values into one condition."),
        ));
    }
    inspect(path, filter, &mut problems, &mut warnings);
    (problems, warnings)
}

fn inspect(path: &str, filter: &Filter, problems: &mut Vec<Problem>, warnings: &mut Vec<Problem>) {
    let Filter::Param { by, values, .. } = filter else {
        if filter.parts().is_empty() {
            warnings.push(Problem::new(
                path,
                "empty_group",
                "Группа пуста: «все» и «ни одно» выполняются всегда, «любое» — никогда.",
                "The group is empty: “all” and “none” always hold, “any” never does.",
            ));
        }
        for (n, part) in filter.parts().iter().enumerate() {
            inspect(&format!("{path}/of/{n}"), part, problems, warnings);
        }
        return;
    };
    let path = format!("{path}/values");
    let compares = !matches!(by, Operator::Filled | Operator::Empty);
    if compares && values.iter().all(|value| value.trim().is_empty()) {
        problems.push(Problem::new(
            path,
            "no_values",
            "Впишите хотя бы одно значение для сравнения.",
            "Write at least one value to compare with.",
        ));
    } else if !compares && !values.is_empty() {
        problems.push(Problem::new(
            path,
            "needless_values",
            "Условие «заполнено» или «не заполнено» не берёт значений. Удалите их.",
            "“Is known” and “is not known” take no values. Remove them.",
        ));
    } else if values.len() > MOST_VALUES {
        problems.push(Problem::new(
            path,
            "too_many_values",
            format!("Значений может быть не больше {MOST_VALUES}."),
            format!("There can be at most {MOST_VALUES} values."),
        ));
    }
}

/// Looks for the first part that comes out as `stop`; the group is then `stop`, else `otherwise`.
fn until(of: &[Filter], facts: &Facts, stop: bool, otherwise: bool) -> Judgement {
    let mut because = Vec::new();
    for part in of {
        let judged = part.judge(facts);
        if judged.holds == stop {
            return judged;
        }
        because.extend(judged.because);
    }
    Judgement { holds: otherwise, because }
}

fn compare(by: Operator, found: &[String], values: &[String]) -> bool {
    let found: Vec<String> =
        found.iter().map(|text| folded(text)).filter(|text| !text.is_empty()).collect();
    let one = |relation: fn(&str, &str) -> bool| {
        values
            .iter()
            .map(|value| folded(value))
            .filter(|value| !value.is_empty())
            .any(|wanted| found.iter().any(|is| relation(is, &wanted)))
    };
    match by {
        Operator::Equals => one(|is, wanted| is == wanted),
        Operator::NotEquals => !one(|is, wanted| is == wanted),
        Operator::Contains => one(|is, wanted| is.contains(wanted)),
        Operator::NotContains => !one(|is, wanted| is.contains(wanted)),
        Operator::StartsWith => one(|is, wanted| is.starts_with(wanted)),
        Operator::Filled => !found.is_empty(),
        Operator::Empty => found.is_empty(),
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase().replace('ё', "е")
}

/// «Сайт = «shop» или «opt»».
fn sentence(param: &Param, by: Operator, values: &[Words]) -> Words {
    let title = param.title();
    let (ru, en) = match by {
        Operator::Equals => ("=", "="),
        Operator::NotEquals => ("≠", "≠"),
        Operator::Contains => ("содержит", "contains"),
        Operator::NotContains => ("не содержит", "does not contain"),
        Operator::StartsWith => ("начинается с", "starts with"),
        Operator::Filled => ("заполнено", "is known"),
        Operator::Empty => ("не заполнено", "is not known"),
    };
    let list = |of: fn(&Words) -> &String, open: &str, close: &str, or: &str| {
        let quoted: Vec<String> =
            values.iter().map(|value| format!("{open}{}{close}", of(value))).collect();
        if quoted.is_empty() { String::new() } else { format!(" {}", quoted.join(or)) }
    };
    Words::new(
        format!("{} {ru}{}", title.ru, list(|words| &words.ru, "«", "»", " или ")),
        format!("{} {en}{}", title.en, list(|words| &words.en, "“", "”", " or ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded_list(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn amo_6_b24_10_operators_compare_without_case_and_with_any_of_the_values() {
        use Operator::{Contains, Empty, Equals, Filled, NotContains, NotEquals, StartsWith};
        for (by, found, values, expect) in [
            (Equals, &["Shop.ru"][..], &["shop.ru "][..], true),
            (Equals, &["Ёлка"], &["елка"], true),
            (Equals, &["a"], &["b", "a"], true),
            (Equals, &["vip", "опт"], &["ОПТ"], true),
            (Equals, &[""], &[""], false),
            (Equals, &["a"], &[], false),
            (NotEquals, &["a"], &["b", "c"], true),
            (NotEquals, &["a"], &["b", "a"], false),
            (NotEquals, &["vip", "опт"], &["опт"], false),
            (NotEquals, &[""], &["a"], true),
            (Contains, &["https://shop.ru/dostavka"], &["DOSTAVKA"], true),
            (Contains, &["https://shop.ru/"], &["dostavka"], false),
            (Contains, &["abc"], &["", "x"], false),
            (NotContains, &["abc"], &["x"], true),
            (NotContains, &["abc"], &["x", "b"], false),
            (NotContains, &[""], &["x"], true),
            (StartsWith, &["+79161234567"], &["+7916"], true),
            (StartsWith, &["+79161234567"], &["7916"], false),
            (Filled, &[" x "], &[], true),
            (Filled, &["  "], &[], false),
            (Empty, &[""], &[], true),
            (Empty, &[], &[], true),
            (Empty, &["", "x"], &[], false),
        ] {
            let (found, values) = (folded_list(found), folded_list(values));
            assert_eq!(compare(by, &found, &values), expect, "{by:?} {found:?} {values:?}");
        }
    }

    #[test]
    fn amo_6_a_filter_is_stored_as_people_set_it() {
        let json = serde_json::json!({"verdict": "denied", "when": {"is": "any", "of": [
            {"is": "param", "param": "visit.site", "by": "equals", "values": ["shop.ru"]},
            {"is": "not", "of": [{"is": "param", "param": "utm.source", "by": "filled"}]},
        ]}});
        let gate: Gate = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&gate).unwrap(), json);
        assert_eq!((gate.when.depth(), gate.when.size()), (3, 2));
        for bad in [
            r#"{"when":{"is":"param","param":"no.such","by":"filled"}}"#,
            r#"{"when":{"is":"param","param":"utm.","by":"filled"}}"#,
            r#"{"when":{"is":"all","of":[],"extra":1}}"#,
        ] {
            assert!(serde_json::from_str::<Gate>(bad).is_err(), "{bad}");
        }
    }
}
