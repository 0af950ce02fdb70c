//! What routing needs to know: scenarios, working hours, who is there with how much work.

use chrono::{DateTime, Utc};
use domain::{
    ids::{
        ChannelId, ContactId, ConversationId, EmployeeId, GroupId, ScenarioId, ScheduleId, TagId,
    },
    people::Presence,
    routing::EmployeeFacts,
    scenario::Scenario,
    working_hours::{Schedule, ScheduleForm},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx, events::decode};

/// A scenario with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRow {
    pub scenario_id: ScenarioId,
    pub name: String,
    pub scenario: Scenario,
    pub revision: i64,
    pub updated_at: DateTime<Utc>,
}

/// Working hours with their name.
#[derive(Debug, Clone)]
pub struct ScheduleRow {
    pub schedule_id: ScheduleId,
    pub name: String,
    pub schedule: Schedule,
    /// As people wrote it.
    pub form: Value,
}

type ScenarioColumns = (Uuid, String, Value, i64, DateTime<Utc>);

/// Id, presence, capacity and the time of the last offer.
type EmployeeColumns = (Uuid, String, Option<i32>, Option<DateTime<Utc>>);

fn scenario_row(row: ScenarioColumns) -> Result<ScenarioRow> {
    Ok(ScenarioRow {
        scenario_id: ScenarioId(row.0),
        name: row.1,
        scenario: decode("scenarios", "tree", row.2)?,
        revision: row.3,
        updated_at: row.4,
    })
}

impl TenantTx {
    pub async fn scenario(&mut self, id: ScenarioId) -> Result<Option<ScenarioRow>> {
        let account = self.account().0;
        let row: Option<ScenarioColumns> = sqlx::query_as(
            "select scenario_id, name, tree, revision, updated_at from scenarios
             where account_id = $1 and scenario_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(scenario_row).transpose()
    }

    pub async fn scenarios(&mut self) -> Result<Vec<ScenarioRow>> {
        let account = self.account().0;
        let rows: Vec<ScenarioColumns> = sqlx::query_as(
            "select scenario_id, name, tree, revision, updated_at from scenarios
             where account_id = $1 order by created_at limit 500",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(scenario_row).collect()
    }

    /// Inserts, or replaces the tree under a new revision.
    pub async fn save_scenario(
        &mut self,
        id: ScenarioId,
        name: &str,
        scenario: &Scenario,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into scenarios (account_id, scenario_id, name, tree) values ($1, $2, $3, $4)
             on conflict (account_id, scenario_id) do update set name = excluded.name,
                tree = excluded.tree, revision = scenarios.revision + 1, updated_at = now()",
        )
        .bind(account)
        .bind(id.0)
        .bind(name)
        .bind(Json(scenario))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Deletes a scenario that no channel uses; false when there is none.
    pub async fn delete_scenario(&mut self, id: ScenarioId) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query("delete from scenarios where account_id = $1 and scenario_id = $2")
            .bind(account)
            .bind(id.0)
            .execute(self.conn())
            .await?
            .rows_affected()
            == 1)
    }

