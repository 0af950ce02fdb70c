//! What is passed to a portal, and how (AMO-1 to AMO-13): a typed document per integration, checked
//! against what the CRM has. One channel goes to one CRM account once.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    crm::{
        self, AmoMethod, AmoSettings, BitrixSettings, CrmKind, Directory, PortalState, Settings,
    },
    crm_view::IntegrationView,
    ids::{AccountId, ChannelId, IntegrationId, PortalId},
    people::Right,
    problem::Problem,
    text::Words,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::{Concerned, INTEGRATION_CHANNEL_TAKEN, IntegrationRow, NewIntegration, TenantTx};

use super::{changed, directory::plan_pull, lanes_of, portals, relay::pass_all_on};
use crate::{Actor, App, Error, Invalid, Result, fields::Check};

pub(super) const NOT_FOUND: Error = Error::NotFound { what: "integration" };
/// More of them are somebody's mistake.
const MOST_INTEGRATIONS: usize = 50;
/// Of the feed, before an integration is switched off.
const MOST_PAGES: usize = 50;
/// Of a document as text. Ten thousand numbers that stay here (WA-5) are a third of it.
const MOST_BYTES: usize = 512 * 1024;

/// What people set of an integration.
#[derive(Debug, Clone)]
pub struct IntegrationForm {
    pub name: String,
    pub enabled: bool,
    /// The document of the portal's kind ([`AmoSettings`], [`BitrixSettings`]); what is absent has the
    /// default of the rule.
    pub settings: Value,
}

