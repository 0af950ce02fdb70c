//! Who may call the account: integrations let in and switched off, tokens given and taken.

use std::{sync::Arc, time::Duration};

use super::Account;
use crate::amo::{
    clock::millis,
    oauth,
    world::{Integration, Shared},
};

impl Account {
    /// Tokens are dead from now on, and the integration's disable hook is called.
    pub fn disable_integration(&self, client_id: &str) {
        disable(&self.shared, self.id, client_id);
    }

    /// Access and refresh tokens of the integration are dead; it is not told.
    pub fn revoke_tokens(&self, client_id: &str) {
        let own = |account: i64, client: &str| account == self.id && client == client_id;
        self.shared.change(|world| {
            let access = world.access.values_mut().filter(|a| own(a.account_id, &a.client_id));
            access.for_each(|access| access.revoked = true);
            let refresh = world.refresh.values_mut().filter(|r| own(r.account_id, &r.client_id));
            refresh.for_each(|refresh| refresh.spent = true);
        });
    }

    /// Only the access tokens end: a refresh mends it.
    pub fn expire_access(&self, client_id: &str) {
        let now = self.shared.clock().now();
        self.shared.change(|world| {
            let own = world.access.values_mut().filter(|access| {
                access.account_id == self.id && access.client_id == client_id && !access.long_lived
            });
            own.for_each(|access| access.expires_at = now);
        });
    }

    /// An admin lets the integration in: the code its redirect address would get.
    pub fn consent(&self, client_id: &str) -> Option<String> {
        oauth::give_code(&self.shared, client_id, &self.subdomain)
    }

    /// A token that needs no refresh, of an admin or of a manager.
    pub fn long_lived_token(&self, client_id: &str, life: Duration) -> Option<String> {
        self.issue(client_id, life, true)
    }

    /// The same of somebody who is no admin: methods for admins answer 403.
    pub fn manager_token(&self, client_id: &str, life: Duration) -> Option<String> {
        self.issue(client_id, life, false)
    }

    /// A long-lived token of an admin with a text of the caller's choice.
    pub fn set_long_lived_token(&self, client_id: &str, token: &str, life: Duration) {
        let now = self.shared.clock().now();
        let until = now + millis(life) / 1_000;
        self.shared.change(|world| {
            let text = Some(token);
            oauth::give_long_lived(world, client_id, &self.subdomain, text, true, until, now)
        });
    }

    fn issue(&self, client_id: &str, life: Duration, admin: bool) -> Option<String> {
        let now = self.shared.clock().now();
        let until = now + millis(life) / 1_000;
        self.shared.change(|world| {
            oauth::give_long_lived(world, client_id, &self.subdomain, None, admin, until, now)
        })
    }

    /// What the account's pages hand to a widget of the integration.
    pub fn widget_token(&self, client_id: &str, user: i64) -> Option<String> {
        let world = self.shared.world();
        let client = world.integrations.get(client_id)?;
        let account = world.accounts.get(&self.id)?;
        Some(oauth::widget_token(client, account, user, self.shared.clock().now()))
    }
}

/// Switches an integration off in an account and tells it by its disable hook.
fn disable(shared: &Arc<Shared>, account_id: i64, client_id: &str) {
    let integration: Option<Integration> = shared.change(|world| {
        let account = world.accounts.get_mut(&account_id)?;
        account.installs.get_mut(client_id)?.active = false;
        // The connection of its channel goes too: `connect` has to be repeated.
        let integration = world.integrations.get(client_id);
        if let Some(channel) = integration.and_then(|integration| integration.channel.as_ref()) {
            account.chats.disconnect(&channel.id);
        }
        let own = |account: i64, client: &str| account == account_id && client == client_id;
        let access = world.access.values_mut().filter(|a| own(a.account_id, &a.client_id));
        access.for_each(|access| access.revoked = true);
        let refresh = world.refresh.values_mut().filter(|r| own(r.account_id, &r.client_id));
        refresh.for_each(|refresh| refresh.spent = true);
        world.integrations.get(client_id).cloned()
    });
    let Some(integration) = integration else { return };
    let hook = integration.disable_hook.as_ref().and_then(|hook| url::Url::parse(hook).ok());
    let Some(mut address) = hook else { return };
    address
        .query_pairs_mut()
        .append_pair("account_id", &account_id.to_string())
        .append_pair("client_uuid", &integration.client_id)
        .append_pair("signature", &oauth::disable_signature(&integration, account_id));
    let telling = Arc::clone(shared);
    shared.tasks.spawn(async move {
        let asked = telling.client.get(address).timeout(telling.options.webhook_timeout);
        if let Err(error) = asked.send().await {
            tracing::warn!(%error, "the disable hook was not taken");
        }
    });
}
