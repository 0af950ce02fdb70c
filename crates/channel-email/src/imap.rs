//! The IMAP commands that we use, each with a time limit: the library has none of its own.

use std::{future::Future, time::Duration};

use async_imap::{
    Authenticator, Client, Session,
    error::Error,
    types::{Capability, Fetch, NameAttribute, UnsolicitedResponse},
};
use chrono::{NaiveDate, Utc};
use domain::clock::Instant;
use futures::TryStreamExt;
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::{
    oauth::{Access, initial_response},
    providers::Security,
    settings::Mailbox,
    wire::{OpenError, Wire, Wires},
};

/// For one command. A big mailbox may take long to open.
const TO_ANSWER: Duration = Duration::from_secs(60);
/// Bytes of a letter asked for at once, so that neither a time limit nor memory is at a server's
/// mercy.
const CHUNK: usize = 1024 * 1024;
/// Most of the headers of a letter that is too large to fetch.
const HEADERS: usize = 256 * 1024;

/// Why logging in failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server refuses this login; its words.
    #[error("the login is refused: {0}")]
    Credentials(String),
    /// Not now.
    #[error("the server is not ready: {0}")]
    NotNow(String),
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The connection is of no use any more.
    #[error("the connection is lost: {0}")]
    Lost(String),
    /// The server said no; the connection goes on.
    #[error("refused: {0}")]
    Refused(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::No(text) | Error::Bad(text) => Self::Refused(text),
            other => Self::Lost(other.to_string()),
        }
    }
}

async fn within<T>(
    what: &'static str,
    command: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    match timeout(TO_ANSWER, command).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Fault::Lost(format!("no answer to {what}"))),
    }
}

/// A logged-in connection.
#[derive(Debug)]
pub struct Imap {
    session: Session<Wire>,
    /// The server tells of news by itself.
    pub idles: bool,
}

/// An open mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    pub uid_validity: u32,
    /// The UID that the next letter gets.
    pub uid_next: u32,
}

/// A letter in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    pub uid: u32,
    pub size: usize,
    pub received: Option<Instant>,
}

/// A fetched letter.
#[derive(Debug)]
pub enum Fetched {
    Whole(Vec<u8>),
    /// Over the cap: headers alone.
    Headers(Vec<u8>),
    /// Deleted in the meantime.
    Gone,
}

struct Xoauth2 {
    response: String,
}

impl Authenticator for Xoauth2 {
    type Response = String;

    /// A second challenge holds the reasons of a refusal, and wants an empty answer.
    fn process(&mut self, _challenge: &[u8]) -> String {
        std::mem::take(&mut self.response)
    }
}

struct Plain {
    response: String,
}

impl Authenticator for Plain {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        std::mem::take(&mut self.response)
    }
}

impl Imap {
    /// Connects and logs in.
    pub async fn log_in(
        wires: &Wires,
        mailbox: &Mailbox,
        access: &Access,
    ) -> Result<Self, LoginError> {
        let not_now = |fault: Fault| LoginError::NotNow(fault.to_string());
        let wire = wires.open(&mailbox.imap).await?;
        let mut client = Client::new(wire);
        within("the greeting", greeting(&mut client)).await.map_err(not_now)?;
        if mailbox.imap.security == Security::StartTls {
            within("STARTTLS", client.run_command_and_check_ok("STARTTLS", None))
                .await
                .map_err(|fault| LoginError::Open(OpenError::Tls(fault.to_string())))?;
            let wire = wires.secure(client.into_inner(), &mailbox.imap.host).await?;
            client = Client::new(wire);
        }
        let session = timeout(TO_ANSWER, authenticate(client, &mailbox.imap_login, access))
            .await
            .map_err(|_| LoginError::NotNow("no answer to the login".to_owned()))?
            .map_err(refusal)?;
        let mut imap = Self { session, idles: false };
        let capabilities =
            within("CAPABILITY", imap.session.capabilities()).await.map_err(not_now)?;
        imap.idles = capabilities.has(&Capability::Atom("IDLE".to_owned()));
        Ok(imap)
    }

