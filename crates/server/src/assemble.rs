//! Puts the parts together. The only place that knows which drivers exist.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use app::App;
use channel::{Driver, Registry};
use channel_autoru::Autoru;
use channel_avito::Avito;
use channel_demo::Demo;
use channel_email::{Email, Reach};
use channel_sms::Sms;
use channel_telegram_bot::TelegramBot;
use channel_viber::Viber;
use channel_vk::Vk;
use channel_widget::Widget;
use crm::AppKeys;
use crm_amo::Amo;
use domain::{clock::Clock, crm::CrmKind};
use net::{Guard, Outgoing};
use object_store::{ObjectStore, local::LocalFileSystem};
use store::Store;

use crate::{
    Config, secret_file,
    system::{RandomIds, SystemClock},
};

/// The drivers of this program. A new channel kind adds its line here.
pub fn registry(config: &Config) -> Registry {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let reach = match config.outgoing.allow_loopback {
        true => Reach::Everywhere,
        false => Reach::PublicOnly,
    };
    let guard = guard(config);
    let telegram = channel_telegram_bot::Options { guard, ..Default::default() };
    let viber = channel_viber::Options { guard, ..Default::default() };
    let vk = channel_vk::Options { guard, ..Default::default() };
    let drivers: [Arc<dyn Driver>; 9] = [
        Arc::new(TelegramBot::new(clock, telegram)),
        Arc::new(Email::new(reach, Vec::new())),
        Arc::new(Widget),
        Arc::new(Demo::default()),
        Arc::new(Viber::new(Arc::new(SystemClock), viber)),
        Arc::new(Avito::new(Arc::new(SystemClock), avito(config))),
        Arc::new(Vk::new(Arc::new(SystemClock), vk)),
        Arc::new(Autoru::new(Arc::new(SystemClock), outgoing(config))),
        Arc::new(Sms::new(Arc::new(SystemClock), sms(config))),
    ];
    Registry::new(drivers)
}

/// A company of a shared installation must not aim our calls at what is inside.
fn guard(config: &Config) -> Option<Guard> {
    (!config.outgoing.allow_loopback).then_some(Guard::Public)
}

fn avito(config: &Config) -> channel_avito::Options {
    let avito = &config.channels.avito;
    let app = avito.client_id.clone().zip(avito.client_secret.clone());
    channel_avito::Options {
        api: avito.api.clone(),
        consent: avito.consent.clone(),
        app: app
            .map(|(client_id, client_secret)| channel_avito::AppKeys { client_id, client_secret }),
        reconcile: avito.reconcile,
        guard: guard(config),
        ..channel_avito::Options::default()
    }
}

fn sms(config: &Config) -> channel_sms::Options {
    let reach = match config.outgoing.allow_loopback {
        true => channel_sms::Reach::Everywhere,
        false => channel_sms::Reach::PublicOnly,
    };
    channel_sms::Options { reach, outgoing: outgoing(config), ..channel_sms::Options::default() }
}

/// The CRMs of this program. A new one adds its line here.
pub fn crms(config: &Config) -> Result<crm::Registry> {
    let amo = &config.crm.amo;
    let amo = Amo::new(crm_amo::Options {
        hosts: amo.hosts.clone(),
        api: amo.api.clone(),
        consent: amo.consent.clone(),
        chats: amo.chats.clone(),
        search_lag: amo.search_lag,
        ..crm_amo::Options::default()
    })?;
    let adapters: [Arc<dyn crm::Crm>; 1] = [Arc::new(amo)];
    Ok(crm::Registry::new(adapters))
}

/// How our integrations are known to the CRMs.
fn crm_apps(config: &Config) -> Result<BTreeMap<CrmKind, AppKeys>> {
    let amo = &config.crm.amo;
    let (Some(client_id), Some(client_secret)) = (&amo.client_id, &amo.client_secret) else {
        return Ok(BTreeMap::new());
    };
    let keys = AppKeys {
        client_id: client_id.clone(),
        client_secret: client_secret.clone(),
        redirect_uri: redirect(config, CrmKind::Amo)?,
    };
    Ok(BTreeMap::from([(CrmKind::Amo, keys)]))
}

