//! The driver. Roles: webhook (`receive.rs`), listener (`listener.rs`), media (`media.rs`), names and
//! cropped messages (`look_up.rs`), changes (`changes.rs`), signs and reactions (`signs.rs`).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Changes, Channel, ConnectError, Connected, Connecting, Driver, FieldError, Listener, LookUp,
    Media, Outbound, Presses, Reactions, Receive, SendError, Sent, SettingsForm, Signs, Webhook,
};
use domain::{
    channel::{Capabilities, ChannelKind, FileLimit, StateReport, TextUnit},
    clock::Clock,
    content::FileKind,
    ids::MessageId,
    text::Words,
};
use net::{Outgoing, http::Client};
use url::Url;

use crate::{
    api::{Api, CallError, Refusal},
    callback, errors, ids,
    json::Json,
    listener, missed, outbound, reports, rights,
    settings::{self, Settings, Way},
    signs, upload,
};

/// How events of a connected channel come, kept for the listener.
pub(crate) const WAY: &str = "way";
pub(crate) const CALLBACK: &str = "callback";
const LONG_POLL: &str = "long_poll";

/// What holds for every community of this installation.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API server of channels that do not name their own. VK moved it once.
    pub base_url: Url,
    /// How long VK holds a poll that has nothing to tell; at most 90 s.
    pub poll_hold: Duration,
    /// How often it is looked what callbacks missed.
    pub look_for_missed: Duration,
    /// Which addresses the names of companies' own API servers and proxies may stand for. `None`: any.
    pub guard: Option<net::Guard>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base_url: Url::parse("https://api.vk.ru").expect("a fixed, valid address"),
            poll_hold: Duration::from_secs(25),
            look_for_missed: Duration::from_secs(600),
            guard: None,
        }
    }
}

/// The driver of the kind `vk`.
pub struct Vk {
    pub(crate) options: Options,
    /// Some events tell no time of their own.
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Client,
    /// For addresses of files, which come in messages.
    pub(crate) files: Outgoing,
}

impl Vk {
    /// A driver for any number of communities.
    pub fn new(clock: Arc<dyn Clock>, options: Options) -> Self {
        let http = net::client(net::Options {
            // Every call brings its own, because an upload and a long poll need more.
            timeout: None,
            guard: options.guard,
            ..net::Options::default()
        })
        .expect("the TLS library and its roots are compiled in, and there is no proxy to read");
        Self { options, clock, http, files: Outgoing::strict() }
    }

    /// The community of a channel, or the setting that is wrong.
    pub(crate) fn open(&self, channel: &Channel) -> Result<(Api, Settings), FieldError> {
        let settings = Settings::read(channel, &self.options).map_err(|wrong| {
            wrong.into_iter().next().unwrap_or_else(|| FieldError::required(settings::TOKEN))
        })?;
        let http = self.http.clone();
        let api = Api { http, base: settings.base_url.clone(), token: settings.token.clone() };
        Ok((api, settings))
    }

    /// As [`Self::open`], for what is done with a connected channel.
    pub(crate) fn opened(&self, channel: &Channel) -> Result<Api, SendError> {
        let opened = self.open(channel);
        opened.map(|(api, _)| api).map_err(|w| SendError::Disconnected(reports::mend_settings(w)))
    }
}

/// The community's id, known since connecting.
pub(crate) fn group_id(channel: &Channel) -> Option<i64> {
    channel.external_id.as_deref()?.parse().ok()
}

