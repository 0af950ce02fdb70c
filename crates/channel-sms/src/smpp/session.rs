//! A session: one connection, bound, on which both sides ask and answer.
//!
//! rusmppc is not used: it ends the connection at the first PDU that it cannot read, so that one
//! odd message would come again for ever; it keeps what came in a queue without an end; and its
//! errors do not tell whether a request had been written when the connection broke, on which it
//! depends whether a message may be sent again.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use rusmpp::{
    Pdu,
    pdus::{DeliverSmResp, SubmitSm},
    types::COctetString,
};
use tokio::{
    select,
    sync::{Semaphore, mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use super::{
    account::Account,
    pdu::{self, Frame, Role},
    wire::{Wire, WireError, Wires},
};

/// The rhythm of a session.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Silence after which the SMSC is asked whether it is there.
    pub enquire: Duration,
    /// How long an answer may take.
    pub answer: Duration,
    /// How long name look-up, TCP and TLS may take each.
    pub connect: Duration,
    /// How long parts of a message are waited for.
    pub parts: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            enquire: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            connect: Duration::from_secs(15),
            parts: Duration::from_secs(6 * 3600),
        }
    }
}

/// Messages that wait for our database. What comes over it is given back to the SMSC's queue.
const MOST_WAITING: usize = 500;
/// ESME_RMSGQFUL: the SMSC tries again later.
const QUEUE_FULL: u32 = 0x14;
const INVALID_COMMAND: u32 = 0x03;
/// The highest number of a request (SMPP 3.4, 5.1.4).
const LAST_SEQUENCE: u32 = 0x7FFF_FFFF;
/// For the last words of a session.
const TO_UNBIND: Duration = Duration::from_secs(5);

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The SMSC's refusal.
    #[error("the bind was refused: {0:#04x}")]
    Refused(u32),
    #[error("the connection broke at the bind: {0}")]
    Broken(String),
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The SMSC has never seen it.
    #[error("not sent: {0}")]
    NotSent(&'static str),
    /// It may have seen it.
    #[error("no answer: {0}")]
    Lost(&'static str),
}

/// A message as it came, and when.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) frame: Frame,
    pub(crate) at: Instant,
}

enum Outgoing {
    Request { pdu: Pdu, written: Arc<AtomicBool>, answer: oneshot::Sender<Frame> },
    Answer { pdu: Pdu, sequence: u32, written: oneshot::Sender<()> },
}

/// The asking side of a session; all its clones ask the same one.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    to: mpsc::Sender<Outgoing>,
    window: Arc<Semaphore>,
    width: u32,
    patience: Duration,
    ended: Arc<OnceLock<String>>,
}

impl Link {
    /// Hands in a message, within the window.
    pub(crate) async fn submit(&self, submit: SubmitSm) -> Result<Frame, CallError> {
        let Ok(Ok(_permit)) = timeout(self.patience, self.window.acquire()).await else {
            return Err(CallError::NotSent("the window is full"));
        };
        self.call(submit.into()).await
    }

    /// Asks whether the SMSC is there. Its answer proves that it has read all that we wrote before.
    pub(crate) async fn enquire(&self) -> Result<(), CallError> {
        self.call(Pdu::EnquireLink).await.map(|_| ())
    }

    /// Answers a `deliver_sm`: it is ours now.
    pub(crate) async fn delivered(&self, sequence: u32) -> Result<(), CallError> {
        let (written, done) = oneshot::channel();
        let pdu = DeliverSmResp::new(COctetString::null(), Vec::new()).into();
        let gone = |_| CallError::NotSent("the session has ended");
        self.to.send(Outgoing::Answer { pdu, sequence, written }).await.map_err(gone)?;
        done.await.map_err(|_| CallError::NotSent("the session has ended"))
    }

    /// Takes leave, once what is under way has its answers.
    pub(crate) async fn unbind(&self) {
        let leave = async {
            let _all = self.window.acquire_many(self.width).await;
            self.call(Pdu::Unbind).await
        };
        let _ = timeout(TO_UNBIND, leave).await;
    }

    pub(crate) async fn closed(&self) {
        self.to.closed().await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.to.is_closed()
    }

