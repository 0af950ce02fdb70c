//! The account itself, its users and its pipelines.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal, Reply},
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    tasks,
    world::{Pipeline, Shared, User},
};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v4/account", get(account))
        .route("/api/v4/users", get(users))
        .route("/api/v4/users/{id}", get(user))
        .route("/api/v4/leads/pipelines", get(pipelines))
        .route("/api/v4/leads/pipelines/{id}", get(pipeline))
        .route("/api/v4/leads/pipelines/{id}/statuses", get(statuses))
        .route("/api/v4/leads/pipelines/{id}/statuses/{status}", get(status))
}

async fn account(State(shared): App, caller: Caller, query: Query) -> Answer {
    let drive_url = caller.base.replacen("/a/", "/drive/", 1).replacen("/api/v4", "", 1);
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let mut shown = json!({
            "id": account.id, "name": account.name, "subdomain": account.subdomain,
            "current_user_id": caller.user_id, "country": "RU", "currency": "RUB",
            "currency_symbol": "₽", "customers_mode": "disabled",
            "is_unsorted_on": account.pipelines.values().any(|p| p.is_unsorted_on),
            "is_loss_reason_enabled": true, "is_helpbot_enabled": false,
            "is_technical_account": false, "contact_name_display_order": 1,
            "_links": shape.link("account"),
        });
        if query.with("amojo_id") {
            shown["amojo_id"] = json!(account.amojo_id);
        }
        if query.with("uuid") {
            shown["uuid"] = json!(account.uuid);
        }
        if query.with("version") {
            shown["version"] = json!(16);
        }
        if query.with("drive_url") {
            shown["drive_url"] = json!(drive_url);
        }
        if query.with("is_api_filter_enabled") {
            shown["is_api_filter_enabled"] = json!(account.switches.paid_filter);
        }
        let mut embedded = json!({});
        if query.with("amojo_rights") {
            embedded["amojo_rights"] = json!({"can_direct": true, "can_create_groups": true});
        }
        if query.with("users_groups") {
            let groups = account.groups.iter().map(|(id, name)| json!({"id": id, "name": name}));
            embedded["users_groups"] = json!(groups.collect::<Vec<_>>());
        }
        if query.with("task_types") {
            let types = tasks::TYPES.iter().map(|(id, name, code)| {
                json!({"id": id, "name": name, "color": null, "icon_id": null, "code": code})
            });
            embedded["task_types"] = json!(types.collect::<Vec<_>>());
        }
        if query.with("datetime_settings") {
            embedded["datetime_settings"] = json!({
                "date_pattern": "d.m.Y H:i", "short_date_pattern": "d.m.Y",
                "short_time_pattern": "H:i", "date_format": "d.m.Y", "time_format": "H:i:s",
                "timezone": account.timezone, "timezone_offset": "+03:00",
            });
        }
        if embedded.as_object().is_some_and(|embedded| !embedded.is_empty()) {
            shown["_embedded"] = embedded;
        }
        Ok(Reply::Hal(shown))
    })
}

async fn users(State(shared): App, caller: Caller, query: Query) -> Answer {
    caller.admin()?;
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let all: Vec<&User> = account.users.values().collect();
        page.answer(&shape, "users", &query, "users", &all, |user| shape.user(user, &query))
    })
}

async fn user(State(shared): App, caller: Caller, Path(id): Path<i64>, query: Query) -> Answer {
    caller.admin()?;
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let user = account.users.get(&id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::Hal(shape.user(user, &query)))
    })
}

async fn pipelines(State(shared): App, caller: Caller) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let mut all: Vec<&Pipeline> = account.pipelines.values().collect();
        all.sort_by_key(|pipeline| pipeline.sort);
        let shown: Vec<Value> = all.iter().map(|pipeline| shape.pipeline(pipeline)).collect();
        Ok(Reply::Hal(json!({
            "_total_items": shown.len(), "_links": shape.link("leads/pipelines"),
            "_embedded": {"pipelines": shown},
        })))
    })
}

async fn pipeline(State(shared): App, caller: Caller, Path(id): Path<i64>) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let pipeline = account.pipelines.get(&id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::Hal(shape.pipeline(pipeline)))
    })
}

async fn statuses(State(shared): App, caller: Caller, Path(id): Path<i64>) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let pipeline = account.pipelines.get(&id).ok_or_else(Refusal::not_found)?;
        let all: Vec<Value> = pipeline.statuses.iter().map(|s| shape.status(id, s)).collect();
        Ok(Reply::Hal(json!({"_total_items": all.len(), "_embedded": {"statuses": all}})))
    })
}

async fn status(State(shared): App, caller: Caller, Path((id, of)): Path<(i64, i64)>) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let pipeline = account.pipelines.get(&id).ok_or_else(Refusal::not_found)?;
        let status = pipeline.statuses.iter().find(|status| status.id == of);
        Ok(Reply::Hal(shape.status(id, status.ok_or_else(Refusal::not_found)?)))
    })
}
