//! Employees and groups (AD-1): who works here, what they may do, where they belong.

use domain::{
    event::{Directory, EventKind, NewEvent},
    ids::{EmployeeId, GroupId},
    people::{Presence, Right, Role},
    people_view::{AccountView, EmployeeView, GroupView},
    text::Words,
    visibility::Visibility,
};
use serde_json::json;
use store::{AuditEntry, EmployeeSettings, TenantTx};

use crate::{
    Actor, App, Error, Invalid, RequestKey, Result, directory, fields::Check, idempotency,
};

/// What to change of an employee; `None` leaves it as it is.
#[derive(Debug, Default)]
pub struct EmployeePatch {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub visibility: Option<Visibility>,
    /// `Some(None)`: no limit.
    pub capacity: Option<Option<i32>>,
    pub language: Option<String>,
    pub groups: Option<Vec<GroupId>>,
}

/// The person who asks, as a client starts with.
#[derive(Debug)]
pub struct Me {
    pub employee: EmployeeView,
    pub account: AccountView,
    pub rights: Vec<Right>,
}

/// Conversations that one person can have in work; more is a typing error.
const MOST_CAPACITY: i32 = 1000;

impl Actor {
    /// Whether this person, with the rights of this request, may give, change or take away a role.
    /// A token with narrow scopes cannot make itself a wider person.
    pub(crate) fn may_give(&self, role: Role) -> bool {
        self.role.may_grant(role) && role.rights().iter().all(|right| self.rights.contains(right))
    }
}

impl App {
    pub async fn me(&self, actor: &Actor) -> Result<Me> {
        let mut tx = self.store.tenant(actor.account).await?;
        let employee = tx.employee(actor.employee).await?.ok_or(Error::Unauthenticated)?;
        let account = tx.company().await?.ok_or(Error::Unauthenticated)?;
        Ok(Me { employee, account, rights: actor.rights.clone() })
    }

    /// One's own name and language.
    pub async fn change_me(
        &self,
        actor: &Actor,
        name: Option<String>,
        language: Option<String>,
    ) -> Result<EmployeeView> {
        let patch = EmployeePatch { name, language, ..EmployeePatch::default() };
        let mut tx = self.store.tenant(actor.account).await?;
        let old = tx.lock_employee(actor.employee).await?.ok_or(Error::Unauthenticated)?;
        let settings = settings(&old, &patch)?;
        tx.set_employee(actor.employee, &settings).await?;
        let new = changed(&mut tx, actor.employee).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// On line, on a break, off (OW-6).
    pub async fn set_presence(&self, actor: &Actor, presence: Presence) -> Result<EmployeeView> {
        let mut tx = self.store.tenant(actor.account).await?;
        let new = if tx.set_presence(actor.employee, presence, self.clock.now()).await? {
            self.presence_changed(&mut tx, actor.employee, presence).await?;
            changed(&mut tx, actor.employee).await?
        } else {
            tx.employee(actor.employee).await?.ok_or(Error::Unauthenticated)?
        };
        tx.commit().await?;
        Ok(new)
    }

    /// Colleagues: everybody of the company may know them (to mention, to transfer to).
    pub async fn employees(
        &self,
        actor: &Actor,
        after: Option<EmployeeId>,
        most: i64,
    ) -> Result<Vec<EmployeeView>> {
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.employees(after, most).await?)
    }

    pub async fn employee(&self, actor: &Actor, id: EmployeeId) -> Result<EmployeeView> {
        let mut tx = self.store.tenant(actor.account).await?;
        tx.employee(id).await?.ok_or(Error::NotFound { what: "employee" })
    }

