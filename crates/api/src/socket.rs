//! The employees' socket, `GET /api/v1/socket`: the feed's events as far as the employee may see
//! them, resumable from any number, and what is outside the log (typing, who looks at what).
//!
//! What is outside the log reaches only the sockets of this process.

use std::time::Duration;

use app::{API_TOKEN_PREFIX, Actor, FeedPage};
use axum::{
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, header},
    response::Response,
};
use axum_extra::extract::cookie::CookieJar;
use domain::{
    event::{Event, EventKind},
    ids::ConversationId,
    sight::{Shown, Sight},
};
use futures::{StreamExt, stream::SplitStream};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, MissedTickBehavior};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, COOKIE, Problem, actor,
    frames::{self, ClientFrame, ServerFrame},
    hub::Member,
    origin,
    refusals::OpenRefusals,
    room::{Glass, Item, PAGE, Seat},
    wire::{self, End, Out, Pace, code},
};

const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// How often the timers below are looked at.
const TICK: Duration = Duration::from_secs(5);
const SIGN_EVERY: Duration = Duration::from_secs(15);
const PING_EVERY: Duration = Duration::from_secs(20);
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// A session that ended, or rights that changed, are noticed within this time at the latest.
const CHECK_EVERY: Duration = Duration::from_secs(30);
const TYPING_EVERY: Duration = Duration::from_secs(1);
/// Frames that go out with one flush.
const TOGETHER: usize = 256;

#[derive(OpenApi)]
#[openapi(components(schemas(ServerFrame, ClientFrame)))]
struct Frames;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Frames::openapi()).routes(routes!(socket))
}

/// The socket of events (WebSocket). Frames: `ClientFrame` in, `ServerFrame` out
#[utoipa::path(get, path = "/api/v1/socket", operation_id = "socket", tag = "socket",
    responses((status = 101, description = "A WebSocket from here on"), OpenRefusals))]
async fn socket(
    State(api): State<Api>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let proof = proof(&api, &headers)?;
    let tasks = api.hub.tasks.clone();
    Ok(wire::limited(upgrade)
        .on_upgrade(move |socket| tasks.track_future(serve(api, socket, proof))))
}

/// The session or token that came with the request. Browsers send the cookie from any site's page
/// and let its script read the socket, so the page must be ours (OWASP: cross-site WebSocket
/// hijacking).
fn proof(api: &Api, headers: &HeaderMap) -> Result<Option<SecretString>, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|v| v.split_once(' ')).map(|(_, t)| t.trim());
        let token = token.filter(|t| t.starts_with(API_TOKEN_PREFIX));
        return Ok(Some(token.ok_or(app::Error::Unauthenticated)?.into()));
    }
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(COOKIE).filter(|c| !c.value().starts_with(API_TOKEN_PREFIX)) else {
        return Ok(None);
    };
    if !origin::is_own(headers, api.app.settings.public_url.as_ref()) {
        return Err(actor::foreign());
    }
    Ok(Some(cookie.value().into()))
}

async fn serve(api: Api, socket: WebSocket, proof: Option<SecretString>) {
    let (sink, mut frames) = socket.split();
    let mut out = Out::new(sink);
    let end = match begin(&api, &mut out, &mut frames, proof).await {
        Ok((mut live, seat)) => live.run(&mut out, &mut frames, seat).await,
        Err(end) => end,
    };
    out.end(end).await;
}

/// A socket whose employee is known.
struct Live {
    api: Api,
    member: Member,
    token: SecretString,
    actor: Actor,
    glass: Glass,
    /// The client has everything up to it.
    sent: i64,
}

async fn begin(
    api: &Api,
    out: &mut Out,
    frames: &mut SplitStream<WebSocket>,
    proof: Option<SecretString>,
) -> Result<(Live, Seat), End> {
    let Hello { token, after, kinds } = tokio::select! {
        () = api.hub.stop.cancelled() => return Err(restarting()),
        hello = tokio::time::timeout(HELLO_WITHIN, hello(frames)) => {
            hello.map_err(|_| End::Close(code::LOG_IN, "no hello came"))??
        }
    };
    let token = token.or(proof).ok_or(logged_out())?;
    let actor = api.app.authenticate(token.expose_secret()).await.map_err(refused)?;
    let member = api.hub.enter(actor.account).await.map_err(refused)?;
    let glass = Glass { sight: sight(&actor), kinds };
    let full = End::Close(code::TOO_MANY, "too many sockets of this company");
    let mut live = Live { api: api.clone(), member, token, actor, glass, sent: 0 };
    let Some(after) = after else {
        let seat = live.member.sit(&live.api.app, live.glass.clone()).ok_or(full)?;
        live.sent = seat.seq;
        live.welcome(out).await?;
        return Ok((live, seat));
    };
    live.sent = after;
    live.welcome(out).await?;
    // First without a seat: a long past must not fill the queue of the present.
    while live.read_page(out).await? {}
    let seat = live.member.sit(&live.api.app, live.glass.clone()).ok_or(full)?;
    while live.sent < seat.seq {
        live.read_page(out).await?;
    }
    Ok((live, seat))
}

