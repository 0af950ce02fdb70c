//! The e-mail driver. Roles: listener (IMAP). Letters go out by SMTP.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use channel::{
    Channel, ConnectError, Connected, Connecting, Driver, FieldError, Inbox, ListenError, Listener,
    Outbound, Receive, SendError, Sent, SettingsForm,
};
use domain::{
    channel::{Capabilities, ChannelKind, FileLimit, StateReport, TextUnit},
    content::FileKind,
    delivery::DeliveryStatus,
    ids::MessageId,
    text::Words,
};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    compose::{self, Composed},
    ids,
    imap::{self, Imap},
    listen::{self, Pace},
    oauth::{Access, TokenError, Tokens},
    reader::Reader,
    settings::{self, Auth, Mailbox},
    smtp,
    wire::{Reach, Wires},
    words,
};

/// For the copy in \Sent: the letter has gone, and its conversation waits for us.
const TO_COPY: Duration = Duration::from_secs(20);

/// E-mail over IMAP and SMTP.
pub struct Email {
    pub(crate) wires: Wires,
    pub(crate) tokens: Tokens,
    pub(crate) reader: Reader,
    pub(crate) pace: Pace,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("wires", &self.wires).finish_non_exhaustive()
    }
}

impl Email {
    /// A driver that trusts the public roots and `extra_roots` (a company's own certificates).
    pub fn new(reach: Reach, extra_roots: Vec<CertificateDer<'static>>) -> Self {
        Self {
            wires: Wires::new(reach, extra_roots),
            tokens: Tokens::default(),
            reader: Reader::default(),
            pace: Pace::default(),
        }
    }

    /// The same with another rhythm of looking.
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// What to log in with; asks for a new token where the old one ends.
    pub(crate) async fn access(&self, mailbox: &Mailbox) -> Result<Access, TokenError> {
        if let Auth::Refresh(refresh) = &mailbox.auth
            && !self.wires.allows(&refresh.token_url).await
        {
            return Err(TokenError::Refused("this token address is not allowed".to_owned()));
        }
        self.tokens.access(&mailbox.auth).await
    }

    /// Puts the letter into \Sent, where the company's mail programs show it. Best effort.
    async fn copy(&self, mailbox: &Mailbox, access: &Access, letter: &Composed) {
        if mailbox.provider.is_some_and(|p| p.saves_sent) {
            return;
        }
        let copied = timeout(TO_COPY, async {
            let mut imap =
                Imap::log_in(&self.wires, mailbox, access).await.map_err(|e| e.to_string())?;
            let outcome = copy_into_sent(&mut imap, letter).await.map_err(|e| e.to_string());
            imap.log_out().await;
            outcome
        })
        .await;
        match copied {
            Ok(Ok(())) => {}
            Ok(Err(why)) => tracing::warn!(%why, "a sent letter was not copied to Sent"),
            Err(_) => tracing::warn!("a sent letter was not copied to Sent in time"),
        }
    }
}

impl Default for Email {
    fn default() -> Self {
        Self::new(Reach::Everywhere, Vec::new())
    }
}

async fn copy_into_sent(imap: &mut Imap, letter: &Composed) -> Result<(), imap::Fault> {
    let sent = match imap.sent_mailbox().await? {
        Some(sent) => sent,
        None => {
            imap.create("Sent").await?;
            "Sent".to_owned()
        }
    };
    imap.open(&sent).await?;
    // Some servers save what goes out over their SMTP; a second copy would puzzle people.
    if imap.has(&letter.message_id).await? {
        return Ok(());
    }
    imap.append(&sent, &letter.bytes).await
}

