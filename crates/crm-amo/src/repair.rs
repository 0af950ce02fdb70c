//! One dead field, user or stage makes amoCRM refuse the whole write (400 with `validation-errors`).
//! Then the dead part is taken out and the rest is saved: a company must not lose thirteen fields of a
//! deal because somebody deleted the fourteenth. What was left out is said in the effect.
//!
//! Pure: the request's item and the refusal go in, the mended item comes out.

use domain::crm::{CrmId, Effect, StageRef};
use serde_json::{Map, Value};

use crate::refusal::{Finding, Refusal};

/// Each repair takes something out, and a service may name what is dead one by one; but it is not
/// followed for ever.
pub(crate) const MAX_REPAIRS: usize = 20;

/// What can be done about a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    /// Something was taken out: try again.
    Mended,
    /// What the write is about is not there.
    Gone,
    /// A person must see it.
    Hopeless,
}

/// Takes out of `item` what was refused, and says so in `effect`.
pub(crate) fn repair(item: &mut Value, refusal: &Refusal, effect: &mut Effect) -> Repair {
    let mut mended = false;
    // The last first: taking one out moves those behind it.
    let mut findings: Vec<&Finding> = refusal.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(steps(&finding.path)));
    for finding in findings {
        let path = steps(&finding.path);
        if is_about(&path, item) {
            return Repair::Gone;
        }
        mended |= take_out(item, &path, effect);
    }
    if mended { Repair::Mended } else { Repair::Hopeless }
}

/// A step into an object, or the number of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Name(String),
    Item(usize),
}

/// `custom_fields_values.0.field_id`; some answers put the number of the batch's item before it.
fn steps(path: &str) -> Vec<Step> {
    let step = |text: &str| match text.parse() {
        Ok(number) => Step::Item(number),
        Err(_) => Step::Name(text.to_owned()),
    };
    let steps: Vec<Step> = path.split('.').filter(|text| !text.is_empty()).map(step).collect();
    match steps.split_first() {
        Some((Step::Item(_), rest)) => rest.to_vec(),
        _ => steps,
    }
}

fn named(path: &[Step]) -> Vec<&str> {
    path.iter()
        .filter_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Item(_) => None,
        })
        .collect()
}

/// The entity itself, or the one that the write is hung on. A contact that is made by the same write is
/// no such thing.
fn is_about(path: &[Step], item: &Value) -> bool {
    match named(path).as_slice() {
        ["id"] | ["entity_id"] => true,
        ["_embedded", "contacts"] | ["_embedded", "contacts", "id"] => {
            item.pointer("/_embedded/contacts/0/id").is_some()
        }
        _ => false,
    }
}

fn take_out(item: &mut Value, path: &[Step], effect: &mut Effect) -> bool {
    let Value::Object(fields) = item else { return false };
    let Some((Step::Name(name), rest)) = path.split_first() else { return false };
    match (name.as_str(), rest) {
        ("custom_fields_values", rest) => {
            take_label(fields, rest) || take_field(fields, rest, effect)
        }
        ("responsible_user_id", _) => take_responsible(fields, effect),
        ("status_id" | "pipeline_id", _) => take_stage(fields, effect),
        ("task_type_id", _) => fields.remove(name).is_some(),
        ("tags_to_add", _) => fields.remove(name).is_some(),
        // Inside an «unsorted»: its contact and its deal are written with it.
        ("_embedded", [Step::Name(part), Step::Item(n), rest @ ..]) => fields
            .get_mut("_embedded")
            .and_then(|embedded| embedded.get_mut(part)?.get_mut(*n))
            .is_some_and(|inner| take_out(inner, rest, effect)),
        ("_embedded", [Step::Name(part), ..]) if part == "tags" || part == "companies" => fields
            .get_mut("_embedded")
            .and_then(Value::as_object_mut)
            .is_some_and(|embedded| embedded.remove(part).is_some()),
        _ => false,
    }
}

