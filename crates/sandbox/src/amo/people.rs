//! The handle of an account: what a person at the screen of amoCRM does, and what a test looks at.

mod access;
mod person;
mod setup;
mod shown;
mod watch;

use std::sync::Arc;

use super::{
    acts::Acting,
    php::Query,
    shape::Shape,
    world::{AccountState, Shared},
};

/// An account of this sandbox. Cheap to clone; the clone is the same account.
#[derive(Clone)]
pub struct Account {
    pub id: i64,
    pub subdomain: String,
    /// The account's name in the chats API.
    pub amojo_id: String,
    pub(super) shared: Arc<Shared>,
}

/// Somebody of the company.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub amojo_id: Option<String>,
    pub is_admin: bool,
    pub is_active: bool,
}

/// A stage of a pipeline.
#[derive(Clone, Debug)]
pub struct Stage {
    pub pipeline_id: i64,
    pub pipeline: String,
    pub status_id: i64,
    pub name: String,
    pub is_unsorted: bool,
    pub is_archive: bool,
}

impl Account {
    pub(super) fn of(shared: &Arc<Shared>, id: i64) -> Option<Self> {
        let world = shared.world();
        let account = world.accounts.get(&id)?;
        let (subdomain, amojo_id) = (account.subdomain.clone(), account.amojo_id.clone());
        Some(Self { id, subdomain, amojo_id, shared: Arc::clone(shared) })
    }

    /// Base address of the account: what `https://{subdomain}.amocrm.ru` is in life.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/a/{}", self.shared.url, self.subdomain)
    }

    fn read<T>(&self, read: impl FnOnce(&AccountState) -> Option<T>) -> Option<T> {
        self.shared.world().accounts.get(&self.id).and_then(read)
    }

    fn change<T>(&self, change: impl FnOnce(&mut AccountState) -> T) -> Option<T> {
        self.shared.change(|world| world.accounts.get_mut(&self.id).map(change))
    }

    /// Acts as the first admin.
    fn act<T>(&self, act: impl FnOnce(&mut Acting<'_>) -> T) -> Option<T> {
        self.shared.act(self.id, self.admin(), act)
    }

    fn list<T>(&self, all: impl FnOnce(&AccountState, &Shape<'_>, &Query) -> Vec<T>) -> Vec<T> {
        let world = self.shared.world();
        let Some(account) = world.accounts.get(&self.id) else { return Vec::new() };
        let base = format!("{}/a/{}/api/v4", self.shared.url, self.subdomain);
        let query = Query::read("with=contacts,leads,loss_reason,source_id,source,amojo_id");
        all(account, &Shape { account, base: &base }, &query)
    }
}
