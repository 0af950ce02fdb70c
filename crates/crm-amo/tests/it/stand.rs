//! The adapter with a portal to call, an open gate that keeps the journal, and files in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use crm::{Call, Caller, Crm, CrmError, FileSource, Gate, OpenedFile, Portal};
use crm_amo::{Amo, Options};
use domain::{
    clock::Instant,
    crm::{Action, Answer, CrmId, Directory, Effect, Entity, Question, Ref},
    ids::{AttachmentId, MessageId, PortalId},
    text::Words,
};
use futures::StreamExt;
use url::Url;
use uuid::Uuid;

pub fn moment(seconds: i64) -> Instant {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// When everything in these tests is made.
pub const MADE_AT: i64 = 1_763_800_000;

pub fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub fn at(id: i64) -> Ref {
    Ref::Id(CrmId::from(id))
}

/// The file of this number onto a deal.
pub fn attach(lead: i64, file: u128, name: &str) -> Action {
    Action::AttachFile {
        to: Entity::Deal,
        id: at(lead),
        message: MessageId(Uuid::from_u128(7)),
        file: AttachmentId(Uuid::from_u128(file)),
        name: name.to_owned(),
    }
}

/// An adapter whose amoCRM is at this address.
pub fn adapter(base: &str) -> Amo {
    let options = Options {
        api: format!("{base}/a/{{subdomain}}"),
        consent: url(&format!("{base}/oauth")),
        chats: format!("{base}/amojo"),
        timeout: Duration::from_millis(1_500),
        ..Options::default()
    };
    Amo::new(options).unwrap()
}

pub struct Stand {
    pub amo: Amo,
    pub portal: Portal,
    pub directory: Directory,
    pub gate: Journal,
    pub files: Files,
}

impl Stand {
    pub fn new(amo: Amo, base: Url, token: &str) -> Self {
        let portal = Portal {
            id: PortalId(Uuid::from_u128(1)),
            site: base.clone(),
            base,
            external_id: "31415".to_owned(),
            token: token.into(),
            drive: None,
            filters: true,
            chats: None,
        };
        let (directory, gate, files) = Default::default();
        Self { amo, portal, directory, gate, files }
    }

    pub fn caller(&self) -> Caller<'_> {
        Caller {
            portal: &self.portal,
            directory: &self.directory,
            gate: &self.gate,
            files: &self.files,
        }
    }

    pub async fn ask(&self, question: Question) -> Answer {
        self.amo.ask(&self.caller(), &question).await.unwrap()
    }

    pub async fn perform(&self, action: &Action) -> Effect {
        self.amo.perform(&self.caller(), action).await.unwrap()
    }

    pub async fn refused(&self, action: &Action) -> CrmError {
        self.amo.perform(&self.caller(), action).await.unwrap_err()
    }

    pub async fn find_done(&self, action: &Action, mine: &[i64]) -> Option<Effect> {
        let mine: Vec<CrmId> = mine.iter().map(|id| CrmId::from(*id)).collect();
        self.amo.find_done(&self.caller(), action, &mine).await.unwrap()
    }
}

/// The id of what was made.
pub fn id(effect: &Effect) -> i64 {
    effect.id.as_ref().unwrap().as_str().parse().unwrap()
}

#[derive(Default)]
pub struct Journal(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    admitted: usize,
    calls: Vec<Call>,
    /// Calls that are let through before one is not.
    turns: Option<usize>,
}

impl Journal {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn admitted(&self) -> usize {
        self.kept().admitted
    }

    /// The calls since the last look.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.kept().calls)
    }

    /// So many more calls are let through, and the one after them is told to come later.
    pub fn busy_after(&self, turns: usize) {
        self.kept().turns = Some(turns);
    }
}

#[async_trait]
impl Gate for Journal {
    async fn admit(&self) -> Result<(), CrmError> {
        let mut kept = self.kept();
        match kept.turns {
            Some(0) => {
                kept.turns = None;
                return Err(CrmError::Busy(Duration::from_secs(1)));
            }
            Some(turns) => kept.turns = Some(turns - 1),
            None => {}
        }
        kept.admitted += 1;
        Ok(())
    }

    fn record(&self, call: Call) {
        self.kept().calls.push(call);
    }

    fn now(&self) -> Instant {
        moment(MADE_AT)
    }
}

#[derive(Default)]
pub struct Files(pub BTreeMap<u128, Vec<u8>>);

#[async_trait]
impl FileSource for Files {
    async fn open(&self, file: &AttachmentId) -> Result<OpenedFile, CrmError> {
        let Some(bytes) = self.0.get(&file.0.as_u128()) else {
            return Err(CrmError::Rejected { words: Words::new("Файла нет.", "No file.") });
        };
        // In pieces that fit no part.
        let pieces: Vec<_> = bytes.chunks(7_001).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        Ok(OpenedFile {
            size: u64::try_from(bytes.len()).unwrap(),
            mime: "image/jpeg".to_owned(),
            bytes: futures::stream::iter(pieces).boxed(),
        })
    }
}
