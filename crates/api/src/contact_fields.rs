//! The company's own fields of contacts.

use axum::{extract::State, http::StatusCode};
use domain::contact_field::{ContactFieldKind, ContactFieldView};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Keyed, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_contact_fields, create_contact_field))
        .routes(routes!(change_contact_field, delete_contact_field))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContactFieldBody {
    /// Under which a contact's `fields` has the value; of no other field, and it stays.
    key: String,
    name: String,
    kind: ContactFieldKind,
    /// Of `choice` alone.
    #[serde(default)]
    choices: Vec<String>,
    #[serde(default)]
    position: i32,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactFieldBody {
    name: String,
    kind: ContactFieldKind,
    /// Of `choice` alone.
    #[serde(default)]
    choices: Vec<String>,
    #[serde(default)]
    position: i32,
}

/// All own fields in the order of the card (at most 50)
#[utoipa::path(get, path = "/api/v1/contact-fields", operation_id = "list_contact_fields",
    tag = "contacts", responses((status = 200, body = Page<ContactFieldView>), Refusals))]
async fn list_contact_fields(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<ContactFieldView>>, Problem> {
    Ok(Json(Page { items: api.app.contact_fields(&actor).await?, next: None }))
}

/// Define an own field
#[utoipa::path(post, path = "/api/v1/contact-fields", operation_id = "create_contact_field",
    tag = "contacts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = NewContactFieldBody,
    responses((status = 201, body = ContactFieldView), Refusals))]
async fn create_contact_field(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<NewContactFieldBody>,
) -> Result<(StatusCode, Json<ContactFieldView>), Problem> {
    let NewContactFieldBody { key: own, name, kind, choices, position } = body;
    let field = ContactFieldView { key: own, name, kind, choices, position };
    let field = api.app.create_contact_field(&actor, field, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(field)))
}

/// Replace a definition. Values that contacts have stay as they are
#[utoipa::path(put, path = "/api/v1/contact-fields/{key}", operation_id = "change_contact_field",
    tag = "contacts", params(("key" = String, Path)), request_body = ContactFieldBody,
    responses((status = 200, body = ContactFieldView), Refusals))]
async fn change_contact_field(
    State(api): State<Api>,
    As(actor): As,
    Path(key): Path<String>,
    Json(body): Json<ContactFieldBody>,
) -> Result<Json<ContactFieldView>, Problem> {
    let ContactFieldBody { name, kind, choices, position } = body;
    let field = ContactFieldView { key, name, kind, choices, position };
    Ok(Json(api.app.change_contact_field(&actor, field).await?))
}

/// Delete a definition; contacts keep their values
#[utoipa::path(delete, path = "/api/v1/contact-fields/{key}",
    operation_id = "delete_contact_field", tag = "contacts", params(("key" = String, Path)),
    responses((status = 204), Refusals))]
async fn delete_contact_field(
    State(api): State<Api>,
    As(actor): As,
    Path(key): Path<String>,
) -> Result<StatusCode, Problem> {
    api.app.delete_contact_field(&actor, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
