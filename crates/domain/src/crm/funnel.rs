//! In which funnel and stage a deal is made (AMO-10, AMO-11, B24-7).

use super::{Because, Directory, FactLine, Facts, Funnel, StageKind, StageRef};
use crate::text::Words;

/// A stage for a new deal, with the way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// `None`: no funnel is known; the CRM puts the deal where it puts new ones.
    pub at: Option<StageRef>,
    /// Which rule led there.
    pub why: Vec<FactLine>,
    /// A stage that is set and can no longer be used (CRM-6).
    pub fault: Option<Because>,
}

/// The stage of the first rule that lets the enquiry pass, else the default, else the first stage of the
/// first funnel. A stage that is gone gives way to the next of these.
pub fn place(funnel: &Funnel, facts: &Facts) -> Placed {
    let directory = &facts.directory;
    let mut fault = None;
    let mut sound = |at: &StageRef| {
        let trouble = trouble(directory, at);
        if let Some(words) = &trouble {
            fault = Some(
                Because::new("AMO-10", "stage_gone", words.ru.clone(), words.en.clone())
                    .with("Этап", "Stage", name_of(directory, at))
                    .mended_in("funnels"),
            );
        }
        trouble.is_none()
    };
    let matched = funnel.rules.iter().enumerate().find_map(|(n, rule)| {
        let judged = rule.gate.judge(facts);
        (judged.holds && rule.to.deal.is_some()).then_some((n, rule, judged.because))
    });
    let by_rule = matched.and_then(|(n, rule, because)| {
        let at = rule.to.deal.clone().filter(|at| sound(at))?;
        Some((at, "по условию", "by rule", format!("№{}", n + 1), because))
    });
    let found = by_rule.or_else(|| {
        let at = funnel.default.as_ref()?.deal.clone().filter(|at| sound(at))?;
        Some((at, "по умолчанию", "by default", String::new(), Vec::new()))
    });
    let found = found.or_else(|| {
        let at = directory.first_stage()?;
        Some((
            at,
            "первый этап первой воронки",
            "first stage of the first funnel",
            String::new(),
            Vec::new(),
        ))
    });
    let Some((at, ru, en, rule, mut why)) = found else {
        let name = Words::new("Этап (выберет CRM)", "Stage (left to the CRM)");
        return Placed { at: None, why: vec![FactLine { name, value: "—".to_owned() }], fault };
    };
    let gap = if rule.is_empty() { "" } else { " " };
    why.insert(
        0,
        FactLine {
            name: Words::new(format!("Этап ({ru}{gap}{rule})"), format!("Stage ({en}{gap}{rule})")),
            value: name_of(directory, &at),
        },
    );
    Placed { at: Some(at), why, fault }
}

/// Why no deal can be made at this stage; `None`: it can. As long as funnels were never pulled, every
/// stage is believed.
pub fn trouble(directory: &Directory, at: &StageRef) -> Option<Words> {
    if directory.pipelines.is_empty() {
        return None;
    }
    let Some(pipeline) = directory.pipeline(&at.pipeline) else {
        return Some(Words::new(
            "Воронки из настроек больше нет в CRM.",
            "The funnel in the settings is no longer in the CRM.",
        ));
    };
    if pipeline.archived {
        return Some(Words::new(
            "Воронка из настроек в CRM в архиве.",
            "The funnel in the settings is archived in the CRM.",
        ));
    }
    match directory.stage(at).map(|stage| stage.kind) {
        Some(StageKind::Open) => None,
        Some(StageKind::Unsorted) => Some(Words::new(
            "В «Неразобранное» нельзя поместить сделку: туда её ставит сама CRM.",
            "A deal cannot be put among the unsorted: only the CRM itself does that.",
        )),
        Some(StageKind::Won | StageKind::Lost) => Some(Words::new(
            "Этап из настроек закрывает сделку, новую сделку в нём создать нельзя.",
            "The stage in the settings closes a deal; a new one cannot be made there.",
        )),
        None => Some(Words::new(
            "Этапа из настроек больше нет в воронке CRM.",
            "The stage in the settings is no longer in the CRM's funnel.",
        )),
    }
}

/// «Продажи / Новая»; ids of what is not in the list.
pub fn name_of(directory: &Directory, at: &StageRef) -> String {
    let pipeline = directory.pipeline(&at.pipeline).map_or(at.pipeline.as_str(), |p| &p.name);
    let stage = directory.stage(at).map_or(at.stage.as_str(), |s| &s.name);
    format!("{pipeline} / {stage}")
}
