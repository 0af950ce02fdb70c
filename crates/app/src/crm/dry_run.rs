//! Trying settings without writing anything (BY-6): on an imagined enquiry, or on a conversation that is
//! there, as if it came now. The CRM is asked what it has, through the same limits as real work.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use domain::{
    attribution::Attribution,
    clock::Instant,
    conversation::{ConversationKind, Direction},
    crm::{
        Answer, ChannelFacts, Company, ContactFacts, CrmId, DealFact, Enquiry, Entity, Facts,
        Known, Line, LinkedTask, Links, Occasion, Plan, PortalState, Settings, next_question,
        outcome_words, plan,
    },
    crm_view::{TriedCrm, TriedCrmStep},
    ids::{ChannelId, ContactId, ConversationId, IntegrationId, MessageId},
    people::Right,
    scenario::EnquiryOrder,
    text::{Language, Words},
};
use store::{PortalRow, TenantTx};

use super::{
    gather::has_chats,
    links::Uses,
    portals,
    visit::{Fault, Visit},
};
use crate::{Actor, App, Error, JobError, Result};

const MOST_QUESTIONS: usize = 20;

/// What is tried.
#[derive(Debug, Clone)]
pub enum CrmExample {
    /// A conversation that is there, as if it came now.
    Conversation(ConversationId),
    Imagined(Box<ImaginedEnquiry>),
}

/// An enquiry as somebody imagines it.
#[derive(Debug, Clone, Default)]
pub struct ImaginedEnquiry {
    pub channel: Option<ChannelId>,
    pub kind: Option<ConversationKind>,
    pub name: String,
    pub phone: String,
    pub email: String,
    pub text: String,
    pub attribution: Attribution,
    pub order: Option<EnquiryOrder>,
}

impl App {
    /// What would be done. `settings`: unsaved ones; else those of the integration.
    pub async fn try_crm(
        &self,
        actor: &Actor,
        integration: IntegrationId,
        settings: Option<Settings>,
        example: CrmExample,
    ) -> Result<TriedCrm> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row =
            tx.integration(integration).await?.ok_or(Error::NotFound { what: "integration" })?;
        let settings = settings.unwrap_or_else(|| row.settings.clone());
        let portal = tx.portal(row.portal_id).await?.ok_or(portals::NOT_FOUND)?;
        may_be_asked(&portal)?;
        let (mut facts, own) = match example {
            CrmExample::Conversation(id) => self.as_if_new(&mut tx, integration, id).await?,
            CrmExample::Imagined(enquiry) => {
                let mut facts = self.imagined_enquiry(&mut tx, &settings, *enquiry).await?;
                facts.chats_connected = has_chats(&portal);
                (facts, Own::default())
            }
        };
        drop(tx);
        let mut visit = self.visit(actor.account, row.portal_id).await.map_err(not_now)?;
        facts.directory.clone_from(&visit.directory);
        for _ in 0..MOST_QUESTIONS {
            let Some(question) = next_question(&settings, &facts) else { break };
            match visit.ask(&question).await {
                Ok(answer) => facts.known.learn(own.left_out_of(answer)),
                Err(fault) => {
                    visit.leave().await;
                    return Err(match fault {
                        Fault::Later(later) => not_now(later),
                        Fault::Unknown { .. } => no_answer(),
                        Fault::Rejected(words) => Error::conflict("crm_refused", words),
                    });
                }
            }
        }
        let tried = tried(&plan(&settings, &facts), &facts, &visit);
        visit.leave().await;
        Ok(tried)
    }

    async fn as_if_new(
        &self,
        tx: &mut TenantTx,
        integration: IntegrationId,
        id: ConversationId,
    ) -> Result<(Facts, Own)> {
        let none = Error::NotFound { what: "conversation" };
        let Some(gathered) = self.crm_gather(tx, integration, id).await? else { return Err(none) };
        let lines = tx.crm_lines(id, 0, 500).await?;
        let mut facts = gathered.facts;
        let own = Own { uses: gathered.enquiry.uses, since: facts.enquiry.opened_at };
        let links = &mut facts.links;
        let of_own = |task: &LinkedTask| task.deal.as_ref().is_some_and(|deal| own.is_deal(deal));
        links.task = links.task.take().filter(|task| !of_own(task));
        links.activity = links.activity.take().filter(|activity| !of_own(activity));
        links.deals.retain(|deal| !deal.of_this);
        links.leads.retain(|lead| !lead.of_this);
        links.unsorted = links.unsorted.take().filter(|unsorted| !unsorted.of_this);
        links.chat = None;
        links.written.clear();
        links.attached.clear();
        facts.occasion = first_heard(lines.into_iter().map(|l| l.line).collect());
        Ok((facts, own))
    }

    async fn imagined_enquiry(
        &self,
        tx: &mut TenantTx,
        settings: &Settings,
        enquiry: ImaginedEnquiry,
    ) -> Result<Facts> {
        let chosen = enquiry.channel.or_else(|| settings.channels().first().map(|c| c.channel));
        let channel = match chosen {
            Some(id) => tx.channel(id).await?,
            None => None,
        };
        let Some(channel) = channel else {
            let words = Words::new("Выберите канал.", "Choose a channel.");
            return Err(Error::invalid("channel_id", "unknown", words));
        };
        let company = tx.company().await?.ok_or(Error::NotFound { what: "company" })?;
        let country = crate::contacts::country(tx).await?;
        let phone = domain::phone::normalise(&enquiry.phone, country);
        if phone.is_none() && !enquiry.phone.trim().is_empty() {
            let words = Words::new(
                "Это не номер телефона. Пример: +79161234567.",
                "This is no phone number. Example: +79161234567.",
            );
            return Err(Error::invalid("phone", "not_a_phone", words));
        }
        let now = self.clock.now();
        let language = Language::of(&company.language);
        let text = if enquiry.text.trim().is_empty() {
            Words::new("Здравствуйте!", "Hello!").said_in(language).to_owned()
        } else {
            enquiry.text
        };
        let line = Line {
            message: MessageId::new(&*self.ids),
            position: 1,
            direction: Direction::Inbound,
            author: enquiry.name.clone(),
            text: text.clone(),
            files: Vec::new(),
            at: now,
        };
        let email = enquiry.email.trim().to_lowercase();
        Ok(Facts {
            now,
            company: Company {
                name: company.name,
                language,
                time_zone: company.time_zone.parse().unwrap_or(Tz::Europe__Moscow),
            },
            enquiry: Enquiry {
                conversation: ConversationId::new(&*self.ids),
                number: 1001,
                kind: enquiry.kind.unwrap_or(ConversationKind::Chat),
                order: enquiry.order.unwrap_or(EnquiryOrder::First),
                channel: ChannelFacts {
                    id: channel.channel_id,
                    kind: channel.kind.0.clone(),
                    kind_title: self.driver(&channel)?.title(),
                    name: channel.name.clone(),
                },
                attribution: enquiry.attribution,
                first_text: text,
                opened_at: now,
                closed_at: None,
                employee: None,
                tags: Vec::new(),
                link: String::new(),
            },
            contact: ContactFacts {
                contact: ContactId::new(&*self.ids),
                name: enquiry.name,
                phones: phone.iter().map(|p| p.as_str().to_owned()).collect(),
                emails: (!email.is_empty()).then_some(email).into_iter().collect(),
                username: String::new(),
                fields: BTreeMap::new(),
            },
            occasion: first_heard(vec![line]),
            links: Links::default(),
            known: Known::default(),
            directory: domain::crm::Directory::default(),
            mirrored: true,
            chats_connected: false,
        })
    }
}

