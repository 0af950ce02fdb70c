//! What a start and the doctor look at: the server's version, whether the master keys fit.

use domain::ids::AccountId;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use uuid::Uuid;

use crate::{Result, Store, secrets};

impl Store {
    /// Postgres' own number of its version: 150003 is 15.3. Works before any migration.
    pub async fn server_version(&self) -> Result<i32> {
        let mut conn = PgConnectOptions::connect(&self.options).await?;
        Ok(sqlx::query_scalar("select current_setting('server_version_num')::int")
            .fetch_one(&mut conn)
            .await?)
    }

    /// Opens the data key of one account for each version of the master key in use;
    /// [`crate::Error::Secret`] when one does not open.
    pub async fn check_keys(&self) -> Result<()> {
        let mut conn = self.platform.acquire().await?;
        let accounts: Vec<Uuid> = sqlx::query_scalar(
            "select distinct on (master_version) account_id from account_keys k
             where key_id = (select max(key_id) from account_keys l
                             where l.account_id = k.account_id)
             order by master_version, account_id",
        )
        .fetch_all(&mut *conn)
        .await?;
        for account in accounts {
            secrets::data_key(&mut conn, self.keys(), AccountId(account)).await?;
        }
        Ok(())
    }
}