    /// Opens a mailbox for reading alone: letters stay unread for the company's mail programs.
    pub async fn open(&mut self, name: &str) -> Result<Opened, Fault> {
        let mailbox = within("EXAMINE", self.session.examine(name)).await?;
        let uid_validity = mailbox
            .uid_validity
            .ok_or_else(|| Fault::Refused("the server gives no UIDVALIDITY".to_owned()))?;
        let uid_next = match mailbox.uid_next {
            Some(next) => next,
            None => self.list(1).await?.last().map_or(1, |last| last.uid.saturating_add(1)),
        };
        Ok(Opened { uid_validity, uid_next })
    }

    /// Letters with a UID from `first` on, in order of UID.
    pub async fn list(&mut self, first: u32) -> Result<Vec<Listed>, Fault> {
        let range = format!("{first}:*");
        let items: Vec<Fetch> = within("UID FETCH", async {
            self.session
                .uid_fetch(range, "(UID RFC822.SIZE INTERNALDATE)")
                .await?
                .try_collect()
                .await
        })
        .await?;
        let mut listed: Vec<Listed> = items
            .iter()
            .filter_map(|item| {
                Some(Listed {
                    uid: item.uid?,
                    size: item.size.map_or(0, |s| usize::try_from(s).unwrap_or(usize::MAX)),
                    received: item.internal_date().map(|d| d.with_timezone(&Utc)),
                })
            })
            // `n:*` always names the last letter, also when its UID is below n (RFC 3501, 6.4.8).
            .filter(|item| item.uid >= first)
            .collect();
        listed.sort_by_key(|item| item.uid);
        listed.dedup_by_key(|item| item.uid);
        Ok(listed)
    }

    /// UIDs of letters that arrived on this day or later.
    pub async fn since(&mut self, day: NaiveDate) -> Result<Vec<u32>, Fault> {
        let query = format!("SINCE {}", day.format("%-d-%b-%Y"));
        let found = within("UID SEARCH", self.session.uid_search(query)).await?;
        let mut uids: Vec<u32> = found.into_iter().collect();
        uids.sort_unstable();
        Ok(uids)
    }

    /// Whether the open mailbox has a letter with this Message-ID.
    pub async fn has(&mut self, message_id: &str) -> Result<bool, Fault> {
        if message_id.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
            return Ok(false);
        }
        let query = format!("HEADER Message-ID \"{message_id}\"");
        Ok(!within("UID SEARCH", self.session.uid_search(query)).await?.is_empty())
    }

    /// Fetches a letter piece by piece, without marking it as read; at most `cap` bytes.
    pub async fn fetch(&mut self, uid: u32, size: usize, cap: usize) -> Result<Fetched, Fault> {
        if size > cap {
            return self.headers(uid).await;
        }
        let mut whole: Vec<u8> = Vec::with_capacity(size.min(cap));
        loop {
            let query = format!("(UID BODY.PEEK[]<{}.{CHUNK}>)", whole.len());
            let Some(item) = self.piece(uid, &query).await? else { return Ok(Fetched::Gone) };
            let piece = item.body().unwrap_or_default();
            whole.extend_from_slice(piece);
            if whole.len() > cap {
                return self.headers(uid).await;
            }
            if piece.len() < CHUNK {
                return Ok(if whole.is_empty() { Fetched::Gone } else { Fetched::Whole(whole) });
            }
        }
    }

    async fn headers(&mut self, uid: u32) -> Result<Fetched, Fault> {
        let query = format!("(UID BODY.PEEK[HEADER]<0.{HEADERS}>)");
        Ok(match self.piece(uid, &query).await? {
            Some(item) => Fetched::Headers(item.header().unwrap_or_default().to_vec()),
            None => Fetched::Gone,
        })
    }

    async fn piece(&mut self, uid: u32, query: &str) -> Result<Option<Fetch>, Fault> {
        let items: Vec<Fetch> = within("UID FETCH", async {
            self.session.uid_fetch(uid.to_string(), query).await?.try_collect().await
        })
        .await?;
        Ok(items.into_iter().find(|item| item.uid == Some(uid) && has_content(item)))
    }

    /// The mailbox of sent letters: by its attribute (RFC 6154), else by the names that servers use.
    pub async fn sent_mailbox(&mut self) -> Result<Option<String>, Fault> {
        let names: Vec<async_imap::types::Name> = within("LIST", async {
            self.session.list(Some(""), Some("*")).await?.try_collect().await
        })
        .await?;
        let marked = names.iter().find(|n| n.attributes().contains(&NameAttribute::Sent));
        let named = || {
            SENT_NAMES.iter().find_map(|usual| {
                names.iter().find(|n| {
                    let last = n
                        .delimiter()
                        .map_or(n.name(), |d| n.name().rsplit(d).next().unwrap_or_default());
                    last.eq_ignore_ascii_case(usual)
                        && !n.attributes().contains(&NameAttribute::NoSelect)
                })
            })
        };
        Ok(marked.or_else(named).map(|n| n.name().to_owned()))
    }

    /// Puts a letter into a mailbox, as read.
    pub async fn append(&mut self, name: &str, letter: &[u8]) -> Result<(), Fault> {
        within("APPEND", self.session.append(name, Some("(\\Seen)"), None, letter)).await
    }

    pub async fn create(&mut self, name: &str) -> Result<(), Fault> {
        within("CREATE", self.session.create(name)).await
    }

    /// Whether letters arrived in the open mailbox while other commands ran.
    pub fn has_news(&self) -> bool {
        has_news(|| self.session.unsolicited_responses.try_recv().ok())
    }

    /// Waits until something changes in the open mailbox, at most so long. IDLE must be renewed
    /// within 29 minutes (RFC 2177), and networks forget quiet connections much sooner.
    pub async fn wait(self, at_most: Duration) -> Result<Self, Fault> {
        let idles = self.idles;
        let news = self.session.unsolicited_responses.clone();
        let mut idle = self.session.idle();
        within("IDLE", idle.init()).await?;
        if !has_news(|| news.try_recv().ok()) {
            let (changed, _stop) = idle.wait_with_timeout(at_most);
            // The inner time limit starts anew with every "still here" of the server.
            if let Ok(outcome) = timeout(at_most, changed).await {
                outcome.map_err(Fault::from)?;
            }
        }
        let session = match timeout(Duration::from_secs(15), idle.done()).await {
            Ok(session) => session?,
            Err(_) => return Err(Fault::Lost("no answer to DONE".to_owned())),
        };
        Ok(Self { session, idles })
    }

    /// Says good-bye; nobody waits long for the answer.
    pub async fn log_out(mut self) {
        let _ = timeout(Duration::from_secs(2), self.session.logout()).await;
    }
}

