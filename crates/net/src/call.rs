//! One call of a service's API, with an exact answer to "was it done?".

use bytes::Bytes;
use futures::StreamExt;
use reqwest::Response;

use crate::error_text;

/// Why a call brought no result. `R` is how the service refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError<R> {
    /// The service answered with an error: surely not done.
    Refused(R),
    /// Nothing reached the service: surely not done.
    NotSent(String),
    /// Somebody else answered (a proxy, another server), with a status that means "not done".
    Foreign(u16),
    /// It may have been done: the answer was lost or cannot be read.
    Lost(String),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// Nothing reached the service: surely not done.
    NotSent(String),
    /// It may have been done: the answer was lost.
    Lost(String),
    /// It may have been done: the answer is longer than any that was expected.
    TooLong,
}

/// Only a failed connection proves that nothing was sent.
impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        let not_sent = error.is_connect() || error.is_builder();
        let text = error_text(error);
        if not_sent { Self::NotSent(text) } else { Self::Lost(text) }
    }
}

impl<R> From<Unanswered> for CallError<R> {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::NotSent(why) => Self::NotSent(why),
            Unanswered::Lost(why) => Self::Lost(why),
            Unanswered::TooLong => Self::Lost("the answer is too long".to_owned()),
        }
    }
}

impl<R> From<reqwest::Error> for CallError<R> {
    fn from(error: reqwest::Error) -> Self {
        Unanswered::from(error).into()
    }
}

/// An answer's body, if it is not longer than `most` bytes.
pub async fn whole(response: Response, most: usize) -> Result<Bytes, Unanswered> {
    let mut stream = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > most {
            return Err(Unanswered::TooLong);
        }
    }
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{Options, client};

    /// Answers one connection with this text and closes it.
    async fn once(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        format!("http://127.0.0.1:{port}/")
    }

    async fn call(url: &str) -> Result<Bytes, CallError<()>> {
        let response = client(Options::default()).unwrap().get(url).send().await?;
        Ok(whole(response, 5).await?)
    }

    #[tokio::test]
    async fn cv_7_only_a_connection_that_was_not_made_proves_that_nothing_was_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        assert!(matches!(call(&nobody).await, Err(CallError::NotSent(_))));
        let good = once("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
        assert_eq!(call(&good).await, Ok(Bytes::from_static(b"hello")));
        for lost in [
            "",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel",
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nlonger",
        ] {
            let answer = call(&once(lost).await).await;
            assert!(matches!(answer, Err(CallError::Lost(_))), "{lost:?}: {answer:?}");
        }
    }
}