#[async_trait]
impl Driver for Email {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("email")
    }

    fn title(&self) -> Words {
        Words::new("Электронная почта", "E-mail")
    }

    fn capabilities(&self) -> Capabilities {
        let kinds = [
            FileKind::Image,
            FileKind::Video,
            FileKind::VideoNote,
            FileKind::Audio,
            FileKind::Voice,
            FileKind::File,
            FileKind::Sticker,
        ];
        Capabilities {
            max_text: 100_000,
            text_unit: TextUnit::Characters,
            max_caption: 100_000,
            files: kinds.map(|kind| FileLimit { kind, max_bytes: compose::MOST_BYTES }).to_vec(),
            max_files: 20,
            subject: true,
            replies: true,
            delivery_receipts: false,
            read_receipts: false,
            // SMTP knows no key against doubles, and a letter that is missing in \Sent may still
            // have gone, so an uncertain letter is shown and not repeated.
            idempotent_send: false,
            write_first: true,
            in_widget: false,
            edit_within: None,
            remove_within: None,
            reactions: Vec::new(),
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        Mailbox::of(channel).map(|_| ())
    }

    async fn connect(
        &self,
        channel: &Channel,
        _connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let mailbox = Mailbox::of(channel).map_err(|errors| {
            errors.into_iter().next().map_or_else(
                || ConnectError::Unreachable("the settings do not fit".to_owned()),
                ConnectError::Field,
            )
        })?;
        let access = self.access(&mailbox).await.map_err(|error| match error {
            TokenError::Refused(text) => words::refused_field(&mailbox, &text),
            TokenError::Unreachable(why) => ConnectError::Unreachable(why),
        })?;

        const IMAP: [&str; 3] = ["imap_host", "imap_port", "imap_security"];
        const SMTP: [&str; 3] = ["smtp_host", "smtp_port", "smtp_security"];
        let typed = |fields: [&str; 3]| fields.iter().any(|f| channel.settings.contains_key(*f));
        match Imap::log_in(&self.wires, &mailbox, &access).await {
            Ok(imap) => imap.log_out().await,
            Err(imap::LoginError::Credentials(text)) => {
                self.tokens.forget(&mailbox.auth).await;
                return Err(words::refused_field(&mailbox, &text));
            }
            Err(imap::LoginError::Open(error)) => {
                return Err(words::cannot_open(&error, IMAP, typed(IMAP)));
            }
            Err(imap::LoginError::NotNow(why)) => return Err(ConnectError::Unreachable(why)),
        }
        match smtp::log_in(&self.wires, &mailbox, &access).await {
            Ok(smtp) => smtp::quit(smtp).await,
            Err(smtp::LoginError::Credentials(text)) => {
                return Err(words::refused_field(&mailbox, &text));
            }
            Err(smtp::LoginError::Open(error)) => {
                return Err(words::cannot_open(&error, SMTP, typed(SMTP)));
            }
            Err(smtp::LoginError::NotNow(why)) => return Err(ConnectError::Unreachable(why)),
        }
        Ok(Connected {
            external_id: mailbox.address.clone(),
            title: mailbox.address,
            receive: Receive::Listener,
        })
    }

    /// Nothing of ours is registered at a mail server.
    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    /// The listener holds a login all the time and tells of trouble by itself; a login every few
    /// minutes more would only eat the limits of public services.
    async fn inspect(&self, _channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        None
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let mailbox = Mailbox::of(channel).map_err(|_| SendError::Retry {
            after: Duration::from_secs(300),
            scope: channel::RetryScope::Channel,
            why: "the settings do not fit".to_owned(),
        })?;
        let files = compose::load(message.content.files()).await?;
        let letter = compose::compose(&mailbox, channel.id, message, files)?;
        let access = self.access(&mailbox).await.map_err(|error| match error {
            TokenError::Refused(text) => SendError::Disconnected(words::bad_login(&mailbox, &text)),
            TokenError::Unreachable(why) => SendError::Retry {
                after: Duration::from_secs(60),
                scope: channel::RetryScope::Channel,
                why,
            },
        })?;
        let mut smtp = match smtp::log_in(&self.wires, &mailbox, &access).await {
            Ok(smtp) => smtp,
            Err(error) => {
                if matches!(error, smtp::LoginError::Credentials(_)) {
                    self.tokens.forget(&mailbox.auth).await;
                }
                return Err(smtp::login_failed(error, &mailbox));
            }
        };
        smtp::send(&mut smtp, &letter).await?;
        smtp::quit(smtp).await;
        self.copy(&mailbox, &access, &letter).await;
        Ok(Sent {
            parts: Vec::new(),
            external_id: ids::of_ours(&letter.message_id),
            aliases: vec![letter.message_id],
            status: DeliveryStatus::Sent,
        })
    }

    fn foretold(&self, channel: &Channel, _recipient: &str, message: MessageId) -> Vec<String> {
        let Ok(mailbox) = Mailbox::of(channel) else { return Vec::new() };
        let ours = ids::OurId { message, channel: channel.id }.text(&mailbox.address);
        vec![ids::of_ours(&ours), ours]
    }

    fn listener(&self) -> Option<&dyn Listener> {
        Some(self)
    }
}

