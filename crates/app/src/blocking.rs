//! A person put on our black list goes onto the service's own, where it has one (WA-5).

use channel::Blocked;
use domain::{
    ids::{AccountId, IdentityId},
    text::Words,
    view::SystemLine,
};
use serde_json::json;
use store::{NewJob, TenantTx};

use crate::{
    App, Error, Result,
    outcome::Settled,
    work::{JobError, Work},
};

/// An entry names a person; whoever shares a phone with more people than these is none.
const MOST_PEOPLE: i64 = 50;

impl App {
    /// Queues what a new entry means for services with a black list of their own. The caller commits.
    pub(crate) async fn block_at_services(&self, tx: &mut TenantTx, entry: &str) -> Result<()> {
        for (identity, kind) in tx.people_of_entry(entry, MOST_PEOPLE).await? {
            if self.drivers.get(&kind).is_some_and(|d| d.blocks().is_some()) {
                tx.push(NewJob {
                    lane: format!("block:{identity}"),
                    queue: "channels",
                    payload: json!(Work::Block { identity }),
                    run_at: None,
                });
            }
        }
        Ok(())
    }

    /// Puts a person on the service's list. Run twice, the service is asked twice for the same.
    pub(crate) async fn block(
        &self,
        account: AccountId,
        id: IdentityId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let done = self.carry_out_block(account, id, attempts).await;
        done.map_err(|e: Error| JobError::of(&e, attempts))?
    }

    async fn carry_out_block(
        &self,
        account: AccountId,
        id: IdentityId,
        attempts: i32,
    ) -> Result<std::result::Result<(), JobError>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(person) = tx.to_block(id).await? else { return Ok(Ok(())) };
        let Some(channel) = tx.channel(person.channel_id).await? else { return Ok(Ok(())) };
        drop(tx);
        if let Some(wait) = self.must_wait(&channel) {
            return Ok(Err(wait));
        }
        let driver = self.driver(&channel)?;
        let Some(blocks) = driver.blocks() else { return Ok(Ok(())) };
        let person = Blocked {
            external_id: person.external_id,
            key: person.person_key,
            listing: person.attribution.listing,
        };
        let outcome = blocks.block(&self.driver_channel(&channel), &person).await;
        let mut tx = self.store.tenant(account).await?;
        let next = match self.settled(&mut tx, &channel, outcome, attempts).await? {
            Settled::Done => Ok(()),
            // Our own list holds all the same.
            Settled::Refused(why) | Settled::Unsure(why) => {
                self.show_refusal(&mut tx, id, &why).await?
            }
            Settled::Again(error) => Err(error),
        };
        tx.commit().await?;
        Ok(next)
    }

    /// In the person's last conversation, where they are known; else among what was not done.
    async fn show_refusal(
        &self,
        tx: &mut TenantTx,
        id: IdentityId,
        why: &Words,
    ) -> Result<std::result::Result<(), JobError>> {
        let last = tx.conversations_of(id, 1).await?.pop();
        let held = match last {
            Some(last) => tx.lock_conversation(last).await?,
            None => None,
        };
        let Some(mut c) = held else { return Ok(Err(JobError::Fail { why: why.en.clone() })) };
        let line = SystemLine::BlockRefused { why: why.clone() };
        self.system_line(tx, &mut c, line).await?;
        tx.save_conversation(&c).await?;
        Ok(Ok(()))
    }
}
