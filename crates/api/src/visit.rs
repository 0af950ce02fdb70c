//! A visitor who is here: what they are shown and what they do, over the two ends that
//! `widget_socket.rs` holds. History and news go through the same reading after the last shown
//! message.

use std::{collections::BTreeSet, time::Duration};

use app::{SiteLine, Stored, VisitorRow, Writer};
use axum::extract::ws::{Message, WebSocket};
use channel::{InboundMessage, SiteFrame};
use domain::{
    attribution::Attribution,
    content::Content,
    conversation::ConversationKind,
    ids::{ConversationId, IdentityId, MessageId},
    text::Words,
};
use futures::{StreamExt, stream::SplitStream};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    hub::Member,
    visit_frames::{client_id, form, message, ways},
    visitors::{self, VisitorSeat},
    widget::Place,
    widget_socket::{Talk, failed, later, restarting},
    wire::{self, End, Pace, code},
};

const TICK: Duration = Duration::from_secs(15);
/// The page pings every 25 seconds, but browsers slow hidden pages down to once a minute.
const DEAD_AFTER: Duration = Duration::from_secs(150);
const TYPING_EVERY: Duration = Duration::from_secs(2);
/// Messages shown to a page that has none yet.
const RECENT: i64 = 50;
const PAGE: i64 = 100;

/// A visitor who is here.
pub struct Visit {
    row: VisitorRow,
    /// Where they came from this time.
    attribution: Attribution,
    member: Member,
    seat: VisitorSeat,
    identity: Option<IdentityId>,
    /// The page has everything up to it.
    place: i64,
    /// Messages of this page that wait for their `accepted`.
    answering: BTreeSet<String>,
    /// The form that the visitor is asked to fill.
    form: Option<Value>,
    online: bool,
}

impl Visit {
    pub fn new(
        row: VisitorRow,
        attribution: Attribution,
        member: Member,
        seat: VisitorSeat,
        after: Option<i64>,
        online: bool,
    ) -> Self {
        Self {
            row,
            attribution,
            member,
            seat,
            identity: None,
            place: after.unwrap_or(0),
            answering: BTreeSet::new(),
            form: None,
            online,
        }
    }

    pub async fn welcome(
        &mut self,
        talk: &mut Talk,
        token: Option<SecretString>,
        after: Option<i64>,
        asked: Option<Value>,
    ) -> Result<(), End> {
        // Following first and reading then: nothing falls between.
        self.find_identity(talk).await?;
        let mut lines = Vec::new();
        if let Some(identity) = self.identity {
            let most = if after.is_some() { PAGE } else { RECENT };
            let found = talk.api.app.site_lines(&self.row, identity, after, most).await;
            lines = found.map_err(failed)?;
        }
        let talked = after.is_some() || !lines.is_empty();
        if !self.row.known && !talked {
            self.form = asked.filter(|form| !form.is_null());
        }
        // What was asked before this stretch shows only when the whole of it is looked at.
        if let (Some(identity), Some(_)) = (self.identity, after) {
            let recent = talk.api.app.site_lines(&self.row, identity, None, RECENT).await;
            recent.map_err(failed)?.iter().for_each(|line| self.note_form(line));
        }
        lines.iter().for_each(|line| self.note_form(line));
        self.place = lines.last().map_or(self.place, |line| line.place);
        let messages: Vec<Value> =
            lines.iter().filter(|l| l.asks().is_none()).map(message).collect();
        let mut frame = json!({
            "type": "welcome",
            "position": self.place,
            "online": self.online,
            "messages": messages,
            "form": self.form,
            "rate": self.to_rate(talk).await,
            "ways": self.ways(talk).await,
        });
        if let Some(token) = token {
            frame["token"] = json!(token.expose_secret());
        }
        talk.say(&frame).await?;
        self.tell_delivered(talk, &lines).await;
        if i64::try_from(lines.len()).is_ok_and(|n| n >= PAGE) {
            self.catch_up(talk).await?;
        }
        Ok(())
    }