/// Of a phone or an e-mail only its label: the number itself is what counts.
fn take_label(fields: &mut Map<String, Value>, rest: &[Step]) -> bool {
    let [Step::Item(n), Step::Name(_), Step::Item(m), Step::Name(label)] = rest else {
        return false;
    };
    let field = fields.get_mut("custom_fields_values").and_then(|fields| fields.get_mut(*n));
    let Some(field) = field.filter(|field| field.get("field_code").is_some()) else { return false };
    let value = field.get_mut("values").and_then(|values| values.get_mut(*m));
    matches!(label.as_str(), "enum_id" | "enum_code")
        && value.and_then(Value::as_object_mut).is_some_and(|value| value.remove(label).is_some())
}

/// One field with its values; without a number, all of them, since nothing says which it is.
fn take_field(fields: &mut Map<String, Value>, rest: &[Step], effect: &mut Effect) -> bool {
    const VALUES: &str = "custom_fields_values";
    let Some(Value::Array(values)) = fields.get_mut(VALUES) else { return false };
    let taken: Vec<Value> = match rest.first() {
        Some(Step::Item(n)) if *n < values.len() => vec![values.remove(*n)],
        Some(Step::Item(_)) => Vec::new(),
        Some(Step::Name(_)) | None => std::mem::take(values),
    };
    if values.is_empty() {
        fields.remove(VALUES);
    }
    for field in &taken {
        let id = match (field.get("field_id"), field.get("field_code")) {
            (Some(Value::Number(id)), _) => id.to_string(),
            (_, Some(Value::String(code))) => code.clone(),
            _ => continue,
        };
        if !effect.dropped_fields.contains(&CrmId(id.clone())) {
            effect.dropped_fields.push(CrmId(id));
        }
    }
    !taken.is_empty()
}

fn take_responsible(fields: &mut Map<String, Value>, effect: &mut Effect) -> bool {
    let Some(user) = fields.remove("responsible_user_id") else { return false };
    effect.dropped_responsible = user.as_i64().map(CrmId::from);
    true
}

