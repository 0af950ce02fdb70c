//! A visitor's socket. The visitor bears a token of this one widget; what they write goes through
//! the same door as every channel's messages, and what they read is read from their own
//! conversations after the last message that was shown.

use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};

use app::{SiteLine, Stored, VisitorRow, Writer};
use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use channel::{InboundMessage, SiteFrame};
use domain::{
    attribution::Attribution,
    content::{Content, FormField},
    conversation::ConversationKind,
    ids::{IdentityId, MessageId},
    text::Words,
    view::AttachmentView,
};
use futures::{StreamExt, stream::SplitStream};
use governor::Quota;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    Api, Client, Limit, Path, Problem,
    frames::{self, ServerFrame},
    hub::Member,
    origin,
    visitors::{self, VisitorSeat},
    widget::Place,
    wire::{self, End, Out, Pace, code},
};

const HELLO_WITHIN: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_secs(15);
/// The page pings every 25 seconds, but browsers slow hidden pages down to once a minute.
const DEAD_AFTER: Duration = Duration::from_secs(150);
const TYPING_EVERY: Duration = Duration::from_secs(2);
/// Messages shown to a page that has none yet.
const RECENT: i64 = 50;
const PAGE: i64 = 100;
const LONGEST_TOKEN: usize = 100;

/// What visitors may do, in this process.
pub struct VisitorLimits {
    /// New visitors of one address of the network.
    new: Limit,
    /// Messages of one visitor.
    messages: Limit,
}

impl Default for VisitorLimits {
    fn default() -> Self {
        let per_minute =
            |n| Limit::new(Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)));
        Self { new: per_minute(30), messages: per_minute(20) }
    }
}

/// `GET /widget/{key}/socket`
pub async fn upgrade(
    State(api): State<Api>,
    Path(key): Path<String>,
    client: Client,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let place = Place::find(&api, &key).await?;
    let told = headers.get(header::ORIGIN).and_then(|o| o.to_str().ok());
    let allowed = origin::is_own(&headers, api.app.settings.public_url.as_ref())
        || told.is_some_and(|origin| {
            place.site().is_ok_and(|site| site.allows_origin(&place.ours, origin))
        });
    if !allowed {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "foreign_site",
            Words::new(
                "Этого сайта нет в настройках виджета.",
                "This site is not in the widget's settings.",
            ),
        ));
    }
    let in_russian = in_russian(place.ours.setting("language"), &headers);
    let tasks = api.hub.tasks.clone();
    Ok(wire::limited(upgrade).on_upgrade(move |socket| {
        tasks.track_future(serve(api, key, place, client, in_russian, socket))
    }))
}

/// The language of refusals: the widget's own, else the browser's.
fn in_russian(setting: Option<&str>, headers: &HeaderMap) -> bool {
    match setting {
        Some("ru") => true,
        Some("en") => false,
        _ => headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok())
            .is_none_or(|languages| languages.trim_start().starts_with("ru")),
    }
}

async fn serve(
    api: Api,
    key: String,
    place: Place,
    client: Client,
    in_russian: bool,
    socket: WebSocket,
) {
    let (sink, mut frames) = socket.split();
    let mut talk = Talk { api, key, place, in_russian, out: Out::new(sink) };
    let end = match talk.begin(&mut frames, client).await {
        Ok(mut visit) => visit.run(&mut talk, &mut frames).await,
        Err(end) => end,
    };
    talk.out.end(end).await;
}

/// The two ends of a conversation over a socket.
struct Talk {
    api: Api,
    key: String,
    place: Place,
    in_russian: bool,
    out: Out,
}

/// A visitor who is here.
struct Visit {
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

/// The frames that our page writes first.
struct Hello {
    token: Option<String>,
    after: Option<i64>,
    visit: Value,
}

impl Talk {
    fn words(&self, words: &Words) -> String {
        if self.in_russian { words.ru.clone() } else { words.en.clone() }
    }

    async fn say(&mut self, frame: &Value) -> Result<(), End> {
        self.out.send(frame.to_string().into()).await
    }

