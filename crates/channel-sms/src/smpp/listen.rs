//! Holds a channel's session: messages and receipts come over it, and this process's sends go.

use std::time::Duration;

use channel::{AcceptError, Batch, Channel, Inbound, Inbox, ListenError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{
    select,
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Smpp,
    account::{Account, Bind},
    doubles::Doubles,
    errors::{self, BindRefusal},
    inbound::Reader,
    pdu::Role,
    session::{Arrived, Link, OpenError, Opened, Pace, open},
};

/// Values of the channel's state.
const PARTS: &str = "smpp.parts";
const UNPROVED: &str = "smpp.unproved";
const REFUSED_SINCE: &str = "smpp.refused_since";

/// Messages of one commit.
const AT_ONCE: usize = 50;
/// After an answer, before the SMSC is asked for its proof: one is enough for many messages.
const SHORTLY: Duration = Duration::from_secs(1);
/// Milliseconds between tries to store what cannot be stored just now.
const PAUSES: [u64; 8] = [50, 100, 200, 400, 800, 1000, 1000, 1000];
/// How often late parts are looked for.
const LOOK: Duration = Duration::from_secs(60);
/// After a crash the SMSC may hold the dead session for a while and refuse the next one with the
/// same code as a wrong password. Settings that a bind proved before get this much patience.
const DOUBT: chrono::TimeDelta = chrono::TimeDelta::minutes(20);

impl Smpp {
    pub(super) async fn hold(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        let account = Account::of(channel)
            .map_err(|wrong| ListenError::Stopped(super::mend_settings(wrong)))?;
        match account.bind {
            Bind::Transceiver => {
                let opened = self.bound(&account, Role::Transceiver, inbox).await?;
                let Opened { link, arrived, session } = opened;
                let work = self.listening(channel, &account, inbox, &stop, arrived, [&link, &link]);
                session.during(work).await
            }
            Bind::Separate => {
                let receiver = self.bound(&account, Role::Receiver, inbox).await?;
                let transmitter = self.bound(&account, Role::Transmitter, inbox).await?;
                let links = [&receiver.link, &transmitter.link];
                let work = self.listening(channel, &account, inbox, &stop, receiver.arrived, links);
                receiver.session.during(transmitter.session.during(work)).await
            }
        }
    }

    /// Binds; tells people what a refusal means.
    async fn bound(
        &self,
        account: &Account,
        role: Role,
        inbox: &dyn Inbox,
    ) -> Result<Opened, ListenError> {
        let error = match open(&self.wires, account, role, self.pace).await {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        let OpenError::Refused(status) = error else {
            return Err(ListenError::Interrupted(error.to_string()));
        };
        let interrupted = || ListenError::Interrupted(error.to_string());
        match BindRefusal::of(status) {
            BindRefusal::Passing => Err(interrupted()),
            BindRefusal::Credentials | BindRefusal::Other => {
                Err(ListenError::Stopped(errors::refused(status)))
            }
            BindRefusal::Doubtful => {
                let now = inbox.now();
                let since = read_state(inbox, REFUSED_SINCE).await?.unwrap_or(now);
                if now - since > DOUBT {
                    keep(inbox, REFUSED_SINCE, &None::<()>).await?;
                    return Err(ListenError::Stopped(errors::refused(status)));
                }
                keep(inbox, REFUSED_SINCE, &since).await?;
                Err(interrupted())
            }
        }
    }

    /// The work of a session: `links` are the one to receive over and the one to send over.
    async fn listening(
        &self,
        channel: &Channel,
        account: &Account,
        inbox: &dyn Inbox,
        stop: &CancellationToken,
        arrived: mpsc::Receiver<Arrived>,
        links: [&Link; 2],
    ) -> Result<(), ListenError> {
        let [receiver, sender] = links;
        if read_state::<Value>(inbox, REFUSED_SINCE).await?.is_some() {
            keep(inbox, REFUSED_SINCE, &None::<()>).await?;
        }
        let kept = read_state(inbox, UNPROVED).await?.unwrap_or_default();
        let reader = Reader {
            alphabet: account.alphabet,
            ids: account.ids,
            joining: read_state(inbox, PARTS).await?.unwrap_or_default(),
            doubles: Doubles::new(kept, Instant::now()),
        };
        let held = self.held.hold(channel.id, account.login(), sender.clone());
        inbox.report(domain::channel::StateReport::connected()).await?;
        let pace = self.pace;
        let mut taking = Taking { inbox, link: receiver, arrived, reader, parts: None, pace };
        let outcome = select! {
            outcome = taking.go_on() => outcome,
            () = sender.closed() => Err(ListenError::Interrupted(sender.why().to_owned())),
            () = stop.cancelled() => Ok(()),
        };
        // New sends find another way, and those under way get their answers.
        drop(held);
        sender.unbind().await;
        if !std::ptr::eq(receiver, sender) {
            receiver.unbind().await;
        }
        outcome
    }
}

/// Stores what comes and answers for it.
struct Taking<'a> {
    inbox: &'a dyn Inbox,
    link: &'a Link,
    arrived: mpsc::Receiver<Arrived>,
    reader: Reader,
    /// The value of [`PARTS`] that is stored, as far as this session knows.
    parts: Option<Value>,
    pace: Pace,
}

/// What came one after the other and is stored together.
#[derive(Default)]
struct Run {
    kind: Kind,
    batch: Batch,
    sequences: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Messages,
    /// Receipts, and what cannot be read: stored by keys of their own, as often as they come.
    Others,
}

impl Taking<'_> {
    async fn go_on(&mut self) -> Result<(), ListenError> {
        self.give_up().await?;
        let mut look = Instant::now() + LOOK;
        let mut prove: Option<Instant> = None;
        loop {
            let mut burst = Vec::new();
            let prove_at = prove.unwrap_or(look);
            select! {
                count = self.arrived.recv_many(&mut burst, AT_ONCE) => {
                    if count == 0 {
                        return Err(ListenError::Interrupted(self.link.why().to_owned()));
                    }
                    self.take(burst).await?;
                    if self.reader.doubles.wants_proof() {
                        prove.get_or_insert_with(|| Instant::now() + SHORTLY);
                    }
                }
                () = sleep_until(prove_at.min(look)) => {
                    if Instant::now() >= look {
                        self.give_up().await?;
                        look = Instant::now() + LOOK;
                    } else {
                        self.prove().await?;
                        prove = None;
                    }
                }
            }
        }
    }

    /// A commit for each run of one kind, then the answers to it: what is not answered comes again.
    ///
    /// Only a batch of nothing but messages is one transaction with its state, and ids of ours are
    /// new each time, so messages and receipts are not mixed.
    async fn take(&mut self, burst: Vec<Arrived>) -> Result<(), ListenError> {
        let mut run = Run::default();
        for arrived in &burst {
            let mut one = Batch::default();
            self.reader.read(arrived, self.inbox.now(), &mut one);
            let kind = match one.events.first() {
                Some(Inbound::Message(_)) | None if one.quarantined.is_empty() => Kind::Messages,
                _ => Kind::Others,
            };
            if kind != run.kind {
                self.store(std::mem::take(&mut run)).await?;
                run.kind = kind;
            }
            run.batch.events.extend(one.events);
            run.batch.quarantined.extend(one.quarantined);
            run.sequences.push(arrived.frame.sequence);
        }
        self.store(run).await
    }

    async fn store(&mut self, run: Run) -> Result<(), ListenError> {
        if run.sequences.is_empty() {
            return Ok(());
        }
        let mut batch = run.batch;
        if run.kind == Kind::Messages {
            let parts = state(PARTS, &self.reader.joining)?;
            if self.parts.as_ref() != Some(&parts.1) {
                self.parts = Some(parts.1.clone());
                batch.state.push(parts);
            }
            batch.state.push(state(UNPROVED, &self.reader.doubles.kept())?);
        }
        self.accept(batch).await?;
        for sequence in run.sequences {
            let answered = self.link.delivered(sequence).await;
            answered.map_err(|_| ListenError::Interrupted(self.link.why().to_owned()))?;
        }
        self.reader.doubles.answered(Instant::now());
        Ok(())
    }

    /// A message has to wait while an answer to the same person is on its way; that is no reason to
    /// end a session.
    async fn accept(&self, batch: Batch) -> Result<(), ListenError> {
        for pause in PAUSES {
            match self.inbox.accept(batch.clone()).await {
                Err(AcceptError::Unavailable(_)) if !self.link.is_closed() => {
                    sleep(Duration::from_millis(pause)).await;
                }
                outcome => return Ok(outcome?),
            }
        }
        Ok(self.inbox.accept(batch).await?)
    }

    /// Once the SMSC has answered this, it has read all our answers before.
    async fn prove(&mut self) -> Result<(), ListenError> {
        let began = Instant::now();
        if self.link.enquire().await.is_err() {
            return Err(ListenError::Interrupted(self.link.why().to_owned()));
        }
        self.reader.doubles.proved(began);
        keep(self.inbox, UNPROVED, &self.reader.doubles.kept()).await
    }

    async fn give_up(&mut self) -> Result<(), ListenError> {
        let patience =
            chrono::TimeDelta::from_std(self.pace.parts).unwrap_or(chrono::TimeDelta::MAX);
        let Some(before) = self.inbox.now().checked_sub_signed(patience) else { return Ok(()) };
        let mut batch = Batch::default();
        self.reader.give_up(before, &mut batch);
        if batch.events.is_empty() {
            return Ok(());
        }
        let parts = state(PARTS, &self.reader.joining)?;
        self.parts = Some(parts.1.clone());
        batch.state.push(parts);
        self.accept(batch).await
    }
}

/// A value of an earlier batch. One that cannot be read is as good as none.
async fn read_state<T: DeserializeOwned>(
    inbox: &dyn Inbox,
    key: &str,
) -> Result<Option<T>, ListenError> {
    let Some(value) = inbox.state(key).await?.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    match serde_json::from_value(value) {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            tracing::error!(%error, key, "a value of a channel's state is unreadable");
            Ok(None)
        }
    }
}

async fn keep(
    inbox: &dyn Inbox,
    key: &str,
    value: &impl serde::Serialize,
) -> Result<(), ListenError> {
    let batch = Batch { state: vec![state(key, value)?], ..Batch::default() };
    Ok(inbox.accept(batch).await?)
}

fn state(key: &str, value: &impl serde::Serialize) -> Result<(String, Value), ListenError> {
    let value =
        serde_json::to_value(value).map_err(|error| ListenError::Interrupted(error.to_string()))?;
    Ok((key.to_owned(), value))
}