impl App {
    pub async fn integrations(&self, actor: &Actor) -> Result<Vec<IntegrationView>> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mut directories: BTreeMap<PortalId, Directory> = BTreeMap::new();
        let mut views = Vec::new();
        for row in tx.integrations().await? {
            let directory = match directories.remove(&row.portal_id) {
                Some(directory) => directory,
                None => tx.portal_directory(row.portal_id).await?.unwrap_or_default(),
            };
            let portal = row.portal_id;
            views.push(view(row, &directory));
            directories.insert(portal, directory);
        }
        Ok(views)
    }

    pub async fn integration(&self, actor: &Actor, id: IntegrationId) -> Result<IntegrationView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.integration(id).await?.ok_or(NOT_FOUND)?;
        let directory = tx.portal_directory(row.portal_id).await?.unwrap_or_default();
        Ok(view(row, &directory))
    }

    pub async fn create_integration(
        &self,
        actor: &Actor,
        portal: PortalId,
        form: IntegrationForm,
    ) -> Result<IntegrationView> {
        actor.require(Right::ManageAccount)?;
        let id = IntegrationId::new(&*self.ids);
        let mut tx = self.store.tenant(actor.account).await?;
        // Its lock lets savers of one portal go one by one, so that the second sees the first.
        let row = tx.lock_portal(portal).await?.ok_or(portals::NOT_FOUND)?;
        if row.state == PortalState::Disconnected {
            return Err(Error::conflict(
                "disconnected",
                Words::new(
                    "Этот портал отключён. Подключите его заново или выберите другой.",
                    "This portal is disconnected. Connect it again, or choose another.",
                ),
            ));
        }
        if tx.integrations().await?.len() >= MOST_INTEGRATIONS {
            return Err(Error::conflict(
                "too_many_integrations",
                Words::new(
                    "Не больше 50 интеграций. Удалите ненужную.",
                    "At most 50 integrations. Delete one that is not needed.",
                ),
            ));
        }
        let checked = check(&mut tx, id, portal, row.kind, form).await?;
        tx.insert_integration(&NewIntegration {
            integration_id: id,
            portal_id: portal,
            kind: row.kind,
            name: checked.name.clone(),
            enabled: checked.enabled,
            settings: checked.settings.clone(),
        })
        .await?;
        self.put_to_work(tx, actor, id, portal, &checked, "crm.integration_created").await
    }

    /// Replaces what is set. `read`: the revision that was read; what somebody else saved since then
    /// is not overwritten.
    pub async fn save_integration(
        &self,
        actor: &Actor,
        id: IntegrationId,
        read: i64,
        form: IntegrationForm,
    ) -> Result<IntegrationView> {
        actor.require(Right::ManageAccount)?;
        if !form.enabled {
            self.read_feed(actor.account).await?;
        }
        let mut tx = self.store.tenant(actor.account).await?;
        let portal = tx.integration(id).await?.ok_or(NOT_FOUND)?.portal_id;
        let row = tx.lock_portal(portal).await?.ok_or(NOT_FOUND)?;
        // Read again behind the lock: whoever was before us has committed.
        let before = tx.integration(id).await?.ok_or(NOT_FOUND)?;
        same_revision(before.revision, read)?;
        let checked = check(&mut tx, id, portal, row.kind, form).await?;
        tx.update_integration(id, &checked.name, checked.enabled, &checked.settings)
            .await?
            .ok_or(NOT_FOUND)?;
        if before.enabled && !checked.enabled {
            // Their jobs find it off and end: what they had to pass on waits for it to be on again.
            tx.hold_crm_feed().await?;
            let waiting = tx.waiting_for_crm(id, &lanes_of(portal)).await?;
            tx.await_crm_enquiries(id, &waiting).await?;
        }
        self.put_to_work(tx, actor, id, portal, &checked, "crm.integration_saved").await
    }

    pub async fn delete_integration(&self, actor: &Actor, id: IntegrationId) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.integration(id).await?.ok_or(NOT_FOUND)?;
        if !tx.delete_integration(id).await? {
            return Err(NOT_FOUND);
        }
        tx.close_crm_feed().await?;
        plan_pull(&mut tx, row.portal_id, self.clock.now()).await?;
        changed(&mut tx, row.portal_id);
        let details = json!({ "name": row.name });
        self.note(&mut tx, actor, "crm.integration_deleted", id.to_string(), details).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was said up to now is queued, so that it waits for the integration that is switched off. Of
    /// a flood its beginning.
    async fn read_feed(&self, account: AccountId) -> Result<()> {
        for _ in 0..MOST_PAGES {
            if !self.crm_relay(account).await? {
                break;
            }
        }
        Ok(())
    }

    /// What follows from an integration that was saved: its channels, the feed, the daily pull.
    async fn put_to_work(
        &self,
        mut tx: TenantTx,
        actor: &Actor,
        id: IntegrationId,
        portal: PortalId,
        checked: &Checked,
        action: &'static str,
    ) -> Result<IntegrationView> {
        let channels = if checked.enabled { channels(&checked.settings) } else { Vec::new() };
        match tx.set_integration_channels(id, portal, &channels, self.clock.now()).await {
            Ok(()) => {}
            // The database's own word, should the check before it have missed somebody.
            Err(store::Error::Constraint(name)) if name == INTEGRATION_CHANNEL_TAKEN => {
                return Err(Error::Invalid(vec![twice("settings/channels".to_owned(), "?", "?")]));
            }
            Err(error) => return Err(error.into()),
        }
        if checked.enabled {
            tx.open_crm_feed().await?;
            pass_awaited_on(&mut tx, id, portal, &checked.settings).await?;
        } else {
            tx.close_crm_feed().await?;
        }
        plan_pull(&mut tx, portal, self.clock.now()).await?;
        changed(&mut tx, portal);
        let details = json!({ "name": checked.name, "enabled": checked.enabled });
        self.note(&mut tx, actor, action, id.to_string(), details).await?;
        let row = tx.integration(id).await?.ok_or(NOT_FOUND)?;
        let directory = tx.portal_directory(portal).await?.unwrap_or_default();
        tx.commit().await?;
        Ok(view(row, &directory))
    }
}

/// Queues what waited for an integration that is on now: when it was switched off, or at another portal.
pub(super) async fn pass_awaited_on(
    tx: &mut TenantTx,
    id: IntegrationId,
    portal: PortalId,
    settings: &Settings,
) -> Result<()> {
    let amo = match settings {
        Settings::Amo(amo) => Some(amo),
        Settings::Bitrix(_) => None,
    };
    let chats = amo.is_some_and(|amo| amo.chats.is_some());
    let chats_first = amo.is_some_and(|amo| matches!(amo.method, AmoMethod::Unsorted { .. }));
    for (conversation, contact) in tx.take_awaited_crm_enquiries(id).await? {
        let integration = id;
        let one = Concerned { integration, portal, conversation, contact, chats, chats_first };
        pass_all_on(tx, &one);
    }
    Ok(())
}

/// What somebody else saved since it was read is not overwritten.
pub(super) fn same_revision(revision: i64, read: i64) -> Result<()> {
    if revision == read {
        return Ok(());
    }
    Err(Error::Conflict {
        code: "changed_meanwhile",
        message: Words::new(
            "Пока вы редактировали, эти настройки сохранил кто-то ещё. Откройте их заново.",
            "Somebody else saved these settings while you were editing. Open them anew.",
        ),
        details: json!({ "revision": revision }),
    })
}

