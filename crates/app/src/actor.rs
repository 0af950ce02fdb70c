//! Who asks: an employee of one account, with what they may do.

use domain::{
    ids::{AccountId, ApiTokenId, EmployeeId},
    people::{Right, Role},
    visibility::Viewer,
};

use crate::{Error, Result};

/// An authenticated employee, through a session or a personal token.
#[derive(Debug, Clone)]
pub struct Actor {
    pub account: AccountId,
    pub employee: EmployeeId,
    pub name: String,
    pub role: Role,
    /// What this request may do: the role's rights, narrowed by the token's scopes.
    pub rights: Vec<Right>,
    /// Whose eyes conversations are seen with.
    pub viewer: Viewer,
    pub via: Via,
}

/// How they proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// SHA-256 of the session's token.
    Session([u8; 32]),
    Token(ApiTokenId),
}

impl Actor {
    /// Refuses unless the actor has the right.
    pub fn require(&self, right: Right) -> Result<()> {
        if self.rights.contains(&right) { Ok(()) } else { Err(Error::Forbidden(right.as_str())) }
    }
}
