//! Actions as calls. Nothing is decided here: what an action does not say is not written.

mod contact;
mod deal;
mod file;
mod merge;
mod note;
mod save;
mod task;
mod unsorted;
mod values;

use crm::CrmError;
use domain::crm::{Action, CrmId, Effect, Entity, Ref};
use net::http::Method;
use serde_json::{Value, json};

use crate::api::{Api, rejected};
use save::{Save, save};

pub(crate) use file::finish as finish_file;
pub(crate) use note::{kind as note_kind, text as note_text};
pub(crate) use unsorted::told;

pub(crate) async fn perform(api: &Api<'_>, action: &Action) -> Result<Effect, CrmError> {
    match action {
        Action::CreateContact(draft) => contact::create(api, draft).await,
        Action::UpdateContact { contact, add_phones, add_emails, replace_8, fields, tags } => {
            let additions = contact::Additions {
                phones: add_phones,
                emails: add_emails,
                with_plus_7: *replace_8,
                fields,
                tags,
            };
            contact::update(api, number(contact)?, &additions).await
        }
        Action::CreateDeal(draft) => deal::create(api, draft).await,
        Action::CreateUnsorted(draft) => unsorted::create(api, draft).await,
        Action::UpdateDeal { deal, fields, tags } => {
            deal::update(api, number(deal)?, fields, tags).await
        }
        Action::MoveDeal { deal, to } => deal::move_to(api, number(deal)?, to).await,
        Action::SetResponsible { of, id, user } => {
            let path = format!("{}/{}", section(*of)?, number(id)?);
            let item = json!({ "responsible_user_id": parse(user)? });
            patch(api, &path, item).await
        }
        Action::CreateTask { deal, text, due_at, responsible, kind } => {
            let task = task::Task { deal: number(deal)?, text, due_at: *due_at, responsible, kind };
            task::create(api, &task).await
        }
        Action::AddNote { to, id, body, .. } => {
            note::add(api, section(*to)?, number(id)?, body).await
        }
        Action::EditNote { note, to, id, body, .. } => {
            note::edit(api, section(*to)?, number(id)?, note, body).await
        }
        Action::AttachFile { to, id, file, name, .. } => {
            file::attach(api, section(*to)?, number(id)?, file, name).await
        }
        // No call: what is there is used from now on. A chat is opened by the chats role.
        Action::UseDeal { deal: id }
        | Action::UseLead { lead: id }
        | Action::UseContact { contact: id, .. } => {
            Ok(Effect { id: Some(id.clone()), ..Effect::default() })
        }
        Action::OpenChat { .. } | Action::CreateLead(_) | Action::CreateActivity { .. } => {
            Err(rejected("У amoCRM нет такого действия.", "amoCRM has no such action."))
        }
    }
}

/// A change of an entity that has an id.
async fn patch(api: &Api<'_>, path: &str, item: Value) -> Result<Effect, CrmError> {
    let mut effect = Effect::default();
    let about = Some(path.to_owned());
    let whole = Save { method: Method::PATCH, path, in_list: false, about };
    save::<Value>(api, &whole, item, &mut effect).await?;
    if !effect.target_gone {
        effect.id = path.rsplit('/').next().map(CrmId::from);
    }
    Ok(effect)
}

/// Of the three kinds that have notes, files and a responsible person.
pub(crate) fn section(of: Entity) -> Result<&'static str, CrmError> {
    match of {
        Entity::Contact => Ok("contacts"),
        Entity::Company => Ok("companies"),
        Entity::Deal => Ok("leads"),
        Entity::Lead
        | Entity::Unsorted
        | Entity::Task
        | Entity::Activity
        | Entity::Note
        | Entity::Chat => Err(rejected("У amoCRM такого нет.", "amoCRM has no such thing.")),
    }
}

/// The id that a reference was resolved to.
pub(crate) fn number(at: &Ref) -> Result<i64, CrmError> {
    match at {
        Ref::Id(id) => parse(id),
        Ref::Step(_) => Err(rejected(
            "Предыдущее действие не дало того, к чему относится это.",
            "An earlier action has not made what this one is about.",
        )),
    }
}

/// Ids of amoCRM are whole numbers.
pub(crate) fn parse(id: &CrmId) -> Result<i64, CrmError> {
    id.as_str().parse().map_err(|_| {
        rejected(
            &format!("«{id}» — не идентификатор amoCRM. Обновите списки из CRM и выберите заново."),
            &format!("“{id}” is no id of amoCRM. Refresh the CRM's lists and choose again."),
        )
    })
}
