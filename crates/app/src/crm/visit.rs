//! A visit to a portal: what every call to a CRM goes through. Keeps the token fresh, counts faults,
//! stops a portal that a person must mend, and says when to come again.

use std::{sync::Arc, time::Duration};

use crm::{Caller, ChatChannel, Crm, CrmError};
use domain::{
    crm::{Action, Answer, CrmId, Directory, Effect, PortalState, PortalTrouble, Question},
    ids::{AccountId, PortalId},
    text::Words,
};
use secrecy::{ExposeSecret, SecretString};
use store::{Entry, PortalChat, PortalRow};

use super::{
    files::StoredFiles,
    gate::{Place, PortalGate},
    set_state, upkeep,
};
use crate::{App, Error, JobError, Result, work::back_off};

/// Faults in a row before a portal is left alone for a while.
const FAULTS_BEFORE_PAUSE: i32 = 3;
/// How long others wait for the one that looks whether a portal answers again, if it says nothing:
/// longer than a call may take.
const PROBE: Duration = Duration::from_secs(25);
/// Work for a portal that a person must mend looks again after so long; mending wakes it at once.
const STOPPED: Duration = Duration::from_secs(300);
/// The same for one that was disconnected here, perhaps for good: connecting it again wakes its work.
const DISCONNECTED: Duration = Duration::from_secs(86_400);

/// Tries that met a fault while the CRM answered others, before a step or a question is given up: half an
/// hour.
const MOST_FAULTS: i32 = 12;

/// Talks to one portal in the name of one job.
pub(crate) struct Visit<'a> {
    app: &'a App,
    pub account: AccountId,
    pub adapter: Arc<dyn Crm>,
    pub portal: PortalRow,
    pub calls_as: crm::Portal,
    pub directory: Directory,
    pub gate: PortalGate,
    /// Others wait for what this visit finds.
    probes: bool,
    stumbled: Option<Stumble>,
    _place: Place<'a>,
}

/// What the newest call stumbled over, and no other does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stumble {
    /// A fault of the CRM's; the call before, whoever made it, was answered.
    Call,
    /// A file that our own store does not give out.
    File,
}

/// Why a call of a visit came to nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Not done, and nothing can be done now: the job comes again.
    Later(JobError),
    /// It may have been done.
    Unknown { why: String, after: Duration },
    /// It would be refused again.
    Rejected(Words),
}

impl Fault {
    /// The fault of a question whether something was done.
    pub fn in_doubt(self) -> Self {
        match self {
            Self::Later(JobError::Wait { after, why }) => Self::Unknown { why, after },
            other => other,
        }
    }
}

impl App {
    /// Enters a portal, ready to call, or says when to come again.
    pub(crate) async fn visit(
        &self,
        account: AccountId,
        id: PortalId,
    ) -> Result<Visit<'_>, JobError> {
        let mut visit = self.enter_portal(account, id).await?;
        match visit.begin().await {
            Ok(()) => Ok(visit),
            Err(later) => {
                visit.leave().await;
                Err(later)
            }
        }
    }

    /// Takes a place at a portal that may be called now, or says when to come again. Whoever has to
    /// gather what it is about looks here first: thousands of jobs wake while a portal is away. Before
    /// the first call comes [`Visit::begin`].
    pub(crate) async fn enter_portal(
        &self,
        account: AccountId,
        id: PortalId,
    ) -> Result<Visit<'_>, JobError> {
        let now = self.clock.now();
        let busy = |after| JobError::Wait { after, why: "the portal is busy".to_owned() };
        let place = self.crowd.enter(id, now).map_err(busy)?;
        let mut tx = self.store.tenant(account).await.map_err(fault)?;
        let Some(portal) = tx.portal(id).await.map_err(fault)? else {
            return Err(JobError::Fail { why: "the portal was removed".to_owned() });
        };
        let closed = match portal.state {
            PortalState::Stopped => Some(STOPPED),
            PortalState::Disconnected => Some(DISCONNECTED),
            PortalState::Connecting | PortalState::Connected | PortalState::Interrupted => None,
        };
        if let Some(after) = closed {
            let why = format!("the portal is {}: {:?}", portal.state.as_str(), portal.trouble);
            return Err(JobError::Wait { after, why });
        }
        let mut probes = false;
        if portal.failures > 0 || portal.paused_for.is_some() {
            match tx.enter_portal(id, PROBE).await.map_err(fault)? {
                Entry::Free => {}
                Entry::Probe => probes = true,
                Entry::Paused(left) => {
                    let why = "the CRM does not answer".to_owned();
                    return Err(JobError::Wait { after: left + self.crowd.turn(id, now), why });
                }
            }
        }
        tx.commit().await.map_err(fault)?;
        let ours = |error: Error| JobError::of(&error, 0);
        Ok(Visit {
            app: self,
            account,
            adapter: self.crm_adapter(portal.kind).map_err(ours)?,
            calls_as: self.crm_portal(&portal).map_err(ours)?,
            gate: self.portal_gate(&portal),
            portal,
            directory: Directory::default(),
            probes,
            stumbled: None,
            _place: place,
        })
    }
}

