//! Companies with a connected bot, made as a customer of ours would make them: through the API.

use anyhow::{Context, Result, bail};
use futures::{StreamExt, TryStreamExt};
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use crate::{
    stage::{Stage, plain_client},
    telegram::Hook,
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

/// How long a bot may take to be connected.
const CONNECT_TRIES: u32 = 600;

/// A company, its owner's token, its bot.
#[derive(Debug, Clone)]
pub struct Company {
    pub account_id: String,
    pub bot_id: i64,
    pub channel_id: String,
    pub hook: Hook,
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
pub async fn found(stage: &Stage, count: usize) -> Result<Vec<Company>> {
    let client = plain_client()?;
    let one = |nth| found_one(stage, client.clone(), nth);
    futures::stream::iter(0..count).map(one).buffered(4).try_collect().await
}

async fn found_one(stage: &Stage, client: Client, nth: usize) -> Result<Company> {
    let (account_id, api) = sign_up(stage, client.clone(), nth).await?;
    let bot = post_sandbox(
        stage,
        &client,
        "/sandbox/bots",
        &json!({ "username": format!("company_{nth}_bot") }),
    )
    .await?;
    let bot_id = bot["id"].as_i64().context("the sandbox made a bot without an id")?;
    let form = json!({
        "kind": "telegram_bot",
        "name": format!("Бот {nth}"),
        "settings": {
            "token": bot["token"],
            "base_url": stage.sandbox_url(),
            "receive": "webhook",
        },
    });
    let (status, channel) = api.post("/api/v1/channels", &form).await?;
    if !status.is_success() {
        bail!("the channel was not made: {status} {channel}");
    }
    let hook = hook_of(stage, &client, bot_id).await?;
    let channel_id = text(&channel, "channel_id")?;
    Ok(Company { account_id, bot_id, channel_id, hook, api })
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

/// Waits until the server told the sandbox where updates go.
async fn hook_of(stage: &Stage, client: &Client, bot_id: i64) -> Result<Hook> {
    for _ in 0..CONNECT_TRIES {
        let state = get_sandbox(stage, client, "/sandbox/state").await?;
        let bots = state["bots"].as_array().cloned().unwrap_or_default();
        let bot = bots.iter().find(|bot| bot["id"] == bot_id).context("the bot is gone")?;
        if let Some(url) = bot["webhook"].as_str() {
            let path = Url::parse(url)?.path().to_owned();
            return Ok(Hook { path, secret: text(bot, "webhook_secret")? });
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    bail!("the bot was not connected: no setWebhook came\n{}", stage.last_words());
}

pub async fn get_sandbox(stage: &Stage, client: &Client, path: &str) -> Result<Value> {
    let answer = client.get(format!("{}{path}", stage.sandbox_url())).send().await?;
    Ok(answer.error_for_status()?.json().await?)
}

pub async fn post_sandbox(
    stage: &Stage,
    client: &Client,
    path: &str,
    body: &Value,
) -> Result<Value> {
    let answer = client.post(format!("{}{path}", stage.sandbox_url())).json(body).send().await?;
    Ok(answer.error_for_status()?.json().await?)
}

pub fn text(value: &Value, key: &str) -> Result<String> {
    let found = value[key].as_str().map(str::to_owned);
    found.with_context(|| format!("no `{key}` in {value}"))
}
