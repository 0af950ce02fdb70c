//! The accepting transaction: any number of inbound messages, of any accounts, stored in a fixed
//! number of statements. Concurrent webhooks are gathered by `app` into one batch, so they share one
//! commit; each is answered after it.
//!
//! Locks are taken in one order everywhere: identities by id, conversations by id, the account's
//! counter, lanes, the counter again for events. The identity's lock is the door to opening a
//! conversation, so there is never a second open one (CV-2); the conversation's lock gives positions,
//! so order is the order of commits. Doubles are found after the locks are held and are also refused
//! by the unique key.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{
    attribution::Attribution,
    content::Content,
    conversation::{Cause, ConversationKind, ConversationState, Direction},
    event::{EventKind, NewEvent},
    ids::{
        AccountId, AttachmentId, ChannelId, ContactId, ConversationId, EmployeeId, GroupId,
        IdentityId, MessageId,
    },
    view::{AttachmentView, Body, ConversationTail, ConversationView, MessageView},
    visibility::Audience,
};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, NewAttachment, NewJob, PlatformTx, Result, Store, attachment, events, lanes,
    message::{StoredBody, searchable},
};

/// A message to store. Ids are made by the caller; those of contact, identity and conversation are
/// used only if they turn out to be new.
#[derive(Debug, Clone)]
pub struct Item {
    pub account: AccountId,
    pub channel: ChannelId,
    pub message_id: MessageId,
    pub new_contact: ContactId,
    pub new_identity: IdentityId,
    pub new_conversation: ConversationId,
    pub person: Person,
    /// The key against doubles, unique within the channel.
    pub external_id: String,
    pub aliases: Vec<String>,
    /// `Inbound`, or `Outbound` for what our side wrote elsewhere.
    pub direction: Direction,
    pub content: Content<AttachmentId>,
    pub files: Vec<NewAttachment>,
    pub reply_to: Option<String>,
    /// Ids or aliases of earlier messages of the thread, newest first.
    pub thread: Vec<String>,
    pub album: Option<String>,
    pub kind: ConversationKind,
    pub automatic: bool,
    pub attribution: Attribution,
    pub occurred_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub raw: Option<String>,
}

/// The customer of a message.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub external_id: String,
    pub name: String,
    pub username: String,
    pub language: Option<String>,
    /// E.164.
    pub phones: Vec<String>,
    /// Normalised.
    pub emails: Vec<String>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    New {
        conversation: ConversationId,
        message: Box<MessageView>,
        /// The message opened its conversation.
        opened: bool,
    },
    /// It was stored before.
    Duplicate { message: MessageId },
    /// Our side's copy of a message whose sending is not finished: come again.
    Later,
    /// The channel was taken away meanwhile.
    Gone,
}

#[derive(sqlx::FromRow)]
struct ChannelFacts {
    channel_id: Uuid,
    pinned_employee_id: Option<Uuid>,
    scenario_id: Option<Uuid>,
    auto_close_minutes: Option<i32>,
}

#[derive(Clone)]
struct Identity {
    identity_id: Uuid,
    contact_id: Uuid,
    contact_name: String,
    name: String,
    username: String,
    reachable: bool,
}

#[derive(sqlx::FromRow, Clone)]
struct Open {
    conversation_id: Uuid,
    identity_id: Uuid,
    number: i64,
    state: String,
    pinned_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    offered_id: Option<Uuid>,
    group_id: Option<Uuid>,
    last_position: i64,
    waiting_since: Option<DateTime<Utc>>,
    first_answer_at: Option<DateTime<Utc>>,
}

impl Open {
    fn audience(&self) -> Audience {
        Audience {
            pinned: self.pinned_id.map(EmployeeId),
            assignee: self.assignee_id.map(EmployeeId),
            offered: self.offered_id.map(EmployeeId),
            group: self.group_id.map(GroupId),
        }
    }
}

/// What the batch made, gathered for the bulk statements at its end.
#[derive(Default)]
struct Made {
    conversations: BTreeMap<Uuid, Touched>,
    messages: Vec<usize>,
    positions: Vec<i64>,
    message_conversations: Vec<Uuid>,
    replies: Vec<Option<Uuid>>,
    events: Vec<(AccountId, NewEvent)>,
    jobs: Vec<(AccountId, NewJob)>,
}

struct Touched {
    account: Uuid,
    open: Open,
    last_message_at: DateTime<Utc>,
    preview: String,
    preview_direction: Direction,
    auto_close_at: Option<DateTime<Utc>>,
}

type Place = (Uuid, String);

impl Store {
    /// Stores a batch in a transaction of its own and returns after COMMIT.
    pub async fn accept(&self, items: &[Item]) -> Result<Vec<Stored>> {
        let mut tx = self.platform().await?;
        let accepted = tx.accept(items).await?;
        tx.commit().await?;
        Ok(self.tell(accepted))
    }

