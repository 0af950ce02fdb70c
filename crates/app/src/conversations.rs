//! What employees do with conversations: see, take, give away, close.

use domain::{
    clock::Instant,
    conversation::{Cause, ConversationState},
    event::{EventKind, NewEvent},
    ids::{ConversationId, EmployeeId, GroupId},
    people::Right,
    routing,
    text::Words,
    view::{ConversationView, MessageView, SystemLine},
    visibility::Audience,
};
use serde_json::json;
use store::{ConversationFilter, Counts, NewJob, Read, TenantTx};

use crate::{Actor, App, Error, Result, conversation_events::append_conversation, work::Work};

/// Which part of a conversation to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// The latest messages.
    Latest,
    /// Those before a position.
    Before(i64),
    /// Those after a position.
    After(i64),
    /// Those on both sides of a position, with the message that stands there.
    Around(i64),
}

/// Whom a conversation is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Employee(EmployeeId),
    Group(GroupId),
    /// Back to everybody.
    Everybody,
}

impl App {
    pub async fn conversations(
        &self,
        actor: &Actor,
        filter: &ConversationFilter,
        limit: i64,
    ) -> Result<Vec<ConversationView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.conversations(&actor.viewer, filter, limit).await?)
    }

    pub async fn counts(&self, actor: &Actor) -> Result<Counts> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.conversation_counts(&actor.viewer).await?)
    }

    pub async fn conversation(
        &self,
        actor: &Actor,
        id: ConversationId,
    ) -> Result<ConversationView> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        visible(tx.conversation(id).await?, actor)
    }

    /// One conversation, and how far the actor has read it.
    pub async fn conversation_read(
        &self,
        actor: &Actor,
        id: ConversationId,
    ) -> Result<(ConversationView, Read)> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let c = visible(tx.conversation(id).await?, actor)?;
        let read = tx.reads(actor.employee, &[id]).await?.pop();
        Ok((c, read.ok_or(Error::NotFound { what: "conversation" })?))
    }

    /// How far the actor has read each of these.
    pub async fn reads(&self, actor: &Actor, ids: &[ConversationId]) -> Result<Vec<Read>> {
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.reads(actor.employee, ids).await?)
    }

    pub async fn messages(
        &self,
        actor: &Actor,
        id: ConversationId,
        stretch: Stretch,
        limit: i64,
    ) -> Result<Vec<MessageView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        visible(tx.conversation(id).await?, actor)?;
        let rows = match stretch {
            Stretch::Latest => tx.messages_before(id, None, limit).await?,
            Stretch::Before(position) => tx.messages_before(id, Some(position), limit).await?,
            Stretch::After(position) => tx.messages_after(id, position, limit).await?,
            Stretch::Around(position) => {
                let older = limit / 2;
                let mut rows = tx.messages_before(id, Some(position), older).await?;
                let from = position.saturating_sub(1);
                rows.extend(tx.messages_after(id, from, limit - older).await?);
                rows
            }
        };
        Ok(tx.message_views(rows).await?)
    }

    /// Takes a new conversation: exactly one wins, the loser is told who did (RT-4).
    pub async fn take(&self, actor: &Actor, id: ConversationId) -> Result<ConversationView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mut c = lock(&mut tx, actor, id).await?;
        match c.state {
            ConversationState::New => {}
            ConversationState::InWork if c.assignee_id == Some(actor.employee) => return Ok(c),
            ConversationState::InWork | ConversationState::Closed => {
                return Err(taken(&mut tx, &c).await?);
            }
        }
        let before = c.audience();
        self.take_locked(&mut tx, actor.employee, &mut c).await?;
        save(&mut tx, &c, before).await?;
        tx.commit().await?;
        Ok(c)
    }

    /// Makes an employee the assignee of a locked, new conversation.
    pub(crate) async fn take_locked(
        &self,
        tx: &mut TenantTx,
        employee: EmployeeId,
        c: &mut ConversationView,
    ) -> Result<()> {
        in_work(c, employee, self.clock.now());
        tx.save_routing(c.conversation_id, None, None).await?;
        self.ask_seen_by_taker(tx, c, employee).await?;
        self.system_line(tx, c, SystemLine::Taken { by: employee }).await
    }

    /// Gives a conversation to a colleague, a group or back to everybody (CV-8).
    pub async fn assign(
        &self,
        actor: &Actor,
        id: ConversationId,
        target: Target,
    ) -> Result<ConversationView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mut c = lock(&mut tx, actor, id).await?;
        not_closed(&c)?;
        let before = c.audience();
        let by = Some(actor.employee);
        match target {
            Target::Employee(to) => {
                let Some(employee) = tx.employee(to).await? else {
                    return Err(unknown(
                        "employee_id",
                        "Такого сотрудника нет.",
                        "No such employee.",
                    ));
                };
                if employee.disabled {
                    return Err(unknown(
                        "employee_id",
                        "Этот сотрудник отключён. Выберите другого.",
                        "This employee is disabled. Choose another.",
                    ));
                }
                in_work(&mut c, to, self.clock.now());
                let line = SystemLine::Assigned { to, by, cause: Cause::Employee };
                self.system_line(&mut tx, &mut c, line).await?;
            }
            Target::Group(group) => {
                if !tx.group_exists(group).await? {
                    return Err(unknown("group_id", "Такой группы нет.", "No such group."));
                }
                c.state = ConversationState::New;
                c.assignee_id = None;
                c.offered_id = None;
                c.group_id = Some(group);
                let line = SystemLine::TransferredToGroup { group, by, cause: Cause::Employee };
                self.system_line(&mut tx, &mut c, line).await?;
            }
            Target::Everybody => {
                c.state = ConversationState::New;
                c.assignee_id = None;
                c.offered_id = None;
                c.group_id = None;
                let line = SystemLine::Released { by, cause: Cause::Employee };
                self.system_line(&mut tx, &mut c, line).await?;
            }
        }
        tx.save_routing(id, None, None).await?;
        save(&mut tx, &c, before).await?;
        tx.commit().await?;
        self.room_appeared(actor.account).await;
        Ok(c)
    }

    pub async fn join(&self, actor: &Actor, id: ConversationId) -> Result<ConversationView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mut c = lock(&mut tx, actor, id).await?;
        not_closed(&c)?;
        if tx.add_participant(id, actor.employee).await? {
            self.system_line(&mut tx, &mut c, SystemLine::Joined { by: actor.employee }).await?;
            let audience = c.audience();
            save(&mut tx, &c, audience).await?;
            tx.commit().await?;
        }
        Ok(c)
    }

    /// Closes by hand (CV-3). Closing twice is no fault.
    pub async fn close(&self, actor: &Actor, id: ConversationId) -> Result<ConversationView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let mut c = lock(&mut tx, actor, id).await?;
        if c.state != ConversationState::Closed {
            self.close_locked(&mut tx, &mut c, Cause::Employee, Some(actor.employee)).await?;
            tx.commit().await?;
            self.room_appeared(actor.account).await;
        }
        Ok(c)
    }

    /// Closes a locked conversation and saves it.
    pub(crate) async fn close_locked(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        cause: Cause,
        by: Option<EmployeeId>,
    ) -> Result<()> {
        let before = c.audience();
        c.state = ConversationState::Closed;
        c.closed_at = Some(self.clock.now());
        c.close_cause = Some(cause);
        c.closed_by = by;
        c.auto_close_at = None;
        c.waiting_since = None;
        c.offered_id = None;
        self.system_line(tx, c, SystemLine::Closed { by, cause }).await?;
        tx.save_routing(c.conversation_id, None, None).await?;
        save(tx, c, before).await
    }

    /// Closes conversations whose silence is over (CH-12). The time is looked at again under the
    /// lock: a message that came meanwhile restarted the clock. Returns how many were due.
    pub async fn auto_close_due(&self, most: i64) -> Result<usize> {
        let now = self.clock.now();
        let due = self.store.due_auto_close(now, most).await?;
        for (account, id) in &due {
            let mut tx = self.store.tenant(*account).await?;
            let Some(mut c) = tx.lock_conversation(*id).await? else { continue };
            if c.state == ConversationState::Closed || c.auto_close_at.is_none_or(|at| at > now) {
                continue;
            }
            self.close_locked(&mut tx, &mut c, Cause::AutoClose, None).await?;
            tx.commit().await?;
            self.room_appeared(*account).await;
        }
        Ok(due.len())
    }

    /// Marks how far the actor has read; their other windows are told.
    pub async fn mark_read(&self, actor: &Actor, id: ConversationId, position: i64) -> Result<()> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let c = visible(tx.conversation(id).await?, actor)?;
        let position = position.clamp(0, c.last_position);
        if tx.mark_read(actor.employee, id, position).await? {
            self.ask_seen(&mut tx, &c, actor.employee, position).await?;
            tx.append(NewEvent {
                kind: EventKind::ConversationRead,
                conversation: Some(id),
                audience: Some(c.audience()),
                was: None,
                payload: json!({
                    "conversation_id": id, "employee_id": actor.employee, "position": position,
                }),
            });
            tx.commit().await?;
        }
        Ok(())
    }

    /// The service's own text of a message, for people who look into a fault.
    pub async fn message_raw(
        &self,
        actor: &Actor,
        id: domain::ids::MessageId,
    ) -> Result<Option<String>> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if tx.message(id).await?.is_none() {
            return Err(Error::NotFound { what: "message" });
        }
        Ok(tx.message_raw(id).await?)
    }

    /// Asks the scenario again for conversations that wait for somebody: there is room now.
    pub(crate) async fn room_appeared(&self, account: domain::ids::AccountId) {
        let asked = async {
            let mut tx = self.store.tenant(account).await?;
            for id in tx.waiting_for_somebody(20).await? {
                tx.push(route_job(id, routing::Event::EmployeeReleased));
            }
            tx.commit().await
        };
        if let Err(error) = asked.await {
            // The sweep asks again within a minute.
            tracing::warn!(%error, "could not ask waiting conversations again");
        }
    }
}

