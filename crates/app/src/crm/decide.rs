//! A decision: the CRM is asked what must be known, what is to be done follows from it, and both are stored
//! before anything is done.

use domain::{
    crm::{Answer, Because, Entity, Links, Plan, Question, UnsortedState, next_question, plan},
    crm_view::{RunState, StepState},
    ids::CrmRunId,
    text::{Words, shortened},
};
use serde_json::json;
use store::{LinkRow, LinkState, NewRun, StepRow};

use super::{gather::Gathered, sync::Running, tell::read_anew, visit::Visit};
use crate::{App, Error, JobError, Result};

/// Questions that one decision may ask; more is a fault of ours.
const MOST_QUESTIONS: usize = 20;

/// What was decided.
pub(super) enum Decided {
    Steps(Box<Running>),
    /// Nothing is to be done, and that is stored.
    Nothing,
    /// The CRM refused a question without which nothing can be decided; stored, to be repeated by hand.
    Refused,
    /// The person was merged meanwhile, or another worker decided; not stored.
    Overtaken,
}

impl App {
    /// Asks the CRM what must be known, decides, and stores the decision.
    pub(super) async fn decide(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        after: Option<CrmRunId>,
        attempts: i32,
    ) -> Result<Decided, JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        let mut facts = gathered.facts.clone();
        facts.directory.clone_from(&visit.directory);
        let settings = &gathered.integration.settings;
        let mut refused = None;
        for asked in 0.. {
            let Some(question) = next_question(settings, &facts) else { break };
            if asked >= MOST_QUESTIONS {
                let why = format!("a decision asks for ever: {question:?}");
                return Err(JobError::Fail { why });
            }
            let before = self.asked_about(visit, &question).await.map_err(fault)?;
            match visit.ask(&question).await {
                Ok(answer) => {
                    self.note_answer(visit, &question, &answer, &before).await.map_err(fault)?;
                    facts.known.learn(answer);
                }
                Err(met) => {
                    let words = match visit.again(met, attempts) {
                        Ok(later) => return Err(later),
                        Err(words) => words,
                    };
                    refused = Some((question, words));
                    break;
                }
            }
        }
        let decided = match &refused {
            None => plan(settings, &facts),
            Some((question, _)) => Plan { steps: Vec::new(), left_out: vec![unanswered(question)] },
        };
        let stored = self.store_decision(visit, gathered, &facts, after, decided, refused).await;
        Ok(match stored.map_err(fault)? {
            Decided::Steps(running) => Decided::Steps(Box::new(Running { attempts, ..*running })),
            other => other,
        })
    }

    /// What a question asks of something of ours, as we know it before the answer.
    async fn asked_about(&self, visit: &Visit<'_>, question: &Question) -> Result<Vec<LinkRow>> {
        let (entity, id) = match question {
            Question::Contact { id } => (Entity::Contact, id),
            Question::TaskDone { id } => (Entity::Task, id),
            Question::Unsorted { uid, .. } => (Entity::Unsorted, uid),
            _ => return Ok(Vec::new()),
        };
        let mut tx = self.store.tenant(visit.account).await?;
        Ok(tx.crm_links_to(visit.portal.portal_id, entity, id).await?)
    }

    /// What an answer says of something of ours is kept, as a webhook would be: it is not asked again
    /// with the next message. `before`: as it was when it was asked; what a webhook changed during the
    /// question is younger than the answer and stays.
    async fn note_answer(
        &self,
        visit: &Visit<'_>,
        question: &Question,
        answer: &Answer,
        before: &[LinkRow],
    ) -> Result<()> {
        let (entity, id, state) = match (question, answer) {
            (Question::Contact { id }, Answer::Contact(None)) => {
                (Entity::Contact, id, LinkState::Gone)
            }
            (Question::TaskDone { id }, Answer::TaskDone(done)) => {
                (Entity::Task, id, if *done { LinkState::Done } else { LinkState::Open })
            }
            (Question::Unsorted { uid, .. }, Answer::Unsorted(state)) => {
                let state = match state {
                    UnsortedState::Waiting => LinkState::Waiting,
                    UnsortedState::Accepted => LinkState::Accepted,
                    UnsortedState::Declined => LinkState::Declined,
                };
                (Entity::Unsorted, uid, state)
            }
            _ => return Ok(()),
        };
        let mut tx = self.store.tenant(visit.account).await?;
        for link in tx.lock_crm_links_to(visit.portal.portal_id, entity, id).await? {
            if !before.contains(&link) {
                continue;
            }
            let now = LinkRow { state, ..link.clone() };
            tx.update_crm_link(&now).await?;
            if entity == Entity::Unsorted && state != link.state && state != LinkState::Waiting {
                self.unsorted_decided(&mut tx, &link, &now).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn store_decision(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        facts: &domain::crm::Facts,
        after: Option<CrmRunId>,
        plan: Plan,
        refused: Option<(Question, Words)>,
    ) -> Result<Decided> {
        let now = self.clock.now();
        let run = CrmRunId::new(&*self.ids);
        let state = match (&refused, plan.steps.is_empty()) {
            (Some(_), _) => RunState::Failed,
            (None, true) => RunState::Nothing,
            (None, false) => RunState::Working,
        };
        let mut tx = self.store.tenant(visit.account).await?;
        // Held until it is stored: whoever decides for the kept person sees it, or this sees the merge.
        let person = tx.hold_crm_person(gathered.conversation.conversation_id).await?;
        if person != Some(gathered.conversation.contact_id) {
            return Ok(Decided::Overtaken);
        }
        // Of two workers who hold the lane (a lease that was lost) one decides: what both asked about
        // would be made twice.
        let integration = gathered.integration.integration_id;
        let conversation = gathered.conversation.conversation_id;
        tx.lock_crm_enquiry(integration, conversation).await?;
        if tx.newest_crm_run(integration, conversation).await? != after {
            return Ok(Decided::Overtaken);
        }
        tx.insert_crm_run(&NewRun {
            run_id: run,
            portal_id: gathered.portal.portal_id,
            integration_id: gathered.integration.integration_id,
            conversation_id: gathered.conversation.conversation_id,
            contact_id: gathered.conversation.contact_id,
            cause: cause(&facts.occasion),
            state,
            settings_revision: gathered.integration.revision,
            facts: json!({
                "passed": gathered.passed, "enquiry": facts.enquiry, "contact": facts.contact,
                "occasion": { "opened": facts.occasion.opened, "closed": facts.occasion.closed,
                    "lines": facts.occasion.lines.len(),
                    "answered_by": facts.occasion.answered_by,
                    "contact_changed": facts.occasion.contact_changed,
                    "chosen_deal": facts.occasion.chosen_deal },
                "links": shown(&facts.links), "known": facts.known, "mirrored": facts.mirrored,
                "chats_connected": facts.chats_connected,
            }),
            left_out: plan.left_out.clone(),
            calls: visit.take_calls(),
            steps: plan.steps.clone(),
            created_at: now,
        })
        .await?;
        if let Some((_, words)) = &refused {
            tx.set_crm_run(run, RunState::Failed, Some(words), now).await?;
            tx.commit().await?;
            return Ok(Decided::Refused);
        }
        if state == RunState::Nothing {
            self.passed_on(&mut tx, gathered, &gathered.passed).await?;
            read_anew(&mut tx, gathered.portal.portal_id, &gathered.conversation);
            tx.commit().await?;
            return Ok(Decided::Nothing);
        }
        tx.commit().await?;
        let steps = plan.steps.into_iter().enumerate().map(|(n, step)| StepRow {
            run_id: run,
            step: n,
            action: step.action,
            because: step.because,
            state: StepState::Waiting,
            effect: None,
            calls: Vec::new(),
            stumbles: 0,
            error: None,
            started_at: None,
            finished_at: None,
        });
        let (passed, known) = (Some(gathered.passed.clone()), facts.known.clone());
        let steps = steps.collect();
        let running = Running { run, passed, known, steps, attempts: 0 };
        Ok(Decided::Steps(Box::new(running)))
    }
}

/// For the log: notes by their beginnings, or each decision of a long conversation kept all of it.
fn shown(links: &Links) -> Links {
    const SHOWN: usize = 200;
    let mut links = links.clone();
    for note in &mut links.written {
        note.text = shortened(&note.text, SHOWN);
    }
    links
}

fn unanswered(question: &Question) -> Because {
    let (ru, en) = match question {
        Question::FindContact { .. } => (
            "есть ли в ней контакт с телефоном или почтой клиента",
            "whether it has a contact with the client's phone or e-mail",
        ),
        Question::Contact { .. } => ("что стало с контактом клиента", "what the contact is now"),
        Question::DealsOf { .. } => ("какие сделки есть у клиента", "which deals the client has"),
        Question::LeadsOf { .. } => ("какие лиды есть у клиента", "which leads the client has"),
        Question::FindCompany { .. } => {
            ("есть ли в ней компания клиента", "whether it has the client's company")
        }
        Question::TaskDone { .. } | Question::ActivityDone { .. } => {
            ("закрыта ли прежняя задача", "whether the former task is done")
        }
        Question::Unsorted { .. } => {
            ("что стало с записью в «Неразобранном»", "what became of the unsorted record")
        }
    };
    Because::new(
        "CRM-6",
        "question_refused",
        format!("CRM не сказала, {ru}, а без этого решить нельзя."),
        format!("The CRM did not say {en}; without that nothing can be decided."),
    )
}

/// Why a decision was made, in one line.
fn cause(occasion: &domain::crm::Occasion) -> Words {
    let mut ru = Vec::new();
    let mut en = Vec::new();
    let mut say = |yes: bool, r: &str, e: &str| {
        if yes {
            ru.push(r.to_owned());
            en.push(e.to_owned());
        }
    };
    say(occasion.opened, "новое обращение", "a new enquiry");
    let lines = occasion.lines.len();
    say(lines > 0, &format!("сообщений: {lines}"), &format!("messages: {lines}"));
    say(occasion.answered_by.is_some(), "ответил сотрудник", "an employee answered");
    say(occasion.contact_changed, "изменились данные клиента", "the client's data changed");
    say(occasion.chosen_deal.is_some(), "оператор выбрал сделку", "an operator chose the deal");
    say(occasion.closed, "обращение закрыто", "the conversation was closed");
    Words::new(ru.join(", "), en.join(", "))
}
