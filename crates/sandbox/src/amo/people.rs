//! The handle of an account: what a person at the screen of amoCRM does, and what a test looks at.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Entry, Faults, Outage, Switches,
    acts::{Acting, TaskDraft, moved, plain},
    audit::{self, Audit},
    draft::{ContactDraft, LeadDraft},
    hooks::Delivery,
    oauth::{self, Grants},
    php::Query,
    shape::Shape,
    world::{AccountState, Integration, Kind, Shared},
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

    // What is set up

    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        self.list(|account, _, _| {
            let shown = account.users.values().map(|user| Person {
                id: user.id,
                name: user.name.clone(),
                email: user.email.clone(),
                amojo_id: user.amojo_id.clone(),
                is_admin: user.is_admin,
                is_active: user.is_active,
            });
            shown.collect()
        })
    }

    /// The first admin.
    #[must_use]
    pub fn admin(&self) -> i64 {
        self.people().iter().find(|p| p.is_admin && p.is_active).map_or(0, |person| person.id)
    }

    /// Active people who are no admins.
    #[must_use]
    pub fn managers(&self) -> Vec<Person> {
        self.people().into_iter().filter(|p| p.is_active && !p.is_admin).collect()
    }

    /// All stages of all pipelines, in their order.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        self.list(|account, _, _| {
            let mut pipelines: Vec<_> = account.pipelines.values().collect();
            pipelines.sort_by_key(|pipeline| pipeline.sort);
            let stages = pipelines.into_iter().flat_map(|pipeline| {
                pipeline.statuses.iter().map(|status| Stage {
                    pipeline_id: pipeline.id,
                    pipeline: pipeline.name.clone(),
                    status_id: status.id,
                    name: status.name.clone(),
                    is_unsorted: status.kind == 1,
                    is_archive: pipeline.is_archive,
                })
            });
            stages.collect()
        })
    }

    #[must_use]
    pub fn stage(&self, pipeline: &str, stage: &str) -> Option<Stage> {
        self.stages().into_iter().find(|s| s.pipeline == pipeline && s.name == stage)
    }

    /// The number of a custom field by its name or code.
    #[must_use]
    pub fn field(&self, kind: Kind, name: &str) -> Option<i64> {
        self.read(|account| {
            let of_kind = account.fields.values().filter(|field| field.kind == kind);
            let named =
                |f: &&super::world::Field| f.name == name || f.code.as_deref() == Some(name);
            of_kind.into_iter().find(named).map(|field| field.id)
        })
    }

    // What is in it, in the shapes of the API

    /// Leads that were not deleted, those in Unsorted too, with contacts.
    #[must_use]
    pub fn leads(&self) -> Vec<Value> {
        self.list(|account, shape, query| {
            let alive = account.leads.values().filter(|lead| !lead.deleted);
            alive.map(|lead| shape.lead(lead, query)).collect()
        })
    }

    #[must_use]
    pub fn lead(&self, id: i64) -> Option<Value> {
        let one = self.list(|account, shape, query| {
            let lead = account.leads.get(&id).filter(|lead| !lead.deleted);
            lead.map(|lead| shape.lead(lead, query)).into_iter().collect()
        });
        one.into_iter().next()
    }

    /// Contacts that were not deleted, those of Unsorted too, with leads.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        self.list(|account, shape, query| {
            let alive = account.contacts.values().filter(|contact| !contact.deleted);
            let shown = alive.map(|contact| {
                let mut shown = shape.contact(Kind::Contacts, contact, query);
                shown["hidden"] = json!(contact.hidden);
                shown
            });
            shown.collect()
        })
    }

    #[must_use]
    pub fn contact(&self, id: i64) -> Option<Value> {
        let one = self.list(|account, shape, query| {
            let contact = account.contacts.get(&id).filter(|contact| !contact.deleted);
            let shown = contact.map(|contact| {
                let mut shown = shape.contact(Kind::Contacts, contact, query);
                shown["hidden"] = json!(contact.hidden);
                shown
            });
            shown.into_iter().collect()
        });
        one.into_iter().next()
    }

    #[must_use]
    pub fn tasks(&self) -> Vec<Value> {
        self.list(|account, shape, _| {
            let alive = account.tasks.values().filter(|task| !task.deleted);
            alive.map(|task| shape.task(task)).collect()
        })
    }

    #[must_use]
    pub fn notes(&self, kind: Kind, id: i64) -> Vec<Value> {
        self.list(|account, shape, _| {
            let of = account.notes.values().filter(|note| note.entity == (kind, id));
            of.map(|note| shape.note(note)).collect()
        })
    }

    #[must_use]
    pub fn unsorted(&self) -> Vec<Value> {
        self.list(|account, shape, _| {
            account.unsorted.values().map(|entry| shape.unsorted(entry)).collect()
        })
    }

    /// Names and bytes of the files that hang on an entity.
    #[must_use]
    pub fn files(&self, kind: Kind, id: i64) -> Vec<(String, Vec<u8>)> {
        self.list(|account, _, _| {
            let uuids = account.files.get(&(kind, id)).into_iter().flatten();
            let files = uuids.filter_map(|uuid| account.drive.file(uuid));
            files.map(|file| (file.name.clone(), file.bytes.to_vec())).collect()
        })
    }

    /// Addresses that are subscribed, with their events; those switched off too.
    #[must_use]
    pub fn webhooks(&self) -> Vec<(String, Vec<String>, bool)> {
        self.list(|account, _, _| {
            let hooks = account.webhooks.values();
            hooks.map(|h| (h.destination.clone(), h.settings.clone(), h.disabled)).collect()
        })
    }

    // What a person does

    pub fn add_contact(&self, name: &str, phone: Option<&str>, email: Option<&str>) -> i64 {
        self.act(|acting| {
            let mut draft = ContactDraft { name: Some(name.to_owned()), ..ContactDraft::default() };
            for (code, text) in [("PHONE", phone), ("EMAIL", email)] {
                let field = acting.account.field_by_code(Kind::Contacts, code);
                if let (Some(field), Some(text)) = (field, text) {
                    let first = field.enums.first();
                    let value = super::world::FieldValue {
                        value: json!(text),
                        enum_id: first.map(|choice| choice.id),
                        enum_code: first.map(|choice| choice.value.clone()),
                    };
                    draft.common.values.insert(field.id, vec![value]);
                }
            }
            acting.add_contact(Kind::Contacts, &draft)
        })
        .unwrap_or_default()
    }

    /// A lead in a stage, of a contact if there is one.
    pub fn add_lead(&self, name: &str, stage: &Stage, contact: Option<i64>) -> i64 {
        let draft = LeadDraft {
            name: Some(name.to_owned()),
            contacts: contact.into_iter().collect(),
            ..moved(stage.pipeline_id, stage.status_id)
        };
        self.act(|acting| acting.add_lead(&draft)).unwrap_or_default()
    }

    pub fn move_lead(&self, lead: i64, pipeline_id: i64, status_id: i64) {
        self.act(|acting| acting.change_lead(lead, &moved(pipeline_id, status_id)));
    }

    pub fn set_responsible(&self, lead: i64, user: i64) {
        let mut draft = LeadDraft::default();
        draft.common.responsible_user_id = Some(user);
        self.act(|acting| acting.change_lead(lead, &draft));
    }

    pub fn set_contact_responsible(&self, contact: i64, user: i64) {
        let mut draft = ContactDraft::default();
        draft.common.responsible_user_id = Some(user);
        self.act(|acting| acting.change_contact(Kind::Contacts, contact, &draft));
    }

    pub fn rename_contact(&self, contact: i64, name: &str) {
        let draft = ContactDraft { name: Some(name.to_owned()), ..ContactDraft::default() };
        self.act(|acting| acting.change_contact(Kind::Contacts, contact, &draft));
    }

    pub fn add_note(&self, kind: Kind, id: i64, text: &str) -> i64 {
        let note = |acting: &mut Acting<'_>| {
            acting.add_note((kind, id), "common", plain(text), None, None)
        };
        self.act(note).unwrap_or_default()
    }

    pub fn close_task(&self, task: i64, result: &str) {
        let draft = TaskDraft {
            is_completed: Some(true),
            result: Some(result.to_owned()),
            ..TaskDraft::default()
        };
        self.act(|acting| acting.change_task(task, &draft));
    }

    pub fn delete_task(&self, task: i64) {
        self.act(|acting| acting.delete_task(task));
    }

    /// Into the first stage of its pipeline, or the one named. False: nothing with this uid waits.
    pub fn accept(&self, uid: &str, user: i64, status_id: Option<i64>) -> bool {
        self.act(|acting| acting.accept(uid, Some(user), status_id).is_some()).unwrap_or_default()
    }

    pub fn decline(&self, uid: &str) -> bool {
        self.act(|acting| acting.decline(uid).is_some()).unwrap_or_default()
    }

    pub fn delete_lead(&self, lead: i64) {
        self.act(|acting| acting.delete_lead(lead));
    }

    pub fn restore_lead(&self, lead: i64) {
        self.act(|acting| acting.restore_lead(lead));
    }

    pub fn delete_contact(&self, contact: i64) {
        self.act(|acting| acting.delete_contact(Kind::Contacts, contact));
    }

    /// `gone` becomes part of `kept`.
    pub fn merge_leads(&self, kept: i64, gone: i64) {
        self.act(|acting| acting.merge_leads(kept, gone));
    }

    // What an admin does

    /// The name of the company; the subdomain stays.
    pub fn rename(&self, name: &str) {
        self.change(|account| name.clone_into(&mut account.name));
    }

    /// A manager more.
    pub fn add_person(&self, name: &str) -> i64 {
        self.act(|acting| {
            let id = acting.ids.made();
            let user = super::world::User {
                id,
                name: name.to_owned(),
                email: format!("user{id}@{}.example", acting.account.subdomain),
                amojo_id: Some(uuid::Uuid::new_v4().to_string()),
                is_admin: false,
                is_active: true,
                is_free: false,
                group_id: None,
            };
            acting.account.users.insert(id, user);
            id
        })
        .unwrap_or_default()
    }

    /// A stage before the last two of a pipeline.
    pub fn add_stage(&self, pipeline_id: i64, name: &str) -> i64 {
        self.act(|acting| {
            let id = acting.ids.made();
            let pipeline = acting.account.pipelines.get_mut(&pipeline_id)?;
            let at = pipeline.statuses.len().checked_sub(2)?;
            let sort = i64::try_from(at).ok()? * 10 + 10;
            let name = name.to_owned();
            let status = super::world::Status { id, name, sort, color: "#ffcc66", kind: 0 };
            pipeline.statuses.insert(at, status);
            Some(id)
        })
        .flatten()
        .unwrap_or_default()
    }

    /// A field more; `choices` of the types that have some.
    pub fn add_field(&self, kind: Kind, name: &str, field_type: &str, choices: &[&str]) -> i64 {
        self.act(|acting| {
            let id = acting.ids.made();
            let mut enums = Vec::new();
            for (sort, value) in (1..).zip(choices) {
                let value = (*value).to_owned();
                enums.push(super::world::FieldEnum { id: acting.ids.made(), value, sort });
            }
            let field = super::world::Field {
                id,
                kind,
                name: name.to_owned(),
                code: None,
                field_type: field_type.to_owned(),
                sort: 900,
                is_api_only: false,
                is_predefined: false,
                enums,
                required_statuses: Vec::new(),
            };
            acting.account.fields.insert(id, field);
            id
        })
        .unwrap_or_default()
    }

    pub fn delete_field(&self, field: i64) {
        self.change(|account| account.drop_field(field));
    }

    pub fn set_user_active(&self, user: i64, active: bool) {
        self.change(|account| {
            if let Some(user) = account.users.get_mut(&user) {
                user.is_active = active;
            }
        });
    }

    pub fn archive_pipeline(&self, pipeline: i64) {
        self.change(|account| {
            if let Some(pipeline) = account.pipelines.get_mut(&pipeline) {
                pipeline.is_archive = true;
            }
        });
    }

    pub fn rename_stage(&self, status: i64, name: &str) {
        self.change(|account| {
            let all = account.pipelines.values_mut().flat_map(|p| p.statuses.iter_mut());
            all.filter(|s| s.id == status).for_each(|s| name.clone_into(&mut s.name));
        });
    }

    pub fn set_switches(&self, switches: Switches) {
        self.change(|account| account.switches = switches);
    }

    #[must_use]
    pub fn switches(&self) -> Switches {
        self.read(|account| Some(account.switches)).unwrap_or_default()
    }

    /// «Фильтрация» is no longer paid for.
    pub fn turn_paid_filter_off(&self) {
        self.set_switches(Switches { paid_filter: false, ..self.switches() });
    }

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
        let until = now + super::clock::millis(life) / 1_000;
        self.shared.change(|world| {
            let text = Some(token);
            oauth::give_long_lived(world, client_id, &self.subdomain, text, true, until, now)
        });
    }

    fn issue(&self, client_id: &str, life: Duration, admin: bool) -> Option<String> {
        let now = self.shared.clock().now();
        let until = now + super::clock::millis(life) / 1_000;
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

    // Faults

    pub fn set_faults(&self, faults: Faults) {
        self.change(|account| account.faults = faults);
    }

    #[must_use]
    pub fn faults(&self) -> Faults {
        self.read(|account| Some(account.faults)).unwrap_or_default()
    }

    pub fn set_outage(&self, outage: Outage) {
        self.set_faults(Faults { outage, ..self.faults() });
    }

    /// 403 to everything, as after too many refusals for speed.
    pub fn block(&self) {
        self.change(|account| account.blocked = true);
    }

    /// Support lifts the block.
    pub fn lift_block(&self) {
        self.change(|account| {
            account.blocked = false;
            account.rates.forgive();
        });
    }

    // What a test asks

    /// Requests to this account, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        let world = self.shared.world();
        world.journal.entries().filter(|entry| entry.account == self.subdomain).cloned().collect()
    }

    /// Requests ever made to this account, by `METHOD /path` with `{id}` in place of ids.
    #[must_use]
    pub fn counts(&self) -> std::collections::BTreeMap<String, u64> {
        self.shared.world().journal.counts(Some(&self.subdomain))
    }

    /// How often the limits of speed were broken.
    #[must_use]
    pub fn breaches(&self) -> u64 {
        self.shared.world().journal.breaches.get(&self.subdomain).copied().unwrap_or_default()
    }

    /// Names in bodies of requests that the documentation does not know, with the path: none, if
    /// the client spells well.
    #[must_use]
    pub fn oddities(&self) -> Vec<(String, String)> {
        let journal = self.journal();
        let odd = journal.into_iter().flat_map(|entry| {
            let path = format!("{} {}", entry.method, entry.path);
            entry.oddities.into_iter().map(move |name| (path.clone(), name))
        });
        odd.collect()
    }

    /// How often tokens were asked for, and given.
    #[must_use]
    pub fn grants(&self) -> Grants {
        self.read(|account| Some(account.grants)).unwrap_or_default()
    }

    /// What was sent to the account's webhooks, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let world = self.shared.world();
        world.deliveries.iter().filter(|d| d.account == self.subdomain).cloned().collect()
    }

    /// What stands there twice: contacts, leads, open tasks.
    #[must_use]
    pub fn audit(&self) -> Audit {
        self.read(|account| Some(audit::of(account))).unwrap_or_default()
    }
}

/// Switches an integration off in an account and tells it by its disable hook.
pub(super) fn disable(shared: &Arc<Shared>, account_id: i64, client_id: &str) {
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
