//! Inbound webhooks: `/hooks/{kind}/{key}`. The service is answered after our COMMIT; what cannot be
//! understood is kept and answered with success, so that the service goes on; what is not proved to
//! come from the service is refused and counted. Neither the body nor the key is ever logged.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::{Bytes, BytesMut};
use channel::{ParseError, Quarantined, Reply};
use domain::text::Words;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use tower::ServiceBuilder;
use tower_http::decompression::RequestDecompressionLayer;

use crate::{Api, Path, Problem};

/// The longest body, after decompression. The largest documented one is well under a megabyte.
const LONGEST: usize = 4 * 1024 * 1024;
/// A body that takes longer is nobody's.
const SLOWEST: Duration = Duration::from_secs(30);
const LONGEST_KEY: usize = 100;

pub fn routes() -> Router<Api> {
    let decompress = RequestDecompressionLayer::new().pass_through_unaccepted(true);
    Router::new()
        .route("/hooks/{kind}/{key}", get(receive).post(receive))
        .layer(ServiceBuilder::new().layer(decompress))
}

async fn receive(
    State(api): State<Api>,
    Path((kind, key)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    if key.len() > LONGEST_KEY {
        return Err(Problem::not_found());
    }
    let channel = api.channels.by_hook_key(&api.app, &key).await?;
    let channel = channel.filter(|c| c.kind.as_str() == kind).ok_or_else(Problem::not_found)?;
    let driver = api.app.driver(&channel)?;
    let webhook = driver.webhook().ok_or_else(Problem::not_found)?;
    let request = read(request).await.inspect_err(|problem| refused(&kind, &problem.code))?;
    let ours = api.app.driver_channel(&channel);
    if let Err(error) = webhook.verify(&ours, &request) {
        refused(&kind, "not_proved");
        tracing::info!(channel.id = %channel.channel_id, %error, "a webhook was refused");
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "not_proved",
            Words::new(
                "Подпись или секрет запроса не подходит.",
                "The request's signature or secret is not right.",
            ),
        ));
    }
    let received = match webhook.parse(&ours, &request) {
        Ok(received) => received,
        Err(error) => {
            api.app.quarantine(&channel, poison(&error, request.body)).await?;
            return Ok(StatusCode::OK.into_response());
        }
    };
    let fates = api.app.accept(&channel, received.events, received.quarantined).await?;
    if fates.iter().any(|fate| matches!(fate, app::Stored::Later)) {
        // Our own sending of it is not finished: the service's repeat will find it so.
        return Err(
            app::Error::Unavailable("an echo came before its sending ended".to_owned()).into()
        );
    }
    Ok(answer(received.reply))
}

fn refused(kind: &str, reason: &str) {
    metrics::counter!(
        "beseda_hooks_refused_total", "kind" => kind.to_owned(), "reason" => reason.to_owned()
    )
    .increment(1);
}

fn poison(error: &ParseError, body: Bytes) -> Quarantined {
    Quarantined {
        external_id: format!("body:{}", hex::encode(Sha256::digest(&body))),
        reason: Words::new(
            format!("Запрос сервиса не удалось понять: {}", error.0),
            format!("The service's request could not be understood: {}", error.0),
        ),
        body,
    }
}

fn answer(reply: Reply) -> Response {
    match reply.content_type {
        Some(kind) => ([(header::CONTENT_TYPE, kind)], reply.body).into_response(),
        None => (StatusCode::OK, reply.body).into_response(),
    }
}

/// The request as drivers know it, read within its limits.
async fn read(request: Request) -> Result<channel::Request, Problem> {
    let (parts, body) = request.into_parts();
    // What the decompressor knows it has taken away, with the header.
    if parts.headers.get(header::CONTENT_ENCODING).is_some_and(|e| e != "identity") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unknown_encoding",
            Words::new(
                "Такое сжатие не принимается. Пришлите тело без сжатия или gzip.",
                "This content encoding is not taken. Send the body plain or as gzip.",
            ),
        ));
    }
    Ok(channel::Request {
        method: parts.method.as_str().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers(&parts.headers),
        body: bytes(body).await?,
    })
}

/// Headers that are no text are left out: no service sends them.
fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

async fn bytes(body: Body) -> Result<Bytes, Problem> {
    match tokio::time::timeout(SLOWEST, whole(body)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            Words::new("Тело запроса идёт слишком долго.", "The body takes too long."),
        )),
    }
}

async fn whole(body: Body) -> Result<Bytes, Problem> {
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
        if kept.len() + chunk.len() > LONGEST {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                Words::new("Тело запроса больше 4 МиБ.", "The body is larger than 4 MiB."),
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
        let problem = bytes(Body::from(vec![0; LONGEST + 1])).await.expect_err("is too large");
        assert_eq!((problem.status, problem.code.as_str()), (413, "too_large"));
        let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut off"))]);
        let problem = bytes(Body::from_stream(broken)).await.expect_err("is broken");
        assert_eq!((problem.status, problem.code.as_str()), (400, "broken_body"));
        assert_eq!(bytes(Body::from("x")).await.expect("is fine").as_ref(), b"x");
    }

    #[test]
    fn the_same_poison_has_the_same_name() {
        let error = ParseError("x".to_owned());
        let one = poison(&error, Bytes::from_static(b"{"));
        assert_eq!(one.external_id, poison(&error, Bytes::from_static(b"{")).external_id);
        assert_ne!(one.external_id, poison(&error, Bytes::from_static(b"[")).external_id);
    }
}
