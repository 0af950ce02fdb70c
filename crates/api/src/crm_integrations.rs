//! What is passed to a CRM, and how (AMO-2 to AMO-12): the rules, their preview and their trial.

use app::{CrmExample, ImaginedEnquiry, IntegrationForm};
use axum::{extract::State, http::StatusCode};
use domain::{
    attribution::Attribution,
    conversation::ConversationKind,
    crm::{Names, Settings},
    crm_view::{CrmNamesView, IntegrationView, TriedCrm},
    ids::{ChannelId, ConversationId, IntegrationId, PortalId},
    scenario::EnquiryOrder,
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_integrations, create_integration))
        .routes(routes!(get_integration, save_integration, delete_integration))
        .routes(routes!(move_integration))
        .routes(routes!(preview_crm_names))
        .routes(routes!(try_integration))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIntegrationBody {
    portal_id: PortalId,
    name: String,
    #[serde(default)]
    enabled: bool,
    /// The document of the portal's kind; what is absent has the default of its rule.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IntegrationBody {
    /// The one that was read: what somebody else saved meanwhile is not overwritten.
    revision: i64,
    name: String,
    enabled: bool,
    #[schema(value_type = Object)]
    settings: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveBody {
    /// The one that was read.
    revision: i64,
    /// Where to.
    portal_id: PortalId,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NamesBody {
    names: Names,
    /// Filled with this conversation's values; absent: with examples.
    conversation_id: Option<ConversationId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TryBody {
    /// Unsaved ones; absent: those of the integration.
    settings: Option<Settings>,
    /// A conversation that is there, as if it came now.
    conversation_id: Option<ConversationId>,
    /// An imagined enquiry, where no conversation is named.
    sample: Option<SampleBody>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct SampleBody {
    channel_id: Option<ChannelId>,
    kind: Option<ConversationKind>,
    name: String,
    phone: String,
    email: String,
    text: String,
    attribution: Attribution,
    #[schema(value_type = Option<String>)]
    order: Option<EnquiryOrder>,
}

/// Integrations
#[utoipa::path(get, path = "/api/v1/crm/integrations", operation_id = "list_integrations",
    tag = "crm", responses((status = 200, body = Page<IntegrationView>), Refusals))]
async fn list_integrations(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<IntegrationView>>, Problem> {
    Ok(Json(Page { items: api.app.integrations(&actor).await?, next: None }))
}

/// Make an integration
#[utoipa::path(post, path = "/api/v1/crm/integrations", operation_id = "create_integration",
    tag = "crm", request_body = NewIntegrationBody,
    responses((status = 201, body = IntegrationView), Refusals))]
async fn create_integration(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<NewIntegrationBody>,
) -> Result<(StatusCode, Json<IntegrationView>), Problem> {
    let NewIntegrationBody { portal_id, name, enabled, settings } = body;
    let form = IntegrationForm { name, enabled, settings };
    let made = api.app.create_integration(&actor, portal_id, form).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One integration
#[utoipa::path(get, path = "/api/v1/crm/integrations/{integration_id}",
    operation_id = "get_integration", tag = "crm",
    params(("integration_id" = IntegrationId, Path)),
    responses((status = 200, body = IntegrationView), Refusals))]
async fn get_integration(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<IntegrationId>,
) -> Result<Json<IntegrationView>, Problem> {
    Ok(Json(api.app.integration(&actor, id).await?))
}

/// Save an integration's rules
#[utoipa::path(put, path = "/api/v1/crm/integrations/{integration_id}",
    operation_id = "save_integration", tag = "crm",
    params(("integration_id" = IntegrationId, Path)), request_body = IntegrationBody,
    responses((status = 200, body = IntegrationView), Refusals))]
async fn save_integration(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<IntegrationId>,
    Json(body): Json<IntegrationBody>,
) -> Result<Json<IntegrationView>, Problem> {
    let IntegrationBody { revision, name, enabled, settings } = body;
    let form = IntegrationForm { name, enabled, settings };
    Ok(Json(api.app.save_integration(&actor, id, revision, form).await?))
}

/// Remove an integration; what it made in the CRM stays there
#[utoipa::path(delete, path = "/api/v1/crm/integrations/{integration_id}",
    operation_id = "delete_integration", tag = "crm",
    params(("integration_id" = IntegrationId, Path)),
    responses((status = 204, description = "Removed"), Refusals))]
async fn delete_integration(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<IntegrationId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_integration(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an integration another CRM account. Another one with the same settings takes its place, because
/// what was passed on stays with the former account; it is off where the new one lacks something that its
/// settings name
#[utoipa::path(post, path = "/api/v1/crm/integrations/{integration_id}/move",
    operation_id = "move_integration", tag = "crm",
    params(("integration_id" = IntegrationId, Path)), request_body = MoveBody,
    responses((status = 200, body = IntegrationView, description = "What took its place"), Refusals))]
async fn move_integration(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<IntegrationId>,
    Json(body): Json<MoveBody>,
) -> Result<Json<IntegrationView>, Problem> {
    let MoveBody { revision, portal_id } = body;
    Ok(Json(api.app.move_integration(&actor, id, revision, portal_id).await?))
}

/// Fill name templates
#[utoipa::path(post, path = "/api/v1/crm/integrations/{integration_id}/preview",
    operation_id = "preview_crm_names", tag = "crm",
    params(("integration_id" = IntegrationId, Path)), request_body = NamesBody,
    responses((status = 200, body = CrmNamesView), Refusals))]
async fn preview_crm_names(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<IntegrationId>,
    Json(body): Json<NamesBody>,
) -> Result<Json<CrmNamesView>, Problem> {
    let app = &api.app;
    Ok(Json(app.preview_crm_names(&actor, id, body.names, body.conversation_id).await?))
}

/// What would be done with an example; the CRM is asked, nothing is written
#[utoipa::path(post, path = "/api/v1/crm/integrations/{integration_id}/try",
    operation_id = "try_integration", tag = "crm",
    params(("integration_id" = IntegrationId, Path)), request_body = TryBody,
    responses((status = 200, body = TriedCrm), Refusals))]
async fn try_integration(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<IntegrationId>,
    Json(body): Json<TryBody>,
) -> Result<Json<TriedCrm>, Problem> {
    let example = match (body.conversation_id, body.sample.unwrap_or_default()) {
        (Some(conversation), _) => CrmExample::Conversation(conversation),
        (None, sample) => CrmExample::Imagined(Box::new(ImaginedEnquiry {
            channel: sample.channel_id,
            kind: sample.kind,
            name: sample.name,
            phone: sample.phone,
            email: sample.email,
            text: sample.text,
            attribution: sample.attribution,
            order: sample.order,
        })),
    };
    Ok(Json(api.app.try_crm(&actor, id, body.settings, example).await?))
}
