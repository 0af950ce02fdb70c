//! The web face: REST under `/api/v1`, the WebSocket, inbound webhooks, the widget. Translates
//! between HTTP and `app`, and decides nothing. The only crate that knows status codes and the JSON
//! of our own API.

mod problem;

pub use problem::Problem;

use app::App;

/// What handlers share.
#[derive(Clone)]
pub struct Api {
    pub app: App,
}
