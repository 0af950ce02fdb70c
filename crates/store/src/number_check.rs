//! What services said of phones, and what they are being asked (WA-1).

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{ChannelId, EmployeeId, NumberCheckId},
    number_check::{LatestQuestion, Outcome, Reachable, Stage},
    text::Words,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, Store, TenantTx};

/// One phone as one channel knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberCheckRow {
    pub channel_id: ChannelId,
    pub phone: String,
    pub answer: Option<Reachable>,
    pub answered_at: Option<DateTime<Utc>>,
    /// Of the latest question, as everything below.
    pub check_id: NumberCheckId,
    pub employee_id: EmployeeId,
    pub asked_at: DateTime<Utc>,
    pub stage: Stage,
    /// What the service named the question.
    pub ticket: Option<String>,
    pub ended_at: Option<DateTime<Utc>>,
    pub reason: Option<Words>,
    pub remedy: Option<Words>,
}

impl NumberCheckRow {
    pub fn latest(&self) -> LatestQuestion {
        let answered = self.stage == Stage::Over && self.reason.is_none();
        LatestQuestion {
            stage: self.stage,
            asked_at: self.asked_at,
            ended_at: self.ended_at,
            outcome: if answered { Outcome::Answered } else { Outcome::Nothing },
        }
    }
}

/// A question that is to be put.
#[derive(Debug, Clone)]
pub struct NewNumberCheck {
    pub check_id: NumberCheckId,
    pub channel_id: ChannelId,
    pub phone: String,
    pub employee_id: EmployeeId,
    pub at: DateTime<Utc>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select n.channel_id, n.phone, n.answer, n.answered_at, n.check_id, n.employee_id,
                n.asked_at, n.stage, n.ticket, n.ended_at, n.reason, n.remedy
             from number_checks n ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    channel_id: Uuid,
    phone: String,
    answer: Option<String>,
    answered_at: Option<DateTime<Utc>>,
    check_id: Uuid,
    employee_id: Uuid,
    asked_at: DateTime<Utc>,
    stage: String,
    ticket: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    reason: Option<Json<Words>>,
    remedy: Option<Json<Words>>,
}

impl TryFrom<Row> for NumberCheckRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let answer = |text: String| {
            Reachable::parse(&text).ok_or_else(|| Error::bad("number_checks", "answer", text))
        };
        Ok(Self {
            channel_id: ChannelId(row.channel_id),
            phone: row.phone,
            answer: row.answer.map(answer).transpose()?,
            answered_at: row.answered_at,
            check_id: NumberCheckId(row.check_id),
            employee_id: EmployeeId(row.employee_id),
            asked_at: row.asked_at,
            stage: Stage::parse(&row.stage)
                .ok_or_else(|| Error::bad("number_checks", "stage", &row.stage))?,
            ticket: row.ticket,
            ended_at: row.ended_at,
            reason: row.reason.map(|words| words.0),
            remedy: row.remedy.map(|words| words.0),
        })
    }
}

impl TenantTx {
    /// What channels that are still there know of these phones.
    pub async fn number_checks(&mut self, phones: &[String]) -> Result<Vec<NumberCheckRow>> {
        if phones.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(select!(
            "join channels c on c.account_id = n.account_id and c.channel_id = n.channel_id
                and c.deleted_at is null
             where n.account_id = $1 and n.phone = any($2)
             order by n.phone, n.channel_id"
        ))
        .bind(account)
        .bind(phones)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(NumberCheckRow::try_from).collect()
    }

