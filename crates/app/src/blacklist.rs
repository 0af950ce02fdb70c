//! The black list: people whose messages are not shown (CV-9, WA-5).

use domain::{
    blacklist::{EntryKind, entry},
    contact_view::BlacklistView,
    page::{Limit, Page},
    people::Right,
    text::{Words, without_nul},
};
use serde_json::json;
use store::{AuditEntry, Blacklisted};

use crate::{
    Actor, App, Error, Invalid, RequestKey, Result, contacts::country, fields::Check, idempotency,
};

const MOST_NOTE: usize = 500;

impl App {
    /// In the order of the entries' texts; the cursor is the last one shown.
    pub async fn blacklist(
        &self,
        actor: &Actor,
        cursor: Option<&str>,
        limit: Limit,
    ) -> Result<Page<BlacklistView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let rows = tx.blacklist(cursor, limit.rows()).await?;
        Ok(Page::of_rows(rows, limit, |last| last.entry.clone()).map(view))
    }

    /// Adds an entry in its one form; a repeated one gets the new note.
    pub async fn add_to_blacklist(
        &self,
        actor: &Actor,
        kind: EntryKind,
        value: &str,
        note: &str,
        key: Option<&RequestKey>,
    ) -> Result<BlacklistView> {
        actor.require(Right::ManageContacts)?;
        let at = self.clock.now();
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        let country = country(&mut tx).await?;
        let mut check = Check::default();
        let entry = entry(kind, value, country);
        if entry.is_none() {
            check.add(bad_value(kind));
        }
        if note.chars().count() > MOST_NOTE {
            let words = Words::new("Не больше 500 знаков.", "At most 500 characters.");
            check.add(Invalid::new("note", "too_long", words));
        }
        check.done()?;
        let new = Blacklisted {
            entry: entry.unwrap_or_default(),
            note: note.trim().to_owned(),
            employee_id: actor.employee,
            created_at: at,
        };
        let kept = view(tx.put_blacklist(&new).await?);
        self.block_at_services(&mut tx, &kept.entry).await?;
        idempotency::remember(&mut tx, actor, key, &kept).await?;
        tx.audit(&AuditEntry {
            at,
            actor: Some(actor.employee),
            action: "blacklist.added",
            object: String::new(),
            details: json!({ "kind": kind }),
        })
        .await?;
        tx.commit().await?;
        Ok(kept)
    }

    pub async fn remove_from_blacklist(&self, actor: &Actor, entry: &str) -> Result<()> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.delete_blacklist(&without_nul(entry)).await? {
            return Err(Error::NotFound { what: "blacklist entry" });
        }
        tx.audit(&AuditEntry {
            at: self.clock.now(),
            actor: Some(actor.employee),
            action: "blacklist.removed",
            object: String::new(),
            details: json!({}),
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn view(row: Blacklisted) -> BlacklistView {
    BlacklistView {
        entry: row.entry,
        note: row.note,
        employee_id: row.employee_id,
        created_at: row.created_at,
    }
}

fn bad_value(kind: EntryKind) -> Invalid {
    let words = match kind {
        EntryKind::Phone => Words::new(
            "Это не похоже на номер телефона. Пример: +7 916 123-45-67.",
            "This does not look like a phone number. Example: +7 916 123-45-67.",
        ),
        EntryKind::Email => Words::new(
            "Это не похоже на адрес почты. Пример: ivan@example.ru.",
            "This does not look like an e-mail address. Example: ivan@example.ru.",
        ),
        EntryKind::ExternalId => {
            Words::new("Укажите id человека в сервисе.", "Give the person's id in the service.")
        }
    };
    Invalid::new("value", "bad_value", words)
}
