//! A counterpart on a thread of its own: it must see calls when they come, not when the generator has
//! time for it.

use std::{future::Future, ops::Deref};

use anyhow::Result;
use tokio::runtime::{Builder, EnterGuard, Runtime};

pub struct Apart<T> {
    inner: T,
    runtime: Option<Runtime>,
}

impl<T: Send + 'static> Apart<T> {
    pub async fn start(
        starting: impl Future<Output = Result<T, sandbox::Error>> + Send + 'static,
    ) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let inner = runtime.spawn(starting).await??;
        Ok(Self { inner, runtime: Some(runtime) })
    }
}

impl<T> Apart<T> {
    /// What is spawned while this is held runs on the counterpart's threads.
    pub fn enter(&self) -> Option<EnterGuard<'_>> {
        self.runtime.as_ref().map(Runtime::enter)
    }
}

impl<T> Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> Drop for Apart<T> {
    fn drop(&mut self) {
        // A runtime that is dropped the usual way waits, which nobody may do in another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
