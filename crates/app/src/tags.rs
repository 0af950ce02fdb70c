//! The company's tags (CV-8).

use domain::{
    contact_view::TagView,
    event::Directory,
    ids::{ConversationId, TagId},
    people::Right,
    text::Words,
    view::ConversationView,
};
use store::{TAG_NAME_TAKEN, Tag, TenantTx};

use crate::{
    Actor, App, Error, Invalid, RequestKey, Result, conversation_events::append_conversation,
    directory, fields::Check, idempotency,
};

/// A tag's look when none was chosen.
const DEFAULT_COLOR: &str = "#8899aa";

impl App {
    pub async fn tags(&self, actor: &Actor) -> Result<Vec<TagView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.tags().await?.into_iter().map(view).collect())
    }

    pub async fn create_tag(
        &self,
        actor: &Actor,
        name: &str,
        color: Option<&str>,
        key: Option<&RequestKey>,
    ) -> Result<TagView> {
        actor.require(Right::ManageContacts)?;
        let mut check = Check::default();
        let name = check.line("name", name);
        check.add(color.and_then(check_color));
        check.done()?;
        let tag = Tag {
            tag_id: TagId::new(&*self.ids),
            name,
            color: color.unwrap_or(DEFAULT_COLOR).to_owned(),
            created_at: self.clock.now(),
        };
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        tx.insert_tag(&tag).await.map_err(name_taken)?;
        let view = view(tag);
        idempotency::remember(&mut tx, actor, key, &view).await?;
        directory::changed(&mut tx, Directory::Tags);
        tx.commit().await?;
        Ok(view)
    }

    pub async fn change_tag(
        &self,
        actor: &Actor,
        id: TagId,
        name: Option<&str>,
        color: Option<&str>,
    ) -> Result<TagView> {
        actor.require(Right::ManageContacts)?;
        let mut check = Check::default();
        let name = name.map(|name| check.line("name", name));
        check.add(color.and_then(check_color));
        check.done()?;
        let mut tx = self.store.tenant(actor.account).await?;
        let tag = tx.update_tag(id, name.as_deref(), color).await.map_err(name_taken)?;
        let tag = tag.ok_or(Error::NotFound { what: "tag" })?;
        directory::changed(&mut tx, Directory::Tags);
        tx.commit().await?;
        Ok(view(tag))
    }

    /// Takes the tag off everything that has it.
    pub async fn delete_tag(&self, actor: &Actor, id: TagId) -> Result<()> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.delete_tag(id).await? {
            return Err(Error::NotFound { what: "tag" });
        }
        directory::changed(&mut tx, Directory::Tags);
        tx.commit().await?;
        Ok(())
    }

    pub async fn tag_conversation(
        &self,
        actor: &Actor,
        id: ConversationId,
        tag: TagId,
    ) -> Result<ConversationView> {
        let mut tx = self.worked_on(actor, id).await?;
        if !tx.tag_exists(tag).await? {
            return Err(Error::NotFound { what: "tag" });
        }
        let changed = tx.tag_conversation(id, tag).await?;
        tagged(tx, id, changed).await
    }

    pub async fn untag_conversation(
        &self,
        actor: &Actor,
        id: ConversationId,
        tag: TagId,
    ) -> Result<ConversationView> {
        let mut tx = self.worked_on(actor, id).await?;
        let changed = tx.untag_conversation(id, tag).await?;
        tagged(tx, id, changed).await
    }

    /// Locks a conversation that the actor sees and may work on.
    async fn worked_on(&self, actor: &Actor, id: ConversationId) -> Result<TenantTx> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.lock_conversation(id)
            .await?
            .filter(|c| actor.viewer.sees(&c.audience()))
            .ok_or(CONVERSATION_NOT_FOUND)?;
        Ok(tx)
    }
}

const CONVERSATION_NOT_FOUND: Error = Error::NotFound { what: "conversation" };

/// Reads the conversation with its tags as they are now, and tells readers of a change.
async fn tagged(mut tx: TenantTx, id: ConversationId, changed: bool) -> Result<ConversationView> {
    let view = tx.conversation(id).await?.ok_or(CONVERSATION_NOT_FOUND)?;
    if changed {
        append_conversation(&mut tx, &view, None);
    }
    tx.commit().await?;
    Ok(view)
}

fn view(tag: Tag) -> TagView {
    TagView { tag_id: tag.tag_id, name: tag.name, color: tag.color, created_at: tag.created_at }
}

fn name_taken(error: store::Error) -> Error {
    match error {
        store::Error::Constraint(name) if name == TAG_NAME_TAKEN => Error::conflict(
            "tag_name_taken",
            Words::new("Тег с таким названием уже есть.", "There is a tag of this name."),
        ),
        other => other.into(),
    }
}

fn check_color(color: &str) -> Option<Invalid> {
    let good = color
        .strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    (!good).then(|| {
        Invalid::new(
            "color",
            "bad_color",
            Words::new(
                "Цвет — это # и шесть цифр: #8899aa.",
                "A colour is # and six digits: #8899aa.",
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        for good in ["#8899aa", "#FFFFFF"] {
            assert!(check_color(good).is_none(), "{good}");
        }
        for bad in ["", "red", "#fff", "#8899ag", "8899aa", "#8899aa;x", "#фффффф"] {
            assert!(check_color(bad).is_some(), "{bad}");
        }
    }
}
