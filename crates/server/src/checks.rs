//! Checks that a start and the doctor share.

use anyhow::{Context, Result};
use store::Store;

/// Refuses to go on with master keys that do not open this database's secrets: every channel would
/// seem to have lost its token.
pub async fn keys_fit(store: &Store) -> Result<()> {
    match store.check_keys().await {
        Ok(()) => Ok(()),
        Err(store::Error::Secret(why)) => Err(anyhow::anyhow!(why)).context(
            "The master key is not the one that this database's secrets were sealed with. What to \
             do: give the right key in keys.master (BESEDA_KEYS__MASTER), or put the file \
             keys/master.key of the old data folder back",
        ),
        Err(error) => Err(error).context("The master key could not be checked"),
    }
}
