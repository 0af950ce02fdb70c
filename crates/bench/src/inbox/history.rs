//! A long history of one company, made in the database: nobody waits for 20 million webhooks. The
//! rows are those that intake would have written, without raw bodies and events.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{company::Company, stage::Stage};

/// Conversations of one statement.
const CHUNK: i64 = 20_000;

/// Ids in time order as ours are (UUID version 7), made again from a number whenever needed.
const ID: &str = "
create function pg_temp.id(salt text, n bigint, at timestamptz) returns uuid
language sql immutable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(salt || n), 1, 3) || '8' || substr(md5(salt || n), 4, 15))::uuid
$$";

/// A year of conversations, the last one now.
const AT: &str = "
create function pg_temp.at(n bigint, of bigint) returns timestamptz
language sql stable as $$
    select date_trunc('hour', now()) - (of - n) * (interval '365 days' / of)
$$";

const PEOPLE: &str = "
with made as materialized (
    select n, pg_temp.at(n, $4) as at from generate_series($2::bigint, $3::bigint) n
), contact as (
    insert into contacts (account_id, contact_id, name, created_at, updated_at)
    select $1, pg_temp.id('c' || $1, n, at),
        (array['Анна','Борис','Вера','Глеб','Дарья','Егор','Жанна','Захар','Инна','Кирилл'])[1 + n % 10]
        || ' ' || (array['Алексеева','Воронов','Громова','Дымов','Ершова','Жуков','Зимина'])[1 + n % 7]
        || ' ' || n,
        at, at
    from made
)
insert into identities (account_id, identity_id, contact_id, channel_id, external_id, name, created_at)
select $1, pg_temp.id('i' || $1, n, at), pg_temp.id('c' || $1, n, at), $5, 'bench' || n,
    'Клиент ' || n, at
from made";

/// One in twenty is new, one in twenty in work by the owner, the rest is closed.
const CONVERSATIONS: &str = "
insert into conversations (account_id, conversation_id, number, channel_id, identity_id, contact_id,
    state, is_first, assignee_id, last_position, last_message_at, preview, preview_direction,
    waiting_since, opened_at, taken_at, closed_at, close_cause)
select $1, pg_temp.id('v' || $1, n, at), $8 + n, $5, pg_temp.id('i' || $1, n, at),
    pg_temp.id('c' || $1, n, at), state, true,
    case when state = 'in_work' then $6::uuid end, $7, at + $7 * interval '1 minute',
    'Спасибо, жду ответа', 'inbound',
    case when state <> 'closed' then at end, at,
    case when state <> 'new' then at end, case when state = 'closed' then at end, null
from (
    select n, pg_temp.at(n, $4) as at,
        case n % 20 when 0 then 'new' when 10 then 'in_work' else 'closed' end as state
    from generate_series($2::bigint, $3::bigint) n
) made";

/// Every fifth message speaks of delivery; the number is a word that few messages have.
const MESSAGES: &str = "
insert into messages (account_id, conversation_id, position, message_id, channel_id, direction,
    author_id, content, words, external_id, status, occurred_at, created_at)
select $1, conversation_id, p, pg_temp.id('m' || $1 || '/' || p, n, at), $5, direction,
    case when direction = 'outbound' then $6::uuid end,
    jsonb_build_object('type', 'text', 'text', said), said,
    'bench' || n || ':' || p, case when direction = 'outbound' then 'sent' end, at, at
from (
    select n, p, conversation_id, at, direction,
        case when (n + p) % 5 = 0 then 'Подскажите про доставку заказа ' || n
        else (array['Добрый день, интересует синий чайник','Когда можно забрать покупку в магазине',
            'Спасибо большое, всё получилось','Пришлите счёт на оплату по договору',
            'Хотел бы вернуть товар и получить деньги'])[1 + (n * 7 + p) % 5]
            || ', обращение ' || n || ', часть ' || p end as said
    from (
        select n, p, pg_temp.id('v' || $1, n, pg_temp.at(n, $4)) as conversation_id,
            pg_temp.at(n, $4) + p * interval '1 minute' as at,
            case when p % 2 = 0 then 'outbound' else 'inbound' end as direction
        from generate_series($2::bigint, $3::bigint) n, generate_series(1, $7::bigint) p
    ) raw
) made";

/// Makes `conversations` with `messages` each and brings the statistics up to date.
pub async fn make(
    stage: &mut Stage,
    company: &Company,
    conversations: i64,
    messages: i64,
) -> Result<()> {
    let mut db = stage.database().await?;
    let (account, channel, owner) = owners(&mut db, company).await?;
    for setting in [
        // Foreign keys would be checked row by row; the rows fit by construction.
        "set session_replication_role = replica",
        "set synchronous_commit = off",
        "set maintenance_work_mem = '1GB'",
        "set work_mem = '256MB'",
    ] {
        db.execute(setting).await?;
    }
    db.execute(ID).await?;
    db.execute(AT).await?;
    let index: String = sqlx::query_scalar("select pg_get_indexdef('messages_search'::regclass)")
        .fetch_one(&mut db)
        .await?;
    // Built at once afterwards: row by row it would take most of the time.
    db.execute("drop index messages_search").await?;
    let mut from = 1;
    while from <= conversations {
        let to = (from + CHUNK - 1).min(conversations);
        for (statement, binds) in [(PEOPLE, 5), (CONVERSATIONS, 8), (MESSAGES, 7)] {
            let mut query = sqlx::query(statement).bind(account).bind(from).bind(to);
            query = query.bind(conversations).bind(channel);
            if binds > 5 {
                query = query.bind(owner).bind(messages);
            }
            if binds > 7 {
                query = query.bind(NUMBERS_FROM);
            }
            query.execute(&mut db).await?;
        }
        eprintln!("inbox: {to} of {conversations} conversations");
        from = to + 1;
    }
    sqlx::query("update account_counters set conversation_number = $2 where account_id = $1")
        .bind(account)
        .bind(NUMBERS_FROM + conversations)
        .execute(&mut db)
        .await?;
    eprintln!("inbox: building the search index");
    db.execute(AssertSqlSafe(index)).await?;
    for table in ["contacts", "identities", "conversations", "messages"] {
        db.execute(AssertSqlSafe(format!("vacuum (analyze) {table}"))).await?;
    }
    db.execute("checkpoint").await?;
    db.close().await?;
    Ok(())
}

/// Numbers that the program gave itself lie below.
const NUMBERS_FROM: i64 = 1000;

async fn owners(
    db: &mut PgConnection,
    company: &Company,
) -> Result<(sqlx::types::Uuid, sqlx::types::Uuid, sqlx::types::Uuid)> {
    let row = sqlx::query_as(
        "select c.account_id, c.channel_id, e.employee_id from channels c
         join employees e using (account_id)
         where c.account_id = $1::text::uuid and e.role = 'owner'",
    );
    let found = row.bind(uuid(&company.account_id)).fetch_optional(db).await?;
    found.context("the company has no channel or no owner")
}

/// The uuid within an API id.
pub fn uuid(id: &str) -> String {
    id.rsplit('_').next().unwrap_or(id).to_owned()
}