struct Hello {
    token: Option<SecretString>,
    after: Option<i64>,
    kinds: Option<Vec<EventKind>>,
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
        let Ok(ClientFrame::Hello { token, after, kinds }) = serde_json::from_str(text.as_str())
        else {
            return Err(End::Close(code::PROTOCOL, "the first frame must be a hello"));
        };
        // Nothing but a personal token is taken from a frame.
        if token.as_ref().is_some_and(|t| !t.starts_with(API_TOKEN_PREFIX)) {
            return Err(logged_out());
        }
        return Ok(Hello { token: token.map(SecretString::from), after, kinds });
    }
}

fn sight(actor: &Actor) -> Sight {
    Sight { viewer: actor.viewer.clone(), rights: actor.rights.clone() }
}

fn logged_out() -> End {
    End::Close(code::LOG_IN, "log in first")
}

fn restarting() -> End {
    End::Close(code::RESTART, "connect again")
}

fn refused(error: app::Error) -> End {
    match error {
        app::Error::Unauthenticated => logged_out(),
        error => {
            tracing::debug!(%error, "a socket is told to come later");
            End::Close(code::LATER, "come again in a few seconds")
        }
    }
}

/// What the loop of a socket remembers.
struct Clocks {
    heard: Instant,
    signed: Instant,
    pinged: Instant,
    checked: Instant,
    typed: Option<Instant>,
    pace: Pace,
}

impl Live {
    async fn welcome(&mut self, out: &mut Out) -> Result<(), End> {
        let employee_id = self.actor.employee;
        out.send(frames::write(&ServerFrame::Welcome { seq: self.sent, employee_id })).await
    }

    /// Sends a page of the past; whether there may be more.
    async fn read_page(&mut self, out: &mut Out) -> Result<bool, End> {
        let page = {
            let _turn = self.api.hub.readers.acquire().await.map_err(|_| restarting())?;
            self.api.app.events_after(self.actor.account, self.sent, PAGE).await
        };
        match page.map_err(refused)? {
            FeedPage::Events(events) => {
                for event in &events {
                    self.show(out, event, || frames::event(event)).await?;
                }
                out.flush().await?;
                Ok(i64::try_from(events.len()).is_ok_and(|n| n == PAGE))
            }
            FeedPage::TooOld { seq } => {
                self.sent = seq;
                out.send(frames::write(&ServerFrame::Resync { seq })).await?;
                Ok(false)
            }
        }
    }

    /// Puts an event into the buffer as far as the employee may see it.
    async fn show(
        &mut self,
        out: &mut Out,
        event: &Event,
        text: impl FnOnce() -> Utf8Bytes,
    ) -> Result<(), End> {
        if event.seq <= self.sent {
            return Ok(());
        }
        self.sent = event.seq;
        match (self.glass.shows(event), event.conversation) {
            (Shown::Whole, _) => out.feed(text()).await,
            (Shown::Gone, Some(conversation)) => {
                out.feed(frames::hidden(event, conversation)).await
            }
            _ => Ok(()),
        }
    }

