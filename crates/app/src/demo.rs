//! Sample data: a company with weeks of conversations behind it, so that every screen shows something
//! on the first day. It is written in one transaction, marked, and taken away by one button.

mod build;
mod script;
mod seed;

use std::collections::BTreeMap;

use domain::{
    channel::ChannelState,
    event::Directory,
    ids::{
        AttachmentId, CannedReplyId, ChannelId, EmployeeId, GroupId, ScenarioId, ScheduleId, TagId,
    },
    people::Right,
    scenario::Scenario,
};
use serde_json::{Value, json};
use store::{CannedReplyForm, DemoEmployee, DemoMark, DemoMember, DemoRows, NewChannel, TenantTx};
use uuid::Uuid;

pub use self::seed::{
    SeedChannel, SeedCompany, SeedContact, SeedEmployee, SeedEnd, SeedField, SeedFile, SeedGroup,
    SeedReply, SeedScenario, SeedSource, SeedTag, SeedTalk,
};
use crate::{Actor, App, Error, Objects, Result, channels::random_text, directory};

/// The key by which talks name the channel that the company has already.
const SITE: &str = "site";

/// What the company's own words stand for.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) channels: BTreeMap<String, ChannelId>,
    /// Everyone who talks; `owner` is the one who logs in.
    pub(crate) employees: BTreeMap<String, EmployeeId>,
    pub(crate) groups: BTreeMap<String, GroupId>,
    pub(crate) tags: BTreeMap<String, TagId>,
    pub(crate) files: BTreeMap<String, StoredFile>,
}

/// A sample file lies in the object store once, however many messages carry it.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    pub(crate) file: SeedFile,
    pub(crate) storage_key: String,
}

impl App {
    /// Fills a company with sample data. Does nothing if it has some. `site` is the channel to which
    /// the talks of the site belong.
    pub async fn fill_demo(
        &self,
        owner: &Actor,
        site: ChannelId,
        company: &SeedCompany,
        files: Vec<SeedFile>,
    ) -> Result<()> {
        if self.store.tenant(owner.account).await?.has_demo_rows().await? {
            return Ok(());
        }
        let mut known = Known {
            channels: BTreeMap::from([(SITE.to_owned(), site)]),
            employees: BTreeMap::from([("owner".to_owned(), owner.employee)]),
            // Bytes first, rows after: a row never names an object that is not there.
            files: self.stored(owner, files).await?,
            ..Known::default()
        };
        let mut tx = self.store.tenant(owner.account).await?;
        let mut rows = DemoRows::default();
        self.people(&mut tx, company, &mut known, &mut rows).await?;
        self.lists(&mut tx, company, &mut known, &mut rows).await?;
        let scenario = self.demo_scenario(&mut tx, company, &known, &mut rows).await?;
        self.demo_channels(&mut tx, company, scenario, &mut known, &mut rows).await?;
        build::talks(company, &known, self.clock.now(), &*self.ids, &mut rows)
            .map_err(|why| Error::Internal(format!("the sample talks: {why}")))?;
        tx.insert_demo_talks(&rows).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes the sample data away, all of it and nothing else.
    pub async fn remove_demo(&self, actor: &Actor) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let objects = tx.remove_demo_rows(actor.employee).await?;
        for of in [
            Directory::Tags,
            Directory::Groups,
            Directory::CannedReplies,
            Directory::ContactFields,
            Directory::Scenarios,
            Directory::Schedules,
        ] {
            directory::changed(&mut tx, of);
        }
        let account = actor.account.to_string();
        self.note(&mut tx, actor, "account.demo_data_removed", account, json!({})).await?;
        tx.commit().await?;
        for key in objects {
            // An object that stays is waste and no fault.
            if let Err(error) = self.objects.delete(&key).await {
                tracing::info!(%error, "a sample file stays in the object store");
            }
        }
        Ok(())
    }

    async fn stored(
        &self,
        owner: &Actor,
        files: Vec<SeedFile>,
    ) -> Result<BTreeMap<String, StoredFile>> {
        let mut stored = BTreeMap::new();
        for file in files {
            let storage_key = Objects::key(owner.account, AttachmentId::new(&*self.ids));
            let put = self.objects.put(&storage_key, file.bytes.clone()).await;
            put.map_err(|error| Error::Internal(format!("a sample file: {error}")))?;
            stored.insert(file.key.clone(), StoredFile { file, storage_key });
        }
        Ok(stored)
    }

