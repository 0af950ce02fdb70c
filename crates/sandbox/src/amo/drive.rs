//! The files service of an account.

use std::sync::Arc;

use axum::Router;

use super::world::Shared;

#[derive(Debug, Default)]
pub(super) struct Drive {}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
}
