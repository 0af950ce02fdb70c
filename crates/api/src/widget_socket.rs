//! A visitor's socket. The visitor bears a token of this one widget; what they write goes through
//! the same door as every channel's messages, and what they read is read from their own
//! conversations after the last message that was shown.

use std::time::Duration;

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use domain::text::Words;
use futures::{StreamExt, stream::SplitStream};
use serde_json::{Value, json};

use crate::{
    Api, Client, Path, Problem,
    hub::Member,
    origin,
    visit::Visit,
    visitors::VisitorSeat,
    widget::Place,
    wire::{self, End, Out, code},
};

const HELLO_WITHIN: Duration = Duration::from_secs(10);
const LONGEST_TOKEN: usize = 100;

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
pub struct Talk {
    pub api: Api,
    pub key: String,
    pub place: Place,
    in_russian: bool,
    out: Out,
}

/// The frames that our page writes first.
struct Hello {
    token: Option<String>,
    after: Option<i64>,
    visit: Value,
    /// What the page speaks.
    language: Option<String>,
}

impl Talk {
    pub fn words(&self, words: &Words) -> String {
        if self.in_russian { words.ru.clone() } else { words.en.clone() }
    }

    pub async fn say(&mut self, frame: &Value) -> Result<(), End> {
        self.out.send(frame.to_string().into()).await
    }

    pub async fn refuse(&mut self, client_id: &str, code: &str, why: &Words) -> Result<(), End> {
        let text = self.words(why);
        self.say(&json!({ "type": "refused", "client_id": client_id, "code": code, "text": text }))
            .await
    }

    pub async fn error(&mut self, code: &str, why: &Words) -> Result<(), End> {
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
        match hello.language.as_deref() {
            Some("ru") => self.in_russian = true,
            Some("en") => self.in_russian = false,
            _ => {}
        }
        let site = self.place.site().map_err(|_| later())?;
        let attribution = site.attribution(&hello.visit);
        let asked = site.page_config(&self.place.ours).get("contact_form").cloned();
        let known = match hello.token.as_deref() {
            Some(token) => self.api.app.visitor(&self.place.row, token).await.map_err(failed)?,
            None => None,
        };
        let (row, token, after) = match known {
            Some(mut row) => {
                self.api.app.visitor_came(&mut row, &attribution).await.map_err(failed)?;
                (row, None, hello.after)
            }
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
        let online = self.is_manned(&member).await.map_err(failed)?;
        let attribution =
            if attribution.is_empty() { row.attribution.clone() } else { attribution };
        let mut visit = Visit::new(row, attribution, member, seat, after, online);
        visit.welcome(self, token, after, asked).await?;
        Ok(visit)
    }
}

impl Talk {
    /// Whether a visitor finds anybody: an employee is on line, and it is working time.
    pub async fn is_manned(&self, member: &Member) -> app::Result<bool> {
        Ok(member.anybody_online(&self.api.app).await?
            && self.api.visitors.is_open(&self.api.app, &self.place.row).await?)
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
            language: frame["language"].as_str().map(str::to_owned),
        });
    }
}

pub fn restarting() -> End {
    End::Close(code::RESTART, "connect again")
}

pub fn later() -> End {
    End::Close(code::LATER, "come again in a few seconds")
}

pub fn failed(error: app::Error) -> End {
    tracing::debug!(%error, "a visitor is told to come later");
    later()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

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
}
