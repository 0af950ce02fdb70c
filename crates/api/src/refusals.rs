//! The error answers that any operation may give, for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

use crate::Problem;

/// Of an operation that needs an employee.
pub struct Refusals;

/// Of an operation that anybody may call.
pub struct OpenRefusals;

const OPEN: [(&str, &str); 10] = [
    ("400", "The request cannot be read"),
    ("401", "Not logged in, or the proof is not good (any more)"),
    ("403", "Not allowed: the role, the token's scopes, or the request comes from another site"),
    ("408", "The body came too slowly"),
    ("409", "The state of things says no; `code` tells how"),
    ("413", "The body is too large"),
    ("415", "The body is not plain JSON"),
    ("422", "Fields are wrong; `errors` names them"),
    ("429", "Too many tries; `Retry-After` tells when to come again"),
    ("503", "Temporarily unavailable; `Retry-After` tells when to come again"),
];

fn problem(description: &str) -> RefOr<Response> {
    let schema = Ref::from_schema_name(Problem::name());
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
        .into()
}

impl IntoResponses for OpenRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        OPEN.into_iter().map(|(status, text)| (status.to_owned(), problem(text))).collect()
    }
}

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = OpenRefusals::responses();
        all.insert("404".to_owned(), problem("No such thing, or not visible"));
        all
    }
}