/// A form that was read and found good.
struct Checked {
    name: String,
    enabled: bool,
    settings: Settings,
}

async fn check(
    tx: &mut TenantTx,
    id: IntegrationId,
    portal: PortalId,
    kind: CrmKind,
    form: IntegrationForm,
) -> Result<Checked> {
    let settings = read_settings(kind, form.settings)?;
    let mut check = Check::default();
    let name = check.line("name", &form.name);
    if form.enabled {
        let directory = tx.portal_directory(portal).await?.unwrap_or_default();
        for problem in crm::check(&settings, &directory).0.0 {
            check.add(invalid(problem));
        }
    }
    for wrong in wrong_channels(tx, id, portal, form.enabled, &settings).await? {
        check.add(wrong);
    }
    check.done()?;
    Ok(Checked { name, enabled: form.enabled, settings })
}

fn invalid(problem: Problem) -> Invalid {
    Invalid::new(format!("settings{}", problem.path), problem.code, problem.words)
}

/// Channels that are not there, or that another integration of this portal passes on (AMO-1).
async fn wrong_channels(
    tx: &mut TenantTx,
    id: IntegrationId,
    portal: PortalId,
    enabled: bool,
    settings: &Settings,
) -> Result<Vec<Invalid>> {
    let there: BTreeSet<ChannelId> =
        tx.channels().await?.into_iter().map(|c| c.channel_id).collect();
    let mut wrong: Vec<Invalid> = channel_paths(settings)
        .into_iter()
        .filter(|(_, channel)| !there.contains(channel))
        .map(|(path, _)| {
            Invalid::new(
                format!("settings{path}/channel"),
                "unknown_channel",
                Words::new(
                    "Такого канала больше нет. Уберите его из списка.",
                    "There is no such channel any more. Take it off the list.",
                ),
            )
        })
        .collect();
    wrong.extend(taken_channels(tx, id, portal, enabled, settings).await?);
    Ok(wrong)
}

/// Channels that another integration of a portal passes on (AMO-1). One that is off takes none.
pub(super) async fn taken_channels(
    tx: &mut TenantTx,
    id: IntegrationId,
    portal: PortalId,
    enabled: bool,
    settings: &Settings,
) -> Result<Vec<Invalid>> {
    let names: BTreeMap<ChannelId, String> =
        tx.channels().await?.into_iter().map(|c| (c.channel_id, c.name)).collect();
    let taken: BTreeMap<ChannelId, IntegrationId> = tx
        .integration_channels()
        .await?
        .into_iter()
        .filter(|(other, of, _)| enabled && *of == portal && *other != id)
        .map(|(other, _, channel)| (channel, other))
        .collect();
    let mut wrong = Vec::new();
    for (path, channel) in channel_paths(settings) {
        let (Some(name), Some(other)) = (names.get(&channel), taken.get(&channel)) else {
            continue;
        };
        let other = tx.integration(*other).await?.map(|row| row.name).unwrap_or_default();
        wrong.push(twice(format!("settings{path}/channel"), name, &other));
    }
    Ok(wrong)
}

/// AMO-1: the same channel in two integrations of one CRM account.
fn twice(field: String, channel: &str, other: &str) -> Invalid {
    Invalid::new(
        field,
        "double_transfer",
        Words::new(
            format!(
                "Канал «{channel}» уже передаёт в этот аккаунт CRM интеграция «{other}». \
                 Уберите его там или здесь: иначе сделки задвоятся."
            ),
            format!(
                "The channel “{channel}” is passed to this CRM account by the integration \
                 “{other}” already. Take it out there or here, or deals will be made twice."
            ),
        ),
    )
}

/// Where the channels stand in the document.
fn channel_paths(settings: &Settings) -> Vec<(String, ChannelId)> {
    let numbered = |base: &str, rules: &[crm::ChannelRule]| -> Vec<(String, ChannelId)> {
        let path = |n: usize| format!("{base}/channels/{n}");
        rules.iter().enumerate().map(|(n, rule)| (path(n), rule.channel)).collect()
    };
    match settings {
        Settings::Amo(settings) => numbered("", &settings.channels),
        Settings::Bitrix(settings) => {
            let mut all = numbered("/chats", &settings.chats.channels);
            all.extend(numbered("/requests", &settings.requests.channels));
            all
        }
    }
}

