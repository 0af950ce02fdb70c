//! The driver. Roles: webhook (`receive.rs`), listener (`listener.rs`), media (`media.rs`), and what is
//! done with messages that are sent (`changes.rs`).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Changes, Channel, ConnectError, Connected, Connecting, Driver, FieldError, Listener, Media,
    Outbound, Presses, Reactions, Receive, SendError, Sent, SettingsForm, Signs, Webhook,
};
use domain::{
    channel::{Capabilities, ChannelKind, FileLimit, StateReport, TextUnit},
    clock::Clock,
    content::FileKind,
    text::Words,
};
use secrecy::ExposeSecret;
use serde_json::Value;
use teloxide::{
    payloads::{DeleteWebhook, GetMe, GetWebhookInfo, SetWebhook},
    types::AllowedUpdate,
};
use url::Url;

use crate::{
    api::{Api, CallError},
    changes, errors, outbound, reports,
    settings::{self, Settings, Way},
    upload,
    wire::{Me, WebhookInfo},
};

/// What we want to hear of.
pub(crate) const ALLOWED_UPDATES: [AllowedUpdate; 9] = [
    AllowedUpdate::Message,
    AllowedUpdate::EditedMessage,
    AllowedUpdate::MessageReaction,
    AllowedUpdate::CallbackQuery,
    AllowedUpdate::MyChatMember,
    AllowedUpdate::BusinessConnection,
    AllowedUpdate::BusinessMessage,
    AllowedUpdate::EditedBusinessMessage,
    AllowedUpdate::DeletedBusinessMessages,
];

/// Webhook connections at once for one bot; Telegram's own default.
const MAX_CONNECTIONS: u8 = 40;

const CALL: Duration = Duration::from_secs(30);

/// `getWebhookInfo` keeps its last error for ever; an older one than this is history.
const FRESH_ERROR: i64 = 600;

/// What holds for every bot of this installation.
#[derive(Debug, Clone)]
pub struct Options {
    /// The Bot API server of channels that do not name their own.
    pub base_url: Url,
    /// The proxy of channels that do not name their own.
    pub proxy: Option<Url>,
    /// How long Telegram holds a poll that has nothing to tell; it caps it at 50 s itself.
    pub poll_hold: Duration,
    /// Which addresses the names of companies' own API servers and proxies may stand for. `None`: any.
    pub guard: Option<net::Guard>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base_url: Url::parse("https://api.telegram.org").expect("a fixed, valid address"),
            proxy: None,
            poll_hold: Duration::from_secs(50),
            guard: None,
        }
    }
}

/// The driver of the kind `telegram_bot`.
pub struct TelegramBot {
    pub(crate) options: Options,
    /// Some updates tell no time of their own.
    pub(crate) clock: Arc<dyn Clock>,
    clients: net::Clients,
}

impl TelegramBot {
    /// A driver for any number of bots.
    pub fn new(clock: Arc<dyn Clock>, options: Options) -> Self {
        let clients = net::Clients::new(net::Options {
            // Every call brings its own, because an upload and a long poll need more.
            timeout: None,
            guard: options.guard,
            ..net::Options::default()
        });
        Self { options, clock, clients }
    }

    /// The bot of a channel, or the setting that is wrong.
    pub(crate) fn open(&self, channel: &Channel) -> Result<(Api, Settings), FieldError> {
        let settings = Settings::read(channel, &self.options).map_err(first)?;
        let http = self.clients.get(settings.proxy.as_ref()).map_err(|error| {
            FieldError::new(
                settings::PROXY,
                "bad_proxy",
                Words::new(
                    format!("Через этот прокси работать нельзя: {error}"),
                    format!("This proxy cannot be used: {error}"),
                ),
            )
        })?;
        let api = Api { http, base: settings.base_url.clone(), token: settings.token.clone() };
        Ok((api, settings))
    }
}

fn first(wrong: Vec<FieldError>) -> FieldError {
    wrong.into_iter().next().unwrap_or_else(|| FieldError::required(settings::TOKEN))
}