#[async_trait]
impl Driver for Vk {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("vk")
    }

    fn title(&self) -> Words {
        Words::new("Сообщество ВКонтакте", "VK community")
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
            max_text: outbound::MAX_TEXT,
            text_unit: TextUnit::Utf16,
            max_caption: outbound::MAX_TEXT,
            // A picture that VK would not take as a photo goes as a document.
            files: files.map(|kind| FileLimit { kind, max_bytes: outbound::MAX_DOC }).to_vec(),
            max_files: outbound::MAX_FILES,
            subject: false,
            replies: true,
            delivery_receipts: false,
            read_receipts: true,
            idempotent_send: true,
            // A community may write only to who wrote to it or allowed it.
            write_first: false,
            in_widget: true,
            edit_within: Some(outbound::DAY),
            remove_within: Some(outbound::DAY),
            reactions: signs::EMOJI.iter().map(|emoji| (*emoji).to_owned()).collect(),
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
        let refused = callback::refusal(channel.setting(settings::BASE_URL).is_some());

        let permissions =
            api.call("groups.getTokenPermissions", Vec::new()).await.map_err(&refused)?;
        if let Some(lacking) = rights::missing(&permissions) {
            let words = reports::missing_rights_words(&lacking);
            return Err(ConnectError::Field(FieldError::new(
                settings::TOKEN,
                "missing_rights",
                words,
            )));
        }
        // Without an id it tells of the key's own community.
        let answer = api.call("groups.getById", Vec::new()).await.map_err(&refused)?;
        let group = answer.list("groups").first().or_else(|| answer.as_array()?.first());
        let Some((group, id)) = group.and_then(|group| Some((group, group.int("id")?))) else {
            return Err(ConnectError::Unreachable("VK named no community".to_owned()));
        };
        let title = group.text("name").map_or_else(|| format!("club{id}"), str::to_owned);
        missed::begin(&api, channel, id, &refused).await?;
        let receive = match way {
            Way::Callback(url) => {
                callback::register(&api, channel, id, url, &refused).await?;
                channel.memory.remember(WAY, CALLBACK.into()).await?;
                Receive::WebhookAndListener
            }
            Way::LongPoll => {
                callback::poll_instead(&api, channel, id).await.map_err(&refused)?;
                listener::begin(&api, channel, id, &refused).await?;
                channel.memory.remember(WAY, LONG_POLL.into()).await?;
                Receive::Listener
            }
        };
        Ok(Connected { external_id: id.to_string(), title, receive })
    }

    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError> {
        let (api, _) = self.open(channel).map_err(ConnectError::Field)?;
        let Some(group_id) = group_id(channel) else { return Ok(()) };
        match callback::remove_ours(&api, channel, group_id).await {
            Ok(()) => Ok(()),
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
        let looked = async {
            let permissions = api.call("groups.getTokenPermissions", Vec::new()).await?;
            if let Some(lacking) = rights::missing(&permissions) {
                return Ok(Some(reports::missing_rights(&lacking)));
            }
            missed::try_reading(&api).await?;
            match (way, group_id(channel)) {
                (Way::Callback(url), Some(group_id)) => {
                    callback::look(&api, channel, group_id, &url).await.map(Some)
                }
                // The listener reports by itself.
                (Way::LongPoll, _) | (_, None) => Ok(None),
            }
        };
        match looked.await {
            Ok(report) => report,
            Err(CallError::Refused(refusal)) if errors::is_dead_token(&refusal) => {
                Some(reports::bad_token())
            }
            Err(CallError::Refused(Refusal { text, .. })) if errors::says_messages_off(&text) => {
                Some(reports::messages_off(&text))
            }
            Err(CallError::Refused(_)) => None,
            Err(CallError::NotSent(_) | CallError::Foreign(_) | CallError::Lost(_)) => {
                Some(reports::unreachable())
            }
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        upload::send(&self.opened(channel)?, message, self.clock.now()).await
    }

    fn foretold(&self, _channel: &Channel, recipient: &str, message: MessageId) -> Vec<String> {
        let echo = |peer| ids::echo(peer, i64::from(ids::random_id(message)));
        recipient.parse().map(echo).into_iter().collect()
    }

    /// `ref` comes back with the first message
    /// (<https://dev.vk.com/ru/api/community-messages/getting-started>).
    fn write_link(&self, channel: &Channel, _title: &str, start: &str) -> Option<String> {
        let id = group_id(channel)?;
        Some(format!("https://vk.me/club{id}?ref={start}"))
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

    fn look_up(&self) -> Option<&dyn LookUp> {
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
