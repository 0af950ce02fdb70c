//! Contacts: the list, one contact, what is known of a person, merges.

use app::{ContactChange, ContactForm};
use axum::{extract::State, http::StatusCode};
use domain::{
    contact_view::MergeView,
    ids::{ContactId, MergeId, TagId},
    view::ContactView,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, As, Json, Keyed, Path, Problem, Query,
    page::{Page, PageQuery},
    refusals::Refusals,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_contacts, create_contact))
        .routes(routes!(get_contact, change_contact))
        .routes(routes!(add_contact_phone))
        .routes(routes!(remove_contact_phone))
        .routes(routes!(add_contact_email))
        .routes(routes!(remove_contact_email))
        .routes(routes!(tag_contact, untag_contact))
        .routes(routes!(merge_contacts))
        .routes(routes!(list_contact_merges))
        .routes(routes!(undo_contact_merge))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ContactsQuery {
    /// Only those with this tag.
    #[param(value_type = Option<String>)]
    tag: Option<TagId>,
    /// How many items, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContactBody {
    name: String,
    #[serde(default)]
    phones: Vec<String>,
    #[serde(default)]
    emails: Vec<String>,
    /// Own fields: texts, numbers, true/false.
    #[serde(default)]
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactChangeBody {
    /// A name given by hand is not overwritten by services any more.
    name: Option<String>,
    /// Values to set; null takes a field away.
    #[schema(value_type = Option<Object>)]
    fields: Option<Map<String, Value>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PhoneBody {
    /// In any form; read by the company's country when it has no `+`.
    phone: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmailBody {
    email: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeBody {
    /// The contact that becomes part of the one in the address.
    contact_id: ContactId,
}

#[derive(Serialize, ToSchema)]
struct Merged {
    /// For taking it back.
    merge_id: MergeId,
    contact: ContactView,
}

/// Contacts, newest first
#[utoipa::path(get, path = "/api/v1/contacts", operation_id = "list_contacts", tag = "contacts",
    params(ContactsQuery), responses((status = 200, body = Page<ContactView>), Refusals))]
async fn list_contacts(
    State(api): State<Api>,
    As(actor): As,
    Query(query): Query<ContactsQuery>,
) -> Result<Json<Page<ContactView>>, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let limit = page.bounded()?;
    let found = api.app.contacts(&actor, query.tag, page.cursor.as_deref(), limit).await?;
    Ok(Json(found.into()))
}

/// Make a contact by hand
#[utoipa::path(post, path = "/api/v1/contacts", operation_id = "create_contact", tag = "contacts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = NewContactBody, responses((status = 201, body = ContactView), Refusals))]
async fn create_contact(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<NewContactBody>,
) -> Result<(StatusCode, Json<ContactView>), Problem> {
    let form = ContactForm {
        name: body.name,
        phones: body.phones,
        emails: body.emails,
        fields: body.fields,
    };
    let made = api.app.create_contact(&actor, form, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One contact; one that was merged away says where to
#[utoipa::path(get, path = "/api/v1/contacts/{contact_id}", operation_id = "get_contact",
    tag = "contacts", params(("contact_id" = ContactId, Path)),
    responses((status = 200, body = ContactView), Refusals))]
async fn get_contact(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ContactId>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.contact(&actor, id).await?))
}

/// Change a contact's name and own fields
#[utoipa::path(patch, path = "/api/v1/contacts/{contact_id}", operation_id = "change_contact",
    tag = "contacts", params(("contact_id" = ContactId, Path)), request_body = ContactChangeBody,
    responses((status = 200, body = ContactView), Refusals))]
async fn change_contact(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ContactId>,
    Json(body): Json<ContactChangeBody>,
) -> Result<Json<ContactView>, Problem> {
    let change = ContactChange { name: body.name, fields: body.fields };
    Ok(Json(api.app.change_contact(&actor, id, change).await?))
}

/// Give a contact a phone; 409 `phone_taken` names the contact that has it
#[utoipa::path(post, path = "/api/v1/contacts/{contact_id}/phones",
    operation_id = "add_contact_phone", tag = "contacts",
    params(("contact_id" = ContactId, Path)), request_body = PhoneBody,
    responses((status = 200, body = ContactView), Refusals))]
async fn add_contact_phone(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ContactId>,
    Json(body): Json<PhoneBody>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.add_contact_phone(&actor, id, &body.phone).await?))
}

