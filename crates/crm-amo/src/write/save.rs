//! One write, tried again without what amoCRM refuses.

use crm::CrmError;
use domain::crm::Effect;
use net::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::{Api, Failure, unreadable},
    repair::{MAX_REPAIRS, Repair, repair},
};

/// Where a write goes.
pub(super) struct Save<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    /// Creations go as a list, and ours is always of one.
    pub(super) in_list: bool,
}

/// Writes the item. `None`: what it is about is gone, which the effect says too.
pub(super) async fn save<T: for<'de> Deserialize<'de>>(
    api: &Api<'_>,
    to: &Save<'_>,
    mut item: Value,
    effect: &mut Effect,
) -> Result<Option<T>, CrmError> {
    for tried in 0.. {
        let body = if to.in_list { json!([item]) } else { item.clone() };
        let failure = match api.change(to.method.clone(), to.path, &body).await {
            Ok(Some(answer)) => return Ok(Some(answer)),
            Ok(None) => return Err(unreadable(&to.method, "an empty body")),
            Err(failure) => failure,
        };
        let Failure::Refused(refusal) = &failure else {
            return gone_or_failed(failure, effect);
        };
        match repair(&mut item, refusal, effect) {
            Repair::Mended if tried < MAX_REPAIRS && is_something(&item) => {}
            // Everything that was to be changed is dead: nothing is left to write.
            Repair::Mended if tried < MAX_REPAIRS => return Ok(None),
            Repair::Gone => return gone_or_failed(Failure::Absent, effect),
            Repair::Mended | Repair::Hopeless => return Err(failure.into_error()),
        }
    }
    Ok(None)
}

fn is_something(item: &Value) -> bool {
    item.as_object().is_some_and(|fields| !fields.is_empty())
}

fn gone_or_failed<T>(failure: Failure, effect: &mut Effect) -> Result<Option<T>, CrmError> {
    match failure {
        Failure::Absent => {
            effect.target_gone = true;
            Ok(None)
        }
        failure => Err(failure.into_error()),
    }
}
