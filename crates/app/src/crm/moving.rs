//! Another portal for an integration (AMO-1, «Авторизация»). What was passed on belongs to the portal where
//! it is: links, runs and chats of the former one are not used for the new one, and are there again when
//! the integration comes back. What waited to be passed on is passed to the new one.

use std::collections::BTreeSet;

use domain::{
    crm::{self, Directory, PortalState, Settings},
    crm_view::IntegrationView,
    ids::{ConversationId, IntegrationId, PortalId},
    people::Right,
    problem::Problem,
    text::Words,
};
use serde_json::json;
use store::{IntegrationRow, NewIntegration, PortalRow, TenantTx};

use super::{
    changed,
    directory::plan_pull,
    integrations::{self, NOT_FOUND, taken_channels},
    lanes_of, portals,
};
use crate::{Actor, App, Error, Result};

impl App {
    /// Gives an integration another portal. What takes its place has another id, because what was passed
    /// on stays with the old one. It is off where the new portal lacks something that its rules name.
    pub async fn move_integration(
        &self,
        actor: &Actor,
        id: IntegrationId,
        read: i64,
        to: PortalId,
    ) -> Result<IntegrationView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let from = tx.integration(id).await?.ok_or(NOT_FOUND)?.portal_id;
        let target = lock_both(&mut tx, from, to).await?;
        // Read again behind the locks: whoever was before us has committed.
        let row = tx.integration(id).await?.ok_or(NOT_FOUND)?;
        integrations::same_revision(row.revision, read)?;
        let directory = tx.portal_directory(to).await?.unwrap_or_default();
        if row.portal_id == to {
            return Ok(integrations::view(row, &directory));
        }
        may_move(&row, &target, &directory)?;
        let twice = taken_channels(&mut tx, id, to, row.enabled, &row.settings).await?;
        if !twice.is_empty() {
            return Err(Error::Invalid(twice));
        }
        let before = tx.portal_directory(from).await?.unwrap_or_default();
        let enabled = row.enabled && lacks_nothing(&row.settings, &before, &directory);
        let waiting = self.still_to_pass(&mut tx, &row).await?;
        let moved = self.take_place(&mut tx, &row, to, enabled).await?;
        tx.await_crm_enquiries(moved, &waiting).await?;
        let channels = if enabled { integrations::channels(&row.settings) } else { Vec::new() };
        tx.set_integration_channels(moved, to, &channels, self.clock.now()).await?;
        if enabled {
            integrations::pass_awaited_on(&mut tx, moved, to, &row.settings).await?;
            tx.open_crm_feed().await?;
        } else {
            tx.close_crm_feed().await?;
        }
        for portal in [from, to] {
            plan_pull(&mut tx, portal, self.clock.now()).await?;
            changed(&mut tx, portal);
        }
        let details = json!({
            "name": row.name, "from": from, "to": to, "was": id, "enabled": enabled,
            "waiting": waiting.len(),
        });
        self.note(&mut tx, actor, "crm.integration_moved", moved.to_string(), details).await?;
        let view = tx.integration(moved).await?.ok_or(NOT_FOUND)?;
        tx.commit().await?;
        // Its jobs at the former portal find that it went, instead of in their own time.
        self.store.wake_lanes(actor.account, &lanes_of(from)).await?;
        Ok(integrations::view(view, &directory))
    }

    /// Leaves the row at its portal, and takes up or makes one at the other.
    async fn take_place(
        &self,
        tx: &mut TenantTx,
        row: &IntegrationRow,
        to: PortalId,
        enabled: bool,
    ) -> Result<IntegrationId> {
        let origin = tx.part_integration(row.integration_id).await?.ok_or(NOT_FOUND)?;
        let known = tx.take_up_integration(origin, to, &row.name, enabled, &row.settings).await?;
        if let Some(id) = known {
            return Ok(id);
        }
        let id = IntegrationId::new(&*self.ids);
        tx.insert_integration(&NewIntegration {
            integration_id: id,
            portal_id: to,
            kind: row.kind,
            name: row.name.clone(),
            enabled,
            settings: row.settings.clone(),
        })
        .await?;
        tx.set_integration_origin(id, origin).await?;
        Ok(id)
    }

    /// Conversations of which something is still to be passed on; decisions that were not carried out
    /// are given up, because they name what the former portal has.
    async fn still_to_pass(
        &self,
        tx: &mut TenantTx,
        row: &IntegrationRow,
    ) -> Result<Vec<ConversationId>> {
        let id = row.integration_id;
        let mut found: BTreeSet<ConversationId> =
            tx.waiting_for_crm(id, &lanes_of(row.portal_id)).await?.into_iter().collect();
        found.extend(tx.end_crm_runs(id, None, &went_elsewhere(), self.clock.now()).await?);
        found.extend(tx.take_awaited_crm_enquiries(id).await?.into_iter().map(|(c, _)| c));
        Ok(found.into_iter().collect())
    }
}

