//! «Неразобранное»: only forms and calls can be put in here; chats come by the chats service alone.
//! Source: <https://www.amocrm.ru/developers/content/crm_platform/unsorted-api>.

use crm::CrmError;
use domain::crm::{CrmId, Effect, UnsortedDraft};
use net::http::Method;
use serde_json::{Value, json};

use super::{
    contact::Person,
    parse,
    save::{Save, save},
    values::{custom_fields, object, tags},
};
use crate::{
    api::{Api, unreadable},
    wire::{Page, Unsorted},
};

/// The form's sender has an address of the network, which a conversation in a messenger has not.
const NO_IP: &str = "0.0.0.0";

/// The deal has no name: amoCRM gives it its own (AMO-4).
pub(super) async fn create(api: &Api<'_>, draft: &UnsortedDraft) -> Result<Effect, CrmError> {
    let sent_at = draft.created_at.timestamp();
    // A deal that does not exist yet has no tags to add to.
    let tags = tags(&draft.tags).map(|tags| json!({ "tags": tags }));
    let deal = object([
        ("custom_fields_values", custom_fields(&[], &[], &draft.deal_fields)?),
        ("_embedded", tags),
    ]);
    let person = Person::of(api, &draft.phones, &draft.emails, &draft.contact_fields);
    let contact = object([
        ("name", Some(json!(draft.contact_name))),
        ("custom_fields_values", person.values()?),
    ]);
    let item = object([
        ("source_uid", Some(json!(draft.form_id))),
        ("source_name", Some(json!(draft.source))),
        ("pipeline_id", draft.pipeline.as_ref().map(parse).transpose()?.map(Value::from)),
        ("created_at", Some(json!(sent_at))),
        (
            "metadata",
            Some(json!({
                "form_id": draft.form_id,
                "form_name": draft.form_name,
                "form_page": draft.page,
                "form_sent_at": sent_at,
                "referer": draft.referrer,
                "ip": NO_IP,
            })),
        ),
        ("_embedded", Some(json!({ "leads": [deal], "contacts": [contact] }))),
        ("request_id", Some(json!("0"))),
    ]);
    let mut effect = Effect::default();
    let path = "leads/unsorted/forms";
    let creation = Save { method: Method::POST, path, in_list: true, about: None };
    let Some(mut page) = save::<Page>(api, &creation, item, &mut effect).await? else {
        return Ok(effect);
    };
    let made: Vec<Unsorted> =
        page.take("unsorted").map_err(|error| unreadable(&Method::POST, &error.to_string()))?;
    let made = made.first().ok_or_else(|| unreadable(&Method::POST, "no uid"))?;
    Ok(told(made, effect))
}

/// The effect of an «unsorted» with its deal and its contact.
pub(crate) fn told(made: &Unsorted, effect: Effect) -> Effect {
    Effect {
        id: Some(CrmId::from(made.uid.as_str())),
        deal: made.embedded.leads.first().map(|lead| lead.id.into()),
        contact: made.embedded.contacts.first().map(|contact| contact.id.into()),
        ..effect
    }
}
