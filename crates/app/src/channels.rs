//! Channels: what people set. The form is saved at once; connecting is a job (`connecting.rs`).

use std::{collections::BTreeMap, sync::Arc};

use channel::{Channel, Driver, FieldKind, Forgetful, HandOver, SettingsForm};
use domain::{
    channel::{Capabilities, ChannelKind, ChannelState, StateReport},
    channel_log::ChannelEventKind,
    clock::Instant,
    event::{EventKind, NewEvent},
    ids::{ChannelId, EmployeeId, ScenarioId},
    people::Right,
    text::Words,
    view::ChannelView,
};
use net::{Guard, Refused, Rules, Scheme};
use rand::{TryRngCore, rngs::OsRng};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{ChannelRow, NewChannel, NewJob, TenantTx};
use url::Url;

use crate::{Actor, App, Error, Invalid, RequestKey, Result, idempotency, work::Work};

/// A kind of channel that can be connected, as the cabinet draws it.
#[derive(Debug, Clone)]
pub struct KindView {
    pub kind: ChannelKind,
    pub title: Words,
    pub capabilities: Capabilities,
    pub form: SettingsForm,
}

/// Everything that people set of a channel. In a patch, `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct ChannelForm {
    pub name: Option<String>,
    /// Answers to the kind's form, secret ones too; a missing secret keeps the stored one.
    pub settings: Option<Map<String, Value>>,
    pub scenario_id: Option<Option<ScenarioId>>,
    pub pinned_employee_id: Option<Option<EmployeeId>>,
    pub auto_close_minutes: Option<Option<i32>>,
    pub use_in_widget: Option<bool>,
}

/// A channel as admins see it: settings without secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChannelDetails {
    pub view: ChannelView,
    pub settings: Map<String, Value>,
    /// Which secret fields are filled.
    pub secrets: Vec<String>,
    pub scenario_id: Option<ScenarioId>,
    pub auto_close_minutes: Option<i32>,
    pub use_in_widget: bool,
    pub external_id: Option<String>,
    /// `webhook`, `listener`, `site`, or empty before connecting.
    pub receive: String,
    /// The unguessable part of the webhook and widget addresses.
    pub hook_key: String,
    /// These settings send the browser to the service's page to allow us.
    #[serde(default)]
    pub consent: bool,
    /// What a person copies into the service's cabinet; may hold secrets of the company's own making,
    /// so it is made anew each time and kept nowhere.
    #[serde(skip)]
    pub hand_over: Vec<HandOver>,
    pub created_at: Instant,
    pub revision: i64,
}

impl App {
    fn details(&self, row: ChannelRow) -> ChannelDetails {
        ChannelDetails {
            consent: self.needs_consent(&row),
            hand_over: self.hand_over(&row),
            view: row.view(),
            secrets: row.secrets.keys().cloned().collect(),
            settings: row.settings,
            scenario_id: row.scenario_id,
            auto_close_minutes: row.auto_close_minutes,
            use_in_widget: row.use_in_widget,
            external_id: row.external_id,
            receive: row.receive,
            hook_key: row.hook_key,
            created_at: row.created_at,
            revision: row.revision,
        }
    }
}

const LONGEST_NAME: usize = 100;
const LONGEST_AUTO_CLOSE: i32 = 60 * 24 * 30;

impl App {
    /// The kinds that this installation can connect.
    pub fn kinds(&self) -> Vec<KindView> {
        self.drivers
            .iter()
            .map(|d| KindView {
                kind: d.kind(),
                title: d.title(),
                capabilities: d.capabilities(),
                form: d.form(),
            })
            .collect()
    }

