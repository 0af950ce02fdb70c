//! A decision with its reasons.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Action;
use crate::text::Words;

/// What to do, in order, and what was decided against.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Why other things are not done: 'why was nothing created' is answered from here (CRM-6).
    pub left_out: Vec<Because>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub action: Action,
    pub because: Because,
}

/// The rule and the facts that led to a step, or to its absence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Because {
    pub rule: Rule,
    /// Stable, for programs and tests: `open_deal_in_funnel`.
    pub code: String,
    pub words: Words,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactLine>,
    /// Where it is mended in the cabinet, when it is a fault of settings (CRM-6): `channels`,
    /// `funnels`, `employees`, `fields`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// The number of a product rule: `AMO-3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Rule(pub String);

/// A fact as people read it: a name in both languages and the value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FactLine {
    pub name: Words,
    pub value: String,
}

impl Because {
    pub fn new(rule: &str, code: &str, ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            rule: Rule(rule.to_owned()),
            code: code.to_owned(),
            words: Words::new(ru, en),
            facts: Vec::new(),
            mend: None,
        }
    }

    #[must_use]
    pub fn with(mut self, ru: &str, en: &str, value: impl Into<String>) -> Self {
        self.facts.push(FactLine { name: Words::new(ru, en), value: value.into() });
        self
    }

    /// CRM-6: the fault is in the settings, on this tab.
    #[must_use]
    pub fn mended_in(mut self, tab: &str) -> Self {
        self.mend = Some(tab.to_owned());
        self
    }
}

impl Plan {
    pub fn push(&mut self, action: Action, because: Because) -> usize {
        self.steps.push(Step { action, because });
        self.steps.len() - 1
    }

    pub fn leave_out(&mut self, because: Because) {
        self.left_out.push(because);
    }
}

/// What came of a plan, for the log's line and for «почему ничего не создано» (CRM-6): one or two plain
/// sentences.
pub fn outcome_words(plan: &Plan) -> Words {
    let made: Vec<Words> = plan.steps.iter().filter_map(|step| step.action.made()).collect();
    let mut reasons: Vec<&Because> = plan.left_out.iter().collect();
    // What a person can mend comes first.
    reasons.sort_by_key(|because| because.mend.is_none());
    let reason = reasons.first().map(|because| &because.words);
    if !made.is_empty() {
        let list =
            |of: fn(&Words) -> &String| made.iter().map(of).cloned().collect::<Vec<_>>().join(", ");
        return Words::new(
            format!("Создано: {}.", list(|words| &words.ru)),
            format!("Made: {}.", list(|words| &words.en)),
        );
    }
    let used = plan.steps.iter().find(|step| step.action.uses() || step.action.tells_itself());
    match (used, reason, plan.steps.is_empty()) {
        (Some(step), _, _) => step.because.words.clone(),
        (None, Some(words), true) => words.clone(),
        (None, Some(words), false) => Words::new(
            format!("Записано в CRM, нового ничего не создано. {}", words.ru),
            format!("Written into the CRM; nothing new is made. {}", words.en),
        ),
        (None, None, false) => Words::new(
            "Записано в CRM: обращение уже передано, нового ничего не нужно.",
            "Written into the CRM: the enquiry was passed on before and needs nothing new.",
        ),
        (None, None, true) => Words::new(
            "Новых действий не нужно: всё уже передано.",
            "Nothing new is needed: all was passed on before.",
        ),
    }
}
