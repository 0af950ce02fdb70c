//! Tasks.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{
    acts::{Acting, TaskDraft},
    answer::{Answer, Refusal, Reply},
    check::{BATCH, Batch, Check, items, request_id},
    gate::Caller,
    listing::Page,
    php::Query,
    shape::Shape,
    sift,
    world::{AccountState, Kind, Shared, Task},
    write::{self, Changed, written},
};

type App = State<Arc<Shared>>;

/// Call and meeting; an account can add its own.
pub(super) const TYPES: [(i64, &str, &str); 2] =
    [(1, "Связаться", "CALL"), (2, "Встреча", "MEETING")];

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v4/tasks", get(list).post(add).patch(change))
        .route("/api/v4/tasks/{id}", get(one).patch(change_one))
}

async fn list(State(shared): App, caller: Caller, query: Query) -> Answer {
    shared.look(&caller, |account| {
        let page = Page::asked(&query, 250)?;
        let shape = Shape { account, base: &caller.base };
        let ids = query.integers("filter[entity_id]");
        let kind = query.one("filter[entity_type]").and_then(Kind::named);
        // An entity's id says nothing without its type.
        if !ids.is_empty() && kind.is_none() {
            return Err(Refusal::new(400, "filter[entity_id] needs filter[entity_type]"));
        }
        let completed = query.all("filter[is_completed]").first().map(|text| *text == "1");
        let (users, types) =
            (query.integers("filter[responsible_user_id]"), query.integers("filter[task_type]"));
        let own = query.integers("filter[id]");
        let mut found: Vec<&Task> = account
            .tasks
            .values()
            .filter(|task| !task.deleted)
            .filter(|task| kind.is_none_or(|kind| task.entity.is_some_and(|(of, _)| of == kind)))
            .filter(|task| ids.is_empty() || task.entity.is_some_and(|(_, id)| ids.contains(&id)))
            .filter(|task| completed.is_none_or(|completed| task.is_completed == completed))
            .filter(|task| users.is_empty() || users.contains(&task.responsible_user_id))
            .filter(|task| types.is_empty() || types.contains(&task.task_type_id))
            .filter(|task| own.is_empty() || own.contains(&task.id))
            .collect();
        sift::sort(&query, &mut found, |task| (task.id, task.trail));
        page.answer(&shape, "tasks", &query, "tasks", &found, |task| shape.task(task))
    })
}

async fn one(State(shared): App, caller: Caller, Path(id): Path<i64>) -> Answer {
    shared.look(&caller, |account| {
        let shape = Shape { account, base: &caller.base };
        let task = account.tasks.get(&id).filter(|task| !task.deleted);
        Ok(task.map_or(Reply::Nothing, |task| Reply::Hal(shape.task(task))))
    })
}

fn read(account: &AccountState, check: &mut Check, item: &Map<String, Value>) -> TaskDraft {
    let responsible_user_id = check.integer(item, "responsible_user_id");
    if responsible_user_id.is_some_and(|id| !account.is_active_user(id)) {
        check.no_choice("responsible_user_id");
    }
    let task_type_id = check.integer(item, "task_type_id");
    if task_type_id.is_some_and(|id| TYPES.iter().all(|(known, ..)| *known != id)) {
        check.no_choice("task_type_id");
    }
    let kind = check.text(item, "entity_type");
    let entity_id = check.integer(item, "entity_id");
    let mut entity = None;
    if let Some(name) = kind {
        match (Kind::named(&name), entity_id) {
            (None, _) => check.no_choice("entity_type"),
            (Some(_), None) => check.missing("entity_id"),
            (Some(kind), Some(id)) => {
                if !account.has(kind, id) {
                    check.no_choice("entity_id");
                }
                entity = Some((kind, id));
            }
        }
    } else if entity_id.is_some_and(|id| id != 0) {
        check.missing("entity_type");
    }
    let result = check.object(item, "result").and_then(|result| {
        let mut inner = Check::within("result.");
        let text = inner.filled(result, "text");
        check.findings.append(&mut inner.findings);
        text
    });
    TaskDraft {
        text: check.text(item, "text"),
        complete_till: check.integer(item, "complete_till"),
        task_type_id,
        responsible_user_id,
        entity,
        duration: check.integer(item, "duration"),
        is_completed: check.boolean(item, "is_completed"),
        result,
        created_by: check.integer(item, "created_by"),
        created_at: check.integer(item, "created_at"),
    }
}

impl AccountState {
    /// Whether there is such a thing to be named: it was not deleted, and is none of those people who
    /// wait in Unsorted and cannot be reached before somebody accepts them.
    pub(super) fn has(&self, kind: Kind, id: i64) -> bool {
        match kind {
            Kind::Leads => self.leads.get(&id).is_some_and(|lead| !lead.deleted),
            Kind::Contacts => self.contacts.get(&id).is_some_and(|c| !c.deleted && !c.hidden),
            Kind::Companies => self.companies.get(&id).is_some_and(|c| !c.deleted && !c.hidden),
        }
    }
}

async fn add(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        let mut batch = Batch::default();
        let mut drafts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let draft = read(acting.account, &mut check, item);
            if draft.text.is_some() || check.findings.iter().all(|f| f.path != "text") {
                check.filled(item, "text");
            }
            if draft.complete_till.is_none()
                && check.findings.iter().all(|f| f.path != "complete_till")
            {
                check.missing("complete_till");
            }
            batch.add(&request_id(item, at), check.findings);
            drafts.push((request_id(item, at), draft));
        }
        batch.verdict()?;
        let made = drafts.iter().map(|(request_id, draft)| {
            let id = acting.add_task(draft);
            json!({"id": id, "request_id": request_id, "_links": {"self": {
                "href": format!("{}/tasks/{id}", caller.base)}}})
        });
        let made: Vec<Value> = made.collect();
        Ok(written(&caller, "tasks", made))
    })
}

async fn change(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    let all = |acting: &mut Acting<'_>, items: &[_]| change_all(acting, &caller, items);
    write::change(&shared, &caller, "tasks", &body, all)
}

async fn change_one(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
    body: Bytes,
) -> Answer {
    let all = |acting: &mut Acting<'_>, items: &[_]| change_all(acting, &caller, items);
    write::change_one(&shared, &caller, id, &body, all)
}

fn change_all(acting: &mut Acting<'_>, caller: &Caller, items: &[Map<String, Value>]) -> Changed {
    let mut batch = Batch::default();
    let mut drafts: Vec<(i64, String, TaskDraft)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut check = Check::default();
        let id = check.given_integer(item, "id").unwrap_or_default();
        let known = acting.account.tasks.get(&id).is_some_and(|task| !task.deleted);
        if !known && check.findings.is_empty() {
            check.no_choice("id");
        }
        let draft = read(acting.account, &mut check, item);
        batch.add(&request_id(item, at), check.findings);
        drafts.push((id, request_id(item, at), draft));
    }
    batch.verdict()?;
    let now = acting.now;
    let changed = drafts.iter().map(|(id, request_id, draft)| {
        acting.change_task(*id, draft);
        json!({"id": id, "updated_at": now, "request_id": request_id, "_links": {"self": {
            "href": format!("{}/tasks/{id}", caller.base)}}})
    });
    Ok(changed.collect())
}