/// Where a CRM sends people back to. Without an address in the outside world it is this machine's,
/// which is enough for a counterpart beside us.
fn redirect(config: &Config, kind: CrmKind) -> Result<url::Url> {
    let settings =
        app::Settings { public_url: config.public_url.clone(), crm: app::CrmSettings::default() };
    let here = format!("http://{}/api/v1/crm/oauth/{}", config.http.listen, kind.as_str());
    match settings.crm_redirect(kind) {
        Some(url) => Ok(url),
        None => Ok(here.parse()?),
    }
}

pub fn build_app(config: &Config, store: Store) -> Result<App> {
    let crm = app::CrmSettings {
        apps: crm_apps(config)?,
        longest_pause: config.crm.longest_pause,
        ..app::CrmSettings::default()
    };
    let app = App::new(
        store,
        registry(config),
        Arc::new(SystemClock),
        Arc::new(RandomIds),
        app::Objects::new(objects(config)?),
        app::Settings { public_url: config.public_url.clone(), crm },
    );
    Ok(app.with_crms(crms(config)?).with_outgoing(outgoing(config)))
}

/// Requests to addresses that companies give.
fn outgoing(config: &Config) -> Outgoing {
    if config.outgoing.allow_loopback { Outgoing::lenient() } else { Outgoing::strict() }
}

/// Where attachments' bytes lie.
pub fn objects(config: &Config) -> Result<Arc<dyn ObjectStore>> {
    if config.objects.s3.bucket.is_some() {
        return s3(config);
    }
    let dir = config.objects.dir.clone().unwrap_or_else(|| config.data_dir.join("objects"));
    secret_file::private_dir(&dir)?;
    let store = LocalFileSystem::new_with_prefix(&dir)
        .with_context(|| format!("The folder of attachments {} cannot be used", dir.display()))?;
    Ok(Arc::new(store.with_automatic_cleanup(true)))
}

#[cfg(feature = "s3")]
fn s3(config: &Config) -> Result<Arc<dyn ObjectStore>> {
    use secrecy::ExposeSecret;
    let s3 = &config.objects.s3;
    let mut builder = object_store::aws::AmazonS3Builder::new()
        .with_bucket_name(s3.bucket.clone().unwrap_or_default())
        .with_region(&s3.region);
    if let Some(endpoint) = &s3.endpoint {
        // A store at home may speak plain HTTP; the address says so.
        builder = builder
            .with_endpoint(endpoint.as_str().trim_end_matches('/'))
            .with_allow_http(endpoint.scheme() == "http");
    }
    if let Some(key) = &s3.access_key {
        builder = builder.with_access_key_id(key);
    }
    if let Some(secret) = &s3.secret_key {
        builder = builder.with_secret_access_key(secret.expose_secret());
    }
    let store = builder.build().context("The settings objects.s3 cannot be used")?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "s3"))]
fn s3(_: &Config) -> Result<Arc<dyn ObjectStore>> {
    anyhow::bail!(
        "The setting objects.s3.bucket: this build has no S3 in it. What to do: build it with \
         `--features s3`, or leave the setting empty."
    )
}

/// The limits of the web face.
pub fn limits(config: &Config) -> api::LimitSettings {
    api::LimitSettings {
        log_in_per_minute: config.limits.log_in_per_minute,
        log_in_per_email_hour: config.limits.log_in_per_email_hour,
        sign_up_per_hour: config.limits.sign_up_per_hour,
        invite_per_minute: config.limits.invite_per_minute,
        password_per_hour: config.limits.password_per_hour,
        trusted_proxy: config.http.trusted_proxy,
    }
}
