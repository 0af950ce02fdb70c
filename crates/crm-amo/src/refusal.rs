//! What amoCRM refused of a request, and how it is told to people.

use domain::text::Words;
use serde_json::Value;

/// A 400 or a 422.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// `detail` of the problem, else its title.
    pub(crate) detail: String,
    /// What was wrong with which part; we send one item a request, so whose they are is not told.
    pub(crate) findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `NotSupportedChoice`
    pub(crate) code: String,
    /// `custom_fields_values.0.field_id`
    pub(crate) path: String,
    pub(crate) detail: String,
}

impl Refusal {
    /// Tolerant: a body that is no problem document leaves the status alone.
    pub(crate) fn read(status: u16, body: Option<&Value>) -> Self {
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let Some(body) = body else {
            return Self { status, detail: String::new(), findings: Vec::new() };
        };
        let detail = [text(body, "detail"), text(body, "title")];
        let items = body.get("validation-errors").and_then(Value::as_array);
        let findings = items
            .into_iter()
            .flatten()
            .filter_map(|item| item.get("errors")?.as_array())
            .flatten()
            .map(|error| Finding {
                code: text(error, "code"),
                path: text(error, "path"),
                detail: text(error, "detail"),
            })
            .collect();
        let detail = detail.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        Self { status, detail, findings }
    }
}

/// For the log: what was refused, and where a person mends it.
pub(crate) fn words(refusal: &Refusal) -> Words {
    let Some(finding) = refusal.findings.first() else {
        let detail = match refusal.detail.as_str() {
            "" => format!("HTTP {}", refusal.status),
            detail => detail.to_owned(),
        };
        return Words::new(
            format!("amoCRM отклонила запрос: {detail}."),
            format!("amoCRM has refused the request: {detail}."),
        );
    };
    let (ru, en) = place(&finding.path);
    let said = if finding.detail.is_empty() { &finding.code } else { &finding.detail };
    Words::new(
        format!("amoCRM отклонила запрос из-за {ru} ({}: {said}).", finding.path),
        format!("amoCRM has refused the request because of {en} ({}: {said}).", finding.path),
    )
}

/// What a path of amoCRM means to a person, and what to do.
fn place(path: &str) -> (&'static str, &'static str) {
    let has = |name: &str| path.split('.').any(|part| part == name);
    if has("custom_fields_values") {
        (
            "значения поля: откройте «Дополнительные поля», обновите список и проверьте сопоставление",
            "the value of a field: open “Custom fields”, refresh the list and check the mapping",
        )
    } else if has("responsible_user_id") {
        (
            "ответственного: обновите список сотрудников и выберите действующего",
            "the responsible person: refresh the list of employees and choose an active one",
        )
    } else if has("status_id") || has("pipeline_id") {
        (
            "воронки или этапа: обновите список воронок и выберите существующий этап",
            "the funnel or stage: refresh the list of funnels and choose a stage that is there",
        )
    } else if has("complete_till") {
        (
            "срока задачи: проверьте его в настройках задач",
            "the task's due time: check it in the task settings",
        )
    } else if has("task_type_id") {
        ("типа задачи: выберите существующий", "the kind of task: choose one that is there")
    } else if has("tags_to_add") || has("tags") {
        ("тега: проверьте список тегов", "a tag: check the list of tags")
    } else if has("name") {
        ("названия: проверьте шаблон", "the name: check its template")
    } else {
        ("данных", "the data")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn crm_6_a_refusal_names_the_field_and_the_remedy() {
        let body = json!({
            "validation-errors": [{ "request_id": "0", "errors": [{
                "code": "NotSupportedChoice",
                "path": "custom_fields_values.0.field_id",
                "detail": "The value you selected is not a valid choice.",
            }]}],
            "title": "Bad Request", "status": 400, "detail": "Request validation failed",
        });
        let refusal = Refusal::read(400, Some(&body));
        assert_eq!(refusal.findings.len(), 1);
        let words = words(&refusal);
        assert!(
            words.ru.contains("«Дополнительные поля»") && words.en.contains("“Custom fields”"),
            "{words:?}"
        );
        assert!(words.ru.contains("custom_fields_values.0.field_id"));
    }

    #[test]
    fn crm_6_a_refusal_without_reasons_still_says_something() {
        let refusal = Refusal::read(422, None);
        assert_eq!(words(&refusal).ru, "amoCRM отклонила запрос: HTTP 422.");
        let refusal = Refusal::read(400, Some(&json!({"title": "Bad Request"})));
        assert_eq!(words(&refusal).en, "amoCRM has refused the request: Bad Request.");
    }
}
