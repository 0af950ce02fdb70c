//! What is wrong with a scenario before it is saved.

use super::*;
use crate::{problem::Problem, template};

/// Nested lists of steps.
pub const MAX_DEPTH: usize = 20;
/// Steps of the whole tree.
pub const MAX_STEPS: usize = 500;
/// Conditions of the whole tree, groups counted.
pub const MAX_CONDITIONS: usize = 2_000;
/// Characters of one auto-reply; the shortest limit of a messenger with long texts is 4096 (Telegram).
pub const MAX_TEXT: usize = 4_000;
/// Things in one list: words, employees, tags, conditions of a group.
pub const MAX_ITEMS: usize = 200;
/// Characters of one word to look for.
pub const MAX_WORD: usize = 200;
const MAX_CONDITION_DEPTH: usize = 10;
const MAX_ROUNDS: u8 = 10;
const ANSWER_SECONDS: (u32, u32) = (10, 24 * 3600);
const WAIT_SECONDS: (u32, u32) = (1, 7 * 24 * 3600);
/// A person reads no longer list, and a hostile body must not make a longer answer.
const MAX_PROBLEMS: usize = 100;

/// Every fault found. Empty: the scenario may be saved.
pub fn check(scenario: &Scenario, existing: &Existing) -> Vec<Problem> {
    let mut checker = Checker { existing, problems: Vec::new(), steps: 0, conditions: 0 };
    checker.list("/steps", &scenario.steps, 1);
    if checker.steps > MAX_STEPS {
        checker.add(
            "/steps",
            "too_many_steps",
            &format!("Шагов больше {MAX_STEPS}. Разделите сценарий."),
            &format!("More than {MAX_STEPS} steps. Divide the scenario."),
        );
    }
    if checker.conditions > MAX_CONDITIONS {
        checker.add(
            "/steps",
            "too_many_conditions",
            &format!("Условий больше {MAX_CONDITIONS}."),
            &format!("More than {MAX_CONDITIONS} conditions."),
        );
    }
    checker.problems
}

/// Whether nothing that follows in the same list can ever run.
fn ends(step: &Step) -> bool {
    match step {
        Step::Distribute(_) | Step::Close {} => true,
        Step::If { then, otherwise, .. } => then.iter().any(ends) && otherwise.iter().any(ends),
        Step::AutoReply { .. }
        | Step::ContactForm { .. }
        | Step::Tag { .. }
        | Step::Wait { .. } => false,
    }
}

struct Checker<'a> {
    existing: &'a Existing,
    problems: Vec<Problem>,
    steps: usize,
    conditions: usize,
}

