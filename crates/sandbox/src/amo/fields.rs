//! Custom fields of each kind of entity.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Reply},
    check::{BATCH, Batch, Check, items, request_id},
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    world::{AccountState, Field, FieldEnum, Kind, Shared},
};

type App = State<Arc<Shared>>;

pub(super) const TYPES: [&str; 19] = [
    "text",
    "numeric",
    "checkbox",
    "select",
    "multiselect",
    "multitext",
    "date",
    "url",
    "textarea",
    "radiobutton",
    "streetaddress",
    "smart_address",
    "birthday",
    "date_time",
    "price",
    "tracking_data",
    "monetary",
    "chained_list",
    "file",
];

pub(super) fn routes() -> Router<Arc<Shared>> {
    let mut router = Router::new();
    for kind in [Kind::Leads, Kind::Contacts, Kind::Companies] {
        router = router
            .route(
                &format!("/api/v4/{}/custom_fields", kind.name()),
                get(move |app: App, caller: Caller, query: Query| list(app, caller, query, kind))
                    .post(move |app: App, caller: Caller, body: Bytes| {
                        add(app, caller, body, kind)
                    }),
            )
            .route(
                &format!("/api/v4/{}/custom_fields/{{id}}", kind.name()),
                get(move |app: App, caller: Caller, id: Path<i64>| one(app, caller, id, kind))
                    .delete(move |app: App, caller: Caller, id: Path<i64>| {
                        delete(app, caller, id, kind)
                    }),
            );
    }
    router
}

async fn list(State(shared): App, caller: Caller, query: Query, kind: Kind) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let mut found: Vec<&Field> = account.fields.values().filter(|f| f.kind == kind).collect();
        found.sort_by_key(|field| field.sort);
        let path = format!("{}/custom_fields", kind.name());
        page.answer(&shape, &path, &query, "custom_fields", &found, |field| shape.field(field))
    })
}

async fn one(State(shared): App, caller: Caller, Path(id): Path<i64>, kind: Kind) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let field = account.fields.get(&id).filter(|field| field.kind == kind);
        Ok(field.map_or(Reply::Nothing, |field| Reply::Hal(shape.field(field))))
    })
}

async fn add(State(shared): App, caller: Caller, body: Bytes, kind: Kind) -> Answer {
    caller.admin()?;
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut wanted = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let name = check.filled(item, "name").unwrap_or_default();
            let field_type = check.filled(item, "type").unwrap_or_default();
            if !field_type.is_empty() && !TYPES.contains(&field_type.as_str()) {
                check.no_choice("type");
            }
            let choices: Vec<String> = check
                .list(item, "enums")
                .iter()
                .filter_map(|choice| choice.get("value").and_then(Value::as_str))
                .map(str::to_owned)
                .collect();
            let code = check.text(item, "code");
            batch.add(&request_id(item, at), check.findings);
            wanted.push((name, field_type, choices, code));
        }
        batch.verdict()?;
        let mut made = Vec::new();
        for (name, field_type, choices, code) in wanted {
            let id = acting.ids.made();
            let mut enums = Vec::new();
            for (sort, value) in (1..).zip(choices) {
                enums.push(FieldEnum { id: acting.ids.made(), value, sort });
            }
            let sort = 500 + i64::try_from(acting.account.fields.len()).unwrap_or_default();
            let field = Field {
                id,
                kind,
                name,
                code,
                field_type,
                sort,
                is_api_only: false,
                is_predefined: false,
                enums,
                required_statuses: Vec::new(),
            };
            acting.account.fields.insert(id, field.clone());
            let shape = Shape { account: acting.account, base: &caller.base };
            made.push(shape.field(&field));
        }
        Ok(Reply::Hal(json!({"_total_items": made.len(), "_embedded": {"custom_fields": made}})))
    })
}

async fn delete(State(shared): App, caller: Caller, Path(id): Path<i64>, kind: Kind) -> Answer {
    caller.admin()?;
    shared.serve(&caller, |acting| {
        if acting.account.fields.get(&id).is_some_and(|field| field.kind == kind) {
            acting.account.drop_field(id);
        }
        Ok(Reply::Nothing)
    })
}

impl AccountState {
    /// The field and all its values are gone.
    pub(super) fn drop_field(&mut self, id: i64) {
        self.fields.remove(&id);
        let people = self.contacts.values_mut().chain(self.companies.values_mut());
        people.for_each(|contact| {
            contact.values.remove(&id);
        });
        self.leads.values_mut().for_each(|lead| {
            lead.values.remove(&id);
        });
    }
}
