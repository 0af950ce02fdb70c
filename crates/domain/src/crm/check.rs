//! What the settings of both CRMs have in common, checked against the lists of a CRM.
//!
//! What can never work is a problem and is refused; what was taken away in the CRM since, or works
//! otherwise than a person may think, is a warning: the decision goes round it and says so.

use std::collections::HashSet;

use super::{
    ChannelRule, CrmId, Directory, Entity, FieldKind, FieldPair, Responsibles, Settings, TagRule,
    filter, names, people, sizes,
};
use crate::{
    phone::Phone,
    problem::{Problem, Problems},
};

/// Findings so far. Each check takes the JSON pointer of what it looks at.
pub(super) struct Found<'a> {
    pub directory: &'a Directory,
    /// As people call it: «Битрикс24», “Bitrix24”.
    pub crm: (&'static str, &'static str),
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

impl<'a> Found<'a> {
    pub fn new(directory: &'a Directory, crm: (&'static str, &'static str)) -> Self {
        Self { directory, crm, problems: Vec::new(), warnings: Vec::new() }
    }

    pub fn done(self) -> (Problems, Problems) {
        (Problems(self.problems), Problems(self.warnings))
    }

    /// Sizes, and every condition of the document (AMO-6, AMO-11, B24-4, B24-7, B24-10).
    pub fn whole(&mut self, settings: &Settings) {
        self.problems.extend(sizes::too_large(settings));
        for (path, when) in settings.filters() {
            // Of the filter itself, not of a rule.
            if path.ends_with("/filter/when") && when.size() == 0 {
                self.warn(
                    path,
                    "empty_filter",
                    "В фильтре нет условий: проходят все обращения.",
                    "The filter has no conditions: every enquiry passes.",
                );
                continue;
            }
            let (problems, warnings) = filter::check(&path, when);
            self.problems.extend(problems);
            self.warnings.extend(warnings);
        }
    }

    pub fn refuse(&mut self, path: impl Into<String>, code: &'static str, ru: &str, en: &str) {
        self.problems.push(Problem::new(path, code, ru, en));
    }

    pub fn warn(&mut self, path: impl Into<String>, code: &'static str, ru: &str, en: &str) {
        self.warnings.push(Problem::new(path, code, ru, en));
    }

    /// CRM-1.
    pub fn channels(&mut self, path: &str, rules: &[ChannelRule]) {
        let mut seen = HashSet::new();
        for (n, rule) in rules.iter().enumerate() {
            if !seen.insert(rule.channel) {
                self.refuse(
                    format!("{path}/{n}/channel"),
                    "duplicate_channel",
                    "Этот канал уже есть в списке.",
                    "This channel is on the list already.",
                );
            }
            if rule.create_contact && !rule.find_existing {
                self.warn(
                    format!("{path}/{n}/find_existing"),
                    "search_off",
                    "Без поиска существующего клиента контакты могут удваиваться.",
                    "Without the search for existing clients contacts may be doubled.",
                );
            }
            if rule.create_deal && !rule.create_contact {
                self.warn(
                    format!("{path}/{n}/create_contact"),
                    "deal_without_contact",
                    "Сделки новых клиентов будут без контакта.",
                    "Deals of new clients will have no contact.",
                );
            }
        }
    }

    /// BY-3.
    pub fn tags(&mut self, path: &str, rule: &TagRule) {
        for (n, tag) in rule.own.iter().enumerate() {
            let path = format!("{path}/own/{n}");
            if tag.trim().is_empty() {
                self.refuse(
                    &*path,
                    "empty_tag",
                    "Тег пуст. Впишите его или удалите.",
                    "The tag is empty. Fill it in or remove it.",
                );
            }
            if tag.chars().count() > names::LONGEST {
                self.refuse(
                    &*path,
                    "too_long",
                    "Тег длиннее 255 знаков. Сократите его.",
                    "The tag is longer than 255 characters. Shorten it.",
                );
            }
            self.problems.extend(names::check(&path, tag));
        }
    }

    /// AMO-8, B24-12. As long as the lists were never pulled, every field is believed.
    pub fn pairs(&mut self, path: &str, of: Entity, pairs: &[FieldPair]) {
        let mut seen = HashSet::new();
        for (n, pair) in pairs.iter().enumerate() {
            let path = format!("{path}/{n}/field");
            if !seen.insert(&pair.field) {
                self.refuse(
                    &*path,
                    "duplicate_field",
                    "Это поле уже заполняется другим параметром.",
                    "This field is filled with another parameter already.",
                );
            }
            match self.directory.field(of, &pair.field) {
                None if self.directory.fields.is_empty() => {}
                None => {
                    let (ru, en) = self.crm;
                    self.warnings.push(Problem::new(
                        &*path,
                        "field_gone",
                        format!("Такого поля в {ru} нет: оно не заполняется. Выберите другое."),
                        format!("{en} has no such field; it is not filled. Choose another."),
                    ));
                }
                Some(field) if field.read_only || field.kind == FieldKind::Other => self.refuse(
                    &*path,
                    "field_not_writable",
                    "Это поле нельзя заполнять из интеграции. Выберите другое.",
                    "An integration cannot fill this field. Choose another.",
                ),
                Some(_) => {}
            }
        }
    }

    /// AMO-9, B24-11.
    pub fn template(&mut self, path: &str, template: Option<&str>) {
        let Some(template) = template else { return };
        if template.trim().is_empty() {
            self.warn(
                path,
                "empty_template",
                "Шаблон пуст: берётся шаблон по умолчанию.",
                "The template is empty: the default one is used.",
            );
        }
        self.problems.extend(names::check(path, template));
    }

    /// AMO-12, B24-4, CRM-3.
    pub fn people(&mut self, path: &str, people: &Responsibles) {
        self.user(format!("{path}/default"), people.default.as_ref());
        for (n, rule) in people.rules.iter().enumerate() {
            self.user(format!("{path}/rules/{n}/user"), Some(&rule.user));
        }
        let mut seen = HashSet::new();
        for (n, line) in people.people.iter().enumerate() {
            self.user(format!("{path}/people/{n}/user"), Some(&line.user));
            if !seen.insert(line.employee) {
                self.refuse(
                    format!("{path}/people/{n}/employee"),
                    "duplicate_employee",
                    "Этот сотрудник уже сопоставлен.",
                    "This employee is matched already.",
                );
            }
        }
    }

    fn user(&mut self, path: String, id: Option<&CrmId>) {
        if id.is_some_and(|id| !people::can_be_responsible(self.directory, id)) {
            let (ru, en) = self.crm;
            self.warnings.push(Problem::new(
                path,
                "responsible_inactive",
                format!("Этот пользователь {ru} отключён или удалён и ответственным не станет."),
                format!(
                    "This user of {en} is inactive or removed and will not become responsible."
                ),
            ));
        }
    }

    /// WA-5.
    pub fn skip_phones(&mut self, path: &str, phones: &[String]) {
        for (n, phone) in phones.iter().enumerate() {
            if Phone::try_from(phone.clone()).is_err() {
                self.refuse(
                    format!("{path}/{n}"),
                    "bad_phone",
                    "Впишите номер с кодом страны: +79161234567.",
                    "Write the number with its country: +79161234567.",
                );
            }
        }
    }
}
