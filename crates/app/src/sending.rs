//! Handing an outbound message to its driver. The status `sending` is committed before the call, so
//! a process that dies in the middle leaves a trace: a message found `sending` when its job runs again
//! may have gone, and is sent again only where the service recognises our id.

use std::{sync::Arc, time::Duration};

use channel::{ByteStream, OutFile, Outbound, RetryScope, SendError, Thread};
use domain::{
    content::Content,
    delivery::DeliveryStatus,
    ids::{AccountId, MessageId},
    refusal,
};
use futures::{StreamExt, TryStreamExt};
use store::{AttachmentRow, ChannelRow, MessageRow, StatusChange, StoredBody, TenantTx};

use crate::{
    App, Error, Result,
    inbound::append_changed,
    work::{JobError, back_off, patiently},
};

/// A message that the service asks to repeat is given up after so many tries.
const MOST_TRIES: i32 = 30;
/// How long a message waits for a channel that is down before its lane looks again.
const CHANNEL_DOWN: Duration = Duration::from_secs(30);
const REFERENCES: i64 = 20;

enum Prepared {
    /// Nothing to do: sent already, taken back, or its channel is gone.
    Done,
    /// Its lane waits.
    Wait(Duration, String),
    Send(Box<ChannelRow>, Box<Outbound>),
}

/// Why a message did not go, or may not have gone.
#[derive(Clone, Copy)]
struct Why<'a> {
    /// Of [`refusal`], or the driver's.
    code: &'a str,
    /// In the service's words.
    said: &'a str,
}

/// Which try of a message it was.
#[derive(Debug, Clone, Copy)]
struct Try {
    attempts: i32,
    /// A try before this one may have reached the service.
    repeated: bool,
}

impl App {
    /// Sends one message. Run twice, it does nothing the second time, or leaves the message
    /// `uncertain` when the first run died while the service had it.
    pub(crate) async fn send(
        &self,
        account: AccountId,
        id: MessageId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let prepared = self.prepare(account, id).await.map_err(|e| JobError::of(&e, attempts))?;
        let (channel, outbound) = match prepared {
            Prepared::Done => return Ok(()),
            Prepared::Wait(after, why) => return Err(JobError::Wait { after, why }),
            Prepared::Send(channel, outbound) => (channel, outbound),
        };
        let driver = self.driver(&channel).map_err(|e| JobError::of(&e, attempts))?;
        let outcome = driver.send(&self.driver_channel(&channel), &outbound).await;
        metrics::counter!(
            "beseda_messages_sent_total", "kind" => channel.kind.0.clone(), "outcome" => outcome_name(&outcome)
        )
        .increment(1);
        let this = Try { attempts, repeated: outbound.repeated };
        let written = patiently(|| self.record_outcome(&channel, id, &outcome, this)).await;
        written.map_err(|error| JobError::of(&error, attempts))?
    }

    /// Loads the message and marks it `sending`.
    async fn prepare(&self, account: AccountId, id: MessageId) -> Result<Prepared> {
        let mut tx = self.store.tenant(account).await?;
        let Some(message) = tx.message(id).await? else { return Ok(Prepared::Done) };
        let Some(channel) = tx.channel(message.channel_id).await? else {
            let why = Why { code: refusal::CHANNEL_REMOVED, said: "the channel was removed" };
            match message.status {
                Some(DeliveryStatus::Queued) => self.fail(&mut tx, &message, why).await?,
                Some(DeliveryStatus::Sending) => {
                    self.settle_uncertain(&mut tx, &message, why).await?;
                }
                // Its outcome is written already: the run that wrote it died before its lane's end.
                _ => return Ok(Prepared::Done),
            }
            tx.commit().await?;
            return Ok(Prepared::Done);
        };
        let driver = self.driver(&channel)?;
        let can = driver.capabilities();
        let repeated = match message.status {
            Some(DeliveryStatus::Queued) => false,
            Some(DeliveryStatus::Sending) if can.idempotent_send => true,
            Some(DeliveryStatus::Sending) => {
                let said = "the program stopped while the message was being sent";
                let why = Why { code: refusal::STOPPED, said };
                self.settle_uncertain(&mut tx, &message, why).await?;
                tx.commit().await?;
                return Ok(Prepared::Done);
            }
            _ => return Ok(Prepared::Done),
        };
        if !channel.report.state.sends() {
            let why = "the channel is down";
            if repeated {
                // Nobody knows for how long, and services know a repeat for a time.
                let why = Why { code: refusal::CHANNEL_DOWN, said: why };
                self.settle_uncertain(&mut tx, &message, why).await?;
                tx.commit().await?;
                return Ok(Prepared::Done);
            }
            return Ok(Prepared::Wait(CHANNEL_DOWN, why.to_owned()));
        }
        let now = self.clock.now();
        if let Some(until) = channel.paused_until.filter(|until| *until > now) {
            let after = (until - now).to_std().unwrap_or_default();
            return Ok(Prepared::Wait(after, "the service asked the channel to wait".to_owned()));
        }
        let outbound = self.outbound(&mut tx, &message, repeated).await?;
        let foretold = driver.foretold(&self.driver_channel(&channel), &outbound.recipient, id);
        tx.add_aliases(channel.channel_id, id, &foretold).await?;
        tx.set_status(id, DeliveryStatus::Sending, None).await?;
        tx.commit().await?;
        Ok(Prepared::Send(Box::new(channel), Box::new(outbound)))
    }

