//! Behaviours that every driver must show. Each adapter's tests call [`check`] with its cases.

use domain::content::Content;
use secrecy::ExposeSecret;

use crate::{Channel, Driver, Inbound, Request};

/// Requests of one adapter, as its service sends them.
pub struct WebhookCases {
    /// A channel whose secrets fit `good`.
    pub channel: Channel,
    /// A message of a customer, with a right proof.
    pub good: Request,
    /// The same without, with an empty, and with a wrong proof.
    pub forged: Vec<Request>,
    /// A right proof around something that the driver does not know, sent by a person.
    pub unknown: Request,
    /// A right proof around a body that is not the service's at all.
    pub nonsense: Request,
}

/// The behaviours of every webhook driver.
///
/// # Panics
/// When the driver breaks one of them: this is a test.
#[track_caller]
pub fn check_webhook(driver: &dyn Driver, cases: &WebhookCases) {
    let Some(webhook) = driver.webhook() else { panic!("{} has no webhook", driver.kind()) };
    let channel = &cases.channel;

    assert_eq!(webhook.verify(channel, &cases.good), Ok(()), "a right proof is accepted");
    for (n, forged) in cases.forged.iter().enumerate() {
        assert!(webhook.verify(channel, forged).is_err(), "forged request {n} is refused");
    }
    let mut without_secret = channel.clone();
    without_secret.hook_secret = String::new().into();
    without_secret.secrets.clear();
    assert!(
        webhook.verify(&without_secret, &cases.good).is_err(),
        "a channel without a secret refuses everything"
    );

    let ids = |request| -> Vec<String> {
        match webhook.parse(channel, request) {
            Ok(received) => received
                .events
                .iter()
                .filter_map(|e| match e {
                    Inbound::Message(m) => Some(m.external_id.clone()),
                    _ => None,
                })
                .collect(),
            Err(error) => panic!("a good body parses: {error}"),
        }
    };
    let first = ids(&cases.good);
    assert!(!first.is_empty(), "a message gives an event");
    assert_eq!(first, ids(&cases.good), "the same webhook twice gives equal external ids");

    match webhook.parse(channel, &cases.unknown) {
        Ok(received) => {
            let shown = received.events.iter().any(|e| {
                matches!(e, Inbound::Message(m)
                    if matches!(m.content, Content::Unsupported { .. }) && m.raw.is_some())
            });
            assert!(
                shown || !received.quarantined.is_empty(),
                "an unknown kind is shown as unsupported with its raw, or quarantined"
            );
        }
        Err(error) => panic!("an unknown kind is no parse error: {error}"),
    }
    assert!(webhook.parse(channel, &cases.nonsense).is_err(), "nonsense is a parse error");
    check_secrets(channel);
}

/// Secrets are absent from `Debug`.
///
/// # Panics
/// When one shows: this is a test.
#[track_caller]
pub fn check_secrets(channel: &Channel) {
    let shown = format!("{channel:?}");
    for secret in channel.secrets.values().chain([&channel.hook_secret]) {
        let secret = secret.expose_secret();
        assert!(secret.is_empty() || !shown.contains(secret), "a secret shows in Debug");
    }
}

/// Every form field has a label in both languages, keys are unique, what is required is not hidden
/// among the rare settings, and an empty channel is refused with an error at a required field when
/// there is one.
///
/// # Panics
/// When not: this is a test.
#[track_caller]
pub fn check_form(driver: &dyn Driver, empty: &Channel) {
    let form = driver.form();
    let mut keys = std::collections::BTreeSet::new();
    for field in &form.fields {
        assert!(keys.insert(field.key), "the key {} is used twice", field.key);
        assert!(!field.label.ru.is_empty() && !field.label.en.is_empty(), "{}", field.key);
        assert!(!(field.required && field.advanced), "`{}` is required and hidden", field.key);
    }
    let wrong: Vec<String> = match driver.check(empty) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.into_iter().map(|e| e.field).collect(),
    };
    for field in form.fields.iter().filter(|f| f.required) {
        assert!(wrong.contains(&field.key.to_owned()), "empty `{}` is refused", field.key);
    }
}

/// A memory that lives as long as the test.
#[derive(Debug, Default)]
pub struct Memo {
    kept: tokio::sync::Mutex<std::collections::BTreeMap<String, serde_json::Value>>,
}

impl Memo {
    /// An empty one, as a channel holds it.
    pub fn shared() -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self::default())
    }
}

#[async_trait::async_trait]
impl crate::Memory for Memo {
    async fn recall(&self, key: &str) -> Result<Option<serde_json::Value>, crate::MemoryError> {
        Ok(self.kept.lock().await.get(key).cloned())
    }

    async fn remember(
        &self,
        key: &str,
        value: serde_json::Value,
    ) -> Result<(), crate::MemoryError> {
        self.kept.lock().await.insert(key.to_owned(), value);
        Ok(())
    }

    async fn renew(
        &self,
        key: &str,
        stale: Option<&serde_json::Value>,
        renewal: crate::Renewal<'_>,
    ) -> Result<serde_json::Value, crate::RenewError> {
        let mut kept = self.kept.lock().await;
        let value = kept.get(key).cloned();
        if let Some(value) = &value
            && Some(value) != stale
        {
            return Ok(value.clone());
        }
        let new = renewal(crate::Former { value, interrupted: false }).await?;
        kept.insert(key.to_owned(), new.clone());
        Ok(new)
    }
}
