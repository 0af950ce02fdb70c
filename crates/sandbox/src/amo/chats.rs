//! The chats API (amojo).

use std::sync::Arc;

use axum::Router;

use super::world::Shared;

/// Chats and messages of one account.
#[derive(Debug, Default)]
pub(super) struct Chats {}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
}