    pub async fn change_employee(
        &self,
        actor: &Actor,
        id: EmployeeId,
        patch: EmployeePatch,
    ) -> Result<EmployeeView> {
        actor.require(Right::ManageEmployees)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let owners = tx.lock_owners().await?;
        let old = tx.lock_employee(id).await?.ok_or(Error::NotFound { what: "employee" })?;
        may_change(actor, &old, patch.role)?;
        if patch.role.is_some_and(|role| role != Role::Owner) {
            keep_an_owner(&owners, id)?;
        }
        let settings = settings(&old, &patch)?;
        tx.set_employee(id, &settings).await?;
        if let Some(groups) = &patch.groups {
            tx.set_groups_of(id, groups).await.map_err(unknown_groups)?;
            directory::changed(&mut tx, Directory::Groups);
        }
        let new = changed(&mut tx, id).await?;
        let details = json!({
            "role": [old.role, new.role],
            "visibility": [old.visibility, new.visibility],
            "groups": new.groups,
        });
        self.note(&mut tx, actor, "employee.changed", id.to_string(), details).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Shuts an employee out at once: sessions, tokens and their open invites stop working.
    pub async fn disable_employee(&self, actor: &Actor, id: EmployeeId) -> Result<EmployeeView> {
        actor.require(Right::ManageEmployees)?;
        if id == actor.employee {
            return Err(Error::conflict(
                "oneself",
                Words::new(
                    "Себя отключить нельзя. Попросите другого администратора.",
                    "You cannot disable yourself. Ask another administrator.",
                ),
            ));
        }
        let mut tx = self.store.tenant(actor.account).await?;
        let owners = tx.lock_owners().await?;
        let old = tx.lock_employee(id).await?.ok_or(Error::NotFound { what: "employee" })?;
        may_change(actor, &old, None)?;
        keep_an_owner(&owners, id)?;
        tx.disable_employee(id, self.clock.now()).await?;
        self.presence_changed(&mut tx, id, Presence::Off).await?;
        let new = changed(&mut tx, id).await?;
        self.note(&mut tx, actor, "employee.disabled", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(new)
    }

    pub async fn enable_employee(&self, actor: &Actor, id: EmployeeId) -> Result<EmployeeView> {
        actor.require(Right::ManageEmployees)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let old = tx.lock_employee(id).await?.ok_or(Error::NotFound { what: "employee" })?;
        may_change(actor, &old, None)?;
        tx.enable_employee(id).await?;
        let new = changed(&mut tx, id).await?;
        self.note(&mut tx, actor, "employee.enabled", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(new)
    }

    pub async fn groups(
        &self,
        actor: &Actor,
        after: Option<GroupId>,
        most: i64,
    ) -> Result<Vec<GroupView>> {
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.groups(after, most).await?)
    }

    pub async fn create_group(
        &self,
        actor: &Actor,
        name: &str,
        members: &[EmployeeId],
        key: Option<&RequestKey>,
    ) -> Result<GroupView> {
        actor.require(Right::ManageEmployees)?;
        let mut check = Check::default();
        let name = check.line("name", name);
        check.done()?;
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        let id = GroupId::new(&*self.ids);
        tx.insert_group(id, &name, self.clock.now()).await.map_err(group_name_taken)?;
        tx.set_members(id, members).await.map_err(unknown_members)?;
        let group = tx.group(id).await?.ok_or(Error::NotFound { what: "group" })?;
        idempotency::remember(&mut tx, actor, key, &group).await?;
        let details = json!({ "members": members });
        directory::changed(&mut tx, Directory::Groups);
        self.note(&mut tx, actor, "group.created", id.to_string(), details).await?;
        tx.commit().await?;
        Ok(group)
    }

    pub async fn change_group(
        &self,
        actor: &Actor,
        id: GroupId,
        name: Option<&str>,
        members: Option<&[EmployeeId]>,
    ) -> Result<GroupView> {
        actor.require(Right::ManageEmployees)?;
        let mut check = Check::default();
        let name = name.map(|name| check.line("name", name));
        check.done()?;
        let mut tx = self.store.tenant(actor.account).await?;
        let group = tx.group(id).await?.ok_or(Error::NotFound { what: "group" })?;
        if let Some(name) = name.filter(|name| *name != group.name) {
            tx.rename_group(id, &name).await.map_err(group_name_taken)?;
        }
        if let Some(members) = members {
            tx.set_members(id, members).await.map_err(unknown_members)?;
        }
        let group = tx.group(id).await?.ok_or(Error::NotFound { what: "group" })?;
        let details = json!({ "members": group.members });
        directory::changed(&mut tx, Directory::Groups);
        self.note(&mut tx, actor, "group.changed", id.to_string(), details).await?;
        tx.commit().await?;
        Ok(group)
    }

    pub async fn delete_group(&self, actor: &Actor, id: GroupId) -> Result<()> {
        actor.require(Right::ManageEmployees)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let had_replies = tx.free_canned_replies(id).await?;
        let deleted = tx.delete_group(id).await.map_err(|error| match error {
            store::Error::Constraint(_) => Error::conflict(
                "group_in_use",
                Words::new(
                    "В группе есть диалоги. Уберите из неё людей или переименуйте её.",
                    "Conversations belong to this group. Remove its members or rename it.",
                ),
            ),
            other => other.into(),
        })?;
        if !deleted {
            return Err(Error::NotFound { what: "group" });
        }
        directory::changed(&mut tx, Directory::Groups);
        if had_replies {
            directory::changed(&mut tx, Directory::CannedReplies);
        }
        self.note(&mut tx, actor, "group.deleted", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes a line of the audit log; the last statement before commit.
    pub(crate) async fn note(
        &self,
        tx: &mut TenantTx,
        actor: &Actor,
        action: &'static str,
        object: String,
        details: serde_json::Value,
    ) -> Result<()> {
        let actor = Some(actor.employee);
        Ok(tx.audit(&AuditEntry { at: self.clock.now(), actor, action, object, details }).await?)
    }
}

/// Tells the feed that an employee is other than before, and returns them.
pub(crate) async fn changed(tx: &mut TenantTx, id: EmployeeId) -> Result<EmployeeView> {
    let employee = tx.employee(id).await?.ok_or(Error::NotFound { what: "employee" })?;
    tx.append(NewEvent {
        kind: EventKind::EmployeeChanged,
        conversation: None,
        audience: None,
        was: None,
        payload: json!({ "employee": employee.card() }),
    });
    Ok(employee)
}

fn may_change(actor: &Actor, old: &EmployeeView, role: Option<Role>) -> Result<()> {
    // Saying the role that they have is no change of it.
    let role = role.filter(|role| *role != old.role);
    if actor.may_give(old.role) && role.is_none_or(|role| actor.may_give(role)) {
        Ok(())
    } else {
        Err(Error::Forbidden("grant_role"))
    }
}

fn keep_an_owner(owners: &[EmployeeId], leaving: EmployeeId) -> Result<()> {
    if owners != [leaving] {
        return Ok(());
    }
    Err(Error::conflict(
        "last_owner",
        Words::new(
            "Это последний владелец компании. Сначала назначьте другого.",
            "This is the company's last owner. Appoint another one first.",
        ),
    ))
}

fn settings(old: &EmployeeView, patch: &EmployeePatch) -> Result<EmployeeSettings> {
    let mut check = Check::default();
    let name = patch.name.as_deref().map(|name| check.line("name", name));
    if let Some(language) = &patch.language {
        check.language("language", language);
    }
    let capacity = patch.capacity.unwrap_or(old.capacity);
    if capacity.is_some_and(|n| !(1..=MOST_CAPACITY).contains(&n)) {
        check.add(Invalid::new(
            "capacity",
            "out_of_range",
            Words::new(
                "От 1 до 1000 или пусто, если предела нет.",
                "From 1 to 1000, or empty when there is no limit.",
            ),
        ));
    }
    check.done()?;
    Ok(EmployeeSettings {
        name: name.unwrap_or_else(|| old.name.clone()),
        role: patch.role.unwrap_or(old.role),
        visibility: patch.visibility.unwrap_or(old.visibility),
        capacity,
        language: patch.language.clone().unwrap_or_else(|| old.language.clone()),
    })
}

fn group_name_taken(error: store::Error) -> Error {
    match error {
        store::Error::Constraint(name) if name == "groups_name" => Error::conflict(
            "group_name_taken",
            Words::new("Группа с таким названием уже есть.", "There is a group of this name."),
        ),
        other => other.into(),
    }
}

fn unknown_groups(error: store::Error) -> Error {
    match error {
        store::Error::Constraint(_) => unknown_group(),
        other => other.into(),
    }
}

pub(crate) fn unknown_group() -> Error {
    Error::invalid(
        "groups",
        "unknown_group",
        Words::new("Такой группы нет.", "There is no such group."),
    )
}

fn unknown_members(error: store::Error) -> Error {
    match error {
        store::Error::Constraint(_) => Error::invalid(
            "members",
            "unknown_employee",
            Words::new("Такого сотрудника нет.", "There is no such employee."),
        ),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{ids::AccountId, visibility::Viewer};

    use super::*;
    use crate::Via;

    fn id(n: u8) -> EmployeeId {
        format!("emp_{n:032x}").parse().expect("an id")
    }

    fn account() -> AccountId {
        "acc_00000000000000000000000000000001".parse().expect("an id")
    }

    fn actor(role: Role, rights: &[Right]) -> Actor {
        Actor {
            account: account(),
            employee: id(1),
            name: String::new(),
            role,
            rights: rights.to_vec(),
            viewer: Viewer {
                employee: id(1),
                sees_all: false,
                visibility: Visibility::All,
                groups: Vec::new(),
            },
            via: Via::Session([0; 32]),
        }
    }

    /// AD-1: an owner gives everything, an admin everything but ownership, others nothing; a token
    /// gives no more than its scopes.
    #[test]
    fn ad_1_nobody_gives_more_than_they_have() {
        for (giver, given) in [
            (Role::Owner, vec![Role::Owner, Role::Admin, Role::Operator]),
            (Role::Admin, vec![Role::Admin, Role::Supervisor, Role::Analyst]),
        ] {
            for role in given {
                assert!(actor(giver, giver.rights()).may_give(role), "{giver:?} {role:?}");
            }
        }
        assert!(!actor(Role::Admin, Role::Admin.rights()).may_give(Role::Owner));
        assert!(!actor(Role::Supervisor, Role::Supervisor.rights()).may_give(Role::Operator));
        let narrow = actor(Role::Owner, &[Right::ManageEmployees, Right::ReadReports]);
        assert!(!narrow.may_give(Role::Owner), "a narrow token does not make owners");
        assert!(narrow.may_give(Role::Analyst));
    }

    #[test]
    fn ad_1_the_last_owner_stays() {
        assert!(keep_an_owner(&[id(1)], id(1)).is_err());
        assert!(keep_an_owner(&[id(1), id(2)], id(1)).is_ok());
        assert!(keep_an_owner(&[id(1)], id(2)).is_ok());
    }
}
