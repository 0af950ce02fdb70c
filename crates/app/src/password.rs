//! Passwords: argon2id, off the async threads and few at a time, so that log-ins cannot take the
//! machine from the messages.

use std::time::Duration;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::text::Words;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::{Error, Invalid, Result};

const SHORTEST: usize = 10;
const LONGEST: usize = 200;

/// Each hashing takes about 20 MB and some tens of milliseconds of one core.
static TURNS: Semaphore = Semaphore::const_new(2);
/// Who waits longer for a turn is told to come later.
const PATIENCE: Duration = Duration::from_secs(10);

/// A hash of no password, with the parameters of real ones: checking against it takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What is wrong with a new password, if anything. Length is the only rule, as NIST SP 800-63B
/// (5.1.1.2) advises.
pub(crate) fn check(field: &str, password: &SecretString) -> Option<Invalid> {
    let length = password.expose_secret().chars().count();
    if length < SHORTEST {
        Some(Invalid::new(
            field,
            "too_short",
            Words::new(
                "Пароль короче 10 знаков. Придумайте подлиннее, например фразу из нескольких слов.",
                "The password is shorter than 10 characters. Use a longer one, such as a phrase.",
            ),
        ))
    } else if length > LONGEST {
        Some(Invalid::new(
            field,
            "too_long",
            Words::new(
                "Пароль длиннее 200 знаков. Сократите его.",
                "The password is longer than 200 characters. Shorten it.",
            ),
        ))
    } else {
        None
    }
}

async fn turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let permit = tokio::time::timeout(PATIENCE, TURNS.acquire())
        .await
        .map_err(|_| Error::Unavailable("too many passwords to check at once".to_owned()))?
        .map_err(|e| Error::Internal(e.to_string()))?;
    // The permit goes with the work: a client that hangs up does not free its turn early.
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
    .map_err(|e| Error::Internal(format!("password hashing died: {e}")))
}

pub(crate) async fn hash(password: &SecretString) -> Result<String> {
    let password = password.clone();
    turn(move || {
        Argon2::default()
            .hash_password(password.expose_secret().as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|e| Error::Internal(format!("cannot hash a password: {e}")))
    })
    .await?
}

/// Whether the password is the hashed one.
pub(crate) async fn verify(password: &SecretString, hash: String) -> Result<bool> {
    let password = password.clone();
    turn(move || {
        let Ok(parsed) = PasswordHash::new(&hash) else {
            tracing::error!("a stored password hash cannot be read");
            return false;
        };
        Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok()
    })
    .await
}

/// Takes as long as [`verify`] when there is nobody to verify.
pub(crate) async fn verify_nobody(password: &SecretString) -> Result<()> {
    verify(password, NOBODY.to_owned()).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let password = SecretString::from("correct horse battery");
        let hashed = hash(&password).await.expect("hashes");
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "as NOBODY: {hashed}");
        assert!(verify(&password, hashed.clone()).await.expect("runs"));
        assert!(!verify(&"another password".into(), hashed).await.expect("runs"));
        assert!(PasswordHash::new(NOBODY).is_ok(), "else the dummy check would take no time");
        verify_nobody(&password).await.expect("runs");
    }

    #[test]
    fn length_is_counted_in_characters() {
        let code = |text: &str| check("password", &text.into()).map(|i| i.code);
        assert_eq!(code("короткий"), Some("too_short"));
        assert_eq!(code("длинныйпароль"), None);
        assert_eq!(code(&"я".repeat(201)), Some("too_long"));
    }
}