    pub async fn schedules(&mut self) -> Result<Vec<ScheduleRow>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, String, Value)> = sqlx::query_as(
            "select schedule_id, name, schedule from schedules
             where account_id = $1 order by created_at limit 500",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter()
            .map(|(id, name, form)| {
                Ok(ScheduleRow {
                    schedule_id: ScheduleId(id),
                    name,
                    schedule: decode("schedules", "schedule", form.clone())?,
                    form,
                })
            })
            .collect()
    }

    pub async fn save_schedule(
        &mut self,
        id: ScheduleId,
        name: &str,
        form: &ScheduleForm,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into schedules (account_id, schedule_id, name, schedule)
             values ($1, $2, $3, $4)
             on conflict (account_id, schedule_id) do update set name = excluded.name,
                schedule = excluded.schedule, updated_at = now()",
        )
        .bind(account)
        .bind(id.0)
        .bind(name)
        .bind(Json(form))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn delete_schedule(&mut self, id: ScheduleId) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query("delete from schedules where account_id = $1 and schedule_id = $2")
            .bind(account)
            .bind(id.0)
            .execute(self.conn())
            .await?
            .rows_affected()
            == 1)
    }

    /// Everyone who may work with conversations, with what they have in work or on offer. Their
    /// rows are held until commit, so two decisions do not fill the same last place.
    pub async fn lock_employee_facts(&mut self) -> Result<Vec<EmployeeFacts>> {
        let account = self.account().0;
        let locked: Vec<EmployeeColumns> = sqlx::query_as(
            "select employee_id, presence, capacity, last_offer_at from employees
             where account_id = $1 and disabled_at is null and role <> 'analyst'
             order by employee_id for no key update",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        let loads: Vec<(Uuid, i64)> = sqlx::query_as(
            "select coalesce(assignee_id, offered_id), count(*) from conversations
             where account_id = $1 and (state = 'in_work' and assignee_id is not null
                or state = 'new' and offered_id is not null)
             group by 1",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        let members: Vec<(Uuid, Uuid)> =
            sqlx::query_as("select employee_id, group_id from group_members where account_id = $1")
                .bind(account)
                .fetch_all(self.conn())
                .await?;
        locked
            .into_iter()
            .map(|(id, presence, capacity, last_offered_at)| {
                let load = loads.iter().find(|l| l.0 == id).map_or(0, |l| l.1);
                Ok(EmployeeFacts {
                    id: EmployeeId(id),
                    presence: Presence::parse(&presence)
                        .ok_or_else(|| Error::bad("employees", "presence", &presence))?,
                    load: u32::try_from(load).unwrap_or(u32::MAX),
                    capacity: capacity.and_then(|c| u32::try_from(c).ok()),
                    groups: members.iter().filter(|m| m.0 == id).map(|m| GroupId(m.1)).collect(),
                    last_offered_at,
                })
            })
            .collect()
    }

    pub async fn note_offer(&mut self, employee: EmployeeId, at: DateTime<Utc>) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update employees set last_offer_at = $3 where account_id = $1 and employee_id = $2",
        )
        .bind(account)
        .bind(employee.0)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Who had the contact's last conversation before this one.
    pub async fn last_assignee(
        &mut self,
        contact: ContactId,
        but: ConversationId,
    ) -> Result<Option<EmployeeId>> {
        let account = self.account().0;
        let found: Option<Uuid> = sqlx::query_scalar(
            "select assignee_id from conversations
             where account_id = $1 and contact_id = $2 and conversation_id <> $3
               and assignee_id is not null
             order by opened_at desc limit 1",
        )
        .bind(account)
        .bind(contact.0)
        .bind(but.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(EmployeeId))
    }

    /// Whether a phone or an address of the contact is known.
    pub async fn has_address(&mut self, contact: ContactId) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select 1 from contact_phones
                            where account_id = $1 and contact_id = $2)
                 or exists (select 1 from contact_emails
                            where account_id = $1 and contact_id = $2)",
        )
        .bind(account)
        .bind(contact.0)
        .fetch_one(self.conn())
        .await?)
    }

    /// New conversations whose scenario waits for somebody to be there, the oldest first.
    pub async fn waiting_for_somebody(&mut self, most: i64) -> Result<Vec<ConversationId>> {
        let account = self.account().0;
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select conversation_id from conversations
             where account_id = $1 and state = 'new'
               and routing -> 'standing' ->> 'state' = 'waits_for_somebody'
             order by opened_at limit $2",
        )
        .bind(account)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(found.into_iter().map(ConversationId).collect())
    }

    /// New conversations offered to this employee.
    pub async fn offered_to(&mut self, employee: EmployeeId) -> Result<Vec<ConversationId>> {
        let account = self.account().0;
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select conversation_id from conversations
             where account_id = $1 and state = 'new' and offered_id = $2 limit 1000",
        )
        .bind(account)
        .bind(employee.0)
        .fetch_all(self.conn())
        .await?;
        Ok(found.into_iter().map(ConversationId).collect())
    }

    /// Which channels use the scenario.
    pub async fn channels_of_scenario(&mut self, id: ScenarioId) -> Result<Vec<ChannelId>> {
        let account = self.account().0;
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select channel_id from channels
             where account_id = $1 and scenario_id = $2 and deleted_at is null",
        )
        .bind(account)
        .bind(id.0)
        .fetch_all(self.conn())
        .await?;
        Ok(found.into_iter().map(ChannelId).collect())
    }

    /// Tags a conversation by rule; tags that are gone are passed over.
    pub async fn add_conversation_tags(
        &mut self,
        id: ConversationId,
        tags: &[TagId],
    ) -> Result<()> {
        let account = self.account().0;
        let tags: Vec<Uuid> = tags.iter().map(|t| t.0).collect();
        sqlx::query(
            "insert into conversation_tags (account_id, conversation_id, tag_id)
             select account_id, $2, tag_id from tags
             where account_id = $1 and tag_id = any($3) on conflict do nothing",
        )
        .bind(account)
        .bind(id.0)
        .bind(&tags)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn group_exists(&mut self, id: GroupId) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select 1 from groups where account_id = $1 and group_id = $2)",
        )
        .bind(account)
        .bind(id.0)
        .fetch_one(self.conn())
        .await?)
    }
}
