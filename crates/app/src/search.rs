//! Search in contacts and messages (OW-3): by part of a name, phone in any format, nickname,
//! address, words of a message, public number of a conversation.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    contact_view::{FoundMessage, SearchView},
    ids::MessageId,
    page::Limit,
    people::Right,
    search::{Wanted, excerpt, wanted},
    text::Words,
};
use store::{ContactQuery, MessageHit, TenantTx};
use uuid::Uuid;

use crate::{Actor, App, Error, Result, cursor};

/// Messages with the words that are looked at for one page. A viewer who sees few of them gets a
/// short page and a cursor to go on from.
const MOST_LOOKED_AT: i32 = 2000;
const BATCH: i32 = 200;
const MOST_CONTACTS: i32 = 20;

impl App {
    /// The first page has contacts and the named conversation; pages after it go on in messages.
    pub async fn search(
        &self,
        actor: &Actor,
        query: &str,
        cursor: Option<&str>,
        limit: Limit,
    ) -> Result<SearchView> {
        actor.require(Right::ReadConversations)?;
        let wanted = wanted(query).ok_or_else(|| {
            Error::invalid(
                "q",
                "empty",
                Words::new("Введите, что искать.", "Say what to look for."),
            )
        })?;
        let from = cursor::read(cursor)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mut found =
            SearchView { contacts: vec![], conversation: None, messages: vec![], next: None };
        if from.is_none() {
            find_people(&mut tx, actor, &wanted, &mut found).await?;
        }
        if !wanted.text.is_empty() {
            // A message of this very moment has a later stamp than a clock that was read before it.
            let newest = (self.clock.now() + TimeDelta::days(1), Uuid::max());
            let (ids, next) =
                visible_messages(&mut tx, actor, &wanted, from.unwrap_or(newest), limit).await?;
            let hits = tx.message_hits(&ids, &wanted.text).await?;
            found.messages = hits.into_iter().map(view).collect();
            found.next = next.map(|(at, id)| cursor::write(at, id));
        }
        Ok(found)
    }
}

async fn find_people(
    tx: &mut TenantTx,
    actor: &Actor,
    wanted: &Wanted,
    found: &mut SearchView,
) -> Result<()> {
    if let Some(number) = wanted.number {
        if let Some(id) = tx.conversation_by_number(&actor.viewer, number).await? {
            found.conversation = tx.conversation(id).await?;
        }
        return Ok(());
    }
    let query = ContactQuery {
        words: wanted.words.clone(),
        digits: wanted.digits.clone(),
        nickname: wanted.nickname.clone(),
        address: wanted.address.clone(),
    };
    let ids = tx.search_contacts(&query, MOST_CONTACTS).await?;
    found.contacts = tx.contacts(&ids).await?;
    Ok(())
}

type At = (DateTime<Utc>, Uuid);

/// Newest messages that this viewer may see, and where to go on.
async fn visible_messages(
    tx: &mut TenantTx,
    actor: &Actor,
    wanted: &Wanted,
    from: At,
    limit: Limit,
) -> Result<(Vec<MessageId>, Option<At>)> {
    let mut found = Vec::new();
    let mut at = from;
    let mut looked_at = 0;
    // Most viewers see most messages: the first batch is little more than a page.
    let mut batch = i32::try_from(limit.rows()).unwrap_or(BATCH);
    loop {
        let keys =
            tx.search_messages(&actor.viewer, &wanted.text, (at.0, MessageId(at.1)), batch).await?;
        let is_last = keys.len() < usize::try_from(batch).unwrap_or(0);
        looked_at += batch;
        for key in keys {
            if found.len() == limit.get() {
                return Ok((found, Some(at)));
            }
            at = (key.created_at, key.message_id.0);
            if key.visible {
                found.push(key.message_id);
            }
        }
        if is_last {
            return Ok((found, None));
        }
        if looked_at >= MOST_LOOKED_AT {
            return Ok((found, Some(at)));
        }
        batch = BATCH;
    }
}

fn view(hit: MessageHit) -> FoundMessage {
    FoundMessage {
        excerpt: excerpt(&hit.words, &hit.matched),
        message_id: hit.message_id,
        conversation_id: hit.conversation_id,
        position: hit.position,
        direction: hit.direction,
        created_at: hit.created_at,
        conversation_number: hit.number,
        conversation_state: hit.state,
        contact_id: hit.contact_id,
        contact_name: hit.contact_name,
    }
}
