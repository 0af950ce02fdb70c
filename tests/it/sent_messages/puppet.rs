//! A driver that fills every role, writes down what it is asked, and answers as the test says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use channel::{
    Blocked, Blocks, Changes, Channel, ConnectError, Connected, Connecting, Driver, FieldError,
    Numbers, OutFile, Outbound, Presses, Question, Reactions, Receive, SendError, Sent,
    SettingsForm, Signs, Told,
};
use domain::{
    channel::{Capabilities, ChannelKind, ChannelState, StateReport, TextUnit},
    content::Content,
    number_check::{Price, Reachable},
    text::Words,
};

#[derive(Default)]
pub struct Puppet {
    pub asked: Mutex<Vec<String>>,
    /// Ids of the parts of the next messages sent.
    parts: Mutex<VecDeque<Vec<String>>>,
    /// What the service says of phones next; nothing left: they are there.
    pub told: Mutex<VecDeque<Told>>,
    /// Paid checks that are allowed a day.
    pub checks_a_day: Mutex<Option<u32>>,
    /// What the next calls of other roles come to; nothing left: done.
    pub answers: Mutex<VecDeque<SendError>>,
    sent: Mutex<u32>,
}

impl Puppet {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// What it was asked since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The next message goes out in parts of these ids.
    pub fn sends_in(&self, ids: &[&str]) {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        self.parts.lock().unwrap().push_back(ids);
    }

    /// What the service answers next, instead of doing it.
    pub fn will_say(&self, answers: impl IntoIterator<Item = SendError>) {
        self.answers.lock().unwrap().extend(answers);
    }

    fn ask(&self, what: String) -> Result<(), SendError> {
        self.asked.lock().unwrap().push(what);
        self.answers.lock().unwrap().pop_front().map_or(Ok(()), Err)
    }
}

pub fn refused(text: &str) -> SendError {
    SendError::Rejected { code: "refused", text: text.to_owned() }
}

pub fn lost() -> SendError {
    SendError::Unknown("the answer was lost".to_owned())
}

/// A channel whose key is no good any more.
pub fn down() -> StateReport {
    StateReport::new(
        ChannelState::BadCredentials,
        Words::new("Ключ не подходит.", "The key does not fit."),
        Words::new("Вставьте новый.", "Paste a new one."),
    )
}

#[async_trait]
impl Driver for Puppet {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("puppet")
    }

    fn title(&self) -> Words {
        Words::new("Кукла", "Puppet")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_text: 100,
            text_unit: TextUnit::Characters,
            max_caption: 50,
            files: Vec::new(),
            max_files: 0,
            subject: false,
            replies: true,
            delivery_receipts: true,
            read_receipts: true,
            idempotent_send: true,
            write_first: false,
            in_widget: false,
            edit_within: Some(3600),
            remove_within: Some(600),
            reactions: vec!["👍".to_owned(), "❤".to_owned()],
        }
    }

    fn form(&self) -> SettingsForm {
        SettingsForm { intro: Words::new("", ""), fields: Vec::new() }
    }

    fn check(&self, _channel: &Channel) -> Result<(), Vec<FieldError>> {
        Ok(())
    }

    async fn connect(
        &self,
        channel: &Channel,
        _connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        Ok(Connected {
            external_id: channel.id.to_string(),
            title: "puppet".to_owned(),
            receive: Receive::Webhook,
        })
    }

    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn inspect(&self, _channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        None
    }

    /// Messages are called `out-1`, `out-2` …
    async fn send(&self, _channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        self.ask(format!("send {}", message.content.words()))?;
        let mut sent = self.sent.lock().unwrap();
        *sent += 1;
        let parts = self.parts.lock().unwrap().pop_front().unwrap_or_default();
        Ok(Sent { parts, ..Sent::new(format!("out-{sent}")) })
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

    fn reactions(&self) -> Option<&dyn Reactions> {
        Some(self)
    }

    fn presses(&self) -> Option<&dyn Presses> {
        Some(self)
    }

    fn numbers(&self) -> Option<&dyn Numbers> {
        Some(self)
    }
}

#[async_trait]
impl Numbers for Puppet {
    fn price(&self, _: &Channel) -> Option<Price> {
        Some(Price::Paid)
    }

    fn most_a_day(&self, _: &Channel) -> Option<u32> {
        *self.checks_a_day.lock().unwrap()
    }

    async fn exists(&self, _: &Channel, question: &Question) -> Result<Told, SendError> {
        self.ask(format!("exists {:?}", question.asking))?;
        let told = self.told.lock().unwrap().pop_front();
        Ok(told.unwrap_or(Told::Known(Reachable::Exists)))
    }
}

#[async_trait]
impl Presses for Puppet {
    fn is_press(&self, external_id: &str) -> bool {
        external_id.starts_with("press-")
    }

    async fn answer(&self, _: &Channel, id: &str, raw: Option<&str>) -> Result<(), SendError> {
        self.ask(format!("heard {id} {}", raw.unwrap_or("-")))
    }
}

#[async_trait]
impl Signs for Puppet {
    async fn seen(&self, _: &Channel, recipient: &str, message: &str) -> Result<(), SendError> {
        self.ask(format!("seen {recipient} {message}"))
    }

    async fn typing(&self, _: &Channel, recipient: &str) -> Result<(), SendError> {
        self.ask(format!("typing {recipient}"))
    }
}

#[async_trait]
impl Changes for Puppet {
    async fn edit(
        &self,
        _: &Channel,
        recipient: &str,
        external_id: &str,
        content: &Content<OutFile>,
    ) -> Result<(), SendError> {
        self.ask(format!("edit {recipient} {external_id} {}", content.words()))
    }

    async fn remove(&self, _: &Channel, recipient: &str, id: &str) -> Result<(), SendError> {
        self.ask(format!("remove {recipient} {id}"))
    }
}

#[async_trait]
impl Blocks for Puppet {
    async fn block(&self, _: &Channel, person: &Blocked) -> Result<(), SendError> {
        let title = person.listing.as_ref().map(|l| l.title.as_str()).unwrap_or("-");
        let key = person.key.as_deref().unwrap_or("-");
        self.ask(format!("block {} {key} {title}", person.external_id))
    }
}

#[async_trait]
impl Reactions for Puppet {
    async fn react(
        &self,
        _: &Channel,
        recipient: &str,
        external_id: &str,
        emoji: Option<&str>,
    ) -> Result<(), SendError> {
        self.ask(format!("react {recipient} {external_id} {}", emoji.unwrap_or("-")))
    }
}
