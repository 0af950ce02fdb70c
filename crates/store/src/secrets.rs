//! Secrets at rest: envelope encryption. Each account has a data key, wrapped by a versioned master
//! key; a secret is sealed with the data key (XChaCha20-Poly1305, random nonce) and bound to its
//! table, column and row, so a ciphertext moved to another row does not open.

use std::collections::BTreeMap;

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use domain::ids::AccountId;
use hmac::{Hmac, Mac};
use rand::{TryRngCore, rngs::OsRng};
use secrecy::{ExposeSecret, SecretBox, SecretSlice};
use sha2::Sha256;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Result, Store};

const NONCE: usize = 24;

/// The master keys by version: the highest seals, all open. Rotation adds a version and re-wraps
/// the accounts' data keys; secrets themselves are not touched.
pub struct MasterKeys {
    keys: BTreeMap<i32, SecretBox<[u8; 32]>>,
}

impl MasterKeys {
    /// `None` without any key.
    pub fn new(keys: impl IntoIterator<Item = (i32, [u8; 32])>) -> Option<Self> {
        let keys: BTreeMap<_, _> = keys
            .into_iter()
            .map(|(version, key)| (version, SecretBox::new(Box::new(key))))
            .collect();
        (!keys.is_empty()).then_some(Self { keys })
    }

    fn newest(&self) -> Result<(i32, &[u8; 32])> {
        self.keys
            .last_key_value()
            .map(|(v, k)| (*v, k.expose_secret()))
            .ok_or(Error::Secret("no master key is configured"))
    }

    /// Opens an account's data key.
    fn unwrap(&self, account: AccountId, version: i32, wrapped: &[u8]) -> Result<Vec<u8>> {
        let master = self
            .keys
            .get(&version)
            .ok_or(Error::Secret("the master key of this version is missing"))?;
        open(&cipher(master.expose_secret()), account.0.as_bytes(), wrapped)
    }

    /// Signs a text that goes out and comes back (a link). The prefix keeps this use of the key
    /// apart from sealing.
    pub(crate) fn sign(&self, text: &[u8]) -> Result<[u8; 32]> {
        let (_, key) = self.newest()?;
        Ok(mac(key, text)?.finalize().into_bytes().into())
    }

    /// Whether one of our keys signed it; older keys count, so that rotation breaks no link.
    pub(crate) fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        self.keys.values().any(|key| {
            mac(key.expose_secret(), text).is_ok_and(|mac| mac.verify_slice(signature).is_ok())
        })
    }
}

fn mac(key: &[u8; 32], text: &[u8]) -> Result<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .map_err(|_| Error::Secret("the key does not sign"))?;
    mac.update(b"beseda link\0");
    mac.update(text);
    Ok(mac)
}

/// Where a secret lies: what it is bound to.
#[derive(Debug, Clone, Copy)]
pub struct SecretPlace<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub row: Uuid,
}

impl SecretPlace<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}|{}|{}", self.table, self.column, self.row).into_bytes()
    }
}

/// An account's opened data key.
pub(crate) struct DataKey {
    id: i32,
    cipher: XChaCha20Poly1305,
}

impl DataKey {
    pub(crate) fn seal(&self, place: SecretPlace<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = self.id.to_be_bytes().to_vec();
        sealed.extend(seal(&self.cipher, &place.bytes(), plain)?);
        Ok(sealed)
    }

    pub(crate) fn open(&self, place: SecretPlace<'_>, sealed: &[u8]) -> Result<SecretSlice<u8>> {
        let (id, rest) = sealed.split_first_chunk::<4>().ok_or(Error::Secret("too short"))?;
        if i32::from_be_bytes(*id) != self.id {
            return Err(Error::Secret("sealed with another data key"));
        }
        Ok(open(&self.cipher, &place.bytes(), rest)?.into())
    }
}

fn seal(cipher: &XChaCha20Poly1305, aad: &[u8], msg: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    OsRng.try_fill_bytes(&mut nonce).map_err(|_| Error::Secret("no randomness"))?;
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg, aad })
        .map_err(|_| Error::Secret("cannot be sealed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(cipher: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let (nonce, msg) = sealed.split_first_chunk::<NONCE>().ok_or(Error::Secret("too short"))?;
    cipher
        .decrypt(&XNonce::from(*nonce), Payload { msg, aad })
        .map_err(|_| Error::Secret("wrong key, or the row was tampered with"))
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key).into())
}

