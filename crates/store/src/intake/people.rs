//! Who wrote: channels' facts, identities under their locks, contacts found or made (CV-9).

use super::*;

/// Reads the batch's channels and locks its identities in the order of their ids; makes those that
/// are missing.
pub(super) async fn people(
    conn: &mut PgConnection,
    items: &[Item],
) -> Result<(HashMap<Uuid, ChannelFacts>, HashMap<Place, Identity>)> {
    let mut wanted: BTreeMap<Place, &Item> = BTreeMap::new();
    for item in items {
        wanted.entry((item.channel.0, item.person.external_id.clone())).or_insert(item);
    }
    let (channels, mut found) = lock_identities(conn, wanted.keys()).await?;
    wanted.retain(|(channel, _), _| channels.contains_key(channel));
    let missing: Vec<&Place> = wanted.keys().filter(|k| !found.contains_key(*k)).collect();
    if !missing.is_empty() {
        hold_persons(conn, missing.iter().filter_map(|place| wanted.get(*place).copied())).await?;
        for place in &missing {
            if let Some(item) = wanted.get(*place) {
                make_identity(conn, item).await?;
            }
        }
        found.extend(lock_identities(conn, missing.into_iter()).await?.1);
    }
    for (place, item) in &wanted {
        if let Some(identity) = found.get_mut(place) {
            refresh(conn, item, identity).await?;
        }
    }
    Ok((channels, found))
}

/// A wanted place: its channel's facts, and the identity there if there is one.
#[derive(sqlx::FromRow)]
struct PlaceRow {
    #[sqlx(flatten)]
    facts: ChannelFacts,
    external_id: String,
    identity_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    contact_name: Option<String>,
    name: Option<String>,
    username: Option<String>,
    reachable: Option<bool>,
    came_from: Option<Json<Attribution>>,
    person_key: Option<String>,
    language: Option<String>,
    asked_at: Option<DateTime<Utc>>,
}

impl PlaceRow {
    fn identity(&self) -> Option<Identity> {
        Some(Identity {
            identity_id: self.identity_id?,
            contact_id: self.contact_id?,
            contact_name: self.contact_name.clone()?,
            name: self.name.clone()?,
            username: self.username.clone()?,
            reachable: self.reachable?,
            came_from: self.came_from.clone().map(|Json(a)| a),
            person_key: self.person_key.clone(),
            language: self.language.clone(),
            asked_at: self.asked_at,
        })
    }
}

/// The weakest lock that excludes itself: a stronger one would exclude foreign keys' checks too, which
/// an answer's transaction makes after it locked the conversation, against the order.
async fn lock_identities(
    conn: &mut PgConnection,
    places: impl Iterator<Item = &Place>,
) -> Result<(HashMap<Uuid, ChannelFacts>, HashMap<Place, Identity>)> {
    let (channels, externals): (Vec<Uuid>, Vec<&str>) =
        places.map(|(c, e)| (*c, e.as_str())).unzip();
    let rows: Vec<PlaceRow> = sqlx::query_as(
        "with wanted as (
            select * from unnest($1::uuid[], $2::text[]) w(channel_id, external_id)
         ), locked as materialized (
            select i.channel_id, i.external_id, i.account_id, i.identity_id, i.contact_id, i.name,
                i.username, i.reachable, i.came_from, i.person_key, i.language, i.asked_at
            from wanted w join identities i using (channel_id, external_id)
            order by i.identity_id for no key update of i
         )
         select w.channel_id, w.external_id, c.pinned_employee_id, c.scenario_id,
            c.auto_close_minutes, l.identity_id, l.contact_id, k.name as contact_name, l.name,
            l.username, l.reachable, l.came_from, l.person_key, l.language, l.asked_at
         from wanted w
         join channels c on c.channel_id = w.channel_id and c.deleted_at is null
         left join locked l on l.channel_id = w.channel_id and l.external_id = w.external_id
         left join contacts k on k.account_id = l.account_id and k.contact_id = l.contact_id",
    )
    .bind(&channels)
    .bind(&externals)
    .fetch_all(conn)
    .await?;
    let (mut facts, mut identities) = (HashMap::new(), HashMap::new());
    for row in rows {
        if let Some(identity) = row.identity() {
            identities.insert((row.facts.channel_id, row.external_id), identity);
        }
        facts.insert(row.facts.channel_id, row.facts);
    }
    Ok((facts, identities))
}

