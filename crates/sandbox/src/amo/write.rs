//! What the writes of all sections share: a batch of changes or one of them, and the frame of the
//! answer.

use serde_json::{Map, Value, json};

use super::{
    acts::Acting,
    answer::{Answer, Refusal, Reply},
    check::{BATCH, items, object},
    gate::Caller,
    world::Shared,
};

/// What is told of each item; one that is wrong refuses them all.
pub(super) type Changed = Result<Vec<Value>, Refusal>;

/// The frame of every answer to a write.
pub(super) fn written(caller: &Caller, name: &str, items: Vec<Value>) -> Reply {
    Reply::Hal(json!({
        "_links": {"self": {"href": format!("{}/{name}", caller.base)}},
        "_embedded": {name: items},
    }))
}

/// PATCH of a section: each item names its thing.
pub(super) fn change(
    shared: &Shared,
    caller: &Caller,
    name: &str,
    body: &[u8],
    all: impl FnOnce(&mut Acting<'_>, &[Map<String, Value>]) -> Changed,
) -> Answer {
    let items = items(body, BATCH)?;
    shared.serve(caller, |acting| Ok(written(caller, name, all(acting, &items)?)))
}

/// PATCH of one thing: its address names it.
pub(super) fn change_one(
    shared: &Shared,
    caller: &Caller,
    id: i64,
    body: &[u8],
    all: impl FnOnce(&mut Acting<'_>, &[Map<String, Value>]) -> Changed,
) -> Answer {
    let mut item = object(body)?;
    item.insert("id".to_owned(), json!(id));
    shared.serve(caller, |acting| {
        let changed = all(acting, &[item])?;
        changed.into_iter().next().map(Reply::Hal).ok_or_else(Refusal::not_found)
    })
}
