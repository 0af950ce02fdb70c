//! A visitor's file: one request that carries the bytes and is answered with the message that they
//! became (CV-6). It goes through the same door as what is said over the socket, under the page's own
//! id, so a repeat after a lost answer is stored once.

use std::time::Duration;

use app::Stored;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use channel::SiteFile;
use domain::text::Words;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Api, Path, Problem, Query, visit::come_again, visit_frames::message, whole, widget::Place,
};

/// Above the largest file that a driver takes, so that its own refusal names the limit.
const LONGEST: usize = 21 * 1024 * 1024;
/// Phones send slowly; what takes longer holds one of the few places for nothing.
const SLOWEST: Duration = Duration::from_secs(180);

#[derive(Deserialize)]
pub struct FileQuery {
    client_id: String,
    name: String,
}

/// `POST /widget/{key}/files?client_id=…&name=…`, the body being the file's bytes and the bearer the
/// visitor's token.
pub async fn upload(
    State(api): State<Api>,
    Path(key): Path<String>,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let place = Place::find(&api, &key).await?;
    let token = headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
    let token = token.and_then(|t| t.strip_prefix("Bearer ")).ok_or_else(stranger)?;
    let visitor = api.app.visitor(&place.row, token).await?.ok_or_else(stranger)?;
    api.visitors.files.check(visitor.visitor.to_string())?;
    api.visitors.messages.check(visitor.visitor.to_string())?;
    let Ok(_reading) = api.visitors.reading.try_acquire() else {
        return Err(app::Error::Unavailable("too many files at once".to_owned()).into());
    };
    let bytes = whole::within(SLOWEST, request.into_body(), LONGEST).await?;
    let file = SiteFile { client_id: query.client_id, name: query.name, bytes };
    let id = visitor.visitor.to_string();
    let now = api.app.clock.now();
    let mut said = place
        .site()?
        .upload(&place.ours, &id, file, now)
        .map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "file_refused", why))?;
    said.attribution = visitor.attribution.clone();
    let stored = match api.app.accept_message(&place.row, said).await? {
        Stored::New { message, .. } => message.message_id,
        Stored::Duplicate { message } => message,
        Stored::Later => return Err(app::Error::Unavailable("try again".to_owned()).into()),
        Stored::Gone => return Err(Problem::not_found()),
    };
    let line = match api.app.visitor_identity(&visitor).await? {
        Some(identity) => api.app.site_line(&visitor, identity, stored).await?,
        None => None,
    };
    let unavailable = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", come_again());
    let line = line.ok_or_else(unavailable)?;
    let answer = json!({ "message": message(&line) });
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

fn stranger() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unknown_visitor",
        Words::new("Обновите страницу и повторите.", "Reload the page and try again."),
    )
}
