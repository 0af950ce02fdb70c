//! The listening side: connections in, requests out of them.

use std::{io, net::SocketAddr};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Api, router};

/// Answers requests until `stop`; then takes no new connection and returns when those under way are
/// answered and sockets have been told to connect elsewhere.
pub async fn serve(listener: TcpListener, api: Api, stop: CancellationToken) -> io::Result<()> {
    // Small frames must not wait for one another (Nagle's algorithm).
    let listener = listener.tap_io(|tcp| {
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "cannot switch delays off for a connection");
        }
    });
    let hub = api.hub.clone();
    let service = router(api).into_make_service_with_connect_info::<SocketAddr>();
    let served =
        axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    hub.close().await;
    served
}
