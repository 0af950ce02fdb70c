//! What the pages for people share: their look, their small script, the news of changes, and the
//! words of a refusal.
//!
//! A page stays one file that fetches nothing: `page.css` and `page.js` are put where it names them.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{
        Html,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::serving::Shared;

/// A refusal; its `error` is shown to the person.
pub(crate) type Problem = (StatusCode, Json<Value>);
pub(crate) type Said = Result<Json<Value>, Problem>;

pub(crate) fn missing(what: &str) -> Problem {
    (StatusCode::NOT_FOUND, Json(json!({ "error": what })))
}

pub(crate) fn wrong(what: impl std::fmt::Display) -> Problem {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": what.to_string() })))
}

/// The page itself, with the shared look and script in it, and the news that it follows.
pub(crate) fn routes<O, W, B>(own: &str) -> Router<Arc<Shared<O, W, B>>>
where
    O: Send + Sync + 'static,
    W: Send + 'static,
    B: Send + Sync + 'static,
{
    let page = whole(own);
    Router::new()
        .route("/", get(|| async { Html(page) }))
        .route("/sandbox/events", get(events::<O, W, B>))
}

fn whole(own: &str) -> String {
    own.replace("/* page.css */", include_str!("page/page.css"))
        .replace("// page.js", include_str!("page/page.js"))
}

/// One event per change, and several changes may share one; the page asks again for what it shows.
async fn events<O: 'static, W: 'static, B: 'static>(
    State(shared): State<Arc<Shared<O, W, B>>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<O, W, B>> {
    let numbers = shared.changes();
    let events = numbers.map(|number| Ok(Event::default().data(number.to_string())));
    Sse::new(events).keep_alive(KeepAlive::default())
}

#[cfg(test)]
mod tests {
    use super::whole;

    /// amoCRM's page looks its own way and shares the script alone; its own parts are put together by it.
    #[test]
    fn every_page_is_one_file_with_the_shared_script_in_it() {
        let pages = [
            include_str!("amo/page.html"),
            include_str!("autoru/page.html"),
            include_str!("avito/page.html"),
            include_str!("sms/page.html"),
            include_str!("telegram/page.html"),
            include_str!("viber/page.html"),
            include_str!("vk/page.html"),
        ];
        for page in pages.map(whole) {
            assert_eq!(page.matches("function oneAtATime(").count(), 1);
            for outside in ["page.css", "page.js", "src=\"", "<link rel=\"stylesheet"] {
                assert!(!page.contains(outside), "{outside}");
            }
        }
    }
}
