//! The working hours that a scenario asks for, wherever in its tree.

use super::*;

impl Scenario {
    /// Every schedule that a condition of the tree names.
    pub fn schedules(&self) -> BTreeSet<ScheduleId> {
        let mut found = BTreeSet::new();
        of_steps(&self.steps, &mut found);
        found
    }
}

fn of_steps(steps: &[Step], found: &mut BTreeSet<ScheduleId>) {
    for step in steps {
        match step {
            Step::If { when, then, otherwise } => {
                of_condition(when, found);
                of_steps(then, found);
                of_steps(otherwise, found);
            }
            Step::Distribute(distribution) => {
                if let Some(Answer { then: Unanswered::Steps { steps }, .. }) = &distribution.answer
                {
                    of_steps(steps, found);
                }
                if let NobodyOnline::Steps { steps } = &distribution.nobody_online {
                    of_steps(steps, found);
                }
            }
            Step::AutoReply { .. }
            | Step::ContactForm { .. }
            | Step::Tag { .. }
            | Step::Wait { .. }
            | Step::Close {} => {}
        }
    }
}

fn of_condition(condition: &Condition, found: &mut BTreeSet<ScheduleId>) {
    match condition {
        Condition::All { of } | Condition::Any { of } | Condition::Not { of } => {
            of.iter().for_each(|inner| of_condition(inner, found));
        }
        Condition::WorkingHours { schedule, .. } => {
            found.insert(*schedule);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn rt_3a_schedules_are_found_at_any_depth() {
        let [a, b, c] = [1, 2, 3].map(|n| ScheduleId(Uuid::from_u128(n)));
        let hours =
            |id: ScheduleId| json!({ "is": "working_hours", "schedule": id, "state": "open" });
        let deep = json!({ "do": "if", "when": hours(c), "then": [{ "do": "close" }] });
        let tree = json!({ "steps": [
            { "do": "if", "when": { "is": "all", "of": [hours(a), { "is": "not", "of": [hours(b)] }] },
              "then": [{ "do": "auto_reply", "text": "hi" }] },
            { "do": "distribute", "to": "everybody", "by": { "strategy": "everyone" },
              "nobody_online": { "go": "steps", "steps": [deep] } },
        ] });
        let scenario: Scenario = serde_json::from_value(tree).expect("a scenario");
        assert_eq!(scenario.schedules(), BTreeSet::from([a, b, c]));
        assert!(Scenario::default().schedules().is_empty());
    }
}