/// Names of the mailbox of sent letters where the server does not mark it, the last one Russian
/// in modified UTF-7.
const SENT_NAMES: &[&str] =
    &["Sent", "Sent Items", "Sent Messages", "Sent Mail", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"];

fn has_content(item: &Fetch) -> bool {
    item.body().is_some() || item.header().is_some()
}

/// Empties the queue of what the server said unasked; true when letters arrived.
fn has_news(mut next: impl FnMut() -> Option<UnsolicitedResponse>) -> bool {
    let mut news = false;
    while let Some(response) = next() {
        news |= matches!(response, UnsolicitedResponse::Exists(_));
    }
    news
}

async fn greeting(client: &mut Client<Wire>) -> Result<(), Error> {
    match client.read_response().await? {
        Some(_) => Ok(()),
        None => Err(Error::ConnectionLost),
    }
}

async fn authenticate(
    client: Client<Wire>,
    login: &str,
    access: &Access,
) -> Result<Session<Wire>, Error> {
    let outcome = match access {
        Access::Token(token) => {
            let response = initial_response(login, token.expose_secret());
            client.authenticate("XOAUTH2", Xoauth2 { response }).await
        }
        // A quoted string of LOGIN is ASCII alone.
        Access::Password(password) if !password.expose_secret().is_ascii() || !login.is_ascii() => {
            let response = format!("\0{login}\0{}", password.expose_secret());
            client.authenticate("PLAIN", Plain { response }).await
        }
        Access::Password(password) => client.login(login, password.expose_secret()).await,
    };
    outcome.map_err(|(error, _client)| error)
}

/// Servers also say NO when they are busy; then the password is not to blame (RFC 5530).
fn refusal(error: Error) -> LoginError {
    match error {
        Error::No(text) | Error::Bad(text) => {
            let upper = text.to_ascii_uppercase();
            let busy = [
                "UNAVAILABLE",
                "INUSE",
                "SERVERBUG",
                "[LIMIT",
                "TEMPORAR",
                "TRY AGAIN",
                "TOO MANY",
            ];
            if busy.iter().any(|word| upper.contains(word)) {
                LoginError::NotNow(text)
            } else {
                LoginError::Credentials(text)
            }
        }
        other => LoginError::NotNow(other.to_string()),
    }
}