#[async_trait]
impl Driver for TelegramBot {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("telegram_bot")
    }

    fn title(&self) -> Words {
        Words::new("Telegram-бот", "Telegram bot")
    }

    fn capabilities(&self) -> Capabilities {
        let files = [
            FileKind::Image,
            FileKind::Video,
            FileKind::VideoNote,
            FileKind::Audio,
            FileKind::Voice,
            FileKind::File,
            FileKind::Sticker,
        ];
        Capabilities {
            max_text: 4096,
            text_unit: TextUnit::Utf16,
            max_caption: 1024,
            // A picture over 10 MB goes as a document.
            files: files.map(|kind| FileLimit { kind, max_bytes: outbound::MAX_UPLOAD }).to_vec(),
            max_files: outbound::MAX_ALBUM,
            subject: false,
            replies: true,
            delivery_receipts: false,
            read_receipts: false,
            idempotent_send: false,
            // A bot may write only after the person has written to it.
            write_first: false,
            in_widget: true,
            edit_within: Some(changes::CHANGED_WITHIN),
            remove_within: Some(changes::CHANGED_WITHIN),
            reactions: changes::EMOJI.map(str::to_owned).to_vec(),
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        Settings::read(channel, &self.options).map(|_| ())
    }

    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let (api, settings) = self.open(channel).map_err(ConnectError::Field)?;
        let way = settings.way(connecting).map_err(ConnectError::Field)?;
        let own_base_url = channel.setting(settings::BASE_URL).is_some();
        let refused = |error| errors::connect_error(error, own_base_url);
        let me: Me = api.call(&GetMe::new(), CALL).await.map_err(refused)?;
        let receive = match way {
            Way::Webhook(url) => {
                let _: bool = api.call(&set_webhook(url, channel), CALL).await.map_err(refused)?;
                Receive::Webhook
            }
            Way::Polling => {
                let _: bool = api.call(&DeleteWebhook::new(), CALL).await.map_err(refused)?;
                Receive::Listener
            }
        };
        let title = match &me.username {
            Some(username) => format!("@{username}"),
            None => me.first_name.clone(),
        };
        Ok(Connected { external_id: me.id.to_string(), title, receive })
    }

    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError> {
        let (api, _) = self.open(channel).map_err(ConnectError::Field)?;
        match api.call::<_, Value>(&DeleteWebhook::new(), CALL).await {
            Ok(_) => Ok(()),
            Err(CallError::Refused(refusal)) if errors::is_dead_token(&refusal) => Ok(()),
            Err(error) => Err(errors::connect_error(error, false)),
        }
    }

    async fn inspect(&self, channel: &Channel, connecting: &Connecting) -> Option<StateReport> {
        let opened = self.open(channel).and_then(|(api, settings)| {
            let way = settings.way(connecting)?;
            Ok((api, way))
        });
        let (api, way) = match opened {
            Ok(opened) => opened,
            Err(wrong) => return Some(reports::mend_settings(wrong)),
        };
        match api.call::<_, WebhookInfo>(&GetWebhookInfo::new(), CALL).await {
            Ok(info) => {
                self.ask_for_more(&api, channel, &info, &way).await;
                self.judge(&info, &way)
            }
            Err(CallError::Refused(refusal)) if errors::is_dead_token(&refusal) => {
                Some(reports::bad_token())
            }
            Err(CallError::Refused(_)) => None,
            Err(CallError::NotSent(_) | CallError::Foreign(_) | CallError::Lost(_)) => {
                Some(reports::unreachable())
            }
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let (api, _) = self
            .open(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))?;
        upload::send(&api, message).await
    }

    /// Bots are opened by their @name, with a parameter that comes back as `/start …`
    /// (<https://core.telegram.org/bots/features#deep-linking>).
    fn write_link(&self, _channel: &Channel, title: &str, start: &str) -> Option<String> {
        let username = title.strip_prefix('@').filter(|name| !name.is_empty())?;
        let is_name = username.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| format!("https://t.me/{username}?start={start}"))
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

    fn signs(&self) -> Option<&dyn Signs> {
        Some(self)
    }

    fn changes(&self) -> Option<&dyn Changes> {
        Some(self)
    }

    fn presses(&self) -> Option<&dyn Presses> {
        Some(self)
    }

    fn reactions(&self) -> Option<&dyn Reactions> {
        Some(self)
    }
}

impl TelegramBot {
    /// A webhook that an older program set does not bring kinds of updates that this one reads: it is
    /// set again, as well as it can.
    async fn ask_for_more(&self, api: &Api, channel: &Channel, info: &WebhookInfo, way: &Way) {
        let Way::Webhook(ours) = way else { return };
        let Some(told) = info.allowed_updates.as_ref().filter(|_| info.url == ours.as_str()) else {
            return;
        };
        let wanted = ALLOWED_UPDATES.map(|kind| serde_json::to_value(kind).unwrap_or_default());
        let lacks = |kind: &Value| !told.iter().any(|name| Some(name.as_str()) == kind.as_str());
        if wanted.iter().any(lacks) {
            // The next inspection tries again.
            let _: Result<bool, CallError> =
                api.call(&set_webhook(ours.clone(), channel), CALL).await;
        }
    }

    /// What the webhook's state means. While polling the listener reports by itself, so only a
    /// webhook of somebody else is news.
    fn judge(&self, info: &WebhookInfo, way: &Way) -> Option<StateReport> {
        match way {
            Way::Polling if info.url.is_empty() => None,
            Way::Polling => Some(reports::taken_by_webhook()),
            Way::Webhook(ours) if info.url != ours.as_str() => {
                let theirs = Url::parse(&info.url).ok();
                Some(reports::taken_by(theirs.as_ref().and_then(Url::host_str)))
            }
            Way::Webhook(_) => {
                let now = self.clock.now().timestamp();
                let fresh = info.last_error_date.is_some_and(|at| now - at < FRESH_ERROR);
                Some(match &info.last_error_message {
                    Some(error) if fresh && info.pending_update_count > 0 => {
                        reports::webhook_fails(error, info.pending_update_count)
                    }
                    _ => StateReport::connected(),
                })
            }
        }
    }
}

fn set_webhook(url: Url, channel: &Channel) -> SetWebhook {
    let mut payload = SetWebhook::new(url);
    payload.secret_token = Some(channel.hook_secret.expose_secret().to_owned());
    payload.allowed_updates = Some(ALLOWED_UPDATES.to_vec());
    payload.max_connections = Some(MAX_CONNECTIONS);
    payload
}
