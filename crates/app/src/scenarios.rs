//! Scenarios and working hours: what admins set for routing.

use std::collections::BTreeSet;

use domain::{
    event::Directory,
    ids::{ScenarioId, ScheduleId},
    people::Right,
    problem::Problem,
    scenario::{self, Existing, Scenario},
    text::Words,
    working_hours::{Schedule, ScheduleForm},
};
use serde_json::json;
use store::{ScenarioRow, ScheduleRow, TenantTx};

use crate::{Actor, App, Error, Invalid, RequestKey, Result, directory, idempotency};

const LONGEST_NAME: usize = 100;

impl App {
    pub async fn scenarios(&self, actor: &Actor) -> Result<Vec<ScenarioRow>> {
        actor.require(Right::ManageScenarios)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.scenarios().await?)
    }

    pub async fn scenario(&self, actor: &Actor, id: ScenarioId) -> Result<ScenarioRow> {
        actor.require(Right::ManageScenarios)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.scenario(id).await?.ok_or(Error::NotFound { what: "scenario" })
    }

    /// Makes a scenario, or replaces the one of this id. Every wrong step is named (RT-1). With the
    /// revision that was `read`, what somebody else saved since then is not overwritten.
    pub async fn save_scenario(
        &self,
        actor: &Actor,
        id: Option<ScenarioId>,
        read: Option<i64>,
        name: &str,
        tree: Scenario,
        key: Option<&RequestKey>,
    ) -> Result<ScenarioRow> {
        actor.require(Right::ManageScenarios)?;
        let name = named(name)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        let id = match id {
            Some(id) if tx.scenario(id).await?.is_none() => {
                return Err(Error::NotFound { what: "scenario" });
            }
            Some(id) => id,
            None => ScenarioId::new(&*self.ids),
        };
        let existing = self.existing(&mut tx).await?;
        refuse("tree", scenario::check(&tree, &existing))?;
        tx.save_scenario(id, &name, &tree).await?;
        let row = tx.scenario(id).await?.ok_or(Error::NotFound { what: "scenario" })?;
        // Compared after the write, which waits for others and counts from what they left.
        if read.is_some_and(|read| row.revision != read + 1) {
            return Err(Error::Conflict {
                code: "changed_meanwhile",
                message: Words::new(
                    "Пока вы редактировали, этот сценарий сохранил кто-то ещё. Откройте его заново.",
                    "Somebody else saved this scenario while you were editing. Open it anew.",
                ),
                details: json!({ "revision": row.revision - 1 }),
            });
        }
        idempotency::remember(&mut tx, actor, key, &row).await?;
        directory::changed(&mut tx, Directory::Scenarios);
        self.note(&mut tx, actor, "scenario.saved", id.to_string(), json!({ "name": name }))
            .await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Deletes a scenario that no channel uses.
    pub async fn delete_scenario(&self, actor: &Actor, id: ScenarioId) -> Result<()> {
        actor.require(Right::ManageScenarios)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let channels = tx.channels_of_scenario(id).await?;
        if !channels.is_empty() {
            return Err(Error::Conflict {
                code: "scenario_in_use",
                message: Words::new(
                    "Сценарий используется каналами. Сначала выберите им другой.",
                    "Channels use this scenario. Choose another one for them first.",
                ),
                details: json!({ "channels": channels }),
            });
        }
        if !tx.delete_scenario(id).await? {
            return Err(Error::NotFound { what: "scenario" });
        }
        directory::changed(&mut tx, Directory::Scenarios);
        self.note(&mut tx, actor, "scenario.deleted", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(())
    }

    pub async fn schedules(&self, actor: &Actor) -> Result<Vec<ScheduleRow>> {
        actor.require(Right::ManageScenarios)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.schedules().await?)
    }

    /// Makes working hours, or replaces those of this id (RT-3a).
    pub async fn save_schedule(
        &self,
        actor: &Actor,
        id: Option<ScheduleId>,
        name: &str,
        form: ScheduleForm,
        key: Option<&RequestKey>,
    ) -> Result<ScheduleId> {
        actor.require(Right::ManageScenarios)?;
        let name = named(name)?;
        if let Err(problems) = Schedule::try_from(form.clone()) {
            refuse("schedule", problems.0)?;
        }
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        let id = match id {
            Some(id) if !tx.schedules().await?.iter().any(|s| s.schedule_id == id) => {
                return Err(Error::NotFound { what: "schedule" });
            }
            Some(id) => id,
            None => ScheduleId::new(&*self.ids),
        };
        tx.save_schedule(id, &name, &form).await?;
        idempotency::remember(&mut tx, actor, key, &id).await?;
        directory::changed(&mut tx, Directory::Schedules);
        self.note(&mut tx, actor, "schedule.saved", id.to_string(), json!({ "name": name }))
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn delete_schedule(&self, actor: &Actor, id: ScheduleId) -> Result<()> {
        actor.require(Right::ManageScenarios)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.delete_schedule(id).await? {
            return Err(Error::NotFound { what: "schedule" });
        }
        directory::changed(&mut tx, Directory::Schedules);
        self.note(&mut tx, actor, "schedule.deleted", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn existing(&self, tx: &mut TenantTx) -> Result<Existing> {
        Ok(Existing {
            channels: tx.channels().await?.into_iter().map(|c| c.channel_id).collect(),
            kinds: self.drivers.iter().map(|d| d.kind()).collect(),
            employees: tx
                .lock_employee_facts()
                .await?
                .into_iter()
                .map(|e| e.id)
                .collect::<BTreeSet<_>>(),
            groups: tx.groups(None, 1000).await?.into_iter().map(|g| g.group_id).collect(),
            schedules: tx.schedules().await?.into_iter().map(|s| s.schedule_id).collect(),
            tags: tx.tags().await?.into_iter().map(|t| t.tag_id).collect(),
        })
    }
}

fn named(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid(
        "name",
        "bad_name",
        Words::new(
            format!("Дайте название длиной до {LONGEST_NAME} символов."),
            format!("Give it a name of up to {LONGEST_NAME} characters."),
        ),
    ))
}

pub(crate) fn refuse(field: &str, problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Invalid(
        problems
            .into_iter()
            .map(|p| Invalid::new(format!("{field}{}", p.path), p.code, p.words))
            .collect(),
    ))
}
