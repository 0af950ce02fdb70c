//! What in a CRM is ours: the truth before any search, because a CRM has no idempotency.

use chrono::{DateTime, Utc};
use domain::{
    crm::{CrmId, Entity, StageRef, Written},
    ids::{AttachmentId, ContactId, ConversationId, PortalId},
};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// How an entity stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    Open,
    /// A deal won or lost.
    Closed,
    /// Deleted, or merged into another.
    Gone,
    /// A task.
    Done,
    /// «Неразобранное»: these three.
    Waiting,
    Accepted,
    Declined,
}

impl LinkState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Gone => "gone",
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "open" => Self::Open,
            "closed" => Self::Closed,
            "gone" => Self::Gone,
            "done" => Self::Done,
            "waiting" => Self::Waiting,
            "accepted" => Self::Accepted,
            "declined" => Self::Declined,
            other => return Err(Error::bad("crm_links", "state", other)),
        })
    }
}

/// What is known of an entity, as its kind has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a deal or lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<StageRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<CrmId>,
    /// A person of the CRM chose the responsible one after our last write (CRM-3).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub responsible_by_hand: bool,
    /// The deal of a task, of an «unsorted».
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deal: Option<CrmId>,
    /// The contact inside an «unsorted».
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<CrmId>,
    /// The text of a note that grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Written>,
    /// The file of ours that a note carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<AttachmentId>,
    /// When the CRM says that it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// Of the last change that was heard, by the CRM's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<DateTime<Utc>>,
    /// Stages where it was in that second and is no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<StageRef>,
}

/// What we last wrote of an entity, by which an echo is recognised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkWritten {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<StageRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<CrmId>,
}

#[derive(Debug, Clone)]
pub struct NewLink {
    pub link_id: Uuid,
    pub portal_id: PortalId,
    pub entity: Entity,
    pub external_id: CrmId,
    pub contact_id: ContactId,
    pub conversation_id: Option<ConversationId>,
    pub data: LinkData,
    pub state: LinkState,
    pub written: LinkWritten,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LinkRow {
    pub link_id: Uuid,
    pub portal_id: PortalId,
    pub entity: Entity,
    pub external_id: CrmId,
    pub contact_id: ContactId,
    /// The last conversation that went there.
    pub conversation_id: Option<ConversationId>,
    pub data: LinkData,
    pub state: LinkState,
    pub written: LinkWritten,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    link_id: Uuid,
    portal_id: Uuid,
    entity: String,
    external_id: String,
    contact_id: Uuid,
    conversation_id: Option<Uuid>,
    data: Json<LinkData>,
    state: String,
    written: Json<LinkWritten>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for LinkRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            link_id: row.link_id,
            portal_id: PortalId(row.portal_id),
            entity: entity(&row.entity)?,
            external_id: CrmId(row.external_id),
            contact_id: ContactId(row.contact_id),
            conversation_id: row.conversation_id.map(ConversationId),
            data: row.data.0,
            state: LinkState::parse(&row.state)?,
            written: row.written.0,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

pub(super) fn entity(text: &str) -> Result<Entity> {
    Entity::parse(text).ok_or_else(|| Error::bad("crm_links", "entity", text))
}

/// The text of a select of links. Those that lock take the rows in the order of `link_id`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select link_id, portal_id, entity, external_id, contact_id, conversation_id, data,
                state, written, created_at, updated_at
             from crm_links where account_id = $1 ",
            $rest
        )
    };
}

impl TenantTx {
    /// Keeps a link; of one that is there, everything but its id and its time of making is replaced. A
    /// link without a conversation keeps the one it has.
    pub async fn put_crm_link(&mut self, link: &NewLink) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_links (account_id, link_id, portal_id, entity, external_id, contact_id,
                conversation_id, data, state, written, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
             on conflict on constraint crm_links_once do update set
                conversation_id = coalesce(excluded.conversation_id, crm_links.conversation_id),
                data = excluded.data, state = excluded.state, written = excluded.written,
                updated_at = now()",
        )
        .bind(account)
        .bind(link.link_id)
        .bind(link.portal_id.0)
        .bind(link.entity.as_str())
        .bind(link.external_id.as_str())
        .bind(link.contact_id.0)
        .bind(link.conversation_id.map(|c| c.0))
        .bind(Json(&link.data))
        .bind(link.state.as_str())
        .bind(Json(&link.written))
        .bind(link.created_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What a person has in a portal, the newest first, gone ones too.
    pub async fn crm_links(
        &mut self,
        portal: PortalId,
        contact: ContactId,
    ) -> Result<Vec<LinkRow>> {
        let newest_first = select!(
            "and contact_id = $2 and portal_id = $3 order by created_at desc, link_id desc"
        );
        self.links_of(newest_first, portal, contact).await
    }

    /// The same, locked. Before the conversation's row: a webhook takes them in this order.
    pub async fn lock_crm_links(
        &mut self,
        portal: PortalId,
        contact: ContactId,
    ) -> Result<Vec<LinkRow>> {
        let locked = select!("and contact_id = $2 and portal_id = $3 order by link_id for update");
        self.links_of(locked, portal, contact).await
    }

    async fn links_of(
        &mut self,
        select: &'static str,
        portal: PortalId,
        contact: ContactId,
    ) -> Result<Vec<LinkRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(select)
            .bind(account)
            .bind(contact.0)
            .bind(portal.0)
            .fetch_all(self.conn())
            .await?;
        rows.into_iter().map(LinkRow::try_from).collect()
    }

    /// What is linked with this entity, as it is now.
    pub async fn crm_links_to(
        &mut self,
        portal: PortalId,
        entity: Entity,
        id: &CrmId,
    ) -> Result<Vec<LinkRow>> {
        let read =
            select!("and portal_id = $2 and entity = $3 and external_id = $4 order by link_id");
        self.links_to(read, portal, entity, id).await
    }

    /// Locks what is linked with this entity: of several of our contacts, if they share it.
    pub async fn lock_crm_links_to(
        &mut self,
        portal: PortalId,
        entity: Entity,
        id: &CrmId,
    ) -> Result<Vec<LinkRow>> {
        let locked = select!(
            "and portal_id = $2 and entity = $3 and external_id = $4 order by link_id for update"
        );
        self.links_to(locked, portal, entity, id).await
    }

    async fn links_to(
        &mut self,
        select: &'static str,
        portal: PortalId,
        entity: Entity,
        id: &CrmId,
    ) -> Result<Vec<LinkRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(select)
            .bind(account)
            .bind(portal.0)
            .bind(entity.as_str())
            .bind(id.as_str())
            .fetch_all(self.conn())
            .await?;
        rows.into_iter().map(LinkRow::try_from).collect()
    }

    /// Writes what became known of a link.
    pub async fn update_crm_link(&mut self, link: &LinkRow) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_links set conversation_id = $3, data = $4, state = $5, written = $6,
                updated_at = now()
             where account_id = $1 and link_id = $2",
        )
        .bind(account)
        .bind(link.link_id)
        .bind(link.conversation_id.map(|c| c.0))
        .bind(Json(&link.data))
        .bind(link.state.as_str())
        .bind(Json(&link.written))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
