//! Coming in and going out: sign-up, log-in, sessions, and who a token stands for.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    ids::{AccountId, EmployeeId},
    people::{Right, Role},
    people_view::SessionView,
    text::Words,
    visibility::Viewer,
};
use secrecy::SecretString;
use serde_json::json;
use store::{AuditEntry, Bearer, NewAccount, NewEmployee, NewSession, TokenHash};

use crate::{
    Actor, App, Error, Result, Via,
    fields::{self, Check},
    password,
    secret_token::{self, API_TOKEN_PREFIX},
};

/// A session lives this long after its last use.
pub const SESSION_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Use is written down at most this often.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);
/// People of one address whose passwords are tried.
const MOST_CANDIDATES: i64 = 8;

#[derive(Debug)]
pub struct SignUp {
    pub company: String,
    pub name: String,
    pub email: String,
    pub password: SecretString,
    /// `ru` or `en`.
    pub language: String,
    pub user_agent: String,
}

impl SignUp {
    /// What is wrong with the form; asked before a try is counted, so that typing errors do not
    /// use up the limit.
    pub fn check(&self) -> Result<()> {
        self.cleaned().map(|_| ())
    }

    /// Company, name and e-mail as they are kept.
    fn cleaned(&self) -> Result<(String, String, String)> {
        let mut check = Check::default();
        let company = check.line("company", &self.company);
        let name = check.line("name", &self.name);
        let email = check.email("email", &self.email);
        check.language("language", &self.language);
        check.add(password::check("password", &self.password));
        check.done()?;
        Ok((company, name, email))
    }
}

#[derive(Debug)]
pub struct LogIn {
    pub email: String,
    pub password: SecretString,
    /// Which company, where one address has several.
    pub account: Option<AccountId>,
    pub user_agent: String,
}

/// A session that was just opened. The token is shown this once.
#[derive(Debug)]
pub struct Opened {
    pub account: AccountId,
    pub employee: EmployeeId,
    pub token: SecretString,
}

impl App {
    /// Makes a company and its owner, and logs the owner in. Whether the address belongs to people
    /// of other companies is neither asked nor told.
    pub async fn sign_up(&self, form: SignUp) -> Result<Opened> {
        let (company, name, email) = form.cleaned()?;
        let password_hash = password::hash(&form.password).await?;
        self.create_account(NewCompany {
            company,
            name,
            email,
            password_hash,
            language: form.language,
            demo: false,
            user_agent: form.user_agent,
        })
        .await
    }

    /// The same for the installation's own hands (`beseda account create`, the demo company).
    pub async fn sign_up_demo(&self, form: SignUp) -> Result<Opened> {
        let password_hash = password::hash(&form.password).await?;
        self.create_account(NewCompany {
            company: form.company,
            name: form.name,
            email: form.email,
            password_hash,
            language: form.language,
            demo: true,
            user_agent: form.user_agent,
        })
        .await
    }

    async fn create_account(&self, new: NewCompany) -> Result<Opened> {
        let now = self.clock.now();
        let account = AccountId::new(&*self.ids);
        let employee = EmployeeId::new(&*self.ids);
        let (token, session) = self.new_session(employee, &new.user_agent)?;
        let mut tx = self.store.platform().await?;
        tx.create_account(
            &NewAccount {
                account,
                name: new.company,
                language: new.language.clone(),
                time_zone: "Europe/Moscow".to_owned(),
                country: "RU".to_owned(),
                demo: new.demo,
                created_at: now,
            },
            &NewEmployee {
                employee,
                email: new.email,
                name: new.name,
                password_hash: new.password_hash,
                role: Role::Owner,
                language: new.language,
                created_at: now,
            },
        )
        .await?;
        tx.insert_session(account, &session).await?;
        tx.audit(
            account,
            &AuditEntry {
                at: now,
                actor: Some(employee),
                action: "account.created",
                object: account.to_string(),
                details: json!({}),
            },
        )
        .await?;
        tx.commit().await?;
        Ok(Opened { account, employee, token })
    }

    /// [`Error::Unauthenticated`] says no more than that; [`Error::Conflict`] `choose_account` lists
    /// the companies when the password is right in several.
    pub async fn log_in(&self, form: LogIn) -> Result<Opened> {
        let opened = self.try_log_in(form).await;
        let result = match &opened {
            Ok(_) => "opened",
            Err(Error::Unauthenticated) => "wrong",
            Err(Error::Conflict { .. }) => "several",
            Err(_) => "failed",
        };
        metrics::counter!("beseda_log_ins_total", "result" => result).increment(1);
        opened
    }

    async fn try_log_in(&self, form: LogIn) -> Result<Opened> {
        // An address that cannot be one is answered as any other that has nobody.
        let email = fields::email(&form.email).unwrap_or_default();
        let candidates =
            self.store.log_in_candidates(&email, form.account, MOST_CANDIDATES).await?;
        if candidates.is_empty() {
            password::verify_nobody(&form.password).await?;
            return Err(Error::Unauthenticated);
        }
        let mut matching = Vec::new();
        for candidate in candidates {
            if password::verify(&form.password, candidate.password_hash.clone()).await? {
                matching.push(candidate);
            }
        }
        let [one] = matching.as_slice() else {
            if matching.is_empty() {
                return Err(Error::Unauthenticated);
            }
            let accounts: Vec<_> = matching
                .iter()
                .map(|c| json!({ "account_id": c.account(), "name": c.company }))
                .collect();
            return Err(Error::Conflict {
                code: "choose_account",
                message: Words::new(
                    "У вас несколько компаний. Повторите вход, указав одну из них.",
                    "You belong to several companies. Log in again and name one of them.",
                ),
                details: json!({ "accounts": accounts }),
            });
        };
        self.open_session(one.account(), one.employee(), &form.user_agent).await
    }

