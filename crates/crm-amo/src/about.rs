//! What an account says of itself.
//! Source: <https://www.amocrm.ru/developers/content/crm_platform/account-info>.

use crm::{CrmError, PortalInfo};
use net::http::Method;
use url::Url;

use crate::{
    api::{Api, Failure, unreadable},
    wire::Account,
};

/// One call; also the check of a token.
pub(crate) async fn about(api: &Api<'_>) -> Result<PortalInfo, CrmError> {
    let account = account(api, "amojo_id,drive_url,is_api_filter_enabled").await?;
    let title = if account.name.is_empty() { account.subdomain } else { account.name };
    Ok(PortalInfo {
        external_id: account.id.to_string(),
        title,
        user_id: account.current_user_id.map(|id| id.to_string()),
        chats_id: account.amojo_id,
        // A token is sent there later.
        drive: account
            .drive_url
            .and_then(|url| Url::parse(&url).ok())
            .filter(|url| api.options.trusts(&api.caller.portal.base, url)),
        filters: account.is_api_filter_enabled,
        unsorted_on: account.is_unsorted_on,
    })
}

pub(crate) async fn account(api: &Api<'_>, with: &str) -> Result<Account, CrmError> {
    let account = api.get("account", &[("with", with)]).await.map_err(Failure::into_error)?;
    account.ok_or_else(|| unreadable(&Method::GET, "an account without a body"))
}
