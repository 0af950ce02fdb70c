//! Search in contacts and messages (OW-3). The functions of the search migration find keys through
//! full-text and trigram indexes, which Postgres would not use under row-level security; rows are
//! then read here, behind it, and seen with the viewer's eyes.

use chrono::{DateTime, Utc};
use domain::{
    conversation::{ConversationState, Direction},
    ids::{ContactId, ConversationId, MessageId},
    visibility::Viewer,
};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{Error, Result, TenantTx, visible::push_visible};

/// What to look for among contacts. Empty parts find nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactQuery {
    /// Parts of a name, in lower case; all must be there.
    pub words: Vec<String>,
    /// The end of a phone number.
    pub digits: String,
    /// A whole nickname, in lower case without `@`.
    pub nickname: String,
    /// A whole address, in lower case.
    pub address: String,
}

/// A message that has the words, whether or not the viewer may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageKey {
    pub message_id: MessageId,
    pub created_at: DateTime<Utc>,
    pub visible: bool,
}

/// A found message with what a line of results shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageHit {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub position: i64,
    pub direction: Direction,
    pub created_at: DateTime<Utc>,
    pub number: i64,
    pub state: ConversationState,
    pub contact_id: ContactId,
    pub contact_name: String,
    /// The message's words, cut at [`MOST_TEXT`].
    pub words: String,
    /// Those of its words that matched, as they stand there but with е for ё.
    pub matched: Vec<String>,
}

/// Longer texts are cut before words are marked in them.
pub const MOST_TEXT: i32 = 20_000;

/// Private-use characters that mark the words that matched; taken out of the text beforehand.
const MARK: char = '\u{e000}';
const MARK_END: char = '\u{e001}';

#[derive(sqlx::FromRow)]
struct Row {
    message_id: Uuid,
    conversation_id: Uuid,
    position: i64,
    direction: String,
    created_at: DateTime<Utc>,
    number: i64,
    state: String,
    contact_id: Uuid,
    contact_name: String,
    words: String,
    marked: String,
}

impl TryFrom<Row> for MessageHit {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            message_id: MessageId(row.message_id),
            conversation_id: ConversationId(row.conversation_id),
            position: row.position,
            direction: Direction::parse(&row.direction)
                .ok_or_else(|| Error::bad("messages", "direction", &row.direction))?,
            created_at: row.created_at,
            number: row.number,
            state: ConversationState::parse(&row.state)
                .ok_or_else(|| Error::bad("conversations", "state", &row.state))?,
            contact_id: ContactId(row.contact_id),
            contact_name: row.contact_name,
            words: row.words,
            matched: marked_words(&row.marked),
        })
    }
}

fn marked_words(marked: &str) -> Vec<String> {
    let mut words: Vec<String> = marked
        .split(MARK)
        .skip(1)
        .filter_map(|rest| rest.split(MARK_END).next())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

impl TenantTx {
    /// Ids of contacts that match, newest first. Every employee may see every contact.
    pub async fn search_contacts(
        &mut self,
        query: &ContactQuery,
        most: i32,
    ) -> Result<Vec<ContactId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "select contact_id from search_contacts($1, $2, $3, $4, $5)
             order by created_at desc, contact_id desc",
        )
        .bind(&query.words)
        .bind(&query.digits)
        .bind(&query.nickname)
        .bind(&query.address)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(ids.into_iter().map(ContactId).collect())
    }

    /// Up to `most` messages that have the words and are older than `before`, newest first, each with
    /// whether this viewer may see it. Fewer than `most`: there are no more.
    pub async fn search_messages(
        &mut self,
        viewer: &Viewer,
        words: &str,
        before: (DateTime<Utc>, MessageId),
        most: i32,
    ) -> Result<Vec<MessageKey>> {
        let account = self.account().0;
        let mut query =
            QueryBuilder::<Postgres>::new("select h.message_id, h.created_at, coalesce(");
        push_visible(&mut query, viewer, "c");
        query.push(", false) as visible from search_messages(").push_bind(words);
        query.push(", ").push_bind(before.0);
        query.push(", ").push_bind(before.1.0);
        query.push(", ").push_bind(most);
        query.push(") h join conversations c on c.account_id = ").push_bind(account);
        query.push(
            " and c.conversation_id = h.conversation_id
             order by h.created_at desc, h.message_id desc",
        );
        let rows: Vec<(Uuid, DateTime<Utc>, bool)> =
            query.build_query_as().fetch_all(self.conn()).await?;
        Ok(rows
            .into_iter()
            .map(|(id, created_at, visible)| MessageKey {
                message_id: MessageId(id),
                created_at,
                visible,
            })
            .collect())
    }

    /// What lines of results show of these messages, in their order.
    pub async fn message_hits(
        &mut self,
        ids: &[MessageId],
        words: &str,
    ) -> Result<Vec<MessageHit>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account().0;
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<Row> = sqlx::query_as(
            "select m.message_id, m.conversation_id, m.position, m.direction, m.created_at,
                c.number, c.state, c.contact_id, k.name as contact_name,
                left(m.words, $4) as words,
                ts_headline('russian', fold_yo(translate(left(m.words, $4), $5, '  ')),
                    websearch_to_tsquery('russian', fold_yo($3)), $6) as marked
             from unnest($2::uuid[]) with ordinality n(message_id, ord)
             join messages m on m.account_id = $1 and m.message_id = n.message_id
             join conversations c on c.account_id = $1 and c.conversation_id = m.conversation_id
             join contacts k on k.account_id = $1 and k.contact_id = c.contact_id
             order by n.ord",
        )
        .bind(account)
        .bind(&ids)
        .bind(words)
        .bind(MOST_TEXT)
        .bind(format!("{MARK}{MARK_END}"))
        .bind(format!("HighlightAll=true, StartSel=\"{MARK}\", StopSel=\"{MARK_END}\""))
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(MessageHit::try_from).collect()
    }

    /// The conversation with this public number, if the viewer may see it.
    pub async fn conversation_by_number(
        &mut self,
        viewer: &Viewer,
        number: i64,
    ) -> Result<Option<ConversationId>> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select c.conversation_id from conversations c where c.account_id = ",
        );
        query.push_bind(self.account().0);
        query.push(" and c.number = ").push_bind(number).push(" and ");
        push_visible(&mut query, viewer, "c");
        let id: Option<Uuid> = query.build_query_scalar().fetch_optional(self.conn()).await?;
        Ok(id.map(ConversationId))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_words_are_read_once_each() {
        let marked = "\u{e000}Заказ\u{e001} и <b> \u{e000}заказы\u{e001}, \u{e000}Заказ\u{e001}";
        assert_eq!(marked_words(marked), ["Заказ", "заказы"]);
        assert_eq!(marked_words("ничего"), Vec::<String>::new());
    }
}