    async fn outbound(
        &self,
        tx: &mut TenantTx,
        message: &MessageRow,
        repeated: bool,
    ) -> Result<Outbound> {
        let internal = |what: &str| Error::Internal(format!("{what} of {}", message.message_id));
        let c = tx
            .conversation(message.conversation_id)
            .await?
            .ok_or_else(|| internal("no conversation"))?;
        let identity = tx.identity(c.identity_id).await?.ok_or_else(|| internal("no identity"))?;
        let StoredBody::Said(content) = &message.body else {
            return Err(internal("no content"));
        };
        let rows = tx.attachments(content.files()).await?;
        let content: Content<OutFile> = content.clone().filter_map_files(|id| {
            rows.iter()
                .find(|r| r.view.attachment_id == id)
                .and_then(|row| self.out_file(tx.account(), row))
        });
        let reply_to = match message.reply_to {
            Some(quoted) => tx.message(quoted).await?.and_then(|m| m.external_id),
            None => None,
        };
        let references = tx.thread_references(message.conversation_id, REFERENCES).await?;
        Ok(Outbound {
            id: message.message_id,
            recipient: identity.external_id,
            content,
            reply_to,
            thread: Thread { references, subject: Some(c.subject).filter(|s| !s.is_empty()) },
            automatic: message.automatic,
            repeated,
        })
    }

    pub(crate) fn out_file(&self, account: AccountId, row: &AttachmentRow) -> Option<OutFile> {
        let key: Arc<str> = row.storage_key.as_deref()?.into();
        let objects = self.objects.clone();
        Some(OutFile {
            kind: row.view.kind,
            name: if row.view.name.is_empty() { "file".to_owned() } else { row.view.name.clone() },
            mime: row.view.mime.clone(),
            size: u64::try_from(row.view.size.unwrap_or(0)).unwrap_or(0),
            link: self.named_link(account, row),
            open: Arc::new(move || -> ByteStream {
                let (objects, key) = (objects.clone(), key.clone());
                futures::stream::once(async move {
                    objects.open(&key).await.map_err(std::io::Error::other)
                })
                .try_flatten()
                .boxed()
            }),
        })
    }

    /// Writes what the service said. `Ok(Err(_))` tells the queue what to do with the job.
    async fn record_outcome(
        &self,
        channel: &ChannelRow,
        id: MessageId,
        outcome: &Result<channel::Sent, SendError>,
        Try { attempts, repeated }: Try,
    ) -> Result<Result<(), JobError>> {
        let mut tx = self.store.tenant(channel.account).await?;
        let Some(message) = tx.message(id).await? else { return Ok(Ok(())) };
        let next = match outcome {
            Ok(sent) => {
                let parts = tx.record_parts(channel.channel_id, id, &sent.parts).await?;
                let mut early = tx
                    .record_sent(channel.channel_id, id, &sent.external_id, &sent.aliases)
                    .await?;
                early.extend(parts);
                // Read again under the row's lock, which recording took: a report that names the
                // message by an id that we foretold may have overtaken the answer.
                let now = tx.message(id).await?.unwrap_or_else(|| message.clone());
                let status = furthest(now.status, sent.status, &early);
                let failure = early.into_iter().find_map(|r| r.failure).or(now.failure);
                let failure = failure.filter(|_| status == DeliveryStatus::Failed);
                self.settle(&mut tx, &message, status, failure.as_deref()).await?;
                Ok(())
            }
            Err(SendError::Rejected { code, text }) => {
                let why = Why { code, said: text };
                // It is said of this try, and not of one before it.
                match repeated {
                    true => self.settle_uncertain(&mut tx, &message, why).await?,
                    false => self.fail(&mut tx, &message, why).await?,
                }
                if *code == "blocked" {
                    self.blocked(&mut tx, &message).await?;
                }
                Ok(())
            }
            Err(SendError::Unknown(why)) => {
                let can = self.driver(channel)?.capabilities();
                if can.idempotent_send && attempts < MOST_TRIES {
                    // Left `sending`: the next run repeats it under the same id.
                    Err(JobError::Retry { after: back_off(attempts), why: why.clone() })
                } else {
                    let why = Why { code: refusal::LOST, said: why };
                    self.settle_uncertain(&mut tx, &message, why).await?;
                    Ok(())
                }
            }
            Err(SendError::Retry { after, scope, why }) => {
                if attempts >= MOST_TRIES {
                    // This try surely failed, and one before it may not have.
                    let why = Why { code: refusal::GIVEN_UP, said: why };
                    match repeated {
                        true => self.settle_uncertain(&mut tx, &message, why).await?,
                        false => self.fail(&mut tx, &message, why).await?,
                    }
                    Ok(())
                } else {
                    // What may have gone stays `sending`, so that the next try knows it too.
                    if !repeated {
                        tx.set_status(id, DeliveryStatus::Queued, None).await?;
                    }
                    if *scope == RetryScope::Channel {
                        let pause = chrono::Duration::from_std(*after)
                            .unwrap_or_else(|_| chrono::Duration::minutes(1));
                        tx.pause_channel(channel.channel_id, self.clock.now() + pause).await?;
                    }
                    Err(JobError::Retry { after: *after, why: why.clone() })
                }
            }
            Err(SendError::Disconnected(report)) => {
                let why = "the channel is down";
                let next = match repeated {
                    // This try surely failed, and one before it may not have.
                    true => {
                        let why = Why { code: refusal::CHANNEL_DOWN, said: why };
                        self.settle_uncertain(&mut tx, &message, why).await?;
                        Ok(())
                    }
                    false => {
                        tx.set_status(id, DeliveryStatus::Queued, None).await?;
                        Err(JobError::Wait { after: CHANNEL_DOWN, why: why.to_owned() })
                    }
                };
                self.change_state(&mut tx, channel.channel_id, report).await?;
                next
            }
        };
        tx.commit().await?;
        Ok(next)
    }

