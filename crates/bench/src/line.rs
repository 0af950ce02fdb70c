//! One keep-alive connection that posts, with as little work as can be: the load generator shares
//! the processor with what it measures.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Longest answer taken; those of webhooks are empty or a problem of a few hundred bytes.
const LONGEST: usize = 64 * 1024;

/// A connection that is opened when it is needed and again after a fault.
pub struct Line {
    to: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

pub const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A request of HTTP/1.1 in bytes (RFC 9112).
pub fn post(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {to}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Line {
    pub fn new(to: SocketAddr) -> Self {
        Self { to, stream: None, buffer: Vec::with_capacity(1024) }
    }

    /// Sends and answers the status. After an error the fate of the request is unknown.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<u16> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.to).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = Answer::read(&self.buffer)?
                && answer.whole_after <= self.buffer.len()
            {
                if answer.stays_open {
                    self.stream = Some(stream);
                }
                return Ok(answer.status);
            }
            if self.buffer.len() > LONGEST {
                return Err(io::Error::other("the answer is too long"));
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    /// Bytes of head and body.
    whole_after: usize,
    stays_open: bool,
}

impl Answer {
    /// `None` while the head is not whole.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(head) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
        let bad = || io::Error::other("not an answer of HTTP/1.1");
        let text = std::str::from_utf8(bytes.get(..head).unwrap_or_default()).map_err(|_| bad())?;
        let mut lines = text.split("\r\n");
        let status =
            lines.next().and_then(|l| l.split(' ').nth(1)?.parse().ok()).ok_or_else(bad)?;
        let (mut length, mut stays_open) = (None, true);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse::<usize>().map_err(|_| bad())?);
            } else if name.eq_ignore_ascii_case("connection") {
                stays_open = !value.trim().eq_ignore_ascii_case("close");
            }
        }
        // A body in chunks is not read: the status is known, and the connection is given up.
        let known = length.is_some() || status == 204;
        let whole_after = head + 4 + length.unwrap_or(0);
        Ok(Some(Self { status, whole_after, stays_open: stays_open && known }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let bytes = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\nab";
        let answer = Answer::read(bytes).expect("readable").expect("a head");
        assert_eq!(answer, Answer { status: 503, whole_after: bytes.len() + 3, stays_open: true });
        assert_eq!(Answer::read(b"HTTP/1.1 200 OK\r\ncontent").expect("readable"), None);
    }

    #[test]
    fn a_body_of_unknown_length_ends_the_connection() {
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
        assert!(!Answer::read(chunked).expect("readable").expect("a head").stays_open);
        let none = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert!(Answer::read(none).expect("readable").expect("a head").stays_open);
        assert!(Answer::read(b"SSH-2.0\r\n\r\n").is_err());
    }
}