    async fn open_session(
        &self,
        account: AccountId,
        employee: EmployeeId,
        user_agent: &str,
    ) -> Result<Opened> {
        let (token, session) = self.new_session(employee, user_agent)?;
        let mut tx = self.store.tenant(account).await?;
        tx.insert_session(&session).await?;
        tx.audit(&AuditEntry {
            at: session.now,
            actor: Some(employee),
            action: "session.opened",
            object: employee.to_string(),
            details: json!({}),
        })
        .await?;
        tx.commit().await?;
        Ok(Opened { account, employee, token })
    }

    pub(crate) fn new_session(
        &self,
        employee: EmployeeId,
        user_agent: &str,
    ) -> Result<(SecretString, NewSession)> {
        let (text, token) = secret_token::fresh("bss_")?;
        let now = self.clock.now();
        let session = NewSession {
            token,
            employee,
            user_agent: domain::text::shortened(&domain::text::without_nul(user_agent), 300),
            now,
            expires_at: now + SESSION_KEPT,
        };
        Ok((secret_token::shown(text), session))
    }

    /// Whom a session's or personal token stands for.
    pub async fn authenticate(&self, token: &str) -> Result<Actor> {
        let now = self.clock.now();
        let hash = secret_token::hash(token);
        let is_token = token.starts_with(API_TOKEN_PREFIX);
        let bearer = if is_token {
            self.store.token_bearer(&hash, now).await?
        } else {
            self.store.session_bearer(&hash, now).await?
        };
        let bearer = bearer.ok_or(Error::Unauthenticated)?;
        if bearer.seen_at.is_none_or(|seen| now - seen >= TOUCH_EVERY) {
            if is_token {
                self.store.touch_token(&hash, now).await?;
            } else {
                self.store.touch_session(&hash, now, now + SESSION_KEPT).await?;
            }
        }
        Ok(actor(bearer, hash))
    }

    /// Ends the session that asks. A personal token has none: it is revoked instead.
    pub async fn log_out(&self, actor: &Actor) -> Result<()> {
        let Via::Session(token) = &actor.via else { return Ok(()) };
        let mut tx = self.store.tenant(actor.account).await?;
        tx.end_this_session(token).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sets a new password and ends every other session.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: SecretString,
        new: SecretString,
    ) -> Result<()> {
        let session = session_of(actor)?;
        let mut check = Check::default();
        check.add(password::check("new_password", &new));
        check.done()?;
        let mut tx = self.store.tenant(actor.account).await?;
        let old = tx.password_hash(actor.employee).await?.ok_or(Error::Unauthenticated)?;
        drop(tx);
        if !password::verify(&current, old.clone()).await? {
            return Err(wrong_password());
        }
        let hash = password::hash(&new).await?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.replace_password(actor.employee, &old, &hash).await? {
            return Err(wrong_password());
        }
        tx.end_other_sessions(actor.employee, Some(session)).await?;
        tx.audit(&AuditEntry {
            at: self.clock.now(),
            actor: Some(actor.employee),
            action: "password.changed",
            object: actor.employee.to_string(),
            details: json!({}),
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// One's own log-ins.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<SessionView>> {
        let current = match &actor.via {
            Via::Session(token) => Some(*token),
            Via::Token(_) => None,
        };
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.sessions(actor.employee, current, self.clock.now()).await?)
    }

    pub async fn end_session(&self, actor: &Actor, session: &str) -> Result<()> {
        session_of(actor)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.end_session(actor.employee, session).await? {
            return Err(Error::NotFound { what: "session" });
        }
        tx.commit().await?;
        Ok(())
    }
}

struct NewCompany {
    company: String,
    name: String,
    email: String,
    password_hash: String,
    language: String,
    demo: bool,
    user_agent: String,
}

/// A program with a personal token does not touch the person's own log-in.
fn session_of(actor: &Actor) -> Result<TokenHash> {
    match &actor.via {
        Via::Session(token) => Ok(*token),
        Via::Token(_) => Err(Error::Forbidden("session")),
    }
}

fn wrong_password() -> Error {
    Error::invalid(
        "current_password",
        "wrong_password",
        Words::new("Текущий пароль неверен.", "The current password is wrong."),
    )
}

/// The role's rights, narrowed by the token's scopes.
fn rights(role: Role, scopes: Option<&[Right]>) -> Vec<Right> {
    let scoped = |right: &Right| scopes.is_none_or(|scopes| scopes.contains(right));
    role.rights().iter().copied().filter(scoped).collect()
}

fn actor(bearer: Bearer, token: TokenHash) -> Actor {
    let rights = rights(bearer.role, bearer.token.as_ref().map(|(_, scopes)| scopes.as_slice()));
    Actor {
        account: bearer.account,
        employee: bearer.employee,
        name: bearer.name,
        role: bearer.role,
        viewer: Viewer {
            employee: bearer.employee,
            sees_all: rights.contains(&Right::SeeAll),
            visibility: bearer.visibility,
            groups: bearer.groups,
        },
        rights,
        via: match bearer.token {
            Some((id, _)) => Via::Token(id),
            None => Via::Session(token),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AD-2: a token does what its scopes and its owner's role both allow, no more.
    #[test]
    fn ad_2_scopes_narrow_the_role_and_never_widen_it() {
        let scopes = [Right::ManageAccount, Right::ReadConversations];
        assert_eq!(rights(Role::Operator, Some(&scopes)), [Right::ReadConversations]);
        assert_eq!(rights(Role::Operator, Some(&[])), []);
        assert_eq!(rights(Role::Operator, None), Role::Operator.rights());
    }
}
