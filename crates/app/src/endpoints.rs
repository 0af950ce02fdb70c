//! Outgoing webhooks as people set them up (AD-2): receivers, their secrets, the log, replays.

use chrono::TimeDelta;
use domain::{
    event::EventKind,
    ids::{DeliveryId, EndpointId},
    page::{Limit, Page},
    people::Right,
    text::Words,
    webhook::{DeliveryState, DeliveryView, Disabled, EndpointView},
};
use net::{Refused, SigningSecret};
use rand::{TryRngCore, rngs::OsRng};
use secrecy::{SecretSlice, SecretString};
use serde_json::json;
use store::{AuditEntry, EndpointPatch, NewDelivery, NewEndpoint, TenantTx};
use url::Url;

use crate::{Actor, App, Error, Invalid, Result, cursor, deliveries, fields::Check};

/// More receivers than this are somebody's mistake.
const MOST_ENDPOINTS: usize = 20;
const MOST_URL: usize = 2000;
/// How long the secret before the present one signs as well.
const OLD_SECRET_KEPT: TimeDelta = TimeDelta::hours(24);

/// What to change; what is absent stays.
#[derive(Debug, Default)]
pub struct EndpointChange {
    pub url: Option<String>,
    pub kinds: Option<Vec<String>>,
    pub enabled: Option<bool>,
}

