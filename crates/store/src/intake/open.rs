//! The conversations that messages belong to, under their locks, and what is stored already (CV-2).

use super::*;

/// Locks the open conversations of the batch's identities, and for persons without one those that
/// their letters' threads name; finds which of the batch's ids, aliases and quoted ids are stored
/// already. A double of a message belongs to the same identity, whose lock is held by now, so the
/// former one is committed and seen.
pub(super) async fn open_and_known(
    conn: &mut PgConnection,
    items: &[Item],
    identities: &HashMap<Place, Identity>,
) -> Result<(HashMap<Uuid, Open>, HashMap<Place, Uuid>)> {
    let mut keys: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    let (mut channels, mut names) = (Vec::new(), Vec::new());
    for item in items {
        if let Some(i) = identities.get(&(item.channel.0, item.person.external_id.clone())) {
            keys.insert((item.account.0, i.identity_id));
        }
        let all = std::iter::once(&item.external_id).chain(&item.aliases).chain(&item.reply_to);
        for name in all {
            channels.push(item.channel.0);
            names.push(name.as_str());
        }
    }
    let (accounts, ids): (Vec<Uuid>, Vec<Uuid>) = keys.into_iter().unzip();
    let rows: Vec<FoundRow> = sqlx::query_as(
        "with open as materialized (
            select c.conversation_id, c.identity_id, c.number, c.state, c.pinned_id, c.assignee_id,
                c.offered_id, c.group_id, c.last_position, c.waiting_since, c.first_answer_at,
                c.attribution
            from unnest($1::uuid[], $2::uuid[]) w(account_id, identity_id)
            join conversations c on c.account_id = w.account_id and c.identity_id = w.identity_id
                and c.state <> 'closed'
            order by c.conversation_id for no key update of c
         ), named as (
            select distinct channel_id, name
            from unnest($3::uuid[], $4::text[]) u(channel_id, name)
         )
         select open.*, null::uuid as channel_id, null::text as name, null::uuid as message_id
         from open
         union all
         select null, null, null, null, null, null, null, null, null, null, null, null,
            n.channel_id, n.name, m.message_id
         from named n join messages m on m.channel_id = n.channel_id and m.external_id = n.name
         union all
         select null, null, null, null, null, null, null, null, null, null, null, null,
            n.channel_id, n.name, a.message_id
         from named n join message_aliases a on a.channel_id = n.channel_id and a.alias = n.name",
    )
    .bind(&accounts)
    .bind(&ids)
    .bind(&channels)
    .bind(&names)
    .fetch_all(&mut *conn)
    .await?;
    let (mut open, mut known) = (HashMap::new(), HashMap::new());
    for row in rows {
        if let (Some(channel), Some(name), Some(message)) =
            (row.channel_id, &row.name, row.message_id)
        {
            known.insert((channel, name.clone()), message);
        } else if let Some(conversation) = row.open() {
            open.insert(conversation.identity_id, conversation);
        }
    }
    join_threads(conn, items, identities, &mut open).await?;
    Ok((open, known))
}

/// One row of two kinds: an open conversation, or a name that is known.
#[derive(sqlx::FromRow)]
struct FoundRow {
    conversation_id: Option<Uuid>,
    identity_id: Option<Uuid>,
    number: Option<i64>,
    state: Option<String>,
    pinned_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    offered_id: Option<Uuid>,
    group_id: Option<Uuid>,
    last_position: Option<i64>,
    waiting_since: Option<DateTime<Utc>>,
    first_answer_at: Option<DateTime<Utc>>,
    attribution: Option<Json<Attribution>>,
    channel_id: Option<Uuid>,
    name: Option<String>,
    message_id: Option<Uuid>,
}

impl FoundRow {
    fn open(self) -> Option<Open> {
        Some(Open {
            conversation_id: self.conversation_id?,
            identity_id: self.identity_id?,
            number: self.number?,
            state: self.state?,
            pinned_id: self.pinned_id,
            assignee_id: self.assignee_id,
            offered_id: self.offered_id,
            group_id: self.group_id,
            last_position: self.last_position?,
            waiting_since: self.waiting_since,
            first_answer_at: self.first_answer_at,
            attribution: self.attribution?,
        })
    }
}

async fn join_threads(
    conn: &mut PgConnection,
    items: &[Item],
    identities: &HashMap<Place, Identity>,
    open: &mut HashMap<Uuid, Open>,
) -> Result<()> {
    for item in items.iter().filter(|i| !i.thread.is_empty()) {
        let Some(identity) = identities.get(&(item.channel.0, item.person.external_id.clone()))
        else {
            continue;
        };
        if open.contains_key(&identity.identity_id) {
            continue;
        }
        if let Some(found) = threaded(conn, item).await? {
            // The conversation may be in the batch already, through its own identity.
            let found = open
                .values()
                .find(|o| o.conversation_id == found.conversation_id)
                .cloned()
                .unwrap_or(found);
            open.insert(identity.identity_id, found);
        }
    }
    Ok(())
}

