//! What the database knows after a run.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use sqlx::PgConnection;

use super::check::Row;
use crate::company::Company;

/// API ids of the conversations, once all customers have one.
pub async fn conversations(db: &mut PgConnection, customers: usize) -> Result<Vec<String>> {
    let begun = Instant::now();
    loop {
        let ids: Vec<String> = sqlx::query_scalar(
            "select 'cnv_' || replace(conversation_id::text, '-', '') from conversations
             where state <> 'closed' order by number",
        )
        .fetch_all(&mut *db)
        .await?;
        if ids.len() == customers {
            return Ok(ids);
        }
        if begun.elapsed() > Duration::from_secs(30) {
            bail!("{customers} customers wrote, and there are {} conversations", ids.len());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The uuid within an API id.
fn uuid(id: &str) -> String {
    id.rsplit('_').next().unwrap_or(id).to_owned()
}

pub async fn last_event(db: &mut PgConnection, company: &Company) -> Result<i64> {
    let last = sqlx::query_scalar(
        "select event_seq from account_counters where account_id = $1::text::uuid",
    );
    Ok(last.bind(uuid(&company.account_id)).fetch_one(db).await?)
}

/// Waits until no answer is on its way and no event is written.
pub async fn at_rest(db: &mut PgConnection, patience: Duration) -> Result<()> {
    let begun = Instant::now();
    let mut before = -1;
    loop {
        let on_the_way: i64 = sqlx::query_scalar(
            "select count(*) from messages
             where direction = 'outbound' and status in ('queued', 'sending')",
        )
        .fetch_one(&mut *db)
        .await?;
        let events: i64 = sqlx::query_scalar("select sum(event_seq)::bigint from account_counters")
            .fetch_one(&mut *db)
            .await?;
        if (on_the_way == 0 && events == before) || begun.elapsed() > patience {
            return Ok(());
        }
        before = events;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// All that was said, in the order of conversation and position.
pub async fn rows(db: &mut PgConnection, company: &Company) -> Result<Vec<Row>> {
    let rows: Vec<(String, String, String, String, Option<String>)> = sqlx::query_as(
        "select m.conversation_id::text, i.external_id, m.direction,
            coalesce(m.content->>'text', ''), m.status
         from messages m
         join conversations c using (account_id, conversation_id)
         join identities i using (account_id, identity_id)
         where m.account_id = $1::text::uuid and m.direction in ('inbound', 'outbound')
           and not m.automatic and m.content->>'text' not like '/start%'
         order by m.conversation_id, m.position",
    )
    .bind(uuid(&company.account_id))
    .fetch_all(db)
    .await?;
    let row = |(conversation, chat, direction, text, status): (_, _, String, _, _)| Row {
        conversation,
        chat,
        inbound: direction == "inbound",
        text,
        status,
    };
    Ok(rows.into_iter().map(row).collect())
}

pub async fn feed(db: &mut PgConnection, company: &Company, from: i64) -> Result<Vec<i64>> {
    let seqs = sqlx::query_scalar(
        "select seq from events where account_id = $1::text::uuid and seq > $2 order by seq",
    );
    Ok(seqs.bind(uuid(&company.account_id)).bind(from).fetch_all(db).await?)
}