impl App {
    pub async fn endpoints(&self, actor: &Actor) -> Result<Vec<EndpointView>> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.endpoints().await?)
    }

    pub async fn endpoint(&self, actor: &Actor, id: EndpointId) -> Result<EndpointView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.endpoint(id).await?.ok_or(NOT_FOUND)
    }

    /// Makes an endpoint that gets what happens from now on. Its secret is shown this once.
    pub async fn create_endpoint(
        &self,
        actor: &Actor,
        url: &str,
        kinds: Vec<String>,
    ) -> Result<(EndpointView, SecretString)> {
        actor.require(Right::ManageAccount)?;
        let mut check = Check::default();
        let url = self.check_url(&mut check, url);
        check.add(check_kinds(&kinds));
        check.done()?;
        let (secret, text) = fresh_secret()?;
        let id = EndpointId::new(&*self.ids);
        let created_at = self.clock.now();
        let mut tx = self.store.tenant(actor.account).await?;
        if tx.endpoints().await?.len() >= MOST_ENDPOINTS {
            return Err(Error::conflict(
                "too_many_endpoints",
                Words::new(
                    "Не больше 20 приёмников. Удалите ненужный.",
                    "At most 20 endpoints. Delete one that is not needed.",
                ),
            ));
        }
        let new = NewEndpoint { endpoint_id: id, url, secret, kinds, created_at };
        tx.insert_endpoint(&new).await?;
        self.audit_endpoint(&mut tx, actor, "endpoint.created", id).await?;
        let view = tx.endpoint(id).await?.ok_or(NOT_FOUND)?;
        tx.commit().await?;
        Ok((view, text))
    }

    /// Switched on again, an endpoint gets what happens from then on.
    pub async fn change_endpoint(
        &self,
        actor: &Actor,
        id: EndpointId,
        change: EndpointChange,
    ) -> Result<EndpointView> {
        actor.require(Right::ManageAccount)?;
        let mut check = Check::default();
        let url = change.url.map(|url| self.check_url(&mut check, &url));
        check.add(change.kinds.as_deref().and_then(check_kinds));
        check.done()?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mended = url.is_some() || change.enabled == Some(true);
        let patch = EndpointPatch { url, kinds: change.kinds };
        if !tx.update_endpoint(id, &patch).await? {
            return Err(NOT_FOUND);
        }
        match change.enabled {
            Some(true) => tx.enable_endpoint(id).await?,
            Some(false) => tx.disable_endpoint(id, Disabled::ByHand).await?,
            None => {}
        }
        self.audit_endpoint(&mut tx, actor, "endpoint.changed", id).await?;
        let view = tx.endpoint(id).await?.ok_or(NOT_FOUND)?;
        tx.commit().await?;
        if mended {
            // What waits for its next try need not wait any longer.
            self.store.wake_lanes(actor.account, &deliveries::lane(id)).await?;
        }
        Ok(view)
    }

    /// Deletes an endpoint together with its log and all that waits for it.
    pub async fn delete_endpoint(&self, actor: &Actor, id: EndpointId) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.delete_endpoint(id).await? {
            return Err(NOT_FOUND);
        }
        self.audit_endpoint(&mut tx, actor, "endpoint.deleted", id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A new secret, shown this once; the one before it signs as well for a day.
    pub async fn replace_endpoint_secret(
        &self,
        actor: &Actor,
        id: EndpointId,
    ) -> Result<SecretString> {
        actor.require(Right::ManageAccount)?;
        let (secret, text) = fresh_secret()?;
        let until = self.clock.now() + OLD_SECRET_KEPT;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.replace_endpoint_secret(id, &secret, until).await? {
            return Err(NOT_FOUND);
        }
        self.audit_endpoint(&mut tx, actor, "endpoint.secret_replaced", id).await?;
        tx.commit().await?;
        Ok(text)
    }

    /// The endpoint's log, newest first.
    pub async fn endpoint_deliveries(
        &self,
        actor: &Actor,
        id: EndpointId,
        state: Option<DeliveryState>,
        cursor: Option<&str>,
        limit: Limit,
    ) -> Result<Page<DeliveryView>> {
        actor.require(Right::ManageAccount)?;
        let before = cursor::read(cursor)?.map(|(at, id)| (at, DeliveryId(id)));
        let mut tx = self.store.tenant(actor.account).await?;
        tx.endpoint(id).await?.ok_or(NOT_FOUND)?;
        let rows = tx.deliveries(id, state, before, limit.rows()).await?;
        Ok(Page::of_rows(rows, limit, |last| cursor::write(last.created_at, last.delivery_id.0)))
    }

    /// One delivery with what is sent.
    pub async fn delivery(&self, actor: &Actor, id: DeliveryId) -> Result<DeliveryView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.delivery(id).await?.ok_or(DELIVERY_NOT_FOUND)
    }

    /// Sends an event once more, under its first id, so that a receiver may know it again. It waits
    /// for its turn behind what the endpoint has not got yet.
    pub async fn replay_delivery(&self, actor: &Actor, id: DeliveryId) -> Result<DeliveryView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let old = tx.delivery(id).await?.ok_or(DELIVERY_NOT_FOUND)?;
        if !tx.endpoint(old.endpoint_id).await?.is_some_and(|e| e.enabled) {
            return Err(Error::conflict(
                "endpoint_disabled",
                Words::new("Сначала включите приёмник.", "Enable the endpoint first."),
            ));
        }
        let new = NewDelivery {
            delivery_id: DeliveryId::new(&*self.ids),
            endpoint_id: old.endpoint_id,
            seq: old.seq,
            kind: old.kind,
            body: old.body.unwrap_or_default(),
            replay_of: Some(old.replay_of.unwrap_or(id)),
            created_at: self.clock.now(),
        };
        tx.insert_deliveries(std::slice::from_ref(&new)).await?;
        tx.push(deliveries::job(&new));
        let view = tx.delivery(new.delivery_id).await?.ok_or(DELIVERY_NOT_FOUND)?;
        tx.commit().await?;
        Ok(view)
    }

    /// Sends a ping at once and tells what came of it. It is tried once and stands in the log.
    pub async fn ping_endpoint(&self, actor: &Actor, id: EndpointId) -> Result<DeliveryView> {
        actor.require(Right::ManageAccount)?;
        let now = self.clock.now();
        let delivery_id = DeliveryId::new(&*self.ids);
        let mut tx = self.store.tenant(actor.account).await?;
        tx.endpoint(id).await?.ok_or(NOT_FOUND)?;
        let new = NewDelivery {
            delivery_id,
            endpoint_id: id,
            seq: 0,
            kind: "ping".to_owned(),
            body: deliveries::body(delivery_id, 0, "ping", now, &json!({})),
            replay_of: None,
            created_at: now,
        };
        tx.insert_deliveries(&[new]).await?;
        tx.commit().await?;
        self.try_ping(actor.account, delivery_id).await?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.delivery(delivery_id).await?.ok_or(DELIVERY_NOT_FOUND)
    }

    fn check_url(&self, check: &mut Check, text: &str) -> String {
        let text = text.trim();
        let faults = match Url::parse(text) {
            Ok(_) if text.len() > MOST_URL => Some(too_long()),
            Ok(url) => self.outgoing.rules().check(&url).err().map(refused),
            Err(_) => Some(not_an_address()),
        };
        check.add(faults.map(|(code, words)| Invalid::new("url", code, words)));
        text.to_owned()
    }

    async fn audit_endpoint(
        &self,
        tx: &mut TenantTx,
        actor: &Actor,
        action: &'static str,
        id: EndpointId,
    ) -> Result<()> {
        tx.audit(&AuditEntry {
            at: self.clock.now(),
            actor: Some(actor.employee),
            action,
            object: id.to_string(),
            details: json!({}),
        })
        .await?;
        Ok(())
    }
}