/// Why what a person ordered is not carried out.
fn went_elsewhere() -> Words {
    Words::new(
        "Не доведено до конца: интеграцию перевели на другой портал. То, что осталось в прежнем, \
         меняйте в нём самом.",
        "Not carried through: the integration went to another portal. What stayed at the former one is \
         to be changed there.",
    )
}

/// In the order of their ids, so that two who move against each other do not wait for each other. Returns
/// the second.
async fn lock_both(tx: &mut TenantTx, from: PortalId, to: PortalId) -> Result<PortalRow> {
    let mut target = None;
    for id in BTreeSet::from([from, to]) {
        let row = tx.lock_portal(id).await?;
        if id == to {
            target = row;
        }
    }
    target.ok_or(portals::NOT_FOUND)
}

fn may_move(row: &IntegrationRow, target: &PortalRow, directory: &Directory) -> Result<()> {
    let no = |code, ru: &str, en: &str| Err(Error::conflict(code, Words::new(ru, en)));
    if row.kind != target.kind {
        return no(
            "other_crm",
            "Это портал другой CRM, её правила устроены иначе. Создайте для него новую интеграцию.",
            "This portal is of another CRM, whose rules differ. Make a new integration for it.",
        );
    }
    if target.state == PortalState::Disconnected {
        return no(
            "disconnected",
            "Этот портал отключён. Подключите его и повторите.",
            "This portal is disconnected. Connect it and try again.",
        );
    }
    if directory.fetched_at.is_none() {
        return no(
            "lists_missing",
            "Списки этого портала ещё не загружены, и проверить по ним правила нельзя. Повторите \
             через минуту.",
            "The lists of this portal are not loaded yet, so the rules cannot be checked against \
             them. Try again in a minute.",
        );
    }
    Ok(())
}

/// Whether all that the rules name, and that was there before, is there as well.
fn lacks_nothing(settings: &Settings, before: &Directory, now: &Directory) -> bool {
    let wrong = |directory: &Directory| -> BTreeSet<(String, &'static str)> {
        let (problems, warnings) = crm::check(settings, directory);
        let found = problems.0.into_iter().chain(warnings.0);
        found.map(|Problem { path, code, .. }| (path, code)).collect()
    };
    wrong(now).is_subset(&wrong(before))
}

#[cfg(test)]
mod tests {
    use domain::crm::{CrmKind, CrmUser};

    use super::*;

    fn with(users: &[&str]) -> Directory {
        let user = |id: &&str| CrmUser {
            id: (**id).into(),
            name: (*id).to_owned(),
            email: String::new(),
            active: true,
            admin: true,
            chat_id: None,
        };
        Directory { users: users.iter().map(user).collect(), ..Directory::default() }
    }

    #[test]
    fn amo_1_rules_go_on_at_another_portal_only_where_it_has_what_they_name() {
        let rules = json!({ "responsible": { "default": "7" } });
        let rules = integrations::read_settings(CrmKind::Amo, rules).expect("good settings");
        assert!(lacks_nothing(&rules, &with(&["7"]), &with(&["7", "8"])));
        assert!(!lacks_nothing(&rules, &with(&["7"]), &with(&["8"])));
        // What was amiss before is no reason to stop.
        assert!(lacks_nothing(&rules, &with(&["1"]), &with(&["8"])));
    }
}