    /// Why the session ended.
    pub(crate) fn why(&self) -> &str {
        self.ended.get().map_or("the connection broke", String::as_str)
    }

    async fn call(&self, pdu: Pdu) -> Result<Frame, CallError> {
        let written = Arc::new(AtomicBool::new(false));
        let (answer, answered) = oneshot::channel();
        let request = Outgoing::Request { pdu, written: Arc::clone(&written), answer };
        let call = async {
            self.to.send(request).await.map_err(|_| "the session has ended")?;
            answered.await.map_err(|_| "the session has ended")
        };
        let why = match timeout(self.patience, call).await {
            Ok(Ok(frame)) => return Ok(frame),
            Ok(Err(why)) => why,
            Err(_) => "it did not come in time",
        };
        Err(match written.load(Ordering::SeqCst) {
            true => CallError::Lost(why),
            false => CallError::NotSent(why),
        })
    }
}

/// The working side of a session: somebody must [`Self::run`] it.
pub(crate) struct Session {
    framed: Framed<Box<dyn Wire>, LengthDelimitedCodec>,
    outgoing: mpsc::Receiver<Outgoing>,
    arrived: mpsc::Sender<Arrived>,
    pending: HashMap<u32, oneshot::Sender<Frame>>,
    sequence: u32,
    pace: Pace,
    ended: Arc<OnceLock<String>>,
}

/// A session with both its ends.
pub(crate) struct Opened {
    pub(crate) link: Link,
    pub(crate) arrived: mpsc::Receiver<Arrived>,
    pub(crate) session: Session,
}

/// Connects and binds.
pub(crate) async fn open(
    wires: &Wires,
    account: &Account,
    role: Role,
    pace: Pace,
) -> Result<Opened, OpenError> {
    let wire = wires.open(&account.host, account.port, account.tls).await?;
    let (to, outgoing) = mpsc::channel(100);
    let (arrive, arrived) = mpsc::channel(MOST_WAITING);
    let ended = Arc::new(OnceLock::new());
    let width = u32::try_from(account.window).unwrap_or(1);
    let mut session = Session {
        framed: Framed::new(wire, lengths()),
        outgoing,
        arrived: arrive,
        pending: HashMap::new(),
        sequence: 0,
        pace,
        ended: Arc::clone(&ended),
    };
    let broken = |error: pdu::DoesNotFit| OpenError::Broken(error.to_string());
    let bind = pdu::bind(account, role).map_err(broken)?;
    session.bind(bind).await?;
    let window = Arc::new(Semaphore::new(account.window));
    Ok(Opened { link: Link { to, window, width, patience: pace.answer, ended }, arrived, session })
}

/// The length counts itself, and is not given to the reader.
fn lengths() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .length_field_length(4)
        .length_adjustment(-4)
        .num_skip(4)
        .max_frame_length(pdu::LONGEST)
        .new_codec()
}

impl Session {
    async fn bind(&mut self, bind: Pdu) -> Result<(), OpenError> {
        let sequence = self.next();
        self.write(bind, sequence).await.map_err(OpenError::Broken)?;
        let answer = async {
            loop {
                let frame = read(&mut self.framed).await?;
                if frame.is_answer() && frame.sequence == sequence {
                    return Ok(frame);
                }
            }
        };
        match timeout(self.pace.answer, answer).await {
            Ok(Ok(frame)) if frame.status != 0 => Err(OpenError::Refused(frame.status)),
            Ok(Ok(frame)) if frame.id == pdu::GENERIC_NACK => {
                Err(OpenError::Refused(INVALID_COMMAND))
            }
            Ok(Ok(_)) => Ok(()),
            Ok(Err(why)) => Err(OpenError::Broken(why)),
            Err(_) => Err(OpenError::Broken("no answer in time".to_owned())),
        }
    }

