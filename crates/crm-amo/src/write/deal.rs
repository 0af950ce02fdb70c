//! Deals («сделки», leads of the API).
//! Source: <https://www.amocrm.ru/developers/content/crm_platform/leads-api>.

use crm::CrmError;
use domain::crm::{CrmId, DealDraft, Effect, FieldValue, StageRef};
use serde_json::{Value, json};

use super::{
    contact::made,
    number, parse, patch,
    values::{custom_fields, object, tags},
};
use crate::api::{Api, rejected};

/// Not by `leads/complex`: that one may put the deal into a stranger's.
pub(super) async fn create(api: &Api<'_>, draft: &DealDraft) -> Result<Effect, CrmError> {
    let contact = draft.contact.as_ref().map(number).transpose()?;
    let company = draft.company.as_ref().map(parse).transpose()?;
    let embedded = object([
        ("contacts", contact.map(|id| json!([{ "id": id, "is_main": true }]))),
        ("companies", company.map(|id| json!([{ "id": id }]))),
    ]);
    let (pipeline, stage) = match &draft.at {
        Some(at) => (Some(parse(&at.pipeline)?), Some(parse(&at.stage)?)),
        None => (None, None),
    };
    let item = object([
        ("name", Some(json!(draft.name))),
        ("created_at", Some(json!(draft.created_at.timestamp()))),
        ("pipeline_id", pipeline.map(Value::from)),
        ("status_id", stage.map(Value::from)),
        (
            "responsible_user_id",
            draft.responsible.as_ref().map(parse).transpose()?.map(Value::from),
        ),
        ("custom_fields_values", custom_fields(&[], &[], &draft.fields)?),
        ("tags_to_add", tags(&draft.tags)),
        ("_embedded", (embedded != json!({})).then_some(embedded)),
        ("request_id", Some(json!("0"))),
    ]);
    let about = contact.map(|id| format!("contacts/{id}"));
    made(api, "leads", "leads", item, about).await
}

pub(super) async fn update(
    api: &Api<'_>,
    deal: i64,
    fields: &[FieldValue],
    names: &[String],
) -> Result<Effect, CrmError> {
    let item = object([
        ("custom_fields_values", custom_fields(&[], &[], fields)?),
        ("tags_to_add", tags(names)),
    ]);
    if item == json!({}) {
        return Ok(Effect { id: Some(CrmId::from(deal)), ..Effect::default() });
    }
    patch(api, &format!("leads/{deal}"), item).await
}

/// A move without its stage is no move: what other writes leave out and go on is refused here.
pub(super) async fn move_to(api: &Api<'_>, deal: i64, to: &StageRef) -> Result<Effect, CrmError> {
    let item = json!({ "pipeline_id": parse(&to.pipeline)?, "status_id": parse(&to.stage)? });
    let effect = patch(api, &format!("leads/{deal}"), item).await?;
    if effect.dropped_stage.is_some() {
        return Err(rejected(
            "Этого этапа в amoCRM больше нет. Обновите страницу и выберите другой этап.",
            "amoCRM no longer has this stage. Reload the page and choose another one.",
        ));
    }
    Ok(effect)
}