/// Holds the people behind new chats until COMMIT: two first chats of one person in two processes come
/// one after another, so that the second finds the contact of the first. All at once and sorted, so that
/// no two batches wait for each other.
async fn hold_persons(conn: &mut PgConnection, new: impl Iterator<Item = &Item>) -> Result<()> {
    let (channels, keys): (Vec<Uuid>, Vec<&str>) =
        new.filter_map(|item| Some((item.channel.0, item.person.key.as_deref()?))).unzip();
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "select pg_advisory_xact_lock(person) from (
            select distinct hashtextextended('person:' || c::text || k, 0) as person
            from unnest($1::uuid[], $2::text[]) p(c, k) order by person) sorted",
    )
    .bind(&channels)
    .bind(&keys)
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes an identity for a person seen for the first time, with the contact that their phone or
/// address already has, or a new one (CV-9). Somebody else may make it at the same moment: then
/// theirs stands and ours leaves no trace.
async fn make_identity(conn: &mut PgConnection, item: &Item) -> Result<()> {
    let account = item.account.0;
    let contact = match owner(conn, item).await? {
        Some(contact) => contact,
        None => {
            sqlx::query(
                "insert into contacts (account_id, contact_id, name) values ($1, $2, $3)
                 on conflict do nothing",
            )
            .bind(account)
            .bind(item.new_contact.0)
            .bind(&item.person.name)
            .execute(&mut *conn)
            .await?;
            item.new_contact.0
        }
    };
    add_addresses(conn, item, contact).await?;
    // The address may have got another owner while we waited for its row: the owner wins.
    let owner = owner(conn, item).await?.unwrap_or(contact);
    let made = sqlx::query(
        "insert into identities
            (account_id, identity_id, channel_id, external_id, contact_id, name, username, language,
             person_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (channel_id, external_id) do nothing",
    )
    .bind(account)
    .bind(item.new_identity.0)
    .bind(item.channel.0)
    .bind(&item.person.external_id)
    .bind(owner)
    .bind(&item.person.name)
    .bind(&item.person.username)
    .bind(&item.person.language)
    .bind(&item.person.key)
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if contact == item.new_contact.0 && (made == 0 || owner != contact) {
        sqlx::query(
            "delete from contacts k where k.account_id = $1 and k.contact_id = $2
               and not exists (select 1 from identities i
                               where i.account_id = $1 and i.contact_id = $2)",
        )
        .bind(account)
        .bind(contact)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// The contact whom this person already is: by phone or address, else by another chat with them in
/// the channel.
async fn owner(conn: &mut PgConnection, item: &Item) -> Result<Option<Uuid>> {
    if let Some(contact) = owner_of_addresses(conn, item).await? {
        return Ok(Some(contact));
    }
    let Some(key) = &item.person.key else { return Ok(None) };
    Ok(sqlx::query_scalar(
        "select contact_id from identities
         where account_id = $1 and channel_id = $2 and person_key = $3
         order by created_at limit 1",
    )
    .bind(item.account.0)
    .bind(item.channel.0)
    .bind(key)
    .fetch_optional(conn)
    .await?)
}

async fn owner_of_addresses(conn: &mut PgConnection, item: &Item) -> Result<Option<Uuid>> {
    if item.person.phones.is_empty() && item.person.emails.is_empty() {
        return Ok(None);
    }
    Ok(sqlx::query_scalar(
        "(select contact_id from contact_phones where account_id = $1 and phone = any($2)
          order by created_at limit 1)
         union all
         (select contact_id from contact_emails where account_id = $1 and email = any($3)
          order by created_at limit 1)
         limit 1",
    )
    .bind(item.account.0)
    .bind(&item.person.phones)
    .bind(&item.person.emails)
    .fetch_optional(conn)
    .await?)
}

async fn add_addresses(conn: &mut PgConnection, item: &Item, contact: Uuid) -> Result<()> {
    if !item.person.phones.is_empty() {
        sqlx::query(
            "insert into contact_phones (account_id, phone, contact_id)
             select $1, phone, $3 from unnest($2::text[]) phone order by phone
             on conflict do nothing",
        )
        .bind(item.account.0)
        .bind(&item.person.phones)
        .bind(contact)
        .execute(&mut *conn)
        .await?;
    }
    if !item.person.emails.is_empty() {
        sqlx::query(
            "insert into contact_emails (account_id, email, contact_id)
             select $1, email, $3 from unnest($2::text[]) email order by email
             on conflict do nothing",
        )
        .bind(item.account.0)
        .bind(&item.person.emails)
        .bind(contact)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Takes over what the service newly tells of a person.
async fn refresh(conn: &mut PgConnection, item: &Item, known: &mut Identity) -> Result<()> {
    let person = &item.person;
    let told = |new: &str, old: &str| if new.is_empty() { old.to_owned() } else { new.to_owned() };
    let name = told(&person.name, &known.name);
    let username = told(&person.username, &known.username);
    // The key names the person for good; the language is theirs to change.
    let key = known.person_key.clone().or_else(|| person.key.clone());
    let language = person.language.clone().or_else(|| known.language.clone());
    let customer_wrote = item.direction == Direction::Inbound;
    if (&name, &username) != (&known.name, &known.username)
        || (&key, &language) != (&known.person_key, &known.language)
        || (customer_wrote && !known.reachable)
    {
        sqlx::query(
            "update identities set name = $3, username = $4, reachable = reachable or $5,
                person_key = $6, language = $7
             where account_id = $1 and identity_id = $2",
        )
        .bind(item.account.0)
        .bind(known.identity_id)
        .bind(&name)
        .bind(&username)
        .bind(customer_wrote)
        .bind(&key)
        .bind(&language)
        .execute(&mut *conn)
        .await?;
        known.reachable |= customer_wrote;
        known.person_key = key;
        known.language = language;
    }
    // A contact without a name, or named by this identity, follows it; one named by hand does not.
    if name != known.contact_name
        && (known.contact_name.is_empty() || known.contact_name == known.name)
    {
        let named = sqlx::query(
            "update contacts set name = $3, updated_at = now()
             where account_id = $1 and contact_id = $2 and not name_fixed",
        )
        .bind(item.account.0)
        .bind(known.contact_id)
        .bind(&name)
        .execute(&mut *conn)
        .await?
        .rows_affected();
        if named == 1 {
            known.contact_name.clone_from(&name);
        }
    }
    known.name = name;
    known.username = username;
    if !person.phones.is_empty() || !person.emails.is_empty() {
        add_addresses(conn, item, known.contact_id).await?;
    }
    Ok(())
}
