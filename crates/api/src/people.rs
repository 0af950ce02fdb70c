//! The person who asks, colleagues, groups.

use app::EmployeePatch;
use axum::{extract::State, http::StatusCode};
use domain::{
    ids::{EmployeeId, GroupId},
    people::{Presence, Right, Role},
    people_view::{AccountView, EmployeeView, GroupView},
    visibility::Visibility,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Keyed, Page, PageQuery, Path, Problem, Query, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(get_me, change_me))
        .routes(routes!(set_presence))
        .routes(routes!(list_employees))
        .routes(routes!(get_employee, change_employee))
        .routes(routes!(disable_employee))
        .routes(routes!(enable_employee))
        .routes(routes!(list_groups, create_group))
        .routes(routes!(change_group, delete_group))
}

/// Tells a field that is absent (`None`) from one that is null (`Some(None)`).
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    d: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

#[derive(Serialize, ToSchema)]
struct Me {
    employee: EmployeeView,
    account: AccountView,
    /// What this session or token may do.
    rights: Vec<Right>,
}

/// The person who asks, their company, what they may do
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me", tag = "people",
    responses((status = 200, body = Me), Refusals))]
async fn get_me(State(api): State<Api>, As(actor): As) -> Result<Json<Me>, Problem> {
    let me = api.app.me(&actor).await?;
    Ok(Json(Me { employee: me.employee, account: me.account, rights: me.rights }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MePatch {
    name: Option<String>,
    /// `ru` or `en`.
    language: Option<String>,
}

/// Change one's own name or language
#[utoipa::path(patch, path = "/api/v1/me", operation_id = "change_me", tag = "people",
    request_body = MePatch, responses((status = 200, body = EmployeeView), Refusals))]
async fn change_me(
    State(api): State<Api>,
    As(actor): As,
    Json(patch): Json<MePatch>,
) -> Result<Json<EmployeeView>, Problem> {
    Ok(Json(api.app.change_me(&actor, patch.name, patch.language).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PresenceForm {
    presence: Presence,
}

/// Go on line, on a break, or off
#[utoipa::path(put, path = "/api/v1/me/presence", operation_id = "set_presence", tag = "people",
    request_body = PresenceForm, responses((status = 200, body = EmployeeView), Refusals))]
async fn set_presence(
    State(api): State<Api>,
    As(actor): As,
    Json(form): Json<PresenceForm>,
) -> Result<Json<EmployeeView>, Problem> {
    Ok(Json(api.app.set_presence(&actor, form.presence).await?))
}

/// Colleagues
#[utoipa::path(get, path = "/api/v1/employees", operation_id = "list_employees", tag = "people",
    params(PageQuery), responses((status = 200, body = Page<EmployeeView>), Refusals))]
async fn list_employees(
    State(api): State<Api>,
    As(actor): As,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<EmployeeView>>, Problem> {
    let limit = page.limit()?;
    let items = api.app.employees(&actor, page.after()?, limit).await?;
    Ok(Json(Page::of(items, limit, |e| e.employee_id)))
}

/// One colleague
#[utoipa::path(get, path = "/api/v1/employees/{employee_id}", operation_id = "get_employee",
    tag = "people", params(("employee_id" = EmployeeId, Path)),
    responses((status = 200, body = EmployeeView), Refusals))]
async fn get_employee(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EmployeeId>,
) -> Result<Json<EmployeeView>, Problem> {
    Ok(Json(api.app.employee(&actor, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmployeeForm {
    name: Option<String>,
    role: Option<Role>,
    visibility: Option<Visibility>,
    /// 1 to 1000; null: no limit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 1000)]
    capacity: Option<Option<i32>>,
    language: Option<String>,
    /// The employee is in these groups and no others.
    groups: Option<Vec<GroupId>>,
}

/// Change an employee; absent fields stay
#[utoipa::path(patch, path = "/api/v1/employees/{employee_id}", operation_id = "change_employee",
    tag = "people", params(("employee_id" = EmployeeId, Path)), request_body = EmployeeForm,
    responses((status = 200, body = EmployeeView), Refusals))]
async fn change_employee(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EmployeeId>,
    Json(form): Json<EmployeeForm>,
) -> Result<Json<EmployeeView>, Problem> {
    let patch = EmployeePatch {
        name: form.name,
        role: form.role,
        visibility: form.visibility,
        capacity: form.capacity,
        language: form.language,
        groups: form.groups,
    };
    Ok(Json(api.app.change_employee(&actor, id, patch).await?))
}

/// Shut an employee out at once
#[utoipa::path(post, path = "/api/v1/employees/{employee_id}/disable",
    operation_id = "disable_employee", tag = "people",
    params(("employee_id" = EmployeeId, Path)),
    responses((status = 200, body = EmployeeView), Refusals))]
async fn disable_employee(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EmployeeId>,
) -> Result<Json<EmployeeView>, Problem> {
    Ok(Json(api.app.disable_employee(&actor, id).await?))
}

/// Let an employee in again
#[utoipa::path(post, path = "/api/v1/employees/{employee_id}/enable",
    operation_id = "enable_employee", tag = "people",
    params(("employee_id" = EmployeeId, Path)),
    responses((status = 200, body = EmployeeView), Refusals))]
async fn enable_employee(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EmployeeId>,
) -> Result<Json<EmployeeView>, Problem> {
    Ok(Json(api.app.enable_employee(&actor, id).await?))
}

/// Groups with their members
#[utoipa::path(get, path = "/api/v1/groups", operation_id = "list_groups", tag = "people",
    params(PageQuery), responses((status = 200, body = Page<GroupView>), Refusals))]
async fn list_groups(
    State(api): State<Api>,
    As(actor): As,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<GroupView>>, Problem> {
    let limit = page.limit()?;
    let items = api.app.groups(&actor, page.after()?, limit).await?;
    Ok(Json(Page::of(items, limit, |g| g.group_id)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupForm {
    name: String,
    #[serde(default)]
    members: Vec<EmployeeId>,
}

/// Make a group
#[utoipa::path(post, path = "/api/v1/groups", operation_id = "create_group", tag = "people",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = GroupForm, responses((status = 201, body = GroupView), Refusals))]
async fn create_group(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<GroupForm>,
) -> Result<(StatusCode, Json<GroupView>), Problem> {
    let group = api.app.create_group(&actor, &body.name, &body.members, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(group)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupPatch {
    name: Option<String>,
    /// These employees and no others.
    members: Option<Vec<EmployeeId>>,
}

/// Rename a group or set its members
#[utoipa::path(patch, path = "/api/v1/groups/{group_id}", operation_id = "change_group",
    tag = "people", params(("group_id" = GroupId, Path)), request_body = GroupPatch,
    responses((status = 200, body = GroupView), Refusals))]
async fn change_group(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<GroupId>,
    Json(patch): Json<GroupPatch>,
) -> Result<Json<GroupView>, Problem> {
    let (name, members) = (patch.name.as_deref(), patch.members.as_deref());
    Ok(Json(api.app.change_group(&actor, id, name, members).await?))
}

/// Delete a group that no conversation names
#[utoipa::path(delete, path = "/api/v1/groups/{group_id}", operation_id = "delete_group",
    tag = "people", params(("group_id" = GroupId, Path)),
    responses((status = 204), Refusals))]
async fn delete_group(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<GroupId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_group(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
