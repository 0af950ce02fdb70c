//! A company with access to accounts of amoCRM where nobody answers.

use std::ops::Deref;

use chrono::{TimeDelta, Utc};
use domain::{
    crm::{AmoSettings, ChannelRule, CrmKind, Settings},
    ids::{ChannelId, ContactId, ConversationId, EmployeeId, IntegrationId, PortalId},
};
use store::{NewIntegration, NewPortal, PortalAbout, PortalSecrets};
use tests::{bare_channel, bare_portal, newcomer};
use uuid::Uuid;

/// The company that other tests have too.
pub struct Company {
    company: tests::Company,
    pub employee: EmployeeId,
}

impl Deref for Company {
    type Target = tests::Company;

    fn deref(&self) -> &tests::Company {
        &self.company
    }
}

impl Company {
    pub async fn found() -> Self {
        let company = tests::Company::found().await;
        let employee = company.owner.employee.parse().unwrap();
        Self { company, employee }
    }

    pub async fn portal(&self, external_id: &str) -> PortalId {
        let mut tx = self.tx().await;
        let new = portal(external_id);
        tx.insert_portal(&new).await.unwrap();
        tx.commit().await.unwrap();
        new.portal_id
    }

    /// Another channel, of a kind that the server knows.
    pub async fn another_channel(&self) -> ChannelId {
        bare_channel(&self.store, self.account, "demo", "Канал").await
    }

    /// An integration that passes these channels on.
    pub async fn integration(
        &self,
        portal: PortalId,
        channels: &[ChannelId],
    ) -> Result<IntegrationId, store::Error> {
        let id = IntegrationId(Uuid::now_v7());
        let rules = channels.iter().map(|c| ChannelRule::recommended(*c)).collect();
        let mut tx = self.store.tenant(self.account).await?;
        tx.insert_integration(&NewIntegration {
            integration_id: id,
            portal_id: portal,
            kind: CrmKind::Amo,
            name: "Продажи".to_owned(),
            enabled: true,
            settings: Settings::Amo(AmoSettings { channels: rules, ..AmoSettings::default() }),
        })
        .await?;
        tx.set_integration_channels(id, portal, channels, chrono::Utc::now()).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Somebody new writes.
    pub async fn conversation(&self, channel: ChannelId) -> (ConversationId, ContactId) {
        newcomer(&self.store, self.account, channel).await
    }
}

/// Somebody new wrote in a channel that is passed on.
pub struct Enquiry {
    pub company: Company,
    pub portal: PortalId,
    pub channel: ChannelId,
    pub integration: IntegrationId,
    pub conversation: ConversationId,
    pub contact: ContactId,
}

impl Enquiry {
    pub async fn comes() -> Self {
        let company = Company::found().await;
        let portal = company.portal("100").await;
        let channel = company.another_channel().await;
        let integration = company.integration(portal, &[channel]).await.unwrap();
        let (conversation, contact) = company.conversation(channel).await;
        Self { company, portal, channel, integration, conversation, contact }
    }
}

/// With tokens that can be looked for where they must not be.
pub fn portal(external_id: &str) -> NewPortal {
    NewPortal {
        base: "https://ecoles.amocrm.ru/".to_owned(),
        site: "https://ecoles.amocrm.ru/".to_owned(),
        secrets: PortalSecrets {
            access: "canary-access".to_owned().into(),
            refresh: Some("canary-refresh".to_owned().into()),
            ..PortalSecrets::default()
        },
        token_expires_at: Some(Utc::now() + TimeDelta::days(1)),
        about: PortalAbout { title: "Школа".to_owned(), ..PortalAbout::default() },
        ..bare_portal(external_id)
    }
}
