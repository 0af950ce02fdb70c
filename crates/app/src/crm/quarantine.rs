//! Webhooks of a portal that were not understood: kept, shown to admins without secrets, and settled by
//! a person. Nothing of them is done, and nothing behind them waits.

use crm::HookError;
use domain::{
    crm::CrmKind,
    crm_view::CrmQuarantineView,
    ids::{AccountId, PortalId, QuarantineId},
    page::{Limit, Page},
    people::Right,
    text::{Words, without_nul},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::{NewCrmQuarantine, PortalRow};
use url::form_urlencoded::byte_serialize;

use super::{changed, portals::NOT_FOUND};
use crate::{Actor, App, Error, Result, cursor};

/// Of a body that is not understood, so much is kept.
const MOST_KEPT: usize = 64 * 1024;
const LONGEST_KIND: usize = 200;
/// Shorter ones are found in any text.
const SHORTEST_SECRET: usize = 8;
const NOTHING_WAITS: Error = Error::NotFound { what: "quarantine" };

/// What a portal sent, and what is wrong with it.
pub(super) struct NotUnderstood<'a> {
    pub content_type: &'a str,
    pub body: &'a [u8],
    pub why: Words,
}

impl App {
    /// Keeps a webhook for people to look at, and tells them that it is there.
    pub(super) async fn put_aside(
        &self,
        account: AccountId,
        (portal, kind): (PortalId, CrmKind),
        what: NotUnderstood<'_>,
    ) -> Result<()> {
        let NotUnderstood { content_type, body, why } = what;
        self.keep_aside(
            account,
            (portal, kind),
            NewCrmQuarantine {
                quarantine_id: QuarantineId::new(&*self.ids),
                portal_id: portal,
                words: why,
                content_type: without_nul(content_type).chars().take(LONGEST_KIND).collect(),
                body: body.get(..MOST_KEPT).unwrap_or(body).to_vec(),
                size: length(body),
            },
        )
        .await
    }

    /// The same of what may be another company's: that it came, and not a word of it.
    pub(super) async fn put_aside_unseen(
        &self,
        account: AccountId,
        (portal, kind): (PortalId, CrmKind),
        (body, error): (&[u8], &HookError),
    ) -> Result<()> {
        let why = error.words();
        self.keep_aside(
            account,
            (portal, kind),
            NewCrmQuarantine {
                quarantine_id: QuarantineId::new(&*self.ids),
                portal_id: portal,
                words: Words::new(
                    format!(
                        "{} Этот аккаунт CRM подключили несколько компаний, и чьё это сообщение, \
                     неизвестно, поэтому его текст не сохранён.",
                        why.ru
                    ),
                    format!(
                        "{} Several companies have connected this account of the CRM and it is not \
                     known whose message it is, so its text is not kept.",
                        why.en
                    ),
                ),
                content_type: String::new(),
                body: Vec::new(),
                size: length(body),
            },
        )
        .await
    }

    async fn keep_aside(
        &self,
        account: AccountId,
        (portal, kind): (PortalId, CrmKind),
        new: NewCrmQuarantine,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.quarantine_crm_hook(&new).await?;
        changed(&mut tx, portal);
        tx.commit().await?;
        tracing::error!(
            portal.id = %portal, quarantine.id = %new.quarantine_id, reason = %new.words.en,
            "a CRM webhook is put into quarantine"
        );
        metrics::counter!("beseda_quarantined_total", "kind" => kind.as_str()).increment(1);
        Ok(())
    }

    /// What of a portal waits for a person, the latest first.
    pub async fn crm_quarantined(
        &self,
        actor: &Actor,
        portal: PortalId,
        from: Option<&str>,
        limit: Limit,
    ) -> Result<Page<CrmQuarantineView>> {
        actor.require(Right::ManageAccount)?;
        let from = cursor::read(from)?.map(|(at, id)| (at, QuarantineId(id)));
        let mut tx = self.store.tenant(actor.account).await?;
        tx.portal(portal).await?.ok_or(NOT_FOUND)?;
        let rows = tx.crm_quarantined(portal, from, limit.rows()).await?;
        Ok(Page::of_rows(rows, limit, |last| cursor::write(last.created_at, last.quarantine_id.0)))
    }

    /// The beginning of what came, without secrets.
    pub async fn crm_quarantine_body(
        &self,
        actor: &Actor,
        portal: PortalId,
        id: QuarantineId,
    ) -> Result<String> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.portal(portal).await?.ok_or(NOT_FOUND)?;
        let body = tx.crm_quarantine_body(portal, id).await?.ok_or(NOTHING_WAITS)?;
        Ok(shown(&String::from_utf8_lossy(&body), &secrets_of(&row)))
    }

    /// A person has looked at it.
    pub async fn resolve_crm_quarantine(
        &self,
        actor: &Actor,
        portal: PortalId,
        id: QuarantineId,
    ) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.portal(portal).await?.ok_or(NOT_FOUND)?;
        if !tx.resolve_crm_quarantine(portal, id).await? {
            return Err(NOTHING_WAITS);
        }
        changed(&mut tx, portal);
        let details = json!({ "title": row.title });
        self.note(&mut tx, actor, "crm.quarantine_resolved", id.to_string(), details).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Understood, and still not to be kept: a fault of ours, which the next try would have again.
pub(super) fn not_done() -> Words {
    Words::new(
        "Сообщение CRM понято, но сохранить его не удалось. Покажите его разработчикам.",
        "The CRM's message was understood and could not be stored. Show it to the developers.",
    )
}

fn length(body: &[u8]) -> i64 {
    i64::try_from(body.len()).unwrap_or(i64::MAX)
}

/// What must not be read in a body, whatever it stands under.
fn secrets_of(row: &PortalRow) -> Vec<&str> {
    let PortalRow { secrets, hook_key, .. } = row;
    let sealed = [&secrets.refresh, &secrets.client_secret, &secrets.chat_secret];
    let mut known: Vec<&str> =
        sealed.into_iter().flatten().map(SecretString::expose_secret).collect();
    known.extend([secrets.access.expose_secret(), hook_key.as_str()]);
    known.retain(|secret| secret.len() >= SHORTEST_SECRET);
    known
}

fn shown(body: &str, secrets: &[&str]) -> String {
    let mut text = body.to_owned();
    for secret in secrets {
        let in_a_form: String = byte_serialize(secret.as_bytes()).collect();
        text = text.replace(secret, net::HIDDEN).replace(&in_a_form, net::HIDDEN);
    }
    net::redact_named(&net::redact(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_secret_of_the_portal() {
        let body = "access=key-of%2Bthe-door&said=key-of+the-door&name=Иван&a[token]=other";
        let safe = "access=[hidden]&said=[hidden]&name=Иван&a[token]=[hidden]";
        assert_eq!(shown(body, &["key-of+the-door"]), safe);
        assert_eq!(shown("{\"лид\": 1}", &[]), "{\"лид\": 1}");
    }
}