pub(crate) fn route_job(conversation: ConversationId, why: routing::Event) -> NewJob {
    NewJob {
        lane: format!("route:{conversation}"),
        queue: "routing",
        payload: json!(Work::Route { conversation, why }),
        run_at: None,
    }
}

/// Puts a conversation into an employee's hands.
pub(crate) fn in_work(c: &mut ConversationView, employee: EmployeeId, now: Instant) {
    c.state = ConversationState::InWork;
    c.assignee_id = Some(employee);
    c.offered_id = None;
    c.taken_at.get_or_insert(now);
}

pub(crate) async fn save(tx: &mut TenantTx, c: &ConversationView, before: Audience) -> Result<()> {
    tx.save_conversation(c).await?;
    append_conversation(tx, c, Some(before));
    Ok(())
}

pub(crate) fn visible(found: Option<ConversationView>, actor: &Actor) -> Result<ConversationView> {
    found
        .filter(|c| actor.viewer.sees(&c.audience()))
        .ok_or(Error::NotFound { what: "conversation" })
}

/// Locks a conversation that the actor sees. Of one that was taken from under their eyes the loser
/// of a race is told, and not 'not found' (RT-4): whoever sees none of it gets 404.
async fn lock(tx: &mut TenantTx, actor: &Actor, id: ConversationId) -> Result<ConversationView> {
    let seen_before = tx.conversation(id).await?;
    let c = tx.lock_conversation(id).await?.ok_or(Error::NotFound { what: "conversation" })?;
    let saw = seen_before.is_some_and(|s| actor.viewer.sees(&s.audience()));
    if actor.viewer.sees(&c.audience()) {
        return Ok(c);
    }
    if saw { Err(taken(tx, &c).await?) } else { Err(Error::NotFound { what: "conversation" }) }
}

