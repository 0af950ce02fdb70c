//! The listening side: connections in, requests out of them.

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{Api, router};

/// A connection that sends no whole head of a request for so long is closed, whether it dawdles or
/// waits between two requests: otherwise a few thousand silent ones take all there are. Longer than
/// the minute that proxies and clients commonly keep an idle connection, so that they close first.
const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// Without a file handle left there is nothing to do but wait for one.
const PAUSE: Duration = Duration::from_millis(500);

/// Answers requests until `stop`; then takes no new connection and returns when those under way are
/// answered and sockets have been told to connect elsewhere.
pub async fn serve(listener: TcpListener, api: Api, stop: CancellationToken) -> io::Result<()> {
    let hub = api.hub.clone();
    let router = router(api);
    let connections = TaskTracker::new();
    loop {
        let (tcp, address) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    rest_after(&error).await;
                    continue;
                }
            },
        };
        connections.spawn(connection(tcp, address, router.clone(), stop.clone(), HEAD_WITHIN));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    hub.close().await;
    Ok(())
}

async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::warn!(%error, "cannot take a connection");
    tokio::time::sleep(PAUSE).await;
}

/// HTTP/1.1 alone: what speaks HTTP/2 to us is a proxy, and proxies speak both.
async fn connection(
    tcp: TcpStream,
    address: SocketAddr,
    router: Router,
    stop: CancellationToken,
    head_within: Duration,
) {
    // Small frames must not wait for one another (Nagle's algorithm).
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch delays off for a connection");
    }
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .serve_connection(TokioIo::new(tcp), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Sends a beginning and returns all that comes until the server closes.
    async fn answer_to(beginning: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let mut client =
            TcpStream::connect(listener.local_addr().expect("bound")).await.expect("up");
        let (tcp, address) = listener.accept().await.expect("a connection");
        let router = Router::new().route("/", get(async || "hello"));
        let stop = CancellationToken::new();
        let serving = connection(tcp, address, router, stop, Duration::from_millis(50));
        client.write_all(beginning).await.expect("sent");
        let mut told = String::new();
        let reading = async { client.read_to_string(&mut told).await.expect("an end") };
        tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(serving, reading) })
            .await
            .expect("the connection is closed");
        told
    }

    #[tokio::test]
    async fn silent_and_dawdling_connections_are_closed() {
        for beginning in ["", "G", "GET / HTTP/1.1\r\nhost: x\r\nx-a"] {
            let told = answer_to(beginning.as_bytes()).await;
            assert!(!told.contains("200"), "{beginning:?}: {told}");
        }
        let told = answer_to(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(told.ends_with("hello"), "an answer, and an end when nothing follows: {told}");
    }
}