    async fn people(
        &self,
        tx: &mut TenantTx,
        company: &SeedCompany,
        known: &mut Known,
        rows: &mut DemoRows,
    ) -> Result<()> {
        let now = self.clock.now();
        for seed in &company.employees {
            let id = EmployeeId::new(&*self.ids);
            known.employees.insert(seed.key.clone(), id);
            mark(rows, "employee", id.0);
            rows.employees.push(DemoEmployee {
                employee_id: id.0,
                email: seed.email.clone(),
                name: seed.name.clone(),
                role: seed.role,
                capacity: seed.capacity,
                presence: seed.presence,
                presence_at: now - chrono::Duration::minutes(seed.since_minutes),
            });
        }
        for seed in &company.groups {
            let id = GroupId::new(&*self.ids);
            known.groups.insert(seed.key.clone(), id);
            mark(rows, "group", id.0);
            tx.insert_group(id, &seed.name, now).await?;
            let members = seed.members.iter().filter_map(|key| known.employees.get(key));
            rows.members.extend(members.map(|e| DemoMember { group_id: id.0, employee_id: e.0 }));
        }
        Ok(tx.insert_demo_people(rows).await?)
    }

    async fn lists(
        &self,
        tx: &mut TenantTx,
        company: &SeedCompany,
        known: &mut Known,
        rows: &mut DemoRows,
    ) -> Result<()> {
        let now = self.clock.now();
        for seed in &company.tags {
            let id = TagId::new(&*self.ids);
            known.tags.insert(seed.name.clone(), id);
            mark(rows, "tag", id.0);
            let (name, color) = (seed.name.clone(), seed.color.clone());
            tx.insert_tag(&store::Tag { tag_id: id, name, color, created_at: now }).await?;
        }
        for seed in &company.replies {
            let id = CannedReplyId::new(&*self.ids);
            mark(rows, "canned_reply", id.0);
            let form = CannedReplyForm {
                shortcut: seed.shortcut.clone(),
                title: seed.title.clone(),
                text: seed.text.clone(),
                section: seed.section.clone(),
                group_id: None,
            };
            tx.insert_canned_reply(id, &form, now).await?;
        }
        for (position, seed) in (0..).zip(&company.fields) {
            rows.marks.push(DemoMark { kind: "contact_field", row_key: seed.key.clone() });
            let field = domain::contact_field::ContactFieldView {
                key: seed.key.clone(),
                name: seed.name.clone(),
                kind: seed.kind,
                choices: seed.choices.clone(),
                position,
            };
            tx.insert_contact_field(&field).await?;
        }
        Ok(())
    }

    async fn demo_scenario(
        &self,
        tx: &mut TenantTx,
        company: &SeedCompany,
        known: &Known,
        rows: &mut DemoRows,
    ) -> Result<ScenarioId> {
        let schedule = ScheduleId::new(&*self.ids);
        let seed = &company.scenario;
        tx.save_schedule(schedule, &seed.hours_name, &seed.hours).await?;
        mark(rows, "schedule", schedule.0);
        let mut text = seed.tree.replace("$schedule", &schedule.to_string());
        for (key, group) in &known.groups {
            text = text.replace(&format!("$group:{key}$"), &group.to_string());
        }
        for (name, tag) in &known.tags {
            text = text.replace(&format!("$tag:{name}$"), &tag.to_string());
        }
        let tree: Scenario = serde_json::from_str(&text)
            .map_err(|error| Error::Internal(format!("the sample scenario: {error}")))?;
        let id = ScenarioId::new(&*self.ids);
        tx.save_scenario(id, &seed.name, &tree).await?;
        mark(rows, "scenario", id.0);
        Ok(id)
    }

    async fn demo_channels(
        &self,
        tx: &mut TenantTx,
        company: &SeedCompany,
        scenario: ScenarioId,
        known: &mut Known,
        rows: &mut DemoRows,
    ) -> Result<()> {
        for seed in &company.channels {
            let id = ChannelId::new(&*self.ids);
            let settings = [
                ("greets", Value::from(false)),
                ("answers", Value::from(true)),
                ("looks_like", Value::from(seed.looks_like.as_str())),
            ];
            tx.insert_channel(&NewChannel {
                channel_id: id,
                kind: domain::channel::ChannelKind::new(&company.channel_kind),
                name: seed.name.clone(),
                settings: settings.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
                secrets: BTreeMap::new(),
                hook_secret: random_text()?.into(),
                hook_key: random_text()?,
                pinned_employee_id: None,
                scenario_id: seed.by_scenario.then_some(scenario),
                auto_close_minutes: None,
                use_in_widget: false,
            })
            .await?;
            let state = if seed.off { ChannelState::Disabled } else { ChannelState::Connected };
            tx.settle_demo_channel(id, &seed.title, state).await?;
            mark(rows, "channel", id.0);
            known.channels.insert(seed.key.clone(), id);
        }
        Ok(())
    }
}

fn mark(rows: &mut DemoRows, kind: &'static str, id: Uuid) {
    rows.marks.push(DemoMark { kind, row_key: id.to_string() });
}
