//! What an action writes, as people read it: phones, tags, fields with their names (BY-6). For the dry
//! run and the log; what was decided and why stands beside it.

use chrono::DateTime;
use serde_json::Value;

use super::{Action, CrmField, CrmId, Directory, FactLine, FieldKind, FieldValue};
use crate::text::Words;

impl Action {
    /// Empty for what writes no data of the client.
    pub fn written(&self, directory: &Directory) -> Vec<FactLine> {
        let mut lines = Vec::new();
        match self {
            Self::CreateContact(draft) => {
                reach(&mut lines, &draft.phones, &draft.emails);
                tags(&mut lines, &draft.tags);
                fields(&mut lines, directory, &draft.fields);
            }
            Self::UpdateContact { add_phones, add_emails, fields: values, tags: texts, .. } => {
                reach(&mut lines, add_phones, add_emails);
                tags(&mut lines, texts);
                fields(&mut lines, directory, values);
            }
            Self::CreateDeal(draft) | Self::CreateLead(draft) => {
                reach(&mut lines, &draft.phones, &draft.emails);
                tags(&mut lines, &draft.tags);
                fields(&mut lines, directory, &draft.fields);
            }
            Self::UpdateDeal { fields: values, tags: texts, .. } => {
                tags(&mut lines, texts);
                fields(&mut lines, directory, values);
            }
            Self::CreateUnsorted(draft) => {
                reach(&mut lines, &draft.phones, &draft.emails);
                tags(&mut lines, &draft.tags);
                fields(&mut lines, directory, &draft.contact_fields);
                fields(&mut lines, directory, &draft.deal_fields);
            }
            Self::MoveDeal { .. }
            | Self::SetResponsible { .. }
            | Self::CreateTask { .. }
            | Self::CreateActivity { .. }
            | Self::AddNote { .. }
            | Self::EditNote { .. }
            | Self::AttachFile { .. }
            | Self::OpenChat { .. }
            | Self::UseDeal { .. }
            | Self::UseLead { .. }
            | Self::UseContact { .. } => {}
        }
        lines
    }
}

fn line(lines: &mut Vec<FactLine>, name: Words, value: String) {
    if !value.is_empty() {
        lines.push(FactLine { name, value });
    }
}

fn reach(lines: &mut Vec<FactLine>, phones: &[String], emails: &[String]) {
    line(lines, Words::new("Телефон", "Phone"), phones.join(", "));
    line(lines, Words::new("Почта", "E-mail"), emails.join(", "));
}

fn tags(lines: &mut Vec<FactLine>, texts: &[String]) {
    line(lines, Words::new("Теги", "Tags"), texts.join(", "));
}

fn fields(lines: &mut Vec<FactLine>, directory: &Directory, values: &[FieldValue]) {
    for FieldValue { field: id, value } in values {
        let field = directory.fields.iter().find(|field| field.id == *id);
        let name = field.map_or_else(
            || Words::new(format!("Поле № {id}"), format!("Field No. {id}")),
            |field| Words::new(&field.name, &field.name),
        );
        line(lines, name, shown(value, field));
    }
}

/// A value in either CRM's form: amoCRM's is a list of objects, Bitrix24's the value itself.
fn shown(value: &Value, field: Option<&CrmField>) -> String {
    match value {
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(|item| shown(item, field)).collect();
            texts.join(", ")
        }
        Value::Object(parts) => match (parts.get("value"), parts.get("enum_id")) {
            (Some(value), _) => shown(value, field),
            (None, Some(id)) => chosen(id, field),
            (None, None) => value.to_string(),
        },
        Value::String(text) => text.clone(),
        Value::Bool(true) => "✓".to_owned(),
        Value::Bool(false) => "—".to_owned(),
        Value::Number(seconds) => match field.map(|field| field.kind) {
            Some(FieldKind::Date | FieldKind::Birthday) => moment(seconds.as_i64(), "%d.%m.%Y"),
            Some(FieldKind::DateTime) => moment(seconds.as_i64(), "%d.%m.%Y %H:%M UTC"),
            _ => seconds.to_string(),
        },
        Value::Null => String::new(),
    }
}

fn chosen(id: &Value, field: Option<&CrmField>) -> String {
    let id = CrmId(id.to_string());
    let choice = field.and_then(|field| field.choices.iter().find(|choice| choice.id == id));
    choice.map_or_else(|| id.to_string(), |choice| choice.value.clone())
}

fn moment(seconds: Option<i64>, format: &str) -> String {
    let at = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    at.map(|at| at.format(format).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crm::{Entity, FieldChoice, Ref};

    fn field(id: &str, name: &str, kind: FieldKind) -> CrmField {
        let choices =
            vec![FieldChoice { id: CrmId("5".to_owned()), value: "Синий".to_owned() }];
        let (id, name) = (CrmId(id.to_owned()), name.to_owned());
        CrmField { id, of: Entity::Deal, name, code: None, kind, choices, read_only: false }
    }

    #[test]
    fn by_6_tags_and_fields_are_told_by_name_with_their_values() {
        let directory = Directory {
            fields: vec![
                field("1", "Кампания", FieldKind::Text),
                field("2", "Цвет", FieldKind::Select),
                field("3", "Встреча", FieldKind::Date),
            ],
            ..Directory::default()
        };
        let value = |id: &str, value| FieldValue { field: CrmId(id.to_owned()), value };
        let action = Action::UpdateDeal {
            deal: Ref::Id(CrmId("9".to_owned())),
            tags: vec!["чат".to_owned(), "Беседа".to_owned()],
            fields: vec![
                value("1", json!([{ "value": "Осень" }])),
                value("2", json!([{ "enum_id": 5 }])),
                value("3", json!([{ "value": 1_795_351_613 }])),
                value("8", json!([{ "value": true }])),
                value("1", json!([])),
            ],
        };
        let told: Vec<String> = action
            .written(&directory)
            .iter()
            .map(|line| format!("{}: {}", line.name.ru, line.value))
            .collect();
        assert_eq!(
            told,
            [
                "Теги: чат, Беседа",
                "Кампания: Осень",
                "Цвет: Синий",
                "Встреча: 22.11.2026",
                "Поле № 8: ✓"
            ]
        );
        let moved = Action::UseDeal { deal: CrmId("9".to_owned()) };
        assert_eq!(moved.written(&directory), []);
    }
}
