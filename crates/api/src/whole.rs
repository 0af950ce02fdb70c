//! Reading a body whole, within a size and a time: neither an endless nor a trickling one holds
//! memory or a connection for long.

use std::time::Duration;

use axum::{body::Body, http::StatusCode};
use bytes::{Bytes, BytesMut};
use domain::text::Words;
use futures::StreamExt;

use crate::Problem;

/// A body that takes longer is nobody's.
const SLOWEST: Duration = Duration::from_secs(30);
const MIB: usize = 1024 * 1024;

/// A body of at most `longest` bytes, counted after decompression.
pub async fn whole(body: Body, longest: usize) -> Result<Bytes, Problem> {
    within(SLOWEST, body, longest).await
}

pub async fn within(slowest: Duration, body: Body, longest: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(slowest, chunks(body, longest)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            Words::new("Тело запроса идёт слишком долго.", "The body takes too long."),
        )),
    }
}

async fn chunks(body: Body, longest: usize) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let mut kept = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::bad_request(
                "broken_body",
                "Тело запроса не читается: оно оборвано или сжато неверно.",
                "The body cannot be read: it is cut off or wrongly compressed.",
            )
        })?;
        if kept.len() + chunk.len() > longest {
            let most = longest / MIB;
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                Words::new(
                    format!("Тело запроса больше {most} МиБ."),
                    format!("The body is larger than {most} MiB."),
                ),
            ));
        }
        kept.extend_from_slice(&chunk);
    }
    Ok(kept.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_over_the_limit_is_told_from_a_broken_one() {
        let problem = whole(Body::from(vec![0; MIB + 1]), MIB).await.expect_err("is too large");
        assert_eq!((problem.status, problem.code.as_str()), (413, "too_large"));
        let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut off"))]);
        let problem = whole(Body::from_stream(broken), MIB).await.expect_err("is broken");
        assert_eq!((problem.status, problem.code.as_str()), (400, "broken_body"));
        assert_eq!(whole(Body::from("x"), MIB).await.expect("is fine").as_ref(), b"x");
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let never = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        let body = Body::from_stream(never);
        let problem = within(Duration::ZERO, body, MIB).await.expect_err("takes too long");
        assert_eq!((problem.status, problem.code.as_str()), (408, "too_slow"));
    }
}
