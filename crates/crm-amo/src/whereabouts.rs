//! Where an account is that has moved: its administrator gave it another subdomain, and the old host is
//! nobody's. One common host knows; it is named by the token itself.
//! Source: the official library, `getAccountDomain` by the refresh token.

use crm::{GrantError, Whereabouts};
use net::http::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{
    oauth::claims,
    options::{Options, below},
};

/// `None`: the token names no host of amoCRM, or the host does not know the account any more.
pub(crate) async fn ask(
    http: &Client,
    options: &Options,
    access: &SecretString,
    refresh: &SecretString,
) -> Result<Option<Whereabouts>, GrantError> {
    let claims = claims(access);
    let named = claims.as_ref().and_then(|claims| claims.get("api_domain")?.as_str());
    let Some(common) = named.and_then(|host| options.common(host)) else { return Ok(None) };
    let lost = |error| GrantError::NotReached(net::error_text(error));
    let answer = http
        .get(below(&common, "oauth2/account/current/subdomain"))
        .header("X-Refresh-Token", refresh.expose_secret())
        .send()
        .await
        .map_err(lost)?;
    let status = answer.status().as_u16();
    match status {
        200..=299 => {}
        408 | 429 | 500..=599 => return Err(GrantError::NotReached(format!("HTTP {status}"))),
        _ => return Ok(None),
    }
    let body = answer.bytes().await.map_err(lost)?;
    Ok(serde_json::from_slice(&body).ok().and_then(|body| read(options, &body)))
}

/// `{"id": 31415, "subdomain": "ecoles2", "domain": "ecoles2.amocrm.ru", "top_level_domain": "ru"}`; the
/// host passes the allow-list as one of a browser does.
fn read(options: &Options, body: &Value) -> Option<Whereabouts> {
    let base = options.base(&options.portal_host(body.get("domain")?.as_str()?)?)?;
    Some(Whereabouts {
        external_id: body.get("id")?.as_i64()?.to_string(),
        site: base.clone(),
        base,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amo_1_an_account_that_moved_is_taken_from_the_allow_list_alone() {
        let options = Options::default();
        let moved = json!({ "id": 31415, "subdomain": "new", "domain": "new.amocrm.ru" });
        let found = read(&options, &moved).expect("a host of amoCRM");
        assert_eq!(
            (found.external_id.as_str(), found.base.as_str()),
            ("31415", "https://new.amocrm.ru/")
        );
        for body in [
            json!({}),
            json!({ "id": 1, "domain": "evil.com" }),
            json!({ "id": 1, "domain": "new.amocrm.ru.evil.com" }),
            json!({ "id": 1, "domain": "new.amocrm.ru:8443" }),
            json!({ "domain": "new.amocrm.ru" }),
        ] {
            assert_eq!(read(&options, &body), None, "{body}");
        }
    }
}