    /// Runs the session while `work` uses its link, and no longer.
    pub(crate) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        select! {
            // The work is asked first: what it has done counts, whatever became of the session.
            biased;
            done = &mut work => return done,
            () = self.run() => {}
        }
        work.await
    }

    async fn run(mut self) {
        let why = self.go_on().await;
        tracing::debug!(%why, "an SMPP session ended");
        let _ = self.ended.set(why);
    }

    /// Until the session ends; says why.
    async fn go_on(&mut self) -> String {
        let mut heard = Instant::now();
        let mut asked: Option<Instant> = None;
        loop {
            let deadline = match asked {
                Some(at) => at + self.pace.answer,
                None => heard + self.pace.enquire,
            };
            let step = select! {
                frame = read(&mut self.framed) => {
                    heard = Instant::now();
                    asked = None;
                    match frame {
                        Ok(frame) => self.take(frame, heard).await,
                        Err(why) => Err(why),
                    }
                }
                outgoing = self.outgoing.recv() => match outgoing {
                    Some(outgoing) => self.put(outgoing).await,
                    None => Err("nobody needs it any more".to_owned()),
                },
                () = sleep_until(deadline) => match asked {
                    Some(_) => Err("the SMSC does not answer any more".to_owned()),
                    None => {
                        asked = Some(Instant::now());
                        let sequence = self.next();
                        self.write(Pdu::EnquireLink, sequence).await
                    }
                },
            };
            if let Err(why) = step {
                return why;
            }
        }
    }

    /// What came is answered, handed on, or matched with what we asked.
    async fn take(&mut self, frame: Frame, at: Instant) -> Result<(), String> {
        let sequence = frame.sequence;
        if frame.is_answer() {
            // Nobody waits any more, or nobody asked: late answers change nothing.
            if let Some(answer) = self.pending.remove(&sequence) {
                let _ = answer.send(frame);
            }
            return Ok(());
        }
        match frame.id {
            pdu::ENQUIRE_LINK => self.write(Pdu::EnquireLinkResp, sequence).await,
            pdu::DELIVER_SM => match self.arrived.try_send(Arrived { frame, at }) {
                Ok(()) => Ok(()),
                Err(_) => {
                    let refusal = DeliverSmResp::new(COctetString::null(), Vec::new()).into();
                    self.write_as(refusal, QUEUE_FULL, sequence).await
                }
            },
            pdu::UNBIND => {
                self.write(Pdu::UnbindResp, sequence).await?;
                Err("the SMSC took leave".to_owned())
            }
            // They have no answer (SMPP 3.4, 4.1.7 and 4.12), and mean nothing to us.
            pdu::OUTBIND | pdu::ALERT_NOTIFICATION => Ok(()),
            _ => self.write_as(Pdu::GenericNack, INVALID_COMMAND, sequence).await,
        }
    }

    async fn put(&mut self, outgoing: Outgoing) -> Result<(), String> {
        match outgoing {
            Outgoing::Request { pdu, written, answer } => {
                // Before the look whether somebody waits: who gives up meanwhile must not take it for
                // not sent.
                written.store(true, Ordering::SeqCst);
                // Nobody waits for it any more, so nobody may be surprised by it either.
                if answer.is_closed() {
                    return Ok(());
                }
                let sequence = self.next();
                self.pending.retain(|_, waiting| !waiting.is_closed());
                self.pending.insert(sequence, answer);
                self.write(pdu, sequence).await
            }
            Outgoing::Answer { pdu, sequence, written } => {
                self.write(pdu, sequence).await?;
                let _ = written.send(());
                Ok(())
            }
        }
    }

    fn next(&mut self) -> u32 {
        self.sequence = if self.sequence >= LAST_SEQUENCE { 1 } else { self.sequence + 1 };
        self.sequence
    }

    async fn write(&mut self, pdu: Pdu, sequence: u32) -> Result<(), String> {
        self.write_as(pdu, 0, sequence).await
    }

    async fn write_as(&mut self, pdu: Pdu, status: u32, sequence: u32) -> Result<(), String> {
        let octets: Bytes = pdu::write(pdu, status, sequence).freeze();
        match timeout(self.pace.answer, self.framed.send(octets)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the SMSC does not read any more".to_owned()),
        }
    }
}

/// Nothing is lost where this is broken off.
async fn read(framed: &mut Framed<Box<dyn Wire>, LengthDelimitedCodec>) -> Result<Frame, String> {
    match framed.next().await {
        None => Err("the SMSC closed the connection".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(octets)) => {
            Frame::read(octets).ok_or_else(|| "a PDU is shorter than its header".to_owned())
        }
    }
}