    /// Every channel, as any employee may see it.
    pub async fn channel_views(&self, actor: &Actor) -> Result<Vec<ChannelView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.channels().await?.iter().map(ChannelRow::view).collect())
    }

    pub async fn channels(&self, actor: &Actor) -> Result<Vec<ChannelDetails>> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.channels().await?.into_iter().map(|row| self.details(row)).collect())
    }

    pub async fn channel(&self, actor: &Actor, id: ChannelId) -> Result<ChannelDetails> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(self.details(find(&mut tx, id).await?))
    }

    /// Saves a new channel and begins to connect it.
    pub async fn create_channel(
        &self,
        actor: &Actor,
        kind: &ChannelKind,
        form: ChannelForm,
        key: Option<&RequestKey>,
    ) -> Result<ChannelDetails> {
        actor.require(Right::ManageChannels)?;
        let Some(driver) = self.drivers.get(kind).cloned() else {
            return Err(Error::invalid(
                "kind",
                "unknown_kind",
                Words::new("Такого типа канала нет.", "There is no such kind of channel."),
            ));
        };
        let id = ChannelId::new(&*self.ids);
        let (settings, secrets) =
            split(&driver.form(), form.settings.clone().unwrap_or_default(), BTreeMap::new())?;
        let hook_secret: SecretString = random_text()?.into();
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        let new = NewChannel {
            channel_id: id,
            kind: kind.clone(),
            name: form.name.as_deref().unwrap_or("").trim().to_owned(),
            settings,
            secrets,
            hook_secret,
            hook_key: random_text()?,
            pinned_employee_id: form.pinned_employee_id.flatten(),
            scenario_id: form.scenario_id.flatten(),
            auto_close_minutes: form.auto_close_minutes.flatten(),
            use_in_widget: form.use_in_widget.unwrap_or(false),
        };
        check(
            &mut tx,
            &*driver,
            self.outgoing.rules().guard,
            &new.name,
            new.pinned_employee_id,
            new.scenario_id,
            new.auto_close_minutes,
            &Channel {
                id,
                account: actor.account,
                name: new.name.clone(),
                settings: new.settings.clone(),
                secrets: new.secrets.clone(),
                hook_secret: new.hook_secret.clone(),
                external_id: None,
                memory: Arc::new(Forgetful),
            },
        )
        .await?;
        tx.insert_channel(&new).await?;
        set_by(&mut tx, actor, id, "Канал создан", "The channel was made").await?;
        tx.push(connect_job(id));
        let row = find(&mut tx, id).await?;
        tell(&mut tx, &row);
        let made = self.details(row);
        idempotency::remember(&mut tx, actor, key, &made).await?;
        let details = json!({ "kind": kind.as_str(), "name": new.name });
        self.note(&mut tx, actor, "channel.created", id.to_string(), details).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Changes a channel; connects anew when its settings changed.
    pub async fn update_channel(
        &self,
        actor: &Actor,
        id: ChannelId,
        form: ChannelForm,
    ) -> Result<ChannelDetails> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mut row = find(&mut tx, id).await?;
        let driver = self.driver(&row)?;
        let reconnects = form.settings.is_some();
        if let Some(settings) = form.settings {
            (row.settings, row.secrets) = split(&driver.form(), settings, row.secrets)?;
        }
        if let Some(name) = form.name {
            row.name = name.trim().to_owned();
        }
        row.scenario_id = form.scenario_id.unwrap_or(row.scenario_id);
        row.pinned_employee_id = form.pinned_employee_id.unwrap_or(row.pinned_employee_id);
        row.auto_close_minutes = form.auto_close_minutes.unwrap_or(row.auto_close_minutes);
        row.use_in_widget = form.use_in_widget.unwrap_or(row.use_in_widget);
        check(
            &mut tx,
            &*driver,
            self.outgoing.rules().guard,
            &row.name,
            row.pinned_employee_id,
            row.scenario_id,
            row.auto_close_minutes,
            &self.driver_channel(&row),
        )
        .await?;
        tx.save_channel(&row).await?;
        set_by(&mut tx, actor, id, "Настройки сохранены", "The settings were saved").await?;
        if reconnects {
            tx.set_channel_state(id, &connecting()).await?;
            tx.push(connect_job(id));
        }
        let row = find(&mut tx, id).await?;
        tell(&mut tx, &row);
        self.note(&mut tx, actor, "channel.changed", id.to_string(), json!({ "name": row.name }))
            .await?;
        tx.commit().await?;
        Ok(self.details(row))
    }

    /// Tries to connect again (a person mended something at the service).
    pub async fn reconnect_channel(&self, actor: &Actor, id: ChannelId) -> Result<ChannelDetails> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        find(&mut tx, id).await?;
        set_by(&mut tx, actor, id, "Начато переподключение", "Connecting anew was begun").await?;
        let row = begin_connecting(&mut tx, id, &connecting()).await?;
        self.note(&mut tx, actor, "channel.reconnected", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(self.details(row))
    }

    /// Switches a channel off: nothing comes in, and outbound messages wait.
    pub async fn disable_channel(&self, actor: &Actor, id: ChannelId) -> Result<ChannelDetails> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        find(&mut tx, id).await?;
        let report = StateReport { state: ChannelState::Disabled, reason: None, remedy: None };
        set_by(&mut tx, actor, id, "Канал выключают", "It is being switched off").await?;
        tx.set_channel_state(id, &report).await?;
        tx.push(lane(id, &Work::Disconnect { channel: id }));
        let row = find(&mut tx, id).await?;
        tell(&mut tx, &row);
        self.note(&mut tx, actor, "channel.disabled", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(self.details(row))
    }

    /// Takes a channel away. Its conversations stay.
    pub async fn delete_channel(&self, actor: &Actor, id: ChannelId) -> Result<()> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = find(&mut tx, id).await?;
        let channel = self.driver_channel(&row);
        tx.delete_channel(id).await?;
        tx.forget_numbers_of(id).await?;
        self.note(&mut tx, actor, "channel.deleted", id.to_string(), json!({ "name": row.name }))
            .await?;
        tx.commit().await?;
        // Best effort, after the fact: the account at the service may be gone already.
        if let Ok(driver) = self.driver(&row)
            && let Err(error) = driver.disconnect(&channel).await
        {
            tracing::info!(%error, channel.id = %id, "the webhook was not taken away");
        }
        // Nobody needs its tokens any more; they go as its secrets went.
        let mut tx = self.store.tenant(actor.account).await?;
        tx.forget_channel_values(id).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Connects (again), told to everybody.
