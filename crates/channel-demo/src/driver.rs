//! The driver: what is sent lies in a short list until the channel's listener plays the customer.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use channel::{
    Batch, Changes, Channel, ConnectError, Connected, Connecting, Driver, FieldError, Inbox,
    ListenError, Listener, Numbers, Outbound, Reactions, Receive, SendError, Sent, SettingsForm,
};
use domain::{
    channel::{Capabilities, ChannelKind, FileLimit, StateReport, TextUnit},
    content::FileKind,
    delivery::DeliveryStatus,
    ids::{ChannelId, MessageId},
    text::Words,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{obliging, play, settings};

const MAX_TEXT: usize = 4000;
const MAX_FILE: u64 = 20 * 1024 * 1024;
/// What nobody listens for (the listener is in another process) is forgotten beyond so many.
const MOST_HEARD: usize = 500;
const GREETED: &str = "greeted";

/// A message that went "out".
struct Heard {
    channel: ChannelId,
    message: MessageId,
    customer: String,
    asks: bool,
}

/// What the customer does next.
enum Act {
    Greet,
    Deliver(MessageId),
    Read(MessageId),
    Answer(MessageId, String),
}

/// See the crate's own words.
#[derive(Default)]
pub struct Demo {
    heard: Mutex<VecDeque<Heard>>,
    news: Notify,
}

impl Demo {
    fn hear(&self, heard: Heard) {
        let mut all = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_HEARD {
            all.pop_front();
        }
        all.push_back(heard);
        drop(all);
        self.news.notify_waiters();
    }

    fn heard_by(&self, channel: ChannelId) -> Vec<Heard> {
        let mut all = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let (ours, others): (Vec<Heard>, Vec<Heard>) =
            all.drain(..).partition(|h| h.channel == channel);
        all.extend(others);
        ours
    }
}

#[async_trait]
impl Driver for Demo {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("demo")
    }

    fn title(&self) -> Words {
        Words::new("Демо-канал", "Demo channel")
    }

    fn capabilities(&self) -> Capabilities {
        let kinds =
            [FileKind::Image, FileKind::Video, FileKind::Audio, FileKind::Voice, FileKind::File];
        Capabilities {
            max_text: MAX_TEXT,
            text_unit: TextUnit::Characters,
            max_caption: MAX_TEXT,
            files: kinds.map(|kind| FileLimit { kind, max_bytes: MAX_FILE }).into(),
            max_files: 10,
            subject: false,
            replies: true,
            delivery_receipts: true,
            read_receipts: true,
            idempotent_send: true,
            write_first: false,
            in_widget: false,
            edit_within: Some(obliging::CHANGED_WITHIN),
            remove_within: Some(obliging::CHANGED_WITHIN),
            reactions: obliging::EMOJI.map(str::to_owned).to_vec(),
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
        Ok(Connected {
            external_id: channel.id.to_string(),
            title: channel.name.clone(),
            receive: Receive::Listener,
        })
    }

    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn inspect(&self, _channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        None
    }

    /// Goes nowhere. The listener is told, and plays the customer.
    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        self.hear(Heard {
            channel: channel.id,
            message: message.id,
            customer: message.recipient.clone(),
            asks: !message.automatic && message.content.words().contains('?'),
        });
        Ok(Sent {
            parts: Vec::new(),
            external_id: message.id.to_string(),
            aliases: Vec::new(),
            status: DeliveryStatus::Sent,
        })
    }

    fn listener(&self) -> Option<&dyn Listener> {
        Some(self)
    }

    fn changes(&self) -> Option<&dyn Changes> {
        Some(self)
    }

    fn reactions(&self) -> Option<&dyn Reactions> {
        Some(self)
    }

    fn numbers(&self) -> Option<&dyn Numbers> {
        Some(self)
    }
}

#[async_trait]
impl Listener for Demo {
    async fn run(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        inbox.report(StateReport::connected()).await?;
        let mut plan: Vec<(Instant, Act)> = Vec::new();
        if settings::greets(channel) && inbox.state(GREETED).await?.is_none() {
            plan.push((Instant::now() + play::GREETED_AFTER, Act::Greet));
        }
        loop {
            // Enabled before looking, so that what is sent in between wakes it.
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            for heard in self.heard_by(channel.id) {
                let now = Instant::now();
                plan.push((now + play::DELIVERED_AFTER, Act::Deliver(heard.message)));
                plan.push((now + play::READ_AFTER, Act::Read(heard.message)));
                if heard.asks && settings::answers(channel) {
                    let answer = Act::Answer(heard.message, heard.customer);
                    plan.push((now + play::ANSWERED_AFTER, answer));
                }
            }
            let now = Instant::now();
            let (due, later): (Vec<_>, Vec<_>) = plan.into_iter().partition(|(at, _)| *at <= now);
            plan = later;
            for (_, act) in due {
                inbox.accept(played(act, inbox)).await?;
            }
            let next = plan.iter().map(|(at, _)| *at).min();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = news => {}
                () = async { match next { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {}
            }
        }
    }
}

fn played(act: Act, inbox: &dyn Inbox) -> Batch {
    let now = inbox.now();
    let mut batch = Batch::default();
    batch.events.push(match act {
        Act::Greet => {
            batch.state.push((GREETED.to_owned(), true.into()));
            play::greeting(now)
        }
        Act::Deliver(message) => play::report(message, DeliveryStatus::Delivered, now),
        Act::Read(message) => play::report(message, DeliveryStatus::Read, now),
        Act::Answer(message, customer) => play::answer(message, &customer, now),
    });
    batch
}
