//! Routing: loads the facts of a new conversation, lets the scenario decide, and does what it says.

use std::collections::BTreeMap;

use domain::{
    content::{Content, FormField},
    conversation::{Cause, ConversationState},
    event::{EventKind, NewEvent},
    ids::{AccountId, ConversationId, EmployeeId},
    people::Presence,
    routing::{AlarmReason, ChannelFacts, Decision, Effect, Event, Facts, Progress, decide},
    scenario::{EnquiryOrder, Known, Need, Question},
    template::{self, Values},
    view::{ConversationView, SystemLine},
};
use serde_json::json;
use store::{ChannelRow, TenantTx};

use crate::{
    App, Result,
    conversations::{route_job, save},
};

/// Rules write at most so many messages into one conversation within an hour: two robots that answer
/// each other stop here, whatever their headers say (RFC 3834 is not kept by all).
const AUTOMATIC_AN_HOUR: i64 = 3;
/// Messages whose words conditions look at.
const WORDS_FROM: i64 = 20;

impl App {
    /// Asks the scenario about a conversation. Run twice, the second finds nothing changed.
    pub(crate) async fn route(
        &self,
        account: AccountId,
        id: ConversationId,
        why: Event,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let Some(mut c) = tx.lock_conversation(id).await? else { return Ok(()) };
        if c.state != ConversationState::New || c.assignee_id.is_some() {
            return Ok(());
        }
        let Some(channel) = tx.channel(c.channel_id).await? else { return Ok(()) };
        let scenario = match channel.scenario_id {
            Some(scenario) => tx.scenario(scenario).await?.map(|s| s.scenario),
            None => None,
        };
        let progress: Progress = match tx.routing_progress(id).await? {
            Some(stored) => serde_json::from_value(stored).unwrap_or_default(),
            None => Progress::default(),
        };
        let facts = self.facts(&mut tx, &c, &channel).await?;
        let decision = decide(scenario.as_ref(), &progress, why, &facts);
        self.carry_out(&mut tx, &mut c, &channel, &facts, decision).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn facts(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        channel: &ChannelRow,
    ) -> Result<Facts> {
        let messages = tx.messages_before(c.conversation_id, None, WORDS_FROM).await?;
        let text = messages
            .iter()
            .filter(|m| m.direction == domain::conversation::Direction::Inbound)
            .filter_map(|m| match &m.body {
                store::StoredBody::Said(content) => Some(content.words()),
                store::StoredBody::Happened(_) => None,
            })
            .collect::<Vec<_>>()
            .join("\n");
        let schedules: BTreeMap<_, _> =
            tx.schedules().await?.into_iter().map(|s| (s.schedule_id, s.schedule)).collect();
        let known = tx.has_address(c.contact_id).await?;
        Ok(Facts {
            now: self.clock.now(),
            channel: ChannelFacts {
                id: channel.channel_id,
                kind: channel.kind.clone(),
                pinned: c.pinned_id,
                asks_forms: self.driver(channel)?.site().is_some(),
            },
            attribution: c.attribution.clone(),
            enquiry: if c.is_first { EnquiryOrder::First } else { EnquiryOrder::Repeat },
            contact: if known { Known::Known } else { Known::Unknown },
            last_assignee: tx.last_assignee(c.contact_id, c.conversation_id).await?,
            text,
            language: None,
            schedules,
            employees: tx.lock_employee_facts().await?,
        })
    }

    async fn carry_out(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        facts: &Facts,
        decision: Decision,
    ) -> Result<()> {
        let before = c.audience();
        let mut closes = false;
        for effect in decision.effects {
            match effect {
                Effect::AutoReply { text } => self.auto_reply(tx, c, channel, facts, &text).await?,
                Effect::AskForm { text, fields } => {
                    self.ask_form(tx, c, channel, text, &fields).await?;
                }
                Effect::Tag { tags } => {
                    tx.add_conversation_tags(c.conversation_id, &tags).await?;
                    let new = tags.into_iter().filter(|t| !c.tags.contains(t)).collect::<Vec<_>>();
                    c.tags.extend(new);
                }
                Effect::OfferTo { employee } => {
                    c.offered_id = Some(employee);
                    tx.note_offer(employee, facts.now).await?;
                }
                Effect::OfferToGroup { group } => {
                    c.offered_id = None;
                    c.group_id = Some(group);
                }
                Effect::OfferToAll {} => {
                    c.offered_id = None;
                    c.group_id = None;
                }
                Effect::Close {} => closes = true,
                Effect::Alarm { reason } => self.alarm(tx, c, reason).await?,
            }
        }
        if closes {
            return self.close_locked(tx, c, Cause::Scenario, None).await;
        }
        tx.save_routing(c.conversation_id, Some(&json!(decision.progress)), decision.wake_at)
            .await?;
        save(tx, c, before).await
    }

    async fn auto_reply(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        facts: &Facts,
        text: &str,
    ) -> Result<()> {
        if !self.may_answer_itself(tx, c).await? {
            tracing::info!(conversation.id = %c.conversation_id, "an auto-reply was held back");
            return Ok(());
        }
        let Some(company) = tx.company().await? else { return Ok(()) };
        let opening = facts
            .schedules
            .values()
            .find_map(|s| s.next_opening_words(facts.now))
            .map(|w| if company.language == "en" { w.en } else { w.ru })
            .unwrap_or_default();
        let values = Values {
            contact_name: c.contact_name.clone(),
            channel_name: channel.name.clone(),
            company_name: company.name,
            next_opening: opening,
        };
        self.automatic_reply(tx, c, channel, template::render(text, &values)).await
    }

    /// Never into a robot's letter (RFC 3834), and never more than a few an hour.
    async fn may_answer_itself(&self, tx: &mut TenantTx, c: &ConversationView) -> Result<bool> {
        let last = tx.messages_before(c.conversation_id, None, 1).await?;
        if last.iter().any(|m| m.automatic) {
            return Ok(false);
        }
        let hour_ago = self.clock.now() - chrono::Duration::hours(1);
        Ok(tx.automatic_since(c.conversation_id, hour_ago).await? < AUTOMATIC_AN_HOUR)
    }

    /// Asks a site's visitor for their name and addresses (RT-3): an outbound form without values.
    async fn ask_form(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        text: String,
        fields: &[Question],
    ) -> Result<()> {
        let fields = fields
            .iter()
            .map(|q| {
                let key = json!(q.ask).as_str().unwrap_or("text").to_owned();
                let optional = q.need == Need::Optional;
                FormField { label: key.clone(), key, value: String::new(), optional }
            })
            .collect();
        self.automatic_content(tx, c, channel, Content::Form { title: text, fields }).await
    }

    async fn alarm(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        reason: AlarmReason,
    ) -> Result<()> {
        if reason == AlarmReason::NobodyOnline || reason == AlarmReason::NobodyAnswered {
            self.system_line(tx, c, SystemLine::NobodyOnline).await?;
        }
        tx.append(NewEvent {
            kind: EventKind::RoutingAlarm,
            conversation: Some(c.conversation_id),
            audience: Some(c.audience()),
            was: None,
            payload: json!({ "conversation_id": c.conversation_id, "reason": reason }),
        });
        Ok(())
    }

    /// Queues those whose time has come (RT-2: the time to answer ran out). Returns how many.
    pub async fn route_due(&self, most: i64) -> Result<usize> {
        let due = self.store.due_routing(self.clock.now(), most).await?;
        for (account, id) in &due {
            let mut tx = self.store.tenant(*account).await?;
            let Some(c) = tx.lock_conversation(*id).await? else { continue };
            let progress = tx.routing_progress(*id).await?;
            // The alarm is taken off here; the decision sets the next one.
            tx.save_routing(*id, progress.as_ref(), None).await?;
            if c.state == ConversationState::New {
                tx.push(route_job(*id, Event::TimeCame));
            }
            tx.commit().await?;
        }
        Ok(due.len())
    }

    /// An employee came, went on a break or left: conversations that this concerns are asked again.
    pub(crate) async fn presence_changed(
        &self,
        tx: &mut TenantTx,
        employee: EmployeeId,
        presence: Presence,
    ) -> Result<()> {
        let (ids, why) = match presence {
            Presence::Online => (tx.waiting_for_somebody(100).await?, Event::EmployeeCameOnline),
            Presence::Break | Presence::Off => {
                (tx.offered_to(employee).await?, Event::EmployeeLeft)
            }
        };
        for id in ids {
            tx.push(route_job(id, why));
        }
        Ok(())
    }

    /// A visitor filled the contact form, or chose to go on without (RT-3).
    pub async fn form_done(&self, account: AccountId, conversation: ConversationId) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.push(route_job(conversation, Event::FormDone));
        tx.commit().await?;
        Ok(())
    }
}
