//! Reads a mailbox for as long as it is connected: what arrived since the cursor, then IDLE.

use std::time::Duration;

use bytes::Bytes;
use channel::{Batch, Channel, Inbox, ListenError};
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};
use tokio::time::sleep;

use crate::{
    cursor::{self, Cursor, Plan},
    driver::Email,
    imap::{Fault, Fetched, Imap, Listed, LoginError},
    inbound::{self, Context, Folder},
    letter::Refusal,
    settings::Mailbox,
    words,
};

/// How long to wait before looking again.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// In one IDLE.
    pub idle: Duration,
    /// In one IDLE where \Sent is watched too: a connection idles in one mailbox alone.
    pub idle_with_sent: Duration,
    /// Where the server knows no IDLE.
    pub poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(9 * 60),
            idle_with_sent: Duration::from_secs(2 * 60),
            poll: Duration::from_secs(60),
        }
    }
}

/// Runs until the connection breaks.
pub async fn run(email: &Email, channel: &Channel, inbox: &dyn Inbox) -> Result<(), ListenError> {
    let mailbox = Mailbox::of(channel).map_err(|errors| stopped_by_settings(&errors))?;
    let mut imap = log_in(email, &mailbox).await?;
    let sent = if mailbox.watch_sent { imap.sent_mailbox().await.map_err(lost)? } else { None };
    let listening = Listening { email, channel, mailbox: &mailbox, inbox };

    // Letters of \Sent that were there before the first connecting are not looked at.
    let mut told = false;
    loop {
        if let Some(sent) = &sent {
            listening.catch_up(&mut imap, sent, Folder::Sent).await?;
        }
        listening.catch_up(&mut imap, "INBOX", Folder::Inbox).await?;
        if !told {
            inbox.report(StateReport::connected()).await?;
            told = true;
        }
        if imap.has_news() {
            continue;
        }
        imap = if !imap.idles {
            sleep(email.pace.poll).await;
            imap
        } else if sent.is_some() {
            imap.wait(email.pace.idle_with_sent).await.map_err(lost)?
        } else {
            imap.wait(email.pace.idle).await.map_err(lost)?
        };
    }
}

fn lost(fault: Fault) -> ListenError {
    ListenError::Interrupted(fault.to_string())
}

fn stopped_by_settings(errors: &[channel::FieldError]) -> ListenError {
    let reason = errors.first().map_or_else(
        || Words::new("Настройки не подходят.", "The settings do not fit."),
        |error| error.message.clone(),
    );
    ListenError::Stopped(StateReport::new(
        ChannelState::Failed,
        reason,
        Words::new("Исправьте настройки канала.", "Correct the channel's settings."),
    ))
}

async fn log_in(email: &Email, mailbox: &Mailbox) -> Result<Imap, ListenError> {
    let access =
        email.access(mailbox).await.map_err(|error| words::listen_token(&error, mailbox))?;
    match Imap::log_in(&email.wires, mailbox, &access).await {
        Ok(imap) => Ok(imap),
        Err(LoginError::Credentials(text)) => {
            email.tokens.forget(&mailbox.auth).await;
            Err(ListenError::Stopped(words::bad_login(mailbox, &text)))
        }
        Err(error @ (LoginError::Open(_) | LoginError::NotNow(_))) => {
            Err(ListenError::Interrupted(error.to_string()))
        }
    }
}

struct Listening<'a> {
    email: &'a Email,
    channel: &'a Channel,
    mailbox: &'a Mailbox,
    inbox: &'a dyn Inbox,
}

impl Listening<'_> {
    /// Stores everything that arrived since the cursor. Each letter commits with the cursor behind
    /// it, so a crash anywhere repeats at most a letter that the unique key knows.
    async fn catch_up(
        &self,
        imap: &mut Imap,
        name: &str,
        folder: Folder,
    ) -> Result<(), ListenError> {
        let opened = imap.open(name).await.map_err(lost)?;
        let key = match folder {
            Folder::Inbox => "imap.inbox",
            Folder::Sent => "imap.sent",
        };
        let stored = self.inbox.state(key).await?;
        let stored: Option<Cursor> = match stored.map(serde_json::from_value) {
            Some(Ok(cursor)) => Some(cursor),
            None => None,
            Some(Err(error)) => {
                tracing::error!(channel.id = %self.channel.id, %error, "a mail cursor is unreadable");
                None
            }
        };
        let now = self.inbox.now();
        let mut cursor = match cursor::plan(stored, name, opened, now) {
            Plan::Begin(cursor) => {
                self.store(key, &cursor, Batch::default()).await?;
                cursor
            }
            Plan::Resume(cursor) => cursor,
            Plan::Renumbered { since } => {
                tracing::warn!(channel.id = %self.channel.id, mailbox = key, "the mail server renumbered its letters");
                let found = imap.since(since).await.map_err(lost)?;
                let cursor = cursor::renumbered(name, opened, since, &found, now);
                self.store(key, &cursor, Batch::default()).await?;
                cursor
            }
        };
        if cursor.last_uid.saturating_add(1) >= opened.uid_next && !imap.has_news() {
            return Ok(());
        }
        for listed in imap.list(cursor.last_uid.saturating_add(1)).await.map_err(lost)? {
            let batch = if cursor.wants(&listed) {
                self.take(imap, listed, folder).await?
            } else {
                Batch::default()
            };
            cursor = cursor.past(listed.uid, self.inbox.now());
            self.store(key, &cursor, batch).await?;
        }
        Ok(())
    }

    async fn store(&self, key: &str, cursor: &Cursor, batch: Batch) -> Result<(), ListenError> {
        let value = serde_json::to_value(cursor)
            .map_err(|error| ListenError::Interrupted(error.to_string()))?;
        let batch = Batch { state: vec![(key.to_owned(), value)], ..batch };
        Ok(self.inbox.accept(batch).await?)
    }

    /// Fetches and reads one letter.
    async fn take(
        &self,
        imap: &mut Imap,
        listed: Listed,
        folder: Folder,
    ) -> Result<Batch, ListenError> {
        let cap = self.email.reader.caps().size;
        let raw = match imap.fetch(listed.uid, listed.size, cap).await.map_err(lost)? {
            Fetched::Whole(raw) => Bytes::from(raw),
            Fetched::Headers(headers) => {
                return Ok(self.refused(Refusal::TooLarge, headers.into(), folder));
            }
            Fetched::Gone => return Ok(Batch::default()),
        };
        let context = Context {
            channel: self.channel.id,
            own: &self.mailbox.address,
            folder,
            received: listed.received.unwrap_or_else(|| self.inbox.now()),
        };
        match self.email.reader.read(raw.clone()).await {
            Ok(Ok(letter)) => Ok(inbound::of(letter, &raw, context)),
            Ok(Err(refusal)) => Ok(self.refused(refusal, raw, folder)),
            Err(busy) => Err(ListenError::Interrupted(busy.to_string())),
        }
    }

    fn refused(&self, refusal: Refusal, raw: Bytes, folder: Folder) -> Batch {
        tracing::warn!(channel.id = %self.channel.id, why = %refusal, "a letter is quarantined");
        match folder {
            Folder::Inbox => inbound::refused(refusal, raw),
            // Somebody of our side wrote it and knows of it.
            Folder::Sent => Batch::default(),
        }
    }
}
