//! Everything that a person chooses from: users, funnels, fields, kinds of tasks.
//! Sources: the pages `users-api`, `leads_pipelines`, `custom-fields` and `account-info` of
//! <https://www.amocrm.ru/developers/content/crm_platform>.

use crm::{Caller, CrmError};
use domain::crm::{
    CrmField, CrmId, CrmUser, Directory, Entity, FieldChoice, FieldKind, LeadMode, Pipeline,
    PortalTrouble, Stage, StageKind, TaskType,
};

use crate::{
    about,
    api::{Api, Failure},
    list::{self, MOST},
    wire,
};

/// Of every funnel of every account.
pub(crate) const WON: i64 = 142;
/// As [`WON`].
pub(crate) const LOST: i64 = 143;

/// Five calls, and one more for each 250 of something.
pub(crate) async fn directory(api: &Api<'_>, caller: &Caller<'_>) -> Result<Directory, CrmError> {
    let mut fields = fields(api, "contacts", Entity::Contact).await?;
    fields.extend(self::fields(api, "leads", Entity::Deal).await?);
    Ok(Directory {
        users: users(api, caller).await?,
        pipelines: pipelines(api).await?,
        lead_stages: Vec::new(),
        fields,
        task_types: about::account(api, "task_types")
            .await?
            .embedded
            .task_types
            .into_iter()
            .map(|kind| TaskType { id: kind.id.into(), name: kind.name })
            .collect(),
        lead_mode: LeadMode::None,
        fetched_at: Some(caller.gate.now()),
    })
}

/// Only an administrator's token reads users. The token of CRM-7 LITE may be anybody's: then the last
/// known list stays, and the rest works.
async fn users(api: &Api<'_>, caller: &Caller<'_>) -> Result<Vec<CrmUser>, CrmError> {
    let query = [("with", "amojo_id"), ("limit", MOST)];
    let users: Vec<wire::User> = match list::all(api, "users", &query, "users").await {
        Ok(users) => users,
        Err(Failure::Crm(CrmError::Disconnected { trouble: PortalTrouble::NoRights })) => {
            return Ok(caller.directory.users.clone());
        }
        Err(failure) => return Err(failure.into_error()),
    };
    let user = |user: wire::User| CrmUser {
        id: user.id.into(),
        name: user.name,
        email: user.email.trim().to_lowercase(),
        active: user.rights.is_active,
        admin: user.rights.is_admin,
        chat_id: user.amojo_id.filter(|id| !id.is_empty()),
    };
    Ok(users.into_iter().map(user).collect())
}

async fn pipelines(api: &Api<'_>) -> Result<Vec<Pipeline>, CrmError> {
    let found: Vec<wire::Pipeline> =
        list::all(api, "leads/pipelines", &[], "pipelines").await.map_err(Failure::into_error)?;
    let mut pipelines: Vec<Pipeline> = found.into_iter().map(pipeline).collect();
    pipelines.sort_by_key(|pipeline| pipeline.sort);
    Ok(pipelines)
}

fn pipeline(found: wire::Pipeline) -> Pipeline {
    let stage = |status: wire::Status| Stage {
        id: status.id.into(),
        name: status.name,
        sort: status.sort,
        color: status.color,
        kind: match (status.id, status.kind) {
            (_, 1) => StageKind::Unsorted,
            (WON, _) => StageKind::Won,
            (LOST, _) => StageKind::Lost,
            _ => StageKind::Open,
        },
    };
    let mut stages: Vec<Stage> = found.embedded.statuses.into_iter().map(stage).collect();
    stages.sort_by_key(|stage| stage.sort);
    Pipeline {
        id: found.id.into(),
        name: found.name,
        sort: found.sort,
        main: found.is_main,
        archived: found.is_archive,
        stages,
    }
}

async fn fields(api: &Api<'_>, of: &str, entity: Entity) -> Result<Vec<CrmField>, CrmError> {
    let path = format!("{of}/custom_fields");
    let found: Vec<wire::Field> = list::all(api, &path, &[("limit", MOST)], "custom_fields")
        .await
        .map_err(Failure::into_error)?;
    let field = |field: wire::Field| CrmField {
        id: field.id.into(),
        of: entity,
        name: field.name,
        kind: kind(&field.kind),
        code: field.code.filter(|code| !code.is_empty()),
        choices: field
            .enums
            .into_iter()
            .map(|choice| FieldChoice { id: CrmId::from(choice.id), value: choice.value })
            .collect(),
        // `is_api_only` means that people may not write there, and we may.
        read_only: false,
    };
    Ok(found.into_iter().map(field).collect())
}

/// By the names of the page «Доступные типы полей».
fn kind(name: &str) -> FieldKind {
    match name {
        // A short address is one line of plain text.
        "text" | "streetaddress" => FieldKind::Text,
        "textarea" => FieldKind::Textarea,
        "numeric" | "price" => FieldKind::Numeric,
        "monetary" => FieldKind::Monetary,
        "checkbox" => FieldKind::Checkbox,
        "select" => FieldKind::Select,
        "multiselect" => FieldKind::Multiselect,
        "radiobutton" => FieldKind::Radio,
        "date" => FieldKind::Date,
        "date_time" => FieldKind::DateTime,
        "birthday" => FieldKind::Birthday,
        "url" => FieldKind::Url,
        "multitext" => FieldKind::Multitext,
        "smart_address" => FieldKind::Address,
        "tracking_data" => FieldKind::Tracking,
        _ => FieldKind::Other,
    }
}
