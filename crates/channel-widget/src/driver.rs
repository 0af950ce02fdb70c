//! The driver of kind `widget`. It fills one role beside [`Driver`]: [`Site`].

use async_trait::async_trait;
use channel::{
    Channel, ConnectError, Connected, Connecting, Driver, FieldError, InboundMessage, Outbound,
    Receive, SendError, Sent, SettingsForm, Site, SiteFile, SiteFrame,
};
use domain::{
    attribution::Attribution,
    channel::{Capabilities, ChannelKind, FileLimit, StateReport, TextUnit},
    clock::Instant,
    content::FileKind,
    delivery::DeliveryStatus,
    text::Words,
};
use serde_json::Value;

use crate::{assets, files, frame, page, settings, visit};

/// The site widget.
#[derive(Debug, Clone, Copy, Default)]
pub struct Widget;

#[async_trait]
impl Driver for Widget {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("widget")
    }

    fn title(&self) -> Words {
        Words::new("Виджет на сайте", "Site widget")
    }

    fn capabilities(&self) -> Capabilities {
        let kinds =
            [FileKind::Image, FileKind::Video, FileKind::Audio, FileKind::Voice, FileKind::File];
        Capabilities {
            max_text: frame::MAX_TEXT,
            text_unit: TextUnit::Characters,
            max_caption: frame::MAX_TEXT,
            files: kinds.map(|kind| FileLimit { kind, max_bytes: files::MAX_FILE }).into(),
            max_files: 10,
            subject: false,
            replies: false,
            delivery_receipts: true,
            read_receipts: true,
            // The message lies in the visitor's history under our id: a second send adds nothing.
            idempotent_send: true,
            write_first: false,
            in_widget: false,
            edit_within: None,
            remove_within: None,
            reactions: Vec::new(),
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        settings::check(channel)
    }

    async fn connect(
        &self,
        channel: &Channel,
        _connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        if let Some(error) = settings::check(channel).err().and_then(|e| e.into_iter().next()) {
            return Err(ConnectError::Field(error));
        }
        let sites = settings::sites(channel);
        Ok(Connected {
            external_id: channel.id.to_string(),
            title: sites.first().map_or_else(|| channel.name.clone(), |s| s.host().to_owned()),
            receive: Receive::Site,
        })
    }

    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    /// There is nobody to ask: the widget works whenever Beseda does.
    async fn inspect(&self, _channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        None
    }

    /// The message is in the visitor's history by being stored, and the web layer shows it as soon
    /// as the page is there.
    async fn send(&self, _channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        Ok(Sent {
            parts: Vec::new(),
            external_id: message.id.to_string(),
            aliases: Vec::new(),
            status: DeliveryStatus::Sent,
        })
    }

    fn site(&self) -> Option<&dyn Site> {
        Some(self)
    }
}

impl Site for Widget {
    fn allows_origin(&self, channel: &Channel, origin: &str) -> bool {
        settings::sites(channel).iter().any(|site| site.covers(origin))
    }

    fn page_config(&self, channel: &Channel) -> Value {
        page::config(channel)
    }

    fn attribution(&self, visit: &Value) -> Attribution {
        visit::attribution(visit)
    }

    fn parse(
        &self,
        channel: &Channel,
        visitor: &str,
        frame: &str,
        now: Instant,
    ) -> Result<SiteFrame, Words> {
        frame::parse(channel, visitor, frame, now)
    }

    fn upload(
        &self,
        channel: &Channel,
        visitor: &str,
        file: SiteFile,
        now: Instant,
    ) -> Result<InboundMessage, Words> {
        files::upload(channel, visitor, file, now)
    }

    fn loader(&self) -> &'static [u8] {
        assets::loader()
    }

    fn asset(&self, name: &str) -> Option<(&'static str, &'static [u8])> {
        assets::file(name)
    }
}
