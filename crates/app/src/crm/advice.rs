//! What helps people to set an integration: the parameters there are, templates filled, faults that the
//! product sees by itself (CRM-6, AMO-9).

use domain::{
    crm::{
        ChannelName, Fault, Names, Param, PortalState, PortalTrouble, Settings, amo, names, preview,
    },
    crm_view::{CrmFaultView, CrmNamesView, CrmParamView},
    ids::{ConversationId, IntegrationId},
    people::Right,
    text::{Language, Words},
};
use store::IntegrationRow;

use super::{
    gather::{has_chats, language},
    portal_chats::lacks_chats,
};
use crate::{Actor, App, Error, Result};

impl App {
    /// Parameters of enquiries, with the company's own contact fields.
    pub async fn crm_parameters(&self, actor: &Actor) -> Result<Vec<CrmParamView>> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let own = tx.contact_fields().await?;
        let language = language(&mut tx).await?;
        let utm = ["source", "medium", "campaign", "term", "content"];
        let view = |param: &Param| CrmParamView {
            param: param.to_string(),
            title: param.title(),
            example: param.example(language).to_owned(),
        };
        let plain = Param::plain().map(|(_, param)| view(param));
        let utm = utm.map(|key| view(&Param::Utm(key.to_owned())));
        let fields = own.into_iter().map(|field| {
            let mut shown = view(&Param::ContactField(field.key));
            shown.title.ru = format!("Поле клиента «{}»", field.name);
            shown.title.en = format!("Client field “{}”", field.name);
            shown
        });
        Ok(plain.chain(utm).chain(fields).collect())
    }

    /// Templates filled with examples, or with a conversation's own values.
    pub async fn preview_crm_names(
        &self,
        actor: &Actor,
        integration: IntegrationId,
        templates: Names,
        conversation: Option<ConversationId>,
    ) -> Result<CrmNamesView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.integration(integration).await?;
        row.ok_or(Error::NotFound { what: "integration" })?;
        let Some(conversation) = conversation else {
            return Ok(examples(&templates, language(&mut tx).await?));
        };
        let gathered = self.crm_gather(&mut tx, integration, conversation).await?;
        let facts = gathered.ok_or(Error::NotFound { what: "conversation" })?.facts;
        Ok(CrmNamesView {
            contact: names::contact(&templates, &facts),
            deal: names::deal(&templates, &facts),
            task: names::task(&templates, &facts),
        })
    }

    /// Faults of the settings of all integrations that are on. A channel that none of them passes on is
    /// told once, at the first.
    pub async fn crm_faults(&self, actor: &Actor) -> Result<Vec<CrmFaultView>> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let channels: Vec<ChannelName> = tx
            .channels()
            .await?
            .into_iter()
            .map(|c| ChannelName { id: c.channel_id, name: c.name })
            .collect();
        let mut found = Vec::new();
        let rows = tx.integrations().await?;
        let passes = |row: &IntegrationRow, id| {
            row.enabled && row.settings.channels().iter().any(|rule| rule.channel == id)
        };
        let mut forgotten: Vec<ChannelName> =
            channels.iter().filter(|c| !rows.iter().any(|r| passes(r, c.id))).cloned().collect();
        for row in rows.iter().filter(|row| row.enabled) {
            let Settings::Amo(settings) = &row.settings else { continue };
            let portal = tx.portal(row.portal_id).await?;
            if portal.as_ref().is_none_or(|portal| portal.state == PortalState::Disconnected) {
                found.push(CrmFaultView {
                    integration_id: row.integration_id,
                    integration: row.name.clone(),
                    fault: disconnected(),
                });
                continue;
            }
            if settings.chats.is_some()
                && let Some(portal) = portal.filter(|portal| !has_chats(portal))
            {
                found.push(CrmFaultView {
                    integration_id: row.integration_id,
                    integration: row.name.clone(),
                    fault: if lacks_chats(&portal) { chats_refused() } else { no_chats() },
                });
            }
            let directory = tx.portal_directory(row.portal_id).await?.unwrap_or_default();
            let own = channels.iter().filter(|channel| passes(row, channel.id)).cloned();
            let mine: Vec<ChannelName> = own.chain(forgotten.drain(..)).collect();
            found.extend(amo::faults(settings, &directory, &mine).into_iter().map(|fault| {
                CrmFaultView {
                    integration_id: row.integration_id,
                    integration: row.name.clone(),
                    fault,
                }
            }));
        }
        Ok(found)
    }
}

/// AMO-1: the rules are on, and there is nowhere to pass anything to.
fn disconnected() -> Fault {
    let words = Words::new(
        "Портал интеграции отключён: в amoCRM ничего не передаётся.",
        "The integration's portal is disconnected: nothing is passed to amoCRM.",
    );
    let remedy = Words::new(
        "На странице «Интеграции CRM» подключите портал заново или смените портал интеграции.",
        "On the page “CRM integrations” connect the portal again, or change the integration's portal.",
    );
    Fault::new("channels", "portal_disconnected", words, remedy)
}

/// AMO-13: chats are on, and the CRM has no channel of ours.
fn no_chats() -> Fault {
    let words = Words::new(
        "Чаты включены, но канал чатов не подключён: в чатах amoCRM ничего не показывается.",
        "Chats are on, but no chats channel is connected: nothing is shown in amoCRM's chats.",
    );
    let remedy = Words::new(
        "Подключите канал на вкладке «Чаты в amoCRM»: его ID и секрет даёт поддержка amoCRM.",
        "Connect it on the tab “Chats in amoCRM”: amoCRM's support gives its id and secret.",
    );
    Fault::new("chats", "chats_not_connected", words, remedy)
}

/// AMO-13: the CRM has had a channel of ours, or was offered one, and does not take it.
fn chats_refused() -> Fault {
    let trouble = PortalTrouble::ChatsRefused;
    Fault::new("chats", trouble.as_str(), trouble.reason(), trouble.remedy())
}

fn examples(templates: &Names, language: Language) -> CrmNamesView {
    let filled = |template: &Option<String>, default: &str| {
        let text = template.as_deref().map(|t| preview(t, language)).unwrap_or_default();
        if text.is_empty() { preview(default, language) } else { text }
    };
    let defaults = names::defaults(language);
    CrmNamesView {
        contact: filled(&templates.contact, defaults.contact),
        deal: filled(&templates.deal, defaults.deal),
        task: filled(&templates.task, defaults.task),
    }
}