/// An enquiry that comes now.
fn first_heard(lines: Vec<Line>) -> Occasion {
    let first_inbound = lines.iter().any(|line| line.direction == Direction::Inbound);
    Occasion { opened: true, first_inbound, lines, ..Occasion::default() }
}

/// What a conversation made itself: left out of account, as if it had not come yet.
#[derive(Default)]
struct Own {
    uses: Uses,
    since: Instant,
}

impl Own {
    fn is_deal(&self, id: &CrmId) -> bool {
        [Entity::Deal, Entity::Lead].iter().any(|of| self.uses.get(of) == Some(id))
    }

    /// A deal that was there before and only used stays. What we make has its enquiry's time, to the
    /// second.
    fn left_out_of(&self, answer: Answer) -> Answer {
        let made = |of: Entity, fact: &DealFact| {
            self.uses.get(&of) == Some(&fact.id)
                && fact.created_at.timestamp() >= self.since.timestamp()
        };
        match answer {
            Answer::Deals(mut deals) => {
                deals.retain(|deal| !made(Entity::Deal, deal));
                Answer::Deals(deals)
            }
            Answer::Leads(mut leads) => {
                leads.retain(|lead| !made(Entity::Lead, lead));
                Answer::Leads(leads)
            }
            other => other,
        }
    }
}

/// What a person must mend first is said instead of a portal that does not answer.
fn may_be_asked(portal: &PortalRow) -> Result<()> {
    match (portal.state, portal.trouble) {
        (PortalState::Disconnected, _) => Err(portals::disconnected()),
        (PortalState::Stopped, Some(trouble)) => {
            Err(Error::conflict(trouble.as_str(), portals::sentence(trouble)))
        }
        _ => Ok(()),
    }
}

/// The portal cannot be asked now.
fn not_now(later: JobError) -> Error {
    match later {
        JobError::Fail { why } => Error::Internal(why),
        JobError::Wait { .. } | JobError::Retry { .. } => no_answer(),
    }
}

fn no_answer() -> Error {
    Error::conflict(
        "no_answer",
        Words::new(
            "CRM сейчас не отвечает или занята другими обращениями. Повторите через минуту.",
            "The CRM does not answer now, or is busy with other enquiries. Try again in a minute.",
        ),
    )
}

fn tried(plan: &Plan, facts: &Facts, visit: &Visit<'_>) -> TriedCrm {
    let asked = visit.take_calls();
    TriedCrm {
        words: outcome_words(plan),
        would: plan
            .steps
            .iter()
            .map(|step| TriedCrmStep {
                action: serde_json::json!(step.action),
                words: step.action.words(&facts.directory),
                because: step.because.clone(),
                written: step.action.written(&facts.directory),
            })
            .collect(),
        left_out: plan.left_out.clone(),
        asked: asked.into_iter().filter_map(|call| serde_json::from_value(call).ok()).collect(),
    }
}
