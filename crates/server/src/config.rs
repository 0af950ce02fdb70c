//! The settings of an installation: defaults compiled in, then a file, then the environment.
//!
//! Every key stands in config/default.toml, and no other key is taken: a misspelt one must not pass
//! for a setting that is in force.

mod layers;
mod values;

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use figment::{Figment, providers::Format, providers::Toml};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

pub use layers::Unusable;

/// Where settings come from, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A file of the same shape as config/default.toml.
    pub file: Option<PathBuf>,
    /// The environment's variables.
    pub environment: Vec<(String, String)>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(deserialize_with = "values::url")]
    pub public_url: Option<Url>,
    pub data_dir: PathBuf,
    pub roles: Vec<Role>,
    pub demo_company: bool,
    pub http: Http,
    pub database: Database,
    pub keys: Keys,
    pub objects: Objects,
    pub log: Log,
    pub telemetry: Telemetry,
    pub events: Events,
    pub limits: Limits,
    pub jobs: Jobs,
    pub channels: Channels,
    pub outgoing: Outgoing,
    pub crm: Crm,
}

/// What one process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Answers HTTP and sockets.
    Api,
    /// Carries out queued work.
    Worker,
    /// Holds connections to messengers and mailboxes.
    Listener,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Listener => "listener",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub trusted_proxy: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `None`: a private Postgres.
    #[serde(deserialize_with = "values::secret")]
    pub url: Option<SecretString>,
    pub tenant_connections: NonZeroU32,
    pub platform_connections: NonZeroU32,
    #[serde(deserialize_with = "values::seconds")]
    pub acquire_timeout: Duration,
    #[serde(deserialize_with = "values::path")]
    pub bin_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    #[serde(deserialize_with = "values::secret")]
    pub master: Option<SecretString>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    #[serde(deserialize_with = "values::path")]
    pub dir: Option<PathBuf>,
    pub s3: S3,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    #[serde(deserialize_with = "values::text")]
    pub bucket: Option<String>,
    #[serde(deserialize_with = "values::url")]
    pub endpoint: Option<Url>,
    pub region: String,
    #[serde(deserialize_with = "values::text")]
    pub access_key: Option<String>,
    #[serde(deserialize_with = "values::secret")]
    pub secret_key: Option<SecretString>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Human,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    #[serde(deserialize_with = "values::url")]
    pub otlp_endpoint: Option<Url>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    pub keep_days: NonZeroU32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub log_in_per_minute: NonZeroU32,
    pub log_in_per_email_hour: NonZeroU32,
    pub sign_up_per_hour: NonZeroU32,
    pub invite_per_minute: NonZeroU32,
    pub password_per_hour: NonZeroU32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    pub concurrency: NonZeroU32,
    #[serde(deserialize_with = "values::seconds")]
    pub poll: Duration,
    #[serde(deserialize_with = "values::seconds")]
    pub lease: Duration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    pub connections: NonZeroU32,
    #[serde(deserialize_with = "values::seconds")]
    pub inspect: Duration,
    pub avito: Avito,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Avito {
    #[serde(deserialize_with = "values::text")]
    pub client_id: Option<String>,
    #[serde(deserialize_with = "values::secret")]
    pub client_secret: Option<SecretString>,
    pub api: Url,
    pub consent: Url,
    #[serde(deserialize_with = "values::seconds")]
    pub reconcile: Duration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outgoing {
    pub allow_loopback: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crm {
    #[serde(deserialize_with = "values::seconds")]
    pub longest_pause: Duration,
    pub amo: Amo,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amo {
    #[serde(deserialize_with = "values::text")]
    pub client_id: Option<String>,
    #[serde(deserialize_with = "values::secret")]
    pub client_secret: Option<SecretString>,
    pub hosts: Vec<String>,
    pub api: String,
    pub consent: Url,
    pub chats: String,
    #[serde(deserialize_with = "values::seconds")]
    pub search_lag: Duration,
}

impl Config {
    pub fn load(sources: &Sources) -> Result<Self, Unusable> {
        let mut figment = Figment::from(Toml::string(layers::DEFAULTS));
        if let Some(file) = &sources.file {
            figment = figment.merge(layers::file(file)?);
        }
        let config: Self = figment
            .merge(layers::environment(&sources.environment)?)
            .extract()
            .map_err(Unusable::from)?;
        config.check()
    }

    /// The defaults alone, with everything below `data_dir`.
    pub fn in_folder(data_dir: impl Into<PathBuf>) -> Result<Self, Unusable> {
        Ok(Self { data_dir: data_dir.into(), ..Self::load(&Sources::default())? })
    }

    fn check(self) -> Result<Self, Unusable> {
        if self.roles.is_empty() {
            return Err(Unusable::new(
                "roles",
                "the list is empty, so there would be nothing to do",
                "name at least one of api, worker, listener",
            ));
        }
        if let Some(url) = &self.public_url
            && (!matches!(url.scheme(), "http" | "https") || url.host_str().is_none())
        {
            return Err(Unusable::new(
                "public_url",
                "it is not the address of a site",
                "write it as https://chat.example.ru",
            ));
        }
        self.channels.avito.check()?;
        self.crm.amo.check()?;
        Ok(self)
    }
}

impl Avito {
    fn check(&self) -> Result<(), Unusable> {
        if self.client_id.is_some() != self.client_secret.is_some() {
            return Err(Unusable::new(
                "channels.avito.client_id",
                "it and channels.avito.client_secret go together, and one of them is not set",
                "copy both from the application's page at developers.avito.ru",
            ));
        }
        for (key, url) in
            [("channels.avito.api", &self.api), ("channels.avito.consent", &self.consent)]
        {
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err(Unusable::new(key, "it is not an address", "leave it as it was"));
            }
        }
        Ok(())
    }
}

impl Amo {
    fn check(&self) -> Result<(), Unusable> {
        if self.client_id.is_some() != self.client_secret.is_some() {
            return Err(Unusable::new(
                "crm.amo.client_id",
                "it and crm.amo.client_secret go together, and one of them is not set",
                "copy both from the integration's page in amoCRM",
            ));
        }
        let names_a_portal = self.api.contains("{host}") || self.api.contains("{subdomain}");
        let address = self.api.replace(['{', '}'], "");
        if !names_a_portal || Url::parse(&address).is_err() {
            return Err(Unusable::new(
                "crm.amo.api",
                "it is not an address with {host} or {subdomain} in it",
                "write it as https://{host}",
            ));
        }
        let chats = self.chats.replace("{domain}", "amocrm.ru");
        let is_site = |url: Url| matches!(url.scheme(), "http" | "https");
        if chats.contains('{') || !Url::parse(&chats).is_ok_and(is_site) {
            return Err(Unusable::new(
                "crm.amo.chats",
                "it is not an address",
                "write it as https://amojo.{domain}",
            ));
        }
        // Portals are looked for below them: a misspelt one would open the door to others.
        let is_domain = |host: &String| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
            host.contains('.') && !host.starts_with('.') && host.bytes().all(plain)
        };
        if self.hosts.is_empty() || !self.hosts.iter().all(is_domain) {
            return Err(Unusable::new(
                "crm.amo.hosts",
                "it is not a list of domains in small letters",
                "write it as [\"amocrm.ru\"]",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str, value: &str) -> Result<Config, Unusable> {
        let environment = vec![(format!("BESEDA_CRM__AMO__{key}"), value.to_owned())];
        Config::load(&Sources { file: None, environment })
    }

    #[test]
    fn ch_8_settings_of_avito_that_cannot_work_are_refused_by_name() {
        for (key, value, named) in [
            ("CLIENT_ID", "5a1b", "channels.avito.client_id"),
            ("CLIENT_SECRET", "secret", "channels.avito.client_id"),
            ("API", "file:///etc", "channels.avito.api"),
            ("CONSENT", "javascript:1", "channels.avito.consent"),
        ] {
            let key = format!("BESEDA_CHANNELS__AVITO__{key}");
            let environment = vec![(key, value.to_owned())];
            let refused = Config::load(&Sources { file: None, environment }).expect_err(value);
            assert_eq!(refused.key, named, "{value}");
        }
    }

    /// AMO-1: what cannot work is told at the start, by its name.
    #[test]
    fn amo_1_settings_of_amocrm_that_cannot_work_are_refused_by_name() {
        for (key, value, named) in [
            ("CLIENT_ID", "5a1b", "crm.amo.client_id"),
            ("CLIENT_SECRET", "secret", "crm.amo.client_id"),
            ("API", "https://amocrm.ru", "crm.amo.api"),
            ("API", "{host}", "crm.amo.api"),
            ("CHATS", "amojo.{domain}", "crm.amo.chats"),
            ("CHATS", "https://amojo.{host}", "crm.amo.chats"),
            ("HOSTS", "[]", "crm.amo.hosts"),
            ("HOSTS", "amocrm.ru,ru", "crm.amo.hosts"),
            ("HOSTS", "https://amocrm.ru", "crm.amo.hosts"),
        ] {
            let refused = with(key, value).expect_err(value);
            assert_eq!(refused.key, named, "{value}");
        }
        let config = with("API", "http://127.0.0.1:7001/a/{subdomain}").expect("a counterpart");
        assert_eq!(config.crm.amo.hosts.first().map(String::as_str), Some("amocrm.ru"));
    }
}
