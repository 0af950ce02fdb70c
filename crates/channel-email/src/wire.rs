//! Connections to mail servers: TCP, and TLS over it.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::providers::{Security, Server};

/// For name look-up, TCP and TLS each.
const TO_CONNECT: Duration = Duration::from_secs(15);

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("no such host")]
    UnknownHost,
    /// Refused, silent or not there now.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// Its certificate or its TLS is wrong.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// An address inside our own network.
    #[error("the address is not public")]
    NotPublic,
}

/// Which addresses a company may name as its mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Also servers in the local network: one company runs the installation.
    Everywhere,
    /// Only public addresses: companies that do not know each other share the installation.
    PublicOnly,
}

/// Opens connections.
#[derive(Clone)]
pub struct Wires {
    tls: Arc<ClientConfig>,
    extra_roots: Vec<CertificateDer<'static>>,
    reach: Reach,
}

impl fmt::Debug for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wires").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Wires {
    /// Trusts the public roots and the given ones.
    pub fn new(reach: Reach, extra_roots: Vec<CertificateDer<'static>>) -> Self {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(extra_roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: Arc::new(config), extra_roots, reach }
    }

    /// The roots beside the public ones.
    pub fn extra_roots(&self) -> &[CertificateDer<'static>] {
        &self.extra_roots
    }

    /// Connects; for [`Security::Tls`] also shakes hands.
    pub async fn open(&self, server: &Server) -> Result<Wire, OpenError> {
        let tcp = self.tcp(server).await?;
        match server.security {
            Security::Tls => self.secure(Wire::Plain(tcp), &server.host).await,
            Security::StartTls | Security::None => Ok(Wire::Plain(tcp)),
        }
    }

    /// Starts TLS on an open connection.
    pub async fn secure(&self, wire: Wire, host: &str) -> Result<Wire, OpenError> {
        let Wire::Plain(tcp) = wire else { return Ok(wire) };
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| OpenError::UnknownHost)?;
        let shake = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
        match timeout(TO_CONNECT, shake).await {
            Ok(Ok(tls)) => Ok(Wire::Tls(Box::new(tls))),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(OpenError::Tls(error.to_string()))
            }
            Ok(Err(error)) => Err(OpenError::Unreachable(error.to_string())),
            Err(_) => Err(OpenError::Unreachable("TLS took too long".to_owned())),
        }
    }

    /// Whether a company may make us call this address. Between this look and the call the name
    /// may change its address; then the certificate of the inner server would have to fit it too.
    pub async fn allows(&self, url: &Url) -> bool {
        if self.reach == Reach::Everywhere {
            return true;
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return false;
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        match timeout(TO_CONNECT, lookup_host((host, port))).await {
            Ok(Ok(mut addresses)) => addresses.all(|address| is_public(address.ip())),
            Ok(Err(_)) | Err(_) => false,
        }
    }

    async fn tcp(&self, server: &Server) -> Result<TcpStream, OpenError> {
        let host = server.host.trim_matches(['[', ']']).to_owned();
        let found = timeout(TO_CONNECT, lookup_host((host, server.port))).await;
        let addresses: Vec<SocketAddr> = match found {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(_)) => return Err(OpenError::UnknownHost),
            Err(_) => return Err(OpenError::Unreachable("name look-up took too long".to_owned())),
        };
        let mut last = OpenError::UnknownHost;
        for address in addresses {
            if self.reach == Reach::PublicOnly && !is_public(address.ip()) {
                last = OpenError::NotPublic;
                continue;
            }
            match timeout(TO_CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    // Small commands and answers follow each other.
                    let _ = tcp.set_nodelay(true);
                    return Ok(tcp);
                }
                Ok(Err(error)) => last = OpenError::Unreachable(error.kind().to_string()),
                Err(_) => last = OpenError::Unreachable("no answer in time".to_owned()),
            }
        }
        Err(last)
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            // Global unicast alone, without the ranges that wrap an IPv4 address.
            (first & 0xe000) == 0x2000
                && first != 0x2002
                && !(first == 0x2001 && v6.segments()[1] == 0)
        }
    }
}

/// A connection, secured or not.
#[derive(Debug)]
pub enum Wire {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(tcp) => tcp.peer_addr(),
            Self::Tls(tls) => tls.get_ref().0.peer_addr(),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn private_addresses_are_known_in_every_dress() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert!(!private.parse().is_ok_and(is_public), "{private}");
        }
        for public in ["93.184.216.34", "2a02:6b8::1"] {
            assert!(public.parse().is_ok_and(is_public), "{public}");
        }
    }
}