pub(crate) async fn begin_connecting(
    tx: &mut TenantTx,
    id: ChannelId,
    report: &StateReport,
) -> Result<ChannelRow> {
    tx.set_channel_state(id, report).await?;
    tx.push(connect_job(id));
    let row = find(tx, id).await?;
    tell(tx, &row);
    Ok(row)
}

pub(crate) fn connecting() -> StateReport {
    StateReport { state: ChannelState::Connecting, reason: None, remedy: None }
}

fn lane(id: ChannelId, work: &Work) -> NewJob {
    NewJob { lane: format!("channel:{id}"), queue: "channels", payload: json!(work), run_at: None }
}

fn connect_job(id: ChannelId) -> NewJob {
    lane(id, &Work::Connect { channel: id })
}

pub(crate) fn tell(tx: &mut TenantTx, row: &ChannelRow) {
    tx.append(NewEvent {
        kind: EventKind::ChannelChanged,
        conversation: None,
        audience: None,
        was: None,
        payload: json!({ "channel": row.view() }),
    });
}

pub(crate) async fn find(tx: &mut TenantTx, id: ChannelId) -> Result<ChannelRow> {
    tx.channel(id).await?.ok_or(Error::NotFound { what: "channel" })
}

/// 32 random bytes as 43 characters of A-Za-z0-9_-: fits a webhook secret of any service.
pub(crate) fn random_text() -> Result<String> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Parts what was filled in into settings and secrets. Unknown fields are named; a secret left out
/// keeps its stored value.
pub(crate) fn split(
    form: &SettingsForm,
    filled: Map<String, Value>,
    mut secrets: BTreeMap<String, SecretString>,
) -> Result<(Map<String, Value>, BTreeMap<String, SecretString>)> {
    let mut settings = Map::new();
    let mut wrong = Vec::new();
    for (key, value) in filled {
        let field = format!("settings.{key}");
        let Some(known) = form.fields.iter().find(|f| f.key == key) else {
            wrong.push(Invalid::new(
                field,
                "unknown_field",
                Words::new("У этого канала нет такого поля.", "This channel has no such field."),
            ));
            continue;
        };
        if !known.kind.is_secret() {
            settings.insert(key, value);
            continue;
        }
        match value {
            Value::String(text) if !text.is_empty() => {
                secrets.insert(key, text.into());
            }
            Value::String(_) | Value::Null => {}
            _ => wrong.push(Invalid::new(
                field,
                "not_text",
                Words::new("Здесь нужен текст.", "This must be text."),
            )),
        }
    }
    if wrong.is_empty() { Ok((settings, secrets)) } else { Err(Error::Invalid(wrong)) }
}

/// Writes into the channel's log what a person did.
async fn set_by(tx: &mut TenantTx, actor: &Actor, id: ChannelId, ru: &str, en: &str) -> Result<()> {
    let who = &actor.name;
    let text = Words::new(format!("{ru}. Сотрудник: {who}."), format!("{en}. Employee: {who}."));
    Ok(tx.log_channel(id, ChannelEventKind::Setting, &text).await?)
}

