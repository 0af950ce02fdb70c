//! A scenario tried on an example (RT-1): nothing is written, and the decision is the one that a real
//! conversation would get now.

use std::collections::BTreeMap;

use domain::{
    attribution::Attribution,
    channel::ChannelKind,
    clock::Instant,
    ids::ChannelId,
    people::Right,
    routing::{ChannelFacts, Facts, Names, Tried, result_words, told_words, try_out},
    scenario::{self, EnquiryOrder, Known, Scenario},
    text::Words,
};
use store::TenantTx;
use uuid::Uuid;

use crate::{Actor, App, Error, Result, scenarios::refuse};

/// A new conversation as somebody imagines it.
#[derive(Debug, Clone)]
pub struct Example {
    /// One of the company's channels; its kind and its pinned employee count then.
    pub channel: Option<ChannelId>,
    pub kind: ChannelKind,
    pub attribution: Attribution,
    pub language: Option<String>,
    pub text: String,
    pub enquiry: EnquiryOrder,
    pub contact: Known,
    /// `None`: now.
    pub at: Option<Instant>,
}

/// What became of the example.
#[derive(Debug, Clone)]
pub struct TriedView {
    pub steps: Vec<TriedStep>,
    pub result: Words,
}

#[derive(Debug, Clone)]
pub struct TriedStep {
    /// JSON Pointer into the tree.
    pub path: String,
    pub text: Words,
    pub outcome: &'static str,
}

impl App {
    /// Walks the example through the tree with the employees as they are now.
    pub async fn try_scenario(
        &self,
        actor: &Actor,
        tree: Scenario,
        example: Example,
    ) -> Result<TriedView> {
        actor.require(Right::ManageScenarios)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let existing = self.existing(&mut tx).await?;
        refuse("tree", scenario::check(&tree, &existing))?;
        let facts = self.imagined(&mut tx, example).await?;
        let names = names(&mut tx).await?;
        drop(tx);
        if let Some(employee) = facts.channel.pinned {
            let who = names.employees.get(&employee).cloned().unwrap_or_else(|| "—".to_owned());
            let result = Words::new(
                format!("Канал закреплён: диалог увидит {who}, сценарий не применяется."),
                format!("The channel is pinned: {who} gets it, the scenario is passed by."),
            );
            return Ok(TriedView { steps: Vec::new(), result });
        }
        Ok(view(&try_out(&tree, facts), &names))
    }

    async fn imagined(&self, tx: &mut TenantTx, example: Example) -> Result<Facts> {
        let channel = match example.channel {
            Some(id) => Some(tx.channel(id).await?.ok_or_else(unknown_channel)?),
            None => None,
        };
        let kind = channel.as_ref().map_or(example.kind, |c| c.kind.clone());
        let asks_forms = self.drivers.get(&kind).is_some_and(|d| d.site().is_some());
        Ok(Facts {
            now: example.at.unwrap_or_else(|| self.clock.now()),
            channel: ChannelFacts {
                id: example.channel.unwrap_or(ChannelId(Uuid::nil())),
                kind,
                pinned: channel.and_then(|c| c.pinned_employee_id),
                asks_forms,
            },
            attribution: example.attribution,
            enquiry: example.enquiry,
            contact: example.contact,
            last_assignee: None,
            text: example.text,
            language: example.language,
            schedules: tx
                .schedules()
                .await?
                .into_iter()
                .map(|s| (s.schedule_id, s.schedule))
                .collect(),
            employees: tx.lock_employee_facts().await?,
        })
    }
}

fn view(tried: &Tried, names: &Names) -> TriedView {
    let steps = tried.steps.iter().map(|told| TriedStep {
        path: told.path.clone(),
        text: told_words(&told.outcome, names),
        outcome: told.outcome.code(),
    });
    TriedView { steps: steps.collect(), result: result_words(&tried.decision, names) }
}

async fn names(tx: &mut TenantTx) -> Result<Names> {
    let channels = tx.board_channels().await?;
    let employees = tx.board_employees().await?;
    let groups = tx.board_groups().await?;
    let schedules = tx.schedules().await?;
    let tags = tx.tags().await?;
    Ok(Names {
        channels: channels.into_iter().map(|c| (c.channel_id, c.name)).collect(),
        employees: employees.into_iter().map(|e| (e.employee_id, e.name)).collect(),
        groups: groups.into_iter().map(|g| (g.group_id, g.name)).collect(),
        schedules: schedules.into_iter().map(|s| (s.schedule_id, s.name)).collect(),
        tags: tags.into_iter().map(|t| (t.tag_id, t.name)).collect::<BTreeMap<_, _>>(),
    })
}

fn unknown_channel() -> Error {
    Error::invalid(
        "example.channel_id",
        "unknown",
        Words::new("Такого канала нет.", "No such channel."),
    )
}
