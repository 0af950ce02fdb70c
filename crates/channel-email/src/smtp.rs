//! Hands a letter to an SMTP server, step by step, so that it is known at which step it failed:
//! before the letter went, nothing was sent; after, it may have been (RFC 5321, 4.2.5).

use std::{future::Future, time::Duration};

use channel::{RetryScope, SendError};
use domain::text::shortened;
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::{
    compose::Composed,
    oauth::Access,
    providers::Security,
    settings::Mailbox,
    wire::{OpenError, Wires},
    words,
};

/// For one command.
const TO_ANSWER: Duration = Duration::from_secs(60);
/// For the letter itself: servers look for viruses before they answer.
const TO_ACCEPT: Duration = Duration::from_secs(180);
/// Before another try where the server gives no time of its own.
const SOON: Duration = Duration::from_secs(60);
const LATER: Duration = Duration::from_secs(300);
/// After a limit per day or hour.
const MUCH_LATER: Duration = Duration::from_secs(3600);

/// Why logging in failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the login is refused: {0}")]
    Credentials(String),
    #[error("the server is not ready: {0}")]
    NotNow(String),
}

/// What became of a command.
enum Outcome {
    Accepted,
    /// 4xx
    NotNow(String),
    /// 5xx
    Refused(String),
    /// No answer, or one that is none.
    Lost(String),
}

async fn within<T>(limit: Duration, command: impl Future<Output = Result<T, Error>>) -> Outcome {
    match timeout(limit, command).await {
        Ok(Ok(_)) => Outcome::Accepted,
        Ok(Err(error)) if error.is_transient() => Outcome::NotNow(said(&error)),
        Ok(Err(error)) if error.is_permanent() => Outcome::Refused(said(&error)),
        Ok(Err(error)) => Outcome::Lost(error.to_string()),
        Err(_) => Outcome::Lost("no answer in time".to_owned()),
    }
}

/// The server's words with its code.
fn said(error: &Error) -> String {
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    shortened(format!("{code} {text}").trim(), 300)
}

/// Connects and logs in.
pub async fn log_in(
    wires: &Wires,
    mailbox: &Mailbox,
    access: &Access,
) -> Result<AsyncSmtpConnection, LoginError> {
    let wire = wires.open(&mailbox.smtp).await?;
    let me = ClientId::default();
    let greeted =
        timeout(TO_ANSWER, AsyncSmtpConnection::connect_with_transport(Box::new(wire), &me)).await;
    let mut smtp = match greeted {
        Ok(Ok(smtp)) => smtp,
        Ok(Err(error)) => return Err(LoginError::NotNow(error.to_string())),
        Err(_) => return Err(LoginError::NotNow("no greeting in time".to_owned())),
    };
    if mailbox.smtp.security == Security::StartTls {
        let tls = tls(wires, &mailbox.smtp.host)
            .map_err(|error| LoginError::Open(OpenError::Tls(error.to_string())))?;
        match within(TO_ANSWER, smtp.starttls(tls, &me)).await {
            Outcome::Accepted => {}
            Outcome::NotNow(why) => return Err(LoginError::NotNow(why)),
            Outcome::Refused(why) | Outcome::Lost(why) => {
                return Err(LoginError::Open(OpenError::Tls(why)));
            }
        }
    }
    let offered = access
        .mechanisms()
        .iter()
        .any(|mechanism| smtp.server_info().supports_auth_mechanism(*mechanism));
    if !offered {
        // A relay on the same machine needs no login; anybody else who offers none is wrong.
        if mailbox.smtp.security == Security::None {
            return Ok(smtp);
        }
        return Err(LoginError::Credentials("no way to log in is offered".to_owned()));
    }
    let credentials =
        Credentials::new(mailbox.smtp_login.clone(), access.secret().expose_secret().to_owned());
    match within(TO_ANSWER, smtp.auth(access.mechanisms(), &credentials)).await {
        Outcome::Accepted => Ok(smtp),
        Outcome::Refused(why) => Err(LoginError::Credentials(why)),
        Outcome::NotNow(why) | Outcome::Lost(why) => Err(LoginError::NotNow(why)),
    }
}

