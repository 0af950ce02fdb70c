//! The driver of kind `pigeon_post`. It fills one role beside [`Driver`]: [`Webhook`].

use std::time::Duration;

use async_trait::async_trait;
use channel::{
    Channel, ConnectError, Connected, Connecting, Driver, FieldError, Outbound, ParseError,
    Receive, Received, Request, SendError, Sent, SettingsForm, VerifyError, Webhook,
};
use domain::{
    channel::{Capabilities, ChannelKind, ChannelState, StateReport, TextUnit},
    text::Words,
};
use net::http::{Client, Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use url::Url;

use crate::{inbound, outbound, settings, wire};

/// The header in which the service repeats the secret that we gave it.
const SECRET_HEADER: &str = "x-pigeon-post-secret";

/// Pigeon Post.
#[derive(Debug, Clone)]
pub struct PigeonPost {
    http: Client,
    api: Url,
}

impl PigeonPost {
    /// `api` is the service's base address, ending in `/`.
    pub fn new(http: Client, api: Url) -> Self {
        Self { http, api }
    }

    fn call(&self, method: Method, path: &str, channel: &Channel) -> RequestBuilder {
        let mut url = self.api.clone();
        url.set_path(&format!("{}{path}", self.api.path()));
        let token = settings::token(channel).unwrap_or_default();
        self.http.request(method, url).bearer_auth(token)
    }

    async fn me(&self, channel: &Channel) -> Result<wire::Me, ConnectError> {
        let answer = self.call(Method::GET, "me", channel).send().await.map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => {
                let body = answer.bytes().await.map_err(unreachable)?;
                serde_json::from_slice(&body)
                    .map_err(|error| ConnectError::Unreachable(error.to_string()))
            }
            401 => Err(ConnectError::Field(settings::bad_token())),
            status => Err(ConnectError::Unreachable(format!("HTTP {status}"))),
        }
    }
}

#[async_trait]
impl Driver for PigeonPost {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("pigeon_post")
    }

    fn title(&self) -> Words {
        Words::new("Голубиная почта", "Pigeon Post")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_text: 4096,
            text_unit: TextUnit::Characters,
            max_caption: 0,
            files: Vec::new(),
            max_files: 0,
            subject: false,
            replies: false,
            delivery_receipts: false,
            read_receipts: false,
            idempotent_send: true,
            write_first: false,
            in_widget: false,
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        settings::check(channel)
    }

    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let Some(hook) = &connecting.hook_url else {
            return Err(ConnectError::Refused(StateReport::new(
                ChannelState::Failed,
                Words::new(
                    "Сервису нужен публичный адрес этой установки.",
                    "The service needs a public address of this installation.",
                ),
                Words::new("Задайте BESEDA_PUBLIC_URL.", "Set BESEDA_PUBLIC_URL."),
            )));
        };
        let me = self.me(channel).await?;
        let hook =
            serde_json::json!({ "url": hook, "secret": channel.hook_secret.expose_secret() });
        self.call(Method::PUT, "hook", channel)
            .body(hook.to_string())
            .send()
            .await
            .and_then(Response::error_for_status)
            .map_err(unreachable)?;
        Ok(Connected { external_id: me.id, title: me.title, receive: Receive::Webhook })
    }

    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError> {
        let answer = self.call(Method::DELETE, "hook", channel).send().await;
        answer.map(|_| ()).map_err(unreachable)
    }

    async fn inspect(&self, channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        match self.me(channel).await {
            Ok(_) => Some(StateReport::connected()),
            Err(ConnectError::Field(_)) => Some(outbound::needs_a_new_token()),
            Err(ConnectError::Refused(report)) => Some(report),
            // Not a proof of anything.
            Err(ConnectError::Unreachable(_)) => None,
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let request = outbound::request(message)?;
        let body = serde_json::to_vec(&request).map_err(|error| SendError::Rejected {
            code: "unsupported",
            text: error.to_string(),
        })?;
        let answer = self.call(Method::POST, "messages", channel).body(body).send().await;
        let answer = answer.map_err(not_answered)?;
        let status = answer.status().as_u16();
        let retry_after = retry_after(&answer);
        let body = answer.bytes().await.map_err(not_answered)?;
        outbound::outcome(status, retry_after, &body)
    }

    fn webhook(&self) -> Option<&dyn Webhook> {
        Some(self)
    }
}

impl Webhook for PigeonPost {
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        let wanted = channel.hook_secret.expose_secret().as_bytes();
        let given = request.header(SECRET_HEADER).unwrap_or_default().as_bytes();
        if wanted.is_empty() || !bool::from(wanted.ct_eq(given)) {
            return Err(VerifyError("the secret header"));
        }
        Ok(())
    }

    fn parse(&self, _channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        inbound::read(&request.body)
    }
}

fn unreachable(error: net::http::Error) -> ConnectError {
    ConnectError::Unreachable(net::error_text(error))
}

/// Without a connection nothing was sent; after it, nobody knows.
fn not_answered(error: net::http::Error) -> SendError {
    let before_sending = error.is_connect();
    let why = net::error_text(error);
    if before_sending {
        let after = Duration::from_secs(5);
        SendError::Retry { after, scope: channel::RetryScope::Channel, why }
    } else {
        SendError::Unknown(why)
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