    /// Tells local readers of what a platform transaction appended and queued, now that it is
    /// committed. Returns the items' fates.
    pub fn tell(&self, accepted: Accepted) -> Vec<Stored> {
        for (account, seq) in accepted.feeds {
            self.hint(account, seq);
        }
        for queue in accepted.queues {
            let _ = self.wakes.send(queue);
        }
        accepted.fates
    }
}

/// What a batch came to. Hand it to [`Store::tell`] after commit.
#[must_use]
#[derive(Debug)]
pub struct Accepted {
    /// In the order of the items.
    pub fates: Vec<Stored>,
    /// Feeds that grew, with their last numbers.
    feeds: Vec<(AccountId, i64)>,
    /// Queues that got work.
    queues: BTreeSet<&'static str>,
}

impl PlatformTx {
    /// Stores a batch within this transaction.
    pub async fn accept(&mut self, items: &[Item]) -> Result<Accepted> {
        let conn = self.conn();
        let (channels, identities) = people(conn, items).await?;
        let (mut open, mut known) = open_and_known(conn, items, &identities).await?;
        let sending = sending(conn, items, &open).await?;

        let mut stored = Vec::with_capacity(items.len());
        let mut made = Made::default();
        let mut opened: Vec<(usize, Uuid)> = Vec::new();
        for (n, item) in items.iter().enumerate() {
            let Some(channel) = channels.get(&item.channel.0) else {
                stored.push(Stored::Gone);
                continue;
            };
            let key: Place = (item.channel.0, item.external_id.clone());
            let names = std::iter::once(&item.external_id).chain(&item.aliases);
            let former =
                names.filter_map(|name| known.get(&(item.channel.0, name.clone()))).next().copied();
            if let Some(message) = former {
                stored.push(Stored::Duplicate { message: MessageId(message) });
                continue;
            }
            let place = (item.channel.0, item.person.external_id.clone());
            let Some(identity) = identities.get(&place) else {
                return Err(Error::Inconsistent {
                    table: "identities",
                    column: "external_id",
                    why: "an identity is missing after it was made".to_owned(),
                });
            };
            if item.direction == Direction::Outbound
                && open
                    .get(&identity.identity_id)
                    .is_some_and(|o| sending.contains(&o.conversation_id))
            {
                stored.push(Stored::Later);
                continue;
            }
            let is_new = !open.contains_key(&identity.identity_id);
            if is_new {
                let conversation = open_one(conn, item, identity, channel).await?;
                opened.push((n, identity.identity_id));
                open.insert(identity.identity_id, conversation);
            }
            let Some(conversation) = open.get_mut(&identity.identity_id) else { continue };
            place_message(&mut made, n, item, channel, conversation);
            known.insert(key, item.message_id.0);
            let view = view_of(item, conversation);
            if is_new {
                made.jobs.extend(route_job(item, channel, conversation));
            }
            stored.push(Stored::New {
                conversation: ConversationId(conversation.conversation_id),
                message: Box::new(view),
                opened: is_new,
            });
        }
        resolve_replies(items, &mut made, &known);
        write(conn, items, &made).await?;
        append_events(conn, items, &mut made, &mut stored, &identities, &opened).await?;
        let queues = made.jobs.iter().map(|(_, job)| job.queue).collect();
        if !made.jobs.is_empty() {
            lanes::push(conn, &made.jobs).await?;
        }
        let feeds = if made.events.is_empty() {
            Vec::new()
        } else {
            events::append(conn, &made.events).await?
        };
        Ok(Accepted { fates: stored, feeds, queues })
    }
}

/// Reads the batch's channels and locks its identities in the order of their ids; makes those that
/// are missing.
async fn people(
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
                i.username, i.reachable
            from wanted w join identities i using (channel_id, external_id)
            order by i.identity_id for no key update of i
         )
         select w.channel_id, w.external_id, c.pinned_employee_id, c.scenario_id,
            c.auto_close_minutes, l.identity_id, l.contact_id, k.name as contact_name, l.name,
            l.username, l.reachable
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

