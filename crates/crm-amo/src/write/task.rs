//! Tasks. Source: <https://www.amocrm.ru/developers/content/crm_platform/tasks-api>.

use crm::CrmError;
use domain::{
    clock::Instant,
    crm::{CrmId, Effect},
};
use serde_json::{Value, json};

use super::{contact::made, parse, values::object};
use crate::api::Api;

pub(super) struct Task<'a> {
    pub(super) deal: i64,
    pub(super) text: &'a str,
    pub(super) due_at: Instant,
    pub(super) responsible: &'a Option<CrmId>,
    pub(super) kind: &'a Option<CrmId>,
}

pub(super) async fn create(api: &Api<'_>, task: &Task<'_>) -> Result<Effect, CrmError> {
    let id = |id: &Option<CrmId>| id.as_ref().map(parse).transpose();
    let item = object([
        ("text", Some(json!(task.text))),
        ("complete_till", Some(json!(task.due_at.timestamp()))),
        ("entity_id", Some(json!(task.deal))),
        ("entity_type", Some(json!("leads"))),
        ("responsible_user_id", id(task.responsible)?.map(Value::from)),
        ("task_type_id", id(task.kind)?.map(Value::from)),
        ("request_id", Some(json!("0"))),
    ]);
    made(api, "tasks", "tasks", item, Some(format!("leads/{}", task.deal))).await
}
