//! The driver. Roles: webhook (`receive.rs`), listener (`listener.rs`), media (`media.rs`), consent
//! (`consent.rs`), looking people up, signs, changes and the black list (`turns.rs`).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Blocks, Changes, Channel, ConnectError, Connected, Connecting, Consent, Driver, FieldError,
    Listener, LookUp, Media, Outbound, Receive, RenewError, SendError, Sent, SettingsForm, Signs,
    Webhook,
};
use domain::{
    channel::{Capabilities, ChannelKind, FileLimit, StateReport, TextUnit},
    clock::Clock,
    content::FileKind,
    text::Words,
};
use net::{Guard, Outgoing, Rules, Scheme, http::Client};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::{
    account::Account,
    call::{Ask, CallError},
    errors, outbound, reports,
    settings::{self, Mode, Settings},
    tokens,
    wire::{Myself, Subscriptions},
};

/// Avito's largest picture (uploadImages).
pub(crate) const MAX_IMAGE: u64 = 24 << 20;
/// A text's longest (`sendMessage`; not in the schema, but told by the refusal).
pub(crate) const MAX_TEXT: usize = 1_000;
/// Messages can be deleted for an hour (`deleteMessage`).
const REMOVE_WITHIN: u32 = 3_600;
/// Where the registered webhook's address is kept: taken away again when the channel goes. Its
/// absence means that this channel polls.
pub(crate) const HOOK: &str = "hook";

const SURE: &str = "the TLS library and its roots are compiled in, and there is no proxy to read";

/// How this installation is known to Avito, where it is a partner.
#[derive(Debug, Clone)]
pub struct AppKeys {
    /// As at developers.avito.ru.
    pub client_id: String,
    /// The same.
    pub client_secret: SecretString,
}

/// What holds for every channel of this installation.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the API is.
    pub api: Url,
    /// The page that asks sellers for their consent.
    pub consent: Url,
    /// Without them channels are connected by the sellers' own keys alone.
    pub app: Option<AppKeys>,
    /// How often chats are read over for what webhooks missed (BY-8).
    pub reconcile: Duration,
    /// How often chats are read where no webhook can come.
    pub poll: Duration,
    /// Which addresses the names of companies' own API servers and proxies may stand for. `None`: any.
    pub guard: Option<net::Guard>,
}

impl Default for Options {
    fn default() -> Self {
        let fixed = |text: &str| Url::parse(text).expect("a fixed, valid address");
        Self {
            api: fixed("https://api.avito.ru"),
            consent: fixed("https://avito.ru/oauth"),
            app: None,
            reconcile: Duration::from_secs(180),
            poll: Duration::from_secs(10),
            guard: None,
        }
    }
}

/// The driver of the kind `avito`.
pub struct Avito {
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Client,
    /// For addresses of files, which come in messages.
    pub(crate) files: Outgoing,
    /// The same where Avito itself is a counterpart on this machine.
    pub(crate) files_beside_us: Outgoing,
}

impl Avito {
    /// A driver for any number of sellers.
    pub fn new(clock: Arc<dyn Clock>, options: Options) -> Self {
        // Each call brings its time-out.
        let guard = options.guard;
        let plain = net::Options { timeout: None, guard, ..net::Options::default() };
        let beside = Rules { guard: Guard::AllowLoopback, scheme: Scheme::HttpToo };
        Self {
            options,
            clock,
            http: net::client(plain).expect(SURE),
            files: Outgoing::strict(),
            files_beside_us: Outgoing::new(beside, net::Options::default()).expect(SURE),
        }
    }

    /// The account of a channel, or the setting that is wrong.
    pub(crate) fn open<'a>(&'a self, channel: &'a Channel) -> Result<Account<'a>, FieldError> {
        let settings = Settings::read(channel, &self.options).map_err(|wrong| {
            let first = wrong.into_iter().next();
            first.unwrap_or_else(|| FieldError::required(settings::CLIENT_ID))
        })?;
        Ok(Account { driver: self, channel, settings })
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }
}