async fn taken(tx: &mut TenantTx, c: &ConversationView) -> Result<Error> {
    let name = match c.assignee_id {
        Some(id) => tx.employee(id).await?.map(|e| e.name),
        None => None,
    };
    let message = match (&name, c.state) {
        (_, ConversationState::Closed) => {
            Words::new("Обращение уже закрыто.", "The conversation is closed already.")
        }
        (Some(name), _) => Words::new(
            format!("Это обращение уже взял(а) {name}."),
            format!("{name} has taken this conversation already."),
        ),
        (None, _) => {
            Words::new("Обращение уже передано другому.", "The conversation was given to another.")
        }
    };
    Ok(Error::Conflict {
        code: if c.state == ConversationState::Closed { "conversation_closed" } else { "taken" },
        message,
        details: json!({ "assignee_id": c.assignee_id, "assignee_name": name }),
    })
}

fn not_closed(c: &ConversationView) -> Result<()> {
    if c.state == ConversationState::Closed {
        return Err(Error::conflict(
            "conversation_closed",
            Words::new("Обращение уже закрыто.", "The conversation is closed already."),
        ));
    }
    Ok(())
}

fn unknown(field: &str, ru: &str, en: &str) -> Error {
    Error::invalid(field, "unknown", Words::new(ru, en))
}