    async fn run(
        &mut self,
        out: &mut Out,
        frames: &mut SplitStream<WebSocket>,
        mut seat: Seat,
    ) -> End {
        let now = Instant::now();
        let mut clocks = Clocks {
            heard: now,
            signed: now,
            pinged: now,
            checked: now,
            typed: None,
            pace: Pace::new(now),
        };
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.api.hub.stop.clone();
        loop {
            let step = tokio::select! {
                () = stop.cancelled() => Err(restarting()),
                () = seat.slot.overflowed.cancelled() => {
                    Err(End::Close(code::RESUME, "too slow: connect again with your last seq"))
                }
                frame = frames.next() => match frame {
                    None => Err(End::Gone),
                    Some(Err(error)) => Err(wire::unreadable(&error)),
                    Some(Ok(message)) => self.hear(out, &seat, &mut clocks, message).await,
                },
                item = seat.queue.recv() => match item {
                    Some(item) => self.pass_on(out, &mut seat, item).await,
                    None => Err(restarting()),
                },
                _ = tick.tick() => self.tick(out, &mut seat, &mut clocks).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Sends what waits, together.
    async fn pass_on(&mut self, out: &mut Out, seat: &mut Seat, first: Item) -> Result<(), End> {
        let mut next = Some(first);
        let mut count = 0;
        while let Some(item) = next {
            match item {
                Item::Fact(fact) => {
                    if seat.slot.take_stale() {
                        self.look_again(out, seat).await?;
                    }
                    self.show(out, &fact.event, || fact.text.clone()).await?;
                }
                Item::TooOld(seq) => {
                    self.sent = seq;
                    out.feed(frames::write(&ServerFrame::Resync { seq })).await?;
                }
                Item::Passing(text) => out.feed(text).await?,
            }
            count += 1;
            next = if count < TOGETHER { seat.queue.try_recv().ok() } else { None };
        }
        out.flush().await
    }

    /// Asks again who the employee is. When what they may see changed, the client is told to read
    /// its state anew.
    async fn look_again(&mut self, out: &mut Out, seat: &Seat) -> Result<(), End> {
        self.actor =
            self.api.app.authenticate(self.token.expose_secret()).await.map_err(refused)?;
        let sight = sight(&self.actor);
        if sight != self.glass.sight {
            self.glass.sight = sight;
            seat.slot.look_through(self.glass.clone());
            out.feed(frames::write(&ServerFrame::Resync { seq: self.sent })).await?;
        }
        Ok(())
    }

    async fn tick(
        &mut self,
        out: &mut Out,
        seat: &mut Seat,
        clocks: &mut Clocks,
    ) -> Result<(), End> {
        let now = Instant::now();
        if now - clocks.heard > DEAD_AFTER {
            return Err(End::Gone);
        }
        if now - clocks.checked >= CHECK_EVERY {
            clocks.checked = now;
            match self.look_again(out, seat).await {
                // The database is away: what it does not tell us, nobody is told.
                Err(End::Close(code::LATER, _)) => {}
                looked => looked?,
            }
        }
        if now - clocks.signed >= SIGN_EVERY {
            clocks.signed = now;
            // What is at or below this number lies in the queue, or was not for this employee.
            let passed = self.member.seq();
            while let Ok(item) = seat.queue.try_recv() {
                self.pass_on(out, seat, item).await?;
            }
            self.sent = self.sent.max(passed);
            out.send(frames::write(&ServerFrame::Seq { seq: self.sent })).await?;
        }
        if now - clocks.pinged >= PING_EVERY {
            clocks.pinged = now;
            out.ping().await?;
        }
        Ok(())
    }

    async fn hear(
        &mut self,
        out: &mut Out,
        seat: &Seat,
        clocks: &mut Clocks,
        message: Message,
    ) -> Result<(), End> {
        let now = Instant::now();
        clocks.heard = now;
        if !clocks.pace.keeps(now) {
            return Err(End::Close(code::TOO_MANY, "too many frames"));
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) => return Err(End::Close(code::PROTOCOL, "frames are JSON text")),
            Message::Close(_) => return Err(End::Gone),
        };
        match serde_json::from_str(text.as_str()) {
            Ok(ClientFrame::Subscribe { kinds }) => {
                self.glass.kinds = kinds;
                seat.slot.look_through(self.glass.clone());
                Ok(())
            }
            Ok(ClientFrame::Typing { conversation_id }) => {
                if clocks.typed.is_some_and(|at| now - at < TYPING_EVERY) {
                    return Ok(());
                }
                clocks.typed = Some(now);
                self.typing(out, conversation_id).await
            }
            Ok(ClientFrame::Viewing { conversation_id }) => {
                self.viewing(out, seat, conversation_id).await
            }
            Ok(ClientFrame::Hello { .. }) => {
                let text = frames::error(
                    "hello_twice",
                    "Приветствие уже было. Откройте новое соединение.",
                    "There was a hello already. Open another connection.",
                );
                out.send(text).await
            }
            Err(_) => {
                let text = frames::error(
                    "unknown_frame",
                    "Кадр не понят. Поле type: subscribe, typing, viewing.",
                    "The frame was not understood. Field type: subscribe, typing, viewing.",
                );
                out.send(text).await
            }
        }
    }

    async fn typing(&mut self, out: &mut Out, conversation_id: ConversationId) -> Result<(), End> {
        match self.api.app.typing(&self.actor, conversation_id).await {
            Ok(()) => Ok(()),
            Err(error) => not_seen(out, error).await,
        }
    }

    async fn viewing(
        &mut self,
        out: &mut Out,
        seat: &Seat,
        conversation: Option<ConversationId>,
    ) -> Result<(), End> {
        let place = match conversation {
            None => None,
            Some(id) => match self.api.app.conversation(&self.actor, id).await {
                Ok(conversation) => Some((id, conversation.audience())),
                Err(error) => return not_seen(out, error).await,
            },
        };
        for sign in self.member.view(&seat.slot, place) {
            self.api.app.pass(sign);
        }
        Ok(())
    }
}

async fn not_seen(out: &mut Out, error: app::Error) -> Result<(), End> {
    match error {
        app::Error::NotFound { .. } | app::Error::Forbidden(_) => {
            let text = frames::error(
                "not_found",
                "Такого обращения нет или оно вам не видно.",
                "No such conversation, or you may not see it.",
            );
            out.send(text).await
        }
        error => {
            tracing::debug!(%error, "what is outside the log was left out");
            Ok(())
        }
    }
}