#[async_trait]
impl Listener for Email {
    async fn run(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        // Dropping the work at any point is safe: letters and cursor commit together.
        tokio::select! {
            biased;
            () = stop.cancelled() => Ok(()),
            outcome = listen::run(self, channel, inbox) => outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::ids::{AccountId, ChannelId};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn channel(settings: Value, secrets: &[(&str, &str)]) -> Channel {
        let secrets = secrets.iter().map(|(key, value)| ((*key).to_owned(), (*value).into()));
        Channel {
            id: ChannelId(Uuid::nil()),
            account: AccountId(Uuid::nil()),
            name: String::new(),
            settings: settings.as_object().cloned().unwrap_or_default(),
            secrets: secrets.collect::<BTreeMap<_, _>>(),
            hook_secret: "tell-nobody-either".into(),
            external_id: None,
            memory: std::sync::Arc::new(channel::Forgetful),
        }
    }

    #[test]
    fn the_form_keeps_the_contract_of_drivers() {
        let email = Email::default();
        channel::testkit::check_form(&email, &channel(json!({}), &[]));
        channel::testkit::check_secrets(&channel(json!({}), &[("password", "tell-nobody")]));
    }

    #[test]
    fn ch_10_a_public_mailbox_needs_address_and_password_alone() {
        let email = Email::default();
        let good = channel(json!({ "email": "shop@mail.ru" }), &[("password", "p")]);
        assert_eq!(email.check(&good), Ok(()));
        for (settings, secrets, field) in [
            (json!({ "email": "shop" }), vec![("password", "p")], "email"),
            (json!({ "email": "shop@mail.ru" }), vec![], "password"),
            (json!({ "email": "shop@corp.test" }), vec![("password", "p")], "imap_host"),
            (
                json!({ "email": "shop@corp.test", "imap_host": "imap.corp.test" }),
                vec![("password", "p")],
                "smtp_host",
            ),
            (
                json!({ "email": "shop@mail.ru", "imap_host": "mx.corp.test", "imap_security": "none" }),
                vec![("password", "p")],
                "imap_security",
            ),
            (
                json!({ "email": "shop@mail.ru", "imap_port": 70000 }),
                vec![("password", "p")],
                "imap_port",
            ),
            (
                json!({ "email": "shop@mail.ru", "smtp_host": "https://x/" }),
                vec![("password", "p")],
                "smtp_host",
            ),
            (json!({ "email": "shop@mail.ru", "auth": "xoauth2" }), vec![], "oauth_refresh_token"),
            (
                json!({ "email": "shop@mail.ru", "auth": "xoauth2", "oauth_client_id": "c",
                        "oauth_token_url": "http://o2.mail.ru/token" }),
                vec![("oauth_refresh_token", "r")],
                "oauth_token_url",
            ),
        ] {
            let errors =
                email.check(&channel(settings.clone(), &secrets)).err().unwrap_or_default();
            assert!(errors.iter().any(|e| e.field == field), "{settings}: {errors:?}");
        }
    }
}
