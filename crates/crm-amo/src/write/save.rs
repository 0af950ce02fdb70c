//! One write, tried again without what amoCRM refuses.

use crm::CrmError;
use domain::crm::Effect;
use net::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::{Api, Failure, unreadable},
    find::there,
    repair::{MAX_REPAIRS, Repair, repair},
};

/// Where a write goes.
pub(super) struct Save<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    /// Creations go as a list, and ours is always of one.
    pub(super) in_list: bool,
    /// What it is about, if that is another thing than what is made: `leads/31415`.
    pub(super) about: Option<String>,
}

impl Save<'_> {
    /// What is made about nothing can have lost nothing: another decision would meet the same refusal.
    fn needs_something(&self) -> bool {
        self.about.is_some() || self.method != Method::POST
    }
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
            // 204 is what amoCRM says of an unknown id when it is read.
            Ok(None) if to.method == Method::PATCH => {
                effect.target_gone = !is_there(api, to.about.as_deref()).await?;
                return Ok(None);
            }
            Ok(None) => return Err(unreadable(&to.method, "an empty body")),
            Err(failure) => failure,
        };
        let repaired = match &failure {
            Failure::Refused(refusal) => repair(&mut item, refusal, effect),
            Failure::Absent => Repair::Gone,
            Failure::TooHeavy | Failure::Crm(_) => Repair::Hopeless,
        };
        match repaired {
            Repair::Mended if tried < MAX_REPAIRS && is_something(&item) => {}
            // Everything that was to be changed is dead: nothing is left to write.
            Repair::Mended if tried < MAX_REPAIRS => return Ok(None),
            Repair::Gone if to.needs_something() && !is_there(api, to.about.as_deref()).await? => {
                effect.target_gone = true;
                return Ok(None);
            }
            Repair::Gone | Repair::Mended | Repair::Hopeless => return Err(failure.into_error()),
        }
    }
    Ok(None)
}

fn is_something(item: &Value) -> bool {
    item.as_object().is_some_and(|fields| !fields.is_empty())
}

/// Whether the target is there all the same: notes on a deal that waits in «Неразобранное» may be
/// refused, and it must not be taken for a deleted one.
pub(super) async fn is_there(api: &Api<'_>, about: Option<&str>) -> Result<bool, CrmError> {
    #[derive(Deserialize)]
    struct Target {
        #[serde(default)]
        is_deleted: Option<bool>,
    }
    let Some(about) = about else { return Ok(false) };
    let found: Option<Target> = there(api.get(about, &[]).await)?;
    Ok(found.is_some_and(|target| target.is_deleted != Some(true)))
}