/// Makes the account's first data key.
pub(crate) async fn create_data_key(
    conn: &mut PgConnection,
    keys: &MasterKeys,
    account: AccountId,
) -> Result<()> {
    let mut data = [0; 32];
    OsRng.try_fill_bytes(&mut data).map_err(|_| Error::Secret("no randomness"))?;
    let (version, master) = keys.newest()?;
    let wrapped = seal(&cipher(master), account.0.as_bytes(), &data)?;
    sqlx::query(
        "insert into account_keys (account_id, key_id, master_version, wrapped)
         values ($1, 1, $2, $3)",
    )
    .bind(account.0)
    .bind(version)
    .bind(wrapped)
    .execute(conn)
    .await?;
    Ok(())
}

/// Reads and unwraps the account's data key.
pub(crate) async fn data_key(
    conn: &mut PgConnection,
    keys: &MasterKeys,
    account: AccountId,
) -> Result<DataKey> {
    let (id, version, wrapped): (i32, i32, Vec<u8>) = sqlx::query_as(
        "select key_id, master_version, wrapped from account_keys
         where account_id = $1 order by key_id desc limit 1",
    )
    .bind(account.0)
    .fetch_one(conn)
    .await?;
    let plain = keys.unwrap(account, version, &wrapped)?;
    let key: [u8; 32] =
        plain.try_into().map_err(|_| Error::Secret("the data key has a wrong length"))?;
    Ok(DataKey { id, cipher: cipher(&key) })
}

/// Data keys wrapped anew by one transaction.
const REWRAPPED_AT_ONCE: i64 = 500;

impl Store {
    /// Wraps every data key that an older master key wraps by the newest one, in bounded steps, and
    /// returns how many there were. What was done stays done when a step fails; safe to repeat.
    pub async fn rewrap_keys(&self) -> Result<u64> {
        let mut done = 0;
        loop {
            match self.rewrap_some().await? {
                0 => return Ok(done),
                some => done += some,
            }
        }
    }

    async fn rewrap_some(&self) -> Result<u64> {
        let (newest, master) = self.keys().newest()?;
        let mut tx = self.platform.begin().await?;
        let rows: Vec<(Uuid, i32, i32, Vec<u8>)> = sqlx::query_as(
            "select account_id, key_id, master_version, wrapped from account_keys
             where master_version < $1 order by account_id, key_id limit $2 for update",
        )
        .bind(newest)
        .bind(REWRAPPED_AT_ONCE)
        .fetch_all(&mut *tx)
        .await?;
        let mut done = 0;
        for (account, key, version, wrapped) in rows {
            let data = self.keys().unwrap(AccountId(account), version, &wrapped)?;
            let updated = sqlx::query(
                "update account_keys set master_version = $3, wrapped = $4
                 where account_id = $1 and key_id = $2",
            )
            .bind(account)
            .bind(key)
            .bind(newest)
            .bind(seal(&cipher(master), account.as_bytes(), &data)?)
            .execute(&mut *tx)
            .await?;
            match updated.rows_affected() {
                1 => done += 1,
                hit => return Err(Error::RowsAffected { what: "a data key", hit }),
            }
        }
        tx.commit().await?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_signed_is_known_and_nothing_else() {
        let old = MasterKeys::new([(1, [1; 32])]).expect("a key");
        let new = MasterKeys::new([(1, [1; 32]), (2, [2; 32])]).expect("keys");
        let signature = old.sign(b"text").expect("signs");
        assert!(old.signed(b"text", &signature) && new.signed(b"text", &signature));
        assert!(!old.signed(b"texT", &signature));
        assert!(!old.signed(b"text", &new.sign(b"text").expect("signs")));
        assert!(!new.signed(b"text", b""));
    }

    fn place(row: u128) -> SecretPlace<'static> {
        SecretPlace { table: "channels", column: "secrets", row: Uuid::from_u128(row) }
    }

    #[test]
    fn a_ciphertext_opens_only_in_its_own_row() {
        let key = DataKey { id: 1, cipher: cipher(&[7; 32]) };
        let sealed = key.seal(place(1), b"token").expect("seals");
        assert_eq!(key.open(place(1), &sealed).expect("opens").expose_secret(), b"token");
        assert!(key.open(place(2), &sealed).is_err(), "moved to another row");
        let other = DataKey { id: 1, cipher: cipher(&[8; 32]) };
        assert!(other.open(place(1), &sealed).is_err(), "another account's key");
        assert!(!sealed.windows(5).any(|w| w == b"token"));
    }
}
