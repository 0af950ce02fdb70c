//! The page where a person looks into the accounts and acts.

use std::sync::Arc;

use axum::Router;

use super::world::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
}
