//! What every counterpart is made of: a server on loopback, a world behind a lock, a bell that is
//! rung at each change of it, and an end to all of them at once.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::Router;
use futures::{Stream, StreamExt};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{Error, cut};

/// How long [`Shared::finish`] waits for what is under way.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// Whose counterpart it is, where it listens, and how its own calls name themselves.
pub(crate) struct Place {
    /// As the log names it.
    pub service: &'static str,
    pub listen: SocketAddr,
    pub user_agent: &'static str,
}

/// What every handle and task of one counterpart holds.
///
/// `B` is what stands beside the world and needs no lock: a clock, a runtime.
pub(crate) struct Shared<O, W, B = ()> {
    pub options: O,
    /// `http://127.0.0.1:port`, without a slash at the end.
    pub url: String,
    pub client: reqwest::Client,
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
    /// Counts changes of the world; whoever waits for one subscribes.
    pub bell: watch::Sender<u64>,
    pub beside: B,
    world: Mutex<W>,
}

impl Place {
    /// Listens, and serves what `router` makes of the shared state until that is finished or the
    /// guard is dropped.
    pub(crate) async fn serve<O, W, B>(
        self,
        options: O,
        world: W,
        beside: B,
        router: impl FnOnce(Arc<Shared<O, W, B>>) -> Router,
    ) -> Result<(Arc<Shared<O, W, B>>, DropGuard), Error> {
        let address = self.listen;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let shared = Arc::new(Shared {
            options,
            url,
            client: self.client()?,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            bell: watch::Sender::new(0),
            beside,
            world: Mutex::new(world),
        });
        let service = router(Arc::clone(&shared));
        let service = service.into_make_service_with_connect_info::<cut::Scissors>();
        let stop = shared.stop.clone();
        let serving = axum::serve(cut::CuttableListener(listener), service)
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let of = self.service;
        shared.tasks.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the {of} sandbox stopped serving");
            }
        });
        Ok((shared, stop.drop_guard()))
    }

    /// Follows no redirect, since to the services themselves 3xx is a failure; and a proxy of the
    /// environment would carry deliveries off this machine.
    fn client(&self) -> Result<reqwest::Client, reqwest::Error> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(self.user_agent)
            .build()
    }
}

impl<O, W, B> Shared<O, W, B> {
    /// To look. A panic elsewhere leaves the world usable: each change is small.
    pub(crate) fn world(&self) -> MutexGuard<'_, W> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To change, and to wake those who wait for changes.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut W) -> T) -> T {
        let changed = change(&mut self.world());
        self.ring();
        changed
    }

    /// Wakes those who wait for changes.
    pub(crate) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    /// Numbers of changes until the counterpart stops; several changes may share one.
    pub(crate) fn changes(&self) -> impl Stream<Item = u64> + use<O, W, B> {
        let changes = futures::stream::unfold(self.bell.subscribe(), |mut bell| async move {
            bell.changed().await.ok()?;
            let number = *bell.borrow_and_update();
            Some((number, bell))
        });
        changes.take_until(self.stop.clone().cancelled_owned())
    }

    /// Waits for anything that a handle can tell, looked at after each change; `seen` is for the
    /// error's text.
    pub(crate) async fn until<T>(
        &self,
        timeout: Duration,
        mut look: impl FnMut() -> Option<T>,
        seen: impl FnOnce() -> String,
    ) -> Result<T, Error> {
        let started = Instant::now();
        // Subscribed before the first look, so that no change falls between.
        let mut bell = self.bell.subscribe();
        let waiting = async {
            loop {
                if let Some(found) = look() {
                    return found;
                }
                if bell.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        match tokio::time::timeout(timeout, waiting).await {
            Ok(found) => Ok(found),
            Err(_) => {
                Err(Error::TimedOut { waited_ms: started.elapsed().as_millis(), seen: seen() })
            }
        }
    }

    /// Holds an answer back, until the counterpart stops at the latest.
    pub(crate) async fn hold(&self, ms: u64) {
        if ms > 0 {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(ms)) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    /// Stops taking calls and making them, and waits for what is under way.
    pub(crate) async fn finish(&self) {
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(STOP_WAIT, self.tasks.wait()).await;
    }
}

/// What each running counterpart can do, whatever it counters: it says where it is, stops, and waits.
/// `$seen` is for the text of a wait that took too long.
macro_rules! counterpart {
    ($of:ident, $seen:expr) => {
        impl $of {
            /// The address of everything it serves; the page for people is at its root.
            #[must_use]
            pub fn url(&self) -> &str {
                &self.shared.url
            }

            /// Stops taking calls and making its own, and waits for what is under way.
            pub async fn stop(&self) {
                self.shared.finish().await;
            }

            /// Waits for anything that a handle can tell, looked at after each change of this sandbox.
            pub async fn until<T>(
                &self,
                timeout: std::time::Duration,
                look: impl FnMut() -> Option<T>,
            ) -> Result<T, $crate::Error> {
                let seen: fn(&Shared) -> String = $seen;
                self.shared.until(timeout, look, || seen(&self.shared)).await
            }
        }
    };
}
pub(crate) use counterpart;