fn tls(wires: &Wires, host: &str) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(host.to_owned());
    for root in wires.extra_roots() {
        builder = builder.add_root_certificate(Certificate::from_der(root.to_vec())?);
    }
    builder.build_rustls()
}

/// What a failed login means for a message that waits.
pub fn login_failed(error: LoginError, mailbox: &Mailbox) -> SendError {
    match error {
        LoginError::Credentials(text) => SendError::Disconnected(words::bad_login(mailbox, &text)),
        error @ (LoginError::Open(_) | LoginError::NotNow(_)) => {
            SendError::Retry { after: SOON, scope: RetryScope::Channel, why: error.to_string() }
        }
    }
}

/// Sends a letter over a logged-in connection.
pub async fn send(smtp: &mut AsyncSmtpConnection, letter: &Composed) -> Result<(), SendError> {
    let mut parameters = Vec::new();
    if !letter.bytes.is_ascii() {
        if !smtp.server_info().supports_feature(Extension::EightBitMime) {
            return Err(rejected("no_8bit", "the server takes no 8-bit letters".to_owned()));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    if !letter.envelope.to().iter().chain(letter.envelope.from()).all(is_ascii) {
        if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
            let text = "Почтовый сервер не умеет адреса не латиницей.".to_owned();
            return Err(rejected("bad_recipient", text));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }

    let mail = Mail::new(letter.envelope.from().cloned(), parameters);
    step(within(TO_ANSWER, smtp.command(mail)).await, RetryScope::Channel, "refused")?;
    for to in letter.envelope.to() {
        let rcpt = Rcpt::new(to.clone(), Vec::new());
        let outcome = within(TO_ANSWER, smtp.command(rcpt)).await;
        step(outcome, RetryScope::Conversation, "bad_recipient")?;
    }
    step(within(TO_ANSWER, smtp.command(Data)).await, RetryScope::Conversation, "refused")?;
    match within(TO_ACCEPT, smtp.message(&letter.bytes)).await {
        Outcome::Lost(why) => Err(SendError::Unknown(why)),
        outcome => step(outcome, RetryScope::Conversation, "refused"),
    }
}

/// Says good-bye; the letter is accepted whatever comes of it.
pub async fn quit(mut smtp: AsyncSmtpConnection) {
    let _ = timeout(Duration::from_secs(2), smtp.quit()).await;
}

fn step(outcome: Outcome, scope: RetryScope, code: &'static str) -> Result<(), SendError> {
    match outcome {
        Outcome::Accepted => Ok(()),
        Outcome::NotNow(why) => Err(SendError::Retry { after: LATER, scope, why }),
        Outcome::Lost(why) => {
            Err(SendError::Retry { after: SOON, scope: RetryScope::Channel, why })
        }
        Outcome::Refused(text) if is_limit(&text) => {
            Err(SendError::Retry { after: MUCH_LATER, scope: RetryScope::Channel, why: text })
        }
        Outcome::Refused(text) => Err(rejected(code, text)),
    }
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}

/// Public services answer a passed limit with 5xx, though it passes by itself: Google with
/// `550 5.4.5 Daily user sending limit exceeded`, others in such words.
fn is_limit(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("5.4.5")
        || lower.contains("sending limit")
        || lower.contains("ratelimit exceeded")
        || lower.contains("too many messages")
}

fn rejected(code: &'static str, text: String) -> SendError {
    SendError::Rejected { code, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_names_the_next_move() {
        let retry = |outcome| step(outcome, RetryScope::Conversation, "bad_recipient");
        assert_eq!(retry(Outcome::Accepted), Ok(()));
        assert!(matches!(
            retry(Outcome::NotNow("451 greylisted".into())),
            Err(SendError::Retry { scope: RetryScope::Conversation, .. })
        ));
        assert!(matches!(
            retry(Outcome::Refused("550 5.1.1 no such user".into())),
            Err(SendError::Rejected { code: "bad_recipient", .. })
        ));
        assert!(matches!(
            retry(Outcome::Refused("550 5.4.5 Daily user sending limit exceeded".into())),
            Err(SendError::Retry { scope: RetryScope::Channel, .. })
        ));
        assert!(matches!(retry(Outcome::Lost("eof".into())), Err(SendError::Retry { .. })));
    }
}
