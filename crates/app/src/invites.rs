//! Invites: a link for one person, once, within seven days. The link is shown to the inviter, who
//! passes it on.

use std::time::Duration;

use domain::{
    event::Directory,
    ids::{EmployeeId, GroupId, InviteId},
    people::{Right, Role},
    people_view::InviteView,
    text::Words,
};
use secrecy::SecretString;
use serde_json::json;
use store::{AuditEntry, NewEmployee};

use crate::{
    Actor, App, Error, Opened, Result, directory, fields::Check, password, people, secret_token,
};

const INVITE_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// An invite that was just made. The token is shown this once.
#[derive(Debug)]
pub struct Invited {
    pub invite: InviteView,
    pub token: SecretString,
}

/// What the invited person sees before they agree.
#[derive(Debug)]
pub struct OpenInvite {
    pub company: String,
    pub email: String,
    pub role: Role,
}

/// What the invited person adds.
#[derive(Debug)]
pub struct Acceptance {
    pub token: SecretString,
    pub name: String,
    pub password: SecretString,
    pub language: String,
    pub user_agent: String,
}

impl App {
    pub async fn invite(
        &self,
        actor: &Actor,
        email: &str,
        role: Role,
        groups: Vec<GroupId>,
    ) -> Result<Invited> {
        actor.require(Right::ManageEmployees)?;
        if !actor.may_give(role) {
            return Err(Error::Forbidden("grant_role"));
        }
        let mut check = Check::default();
        let email = check.email("email", email);
        check.done()?;
        let (text, hash) = secret_token::fresh("")?;
        let now = self.clock.now();
        let invite = InviteView {
            invite_id: InviteId::new(&*self.ids),
            email,
            role,
            groups,
            invited_by: actor.employee,
            created_at: now,
            expires_at: now + INVITE_KEPT,
        };
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.are_groups(&invite.groups).await? {
            return Err(people::unknown_group());
        }
        if tx.has_email(&invite.email).await? {
            return Err(is_here());
        }
        tx.insert_invite(&invite, &hash).await?;
        let details = json!({ "role": role, "groups": invite.groups });
        self.note(&mut tx, actor, "invite.created", invite.invite_id.to_string(), details).await?;
        tx.commit().await?;
        Ok(Invited { invite, token: secret_token::shown(text) })
    }

    pub async fn invites(
        &self,
        actor: &Actor,
        after: Option<InviteId>,
        most: i64,
    ) -> Result<Vec<InviteView>> {
        actor.require(Right::ManageEmployees)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.invites(after, most, self.clock.now()).await?)
    }

    pub async fn revoke_invite(&self, actor: &Actor, id: InviteId) -> Result<()> {
        actor.require(Right::ManageEmployees)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.revoke_invite(id, self.clock.now()).await? {
            return Err(Error::NotFound { what: "invite" });
        }
        self.note(&mut tx, actor, "invite.revoked", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What the token invites to; [`Error::NotFound`] when it is used, revoked, too old or none.
    pub async fn open_invite(&self, token: &SecretString) -> Result<OpenInvite> {
        let hash = secret_token::hash(secrecy::ExposeSecret::expose_secret(token));
        let found = self.store.invite_by_token(&hash, self.clock.now()).await?;
        let (_, company, invite) = found.ok_or(Error::NotFound { what: "invite" })?;
        Ok(OpenInvite { company, email: invite.email, role: invite.role })
    }

    /// Makes the employee and logs them in.
    pub async fn accept_invite(&self, form: Acceptance) -> Result<Opened> {
        let hash = secret_token::hash(secrecy::ExposeSecret::expose_secret(&form.token));
        let now = self.clock.now();
        let found = self.store.invite_by_token(&hash, now).await?;
        let (account, ..) = found.ok_or(Error::NotFound { what: "invite" })?;
        let mut check = Check::default();
        let name = check.line("name", &form.name);
        check.language("language", &form.language);
        check.add(password::check("password", &form.password));
        check.done()?;
        let password_hash = password::hash(&form.password).await?;
        let employee = EmployeeId::new(&*self.ids);
        let (token, session) = self.new_session(employee, &form.user_agent)?;
        let mut tx = self.store.tenant(account).await?;
        // The check above took a while: of two who hold the link, one gets in.
        let invite = tx.take_invite(&hash, now).await?.ok_or(Error::NotFound { what: "invite" })?;
        let new = NewEmployee {
            employee,
            email: invite.email,
            name,
            password_hash,
            role: invite.role,
            language: form.language,
            created_at: now,
        };
        tx.insert_employee(&new).await.map_err(|error| match error {
            store::Error::Constraint(name) if name == "employees_email" => is_here(),
            other => other.into(),
        })?;
        tx.join_groups(employee, &invite.groups).await?;
        if !invite.groups.is_empty() {
            directory::changed(&mut tx, Directory::Groups);
        }
        tx.insert_session(&session).await?;
        people::changed(&mut tx, employee).await?;
        tx.audit(&AuditEntry {
            at: now,
            actor: Some(employee),
            action: "invite.accepted",
            object: invite.invite_id.to_string(),
            details: json!({ "invited_by": invite.invited_by, "role": invite.role }),
        })
        .await?;
        tx.commit().await?;
        Ok(Opened { account, employee, token })
    }
}

fn is_here() -> Error {
    Error::conflict(
        "employee_exists",
        Words::new(
            "Сотрудник с таким адресом уже есть в компании.",
            "The company already has an employee with this address.",
        ),
    )
}