fn fault(error: store::Error) -> JobError {
    JobError::of(&Error::from(error), 0)
}

/// Makes a call of a visit: `calling!(visit, adapter, caller => adapter.ask(&caller, question))`. One
/// that meets an expired token is made again with a new one. A macro, because the call borrows both the
/// visit and what it is about.
macro_rules! calling {
    ($visit:expr, $adapter:ident, $caller:ident => $call:expr) => {{
        let mut renewed = false;
        loop {
            let files = $visit.files();
            let answer = {
                let $adapter = std::sync::Arc::clone(&$visit.adapter);
                let $caller = $visit.caller(&files);
                $call.await
            };
            match answer {
                Err(::crm::CrmError::TokenExpired) if !renewed => {
                    renewed = true;
                    if let Err(later) = $visit.renew_stale_token().await {
                        break Err($crate::crm::visit::Fault::Later(later));
                    }
                }
                Ok(answer) => {
                    $visit.answered().await;
                    break Ok(answer);
                }
                Err(::crm::CrmError::Busy(after)) if files.are_unread() => {
                    break Err($visit.unreadable(after));
                }
                Err(error) => break Err($visit.failed(error).await),
            }
        }
    }};
}
pub(crate) use calling;

impl Visit<'_> {
    /// Gets ready to call: the portal's lists, and a token that is taken.
    pub async fn begin(&mut self) -> Result<(), JobError> {
        let mut tx = self.app.store.tenant(self.account).await.map_err(fault)?;
        let directory = tx.portal_directory(self.portal.portal_id).await.map_err(fault)?;
        self.directory = directory.unwrap_or_default();
        tx.commit().await.map_err(fault)?;
        self.renew_token(None).await
    }

    pub async fn ask(&mut self, question: &Question) -> Result<Answer, Fault> {
        calling!(self, adapter, caller => adapter.ask(&caller, question))
    }

    pub async fn perform(&mut self, action: &Action) -> Result<Effect, Fault> {
        calling!(self, adapter, caller => adapter.perform(&caller, action))
    }

    /// Whether an action of which it is not known was carried out; `mine`: ids of other actions.
    pub async fn find_done(
        &mut self,
        action: &Action,
        mine: &[CrmId],
    ) -> Result<Option<Effect>, Fault> {
        calling!(self, adapter, caller => adapter.find_done(&caller, action, mine))
    }

    /// The CRM did not take the token: another one.
    pub async fn renew_stale_token(&mut self) -> Result<(), JobError> {
        let refused = self.calls_as.token.clone();
        self.renew_token(Some(refused)).await
    }

    async fn renew_token(&mut self, refused: Option<SecretString>) -> Result<(), JobError> {
        match self.app.living_token(self.portal.clone(), refused.as_ref()).await {
            Ok(row) => {
                self.calls_as.token = row.secrets.access.clone();
                self.portal = row;
                Ok(())
            }
            Err(error) => match self.failed(error).await {
                Fault::Later(later) => Err(later),
                Fault::Unknown { why, after } => Err(JobError::Wait { after, why }),
                Fault::Rejected(words) => Err(JobError::Wait { after: STOPPED, why: words.en }),
            },
        }
    }

    pub fn files(&self) -> StoredFiles {
        StoredFiles::new(self.app, self.account)
    }

    pub fn caller<'c>(&'c self, files: &'c StoredFiles) -> Caller<'c> {
        Caller { portal: &self.calls_as, directory: &self.directory, gate: &self.gate, files }
    }

    /// The calls since the last time, as the log keeps them.
    pub fn take_calls(&self) -> Vec<serde_json::Value> {
        self.gate.take_calls().into_iter().map(|call| serde_json::json!(call)).collect()
    }

    /// The status with which the CRM refused a call: the server's log has it, and not what the CRM said,
    /// which may be a customer's words.
    pub fn refused_with(&self) -> Option<u16> {
        self.gate.refused_with()
    }

    /// Ends the visit. One that was to find out whether the CRM answers, and called nothing, lets
    /// another find out.
    pub async fn leave(mut self) {
        if !std::mem::take(&mut self.probes) {
            return;
        }
        let (account, id) = (self.account, self.portal.portal_id);
        let left = async {
            let mut tx = self.app.store.tenant(account).await?;
            tx.pause_portal(id, Duration::ZERO).await?;
            tx.commit().await?;
            Ok::<_, store::Error>(())
        };
        if let Err(error) = left.await {
            tracing::warn!(%error, portal.id = %id, "a probe was not given back");
        }
    }

    /// The CRM answers: faults are forgotten, and a portal that was interrupted is well again.
    pub async fn answered(&mut self) {
        self.probes = false;
        let troubled = self.portal.failures > 0
            || self.portal.paused_for.is_some()
            || self.portal.state == PortalState::Interrupted;
        if !troubled {
            return;
        }
        let (account, id) = (self.account, self.portal.portal_id);
        let noted = async {
            let mut tx = self.app.store.tenant(account).await?;
            // Under the row's lock: others count faults at the same time.
            let locked = tx.lock_portal(id).await?;
            tx.portal_answered(id).await?;
            // One fault holds up nobody but who met it.
            let paused = locked
                .as_ref()
                .is_some_and(|row| row.failures >= FAULTS_BEFORE_PAUSE || row.paused_for.is_some());
            let interrupted = locked.is_some_and(|row| row.state == PortalState::Interrupted);
            if interrupted {
                set_state(&mut tx, id, PortalState::Connected, None).await?;
            }
            tx.commit().await?;
            if interrupted || paused {
                self.app.let_go_on(account, id).await?;
            }
            Ok::<_, store::Error>(())
        };
        match noted.await {
            Ok(()) => {
                (self.portal.failures, self.portal.paused_for) = (0, None);
                if self.portal.state == PortalState::Interrupted {
                    self.portal.state = PortalState::Connected;
                }
            }
            Err(error) => tracing::warn!(%error, portal.id = %id, "an answer was not noted"),
        }
    }

    /// What becomes of a job that met a fault: it comes again, or ends with words. What the CRM stumbles
    /// over again and again while it answers others is tried more and more seldom, and not for ever: one
    /// call that it never takes would hold a person up for good, and nobody would hear of it. Whoever does
    /// not know whether it is done looks for it first. `stumbles`: such tries before.
    pub fn again(&self, met: Fault, stumbles: i32) -> Result<JobError, Words> {
        again(met, self.stumbled, stumbles)
    }

    /// Said while a file that our store does not give out is tried again.
    pub fn unread(&self) -> Option<Words> {
        (self.stumbled == Some(Stumble::File)).then(unread)
    }

    /// Our store does not give a file out: it is stumbled over as over a call, and the CRM has no part in
    /// it.
    pub fn unreadable(&mut self, after: Duration) -> Fault {
        self.stumbled = Some(Stumble::File);
        let why = "our store does not give a file out".to_owned();
        Fault::Later(JobError::Wait { after, why })
    }

    pub async fn failed(&mut self, error: CrmError) -> Fault {
        self.stumbled = None;
        match error {
            CrmError::Busy(after) => {
                let turn = self.app.crowd.turn(self.portal.portal_id, self.app.clock.now());
                let after = after.max(turn);
                let why = "the portal's limit is used up, or our own side is not ready".to_owned();
                Fault::Later(JobError::Wait { after, why })
            }
            CrmError::Retry { after, why } => {
                let pause = self.note_fault(after).await;
                Fault::Later(JobError::Wait { after: pause, why })
            }
            CrmError::Unknown { why } => {
                self.note_fault(None).await;
                Fault::Unknown { why, after: self.adapter.settles_after() }
            }
            CrmError::Rejected { words } => Fault::Rejected(words),
            CrmError::Disconnected { trouble: PortalTrouble::ChatsRefused } => {
                self.without_chats().await
            }
            CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain }
                if self.app.follow(&self.portal).await =>
            {
                let why = "the account has moved to another address".to_owned();
                Fault::Later(JobError::Wait { after: Duration::from_secs(1), why })
            }
            CrmError::Disconnected { trouble } => self.stop(trouble).await,
            CrmError::TokenExpired => self.stop(PortalTrouble::ConnectAgain).await,
        }
    }

    /// The chats service does not take our channel: the portal goes on without chats, and says so.
    /// What was not shown there is shown when they are connected again, which is tried in an hour and
    /// then every hour: what is written there meanwhile does not reach us.
    async fn without_chats(&mut self) -> Fault {
        let why = "the CRM's chats do not take our channel".to_owned();
        let called = self.calls_as.chats.as_ref().filter(|called| called.scope_id.is_some());
        let Some(called) = called else {
            return Fault::Later(JobError::Wait { after: STOPPED, why });
        };
        let (account, id) = (self.account, self.portal.portal_id);
        let noted = async {
            let mut tx = self.app.store.tenant(account).await?;
            // Somebody may have connected another channel meanwhile, or put the keys right.
            let Some(now) = tx.lock_portal(id).await? else { return Ok(false) };
            let secret = now.secrets.chat_secret.as_ref();
            let Some(chat) = now.chat.filter(|chat| is_still(called, chat, secret)) else {
                return Ok(false);
            };
            tx.set_portal_chat(id, &PortalChat { scope_id: None, ..chat }).await?;
            tx.set_upkeep(id, self.app.clock.now() + upkeep::AGAIN).await?;
            super::changed(&mut tx, id);
            tx.commit().await?;
            Ok::<_, store::Error>(true)
        };
        match noted.await {
            Ok(true) => tracing::warn!(portal.id = %id, "a portal goes on without chats"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, portal.id = %id, "lost chats were not noted"),
        }
        Fault::Later(JobError::Wait { after: Duration::from_secs(1), why })
    }

    /// A portal that a person must mend: its work waits.
    async fn stop(&mut self, trouble: PortalTrouble) -> Fault {
        let id = self.portal.portal_id;
        self.app.portal_is(self.account, id, PortalState::Stopped, Some(trouble)).await;
        (self.portal.state, self.portal.trouble) = (PortalState::Stopped, Some(trouble));
        let why = format!("the portal is stopped: {trouble:?}");
        Fault::Later(JobError::Wait { after: STOPPED, why })
    }

    /// Counts a fault; after some in a row the whole portal pauses, for longer each time. Returns after
    /// how long this job comes again.
    async fn note_fault(&mut self, said: Option<Duration>) -> Duration {
        let probed = std::mem::take(&mut self.probes);
        let status = self.refused_with();
        let (account, id) = (self.account, self.portal.portal_id);
        let noted = async {
            let mut tx = self.app.store.tenant(account).await?;
            let locked = tx.lock_portal(id).await?;
            let state = locked.as_ref().map(|row| row.state);
            // Calls that were under way when the pause began say nothing new: else a few of them at
            // once would make it as long as an hour of outage does.
            if let Some((left, row)) = locked.and_then(|row| Some((row.paused_for?, row)))
                && !probed
            {
                return Ok((row.failures, left, None));
            }
            let failures = tx.portal_failed(id).await?;
            let pause = pause(failures, self.app.settings.crm.longest_pause);
            let pause = said.map_or(pause, |said| pause.max(said));
            if failures >= FAULTS_BEFORE_PAUSE || said.is_some() {
                tx.pause_portal(id, pause).await?;
            }
            if failures >= FAULTS_BEFORE_PAUSE && state == Some(PortalState::Connected) {
                set_state(&mut tx, id, PortalState::Interrupted, None).await?;
            }
            tx.commit().await?;
            Ok::<_, store::Error>((failures, pause, stumbled(failures, said, status)))
        };
        match noted.await {
            Ok((failures, pause, stumbled)) => {
                (self.portal.failures, self.stumbled) = (failures, stumbled);
                pause
            }
            Err(error) => {
                tracing::warn!(%error, portal.id = %id, "a fault of a CRM was not noted");
                Duration::from_secs(5)
            }
        }
    }
}

