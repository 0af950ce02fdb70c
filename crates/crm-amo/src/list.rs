//! Lists that come in pages. Only the `next` link says whether there is more.

use net::http::Method;
use serde::Deserialize;
use url::Url;

use crate::{
    api::{Api, Failure, Query, unreadable},
    wire::Page,
};

/// The most that a page has.
pub(crate) const MOST: &str = "250";
/// What is asked for where amoCRM does not manage a page in its time (504).
const LIGHT: usize = 50;
/// Nobody has more users, fields or hits than fit on so many pages; a service that names a next page
/// for ever is not followed for ever.
const MAX_PAGES: usize = 100;

/// All items of a list, over all its pages.
pub(crate) async fn all<T: for<'de> Deserialize<'de>>(
    api: &Api<'_>,
    path: &str,
    query: Query<'_>,
    name: &str,
) -> Result<Vec<T>, Failure> {
    let mut pages = Pages::of(api, path, query, name);
    let mut items = Vec::new();
    while let Some(page) = pages.next().await? {
        items.extend(page);
    }
    Ok(items)
}

/// The first item of a list that is the one; the pages behind it are not asked for.
pub(crate) async fn find<T: for<'de> Deserialize<'de>>(
    api: &Api<'_>,
    path: &str,
    query: Query<'_>,
    name: &str,
    is_it: impl Fn(&T) -> bool,
) -> Result<Option<T>, Failure> {
    let mut pages = Pages::of(api, path, query, name);
    while let Some(page) = pages.next::<T>().await? {
        if let Some(found) = page.into_iter().find(&is_it) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The first page alone.
pub(crate) async fn first<T: for<'de> Deserialize<'de>>(
    api: &Api<'_>,
    path: &str,
    query: Query<'_>,
    name: &str,
) -> Result<Vec<T>, Failure> {
    Ok(Pages::of(api, path, query, name).next().await?.unwrap_or_default())
}

/// A list on its way.
struct Pages<'a> {
    api: &'a Api<'a>,
    path: &'a str,
    name: &'a str,
    at: Option<Url>,
    left: usize,
}

impl<'a> Pages<'a> {
    fn of(api: &'a Api<'a>, path: &'a str, query: Query<'_>, name: &'a str) -> Self {
        let mut url = api.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Self { api, path, name, at: Some(url), left: MAX_PAGES }
    }

    async fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Result<Option<Vec<T>>, Failure> {
        let Some(url) = self.at.take().filter(|_| self.left > 0) else { return Ok(None) };
        self.left -= 1;
        let page = match self.api.get_url::<Page>(url.clone()).await {
            Err(Failure::TooHeavy) => match lighter(&url) {
                Some(lighter) => self.api.get_url(lighter).await?,
                None => return Err(Failure::TooHeavy),
            },
            page => page?,
        };
        let Some(mut page) = page else { return Ok(None) };
        self.at = page.next().map(|next| self.next_url(next)).transpose()?;
        page.take(self.name).map(Some).map_err(|error| unreadable_list(&error.to_string()))
    }

    /// Of the link only the query is taken: where calls go is ours to say.
    fn next_url(&self, next: &str) -> Result<Url, Failure> {
        let mut url = self.api.url(self.path);
        let next = url.join(next).map_err(|error| unreadable_list(&error.to_string()))?;
        url.set_query(next.query());
        Ok(url)
    }
}

/// What is half read would look as if the rest were deleted.
fn unreadable_list(why: &str) -> Failure {
    unreadable(&Method::GET, why).into()
}

/// The same place of a list in smaller pages; `None`: they are small already.
fn lighter(url: &Url) -> Option<Url> {
    let number = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs.find(|(key, _)| key == name).and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let limit = number("limit").filter(|limit| *limit > LIGHT)?;
    let read = number("page").unwrap_or(1).saturating_sub(1).saturating_mul(limit);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| key != "limit" && key != "page")
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    let mut smaller = url.clone();
    smaller
        .query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("limit", &LIGHT.to_string())
        .append_pair("page", &(read / LIGHT + 1).to_string());
    Some(smaller)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CRM-6: on 504 a smaller portion is asked for, from the same place on.
    #[test]
    fn crm_6_a_page_that_is_too_heavy_is_asked_for_in_parts() {
        let lighter = |query: &str| {
            let url = Url::parse(&format!("https://a.amocrm.ru/api/v4/leads?{query}"));
            super::lighter(&url.expect("an address")).and_then(|url| url.query().map(str::to_owned))
        };
        for (query, expected) in [
            ("query=9161234567&limit=250", Some("query=9161234567&limit=50&page=1")),
            ("limit=250&page=3&with=leads", Some("with=leads&limit=50&page=11")),
            ("limit=50&page=2", None),
            ("page=2", None),
            ("limit=many", None),
        ] {
            assert_eq!(lighter(query).as_deref(), expected, "{query}");
        }
    }
}
