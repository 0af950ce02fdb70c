//! Webhooks of an account: forms in PHP's brackets, unsigned, several changes in one.
//! Source: <https://www.amocrm.ru/developers/content/crm_platform/webhooks-format>.
//!
//! A change is told by what the entity is now, whatever the event was called: events come late, twice,
//! merged into one or not at all, so each of them says everything it knows. Whoever reads it compares
//! it with what is known already.

use chrono::NaiveDateTime;
use crm::HookError;
use domain::{
    clock::Instant,
    crm::{Change, CrmId, Entity, Happening, StageRef},
};

use crate::{
    form::{self, Node},
    wire::moment,
};

/// Sections that we read, and those that we know and let be.
const IGNORED: [&str; 7] =
    ["account", "customers", "message", "talk", "catalogs", "chat_template_review", "add"];
/// How deep an item may be hidden: the documentation's own task stands one level deeper than others.
const MAX_NESTING: usize = 3;
/// amoCRM merges some hundred at most, and has two seconds for the answer.
const MOST_ITEMS: usize = 1_000;
/// A name has no more letters, nor a uid.
const LONGEST_NAME: usize = 255;

pub(crate) fn parse(content_type: &str, body: &[u8]) -> Result<Vec<Change>, HookError> {
    let tree = if content_type.to_ascii_lowercase().contains("json") {
        let value = serde_json::from_slice(body)
            .map_err(|error| HookError::Unreadable(error.to_string()))?;
        form::of_json(&value)
    } else {
        form::decode(body).ok_or(HookError::TooMuch)?
    };
    let Node::Map(sections) = &tree else {
        return Err(HookError::Unreadable("the body is not a tree".to_owned()));
    };
    let mut changes = Vec::new();
    let (mut known, mut count) = (false, 0);
    for (section, actions) in sections {
        let read: fn(&str, &Node) -> Vec<Change> = match section.as_str() {
            "leads" => lead,
            "contacts" => contact,
            "companies" => company,
            "task" | "tasks" => task,
            "unsorted" => unsorted,
            other => {
                known |= IGNORED.contains(&other);
                continue;
            }
        };
        known = true;
        let Node::Map(actions) = actions else { continue };
        for (action, items) in actions {
            for item in self::items(items) {
                count += 1;
                if count > MOST_ITEMS {
                    return Err(HookError::TooMuch);
                }
                changes.extend(read(action, &item));
            }
        }
    }
    if known { Ok(without_repeats(changes)) } else { Err(HookError::NothingKnown) }
}

/// The entities below an action: `[0][id]`, one level deeper, or just the id itself, as deletions come.
fn items(node: &Node) -> Vec<Node> {
    fn collect(node: &Node, depth: usize, found: &mut Vec<Node>) {
        match node {
            Node::Text(id) if is_id(id) => found
                .push(Node::Map([("id".to_owned(), Node::Text(id.clone()))].into_iter().collect())),
            Node::Text(_) => {}
            Node::Map(_) if node.text("id").is_some() || node.text("uid").is_some() => {
                found.push(node.clone());
            }
            Node::Map(fields) if depth < MAX_NESTING => {
                // As texts «10» stands before «2», and what happened last has to come last.
                let mut children: Vec<_> = fields.iter().collect();
                children.sort_by_key(|(number, _)| number.parse::<u64>().unwrap_or_default());
                for (_, child) in children {
                    collect(child, depth + 1, found);
                }
            }
            Node::Map(_) => {}
        }
    }
    let mut found = Vec::new();
    collect(node, 0, &mut found);
    found
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit())
}

fn lead(action: &str, item: &Node) -> Vec<Change> {
    let mut changes = common(Entity::Deal, action, item);
    let stage = |pipeline: &str, stage: &str| {
        Some(StageRef { pipeline: id(item, pipeline)?, stage: id(item, stage)? })
    };
    // Without the funnel a stage is nothing: 142 and 143 are in each of them.
    if let Some(to) = stage("pipeline_id", "status_id").filter(|_| !is_end(action)) {
        let from = stage("old_pipeline_id", "old_status_id").or_else(|| {
            Some(StageRef { pipeline: to.pipeline.clone(), stage: id(item, "old_status_id")? })
        });
        changes.extend(change(Entity::Deal, item, Happening::Moved { to, from }));
    }
    changes
}

fn contact(action: &str, item: &Node) -> Vec<Change> {
    // Companies come under the name of contacts.
    let of = match item.text("type") {
        Some("company") => Entity::Company,
        _ => Entity::Contact,
    };
    common(of, action, item)
}