/// Take a phone away from a contact
#[utoipa::path(delete, path = "/api/v1/contacts/{contact_id}/phones/{phone}",
    operation_id = "remove_contact_phone", tag = "contacts",
    params(("contact_id" = ContactId, Path), ("phone" = String, Path)),
    responses((status = 200, body = ContactView), Refusals))]
async fn remove_contact_phone(
    State(api): State<Api>,
    As(actor): As,
    Path((id, phone)): Path<(ContactId, String)>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.remove_contact_phone(&actor, id, &phone).await?))
}

/// Give a contact an address; 409 `email_taken` names the contact that has it
#[utoipa::path(post, path = "/api/v1/contacts/{contact_id}/emails",
    operation_id = "add_contact_email", tag = "contacts",
    params(("contact_id" = ContactId, Path)), request_body = EmailBody,
    responses((status = 200, body = ContactView), Refusals))]
async fn add_contact_email(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ContactId>,
    Json(body): Json<EmailBody>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.add_contact_email(&actor, id, &body.email).await?))
}

/// Take an address away from a contact
#[utoipa::path(delete, path = "/api/v1/contacts/{contact_id}/emails/{email}",
    operation_id = "remove_contact_email", tag = "contacts",
    params(("contact_id" = ContactId, Path), ("email" = String, Path)),
    responses((status = 200, body = ContactView), Refusals))]
async fn remove_contact_email(
    State(api): State<Api>,
    As(actor): As,
    Path((id, email)): Path<(ContactId, String)>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.remove_contact_email(&actor, id, &email).await?))
}

/// Put a tag on a contact
#[utoipa::path(put, path = "/api/v1/contacts/{contact_id}/tags/{tag_id}",
    operation_id = "tag_contact", tag = "contacts",
    params(("contact_id" = ContactId, Path), ("tag_id" = TagId, Path)),
    responses((status = 200, body = ContactView), Refusals))]
async fn tag_contact(
    State(api): State<Api>,
    As(actor): As,
    Path((id, tag)): Path<(ContactId, TagId)>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.tag_contact(&actor, id, tag).await?))
}

/// Take a tag off a contact
#[utoipa::path(delete, path = "/api/v1/contacts/{contact_id}/tags/{tag_id}",
    operation_id = "untag_contact", tag = "contacts",
    params(("contact_id" = ContactId, Path), ("tag_id" = TagId, Path)),
    responses((status = 200, body = ContactView), Refusals))]
async fn untag_contact(
    State(api): State<Api>,
    As(actor): As,
    Path((id, tag)): Path<(ContactId, TagId)>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.untag_contact(&actor, id, tag).await?))
}

/// Make another contact part of this one; can be undone
#[utoipa::path(post, path = "/api/v1/contacts/{contact_id}/merge",
    operation_id = "merge_contacts", tag = "contacts",
    params(("contact_id" = ContactId, Path)), request_body = MergeBody,
    responses((status = 200, body = Merged), Refusals))]
async fn merge_contacts(
    State(api): State<Api>,
    As(actor): As,
    Path(kept): Path<ContactId>,
    Json(body): Json<MergeBody>,
) -> Result<Json<Merged>, Problem> {
    let (merge_id, contact) = api.app.merge_contacts(&actor, kept, body.contact_id).await?;
    Ok(Json(Merged { merge_id, contact }))
}

/// The merges in which a contact took part, newest first (at most 100)
#[utoipa::path(get, path = "/api/v1/contacts/{contact_id}/merges",
    operation_id = "list_contact_merges", tag = "contacts",
    params(("contact_id" = ContactId, Path)),
    responses((status = 200, body = Page<MergeView>), Refusals))]
async fn list_contact_merges(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ContactId>,
) -> Result<Json<Page<MergeView>>, Problem> {
    Ok(Json(Page { items: api.app.contact_merges(&actor, id).await?, next: None }))
}

/// Take a merge back; answers with the contact that is there again
#[utoipa::path(post, path = "/api/v1/contact-merges/{merge_id}/undo",
    operation_id = "undo_contact_merge", tag = "contacts",
    params(("merge_id" = MergeId, Path)),
    responses((status = 200, body = ContactView), Refusals))]
async fn undo_contact_merge(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<MergeId>,
) -> Result<Json<ContactView>, Problem> {
    Ok(Json(api.app.undo_merge(&actor, id).await?))
}
