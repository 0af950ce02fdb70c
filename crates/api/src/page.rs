//! Lists come in pages: `?limit=1..100&cursor=`, answered with the items and the next cursor.

use std::{fmt::Display, str::FromStr};

use axum::http::StatusCode;
use domain::text::Words;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    pub next: Option<String>,
}

/// Which page is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    pub fn limit(&self) -> Result<i64, Problem> {
        match self.limit {
            None => Ok(50),
            Some(limit) if (1..=100).contains(&limit) => Ok(limit),
            Some(_) => Err(bad(
                "bad_limit",
                "Параметр limit: от 1 до 100.",
                "The limit parameter takes 1 to 100.",
            )),
        }
    }

    /// The same as the use-cases' type.
    pub fn bounded(&self) -> Result<domain::page::Limit, Problem> {
        Ok(u32::try_from(self.limit()?).ok().and_then(|n| n.try_into().ok()).unwrap_or_default())
    }

    /// The cursor as the id or number that it is made of.
    pub fn after<K: FromStr>(&self) -> Result<Option<K>, Problem> {
        self.cursor
            .as_deref()
            .map(|cursor| {
                cursor.parse().map_err(|_| {
                    bad(
                        "bad_cursor",
                        "Параметр cursor: возьмите значение next из прошлого ответа.",
                        "Take the cursor parameter from the next field of the previous answer.",
                    )
                })
            })
            .transpose()
    }
}

impl<T: ToSchema> Page<T> {
    /// A page of at most `limit` items; a full one tells where to go on.
    pub fn of<K: Display>(items: Vec<T>, limit: i64, key: impl Fn(&T) -> K) -> Self {
        let full = i64::try_from(items.len()).is_ok_and(|n| n >= limit);
        let next = items.last().filter(|_| full).map(|last| key(last).to_string());
        Self { items, next }
    }
}

impl<T: ToSchema> From<domain::page::Page<T>> for Page<T> {
    fn from(page: domain::page::Page<T>) -> Self {
        Self { items: page.items, next: page.next }
    }
}

fn bad(code: &str, ru: &str, en: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, Words::new(ru, en))
}
