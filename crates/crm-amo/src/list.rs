//! Lists that come in pages.

use net::http::Method;
use serde::Deserialize;
use url::Url;

use crate::{
    api::{Api, Failure, Query, unreadable},
    wire::Page,
};

/// The most that a page has.
pub(crate) const MOST: &str = "250";
/// Nobody has more users, fields or hits than fit on so many pages; a service that names a next page
/// for ever is not followed for ever.
const MAX_PAGES: usize = 20;

/// All items of a list, over all its pages.
pub(crate) async fn all<T: for<'de> Deserialize<'de>>(
    api: &Api<'_>,
    path: &str,
    query: Query<'_>,
    name: &str,
) -> Result<Vec<T>, Failure> {
    let mut items = Vec::new();
    let Some(mut page) = api.get::<Page>(path, query).await? else { return Ok(items) };
    for _ in 1..MAX_PAGES {
        items.extend(take(&mut page, name)?);
        let Some(next) = page.next().and_then(|next| next_url(api, path, next)) else {
            return Ok(items);
        };
        let Some(following) = api.get_url::<Page>(next).await? else { return Ok(items) };
        page = following;
    }
    items.extend(take(&mut page, name)?);
    Ok(items)
}

/// The first page alone.
pub(crate) async fn first<T: for<'de> Deserialize<'de>>(
    api: &Api<'_>,
    path: &str,
    query: Query<'_>,
    name: &str,
) -> Result<Vec<T>, Failure> {
    match api.get::<Page>(path, query).await? {
        Some(mut page) => take(&mut page, name),
        None => Ok(Vec::new()),
    }
}

fn take<T: for<'de> Deserialize<'de>>(page: &mut Page, name: &str) -> Result<Vec<T>, Failure> {
    page.take(name).map_err(|error| unreadable(&Method::GET, &error.to_string()).into())
}

/// Of the link only the query is taken: where calls go is ours to say.
fn next_url(api: &Api<'_>, path: &str, next: &str) -> Option<Url> {
    let next = Url::parse(next).ok()?;
    let mut url = api.url(path);
    url.set_query(next.query());
    Some(url)
}