/// Both, since a stage without its funnel is another one.
fn take_stage(fields: &mut Map<String, Value>, effect: &mut Effect) -> bool {
    let stage = fields.remove("status_id");
    let pipeline = fields.remove("pipeline_id");
    let text = |id: &Option<Value>| {
        CrmId(id.as_ref().and_then(Value::as_i64).map(|id| id.to_string()).unwrap_or_default())
    };
    let taken = stage.is_some() || pipeline.is_some();
    if taken {
        effect.dropped_stage = Some(StageRef { pipeline: text(&pipeline), stage: text(&stage) });
    }
    taken
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(paths: &[&str]) -> Refusal {
        let finding = |path: &&str| Finding {
            code: "NotSupportedChoice".to_owned(),
            path: (*path).to_owned(),
            detail: String::new(),
        };
        Refusal {
            status: 400,
            detail: String::new(),
            findings: paths.iter().map(finding).collect(),
        }
    }

    fn mend(mut item: Value, paths: &[&str]) -> (Repair, Value, Effect) {
        let mut effect = Effect::default();
        let repair = repair(&mut item, &refused(paths), &mut effect);
        (repair, item, effect)
    }

    fn ids(of: &[CrmId]) -> Vec<&str> {
        of.iter().map(CrmId::as_str).collect()
    }

    #[test]
    fn crm_6_a_deleted_field_does_not_lose_the_others() {
        let field = |id: i64| json!({ "field_id": id, "values": [{ "value": "x" }] });
        let item = json!({ "name": "A", "custom_fields_values": [field(1), field(2), field(3)] });
        let (repair, item, effect) = mend(
            item,
            &["custom_fields_values.0.field_id", "custom_fields_values.2.values.0.enum_id"],
        );
        assert_eq!(repair, Repair::Mended);
        assert_eq!(item, json!({ "name": "A", "custom_fields_values": [field(2)] }));
        assert_eq!(ids(&effect.dropped_fields), ["3", "1"]);
    }

    #[test]
    fn crm_6_the_last_field_goes_with_its_list() {
        let item = json!({ "name": "A", "custom_fields_values": [
            { "field_code": "EMAIL", "values": [{ "value": "broken" }] },
        ]});
        let (_, item, effect) = mend(item, &["0.custom_fields_values.0.values.0.value"]);
        assert_eq!(item, json!({ "name": "A" }));
        assert_eq!(ids(&effect.dropped_fields), ["EMAIL"]);
    }

    #[test]
    fn crm_6_a_phone_is_not_lost_with_its_label() {
        let item = json!({ "name": "A", "custom_fields_values": [
            { "field_code": "PHONE", "values": [{ "value": "+79161234567", "enum_code": "WORK" }] },
        ]});
        let (repair, item, effect) = mend(item, &["custom_fields_values.0.values.0.enum_code"]);
        assert_eq!(repair, Repair::Mended);
        assert_eq!(
            item.pointer("/custom_fields_values/0/values"),
            Some(&json!([{ "value": "+79161234567" }]))
        );
        assert_eq!(effect, Effect::default());
    }

    #[test]
    fn amo_12_a_deactivated_user_is_left_out() {
        let (repair, item, effect) =
            mend(json!({ "name": "A", "responsible_user_id": 7 }), &["responsible_user_id"]);
        assert_eq!((repair, item), (Repair::Mended, json!({ "name": "A" })));
        assert_eq!(effect.dropped_responsible, Some(CrmId::from("7")));
    }

    #[test]
    fn amo_10_a_stage_that_is_gone_takes_its_funnel_along() {
        let (_, item, effect) =
            mend(json!({ "name": "A", "status_id": 5, "pipeline_id": 6 }), &["status_id"]);
        assert_eq!(item, json!({ "name": "A" }));
        let stage = StageRef { pipeline: CrmId::from("6"), stage: CrmId::from("5") };
        assert_eq!(effect.dropped_stage, Some(stage));
    }

    #[test]
    fn amo_4_the_parts_of_an_unsorted_are_mended_too() {
        let item = json!({ "_embedded": { "contacts": [{ "name": "A", "custom_fields_values": [
            { "field_id": 1, "values": [] }, { "field_id": 2, "values": [] },
        ]}], "leads": [{}] } });
        let (repair, item, effect) =
            mend(item, &["_embedded.contacts.0.custom_fields_values.1.field_id"]);
        assert_eq!(repair, Repair::Mended);
        let left = item.pointer("/_embedded/contacts/0/custom_fields_values");
        assert_eq!(left, Some(&json!([{ "field_id": 1, "values": [] }])));
        assert_eq!(ids(&effect.dropped_fields), ["2"]);
    }

    #[test]
    fn amo_3_a_contact_that_is_gone_is_no_reason_to_make_a_deal_of_nobody() {
        for path in ["_embedded.contacts.0.id", "entity_id", "id"] {
            let item = json!({ "name": "A", "_embedded": { "contacts": [{ "id": 1 }] } });
            assert_eq!(mend(item, &[path]).0, Repair::Gone, "{path}");
        }
    }

    /// The contact of an «unsorted» is made with it, so it cannot be gone: that would be tried for ever.
    #[test]
    fn amo_4_a_refused_contact_of_an_unsorted_is_told() {
        let item = json!({ "_embedded": { "contacts": [{ "name": "A" }], "leads": [{}] } });
        assert_eq!(mend(item, &["_embedded.contacts"]).0, Repair::Hopeless);
    }

    #[test]
    fn crm_6_what_is_not_ours_to_leave_out_is_told() {
        for path in ["name", "text", "", "custom_fields_values.9.field_id", "metadata.form_id"] {
            let item = json!({ "name": "A", "custom_fields_values": [{ "field_id": 1 }] });
            let (repair, left, effect) = mend(item.clone(), &[path]);
            assert_eq!((repair, left), (Repair::Hopeless, item), "{path}");
            assert_eq!(effect, Effect::default());
        }
        assert_eq!(mend(json!({}), &[]).0, Repair::Hopeless);
    }
}
