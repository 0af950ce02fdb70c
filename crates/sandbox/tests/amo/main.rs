//! Each rule that the account's side of the amoCRM counterpart enforces, asked with a plain HTTP
//! client. The numbers are those of the list of what a faithful simulator must enforce.
#![expect(
    clippy::disallowed_methods,
    reason = "a test owns its tasks and its HTTP client; the crate under test is the far side"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod faults;
mod hooks;
mod limits;
mod reading;
mod tokens;
mod unsorted;
mod writing;

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::amo::{Account, Amo, Integration, Limits, Options};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);
const REDIRECT: &str = "http://127.0.0.1:9/oauth/amo";

/// One account with one integration, and a client with its token.
struct Desk {
    amo: Amo,
    account: Account,
    integration: Integration,
    token: String,
    client: reqwest::Client,
}

impl Desk {
    async fn start() -> Self {
        Self::with(Options { limits: Limits::off(), ..Options::default() }).await
    }

    async fn with(options: Options) -> Self {
        let amo = Amo::start(options).await.unwrap();
        let integration = amo.integration("Проба", REDIRECT);
        let account = amo.add_account("romashka");
        let token =
            account.long_lived_token(&integration.client_id, Duration::from_secs(86_400)).unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { amo, account, integration, token, client }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        self.ask_as(&self.token, &self.account, method, path, body).await
    }

    async fn ask_as(
        &self,
        token: &str,
        account: &Account,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let url = format!("{}/api/v4/{path}", account.url());
        let mut request = self.client.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, path, Some(&body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::PATCH, path, Some(&body)).await
    }

    /// The number of the one thing a POST made.
    async fn made(&self, path: &str, item: Value) -> i64 {
        let (status, body) = self.post(path, json!([item])).await;
        assert_eq!(status, 200, "{body}");
        let kind = path.rsplit('/').next().unwrap();
        body["_embedded"][kind][0]["id"].as_i64().unwrap()
    }

    /// What one field of a contact is filled with.
    fn phone(number: &str) -> Value {
        json!({"field_code": "PHONE", "values": [{"value": number, "enum_code": "WORK"}]})
    }

    async fn exchange(&self, grant: Value) -> (StatusCode, Value) {
        let mut body = json!({
            "client_id": self.integration.client_id,
            "client_secret": self.integration.client_secret,
            "redirect_uri": REDIRECT,
        });
        for (name, value) in grant.as_object().unwrap() {
            body[name] = value.clone();
        }
        let url = format!("{}/oauth2/access_token", self.account.url());
        let response = self.client.post(url).json(&body).send().await.unwrap();
        (response.status(), response.json().await.unwrap_or_default())
    }
}

/// `code` and `path` of the first finding of the first item.
fn finding(body: &Value) -> (String, String) {
    let found = &body["validation-errors"][0]["errors"][0];
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("path"))
}
