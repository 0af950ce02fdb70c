//! Inbound webhooks: `/hooks/{kind}/{key}`. The service is answered after our COMMIT; what cannot be
//! understood is kept and answered with success, so that the service goes on; what is not proved to
//! come from the service is refused and counted. Neither the body nor the key is ever logged.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use channel::{ParseError, Quarantined, Reply};
use domain::text::Words;
use sha2::{Digest, Sha256};
use tower::ServiceBuilder;
use tower_http::decompression::RequestDecompressionLayer;

use crate::{Api, Path, Problem, whole::whole};

/// The longest body, after decompression. The largest documented one is well under a megabyte.
const LONGEST: usize = 4 * 1024 * 1024;
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
    match received.reply {
        Reply::Empty => Ok(StatusCode::OK.into_response()),
        Reply::Body { body, content_type } => {
            Ok(([(header::CONTENT_TYPE, content_type)], body).into_response())
        }
        Reply::Remembered { key } => {
            let text = api.app.remembered_text(&channel, key).await?;
            Ok(text.ok_or_else(Problem::not_found)?.into_response())
        }
    }
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
        body: whole(body, LONGEST).await?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_poison_has_the_same_name() {
        let error = ParseError("x".to_owned());
        let one = poison(&error, Bytes::from_static(b"{"));
        assert_eq!(one.external_id, poison(&error, Bytes::from_static(b"{")).external_id);
        assert_ne!(one.external_id, poison(&error, Bytes::from_static(b"[")).external_id);
    }
}
