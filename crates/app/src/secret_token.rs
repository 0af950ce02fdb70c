//! Random secrets that are shown once: sessions, personal tokens, invites. The database keeps only
//! their SHA-256, which is enough for 256 random bits.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore, rngs::OsRng};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use store::TokenHash;

use crate::{Error, Result};

/// What personal tokens begin with, so that leak scanners and people recognise them.
pub const API_TOKEN_PREFIX: &str = "bsd_";

/// A fresh secret, and what to keep of it.
pub(crate) fn fresh(prefix: &str) -> Result<(String, TokenHash)> {
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
    let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash = hash(&text);
    Ok((text, hash))
}

pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// A secret for its one reader.
pub(crate) fn shown(text: String) -> SecretString {
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_256_bits_and_differ() {
        let (one, kept) = fresh(API_TOKEN_PREFIX).expect("randomness");
        let (other, _) = fresh(API_TOKEN_PREFIX).expect("randomness");
        assert_eq!(one.chars().count(), 4 + 43);
        assert_ne!(one, other);
        assert_eq!(hash(&one), kept);
    }
}
