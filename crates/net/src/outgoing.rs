//! Requests to addresses that customers give: guarded, bounded in time and in what is read of the
//! answer, never redirected, and with errors that tell nothing of our inside.

use std::{error::Error, time::Duration};

use reqwest::{
    Client, Response,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use url::Url;

use crate::{
    ClientError, Guard, Options, Refused, Rules, Scheme, client::builder, guard::Unresolved,
};

/// A client for customers' addresses. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outgoing {
    client: Client,
    rules: Rules,
}

/// What the other side answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The header `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// What an address gave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    /// As it was declared.
    pub content_type: Option<String>,
    /// `None`: longer than was allowed.
    pub body: Option<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("{0}")]
    Refused(#[from] Refused),
    #[error("the name has no public address")]
    Unresolved,
    #[error("no connection could be made")]
    NotConnected,
    #[error("the certificate is not good")]
    Certificate,
    #[error("no answer in time")]
    TimedOut,
    #[error("the connection broke before the answer")]
    Broken,
}

impl Outgoing {
    /// A proxy is not used: it would resolve names where the guard does not see it.
    pub fn new(rules: Rules, options: Options) -> Result<Self, ClientError> {
        let options = Options { proxy: None, guard: Some(rules.guard), ..options };
        let client =
            builder(options)?.no_gzip().build().map_err(|e| ClientError(crate::error_text(e)))?;
        Ok(Self { client, rules })
    }

    /// Only https, only the public internet.
    pub fn strict() -> Self {
        let rules = Rules { guard: Guard::Public, scheme: Scheme::HttpsOnly };
        Self::new(rules, Options::default())
            .expect("the TLS library and its roots are compiled in, and there is no proxy to read")
    }

    /// Also plain http and this machine: for development and tests.
    pub fn lenient() -> Self {
        let rules = Rules { guard: Guard::AllowLoopback, scheme: Scheme::HttpToo };
        Self::new(rules, Options::default()).expect("as above")
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Posts a body and reads at most `most` bytes of the answer's, all within `timeout`.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
        timeout: Duration,
        most: usize,
    ) -> Result<Answer, SendError> {
        self.rules.check(url)?;
        let request = self.client.post(url.clone()).headers(headers).body(body).timeout(timeout);
        let mut response = request.send().await.map_err(|e| classify(&e))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let mut body = Vec::new();
        // The status is the answer; a body that breaks off or never ends changes nothing of it.
        while body.len() < most
            && let Ok(Some(chunk)) = response.chunk().await
        {
            let left = most - body.len();
            body.extend(chunk.iter().take(left));
        }
        Ok(Answer { status, retry_after, body })
    }

    /// Opens what an address gives out, to be read piece by piece, all within `timeout`. The status
    /// is the caller's to judge.
    pub async fn open(&self, url: &Url, timeout: Duration) -> Result<Response, SendError> {
        self.rules.check(url)?;
        let request = self.client.get(url.clone()).timeout(timeout);
        request.send().await.map_err(|e| classify(&e))
    }

    /// Fetches what an address gives out, if that is not longer than `most` bytes, all within `timeout`.
    pub async fn fetch(
        &self,
        url: &Url,
        timeout: Duration,
        most: usize,
    ) -> Result<Fetched, SendError> {
        self.rules.check(url)?;
        let request = self.client.get(url.clone()).timeout(timeout);
        let mut response = request.send().await.map_err(|e| classify(&e))?;
        let status = response.status().as_u16();
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| classify(&e))? {
            if body.len() + chunk.len() > most {
                return Ok(Fetched { status, content_type, body: None });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { status, content_type, body: Some(body) })
    }
}

/// Our own words: the library's would name addresses.
fn classify(error: &reqwest::Error) -> SendError {
    if error.is_timeout() && !error.is_connect() {
        return SendError::TimedOut;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<Unresolved>() {
            return SendError::Unresolved;
        }
        if error.to_string().contains("certificate") {
            return SendError::Certificate;
        }
        cause = error.source();
    }
    // Also one that took too long to be made: nothing was sent over it.
    if error.is_connect() { SendError::NotConnected } else { SendError::Broken }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn outgoing(guard: Guard) -> Outgoing {
        let rules = Rules { guard, scheme: Scheme::HttpToo };
        Outgoing::new(rules, Options::default()).unwrap()
    }

    async fn post(outgoing: &Outgoing, url: &str) -> Result<Answer, SendError> {
        let url = Url::parse(url).unwrap();
        outgoing.post(&url, HeaderMap::new(), b"{}".to_vec(), Duration::from_secs(5), 10).await
    }

    /// Answers every connection with this text and counts them.
    async fn server(answer: &'static str) -> (u16, tokio::sync::mpsc::UnboundedReceiver<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, calls) = tokio::sync::mpsc::unbounded_channel();
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = seen.send(());
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        (port, calls)
    }

    #[tokio::test]
    async fn ad_2_an_inner_address_is_not_even_connected_to() {
        let (port, mut calls) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        let guarded = outgoing(Guard::Public);
        let literal = post(&guarded, &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(literal, Err(SendError::Refused(Refused::NotPublic)));
        // A name of this machine that only the resolver knows.
        let url = Url::parse(&format!("http://localhost:{port}/")).unwrap();
        let by_name = guarded.client.post(url).send().await.unwrap_err();
        assert_eq!(classify(&by_name), SendError::Unresolved);
        assert!(calls.try_recv().is_err(), "nobody came");
    }

    #[tokio::test]
    async fn ad_2_a_redirect_is_an_answer_and_is_not_followed() {
        let (inner, mut calls) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        let text = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{inner}/\r\n\
             content-length: 0\r\nconnection: close\r\n\r\n"
        );
        let (port, _seen) = server(text.leak()).await;
        let outgoing = outgoing(Guard::AllowLoopback);
        let answer = post(&outgoing, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        assert_eq!(answer.status, 307);
        assert!(calls.try_recv().is_err(), "the target is not visited");
    }

    #[tokio::test]
    async fn ad_2_the_answer_is_cut_and_its_retry_after_kept() {
        let (port, _calls) = server(
            "HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 26\r\n\r\n\
             abcdefghijklmnopqrstuvwxyz",
        )
        .await;
        let outgoing = outgoing(Guard::AllowLoopback);
        let answer = post(&outgoing, &format!("http://localhost:{port}/hook")).await.unwrap();
        assert_eq!(answer.status, 503);
        assert_eq!(answer.retry_after.as_deref(), Some("120"));
        assert_eq!(answer.body, b"abcdefghij");
    }

    #[tokio::test]
    async fn ad_2_errors_name_no_address() {
        // A port that was just free: nobody listens.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let outgoing = outgoing(Guard::AllowLoopback);
        let error = post(&outgoing, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
        assert_eq!(error, SendError::NotConnected);
        assert!(!error.to_string().contains("127"));
    }
}