#[async_trait]
impl Driver for Avito {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("avito")
    }

    fn title(&self) -> Words {
        Words::new("Авито", "Avito")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_text: MAX_TEXT,
            text_unit: TextUnit::Characters,
            max_caption: 0,
            files: vec![FileLimit { kind: FileKind::Image, max_bytes: MAX_IMAGE }],
            max_files: 1,
            subject: false,
            replies: false,
            delivery_receipts: false,
            // Told by reading chats, so minutes late.
            read_receipts: true,
            idempotent_send: false,
            write_first: false,
            in_widget: false,
            edit_within: None,
            remove_within: Some(REMOVE_WITHIN),
            reactions: Vec::new(),
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form(&self.options)
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        Settings::read(channel, &self.options).map(|_| ())
    }

    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let account = self.open(channel).map_err(ConnectError::Field)?;
        match account.settings.mode {
            // Keys that were mended must be tried, not the token of the former ones.
            Mode::OwnKeys => tokens::anew(&account).await.map_err(|error| match error {
                RenewError::Refused(_) => ConnectError::Field(reports::bad_keys_field()),
                later @ RenewError::Later { .. } => later.into(),
            })?,
            Mode::Consent if !tokens::has_one(&account).await? => {
                return Err(ConnectError::ConsentNeeded);
            }
            Mode::Consent => {}
        }
        let me = account.call(&Ask::get(["core", "v1", "accounts", "self"])).await;
        let me: Myself =
            me.map_err(errors::connect_error)?.read().map_err(errors::connect_error)?;
        // Also where we poll: it tells whether the subscription lets us read messages at all.
        let chats = Ask::get(["messenger", "v2", "accounts", &me.id.to_string(), "chats"]);
        account.call(&chats.with("limit", "1")).await.map_err(errors::connect_error)?;
        let receive = match &connecting.hook_url {
            Some(url) => {
                let hook = hook_address(url, channel);
                self.register(&account, &hook).await.map_err(errors::hook_error)?;
                channel.memory.remember(HOOK, hook.as_str().into()).await?;
                Receive::WebhookAndListener
            }
            None => {
                channel.memory.remember(HOOK, Value::Null).await?;
                Receive::Listener
            }
        };
        let title = me.name.filter(|name| !name.trim().is_empty());
        let title = title.unwrap_or_else(|| format!("Авито {}", me.id));
        Ok(Connected { external_id: me.id.to_string(), title, receive })
    }

    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError> {
        let account = self.open(channel).map_err(ConnectError::Field)?;
        let hook = channel.memory.recall(HOOK).await?;
        let Some(hook) = hook.as_ref().and_then(Value::as_str) else { return Ok(()) };
        match account.call(&unsubscribe(hook)).await {
            Ok(_) | Err(CallError::NoAccess(RenewError::Refused(_))) => Ok(()),
            Err(error) => Err(errors::connect_error(error)),
        }
    }

    async fn inspect(&self, channel: &Channel, connecting: &Connecting) -> Option<StateReport> {
        let account = match self.open(channel) {
            Ok(account) => account,
            Err(wrong) => return Some(reports::mend_settings(wrong)),
        };
        // A poller tells its state by itself.
        let hook = hook_address(connecting.hook_url.as_ref()?, channel);
        // Registering is safe to repeat, so a webhook that Avito lost is put back here.
        match self.register(&account, &hook).await {
            Ok(()) => Some(StateReport::connected()),
            Err(error) => errors::state_of(error),
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let account = self
            .open(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))?;
        outbound::send(&account, message).await
    }

    fn webhook(&self) -> Option<&dyn Webhook> {
        Some(self)
    }

    fn listener(&self) -> Option<&dyn Listener> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn consent(&self) -> Option<&dyn Consent> {
        Some(self)
    }

    fn look_up(&self) -> Option<&dyn LookUp> {
        Some(self)
    }

    fn signs(&self) -> Option<&dyn Signs> {
        Some(self)
    }

    fn changes(&self) -> Option<&dyn Changes> {
        Some(self)
    }

    fn blocks(&self) -> Option<&dyn Blocks> {
        Some(self)
    }
}

impl Avito {
    /// Our address among the account's webhooks, and no former one of this channel beside it.
    async fn register(&self, account: &Account<'_>, hook: &Url) -> Result<(), CallError> {
        let list = Ask::post(["messenger", "v1", "subscriptions"]);
        let known: Subscriptions = account.call(&list).await?.read()?;
        let same = |url: &str| url == hook.as_str();
        if !known.subscriptions.iter().any(|known| same(&known.url)) {
            let ask = Ask::post(["messenger", "v3", "webhook"]).json(json!({ "url": hook }));
            account.call(&ask).await?;
        }
        for former in known.subscriptions.iter().filter(|k| !same(&k.url) && is_of(&k.url, hook)) {
            account.call(&unsubscribe(&former.url)).await?;
        }
        Ok(())
    }
}

fn unsubscribe(hook: &str) -> Ask {
    Ask::post(["messenger", "v1", "webhook", "unsubscribe"]).json(json!({ "url": hook }))
}

/// The hook's path is unguessable, so an address with it is this channel's.
fn is_of(url: &str, hook: &Url) -> bool {
    Url::parse(url).is_ok_and(|url| url.path() == hook.path())
}

/// Avito signs nothing that could be checked: the proof is in the address.
fn hook_address(hook: &Url, channel: &Channel) -> Url {
    let mut url = hook.clone();
    url.query_pairs_mut().append_pair(crate::receive::SECRET, channel.hook_secret.expose_secret());
    url
}
