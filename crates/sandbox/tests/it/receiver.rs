//! The webhook's side: notes what comes and answers as the test says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::Response,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch};

#[derive(Clone, Debug)]
pub struct Got {
    pub at: Instant,
    pub secret: Option<String>,
    pub update: Value,
    /// Deliveries under way when this one came, itself included.
    pub at_once: usize,
}

impl Got {
    pub fn update_id(&self) -> i64 {
        self.update["update_id"].as_i64().unwrap()
    }

    pub fn chat(&self) -> i64 {
        self.update["message"]["chat"]["id"].as_i64().unwrap()
    }
}

#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub retry_after: Option<u32>,
    pub body: String,
    pub hold: Duration,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

type Answer = Box<dyn Fn(&Value, usize) -> Reply + Send + Sync>;

struct Inner {
    got: Mutex<Vec<Got>>,
    under_way: Mutex<VecDeque<()>>,
    answer: Answer,
    bell: watch::Sender<usize>,
}

pub struct Receiver {
    pub url: String,
    inner: Arc<Inner>,
}

impl Receiver {
    /// `answer` gets the update and how many deliveries came before it.
    pub async fn start(answer: impl Fn(&Value, usize) -> Reply + Send + Sync + 'static) -> Self {
        let inner = Arc::new(Inner {
            got: Mutex::default(),
            under_way: Mutex::default(),
            answer: Box::new(answer),
            bell: watch::Sender::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner }
    }

    pub async fn accepting() -> Self {
        Self::start(|_, _| Reply::status(200)).await
    }

    pub fn got(&self) -> Vec<Got> {
        self.inner.got.lock().unwrap().clone()
    }

    pub async fn wait_for(&self, count: usize) -> Vec<Got> {
        let mut bell = self.inner.bell.subscribe();
        let enough = bell.wait_for(|got| *got >= count);
        tokio::time::timeout(super::SOON, enough)
            .await
            .unwrap_or_else(|_| panic!("got only {:?}", self.got()))
            .unwrap();
        self.got()
    }
}

async fn take(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let secret = request
        .headers()
        .get("X-Telegram-Bot-Api-Secret-Token")
        .map(|value| value.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let update: Value = serde_json::from_slice(&body).unwrap();
    let at_once = {
        let mut under_way = inner.under_way.lock().unwrap();
        under_way.push_back(());
        under_way.len()
    };
    let before = {
        let mut got = inner.got.lock().unwrap();
        got.push(Got { at: Instant::now(), secret, update: update.clone(), at_once });
        got.len() - 1
    };
    let reply = (inner.answer)(&update, before);
    inner.bell.send_replace(before + 1);
    tokio::time::sleep(reply.hold).await;
    inner.under_way.lock().unwrap().pop_front();
    let mut response = Response::builder().status(reply.status);
    if let Some(seconds) = reply.retry_after {
        response = response.header("Retry-After", seconds);
    }
    response.body(Body::from(reply.body)).unwrap()
}
