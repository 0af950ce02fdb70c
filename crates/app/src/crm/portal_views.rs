//! Portals as admins see them: where each stands, why, and what to do about it.

use domain::{
    crm::{CrmKind, PortalMode, PortalState},
    crm_view::{CrmKindView, IntegrationName, PortalChatsView, PortalView},
    ids::PortalId,
    people::Right,
    text::Words,
};
use store::{IntegrationRow, PortalRow, TenantTx};

use super::{keys_of, lanes_of, portals::NOT_FOUND};
use crate::{Actor, App, Result, Settings};

impl App {
    /// The CRMs that this installation can connect.
    pub fn crm_kinds(&self, actor: &Actor) -> Result<Vec<CrmKindView>> {
        actor.require(Right::ManageAccount)?;
        let kinds = self.crms.kinds().filter_map(|kind| {
            let adapter = self.crms.get(kind)?;
            let (hints, chats) = (adapter.connect().hints(), adapter.chats());
            Some(CrmKindView {
                kind,
                title: title(kind),
                hosts: hints.hosts,
                can_oauth: self.settings.crm.apps.contains_key(&kind),
                has_chats: chats.is_some(),
                redirect_uri: self.settings.crm_redirect_of_own(kind).map(String::from),
                hook_off_url: self.settings.crm_off_hook(kind).map(String::from),
                chats_hook_url: chats.and_then(|_| self.settings.crm_chats_hook()),
            })
        });
        Ok(kinds.collect())
    }

    pub async fn portals(&self, actor: &Actor) -> Result<Vec<PortalView>> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let rows = tx.portals().await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            views.push(view(&mut tx, &self.settings, row).await?);
        }
        Ok(views)
    }

    pub async fn portal(&self, actor: &Actor, id: PortalId) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.portal(id).await?.ok_or(NOT_FOUND)?;
        view(&mut tx, &self.settings, row).await
    }
}

fn title(kind: CrmKind) -> Words {
    match kind {
        CrmKind::Amo => Words::new("amoCRM", "amoCRM (Kommo)"),
        CrmKind::Bitrix => Words::new("Битрикс24", "Bitrix24"),
    }
}

/// What is wrong with a portal, and what to do.
struct Said {
    reason: Words,
    remedy: Words,
}

/// Why a portal does not work, or not as a whole: of a person's trouble, of a CRM that is silent, of an
/// installation that lost its keys.
fn said(row: &PortalRow, settings: &Settings) -> Option<Said> {
    if let Some(trouble) = row.trouble {
        return Some(Said { reason: trouble.reason(), remedy: trouble.remedy() });
    }
    let works = |state| matches!(state, PortalState::Connected | PortalState::Interrupted);
    if works(row.state) && row.mode == PortalMode::Full && keys_of(settings, row).is_none() {
        return Some(Said {
            reason: Words::new(
                "На этом сервере больше нет ключей приложения, которым подключён портал: доступ не \
                 продлевается.",
                "This server no longer has the keys of the app that connects the portal: access is \
                 not renewed.",
            ),
            remedy: Words::new(
                "Попросите администратора сервера вернуть ключи или подключите портал заново своей \
                 интеграцией.",
                "Ask the server's admin to set the keys again, or connect the portal again by an \
                 integration of your own.",
            ),
        });
    }
    match (row.state, &row.hook_trouble) {
        (PortalState::Interrupted, _) => Some(Said {
            reason: Words::new("CRM не отвечает.", "The CRM does not answer."),
            remedy: Words::new(
                "Ничего делать не нужно: мы повторяем попытки, и всё накопленное будет передано.",
                "Nothing to do: we keep trying, and what has gathered will be passed on.",
            ),
        }),
        (PortalState::Disconnected, _) => Some(Said {
            reason: Words::new(
                "Портал отключён: по его интеграциям ничего не передаётся.",
                "The portal is disconnected: its integrations pass nothing on.",
            ),
            remedy: Words::new(
                "Подключите его заново или выберите интеграциям другой портал.",
                "Connect it again, or choose another portal for its integrations.",
            ),
        }),
        (PortalState::Connected, Some(why)) => Some(Said {
            reason: Words::new(
                format!("CRM не сообщает об изменениях: {}", why.ru),
                format!("The CRM does not tell of changes: {}", why.en),
            ),
            remedy: Words::new(
                "Сделки и контакты создаются, но этапы и ответственные обратно не приходят. \
                 Проверьте тариф CRM и публичный адрес сервера, затем нажмите «Проверить».",
                "Deals and contacts are made, but stages and responsibles do not come back. Look at \
                 the CRM's tariff and the server's public address, then press “Check”.",
            ),
        }),
        _ => None,
    }
}

async fn view(tx: &mut TenantTx, settings: &Settings, row: PortalRow) -> Result<PortalView> {
    let id = row.portal_id;
    let (reason, remedy) = match said(&row, settings) {
        Some(said) => (Some(said.reason), Some(said.remedy)),
        None => (None, None),
    };
    let directory = tx.portal_directory(id).await?.unwrap_or_default();
    let user = row.user_id.as_deref().and_then(|id| directory.user(&id.into()));
    let integrations = tx.integrations().await?.into_iter().filter(|i| i.portal_id == id);
    let (failed, _) = tx.crm_run_counts().await?.get(&id).copied().unwrap_or_default();
    Ok(PortalView {
        portal_id: id,
        kind: row.kind,
        mode: row.mode,
        own_app: row.secrets.own_app().map(|app| app.client_id),
        title: row.title,
        address: row.site,
        state: row.state,
        reason,
        remedy,
        state_at: row.state_at,
        user_name: user.map(|user| user.name.clone()),
        token_ends_at: row.token_ends_at,
        waiting: tx.jobs_waiting(&lanes_of(id)).await?,
        failed,
        not_understood: tx.crm_quarantine_count(id).await?,
        filters: row.filters,
        unsorted_on: row.unsorted_on,
        chats: row.chat.map(|chat| PortalChatsView {
            connected: chat.scope_id.is_some(),
            channel_id: chat.channel_id,
            bot_id: chat.bot_id,
        }),
        directory_at: row.directory_at,
        integrations: integrations.map(named).collect(),
    })
}

fn named(row: IntegrationRow) -> IntegrationName {
    IntegrationName { integration_id: row.integration_id, name: row.name, enabled: row.enabled }
}
