//! Our own facts of a decision: the conversation, its contact, what is new, what we linked before.

use chrono_tz::Tz;
use domain::{
    conversation::{ConversationState, Direction},
    crm::{
        BitrixSettings, ChannelFacts, Company, ContactFacts, CrmId, Directory, EmployeeFacts,
        Enquiry, Facts, Known, Line, Occasion, Settings, Transcript,
    },
    ids::{ChannelId, ConversationId, EmployeeId, IntegrationId},
    scenario::EnquiryOrder,
    text::Language,
    view::{ContactView, ConversationView},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{EnquiryRow, IntegrationRow, PortalRow, TenantTx};

use super::links;
use crate::{App, Error, Result};

/// New messages that one decision takes; the rest follows with the next one.
const MOST_LINES: i64 = 500;
/// Messages of a transcript. Longer conversations are cut at their beginning, and say so.
const MOST_HISTORY: i64 = 3000;

/// Everything that is needed to decide about a conversation for one integration.
pub(crate) struct Gathered {
    pub integration: IntegrationRow,
    pub portal: PortalRow,
    pub conversation: ConversationView,
    pub enquiry: EnquiryRow,
    pub facts: Facts,
    /// What will have been passed on when this decision is carried out.
    pub passed: Passed,
}

/// What a decision passes on. Kept with it, so that a run that is resumed ends as it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passed {
    pub position: i64,
    pub closed: bool,
    pub answered_by: Option<EmployeeId>,
    pub contact_stamp: String,
    pub chosen_deal: Option<CrmId>,
}

impl Gathered {
    /// Whether there is anything that the CRM does not have.
    pub fn is_news(&self) -> bool {
        let news = &self.facts.occasion;
        news.closed
            || news.contact_changed
            || news.chosen_deal.is_some()
            || news.answered_by.is_some()
            || !news.lines.is_empty()
    }
}