const NOT_FOUND: Error = Error::NotFound { what: "endpoint" };
const DELIVERY_NOT_FOUND: Error = Error::NotFound { what: "delivery" };

/// A secret to keep and the text to show.
fn fresh_secret() -> Result<(SecretSlice<u8>, SecretString)> {
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
    Ok((bytes.to_vec().into(), SigningSecret::new(bytes).text().into()))
}

fn check_kinds(kinds: &[String]) -> Option<Invalid> {
    let all: Vec<&str> = EventKind::ALL
        .into_iter()
        .filter(|kind| kind.is_for_receivers())
        .map(EventKind::as_str)
        .collect();
    let wrong = kinds.iter().position(|kind| !all.contains(&kind.as_str()))?;
    let all = all.join(", ");
    Some(Invalid::new(
        format!("kinds[{wrong}]"),
        "unknown_kind",
        Words::new(
            format!("Нет такого вида событий. Есть: {all}."),
            format!("There is no such kind of event. There are: {all}."),
        ),
    ))
}

type Fault = (&'static str, Words);

fn not_an_address() -> Fault {
    let words = Words::new(
        "Это не адрес сайта. Пример: https://example.ru/beseda.",
        "This is not a web address. Example: https://example.com/beseda.",
    );
    ("bad_url", words)
}

fn too_long() -> Fault {
    ("too_long", Words::new("Не больше 2000 знаков.", "At most 2000 characters."))
}

fn refused(why: Refused) -> Fault {
    match why {
        Refused::NotHttps => (
            "not_https",
            Words::new(
                "Адрес должен начинаться с https://, чтобы данные шли зашифрованными.",
                "The address must begin with https://, so that data goes encrypted.",
            ),
        ),
        Refused::NotHttp | Refused::NoHost => not_an_address(),
        Refused::Credentials => (
            "credentials_in_url",
            Words::new(
                "Уберите из адреса логин и пароль: отправитель узнаётся по подписи.",
                "Remove user and password from the address: the sender is known by its signature.",
            ),
        ),
        Refused::NotPublic => (
            "not_public",
            Words::new(
                "Этот адрес не виден из интернета. Укажите общедоступный.",
                "This address is not in the public internet. Give one that is.",
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ad_2_unknown_kinds_are_named() {
        let kinds = |list: &[&str]| list.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>();
        assert!(check_kinds(&[]).is_none());
        assert!(check_kinds(&kinds(&["message.created", "contact.changed"])).is_none());
        let wrong = check_kinds(&kinds(&["message.created", "message"])).unwrap();
        assert_eq!((wrong.field.as_str(), wrong.code), ("kinds[1]", "unknown_kind"));
        assert!(wrong.message.en.contains("conversation.created"));
    }
}
