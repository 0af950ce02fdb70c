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
            NobodyOnline::Wait => {}
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
