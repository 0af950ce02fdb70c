//! Telling clients that one of the company's short lists is to be read anew.

use domain::event::{Directory, EventKind, NewEvent};
use serde_json::json;
use store::TenantTx;

/// To be called in the transaction of the change.
pub(crate) fn changed(tx: &mut TenantTx, of: Directory) {
    tx.append(NewEvent {
        kind: EventKind::DirectoryChanged,
        conversation: None,
        audience: None,
        was: None,
        payload: json!({ "of": of }),
    });
}
