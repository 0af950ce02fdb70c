//! What an address carries: ids in the path, questions after the `?`.

use axum::{
    extract::{FromRequestParts, rejection::QueryRejection},
    http::{StatusCode, request::Parts},
};
use domain::text::Words;
use serde::de::DeserializeOwned;

use crate::Problem;

/// Parts of the path. What is no id is told like an id of nothing: 404.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Postgres takes no NUL in a text, and no id has one.
        if parts.uri.path().contains("%00") {
            return Err(Problem::not_found());
        }
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Problem::not_found())
    }
}

/// The questions of the address, read strictly.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(bad("NUL"));
        }
        read.map(|axum::extract::Query(value)| Self(value)).map_err(|e| bad(&e.body_text()))
    }
}

fn bad(why: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "bad_query",
        Words::new(
            format!("Проверьте параметры адреса: {why}."),
            format!("Check the parameters of the address: {why}."),
        ),
    )
}