    async fn refuse(&mut self, client_id: &str, code: &str, why: &Words) -> Result<(), End> {
        let text = self.words(why);
        self.say(&json!({ "type": "refused", "client_id": client_id, "code": code, "text": text }))
            .await
    }

    async fn error(&mut self, code: &str, why: &Words) -> Result<(), End> {
        let text = self.words(why);
        self.say(&json!({ "type": "error", "code": code, "text": text })).await
    }

    async fn begin(
        &mut self,
        frames: &mut SplitStream<WebSocket>,
        client: Client,
    ) -> Result<Visit, End> {
        let stop = self.api.hub.stop.clone();
        let hello = tokio::select! {
            () = stop.cancelled() => return Err(restarting()),
            hello = tokio::time::timeout(HELLO_WITHIN, hello(frames)) => {
                hello.map_err(|_| End::Close(code::PROTOCOL, "no hello came"))??
            }
        };
        let site = self.place.site().map_err(|_| later())?;
        let attribution = site.attribution(&hello.visit);
        let asked = site.page_config(&self.place.ours).get("contact_form").cloned();
        let known = match hello.token.as_deref() {
            Some(token) => self.api.app.visitor(&self.place.row, token).await.map_err(failed)?,
            None => None,
        };
        let (row, token, after) = match known {
            Some(row) => (row, None, hello.after),
            None => {
                if let Err(problem) = self.api.visitors.new.check(client.0.to_string()) {
                    self.error(&problem.code, &problem.detail).await?;
                    return Err(End::Close(code::TOO_MANY, "too many new visitors"));
                }
                let made = self.api.app.new_visitor(&self.place.row, attribution.clone()).await;
                let (row, token) = made.map_err(failed)?;
                (row, Some(token), None)
            }
        };
        let member = self.api.hub.enter(row.account).await.map_err(failed)?;
        let seat = VisitorSeat::take(&member)
            .ok_or(End::Close(code::TOO_MANY, "too many visitors of this company"))?;
        let online = member.anybody_online(&self.api.app).await.map_err(failed)?;
        let attribution =
            if attribution.is_empty() { row.attribution.clone() } else { attribution };
        let mut visit = Visit {
            row,
            attribution,
            member,
            seat,
            identity: None,
            place: after.unwrap_or(0),
            answering: BTreeSet::new(),
            form: None,
            online,
        };
        visit.welcome(self, token, after, asked).await?;
        Ok(visit)
    }
}

async fn hello(frames: &mut SplitStream<WebSocket>) -> Result<Hello, End> {
    loop {
        let frame = frames.next().await.ok_or(End::Gone)?;
        let text = match frame.map_err(|e| wire::unreadable(&e))? {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Binary(_) => return Err(End::Close(code::PROTOCOL, "frames are JSON text")),
            Message::Close(_) => return Err(End::Gone),
        };
        let frame: Value = serde_json::from_str(text.as_str()).unwrap_or_default();
        if frame["type"] != "hello" {
            return Err(End::Close(code::PROTOCOL, "the first frame must be a hello"));
        }
        let token = frame["token"].as_str().filter(|t| !t.is_empty() && t.len() <= LONGEST_TOKEN);
        return Ok(Hello {
            token: token.map(str::to_owned),
            after: frame["after"].as_i64().filter(|after| *after >= 0),
            visit: frame["visit"].clone(),
        });
    }
}

fn restarting() -> End {
    End::Close(code::RESTART, "connect again")
}

fn later() -> End {
    End::Close(code::LATER, "come again in a few seconds")
}

fn failed(error: app::Error) -> End {
    tracing::debug!(%error, "a visitor is told to come later");
    later()
}

impl Visit {
    async fn welcome(
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

    async fn run(&mut self, talk: &mut Talk, frames: &mut SplitStream<WebSocket>) -> End {
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
            talk.say(&json!({ "type": "closed" })).await?;
        }
        if what & visitors::PEOPLE != 0 {
            self.tell_online(talk).await?;
        }
        Ok(())
    }

