//! Companies with a connected channel, made as a customer of ours would make them: through the API.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures::{StreamExt, TryStreamExt};
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use crate::{
    messenger::{Hook, Messenger},
    stage::{Stage, plain_client},
};

/// Rights of a person who does everything.
const SCOPES: [&str; 6] = [
    "read_conversations",
    "work_conversations",
    "see_all",
    "manage_contacts",
    "manage_channels",
    "manage_account",
];

/// How long a channel may take to be connected.
const CONNECT_TRIES: u32 = 600;

/// A company, its owner's token, its channel.
#[derive(Debug, Clone)]
pub struct Company {
    pub account_id: String,
    pub channel_id: String,
    /// The account at the messenger.
    pub account: String,
    pub hook: Arc<dyn Hook>,
    pub api: Api,
}

/// The API as one employee.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    base: String,
    pub token: String,
}

impl Api {
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.request(reqwest::Method::GET, path).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("GET {path}: {status} {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Status and body, whatever they are.
    pub async fn post(&self, path: &str, body: &Value) -> Result<(StatusCode, Value)> {
        let answer = self.request(reqwest::Method::POST, path).json(body).send().await?;
        let status = answer.status();
        Ok((status, serde_json::from_str(&answer.text().await?).unwrap_or(Value::Null)))
    }

    /// The same, where anything but success ends the run.
    pub async fn make(&self, path: &str, body: &Value) -> Result<Value> {
        let (status, made) = self.post(path, body).await?;
        if !status.is_success() {
            bail!("POST {path}: {status} {made}");
        }
        Ok(made)
    }

    /// Where a browser ends that opens this path.
    pub async fn visit(&self, path: &str) -> Result<Url> {
        let answer = self.request(reqwest::Method::GET, path).send().await?;
        Ok(answer.url().clone())
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.client.request(method, url).bearer_auth(&self.token)
    }
}

/// Makes `count` companies, a few at a time.
pub async fn found(stage: &Stage, messenger: &dyn Messenger, count: usize) -> Result<Vec<Company>> {
    let client = plain_client()?;
    let one = |nth| found_one(stage, messenger, client.clone(), nth);
    futures::stream::iter(0..count).map(one).buffered(4).try_collect().await
}

async fn found_one(
    stage: &Stage,
    messenger: &dyn Messenger,
    client: Client,
    nth: usize,
) -> Result<Company> {
    let (account_id, api) = sign_up(stage, client, nth).await?;
    let account = messenger.account(nth).await?;
    let kind = messenger.kind().name();
    let form = json!({
        "kind": kind, "name": format!("Канал {nth}"), "settings": account.settings,
    });
    let channel = api.make("/api/v1/channels", &form).await?;
    let channel_id = text(&channel, "channel_id")?;
    let hook = hook_of(stage, messenger, &account.name, &api, &channel_id).await?;
    Ok(Company { account_id, channel_id, account: account.name, hook, api })
}

async fn sign_up(stage: &Stage, client: Client, nth: usize) -> Result<(String, Api)> {
    let answer = client
        .post(format!("{}/api/v1/sign-up", stage.url()))
        .json(&json!({
            "company": format!("Компания {nth}"),
            "name": "Владелец",
            "email": format!("owner{nth}@bench.example"),
            "password": "a long enough password",
        }))
        .send()
        .await?;
    let cookies = answer.headers().get_all(header::SET_COOKIE);
    let cookie = cookies
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next().map(str::to_owned))
        .collect::<Vec<_>>()
        .join("; ");
    let status = answer.status();
    let made: Value = serde_json::from_str(&answer.text().await?).unwrap_or(Value::Null);
    if !status.is_success() {
        bail!("sign-up: {status} {made}");
    }
    let answer = client
        .post(format!("{}/api/v1/tokens", stage.url()))
        .header(header::COOKIE, cookie)
        .header(header::ORIGIN, stage.url())
        .json(&json!({ "name": "bench", "scopes": SCOPES }))
        .send()
        .await?;
    let status = answer.status();
    let token: Value = serde_json::from_str(&answer.text().await?).unwrap_or(Value::Null);
    if !status.is_success() {
        bail!("token: {status} {token}");
    }
    let api = Api { client, base: stage.url(), token: text(&token, "token")? };
    Ok((text(&made, "account_id")?, api))
}

/// Waits until the channel is connected on both sides.
async fn hook_of(
    stage: &Stage,
    messenger: &dyn Messenger,
    account: &str,
    api: &Api,
    channel_id: &str,
) -> Result<Arc<dyn Hook>> {
    let path = format!("/api/v1/channels/{channel_id}");
    let mut seen = Value::Null;
    for _ in 0..CONNECT_TRIES {
        seen = api.get(&path).await?;
        if let Some(hook) = messenger.hook(account, &seen).await? {
            return Ok(hook);
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    bail!("the channel was not connected: {seen}\n{}", stage.last_words());
}

pub fn text(value: &Value, key: &str) -> Result<String> {
    let found = value[key].as_str().map(str::to_owned);
    found.with_context(|| format!("no `{key}` in {value}"))
}
