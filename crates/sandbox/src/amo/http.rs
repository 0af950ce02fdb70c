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
    routing::any,
};

use super::{
    account_api, answer::Refusal, chats, contact_chats, contacts, drive, fields, gate, hooks,
    leads, links, notes, oauth, page, sources, tags, tasks, unsorted, world::Shared,
};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let guarded = Router::new()
        .merge(account_api::routes())
        .merge(contacts::routes())
        .merge(contact_chats::routes())
        .merge(leads::routes())
        .merge(unsorted::routes())
        .merge(tasks::routes())
        .merge(notes::routes())
        .merge(tags::routes())
        .merge(fields::routes())
        .merge(links::routes())
        .merge(sources::routes())
        .merge(hooks::routes())
        .merge(drive::routes())
        .merge(chats::account_routes())
        // What this sandbox does not know is told as the service tells a wrong path.
        .route("/api/v4/{*rest}", any(|| async { Refusal::not_found() }))
        .layer(from_fn_with_state(Arc::clone(&shared), gate::account_api));
    let tokens = oauth::routes().layer(from_fn_with_state(Arc::clone(&shared), gate::token_api));
    let open =
        Router::new().merge(oauth::consent_routes()).merge(chats::routes()).merge(page::routes());
    let all =
        guarded.merge(tokens).merge(open).layer(DefaultBodyLimit::disable()).with_state(shared);
    // The name of the account leaves the path before the routes are looked at.
    Router::new().fallback_service(all).layer(from_fn(name_the_account))
}

/// The account a request was sent to; none for the consent page and the like.
#[derive(Clone, Debug)]
pub(super) struct Addressed {
    pub subdomain: String,
    /// Where the account answers, as the caller wrote it: links of answers start there.
    pub base: String,
}

async fn name_the_account(mut request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default().to_owned();
    let by_path = named_by_path(request.uri());
    let prefixed = by_path.is_some();
    let named = by_path.or_else(|| named_by_host(request.uri(), &host));
    if let Some((subdomain, path)) = named
        && let Ok(path_and_query) = path.parse::<PathAndQuery>()
    {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        if let Some(subdomain) = subdomain {
            let base = if prefixed {
                format!("http://{host}/a/{subdomain}")
            } else {
                format!("http://{host}")
            };
            request.extensions_mut().insert(Addressed { subdomain, base });
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