impl App {
    /// Loads what is known of a conversation for an integration; `None`: there is nothing to do, the
    /// integration, its portal or the conversation is gone or off.
    pub(crate) async fn crm_gather(
        &self,
        tx: &mut TenantTx,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<Option<Gathered>> {
        let Some(integration) = tx.integration(integration).await? else { return Ok(None) };
        let Some(portal) = tx.portal(integration.portal_id).await? else { return Ok(None) };
        let Some(c) = tx.conversation(conversation).await? else { return Ok(None) };
        let Some(channel) = self.channel_facts(tx, c.channel_id).await? else { return Ok(None) };
        let Some(contact) = tx.contact(c.contact_id).await? else { return Ok(None) };
        let Some(company) = tx.company().await? else { return Ok(None) };
        let enquiry = tx
            .crm_enquiry(integration.integration_id, conversation)
            .await?
            .unwrap_or_else(|| untouched(integration.integration_id, conversation));
        let links = tx.crm_links(portal.portal_id, c.contact_id).await?;
        let written = tx.crm_lines(conversation, enquiry.passed_position, MOST_LINES).await?;
        let closed = c.state == ConversationState::Closed && !enquiry.passed_closed;
        let history = match transcript(&integration.settings, &c) {
            Transcript::AtEnd if closed => {
                lines(tx.crm_last_lines(conversation, MOST_HISTORY).await?)
            }
            _ => Vec::new(),
        };
        let answered_by = written
            .iter()
            .find(|l| l.author.is_some() && l.author == c.assignee_id)
            .and_then(|l| l.author)
            .filter(|author| enquiry.answered_by != Some(*author));
        let position = written.last().map_or(enquiry.passed_position, |l| l.line.position);
        let stamp = stamp(&contact);
        let passed = Passed {
            position,
            closed: enquiry.passed_closed || closed,
            answered_by: answered_by.or(enquiry.answered_by),
            contact_stamp: stamp.clone(),
            chosen_deal: enquiry.chosen_deal.clone(),
        };
        let news = lines(written);
        // Of a first conversation alone: later ones are no first message of the contact.
        let first_inbound = c.is_first
            && news.iter().any(|line| line.direction == Direction::Inbound)
            && (enquiry.passed_position == 0
                || !tx.crm_wrote_up_to(conversation, enquiry.passed_position).await?);
        let occasion = Occasion {
            opened: enquiry.passed_position == 0,
            closed,
            answered_by: self.employee_facts(tx, answered_by).await?,
            contact_changed: !enquiry.contact_stamp.is_empty() && enquiry.contact_stamp != stamp,
            chosen_deal: enquiry.chosen_deal.clone(),
            lines: news,
            first_inbound,
            history,
        };
        let first_text = match occasion.lines.iter().find(|l| l.direction == Direction::Inbound) {
            Some(line) if occasion.opened => line.text.clone(),
            _ => tx.crm_first_words(conversation).await?.unwrap_or_default(),
        };
        let facts = Facts {
            now: self.clock.now(),
            company: Company {
                name: company.name,
                language: Language::of(&company.language),
                time_zone: company.time_zone.parse().unwrap_or(Tz::Europe__Moscow),
            },
            enquiry: self.enquiry_facts(tx, &c, channel, first_text).await?,
            contact: contact_facts(&contact, &c),
            occasion,
            links: links::facts(&links, &enquiry.uses, conversation, self.clock.now()),
            known: Known::default(),
            directory: Directory::default(),
            mirrored: self.is_mirrored(&portal),
            chats_connected: has_chats(&portal),
        };
        Ok(Some(Gathered { integration, portal, conversation: c, enquiry, facts, passed }))
    }

    /// Whether the portal tells us of its changes.
    pub(crate) fn is_mirrored(&self, portal: &PortalRow) -> bool {
        portal.mode == domain::crm::PortalMode::Full && self.settings.public_url.is_some()
    }

    /// Of a deleted channel as well: its conversations are still to be passed on, and deals of theirs
    /// to be moved.
    async fn channel_facts(
        &self,
        tx: &mut TenantTx,
        id: ChannelId,
    ) -> Result<Option<ChannelFacts>> {
        let Some((kind, name)) = tx.channel_name(id).await? else { return Ok(None) };
        let Some(driver) = self.drivers.get(&kind) else {
            return Err(Error::Internal(format!("this process has no driver of {kind}")));
        };
        Ok(Some(ChannelFacts { id, kind: kind.0, kind_title: driver.title(), name }))
    }

    async fn enquiry_facts(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        channel: ChannelFacts,
        first_text: String,
    ) -> Result<Enquiry> {
        let names = match c.tags.is_empty() {
            true => Vec::new(),
            false => tx.tags().await?,
        };
        let tag = |id| names.iter().find(|t| t.tag_id == id).map(|t| t.name.clone());
        let link = self.settings.public_url.as_ref().map(|url| {
            let base = url.as_str().trim_end_matches('/');
            format!("{base}/desk/in_work/{}", c.conversation_id)
        });
        Ok(Enquiry {
            conversation: c.conversation_id,
            number: c.number,
            kind: c.kind,
            order: if c.is_first { EnquiryOrder::First } else { EnquiryOrder::Repeat },
            channel,
            attribution: c.attribution.clone(),
            first_text,
            opened_at: c.opened_at,
            closed_at: c.closed_at,
            employee: self.employee_facts(tx, c.assignee_id).await?,
            tags: c.tags.iter().filter_map(|id| tag(*id)).collect(),
            link: link.unwrap_or_default(),
        })
    }

    async fn employee_facts(
        &self,
        tx: &mut TenantTx,
        employee: Option<EmployeeId>,
    ) -> Result<Option<EmployeeFacts>> {
        let Some(id) = employee else { return Ok(None) };
        let found = tx.employee(id).await?;
        Ok(found.map(|e| EmployeeFacts { id, name: e.name, email: e.email }))
    }
}

/// In which a company's CRM is written to.
pub(crate) async fn language(tx: &mut TenantTx) -> Result<Language> {
    let company = tx.company().await?.ok_or(Error::NotFound { what: "company" })?;
    Ok(Language::of(&company.language))
}

/// Whether the chats service works for a portal (AMO-13): by a long-lived token it does not (CRM-7).
pub(crate) fn has_chats(portal: &PortalRow) -> bool {
    portal.mode == domain::crm::PortalMode::Full
        && portal.chat.as_ref().is_some_and(|chat| chat.scope_id.is_some())
}

fn untouched(integration_id: IntegrationId, conversation_id: ConversationId) -> EnquiryRow {
    EnquiryRow {
        integration_id,
        conversation_id,
        passed_position: 0,
        passed_closed: false,
        answered_by: None,
        contact_stamp: String::new(),
        uses: links::Uses::new(),
        chosen_deal: None,
        chat_position: 0,
        chat: None,
    }
}

fn lines(written: Vec<store::WrittenLine>) -> Vec<Line> {
    written.into_iter().map(|l| l.line).collect()
}

fn transcript(settings: &Settings, c: &ConversationView) -> Transcript {
    match settings {
        Settings::Amo(settings) => settings.transcript,
        Settings::Bitrix(BitrixSettings { chats, requests, .. }) => match c.kind {
            domain::conversation::ConversationKind::Chat => chats.transcript,
            domain::conversation::ConversationKind::Request => requests.transcript,
        },
    }
}

fn contact_facts(contact: &ContactView, c: &ConversationView) -> ContactFacts {
    let identity = contact.identities.iter().find(|i| i.identity_id == c.identity_id);
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    ContactFacts {
        contact: contact.contact_id,
        name: contact.name.clone(),
        phones: contact.phones.clone(),
        emails: contact.emails.clone(),
        username: identity.map(|i| i.username.clone()).unwrap_or_default(),
        fields: contact.fields.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
    }
}

/// What of a contact a CRM is told, as a short text: another text, and it changed.
fn stamp(contact: &ContactView) -> String {
    let told = serde_json::json!([contact.name, contact.phones, contact.emails, contact.fields]);
    let digest = Sha256::digest(told.to_string().as_bytes());
    hex::encode(digest.get(..8).unwrap_or_default())
}