/// Checks what people set; every wrong field is named.
#[expect(clippy::too_many_arguments, reason = "each is one field of the form")]
async fn check(
    tx: &mut TenantTx,
    driver: &dyn Driver,
    guard: Guard,
    name: &str,
    pinned: Option<EmployeeId>,
    scenario: Option<ScenarioId>,
    auto_close: Option<i32>,
    channel: &Channel,
) -> Result<()> {
    let mut wrong = Vec::new();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        wrong.push(Invalid::new(
            "name",
            "bad_name",
            Words::new(
                format!("Назовите канал: до {LONGEST_NAME} символов. Имя видно в отчётах."),
                format!("Name the channel: up to {LONGEST_NAME} characters. Reports show it."),
            ),
        ));
    }
    if auto_close.is_some_and(|m| !(1..=LONGEST_AUTO_CLOSE).contains(&m)) {
        wrong.push(Invalid::new(
            "auto_close_minutes",
            "out_of_range",
            Words::new(
                format!("Укажите от 1 до {LONGEST_AUTO_CLOSE} минут или оставьте пустым."),
                format!("Give 1 to {LONGEST_AUTO_CLOSE} minutes, or leave it empty."),
            ),
        ));
    }
    if let Some(employee) = pinned
        && tx.employee(employee).await?.is_none_or(|e| e.disabled)
    {
        wrong.push(Invalid::new(
            "pinned_employee_id",
            "unknown",
            Words::new("Такого сотрудника нет.", "No such employee."),
        ));
    }
    if let Some(scenario) = scenario
        && tx.scenario(scenario).await?.is_none()
    {
        wrong.push(Invalid::new(
            "scenario_id",
            "unknown",
            Words::new("Такого сценария нет.", "No such scenario."),
        ));
    }
    wrong.extend(inner_addresses(&driver.form(), channel, guard));
    if let Err(errors) = driver.check(channel) {
        wrong.extend(
            errors
                .into_iter()
                .map(|e| Invalid::new(format!("settings.{}", e.field), e.code, e.message)),
        );
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

/// Answers that are addresses inside: a company of a shared installation must not aim our calls there.
/// Names are judged when they are resolved (`net::Options::guard`).
fn inner_addresses(form: &SettingsForm, channel: &Channel, guard: Guard) -> Vec<Invalid> {
    if guard != Guard::Public {
        return Vec::new();
    }
    let rules = Rules { guard, scheme: Scheme::HttpToo };
    let asks_address = |key: &str| {
        form.fields.iter().any(|field| field.key == key && field.kind == FieldKind::Url)
    };
    let settings = channel.settings.iter().filter(|(key, _)| asks_address(key));
    let settings = settings.filter_map(|(key, value)| Some((key, value.as_str()?)));
    let secrets = channel.secrets.iter().map(|(k, v)| (k, v.expose_secret()));
    settings
        .chain(secrets)
        .filter(|(_, text)| Url::parse(text).is_ok_and(|url| is_inner(rules, url)))
        .map(|(key, _)| {
            let field = format!("settings.{key}");
            let words = Words::new(
                "Это адрес внутренней сети. Укажите адрес, открытый в интернете, или попросите администратора сервера включить outgoing.allow_loopback.",
                "This is an address of an inner network. Give one of the public internet, or ask the server's administrator to set outgoing.allow_loopback.",
            );
            Invalid::new(field, "inner_address", words)
        })
        .collect()
}

/// A proxy's address may have a name and a password in it, and schemes of its own.
fn is_inner(rules: Rules, mut url: Url) -> bool {
    let plain = url.set_username("").is_ok() && url.set_password(None).is_ok();
    plain && url.has_host() && rules.check(&url) == Err(Refused::NotPublic)
}

#[cfg(test)]
mod tests {
    use channel::Field;

    use super::*;

    #[test]
    fn s13_addresses_inside_are_told_at_their_field() {
        let channel = |guard, settings: Value, proxy: &str| {
            let channel = Channel {
                id: ChannelId(uuid::Uuid::nil()),
                account: domain::ids::AccountId(uuid::Uuid::nil()),
                name: String::new(),
                settings: settings.as_object().cloned().unwrap_or_default(),
                secrets: BTreeMap::from([("proxy".to_owned(), proxy.to_owned().into())]),
                hook_secret: String::new().into(),
                external_id: None,
                memory: Arc::new(Forgetful),
            };
            let words = || Words::new("", "");
            let field = |key, kind| Field {
                key,
                label: words(),
                help: None,
                kind,
                required: false,
                advanced: false,
            };
            let text = FieldKind::Text { placeholder: None };
            let fields = vec![field("base_url", FieldKind::Url), field("text", text)];
            let form = SettingsForm { intro: words(), fields };
            let wrong = inner_addresses(&form, &channel, guard);
            wrong.into_iter().map(|w| w.field).collect::<Vec<_>>()
        };
        let inner =
            json!({ "base_url": "http://10.0.0.7:9000/api", "text": "http://[::1]/ и ещё" });
        let proxy = "http://user:word@169.254.169.254:3128";
        let both = ["settings.base_url", "settings.proxy"];
        assert_eq!(channel(Guard::Public, inner, proxy), both);
        let outside = json!({ "base_url": "https://api.example.com", "token": "1:x", "n": 5 });
        assert!(channel(Guard::Public, outside, "http://proxy.example.com:3128").is_empty());
        let beside = json!({ "base_url": "http://127.0.0.1:8090" });
        assert!(channel(Guard::AllowLoopback, beside.clone(), "").is_empty());
        assert_eq!(channel(Guard::Public, beside, ""), ["settings.base_url"]);
    }
}