    /// The same of one phone and channel.
    pub async fn number_check_of(
        &mut self,
        channel: ChannelId,
        phone: &str,
    ) -> Result<Option<NumberCheckRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(select!(
            "where n.account_id = $1 and n.channel_id = $2 and n.phone = $3"
        ))
        .bind(account)
        .bind(channel.0)
        .bind(phone)
        .fetch_optional(self.conn())
        .await?;
        row.map(NumberCheckRow::try_from).transpose()
    }

    /// A question by its id, while it is the latest one of its phone.
    pub async fn number_check(&mut self, id: NumberCheckId) -> Result<Option<NumberCheckRow>> {
        let account = self.account().0;
        let row: Option<Row> =
            sqlx::query_as(select!("where n.account_id = $1 and n.check_id = $2"))
                .bind(account)
                .bind(id.0)
                .fetch_optional(self.conn())
                .await?;
        row.map(NumberCheckRow::try_from).transpose()
    }

    /// Puts a question in the place of the former; the last answer stays. `false`: somebody else was
    /// quicker, and theirs stands there now.
    pub async fn ask_number(
        &mut self,
        new: &NewNumberCheck,
        former: Option<NumberCheckId>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "insert into number_checks as n
                (account_id, channel_id, phone, check_id, employee_id, asked_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (account_id, channel_id, phone) do update
                set check_id = excluded.check_id, employee_id = excluded.employee_id,
                    asked_at = excluded.asked_at, stage = 'to_ask', ticket = null,
                    ended_at = null, reason = null, remedy = null
                where n.check_id = $7",
        )
        .bind(account)
        .bind(new.channel_id.0)
        .bind(&new.phone)
        .bind(new.check_id.0)
        .bind(new.employee_id.0)
        .bind(new.at)
        .bind(former.map(|id| id.0))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Counts a check that is paid for; which one of its day it is. `None`: there were `most` already.
    pub async fn count_paid_check(&mut self, day: NaiveDate, most: u32) -> Result<Option<u32>> {
        let account = self.account().0;
        let nth: Option<i32> = sqlx::query_scalar(
            "insert into paid_number_checks as p (account_id, day, checks)
             select $1, $2, 1 where $3 > 0
             on conflict (account_id, day) do update set checks = p.checks + 1
                where p.checks < $3
             returning checks",
        )
        .bind(account)
        .bind(day)
        .bind(i32::try_from(most).unwrap_or(i32::MAX))
        .fetch_optional(self.conn())
        .await?;
        Ok(nth.and_then(|nth| u32::try_from(nth).ok()))
    }

    /// How far a question is. `false`: another one took its place meanwhile, or it is over.
    pub async fn number_check_is(
        &mut self,
        id: NumberCheckId,
        stage: Stage,
        ticket: Option<&str>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update number_checks set stage = $3, ticket = $4
             where account_id = $1 and check_id = $2 and stage <> 'over'",
        )
        .bind(account)
        .bind(id.0)
        .bind(stage.as_str())
        .bind(ticket)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The service has answered.
    pub async fn number_is(
        &mut self,
        id: NumberCheckId,
        answer: Reachable,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update number_checks
             set answer = $3, answered_at = $4, stage = 'over', ended_at = $4, reason = null,
                remedy = null
             where account_id = $1 and check_id = $2 and stage <> 'over'",
        )
        .bind(account)
        .bind(id.0)
        .bind(answer.as_str())
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The question brought nothing.
    pub async fn number_not_told(
        &mut self,
        id: NumberCheckId,
        reason: &Words,
        remedy: &Words,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update number_checks set stage = 'over', ended_at = $3, reason = $4, remedy = $5
             where account_id = $1 and check_id = $2 and stage <> 'over'",
        )
        .bind(account)
        .bind(id.0)
        .bind(at)
        .bind(Json(reason))
        .bind(Json(remedy))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What a channel knows of phones goes with it.
    pub async fn forget_numbers_of(&mut self, channel: ChannelId) -> Result<()> {
        let account = self.account().0;
        sqlx::query("delete from number_checks where account_id = $1 and channel_id = $2")
            .bind(account)
            .bind(channel.0)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

impl Store {
    /// What nobody asked for during a year is forgotten, and how many were paid for a week after.
    pub async fn prune_number_checks(&self) -> Result<u64> {
        sqlx::query("delete from paid_number_checks where day < current_date - 7")
            .execute(&self.platform)
            .await?;
        Ok(sqlx::query("delete from number_checks where asked_at < now() - interval '1 year'")
            .execute(&self.platform)
            .await?
            .rows_affected())
    }
}