    async fn tell_online(&mut self, talk: &mut Talk) -> Result<(), End> {
        // The database is away: what was said last stands.
        let Ok(online) = self.member.anybody_online(&talk.api.app).await else { return Ok(()) };
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
            Ok(SiteFrame::Ping) => talk.say(&json!({ "type": "pong" })).await,
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

    async fn typing(&self, talk: &Talk) {
        let Some(identity) = self.identity else { return };
        let open = talk.api.app.visitor_open_conversation(self.row.account, identity).await;
        if let Ok(Some(c)) = open {
            let conversation_id = c.conversation_id;
            let text = frames::write(&ServerFrame::VisitorTyping { conversation_id });
            self.member.say(&c.audience(), None, &text);
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
    async fn fill(&self, talk: &Talk, conversation: domain::ids::ConversationId, goes_on: bool) {
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

fn come_again() -> Words {
    Words::new(
        "Сообщение пока не принято. Повторите через несколько секунд.",
        "The message was not taken yet. Try again in a few seconds.",
    )
}

/// Read leniently, so that even a refused frame is answered by its name.
fn client_id(frame: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(frame).ok()?;
    let id = frame.get("client_id")?.as_str()?;
    Some(id.chars().take(64).collect())
}

/// A message as the page draws it.
fn message(line: &SiteLine) -> Value {
    let mut shown = json!({
        "id": line.message,
        "position": line.place,
        "from": match line.writer {
            Writer::Visitor => "visitor",
            Writer::Operator => "operator",
            Writer::Automatic => "auto",
        },
        "author": line.author,
        "text": words(&line.content),
        "at": line.at,
    });
    let files: Vec<Value> = line.content.files().iter().filter_map(file).collect();
    if !files.is_empty() {
        shown["files"] = json!(files);
    }
    shown
}

fn file(file: &AttachmentView) -> Option<Value> {
    Some(json!({
        "url": file.url.as_ref()?,
        "name": file.name,
        "kind": file.kind,
        "size": file.size,
    }))
}

fn words(content: &Content<AttachmentView>) -> String {
    match content {
        Content::Location { latitude, longitude, title } => {
            let title = title.as_deref().map(|t| format!("{t}\n")).unwrap_or_default();
            format!("{title}https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}")
        }
        Content::Form { fields, .. } => {
            let line = |f: &FormField| {
                let label = if f.label.is_empty() { &f.key } else { &f.label };
                format!("{label}: {}", f.value)
            };
            fields.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Content::Unsupported { label, text } if text.is_empty() => label.clone(),
        other => other.words(),
    }
}

/// A form that is asked for. A label that only repeats the key is left to the page's language.
fn form(title: &str, fields: &[FormField]) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|f| {
            let label = if f.label == f.key { "" } else { f.label.as_str() };
            json!({ "key": f.key, "label": label, "required": true })
        })
        .collect();
    json!({ "title": title, "fields": fields, "submit": "" })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_refused_frame_is_still_named() {
        assert_eq!(client_id(r#"{"type":"x","client_id":"abc"}"#).as_deref(), Some("abc"));
        assert_eq!(client_id(r#"{"client_id":7}"#), None);
        assert_eq!(client_id("{"), None);
        let long = format!(r#"{{"client_id":"{}"}}"#, "я".repeat(100));
        assert_eq!(client_id(&long).map(|id| id.chars().count()), Some(64));
    }

    #[test]
    fn refusals_speak_the_visitors_language() {
        let browser = |languages| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(languages));
            headers
        };
        assert!(in_russian(Some("ru"), &browser("en")));
        assert!(!in_russian(Some("en"), &browser("ru")));
        assert!(in_russian(None, &browser("ru-RU,ru;q=0.9,en;q=0.8")));
        assert!(!in_russian(Some("auto"), &browser("en-GB,en;q=0.9")));
        assert!(in_russian(None, &HeaderMap::new()));
    }

    #[test]
    fn rt_3_an_asked_form_leaves_known_labels_to_the_page() {
        let field = |key: &str, label: &str| FormField {
            key: key.to_owned(),
            label: label.to_owned(),
            value: String::new(),
        };
        let asked = form("Как с вами связаться?", &[field("phone", "phone"), field("vin", "VIN")]);
        assert_eq!(asked["fields"][0]["label"], "");
        assert_eq!(asked["fields"][1]["label"], "VIN");
    }
}
