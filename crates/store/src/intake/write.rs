//! The bulk statement of messages and conversations, and the rarer rows of files and aliases.

use super::*;

/// Writes messages and what they change in their conversations, in one statement; then the rarer
/// rows of files and aliases.
pub(super) async fn write(conn: &mut PgConnection, items: &[Item], made: &Made) -> Result<()> {
    if made.messages.is_empty() {
        return Ok(());
    }
    let new: Vec<&Item> = made.messages.iter().filter_map(|&n| items.get(n)).collect();
    let accounts: Vec<Uuid> = new.iter().map(|i| i.account.0).collect();
    let ids: Vec<Uuid> = new.iter().map(|i| i.message_id.0).collect();
    let channels: Vec<Uuid> = new.iter().map(|i| i.channel.0).collect();
    let directions: Vec<&str> = new.iter().map(|i| i.direction.as_str()).collect();
    let automatic: Vec<bool> = new.iter().map(|i| i.automatic).collect();
    let bodies: Vec<Json<StoredBody>> =
        new.iter().map(|i| Json(StoredBody::Said(i.content.clone()))).collect();
    let words: Vec<String> = new.iter().map(|i| searchable(&i.content.words())).collect();
    let externals: Vec<&str> = new.iter().map(|i| i.external_id.as_str()).collect();
    let albums: Vec<Option<&str>> = new.iter().map(|i| i.album.as_deref()).collect();
    let occurred: Vec<DateTime<Utc>> = new.iter().map(|i| i.occurred_at).collect();
    let created: Vec<DateTime<Utc>> = new.iter().map(|i| i.now).collect();
    let raws: Vec<Option<&str>> = new.iter().map(|i| i.raw.as_deref()).collect();
    let statuses: Vec<Option<&str>> =
        new.iter().map(|i| (i.direction == Direction::Outbound).then_some("sent")).collect();

    let touched: Vec<(&Uuid, &Touched)> = made.conversations.iter().collect();
    let t_accounts: Vec<Uuid> = touched.iter().map(|(_, t)| t.account).collect();
    let t_ids: Vec<Uuid> = touched.iter().map(|(id, _)| **id).collect();
    let t_positions: Vec<i64> = touched.iter().map(|(_, t)| t.open.last_position).collect();
    let t_at: Vec<DateTime<Utc>> = touched.iter().map(|(_, t)| t.last_message_at).collect();
    let t_previews: Vec<&str> = touched.iter().map(|(_, t)| t.preview.as_str()).collect();
    let t_directions: Vec<&str> =
        touched.iter().map(|(_, t)| t.preview_direction.as_str()).collect();
    let t_waiting: Vec<Option<DateTime<Utc>>> =
        touched.iter().map(|(_, t)| t.open.waiting_since).collect();
    let t_answered: Vec<Option<DateTime<Utc>>> =
        touched.iter().map(|(_, t)| t.open.first_answer_at).collect();
    let t_close: Vec<Option<DateTime<Utc>>> =
        touched.iter().map(|(_, t)| t.auto_close_at).collect();

    sqlx::query(
        "with touched as (
            update conversations c set last_position = t.last_position,
                last_message_at = t.last_message_at, preview = t.preview,
                preview_direction = t.preview_direction, waiting_since = t.waiting_since,
                first_answer_at = t.first_answer_at, auto_close_at = t.auto_close_at
            from unnest($16::uuid[], $17::uuid[], $18::bigint[], $19::timestamptz[], $20::text[],
                $21::text[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[])
                t(account_id, conversation_id, last_position, last_message_at, preview,
                  preview_direction, waiting_since, first_answer_at, auto_close_at)
            where c.account_id = t.account_id and c.conversation_id = t.conversation_id
         )
         insert into messages (account_id, conversation_id, position, message_id, channel_id,
            direction, automatic, content, words, external_id, reply_to, album, status,
            occurred_at, created_at, raw)
         select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[],
            $6::text[], $7::bool[], $8::jsonb[], $9::text[], $10::text[], $11::uuid[], $12::text[],
            $25::text[], $13::timestamptz[], $14::timestamptz[], $15::text[])",
    )
    .bind(&accounts)
    .bind(&made.message_conversations)
    .bind(&made.positions)
    .bind(&ids)
    .bind(&channels)
    .bind(&directions)
    .bind(&automatic)
    .bind(&bodies)
    .bind(&words)
    .bind(&externals)
    .bind(&made.replies)
    .bind(&albums)
    .bind(&occurred)
    .bind(&created)
    .bind(&raws)
    .bind(&t_accounts)
    .bind(&t_ids)
    .bind(&t_positions)
    .bind(&t_at)
    .bind(&t_previews)
    .bind(&t_directions)
    .bind(&t_waiting)
    .bind(&t_answered)
    .bind(&t_close)
    .bind(&statuses)
    .execute(&mut *conn)
    .await?;

    for item in &new {
        for file in &item.files {
            attachment::insert(conn, item.account.0, file).await?;
        }
        if !item.aliases.is_empty() {
            sqlx::query(
                "insert into message_aliases (account_id, channel_id, alias, message_id)
                 select $1, $2, alias, $4 from unnest($3::text[]) alias on conflict do nothing",
            )
            .bind(item.account.0)
            .bind(item.channel.0)
            .bind(&item.aliases)
            .bind(item.message_id.0)
            .execute(&mut *conn)
            .await?;
        }
    }
    Ok(())
}