    /// Sets a message's status and tells readers.
    pub(crate) async fn settle(
        &self,
        tx: &mut TenantTx,
        message: &MessageRow,
        status: DeliveryStatus,
        failure: Option<&str>,
    ) -> Result<()> {
        tx.set_status(message.message_id, status, failure).await?;
        self.tell_changed(tx, message).await
    }

    /// It surely did not go.
    async fn fail(&self, tx: &mut TenantTx, message: &MessageRow, why: Why<'_>) -> Result<()> {
        let id = message.message_id;
        tx.set_status(id, DeliveryStatus::Failed, Some(why.said)).await?;
        tx.set_failure_code(id, why.code).await?;
        self.tell_changed(tx, message).await
    }

    /// The answer was lost; a report that came meanwhile knows better.
    async fn settle_uncertain(
        &self,
        tx: &mut TenantTx,
        message: &MessageRow,
        why: Why<'_>,
    ) -> Result<()> {
        let id = message.message_id;
        let failure = Some(why.said.to_owned());
        let change = StatusChange { status: DeliveryStatus::Uncertain, failure };
        if tx.move_status(id, &change).await? {
            tx.set_failure_code(id, why.code).await?;
            self.tell_changed(tx, message).await?;
        }
        Ok(())
    }

    async fn tell_changed(&self, tx: &mut TenantTx, message: &MessageRow) -> Result<()> {
        if let Some(c) = tx.conversation(message.conversation_id).await? {
            append_changed(tx, message.message_id, &c.audience()).await?;
        }
        Ok(())
    }

    /// The service says that the person blocked us.
    async fn blocked(&self, tx: &mut TenantTx, message: &MessageRow) -> Result<()> {
        if let Some(c) = tx.conversation(message.conversation_id).await? {
            tx.set_reachable(c.identity_id, false).await?;
        }
        Ok(())
    }

    /// News of one of our messages from the site's own socket.
    pub async fn site_delivery(
        &self,
        account: AccountId,
        id: MessageId,
        status: DeliveryStatus,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let Some(message) = tx.message(id).await? else { return Ok(()) };
        let change = StatusChange { status, failure: None };
        if tx.move_status(id, &change).await?
            && let Some(c) = tx.conversation(message.conversation_id).await?
        {
            append_changed(&mut tx, id, &c.audience()).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// How far a message is by all that is known when the service's answer is recorded.
fn furthest(
    now: Option<DeliveryStatus>,
    answered: DeliveryStatus,
    early: &[StatusChange],
) -> DeliveryStatus {
    let reports = early.iter().map(|report| report.status);
    std::iter::once(answered)
        .chain(reports)
        .fold(now.unwrap_or(DeliveryStatus::Sending), DeliveryStatus::after)
}

fn outcome_name(outcome: &Result<channel::Sent, SendError>) -> &'static str {
    match outcome {
        Ok(_) => "sent",
        Err(SendError::Retry { .. }) => "retry",
        Err(SendError::Rejected { .. }) => "rejected",
        Err(SendError::Disconnected(_)) => "disconnected",
        Err(SendError::Unknown(_)) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_7_a_report_that_overtook_the_answer_stands() {
        use DeliveryStatus::{Delivered, Failed, Read, Sending, Sent, Uncertain};
        let report = |status| StatusChange { status, failure: None };
        for (now, early, then) in [
            (Sending, vec![], Sent),
            (Sending, vec![report(Read), report(Delivered)], Read),
            (Delivered, vec![], Delivered),
            (Failed, vec![], Failed),
            (Uncertain, vec![], Sent),
        ] {
            assert_eq!(furthest(Some(now), Sent, &early), then, "{now:?} {early:?}");
        }
    }
}
