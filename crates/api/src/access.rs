//! Sign-up, log-in, log-out, one's own password and sessions.

use app::{LogIn, Opened, SignUp};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use axum_extra::extract::cookie::CookieJar;
use domain::{
    ids::{AccountId, EmployeeId},
    people_view::SessionView,
    text::Words,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, As, Json, Path, Problem, actor,
    limits::Client,
    origin,
    page::Page,
    refusals::{OpenRefusals, Refusals},
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(sign_up))
        .routes(routes!(log_in, log_out))
        .routes(routes!(change_password))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpForm {
    /// The company's name.
    company: String,
    /// The owner's name.
    name: String,
    email: String,
    /// 10 to 200 characters.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// `ru` (default) or `en`.
    #[serde(default = "russian")]
    language: String,
}

pub(crate) fn russian() -> String {
    "ru".to_owned()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogInForm {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Which company, after the answer `choose_account`.
    account_id: Option<AccountId>,
}

/// Who is logged in now. The session itself is in the cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    account_id: AccountId,
    employee_id: EmployeeId,
}

/// The answer to whoever just opened a session: the cookie, and who they are.
pub(crate) fn opened(api: &Api, opened: &Opened) -> (CookieJar, Json<LoggedIn>) {
    let body = LoggedIn { account_id: opened.account, employee_id: opened.employee };
    (actor::session_cookie(api, &opened.token), Json(body))
}

pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    headers
        .get(header::USER_AGENT)
        .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
        .unwrap_or_default()
}

/// Refuses a form that another site's page sends.
pub(crate) fn refuse_foreign(api: &Api, headers: &HeaderMap) -> Result<(), Problem> {
    if origin::is_not_foreign(headers, api.app.settings.public_url.as_ref()) {
        Ok(())
    } else {
        Err(actor::foreign())
    }
}

/// Make a company and its owner, and log the owner in
#[utoipa::path(post, path = "/api/v1/sign-up", operation_id = "sign_up", tag = "access",
    request_body = SignUpForm, security(()),
    responses((status = 201, body = LoggedIn), OpenRefusals))]
async fn sign_up(
    State(api): State<Api>,
    client: Client,
    headers: HeaderMap,
    Json(form): Json<SignUpForm>,
) -> Result<(StatusCode, CookieJar, Json<LoggedIn>), Problem> {
    refuse_foreign(&api, &headers)?;
    let form = SignUp {
        company: form.company,
        name: form.name,
        email: form.email,
        password: form.password,
        language: form.language,
        user_agent: user_agent(&headers),
    };
    form.check()?;
    api.limits.sign_up(client)?;
    let session = api.app.sign_up(form).await?;
    let (jar, body) = opened(&api, &session);
    Ok((StatusCode::CREATED, jar, body))
}

/// Log in: opens a session and sets its cookie
#[utoipa::path(post, path = "/api/v1/session", operation_id = "log_in", tag = "access",
    request_body = LogInForm, security(()),
    responses((status = 200, body = LoggedIn), OpenRefusals))]
async fn log_in(
    State(api): State<Api>,
    client: Client,
    headers: HeaderMap,
    Json(form): Json<LogInForm>,
) -> Result<(CookieJar, Json<LoggedIn>), Problem> {
    refuse_foreign(&api, &headers)?;
    api.limits.log_in(client, &form.email)?;
    let session = api
        .app
        .log_in(LogIn {
            email: form.email,
            password: form.password,
            account: form.account_id,
            user_agent: user_agent(&headers),
        })
        .await
        .map_err(wrong_credentials)?;
    Ok(opened(&api, &session))
}

fn wrong_credentials(error: app::Error) -> Problem {
    match error {
        app::Error::Unauthenticated => Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_credentials",
            Words::new(
                "Почта или пароль неверны. Проверьте раскладку и повторите.",
                "The e-mail or the password is wrong. Check them and try again.",
            ),
        ),
        other => other.into(),
    }
}

/// Log out: ends the session that asks
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "log_out", tag = "access",
    responses((status = 204), Refusals))]
async fn log_out(
    State(api): State<Api>,
    As(actor): As,
) -> Result<(StatusCode, CookieJar), Problem> {
    api.app.log_out(&actor).await?;
    Ok((StatusCode::NO_CONTENT, actor::no_cookie(&api)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordForm {
    #[schema(value_type = String, format = Password)]
    current_password: SecretString,
    /// 10 to 200 characters.
    #[schema(value_type = String, format = Password)]
    new_password: SecretString,
}

/// Set a new password; every other session of this person ends
#[utoipa::path(put, path = "/api/v1/me/password", operation_id = "change_password", tag = "access",
    request_body = PasswordForm, responses((status = 204), Refusals))]
async fn change_password(
    State(api): State<Api>,
    As(actor): As,
    Json(form): Json<PasswordForm>,
) -> Result<StatusCode, Problem> {
    api.limits.password(actor.employee)?;
    api.app.change_password(&actor, form.current_password, form.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own log-ins, the latest used first (at most 100)
#[utoipa::path(get, path = "/api/v1/me/sessions", operation_id = "list_sessions", tag = "access",
    responses((status = 200, body = Page<SessionView>), Refusals))]
async fn list_sessions(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<SessionView>>, Problem> {
    Ok(Json(Page { items: api.app.sessions(&actor).await?, next: None }))
}

/// End one of one's own sessions
#[utoipa::path(delete, path = "/api/v1/me/sessions/{session_id}", operation_id = "end_session",
    tag = "access", params(("session_id" = String, Path)),
    responses((status = 204), Refusals))]
async fn end_session(
    State(api): State<Api>,
    As(actor): As,
    Path(session): Path<String>,
) -> Result<StatusCode, Problem> {
    api.app.end_session(&actor, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
