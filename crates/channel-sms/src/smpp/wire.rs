//! Connections to SMSCs: TCP, and TLS over it.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use net::Guard;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// Which addresses a company may name as its SMSC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Also hosts in the local network and behind a VPN, as operators like it: one company runs the
    /// installation.
    Everywhere,
    /// Only public addresses: companies that do not know each other share the installation.
    PublicOnly,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    #[error("no such host")]
    UnknownHost,
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    #[error("TLS failed: {0}")]
    Tls(String),
    #[error("the address is not public")]
    NotPublic,
}

/// A connection, secured or not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Wires {
    tls: Arc<ClientConfig>,
    reach: Reach,
    /// For name look-up, TCP and TLS each.
    patience: Duration,
}

impl fmt::Debug for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wires").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Wires {
    /// Trusts the public roots and the given ones.
    pub(crate) fn new(
        reach: Reach,
        extra_roots: Vec<CertificateDer<'static>>,
        patience: Duration,
    ) -> Self {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(extra_roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: Arc::new(config), reach, patience }
    }

    pub(crate) async fn open(
        &self,
        host: &str,
        port: u16,
        tls: bool,
    ) -> Result<Box<dyn Wire>, WireError> {
        let host = host.trim_matches(['[', ']']);
        let tcp = self.tcp(host, port).await?;
        if !tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| WireError::UnknownHost)?;
        let shake = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
        match timeout(self.patience, shake).await {
            Ok(Ok(tls)) => Ok(Box::new(tls)),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(WireError::Tls(error.to_string()))
            }
            Ok(Err(error)) => Err(WireError::Unreachable(error.to_string())),
            Err(_) => Err(WireError::Unreachable("TLS took too long".to_owned())),
        }
    }

    async fn tcp(&self, host: &str, port: u16) -> Result<TcpStream, WireError> {
        let addresses: Vec<SocketAddr> =
            match timeout(self.patience, lookup_host((host, port))).await {
                Ok(Ok(addresses)) => addresses.collect(),
                Ok(Err(_)) => return Err(WireError::UnknownHost),
                Err(_) => {
                    return Err(WireError::Unreachable("name look-up took too long".to_owned()));
                }
            };
        let mut last = WireError::UnknownHost;
        for address in addresses {
            if self.reach == Reach::PublicOnly && !Guard::Public.allows(address.ip()) {
                last = WireError::NotPublic;
                continue;
            }
            match timeout(self.patience, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    // Small requests and answers follow each other.
                    let _ = tcp.set_nodelay(true);
                    return Ok(tcp);
                }
                Ok(Err(error)) => last = WireError::Unreachable(error.kind().to_string()),
                Err(_) => last = WireError::Unreachable("no answer in time".to_owned()),
            }
        }
        Err(last)
    }
}
