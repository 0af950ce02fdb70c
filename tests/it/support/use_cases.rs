//! The use cases without a server around them, at a time that the test sets.

use std::sync::{Arc, Mutex};

use app::{Actor, App, SignUp};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{clock::Clock, ids::Ids};
use secrecy::ExposeSecret;
use store::Store;
use uuid::Uuid;

struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A clock that stands still until it is moved.
pub struct HandClock(Mutex<DateTime<Utc>>);

impl HandClock {
    /// It shows the present time.
    pub fn set() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Utc::now())))
    }

    pub fn pass(&self, time: TimeDelta) {
        *self.0.lock().unwrap() += time;
    }
}

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Files stay in memory.
pub fn use_cases(
    store: Store,
    channels: channel::Registry,
    clock: &Arc<HandClock>,
    settings: app::Settings,
) -> App {
    let objects = app::Objects::new(Arc::new(object_store::memory::InMemory::new()));
    App::new(store, channels, clock.clone(), Arc::new(RandomIds), objects, settings)
}

/// An installation without an address of its own and without apps of CRMs.
pub fn plain() -> app::Settings {
    app::Settings { public_url: None, crm: app::CrmSettings::default() }
}

/// The owner of a new company.
pub async fn founder(app: &App) -> Actor {
    let form = SignUp {
        company: "Лавка".to_owned(),
        name: "Анна".to_owned(),
        email: format!("{}@example.test", Uuid::now_v7().simple()),
        password: "a-long-password-of-hers".to_owned().into(),
        language: "ru".to_owned(),
        user_agent: String::new(),
    };
    let opened = app.sign_up(form).await.unwrap();
    app.authenticate(opened.token.expose_secret()).await.unwrap()
}
