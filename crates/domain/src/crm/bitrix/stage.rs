//! Where a lead or deal of this enquiry begins (B24-7).

use super::{
    super::{
        Because, CrmId, Directory, Entity, FactLine, Funnel, Plan, Rule, Stage, StageKind,
        StageRef, funnel,
    },
    Case,
};
use crate::text::Words;

/// The stage, and the way to it.
pub struct Placed {
    /// `None`: the CRM's own first stage.
    pub at: Option<StageRef>,
    pub why: Vec<FactLine>,
}

/// The same rule of the list places lead and deal: the first that lets the enquiry pass and names a
/// stage for this entity, else the default.
pub fn place(case: &Case<'_>, of: Entity, funnel: &Funnel, plan: &mut Plan) -> Placed {
    let (at, why, fault) = match of {
        Entity::Lead => lead(case, funnel),
        _ => {
            let placed = funnel::place(funnel, case.facts);
            (placed.at, placed.why, placed.fault)
        }
    };
    plan.left_out.extend(fault.map(|fault| Because { rule: Rule("B24-7".to_owned()), ..fault }));
    Placed { at, why }
}

fn lead(case: &Case<'_>, funnel: &Funnel) -> (Option<StageRef>, Vec<FactLine>, Option<Because>) {
    let directory = &case.facts.directory;
    let matched = funnel.rules.iter().enumerate().find_map(|(n, rule)| {
        let judged = rule.gate.judge(case.facts);
        let stage = rule.to.lead.as_ref().filter(|_| judged.holds)?;
        Some((n + 1, stage, judged.because))
    });
    let mut fault = None;
    let mut sound = |stage: &CrmId| {
        let trouble = trouble(directory, stage);
        if let Some(words) = &trouble {
            let because = Because::new("B24-7", "stage_gone", &*words.ru, &*words.en).with(
                "Этап лида",
                "Lead stage",
                name_of(directory, stage),
            );
            fault = Some(because.mended_in("funnels"));
        }
        trouble.is_none()
    };
    let line = |ru: String, en: String, stage: &CrmId| FactLine {
        name: Words::new(format!("Этап лида ({ru})"), format!("Lead stage ({en})")),
        value: name_of(directory, stage),
    };
    if let Some((n, stage, because)) = matched.filter(|(_, stage, _)| sound(stage)) {
        let mut why = vec![line(format!("по условию №{n}"), format!("by rule №{n}"), stage)];
        why.extend(because);
        return (Some(at(stage)), why, fault);
    }
    let default = funnel.default.as_ref().and_then(|to| to.lead.as_ref());
    if let Some(stage) = default.filter(|stage| sound(stage)) {
        let why = vec![line("по умолчанию".into(), "by default".into(), stage)];
        return (Some(at(stage)), why, fault);
    }
    match first_stage(directory) {
        Some(first) => {
            let why = vec![line("первый".into(), "the first".into(), &first.id)];
            (Some(at(&first.id)), why, fault)
        }
        None => (None, Vec::new(), fault),
    }
}

/// Leads have one funnel, which has no id.
fn at(stage: &CrmId) -> StageRef {
    StageRef { pipeline: "".into(), stage: stage.clone() }
}

fn first_stage(directory: &Directory) -> Option<&Stage> {
    let open = directory.lead_stages.iter().filter(|stage| stage.kind == StageKind::Open);
    open.min_by_key(|stage| stage.sort)
}

/// Why no lead can be made at this stage. As long as stages were never pulled, every one is believed.
pub fn trouble(directory: &Directory, stage: &CrmId) -> Option<Words> {
    let stages = &directory.lead_stages;
    if stages.is_empty() {
        return None;
    }
    match stages.iter().find(|known| known.id == *stage).map(|known| known.kind) {
        Some(StageKind::Open) => None,
        Some(StageKind::Unsorted | StageKind::Won | StageKind::Lost) => Some(Words::new(
            "Этап из настроек закрывает лид, новый лид в нём создать нельзя.",
            "The stage in the settings closes a lead; a new one cannot be made there.",
        )),
        None => Some(Words::new(
            "Этапа лида из настроек больше нет в CRM.",
            "The lead stage in the settings is no longer in the CRM.",
        )),
    }
}

fn name_of(directory: &Directory, stage: &CrmId) -> String {
    let known = directory.lead_stages.iter().find(|known| known.id == *stage);
    known.map_or_else(|| stage.to_string(), |known| known.name.clone())
}
