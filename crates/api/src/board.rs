//! The live board (RP-2).

use axum::extract::State;
use domain::board::BoardView;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Problem, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get_board))
}

/// What goes on now and what happened today; docs/metrics.md defines each figure
#[utoipa::path(get, path = "/api/v1/board", operation_id = "get_board", tag = "reports",
    responses((status = 200, body = BoardView), Refusals))]
async fn get_board(State(api): State<Api>, As(actor): As) -> Result<Json<BoardView>, Problem> {
    Ok(Json(api.app.board(&actor).await?))
}
