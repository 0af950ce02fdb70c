//! Webhooks of a CRM: what happened there comes back and shows here (CRM-4a). Answered after COMMIT;
//! what is not understood, or cannot be stored though the database works, is put aside for people.

use std::sync::Arc;

use crm::Crm;
use domain::{
    crm::{Change, CrmId, Directory, Entity, Happening},
    ids::{AccountId, ConversationId, PortalId},
    view::{CrmItem, CrmWhat},
};
use store::{LinkData, LinkRow, LinkState, LinkWritten, NewLink, PortalRow, TenantTx};

use super::{
    heard::{News, hear},
    quarantine::{NotUnderstood, not_done},
    tell::{read_anew, stage_words},
};
use crate::{App, Error, Result, contacts};

/// Said of a webhook that belongs to no portal.
const GONE: Error = Error::NotFound { what: "webhook" };

/// What one webhook works on.
struct Hearing {
    portal: PortalRow,
    as_adapter: crm::Portal,
    adapter: Arc<dyn Crm>,
    directory: Directory,
}

impl App {
    /// Takes a webhook of a portal, found by the unguessable part of its address. Run twice, the
    /// second finds nothing new.
    pub async fn crm_hook(&self, key: &str, content_type: &str, body: &[u8]) -> Result<()> {
        let Some((account, portal, kind)) = self.store.portal_by_hook_key(key).await? else {
            return Err(GONE);
        };
        let adapter = self.crm_adapter(kind)?;
        let Some(hook) = adapter.hook() else { return Err(GONE) };
        let why = match hook.parse(content_type, body) {
            Ok(changes) => match self.take_changes(account, portal, adapter, changes).await {
                // The CRM would tell it again to the same end, and then stop telling anything.
                Err(Error::Internal(error)) => {
                    tracing::error!(%error, portal.id = %portal, "a CRM webhook is poison");
                    not_done()
                }
                taken => return taken,
            },
            Err(error) => {
                tracing::warn!(portal.id = %portal, %error, "a CRM webhook is not understood");
                error.words()
            }
        };
        self.put_aside(account, (portal, kind), NotUnderstood { content_type, body, why }).await
    }