fn again(met: Fault, stumbled: Option<Stumble>, stumbles: i32) -> Result<JobError, Words> {
    let (later, is_unknown) = match met {
        Fault::Rejected(words) => return Err(words),
        Fault::Later(later) => (later, false),
        Fault::Unknown { why, after } => (JobError::Wait { after, why }, true),
    };
    let (Some(over), JobError::Wait { after, why }) = (stumbled, &later) else { return Ok(later) };
    if too_often(stumbles) && !is_unknown {
        return Err(match over {
            Stumble::Call => given_up(),
            Stumble::File => unread_for_good(),
        });
    }
    Ok(JobError::Retry { after: (*after).max(back_off(stumbles)), why: why.clone() })
}

/// Whether a fault is of this call alone. With 429, or told when to come again, it is the limit, whatever
/// the call.
fn stumbled(failures: i32, said: Option<Duration>, status: Option<u16>) -> Option<Stumble> {
    let is_limit = said.is_some() || status == Some(429);
    (failures == 1 && !is_limit).then_some(Stumble::Call)
}

/// Whether what was stumbled over so often is given up.
pub(super) fn too_often(stumbles: i32) -> bool {
    stumbles >= MOST_FAULTS
}

fn unread() -> Words {
    Words::new(
        "Файл пока не читается из нашего хранилища: пробуем ещё раз, всё реже. Если так и останется, через \
         полчаса переписка пойдёт в CRM без него.",
        "The file cannot be read from our own store now: it is tried again, more and more seldom. If it \
         stays so, in half an hour the conversation goes on to the CRM without it.",
    )
}