/// Each once, although Bitrix24 may name a channel for chats and for requests.
pub(super) fn channels(settings: &Settings) -> Vec<ChannelId> {
    let mut all: Vec<ChannelId> = settings.channels().iter().map(|rule| rule.channel).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Reads the document of a kind; what does not fit is told at its place.
pub(crate) fn read_settings(kind: CrmKind, mut document: Value) -> Result<Settings> {
    if document.is_null() {
        document = json!({});
    }
    // Of an integration that is off too, which is not checked further.
    if document.to_string().len() > MOST_BYTES {
        return Err(Error::invalid(
            "settings",
            "too_large",
            Words::new(
                "Настройки длиннее 512 КБ. Сократите списки.",
                "The settings are longer than 512 KB. Shorten the lists.",
            ),
        ));
    }
    if let Some(tag) = document.as_object_mut().and_then(|map| map.remove("crm"))
        && tag != json!(kind)
    {
        return Err(Error::invalid(
            "settings/crm",
            "other_crm",
            Words::new("Это настройки другой CRM.", "These are the settings of another CRM."),
        ));
    }
    Ok(match kind {
        CrmKind::Amo => Settings::Amo(read::<AmoSettings>(document)?),
        CrmKind::Bitrix => Settings::Bitrix(read::<BitrixSettings>(document)?),
    })
}

fn read<T: DeserializeOwned>(document: Value) -> Result<T> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let field = format!("settings{}", pointer(error.path()));
        let why = error.into_inner();
        Error::invalid(
            &field,
            "bad_shape",
            Words::new(
                format!(
                    "Здесь стоит не то, что описано в документации API. Причина словами программы: \
                     {why}"
                ),
                format!("This is not what the API's documentation describes: {why}"),
            ),
        )
    })
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

pub(super) fn view(row: IntegrationRow, directory: &Directory) -> IntegrationView {
    let (problems, warnings) = crm::check(&row.settings, directory);
    let channels = channels(&row.settings);
    IntegrationView {
        integration_id: row.integration_id,
        portal_id: row.portal_id,
        name: row.name,
        enabled: row.enabled,
        settings: row.settings,
        revision: row.revision,
        warnings: problems.0.into_iter().chain(warnings.0).collect(),
        channels,
        updated_at: row.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_1_settings_are_read_by_kind_and_faults_are_told_at_their_place() {
        read_settings(CrmKind::Amo, Value::Null).expect("nothing said: the defaults");
        let fault = |kind, document| match read_settings(kind, document) {
            Err(Error::Invalid(wrong)) => wrong.into_iter().map(|w| w.field).collect(),
            other => vec![format!("{other:?}")],
        };
        assert_eq!(
            read_settings(CrmKind::Amo, json!({ "crm": "amo" })).expect("defaults"),
            Settings::Amo(AmoSettings::default())
        );
        assert_eq!(fault(CrmKind::Amo, json!({ "crm": "bitrix" })), ["settings/crm"]);
        assert_eq!(
            fault(CrmKind::Amo, json!({ "tasks": { "due_minutes": "soon" } })),
            ["settings/tasks/due_minutes"]
        );
        assert_eq!(
            fault(CrmKind::Amo, json!({ "channels": [{ "channel": "x" }] })),
            ["settings/channels/0/channel"]
        );
        assert_eq!(fault(CrmKind::Amo, json!({ "colour": 1 })), ["settings/colour"]);
        let nested = json!({ "chats": { "users": [{ "user": "1", "chanels": [] }] } });
        assert_eq!(fault(CrmKind::Amo, nested), ["settings/chats/users/0/chanels"]);
        let phones = vec!["+79161234567"; 50_000];
        assert_eq!(fault(CrmKind::Amo, json!({ "skip_phones": phones })), ["settings"]);
    }

    /// Behind a tag the reader loses the place, and its words name the field all the same.
    #[test]
    fn amo_4_amo_6_an_unknown_field_of_a_method_or_condition_is_named() {
        for (document, name) in [
            (json!({ "method": { "method": "unsorted", "pipline": "1" } }), "pipline"),
            (json!({ "method": { "method": "contact_and_deal", "pipeline": "1" } }), "pipeline"),
            (json!({ "filter": { "when": { "is": "all", "of": [], "extra": 1 } } }), "extra"),
            (
                json!({ "filter": { "when": { "is": "param", "param": "no.such", "by": "filled" } } }),
                "no.such",
            ),
        ] {
            let Err(Error::Invalid(wrong)) = read_settings(CrmKind::Amo, document.clone()) else {
                panic!("{document} is read");
            };
            let said = wrong.iter().any(|w| w.message.ru.contains(name));
            assert!(said, "{document}: {wrong:?}");
        }
    }
}
