//! Access tokens for XOAUTH2, renewed shortly before they end.

use std::{
    collections::HashMap,
    sync::OnceLock,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use lettre::transport::smtp::authentication::Mechanism;
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RefreshToken,
    RequestTokenError, TokenResponse, TokenUrl, basic::BasicClient,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::settings::{Auth, Refresh};

/// A token is renewed this long before its end.
const MARGIN: Duration = Duration::from_secs(120);
/// Taken when the service does not say how long a token lives.
const USUAL_LIFE: Duration = Duration::from_secs(600);

/// What a login needs right now.
#[derive(Clone)]
pub enum Access {
    Password(SecretString),
    Token(SecretString),
}

impl Access {
    /// SASL mechanisms to try with it.
    pub fn mechanisms(&self) -> &'static [Mechanism] {
        match self {
            Self::Password(_) => &[Mechanism::Plain, Mechanism::Login],
            Self::Token(_) => &[Mechanism::Xoauth2],
        }
    }

    pub fn secret(&self) -> &SecretString {
        match self {
            Self::Password(secret) | Self::Token(secret) => secret,
        }
    }
}

/// The answer to the first challenge of XOAUTH2, before base64 (Google's "OAuth 2.0 Mechanism",
/// which Yandex, Mail.ru and Microsoft follow).
pub fn initial_response(login: &str, token: &str) -> String {
    format!("user={login}\x01auth=Bearer {token}\x01\x01")
}

/// Why there is no access token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The service refuses the refresh token or the client.
    #[error("refused: {0}")]
    Refused(String),
    #[error("cannot be reached: {0}")]
    Unreachable(String),
}

/// Tokens in memory, by a digest of what they are made from. A new refresh token in the answer is
/// not kept: a driver has no place to store one while it sends. Services of mail keep the old one
/// valid.
#[derive(Default)]
pub struct Tokens {
    known: Mutex<HashMap<[u8; 32], (SecretString, Instant)>>,
    http: OnceLock<Result<net::http::Client, String>>,
}

impl Tokens {
    /// What to log in with.
    pub async fn access(&self, auth: &Auth) -> Result<Access, TokenError> {
        let refresh = match auth {
            Auth::Password(password) => return Ok(Access::Password(password.clone())),
            Auth::Token(token) => return Ok(Access::Token(token.clone())),
            Auth::Refresh(refresh) => refresh,
        };
        let key = key(refresh);
        if let Some((token, until)) = self.known.lock().await.get(&key)
            && *until > Instant::now() + MARGIN
        {
            return Ok(Access::Token(token.clone()));
        }
        // Not locked while asking: one company's slow service must not hold up the others.
        let (token, life) = self.ask(refresh).await?;
        let mut known = self.known.lock().await;
        known.retain(|_, (_, until)| *until > Instant::now());
        known.insert(key, (token.clone(), Instant::now() + life));
        Ok(Access::Token(token))
    }

    /// Forgets a token that a server refused, so that the next login asks for another.
    pub async fn forget(&self, auth: &Auth) {
        if let Auth::Refresh(refresh) = auth {
            self.known.lock().await.remove(&key(refresh));
        }
    }

    async fn ask(&self, refresh: &Refresh) -> Result<(SecretString, Duration), TokenError> {
        let http = self
            .http
            .get_or_init(|| net::client(net::Options::default()).map_err(|e| e.to_string()))
            .as_ref()
            .map_err(|e| TokenError::Unreachable(e.clone()))?;
        ask(Http(http.clone()), refresh.clone()).await
    }
}

async fn ask(http: Http, refresh: Refresh) -> Result<(SecretString, Duration), TokenError> {
    let mut client =
        BasicClient::new(ClientId::new(refresh.client_id)).set_auth_type(AuthType::RequestBody);
    if let Some(secret) = &refresh.client_secret {
        client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
    }
    let client = client.set_token_uri(TokenUrl::from_url(refresh.token_url));
    let token = RefreshToken::new(refresh.refresh_token.expose_secret().to_owned());
    match client.exchange_refresh_token(&token).request_async(&http).await {
        Ok(answer) => Ok((
            answer.access_token().secret().clone().into(),
            answer.expires_in().unwrap_or(USUAL_LIFE),
        )),
        Err(RequestTokenError::ServerResponse(error)) => {
            Err(TokenError::Refused(error.error().to_string()))
        }
        Err(RequestTokenError::Request(error)) => {
            Err(TokenError::Unreachable(net::error_text(error)))
        }
        Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
            Err(TokenError::Unreachable("the answer is not OAuth".to_owned()))
        }
    }
}

/// Our client in the library's words.
struct Http(net::http::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = net::http::Error;
    type Future = BoxFuture<'c, Result<HttpResponse, Self::Error>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        async move {
            let answer = self.0.execute(request.try_into()?).await?;
            let mut response = HttpResponse::new(Vec::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            *response.body_mut() = answer.bytes().await?.to_vec();
            Ok(response)
        }
        .boxed()
    }
}

fn key(refresh: &Refresh) -> [u8; 32] {
    let mut digest = Sha256::new();
    let secret = refresh.client_secret.as_ref().map_or("", |s| s.expose_secret());
    for part in [
        refresh.token_url.as_str(),
        &refresh.client_id,
        secret,
        refresh.refresh_token.expose_secret(),
    ] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};

    use super::initial_response;

    /// The example of Google's description of the mechanism.
    #[test]
    fn ch_10_xoauth2_is_answered_as_described() {
        let response = initial_response(
            "someuser@example.com",
            "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
        );
        assert_eq!(
            BASE64_STANDARD.encode(response),
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52\
             YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
        );
    }
}