    /// Learns who the visitor became, and follows their conversations.
    async fn find_identity(&mut self, talk: &Talk) -> Result<(), End> {
        if self.identity.is_some() {
            return Ok(());
        }
        self.identity = talk.api.app.visitor_identity(&self.row).await.map_err(failed)?;
        let Some(identity) = self.identity else { return Ok(()) };
        self.seat.is(identity);
        let theirs = talk.api.app.visitor_conversations(self.row.account, identity).await;
        for conversation in theirs.map_err(failed)? {
            self.seat.follow(conversation);
        }
        Ok(())
    }

    /// A rule asks for a form; an answer of either side ends the asking.
    fn note_form(&mut self, line: &SiteLine) {
        match line.writer {
            Writer::Automatic => {
                if let Some((title, fields)) = line.asks() {
                    self.form = Some(form(title, fields));
                }
            }
            Writer::Visitor if matches!(line.content, Content::Form { .. }) => self.form = None,
            Writer::Visitor => {}
            Writer::Operator => self.form = None,
        }
    }

    pub async fn run(&mut self, talk: &mut Talk, frames: &mut SplitStream<WebSocket>) -> End {
        let stop = talk.api.hub.stop.clone();
        let bell = self.seat.bell.clone();
        let mut heard = Instant::now();
        let mut typed: Option<Instant> = None;
        let mut pace = Pace::new(heard);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                () = stop.cancelled() => Err(restarting()),
                frame = frames.next() => {
                    let now = Instant::now();
                    heard = now;
                    match frame {
                        None | Some(Ok(Message::Close(_))) => Err(End::Gone),
                        Some(Err(error)) => Err(wire::unreadable(&error)),
                        Some(Ok(_)) if !pace.keeps(now) => {
                            Err(End::Close(code::TOO_MANY, "too many frames"))
                        }
                        Some(Ok(Message::Text(text))) => {
                            self.hear(talk, &mut typed, text.as_str()).await
                        }
                        Some(Ok(Message::Binary(_))) => {
                            Err(End::Close(code::PROTOCOL, "frames are JSON text"))
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    }
                }
                what = bell.rung() => self.rung(talk, what).await,
                _ = tick.tick() => {
                    if heard.elapsed() > DEAD_AFTER {
                        Err(End::Gone)
                    } else {
                        self.tell_online(talk).await
                    }
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn rung(&mut self, talk: &mut Talk, what: u8) -> Result<(), End> {
        if what & visitors::NEWS != 0 {
            self.catch_up(talk).await?;
        }
        if what & visitors::TYPING != 0 {
            talk.say(&json!({ "type": "typing" })).await?;
        }
        if what & visitors::CLOSED != 0 {
            let rate = self.to_rate(talk).await;
            talk.say(&json!({ "type": "closed", "rate": rate })).await?;
        }
        if what & visitors::PEOPLE != 0 {
            self.tell_online(talk).await?;
        }
        Ok(())
    }

    async fn tell_online(&mut self, talk: &mut Talk) -> Result<(), End> {
        // The database is away: what was said last stands.
        let Ok(online) = talk.is_manned(&self.member).await else { return Ok(()) };
        if online == self.online {
            return Ok(());
        }
        self.online = online;
        talk.say(&json!({ "type": "online", "online": online })).await
    }

    /// Shows everything after the last shown message.
    async fn catch_up(&mut self, talk: &mut Talk) -> Result<(), End> {
        let Some(identity) = self.identity else { return Ok(()) };
        loop {
            let after = Some(self.place);
            let read = talk.api.app.site_lines(&self.row, identity, after, PAGE).await;
            let lines = match read {
                Ok(lines) => lines,
                Err(error) => return Err(failed(error)),
            };
            let before = self.form.clone();
            for line in &lines {
                self.place = line.place;
                self.note_form(line);
                if line.asks().is_none() {
                    self.show(talk, line).await?;
                }
            }
            if self.form != before {
                talk.say(&json!({ "type": "form", "form": self.form })).await?;
            }
            self.tell_delivered(talk, &lines).await;
            if i64::try_from(lines.len()).is_ok_and(|n| n < PAGE) {
                return Ok(());
            }
        }
    }

    /// One's own message is answered as accepted, everything else is shown.
    async fn show(&mut self, talk: &mut Talk, line: &SiteLine) -> Result<(), End> {
        let own = line.client_id.as_deref().filter(|id| self.answering.remove(*id));
        let frame = match own {
            Some(id) => json!({ "type": "accepted", "client_id": id, "message": message(line) }),
            None => json!({ "type": "message", "message": message(line) }),
        };
        talk.say(&frame).await
    }

    /// Receipts are no reason to break a visit: the next reading gives them again.
    async fn tell_delivered(&self, talk: &Talk, lines: &[SiteLine]) {
        let got: Vec<MessageId> =
            lines.iter().filter(|l| l.is_undelivered()).map(|l| l.message).collect();
        if got.is_empty() {
            return;
        }
        if let Err(error) = talk.api.app.visitor_got(&talk.place.row, &got).await {
            tracing::debug!(%error, "receipts of a visitor were not stored");
        }
    }

    async fn hear(
        &mut self,
        talk: &mut Talk,
        typed: &mut Option<Instant>,
        text: &str,
    ) -> Result<(), End> {
        // Settings may have changed, or the widget may be gone.
        match Place::find(&talk.api, &talk.key).await {
            Ok(place) => talk.place = place,
            Err(problem) if problem.status == 404 => {
                return Err(End::Close(code::LATER, "the widget is switched off"));
            }
            // The database is away: the message below will be told so.
            Err(_) => {}
        }
        let now = talk.api.app.clock.now();
        let visitor = self.row.visitor.to_string();
        let site = talk.place.site().map_err(|_| later())?;
        match site.parse(&talk.place.ours, &visitor, text, now) {
            Ok(SiteFrame::Ping) => {
                talk.say(&json!({ "type": "pong" })).await?;
                // A file, which comes by another request, may have made them a known person.
                if self.identity.is_none() {
                    self.find_identity(talk).await?;
                    self.catch_up(talk).await?;
                }
                Ok(())
            }
            Ok(SiteFrame::Rate { conversation, stars, text }) => {
                self.rate(talk, conversation, stars, &text).await
            }
            Ok(SiteFrame::Typing) => {
                if typed.is_none_or(|at| at.elapsed() >= TYPING_EVERY) {
                    *typed = Some(Instant::now());
                    self.typing(talk).await;
                }
                Ok(())
            }
            Ok(SiteFrame::Seen { message }) => {
                self.saw(talk, &message).await;
                Ok(())
            }
            Ok(SiteFrame::Message(message)) => {
                self.write(talk, client_id(text).unwrap_or_default(), *message).await
            }
            Err(why) => match client_id(text) {
                Some(id) => talk.refuse(&id, "invalid", &why).await,
                None => talk.error("invalid", &why).await,
            },
        }
    }

    /// The conversation whose rating the page asks for, if the widget's settings want one.
    async fn to_rate(&self, talk: &Talk) -> Option<ConversationId> {
        let wanted = setting(talk, "rating");
        let identity = self.identity.filter(|_| wanted)?;
        talk.api.app.to_rate(self.row.account, identity).await.unwrap_or_default()
    }

    async fn ways(&self, talk: &Talk) -> Value {
        if !setting(talk, "other_channels") {
            return json!([]);
        }
        match talk.api.app.ways_on(&self.row).await {
            Ok(found) => ways(&found),
            Err(error) => {
                tracing::debug!(%error, "a visitor is shown no other channels");
                json!([])
            }
        }
    }

    async fn rate(
        &self,
        talk: &mut Talk,
        conversation: ConversationId,
        stars: u8,
        text: &str,
    ) -> Result<(), End> {
        if let Err(problem) = talk.api.visitors.ratings.check(self.row.visitor.to_string()) {
            return talk.error(&problem.code, &problem.detail).await;
        }
        let rated = match self.identity {
            Some(identity) => {
                talk.api.app.rate(self.row.account, identity, conversation, stars, text).await
            }
            None => Err(app::Error::NotFound { what: "conversation" }),
        };
        match rated {
            Ok(()) => talk.say(&json!({ "type": "rated", "conversation": conversation })).await,
            Err(app::Error::Unavailable(_)) => talk.error("unavailable", &come_again()).await,
            Err(_) => {
                let why = Words::new(
                    "Этот разговор уже нельзя оценить.",
                    "This conversation cannot be rated any more.",
                );
                talk.error("not_rated", &why).await
            }
        }
    }

    async fn typing(&self, talk: &Talk) {
        let Some(identity) = self.identity else { return };
        let open = talk.api.app.visitor_open_conversation(self.row.account, identity).await;
        if let Ok(Some(c)) = open
            && let Err(error) = talk.api.app.visitor_types(self.row.account, &c).await
        {
            tracing::debug!(%error, "a visitor's writing was not passed on");
        }
    }

    async fn saw(&self, talk: &Talk, message: &str) {
        let (Some(identity), Ok(message)) = (self.identity, message.parse()) else { return };
        if let Err(error) = talk.api.app.visitor_saw(&talk.place.row, identity, message).await {
            tracing::debug!(%error, "receipts of a visitor were not stored");
        }
    }

    async fn write(
        &mut self,
        talk: &mut Talk,
        client_id: String,
        mut said: InboundMessage,
    ) -> Result<(), End> {
        if let Err(problem) = talk.api.visitors.messages.check(self.row.visitor.to_string()) {
            return talk.refuse(&client_id, &problem.code, &problem.detail).await;
        }
        said.attribution = self.attribution.clone();
        let is_form = matches!(said.content, Content::Form { .. });
        let goes_on = said.kind == ConversationKind::Chat;
        match talk.api.app.accept_message(&talk.place.row, said).await {
            Ok(Stored::New { conversation, .. }) => {
                self.find_identity(talk).await?;
                self.seat.follow(conversation);
                if is_form {
                    self.row.known = true;
                    self.form = None;
                    self.fill(talk, conversation, goes_on).await;
                }
                self.answering.insert(client_id);
                self.catch_up(talk).await
            }
            Ok(Stored::Duplicate { message }) => {
                self.find_identity(talk).await?;
                self.answering.insert(client_id.clone());
                self.catch_up(talk).await?;
                if self.answering.remove(&client_id) {
                    self.answer_repeat(talk, &client_id, message).await?;
                }
                Ok(())
            }
            Ok(Stored::Later) | Err(app::Error::Unavailable(_)) => {
                talk.refuse(&client_id, "unavailable", &come_again()).await
            }
            Ok(Stored::Gone) => {
                let why = Words::new(
                    "Сообщение не принято: чат на этом сайте отключён.",
                    "The message was not taken: the chat of this site is switched off.",
                );
                talk.refuse(&client_id, "gone", &why).await
            }
            Err(error) => {
                tracing::error!(%error, "a visitor's message was not stored");
                talk.refuse(&client_id, "trouble", &come_again()).await
            }
        }
    }

    /// The form is stored as a message already; that it was one is told after.
    async fn fill(&self, talk: &Talk, conversation: ConversationId, goes_on: bool) {
        if goes_on && let Err(error) = talk.api.app.visitor_known(&self.row, conversation).await {
            tracing::warn!(%error, "a filled form did not reach routing; its time-out will");
        }
    }

    async fn answer_repeat(
        &self,
        talk: &mut Talk,
        client_id: &str,
        id: MessageId,
    ) -> Result<(), End> {
        let line = match self.identity {
            Some(identity) => talk.api.app.site_line(&self.row, identity, id).await,
            None => Ok(None),
        };
        match line.map_err(failed)? {
            Some(line) => {
                let mut shown = message(&line);
                // It stands earlier than the last shown one: the page's cursor must not go back.
                shown["position"] = json!(self.place);
                talk.say(&json!({ "type": "accepted", "client_id": client_id, "message": shown }))
                    .await
            }
            None => talk.refuse(client_id, "repeated", &come_again()).await,
        }
    }
}

/// A toggle of the widget's settings, as its page is told.
fn setting(talk: &Talk, key: &str) -> bool {
    let config = talk.place.site().map(|site| site.page_config(&talk.place.ours));
    config.is_ok_and(|config| config[key] == true)
}

pub fn come_again() -> Words {
    Words::new(
        "Сообщение пока не принято. Повторите через несколько секунд.",
        "The message was not taken yet. Try again in a few seconds.",
    )
}