impl Checker<'_> {
    fn add(&mut self, path: &str, code: &'static str, ru: &str, en: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem::new(path, code, ru, en));
        }
    }

    fn list(&mut self, path: &str, steps: &[Step], depth: usize) {
        if depth > MAX_DEPTH {
            return self.add(
                path,
                "too_deep",
                &format!("Вложенность больше {MAX_DEPTH} уровней."),
                &format!("Nested deeper than {MAX_DEPTH} levels."),
            );
        }
        self.steps += steps.len();
        if self.steps > MAX_STEPS {
            return;
        }
        for (n, step) in steps.iter().enumerate() {
            self.step(&format!("{path}/{n}"), step, depth);
        }
        let last = steps.iter().position(ends);
        if let Some(next) = last.map(|n| n + 1).filter(|next| *next < steps.len()) {
            self.add(
                &format!("{path}/{next}"),
                "unreachable",
                "Этот шаг никогда не выполнится: предыдущий завершает ветку.",
                "This step never runs: the one before it ends the branch.",
            );
        }
    }

    fn branch(&mut self, path: &str, steps: &[Step], depth: usize) {
        if steps.is_empty() {
            return self.add(path, "empty_branch", "Добавьте хотя бы один шаг.", "Add a step.");
        }
        self.list(path, steps, depth + 1);
    }

    fn step(&mut self, path: &str, step: &Step, depth: usize) {
        match step {
            Step::If { when, then, otherwise } => {
                self.condition(&format!("{path}/when"), when, 1);
                if then.is_empty() && otherwise.is_empty() {
                    return self.branch(&format!("{path}/then"), then, depth);
                }
                for (name, steps) in [("then", then), ("otherwise", otherwise)] {
                    if !steps.is_empty() {
                        self.list(&format!("{path}/{name}"), steps, depth + 1);
                    }
                }
            }
            Step::Distribute(distribution) => self.distribution(path, distribution, depth),
            Step::AutoReply { text } => {
                let path = format!("{path}/text");
                if text.trim().is_empty() {
                    self.add(&path, "empty_text", "Напишите текст ответа.", "Write the reply.");
                }
                self.text(&path, text);
            }
            Step::ContactForm { text, fields, wait_seconds } => {
                self.text(&format!("{path}/text"), text);
                self.form(&format!("{path}/fields"), fields);
                self.seconds(&format!("{path}/wait_seconds"), *wait_seconds, ANSWER_SECONDS);
            }
            Step::Tag { tags } => {
                let path = format!("{path}/tags");
                self.items(&path, tags.len());
                for (n, tag) in tags.iter().enumerate() {
                    let known = self.existing.tags.contains(tag);
                    self.exists(
                        known,
                        &format!("{path}/{n}"),
                        "unknown_tag",
                        ("Такого тега", "tag"),
                    );
                }
            }
            Step::Wait { seconds } => {
                self.seconds(&format!("{path}/seconds"), *seconds, WAIT_SECONDS);
            }
            Step::Close {} => {}
        }
    }

    fn distribution(&mut self, path: &str, distribution: &Distribution, depth: usize) {
        let Distribution { to, by, capacity: _, answer, nobody_online } = distribution;
        match to {
            Target::Employees(employees) => {
                let list = format!("{path}/to/employees");
                self.items(&list, employees.len());
                for (n, employee) in employees.iter().enumerate() {
                    let path = format!("{list}/{n}");
                    let known = self.existing.employees.contains(employee);
                    self.exists(
                        known,
                        &path,
                        "unknown_employee",
                        ("Такого сотрудника", "employee"),
                    );
                }
                let at_once = match by {
                    Strategy::Everyone {}
                    | Strategy::LastAssignee { otherwise: Fallback::Everyone } => true,
                    Strategy::RoundRobin {}
                    | Strategy::LeastBusy {}
                    | Strategy::LastAssignee {
                        otherwise: Fallback::RoundRobin | Fallback::LeastBusy,
                    } => false,
                };
                if at_once {
                    self.add(
                        &format!("{path}/by"),
                        "everyone_needs_group",
                        "Одновременно всем можно предлагать только группе или всем сотрудникам: \
                         соберите этих сотрудников в группу.",
                        "Only a group or everybody can be offered it at once: make a group of \
                         these employees.",
                    );
                }
            }
            Target::Group(group) => self.group(&format!("{path}/to/group"), group),
            Target::Everybody => {}
        }
        if let Some(answer) = answer {
            let path = format!("{path}/answer");
            self.seconds(&format!("{path}/within_seconds"), answer.within_seconds, ANSWER_SECONDS);
            match &answer.then {
                Unanswered::NextPerson { rounds } => {
                    if !(1..=MAX_ROUNDS).contains(rounds) {
                        self.add(
                            &format!("{path}/then/rounds"),
                            "out_of_range",
                            &format!("Кругов может быть от 1 до {MAX_ROUNDS}."),
                            &format!("Rounds go from 1 to {MAX_ROUNDS}."),
                        );
                    }
                    if matches!(by, Strategy::Everyone {}) {
                        self.add(
                            &format!("{path}/then"),
                            "no_next_person",
                            "Чат предложен сразу всем, следующего сотрудника нет. Выберите другую \
                             группу, всех или шаги.",
                            "It was offered to everyone at once, there is no next person. Choose \
                             another group, everybody or steps.",
                        );
                    }
                }
                Unanswered::Group { group } => self.group(&format!("{path}/then/group"), group),
                Unanswered::Everybody {} => {}
                Unanswered::Steps { steps } => {
                    self.branch(&format!("{path}/then/steps"), steps, depth);
                }
            }
        }
        match nobody_online {
            NobodyOnline::Wait {} => {}
            NobodyOnline::Steps { steps } => {
                self.branch(&format!("{path}/nobody_online/steps"), steps, depth);
            }
        }
    }

    fn form(&mut self, path: &str, fields: &[Question]) {
        if fields.is_empty() {
            return self.add(
                path,
                "empty_form",
                "Выберите хотя бы одно поле: имя, телефон или e-mail.",
                "Choose at least one field: name, phone or e-mail.",
            );
        }
        let asked: BTreeSet<Asked> = fields.iter().map(|f| f.ask).collect();
        if asked.len() < fields.len() {
            self.add(path, "repeated", "Поле указано дважды.", "A field is there twice.");
        }
    }

    fn condition(&mut self, path: &str, condition: &Condition, depth: usize) {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return;
        }
        if depth > MAX_CONDITION_DEPTH {
            return self.add(
                path,
                "too_deep",
                &format!("Группы условий вложены глубже {MAX_CONDITION_DEPTH} уровней."),
                &format!(
                    "Groups of conditions are nested deeper than {MAX_CONDITION_DEPTH} levels."
                ),
            );
        }
        match condition {
            Condition::All { of } | Condition::Any { of } | Condition::Not { of } => {
                let path = format!("{path}/of");
                self.items(&path, of.len());
                for (n, inner) in of.iter().enumerate() {
                    self.condition(&format!("{path}/{n}"), inner, depth + 1);
                }
            }
            Condition::Channel { channels } => {
                let path = format!("{path}/channels");
                self.items(&path, channels.len());
                for (n, channel) in channels.iter().enumerate() {
                    let known = self.existing.channels.contains(channel);
                    let path = format!("{path}/{n}");
                    self.exists(known, &path, "unknown_channel", ("Такого канала", "channel"));
                }
            }
            Condition::Kind { kinds } => {
                let path = format!("{path}/kinds");
                self.items(&path, kinds.len());
                for (n, kind) in kinds.iter().enumerate() {
                    let known = self.existing.kinds.contains(kind);
                    let path = format!("{path}/{n}");
                    self.exists(
                        known,
                        &path,
                        "unknown_kind",
                        ("Такого типа канала", "channel kind"),
                    );
                }
            }
            Condition::Utm { key, any_of } => {
                if key.trim().is_empty() {
                    self.add(
                        &format!("{path}/key"),
                        "empty_text",
                        "Укажите метку, например source.",
                        "Name the mark, for example source.",
                    );
                }
                self.words(path, any_of);
            }
            Condition::Site { any_of }
            | Condition::Campaign { any_of }
            | Condition::Source { any_of }
            | Condition::Page { any_of }
            | Condition::Text { any_of }
            | Condition::Language { any_of } => self.words(path, any_of),
            Condition::WorkingHours { schedule, state: _ } => {
                let known = self.existing.schedules.contains(schedule);
                let path = format!("{path}/schedule");
                self.exists(known, &path, "unknown_schedule", ("Такого расписания", "schedule"));
            }
            Condition::AnyoneOnline { group: Some(group) } => {
                self.group(&format!("{path}/group"), group);
            }
            Condition::AnyoneOnline { group: None }
            | Condition::Enquiry { .. }
            | Condition::Contact { .. }
            | Condition::LastAssigneeOnline {} => {}
        }
    }

    fn words(&mut self, path: &str, words: &[String]) {
        let path = format!("{path}/any_of");
        self.items(&path, words.len());
        for (n, word) in words.iter().enumerate() {
            let path = format!("{path}/{n}");
            if word.trim().is_empty() {
                self.add(&path, "empty_text", "Пустое значение.", "An empty value.");
            } else if word.chars().count() > MAX_WORD {
                self.add(
                    &path,
                    "too_long",
                    &format!("Не длиннее {MAX_WORD} знаков."),
                    &format!("At most {MAX_WORD} characters."),
                );
            }
        }
    }

    fn text(&mut self, path: &str, text: &str) {
        if text.chars().count() > MAX_TEXT {
            self.add(
                path,
                "too_long",
                &format!("Не длиннее {MAX_TEXT} знаков."),
                &format!("At most {MAX_TEXT} characters."),
            );
        }
        for problem in template::check(path, text) {
            self.add(path, problem.code, &problem.words.ru, &problem.words.en);
        }
    }

    fn items(&mut self, path: &str, count: usize) {
        if count == 0 {
            self.add(path, "empty_list", "Выберите хотя бы одно.", "Choose at least one.");
        } else if count > MAX_ITEMS {
            self.add(
                path,
                "too_many",
                &format!("Не больше {MAX_ITEMS}."),
                &format!("At most {MAX_ITEMS}."),
            );
        }
    }

    fn seconds(&mut self, path: &str, seconds: u32, (least, most): (u32, u32)) {
        if !(least..=most).contains(&seconds) {
            self.add(
                path,
                "out_of_range",
                &format!("Время может быть от {least} до {most} секунд."),
                &format!("The time goes from {least} to {most} seconds."),
            );
        }
    }

    fn group(&mut self, path: &str, group: &GroupId) {
        let known = self.existing.groups.contains(group);
        self.exists(known, path, "unknown_group", ("Такой группы", "group"));
    }

    /// `what` is `such a thing` in Russian (genitive) and the thing's name in English.
    fn exists(&mut self, known: bool, path: &str, code: &'static str, what: (&str, &str)) {
        if !known {
            let (ru, en) = what;
            self.add(
                path,
                code,
                &format!("{ru} больше нет. Выберите из списка."),
                &format!("This {en} does not exist any more. Choose from the list."),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn existing() -> Existing {
        let id = Uuid::from_u128(1);
        Existing {
            channels: [ChannelId(id)].into(),
            kinds: [ChannelKind::new("widget")].into(),
            employees: [EmployeeId(id)].into(),
            groups: [GroupId(id)].into(),
            schedules: [ScheduleId(id)].into(),
            tags: [TagId(id)].into(),
        }
    }

    fn id(prefix: &str, n: u128) -> String {
        format!("{prefix}_{}", Uuid::from_u128(n).simple())
    }

    fn found(steps: Value) -> Vec<(String, &'static str)> {
        let scenario: Scenario = serde_json::from_value(json!({ "steps": steps })).unwrap();
        check(&scenario, &existing()).into_iter().map(|p| (p.path, p.code)).collect()
    }

    fn to_group(more: Value) -> Value {
        let mut step = json!({ "do": "distribute", "to": { "group": id("grp", 1) },
                               "by": { "strategy": "round_robin" } });
        step.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        step
    }

    #[test]
    fn rt_1_a_sound_scenario_has_no_problems() {
        let steps = json!([
            { "do": "if",
              "when": { "is": "all", "of": [
                  { "is": "working_hours", "schedule": id("shd", 1), "state": "closed" },
                  { "is": "not", "of": [{ "is": "kind", "kinds": ["widget"] }] },
                  { "is": "channel", "channels": [id("chn", 1)] },
                  { "is": "utm", "key": "source", "any_of": ["yandex"] } ] },
              "then": [
                  { "do": "auto_reply", "text": "{contact.name}, ответим {working_hours.next_opening}" },
                  { "do": "tag", "tags": [id("tag", 1)] },
                  { "do": "contact_form", "fields": [{ "ask": "name" }, { "ask": "phone" }] },
                  { "do": "wait", "seconds": 60 },
                  { "do": "close" } ] },
            to_group(json!({
                "answer": { "within_seconds": 120, "then": { "go": "next_person" } },
                "nobody_online": { "go": "steps", "steps": [
                    { "do": "distribute", "to": { "employees": [id("emp", 1)] },
                      "by": { "strategy": "last_assignee", "otherwise": "least_busy" } } ] } }))
        ]);
        assert_eq!(found(steps), []);
        assert_eq!(found(json!([])), []);
    }

    #[test]
    fn rt_1_each_fault_is_named_with_its_place() {
        let group_2 = id("grp", 2);
        let long = "я".repeat(MAX_TEXT + 1);
        let if_ = |when: Value| json!({ "do": "if", "when": when, "then": [{ "do": "close" }] });
        let employees = json!({ "do": "distribute", "to": { "employees": [] }, "by": { "strategy": "everyone" } });
        for (step, expect) in [
            (to_group(json!({"to": {"group": group_2}})), vec![("/to/group", "unknown_group")]),
            (employees, vec![("/to/employees", "empty_list"), ("/by", "everyone_needs_group")]),
            (
                to_group(json!({"to": {"employees": [id("emp", 1), id("emp", 2)]}})),
                vec![("/to/employees/1", "unknown_employee")],
            ),
            (
                to_group(
                    json!({"answer": {"within_seconds": 1, "then": {"go": "group", "group": group_2}}}),
                ),
                vec![
                    ("/answer/within_seconds", "out_of_range"),
                    ("/answer/then/group", "unknown_group"),
                ],
            ),
            (
                to_group(json!({"by": {"strategy": "everyone"},
                                "answer": {"within_seconds": 60, "then": {"go": "next_person", "rounds": 0}}})),
                vec![("/answer/then/rounds", "out_of_range"), ("/answer/then", "no_next_person")],
            ),
            (
                to_group(json!({"nobody_online": {"go": "steps", "steps": []}})),
                vec![("/nobody_online/steps", "empty_branch")],
            ),
            (json!({"do": "auto_reply", "text": " "}), vec![("/text", "empty_text")]),
            (json!({"do": "auto_reply", "text": long}), vec![("/text", "too_long")]),
            (json!({"do": "auto_reply", "text": "{name}"}), vec![("/text", "unknown_parameter")]),
            (json!({"do": "contact_form", "fields": []}), vec![("/fields", "empty_form")]),
            (
                json!({"do": "contact_form", "fields": [{"ask": "name"}, {"ask": "name"}], "wait_seconds": 1}),
                vec![("/fields", "repeated"), ("/wait_seconds", "out_of_range")],
            ),
            (json!({"do": "tag", "tags": []}), vec![("/tags", "empty_list")]),
            (json!({"do": "tag", "tags": [id("tag", 2)]}), vec![("/tags/0", "unknown_tag")]),
            (json!({"do": "wait", "seconds": 0}), vec![("/seconds", "out_of_range")]),
            (
                json!({"do": "if", "when": {"is": "enquiry", "order": "first"}}),
                vec![("/then", "empty_branch")],
            ),
            (if_(json!({"is": "any", "of": []})), vec![("/when/of", "empty_list")]),
            (
                if_(json!({"is": "not", "of": [{"is": "text", "any_of": ["", "a"]}]})),
                vec![("/when/of/0/any_of/0", "empty_text")],
            ),
            (
                if_(json!({"is": "working_hours", "schedule": id("shd", 2), "state": "open"})),
                vec![("/when/schedule", "unknown_schedule")],
            ),
            (
                if_(json!({"is": "channel", "channels": [id("chn", 2)]})),
                vec![("/when/channels/0", "unknown_channel")],
            ),
            (if_(json!({"is": "kind", "kinds": ["fax"]})), vec![("/when/kinds/0", "unknown_kind")]),
            (
                if_(json!({"is": "anyone_online", "group": group_2})),
                vec![("/when/group", "unknown_group")],
            ),
        ] {
            let expect: Vec<_> =
                expect.into_iter().map(|(p, c)| (format!("/steps/0{p}"), c)).collect();
            assert_eq!(found(json!([step])), expect, "{step}");
        }
    }

    #[test]
    fn rt_1_a_step_that_never_runs_is_named() {
        let close = json!({ "do": "close" });
        let say = json!({ "do": "auto_reply", "text": "hi" });
        let when = json!({ "is": "enquiry", "order": "first" });
        let both = json!({ "do": "if", "when": when, "then": [close], "otherwise": [to_group(json!({}))] });
        let one = json!({ "do": "if", "when": when, "then": [close] });
        let unreachable = |path: &str| vec![(path.to_owned(), "unreachable")];
        assert_eq!(found(json!([close, say, say])), unreachable("/steps/1"));
        assert_eq!(found(json!([to_group(json!({})), say])), unreachable("/steps/1"));
        assert_eq!(found(json!([say, both, say])), unreachable("/steps/2"));
        assert_eq!(found(json!([one, say])), []);
    }

    #[test]
    fn rt_1_size_and_depth_are_bounded() {
        let say = json!({ "do": "auto_reply", "text": "hi" });
        assert_eq!(found(json!(vec![say.clone(); MAX_STEPS])), []);
        let many = found(json!(vec![say.clone(); MAX_STEPS + 1]));
        assert_eq!(many, [("/steps".to_owned(), "too_many_steps")]);

        let nested = |depth: usize| {
            (1..depth).fold(json!([say]), |inner, _| {
                json!([{ "do": "if", "when": { "is": "enquiry", "order": "first" }, "then": inner }])
            })
        };
        assert_eq!(found(nested(MAX_DEPTH)), []);
        assert_eq!(found(nested(MAX_DEPTH + 1)).last().map(|p| p.1), Some("too_deep"));

        let groups = (0..=MAX_CONDITION_DEPTH).fold(
            json!({ "is": "anyone_online" }),
            |inner, _| json!({ "is": "all", "of": [inner] }),
        );
        let step = json!({ "do": "if", "when": groups, "then": [say] });
        assert_eq!(found(json!([step])).last().map(|p| p.1), Some("too_deep"));

        let bad = json!({ "do": "auto_reply", "text": "" });
        assert_eq!(found(json!(vec![bad; MAX_STEPS])).len(), MAX_PROBLEMS);
    }

    #[test]
    fn rt_1_a_hostile_body_is_refused_and_not_walked() {
        // As deep as the JSON reader goes at all (128 levels), and deeper.
        for depth in [20, 40, 62, 1_000] {
            let open = r#"{"do":"if","when":{"is":"anyone_online"},"then":["#;
            let text = format!(r#"{{"steps":[{}{}]}}"#, open.repeat(depth), "]}".repeat(depth));
            let read = serde_json::from_str::<Scenario>(&text);
            let sound = read.is_ok_and(|s| check(&s, &existing()).is_empty());
            assert!(!sound, "{depth}");
        }
        for wrong in [
            r#"{"steps":[{"do":"close","force":true}]}"#,
            r#"{"steps":[{"do":"explode"}]}"#,
            r#"{"steps":[],"more":1}"#,
            r#"{"steps":[{"do":"if","when":{"is":"last_assignee_online","x":1}}]}"#,
            r#"{"steps":[{"do":"distribute","to":"everybody","by":{"strategy":"everyone","x":1}}]}"#,
            r#"{"steps":[{"do":"distribute","to":"everybody","by":{"strategy":"everyone"},"x":1}]}"#,
            r#"{"steps":[{"do":"distribute","to":"everybody","by":{"strategy":"everyone"},"nobody_online":{"go":"wait","x":1}}]}"#,
        ] {
            assert!(serde_json::from_str::<Scenario>(wrong).is_err(), "{wrong}");
        }
    }
}