fn unread_for_good() -> Words {
    Words::new(
        "Файл не читается из нашего хранилища, поэтому не прикреплён. Покажите это тому, кто ведёт сервер, \
         и повторите, когда файл снова откроется в переписке.",
        "The file cannot be read from our own store and is not attached. Show this to whoever runs the \
         server, and try again when the file opens in the conversation.",
    )
}

pub(super) fn given_up() -> Words {
    Words::new(
        "CRM раз за разом отвечает ошибкой именно на это, хотя на остальное отвечает. Проверьте в CRM, не \
         сделано ли это уже, и повторите. Если ошибка останется, покажите поддержке CRM вызовы этой записи.",
        "The CRM answers this with a fault again and again, though it answers all else. See in the CRM \
         whether it is done already, and try again. If the fault stays, show the CRM's support the calls \
         of this record.",
    )
}

/// Whether a portal has the channel that was called, connected and signed for as it was then.
fn is_still(called: &ChatChannel, chat: &PortalChat, secret: Option<&SecretString>) -> bool {
    let same_secret =
        secret.is_some_and(|secret| secret.expose_secret() == called.secret.expose_secret());
    chat.channel_id == called.channel_id && chat.scope_id == called.scope_id && same_secret
}

/// 1 s, 2 s, 4 s … up to `longest`.
fn pause(failures: i32, longest: Duration) -> Duration {
    let doubled = 1_u64 << u32::try_from(failures.clamp(1, 20) - 1).unwrap_or(0);
    Duration::from_secs(doubled).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AMO-13: a refusal says nothing of a channel that was connected, or whose keys were put right, after
    /// the call.
    #[test]
    fn amo_13_a_refused_channel_is_lost_only_while_it_is_the_portals() {
        let called = ChatChannel {
            base: "https://amojo.test/".parse().expect("an address"),
            channel_id: "channel".to_owned(),
            secret: "old".to_owned().into(),
            bot_id: "bot".to_owned(),
            scope_id: Some("channel_1".to_owned()),
            account_id: "1".to_owned(),
        };
        let there = |channel: &str, scope: Option<&str>, secret: &str| {
            let chat = PortalChat {
                channel_id: channel.to_owned(),
                bot_id: "bot".to_owned(),
                scope_id: scope.map(str::to_owned),
            };
            is_still(&called, &chat, Some(&secret.to_owned().into()))
        };
        assert!(there("channel", Some("channel_1"), "old"));
        assert!(!there("other", Some("other_1"), "old"));
        assert!(!there("channel", None, "old"), "somebody else noted it");
        assert!(!there("channel", Some("channel_1"), "new"));
    }

    /// CRM-6: a step is given up by its own tries, and never while it may be done; the limit counts for none.
    #[test]
    fn crm_6_a_step_is_given_up_by_its_own_tries_and_a_429_is_none() {
        let (after, why) = (Duration::from_secs(1), "HTTP 500".to_owned());
        let wait = JobError::Wait { after, why: why.clone() };
        let later = || Fault::Later(wait.clone());
        let unknown = || Fault::Unknown { why: why.clone(), after };
        let comes = |met, over, stumbles| match again(met, over, stumbles) {
            Ok(JobError::Retry { after, .. }) => Ok(Some(after.as_secs())),
            Ok(_) => Ok(None),
            Err(words) => Err(words),
        };
        let call = Some(Stumble::Call);
        assert_eq!(comes(later(), call, 0), Ok(Some(1)));
        assert_eq!(comes(later(), call, 11), Ok(Some(600)));
        assert_eq!(comes(later(), call, 12), Err(given_up()));
        assert_eq!(comes(later(), Some(Stumble::File), 12), Err(unread_for_good()));
        assert_eq!(comes(later(), None, 99), Ok(None), "an outage is no stumble");
        for met in [unknown(), later().in_doubt()] {
            assert_eq!(comes(met, call, 99), Ok(Some(600)), "it is looked for first");
        }
        for (failures, said, status, over) in [
            (1, None, Some(500), call),
            (1, None, None, call),
            (1, None, Some(429), None),
            (1, Some(after), Some(503), None),
            (2, None, Some(500), None),
        ] {
            assert_eq!(stumbled(failures, said, status), over, "{failures} {said:?} {status:?}");
        }
    }

    #[test]
    fn crm_6_pauses_of_a_portal_grow_and_stop_growing() {
        let longest = Duration::from_secs(300);
        let seconds: Vec<u64> =
            [1, 2, 3, 9, 30].map(|n| pause(n, longest).as_secs()).into_iter().collect();
        assert_eq!(seconds, [1, 2, 4, 256, 300]);
        assert_eq!(pause(9, Duration::from_millis(500)), Duration::from_millis(500));
    }
}