fn company(action: &str, item: &Node) -> Vec<Change> {
    common(Entity::Company, action, item)
}

fn task(action: &str, item: &Node) -> Vec<Change> {
    let mut changes = Vec::new();
    if is_end(action) {
        changes.extend(change(Entity::Task, item, Happening::Removed));
        return changes;
    }
    let happened = match (item.text("status"), item.text("action_close")) {
        (Some("1"), _) | (None, Some("1")) => Some(Happening::TaskDone),
        // That it was made says nothing of what it is now: the word may be late, behind its end.
        (Some(_), _) => (action != "add").then_some(Happening::TaskOpened),
        (None, _) => None,
    };
    changes.extend(happened.and_then(|happened| change(Entity::Task, item, happened)));
    changes.extend(responsible(Entity::Task, item));
    changes
}

fn unsorted(action: &str, item: &Node) -> Vec<Change> {
    let happened = match (action, item.text("action")) {
        ("add", _) => Happening::Added,
        ("delete", Some("accept")) => Happening::Accepted {
            deal: first(item, "accept_result", "leads"),
            contact: first(item, "accept_result", "contacts"),
        },
        ("delete", _) => Happening::Declined,
        _ => return Vec::new(),
    };
    let Some(uid) = item.text("uid").filter(|uid| uid.len() <= LONGEST_NAME) else {
        return Vec::new();
    };
    let change = Change {
        of: Entity::Unsorted,
        id: CrmId::from(uid),
        happened,
        by: id(item, "user_id"),
        at: at(item),
    };
    vec![change]
}

/// The first id of a list, of plain ids or of entities.
fn first(item: &Node, result: &str, list: &str) -> Option<CrmId> {
    match item.get(result)?.get(list)? {
        Node::Text(text) => is_id(text).then(|| CrmId::from(text.as_str())),
        list => items(list).first().and_then(|found| id(found, "id")),
    }
}

/// What all entities with a card have.
fn common(of: Entity, action: &str, item: &Node) -> Vec<Change> {
    let happened = match action {
        "delete" => Some(Happening::Removed),
        "restore" => Some(Happening::Restored),
        "add" => Some(Happening::Added),
        // Notes are their own things below the entity.
        "note" => return Vec::new(),
        _ => None,
    };
    let mut changes = Vec::new();
    changes.extend(happened.and_then(|happened| change(of, item, happened)));
    if !is_end(action) {
        changes.extend(responsible(of, item));
        let name = item.text("name").map(|name| name.chars().take(LONGEST_NAME).collect());
        changes.extend(name.and_then(|name| change(of, item, Happening::Named { name })));
    }
    changes
}

fn is_end(action: &str) -> bool {
    action == "delete" || action == "note"
}

fn responsible(of: Entity, item: &Node) -> Option<Change> {
    let user = id(item, "responsible_user_id")?;
    change(of, item, Happening::Responsible { user })
}

fn change(of: Entity, item: &Node, happened: Happening) -> Option<Change> {
    let by = id(item, "modified_user_id").or_else(|| id(item, "created_user_id"));
    Some(Change { of, id: id(item, "id")?, happened, by, at: at(item) })
}

fn id(item: &Node, name: &str) -> Option<CrmId> {
    item.text(name).filter(|text| is_id(text) && *text != "0").map(CrmId::from)
}

/// Unix seconds; of tasks a date and time whose zone is not told, and which is left out.
fn at(item: &Node) -> Option<Instant> {
    ["last_modified", "updated_at", "created_at", "date_create"]
        .into_iter()
        .filter_map(|name| item.text(name))
        .filter(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").is_err())
        .find_map(|text| moment(text.parse().ok()?))
}

/// Several events of one body say the same of an entity: what was said last stays, in its place, since a
/// deal may have gone there and back. Of moves it is kept whence, where one of them says it.
fn without_repeats(changes: Vec<Change>) -> Vec<Change> {
    let mut kept: Vec<Change> = Vec::new();
    for mut change in changes {
        let same = kept.iter().position(|other| {
            other.of == change.of
                && other.id == change.id
                && match (&other.happened, &change.happened) {
                    (Happening::Moved { to: a, .. }, Happening::Moved { to: b, .. }) => a == b,
                    (a, b) => a == b,
                }
        });
        if let Some(former) = same.map(|at| kept.remove(at))
            && let Happening::Moved { from: known, .. } = former.happened
            && let Happening::Moved { from, .. } = &mut change.happened
        {
            *from = from.take().or(known);
        }
        kept.push(change);
    }
    kept
}
