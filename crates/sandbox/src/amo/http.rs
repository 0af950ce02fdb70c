//! One listener plays all hosts. An account is named by the host
//! (`{subdomain}.amocrm.localhost:port`) or by a prefix (`/a/{subdomain}`, `/drive/{subdomain}`);
//! inside there is only `/api/v4/…`, `/oauth2/…`, `/v1.0/…`. The chats API keeps its prefix
//! `/amojo`, the consent page is `/oauth`, the page for people `/`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{Uri, header, uri::PathAndQuery},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};

use super::{chats, drive, gate, page, world::Shared};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let guarded = Router::new()
        .merge(drive::routes())
        .layer(from_fn_with_state(Arc::clone(&shared), gate::account_api));
    let open = Router::new().merge(chats::routes()).merge(page::routes());
    let all = guarded.merge(open).layer(DefaultBodyLimit::disable()).with_state(shared);
    // The name of the account leaves the path before the routes are looked at.
    Router::new().fallback_service(all).layer(from_fn(name_the_account))
}

/// The account a request was sent to; none for the consent page and the like.
#[derive(Clone, Debug)]
pub(super) struct Addressed(pub String);

async fn name_the_account(mut request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let named = named_by_path(request.uri()).or_else(|| named_by_host(request.uri(), host?));
    if let Some((subdomain, path)) = named
        && let Ok(path_and_query) = path.parse::<PathAndQuery>()
    {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        if let Some(subdomain) = subdomain {
            request.extensions_mut().insert(Addressed(subdomain));
        }
    }
    next.run(request).await
}

type Named = (Option<String>, String);

fn path_of(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", PathAndQuery::as_str)
}

fn named_by_path(uri: &Uri) -> Option<Named> {
    let path = path_of(uri);
    let rest = path.strip_prefix("/a/").or_else(|| path.strip_prefix("/drive/"))?;
    let (subdomain, rest) = rest.split_once('/')?;
    Some((Some(subdomain.to_owned()), format!("/{rest}")))
}

/// `drive-b.{subdomain}` is the same account's files.
fn named_by_host(uri: &Uri, host: &str) -> Option<Named> {
    let name = host.split(':').next().unwrap_or(host);
    let name =
        name.strip_suffix(".amocrm.localhost").or_else(|| name.strip_suffix(".amocrm.ru"))?;
    let path = path_of(uri);
    match name {
        "www" => None,
        "amojo" => Some((None, format!("/amojo{path}"))),
        account => {
            let account = account.strip_prefix("drive-b.").unwrap_or(account);
            Some((Some(account.to_owned()), path.to_owned()))
        }
    }
}
