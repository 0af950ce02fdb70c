//! Merging contacts by hand and taking a merge back (CV-9, BY-9).

use domain::{
    contact_view::MergeView,
    ids::{ContactId, MergeId},
    people::Right,
    text::Words,
    view::ContactView,
};
use serde_json::json;
use store::{AuditEntry, LockedContact, Merge};

use crate::{
    Actor, App, Error, Result,
    contacts::{NOT_FOUND, changed},
};

/// More merges of one contact are not shown.
const MOST_MERGES: i64 = 100;

impl App {
    /// Moves everything of `merged` to `kept`. `merged` stays as a trace that points to `kept`.
    pub async fn merge_contacts(
        &self,
        actor: &Actor,
        kept: ContactId,
        merged: ContactId,
    ) -> Result<(MergeId, ContactView)> {
        actor.require(Right::ManageContacts)?;
        if kept == merged {
            return Err(Error::invalid(
                "contact_id",
                "same_contact",
                Words::new("Выберите другой контакт.", "Choose another contact."),
            ));
        }
        let id = MergeId::new(&*self.ids);
        let at = self.clock.now();
        let mut tx = self.store.tenant(actor.account).await?;
        let locked = tx.lock_contacts([kept, merged]).await?;
        for id in [kept, merged] {
            let contact = find(&locked, id)?;
            if let Some(into) = contact.merged_into {
                return Err(Error::Conflict {
                    code: "already_merged",
                    message: Words::new(
                        "Этот контакт уже объединён с другим.",
                        "This contact has been merged with another one.",
                    ),
                    details: json!({ "contact_id": id, "merged_into": into }),
                });
            }
        }
        tx.merge_contacts(id, kept, merged, actor.employee, at).await?;
        tx.audit(&AuditEntry {
            at,
            actor: Some(actor.employee),
            action: "contact.merged",
            object: kept.to_string(),
            details: json!({ "merged": merged, "merge": id }),
        })
        .await?;
        changed(&mut tx, merged).await?;
        let view = changed(&mut tx, kept).await?;
        tx.commit().await?;
        Ok((id, view))
    }

    /// The contact's merges, newest first.
    pub async fn contact_merges(
        &self,
        actor: &Actor,
        contact: ContactId,
    ) -> Result<Vec<MergeView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.contact(contact).await?.ok_or(NOT_FOUND)?;
        let merges = tx.merges_of(contact, MOST_MERGES).await?;
        Ok(merges.into_iter().map(view).collect())
    }

    /// Takes a merge back. What the kept contact got since stays with it. Returns the contact that
    /// is there again.
    pub async fn undo_merge(&self, actor: &Actor, id: MergeId) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let at = self.clock.now();
        let mut tx = self.store.tenant(actor.account).await?;
        let merge = tx.merge(id).await?.ok_or(Error::NotFound { what: "merge" })?;
        let locked = tx.lock_contacts([merge.kept_id, merge.merged_id]).await?;
        if let Some(into) = find(&locked, merge.kept_id)?.merged_into {
            return Err(Error::Conflict {
                code: "merged_further",
                message: Words::new(
                    "Контакт потом объединили ещё с одним. Сначала отмените то объединение.",
                    "The contact was merged once more since. Undo that merge first.",
                ),
                details: json!({ "contact_id": merge.kept_id, "merged_into": into }),
            });
        }
        let still = find(&locked, merge.merged_id)?.merged_into == Some(merge.kept_id);
        if !still || !tx.undo_merge(&merge, at).await? {
            return Err(Error::conflict(
                "already_undone",
                Words::new("Объединение уже отменено.", "The merge has been undone already."),
            ));
        }
        tx.audit(&AuditEntry {
            at,
            actor: Some(actor.employee),
            action: "contact.unmerged",
            object: merge.kept_id.to_string(),
            details: json!({ "merged": merge.merged_id, "merge": id }),
        })
        .await?;
        changed(&mut tx, merge.kept_id).await?;
        let view = changed(&mut tx, merge.merged_id).await?;
        tx.commit().await?;
        Ok(view)
    }
}

fn find(locked: &[LockedContact], id: ContactId) -> Result<&LockedContact> {
    locked.iter().find(|contact| contact.contact_id == id).ok_or(NOT_FOUND)
}

fn view(merge: Merge) -> MergeView {
    MergeView {
        merge_id: merge.merge_id,
        kept_id: merge.kept_id,
        merged_id: merge.merged_id,
        employee_id: merge.employee_id,
        created_at: merge.created_at,
        undone_at: merge.undone_at,
    }
}
