//! A client of the API. Every call states the status it expects, and a failure prints the answer.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Socket;

/// A client with its own cookies, or none.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// `beseda_session=…` or `Bearer …`.
    proof: Option<Proof>,
}

#[derive(Debug, Clone)]
enum Proof {
    Cookie(String),
    Bearer(String),
}

/// An answer with the expected status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `code` of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub fn new(url: impl Into<String>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(crate::PATIENCE)
            .build()
            .unwrap();
        Self { http, url: url.into(), proof: None }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same client at another address: a second node, a restarted process.
    pub fn at(&self, url: impl Into<String>) -> Self {
        Self { url: url.into(), ..self.clone() }
    }

    /// Without any proof of who asks.
    pub fn nobody(&self) -> Self {
        Self { proof: None, ..self.clone() }
    }

    /// With a personal token.
    pub fn bearer(&self, token: &str) -> Self {
        Self { proof: Some(Proof::Bearer(token.to_owned())), ..self.clone() }
    }

    /// The value of the session's cookie.
    pub fn cookie(&self) -> Option<&str> {
        match &self.proof {
            Some(Proof::Cookie(cookie)) => Some(cookie),
            Some(Proof::Bearer(_)) | None => None,
        }
    }

    /// What proves who asks.
    pub fn headers(&self) -> header::HeaderMap {
        let mut headers = header::HeaderMap::new();
        match &self.proof {
            Some(Proof::Cookie(cookie)) => {
                headers.insert(header::COOKIE, cookie.parse().unwrap());
                // As a browser says on our own page.
                headers.insert("sec-fetch-site", header::HeaderValue::from_static("same-origin"));
            }
            Some(Proof::Bearer(token)) => {
                let value = format!("Bearer {token}");
                headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            }
            None => {}
        }
        headers
    }

    /// A request with this client's proof, for what the short forms cannot say.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).headers(self.headers())
    }

    /// Sends a request and checks the status.
    pub async fn send(&self, request: reqwest::RequestBuilder, expect: u16) -> Answer {
        let request = request.build().unwrap();
        let what = format!("{} {}", request.method(), request.url().path());
        let response = match self.http.execute(request).await {
            Ok(response) => response,
            Err(error) => panic!("{what}: {error:?}"),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap().to_vec();
        let answer = Answer { status, headers, body };
        assert_eq!(status.as_u16(), expect, "{what} answered: {}", answer.text());
        answer
    }

    pub async fn get(&self, path: &str, expect: u16) -> Answer {
        self.send(self.request(Method::GET, path), expect).await
    }

    pub async fn post(&self, path: &str, body: &Value, expect: u16) -> Answer {
        self.send(self.request(Method::POST, path).json(body), expect).await
    }

    pub async fn put(&self, path: &str, body: &Value, expect: u16) -> Answer {
        self.send(self.request(Method::PUT, path).json(body), expect).await
    }

    pub async fn patch(&self, path: &str, body: &Value, expect: u16) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body), expect).await
    }

    pub async fn delete(&self, path: &str, expect: u16) -> Answer {
        self.send(self.request(Method::DELETE, path), expect).await
    }

    /// A POST without a body.
    pub async fn poke(&self, path: &str, expect: u16) -> Answer {
        self.send(self.request(Method::POST, path), expect).await
    }

    /// Logs in.
    pub async fn log_in(&self, email: &str, password: &str) -> Session {
        let form = json!({ "email": email, "password": password });
        let answer = self.nobody().post("/api/v1/session", &form, 200).await;
        Session::opened(self, &answer, email, password)
    }
}

/// A client that is logged in. It is a [`Client`] in all else.
#[derive(Debug, Clone)]
pub struct Session {
    client: Client,
    /// `acc_…`
    pub account: String,
    /// `emp_…`
    pub employee: String,
    pub email: String,
    pub password: String,
}

impl std::ops::Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Session {
    /// Makes a company of its own with a fresh owner.
    pub async fn sign_up(client: Client) -> Self {
        let email = format!("owner-{}@example.test", Uuid::now_v7().simple());
        let password = "a long enough password";
        let form = json!({
            "company": "Ромашка", "name": "Анна", "email": email, "password": password,
        });
        let answer = client.nobody().post("/api/v1/sign-up", &form, 201).await;
        Self::opened(&client, &answer, &email, password)
    }

    /// What an answer that opens a session (sign-up, log-in, an invite's acceptance) stands for.
    pub fn opened(client: &Client, answer: &Answer, email: &str, password: &str) -> Self {
        let cookie = answer.header("set-cookie").and_then(|c| c.split(';').next());
        let cookie = cookie.expect("a session's cookie is set").to_owned();
        let body = answer.json();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        Self {
            account: text("account_id"),
            employee: text("employee_id"),
            email: email.to_owned(),
            password: password.to_owned(),
            client: Client { proof: Some(Proof::Cookie(cookie)), ..client.clone() },
        }
    }

    /// The same session at another address.
    pub fn at(&self, url: impl Into<String>) -> Self {
        Self { client: self.client.at(url), ..self.clone() }
    }

    /// Opens the socket; `after` is the last event number that this client has.
    pub async fn socket(&self, after: Option<i64>) -> Socket {
        Socket::open(&self.client, after).await
    }
}