/// Makes an identity for a person seen for the first time, with the contact that their phone or
/// address already has, or a new one (CV-9). Somebody else may make it at the same moment: then
/// theirs stands and ours leaves no trace.
async fn make_identity(conn: &mut PgConnection, item: &Item) -> Result<()> {
    let account = item.account.0;
    let contact = match owner_of_addresses(conn, item).await? {
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
    let owner = owner_of_addresses(conn, item).await?.unwrap_or(contact);
    let made = sqlx::query(
        "insert into identities
            (account_id, identity_id, channel_id, external_id, contact_id, name, username, language)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
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
    let customer_wrote = item.direction == Direction::Inbound;
    if (&name, &username) != (&known.name, &known.username) || (customer_wrote && !known.reachable)
    {
        sqlx::query(
            "update identities set name = $3, username = $4, reachable = reachable or $5
             where account_id = $1 and identity_id = $2",
        )
        .bind(item.account.0)
        .bind(known.identity_id)
        .bind(&name)
        .bind(&username)
        .bind(customer_wrote)
        .execute(&mut *conn)
        .await?;
        known.reachable |= customer_wrote;
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

/// Locks the open conversations of the batch's identities, and for persons without one those that
/// their letters' threads name; finds which of the batch's ids, aliases and quoted ids are stored
/// already. A double of a message belongs to the same identity, whose lock is held by now, so the
/// former one is committed and seen.
async fn open_and_known(
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
                c.offered_id, c.group_id, c.last_position, c.waiting_since, c.first_answer_at
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
         select null, null, null, null, null, null, null, null, null, null, null,
            n.channel_id, n.name, m.message_id
         from named n join messages m on m.channel_id = n.channel_id and m.external_id = n.name
         union all
         select null, null, null, null, null, null, null, null, null, null, null,
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
            c.offered_id, c.group_id, c.last_position, c.waiting_since, c.first_answer_at
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
/// its id, and must not be taken for a new message.
async fn sending(
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
        "select distinct conversation_id from messages
         where account_id = any($1) and conversation_id = any($2) and status = 'sending'",
    )
    .bind(&accounts)
    .bind(&ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

async fn open_one(
    conn: &mut PgConnection,
    item: &Item,
    identity: &Identity,
    channel: &ChannelFacts,
) -> Result<Open> {
    let subject = match &item.content {
        Content::Letter { subject, .. } => subject.as_str(),
        _ => "",
    };
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
    .bind(Json(&item.attribution))
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
    })
}

/// Gives the message its position and notes what it changes in its conversation.
fn place_message(
    made: &mut Made,
    n: usize,
    item: &Item,
    channel: &ChannelFacts,
    conversation: &mut Open,
) {
    conversation.last_position += 1;
    match item.direction {
        Direction::Inbound if !item.automatic => {
            conversation.waiting_since.get_or_insert(item.now);
        }
        Direction::Outbound => {
            conversation.waiting_since = None;
            conversation.first_answer_at.get_or_insert(item.now);
        }
        Direction::Inbound | Direction::Note | Direction::System => {}
    }
    made.messages.push(n);
    made.positions.push(conversation.last_position);
    made.message_conversations.push(conversation.conversation_id);
    made.conversations.insert(
        conversation.conversation_id,
        Touched {
            account: item.account.0,
            open: conversation.clone(),
            last_message_at: item.now,
            preview: item.content.preview(),
            preview_direction: item.direction,
            auto_close_at: channel
                .auto_close_minutes
                .map(|m| item.now + chrono::Duration::minutes(m.into())),
        },
    );
}

fn view_of(item: &Item, conversation: &Open) -> MessageView {
    let files: HashMap<AttachmentId, AttachmentView> =
        item.files.iter().map(|f| (f.attachment_id, f.view())).collect();
    MessageView {
        message_id: item.message_id,
        conversation_id: ConversationId(conversation.conversation_id),
        position: conversation.last_position,
        direction: item.direction,
        author_id: None,
        automatic: item.automatic,
        body: Body::Said(item.content.clone().filter_map_files(|id| files.get(&id).cloned())),
        reply_to: None,
        album: item.album.clone(),
        status: None,
        failure: None,
        client_id: None,
        mentions: Vec::new(),
        occurred_at: item.occurred_at,
        created_at: item.now,
        edited_at: None,
        removed_at: None,
    }
}

/// A new conversation of a channel with a scenario asks to be routed. Without one it is visible to
/// all (CH-2); a pinned channel bypasses the scenario (CH-3).
fn route_job(
    item: &Item,
    channel: &ChannelFacts,
    conversation: &Open,
) -> Option<(AccountId, NewJob)> {
    let routed = channel.scenario_id.is_some()
        && channel.pinned_employee_id.is_none()
        && item.direction == Direction::Inbound;
    routed.then(|| {
        let conversation = ConversationId(conversation.conversation_id);
        let job = NewJob {
            lane: format!("route:{conversation}"),
            queue: "routing",
            payload: json!({ "job": "route", "conversation": conversation, "why": "opened" }),
            run_at: None,
        };
        (item.account, job)
    })
}

/// What each new message quotes, now that all ids of the batch are known.
fn resolve_replies(items: &[Item], made: &mut Made, known: &HashMap<Place, Uuid>) {
    made.replies = made
        .messages
        .iter()
        .filter_map(|&n| items.get(n))
        .map(|item| {
            let quoted = item.reply_to.as_ref()?;
            known.get(&(item.channel.0, quoted.clone())).copied()
        })
        .collect();
}

/// Writes messages and what they change in their conversations, in one statement; then the rarer
/// rows of files and aliases.
async fn write(conn: &mut PgConnection, items: &[Item], made: &Made) -> Result<()> {
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

/// Builds the feed's events and the jobs that fetch files.
async fn append_events(
    conn: &mut PgConnection,
    items: &[Item],
    made: &mut Made,
    stored: &mut [Stored],
    identities: &HashMap<Place, Identity>,
    opened: &[(usize, Uuid)],
) -> Result<()> {
    let firsts: HashMap<Uuid, bool> = first_flags(conn, items, opened).await?;
    let mut order = 0;
    for (item, fate) in items.iter().zip(stored) {
        let Stored::New { conversation, message, opened } = fate else { continue };
        message.reply_to = made.replies.get(order).copied().flatten().map(MessageId);
        order += 1;
        let Some(touched) = made.conversations.get(&conversation.0) else { continue };
        let audience = touched.open.audience();
        if *opened {
            let place = (item.channel.0, item.person.external_id.clone());
            let Some(identity) = identities.get(&place) else { continue };
            let view = opened_view(item, identity, touched, *conversation, &firsts);
            made.events.push((
                item.account,
                NewEvent {
                    kind: EventKind::ConversationCreated,
                    conversation: Some(*conversation),
                    audience: Some(audience),
                    was: None,
                    payload: json!({ "conversation": view }),
                },
            ));
        }
        let tail = ConversationTail {
            conversation_id: *conversation,
            state: ConversationState::parse(&touched.open.state).unwrap_or(ConversationState::New),
            last_position: message.position,
            last_message_at: item.now,
            preview: item.content.preview(),
            preview_direction: item.direction,
            waiting_since: touched.open.waiting_since,
        };
        made.events.push((
            item.account,
            NewEvent {
                kind: EventKind::MessageCreated,
                conversation: Some(*conversation),
                audience: Some(audience),
                was: None,
                payload: json!({ "message": &*message, "conversation": tail }),
            },
        ));
        for file in item.files.iter().filter(|f| f.handle.is_some()) {
            made.jobs.push((
                item.account,
                NewJob {
                    lane: format!("media:{}", file.attachment_id),
                    queue: "media",
                    payload: json!({ "job": "fetch", "attachment": file.attachment_id }),
                    run_at: None,
                },
            ));
        }
    }
    Ok(())
}

async fn first_flags(
    conn: &mut PgConnection,
    items: &[Item],
    opened: &[(usize, Uuid)],
) -> Result<HashMap<Uuid, bool>> {
    if opened.is_empty() {
        return Ok(HashMap::new());
    }
    let (mut accounts, mut ids) = (Vec::new(), Vec::new());
    for item in opened.iter().filter_map(|(n, _)| items.get(*n)) {
        accounts.push(item.account.0);
        ids.push(item.new_conversation.0);
    }
    let rows: Vec<(Uuid, bool)> = sqlx::query_as(
        "select c.conversation_id, c.is_first
         from unnest($1::uuid[], $2::uuid[]) w(account_id, conversation_id)
         join conversations c using (account_id, conversation_id)",
    )
    .bind(&accounts)
    .bind(&ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

fn opened_view(
    item: &Item,
    identity: &Identity,
    touched: &Touched,
    conversation: ConversationId,
    firsts: &HashMap<Uuid, bool>,
) -> ConversationView {
    ConversationView {
        conversation_id: conversation,
        number: touched.open.number,
        channel_id: item.channel,
        identity_id: IdentityId(identity.identity_id),
        contact_id: ContactId(identity.contact_id),
        contact_name: identity.contact_name.clone(),
        kind: item.kind,
        state: ConversationState::New,
        is_first: firsts.get(&conversation.0).copied().unwrap_or(false),
        pinned_id: touched.open.pinned_id.map(EmployeeId),
        assignee_id: None,
        offered_id: None,
        group_id: None,
        attribution: item.attribution.clone(),
        subject: match &item.content {
            Content::Letter { subject, .. } => subject.clone(),
            _ => String::new(),
        },
        last_position: touched.open.last_position,
        last_message_at: touched.last_message_at,
        preview: touched.preview.clone(),
        preview_direction: touched.preview_direction,
        waiting_since: touched.open.waiting_since,
        auto_close_at: touched.auto_close_at,
        opened_at: item.now,
        taken_at: None,
        first_answer_at: touched.open.first_answer_at,
        closed_at: None,
        close_cause: None::<Cause>,
        closed_by: None,
        tags: Vec::new(),
    }
}
