//! A plain receiver of signed webhooks: notes the raw bytes and answers as the test says.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc};

use super::SOON;

#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub signature: String,
    pub body: Vec<u8>,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

struct Inner {
    status: AtomicU16,
    count: AtomicUsize,
    sender: mpsc::UnboundedSender<Got>,
}

pub struct Hook {
    pub url: String,
    inner: Arc<Inner>,
    got: Mutex<Option<mpsc::UnboundedReceiver<Got>>>,
}

impl Hook {
    pub async fn start() -> Self {
        let (sender, got) = mpsc::unbounded_channel();
        let (status, count) = (AtomicU16::new(200), AtomicUsize::new(0));
        let inner = Arc::new(Inner { status, count, sender });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner, got: Mutex::new(Some(got)) }
    }

    pub fn answer(&self, status: u16) {
        self.inner.status.store(status, Ordering::SeqCst);
    }

    pub fn count(&self) -> usize {
        self.inner.count.load(Ordering::SeqCst)
    }

    /// Waits for the next one; one test waits at a time.
    pub async fn next(&self) -> Got {
        let mut got = self.got.lock().unwrap().take().unwrap();
        let next = tokio::time::timeout(SOON, got.recv()).await;
        *self.got.lock().unwrap() = Some(got);
        next.expect("a hook comes soon").unwrap()
    }
}

async fn take(
    State(inner): State<Arc<Inner>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signature = headers.get("x-signature").map(|value| value.to_str().unwrap().to_owned());
    let got = Got {
        path: uri.path().to_owned(),
        signature: signature.unwrap_or_default(),
        body: body.to_vec(),
    };
    inner.count.fetch_add(1, Ordering::SeqCst);
    let _ = inner.sender.send(got);
    StatusCode::from_u16(inner.status.load(Ordering::SeqCst)).unwrap()
}
