//! How the account is set up, and what an admin changes about it.

use super::{Account, Person, Stage};
use crate::amo::{
    Switches,
    world::{Field, FieldEnum, Kind, Status, User},
};

impl Account {
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
            let named = |f: &&Field| f.name == name || f.code.as_deref() == Some(name);
            of_kind.into_iter().find(named).map(|field| field.id)
        })
    }

    /// The name of the company; the subdomain stays.
    pub fn rename(&self, name: &str) {
        self.change(|account| name.clone_into(&mut account.name));
    }

    /// A manager more.
    pub fn add_person(&self, name: &str) -> i64 {
        self.act(|acting| {
            let id = acting.ids.made();
            let user = User {
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
            let status = Status { id, name, sort, color: "#ffcc66", kind: 0 };
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
                enums.push(FieldEnum { id: acting.ids.made(), value, sort });
            }
            let field = Field {
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

    /// Whoever let integrations in is no admin any more: their tokens read no users.
    pub fn demote_admins(&self) {
        self.change(|account| account.users.values_mut().for_each(|user| user.is_admin = false));
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
}
