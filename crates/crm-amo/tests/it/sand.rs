//! The adapter in front of the sandbox. When a test ends, every request that was made is held against
//! the schemas.

use std::time::Duration;

use crm::Connect;
use sandbox::amo::{Account, Amo, Entry, Faults, Integration, Limits, Options};

use crate::{
    schema::{Sent, violations},
    stand::{Stand, adapter, url},
};

pub const REDIRECT: &str = "https://chat.test/api/v1/crm/oauth/amo";

pub struct Sand {
    pub server: Amo,
    pub account: Account,
    pub integration: Integration,
    pub stand: Stand,
}

impl Sand {
    /// No limits, and a search that does not lag.
    pub async fn new() -> Self {
        Self::with(Options {
            limits: Limits::off(),
            search_lag: Duration::ZERO,
            ..Options::default()
        })
        .await
    }

    pub async fn with(options: Options) -> Self {
        let server = Amo::start(options).await.unwrap();
        let account = server.add_account("ecoles");
        let integration = server.integration("Беседа", REDIRECT);
        let life = Duration::from_secs(86_400 * 30);
        // A long-lived token needs the integration to be let in.
        server.consent(&integration.client_id, "ecoles").unwrap();
        let token = account.long_lived_token(&integration.client_id, life).unwrap();
        let stand = Stand::new(adapter(server.url()), url(&account.url()), &token);
        Self { server, account, integration, stand }
    }

    /// With an open deal, the files service that the account names, and one file to be put up.
    pub async fn with_file(bytes: Vec<u8>) -> (Self, i64) {
        let mut sand = Self::new().await;
        sand.stand.portal.drive = sand.stand.amo.about(&sand.stand.caller()).await.unwrap().drive;
        sand.stand.files.0.insert(5, bytes);
        let lead = sand.open_lead();
        (sand, lead)
    }

    /// A deal that is worked on, of nobody.
    pub fn open_lead(&self) -> i64 {
        let open = self.account.stage("Продажи", "Переговоры").unwrap();
        self.account.add_lead("A", &open, None)
    }

    pub fn faults(&self, faults: Faults) {
        self.account.set_faults(faults);
    }

    /// `METHOD /path` of the calls so far.
    pub fn calls(&self) -> Vec<String> {
        let shown = |entry: &Entry| format!("{} {}", entry.method, entry.path);
        self.account.journal().iter().map(shown).collect()
    }
}

impl Drop for Sand {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let mut found = Vec::new();
        for entry in self.account.journal() {
            // The sandbox keeps no bodies with secrets and no bytes of files.
            let hidden = entry.path.starts_with("/oauth2/")
                || entry.path.starts_with("/v1.0/sessions/upload");
            found.extend(entry.oddities.iter().map(|name| format!("{}: odd {name}", entry.path)));
            if !hidden {
                found.extend(violations(&Sent {
                    method: &entry.method,
                    path: &entry.path,
                    query: &entry.query,
                    body: entry.body.as_bytes(),
                }));
            }
        }
        assert!(found.is_empty(), "requests against the documentation: {found:#?}");
    }
}