    async fn take_changes(
        &self,
        account: AccountId,
        portal: PortalId,
        adapter: Arc<dyn Crm>,
        changes: Vec<Change>,
    ) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.tenant(account).await?;
        // A mass change in the CRM tells of hundreds of which few are ours, and it waits two seconds.
        let told: Vec<(Entity, CrmId)> =
            changes.iter().map(|change| (change.of, change.id.clone())).collect();
        let ours = tx.lock_crm_linked(portal, &told).await?;
        if ours.is_empty() {
            return Ok(());
        }
        let changes = changes.into_iter().filter(|c| ours.contains(&(c.of, c.id.clone())));
        let Some(portal) = tx.portal(portal).await? else { return Err(GONE) };
        let directory = tx.portal_directory(portal.portal_id).await?.unwrap_or_default();
        let as_adapter = self.crm_portal(&portal)?;
        let hearing = Hearing { portal, as_adapter, adapter, directory };
        for change in changes {
            self.hear_change(&mut tx, &hearing, &change).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn hear_change(
        &self,
        tx: &mut TenantTx,
        hearing: &Hearing,
        change: &Change,
    ) -> Result<()> {
        let portal = hearing.portal.portal_id;
        for link in tx.lock_crm_links_to(portal, change.of, &change.id).await? {
            let Some((now, news)) = hear(&link, change, &hearing.directory) else { continue };
            tx.update_crm_link(&now).await?;
            if now.entity == Entity::Unsorted && now.state != link.state {
                self.unsorted_decided(tx, &link, &now).await?;
            }
            match news {
                News::Nothing => {}
                News::Line(what) => self.tell_of(tx, hearing, &now, what, change).await?,
                News::Renamed(name) => self.rename_by_crm(tx, &link, &name).await?,
                News::Quiet => self.look_anew(tx, hearing, &now).await?,
            }
        }
        Ok(())
    }

    /// An accepted record becomes an ordinary deal with an ordinary contact; a declined one is gone
    /// with what was inside. Accepted into another deal, the conversation goes on in that one.
    pub(super) async fn unsorted_decided(
        &self,
        tx: &mut TenantTx,
        before: &LinkRow,
        unsorted: &LinkRow,
    ) -> Result<()> {
        let (portal, person) = (unsorted.portal_id, unsorted.contact_id);
        let (was, is) = (&before.data.deal, &unsorted.data.deal);
        let accepted = unsorted.state == LinkState::Accepted;
        if let Some(deal) = was.as_ref().filter(|_| !(accepted && was == is)) {
            for mut link in tx.lock_crm_links_to(portal, Entity::Deal, deal).await? {
                link.state = LinkState::Gone;
                tx.update_crm_link(&link).await?;
            }
        }
        if !accepted {
            return Ok(());
        }
        if let (Some(was), Some(is)) = (was, is)
            && was != is
        {
            let link = self.new_link(unsorted, Entity::Deal, is, unsorted.conversation_id);
            tx.put_crm_link(&link).await?;
            tx.repoint_crm_uses(portal, person, Entity::Deal, was, is).await?;
        }
        if let Some(contact) = &unsorted.data.contact {
            let known = tx.crm_ids_of(portal, person, Entity::Contact).await?;
            if !known.contains(contact) {
                let link = self.new_link(unsorted, Entity::Contact, contact, None);
                tx.put_crm_link(&link).await?;
            }
        }
        Ok(())
    }

    /// Of what an accepted record became.
    fn new_link(
        &self,
        of: &LinkRow,
        entity: Entity,
        id: &CrmId,
        conversation_id: Option<ConversationId>,
    ) -> NewLink {
        NewLink {
            link_id: self.ids.uuid(),
            portal_id: of.portal_id,
            entity,
            external_id: id.clone(),
            contact_id: of.contact_id,
            conversation_id,
            data: LinkData::default(),
            state: LinkState::Open,
            written: LinkWritten::default(),
            created_at: self.clock.now(),
        }
    }

    async fn tell_of(
        &self,
        tx: &mut TenantTx,
        hearing: &Hearing,
        link: &LinkRow,
        what: CrmWhat,
        change: &Change,
    ) -> Result<()> {
        let directory = &hearing.directory;
        let user =
            |id: &CrmId| directory.user(id).map_or_else(|| id.to_string(), |u| u.name.clone());
        let (name, detail) = match (&change.happened, what) {
            (Happening::Moved { to, .. }, _) => (String::new(), stage_words(directory, Some(to))),
            (Happening::Responsible { user: id }, _) => (user(id), String::new()),
            (_, CrmWhat::TaskDone) => (link.data.name.clone().unwrap_or_default(), String::new()),
            _ => (String::new(), String::new()),
        };
        let shown = match link.entity {
            Entity::Unsorted | Entity::Task => link.data.deal.as_ref(),
            _ => Some(&link.external_id),
        };
        let url = shown
            .and_then(|id| hearing.adapter.card_url(&hearing.as_adapter, Entity::Deal, id))
            .map(String::from);
        let item = CrmItem { what, name, detail, url };
        let (kind, portal) = (hearing.portal.kind, hearing.portal.portal_id);
        if let Some(conversation) = self.told_conversation(tx, hearing, link).await? {
            self.happened_in_crm(tx, kind, portal, conversation, vec![item.clone()]).await?;
            self.say_changed(tx, hearing, conversation).await?;
        }
        Ok(())
    }

    async fn look_anew(&self, tx: &mut TenantTx, hearing: &Hearing, link: &LinkRow) -> Result<()> {
        if let Some(conversation) = self.told_conversation(tx, hearing, link).await? {
            self.say_changed(tx, hearing, conversation).await?;
        }
        Ok(())
    }

    /// Of the person whose link it is: two of ours may share what is one person there.
    async fn told_conversation(
        &self,
        tx: &mut TenantTx,
        hearing: &Hearing,
        link: &LinkRow,
    ) -> Result<Option<ConversationId>> {
        let (entity, id) = match (link.entity, &link.data.deal) {
            (Entity::Task, Some(deal)) => (Entity::Deal, deal.clone()),
            (entity, _) => (entity, link.external_id.clone()),
        };
        let portal = hearing.portal.portal_id;
        let using = tx.conversation_using(portal, link.contact_id, entity, &id).await?;
        Ok(using.or(link.conversation_id))
    }

    async fn say_changed(
        &self,
        tx: &mut TenantTx,
        hearing: &Hearing,
        conversation: ConversationId,
    ) -> Result<()> {
        let Some(c) = tx.conversation(conversation).await? else { return Ok(()) };
        read_anew(tx, hearing.portal.portal_id, &c);
        Ok(())
    }

    /// The CRM's new name becomes ours, unless somebody here gave the contact another name than the
    /// one that the CRM was told.
    async fn rename_by_crm(&self, tx: &mut TenantTx, link: &LinkRow, name: &str) -> Result<()> {
        let Some(contact) = tx.contact(link.contact_id).await? else { return Ok(()) };
        let told = link.data.name.as_deref().or(link.written.name.as_deref()).unwrap_or("");
        let ours = contact.name.trim();
        if !ours.is_empty() && ours != told.trim() {
            return Ok(());
        }
        tx.rename_contact(link.contact_id, name).await?;
        contacts::changed(tx, link.contact_id).await?;
        Ok(())
    }
}