/// The open conversation of the message that a letter answers. Our Message-IDs are unguessable, so
/// naming one proves that the sender got the letter.
async fn threaded(conn: &mut PgConnection, item: &Item) -> Result<Option<Open>> {
    Ok(sqlx::query_as(
        "select c.conversation_id, c.identity_id, c.number, c.state, c.pinned_id, c.assignee_id,
            c.offered_id, c.group_id, c.last_position, c.waiting_since, c.first_answer_at,
            c.attribution
         from message_aliases a
         join messages m on m.account_id = a.account_id and m.message_id = a.message_id
         join conversations c on c.account_id = m.account_id
            and c.conversation_id = m.conversation_id and c.state <> 'closed'
         where a.account_id = $1 and a.channel_id = $2 and a.alias = any($3)
            and m.direction = 'outbound'
         order by m.created_at desc limit 1 for no key update of c",
    )
    .bind(item.account.0)
    .bind(item.channel.0)
    .bind(&item.thread)
    .fetch_optional(conn)
    .await?)
}

/// Conversations that have a message on its way: an echo of it may come before our own record of
/// its id, and must not be taken for a new message. A message whose name at the service was foretold
/// is known by it, and holds nothing up.
pub(super) async fn sending(
    conn: &mut PgConnection,
    items: &[Item],
    open: &HashMap<Uuid, Open>,
) -> Result<HashSet<Uuid>> {
    if items.iter().all(|i| i.direction == Direction::Inbound) {
        return Ok(HashSet::new());
    }
    let accounts: BTreeSet<Uuid> = items.iter().map(|i| i.account.0).collect();
    let accounts: Vec<Uuid> = accounts.into_iter().collect();
    let ids: Vec<Uuid> = open.values().map(|o| o.conversation_id).collect();
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "select distinct m.conversation_id from messages m
         where m.account_id = any($1) and m.conversation_id = any($2) and m.status = 'sending'
           and not exists (select 1 from message_aliases a
                           where a.account_id = m.account_id and a.message_id = m.message_id)",
    )
    .bind(&accounts)
    .bind(&ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn open_one(
    conn: &mut PgConnection,
    item: &Item,
    identity: &Identity,
    channel: &ChannelFacts,
) -> Result<Open> {
    let subject = match &item.content {
        Content::Letter { subject, .. } => subject.as_str(),
        _ => "",
    };
    let attribution = came_from(conn, item, identity).await?;
    // A conversation that our own side began elsewhere waits for nobody.
    let number: i64 = sqlx::query_scalar(
        "with n as (
            update account_counters set conversation_number = conversation_number + 1
            where account_id = $1 returning conversation_number)
         insert into conversations (account_id, conversation_id, number, channel_id, identity_id,
            contact_id, kind, is_first, pinned_id, attribution, subject, opened_at)
         select $1, $2, n.conversation_number, $3, $4, $5, $6,
            not exists (select 1 from conversations c
                        where c.account_id = $1 and c.contact_id = $5),
            $7, $8, $9, $10
         from n returning number",
    )
    .bind(item.account.0)
    .bind(item.new_conversation.0)
    .bind(item.channel.0)
    .bind(identity.identity_id)
    .bind(identity.contact_id)
    .bind(item.kind.as_str())
    .bind(channel.pinned_employee_id)
    .bind(&attribution)
    .bind(subject)
    .bind(item.now)
    .fetch_one(conn)
    .await?;
    Ok(Open {
        conversation_id: item.new_conversation.0,
        identity_id: identity.identity_id,
        number,
        state: ConversationState::New.as_str().to_owned(),
        pinned_id: channel.pinned_employee_id,
        assignee_id: None,
        offered_id: None,
        group_id: None,
        last_position: 0,
        waiting_since: None,
        first_answer_at: None,
        attribution,
    })
}

/// Where the person came from: what the message tells, else what was told before it.
async fn came_from(
    conn: &mut PgConnection,
    item: &Item,
    identity: &Identity,
) -> Result<Json<Attribution>> {
    let Some(before) = &identity.came_from else { return Ok(Json(item.attribution.clone())) };
    sqlx::query(
        "update identities set came_from = null where account_id = $1 and identity_id = $2",
    )
    .bind(item.account.0)
    .bind(identity.identity_id)
    .execute(conn)
    .await?;
    let told = Attribution { listing: None, ..item.attribution.clone() };
    Ok(Json(match told.is_empty() {
        true => Attribution { listing: item.attribution.listing.clone(), ..before.clone() },
        false => item.attribution.clone(),
    }))
}
